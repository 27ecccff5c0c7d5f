import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/algebraic';

const family = /* @__PURE__ */ new Family(generated);

/**
 * An algebraic softplus, with `beta` (4) for the width of its bend; {@link relu} at beta 0.
 *
 * @throws RangeError unless beta is 0 or from 1e-20 to 1e20
 *
 * @example
 * squareplus(new Float32Array([-1.5, 0, 1.5])); // 0.5, 1, 2
 */
export const squareplus = /* @__PURE__ */ activation({
  family,
  name: 'squareplus',
  formula: '(x + sqrt(x^2 + beta)) / 2',
  defaults: { beta: 4 },
  refuse: (beta) =>
    beta === 0 || (beta >= 1e-20 && beta <= 1e20)
      ? undefined
      : `option beta must be 0 or from 1e-20 to 1e20, got ${beta}`,
  kernel: (beta) => (beta === 0 ? 'relu' : 'squareplus'),
  fields: squareplusFields,
  wideFields: squareplusWideFields,
  fields64: squareplusFields64,
  value(x, beta) {
    const root = Math.sqrt(x * x + beta);
    if (x < 0) return beta / (root - x) / 2;
    return beta === 0 ? x : (x + root) / 2; // -0 too
  },
  derivative(x, beta) {
    const root = Math.sqrt(x * x + beta);
    if (root === 0) return 0;
    if (x < 0) return beta / (root - x) / root / 2;
    return x === Infinity ? 1 : (1 + x / root) / 2;
  },
  float32Options: true,
  ulp: { value: 1.7, derivative: 1.3 },
  ulp64: { value: 1.4, derivative: 2 },
});

/**
 * An algebraic tanh.
 *
 * @example
 * softsign(new Float32Array([-1, 0, 3])); // -0.5, 0, 0.75
 */
export const softsign = /* @__PURE__ */ activation({
  family,
  name: 'softsign',
  formula: 'x / (1 + |x|)',
  defaults: {},
  value: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))),
  derivative: (x) => 1 / (1 + Math.abs(x)) ** 2,
  ulp: { value: 1.5, derivative: 1.5 },
  ulp64: { value: 1.6, derivative: 1.6 },
  fromOutput: { derivative: (y) => (1 - Math.abs(y)) ** 2, ulp: 2 },
});

function squareplusFields(beta: number): number[] {
  return [beta / 4, beta / 8, squareplusScale(beta)];
}

function squareplusWideFields(beta: number): number[] {
  const scaled = beta * squareplusScale(beta) ** 2;
  return [scaled, scaled / 2];
}

function squareplusFields64(beta: number): number[] {
  const scale = 2 ** -20 * squareplusScale(beta);
  const scaled = beta * scale ** 2;
  return [beta / 4, beta / 8, scale, scaled, scaled / 2];
}

/** A power of two about 2^-20 / sqrt(beta). At beta 0 relu's kernel serves, which has no fields. */
function squareplusScale(beta: number): number {
  return beta === 0 ? 1 : 2 ** (-20 - Math.floor(Math.log2(beta) / 2));
}
