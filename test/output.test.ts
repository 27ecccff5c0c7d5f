// Gradients from an activation's output.
import { describe, expect, test } from 'vitest';
import { results } from '../scripts/verify/chunk.js';
import { show, ulpError } from '../scripts/verify/float32.js';
import { type Activation, create, elu, leakyRelu, sigmoid } from '../src';
import { randoms, specials } from './float32';

const names = 'celu elu exp hardTanh leakyRelu logSigmoid relu relu6 selu sigmoid softplus softsign tanh';
const others: { [name: string]: { [option: string]: number }[] } = {
  elu: [{ alpha: 0.25 }, { alpha: 10 }],
  celu: [{ alpha: 0.25 }, { alpha: 10 }],
  leakyRelu: [{ alpha: 0 }, { alpha: 3 }],
  hardTanh: [{ min: 0, max: 3 }],
  softplus: [{ beta: 0.25 }, { beta: 10 }],
};

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const all = Object.values(create({ backend }).activations) as Activation[];
  const withOutput = all.filter((f) => f.backwardFromOutput !== undefined);

  test('which activations have it', () => {
    expect(withOutput.map((f) => f.name).join(' ')).toBe(names);
  });

  test.each(withOutput.map((f) => [f.name, f] as const))('%s: the derivative at each output', (name, f) => {
    for (const options of [{}, ...(others[name] ?? [])]) {
      const [a, b] = Object.values({ ...f.defaults, ...options }) as number[];
      const { derivative, ulp } = f.spec.fromOutput as NonNullable<typeof f.spec.fromOutput>;
      let worst = 0;
      let message = '';
      for (const { y } of [{ y: f(specials, options) }, ...results(f, 'value', options, 20_011)]) {
        const slopes = f.backwardFromOutput?.(new Float32Array(y.length).fill(1), y, options) as Float32Array;
        for (let i = 0; i < y.length; i++) {
          const exact = derivative(y[i], Math.fround(a), Math.fround(b));
          const error = ulpError(slopes[i], exact);
          if (error > worst) {
            worst = error;
            message = `at y = ${show(y[i])}: got ${show(slopes[i])}, exact ${show(exact)}, ${error} ULP`;
          }
          if (Number.isNaN(y[i])) expect(slopes[i]).toBeNaN();
        }
      }
      if (!(worst <= ulp)) expect.fail(message);
    }
  });

  test.each(withOutput.map((f) => [f.name, f] as const))('%s: near the gradient from the input', (_, f) => {
    const x = Float32Array.from({ length: 1000 }, (_, i) => (i - 500) / 125);
    const dy = randoms(1000, 9).map((v) => (Math.abs(v) < 10 ? v : 1));
    const expected = f.backward(dy, x);
    const out = new Float32Array(1000);
    expect(f.backwardFromOutput?.(dy, f(x), { out })).toBe(out);
    for (let i = 0; i < 1000; i++)
      expect(Math.abs(out[i] - expected[i])).toBeLessThan(1e-6 * (1 + Math.abs(dy[i]) * 4));
  });
});

describe('errors', () => {
  const y = new Float32Array([0.5, 0.5]);
  test.each([
    [
      'dy',
      () => sigmoid.backwardFromOutput([1] as never, y),
      TypeError,
      'sigmoid.backwardFromOutput: dy must be a Float32Array, got Array(1)',
    ],
    [
      'y',
      () => sigmoid.backwardFromOutput(y, null as unknown as Float32Array),
      TypeError,
      'sigmoid.backwardFromOutput: y must be a typed array of numbers, got null',
    ],
    [
      'length',
      () => sigmoid.backwardFromOutput(new Float32Array(3), y),
      RangeError,
      'sigmoid.backwardFromOutput: dy must have the length of y, 2, got 3',
    ],
    [
      'out',
      () => sigmoid.backwardFromOutput(y, y, { out: new Float32Array(1) }),
      RangeError,
      'sigmoid.backwardFromOutput: out must have the length of y, 2, got 1',
    ],
    [
      'option',
      () => sigmoid.backwardFromOutput(y, y, { alpha: 1 } as never),
      TypeError,
      'sigmoid.backwardFromOutput: unknown option alpha, expected out',
    ],
    [
      'alpha',
      () => elu.backwardFromOutput(y, y, { alpha: -1 }),
      RangeError,
      'elu.backwardFromOutput: option alpha must not be negative, or y does not tell the sign of x, got -1',
    ],
    [
      'slope',
      () => leakyRelu.with({ alpha: -1 }).backwardFromOutput?.(y, y),
      RangeError,
      'leakyRelu.backwardFromOutput: option alpha must not be negative, or y does not tell the sign of x, got -1',
    ],
  ] as const)('%s', (_, call, kind, message) => {
    expect(call).toThrow(new kind(message));
    expect([...y]).toEqual([0.5, 0.5]);
  });
});
