// Small names for what every kernel does with the lanes of a v128: four float32 in most binaries, two float64 in the one for
// Float64Array. The compiler's option `use` says which: `real` stands for f32 or f64, `reals` for f32x4 or f64x2, so that what
// does not depend on the precision has one source.

export const HALF = memory.data<real>([0.5]);
export const ONE = memory.data<real>([1.0]);
export const TWO = memory.data<real>([2.0]);
/** The sign bit alone, which is also -0. */
export const SIGN = memory.data<real>([-0.0]);
const HIGH_HALF = sizeof<real>() == 4 ? memory.data<u32>([0xfffff000]) : memory.data<u64>([0xfffffffff8000000]);

/**
 * The number at `address`, in all lanes.
 *
 * Constants live in memory because V8 (13.6 and 14.6, Node 24 and 26) rebuilds a `v128.const` at each use inside
 * a loop: the sigmoid of four vectors then takes twice the time. A broadcasting load is one instruction, and
 * Binaryen shares it between the four copies of an operator in an unrolled loop.
 */
@inline
export function splat(address: usize): v128 {
  return v128.load_splat<real>(address);
}

/** 0: the one literal that V8 has for nothing, as the exclusive or of a register with itself. relu at 1e6: 0.093 ns per element with a load, 0.084 so. */
@inline
export function zero(): v128 {
  return reals.splat(0);
}

/** a * b + c; in the relaxed binary as the machine has it, rounded once (FMA) or twice. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return reals.relaxed_madd(a, b, c);
  return reals.add(reals.mul(a, b), c);
}

/** c - a * b, likewise. */
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return reals.relaxed_nmadd(a, b, c);
  return reals.sub(c, reals.mul(a, b));
}

/** `a` in the lanes where `mask` is set, else `b`. */
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** `d`, or NaN in the lanes where `x` is NaN: an all-ones mask is itself a NaN. */
@inline
export function keepNaN(d: v128, x: v128): v128 {
  return v128.or(d, reals.ne(x, x));
}

/** x in low..high; NaN and -0 stay. pmin and pmax are one instruction on x64, min and max some eight. */
@inline
export function clamp(x: v128, low: v128, high: v128): v128 {
  return reals.pmin(reals.pmax(x, low), high);
}

/** |x|, by one `andnot` with a constant: V8's own `f32x4.abs` builds the mask anew each time. */
@inline
export function abs(x: v128): v128 {
  return v128.andnot(x, splat(SIGN));
}

/** -x. */
@inline
export function negate(x: v128): v128 {
  return v128.xor(x, splat(SIGN));
}

/** The sign bit of x alone. */
@inline
export function signOf(x: v128): v128 {
  return v128.and(x, splat(SIGN));
}

/** 1 where the sign bit of x is clear, else 0. Of a float64 1 the low half is 0, so that the sign of the high half is all that counts. */
@inline
export function oneIfPositive(x: v128): v128 {
  return v128.andnot(splat(ONE), i32x4.shr_s(x, 31));
}

/** x to 12 significant bits, of a float64 26, so that the product of two such numbers is exact. */
@inline
export function highHalf(x: v128): v128 {
  return v128.and(x, splat(HIGH_HALF));
}
