// Float32 numbers as the tests need them.

import { FLOAT32_MAX, ulpError } from '../scripts/verify/float32.js';
import type { Spec } from '../src';

/** An error as a multiple of what the table allows: an absolute one near a zero of the derivative, else in ULP. */
export function shareOfBound(x: number, actual: number, exact: number, ulp: number, root?: Spec['root']): number {
  if (root !== undefined && x >= root.from && x <= root.to) return Math.abs(actual - exact) / root.error;
  const error = ulpError(actual, exact);
  return error === 0 ? 0 : error / ulp;
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

/** Bits, with one NaN for all, so that arrays compare exactly. */
export function bits(x: Float32Array): number[] {
  return Array.from(new Uint32Array(x.slice().buffer), (v, i) => (Number.isNaN(x[i]) ? -1 : v));
}
