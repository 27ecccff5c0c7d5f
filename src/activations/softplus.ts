import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/softplus';
import { refuseScale, scaledExpm1, scaledExponential64, split64 } from './fields';
import { logistic, timesVanishing } from './reference';

const family = /* @__PURE__ */ new Family(generated);

/**
 * A smooth ReLU. The definition holds for all x: there is no linear switch.
 *
 * @throws RangeError unless beta is from 1e-5 to 1e5
 *
 * @example
 * softplus(new Float32Array([-1, 0, 1])); // 0.31326169, 0.6931472, 1.3132617
 */
export const softplus = /* @__PURE__ */ activation({
  family,
  name: 'softplus',
  formula: 'log(1 + e^(beta x)) / beta',
  defaults: { beta: 1 },
  refuse: (beta) => refuseScale('beta', beta),
  fields: softplusFields,
  fields64: (beta) => [...scaledExponential64(split64(beta)), -770 / beta, 600 / beta, 1 / beta],
  value(x, beta) {
    const z = beta * x;
    return (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) / beta;
  },
  derivative: (x, beta) => logistic(beta * x),
  ulp: { value: 2.3, derivative: 2 },
  ulp64: { value: 1.4, derivative: 1.6 },
  fromOutput: {
    derivative: (y, beta) => -Math.expm1(-beta * y),
    ulp: 2,
    fields: (beta) => [...scaledExpm1(beta), beta, -88 / beta],
    fields64: (beta) => [...scaledExponential64(split64(-beta)), 40 / beta],
  },
});

/** The logarithm of `sigmoid`. */
export const logSigmoid = /* @__PURE__ */ activation({
  family,
  name: 'logSigmoid',
  formula: 'log(sigmoid(x))',
  defaults: {},
  value: (x) => -(Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  derivative: (x) => logistic(-x),
  ulp: { value: 2, derivative: 2 },
  ulp64: { value: 1.4, derivative: 1.6 },
  fromOutput: { derivative: (y) => -Math.expm1(y), ulp: 2 },
});

/**
 * x tanh(softplus(x)). -0 at -Infinity.
 *
 * @example
 * mish(new Float32Array([-1, 1])); // -0.30340147, 0.8650984
 */
export const mish = /* @__PURE__ */ activation({
  family,
  name: 'mish',
  formula: 'x tanh(log(1 + e^x))',
  defaults: {},
  value(x) {
    // tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2)
    if (x > 40) return x;
    const e = Math.exp(x);
    const n = e * (e + 2);
    return timesVanishing(x, n / (n + 2));
  },
  derivative(x) {
    if (x > 40) return 1;
    const e = Math.exp(x);
    const n = e * (e + 2);
    return n / (n + 2) + timesVanishing(x, (4 * e * (e + 1)) / ((n + 2) * (n + 2)));
  },
  ulp: { value: 1, derivative: 1.5 },
  ulp64: { value: 2, derivative: 2, root: 4e-18 },
  root: { from: -1.205, to: -1.18, error: 1e-9 },
});

function softplusFields(beta: number): number[] {
  const perBeta = Math.fround(2 ** -64 / beta);
  // Below 1, beta lifts the result by 1 / beta.
  const tailEnd = (-104.5 + Math.min(0, Math.log(beta))) / beta;
  return [...scaledExpm1(beta), tailEnd, beta, perBeta, 1 / beta - 2 ** 64 * perBeta, -40 / beta, 104.5 / beta];
}
