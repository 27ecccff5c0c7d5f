import { nmadd, ONE, select, splat, zero } from '../lanes';
import { backward } from '../loops';
import { deficit, SELU_SCALE, SELU_SCALE_ALPHA, SELU_SCALE_ALPHA_REST } from './exponential';
import { BIAS, power, ScaledExponential } from './math';

// Gradients from an activation's output, as in ../output.ts.

export {
  celuFromOutputBackward,
  eluFromOutputBackward,
  expFromOutputBackward,
  sigmoidFromOutputBackward,
  softsignFromOutputBackward,
  tanhFromOutputBackward,
} from '../output';

/** selu: y > 0 ? s : y + s a. Error at most 1.5 ULP. */
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

/** softplus: 1 - e^(-beta y). Error at most 1.5 ULP. */
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

/** logSigmoid: 1 - e^y. Error at most 1 ULP. */
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
