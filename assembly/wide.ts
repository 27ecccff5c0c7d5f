// float64 arithmetic on two lanes, for functions in which terms cancel: to compensate for the rounding of every float32 step takes as many
// instructions as float64 needs for twice the vectors, and leaves more error.

const LOG2_E = memory.data<f64>([1.4426950408889634]);
const LN_2 = memory.data<f64>([0.6931471805599453]);
/** Rounds to an integer, 1.5 * 2^52, and holds the exponent's bias. */
const BIAS = memory.data<f64>([6755399441055744.0 + 1023.0]);
/** (e^r - 1 - r) / r^2, error 2^-27.7 of e^r. scripts/fit.sollya, EXPM1_WIDE */
const EXPM1 = memory.data<f64>([
  0.5000000097436775, 0.16666516517149993, 0.04166619856033455, 0.008369167757430412, 0.001395097357575079,
]);
export const ZERO = memory.data<f64>([0.0]);
export const ONE = memory.data<f64>([1.0]);
export const TWO = memory.data<f64>([2.0]);
export const FOUR = memory.data<f64>([4.0]);

/** The float64 at `address`, in both lanes. */
@inline
export function splat(address: usize): v128 {
  return v128.load64_splat(address);
}

/** a * b + c. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** The first two lanes of float32. */
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** The last two. */
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1));
}

/** Both, rounded to float32. */
@inline
export function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** e^x for |x| < 700. */
@inline
export function exp(x: v128): v128 {
  const bias = splat(BIAS);
  const k = madd(x, splat(LOG2_E), bias);
  const r = f64x2.sub(x, f64x2.mul(f64x2.sub(k, bias), splat(LN_2)));
  const square = f64x2.mul(r, r);
  const high = madd(splat(EXPM1 + 32), square, madd(splat(EXPM1 + 24), r, splat(EXPM1 + 16)));
  const t = madd(madd(high, square, madd(splat(EXPM1 + 8), r, splat(EXPM1))), square, r);
  const s = i64x2.shl(k, 52);
  return madd(s, t, s);
}
