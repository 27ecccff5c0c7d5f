import { LANES, loadFirst, storeFirst, VECTOR } from './strided';

// Gated linear units in one pass: as an activation of blocks and a product, they wait for memory twice. An operator's fields are at
// `params`. Results may replace any of the sources.

/**
 * y = Op.forward(gate) other. The four values come first, then the products: with each product behind its value, a load between two chains,
 * swiglu in the second-level cache takes 1.28 of silu's time (V8 14.6), so 1.14; by two vectors 1.31.
 */
export function times<Op>(
  params: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  const op = changetype<Op>(params);
  for (; rows > 0; rows--) {
    let p = gate;
    let q = other;
    let r = y;
    let n = width;
    for (; n >= 4 * LANES; n -= 4 * LANES) {
      const a = op.forward(v128.load(p));
      const b = op.forward(v128.load(p, VECTOR));
      const c = op.forward(v128.load(p, 2 * VECTOR));
      const d = op.forward(v128.load(p, 3 * VECTOR));
      v128.store(r, reals.mul(a, v128.load(q)));
      v128.store(r, reals.mul(b, v128.load(q, VECTOR)), VECTOR);
      v128.store(r, reals.mul(c, v128.load(q, 2 * VECTOR)), 2 * VECTOR);
      v128.store(r, reals.mul(d, v128.load(q, 3 * VECTOR)), 3 * VECTOR);
      p += 4 * VECTOR;
      q += 4 * VECTOR;
      r += 4 * VECTOR;
    }
    while (n > 0) {
      const isWhole = n >= LANES;
      const a = isWhole ? v128.load(p) : loadFirst(p, n);
      const b = isWhole ? v128.load(q) : loadFirst(q, n);
      const product = reals.mul(op.forward(a), b);
      if (!isWhole) {
        storeFirst(r, product, n);
        break;
      }
      v128.store(r, product);
      n -= LANES;
      p += VECTOR;
      q += VECTOR;
      r += VECTOR;
    }
    gate += stride;
    other += stride;
    y += yStride;
  }
}

/** The gradients: dgate = dy other Op.derivative(gate), dother = dy Op.forward(gate). */
export function timesBackward<Op>(
  params: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  const op = changetype<Op>(params);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    let n = width;
    while (n > 0) {
      const isWhole = n >= LANES;
      const upstream = isWhole ? v128.load(dy + i) : loadFirst(dy + i, n);
      const a = isWhole ? v128.load(gate + i) : loadFirst(gate + i, n);
      const b = isWhole ? v128.load(other + i) : loadFirst(other + i, n);
      const p = reals.mul(reals.mul(upstream, b), op.derivative(a));
      const q = reals.mul(upstream, op.forward(a));
      if (!isWhole) {
        storeFirst(dgate + i, p, n);
        storeFirst(dother + i, q, n);
        break;
      }
      v128.store(dgate + i, p);
      v128.store(dother + i, q);
      n -= LANES;
      i += VECTOR;
    }
    dy += dyStride;
    gate += stride;
    other += stride;
    dgate += dStride;
    dother += dStride;
  }
}
