import type { Activation } from './activation';
import { checkFloat32, checkLength, checkOptions, describe } from './errors';
import { clippedBy, SMALL } from './integer';
import { apart } from './overlap';
import { checkActivation } from './pipeline';
import type { PreluOptions } from './prelu';
import { defaultRuntime, type KernelSet, type Runtime } from './runtime';
import { neighboursOf, rowsAlong } from './shape';
import { bytesOf, inBlocks, OWN } from './staged';
import { BLOCK, SCRATCH } from './staging';
import { type Checked, clipOf, RAMP_BYTES, rampsOf, roundToEven, tableOf } from './tables';
import { typed } from './typed';
import { checkType, type ElementType, elementType, type NumberArray, types } from './types';

/** The types of quantised numbers. */
export type ByteType = 'int8' | 'uint8';
export type Bytes<T extends ByteType> = T extends 'uint8' ? Uint8Array : Int8Array;

/** What a byte q stands for: the number (q - zeroPoint) scale. */
export interface Quantization<T extends ByteType = ByteType> {
  /** Positive; rounded to float32. */
  readonly scale: number;
  /** The byte that stands for 0; 0 unless given. */
  readonly zeroPoint?: number;
  /** int8 unless given. */
  readonly type?: T;
}

/**
 * A function of quantised numbers: of an array of the input's type to `options.out`, an array of the output's type and of the same length,
 * which may overlap it in any way, or to a new one. TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is
 * written then.
 */
export type QuantizedFunction<I extends ByteType = ByteType, O extends ByteType = ByteType> = (
  x: Bytes<I>,
  options?: { readonly out?: Bytes<O> },
) => Bytes<O>;

/**
 * The same with slopes for the channels along `options.axis`, 1 unless given, of `options.shape`, one dimension unless given: as many
 * channels as there are slopes, unless that is one.
 */
export type QuantizedPrelu<I extends ByteType = ByteType, O extends ByteType = ByteType> = (
  x: Bytes<I>,
  options?: PreluOptions & { readonly out?: Bytes<O> },
) => Bytes<O>;

/** The scale of an array as a whole, or, one for each, of its channels. */
interface ChannelOptions {
  /** Positive; rounded to float32. An array has one for each channel. */
  readonly scale: number | ArrayLike<number>;
  /** The byte that stands for 0, or one for each channel; 0 unless given. */
  readonly zeroPoint?: number | ArrayLike<number>;
  /** The array's sizes, in row-major order; one size unless given. */
  readonly shape?: readonly number[];
  /** The axis along which the channels lie; the last unless given. */
  readonly axis?: number;
}

/** How an array is quantised, and where the result goes. */
export interface QuantizeOptions<T extends ByteType = ByteType> extends ChannelOptions {
  /** int8 unless given. */
  readonly type?: T;
  /** An array of the type and of the source's length, which may overlap it in any way. */
  readonly out?: Bytes<T>;
}

/** How an array was quantised, and where the result goes. */
export interface DequantizeOptions extends ChannelOptions {
  /** That of the source, if it is to be checked: so the results of {@link quantizationParams} will do as options. */
  readonly type?: ByteType;
  /** A Float32Array of the source's length, which may overlap it in any way. */
  readonly out?: Float32Array;
}

type Convert = (source: number, target: number, n: number, scale: number, zero: number) => void;
interface QuantizedKernels {
  readonly quantizeInt8: Convert;
  readonly quantizeUint8: Convert;
  readonly dequantizeInt8: Convert;
  readonly dequantizeUint8: Convert;
  lookUp(x: number, y: number, n: number, table: number): void;
  lookUpEach(x: number, y: number, n: number, table: number, offsets: number): void;
  /** Not in JavaScript, where a table takes less. */
  ramp?(params: number, x: number, y: number, n: number, turns: number, step: number): void;
}
const WHOLE = 16;

