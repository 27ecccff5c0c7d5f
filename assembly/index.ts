// Every kernel is exported by its activation's name, and its gradients as `<name>Backward` and `<name>FromOutputBackward`:
//   name(params, x, y, n)                        y[i] = f(x[i])
//   nameBackward(params, dy, x, dx, n)           dx[i] = dy[i] * f'(x[i])
//   nameFromOutputBackward(params, dy, y, dx, n) dx[i] = dy[i] * f'(x[i]) from y[i] = f(x[i]), where that is simple
// All but n are byte addresses; `params` points at the operator's fields; n is a multiple of 8. A kernel allocates nothing
// and writes nothing but its destination. Errors of gradients from y are those against the exact derivative at the given y, which may
// itself be rounded; relu, relu6, leakyRelu and hardTanh have no kernel for them, as their derivative is the same at y as at x.
//
// The package embeds each of these files as a binary of its own, so that a user of relu does not carry gelu. The one of all is for
// places where binaries must be compiled beforehand.

export * from './algebraic';
export * from './bias';
export * from './exponential';
export * from './gelu';
export * from './hard';
export * from './relu';
export * from './shrink';
export * from './sigmoid';
export * from './softplus';
export * from './tanh';
