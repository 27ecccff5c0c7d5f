// The kernels for other number types than float32: a binary of its own, small enough to come with every activation, as the type of an array
// is known only when it is there.

export { fromBfloat16, fromFloat16, lookUpHalf, multiplyByTable, toBfloat16, toFloat16 } from './half';
export { clipInt8, clipInt16, clipInt32, clipUint8, clipUint16, clipUint32 } from './integer';
export { dequantizeInt8, dequantizeUint8, lookUp, lookUpEach, quantizeInt8, quantizeUint8, ramp } from './quantized';

/** Which binary this is. The loader asks. */
export const types: bool = true;
