import { abs, clamp, highHalf, madd, nmadd, ONE, select, SIGN, signOf, splat } from './lanes';
import { backward, forwardLong } from './loops';
import { BIAS, BIAS_PLUS_64, bothSides, LN_2_HIGH, LN_2_LOW, power, TWO_TO_MINUS_64 } from './math';
import { degree3, degree4, estrin4, evenOdd5, evenOdd6, evenOdd8 } from './polynomial';
import * as wide from './wide';

// ---- erf ---------------------------------------------------------------------------------------------------------

/** erf rounds to 1 from here. */
const ERF_ONE = memory.data<f32>([4.0]);
const MINUS_LOG2_E = memory.data<f32>([-1.442695]);
/** (-log(erfc(a)) - a) / a on 0..4, its error weighted as it shows in erf. scripts/fit.py, ERF */
const ERF = memory.data<f32>([
  0.12837917, 0.63661957, 0.1027763, -0.019147776, -0.0001696134, 0.0016758009, -0.0006374371, 0.00011888296,
  -9.390442e-6,
]);
/** (e^-r - 1 + r) / r^2, error relative to 1 - e^-r. scripts/fit.py, ONE_LESS_EXP */
const ONE_LESS_EXP = memory.data<f32>([0.49999997, -0.16666539, 0.04166772, -0.008366945, 0.0013846628]);
/** The derivative rounds to 0 from here. */
const ERF_SLOPE_ZERO = memory.data<f32>([10.3]);
/** -log2(e) (1 + 2^-11), because the square of 12 bits of x stands for x^2. */
const MINUS_LOG2_E_UP = memory.data<f32>([-1.4434028]);
const ERF_SLOPE_FACTOR = memory.data<f32>([6.098637e-20]);
/** 2 / sqrt(pi) e^-v / 1.125 - 1, for |v| < 0.4. scripts/fit.py, ERF_SLOPE */
const ERF_SLOPE = memory.data<f32>([
  0.0030037062, -1.0030038, 0.50150174, -0.16716154, 0.041791704, -0.008421671, 0.0014031241,
]);

/**
 * erf(x) = sign(x) (1 - e^-g(|x|)) with g = -log(erfc): one exponential, no division, no cases.
 * Its derivative is 2 / sqrt(pi) e^(-x^2), x^2 as the square of 12 bits of x, which is exact, and the rest.
 * Error at most 1.6 ULP, of the derivative 2.
 */
@unmanaged
@final
class Erf {

  @inline forward(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(ERF_ONE));
    const rest = f32x4.mul(a, evenOdd8(ERF, a)); // g - a
    const k = madd(f32x4.add(a, rest), splat(MINUS_LOG2_E), splat(BIAS));
    const n = f32x4.sub(k, splat(BIAS));
    // r = high + low, and the sum is not rounded where it counts most: as a term of its own in t
    const high = madd(n, splat(LN_2_HIGH), a);
    const low = madd(n, splat(LN_2_LOW), rest);
    const r = f32x4.add(high, low);
    const t = f32x4.add(nmadd(f32x4.mul(r, r), degree4(ONE_LESS_EXP, r), low), high); // 1 - e^-r
    const s = power(k);
    return v128.xor(madd(s, t, f32x4.sub(splat(ONE), s)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(ERF_SLOPE_ZERO));
    const h = highHalf(a);
    const square = f32x4.mul(h, h);
    const k = madd(square, splat(MINUS_LOG2_E_UP), splat(BIAS_PLUS_64));
    const n = f32x4.sub(k, splat(BIAS_PLUS_64));
    const rest = madd(n, splat(LN_2_LOW), madd(n, splat(LN_2_HIGH), square));
    const v = madd(f32x4.sub(a, h), f32x4.add(a, h), rest);
    const s = f32x4.mul(power(k), splat(ERF_SLOPE_FACTOR));
    return madd(s, evenOdd6(ERF_SLOPE, v), s);
  }
}
export function erf(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Erf>(p, x, y, n);
}
export function erfBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Erf>(p, dy, x, dx, n);
}

// ---- gelu --------------------------------------------------------------------------------------------------------

