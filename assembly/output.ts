import { SELU_SCALE, SELU_SCALE_ALPHA } from './exponential';
import { abs, clamp, negate, nmadd, ONE, select, splat, zero } from './lanes';
import { backward } from './loops';
import { BIAS, expm1RelativeOf, power, reduced, rounded, ScaledExponential } from './math';

// Gradients from an activation's output y instead of its input, where f'(x) is simple in y. Errors are those against the exact
// derivative at the given y, which may itself be rounded. relu, relu6, leakyRelu and hardTanh need no operator here: their derivative
// is the same at y as at x. Those without constants serve float64 too.

const EXPM1_LOW = memory.data<f32>([-88.0]);
/** What the float32 `SELU_SCALE_ALPHA` lacks of s a. */
const SELU_SCALE_ALPHA_REST = memory.data<f32>([2.3296717e-8]);

/** sigmoid: y (1 - y). Error at most 1.5 ULP. */
@unmanaged
@final
class SigmoidFromOutput {

  @inline derivative(y: v128): v128 {
    return reals.mul(y, reals.sub(splat(ONE), y));
  }
}
export function sigmoidFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SigmoidFromOutput>(p, dy, y, dx, n);
}

/** tanh: (1 - y) (1 + y). Error at most 2 ULP. */
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

/** exp: y itself. Error at most 0.5 ULP. */
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

/** elu: y > 0 ? 1 : y + alpha. Error at most 0.5 ULP. */
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

/** celu: y > 0 ? 1 : (y + alpha) / alpha. Error at most 2 ULP. */
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

/** selu: y > 0 ? s : y + s a. Error at most 1.5 ULP. */
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

/** softplus: 1 - e^(-beta y), with t of the exponential over beta. Error at most 2 ULP. */
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

/** logSigmoid: 1 - e^y. Error at most 2 ULP. */
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

/** softsign: (1 - |y|)^2. Error at most 2 ULP. */
@unmanaged
@final
class SoftsignFromOutput {

  @inline derivative(y: v128): v128 {
    const rest = reals.sub(splat(ONE), abs(y));
    return reals.mul(rest, rest);
  }
}
export function softsignFromOutputBackward(p: usize, dy: usize, y: usize, dx: usize, n: usize): void {
  backward<SoftsignFromOutput>(p, dy, y, dx, n);
}
