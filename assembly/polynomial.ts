import { madd, splat } from './lanes';

// Horner's scheme over coefficients that lie in memory, lowest degree first.

@inline
export function degree1(c: usize, x: v128): v128 {
  return madd(splat(c + 4), x, splat(c));
}


@inline
export function degree2(c: usize, x: v128): v128 {
  return madd(degree1(c + 4, x), x, splat(c));
}


@inline
export function degree3(c: usize, x: v128): v128 {
  return madd(degree2(c + 4, x), x, splat(c));
}


@inline
export function degree4(c: usize, x: v128): v128 {
  return madd(degree3(c + 4, x), x, splat(c));
}


@inline
export function degree5(c: usize, x: v128): v128 {
  return madd(degree4(c + 4, x), x, splat(c));
}


@inline
export function degree6(c: usize, x: v128): v128 {
  return madd(degree5(c + 4, x), x, splat(c));
}


@inline
export function degree7(c: usize, x: v128): v128 {
  return madd(degree6(c + 4, x), x, splat(c));
}


@inline
export function degree8(c: usize, x: v128): v128 {
  return madd(degree7(c + 4, x), x, splat(c));
}


@inline
export function degree9(c: usize, x: v128): v128 {
  return madd(degree8(c + 4, x), x, splat(c));
}


@inline
export function degree10(c: usize, x: v128): v128 {
  return madd(degree9(c + 4, x), x, splat(c));
}


@inline
export function degree11(c: usize, x: v128): v128 {
  return madd(degree10(c + 4, x), x, splat(c));
}

/** Estrin's scheme for degree 4, for a caller that has x^2: as many operations as Horner's, in half the time. */
@inline
export function estrin4(c: usize, x: v128, square: v128): v128 {
  const high = madd(splat(c + 16), square, degree1(c + 8, x));
  return madd(high, square, degree1(c, x));
}
