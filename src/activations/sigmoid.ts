import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/sigmoid';
import { refuseScale, scaledExponential, scaledExponential64, split64 } from './fields';
import { logistic, timesVanishing } from './reference';

const family = /* @__PURE__ */ new Family(generated);

/**
 * The logistic function.
 *
 * @example
 * sigmoid(new Float32Array([-1, 0, 1])); // 0.26894143, 0.5, 0.7310586
 */
export const sigmoid = /* @__PURE__ */ activation({
  family,
  name: 'sigmoid',
  formula: '1 / (1 + e^-x)',
  defaults: {},
  value: logistic,
  derivative: (x) => logistic(x) * logistic(-x),
  ulp: { value: 2, derivative: 2 },
  ulp64: { value: 1.6, derivative: 1.4 },
  fromOutput: { derivative: (y) => y * (1 - y), ulp: 1.5 },
});

/**
 * Sigmoid linear unit, also called swish. -0 at -Infinity.
 *
 * @throws RangeError unless beta is from 1e-5 to 1e5
 *
 * @example
 * silu(new Float32Array([-1, 1])); // -0.26894143, 0.7310586
 */
export const silu = /* @__PURE__ */ activation({
  family,
  name: 'silu',
  formula: 'x sigmoid(beta x)',
  defaults: { beta: 1 },
  refuse: (beta) => refuseScale('beta', beta),
  fields: siluFields,
  fields64: (beta) => silu64(beta),
  wideFields: (beta) => [-beta],
  value: siluValue,
  derivative: siluDerivative,
  ulp: { value: 2, derivative: 1.5 },
  ulp64: { value: 1.8, derivative: 2, root: 4e-18 },
  root: { from: -1.29, to: -1.265, error: 1e-9 },
});

/** Another name of {@link silu}. */
export const swish = silu;

/**
 * GELU by a logistic function.
 *
 * @example
 * quickGelu(new Float32Array([-1, 1])); // -0.15420423, 0.8457958
 */
export const quickGelu = /* @__PURE__ */ activation({
  family,
  name: 'quickGelu',
  formula: 'x sigmoid(1.702 x)',
  defaults: {},
  // The third coefficient of the exponential four units below, where roundings are felt least: 1.996 ULP instead of 2.004.
  fields: () => siluFields(1.702).map((c, i) => (i === 5 ? -0.82171911 : c)),
  wideFields: () => [-1.702],
  fields64: () => silu64(1.702, QUICK_BETA_REST),
  value: (x) => siluValue(x, 1.702),
  derivative: (x) => siluDerivative(x, 1.702),
  ulp: { value: 2, derivative: 1.5 },
  ulp64: { value: 1.8, derivative: 2, root: 4e-18 },
  root: { from: -0.765, to: -0.74, error: 1e-9 },
});

/** What the float64 1.702 lacks. */
const QUICK_BETA_REST = 4.263256414560601e-17;

function siluValue(x: number, beta: number): number {
  return timesVanishing(x, logistic(beta * x));
}

function siluDerivative(x: number, beta: number): number {
  const z = beta * x;
  const s = logistic(z);
  return s + timesVanishing(z, s * logistic(-z));
}

function siluFields(beta: number): number[] {
  // Below 1, beta lifts the tail of the result by 1 / beta.
  const low = (-109 + Math.min(0, Math.log(beta))) / beta;
  return [...scaledExponential(-beta), low, 20 / beta, 109 / beta, Math.fround(beta) - beta];
}

function silu64(beta: number, rest = 0): number[] {
  const [high, low] = split64(beta, rest);
  const fields = scaledExponential64([high, low]);
  const [, , octave] = fields;
  const step = Math.round(beta * octave * 2 ** 36) / 2 ** 36;
  return [...fields, step, high * octave - step + low * octave, rest, -770 / beta, 600 / beta];
}
