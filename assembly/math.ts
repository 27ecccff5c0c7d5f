import { clamp, HALF, madd, nmadd, ONE, oneIfPositive, SIGN, signOf, splat, TWO, zero } from './lanes';
import { degree1, estrin4 } from './polynomial';

// The exponential, in the pieces from which the smooth activations are built:
//   e^y = 2^n (1 + t),  n = y / ln 2 rounded,  t = e^r - 1,  r = y - n ln 2, within 0.35 of 0.
// 1 + t is not rounded to a number of its own: each activation adds or multiplies 2^n and 2^n t as its formula asks,
// which saves half an ULP and costs nothing. The power may carry a further factor 2^m, so that neither the largest nor
// a subnormal result needs a case of its own.

const LOG2_E = memory.data<f32>([1.442695]);
/** ln 2 in two parts; the first has 16 bits, so that n times it is exact for |n| < 256. */
export const LN_2_HIGH = memory.data<f32>([0.69314575]);
export const LN_2_LOW = memory.data<f32>([1.4286068e-6]);
/** ln 2 to 21 bits: n times it is exact for |n| <= 8, and its error of 1.9e-9 does not show where results saturate. */
const LN_2_SHORT = memory.data<f32>([0.6931472]);

/** (e^r - 1 - r) / r^2, error 2^-27.5 of e^r. scripts/fit.sollya, EXPM1 */
const EXPM1 = memory.data<f32>([0.50000006, 0.16666517, 0.041665006, 0.008369154, 0.0014017159]);
/** The same, error 2^-27 of e^r - 1. scripts/fit.sollya, EXPM1_RELATIVE */
const EXPM1_RELATIVE = memory.data<f32>([0.5, 0.1666654, 0.041666444, 0.008366896, 0.0013936937]);

/**
 * The constant that rounds to an integer, 1.5 * 2^23, plus the exponent's bias: after adding it the low bits hold n + 127 + m, which
 * a shift by 23 makes the float32 2^(n + m). 256 more sets the sign.
 */
export const BIAS = memory.data<f32>([12582912.0 + 127.0]);
export const BIAS_MINUS_1 = memory.data<f32>([12582912.0 + 127.0 - 1.0]);
export const BIAS_MINUS_24 = memory.data<f32>([12582912.0 + 127.0 - 24.0]);
export const BIAS_PLUS_64 = memory.data<f32>([12582912.0 + 127.0 + 64.0]);

/** n, with `bias`, in the low bits: k for the functions below. */
@inline
export function rounded(y: v128, bias: usize): v128 {
  return madd(y, splat(LOG2_E), splat(bias));
}

/** 2^(n + m). */
@inline
export function power(k: v128): v128 {
  return i32x4.shl(k, 23);
}

/** r = y - n ln 2. */
@inline
export function reduced(y: v128, k: v128, bias: usize): v128 {
  const n = f32x4.sub(k, splat(bias));
  return nmadd(n, splat(LN_2_LOW), nmadd(n, splat(LN_2_HIGH), y));
}

/** r = y - n ln 2 for y no further from 0 than some 6, or where the result saturates beyond. */
@inline
export function reducedShort(y: v128, k: v128, bias: usize): v128 {
  return nmadd(f32x4.sub(k, splat(bias)), splat(LN_2_SHORT), y);
}

/** t = e^r - 1, with the error of e^r small. */
@inline
export function expm1Of(r: v128): v128 {
  const square = f32x4.mul(r, r);
  return madd(square, estrin4(EXPM1, r, square), r);
}

/** t = e^r - 1, with its own error small. */
@inline
export function expm1RelativeOf(r: v128): v128 {
  const square = f32x4.mul(r, r);
  return madd(square, estrin4(EXPM1_RELATIVE, r, square), r);
}

/**
 * e^(factor x), where the loader knows the factor: folded into the constants, its product with x is never rounded.
 * n = factor x / ln 2 rounded, y = x - n ln 2 / factor, t = e^(factor y) - 1.
 */
@unmanaged
export class ScaledExponential {
  /** factor / ln 2 */
  perOctave: v128;
  /** ln 2 / factor in two parts, the first of 16 bits */
  octaveHigh: v128;
  octaveLow: v128;
  /** t as a polynomial in y, from y up; the loader may have scaled it */
  c1: v128;
  c2: v128;
  c3: v128;
  c4: v128;
  c5: v128;
  c6: v128;


  @inline rounded(x: v128, bias: usize): v128 {
    return madd(x, this.perOctave, splat(bias));
  }


