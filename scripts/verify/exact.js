// The definitions once more, in decimal numbers of many digits: what the float64 references of the table are held to.

import { Decimal as Base } from 'decimal.js';
import { spacing } from './float32.js';

/** @typedef {import('./sweeps.js').Kind} Kind */
/** @typedef {Base} Big */

/**
 * Digits: the float32 2^-149 has 105; and results may be some 10^-38 of x, where forms such as x + sqrt(x^2 + beta) cancel twice as
 * many.
 */
const Decimal = Base.clone({ precision: 120 });

/** 2^-n for each n of a float64's lowest bit. */
const powers = Array.from({ length: 1075 }, (_, n) => Decimal.pow(2, -n));

/** The number exactly; from a number, Decimal takes only the shortest digits that name it. @param {number} x */
function big(x) {
  if (!Number.isFinite(x)) throw new RangeError(`no decimal number for ${x}`);
  let n = 0;
  for (; !Number.isInteger(x); x *= 2) n++;
  const integer = new Decimal(Number.isSafeInteger(x) ? x : BigInt(x).toString());
  return n === 0 ? integer : integer.times(powers[n]);
}

const ZERO = big(0);
const ONE = big(1);
const PI = Decimal.acos(-1);

/** Where e^-x is lost beside 1. */
const FAR = 280;

/** @param {Big} x */
const logistic = (x) => (x.lt(-1e4) ? ZERO : ONE.div(ONE.plus(Decimal.exp(x.neg()))));

/** @param {Big} x */
const softplus = (x) => (x.gt(FAR) ? x : x.lt(-1e4) ? ZERO : Decimal.ln(ONE.plus(Decimal.exp(x))));

/** The error function by its series e^(-x^2) 2 / sqrt(pi) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...), whose terms have one sign. @param {Big} x */
function erf(x) {
  if (x.abs().gt(17)) return big(x.s); // 1 - erf(17) is 10^-127
  const twoSquares = x.times(x).times(2);
  let term = x;
  let sum = x;
  for (let odd = 3; term.abs().gt(sum.abs().times('1e-120')); odd += 2) {
    term = term.times(twoSquares).div(odd);
    sum = sum.plus(term);
  }
  return sum
    .times(2)
    .div(Decimal.sqrt(PI))
    .times(Decimal.exp(x.times(x).neg()));
}

/** e^-y for y >= 0. @param {Big} y */
const decay = (y) => (y.gt(1e4) ? ZERO : Decimal.exp(y.neg()));

/** @param {Big} x */
const normal = (x) => ONE.plus(erf(x.div(Decimal.sqrt(2)))).div(2);
/** @param {Big} x */
const normalDensity = (x) => decay(x.times(x).div(2)).div(Decimal.sqrt(PI.times(2)));
/** @param {Big} x */
const sechSquared = (x) => (x.abs().gt(1e4) ? ZERO : ONE.div(Decimal.cosh(x).pow(2)));
/** @param {Big} x @param {Big} beta */
const silu = (x, beta) => x.times(logistic(beta.times(x)));
/** @param {Big} x @param {Big} beta */
const siluSlope = (x, beta) => {
  const z = beta.times(x);
  const s = logistic(z);
  return s.plus(z.times(s).times(logistic(z.neg())));
};
/** @param {Big} x */
const geluArgument = (x) => Decimal.sqrt(big(2).div(PI)).times(x.plus(x.pow(3).times('0.044715')));

/** SELU's constants as the paper prints them. */
const SCALE = new Decimal('1.0507009873554805');
const SCALE_ALPHA = SCALE.times('1.6732632423543772');

/** @param {boolean} condition */
const indicator = (condition) => (condition ? ONE : ZERO);

