import { abs, clamp, HALF, highHalf, madd, nmadd, ONE, splat, zero } from './lanes';
import { backward, forward } from './loops';
import { bothSides } from './math';
import * as wide from './wide';

export { relu, reluBackward } from './relu'; // of squareplus at beta 0

/** Its square does not overflow, and no beta shows beside it. */
const SQUARE_END = memory.data<f32>([1.1529215e18]);
const MINUS_1 = memory.data<i32>([-1]);

/**
 * squareplus(x) = (x + sqrt(x^2 + beta)) / 2 = max(x, 0) + g with h = |x| / 2, c = beta / 4 and g = sqrt(h^2 + c) - h, the root of
 * g (g + 2 h) = c. One of Newton's steps from d, the difference as computed: g = d + (c / 2 - d h - d^2 / 2) / (h + d), to which
 * neither the rounding of the root nor the cancellation matters. The square is taken one float32 lower, so that d is never
 * much larger than g where g is smaller than the rounding of h.
 * Its derivative is g below 0 and 1 - g above, g = (beta / 2) / (t + |x| sqrt t), t = x^2 + beta: all but the root, whose error enters by
 * half, in float64. x is scaled there so that the root does not overflow before the result vanishes.
 * Error at most 1.7 ULP, of the derivative 1.3.
 */
@unmanaged
@final
class Squareplus {
  /** c and c / 2 */
  c: v128;
  halfC: v128;
  /** a power of two about 2^-20 / sqrt(beta); beta and beta / 2 times its square, in float64 */
  scale: v128;
  scaledBeta: v128;
  scaledHalfBeta: v128;


  @inline forward(x: v128): v128 {
    const h = abs(f32x4.mul(x, splat(HALF)));
    const bounded = f32x4.pmin(h, splat(SQUARE_END));
    const square = i32x4.add(madd(bounded, bounded, this.c), splat(MINUS_1));
    const d = f32x4.pmax(f32x4.sub(f32x4.sqrt(square), h), zero());
    const rest = nmadd(f32x4.mul(d, splat(HALF)), d, nmadd(d, bounded, this.halfC));
    const start = f32x4.add(f32x4.pmax(x, zero()), d);
    return f32x4.add(start, f32x4.div(rest, f32x4.add(h, d)));
  }


  @inline derivative(x: v128): v128 {
    const a = abs(f32x4.mul(x, this.scale));
    const a1 = wide.low(a);
    const a2 = wide.high(a);
    const t1 = wide.madd(a1, a1, this.scaledBeta);
    const t2 = wide.madd(a2, a2, this.scaledBeta);
    const root = f32x4.sqrt(wide.narrow(t1, t2));
    const g1 = f64x2.div(this.scaledHalfBeta, wide.madd(a1, wide.low(root), t1));
    const g2 = f64x2.div(this.scaledHalfBeta, wide.madd(a2, wide.high(root), t2));
    return bothSides(x, wide.narrow(g1, g2));
  }
}
export function squareplus(p: usize, x: usize, y: usize, n: usize): void {
  forward<Squareplus>(p, x, y, n);
}
export function squareplusBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Squareplus>(p, dy, x, dx, n);
}

/** softsign(x) rounds to 1 far below, and infinity would make a NaN. */
const SOFTSIGN_END = memory.data<f32>([1.2676506e30]);
const MINUS_SOFTSIGN_END = memory.data<f32>([-1.2676506e30]);
/** The derivative rounds to 0 from here. */
const SOFTSIGN_SLOPE_ZERO = memory.data<f32>([7.5557864e22]);
const TWO_TO_MINUS_24 = memory.data<f32>([5.9604645e-8]);

/**
 * softsign(x) = x / (1 + |x|).
 * Its derivative is 1 / (1 + |x|)^2 with 1 + |x| = h + l, h of 12 bits and l the exact rest, so that the square is h^2 + l (2 h + l)
 * rounded once; times 2^-24, so that it does not overflow before the result vanishes.
 * Error at most 1.5 ULP, of the derivative 1.5.
 */
@unmanaged
@final
class Softsign {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(MINUS_SOFTSIGN_END), splat(SOFTSIGN_END));
    return f32x4.div(z, f32x4.add(abs(z), splat(ONE)));
  }


  @inline derivative(x: v128): v128 {
    const a = f32x4.pmin(abs(x), splat(SOFTSIGN_SLOPE_ZERO));
    const one = splat(ONE);
    const larger = f32x4.pmax(a, one);
    const smaller = f32x4.pmin(a, one);
    const d = f32x4.add(larger, smaller);
    const h = highHalf(d);
    const l = f32x4.sub(smaller, f32x4.sub(h, larger));
    const scale = splat(TWO_TO_MINUS_24);
    const square = madd(f32x4.mul(l, scale), f32x4.add(h, d), f32x4.mul(f32x4.mul(h, scale), h));
    return f32x4.div(scale, square);
  }
}
export function softsign(p: usize, x: usize, y: usize, n: usize): void {
  forward<Softsign>(p, x, y, n);
}
export function softsignBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Softsign>(p, dy, x, dx, n);
}

/** The derivative of softsign from its output y: (1 - |y|)^2. Error at most 2 ULP. */
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
