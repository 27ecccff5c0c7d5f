import { clamp, highHalf, madd, negate, nmadd, ONE, oneIfPositive, SIGN, signOf, splat } from '../lanes';
import { estrin9 } from '../polynomial';

// The exponential, in the pieces from which the smooth activations are built, as in ../math.ts:
//   e^y = 2^n (1 + t),  n = y / ln 2 rounded,  t = e^r - 1,  r = y - n ln 2, within 0.35 of 0.
// Two things differ. r is not rounded where it counts most, as the first term of t: it stays high - low, high exact. And where one
// rounding more would be felt, a number is the sum of two float64, its rounded value and what that lacks.

const LOG2_E = memory.data<f64>([1.4426950408889634]);
/** ln 2 in two parts; the first has 32 bits, so that n times it is exact, and so is the difference from y. */
export const LN_2_HIGH = memory.data<f64>([0.6931471803691238]);
export const LN_2_LOW = memory.data<f64>([1.9082149292705877e-10]);
/** (e^r - 1 - r) / r^2, error 2^-55.7 of e^r - 1. scripts/fit-float64.sollya, EXPM1 */
const EXPM1 = memory.data<f64>([
  0.5000000000000006, 0.16666666666666685, 0.041666666666573614, 0.008333333333315143, 0.0013888888932381907,
  0.0001984126990180727, 2.4801504442650796e-5, 2.7557229064400734e-6, 2.762632771307017e-7, 2.5114117693575737e-8,
]);

/** Rounds to an integer, 1.5 * 2^52, and holds the exponent's bias: as in ../math.ts. */
export const BIAS = memory.data<f64>([6755399441055744.0 + 1023.0]);
export const BIAS_PLUS_128 = memory.data<f64>([6755399441055744.0 + 1023.0 + 128.0]);
export const BIAS_MINUS_128 = memory.data<f64>([6755399441055744.0 + 1023.0 - 128.0]);
export const TWO_TO_128 = memory.data<f64>([3.402823669209385e38]);
export const TWO_TO_MINUS_128 = memory.data<f64>([2.938735877055719e-39]);

/** n, with `bias`, in the low bits: k for the functions below. */
@inline
export function rounded(y: v128, bias: usize): v128 {
  return madd(y, splat(LOG2_E), splat(bias));
}

/** 2^(n + m). */
@inline
export function power(k: v128): v128 {
  return i64x2.shl(k, 52);
}

/** The high part of r from n; exact. */
@inline
export function reducedHigh(y: v128, n: v128): v128 {
  return nmadd(n, splat(LN_2_HIGH), y);
}

/** r^2 times (e^r - 1 - r) / r^2. */
@inline
export function curvature(r: v128): v128 {
  const square = f64x2.mul(r, r);
  return f64x2.mul(square, estrin9(EXPM1, r, square));
}

/** t = e^r - 1 for r = high - low, of which low is small. */
@inline
export function expm1OfParts(high: v128, low: v128): v128 {
  return f64x2.add(high, f64x2.sub(curvature(f64x2.sub(high, low)), low));
}

/** What t lacks. */
@inline
export function expm1Lost(high: v128, low: v128, t: v128): v128 {
  return lost(high, f64x2.sub(curvature(f64x2.sub(high, low)), low), t);
}

/** t of e^y. */
@inline
export function expm1Of(y: v128, k: v128, bias: usize): v128 {
  const n = f64x2.sub(k, splat(bias));
  return expm1OfParts(reducedHigh(y, n), f64x2.mul(n, splat(LN_2_LOW)));
}

/**
 * e^(factor x) by octaves of x: n = factor x / ln 2 rounded, r = factor (x - n ln 2 / factor), so that the rounding of factor x, of which
 * the exponential makes so much more, never occurs.
 */
@unmanaged
export class ScaledExponential {
  factor: v128;
  /** factor / ln 2 */
  perOctave: v128;
  /** ln 2 / factor to 26 bits, so that n times it is exact; what it lacks, times factor */
  octaveHigh: v128;
  octaveLow: v128;


  @inline rounded(x: v128, bias: usize): v128 {
    return madd(x, this.perOctave, splat(bias));
  }

  /** t of e^(factor x) */
  @inline expm1Of(x: v128, k: v128, bias: usize): v128 {
    const n = f64x2.sub(k, splat(bias));
    const high = f64x2.mul(nmadd(n, this.octaveHigh, x), this.factor);
    return expm1OfParts(high, f64x2.mul(n, this.octaveLow));
  }
}

/** What `sum`, a + b rounded, lacks, for |a| >= |b|; exact (Dekker). */
@inline
export function lost(a: v128, b: v128, sum: v128): v128 {
  return f64x2.sub(b, f64x2.sub(sum, a));
}

/** The same, whichever of a and b is the larger (Knuth). */
@inline
export function lostOfAny(a: v128, b: v128, sum: v128): v128 {
  const part = f64x2.sub(sum, a);
  return f64x2.add(f64x2.sub(a, f64x2.sub(sum, part)), f64x2.sub(b, part));
}

/** What `square`, x^2 rounded, lacks. */
@inline
export function lostOfSquare(x: v128, square: v128): v128 {
  const h = highHalf(x);
  return madd(f64x2.sub(x, h), f64x2.add(x, h), f64x2.sub(f64x2.mul(h, h), square));
}

