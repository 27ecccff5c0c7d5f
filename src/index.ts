export type { Activation, Defaults, Options, Spec } from './activation';
export * from './activations';
export type { Arena, ArenaOptions } from './arena';
export {
  type Activations,
  activations,
  create,
  createArena,
  type Lanewise,
  pipeline,
  valueAndDerivative,
} from './create';
export type { Pipeline, PipelineOptions, ValueAndDerivative } from './pipeline';
export {
  type DifferentiableRowFunction,
  hardmax,
  logSoftmax,
  logSumExp,
  type MaskOptions,
  type OutputRowFunction,
  type RowFunction,
  type RowFunctions,
  type RowOptions,
  type SoftmaxOptions,
  softmax,
  softmin,
  sparsemax,
} from './rows';
export { type Backend, backend, init } from './runtime';
