import { negate, zero } from './lanes';
import { ternary, unary } from './strided';

/** relu(x) */
@unmanaged
@final
class Positive {

  @inline of(x: v128): v128 {
    return reals.pmax(x, zero());
  }
}

/** relu(-x) */
@unmanaged
@final
class Negative {

  @inline of(x: v128): v128 {
    return reals.pmax(negate(x), zero());
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
    const above = v128.and(positive, reals.gt(x, zero()));
    const below = v128.and(reals.sub(zero(), negative), reals.lt(x, zero()));
    return v128.or(v128.or(above, below), reals.ne(x, x));
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
