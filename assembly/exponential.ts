import { clamp, madd, nmadd, ONE, select, splat, zero } from './lanes';
import { backward, forward } from './loops';
import { BIAS, expm1Of, expm1RelativeOf, power, reduced, reducedShort, rounded, ScaledExponential } from './math';

/** Holds n + 254, to be taken as two factors. */
const BIAS_TWICE = memory.data<f32>([12582912.0 + 254.0]);
/** For results that may be subnormal. */
const BIAS_PLUS_60 = memory.data<f32>([12582912.0 + 127.0 + 60.0]);
const TWO_TO_MINUS_60 = memory.data<f32>([8.6736174e-19]);
/** Half the smallest float32 is above, the largest below. */
const EXP_LOW = memory.data<f32>([-104.5]);
const EXP_HIGH = memory.data<f32>([89.0]);
/** e^x - 1 rounds to -1 from here down. */
const EXPM1_LOW = memory.data<f32>([-88.0]);
/** No factor beside e^x lifts it above half the smallest float32 from here down. */
const TAIL_LOW = memory.data<f32>([-120.0]);
const SELU_SCALE = memory.data<f32>([1.0507009873554805]);
const SELU_SCALE_LESS_1 = memory.data<f32>([0.05070098735548051]);
const SELU_SCALE_ALPHA = memory.data<f32>([1.7580993408473766]);
/** What that, as float32, lacks. */
const SELU_SCALE_ALPHA_REST = memory.data<f32>([2.3296717e-8]);

/** 2^60 e^min(x, 0). */
@inline
function tail(x: v128): v128 {
  const z = clamp(x, splat(TAIL_LOW), zero());
  const k = rounded(z, BIAS_PLUS_60);
  const s = power(k);
  return madd(s, expm1Of(reduced(z, k, BIAS_PLUS_60)), s);
}

/** 1 - e^min(x, 0). */
@inline
function deficit(x: v128): v128 {
  const z = clamp(x, splat(EXPM1_LOW), zero());
  const k = rounded(z, BIAS);
  const s = power(k);
  return nmadd(s, expm1RelativeOf(reducedShort(z, k, BIAS)), f32x4.sub(splat(ONE), s));
}

/**
 * exp(x) = e^x. Two factors 2^(n / 2), so that results near 2^128 and subnormal ones come out right.
 * Error at most 1.1 ULP, of the derivative 1.1.
 */
@unmanaged
@final
class Exp {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(EXP_LOW), splat(EXP_HIGH));
    const k = rounded(z, BIAS_TWICE);
    const t = expm1Of(reduced(z, k, BIAS_TWICE));
    const half = i32x4.shr_s(k, 1);
    const s = power(half);
    return f32x4.mul(madd(s, t, s), power(i32x4.sub(k, half)));
  }


  @inline derivative(x: v128): v128 {
    return this.forward(x);
  }
}
export function exp(p: usize, x: usize, y: usize, n: usize): void {
  forward<Exp>(p, x, y, n);
}
export function expBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Exp>(p, dy, x, dx, n);
}

/**
 * elu(x) = x > 0 ? x : alpha (e^x - 1); derivative alpha at 0.
 * One of the two terms is a zero, so that their sum is exact.
 * Error at most 1.9 ULP, of the derivative 1.8.
 */
@unmanaged
@final
class Elu {
  alpha: v128;
  /** alpha 2^-60 */
  alphaTail: v128;


  @inline forward(x: v128): v128 {
    return nmadd(this.alpha, deficit(x), f32x4.pmax(x, zero()));
  }


  @inline derivative(x: v128): v128 {
    return select(f32x4.gt(x, zero()), splat(ONE), f32x4.mul(tail(x), this.alphaTail));
  }
}
export function elu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Elu>(p, x, y, n);
}
export function eluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Elu>(p, dy, x, dx, n);
}

/**
 * selu(x) = s (x > 0 ? x : a (e^x - 1)) (Klambauer et al. 2017); derivative s a at 0.
 * Error at most 2 ULP, of the derivative 1.9.
 */
