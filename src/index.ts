export type { Activation, BackwardOptions, Defaults, Options, Spec } from './activation';
export * from './activations';
export type { Arena, ArenaOptions } from './arena';
export { create, type Lanewise } from './create';
export type { GatedGradients, GatedUnit, GeluOptions, ShapeOptions, SiluOptions } from './gated';
export { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half';
export { type Activations, activations, createArena, pipeline, valueAndDerivative } from './library';
export type { Crelu, CreluOptions, Maxout, MaxoutOptions } from './maxout';
export type { Pipeline, PipelineOptions, ValueAndDerivative } from './pipeline';
export type { Prelu, PreluGradients, PreluOptions, Rrelu, RreluOptions } from './prelu';
export {
  type ByteType,
  type DequantizeOptions,
  dequantize,
  type Quantization,
  type QuantizedFunction,
  type QuantizedPrelu,
  type QuantizeOptions,
  quantizationParams,
  quantize,
  quantized,
  quantizedPrelu,
} from './quantized';
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
export { type Backend, backend, type InitOptions, init } from './runtime';
export {
  type ActivationStats,
  type ActivationStatsFunction,
  type ActivationStatsOptions,
  activationStats,
  type Histogram,
} from './stats';
export { crelu, geglu, glu, maxout, prelu, reglu, rrelu, type Structured, swiglu } from './structured';
export {
  type Bfloat16Bits,
  bfloat16,
  type Float16,
  type Float16Bits,
  type FloatArray,
  float16,
  type IntegerArray,
  type NumberArray,
} from './types';
