import { abs, HALF, madd, nmadd, ONE, select, signOf, splat } from './lanes';
import { backward, forward, forwardLong } from './loops';
import { BIAS, BIAS_MINUS_1, expm1Of, power, reciprocalSum, reducedShort, rounded } from './math';
import { degree2, degree7 } from './polynomial';

/** tanh rounds to 1 from here. */
const TANH_ONE = memory.data<f32>([9.5]);
/** e^-2x vanishes beside 1, and tanh x beside x + 1 is 1, from here. */
const FAR = memory.data<f32>([20.0]);
/** The derivative rounds to 0 where 2 |x| is this. */
const SLOPE_ZERO = memory.data<f32>([106.0]);
const TWO_LOG2_E = memory.data<f32>([2.88539]);
const HALF_LN_2 = memory.data<f32>([0.3465736]);
const MINUS_QUARTER = memory.data<f32>([-0.25]);
const QUARTER = memory.data<f32>([0.25]);
const MINUS_TWO = memory.data<f32>([-2.0]);
/** What `reciprocalSum` asks for a scale of 2^-26, and 4 times the numerator. */
const BIAS_MINUS_26 = memory.data<f32>([12582912.0 + 127.0 - 26.0]);
const SUM_TWO = memory.data<f32>([2.75 * 1.4901161e-8]);
const SUM_MIRROR = memory.data<u32>([0x65300000]);
const SUM_NUMERATOR = memory.data<f32>([1.375 * 5.9604645e-8]);
/** (tanh(y) - y) / y^3 in y^2, for |y| < 0.27. scripts/fit.sollya, TANH */
const TANH = memory.data<f32>([-0.33333185, 0.13320999, -0.051019546]);
const SHRINK_END = memory.data<f32>([0.94]);
const NINE_32NDS = memory.data<f32>([0.28125]);
const HIGH_TEN_BITS = memory.data<u32>([0xffffc000]);
/** (x - tanh(x)) / x^3 - 9 / 32 in x^2, for |x| < 0.94. scripts/fit.py, TANH_SHRINK */
const TANH_SHRINK = memory.data<f32>([
  0.052083332, -0.13333318, 0.05396492, -0.021841278, 0.008740086, -0.003282903, 0.0009901399, -0.00016537511,
]);
const SQUARED_END = memory.data<f32>([0.8815]);
/**
 * (tanh(x)^2 / x^2 - 1) / x^2 in x^2, for |x| < 0.8815. scripts/fit.py, TANH_SQUARED; then the second to the fifth were moved by some units to where
 * the roundings are felt least: 2.04 ULP before, 1.96 after.
 */
const TANH_SQUARED = memory.data<f32>([
  -0.6666666, 0.37777573, -0.19679402, 0.097262084, -0.04573183, 0.019454103, -0.0064143315, 0.001142134,
]);

/**
 * tanh(x). With |x| = n ln 2 / 2 + y, T = tanh(y) and s = 2^n it is h / (h + (1 - T)), where
 * h = T (s + 1) / 2 + (s - 1) / 2: numerator and denominator err together. n is rounded a quarter off centre, so that it is
 * 0 up to tanh x = 1/4, where T alone is the result.
 * Its derivative is 4 / (e^2x + 2 + e^-2x).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class Tanh {

  @inline forward(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(TANH_ONE));
    const k = f32x4.add(madd(a, splat(TWO_LOG2_E), splat(MINUS_QUARTER)), splat(BIAS_MINUS_1));
    const y = nmadd(f32x4.sub(k, splat(BIAS_MINUS_1)), splat(HALF_LN_2), a);
    const w = f32x4.mul(y, y);
    const t = madd(f32x4.mul(y, w), degree2(TANH, w), y);
    const s = power(k); // 2^n / 2
    const half = splat(HALF);
    const h = madd(t, f32x4.add(s, half), f32x4.sub(s, half));
    return v128.or(f32x4.div(h, f32x4.add(h, f32x4.sub(splat(ONE), t))), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(f32x4.add(x, x)), splat(SLOPE_ZERO));
    return reciprocalSum(a, BIAS_MINUS_26, SUM_TWO, SUM_MIRROR, SUM_NUMERATOR);
  }
}
export function tanh(p: usize, x: usize, y: usize, n: usize): void {
  forward<Tanh>(p, x, y, n);
}
export function tanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Tanh>(p, dy, x, dx, n);
}

/**
 * tanhShrink(x) = x - tanh(x): x (9 / 32 w + w p(w)) with w = x^2 for |x| < 0.94, where the first product is taken exactly from 10
 * bits of x, and the rest; else (|x| - 1) + 2 / (1 + e^(2 |x|)).
 * Its derivative is tanh(x)^2: w + w^2 p(w) for |x| < 0.8815, else 1 - 4 e / (1 + e)^2 with e = e^(-2 |x|).
 * Error at most 2 ULP, of the derivative 2.
 */
@unmanaged
@final
class TanhShrink {

  @inline forward(x: v128): v128 {
    const a = abs(x);
    const z = f32x4.pmin(a, splat(FAR));
    const w = f32x4.mul(z, z);
    const h = v128.and(z, splat(HIGH_TEN_BITS));
    const part = splat(NINE_32NDS);
    const scaled = f32x4.mul(h, part);
    const rest = f32x4.mul(f32x4.sub(z, h), madd(z, part, scaled)); // 9 / 32 (z^2 - h^2)
    const sum = f32x4.add(madd(w, degree7(TANH_SHRINK, w), rest), f32x4.mul(h, scaled));
    const near = f32x4.mul(sum, z);
    const twice = f32x4.add(z, z);
    const k = rounded(twice, BIAS_MINUS_1);
    const t = expm1Of(reducedShort(twice, k, BIAS_MINUS_1));
    const s = power(k); // 2^n / 2
    const tail = f32x4.div(splat(ONE), madd(s, t, f32x4.add(s, splat(HALF))));
    const far = f32x4.add(f32x4.sub(a, splat(ONE)), tail);
    return v128.or(select(f32x4.lt(a, splat(SHRINK_END)), near, far), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(FAR));
    const w = f32x4.mul(a, a);
    const near = madd(w, f32x4.mul(degree7(TANH_SQUARED, w), w), w);
    const z = f32x4.mul(a, splat(MINUS_TWO));
    const k = rounded(z, BIAS);
    const s = power(k);
    const e = madd(s, expm1Of(reducedShort(z, k, BIAS)), s);
    const quarter = splat(QUARTER);
    const rest = f32x4.div(e, madd(e, madd(e, quarter, splat(HALF)), quarter));
    return select(f32x4.lt(a, splat(SQUARED_END)), near, f32x4.sub(splat(ONE), rest));
  }
}
export function tanhShrink(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<TanhShrink>(p, x, y, n);
}
export function tanhShrinkBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<TanhShrink>(p, dy, x, dx, n);
}

/** The derivative of tanh from its output y: (1 - y) (1 + y). Error at most 2 ULP. */
@unmanaged
@final
class TanhFromOutput {

  @inline derivative(y: v128): v128 {
    const one = splat(ONE);
    return reals.mul(reals.sub(one, y), reals.add(one, y));
  }
}
export function tanhFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<TanhFromOutput>(p, dy, y, dx, n);
}
