import { abs, madd, negate, ONE, splat } from './lanes';
import { backward, forward } from './loops';
import {
  BIAS_MINUS_24,
  bothSides,
  expm1Of,
  logisticOfMinus,
  power,
  reciprocalSum,
  ScaledExponential,
  ZERO_ABOVE,
} from './math';
import * as wide from './wide';

// Numerators and denominators carry a power of two, so that nothing overflows where the result is subnormal.

/** What `reciprocalSum` asks for a scale of 2^-24. */
const SUM_TWO = memory.data<f32>([2.75 * 5.9604645e-8]);
const SUM_MIRROR = memory.data<u32>([0x67300000]);
const SUM_NUMERATOR = memory.data<f32>([1.375 * 5.9604645e-8]);
const BIAS_MINUS_60 = memory.data<f32>([12582912.0 + 127.0 - 60.0]);
const TWO_TO_MINUS_60 = memory.data<f32>([8.6736174e-19]);

/**
 * sigmoid(x) = 1 / (1 + e^-x). Its derivative is 1 / (e^x + 2 + e^-x).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
export class Sigmoid {

  @inline forward(x: v128): v128 {
    return logisticOfMinus(negate(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(ZERO_ABOVE));
    return reciprocalSum(a, BIAS_MINUS_24, SUM_TWO, SUM_MIRROR, SUM_NUMERATOR);
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
 * Above `high` the denominator is 1; the rest of x is added at the end, so that a large x does not overflow.
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = e (1 - beta a + e) / (1 + e)^2 with e = e^(-beta a), in float64.
 * Error at most 2 ULP, of the derivative 1.5.
 */
@unmanaged
@final
export class Silu extends ScaledExponential {
  /** where the result rounds to 0, and to x */
  low: v128;
  high: v128;
  /** where the derivative rounds to 0 for negative x */
  slopeEnd: v128;
  /** what c1 lacks of -beta, which would show */
  c1Rest: v128;
  /** in float64 */
  minusBeta: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f32x4.pmax(x, this.low);
    const z = f32x4.pmin(atLeast, this.high);
    const k = this.rounded(z, BIAS_MINUS_60);
    const s = power(k);
    const r = this.reduced(z, k, BIAS_MINUS_60);
    const square = f32x4.mul(r, r);
    const t = f32x4.add(f32x4.mul(r, this.c1), madd(square, this.curvature(r, square), f32x4.mul(r, this.c1Rest)));
    const one = splat(TWO_TO_MINUS_60);
    const y = f32x4.div(z, f32x4.add(madd(s, t, one), s));
    return f32x4.sub(f32x4.mul(y, one), f32x4.sub(z, atLeast));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), this.slopeEnd);
    return bothSides(x, wide.narrow(this.slope(wide.low(a)), this.slope(wide.high(a))));
  }

  /** G */
  @inline slope(a: v128): v128 {
    const y = f64x2.mul(a, this.minusBeta);
    const e = wide.exp(y);
    const sum = f64x2.add(e, wide.splat(wide.ONE));
    return f64x2.div(f64x2.mul(e, f64x2.add(sum, y)), f64x2.mul(sum, sum));
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

/** The derivative of sigmoid from its output y: y (1 - y). Error at most 1.5 ULP. */
@unmanaged
@final
class SigmoidFromOutput {

  @inline derivative(y: v128): v128 {
    return reals.mul(y, reals.sub(splat(ONE), y));
  }
}
export function sigmoidFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SigmoidFromOutput>(p, dy, y, dx, n);
}
