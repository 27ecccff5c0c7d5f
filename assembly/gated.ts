import { negate, splat, ZERO } from './lanes';
import { binary, ternary, unary } from './strided';

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
    return f32x4.mul(a, b);
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

/** relu(x) */
@unmanaged
@final
class Positive {

  @inline of(x: v128): v128 {
    return f32x4.pmax(x, splat(ZERO));
  }
}

/** relu(-x) */
@unmanaged
@final
class Negative {

  @inline of(x: v128): v128 {
    return f32x4.pmax(negate(x), splat(ZERO));
  }
}

/** relu(x) to `positive`, relu(-x) to `negative`. */
export function crelu(
  x: usize,
  xStride: usize,
  positive: usize,
  negative: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  unary<Positive>(x, xStride, positive, yStride, width, rows);
  unary<Negative>(x, xStride, negative, yStride, width, rows);
}

/** The gradient of crelu: that of the half in which x is, 0 at 0, NaN for NaN. */
@unmanaged
@final
class CreluGradient {

  @inline of(x: v128, positive: v128, negative: v128): v128 {
    const zero = splat(ZERO);
    const above = v128.and(positive, f32x4.gt(x, zero));
    const below = v128.and(f32x4.sub(zero, negative), f32x4.lt(x, zero));
    return v128.or(v128.or(above, below), f32x4.ne(x, x));
  }
}
export function creluBackward(
  positive: usize,
  negative: usize,
  dyStride: usize,
  x: usize,
  xStride: usize,
  dx: usize,
  dxStride: usize,
  width: usize,
  rows: usize,
): void {
  ternary<CreluGradient>(x, xStride, positive, dyStride, negative, dyStride, dx, dxStride, width, rows);
}
