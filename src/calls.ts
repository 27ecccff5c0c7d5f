import type { Calls, Last, Spec } from './activation';
import type { Kernel, Runtime } from './runtime';
import { load, SHORT, STAGE_DY, STAGE_X, WHOLE } from './staging';
import type { Linked } from './wasm';

// What runs in each call. The build makes a copy of these functions for each activation (scripts/build-kernels.mjs), because V8 keeps
// its type feedback by function: shared by all activations, they look up options, float64 functions and kernels anew at each call. hardTanh of one element, same arrays again: shared 33 ns, copied 10; sigmoid 52 and 31 (Node 20).

/** Up to this length the plain loop serves where it gives the kernel's bits: calling WebAssembly costs 9 ns. */
const TINY = 16;

// ---- copied from here on ----

/** Plain loops over a row's float64 functions. */
export function loops({ value, derivative }: Pick<Spec, 'value' | 'derivative'>): Kernel {
  return {
    forward(x, out, a, b) {
      for (let i = 0; i < out.length; i++) out[i] = value(x[i], a, b);
    },
    backward(dy, x, out, a, b) {
      for (let i = 0; i < out.length; i++) out[i] = dy[i] * Math.fround(derivative(x[i], a, b));
    },
  };
}

/**
 * Applies a kernel to `n` elements from element `from` on, at most a staging block of them: the gradient where `dy` is given, else the
 * value. The sources are read before the destination is written.
 */
export function stage(
  kernel: Linked,
  dy: Float32Array | undefined,
  x: Float32Array,
  out: Float32Array,
  a: number,
  b: number,
  from: number,
  n: number,
): void {
  const { block } = kernel;
  const whole = (n + WHOLE - 1) & -WHOLE;
  load(block.x, x, from, n, whole);
  if (dy === undefined) {
    kernel.forward(kernel.address(a, b), STAGE_X, STAGE_X, whole);
  } else {
    load(block.dy, dy, from, n, whole);
    kernel.backward(kernel.address(a, b), STAGE_DY, STAGE_X, STAGE_X, whole);
  }
  if (n < SHORT) for (let i = 0; i < n; i++) out[from + i] = block.x[i];
  else out.set(block.head(n), from);
}

/**
 * An activation's calls. When the arrays and options of the last call on a small array come again, as in a loop, only values that can
 * have changed are looked at; any other call is left to `slow`.
 */
export function calls(
  { exact }: Spec,
  loop: Kernel,
  [optionA, optionB]: readonly string[],
  runtime: () => Runtime,
  slow: Calls,
  last: Last,
  lastBackward: Last,
): Calls {
  return {
    forward(x, options) {
      const { linked, out, n } = last;
      if (
        linked === undefined ||
        x !== last.x ||
        options !== last.options ||
        options?.out !== out ||
        options.bias !== undefined ||
        options[optionA] !== last.optionA ||
        options[optionB] !== last.optionB ||
        x.length !== n || // shorter if a buffer has been detached since
        out.length !== n ||
        runtime() !== last.runtime
      ) {
        return slow.forward(x, options);
      }
      if (exact && n <= TINY) loop.forward(x, out, last.a, last.b);
      else stage(linked, undefined, x, out, last.a, last.b, 0, n);
      return out;
    },
    backward(dy, x, options) {
      const { linked, out, n } = lastBackward;
      if (
        linked === undefined ||
        dy !== lastBackward.dy ||
        x !== lastBackward.x ||
        options !== lastBackward.options ||
        options?.out !== out ||
        options.bias !== undefined ||
        options[optionA] !== lastBackward.optionA ||
        options[optionB] !== lastBackward.optionB ||
        dy.length !== n ||
        x.length !== n ||
        out.length !== n ||
        runtime() !== lastBackward.runtime
      ) {
        return slow.backward(dy, x, options);
      }
      if (exact && n <= TINY) loop.backward(dy, x, out, lastBackward.a, lastBackward.b);
      else stage(linked, dy, x, out, lastBackward.a, lastBackward.b, 0, n);
      return out;
    },
  };
}