/** For negative x of this size and more the results round to 0. */
const GELU_ZERO = memory.data<f32>([14.5]);
const GELU_SLOPE_ZERO = memory.data<f32>([14.75]);
/** R(a) = e^(a^2 / 2) Phi(-a) = D / (a S D + N), D = 1 + a GELU_D(a), error 2^-25.7. scripts/fit.py, GELU */
const GELU_D = memory.data<f32>([0.91617745, 0.39597756, 0.0912595, 0.009726113]);
const GELU_N = memory.data<f32>([2.0, 0.92149144, 0.23066328, 0.024294116]);
const GELU_S = memory.data<f64>([2.506634006340087]);
/** The derivative's zero is at minus this. */
const ROOT = memory.data<f64>([0.7517915246935645]);
const SLOPE_MAP = memory.data<f32>([3.5]);
const CENTRE = memory.data<f32>([0.375]);
/** 2 (R(a) - a / sqrt(2 pi)) / (root - a) - 1 in a / (a + 3.5) - 0.375. scripts/fit.py, GELU_SLOPE */
const GELU_SLOPE = memory.data<f32>([
  0.0024325077, -0.5795819, 0.6123157, -0.422802, 0.12750603, 0.056809537, -0.05193968, -0.013346531, 0.01918262,
]);

/** 64 up, and the sign. */
const BIAS_PLUS_64_NEGATIVE = memory.data<f32>([12582912.0 + 127.0 + 64.0 + 256.0]);
const BIAS_PLUS_63 = memory.data<f32>([12582912.0 + 127.0 + 63.0]);
/** -log2(e) / 2 (1 + 2^-11), because the square of 12 bits of a stands for a^2. */
const MINUS_HALF_LOG2_E_UP = memory.data<f32>([-0.7217]);
const TWO_LN_2_HIGH = memory.data<f32>([1.3862915]);
const TWO_LN_2_LOW = memory.data<f32>([2.8572135e-6]);
const MINUS_HALF = memory.data<f32>([-0.5]);
/** (e^(-v / 2) - 1 + v / 2) / v^2 for |v| < 0.8, error 2^-26.8. scripts/fit.py, EXPM1_HALF */
const EXPM1_HALF = memory.data<f32>([0.12499996, -0.020833008, 0.0026043463, -0.00026189158, 2.156063e-5]);

/** k of e^(-a^2 / 2). */
@inline
function gaussianRounded(a: v128, bias: usize): v128 {
  const h = highHalf(a);
  return madd(f32x4.mul(h, h), splat(MINUS_HALF_LOG2_E_UP), splat(bias));
}

/** t of e^(-a^2 / 2): a^2 as the square of 12 bits, which is exact, and the rest. */
@inline
function gaussianExpm1(a: v128, k: v128, bias: usize): v128 {
  const h = highHalf(a);
  const n = f32x4.sub(k, splat(bias));
  const rest = madd(n, splat(TWO_LN_2_LOW), f32x4.mul(f32x4.sub(a, h), f32x4.add(a, h)));
  const v = f32x4.add(madd(n, splat(TWO_LN_2_HIGH), f32x4.mul(h, h)), rest); // the first term is exact
  const square = f32x4.mul(v, v);
  return madd(square, estrin4(EXPM1_HALF, v, square), f32x4.mul(v, splat(MINUS_HALF)));
}

/**
 * gelu(x) = x Phi(x) = max(x, 0) - a Phi(-a) with a = |x|: no cancellation in the tail, and no case by sign.
 * a Phi(-a) = e^(-a^2 / 2) a D / (a S D + N). Only the last few operations are in float64: the error of D cancels in the quotient for
 * large a, where D is large, and for small a most of D and N is exact.
 * Its derivative is G(a) below 0 and 1 - G(a) above, G(a) = Phi(-a) - a phi(a) = e^(-a^2 / 2) (root - a) (1 + g) / 2: the
 * zero is a factor, so that the error stays relative there too.
 * Error at most 1.8 ULP, of the derivative 2.
 */
@unmanaged
@final
export class Gelu {

