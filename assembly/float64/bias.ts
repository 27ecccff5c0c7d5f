import { loadFirst, VECTOR } from '../strided';
import { lostOfAny } from './math';

export { addRow } from '../bias';

/**
 * Adds the columns of a matrix to `sums`, compensated (Neumaier). Of each two columns there are the two sums, then what these lack; NaN once a
 * sum is not finite.
 */
export function addColumns(x: usize, xStride: usize, sums: usize, width: usize, rows: usize): void {
  for (; width > 0; width -= 2) {
    let sum = v128.load(sums);
    let low = v128.load(sums, VECTOR);
    const isWhole = width >= 2;
    let p = x;
    for (let row: usize = 0; row < rows; row++) {
      const term = isWhole ? v128.load(p) : loadFirst(p, width);
      const next = f64x2.add(sum, term);
      low = f64x2.add(low, lostOfAny(sum, term, next));
      sum = next;
      p += xStride;
    }
    v128.store(sums, sum);
    v128.store(sums, low, VECTOR);
    if (!isWhole) return;
    x += VECTOR;
    sums += 2 * VECTOR;
  }
}
