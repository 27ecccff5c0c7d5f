import { keepNaN, ONE, select, splat, zero } from './lanes';
import { backward, forward } from './loops';

// reals.pmax and pmin are one instruction on x64 (max and min take eight) and keep NaN and -0 of their first operand.

const SIX = memory.data<real>([6.0]);

/**
 * relu(x) = max(x, 0); derivative 0 at 0. Keeps -0.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
export class Relu {

  @inline forward(x: v128): v128 {
    return reals.pmax(x, zero());
  }


  @inline derivative(x: v128): v128 {
    return keepNaN(v128.and(reals.gt(x, zero()), splat(ONE)), x);
  }
}
export function relu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Relu>(p, x, y, n);
}
export function reluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Relu>(p, dy, x, dx, n);
}

/**
 * relu6(x) = min(max(x, 0), 6); derivative 0 at 0 and at 6.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class Relu6 {

  @inline forward(x: v128): v128 {
    return reals.pmin(reals.pmax(x, zero()), splat(SIX));
  }


  @inline derivative(x: v128): v128 {
    const inside = v128.and(reals.gt(x, zero()), reals.lt(x, splat(SIX)));
    return keepNaN(v128.and(inside, splat(ONE)), x);
  }
}
export function relu6(p: usize, x: usize, y: usize, n: usize): void {
  forward<Relu6>(p, x, y, n);
}
export function relu6Backward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Relu6>(p, dy, x, dx, n);
}

/**
 * reluSquared(x) = max(x, 0)^2; derivative 2 max(x, 0).
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class ReluSquared {

  @inline forward(x: v128): v128 {
    const r = reals.pmax(x, zero());
    return reals.mul(r, r);
  }


  @inline derivative(x: v128): v128 {
    const r = reals.pmax(x, zero());
    return reals.add(r, r);
  }
}
export function reluSquared(p: usize, x: usize, y: usize, n: usize): void {
  forward<ReluSquared>(p, x, y, n);
}
export function reluSquaredBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<ReluSquared>(p, dy, x, dx, n);
}

/**
 * leakyRelu(x) = x < 0 ? alpha x : x; derivative alpha at 0. For alpha <= 1 this is the larger of x and alpha x.
 * Error at most 1 ULP, of the derivative 1.
 */
@unmanaged
@final
class LeakyRelu {
  alpha: v128;


  @inline forward(x: v128): v128 {
    return reals.pmax(x, reals.mul(x, this.alpha));
  }


  @inline derivative(x: v128): v128 {
    return leakySlope(x, this.alpha);
  }
}
export function leakyRelu(p: usize, x: usize, y: usize, n: usize): void {
  forward<LeakyRelu>(p, x, y, n);
}
export function leakyReluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<LeakyRelu>(p, dy, x, dx, n);
}

/**
 * leakyRelu for alpha > 1: the smaller of x and alpha x.
 * Error at most 1 ULP, of the derivative 1.
 */
@unmanaged
@final
class SteepLeakyRelu {
  alpha: v128;


  @inline forward(x: v128): v128 {
    return reals.pmin(x, reals.mul(x, this.alpha));
  }


  @inline derivative(x: v128): v128 {
    return leakySlope(x, this.alpha);
  }
}
export function steepLeakyRelu(p: usize, x: usize, y: usize, n: usize): void {
  forward<SteepLeakyRelu>(p, x, y, n);
}
export function steepLeakyReluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<SteepLeakyRelu>(p, dy, x, dx, n);
}


@inline
function leakySlope(x: v128, alpha: v128): v128 {
  return keepNaN(select(reals.gt(x, zero()), splat(ONE), alpha), x);
}

/**
 * hardTanh(x) = min(max(x, min), max); derivative 0 at both ends.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class HardTanh {
  min: v128;
  max: v128;


  @inline forward(x: v128): v128 {
    return reals.pmin(reals.pmax(x, this.min), this.max);
  }


  @inline derivative(x: v128): v128 {
    const inside = v128.and(reals.gt(x, this.min), reals.lt(x, this.max));
    return keepNaN(v128.and(inside, splat(ONE)), x);
  }
}
export function hardTanh(p: usize, x: usize, y: usize, n: usize): void {
  forward<HardTanh>(p, x, y, n);
}
export function hardTanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<HardTanh>(p, dy, x, dx, n);
}

/**
 * threshold(x) = x > threshold ? x : value; derivative 0 at the threshold.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class Threshold {
  threshold: v128;
  value: v128;


  @inline forward(x: v128): v128 {
    return select(reals.le(x, this.threshold), this.value, x);
  }


  @inline derivative(x: v128): v128 {
    return keepNaN(v128.and(reals.gt(x, this.threshold), splat(ONE)), x);
  }
}
export function threshold(p: usize, x: usize, y: usize, n: usize): void {
  forward<Threshold>(p, x, y, n);
}
export function thresholdBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Threshold>(p, dy, x, dx, n);
}

/**
 * thresholdedRelu(x) = x > alpha ? x : 0; derivative 0 at alpha.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class ThresholdedRelu {
  alpha: v128;


  @inline forward(x: v128): v128 {
    return v128.andnot(x, reals.le(x, this.alpha));
  }


  @inline derivative(x: v128): v128 {
    return keepNaN(v128.and(reals.gt(x, this.alpha), splat(ONE)), x);
  }
}
export function thresholdedRelu(p: usize, x: usize, y: usize, n: usize): void {
  forward<ThresholdedRelu>(p, x, y, n);
}
export function thresholdedReluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<ThresholdedRelu>(p, dy, x, dx, n);
}

/**
 * step(x) = x > 0 ? 1 : alpha, a constant; derivative 0.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class Step {
  alpha: v128;


  @inline forward(x: v128): v128 {
    return keepNaN(select(reals.gt(x, zero()), splat(ONE), this.alpha), x);
  }


  @inline derivative(x: v128): v128 {
    return reals.ne(x, x); // 0, or an all-ones NaN
  }
}
export function step(p: usize, x: usize, y: usize, n: usize): void {
  forward<Step>(p, x, y, n);
}
export function stepBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Step>(p, dy, x, dx, n);
}
