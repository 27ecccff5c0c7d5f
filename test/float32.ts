// Float32 numbers as the tests need them: their spacing, their bits, and inputs of every kind.

import type { Spec } from '../src';

const FLOAT32_MAX = 3.4028234663852886e38;
const view = new DataView(new ArrayBuffer(8));

/** The distance of neighbouring float32 numbers at `value`; 2^-149 among the subnormals. */
export function spacing(value: number): number {
  view.setFloat64(0, value);
  const exponent = ((view.getUint16(0) >> 4) & 0x7ff) - 1023;
  return 2 ** (Math.max(exponent, -126) - 23);
}

/** |actual - exact| in ULP of float32 at `exact`. 0 if both are NaN, or overflow to the same infinity. */
export function ulpError(actual: number, exact: number): number {
  if (Number.isNaN(exact) || Number.isNaN(actual)) return Object.is(actual, exact) ? 0 : Infinity;
  if (Math.fround(exact) === actual) return Number.isFinite(actual) ? Math.abs(actual - exact) / spacing(exact) : 0;
  const bounded = Math.min(Math.max(exact, -FLOAT32_MAX), FLOAT32_MAX);
  return Math.abs(actual - exact) / spacing(bounded);
}

/** An error as a multiple of what the table allows: an absolute one near a zero of the derivative, else in ULP. */
export function shareOfBound(x: number, actual: number, exact: number, ulp: number, root?: Spec['root']): number {
  if (root !== undefined && x >= root.from && x <= root.to) return Math.abs(actual - exact) / root.error;
  const error = ulpError(actual, exact);
  return error === 0 ? 0 : error / ulp;
}

/** `value` in decimal and as the hexadecimal bits of a float32. */
export function show(value: number): string {
  view.setFloat32(0, value);
  return `${value} (0x${view.getUint32(0).toString(16).padStart(8, '0')})`;
}

/** Every `stride`-th bit pattern: evenly over all signs, exponents and fractions, NaN and infinities included. */
export function* patterns(stride: number, block = 65536): Generator<Float32Array> {
  const bits = new Uint32Array(block);
  for (let next = 0; next < 2 ** 32; ) {
    let n = 0;
    for (; n < block && next < 2 ** 32; n++, next += stride) bits[n] = next;
    yield new Float32Array(bits.buffer, 0, n);
  }
}

/** Zeros, infinities, NaN, subnormals, the ends of the range, powers of two, and where the activations bend or saturate. */
export const specials = Float32Array.from(
  [
    [
      0,
      Infinity,
      2 ** -149,
      2 ** -127,
      2 ** -126,
      2 ** -125,
      FLOAT32_MAX,
      1e-30,
      1e-10,
      1e-3,
      0.25,
      0.5,
      1,
      1.5,
      2,
      3,
      4,
      5,
      6,
    ],
    [
      9.01, 10, 13.2, 14.2, 17.33, 20, 30, 40, 80, 87.3, 88.02, 88.72, 88.73, 89, 100, 103.9, 104.5, 110, 1e10, 1e19,
      1e30,
    ],
  ]
    .flat()
    .flatMap((x) => [x, -x])
    .concat(Number.NaN),
);

/** `n` random inputs, most of ordinary size, the others of every magnitude; the same for the same seed. */
export function randoms(n: number, seed = 1): Float32Array {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: n }, () => {
    const sign = uniform() < 0.5 ? -1 : 1;
    return sign * (uniform() < 0.8 ? 10 * uniform() : 2 ** (280 * uniform() - 150));
  });
}
