// The float64 functions of the table against the definitions in 120 digits.
import { describe, expect, test } from 'vitest';
import { numericArguments, rootInterval } from '../scripts/verify/chunk.js';
import { exact, exactError } from '../scripts/verify/exact.js';
import { fromBits, show } from '../scripts/verify/float32.js';
import { kinds, otherOptions } from '../scripts/verify/sweeps.js';
import { type Activation, activations } from '../src';
import { randoms, specials } from './float32';

const RELATIVE = 2 ** -44;

/** Of ordinary size, of every magnitude, subnormal, and next to where activations bend. */
const inputs = [
  ...specials,
  ...randoms(150),
  ...[3, 0x1234, 0x7fffff].flatMap((bits) => [fromBits(bits), fromBits(bits + 2 ** 31)]),
  ...[1, 3, 6].flatMap((x) => [x * (1 + 2 ** -22), x * (1 - 2 ** -23)]).flatMap((x) => [x, -x]),
].filter(Number.isFinite);

/** Terms of this size cancel at the foot of the slope, where the result is as wrong as they are. */
const cancelling: { [name: string]: number } = { hardSigmoid: 2 ** -8 };

for (const f of Object.values(activations) as Activation[]) {
  describe(f.name, () => {
    for (const options of [{}, ...(otherOptions[f.name] ?? [])]) {
      test.each(kinds)(`%s ${JSON.stringify(options)}`, (kind) => {
        const [a, b] = numericArguments(f.spec, options);
        const root = rootInterval(f.spec, kind, options);
        const atRoot =
          root === undefined ? [] : [0.001, 0.3, 0.5, 0.7].map((t) => root.from + t * (root.to - root.from));
        const wrong = [];
        for (const x of [...inputs, ...atRoot.map(Math.fround)]) {
          const actual = f.spec[kind](x, a, b);
          const expected = exact(f.name, kind, x, a, b);
          const size = Math.abs(expected.toNumber());
          if (size >= 2 ** 128) {
            if (!(Math.abs(actual) >= 2 ** 128)) wrong.push(`${show(x)}: ${actual}, exact ${expected}`);
            continue;
          }
          if (size < 2 ** -152) {
            // Float64 underflows later than float32, and differently.
            if (!(Math.abs(actual) < 2 ** -151)) wrong.push(`${show(x)}: ${actual}, exact ${expected}`);
            continue;
          }
          const isAtRoot = root !== undefined && x >= root.from && x <= root.to;
          const scale = Math.max(size, isAtRoot ? 2 ** -8 : 0, cancelling[f.name] ?? 0);
          if (!(exactError(actual, expected) <= RELATIVE * scale))
            wrong.push(`${show(x)}: ${actual}, exact ${expected}`);
        }
        expect(wrong).toEqual([]);
      });
    }
  });
}

test('a definition that is off by 2^-40 is seen', () => {
  expect(exactError(Math.exp(1) * (1 + 2 ** -40), exact('exp', 'value', 1))).toBeGreaterThan(RELATIVE * Math.E);
});
