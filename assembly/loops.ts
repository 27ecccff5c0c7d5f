// The loops. An operator `Op` is an unmanaged class with a `forward(x)` and a `derivative(x)`; its fields are the parameters, one
// v128 each, which the loader has written at `params`. Addresses are in bytes; a destination may equal a source.
//
// n is a multiple of 8, or of 4 float64: the loader stages what remains of an array as a whole block, so that every element goes through the
// same vector code, and no kernel needs a loop for single elements.

const VECTOR: usize = 16; // bytes
const LANES: usize = VECTOR / sizeof<real>();

/**
 * y[i] = Op.forward(x[i]) for i < n, for operators of up to some forty instructions.
 * By four the latency of one chain hides behind the others, and a constant is loaded once for all: sigmoid, ns per element, by
 * 4 / 2 / 1: Node 20 0.85 / 1.09 / 1.28, Node 26 1.06 / 1.13 / 1.14.
 */
export function forward<Op>(params: usize, x: usize, y: usize, n: usize): void {
  const op = changetype<Op>(params);
  for (; n >= 4 * LANES; n -= 4 * LANES) {
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
  for (; n > 0; n -= LANES) {
    v128.store(y, op.forward(v128.load(x)));
    x += VECTOR;
    y += VECTOR;
  }
}

/**
 * The same for longer operators: four copies of them spill on 16 registers and gain nothing (gelu, Node 26, by 4 / 2: 2.78 / 2.77 ns
 * per element), but double the binary.
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

/** dx[i] = dy[i] * Op.derivative(x[i]) for i < n. */
export function backward<Op>(params: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  const op = changetype<Op>(params);
  for (; n > 0; n -= 2 * LANES) {
    const a = reals.mul(v128.load(dy), op.derivative(v128.load(x)));
    const b = reals.mul(v128.load(dy, VECTOR), op.derivative(v128.load(x, VECTOR)));
    v128.store(dx, a);
    v128.store(dx, b, VECTOR);
    dy += 2 * VECTOR;
    x += 2 * VECTOR;
    dx += 2 * VECTOR;
  }
}
