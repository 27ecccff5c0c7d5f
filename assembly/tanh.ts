import { abs, HALF, madd, nmadd, ONE, select, signOf, splat } from './lanes';
import { backward, forward, forwardLong } from './loops';
import { BIAS, BIAS_MINUS_1, expm1Of, power, reduced, reducedShort, rounded } from './math';
import { degree2, degree7 } from './polynomial';

/** tanh rounds to 1 from here. */
const TANH_ONE = memory.data<f32>([9.5]);
/** e^-2x vanishes beside 1, and tanh x beside x + 1 is 1, from here. */
const FAR = memory.data<f32>([20.0]);
/** The derivative rounds to 0 from here. */
const SLOPE_ZERO = memory.data<f32>([53.0]);
const TWO_LOG2_E = memory.data<f32>([2.88539]);
const HALF_LN_2 = memory.data<f32>([0.3465736]);
const MINUS_QUARTER = memory.data<f32>([-0.25]);
const QUARTER = memory.data<f32>([0.25]);
const MINUS_TWO = memory.data<f32>([-2.0]);
const BIAS_PLUS_26 = memory.data<f32>([12582912.0 + 127.0 + 26.0]);
const TWO_TO_24 = memory.data<f32>([16777216.0]);
const TWO_TO_MINUS_28 = memory.data<f32>([3.7252903e-9]);
/** (tanh(y) - y) / y^3 in y^2, for |y| < 0.27. scripts/fit.sollya, TANH */
const TANH = memory.data<f32>([-0.33333185, 0.13320999, -0.051019546]);
/** (x - tanh(x)) / x^3 in x^2, for |x| < 1. scripts/fit.sollya, TANH_SHRINK */
const TANH_SHRINK = memory.data<f32>([
  0.33333334, -0.13333352, 0.053967662, -0.021848943, 0.008743486, -0.0032644782, 0.00096069206, -0.0001524001,
]);
/** tanh(x)^2 / x^2 in x^2, for |x| < 0.885. scripts/fit.sollya, TANH_SQUARED */
const TANH_SQUARED = memory.data<f32>([
  1.0, -0.666666, 0.37775546, -0.19657761, 0.09615962, -0.042712294, 0.014891367, -0.002831142,
]);
const TANH_SQUARED_END = memory.data<f32>([0.885]);

/**
 * tanh(x). With |x| = n ln 2 / 2 + y, T = tanh(y) and s = 2^n it is h / (h + (1 - T)), where
 * h = T (s + 1) / 2 + (s - 1) / 2: numerator and denominator err together. n is rounded a quarter off centre, so that it is
 * 0 up to tanh x = 1/4, where T alone is the result.
 * Its derivative is 4 e / (1 + e)^2 with e = e^(-2 |x|), here times 2^26.
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
    const z = f32x4.mul(f32x4.pmin(abs(x), splat(SLOPE_ZERO)), splat(MINUS_TWO));
    const k = rounded(z, BIAS_PLUS_26);
    const s = power(k);
    const e = madd(s, expm1Of(reduced(z, k, BIAS_PLUS_26)), s);
    return f32x4.div(e, madd(e, madd(e, splat(TWO_TO_MINUS_28), splat(HALF)), splat(TWO_TO_24)));
  }
}
export function tanh(p: usize, x: usize, y: usize, n: usize): void {
  forward<Tanh>(p, x, y, n);
}
export function tanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Tanh>(p, dy, x, dx, n);
}

/**
 * tanhShrink(x) = x - tanh(x): a polynomial for |x| < 1, else (|x| - 1) + 2 / (1 + e^(2 |x|)).
 * Its derivative is tanh(x)^2: a polynomial for |x| < 0.885, else 1 - 4 e / (1 + e)^2 with e = e^(-2 |x|).
 */
@unmanaged
@final
class TanhShrink {

  @inline forward(x: v128): v128 {
    const a = abs(x);
    const z = f32x4.pmin(a, splat(FAR));
    const w = f32x4.mul(z, z);
    const near = f32x4.mul(f32x4.mul(degree7(TANH_SHRINK, w), w), z);
    const twice = f32x4.add(z, z);
    const k = rounded(twice, BIAS_MINUS_1);
    const t = expm1Of(reducedShort(twice, k, BIAS_MINUS_1));
    const s = power(k); // 2^n / 2
    const rest = f32x4.div(splat(ONE), f32x4.add(madd(s, t, splat(HALF)), s));
    const far = f32x4.add(f32x4.sub(a, splat(ONE)), rest);
    return v128.or(select(f32x4.lt(a, splat(ONE)), near, far), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(FAR));
    const w = f32x4.mul(a, a);
    const near = f32x4.mul(degree7(TANH_SQUARED, w), w);
    const z = f32x4.mul(a, splat(MINUS_TWO));
    const k = rounded(z, BIAS);
    const s = power(k);
    const e = madd(s, expm1Of(reducedShort(z, k, BIAS)), s);
    const quarter = splat(QUARTER);
    const rest = f32x4.div(e, madd(e, madd(e, quarter, splat(HALF)), quarter));
    return select(f32x4.lt(a, splat(TANH_SQUARED_END)), near, f32x4.sub(splat(ONE), rest));
  }
}
export function tanhShrink(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<TanhShrink>(p, x, y, n);
}
export function tanhShrinkBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<TanhShrink>(p, dy, x, dx, n);
}
