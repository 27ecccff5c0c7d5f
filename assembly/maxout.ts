import { select } from './lanes';
import { ELEMENT, LANES, storeFirst } from './strided';

// The largest of k elements, `part` bytes apart, for a matrix of them. Lanes are neighbours in a row, `lane` bytes apart: an element,
// or more where a group lies in one piece and the lanes are groups.

/** `n` elements, 1 to all of a vector, `lane` bytes apart. */
@inline
function load(address: usize, lane: usize, n: usize): v128 {
  if (lane == ELEMENT && n == LANES) return v128.load(address);
  if (LANES == 2) {
    const first = v128.load64_zero(address);
    return n == 1 ? first : v128.load64_lane(address + lane, first, 1);
  }
  let v = v128.load32_zero(address);
  if (n > 1) v = v128.load32_lane(address + lane, v, 1);
  if (n > 2) v = v128.load32_lane(address + 2 * lane, v, 2);
  if (n > 3) v = v128.load32_lane(address + 3 * lane, v, 3);
  return v;
}

/** Stores `n` lanes likewise. */
@inline
function store(address: usize, v: v128, lane: usize, n: usize): void {
  if (lane == ELEMENT && n == LANES) {
    v128.store(address, v);
    return;
  }
  if (LANES == 2) {
    v128.store64_lane(address, v, 0);
    if (n > 1) v128.store64_lane(address + lane, v, 1);
    return;
  }
  v128.store32_lane(address, v, 0);
  if (n > 1) v128.store32_lane(address + lane, v, 1);
  if (n > 2) v128.store32_lane(address + 2 * lane, v, 2);
  if (n > 3) v128.store32_lane(address + 3 * lane, v, 3);
}

/** Where x comes before the largest so far: it is larger, or the first NaN. */
@inline
function isBetter(x: v128, best: v128): v128 {
  return v128.andnot(reals.eq(best, best), reals.le(x, best));
}

/** The largest of each group, NaN if one is NaN, the first of equal ones. */
export function maxout(
  x: usize,
  row: usize,
  part: usize,
  lane: usize,
  k: usize,
  y: usize,
  width: usize,
  rows: usize,
): void {
  for (; rows > 0; rows--) {
    let at = x;
    for (let i: usize = 0; i < width; i += LANES) {
      const n = min<usize>(width - i, LANES);
      let best = load(at, lane, n);
      // pmax passes over a NaN.
      let isNaN = reals.ne(best, best);
      for (let t: usize = 1; t < k; t++) {
        const next = load(at + t * part, lane, n);
        best = reals.pmax(best, next);
        isNaN = v128.or(isNaN, reals.ne(next, next));
      }
      best = v128.or(best, isNaN);
      if (n == LANES) v128.store(y, best);
      else storeFirst(y, best, n);
      at += LANES * lane;
      y += n * ELEMENT;
    }
    x += row;
  }
}

/** dy to the place of the largest, 0 to the others. `dx` lies as `x` does, and may be it. */
export function maxoutBackward(
  dy: usize,
  x: usize,
  dx: usize,
  row: usize,
  part: usize,
  lane: usize,
  k: usize,
  width: usize,
  rows: usize,
): void {
  for (; rows > 0; rows--) {
    let offset: usize = 0;
    for (let i: usize = 0; i < width; i += LANES) {
      const n = min<usize>(width - i, LANES);
      const upstream = load(dy, ELEMENT, n);
      let best = load(x + offset, lane, n);
      let index = i32x4.splat(0);
      for (let t: usize = 1; t < k; t++) {
        const next = load(x + offset + t * part, lane, n);
        const better = isBetter(next, best);
        best = select(better, next, best);
        index = select(better, i32x4.splat(<i32>t), index);
      }
      for (let t: usize = 0; t < k; t++) {
        const isThis = i32x4.eq(index, i32x4.splat(<i32>t));
        store(dx + offset + t * part, v128.and(upstream, isThis), lane, n);
      }
      offset += LANES * lane;
      dy += n * ELEMENT;
    }
    x += row;
    dx += row;
  }
}
