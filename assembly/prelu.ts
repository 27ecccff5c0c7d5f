import { keepNaN, ONE, select, splat, zero } from './lanes';
import { binary, ternary } from './strided';

/** x > 0 ? x : slope x */
@unmanaged
@final
class Prelu {

  @inline of(x: v128, slope: v128): v128 {
    return select(reals.gt(x, zero()), x, reals.mul(x, slope));
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
    const derivative = select(reals.gt(x, zero()), splat(ONE), slope);
    return reals.mul(dy, keepNaN(derivative, x));
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
