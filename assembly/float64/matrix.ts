// The kernels on rows and matrices for Float64Array, most of the sources that serve both precisions.

export * from '../crelu';
export * from '../maxout';
export * from '../prelu';
export * from '../product';
export * from '../random';
export * from '../rows';
export * from './gated';
export * from './slopes';

/** Which binary this is. The loader asks. */
export const matrix64: bool = true;
