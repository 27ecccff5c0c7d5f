import { Binary } from './binary';
import * as generated from './generated/matrix';
import * as generated64 from './generated/matrix64';

/** The kernels of assembly/matrix.ts. */
export const matrix = /* @__PURE__ */ new Binary('matrix', generated);
/** The kernels of assembly/float64/matrix.ts. */
export const matrix64 = /* @__PURE__ */ new Binary('matrix64', generated64);
