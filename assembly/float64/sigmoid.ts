import { abs, madd, negate, nmadd, ONE, select, SIGN, signOf, splat } from '../lanes';
import { backward, forward } from '../loops';
import {
  BIAS_MINUS_128,
  BIAS_PLUS_128,
  bothSides,
  logistic,
  lost,
  lostOfProduct,
  minusSize,
  nearRoot13,
  overOnePlus,
  power,
  ScaledExponential,
  scaledLogisticSlope,
  slopeBelow,
  TWO_TO_MINUS_128,
} from './math';

export { sigmoidFromOutputBackward } from '../sigmoid';

/**
 * sigmoid(x) = 1 / (1 + e^-x). Its derivative is e^-|x| / (1 + e^-|x|)^2.
 * Error at most 1.6 ULP, of the derivative 1.4.
 */
@unmanaged
@final
export class Sigmoid {

  @inline forward(x: v128): v128 {
    return logistic(x);
  }


  @inline derivative(x: v128): v128 {
    return f64x2.mul(scaledLogisticSlope(minusSize(x)), splat(TWO_TO_MINUS_128));
  }
}
export function sigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forward<Sigmoid>(p, x, y, n);
}
export function sigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Sigmoid>(p, dy, x, dx, n);
}

/** The derivative's zero is where beta x is minus this and what it lacks, less 1. */
const ROOT_LESS_1 = memory.data<f64>([0.2784645427610737, 1.0946994183093437e-16]);
/** Up to this distance, in beta x, the derivative is a polynomial. */
const NEAR_ROOT = memory.data<f64>([0.26]);
/** The derivative / q in q = beta x + root, error 2^-57.2. scripts/fit.py, LOGISTIC_SLOPE_FLOAT64 */
const SLOPE_NEAR_ROOT = memory.data<f64>([
  0.2178117057198001, -3.974332795880862e-18, 0.14664879699694694, 0.01887481422378234, -0.015222655223205121,
  -0.006606589138368207, 0.000126627412101427, 0.0007985218832020205, 0.0001857071413236927, -4.090541148611648e-5,
  -2.9731027881924722e-5, -2.940926495501062e-6, 2.316456645520878e-6, 8.397457916288556e-7, 1.0156652492198785e-7,
]);

/**
 * silu(x) = x / (1 + e^(-beta x)).
 * Above `end` the denominator is 1; the rest of x is added at the end, so that a large x does not overflow.
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = e (1 - beta a + e) / (1 + e)^2 with e = e^(-beta a).
 * Error at most 1.8 ULP, of the derivative 2.
 */
@unmanaged
@final
export class Silu extends ScaledExponential {
  /** factor times octaveHigh to a multiple of 2^-36, and the rest; what a factor that is no float64 lacks */
  step: v128;
  stepLow: v128;
  factorRest: v128;
  /** where the results round to 0, and far above where e^(-beta x) vanishes beside 1 */
  minusEnd: v128;
  end: v128;


  @inline forward(x: v128): v128 {
    const atLeast = f64x2.pmax(x, this.minusEnd);
    const z = f64x2.pmin(atLeast, this.end);
    const minusZ = negate(z);
    const k = this.rounded(minusZ, BIAS_MINUS_128);
    const y = overOnePlus(z, power(k), this.reduced(minusZ, k, BIAS_MINUS_128));
    return v128.or(f64x2.sub(f64x2.mul(y, splat(TWO_TO_MINUS_128)), f64x2.sub(z, atLeast)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const minusA = f64x2.pmax(v128.or(x, splat(SIGN)), this.minusEnd);
    const k = this.rounded(minusA, BIAS_PLUS_128);
    const n = f64x2.sub(k, splat(BIAS_PLUS_128));
    const high = nmadd(n, this.octaveHigh, minusA);
    const product = f64x2.mul(high, this.factor);
    const r = f64x2.sub(product, f64x2.mul(n, this.octaveLow));
    const start = madd(n, this.step, splat(ONE));
    const startLow = f64x2.mul(n, this.stepLow);
    let below = slopeBelow(power(k), r, start, product, startLow);
    const toRoot = f64x2.add(f64x2.add(start, splat(ROOT_LESS_1)), product);
    const near = f64x2.lt(abs(toRoot), splat(NEAR_ROOT));
    if (v128.any_true(near)) {
      const productLow = madd(high, this.factorRest, lostOfProduct(high, this.factor, product));
      const rest = f64x2.add(f64x2.add(startLow, productLow), splat(ROOT_LESS_1 + 8));
      const q = f64x2.add(toRoot, rest);
      below = select(near, nearRoot13(SLOPE_NEAR_ROOT, q, lost(toRoot, rest, q)), below);
    }
    return bothSides(x, below);
  }
}
export function silu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Silu>(p, x, y, n);
}
export function siluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Silu>(p, dy, x, dx, n);
}

/** quickGelu(x) = silu(x) with beta 1.702. */
export function quickGelu(p: usize, x: usize, y: usize, n: usize): void {
  forward<Silu>(p, x, y, n);
}
export function quickGeluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Silu>(p, dy, x, dx, n);
}
