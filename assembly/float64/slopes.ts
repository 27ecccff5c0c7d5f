import { zero } from '../lanes';
import { loadFirst, VECTOR } from '../strided';
import { lostOfAny, lostOfProduct } from './math';

/**
 * Adds the gradient of each column's slope, x > 0 ? 0 : x dy, to `sums`, as if in twice the precision (Dot2 of Ogita, Rump and Oishi, Accurate
 * Sum and Dot Product, 2005). Of each two columns there are the two sums, then what these lack; NaN once a sum is not finite.
 */
export function addSlopeGradients(
  dy: usize,
  dyStride: usize,
  x: usize,
  xStride: usize,
  sums: usize,
  width: usize,
  rows: usize,
): void {
  for (; width > 0; width -= 2) {
    let sum = v128.load(sums);
    let low = v128.load(sums, VECTOR);
    const isWhole = width >= 2;
    let p = dy;
    let q = x;
    for (let row: usize = 0; row < rows; row++) {
      const u = isWhole ? v128.load(p) : loadFirst(p, width);
      const v = isWhole ? v128.load(q) : loadFirst(q, width);
      const isAbove = f64x2.gt(v, zero());
      const a = v128.andnot(u, isAbove);
      const b = v128.andnot(v, isAbove);
      const term = f64x2.mul(a, b);
      const next = f64x2.add(sum, term);
      low = f64x2.add(low, f64x2.add(lostOfAny(sum, term, next), lostOfProduct(a, b, term)));
      sum = next;
      p += dyStride;
      q += xStride;
    }
    v128.store(sums, sum);
    v128.store(sums, low, VECTOR);
    if (!isWhole) return;
    dy += VECTOR;
    x += VECTOR;
    sums += 2 * VECTOR;
  }
}
