import { abs, clamp, HALF, highHalf, madd, nmadd, ONE, splat, zero } from '../lanes';
import { backward, forward } from '../loops';
import { bothSides, lost, lostOfAny, quotient, TWO_TO_MINUS_128 } from './math';

export { softsignFromOutputBackward } from '../algebraic';
export { relu, reluBackward } from '../relu'; // of squareplus at beta 0

/** 2^510: its square does not overflow, no beta shows beside it, and the derivative has vanished. */
const SQUARE_END = memory.data<f64>([3.3519519824856493e153]);
const MINUS_1 = memory.data<i64>([-1]);

/**
 * squareplus(x) = (x + sqrt(x^2 + beta)) / 2 = max(x, 0) + g with h = |x| / 2, c = beta / 4 and g = sqrt(h^2 + c) - h, the root of
 * g (g + 2 h) = c: by a step of Newton's as in ../algebraic.ts.
 * Its derivative is g below 0 and 1 - g above, g = (beta / 2) / (t + |x| sqrt t), t = x^2 + beta. x is scaled there so that the root
 * does not overflow before the result vanishes.
 * Error at most 1.4 ULP, of the derivative 2.
 */
@unmanaged
@final
class Squareplus {
  /** c and c / 2 */
  c: v128;
  halfC: v128;
  /** a power of two about 2^-40 / sqrt(beta); beta and beta / 2 times its square */
  scale: v128;
  scaledBeta: v128;
  scaledHalfBeta: v128;


  @inline forward(x: v128): v128 {
    const h = abs(f64x2.mul(x, splat(HALF)));
    const bounded = f64x2.pmin(h, splat(SQUARE_END));
    const square = i64x2.add(madd(bounded, bounded, this.c), splat(MINUS_1));
    const d = f64x2.pmax(f64x2.sub(f64x2.sqrt(square), h), zero());
    const rest = nmadd(f64x2.mul(d, splat(HALF)), d, nmadd(d, bounded, this.halfC));
    const start = f64x2.add(f64x2.pmax(x, zero()), d);
    return f64x2.add(start, f64x2.div(rest, f64x2.add(h, d)));
  }


  @inline derivative(x: v128): v128 {
    const a = f64x2.pmin(abs(f64x2.mul(x, this.scale)), splat(SQUARE_END));
    // one rounding of t, not two: 2.3 ULP before
    const h = highHalf(a);
    const square = f64x2.mul(h, h);
    const sum = f64x2.add(square, this.scaledBeta);
    const rest = madd(f64x2.sub(a, h), f64x2.add(a, h), lostOfAny(square, this.scaledBeta, sum));
    const t = f64x2.add(sum, rest);
    const product = f64x2.mul(a, f64x2.sqrt(t));
    const d = f64x2.add(t, product);
    return bothSides(x, quotient(this.scaledHalfBeta, zero(), d, lost(t, product, d)));
  }
}
export function squareplus(p: usize, x: usize, y: usize, n: usize): void {
  forward<Squareplus>(p, x, y, n);
}
export function squareplusBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Squareplus>(p, dy, x, dx, n);
}

/** softsign(x) rounds to 1 far below, and infinity would make a NaN; the derivative is 0 from here, as 2^-128 times its square is finite. */
const SOFTSIGN_END = memory.data<f64>([3.599131035634557e162]);
const MINUS_SOFTSIGN_END = memory.data<f64>([-3.599131035634557e162]);

/**
 * softsign(x) = x / (1 + |x|).
 * Its derivative is 1 / (1 + |x|)^2 with 1 + |x| = h + l, h of 26 bits and l the exact rest, so that the square is h^2 + l (2 h + l)
 * rounded once; times 2^-128, so that it does not overflow before the result vanishes.
 * Error at most 1.6 ULP, of the derivative 1.6.
 */
@unmanaged
@final
class Softsign {

  @inline forward(x: v128): v128 {
    const z = clamp(x, splat(MINUS_SOFTSIGN_END), splat(SOFTSIGN_END));
    return f64x2.div(z, f64x2.add(abs(z), splat(ONE)));
  }


  @inline derivative(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(SOFTSIGN_END));
    const one = splat(ONE);
    const larger = f64x2.pmax(a, one);
    const smaller = f64x2.pmin(one, a);
    const d = f64x2.add(larger, smaller);
    const h = highHalf(d);
    const l = f64x2.sub(smaller, f64x2.sub(h, larger));
    const scale = splat(TWO_TO_MINUS_128);
    const square = madd(f64x2.mul(l, scale), f64x2.add(h, d), f64x2.mul(f64x2.mul(h, scale), h));
    return f64x2.div(scale, square);
  }
}
export function softsign(p: usize, x: usize, y: usize, n: usize): void {
  forward<Softsign>(p, x, y, n);
}
export function softsignBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Softsign>(p, dy, x, dx, n);
}
