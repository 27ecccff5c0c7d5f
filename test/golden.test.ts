// Values and derivatives that PyTorch computes in float64 at float32 inputs (test/golden/README.md).
import { describe, expect, test } from 'vitest';
import { show, ulpError } from '../scripts/verify/float32.js';
import { type Activation, activations, create, type Options, type Spec } from '../src';
import { shareOfBound } from './float32';
import pytorch from './golden/pytorch.json?raw';

type Numbers = (number | string)[];
type Vector = { fn: string; options: Options; x: Numbers; y: Numbers; dx: Numbers };
const golden = JSON.parse(pytorch);
const named: { [text: string]: number } = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN };
const numbers = (values: Numbers) => values.map((v) => (typeof v === 'number' ? v : named[v]));

/**
 * Where PyTorch's own form loses accuracy, and the formula wins: forms that pass through 1, such as e^x - 1, 1 + erf(x), 1 - y^2 and
 * x - tanh(x), keep an absolute error of float64's rounding there; softplus leaves out log1p(e^-bx) where b x > 20.
 */
const losses: { [fn: string]: (x: number) => number } = {
  ...Object.fromEntries(
    ['elu', 'celu', 'selu', 'gelu', 'sigmoid', 'tanh', 'tanhShrink'].map((fn) => [
      fn,
      (x: number) => 2 ** -52 * Math.max(1, Math.abs(x)),
    ]),
  ),
  softplus: (x) => (x > 10 ? Math.exp(-20) : 0),
};

for (const { fn, options, x: xs, y, dx } of golden.elementwise as Vector[]) {
  describe(`${fn} ${JSON.stringify(options)}`, () => {
    const x = Float32Array.from(numbers(xs));
    const f = activations[fn as keyof typeof activations] as Activation;
    const { ulp, root } =
      f.spec.approximations?.[(options as { approximate?: string }).approximate ?? 'none'] ?? f.spec;
    const loss = losses[fn] ?? (() => 0);

    function compare(actual: Float32Array, expected: number[], ulp: number, root?: Spec['root']) {
      const wrong = [];
      for (let i = 0; i < x.length; i++) {
        const share = shareOfBound(x[i], actual[i], expected[i], ulp, root);
        if (!(share <= 1) && !(Math.abs(actual[i] - expected[i]) <= loss(x[i]))) {
          wrong.push(
            `at ${show(x[i])}: got ${show(actual[i])}, PyTorch ${expected[i]}, ${ulpError(actual[i], expected[i])} ULP`,
          );
        }
      }
      expect(wrong).toEqual([]);
    }

    for (const backend of ['relaxed', 'simd', 'js'] as const) {
      const g = create({ backend }).activations[fn as keyof typeof activations] as Activation;
      test(`${backend}, value`, () => compare(g(x, options), numbers(y), ulp.value));
      test(`${backend}, derivative`, () => {
        const ones = new Float32Array(x.length).fill(1);
        compare(g.backward(ones, x, options), numbers(dx), ulp.derivative, root);
      });
    }
  });
}