/** What `product`, a b rounded, lacks. */
@inline
export function lostOfProduct(a: v128, b: v128, product: v128): v128 {
  const h = highHalf(a);
  const g = highHalf(b);
  const most = madd(h, f64x2.sub(b, g), f64x2.sub(f64x2.mul(h, g), product));
  return madd(f64x2.sub(a, h), b, most);
}

/** Its bits less those of a number are those of the reciprocal, within 5.1 %: enough for a factor of what a rounding has lost. */
const RECIPROCAL_BITS = memory.data<u64>([0x7fde600000000000]);

/** 1 / x for a positive x, within 5.1 %. */
@inline
export function roughReciprocal(x: v128): v128 {
  return i64x2.sub(splat(RECIPROCAL_BITS), x);
}

/** n / (d + dLow) for d > 0. */
@inline
export function quotientOf(n: v128, d: v128, dLow: v128): v128 {
  const q = f64x2.div(n, d);
  return nmadd(f64x2.mul(q, dLow), roughReciprocal(d), q);
}

/** (n + nLow) / (d + dLow) for d > 0. */
@inline
export function quotient(n: v128, nLow: v128, d: v128, dLow: v128): v128 {
  const q = f64x2.div(n, d);
  return madd(nmadd(q, dLow, nLow), roughReciprocal(d), q);
}

/** e^-y vanishes, by whatever factor of an activation it is multiplied, from here up. */
export const VANISHED = memory.data<f64>([770.0]);
const MINUS_VANISHED = memory.data<f64>([-770.0]);
/** Far below where e^y vanishes beside 1; 2^-128 times it still has an exponent. */
const ONE_BELOW = memory.data<f64>([-600.0]);

/** -|x|, no further from 0 than it takes e to its power to vanish. */
@inline
export function minusSize(x: v128): v128 {
  return f64x2.pmax(v128.or(x, splat(SIGN)), splat(MINUS_VANISHED));
}

/** 2^128 n / (1 + e^y) from the power 2^-128 s and t of e^y. */
@inline
export function overOnePlus(n: v128, s: v128, t: v128): v128 {
  const one = f64x2.add(s, splat(TWO_TO_MINUS_128)); // 1 + s, exact unless one of them hardly counts
  const rest = f64x2.mul(s, t);
  const d = f64x2.add(one, rest);
  return quotientOf(n, d, lost(one, rest, d));
}

/** 1 / (1 + e^-x). */
@inline
export function logistic(x: v128): v128 {
  const y = clamp(negate(x), splat(ONE_BELOW), splat(VANISHED));
  const k = rounded(y, BIAS_MINUS_128);
  const t = expm1Of(y, k, BIAS_MINUS_128);
  return f64x2.mul(overOnePlus(splat(ONE), power(k), t), splat(TWO_TO_MINUS_128));
}

/** (n + nLow) / (1 + w)^2 from the power and t of w. */
@inline
function overSquare(n: v128, nLow: v128, s: v128, t: v128): v128 {
  const one = splat(ONE);
  const start = f64x2.add(one, s);
  const rest = f64x2.mul(s, t);
  const d = f64x2.add(start, rest);
  const dLow = f64x2.add(lost(start, rest, d), lost(one, s, start));
  const square = f64x2.mul(d, d);
  return quotient(n, nLow, square, madd(f64x2.add(d, d), dLow, lostOfSquare(d, square)));
}

/** 2^128 e^y / (1 + e^y)^2 for y <= 0. */
@inline
export function scaledLogisticSlope(y: v128): v128 {
  const k = rounded(y, BIAS_PLUS_128);
  const s = power(k);
  const t = expm1Of(y, k, BIAS_PLUS_128);
  const st = f64x2.mul(s, t);
  const n = f64x2.add(s, st);
  return overSquare(n, lost(s, st, n), f64x2.mul(s, splat(TWO_TO_MINUS_128)), t);
}

/**
 * w (1 + p + w) / (1 + w)^2 from the power, times 2^128, of w and its r = high - low, and from p in two parts: the derivative, for
 * negative x, of x / (1 + w) with w = e^-p.
 */
@inline
export function slopeBelow(s: v128, high: v128, low: v128, p: v128, pLow: v128): v128 {
  const one = splat(ONE);
  const t = expm1OfParts(high, low);
  const e = f64x2.add(one, t);
  const eLow = f64x2.add(lost(one, t, e), expm1Lost(high, low, t));
  const small = f64x2.mul(s, splat(TWO_TO_MINUS_128));
  const w = f64x2.mul(small, e);
  const start = f64x2.add(one, p);
  const m = f64x2.add(start, w);
  // Where p is below 1 its part is not exact, and does not show.
  const mLow = f64x2.add(f64x2.add(lost(p, one, start), lost(start, w, m)), madd(small, eLow, pLow));
  const n = f64x2.mul(e, m);
  const nLow = madd(e, mLow, madd(eLow, m, lostOfProduct(e, m, n)));
  return f64x2.mul(overSquare(f64x2.mul(s, n), f64x2.mul(s, nLow), small, t), splat(TWO_TO_MINUS_128));
}

// The derivatives of x Phi(x), for a distribution Phi, have f'(x) + f'(-x) = 1: G(|x|) below 0 and 1 - G(|x|) above.

/** The derivative at x from G(|x|). */
@inline
export function bothSides(x: v128, below: v128): v128 {
  const signed = v128.xor(below, v128.xor(signOf(x), splat(SIGN)));
  return f64x2.add(signed, oneIfPositive(x));
}
