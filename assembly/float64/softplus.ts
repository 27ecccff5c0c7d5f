import { deficit } from './exponential';
import { clamp, HALF, highHalf, madd, negate, nmadd, ONE, select, SIGN, signOf, splat, TWO, zero } from '../lanes';
import { backward, forwardLong } from '../loops';
import { degree7 } from '../polynomial';
import {
  BIAS,
  BIAS_MINUS_128,
  BIAS_PLUS_128,
  expm1Lost,
  expm1Of,
  expm1OfParts,
  LN_2_HIGH,
  LN_2_LOW,
  logistic,
  lost,
  lostOfAny,
  lostOfProduct,
  lostOfSquare,
  minusSize,
  overOnePlus,
  power,
  quotient,
  reducedHigh,
  rounded,
  ScaledExponential,
  TWO_TO_128,
  TWO_TO_MINUS_128,
} from './math';

/** (2 atanh(z) - 2 z) / z^3 in z^2 for |z| <= 1 / 5, error 2^-60.8 of 2 atanh(z). scripts/fit-float64.sollya, LOG1P */
const LOG1P = memory.data<f64>([
  0.6666666666666666, 0.4000000000000914, 0.28571428566938484, 0.22222223089826973, 0.18181735027891205,
  0.1538895454325406, 0.13208239307873415, 0.13618952280233923,
]);

/**
 * `start` + log(1 + w) for w = s (1 + t) in 0..1 and a start of 0 or more: up to w = 1 / 2 that of f = w, else of f = (w - 1) / 2, to
 * which log(2) comes. The result has f in two parts, not rounded as a whole.
 * log(1 + f) = 2 atanh(z) = f - (h - z (h + z^2 p(z^2))) with z = f / (2 + f), h = f^2 / 2.
 */
@inline
function plusLog1p(start: v128, s: v128, t: v128): v128 {
  const half = splat(HALF);
  const upper = f64x2.gt(madd(s, t, s), half);
  const unit = select(upper, f64x2.mul(s, half), s);
  const c = select(upper, f64x2.sub(unit, half), s);
  const rest = f64x2.mul(unit, t);
  const f = f64x2.add(c, rest);
  const z = f64x2.div(f, f64x2.add(f, splat(TWO)));
  const w = f64x2.mul(z, z);
  const h = f64x2.mul(f64x2.mul(f, half), f);
  const curve = nmadd(z, madd(w, degree7(LOG1P, w), h), h);
  const low = f64x2.add(f64x2.sub(rest, curve), v128.and(splat(LN_2_LOW), upper));
  const high = f64x2.add(c, v128.and(splat(LN_2_HIGH), upper));
  return f64x2.add(start, f64x2.add(high, low));
}

/**
 * softplus(x) = log(1 + e^(beta x)) / beta = max(x, 0) + log(1 + w) / beta with w = e^(-beta |x|). Its derivative is sigmoid(beta x).
 * Error at most 1.4 ULP, of the derivative 1.6.
 */
@unmanaged
@final
class Softplus extends ScaledExponential {
  /** where e^(beta x) vanishes, and far above where e^(-beta x) vanishes beside 1 */
  minusEnd: v128;
  end: v128;
  /** 1 / beta */
  perFactor: v128;


  @inline forward(x: v128): v128 {
    const z = f64x2.pmax(v128.or(x, splat(SIGN)), this.minusEnd);
    const k = this.rounded(z, BIAS_PLUS_128);
    const t = this.expm1Of(z, k, BIAS_PLUS_128);
    const log = plusLog1p(zero(), f64x2.mul(power(k), splat(TWO_TO_MINUS_128)), t);
    return madd(log, this.perFactor, f64x2.pmax(x, zero()));
  }


  @inline derivative(x: v128): v128 {
    const z = negate(clamp(x, this.minusEnd, this.end));
    const k = this.rounded(z, BIAS_MINUS_128);
    const y = overOnePlus(splat(ONE), power(k), this.reduced(z, k, BIAS_MINUS_128));
    return f64x2.mul(y, splat(TWO_TO_MINUS_128));
  }
}
export function softplus(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Softplus>(p, x, y, n);
}
export function softplusBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Softplus>(p, dy, x, dx, n);
}