/** Elements of a block, where each may have a table of its own: there is room for these. */
const MOST_TABLES = 2048;
// Scratch memory: a ramp and 16 bytes for its kernel, the turns of a block, the offsets of a block's tables, and these.
const TURNS = OWN + RAMP_BYTES + 16;
const OFFSETS = TURNS + 2 * BLOCK;
const TABLES = OFFSETS + 4 * MOST_TABLES;

const quantizedKernels: KernelSet<QuantizedKernels> = {
  binary: typed,
  js(buffer) {
    const floats = new Float32Array(buffer);
    const bytes = new Uint8Array(buffer);
    const words = new Uint32Array(buffer);
    const quantize =
      (q: NumberArray, { range: [least, largest] = [0, 0] }: ElementType): Convert =>
      (x, target, n, scale, zero) => {
        for (let i = 0; i < n; i++) {
          const steps = roundToEven(Math.fround(floats[x / 4 + i] / floats[scale / 4 + i])) || 0;
          q[target + i] = Math.min(Math.max(steps + floats[zero / 4 + i], least), largest);
        }
      };
    const dequantize =
      (q: NumberArray): Convert =>
      (source, x, n, scale, zero) => {
        for (let i = 0; i < n; i++) floats[x / 4 + i] = (q[source + i] - floats[zero / 4 + i]) * floats[scale / 4 + i];
      };
    const signed = new Int8Array(buffer);
    return {
      quantizeInt8: quantize(signed, types.int8),
      quantizeUint8: quantize(bytes, types.uint8),
      dequantizeInt8: dequantize(signed),
      dequantizeUint8: dequantize(bytes),
      lookUp(x, y, n, table) {
        for (let i = 0; i < n; i++) bytes[y + i] = bytes[table + bytes[x + i]];
      },
      lookUpEach(x, y, n, table, offsets) {
        for (let i = 0; i < n; i++) bytes[y + i] = bytes[table + words[offsets / 4 + i] + bytes[x + i]];
      },
    };
  },
};

/** Functions of quantised numbers on a runtime. */
export interface Quantizers {
  readonly quantized: typeof quantized;
  readonly quantizedPrelu: typeof quantizedPrelu;
  readonly quantize: typeof quantize;
  readonly dequantize: typeof dequantize;
}

