import { clamp, HALF, keepNaN, madd, ONE, select, splat, zero } from './lanes';
import { backward, forward } from './loops';

const THREE = memory.data<real>([3.0]);
const ONE_AND_HALF = memory.data<real>([1.5]);
const THIRD = memory.data<real>([1.0 / 3.0]);
const SIXTH = memory.data<real>([1.0 / 6.0]);
const MINUS_ONE = memory.data<real>([-1.0]);
const MINUS_THREE = memory.data<real>([-3.0]);

/**
 * hardSigmoid(x) = min(max(alpha x + beta, 0), 1); derivative alpha inside, 0 at both ends.
 * Computed as alpha (x + beta / alpha), with the quotient in two parts: relative accuracy holds up to the lower corner,
 * where alpha x + beta cancels.
 * Error at most 2 ULP, of the derivative 1.
 */
@unmanaged
@final
class HardSigmoid {
  alpha: v128;
  /** beta / alpha rounded, and alpha times what that leaves */
  offset: v128;
  betaRest: v128;
  lower: v128;
  upper: v128;


  @inline forward(x: v128): v128 {
    // Not fused, so that JavaScript can give the same bits for tiny arrays.
    const y = reals.add(reals.mul(reals.add(x, this.offset), this.alpha), this.betaRest);
    return clamp(y, zero(), splat(ONE));
  }


  @inline derivative(x: v128): v128 {
    const inside = v128.and(reals.gt(x, this.lower), reals.lt(x, this.upper));
    return keepNaN(v128.and(inside, this.alpha), x);
  }
}
export function hardSigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forward<HardSigmoid>(p, x, y, n);
}
export function hardSigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<HardSigmoid>(p, dy, x, dx, n);
}

/**
 * hardSwish(x) = x min(max(x + 3, 0), 6) / 6; derivative (x + 1.5) / 3 inside, 0 at -3, 1 at 3.
 * The factor is (x + 3) / 6 up to -1, where the sum is exact, and x / 6 + 1 / 2 above, whose terms do not cancel; it comes first, so
 * that a large x does not overflow. x is bounded below, because -Infinity * 0 is NaN.
 * Error at most 1.6 ULP, of the derivative 1.4.
 */
@unmanaged
@final
class HardSwish {

  @inline forward(x: v128): v128 {
    const z = reals.pmax(x, splat(MINUS_THREE));
    const above = reals.gt(z, splat(MINUS_ONE));
    const t = reals.add(z, v128.andnot(splat(THREE), above));
    const factor = madd(t, splat(SIXTH), v128.and(splat(HALF), above));
    return reals.mul(z, reals.pmin(factor, splat(ONE)));
  }


  @inline derivative(x: v128): v128 {
    const inside = reals.mul(reals.add(x, splat(ONE_AND_HALF)), splat(THIRD));
    const capped = select(reals.ge(x, splat(THREE)), splat(ONE), inside);
    return v128.andnot(capped, reals.le(x, splat(MINUS_THREE)));
  }
}
export function hardSwish(p: usize, x: usize, y: usize, n: usize): void {
  forward<HardSwish>(p, x, y, n);
}
export function hardSwishBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<HardSwish>(p, dy, x, dx, n);
}

/**
 * sparsePlus(x) = x <= -1 ? 0 : x >= 1 ? x : (x + 1)^2 / 4.
 * Error at most 2 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class SparsePlus {

  @inline forward(x: v128): v128 {
    const root = reals.mul(reals.add(reals.pmax(x, splat(MINUS_ONE)), splat(ONE)), splat(HALF));
    return select(reals.ge(x, splat(ONE)), x, reals.mul(root, root));
  }


  @inline derivative(x: v128): v128 {
    return sparseSigmoidOf(x);
  }
}
export function sparsePlus(p: usize, x: usize, y: usize, n: usize): void {
  forward<SparsePlus>(p, x, y, n);
}
export function sparsePlusBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<SparsePlus>(p, dy, x, dx, n);
}

/**
 * sparseSigmoid(x) = min(max((x + 1) / 2, 0), 1); derivative 1/2 inside, 0 at both ends.
 * Error at most 0.5 ULP, of the derivative 0.5.
 */
@unmanaged
@final
class SparseSigmoid {

  @inline forward(x: v128): v128 {
    return sparseSigmoidOf(x);
  }


  @inline derivative(x: v128): v128 {
    const inside = v128.and(reals.gt(x, splat(MINUS_ONE)), reals.lt(x, splat(ONE)));
    return keepNaN(v128.and(inside, splat(HALF)), x);
  }
}
export function sparseSigmoid(p: usize, x: usize, y: usize, n: usize): void {
  forward<SparseSigmoid>(p, x, y, n);
}
export function sparseSigmoidBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<SparseSigmoid>(p, dy, x, dx, n);
}

/** Also the derivative of sparsePlus. */
@inline
function sparseSigmoidOf(x: v128): v128 {
  return clamp(reals.mul(reals.add(x, splat(ONE)), splat(HALF)), zero(), splat(ONE));
}
