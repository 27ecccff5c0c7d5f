import { negate, SIGN, splat } from '../lanes';
import { backward, forward } from '../loops';
import {
  BIAS_PLUS_128,
  bothSides,
  logistic,
  minusSize,
  power,
  rounded,
  Scaled,
  scaledLogistic,
  scaledLogisticSlope,
  slopeBelow,
  TWO_TO_MINUS_128,
} from './math';

/**
 * sigmoid(x) = 1 / (1 + e^-x). Its derivative is e^-|x| / (1 + e^-|x|)^2.
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class Sigmoid {

  @inline forward(x: v128): v128 {
    return logistic(x);
  }


  @inline derivative(x: v128): v128 {
    return f64x2.mul(scaledLogisticSlope(minusSize(x)), splat(TWO_TO_MINUS_128));
  }
}
export function sigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forward<Sigmoid>(p, x, y, n);
}
export function sigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Sigmoid>(p, dy, x, dx, n);
}

/**
 * silu(x) = x / (1 + e^(-beta x)).
 * Above `end` the denominator is 1; the rest of x is added at the end, so that a large x does not overflow.
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = e (1 - beta a + e) / (1 + e)^2 with e = e^(-beta a).
 * Error at most 2 ULP, of the derivative 1.5.
 */
@unmanaged
@final
class Silu extends Scaled {
  /** minus where the results round to 0 for negative x */
  minusEnd: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f64x2.pmax(x, this.minusEnd);
    const z = f64x2.pmin(atLeast, negate(this.minusEnd));
    const minusA = v128.or(z, splat(SIGN));
    const y = this.scaled(minusA);
    const k = rounded(y, BIAS_PLUS_128);
    const t = this.expm1Of(minusA, y, k, BIAS_PLUS_128);
    const q = scaledLogistic(z, z, power(k), t);
    return f64x2.sub(f64x2.mul(q, splat(TWO_TO_MINUS_128)), f64x2.sub(z, atLeast));
  }


  @inline derivative(x: v128): v128 {
    const minusA = f64x2.pmax(v128.or(x, splat(SIGN)), this.minusEnd);
    const y = this.scaled(minusA);
    const k = rounded(y, BIAS_PLUS_128);
    const t = this.expm1Of(minusA, y, k, BIAS_PLUS_128);
    return bothSides(x, slopeBelow(power(k), t, y, this.lost(minusA, y)));
  }
}
export function silu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Silu>(p, x, y, n);
}
export function siluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Silu>(p, dy, x, dx, n);
}

/** quickGelu(x) = silu(x) with beta 1.702. */
export function quickGelu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Silu>(p, x, y, n);
}
export function quickGeluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Silu>(p, dy, x, dx, n);
}
