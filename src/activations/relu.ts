import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/relu';
import { refuseNegative } from './fields';
import { keepNaN } from './reference';

const family = /* @__PURE__ */ new Family(generated);

/**
 * Rectified linear unit, `max(x, 0)`. Its derivative at 0 is 0. Keeps -0.
 *
 * @example
 * relu(new Float32Array([-1, 2, -3, 4, -5])); // 0, 2, 0, 4, 0
 */
export const relu = /* @__PURE__ */ activation({
  family,
  name: 'relu',
  formula: 'max(x, 0)',
  defaults: {},
  value: (x) => (x < 0 ? 0 : x),
  derivative: (x) => keepNaN(x, x > 0 ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
  clip: () => [0, Infinity],
  fromOutput: { derivative: (y) => keepNaN(y, y > 0 ? 1 : 0), ulp: 0.5, kernel: () => 'relu' },
});

/**
 * ReLU capped at 6. Its derivative at 0 and at 6 is 0.
 *
 * @example
 * relu6(new Float32Array([-1, 2, 8])); // 0, 2, 6
 */
export const relu6 = /* @__PURE__ */ activation({
  family,
  name: 'relu6',
  formula: 'min(max(x, 0), 6)',
  defaults: {},
  value: (x) => (x < 0 ? 0 : x > 6 ? 6 : x),
  derivative: (x) => keepNaN(x, x > 0 && x < 6 ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
  clip: () => [0, 6],
  fromOutput: { derivative: (y) => keepNaN(y, y > 0 && y < 6 ? 1 : 0), ulp: 0.5, kernel: () => 'relu6' },
});

/**
 * The square of ReLU.
 *
 * @example
 * reluSquared(new Float32Array([-3, 3])); // 0, 9
 */
export const reluSquared = /* @__PURE__ */ activation({
  family,
  name: 'reluSquared',
  formula: 'max(x, 0)^2',
  defaults: {},
  value: (x) => (x < 0 ? 0 : x * x),
  derivative: (x) => (x < 0 ? 0 : 2 * x),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});

/**
 * ReLU with slope `alpha` (0.01) for negative x; {@link relu} for alpha 0. Its derivative at 0 is alpha.
 *
 * @example
 * leakyRelu(new Float32Array([1, -10]), { alpha: 0.1 }); // 1, -1
 */
export const leakyRelu = /* @__PURE__ */ activation({
  family,
  name: 'leakyRelu',
  formula: 'x > 0 ? x : alpha x',
  defaults: { alpha: 0.01 },
  kernel: leakyKernel,
  value: (x, alpha) => (x < 0 ? (alpha === 0 ? 0 : alpha * x) : x),
  derivative: (x, alpha) => keepNaN(x, x > 0 ? 1 : alpha),
  ulp: { value: 1, derivative: 1 },
  ulp64: { value: 1, derivative: 1 },
  exact: true,
  fromOutput: {
    derivative: (y, alpha) => keepNaN(y, y > 0 ? 1 : alpha),
    ulp: 0.5,
    refuse: refuseNegative,
    kernel: leakyKernel,
  },
});

function leakyKernel(alpha: number): string {
  return alpha === 0 ? 'relu' : alpha <= 1 ? 'leakyRelu' : 'steepLeakyRelu';
}

/**
 * x between `min` (-1) and `max` (1). Its derivative at both ends is 0.
 *
 * @throws RangeError if min > max
 *
 * @example
 * hardTanh(new Float32Array([-3, 0.5, 3])); // -1, 0.5, 1
 */
export const hardTanh = /* @__PURE__ */ activation({
  family,
  name: 'hardTanh',
  formula: 'min(max(x, min), max)',
  defaults: { min: -1, max: 1 },
  refuse: (min, max) => (min > max ? `option min must not exceed max, got ${min} and ${max}` : undefined),
  value: (x, min, max) => (x < min ? min : x > max ? max : x),
  derivative: (x, min, max) => keepNaN(x, x > min && x < max ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
  clip: (min, max) => [min, max],
  fromOutput: {
    derivative: (y, min, max) => keepNaN(y, y > min && y < max ? 1 : 0),
    ulp: 0.5,
    kernel: () => 'hardTanh',
  },
});

/**
 * x above `threshold` (0), else `value` (0). Its derivative at the threshold is 0.
 *
 * @example
 * threshold(new Float32Array([0.5, 2]), { threshold: 1, value: -7 }); // -7, 2
 */
export const threshold = /* @__PURE__ */ activation({
  family,
  name: 'threshold',
  formula: 'x > threshold ? x : value',
  defaults: { threshold: 0, value: 0 },
  value: (x, limit, value) => (x <= limit ? value : x),
  derivative: (x, limit) => keepNaN(x, x > limit ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});

/**
 * x above `alpha` (1), else 0. Its derivative at alpha is 0.
 *
 * @example
 * thresholdedRelu(new Float32Array([0.5, 2])); // 0, 2
 */
export const thresholdedRelu = /* @__PURE__ */ activation({
  family,
  name: 'thresholdedRelu',
  formula: 'x > alpha ? x : 0',
  defaults: { alpha: 1 },
  value: (x, alpha) => (x <= alpha ? 0 : x),
  derivative: (x, alpha) => keepNaN(x, x > alpha ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});

/**
 * 1 above 0, else the constant `alpha` (0). Its derivative is 0 everywhere.
 *
 * @example
 * step(new Float32Array([-2, 0, 2])); // 0, 0, 1
 */
export const step = /* @__PURE__ */ activation({
  family,
  name: 'step',
  formula: 'x > 0 ? 1 : alpha',
  defaults: { alpha: 0 },
  value: (x, alpha) => keepNaN(x, x > 0 ? 1 : alpha),
  derivative: (x) => keepNaN(x, 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});
