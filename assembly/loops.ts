// The loops. An operator `Op` is an unmanaged class with a `forward(x)` and a `derivative(x)`; its fields are the parameters, one
// v128 each, which the loader has written at `params`. Addresses are in bytes; a destination may equal a source.
//
// n is a multiple of 16: the loader stages what remains of an array as a whole block, so that every element goes
// through the same vector code, and a kernel has no second copy of its operator for a tail.

const VECTOR: usize = 16; // bytes
const LANES: usize = 4;

/** y[i] = Op.forward(x[i]) for i < n. */
export function forward<Op>(params: usize, x: usize, y: usize, n: usize): void {
  const op = changetype<Op>(params);
  // By four: the latency of one chain hides behind the others, and a constant is loaded once for all.
  // Sigmoid, ns per element, by 4 / 2 / 1: Node 20 0.78 / 0.96 / 1.28, Node 26 0.92 / 0.93 / 1.14.
  for (; n > 0; n -= 4 * LANES) {
    const a = op.forward(v128.load(x));
    const b = op.forward(v128.load(x, VECTOR));
    const c = op.forward(v128.load(x, 2 * VECTOR));
    const d = op.forward(v128.load(x, 3 * VECTOR));
    v128.store(y, a);
    v128.store(y, b, VECTOR);
    v128.store(y, c, 2 * VECTOR);
    v128.store(y, d, 3 * VECTOR);
    x += 4 * VECTOR;
    y += 4 * VECTOR;
  }
}

/** dx[i] = dy[i] * Op.derivative(x[i]) for i < n. */
export function backward<Op>(params: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  const op = changetype<Op>(params);
  for (; n > 0; n -= 4 * LANES) {
    const a = f32x4.mul(v128.load(dy), op.derivative(v128.load(x)));
    const b = f32x4.mul(v128.load(dy, VECTOR), op.derivative(v128.load(x, VECTOR)));
    const c = f32x4.mul(v128.load(dy, 2 * VECTOR), op.derivative(v128.load(x, 2 * VECTOR)));
    const d = f32x4.mul(v128.load(dy, 3 * VECTOR), op.derivative(v128.load(x, 3 * VECTOR)));
    v128.store(dx, a);
    v128.store(dx, b, VECTOR);
    v128.store(dx, c, 2 * VECTOR);
    v128.store(dx, d, 3 * VECTOR);
    dy += 4 * VECTOR;
    x += 4 * VECTOR;
    dx += 4 * VECTOR;
  }
}

/**
 * `forward` for operators of some fifty instructions and more: four copies of them spill on 16 registers and gain nothing (gelu, Node
 * 26, by 4 / 2: 2.78 / 2.77 ns per element), but double the binary.
 */
export function forwardLong<Op>(params: usize, x: usize, y: usize, n: usize): void {
  const op = changetype<Op>(params);
  for (; n > 0; n -= 2 * LANES) {
    const a = op.forward(v128.load(x));
    const b = op.forward(v128.load(x, VECTOR));
    v128.store(y, a);
    v128.store(y, b, VECTOR);
    x += 2 * VECTOR;
    y += 2 * VECTOR;
  }
}

/** `backward` for operators of some fifty instructions and more. */
export function backwardLong<Op>(params: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  const op = changetype<Op>(params);
  for (; n > 0; n -= 2 * LANES) {
    const a = f32x4.mul(v128.load(dy), op.derivative(v128.load(x)));
    const b = f32x4.mul(v128.load(dy, VECTOR), op.derivative(v128.load(x, VECTOR)));
    v128.store(dx, a);
    v128.store(dx, b, VECTOR);
    dy += 2 * VECTOR;
    x += 2 * VECTOR;
    dx += 2 * VECTOR;
  }
}
