import { abs, HALF, madd, nmadd, ONE, select, SIGN, signOf, splat, TWO } from '../lanes';
import { backward, forward, forwardLong } from '../loops';
import { degree7, evenOdd15 } from '../polynomial';
import {
  BIAS,
  BIAS_MINUS_128,
  curvature,
  LN_2_LOW,
  lost,
  lostOfSquare,
  minusSize,
  overOnePlus,
  power,
  quotient,
  reduced,
  reducedHigh,
  rounded,
  scaledLogisticSlope,
  TWO_TO_MINUS_128,
  VANISHED,
} from './math';

export { tanhFromOutputBackward } from '../tanh';

/** tanh rounds to 1 from here. */
const TANH_ONE = memory.data<f64>([19.5]);
const TWO_LOG2_E = memory.data<f64>([2.8853900817779268]);
const MINUS_QUARTER = memory.data<f64>([-0.25]);
const BIAS_MINUS_1 = memory.data<f64>([6755399441055744.0 + 1023.0 - 1.0]);
/** ln 2 / 2 in two parts, as in math.ts */
const HALF_LN_2_HIGH = memory.data<f64>([0.3465735901845619]);
const HALF_LN_2_LOW = memory.data<f64>([9.541074646352939e-11]);
/** (tanh(y) - y) / y^3 in y^2, for |y| < 0.27, error 2^-61.4. scripts/fit-float64.sollya, TANH */
const TANH = memory.data<f64>([
  -0.3333333333333333, 0.1333333333333173, -0.05396825396458021, 0.021869488177530316, -0.008863217519521249,
  0.0035916242872713407, -0.0014478868111385222, 0.0005233952136949394,
]);
/** 4 / 2^128: what the derivative has for a factor */
const TWO_TO_MINUS_126 = memory.data<f64>([1.1754943508222875e-38]);
/** e to this vanishes beside 1. */
const FAR = memory.data<f64>([-40.0]);
const FIVE_16THS = memory.data<f64>([0.3125]);
const THREE = memory.data<f64>([3.0]);
/** The highest 16 bits of a number's significand: 5 times its third power has 51. */
const HIGH_16_BITS = memory.data<u64>([0xffffffe000000000]);
/** (x - tanh(x)) / x^3 - 5 / 16 in x^2, for |x| < 1, error 2^-55.7 of the sum. scripts/fit-float64.sollya, TANH_SHRINK */
const TANH_SHRINK = memory.data<f64>([
  0.02083333333333333, -0.13333333333333114, 0.053968253968066496, -0.021869488529747877, 0.008863235414320329,
  -0.0035921267708671715, 0.0014558252503136721, -0.0005899816229435488, 0.00023896390008073103, -9.647721386170404e-5,
  3.841151469431838e-5, -1.4629856803693615e-5, 5.0056474468808545e-6, -1.3880993594584746e-6, 2.65950240435595e-7,
  -2.5507346491072022e-8,
]);

/**
 * tanh(x). With |x| = n ln 2 / 2 + y, T = tanh(y) and s = 2^n it is h / (h + (1 - T)), where
 * h = T (s + 1) / 2 + (s - 1) / 2: numerator and denominator err together. n is rounded a quarter off centre, so that it is
 * 0 up to tanh x = 1/4, where T alone is the result.
 * Its derivative is 4 e^-2|x| / (1 + e^-2|x|)^2.
 * Error at most 1.7 ULP, of the derivative 1.4.
 */
@unmanaged
@final
class Tanh {

