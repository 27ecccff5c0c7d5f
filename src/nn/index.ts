export { create, dense, matmul, type NeuralLanewise } from './create';
export type { Dense, DenseGradients, DenseOptions, LayerOptions } from './dense';
export type { Matmul, MatmulOptions } from './matmul';
