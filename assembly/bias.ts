import { binary, columnSums } from './strided';
import * as wide from './wide';

/** a + b */
@unmanaged
@final
class Add {

  @inline of(a: v128, b: v128): v128 {
    return reals.add(a, b);
  }
}

/** Adds a row to each row of a matrix. */
export function addRow(
  x: usize,
  xStride: usize,
  row: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  binary<Add>(x, xStride, row, 0, y, yStride, width, rows);
}

/** The elements themselves. */
@unmanaged
@final
class Elements {

  @inline low(a: v128, _b: v128): v128 {
    return wide.low(a);
  }


  @inline high(a: v128, _b: v128): v128 {
    return wide.high(a);
  }
}

/** Adds the columns of a matrix to `sums`, in float64. */
export function addColumns(x: usize, xStride: usize, sums: usize, width: usize, rows: usize): void {
  columnSums<Elements>(x, xStride, x, xStride, sums, width, rows);
}