  @inline reduced(x: v128, k: v128, bias: usize): v128 {
    const n = f32x4.sub(k, splat(bias));
    return nmadd(n, this.octaveLow, nmadd(n, this.octaveHigh, x));
  }

  /** (t - c1 y) / y^2, by Estrin's scheme */
  @inline curvature(y: v128, square: v128): v128 {
    const high = madd(this.c6, square, madd(this.c5, y, this.c4));
    return madd(high, square, madd(this.c3, y, this.c2));
  }


  @inline expm1Of(y: v128): v128 {
    const square = f32x4.mul(y, y);
    return madd(square, this.curvature(y, square), f32x4.mul(y, this.c1));
  }
}

export const TWO_TO_MINUS_24 = memory.data<f32>([5.9604645e-8]);
/** e^x vanishes beside 1 from here down. */
const ONE_BELOW = memory.data<f32>([-40.0]);
/** 1 / e^x is less than half the smallest float32 from here up. */
export const ZERO_ABOVE = memory.data<f32>([104.5]);

/** 1 / (1 + e^x) from the power 2^(n - 24) and t of e^x. */
@inline
export function oneOverOnePlus(s: v128, t: v128): v128 {
  const one = splat(TWO_TO_MINUS_24);
  // In this order the sum errs least where 1 and e^x are near each other.
  return f32x4.div(one, f32x4.add(madd(s, t, one), s));
}

/** 1 / (1 + e^x). Neither end cancels, so that no case by sign is needed. */
@inline
export function logisticOfMinus(x: v128): v128 {
  const z = clamp(x, splat(ONE_BELOW), splat(ZERO_ABOVE));
  const k = rounded(z, BIAS_MINUS_24);
  return oneOverOnePlus(power(k), expm1Of(reduced(z, k, BIAS_MINUS_24)));
}

export const TWO_TO_MINUS_64 = memory.data<f32>([5.421011e-20]);

/** The fraction bits of 1.375: numerator and denominator carry this factor, at which the denominator's rounding was least felt. */
const KAPPA_BITS = memory.data<u32>([0x300000]);
/** (cosh(r) - 1 - r^2 / 2) / r^4 and (sinh(r) - r) / r^3 in r^2. scripts/fit.py, COSH and SINH */
const COSH = memory.data<f32>([0.041666456, 0.0013935842]);
const SINH = memory.data<f32>([0.16666517, 0.00836915]);

/** cosh(r) - 1. */
@inline
function coshLessOne(r: v128): v128 {
  const square = f32x4.mul(r, r);
  return madd(f32x4.mul(square, square), degree1(COSH, square), f32x4.mul(square, splat(HALF)));
}

/** sinh(r). */
@inline
function sinhOf(r: v128): v128 {
  const square = f32x4.mul(r, r);
  return madd(f32x4.mul(r, square), degree1(SINH, square), r);
}

/**
 * c / (e^a + 2 + e^-a) for a >= 0, which is sech^2: with a = n ln 2 + r, s = 2^n and 1 / s it is
 * c / ((s + 2 + 1 / s) + (s + 1 / s) (cosh r - 1) + (s - 1 / s) sinh r), the first sum with its rounding error. `bias` scales s by
 * 2^-m; `two` is 2 * 1.375 * 2^-m, `mirror` the bits of 1.375 * 2^(254 - 2 m), from which those of s are taken to give 1 / s.
 */
@inline
export function reciprocalSum(a: v128, bias: usize, two: usize, mirror: usize, numerator: usize): v128 {
  const k = rounded(a, bias);
  const r = reduced(a, k, bias);
  const exponent = power(k);
  const s = v128.or(exponent, splat(KAPPA_BITS));
  const inverse = i32x4.max_s(i32x4.sub(splat(mirror), exponent), zero());
  const cosh = coshLessOne(r);
  const sinh = sinhOf(r);
  const smaller = f32x4.add(inverse, splat(two));
  const sum = f32x4.add(s, smaller);
  const lost = f32x4.sub(smaller, f32x4.sub(sum, s));
  const rest = madd(f32x4.sub(s, inverse), sinh, madd(f32x4.add(s, inverse), cosh, lost));
  return f32x4.div(splat(numerator), f32x4.add(rest, sum));
}

// The derivatives of x Phi(x), for a distribution Phi, have f'(x) + f'(-x) = 1: G(|x|) below 0 and 1 - G(|x|) above.

/** The derivative at x from G(|x|). */
@inline
export function bothSides(x: v128, below: v128): v128 {
  const signed = v128.xor(below, v128.xor(signOf(x), splat(SIGN)));
  return f32x4.add(signed, oneIfPositive(x));
}