/**
 * logSigmoid(x) = -softplus(-x) = -(max(-x, 0) + log(1 + e^-|x|)), never +0. Its derivative is sigmoid(-x).
 * Error at most 1.4 ULP, of the derivative 1.6.
 */
@unmanaged
@final
class LogSigmoid {

  @inline forward(x: v128): v128 {
    const y = minusSize(x);
    const k = rounded(y, BIAS_PLUS_128);
    const t = expm1Of(y, k, BIAS_PLUS_128);
    const s = f64x2.mul(power(k), splat(TWO_TO_MINUS_128));
    return negate(plusLog1p(f64x2.pmax(negate(x), zero()), s, t));
  }


  @inline derivative(x: v128): v128 {
    return logistic(negate(x));
  }
}
export function logSigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<LogSigmoid>(p, x, y, n);
}
export function logSigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<LogSigmoid>(p, dy, x, dx, n);
}

/** mish(x) is 0 from minus this down, and x from this up. */
const MISH_END = memory.data<f64>([770.0]);
const MINUS_MISH_END = memory.data<f64>([-770.0]);
const FOUR = memory.data<f64>([4.0]);
/** Rounds to a multiple of 2^-16, whose third power is exact. */
const GRID = memory.data<f64>([1.5 * 68719476736.0]);

