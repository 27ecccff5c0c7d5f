import { Binary } from './binary';
import { relaxed, simd } from './generated/types';

/** The kernels of assembly/types.ts. */
export const typed = /* @__PURE__ */ new Binary('types', { relaxed, simd });
