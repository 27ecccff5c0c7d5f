import { abs, clamp, FOUR, madd, negate, nmadd, ONE, SIGN, splat, TWO, ZERO } from './lanes';
import { backward, forwardLong } from './loops';
import {
  BIAS_MINUS_24,
  BIAS_PLUS_64,
  expm1Of,
  logisticOfMinus,
  oneOverOnePlus,
  power,
  reduced,
  rounded,
  ScaledExponential,
  TWO_TO_MINUS_64,
} from './math';
import { evenOdd9 } from './polynomial';

const TWO_TO_64 = memory.data<f32>([1.8446744e19]);
const TWO_TO_MINUS_65 = memory.data<f32>([2.7105054e-20]);
/** e^x is less than half the smallest float32 from here down. */
const TAIL_END = memory.data<f32>([-103.9]);
const SEVEN_EIGHTHS = memory.data<f32>([0.875]);
/** log(1 + w) / w - 1 for w in 0..1, in w - 0.875, where its roundings are least felt. Error 2^-27. scripts/fit.sollya, LOG1P */
const LOG1P = memory.data<f32>([
  -0.2815901, -0.21151616, 0.079193726, -0.032699894, 0.014270011, -0.0070335474, 0.00011245157, -0.0075398516,
  -0.0058090766, -0.003281863,
]);

/** log(1 + w) / w - 1. */
@inline
function log1pOver(w: v128): v128 {
  return evenOdd9(LOG1P, f32x4.sub(w, splat(SEVEN_EIGHTHS)));
}

/**
 * softplus(x) = log(1 + e^(beta x)) / beta = max(x, 0) + log(1 + w) / beta with w = e^(-beta |x|), which is in 0..1, so that
 * the logarithm is one polynomial. Its derivative is sigmoid(beta x).
 * With w = s (1 + t) and p = log(1 + w) / w - 1 the logarithm is s + (s t + w p): the rounding of w enters by w p alone. All
 * is divided by beta: u = t / beta is r + ..., and sk stands for s / beta, u for 2^-64 t / beta.
 * Error at most 2.5 ULP, of the derivative 2.
 */
@unmanaged
@final
class Softplus extends ScaledExponential {
  /** where the result rounds to 0 */
  tailEnd: v128;
  beta: v128;
  /** 2^-64 / beta, and what it lacks of 1 / beta, times 2^64 */
  perBeta: v128;
  perBetaRest: v128;
  /** -40 / beta and 104.5 / beta */
  low: v128;
  high: v128;


  @inline forward(x: v128): v128 {
    const z = f32x4.pmax(v128.or(x, splat(SIGN)), this.tailEnd);
    const k = this.rounded(z, BIAS_PLUS_64);
    const s = power(k);
    const r = this.reduced(z, k, BIAS_PLUS_64);
    const square = f32x4.mul(r, r);
    const u = f32x4.mul(
      madd(square, this.curvature(r, square), f32x4.add(r, this.perBetaRest)),
      splat(TWO_TO_MINUS_64),
    );
    const sk = f32x4.mul(s, this.perBeta);
    const w = madd(s, u, sk);
    const p = log1pOver(f32x4.mul(w, this.beta));
    return f32x4.add(madd(w, p, madd(s, u, f32x4.pmax(x, splat(ZERO)))), sk);
  }


  @inline derivative(x: v128): v128 {
    const z = clamp(negate(x), this.low, this.high);
    const k = this.rounded(z, BIAS_MINUS_24);
    const t = f32x4.mul(this.expm1Of(this.reduced(z, k, BIAS_MINUS_24)), this.beta);
    return oneOverOnePlus(power(k), t);
  }
}
export function softplus(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Softplus>(p, x, y, n);
}
export function softplusBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Softplus>(p, dy, x, dx, n);
}

