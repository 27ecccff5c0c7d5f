// A strided sweep of what `npm run verify` does with every input.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apply, combined, meter, noStatistics, results, violations } from '../scripts/verify/chunk.js';
import { kinds, otherOptions } from '../scripts/verify/sweeps.js';
import { type Activation, create } from '../src';
import { specials } from './float32';

type Kind = (typeof kinds)[number];
type Numbers = { [option: string]: number };

const strides = { relaxed: 4093, simd: 1021, js: 41_999 };

function check(f: Activation, kind: Kind, options: Numbers, blocks: Iterable<{ x: Float32Array; y: Float32Array }>) {
  const measure = meter(f.spec, kind, options);
  let statistics = noStatistics();
  for (const block of blocks) statistics = combined(statistics, measure(block));
  expect(violations(f.spec, kind, options, statistics)).toEqual([]);
}

for (const backend of ['relaxed', 'simd', 'js'] as const) {
  const library = create({ backend });
  describe(`${backend}: error in ULP`, () => {
    for (const f of Object.values(library.activations) as Activation[]) {
      for (const kind of kinds) {
        test(`${f.name} ${kind}: special inputs`, () => {
          const y = new Float32Array(specials.length);
          apply(f, kind, {}, specials, y);
          check(f, kind, {}, [{ x: specials, y }]);
        });
        // 2^32 / 1021 is 4.2 million inputs.
        test(`${f.name} ${kind}: inputs of all magnitudes`, () => {
          check(f, kind, {}, results(f, kind, {}, strides[backend]));
        });
        for (const options of otherOptions[f.name] ?? []) {
          test(`${f.name} ${kind} ${JSON.stringify(options)}`, () => {
            check(f, kind, options, results(f, kind, options, 41_999));
          });
        }
      }
    }
  });
}

test('the operators state the bounds of the table', () => {
  const folder = new URL('../assembly/', import.meta.url);
  const source = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('');
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
