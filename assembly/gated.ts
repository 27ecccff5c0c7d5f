import { Gelu, GeluTanh } from './gelu';
import { negate, zero } from './lanes';
import { Relu } from './relu';
import { binary, loadFirst, storeFirst, ternary, unary } from './strided';
import { Sigmoid, Silu } from './sigmoid';

// Gated linear units in one pass: as an activation of blocks and a product, they wait for memory twice. An operator's fields are at
// `params`. Results may replace any of the sources.

/** x */
@unmanaged
@final
class Copy {

  @inline of(x: v128): v128 {
    return x;
  }
}
export function copyRows(x: usize, xStride: usize, y: usize, yStride: usize, width: usize, rows: usize): void {
  unary<Copy>(x, xStride, y, yStride, width, rows);
}

/** a b */
@unmanaged
@final
class Multiply {

  @inline of(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
export function multiplyRows(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  binary<Multiply>(a, aStride, b, bStride, y, yStride, width, rows);
}

/** relu(x) */
@unmanaged
@final
class Positive {

  @inline of(x: v128): v128 {
    return f32x4.pmax(x, zero());
  }
}

/** relu(-x) */
@unmanaged
@final
class Negative {

  @inline of(x: v128): v128 {
    return f32x4.pmax(negate(x), zero());
  }
}

/** relu(x) to `positive`, relu(-x) to `negative`. */
export function crelu(
  x: usize,
  xStride: usize,
  positive: usize,
  negative: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  unary<Positive>(x, xStride, positive, yStride, width, rows);
  unary<Negative>(x, xStride, negative, yStride, width, rows);
}

/** The gradient of crelu: that of the half in which x is, 0 at 0, NaN for NaN. */
@unmanaged
@final
class CreluGradient {

  @inline of(x: v128, positive: v128, negative: v128): v128 {
    const above = v128.and(positive, f32x4.gt(x, zero()));
    const below = v128.and(f32x4.sub(zero(), negative), f32x4.lt(x, zero()));
    return v128.or(v128.or(above, below), f32x4.ne(x, x));
  }
}
export function creluBackward(
  positive: usize,
  negative: usize,
  dyStride: usize,
  x: usize,
  xStride: usize,
  dx: usize,
  dxStride: usize,
  width: usize,
  rows: usize,
): void {
  ternary<CreluGradient>(x, xStride, positive, dyStride, negative, dyStride, dx, dxStride, width, rows);
}

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