/**
 * logSigmoid(x) = -softplus(-x) = min(x, 0) - log(1 + e^-|x|), never +0. Its derivative is sigmoid(-x).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class LogSigmoid {

  @inline forward(x: v128): v128 {
    const z = f32x4.pmax(v128.or(x, splat(SIGN)), splat(TAIL_END));
    const k = rounded(z, BIAS_PLUS_64);
    const t = expm1Of(reduced(z, k, BIAS_PLUS_64));
    const s = f32x4.mul(power(k), splat(TWO_TO_MINUS_64));
    const w = madd(s, t, s);
    const sign = splat(SIGN);
    return v128.or(f32x4.sub(nmadd(w, log1pOver(w), nmadd(s, t, f32x4.pmin(x, sign))), s), sign);
  }


  @inline derivative(x: v128): v128 {
    return logisticOfMinus(x);
  }
}
export function logSigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<LogSigmoid>(p, x, y, n);
}
export function logSigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<LogSigmoid>(p, dy, x, dx, n);
}

/** mish(x) rounds to 0 from the first down, and to x from the second up; likewise its derivative to 0 and 1. */
const MISH_LOW = memory.data<f32>([-110.0]);
const MISH_HIGH = memory.data<f32>([16.0]);
const MISH_SLOPE_LOW = memory.data<f32>([-115.0]);
const MISH_SLOPE_HIGH = memory.data<f32>([14.0]);

/**
 * mish(x) = x tanh(log(1 + e)), e = e^x. With D = e^2 + 2 e + 2 it is x e (1 - e (e + 1) / D) below 0 and x (1 - 2 / D) above;
 * both are x m (1 - d) with m = e^min(x, 0) and d = min(e (e + 1), 2) / D. m = s (1 + t) there, (1 - d) = (1 + g) / 2, and
 * (1 + t) (1 + g) is not rounded. Above `MISH_HIGH` the rest of x is added at the end.
 * Its derivative is m (1 + min(x, 0) - u (min(f, 2) - u (4 |x| f - min(x, 0) g^2))) with f = e (e + 1), g = e (e + 2), u = 1 / D.
 * Error at most 2.2 ULP, of the derivative 4.
 */
@unmanaged
@final
class Mish {

  @inline forward(x: v128): v128 {
    const atLeast = f32x4.pmax(x, splat(MISH_LOW));
    const z = f32x4.pmin(atLeast, splat(MISH_HIGH));
    const k = rounded(z, BIAS_PLUS_64);
    const s = power(k);
    const t = expm1Of(reduced(z, k, BIAS_PLUS_64));
    // e = s (1 + t) is never rounded: its square and its double are taken from their parts.
    const s1 = f32x4.mul(s, splat(TWO_TO_MINUS_64));
    const square = f32x4.mul(s1, s1);
    const sum = f32x4.add(square, s1);
    const rest = f32x4.mul(square, t);
    const f = madd(t, f32x4.add(f32x4.add(sum, square), rest), sum); // e^2 + e
    const two = splat(TWO);
    const denominator = madd(t, f32x4.add(f32x4.add(sum, sum), rest), f32x4.add(f32x4.add(sum, s1), two)); // e^2 + 2 e + 2
    const d = f32x4.div(f32x4.pmin(f, two), denominator);
    const g = nmadd(d, two, splat(ONE));
    const below = v128.and(t, i32x4.shr_s(x, 31));
    const w = f32x4.mul(z, f32x4.pmin(s, splat(TWO_TO_64)));
    // In this order the first sum is exact in the tail, where g is 1.
    const y = madd(w, f32x4.add(madd(g, below, below), g), w); // 2^65 times
    return f32x4.sub(f32x4.mul(y, splat(TWO_TO_MINUS_65)), f32x4.sub(z, atLeast));
  }


  @inline derivative(x: v128): v128 {
    const z = clamp(x, splat(MISH_SLOPE_LOW), splat(MISH_SLOPE_HIGH));
    const k = rounded(z, BIAS_PLUS_64);
    const s = power(k);
    const t = expm1Of(reduced(z, k, BIAS_PLUS_64));
    const e = f32x4.mul(madd(s, t, s), splat(TWO_TO_MINUS_64));
    const f = madd(e, e, e);
    const g = f32x4.add(f, e);
    const u = f32x4.div(splat(ONE), f32x4.add(g, splat(TWO)));
    const negative = f32x4.pmin(z, splat(ZERO));
    const h = nmadd(negative, f32x4.mul(g, g), f32x4.mul(abs(f32x4.mul(z, splat(FOUR))), f));
    const b = nmadd(u, nmadd(u, h, f32x4.pmin(f, splat(TWO))), f32x4.add(splat(ONE), negative));
    const below = v128.and(t, i32x4.shr_s(x, 31));
    const w = f32x4.mul(b, f32x4.pmin(s, splat(TWO_TO_64)));
    return f32x4.mul(madd(w, below, w), splat(TWO_TO_MINUS_64));
  }
}
export function mish(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Mish>(p, x, y, n);
}
export function mishBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Mish>(p, dy, x, dx, n);
}