export function quantizers(runtimeNow: () => Runtime): Quantizers {
  function convert(
    kernel: Exclude<keyof QuantizedKernels, 'lookUp' | 'lookUpEach' | 'ramp'>,
    x: NumberArray,
    out: NumberArray,
    { scales, zeros, ...channels }: ScaledChannels,
  ): void {
    const source = apart(x, out);
    const workspace = runtimeNow().workspace(source, out);
    const work = workspace.kernels(quantizedKernels)[kernel];
    const { buffer } = workspace.heap;
    const [from, to, scaleAt, zeroAt] = [0, 1, 2, 3].map((slot) => SCRATCH + 4 * BLOCK * slot);
    const heap = bytesOf(workspace);
    const [sourceBytes, outBytes] = [contentOf(source), contentOf(out)];
    const [inWidth, outWidth] = [source.BYTES_PER_ELEMENT, out.BYTES_PER_ELEMENT];
    const scaleBlock = new Float32Array(buffer, scaleAt, BLOCK).fill(1);
    const zeroBlock = new Float32Array(buffer, zeroAt, BLOCK);
    byChannel(x.length, channels, BLOCK, {
      prepare(start, size) {
        spread(scales, scaleBlock, channels, start, size);
        spread(zeros, zeroBlock, channels, start, size);
      },
      work(at, count) {
        heap.set(sourceBytes.subarray(at * inWidth, (at + count) * inWidth), from);
        work(from, to, Math.ceil(count / WHOLE) * WHOLE, scaleAt, zeroAt);
        outBytes.set(heap.subarray(to, to + count * outWidth), at * outWidth);
      },
    });
  }

  return {
    quantized(f, options) {
      const fn = 'quantized';
      checkActivation(fn, 'f', f);
      checkOptions(fn, options, ['input', 'output']);
      const input = checkQuantization(fn, 'input', options.input);
      const output = checkQuantization(fn, 'output', options.output);
      const { value, defaults } = f.spec;
      const [a = 0, b = 0] = Object.values(defaults).filter((option) => typeof option === 'number');
      const table = tableOf((x) => value(x, a, b), input, output);
      const bounds = input.type === output.type ? clipOf(table, input) : undefined;
      const ramps = bounds === undefined ? rampsOf([table], input, output) : undefined;
      const results = new output.type.View(table.buffer, 0, 256);
      const name = `quantized(${f.name})`;

      function apply(x: NumberArray, callOptions: { readonly out?: NumberArray } = {}): NumberArray {
        checkOptions(name, callOptions, ['out']);
        const out = checkArrays(name, x, callOptions.out, input, output);
        if (bounds !== undefined) {
          clippedBy(runtimeNow(), input.type, x, out, ...bounds);
          return out;
        }
        if (x.length <= SMALL) {
          const source = apart(x, out);
          for (let i = 0; i < out.length; i++) out[i] = results[source[i] & 255];
          return out;
        }
        inBlocks(runtimeNow(), [x], out, { width: 1, whole: ramps === undefined ? WHOLE : 1 }, (workspace) => {
          const { lookUp, ramp } = workspace.kernels(quantizedKernels);
          const heap = bytesOf(workspace);
          if (ramps === undefined || ramp === undefined) {
            heap.set(table, OWN);
            return (n, target, source) => lookUp(source, target, n, OWN);
          }
          heap.set(ramps.params, OWN);
          new Int16Array(heap.buffer, TURNS, 16).fill(ramps.turns[0] as number);
          return (n, target, source) => ramp(OWN, source, target, n, TURNS, 0);
        });
        return out;
      }
      Object.defineProperty(apply, 'name', { value: name });
      return apply as never;
    },

    quantizedPrelu(slopes, options) {
      const fn = 'quantizedPrelu';
      checkFloat32(fn, 'slopes', slopes);
      checkOptions(fn, options, ['input', 'output']);
      const input = checkQuantization(fn, 'input', options.input);
      const output = checkQuantization(fn, 'output', options.output);
      if (slopes.length === 0) throw new RangeError(`${fn}: slopes must have elements, got Float32Array(0)`);
      const wrong = slopes.find((slope) => !Number.isFinite(slope));
      if (wrong !== undefined) throw new RangeError(`${fn}: slopes must be finite, got ${wrong}`);
      const count = slopes.length;
      const tables = Array.from(slopes, (slope) => tableOf((x) => (x > 0 ? x : x * slope), input, output));
      const ramps = rampsOf(tables, input, output);
      const all = new Uint8Array(256 * count);
      for (const [channel, table] of tables.entries()) all.set(table, 256 * channel);
      const results = new output.type.View(all.buffer, 0, all.length);
      const offsets = Uint32Array.from(tables, (_, channel) => 256 * channel);

      return function apply(x, callOptions = {}) {
        checkOptions(fn, callOptions, ['shape', 'axis', 'out']);
        const out = checkArrays(fn, x, callOptions.out, input, output);
        const inner = neighboursOf(fn, x.length, count, callOptions);
        const source = apart(x, out);
        const n = x.length;
        if (n <= SMALL) {
          for (let i = 0; i < n; i++) out[i] = results[offsets[Math.floor(i / inner) % count] + (source[i] & 255)];
          return out as never;
        }
        const workspace = runtimeNow().workspace(source, out);
        const { lookUpEach, ramp } = workspace.kernels(quantizedKernels);
        const heap = bytesOf(workspace);
        const turnsBlock = new Int16Array(heap.buffer, TURNS, BLOCK);
        const offsetsBlock = new Uint32Array(heap.buffer, OFFSETS, MOST_TABLES);
        const turns = ramp && ramps?.turns;
        if (ramps !== undefined) heap.set(ramps.params, OWN);
        const [from, to] = [workspace.address(source), workspace.address(out)];
        const [sourceBytes, outBytes] = [contentOf(source), contentOf(out)];
        const channels = { length: count, inner };
        const most = turns === undefined || turns.includes(undefined) ? MOST_TABLES : BLOCK;
        let isRamp = false;
        let table = 0;
        byChannel(n, channels, most, {
          prepare(start, size) {
            const [first, last] =
              count * inner <= most ? [0, count] : [start, start + size + inner - 1].map((i) => Math.floor(i / inner));
            isRamp = turns !== undefined && !turns.slice(first, last).includes(undefined);
            if (isRamp) {
              spread(turns as number[], turnsBlock, channels, start, size);
            } else {
              heap.set(all.subarray(256 * first, 256 * last), TABLES);
              table = TABLES - 256 * first;
              spread(offsets, offsetsBlock, channels, start, size);
            }
          },
          work(at, size) {
            const isInPlace = from !== undefined && to !== undefined;
            const [here, there] = isInPlace ? [from + at, to + at] : [SCRATCH, SCRATCH + BLOCK];
            if (!isInPlace) heap.set(sourceBytes.subarray(at, at + size), here);
            if (isRamp) ramp?.(OWN, here, there, size, TURNS, 32);
            else lookUpEach(here, there, size, table, OFFSETS);
            if (!isInPlace) outBytes.set(heap.subarray(there, there + size), at);
          },
        });
        return out as never;
      };
    },

    quantize(x, options) {
      const fn = 'quantize';
      checkFloat32(fn, 'x', x);
      checkOptions(fn, options, ['scale', 'zeroPoint', 'type', 'shape', 'axis', 'out']);
      const type = byteType(fn, 'option type', options.type);
      const channels = channelsOf(fn, x.length, type, options);
      const { out = new type.View(x.length) } = options as { readonly out?: NumberArray };
      checkType(fn, 'out', out, type);
      checkLength(fn, 'out', out, x.length, 'x');
      convert(type === types.int8 ? 'quantizeInt8' : 'quantizeUint8', x, out, channels);
      return out as never;
    },

    dequantize(q, options) {
      const fn = 'dequantize';
      checkOptions(fn, options, ['scale', 'zeroPoint', 'type', 'shape', 'axis', 'out']);
      const type = options.type === undefined ? elementType(q) : byteType(fn, 'option type', options.type);
      if (type !== types.int8 && type !== types.uint8) {
        throw new TypeError(`${fn}: q must be an Int8Array or a Uint8Array, got ${describe(q)}`);
      }
      checkType(fn, 'q', q, type);
      const channels = channelsOf(fn, q.length, type, options);
      const { out = new Float32Array(q.length) } = options;
      checkFloat32(fn, 'out', out);
      checkLength(fn, 'out', out, q.length, 'q');
      convert(type === types.int8 ? 'dequantizeInt8' : 'dequantizeUint8', q, out, channels);
      return out;
    },
  };
}

