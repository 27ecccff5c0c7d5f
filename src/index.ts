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
export { type Backend, backend, init } from './runtime';
