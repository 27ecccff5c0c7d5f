import { Binary } from './binary';
import { relaxed, simd } from './generated/binaries';

/** The kernels of assembly/index.ts. */
export const elementwise = /* @__PURE__ */ new Binary('activations', { relaxed, simd });
