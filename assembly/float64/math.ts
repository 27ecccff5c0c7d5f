import { clamp, HALF, highHalf, madd, negate, nmadd, ONE, oneIfPositive, SIGN, signOf, splat } from '../lanes';
import { degree1, estrin9, evenOdd13 } from '../polynomial';

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

/** r of e^y. */
@inline
export function reduced(y: v128, k: v128, bias: usize): v128 {
  const n = f64x2.sub(k, splat(bias));
  return nmadd(n, splat(LN_2_LOW), reducedHigh(y, n));
}

// e^r = (E + O) / (E - O), E = 1 + r^2 p(r^2) and O = r / 2 + r^3 q(r^2), error 2^-57.0: for what is divided in any case, half as many
// operations as the polynomial of e^r - 1. What E lacks hardly shows, as it is in both. scripts/fit.py, EXP_RATIO_FLOAT64
const EVEN = memory.data<f64>([0.11110870304843419, 0.000991822707355738]);
const ODD = memory.data<f64>([0.01388768485755051, 3.3048726638243485e-5]);

/** E - 1 from r^2. */
@inline
export function evenPart(square: v128): v128 {
  return f64x2.mul(degree1(EVEN, square), square);
}

/** O from r and r^2. */
@inline
export function oddPart(r: v128, square: v128): v128 {
  return madd(f64x2.mul(degree1(ODD, square), square), r, f64x2.mul(r, splat(HALF))); // r / 2 is exact
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

  /** r of e^(factor x) */
  @inline reduced(x: v128, k: v128, bias: usize): v128 {
    const n = f64x2.sub(k, splat(bias));
    return f64x2.sub(f64x2.mul(nmadd(n, this.octaveHigh, x), this.factor), f64x2.mul(n, this.octaveLow));
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
function roughReciprocal(x: v128): v128 {
  return i64x2.sub(splat(RECIPROCAL_BITS), x);
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

/** 2^128 n / (1 + e^y) from the power 2^-128 s and r of e^y: n (E - O) / (s (E + O) + E - O). */
@inline
export function overOnePlus(n: v128, s: v128, r: v128): v128 {
  const square = f64x2.mul(r, r);
  const even = evenPart(square);
  const odd = oddPart(r, square);
  const unit = splat(TWO_TO_MINUS_128);
  const sum = f64x2.add(s, unit);
  const rest = madd(even, sum, f64x2.mul(odd, f64x2.sub(s, unit)));
  const d = f64x2.add(sum, rest);
  const part = f64x2.mul(n, f64x2.sub(even, odd));
  const top = f64x2.add(n, part);
  return quotient(top, lost(n, part, top), d, f64x2.add(lost(sum, rest, d), lost(s, unit, sum)));
}

/** 1 / (1 + e^-x). */
@inline
export function logistic(x: v128): v128 {
  const y = clamp(negate(x), splat(ONE_BELOW), splat(VANISHED));
  const k = rounded(y, BIAS_MINUS_128);
  const r = reduced(y, k, BIAS_MINUS_128);
  return f64x2.mul(overOnePlus(splat(ONE), power(k), r), splat(TWO_TO_MINUS_128));
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
 * w (1 + p + w) / (1 + w)^2 from the power, times 2^128, of w and its r, and from 1 + p in three parts, the first a multiple of 2^-40, the
 * last small: the derivative, for negative x, of x / (1 + w) with w = e^-p, but next to its zero, where this cancels too much.
 */
@inline
export function slopeBelow(s: v128, r: v128, start: v128, rest: v128, restLow: v128): v128 {
  const square = f64x2.mul(r, r);
  const even = evenPart(square);
  const odd = oddPart(r, square);
  const above = f64x2.add(even, odd);
  const one = splat(ONE);
  const small = f64x2.mul(s, splat(TWO_TO_MINUS_128));
  // (1 + p + w) (E - O)
  const coarse = f64x2.add(start, small);
  const whole = f64x2.add(start, f64x2.add(rest, restLow));
  const scaled = f64x2.add(madd(whole, f64x2.sub(even, odd), f64x2.mul(small, above)), restLow);
  const fine = f64x2.add(rest, scaled);
  const m = f64x2.add(coarse, fine);
  const mLow = f64x2.add(lost(coarse, fine, m), lost(rest, scaled, fine));
  const part = f64x2.mul(m, above);
  const n = f64x2.add(m, part);
  // (1 + w)^2 (E - O)^2 = (sum + v)^2
  const sum = f64x2.add(one, small);
  const v = madd(even, sum, f64x2.mul(odd, f64x2.sub(small, one)));
  const sumSquare = f64x2.mul(sum, sum);
  const product = f64x2.mul(v, f64x2.add(sum, sum));
  const vSquare = f64x2.mul(v, v);
  const cross = f64x2.add(product, vSquare);
  const d = f64x2.add(sumSquare, cross);
  const sumLow = lost(one, small, sum);
  const crossLow = f64x2.add(lost(product, vSquare, cross), f64x2.add(sumLow, sumLow));
  const dLow = f64x2.add(lost(sumSquare, cross, d), crossLow);
  const q = quotient(n, f64x2.add(lost(m, part, n), mLow), d, dLow);
  return f64x2.mul(f64x2.mul(q, s), splat(TWO_TO_MINUS_128));
}

/** (q + qLow) (c + p(q)), where q is the distance from a zero, from c, what it lacks and then p's coefficients; degree 13 in all. */
@inline
export function nearRoot13(c: usize, q: v128, qLow: v128): v128 {
  const factor = splat(c);
  return madd(q, factor, madd(qLow, factor, f64x2.mul(q, evenOdd13(c + 8, q))));
}

// The derivatives of x Phi(x), for a distribution Phi, have f'(x) + f'(-x) = 1: G(|x|) below 0 and 1 - G(|x|) above.

/** The derivative at x from G(|x|). */
@inline
export function bothSides(x: v128, below: v128): v128 {
  const signed = v128.xor(below, v128.xor(signOf(x), splat(SIGN)));
  return f64x2.add(signed, oneIfPositive(x));
}
