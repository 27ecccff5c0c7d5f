import { highHalf, madd, negate, SIGN, signOf, splat } from '../lanes';
import { backward, forward } from '../loops';
import {
  BIAS_MINUS_128,
  BIAS_PLUS_128,
  bothSides,
  LN_2_LOW,
  logistic,
  lost,
  minusSize,
  overOnePlus,
  power,
  reducedHigh,
  rounded,
  ScaledExponential,
  scaledLogisticSlope,
  slopeBelow,
  TWO_TO_MINUS_128,
} from './math';

export { sigmoidFromOutputBackward } from '../sigmoid';

/**
 * sigmoid(x) = 1 / (1 + e^-x). Its derivative is e^-|x| / (1 + e^-|x|)^2.
 * Error at most 1.9 ULP, of the derivative 1.4.
 */
@unmanaged
@final
export class Sigmoid {

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
 * Error at most 1.9 ULP, of the derivative 1.7.
 */
@unmanaged
@final
export class Silu extends ScaledExponential {
  /** factor to 26 bits, and the rest, also of a factor that is no float64 */
  factorHigh: v128;
  factorLow: v128;
  /** where the results round to 0, and far above where e^(-beta x) vanishes beside 1 */
  minusEnd: v128;
  end: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f64x2.pmax(x, this.minusEnd);
    const z = f64x2.pmin(atLeast, this.end);
    const minusZ = negate(z);
    const k = this.rounded(minusZ, BIAS_MINUS_128);
    const y = overOnePlus(z, power(k), this.expm1Of(minusZ, k, BIAS_MINUS_128));
    return v128.or(f64x2.sub(f64x2.mul(y, splat(TWO_TO_MINUS_128)), f64x2.sub(z, atLeast)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const minusA = f64x2.pmax(v128.or(x, splat(SIGN)), this.minusEnd);
    const h = highHalf(minusA);
    const most = f64x2.mul(h, this.factorHigh); // exact
    const rest = madd(h, this.factorLow, f64x2.mul(f64x2.sub(minusA, h), this.factor));
    const k = rounded(most, BIAS_PLUS_128);
    const n = f64x2.sub(k, splat(BIAS_PLUS_128));
    const low = f64x2.sub(f64x2.mul(n, splat(LN_2_LOW)), rest);
    const p = f64x2.add(most, rest);
    const below = slopeBelow(power(k), reducedHigh(most, n), low, p, lost(most, rest, p));
    return bothSides(x, below);
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
