import type { Spec } from './activation';
import { arenaCapacity, arenaOver, isSharedArena } from './arena';
import { unshared } from './overlap';
import type { Kernel, KernelSet, Runtime, Workspace } from './runtime';
import { ARENA } from './staging';

/** Plain JavaScript loops over the float64 functions of the table. */
export function jsRuntime(): Runtime {
  let work: Workspace | undefined;
  return {
    backend: 'js',
    kernel: jsKernel,
    createArena(bytes, options) {
      const capacity = arenaCapacity(bytes);
      const buffer = isSharedArena(options) ? new SharedArrayBuffer(capacity) : new ArrayBuffer(capacity);
      return arenaOver(buffer, 0, capacity);
    },
    holds: () => true,
    workspace() {
      work ??= jsWorkspace();
      return work;
    },
  };
}

function jsKernel(spec: Spec): Kernel {
  const { forward, backward } = spec.family.copies[spec.name].loops(spec);
  return {
    forward(x, out, a, b) {
      forward(unshared(x, out), out, a, b);
    },
    backward(dy, x, out, a, b) {
      backward(unshared(dy, out), unshared(x, out), out, a, b);
    },
  };
}

function jsWorkspace(): Workspace {
  const heap = new Float32Array(ARENA / 4);
  const sets = new Map<object, object>();
  const part = (address: number, n: number) => heap.subarray(address / 4, address / 4 + n);
  return {
    heap,
    kernels<K extends object>(set: KernelSet<K>): K {
      const kernels = (sets.get(set) as K | undefined) ?? set.js(heap.buffer);
      sets.set(set, kernels);
      return kernels;
    },
    share: () => undefined,
    lend: () => ({ at: 0, release() {} }),
    address: () => undefined,
    linkage: () => undefined,
    forward: (spec, a, b, x, y, n) => jsKernel(spec).forward(part(x, n), part(y, n), a, b),
    backward: (spec, a, b, dy, x, dx, n) => jsKernel(spec).backward(part(dy, n), part(x, n), part(dx, n), a, b),
  };
}
