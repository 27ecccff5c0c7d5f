import type { Spec } from './activation';
import type { Backward, Forward } from './family';
import { apart } from './overlap';
import type { Runtime, Workspace } from './runtime';
import { inBlocks, OWN, viewOf } from './staged';
import { type TypedKernel, types } from './types';
import { kernelName, sharedKernel } from './wasm';

/** The kernels take four at a time. */
const STEPS = { width: 8, whole: 4 };

/** An activation on float64 numbers. */
export function float64Kernel(runtime: Runtime, spec: Spec): TypedKernel {
  if (runtime.backend === 'js') return loops(spec);

  return {
    forward(x, out, a, b) {
      inBlocks(runtime, [x], out, STEPS, (workspace) => {
        writeFields(workspace, OWN, spec, a, b);
        const kernel: Forward = workspace.kernels(spec.family.float64)[kernelName(spec, a, b)];
        return (n, target, source) => kernel(OWN, source, target, n);
      });
    },
    backward(dy, x, out, a, b) {
      inBlocks(runtime, [x, dy], out, STEPS, (workspace) => {
        writeFields(workspace, OWN, spec, a, b);
        const kernel: Backward = workspace.kernels(spec.family.float64)[`${kernelName(spec, a, b)}Backward`];
        return (n, target, source, gradient) => kernel(OWN, gradient, source, target, n);
      });
    },
    share(workspace, isGradient, a, b) {
      const write = (at: number) => writeFields(workspace, at, spec, a, b);
      return sharedKernel(workspace, spec.family.float64, kernelName(spec, a, b), isGradient, write);
    },
  };
}

/** What a row's kernel got last: to work its fields out takes some microseconds. */
const last = /* @__PURE__ */ new WeakMap<
  Spec,
  { readonly a: number; readonly b: number; readonly fields: Float64Array }
>();

/** Writes the kernel's fields, each to both lanes of a vector, to address `at`. */
function writeFields(workspace: Workspace, at: number, spec: Spec, a: number, b: number): void {
  let kept = last.get(spec);
  if (kept?.a !== a || kept.b !== b) {
    const fields = spec.fields64?.(a, b) ?? [a, b];
    kept = { a, b, fields: Float64Array.from(fields.flatMap((field) => [field, field])) };
    last.set(spec, kept);
  }
  (viewOf(workspace, types.float64).memory as Float64Array).set(kept.fields, at / 8);
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