/**
 * mish(x) = x tanh(log(1 + e^x)) = x n / d with w = e^-|x|: below 0 n = w (2 + w) and d = n + 2; above, n = 1 + 2 w and
 * d = n + 2 w^2.
 * Its derivative is w m / d^2 below 0, m = 4 (1 + x) (1 + w) + w (2 + 4 w + w^2), and 1 - 2 w^2 f / d^2 above,
 * f = 1 - 2 x + 2 w (1 - x + w).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class Mish {

  @inline forward(x: v128): v128 {
    const atLeast = f64x2.pmax(x, splat(MINUS_MISH_END));
    const z = f64x2.pmin(atLeast, splat(MISH_END));
    return v128.or(f64x2.sub(this.evaluate(z, false), f64x2.sub(z, atLeast)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    return this.evaluate(clamp(x, splat(MINUS_MISH_END), splat(MISH_END)), true);
  }


  @inline evaluate(x: v128, isSlope: bool): v128 {
    const negative = f64x2.lt(x, zero());
    const y = v128.or(x, splat(SIGN));
    const k = rounded(y, BIAS_PLUS_128);
    const index = f64x2.sub(k, splat(BIAS_PLUS_128));
    const high = reducedHigh(y, index);
    const low = f64x2.mul(index, splat(LN_2_LOW));
    const t = expm1OfParts(high, low);
    const s = power(k);
    const one = splat(ONE);
    const two = splat(TWO);
    const e = f64x2.add(one, t);
    const eLow = f64x2.add(lost(one, t, e), expm1Lost(high, low, t));
    const small = f64x2.mul(s, splat(TWO_TO_MINUS_128));
    const w = f64x2.mul(small, e);
    const wLow = f64x2.mul(small, eLow);
    // d = start + w b, with start = 2 and b = 2 + w below 0, start = 1 and b = 2 + 2 w above
    const start = select(negative, two, one);
    const u = select(negative, w, f64x2.add(w, w));
    const uLow = select(negative, wLow, f64x2.add(wLow, wLow));
    const b = f64x2.add(two, u);
    const bLow = f64x2.add(lost(two, u, b), uLow);
    const eb = f64x2.mul(e, b);
    const ebLow = madd(e, bLow, madd(eLow, b, lostOfProduct(e, b, eb)));
    const product = f64x2.mul(small, eb);
    const d = f64x2.add(start, product);
    const dLow = madd(small, ebLow, lostOfAny(start, product, d));
    if (isSlope) {
      const square = f64x2.mul(d, d);
      const squareLow = madd(f64x2.add(d, d), dLow, lostOfSquare(d, square));
      return this.slope(x, negative, s, e, eLow, w, wLow, square, squareLow);
    }
    const above = f64x2.add(one, u);
    const aboveLow = f64x2.add(lostOfAny(one, u, above), uLow);
    const scale = splat(TWO_TO_128);
    const n = select(negative, f64x2.mul(s, eb), f64x2.mul(above, scale));
    const nLow = select(negative, f64x2.mul(s, ebLow), f64x2.mul(aboveLow, scale));
    return f64x2.mul(quotient(f64x2.mul(x, n), f64x2.mul(x, nLow), d, dLow), splat(TWO_TO_MINUS_128));
  }


  @inline slope(
    x: v128,
    negative: v128,
    s: v128,
    e: v128,
    eLow: v128,
    w: v128,
    wLow: v128,
    square: v128,
    squareLow: v128,
  ): v128 {
    const one = splat(ONE);
    const four = splat(FOUR);
    const grid = splat(GRID);
    // m, of which all is exact that comes from h, a multiple of 2^-16 next to w: near the derivative's zero it cancels
    const h = f64x2.sub(f64x2.add(w, grid), grid);
    const l = f64x2.add(f64x2.sub(w, h), wLow);
    const plus1 = f64x2.add(one, x);
    const a = f64x2.mul(plus1, four);
    const aLow = f64x2.mul(lostOfAny(one, x, plus1), four);
    const aHigh = highHalf(a);
    const sum = f64x2.add(w, h);
    const cubic = f64x2.mul(h, madd(h, f64x2.add(h, four), splat(TWO)));
    const cubicSlope = madd(sum, four, madd(w, sum, madd(h, h, splat(TWO))));
    const product = f64x2.mul(aHigh, h);
    const part = f64x2.add(a, cubic);
    const most = f64x2.add(part, product);
    const lostThere = f64x2.add(lostOfAny(a, cubic, part), lostOfAny(part, product, most));
    const rest = madd(l, f64x2.add(a, cubicSlope), madd(f64x2.sub(a, aHigh), h, madd(aLow, w, aLow)));
    const mLow = f64x2.add(rest, lostThere);
    const m = f64x2.add(most, mLow);
    const em = f64x2.mul(e, m);
    const emLow = madd(e, lostOfAny(most, mLow, m), madd(eLow, m, lostOfProduct(e, m, em)));
    const f = madd(f64x2.add(w, w), f64x2.add(f64x2.sub(one, x), w), f64x2.sub(one, f64x2.add(x, x)));
    const wf = f64x2.mul(f64x2.add(w, w), f);
    const n = f64x2.mul(s, select(negative, em, f64x2.mul(e, wf)));
    const nLow = f64x2.mul(s, select(negative, emLow, f64x2.mul(eLow, f64x2.add(wf, wf))));
    const q = f64x2.mul(quotient(n, nLow, square, squareLow), splat(TWO_TO_MINUS_128));
    return select(negative, q, f64x2.sub(one, q));
  }
}
export function mish(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Mish>(p, x, y, n);
}
export function mishBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Mish>(p, dy, x, dx, n);
}

/** The derivative of softplus from its output y: 1 - e^(-beta y). Error at most 1.5 ULP. */
@unmanaged
@final
class SoftplusFromOutput extends ScaledExponential {
  /** where the result rounds to 1 */
  end: v128;


  @inline derivative(y: v128): v128 {
    const z = f64x2.pmin(y, this.end);
    const k = this.rounded(z, BIAS);
    const s = power(k);
    return nmadd(s, this.expm1Of(z, k, BIAS), f64x2.sub(splat(ONE), s));
  }
}
export function softplusFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SoftplusFromOutput>(p, dy, y, dx, n);
}

/** The derivative of logSigmoid from its output y: 1 - e^y. Error at most 1 ULP. */
@unmanaged
@final
class LogSigmoidFromOutput {

  @inline derivative(y: v128): v128 {
    return deficit(y);
  }
}
export function logSigmoidFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<LogSigmoidFromOutput>(p, dy, y, dx, n);
}
