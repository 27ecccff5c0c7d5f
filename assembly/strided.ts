// Loops over matrices of `rows` rows of `width` elements, any number of both. A stride is the distance in bytes from a row to the next: 0
// for one row that serves all. Operators have no fields. A row's last elements go through the same vector code, lane by lane.

export const VECTOR: usize = 16; // bytes
/** Bytes of an element. */
export const ELEMENT: usize = sizeof<real>();
export const LANES: usize = VECTOR / ELEMENT;
/** Bytes of a row that are whole vectors. */
const WHOLE: usize = ~15;

/** The first `n` elements at `address`, fewer than a vector's, and zeros: what lies behind them may be no memory at all. */
@inline
export function loadFirst(address: usize, n: usize): v128 {
  if (LANES == 2) return v128.load64_zero(address);
  if (n == 1) return v128.load32_zero(address);
  const two = v128.load64_zero(address);
  return n == 2 ? two : v128.load32_lane(address, two, 2, 8);
}

/** Stores the first `n` lanes, fewer than all. */
@inline
export function storeFirst(address: usize, v: v128, n: usize): void {
  if (LANES == 2) {
    v128.store64_lane(address, v, 0);
  } else if (n == 1) {
    v128.store32_lane(address, v, 0);
  } else {
    v128.store64_lane(address, v, 0);
    if (n == 3) v128.store32_lane(address, v, 2, 8);
  }
}

/** y = Op.of(a). */
export function unary<Op>(a: usize, aStride: usize, y: usize, yStride: usize, width: usize, rows: usize): void {
  const op = changetype<Op>(0);
  const whole = (width * ELEMENT) & WHOLE;
  const rest = width & (LANES - 1);
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < whole; i += VECTOR) v128.store(y + i, op.of(v128.load(a + i)));
    if (rest) storeFirst(y + whole, op.of(loadFirst(a + whole, rest)), rest);
    a += aStride;
    y += yStride;
  }
}

/** y = Op.of(a, b). */
export function binary<Op>(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  const op = changetype<Op>(0);
  const whole = (width * ELEMENT) & WHOLE;
  const rest = width & (LANES - 1);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (; i + 3 * VECTOR < whole; i += 4 * VECTOR) {
      const p = op.of(v128.load(a + i), v128.load(b + i));
      const q = op.of(v128.load(a + i, VECTOR), v128.load(b + i, VECTOR));
      const r = op.of(v128.load(a + i, 2 * VECTOR), v128.load(b + i, 2 * VECTOR));
      const s = op.of(v128.load(a + i, 3 * VECTOR), v128.load(b + i, 3 * VECTOR));
      v128.store(y + i, p);
      v128.store(y + i, q, VECTOR);
      v128.store(y + i, r, 2 * VECTOR);
      v128.store(y + i, s, 3 * VECTOR);
    }
    for (; i < whole; i += VECTOR) v128.store(y + i, op.of(v128.load(a + i), v128.load(b + i)));
    if (rest) storeFirst(y + whole, op.of(loadFirst(a + whole, rest), loadFirst(b + whole, rest)), rest);
    a += aStride;
    b += bStride;
    y += yStride;
  }
}

/** y = Op.of(a, b, c). */
export function ternary<Op>(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  c: usize,
  cStride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  const op = changetype<Op>(0);
  const whole = (width * ELEMENT) & WHOLE;
  const rest = width & (LANES - 1);
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < whole; i += VECTOR) {
      v128.store(y + i, op.of(v128.load(a + i), v128.load(b + i), v128.load(c + i)));
    }
    if (rest) {
      const last = op.of(loadFirst(a + whole, rest), loadFirst(b + whole, rest), loadFirst(c + whole, rest));
      storeFirst(y + whole, last, rest);
    }
    a += aStride;
    b += bStride;
    c += cStride;
    y += yStride;
  }
}

/**
 * Adds the terms Op.low(a, b) and Op.high(a, b), in float64, of each column to `sums`: one float64 a column, with room for a multiple of 4.
 */
export function columnSums<Op>(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  sums: usize,
  width: usize,
  rows: usize,
): void {
  const op = changetype<Op>(0);
  for (; width > 0; width -= 4) {
    let low = v128.load(sums);
    let high = v128.load(sums, VECTOR);
    const isWhole = width >= 4;
    let p = a;
    let q = b;
    for (let row: usize = 0; row < rows; row++) {
      const u = isWhole ? v128.load(p) : loadFirst(p, width);
      const v = isWhole ? v128.load(q) : loadFirst(q, width);
      low = f64x2.add(low, op.low(u, v));
      high = f64x2.add(high, op.high(u, v));
      p += aStride;
      q += bStride;
    }
    v128.store(sums, low);
    v128.store(sums, high, VECTOR);
    if (!isWhole) return;
    a += VECTOR;
    b += VECTOR;
    sums += 2 * VECTOR;
  }
}
