import { clamp, madd, nmadd, ONE, select, splat, zero } from '../lanes';
import { backward, forward } from '../loops';
import { BIAS, BIAS_PLUS_128, expm1Of, power, rounded, ScaledExponential, TWO_TO_MINUS_128 } from './math';

export { celuFromOutputBackward, eluFromOutputBackward, expFromOutputBackward } from '../exponential';

/** Holds n + 2046, to be taken as two factors. */
const BIAS_TWICE = memory.data<f64>([6755399441055744.0 + 2046.0]);
/** Half the smallest float64 is above, the largest below. */
const EXP_LOW = memory.data<f64>([-745.2]);
const EXP_HIGH = memory.data<f64>([710.0]);
/** e^x - 1 rounds to -1 from here down. */
const EXPM1_LOW = memory.data<f64>([-40.0]);
/** No factor beside e^x lifts it above half the smallest float64 from here down. */
const TAIL_LOW = memory.data<f64>([-760.0]);
const SELU_SCALE = memory.data<f64>([1.0507009873554805]);
const SELU_SCALE_LESS_1 = memory.data<f64>([0.0507009873554805]);
/** s a, and what it lacks */
const SELU_SCALE_ALPHA = memory.data<f64>([1.7580993408473768]);
const SELU_SCALE_ALPHA_REST = memory.data<f64>([-6.395264655648322e-17]);

/** 2^128 e^min(x, 0). */
@inline
function tail(x: v128): v128 {
  const z = clamp(x, splat(TAIL_LOW), zero());
  const k = rounded(z, BIAS_PLUS_128);
  const s = power(k);
  return madd(s, expm1Of(z, k, BIAS_PLUS_128), s);
}

/** 1 - e^min(x, 0). */
@inline
export function deficit(x: v128): v128 {
  const z = clamp(x, splat(EXPM1_LOW), zero());
  const k = rounded(z, BIAS);
  const s = power(k);
  return nmadd(s, expm1Of(z, k, BIAS), f64x2.sub(splat(ONE), s));
}

/**
 * exp(x) = e^x. Two factors 2^(n / 2), so that results near 2^1024 and subnormal ones come out right.
 * Error at most 1 ULP, of the derivative 1.
 */
@unmanaged
@final
class Exp {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(EXP_LOW), splat(EXP_HIGH));
    const k = rounded(z, BIAS_TWICE);
    const t = expm1Of(z, k, BIAS_TWICE);
    const half = i64x2.shr_u(k, 1);
    const s = power(half);
    return f64x2.mul(madd(s, t, s), power(i64x2.sub(k, half)));
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
 * Error at most 1 ULP, of the derivative 1.
 */
@unmanaged
@final
class Elu {
  alpha: v128;


  @inline forward(x: v128): v128 {
    return nmadd(this.alpha, deficit(x), f64x2.pmax(x, zero()));
  }


  @inline derivative(x: v128): v128 {
    const negative = f64x2.mul(f64x2.mul(tail(x), this.alpha), splat(TWO_TO_MINUS_128));
    return select(f64x2.gt(x, zero()), splat(ONE), negative);
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
 * Error at most 2 ULP, of the derivative 1.8.
 */
@unmanaged
@final
class Selu {

  @inline forward(x: v128): v128 {
    const r = f64x2.pmax(x, zero());
    const positive = madd(r, splat(SELU_SCALE_LESS_1), r); // s rounded would overflow for one x too many
    return nmadd(splat(SELU_SCALE_ALPHA), deficit(x), positive);
  }


  @inline derivative(x: v128): v128 {
    const negative = f64x2.mul(f64x2.mul(tail(x), splat(SELU_SCALE_ALPHA)), splat(TWO_TO_MINUS_128));
    return select(f64x2.gt(x, zero()), splat(SELU_SCALE), negative);
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
 * Error at most 1 ULP, of the derivative 1.
 */
@unmanaged
@final
class Celu extends ScaledExponential {
  alpha: v128;
  /** -40 alpha and -760 alpha */
  expm1Low: v128;
  tailLow: v128;


  @inline forward(x: v128): v128 {
    const z = clamp(x, this.expm1Low, zero());
    const k = this.rounded(z, BIAS);
    const s = power(k);
    const deficit = nmadd(s, this.expm1Of(z, k, BIAS), f64x2.sub(splat(ONE), s));
    return nmadd(this.alpha, deficit, f64x2.pmax(x, zero()));
  }


  @inline derivative(x: v128): v128 {
    const z = clamp(x, this.tailLow, zero());
    const k = this.rounded(z, BIAS_PLUS_128);
    const s = power(k);
    return f64x2.mul(madd(s, this.expm1Of(z, k, BIAS_PLUS_128), s), splat(TWO_TO_MINUS_128));
  }
}
export function celu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Celu>(p, x, y, n);
}
export function celuBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Celu>(p, dy, x, dx, n);
}

/** The derivative of selu from its output y: y > 0 ? s : y + s a. Error at most 1.5 ULP. */
@unmanaged
@final
class SeluFromOutput {

  @inline derivative(y: v128): v128 {
    const negative = f64x2.add(f64x2.add(y, splat(SELU_SCALE_ALPHA)), splat(SELU_SCALE_ALPHA_REST));
    return select(f64x2.gt(y, zero()), splat(SELU_SCALE), negative);
  }
}
export function seluFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SeluFromOutput>(p, dy, y, dx, n);
}
