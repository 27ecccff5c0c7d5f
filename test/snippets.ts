// Examples of documents and sources, run against the built package.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);
const AsyncFunction = (async () => {}).constructor as FunctionConstructor;

const number = String.raw`(?:[a-z]+ )?(?:-?[\d.]+(?:e-?\d+)?|0x[\da-f]+|2 \*\* -\d+)`;
/** `f(x); // 1, 2`, also with names in front of the numbers or an explanation behind them. */
const stated = new RegExp(`^(?!const)(.*;) *// (${number}(?:, ${number})*)(?:: .*)?$`, 'gm');

/** Runs an example with everything of the package in scope, and `names`; checks the numbers that its comments state. */
export async function run(code: string, names: object): Promise<void> {
  const scope = {
    ...require('lanewise'),
    ...require('lanewise/nn'),
    ...require('lanewise/parallel'),
    module: new WebAssembly.Module(readFileSync(new URL('../build/simd.wasm', import.meta.url))),
    console: { log() {} },
    ...names,
  };
  const body = code.replace(
    stated,
    (_, call: string, values: string) => `check(${call.slice(0, -1)}, [${values.replace(/[a-z]+ /g, '')}]);`,
  );
  await new AsyncFunction('scope', 'check', `with (scope) { ${body}\n}`)(scope, check);
}

function check(actual: unknown, expected: number[]): void {
  const values = flat(actual);
  const isClose = values.length === expected.length && values.every((v, i) => near(v, expected[i]));
  if (!isClose) expect(values).toEqual(expected);
}

/** Up to one in the last digit that is stated. */
function near(actual: number, expected: number): boolean {
  const digits = String(expected).split('.')[1]?.length ?? 0;
  return actual === expected || (digits > 0 && Math.abs(actual - expected) < 10 ** -digits);
}

/** All numbers of a result, in their order. */
function flat(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : Object.values(value as object).flatMap(flat);
}
