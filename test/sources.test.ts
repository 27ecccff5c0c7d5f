// What the sources and the binaries of the kernels say of themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Activation, create } from '../src';

const folder = new URL('../assembly/', import.meta.url);
const source = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('');

test('the operators state the bounds of the table', () => {
  const stated = [
    ...source.matchAll(
      /Error at most ([\d.]+) ULP, of the derivative ([\d.]+)\.\n \*\/\n@unmanaged\n@final\n(?:export )?class (\w+)/g,
    ),
  ].map(([, value, derivative, operator]) => [operator, { value: +value, derivative: +derivative }]);
  const operator = (name: string) => name[0].toUpperCase() + name.slice(1);
  const expected = Object.values(create().activations as unknown as { [name: string]: Activation })
    .filter(({ name }) => name !== 'quickGelu') // Silu's operator
    .map(({ name, spec }) => [operator(name), spec.ulp]);
  expect(Object.fromEntries(stated)).toMatchObject(Object.fromEntries(expected));
});

test('the operators of gradients from outputs state the bounds of the table', () => {
  const stated = [...source.matchAll(/Error at most ([\d.]+) ULP\. \*\/\n@unmanaged\n@final\nclass (\w+)FromOutput/g)];
  const all = create().activations as unknown as { [name: string]: Activation };
  for (const [, ulp, operator] of stated) {
    expect([operator, all[operator[0].toLowerCase() + operator.slice(1)].spec.fromOutput?.ulp]).toEqual([
      operator,
      +ulp,
    ]);
  }
  expect(stated).toHaveLength(9);
});

test('no two binaries have constants at one place, or outside of theirs', () => {
  const CONSTANTS = 49152;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const bytes = new Uint8Array(memory.buffer);
  const taken = new Set<number>();
  const folders = ['../build/', '../build/families/'].map((folder) => new URL(folder, import.meta.url));
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => new URL(file, folder)));
  const binaries = files.filter(({ pathname }) => pathname.endsWith('simd.wasm'));
  for (const file of binaries) {
    bytes.fill(0xa5);
    new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), { env: { memory } });
    for (const [at, byte] of bytes.entries()) {
      if (byte === 0xa5) continue;
      if (at < CONSTANTS || taken.has(at)) throw new Error(`${file.pathname} writes to ${at}`);
      taken.add(at);
    }
  }
  expect(binaries).toHaveLength(5 + 2 * 10);
});

test.each(['relaxed', 'simd'])('the %s binary is at most 12 KB gzipped', (name) => {
  const binary = readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));
  expect(gzipSync(binary, { level: 9 }).length).toBeLessThanOrEqual(12 * 1024);
});
