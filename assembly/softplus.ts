import { clamp, madd, negate, nmadd, ONE, select, SIGN, splat, zero } from './lanes';
import { backward, forwardLong } from './loops';
import {
  BIAS,
  BIAS_MINUS_24,
  BIAS_PLUS_64,
  expm1Of,
  expm1RelativeOf,
  logisticOfMinus,
  oneOverOnePlus,
  power,
  reduced,
  rounded,
  ScaledExponential,
  TWO_TO_MINUS_64,
} from './math';
import { evenOdd9 } from './polynomial';
import * as wide from './wide';

/** e^x is less than half the smallest float32 from here down. */
const TAIL_END = memory.data<f32>([-103.9]);
/** e^x - 1 rounds to -1 from here down. */
const EXPM1_LOW = memory.data<f32>([-88.0]);
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
 * Error at most 2.3 ULP, of the derivative 2.
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
    return f32x4.add(madd(w, p, madd(s, u, f32x4.pmax(x, zero()))), sk);
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
 * mish(x) = x tanh(log(1 + e^x)) = x n / (n + 2) with n = e (e + 2), e = e^x, in float64; x itself from `MISH_HIGH` up.
 * Its derivative is (n (n + 2) + 4 x e (1 + e)) / (n + 2)^2.
 * Error at most 1 ULP, of the derivative 1.5.
 */
@unmanaged
@final
class Mish {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(MISH_LOW), splat(MISH_HIGH));
    const y = wide.narrow(this.value(wide.low(z)), this.value(wide.high(z)));
    return select(f32x4.lt(x, splat(MISH_HIGH)), y, x);
  }


  @inline derivative(x: v128): v128 {
    const z = clamp(x, splat(MISH_SLOPE_LOW), splat(MISH_SLOPE_HIGH));
    return wide.narrow(this.slope(wide.low(z)), this.slope(wide.high(z)));
  }


  @inline value(x: v128): v128 {
    const two = wide.splat(wide.TWO);
    const e = wide.exp(x);
    const n = f64x2.mul(e, f64x2.add(e, two));
    return f64x2.div(f64x2.mul(x, n), f64x2.add(n, two));
  }


  @inline slope(x: v128): v128 {
    const two = wide.splat(wide.TWO);
    const e = wide.exp(x);
    const n = f64x2.mul(e, f64x2.add(e, two));
    const sum = f64x2.add(n, two);
    const part = f64x2.mul(f64x2.mul(x, wide.splat(wide.FOUR)), f64x2.sub(n, e));
    return f64x2.div(wide.madd(n, sum, part), f64x2.mul(sum, sum));
  }
}
export function mish(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Mish>(p, x, y, n);
}
export function mishBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Mish>(p, dy, x, dx, n);
}

/** The derivative of softplus from its output y: 1 - e^(-beta y), with t of the exponential over beta. Error at most 2 ULP. */
@unmanaged
@final
class SoftplusFromOutput extends ScaledExponential {
  beta: v128;
  /** -88 / beta */
  low: v128;


  @inline derivative(y: v128): v128 {
    const z = f32x4.pmax(negate(y), this.low);
    const k = this.rounded(z, BIAS);
    const s = power(k);
    const t = f32x4.mul(this.expm1Of(this.reduced(z, k, BIAS)), this.beta);
    return nmadd(s, t, f32x4.sub(splat(ONE), s));
  }
}
export function softplusFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SoftplusFromOutput>(p, dy, y, dx, n);
}

/** The derivative of logSigmoid from its output y: 1 - e^y. Error at most 2 ULP. */
@unmanaged
@final
class LogSigmoidFromOutput {

  @inline derivative(y: v128): v128 {
    const z = clamp(y, splat(EXPM1_LOW), zero());
    const k = rounded(z, BIAS);
    const s = power(k);
    return nmadd(s, expm1RelativeOf(reduced(z, k, BIAS)), f32x4.sub(splat(ONE), s));
  }
}
export function logSigmoidFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<LogSigmoidFromOutput>(p, dy, y, dx, n);
}
