import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/hard';
import { lostOf64, refuseScale } from './fields';
import { keepNaN } from './reference';

const family = /* @__PURE__ */ new Family(generated);

/** 1 / 6, a quotient that bundlers would keep where nothing else of this file is used; and what it lacks. */
const SIXTH = 0.16666666666666666;
const SIXTH_REST = 9.25185853854297e-18;

/**
 * A piecewise linear sigmoid, `alpha x + beta` between 0 and 1, with alpha 1/6 and beta 1/2 (PyTorch, JAX, Keras 3; ONNX's default
 * and Keras 2 have alpha 0.2). Its derivative at both corners is 0.
 *
 * @throws RangeError unless alpha is from 1e-5 to 1e5 and beta from -1e5 to 1e5
 *
 * @example
 * hardSigmoid(new Float32Array([-3, 0, 3])); // 0, 0.5, 1
 */
export const hardSigmoid = /* @__PURE__ */ activation({
  family,
  name: 'hardSigmoid',
  formula: 'min(max(alpha x + beta, 0), 1)',
  defaults: { alpha: SIXTH, beta: 0.5 },
  refuse: (alpha, beta) =>
    refuseScale('alpha', alpha) ??
    (Math.abs(beta) <= 1e5 ? undefined : `option beta must be from -100000 to 100000, got ${beta}`),
  fields(alpha, beta) {
    const offset = beta / alpha;
    return [alpha, offset, alpha * (offset - Math.fround(offset)), floatUpTo(-offset), -floatUpTo((beta - 1) / alpha)];
  },
  fields64(alpha, beta) {
    const offset = beta / alpha;
    const rest = lostOf64(beta, alpha, alpha === SIXTH ? SIXTH_REST : 0, offset);
    return [alpha, offset, rest, -offset, (1 - beta) / alpha];
  },
  value: (x, alpha, beta) => clamp((x + beta / alpha) * alpha, 0, 1),
  derivative: hardSigmoidSlope,
  ulp: { value: 2, derivative: 1 },
  ulp64: { value: 2, derivative: 1 },
  exact: {
    value(x, alpha, beta) {
      const offset = beta / alpha;
      const high = Math.fround(offset);
      const product = Math.fround(Math.fround(x + high) * Math.fround(alpha));
      return clamp(product + Math.fround(alpha * (offset - high)), 0, 1);
    },
    derivative: hardSigmoidSlope,
  },
});

function hardSigmoidSlope(x: number, alpha: number, beta: number): number {
  return keepNaN(x, x > -beta / alpha && x < (1 - beta) / alpha ? alpha : 0);
}

/**
 * A piecewise quadratic SiLU, `x relu6(x + 3) / 6`. Its derivative is 0 at -3 and 1 at 3.
 *
 * @example
 * hardSwish(new Float32Array([-4, 1.5, 4])); // 0, 1.125, 4
 */
export const hardSwish = /* @__PURE__ */ activation({
  family,
  name: 'hardSwish',
  formula: 'x min(max(x + 3, 0), 6) / 6',
  defaults: {},
  value: (x) => (x <= -3 ? -0 : x >= 3 ? x : (x * (x + 3)) / 6),
  derivative: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (x + 1.5) / 3),
  ulp: { value: 1.6, derivative: 1.4 },
  ulp64: { value: 1.6, derivative: 1.4 },
});

/**
 * A piecewise quadratic softplus. Its derivative is {@link sparseSigmoid}.
 *
 * @example
 * sparsePlus(new Float32Array([-2, 0, 2])); // 0, 0.25, 2
 */
export const sparsePlus = /* @__PURE__ */ activation({
  family,
  name: 'sparsePlus',
  formula: 'x <= -1 ? 0 : x >= 1 ? x : (x + 1)^2 / 4',
  defaults: {},
  value: (x) => (x <= -1 ? 0 : x >= 1 ? x : ((x + 1) * (x + 1)) / 4),
  derivative: (x) => clamp((x + 1) / 2, 0, 1),
  ulp: { value: 2, derivative: 0.5 },
  ulp64: { value: 2, derivative: 0.5 },
});

/**
 * A piecewise linear sigmoid between -1 and 1. Its derivative at both ends is 0.
 *
 * @example
 * sparseSigmoid(new Float32Array([-2, 0, 2])); // 0, 0.5, 1
 */
export const sparseSigmoid = /* @__PURE__ */ activation({
  family,
  name: 'sparseSigmoid',
  formula: 'min(max((x + 1) / 2, 0), 1)',
  defaults: {},
  value: (x) => clamp((x + 1) / 2, 0, 1),
  derivative: (x) => keepNaN(x, x > -1 && x < 1 ? 0.5 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});

/** x between `low` and `high`; NaN stays. */
function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

/** The largest float32 up to `x`. */
function floatUpTo(x: number): number {
  const [near] = new Float32Array([x]);
  if (near <= x) return near;
  const bits = new Int32Array(new Float32Array([near]).buffer);
  bits[0] += near > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0];
}
