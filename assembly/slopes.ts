import { zero } from './lanes';
import { columnSums } from './strided';
import * as wide from './wide';

/** The slope's gradient: x > 0 ? 0 : x dy, the product of two float32 exact in float64. */
@unmanaged
@final
class SlopeGradient {

  @inline low(dy: v128, x: v128): v128 {
    const isAbove = f32x4.gt(x, zero());
    return f64x2.mul(wide.low(v128.andnot(dy, isAbove)), wide.low(v128.andnot(x, isAbove)));
  }


  @inline high(dy: v128, x: v128): v128 {
    const isAbove = f32x4.gt(x, zero());
    return f64x2.mul(wide.high(v128.andnot(dy, isAbove)), wide.high(v128.andnot(x, isAbove)));
  }
}

/** Adds the gradient of each column's slope to `sums`. */
export function addSlopeGradients(
  dy: usize,
  dyStride: usize,
  x: usize,
  xStride: usize,
  sums: usize,
  width: usize,
  rows: usize,
): void {
  columnSums<SlopeGradient>(dy, dyStride, x, xStride, sums, width, rows);
}
