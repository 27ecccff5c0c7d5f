import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/exponential';
import { refuseNegative, refuseScale, scaledExpm1, scaledExponential64, splitReciprocal64 } from './fields';

const family = /* @__PURE__ */ new Family(generated);

/**
 * The exponential function.
 *
 * @example
 * exp(new Float32Array([0, 1])); // 1, 2.7182817
 */
export const exp = /* @__PURE__ */ activation({
  family,
  name: 'exp',
  formula: 'e^x',
  defaults: {},
  value: Math.exp,
  derivative: Math.exp,
  ulp: { value: 1.1, derivative: 1.1 },
  ulp64: { value: 1, derivative: 1 },
  fromOutput: { derivative: (y) => y, ulp: 0.5 },
});

/**
 * Exponential linear unit. Its derivative at 0 is alpha.
 *
 * @throws RangeError unless alpha is 0 or from 1e-5 to 1e5 in size
 *
 * @example
 * elu(new Float32Array([-1, 1]), { alpha: 2 }); // -1.2642411, 1
 */
export const elu = /* @__PURE__ */ activation({
  family,
  name: 'elu',
  formula: 'x > 0 ? x : alpha (e^x - 1)',
  defaults: { alpha: 1 },
  refuse: (alpha) => (alpha === 0 ? undefined : refuseScale('alpha', Math.abs(alpha))),
  fields: (alpha) => [alpha, alpha * 2 ** -60],
  value: (x, alpha) => (x >= 0 ? x : alpha * Math.expm1(x)),
  derivative: (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)),
  float32Options: true,
  ulp: { value: 1.9, derivative: 1.8 },
  ulp64: { value: 1, derivative: 1 },
  fromOutput: {
    derivative: (y, alpha) => (y > 0 ? 1 : y + alpha),
    ulp: 0.5,
    refuse: refuseNegative,
    fields: (alpha) => [alpha],
  },
});

/**
 * ELU with a continuous derivative for every alpha: 1 at 0.
 *
 * @throws RangeError unless alpha is from 1e-5 to 1e5
 *
 * @example
 * celu(new Float32Array([-1, 1]), { alpha: 2 }); // -0.7869387, 1
 */
export const celu = /* @__PURE__ */ activation({
  family,
  name: 'celu',
  formula: 'x > 0 ? x : alpha (e^(x / alpha) - 1)',
  defaults: { alpha: 1 },
  refuse: (alpha) => refuseScale('alpha', alpha),
  fields: (alpha) => [...scaledExpm1(1 / alpha), alpha, 1 / alpha, -88 * alpha, -120 * alpha],
  fields64: (alpha) => [...scaledExponential64(splitReciprocal64(alpha)), alpha, -40 * alpha, -760 * alpha],
  value: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
  derivative: (x, alpha) => (x > 0 ? 1 : Math.exp(x / alpha)),
  float32Options: true,
  ulp: { value: 1.8, derivative: 1.4 },
  ulp64: { value: 1, derivative: 1 },
  fromOutput: {
    derivative: (y, alpha) => (y > 0 ? 1 : (y + alpha) / alpha),
    ulp: 2,
    fields: (alpha) => [alpha],
  },
});

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/**
 * Self-normalising ELU: s (x > 0 ? x : a (e^x - 1)) with s = 1.0507009873554805 and a = 1.6732632423543772 (Klambauer
 * et al. 2017). Its derivative at 0 is s a.
 *
 * @example
 * selu(new Float32Array([-1, 1])); // -1.1113307, 1.050701
 */
export const selu = /* @__PURE__ */ activation({
  family,
  name: 'selu',
  formula: 's (x > 0 ? x : a (e^x - 1))',
  defaults: {},
  value: (x) => (x > 0 ? SELU_SCALE * x : SELU_SCALE * SELU_ALPHA * Math.expm1(x)),
  derivative: (x) => (x > 0 ? SELU_SCALE : SELU_SCALE * SELU_ALPHA * Math.exp(x)),
  ulp: { value: 2, derivative: 1.9 },
  ulp64: { value: 2, derivative: 1.8 },
  fromOutput: {
    derivative: (y) => (y > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA),
    ulp: 1.5,
  },
});
