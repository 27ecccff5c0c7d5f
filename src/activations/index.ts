// The table: one row for each activation, in files by family as in assembly/.

export * from './algebraic';
export * from './exponential';
export * from './gelu';
export * from './hard';
export * from './relu';
export * from './shrink';
export * from './sigmoid';
export * from './softplus';
export * from './tanh';
