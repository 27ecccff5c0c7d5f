import { abs, keepNaN, ONE, SIGN, splat, zero } from './lanes';
import { backward, forward } from './loops';

/**
 * hardShrink(x) = |x| > lambda ? x : 0; derivative 0 at both ends. The zero has the sign of x.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class HardShrink {
  lambda: v128;


  @inline forward(x: v128): v128 {
    const outside = reals.gt(abs(x), this.lambda);
    return keepNaN(v128.and(x, v128.or(outside, splat(SIGN))), x);
  }


  @inline derivative(x: v128): v128 {
    return keepNaN(v128.and(reals.gt(abs(x), this.lambda), splat(ONE)), x);
  }
}
export function hardShrink(p: usize, x: usize, y: usize, n: usize): void {
  forward<HardShrink>(p, x, y, n);
}
export function hardShrinkBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<HardShrink>(p, dy, x, dx, n);
}

/**
 * softShrink(x) = sign(x) max(|x| - lambda, 0); derivative 0 at both ends. The zero has the sign of x.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class SoftShrink {
  lambda: v128;


  @inline forward(x: v128): v128 {
    const size = abs(x);
    const sign = v128.xor(x, size);
    return v128.or(reals.pmax(reals.sub(size, this.lambda), zero()), sign);
  }


  @inline derivative(x: v128): v128 {
    return keepNaN(v128.and(reals.gt(abs(x), this.lambda), splat(ONE)), x);
  }
}
export function softShrink(p: usize, x: usize, y: usize, n: usize): void {
  forward<SoftShrink>(p, x, y, n);
}
export function softShrinkBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<SoftShrink>(p, dy, x, dx, n);
}
