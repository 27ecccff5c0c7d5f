// Values and derivatives that PyTorch computes in float64 at float32 inputs (test/golden/README.md).
import { describe, expect, test } from 'vitest';
import { show, ulpError } from '../scripts/verify/float32.js';
import { type Activation, activations, create, type Options, type Spec } from '../src';
import { fill, floatTypes, numbers as numbersOf } from './element-types';
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

/** For each type: the error that is allowed, of an exact result and where that is subnormal, and beyond what a result is infinite. */
const precisions: { [type: string]: { precision: number; least: number; largest: number } } = {
  float64: { precision: 2 ** -46, least: 2 ** -60, largest: Number.MAX_VALUE },
  float16: { precision: 2 ** -10.9, least: 2 ** -25, largest: 65519 },
  bfloat16: { precision: 2 ** -7.9, least: 2 ** -134, largest: 3.3961775e38 },
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

      test.each(floatTypes)(`${backend}, $name`, (type) => {
        const { precision, least, largest } = precisions[type.name.split(' ')[0]];
        const rounded = numbersOf(fill(type.make(x.length), x));
        // What the type has not is another input.
        const kept = [...x.keys()].filter((i) => Object.is(rounded[i], x[i]));
        const inputs = fill(
          type.make(kept.length),
          kept.map((i) => x[i]),
        );
        const ones = fill(type.make(kept.length), Array(kept.length).fill(1));
        for (const [actual, expected] of [
          [g(inputs, options), numbers(y)],
          [g.backward(ones, inputs, options), numbers(dx)],
        ]) {
          for (const [k, value] of Array.from(numbersOf(actual)).entries()) {
            const i = kept[k];
            const exact = Math.abs(expected[i]) > largest ? Math.sign(expected[i]) * Infinity : expected[i];
            // PyTorch's gradient of hardSigmoid has 1/6 as a float32.
            const lost = fn === 'hardSigmoid' ? 2 ** -27 : loss(x[i]);
            const bound = precision * Math.abs(exact) + least + lost;
            if (!(Object.is(value, exact) || Math.abs(value - exact) <= bound)) {
              expect.fail(`at ${x[i]}: got ${value}, PyTorch ${expected[i]}`);
            }
          }
        }
      });
    }
  });
}
