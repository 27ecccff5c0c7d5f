// The table's derivatives against central differences of the table's values, both in float64.
import { describe, expect, test } from 'vitest';
import { type Activation, activations } from '../src';

/** Where a derivative jumps at the default options; the convention there has a test of its own. */
const kinks: { [name: string]: number[] } = {
  relu: [0],
  relu6: [0, 6],
  leakyRelu: [0],
  hardTanh: [-1, 1],
  threshold: [0],
  thresholdedRelu: [1],
  step: [0],
  hardShrink: [-0.5, 0.5],
  softShrink: [-0.5, 0.5],
  selu: [0],
  hardSigmoid: [-3, 3],
  hardSwish: [-3, 3],
  sparseSigmoid: [-1, 1],
};

describe('derivative against central differences', () => {
  for (const { name, spec } of Object.values(activations) as Activation[]) {
    test(name, () => {
      const [a, b] = Object.values(spec.defaults).filter((v) => typeof v === 'number') as number[];
      const h = 1e-5;
      for (let x = -12.0037; x < 12; x += 0.0123) {
        if (kinks[name]?.some((kink) => Math.abs(x - kink) < 2 * h)) continue;
        const difference = (spec.value(x + h, a, b) - spec.value(x - h, a, b)) / (2 * h);
        const derivative = spec.derivative(x, a, b);
        // Truncation h^2 f''' / 6, and rounding 2^-53 |f| / h.
        const tolerance = 1e-9 * Math.max(1, Math.abs(spec.value(x, a, b)));
        if (!(Math.abs(difference - derivative) <= tolerance)) expect(derivative, `at ${x}`).toBeCloseTo(difference, 9);
      }
    });
  }
});

describe("derivative at a kink is PyTorch's choice", () => {
  test.each([
    ['relu', 0, 0],
    ['relu6', 0, 0],
    ['relu6', 6, 0],
    ['leakyRelu', 0, 0.01],
    ['elu', 0, 1],
    ['celu', 0, 1],
    ['selu', 0, 1.7580993408473766],
    ['hardTanh', -1, 0],
    ['hardTanh', 1, 0],
    ['hardSigmoid', -3, 0],
    ['hardSigmoid', 3, 0],
    ['hardSwish', -3, 0],
    ['hardSwish', 3, 1],
    ['hardShrink', 0.5, 0],
    ['hardShrink', -0.5, 0],
    ['softShrink', 0.5, 0],
    ['softShrink', -0.5, 0],
    ['threshold', 0, 0],
    ['thresholdedRelu', 1, 0],
    ['step', 0, 0],
  ] as const)('%s at %d', (name, x, expected) => {
    const f = activations[name] as Activation;
    expect(f.backward(new Float32Array([1]), new Float32Array([x]))[0]).toBe(Math.fround(expected));
  });
});