  @inline forward(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(GELU_ZERO));
    const k = gaussianRounded(a, BIAS_PLUS_64_NEGATIVE);
    const t = gaussianExpm1(a, k, BIAS_PLUS_64_NEGATIVE);
    const d = f32x4.mul(f32x4.mul(a, a), degree3(GELU_D, a)); // a D - a
    const n = degree3(GELU_N, a);
    const part = wide.narrow(
      this.part(wide.low(a), wide.low(d), wide.low(n), wide.low(t)),
      this.part(wide.high(a), wide.high(d), wide.high(n), wide.high(t)),
    );
    const minusPart = f32x4.mul(part, power(k)); // 2^64 times
    return madd(minusPart, splat(TWO_TO_MINUS_64), f32x4.pmax(x, splat(SIGN)));
  }

  /** a R(a) (1 + t) */
  @inline part(a: v128, d: v128, n: v128, t: v128): v128 {
    const u = f64x2.add(a, d);
    return f64x2.div(wide.madd(u, t, u), wide.madd(u, wide.splat(GELU_S), n));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(GELU_SLOPE_ZERO));
    const q = f32x4.div(a, f32x4.add(a, splat(SLOPE_MAP)));
    const k = gaussianRounded(a, BIAS_PLUS_63);
    const t = gaussianExpm1(a, k, BIAS_PLUS_63);
    const g = evenOdd8(GELU_SLOPE, f32x4.sub(q, splat(CENTRE)));
    const slope = wide.narrow(
      this.slope(wide.low(a), wide.low(g), wide.low(t)),
      this.slope(wide.high(a), wide.high(g), wide.high(t)),
    );
    return bothSides(x, f32x4.mul(f32x4.mul(slope, power(k)), splat(TWO_TO_MINUS_64)));
  }

  /** (root - a) (1 + g) (1 + t) */
  @inline slope(a: v128, g: v128, t: v128): v128 {
    const toRoot = f64x2.sub(wide.splat(ROOT), a);
    const part = wide.madd(toRoot, t, toRoot);
    return wide.madd(part, g, part);
  }
}
export function gelu(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Gelu>(p, x, y, n);
}
export function geluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Gelu>(p, dy, x, dx, n);
}

// ---- gelu by tanh: z = 2 sqrt(2 / pi) (x + 0.044715 x^3) = B x (x^2 + C) ---------------------------------------------

/** The result rounds to 0 from here down, and to x from here up. */
const TANH_LOW = memory.data<f32>([-11.0]);
const TANH_HIGH = memory.data<f32>([6.0]);
/** The derivative rounds to 0 for negative x of this size. */
const TANH_SLOPE_ZERO = memory.data<f32>([11.0]);
const MINUS_B = memory.data<f64>([-0.07135481627260025]);
const C = memory.data<f64>([22.363860002236386]);
const THREE = memory.data<f64>([3.0]);

/**
 * geluTanh(x) = x (1 + tanh(z / 2)) / 2 = x / (1 + e^-z).
 * All in float64, because z may be 100 in the tail, where its rounding would show.
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = e (1 - a dz/dx + e) / (1 + e)^2 with e = e^-z(a), in float64.
 * Error at most 1 ULP, of the derivative 1.5.
 */
@unmanaged
@final
export class GeluTanh {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(TANH_LOW), splat(TANH_HIGH));
    const y = wide.narrow(this.value(wide.low(z)), this.value(wide.high(z)));
    return select(f32x4.lt(x, splat(TANH_HIGH)), y, x);
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(TANH_SLOPE_ZERO));
    return bothSides(x, wide.narrow(this.slope(wide.low(a)), this.slope(wide.high(a))));
  }


  @inline value(x: v128): v128 {
    const square = f64x2.mul(x, x);
    const e = wide.exp(f64x2.mul(f64x2.mul(x, wide.splat(MINUS_B)), f64x2.add(square, wide.splat(C)))); // e^-z
    return f64x2.div(x, f64x2.add(e, wide.splat(wide.ONE)));
  }

  /** G */
  @inline slope(a: v128): v128 {
    const square = f64x2.mul(a, a);
    const b = f64x2.mul(a, wide.splat(MINUS_B));
    const c = wide.splat(C);
    const e = wide.exp(f64x2.mul(b, f64x2.add(square, c)));
    const sum = f64x2.add(e, wide.splat(wide.ONE));
    const slope = f64x2.mul(b, wide.madd(square, wide.splat(THREE), c)); // -a dz/dx
    return f64x2.div(f64x2.mul(e, f64x2.add(sum, slope)), f64x2.mul(sum, sum));
  }
}
export function geluTanh(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<GeluTanh>(p, x, y, n);
}
export function geluTanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<GeluTanh>(p, dy, x, dx, n);
}
