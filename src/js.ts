import type { Spec } from './activation';
import { arenaCapacity, arenaOver, isSharedArena } from './arena';
import { copies } from './generated/calls';
import { unshared } from './overlap';
import type { Kernel, Runtime } from './runtime';

/** Plain JavaScript loops over the float64 functions of the table. */
export function jsRuntime(): Runtime {
  return {
    backend: 'js',
    kernel: jsKernel,
    createArena(bytes, options) {
      const capacity = arenaCapacity(bytes);
      const buffer = isSharedArena(options) ? new SharedArrayBuffer(capacity) : new ArrayBuffer(capacity);
      return arenaOver(buffer, 0, capacity);
    },
    holds: () => true,
  };
}

function jsKernel(spec: Spec): Kernel {
  const { forward, backward } = copies[spec.name].loops(spec);
  return {
    forward(x, out, a, b) {
      forward(unshared(x, out), out, a, b);
    },
    backward(dy, x, out, a, b) {
      backward(unshared(dy, out), unshared(x, out), out, a, b);
    },
  };
}