/** How many channels there are, and how many neighbouring elements each has. */
interface Channels {
  readonly length: number;
  readonly inner: number;
}

interface ScaledChannels extends Channels {
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
}

/** Calls `prepare` for a block, then `work` for that and all blocks that lie a number of rows behind it: these are of the same channels. */
function byChannel(
  n: number,
  { length, inner }: Channels,
  most: number,
  steps: {
    prepare(start: number, size: number): void;
    work(at: number, count: number): void;
  },
): void {
  const row = length * inner;
  const period = Math.min(n, row <= most ? row * Math.floor(most / row) : row);
  for (let start = 0; start < period; start += most) {
    const size = Math.min(most, period - start);
    steps.prepare(start, size);
    for (let at = start; at < n; at += period) steps.work(at, Math.min(size, n - at));
  }
}

/** Shorter runs a loop fills faster than `fill`. */
const SHORT_RUN = 16;

/** Writes to the elements of a block, which is of whole rows or lies in one, the values of their channels. */
function spread(
  values: ArrayLike<number>,
  block: Float32Array | Int16Array | Uint32Array,
  { length, inner }: Channels,
  start: number,
  size: number,
): void {
  const once = Math.min(size, length * inner);
  let channel = Math.floor(start / inner);
  let end = inner - (start % inner);
  for (let i = 0; i < once; end += inner) {
    const value = values[channel++];
    const stop = Math.min(end, once);
    if (inner >= SHORT_RUN) block.fill(value, i, stop);
    else for (let at = i; at < stop; at++) block[at] = value;
    i = stop;
  }
  for (let done = once; done < size; done *= 2) block.copyWithin(done, 0, Math.min(done, size - done));
}

