// Every kernel is exported by its activation's name, and its gradient as `<name>Backward`:
//   name(params, x, y, n)              y[i] = f(x[i])
//   nameBackward(params, dy, x, dx, n) dx[i] = dy[i] * f'(x[i])
// All but n are byte addresses; `params` points at the operator's fields; n is a multiple of 8. A kernel allocates nothing
// and writes nothing but its destination.
// Those of ./bias work on rows, and are here because every activation has a bias.

export * from './algebraic';
export * from './bias';
export * from './exponential';
export * from './gelu';
export * from './hard';
export * from './output';
export * from './relu';
export * from './shrink';
export * from './sigmoid';
export * from './softplus';
export * from './tanh';

/** Which binary this is: whether `madd` is one instruction. The loader asks. */
export const relaxed: bool = ASC_FEATURE_RELAXED_SIMD;
