import { matrix, matrix64 } from './matrix';
import type { Real, RealKernels } from './reals';

/** Kernels that matrix.ts and float64/matrix.ts in assembly/ both have; `js` gives the same in JavaScript, on a memory as numbers of either precision. */
export function realKernels<K extends object>(js: (heap: Real) => K): RealKernels<K> {
  return {
    float32: { binary: matrix, js: (buffer) => js(new Float32Array(buffer)) },
    float64: { binary: matrix64, js: (buffer) => js(new Float64Array(buffer)) },
  };
}