/** The bytes of an array. */
function contentOf({ buffer, byteOffset, byteLength }: NumberArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The scale and zero point of each channel, checked. */
function channelsOf(fn: string, n: number, type: ElementType, options: ChannelOptions): ScaledChannels {
  const { scale, zeroPoint = 0, shape, axis } = options;
  const { length, inner } = rowsAlong(fn, n, shape, axis);
  const isWhole = typeof scale === 'number' && typeof zeroPoint === 'number';
  const count = isWhole ? 1 : length;
  const scales = scalesOf(fn, 'scale', scale, count);
  const zeros = valuesOf(fn, 'zeroPoint', zeroPoint, count).map((value) =>
    checkZero(fn, 'option zeroPoint', value, type),
  );
  return isWhole ? { scales, zeros, length: 1, inner: Math.max(n, 1) } : { scales, zeros, length, inner };
}

/** One scale for each of `count` channels, checked. */
export function scalesOf(fn: string, option: string, scale: unknown, count: number): number[] {
  return valuesOf(fn, option, scale, count).map((value) => checkScale(fn, `option ${option}`, value));
}

function valuesOf(fn: string, option: string, value: unknown, count: number): unknown[] {
  if (typeof value !== 'object' || value === null || !('length' in value)) return Array(count).fill(value);
  const values = Array.from(value as ArrayLike<unknown>);
  if (values.length === count) return values;
  throw new RangeError(`${fn}: option ${option} must have one number for each channel, ${count}, got ${values.length}`);
}

function checkScale(fn: string, what: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${fn}: ${what} must be a number, got ${describe(value)}`);
  const scale = Math.fround(value);
  if (!(scale > 0 && scale < Infinity)) {
    throw new RangeError(`${fn}: ${what} must be a positive float32 number, got ${value}`);
  }
  return scale;
}

function checkZero(
  fn: string,
  what: string,
  value: unknown,
  { name, range: [least, largest] = [0, 0] }: ElementType,
): number {
  if (typeof value !== 'number') throw new TypeError(`${fn}: ${what} must be a number, got ${describe(value)}`);
  if (!(Number.isInteger(value) && value >= least && value <= largest)) {
    throw new RangeError(`${fn}: ${what} must be an integer from ${least} to ${largest} for ${name}, got ${value}`);
  }
  return value;
}

function byteType(fn: string, what: string, value: unknown = 'int8'): ElementType {
  if (value === 'int8' || value === 'uint8') return types[value];
  throw new TypeError(`${fn}: ${what} must be "int8" or "uint8", got ${describe(value)}`);
}

export function checkQuantization(fn: string, what: string, value: Quantization): Checked {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${fn}: ${what} must be an object, got ${describe(value)}`);
  }
  checkOptions(`${fn}: ${what}`, value, ['scale', 'zeroPoint', 'type']);
  const type = byteType(fn, `${what}.type`, value.type);
  const scale = checkScale(fn, `${what}.scale`, value.scale);
  return { type, scale, zeroPoint: checkZero(fn, `${what}.zeroPoint`, value.zeroPoint ?? 0, type) };
}

