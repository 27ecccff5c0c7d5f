import { checkFloat32, checkOptions, describe } from '../errors';
import type { Runtime } from '../runtime';
import { checkShape } from '../shape';
import { productOn } from './product-task';

/** Options of a matrix product. */
export interface MatmulOptions {
  /** Rows of the first factor, its columns, which are the rows of the second, and columns of the second. */
  readonly shape: readonly [m: number, k: number, n: number];
  /** Whether `a` holds the transpose of the first factor, k x m. Not by default. */
  readonly transposeA?: boolean;
  /** Whether `b` holds the transpose of the second factor, n x k. Not by default. */
  readonly transposeB?: boolean;
  /** Where the result goes: m * n elements, which may overlap `a` or `b`. */
  readonly out?: Float32Array;
  /** Whether the product is added to what `out` holds. Not by default. */
  readonly accumulate?: boolean;
}

/**
 * The product of two matrices in row-major order, c = a b, or c + a b: c[i, j] is the sum of a[i, p] b[p, j] over p < k.
 *
 * Sums are of float32, in blocks of 256 terms, so that the error is at most (min(k, 256) + k / 256 + 1) 2^-24 times the sum of
 * |a[i, p] b[p, j]|, in first order. Each element depends on its row of a and its column of b alone.
 *
 * @param a - the first factor, m x k
 * @param b - the second factor, k x n
 * @returns `out`, or a new array: m x n
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * const a = new Float32Array([1, 2, 3, 4]); // 1 2
 * //                                           3 4
 * matmul(a, new Float32Array([1, 10]), { shape: [2, 2, 1] }); // 21, 43
 * matmul(a, a, { shape: [2, 2, 2], transposeA: true }); // 10, 14, 14, 20
 */
export type Matmul = (a: Float32Array, b: Float32Array, options: MatmulOptions) => Float32Array;

/** The function on a runtime. */
export function matmulOn(runtimeNow: () => Runtime): Matmul {
  return productOn(runtimeNow, 'matmul', (a, b, options) => {
    const fn = 'matmul';
    checkFloat32(fn, 'a', a);
    checkFloat32(fn, 'b', b);
    checkOptions(fn, options, ['shape', 'transposeA', 'transposeB', 'out', 'accumulate']);
    const { transposeA, transposeB, accumulate, out } = options;
    for (const [option, value] of Object.entries({ transposeA, transposeB, accumulate })) {
      if (value !== undefined && typeof value !== 'boolean') {
        throw new TypeError(`${fn}: option ${option} must be a boolean, got ${describe(value)}`);
      }
    }
    const shape = checkShape(fn, options.shape);
    if (shape.length !== 3) throw new RangeError(`${fn}: option shape must be [m, k, n], got [${shape}]`);
    const [m, k, n] = shape;
    checkSize(fn, 'a', a, m, k);
    checkSize(fn, 'b', b, k, n);
    if (accumulate && out === undefined) throw new TypeError(`${fn}: option accumulate needs out`);
    const target = resultFor(fn, 'out', out, m, n);
    return { m, k, n, a, transposeA, b, transposeB, out: target, accumulate };
  });
}

/** RangeError unless `array` has `rows * columns` elements. */
export function checkSize(fn: string, argument: string, array: ArrayLike<number>, rows: number, columns: number): void {
  if (array.length === rows * columns) return;
  throw new RangeError(
    `${fn}: ${argument} must have ${rows} x ${columns} elements, ${rows * columns}, got ${array.length}`,
  );
}

/** `array`, checked to be of so many elements, or else a new one. */
export function resultFor(
  fn: string,
  argument: string,
  array: Float32Array | undefined,
  rows: number,
  columns: number,
): Float32Array {
  if (array === undefined) return new Float32Array(rows * columns);
  checkFloat32(fn, argument, array);
  checkSize(fn, argument, array, rows, columns);
  return array;
}
