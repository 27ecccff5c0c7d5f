// Shapes of arrays in row-major order.

import { describe } from './errors';

/** An array as rows along one axis: element j of row (o, i) is number (o * length + j) * inner + i. */
export interface Rows {
  /** Product of the sizes before the axis. */
  readonly outer: number;
  /** The axis' own size. */
  readonly length: number;
  /** Product of the sizes behind the axis: the distance of a row's neighbouring elements. */
  readonly inner: number;
}

/**
 * The rows along `axis` of `n` elements of `shape`: a single one, unless a shape is given. A negative axis counts from the end.
 *
 * @throws TypeError or RangeError, naming `fn`, for a shape that is not one of `n` elements, or an axis that it does not have
 */
export function rowsAlong(fn: string, n: number, shape?: readonly number[], axis = -1): Rows {
  const own = shape === undefined ? [n] : checkShape(fn, shape, n);
  if (typeof axis !== 'number') throw new TypeError(`${fn}: option axis must be a number, got ${describe(axis)}`);
  if (!(Number.isInteger(axis) && axis >= -own.length && axis < own.length)) {
    throw new RangeError(
      `${fn}: option axis must be an integer from ${-own.length} to ${own.length - 1} for a shape of ${own.length}, got ${axis}`,
    );
  }
  const at = axis < 0 ? own.length + axis : axis;
  return { outer: product(own, 0, at), length: own[at], inner: product(own, at + 1, own.length) };
}

/**
 * How many neighbouring elements of `n` belong to one slope of `slopes`, one after another: to one for all, or one for each channel along
 * `axis`, 1 unless given, as in PyTorch.
 *
 * @throws as `rowsAlong` does, and RangeError for another number of slopes
 */
export function neighboursOf(
  fn: string,
  n: number,
  slopes: number,
  { shape, axis }: { readonly shape?: readonly number[]; readonly axis?: number },
): number {
  const isOneDimensional = axis === undefined && !(Array.isArray(shape) && shape.length > 1);
  const { length, inner } = rowsAlong(fn, n, shape, axis ?? (isOneDimensional ? 0 : 1));
  if (slopes === 1) return 1;
  const channels = isOneDimensional ? 1 : length;
  if (slopes === channels) return inner;
  const expected = channels === 1 ? '1' : `1 or that of the channels, ${channels}`;
  throw new RangeError(`${fn}: slopes must have the length ${expected}, got ${slopes}`);
}

/** The sizes of `shape`, of which the product must be `n`, if that is given. */
export function checkShape(fn: string, shape: readonly number[], n?: number): number[] {
  if (!Array.isArray(shape)) throw new TypeError(`${fn}: option shape must be an array, got ${describe(shape)}`);
  const own = [...shape];
  if (own.length === 0 || !own.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new RangeError(`${fn}: option shape must be one size or more, each an integer from 0 up, got [${own}]`);
  }
  if (n !== undefined && product(own) !== n) {
    throw new RangeError(`${fn}: option shape must be of ${n} elements, got [${own}], of ${product(own)}`);
  }
  return own;
}

function product(sizes: readonly number[], from = 0, to = sizes.length): number {
  let total = 1;
  for (let i = from; i < to; i++) total *= sizes[i];
  return total;
}