/** @type {{ [name: string]: { value(x: Big, a: Big, b: Big): Big, derivative(x: Big, a: Big, b: Big): Big } }} */
const definitions = {
  squareplus: {
    value: (x, beta) => x.plus(Decimal.sqrt(x.times(x).plus(beta))).div(2),
    derivative: (x, beta) => {
      const root = Decimal.sqrt(x.times(x).plus(beta));
      return root.isZero() ? ZERO : ONE.plus(x.div(root)).div(2);
    },
  },
  softsign: {
    value: (x) => x.div(ONE.plus(Decimal.abs(x))),
    derivative: (x) => ONE.div(ONE.plus(Decimal.abs(x)).pow(2)),
  },
  exp: { value: growth, derivative: growth },
  elu: {
    value: (x, alpha) => (x.gt(0) ? x : alpha.times(growth(x).minus(1))),
    derivative: (x, alpha) => (x.gt(0) ? ONE : alpha.times(growth(x))),
  },
  celu: {
    value: (x, alpha) => (x.gt(0) ? x : alpha.times(growth(x.div(alpha)).minus(1))),
    derivative: (x, alpha) => (x.gt(0) ? ONE : growth(x.div(alpha))),
  },
  selu: {
    value: (x) => (x.gt(0) ? SCALE.times(x) : SCALE_ALPHA.times(growth(x).minus(1))),
    derivative: (x) => (x.gt(0) ? SCALE : SCALE_ALPHA.times(growth(x))),
  },
  erf: { value: erf, derivative: (x) => decay(x.times(x)).times(2).div(Decimal.sqrt(PI)) },
  gelu: {
    value: (x) => x.times(normal(x)),
    derivative: (x) => normal(x).plus(x.times(normalDensity(x))),
  },
  geluTanh: {
    value: (x) => x.times(ONE.plus(tangent(geluArgument(x)))).div(2),
    derivative: (x) => {
      const u = geluArgument(x);
      const slope = Decimal.sqrt(big(2).div(PI)).times(ONE.plus(x.times(x).times('0.134145')));
      return ONE.plus(tangent(u))
        .plus(x.times(slope).times(sechSquared(u)))
        .div(2);
    },
  },
  hardSigmoid: {
    value: (x, alpha, beta) => Decimal.max(0, Decimal.min(1, alpha.times(x).plus(beta))),
    derivative: (x, alpha, beta) => {
      const y = alpha.times(x).plus(beta);
      return y.gt(0) && y.lt(1) ? alpha : ZERO;
    },
  },
  hardSwish: {
    value: (x) => x.times(Decimal.max(0, Decimal.min(6, x.plus(3)))).div(6),
    derivative: (x) => (x.lte(-3) ? ZERO : x.gte(3) ? ONE : x.times(2).plus(3).div(6)),
  },
  sparsePlus: {
    value: (x) => (x.lte(-1) ? ZERO : x.gte(1) ? x : x.plus(1).pow(2).div(4)),
    derivative: (x) => Decimal.max(0, Decimal.min(1, x.plus(1).div(2))),
  },
  sparseSigmoid: {
    value: (x) => Decimal.max(0, Decimal.min(1, x.plus(1).div(2))),
    derivative: (x) => indicator(x.gt(-1) && x.lt(1)).div(2),
  },
  relu: { value: (x) => Decimal.max(0, x), derivative: (x) => indicator(x.gt(0)) },
  relu6: { value: (x) => Decimal.max(0, Decimal.min(6, x)), derivative: (x) => indicator(x.gt(0) && x.lt(6)) },
  reluSquared: { value: (x) => Decimal.max(0, x).pow(2), derivative: (x) => Decimal.max(0, x).times(2) },
  leakyRelu: {
    value: (x, alpha) => (x.gt(0) ? x : alpha.times(x)),
    derivative: (x, alpha) => (x.gt(0) ? ONE : alpha),
  },
  hardTanh: {
    value: (x, low, high) => Decimal.min(Decimal.max(x, low), high),
    derivative: (x, low, high) => indicator(x.gt(low) && x.lt(high)),
  },
  threshold: {
    value: (x, limit, value) => (x.gt(limit) ? x : value),
    derivative: (x, limit) => indicator(x.gt(limit)),
  },
  thresholdedRelu: {
    value: (x, alpha) => (x.gt(alpha) ? x : ZERO),
    derivative: (x, alpha) => indicator(x.gt(alpha)),
  },
  step: { value: (x, alpha) => (x.gt(0) ? ONE : alpha), derivative: () => ZERO },
  hardShrink: {
    value: (x, lambda) => (x.abs().gt(lambda) ? x : ZERO),
    derivative: (x, lambda) => indicator(x.abs().gt(lambda)),
  },
  softShrink: {
    value: (x, lambda) => (x.gt(lambda) ? x.minus(lambda) : x.lt(lambda.neg()) ? x.plus(lambda) : ZERO),
    derivative: (x, lambda) => indicator(x.abs().gt(lambda)),
  },
  sigmoid: { value: logistic, derivative: (x) => logistic(x).times(logistic(x.neg())) },
  silu: { value: silu, derivative: siluSlope },
  quickGelu: { value: (x) => silu(x, new Decimal('1.702')), derivative: (x) => siluSlope(x, new Decimal('1.702')) },
  softplus: {
    value: (x, beta) => softplus(beta.times(x)).div(beta),
    derivative: (x, beta) => logistic(beta.times(x)),
  },
  logSigmoid: { value: (x) => softplus(x.neg()).neg(), derivative: (x) => logistic(x.neg()) },
  mish: {
    value: (x) => x.times(tangent(softplus(x))),
    derivative: (x) => {
      const y = softplus(x);
      return tangent(y).plus(x.times(sechSquared(y)).times(logistic(x)));
    },
  },
  tanh: { value: tangent, derivative: sechSquared },
  tanhShrink: { value: (x) => x.minus(tangent(x)), derivative: (x) => tangent(x).pow(2) },
};

/** e^x, which is 0 where it is far below every float64. @param {Big} x */
function growth(x) {
  return x.lt(-1e4) ? ZERO : Decimal.exp(x.gt(1e4) ? big(1e4) : x);
}

/** @param {Big} x */
function tangent(x) {
  return x.abs().gt(FAR) ? big(x.s) : Decimal.tanh(x);
}

/**
 * The value or derivative at a finite `x`, to 30 digits or more, unless it is below 10^-48.
 * @param {string} name @param {Kind} kind @param {number} x @param {number} [a] @param {number} [b]
 */
export function exact(name, kind, x, a = 0, b = 0) {
  return definitions[name][kind](big(x), option(a), option(b));
}

/** A sixth is meant by 1 / 6. @param {number} value */
function option(value) {
  return value === 1 / 6 ? ONE.div(6) : big(value);
}

/** |actual - exact|. @param {number} actual @param {Big} exact */
export function exactError(actual, exact) {
  return big(actual).minus(exact).abs().toNumber();
}

/** |actual - exact| in ULP of float32, to some digits. @param {number} actual @param {Big} exact */
export function exactUlpError(actual, exact) {
  return exactError(actual, exact) / spacing(exact.toNumber());
}

/**
 * Whether a result has an error of at most half a ULP.
 * @param {string} name @param {Kind} kind @param {number} x @param {number} a @param {number} b @param {number} actual
 */
export function isWithinHalf(name, kind, x, a, b, actual) {
  return exactUlpError(actual, exact(name, kind, x, a, b)) <= 0.5;
}
