// The kernels on rows and matrices: a binary of its own, so that who needs activations alone does not carry them. All but numbers and
// sizes are byte addresses. A kernel allocates nothing and writes nothing but its destination.

/** Which binary this is. The loader asks. */
export const matrix: bool = true;

export { matmul } from './matmul';
export { denseInt8, denseUint8 } from './quantized-dense';
export * from './rows';
export * from './gated';
export * from './crelu';
export * from './maxout';
export * from './prelu';
export * from './product';
export * from './random';
export * from './slopes';
export * from './stats';
