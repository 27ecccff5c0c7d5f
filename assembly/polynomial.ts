import { madd, splat } from './lanes';

// Polynomials whose coefficients lie in memory, lowest degree first. V8 keeps the order of the source (13.6 and 14.6), so that a long
// chain of Horner's scheme leaves the processor waiting: the longer ones are split into chains that run side by side.

/** Bytes of a coefficient. */
const SIZE = sizeof<real>();

/** Horner's scheme; `stride` is the distance of its coefficients in bytes. */
@inline
export function degree1(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(splat(c + stride), x, splat(c));
}


@inline
export function degree2(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree1(c + stride, x, stride), x, splat(c));
}


@inline
export function degree3(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree2(c + stride, x, stride), x, splat(c));
}


@inline
export function degree4(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree3(c + stride, x, stride), x, splat(c));
}


@inline
function degree5(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree4(c + stride, x, stride), x, splat(c));
}


@inline
function degree6(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree5(c + stride, x, stride), x, splat(c));
}


@inline
export function degree7(c: usize, x: v128, stride: usize = SIZE): v128 {
  return madd(degree6(c + stride, x, stride), x, splat(c));
}

/** Estrin's scheme for degree 4, for a caller that has x^2: as many operations as Horner's, in half the time. */
@inline
export function estrin4(c: usize, x: v128, square: v128): v128 {
  const high = madd(splat(c + 4 * SIZE), square, degree1(c + 2 * SIZE, x));
  return madd(high, square, degree1(c, x));
}

/** The same for degree 9. */
@inline
export function estrin9(c: usize, x: v128, square: v128): v128 {
  const fourth = reals.mul(square, square);
  const low = madd(degree1(c + 2 * SIZE, x), square, degree1(c, x));
  const middle = madd(degree1(c + 6 * SIZE, x), square, degree1(c + 4 * SIZE, x));
  return madd(madd(degree1(c + 8 * SIZE, x), fourth, middle), fourth, low);
}

// Even and odd powers apart, each by Horner's scheme in x^2: one operation more than Horner's, in half the time.
@inline
export function evenOdd5(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree2(c + SIZE, square, 2 * SIZE), x, degree2(c, square, 2 * SIZE));
}


@inline
export function evenOdd6(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree2(c + SIZE, square, 2 * SIZE), x, degree3(c, square, 2 * SIZE));
}


@inline
export function evenOdd8(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree3(c + SIZE, square, 2 * SIZE), x, degree4(c, square, 2 * SIZE));
}


@inline
export function evenOdd9(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree4(c + SIZE, square, 2 * SIZE), x, degree4(c, square, 2 * SIZE));
}


@inline
export function evenOdd13(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree6(c + SIZE, square, 2 * SIZE), x, degree6(c, square, 2 * SIZE));
}


@inline
export function evenOdd15(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  return madd(degree7(c + SIZE, square, 2 * SIZE), x, degree7(c, square, 2 * SIZE));
}

// Every fourth power apart: a chain is a quarter as long, which from degree 20 on is what the processor waits for.

@inline
export function fourWay20(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  const fourth = reals.mul(square, square);
  const even = madd(degree4(c + 2 * SIZE, fourth, 4 * SIZE), square, degree5(c, fourth, 4 * SIZE));
  const odd = madd(degree4(c + 3 * SIZE, fourth, 4 * SIZE), square, degree4(c + SIZE, fourth, 4 * SIZE));
  return madd(odd, x, even);
}


@inline
export function fourWay22(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  const fourth = reals.mul(square, square);
  const even = madd(degree5(c + 2 * SIZE, fourth, 4 * SIZE), square, degree5(c, fourth, 4 * SIZE));
  const odd = madd(degree4(c + 3 * SIZE, fourth, 4 * SIZE), square, degree5(c + SIZE, fourth, 4 * SIZE));
  return madd(odd, x, even);
}


@inline
export function fourWay23(c: usize, x: v128): v128 {
  const square = reals.mul(x, x);
  const fourth = reals.mul(square, square);
  const even = madd(degree5(c + 2 * SIZE, fourth, 4 * SIZE), square, degree5(c, fourth, 4 * SIZE));
  const odd = madd(degree5(c + 3 * SIZE, fourth, 4 * SIZE), square, degree5(c + SIZE, fourth, 4 * SIZE));
  return madd(odd, x, even);
}
