import { keepNaN, ONE, select, splat, zero } from './lanes';
import { binary, columnSums, ternary } from './strided';
import * as wide from './wide';

/** x > 0 ? x : slope x */
@unmanaged
@final
class Prelu {

  @inline of(x: v128, slope: v128): v128 {
    return select(f32x4.gt(x, zero()), x, f32x4.mul(x, slope));
  }
}

/** `slopes` is a row for all rows. */
export function prelu(
  x: usize,
  xStride: usize,
  slopes: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  binary<Prelu>(x, xStride, slopes, 0, y, yStride, width, rows);
}

/** dy times the derivative, which at 0 is the slope. */
@unmanaged
@final
class PreluGradient {

  @inline of(dy: v128, x: v128, slope: v128): v128 {
    const derivative = select(f32x4.gt(x, zero()), splat(ONE), slope);
    return f32x4.mul(dy, keepNaN(derivative, x));
  }
}
export function preluBackward(
  dy: usize,
  dyStride: usize,
  x: usize,
  xStride: usize,
  slopes: usize,
  dx: usize,
  dxStride: usize,
  width: usize,
  rows: usize,
): void {
  ternary<PreluGradient>(dy, dyStride, x, xStride, slopes, 0, dx, dxStride, width, rows);
}

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
