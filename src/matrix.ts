import { Binary } from './binary';
import { relaxed, simd } from './generated/matrix';

/** The kernels of assembly/matrix.ts. */
export const matrix = /* @__PURE__ */ new Binary('matrix', { relaxed, simd });
