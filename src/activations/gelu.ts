import { activation, type Spec } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/gelu';
import { errorFunction, logistic, normalCdf, timesVanishing } from './reference';

const family = /* @__PURE__ */ new Family(generated);

const TWO_OVER_SQRT_PI = 1.1283791670955126;
const ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;
const SQRT_TWO_OVER_PI = 0.7978845608028654;

/**
 * The error function.
 *
 * @example
 * erf(new Float32Array([-1, 0, 1])); // -0.8427008, 0, 0.8427008
 */
export const erf = /* @__PURE__ */ activation({
  family,
  name: 'erf',
  formula: 'erf(x)',
  defaults: {},
  value: errorFunction,
  derivative: (x) => TWO_OVER_SQRT_PI * Math.exp(-x * x),
  ulp: { value: 1.6, derivative: 2 },
  ulp64: { value: 1.4, derivative: 1.5 },
});

/** The row of {@link geluTanh}, and of gelu's option. */
const geluTanhSpec: Spec<Record<never, never>> = {
  family,
  name: 'geluTanh',
  formula: 'x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)',
  defaults: {},
  value: (x) => timesVanishing(x, logistic(2 * tanhArgument(x))),
  derivative(x) {
    const z = 2 * tanhArgument(x);
    const s = logistic(z);
    const slope = 2 * SQRT_TWO_OVER_PI * (1 + 3 * 0.044715 * x * x);
    return s + timesVanishing(x * slope, s * logistic(-z));
  },
  ulp: { value: 1, derivative: 1.5 },
  ulp64: { value: 1.8, derivative: 2, root: 4e-18 },
  root: { from: -0.765, to: -0.74, error: 1e-9 },
};

/**
 * Gaussian error linear unit in its tanh form, which is `x sigmoid(2 u)`.
 *
 * @example
 * geluTanh(new Float32Array([-1, 1])); // -0.158808, 0.841192
 */
export const geluTanh = /* @__PURE__ */ activation(geluTanhSpec);

/**
 * Gaussian error linear unit: x times the normal distribution at x. -0 at -Infinity.
 *
 * Option `approximate`: `none` (the default) or `tanh`, which is {@link geluTanh}.
 *
 * @example
 * gelu(new Float32Array([-1, 1])); // -0.15865526, 0.8413447
 */
export const gelu = /* @__PURE__ */ activation({
  family,
  name: 'gelu',
  formula: 'x (1 + erf(x / sqrt 2)) / 2',
  defaults: { approximate: 'none' },
  approximations: { tanh: geluTanhSpec },
  value: (x) => timesVanishing(x, normalCdf(x)),
  derivative: (x) => normalCdf(x) + timesVanishing(x, ONE_OVER_SQRT_TWO_PI * Math.exp(-0.5 * x * x)),
  ulp: { value: 1.8, derivative: 2 },
  ulp64: { value: 1.8, derivative: 2 },
});

function tanhArgument(x: number): number {
  return SQRT_TWO_OVER_PI * x * (1 + 0.044715 * x * x);
}
