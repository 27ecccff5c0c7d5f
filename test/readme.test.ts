// The examples of README and docs run against the built package, and README's table of activations is the table.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { type Activation, activations } from '../src';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const folder = new URL('../docs/', import.meta.url);
const docs = readdirSync(folder)
  .filter((file) => file.endsWith('.md'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'));
const blocks = [readme, ...docs].flatMap((text) =>
  [...text.matchAll(/^```[jt]s\n(.*?)^```/gms)].map(([, code]) => code),
);
const require = createRequire(import.meta.url);

describe('examples', () => {
  expect(blocks.length).toBeGreaterThan(4);
  test.each(blocks)('%s', async (code) => {
    // What the examples take for granted.
    const scope = {
      ...require('lanewise'),
      ...require('lanewise/nn'),
      ...require('lanewise/parallel'),
      x: new Float32Array([-1, 0, 2]),
      y: new Float32Array(3),
      dy: new Float32Array([1, 1, 1]),
      module: new WebAssembly.Module(readFileSync(new URL('../build/simd.wasm', import.meta.url))),
      console: { log() {} },
    };
    const body = code.replace(/^import .*$/gm, '');
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction(
      'scope',
      'expect',
      `with (scope) { ${body.replace(/^(.*;) *\/\/ => (.*)$/gm, check)} }`,
    );
    await run(scope, expect);
  });
});

/** A line `f(x); // => 1, 2` checks the values it names. */
function check(_: string, call: string, values: string): string {
  return `expect([...(${call.trim().replace(/;$/, '')})].map((v) => +v.toPrecision(7))).toEqual([${values}]);`;
}

test('table of activations', () => {
  const row = ({ name, spec }: Activation) => {
    const options = Object.entries(spec.defaults).map(
      ([option, value]) => `${option} ${text(value as number | string)}`,
    );
    return `| \`${name}\` | ${spec.formula.replaceAll('|', '\\|')} | ${options.join(', ')} |`;
  };
  const rows = Object.values(activations as unknown as Activation[]).map(row);
  const inReadme = readme.split('\n').filter((line) => line.startsWith('| `'));
  expect(inReadme).toEqual(rows);
});

function text(value: number | string): string {
  if (value === 1 / 6) return '1/6';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