@unmanaged
@final
class Selu {

  @inline forward(x: v128): v128 {
    const r = f32x4.pmax(x, zero());
    const positive = madd(r, splat(SELU_SCALE_LESS_1), r); // s rounded would overflow for one x too many
    return nmadd(splat(SELU_SCALE_ALPHA), deficit(x), positive);
  }


  @inline derivative(x: v128): v128 {
    const negative = f32x4.mul(f32x4.mul(tail(x), splat(SELU_SCALE_ALPHA)), splat(TWO_TO_MINUS_60));
    return select(f32x4.gt(x, zero()), splat(SELU_SCALE), negative);
  }
}
export function selu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Selu>(p, x, y, n);
}
export function seluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Selu>(p, dy, x, dx, n);
}

/**
 * celu(x) = x > 0 ? x : alpha (e^(x / alpha) - 1); derivative 1 at 0.
 * The exponential is scaled so that its t is alpha t, which for small x is x itself.
 * Error at most 1.8 ULP, of the derivative 1.4.
 */
@unmanaged
@final
class Celu extends ScaledExponential {
  alpha: v128;
  perAlpha: v128;
  /** -88 alpha and -120 alpha */
  expm1Low: v128;
  tailLow: v128;


  @inline forward(x: v128): v128 {
    const z = clamp(x, this.expm1Low, zero());
    const k = this.rounded(z, BIAS);
    const s = power(k);
    const t = this.expm1Of(this.reduced(z, k, BIAS));
    const deficit = nmadd(s, t, f32x4.mul(f32x4.sub(splat(ONE), s), this.alpha));
    return f32x4.sub(f32x4.pmax(x, zero()), deficit);
  }


  @inline derivative(x: v128): v128 {
    const z = clamp(x, this.tailLow, zero());
    const k = this.rounded(z, BIAS_PLUS_60);
    const s = power(k);
    const t = f32x4.mul(this.expm1Of(this.reduced(z, k, BIAS_PLUS_60)), this.perAlpha);
    return f32x4.mul(madd(s, t, s), splat(TWO_TO_MINUS_60));
  }
}
export function celu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Celu>(p, x, y, n);
}
export function celuBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Celu>(p, dy, x, dx, n);
}

/** The derivative of exp from its output y: y itself. Error at most 0.5 ULP. */
@unmanaged
@final
class ExpFromOutput {

  @inline derivative(y: v128): v128 {
    return y;
  }
}
export function expFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<ExpFromOutput>(p, dy, y, dx, n);
}

/** The derivative of elu from its output y: y > 0 ? 1 : y + alpha. Error at most 0.5 ULP. */
@unmanaged
@final
class EluFromOutput {
  alpha: v128;


  @inline derivative(y: v128): v128 {
    return select(reals.gt(y, zero()), splat(ONE), reals.add(y, this.alpha));
  }
}
export function eluFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<EluFromOutput>(p, dy, y, dx, n);
}

/** The derivative of celu from its output y: y > 0 ? 1 : (y + alpha) / alpha. Error at most 2 ULP. */
@unmanaged
@final
class CeluFromOutput {
  alpha: v128;


  @inline derivative(y: v128): v128 {
    const negative = reals.div(reals.add(y, this.alpha), this.alpha);
    return select(reals.gt(y, zero()), splat(ONE), negative);
  }
}
export function celuFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<CeluFromOutput>(p, dy, y, dx, n);
}

/** The derivative of selu from its output y: y > 0 ? s : y + s a. Error at most 1.5 ULP. */
@unmanaged
@final
class SeluFromOutput {

  @inline derivative(y: v128): v128 {
    const negative = f32x4.add(f32x4.add(y, splat(SELU_SCALE_ALPHA)), splat(SELU_SCALE_ALPHA_REST));
    return select(f32x4.gt(y, zero()), splat(SELU_SCALE), negative);
  }
}
export function seluFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SeluFromOutput>(p, dy, y, dx, n);
}