/** The source and `out`, or a new array for it, checked. */
function checkArrays(
  fn: string,
  x: NumberArray,
  out: NumberArray | undefined,
  input: Checked,
  output: Checked,
): NumberArray {
  checkType(fn, 'x', x, input.type);
  const own = out ?? new output.type.View(x.length);
  checkType(fn, 'out', own, output.type);
  checkLength(fn, 'out', own, x.length, 'x');
  return own;
}

const byDefault = /* @__PURE__ */ quantizers(defaultRuntime);

/**
 * An activation of quantised numbers, as ONNX' QLinearSigmoid and QLinearLeakyRelu are: (x - zeroPoint) scale, the function in real
 * arithmetic, divided by the output's scale, rounded, halves to even, plus the output's zero point, at the ends of the type where it is
 * beyond them. It works by a table of 256 entries, or by integer arithmetic where the function only cuts off.
 *
 * @param f - an activation, to which {@link Activation.with} gives options
 * @param options.input - scale, zero point and type of the input
 * @param options.output - the same of the output
 * @throws TypeError for a value of the wrong kind, RangeError for a scale or a zero point out of range
 *
 * @example
 * const f = quantized(sigmoid, { input: { scale: 0.1 }, output: { scale: 1 / 256, zeroPoint: -128 } });
 * f(new Int8Array([-128, 0, 127])); // -128, 0, 127
 */
export function quantized<I extends ByteType = 'int8', O extends ByteType = 'int8'>(
  f: Activation,
  options: { readonly input: Quantization<I>; readonly output: Quantization<O> },
): QuantizedFunction<I, O> {
  return byDefault.quantized(f, options);
}

/**
 * prelu of quantised numbers, likewise: (x - zeroPoint) scale, times the slope of its channel unless it is above 0, and so on. It works in
 * fixed point where this gives the same for all of the 256 bytes, else by a table for each channel.
 *
 * @param slopes - one for all elements, or one for each channel
 * @param options.input - scale, zero point and type of the input
 * @param options.output - the same of the output
 * @throws TypeError for a value of the wrong kind, RangeError for a scale, a zero point or a slope out of range
 *
 * @example
 * const f = quantizedPrelu(new Float32Array([0.25, 2]), { input: { scale: 0.1 }, output: { scale: 0.1 } });
 * f(new Int8Array([-8, -9, 5, -100]), { shape: [2, 2] }); // -2, -18, 5, -128
 */
export function quantizedPrelu<I extends ByteType = 'int8', O extends ByteType = 'int8'>(
  slopes: Float32Array,
  options: { readonly input: Quantization<I>; readonly output: Quantization<O> },
): QuantizedPrelu<I, O> {
  return byDefault.quantizedPrelu(slopes, options);
}

/**
 * float32 numbers as bytes: round(x / scale) + zeroPoint, halves to even, at the ends of the type where it is beyond them, as ONNX'
 * QuantizeLinear; the quotient is of float32. NaN becomes the zero point.
 *
 * @param options.scale - one for the array, or, as an array, one for each channel along `axis` of `shape`; so zeroPoint
 * @returns `out`, or a new Int8Array or Uint8Array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or a value out of range; nothing is written then
 *
 * @example
 * quantize(new Float32Array([-1, 0.26, 100]), { scale: 0.5 }); // -2, 1, 127
 * quantize(new Float32Array([1, 1, 2, 2]), { scale: [1, 0.5], shape: [2, 2], axis: 1 }); // 1, 2, 2, 4
 */
export function quantize<T extends ByteType = 'int8'>(x: Float32Array, options: QuantizeOptions<T>): Bytes<T> {
  return byDefault.quantize(x, options);
}

