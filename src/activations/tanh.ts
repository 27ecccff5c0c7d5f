import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/tanh';

const family = /* @__PURE__ */ new Family(generated);

/**
 * The hyperbolic tangent.
 *
 * @example
 * tanh(new Float32Array([-1, 0, 1])); // -0.7615942, 0, 0.7615942
 */
export const tanh = /* @__PURE__ */ activation({
  family,
  name: 'tanh',
  formula: 'tanh(x)',
  defaults: {},
  value: Math.tanh,
  derivative(x) {
    const e = Math.exp(-2 * Math.abs(x));
    return (4 * e) / ((1 + e) * (1 + e));
  },
  ulp: { value: 2, derivative: 2 },
  ulp64: { value: 1.7, derivative: 1.4 },
  fromOutput: { derivative: (y) => (1 - y) * (1 + y), ulp: 2 },
});

/**
 * x less its hyperbolic tangent.
 *
 * @example
 * tanhShrink(new Float32Array([-1, 0, 1])); // -0.23840584, 0, 0.23840584
 */
export const tanhShrink = /* @__PURE__ */ activation({
  family,
  name: 'tanhShrink',
  formula: 'x - tanh(x)',
  defaults: {},
  value(x) {
    if (Math.abs(x) > 1) return x - Math.tanh(x);
    // x - tanh(x) = (x cosh(x) - sinh(x)) / cosh(x); the numerator is the sum of 2k / (2k + 1)! x^(2k + 1).
    const z = x * x;
    let term = x;
    let sum = -0; // 0 + -0 would be 0
    for (let k = 1; k <= 9; k++) {
      term *= z / (2 * k * (2 * k + 1));
      sum += 2 * k * term;
    }
    return sum / Math.cosh(x);
  },
  derivative: (x) => Math.tanh(x) ** 2,
  ulp: { value: 2, derivative: 2 },
  ulp64: { value: 2, derivative: 1.8 },
});
