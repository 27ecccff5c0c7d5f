import { abs, FOUR, madd, negate, nmadd, ONE, oneIfPositive, signOf, splat, TWO } from './lanes';
import { backward, forward } from './loops';
import {
  BIAS_MINUS_24,
  BIAS_PLUS_64,
  coshLessOne,
  LN_2_HIGH,
  logisticOfMinus,
  MINUS_2_TO_MINUS_64,
  power,
  reciprocalSum,
  ScaledExponential,
  sinhOf,
  TWO_TO_MINUS_64,
  ZERO_ABOVE,
} from './math';

// Numerators and denominators carry a power of two, so that nothing overflows where the result is subnormal.

/** What `reciprocalSum` asks for a scale of 2^-24. */
const SUM_TWO = memory.data<f32>([2.75 * 5.9604645e-8]);
const SUM_MIRROR = memory.data<u32>([0x67300000]);
const SUM_NUMERATOR = memory.data<f32>([1.375 * 5.9604645e-8]);
/** 64 in the exponent's place. */
const SIXTY_FOUR_UP = memory.data<u32>([0x20000000]);
const TWO_TO_62 = memory.data<f32>([4.611686e18]);
/** Twice the bits of 1: less those of 2^n they are those of 2^-n. */
const MIRROR = memory.data<u32>([0x7f000000]);
const BIAS_MINUS_60 = memory.data<f32>([12582912.0 + 127.0 - 60.0]);
const TWO_TO_MINUS_60 = memory.data<f32>([8.6736174e-19]);

/**
 * sigmoid(x) = 1 / (1 + e^-x). Its derivative is 1 / (e^x + 2 + e^-x).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class Sigmoid {

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
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = (1 - z + e) / (e^z + 2 + e^-z) with z = beta a and e = e^-z. With z = r - n ln 2
 * both exponentials come from cosh and sinh of r. The denominator is p / (1 - tau) for a power of two p, so that its rounding and the division's
 * enter by tau alone; and the numerator is main + small, where main = 1 + n ln 2 + 2^n is exact (but for what ln 2 lacks) until it is large.
 * Error at most 2.1 ULP, of the derivative 2.4.
 */
@unmanaged
@final
class Silu extends ScaledExponential {
  /** where the result rounds to 0, and to x */
  low: v128;
  high: v128;
  /** where the derivative rounds to 0 for negative x */
  slopeEnd: v128;
  /** beta octaveLow; and what ln 2 of `LN_2_HIGH` lacks of beta octaveHigh */
  reducedLow: v128;
  shiftLow: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f32x4.pmax(x, this.low);
    const z = f32x4.pmin(atLeast, this.high);
    const k = this.rounded(z, BIAS_MINUS_60);
    const s = power(k);
    const t = this.expm1Of(this.reduced(z, k, BIAS_MINUS_60));
    const one = splat(TWO_TO_MINUS_60);
    const y = f32x4.div(z, f32x4.add(madd(s, t, one), s));
    return f32x4.sub(f32x4.mul(y, one), f32x4.sub(z, atLeast));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), this.slopeEnd);
    const k = this.rounded(a, BIAS_PLUS_64);
    const n = f32x4.sub(k, splat(BIAS_PLUS_64));
    const y = f32x4.mul(nmadd(n, this.octaveHigh, a), this.c1);
    const r = madd(n, this.reducedLow, y);
    const cosh = coshLessOne(r);
    const sinh = sinhOf(r);
    const scaled = power(k);
    const inverse = i32x4.max_s(i32x4.sub(scaled, splat(SIXTY_FOUR_UP)), splat(TWO_TO_MINUS_60)); // 2^n
    const s = i32x4.sub(splat(MIRROR), inverse); // 2^-n
    const v = f32x4.mul(inverse, f32x4.add(cosh, sinh)); // e - 2^n
    const two = splat(TWO);
    const four = splat(FOUR);
    // p is 2^-n, but 4 for n > -2; 2^-n + 2 - p, which is small, is the minimum.
    const base = f32x4.add(f32x4.pmin(f32x4.sub(s, two), two), inverse);
    const rest = madd(s, f32x4.sub(cosh, sinh), f32x4.add(base, v));
    const tau = f32x4.div(rest, f32x4.add(rest, f32x4.pmax(s, four)));
    // 2^64 / p with the sign for x; the scale goes before tau comes, which shortens the way of the division's result.
    const factor = v128.xor(f32x4.pmin(scaled, splat(TWO_TO_62)), signOf(x));
    const down = splat(MINUS_2_TO_MINUS_64);
    const main = f32x4.mul(f32x4.mul(f32x4.add(madd(n, splat(LN_2_HIGH), splat(ONE)), inverse), factor), down);
    const small = f32x4.mul(f32x4.mul(f32x4.add(madd(n, this.shiftLow, y), v), factor), down);
    return f32x4.add(f32x4.add(main, oneIfPositive(x)), nmadd(f32x4.add(main, small), tau, small));
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