/**
 * The float32 numbers that bytes stand for: (q - zeroPoint) scale, as ONNX' DequantizeLinear.
 *
 * @param q - an Int8Array or a Uint8Array
 * @param options.scale - one for the array, or, as an array, one for each channel along `axis` of `shape`; so zeroPoint
 * @returns `out`, or a new Float32Array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or a value out of range; nothing is written then
 *
 * @example
 * dequantize(new Int8Array([-2, 1, 127]), { scale: 0.5 }); // -1, 0.5, 63.5
 */
export function dequantize(q: Int8Array | Uint8Array, options: DequantizeOptions): Float32Array {
  return byDefault.dequantize(q, options);
}

/**
 * Scale and zero point with which the bytes cover a range of numbers, widened to hold 0, as ONNX' DynamicQuantizeLinear.
 *
 * @param range - the least and the largest number; or data, of which these are found
 * @param options.type - int8 unless given
 * @param options.percentile - the share of the data, in per cent, that is to be covered, half of the rest being left out at each end; 100
 *   unless given
 * @throws TypeError for a value of the wrong kind, RangeError for a range that is empty or not finite
 *
 * @example
 * quantizationParams([-1, 3], { type: 'uint8' }); // { scale: 0.01568627543747425, zeroPoint: 64, type: 'uint8' }
 */
export function quantizationParams<T extends ByteType = 'int8'>(
  range: readonly [min: number, max: number] | Float32Array,
  options: { readonly type?: T; readonly percentile?: number } = {},
): Required<Quantization<T>> {
  const fn = 'quantizationParams';
  checkOptions(fn, options, ['type', 'percentile']);
  const own = byteType(fn, 'option type', options.type);
  if (Array.isArray(range)) {
    if (range.length !== 2) throw new RangeError(`${fn}: range must be two numbers, got ${describe(range)}`);
    if (options.percentile !== undefined) {
      throw new TypeError(
        `${fn}: option percentile must be left out where range is two numbers, got ${options.percentile}`,
      );
    }
  } else if (elementType(range) !== types.float32) {
    throw new TypeError(`${fn}: range must be two numbers or a Float32Array, got ${describe(range)}`);
  } else {
    checkFloat32(fn, 'range', range);
  }
  const [min, max] = ArrayBuffer.isView(range) ? rangeOf(fn, range, options.percentile) : range;
  for (const end of [min, max]) {
    if (typeof end !== 'number') throw new TypeError(`${fn}: range must be two numbers, got ${describe(end)}`);
  }
  if (!(min <= max && max - min < Infinity)) {
    throw new RangeError(`${fn}: range must be two finite numbers in order, got ${min} and ${max}`);
  }
  const [least, largest] = own.range as readonly [number, number];
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const span = largest - least;
  const type = own.name as T;
  if (high === low) return { scale: 1, zeroPoint: 0, type };
  // The smallest float32 where the quotient is less.
  const scale = Math.fround((high - low) / span) || 2 ** -149;
  return { scale, zeroPoint: roundToEven(least - (low * span) / (high - low)), type };
}

/** The ends of what is left of the data when the same share is left out at both. */
function rangeOf(fn: string, data: Float32Array, percentile = 100): [min: number, max: number] {
  if (typeof percentile !== 'number') {
    throw new TypeError(`${fn}: option percentile must be a number, got ${describe(percentile)}`);
  }
  if (!(percentile > 0 && percentile <= 100)) {
    throw new RangeError(`${fn}: option percentile must be above 0 and at most 100, got ${percentile}`);
  }
  if (data.length === 0) throw new RangeError(`${fn}: range must have elements, got Float32Array(0)`);
  if (percentile === 100) {
    let [min, max] = [Infinity, -Infinity];
    for (const x of data) {
      if (!(x >= min)) min = x;
      if (!(x <= max)) max = x;
    }
    return [min, max];
  }
  const sorted = data.slice().sort();
  const left = Math.round(((100 - percentile) / 200) * (data.length - 1));
  return [sorted[left], sorted[data.length - 1 - left]];
}
