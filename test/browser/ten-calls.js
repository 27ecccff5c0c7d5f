// What a page and Node both do with the package, for comparison.

export const inputs = Array.from({ length: 67 }, (_, i) => (i - 33) / 4);

/**
 * @param {Pick<typeof import('../../src'), keyof import('../../src').Lanewise> & { init?: () => Promise<void> }} lanewise
 */
export async function tenCalls(lanewise) {
  const { relu, gelu, silu, tanh, softplus, mish, leakyRelu, sigmoid, createArena, init } = lanewise;
  const x = new Float32Array(inputs);
  await init?.();
  const a = createArena(4096).float32(x.length);
  a.set(x);
  return {
    backend: lanewise.backend,
    relu: [...relu(x)],
    gelu: [...gelu(x)],
    'gelu tanh': [...gelu(x, { approximate: 'tanh' })],
    silu: [...silu(x, { out: new Float32Array(x.length) })],
    tanh: [...tanh(x)],
    softplus: [...softplus(x)],
    'mish backward': [...mish.backward(x, x)],
    leakyRelu: [...leakyRelu(x, { alpha: 0.1 })],
    'sigmoid in an arena': [...sigmoid(a, { out: a })],
    error: message(() => relu([1])),
  };
}

function message(call) {
  try {
    return String(call());
  } catch (error) {
    return String(error);
  }
}
