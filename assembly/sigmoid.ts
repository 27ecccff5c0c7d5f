import { abs, clamp, madd, negate, nmadd, ONE, splat, TWO } from './lanes';
import { backward, forward } from './loops';
import {
  expm1Of,
  logisticOfMinus,
  power,
  reduced,
  rounded,
  ScaledExponential,
  TWO_TO_MINUS_24,
  ZERO_ABOVE,
} from './math';

// Numerators and denominators carry a power of two, so that nothing overflows where the result is subnormal.

const BIAS_PLUS_24 = memory.data<f32>([12582912.0 + 127.0 + 24.0]);
const BIAS_PLUS_32 = memory.data<f32>([12582912.0 + 127.0 + 32.0]);
const BIAS_MINUS_40 = memory.data<f32>([12582912.0 + 127.0 - 40.0]);
const TWO_TO_24 = memory.data<f32>([16777216.0]);
const TWO_TO_32 = memory.data<f32>([4.2949673e9]);
const TWO_TO_MINUS_32 = memory.data<f32>([2.3283064e-10]);
const TWO_TO_MINUS_40 = memory.data<f32>([9.094947e-13]);

/** sigmoid(x) = 1 / (1 + e^-x). Its derivative is e / (1 + e)^2 = e / (1 + e (2 + e)) with e = e^-|x|, here times 2^24. */
@unmanaged
@final
class Sigmoid {

  @inline forward(x: v128): v128 {
    return logisticOfMinus(negate(x));
  }


  @inline derivative(x: v128): v128 {
    const z = negate(f32x4.pmin(abs(x), splat(ZERO_ABOVE)));
    const k = rounded(z, BIAS_PLUS_24);
    const s = power(k);
    const e = madd(s, expm1Of(reduced(z, k, BIAS_PLUS_24)), s);
    return f32x4.div(e, madd(e, madd(e, splat(TWO_TO_MINUS_24), splat(TWO)), splat(TWO_TO_24)));
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
 * Its derivative is e (1 + beta x + e) / (1 + e)^2 with e = e^(beta x), here times 2^32.
 */
@unmanaged
@final
class Silu extends ScaledExponential {
  /** -109 / beta and 32 / beta */
  low: v128;
  high: v128;
  beta: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f32x4.pmax(x, this.low);
    const z = f32x4.pmin(atLeast, this.high);
    const k = this.rounded(z, BIAS_MINUS_40);
    const s = power(k);
    const t = this.expm1Of(this.reduced(z, k, BIAS_MINUS_40));
    const one = splat(TWO_TO_MINUS_40);
    const y = f32x4.div(z, f32x4.add(madd(s, t, one), s));
    return f32x4.sub(f32x4.mul(y, one), f32x4.sub(z, atLeast));
  }


  @inline derivative(x: v128): v128 {
    const z = negate(clamp(x, this.low, this.high));
    const k = this.rounded(z, BIAS_PLUS_32);
    const s = power(k);
    const e = madd(s, this.expm1Of(this.reduced(z, k, BIAS_PLUS_32)), s);
    const m = madd(e, splat(TWO_TO_MINUS_32), nmadd(z, this.beta, splat(ONE)));
    const d = madd(e, madd(e, splat(TWO_TO_MINUS_32), splat(TWO)), splat(TWO_TO_32));
    return f32x4.div(f32x4.mul(e, m), d);
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
