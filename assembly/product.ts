import { binary, unary } from './strided';

// Products of matrices' elements, and what brings their operands together.

/** x */
@unmanaged
@final
class Copy {

  @inline of(x: v128): v128 {
    return x;
  }
}
export function copyRows(x: usize, xStride: usize, y: usize, yStride: usize, width: usize, rows: usize): void {
  unary<Copy>(x, xStride, y, yStride, width, rows);
}

/** a b */
@unmanaged
@final
class Multiply {

  @inline of(a: v128, b: v128): v128 {
    return reals.mul(a, b);
  }
}
export function multiplyRows(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  binary<Multiply>(a, aStride, b, bStride, y, yStride, width, rows);
}
