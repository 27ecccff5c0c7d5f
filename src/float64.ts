import type { Spec } from './activation';
import { Binary } from './binary';
import { relaxed, simd } from './generated/float64';
import type { KernelSet, Runtime } from './runtime';
import { apart, inBlocks, OWN } from './staged';
import type { TypedKernel } from './types';
import { kernelName } from './wasm';

type Forward = (params: number, x: number, y: number, n: number) => void;
type Backward = (params: number, dy: number, x: number, dx: number, n: number) => void;
type Float64Kernels = { readonly [kernel: string]: Forward & Backward };

/** The kernels of assembly/float64/. The js backend has no use for these: its loops work on the arrays themselves. */
const float64Kernels: KernelSet<Float64Kernels> = {
  binary: /* @__PURE__ */ new Binary('float64', { relaxed, simd }),
  js: () => ({}),
};
/** The kernels take four at a time. */
const WHOLE = 4;
const WIDTH = 8;

/** An activation on float64 numbers. */
export function float64Kernel(runtime: Runtime, spec: Spec): TypedKernel {
  if (runtime.backend === 'js') return loops(spec);

  /** Writes the kernel's fields, each to both lanes of a vector, to `heap`. */
  function writeFields(heap: Float32Array, a: number, b: number): void {
    const fields = spec.fields64?.(a, b) ?? [a, b];
    new Float64Array(heap.buffer, OWN, 2 * fields.length).set(fields.flatMap((field) => [field, field]));
  }

  return {
    forward(x, out, a, b) {
      inBlocks(runtime, [x], out, WIDTH, WHOLE, (workspace) => {
        writeFields(workspace.heap, a, b);
        const kernel: Forward = workspace.kernels(float64Kernels)[kernelName(spec, a, b)];
        return (n, target, source) => kernel(OWN, source, target, n);
      });
    },
    backward(dy, x, out, a, b) {
      inBlocks(runtime, [x, dy], out, WIDTH, WHOLE, (workspace) => {
        writeFields(workspace.heap, a, b);
        const kernel: Backward = workspace.kernels(float64Kernels)[`${kernelName(spec, a, b)}Backward`];
        return (n, target, source, gradient) => kernel(OWN, gradient, source, target, n);
      });
    },
  };
}

function loops({ value, derivative }: Spec): TypedKernel {
  return {
    forward(x, out, a, b) {
      const source = apart(x, out);
      for (let i = 0; i < out.length; i++) out[i] = value(source[i], a, b);
    },
    backward(dy, x, out, a, b) {
      const upstream = apart(dy, out);
      const source = apart(x, out);
      for (let i = 0; i < out.length; i++) out[i] = upstream[i] * derivative(source[i], a, b);
    },
  };
}
