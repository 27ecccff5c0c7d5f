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
export { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half';
export type { Pipeline, PipelineOptions, ValueAndDerivative } from './pipeline';
export {
  type ByteType,
  type DequantizeOptions,
  dequantize,
  type Quantization,
  type QuantizedFunction,
  type QuantizeOptions,
  quantizationParams,
  quantize,
  quantized,
} from './quantized';
export { type Backend, backend, init } from './runtime';
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