  @inline forward(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(TANH_ONE));
    const k = f64x2.add(madd(a, splat(TWO_LOG2_E), splat(MINUS_QUARTER)), splat(BIAS_MINUS_1));
    const n = f64x2.sub(k, splat(BIAS_MINUS_1));
    const high = nmadd(n, splat(HALF_LN_2_HIGH), a);
    const low = f64x2.mul(n, splat(HALF_LN_2_LOW));
    const y = f64x2.sub(high, low);
    const w = f64x2.mul(y, y);
    const t = f64x2.add(high, f64x2.sub(f64x2.mul(f64x2.mul(y, w), degree7(TANH, w)), low));
    const s = power(k); // 2^n / 2
    const half = splat(HALF);
    const h = madd(t, f64x2.add(s, half), f64x2.sub(s, half));
    return v128.or(f64x2.div(h, f64x2.add(h, f64x2.sub(splat(ONE), t))), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    return f64x2.mul(scaledLogisticSlope(minusSize(f64x2.add(x, x))), splat(TWO_TO_MINUS_126));
  }
}
export function tanh(p: usize, x: usize, y: usize, n: usize): void {
  forward<Tanh>(p, x, y, n);
}
export function tanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Tanh>(p, dy, x, dx, n);
}

/**
 * tanhShrink(x) = x - tanh(x): x^3 (5 / 16 + p(x^2)) for |x| < 1, where the first product is taken exactly from 16 bits of x, and the
 * rest; else (|x| - 1) + 2 / (1 + e^(2 |x|)).
 * Its derivative is tanh(x)^2 = ((1 - e) / (1 + e))^2 with e = e^(-2 |x|).
 * Error at most 2 ULP, of the derivative 1.8.
 */
@unmanaged
@final
class TanhShrink {

  @inline forward(x: v128): v128 {
    const a = abs(x);
    const w = f64x2.mul(a, a);
    const h = v128.and(a, splat(HIGH_16_BITS));
    const l = f64x2.sub(a, h);
    const part = splat(FIVE_16THS);
    const exact = f64x2.mul(f64x2.mul(f64x2.mul(h, h), h), part);
    const rest = f64x2.mul(f64x2.mul(l, part), madd(f64x2.mul(h, splat(THREE)), a, f64x2.mul(l, l))); // 5 / 16 (a^3 - h^3)
    const near = f64x2.add(exact, madd(f64x2.mul(a, w), evenOdd15(TANH_SHRINK, w), rest));
    const y = f64x2.pmin(f64x2.add(a, a), splat(VANISHED));
    const k = rounded(y, BIAS_MINUS_128);
    const r = reduced(y, k, BIAS_MINUS_128);
    const tail = f64x2.mul(overOnePlus(splat(TWO), power(k), r), splat(TWO_TO_MINUS_128));
    const far = f64x2.add(f64x2.sub(a, splat(ONE)), tail);
    return v128.or(select(f64x2.lt(a, splat(ONE)), near, far), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const y = f64x2.pmax(v128.or(f64x2.add(x, x), splat(SIGN)), splat(FAR));
    const k = rounded(y, BIAS);
    const n = f64x2.sub(k, splat(BIAS));
    const high = reducedHigh(y, n);
    const low = f64x2.mul(n, splat(LN_2_LOW));
    const rest = f64x2.sub(curvature(f64x2.sub(high, low)), low);
    const t = f64x2.add(high, rest);
    const s = power(k);
    const one = splat(ONE);
    const w = f64x2.mul(s, t);
    const wLow = f64x2.mul(s, lost(high, rest, t));
    const below = f64x2.sub(one, s);
    const above = f64x2.add(one, s);
    const difference = f64x2.sub(below, w);
    const belowLow = f64x2.sub(f64x2.sub(one, below), s);
    const differenceLow = f64x2.add(f64x2.sub(f64x2.sub(f64x2.sub(below, difference), w), wLow), belowLow);
    const sum = f64x2.add(above, w);
    const sumLow = f64x2.add(f64x2.add(lost(above, w, sum), wLow), lost(one, s, above));
    const n2 = f64x2.mul(difference, difference);
    const n2Low = madd(f64x2.add(difference, difference), differenceLow, lostOfSquare(difference, n2));
    const d2 = f64x2.mul(sum, sum);
    const d2Low = madd(f64x2.add(sum, sum), sumLow, lostOfSquare(sum, d2));
    return quotient(n2, n2Low, d2, d2Low);
  }
}
export function tanhShrink(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<TanhShrink>(p, x, y, n);
}
export function tanhShrinkBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<TanhShrink>(p, dy, x, dx, n);
}
