import { Gelu, GeluTanh } from './gelu';
import { Relu } from './relu';
import { loadFirst, storeFirst } from './strided';
import { Sigmoid, Silu } from './sigmoid';

// Gated linear units in one pass: as an activation of blocks and a product, they wait for memory twice. An operator's fields are at
// `params`. Results may replace any of the sources.

/**
 * y = Op.forward(gate) other. The four values come first, then the products: with each product behind its value, a load between two chains,
 * swiglu in the second-level cache takes 1.28 of silu's time (V8 14.6), so 1.14; by two vectors 1.31.
 */
function times<Op>(
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
    for (; n >= 16; n -= 16) {
      const a = op.forward(v128.load(p));
      const b = op.forward(v128.load(p, 16));
      const c = op.forward(v128.load(p, 32));
      const d = op.forward(v128.load(p, 48));
      v128.store(r, f32x4.mul(a, v128.load(q)));
      v128.store(r, f32x4.mul(b, v128.load(q, 16)), 16);
      v128.store(r, f32x4.mul(c, v128.load(q, 32)), 32);
      v128.store(r, f32x4.mul(d, v128.load(q, 48)), 48);
      p += 64;
      q += 64;
      r += 64;
    }
    while (n > 0) {
      const isWhole = n >= 4;
      const a = isWhole ? v128.load(p) : loadFirst(p, n);
      const b = isWhole ? v128.load(q) : loadFirst(q, n);
      const product = f32x4.mul(op.forward(a), b);
      if (!isWhole) {
        storeFirst(r, product, n);
        break;
      }
      v128.store(r, product);
      n -= 4;
      p += 16;
      q += 16;
      r += 16;
    }
    gate += stride;
    other += stride;
    y += yStride;
  }
}

/** The gradients: dgate = dy other Op.derivative(gate), dother = dy Op.forward(gate). */
function timesBackward<Op>(
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
      const isWhole = n >= 4;
      const upstream = isWhole ? v128.load(dy + i) : loadFirst(dy + i, n);
      const a = isWhole ? v128.load(gate + i) : loadFirst(gate + i, n);
      const b = isWhole ? v128.load(other + i) : loadFirst(other + i, n);
      const p = f32x4.mul(f32x4.mul(upstream, b), op.derivative(a));
      const q = f32x4.mul(upstream, op.forward(a));
      if (!isWhole) {
        storeFirst(dgate + i, p, n);
        storeFirst(dother + i, q, n);
        break;
      }
      v128.store(dgate + i, p);
      v128.store(dother + i, q);
      n -= 4;
      i += 16;
    }
    dy += dyStride;
    gate += stride;
    other += stride;
    dgate += dStride;
    dother += dStride;
  }
}

export function sigmoidTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Sigmoid>(p, gate, other, stride, y, yStride, width, rows);
}
export function sigmoidTimesBackward(
  p: usize,
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
  timesBackward<Sigmoid>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function reluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Relu>(p, gate, other, stride, y, yStride, width, rows);
}
export function reluTimesBackward(
  p: usize,
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
  timesBackward<Relu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function geluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Gelu>(p, gate, other, stride, y, yStride, width, rows);
}
export function geluTimesBackward(
  p: usize,
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
  timesBackward<Gelu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function geluTanhTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<GeluTanh>(p, gate, other, stride, y, yStride, width, rows);
}
export function geluTanhTimesBackward(
  p: usize,
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
  timesBackward<GeluTanh>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function siluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Silu>(p, gate, other, stride, y, yStride, width, rows);
}
export function siluTimesBackward(
  p: usize,
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
  timesBackward<Silu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}
