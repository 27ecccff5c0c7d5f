// The kernels for Float64Array: exports as in ../index.ts, with n a multiple of 4. The compiler's option `use` makes `real` f64 and `reals`
// f64x2 here, so that what does not depend on the precision is the same source.

export * from '../hard';
export * from '../relu';
export * from '../shrink';
export * from './algebraic';
export * from './bias';
export * from './exponential';
export * from './gelu';
export * from './sigmoid';
export * from './softplus';
export * from './tanh';

/** Which binary this is. The loader asks. */
export const float64: bool = true;
