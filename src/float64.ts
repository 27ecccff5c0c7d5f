import type { Chosen, Spec } from './activation';
import { apart } from './overlap';
import type { Runtime, Workspace } from './runtime';
import { inBlocks, OWN, viewOf } from './staged';
import { type TypedKernel, types } from './types';
import { kernelName, sharedKernel } from './wasm';

type Linkage = NonNullable<ReturnType<Workspace['linkage']>>;

interface Float64Work {
  forward(x: number, y: number, n: number): void;
  backward(dy: number, x: number, dx: number, n: number): void;
}

/** The kernels take four at a time. */
const STEPS = { width: 8, whole: 4 };

/** An activation on float64 numbers. */
export function float64Kernel(runtime: Runtime, spec: Spec): TypedKernel {
  if (runtime.backend === 'js') return loops(spec);

  return {
    forward(x, out, a, b) {
      inBlocks(runtime, [x], out, STEPS, (workspace) => {
        const { forward } = float64Work(workspace, { row: spec, a, b }, OWN);
        return (n, target, source) => forward(source, target, n);
      });
    },
    backward(dy, x, out, a, b) {
      inBlocks(runtime, [x, dy], out, STEPS, (workspace) => {
        const { backward } = float64Work(workspace, { row: spec, a, b }, OWN);
        return (n, target, source, gradient) => backward(gradient, source, target, n);
      });
    },
    share(workspace, isGradient, a, b) {
      const write = (at: number) => writeFields(workspace, at, spec, a, b);
      return sharedKernel(workspace, spec.family.float64, kernelName(spec, a, b), isGradient, write);
    },
  };
}

/**
 * The name of an activation's kernel, whose fields are written to `params`, where nothing else is to be written until its work is done; undefined
 * where there are no kernels.
 */
export function float64Linkage(workspace: Workspace, { row, a, b }: Chosen, params: number): Linkage | undefined {
  const name = kernelName(row, a, b);
  if (workspace.kernels(row.family.float64)[`${name}Backward`] === undefined) return undefined;
  writeFields(workspace, params, row, a, b);
  return { name, params };
}

/** An activation on float64 numbers in a workspace, a multiple of 4 of them, by their addresses. */
export function float64Work(workspace: Workspace, chosen: Chosen, params: number): Float64Work {
  const linkage = float64Linkage(workspace, chosen, params);
  const { row, a, b } = chosen;
  if (linkage === undefined) {
    const { forward, backward } = loops(row);
    const part = (at: number, n: number) => new Float64Array(workspace.heap.buffer, at, n);
    return {
      forward: (x, y, n) => forward(part(x, n), part(y, n), a, b),
      backward: (dy, x, dx, n) => backward(part(dy, n), part(x, n), part(dx, n), a, b),
    };
  }
  const { [linkage.name]: value, [`${linkage.name}Backward`]: gradient } = workspace.kernels(row.family.float64);
  return {
    forward: (x, y, n) => value(params, x, y, n),
    backward: (dy, x, dx, n) => gradient(params, dy, x, dx, n),
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
