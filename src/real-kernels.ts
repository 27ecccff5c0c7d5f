import { Binary } from './binary';
import * as generated from './generated/matrix64';
import { matrix } from './matrix';
import type { Real, RealKernels } from './reals';

/** The kernels of assembly/float64/matrix.ts. */
const matrix64 = /* @__PURE__ */ new Binary('matrix64', generated);

/** Kernels that matrix.ts and float64/matrix.ts in assembly/ both have; `js` gives the same in JavaScript, on a memory as numbers of either precision. */
export function realKernels<K extends object>(js: (heap: Real) => K): RealKernels<K> {
  return {
    float32: { binary: matrix, js: (buffer) => js(new Float32Array(buffer)) },
    float64: { binary: matrix64, js: (buffer) => js(new Float64Array(buffer)) },
  };
}
