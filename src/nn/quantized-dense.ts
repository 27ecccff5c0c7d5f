import { type Activation, numericDefaults } from '../activation';
import type { Arena } from '../arena';
import { checkOptions, describe } from '../errors';
import { matrix } from '../matrix';
import { disjoint } from '../overlap';
import { checkActivation } from '../pipeline';
import { type ByteType, checkQuantization, type Quantization, type QuantizedFunction, scalesOf } from '../quantized';
import { defaultRuntime, type KernelSet, type Runtime } from '../runtime';
import { bytesOf } from '../staged';
import { SCRATCH, SCRATCH_BYTES } from '../staging';
import { byteOf, type Checked, roundToEven } from '../tables';
import { checkType, type NumberArray, types } from '../types';
import { checkWeights } from './dense';
import { checkSize } from './matmul';

/** What a quantised dense layer is made of. */
export interface QuantizedDenseOptions<I extends ByteType = ByteType, O extends ByteType = ByteType> {
  /** W as bytes with the zero point 0, k x n. They are copied: later changes make no difference. */
  readonly weights: Int8Array;
  /** What a weight of 1 stands for: positive; rounded to float32. An array has one for each of the n columns. */
  readonly weightScale: number | ArrayLike<number>;
  /** The weights' shape; if there is a bias, [weights.length / bias.length, bias.length] unless given. k is at most 32768. */
  readonly shape?: readonly [k: number, n: number];
  /** n integers, added to the sums; 1 stands for input.scale * weightScale. */
  readonly bias?: Int32Array;
  readonly input: Quantization<I>;
  readonly output: Quantization<O>;
  /** One that cuts off: relu, relu6 or hardTanh. None unless given. */
  readonly activation?: Activation;
  /** Where the packed weights lie, some k n bytes; until it is reset, calls need not copy them. */
  readonly arena?: Arena;
}

type DenseKernel = (
  m: number,
  k: number,
  n: number,
  x: number,
  xRow: number,
  output: number,
  panels: number,
  y: number,
  yRow: number,
  scratch: number,
) => void;
/** The kernels of assembly/quantized-dense.ts, by the type of x. */
interface QuantizedDenseKernels {
  readonly denseInt8: DenseKernel;
  readonly denseUint8: DenseKernel;
}

// A packed layer, as the kernels know it: how sums become bytes, then panels of eight columns.
const OUTPUT_BYTES = 64;
const COLUMNS = 8;
const HEAD = 64;
const PAIR = 16;
/** 1.5 * 2^23 as the bits of a float32. */
const TO_INTEGER_BITS = 0x4b400000;

const kernels: KernelSet<QuantizedDenseKernels> = {
  binary: matrix,
  js(buffer) {
    const [floats, integers] = [new Float32Array(buffer), new Int32Array(buffer)];
    const [signed, bytes] = [new Int8Array(buffer), new Uint8Array(buffer)];
    const denseOf =
      (terms: Int8Array | Uint8Array): DenseKernel =>
      (m, k, n, x, xRow, output, panels, y, yRow) => {
        const [low, high] = [floats[output / 4], floats[output / 4 + 4]];
        const zero = TO_INTEGER_BITS - integers[output / 4 + 8];
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            const panel = panels + Math.floor(j / COLUMNS) * panelBytes(k);
            const column = j % COLUMNS;
            let sum = integers[panel / 4 + column];
            let w = panel + HEAD + 2 * column;
            // Behind an odd number of terms anything is multiplied by 0.
            for (let p = x + i * xRow; p < x + i * xRow + k; p += 2, w += PAIR) {
              sum += Math.imul(terms[p], signed[w]) + Math.imul(terms[p + 1], signed[w + 1]);
            }
            const exact = Math.fround(sum | 0) * floats[panel / 4 + COLUMNS + column];
            bytes[y + i * yRow + j] = roundToEven(Math.min(Math.max(Math.fround(exact), low), high)) + zero;
          }
        }
      };
    return { denseInt8: denseOf(signed), denseUint8: denseOf(bytes) };
  },
};

function panelBytes(k: number): number {
  return HEAD + PAIR * Math.ceil(k / 2);
}

/** Terms of a sum: for four rows at a time there is room in scratch memory. */
const MOST_TERMS = 32768;
// Scratch memory, where arrays lie elsewhere.
const PANELS = SCRATCH + OUTPUT_BYTES;
const X = SCRATCH + 2 ** 19;
const X_BYTES = 4 * MOST_TERMS;
const TERMS = X + X_BYTES;
const Y = TERMS + 8 * MOST_TERMS + 64;
const Y_BYTES = SCRATCH + SCRATCH_BYTES - Y;
/** Columns of a block that is copied, so that there is room for some rows. */
const MOST_COLUMNS = 2 ** 14;

interface Layer {
  readonly k: number;
  readonly n: number;
  readonly kernel: keyof QuantizedDenseKernels;
  readonly packed: Uint8Array;
}

/** Makes `quantizedDense`. */
export function quantizedDenseOn(runtimeNow: () => Runtime): typeof quantizedDense {
  return (options) => {
    const fn = 'quantizedDense';
    const known = ['weights', 'weightScale', 'shape', 'bias', 'input', 'output', 'activation', 'arena'];
    checkOptions(fn, options, known);
    const { weights, weightScale, shape, bias, activation, arena } = options;
    checkType(fn, 'weights', weights, types.int8);
    if (bias !== undefined) checkType(fn, 'bias', bias, types.int32);
    const [k, n] = checkWeights(fn, weights, shape, bias);
    if (k > MOST_TERMS) throw new RangeError(`${fn}: weights must have at most ${MOST_TERMS} rows, got ${k}`);
    const scales = scalesOf(fn, 'weightScale', weightScale, n);
    const input = checkQuantization(fn, 'input', options.input);
    const output = checkQuantization(fn, 'output', options.output);
    const ends = endsOf(fn, output, activation);
    const factors = scales.map((scale) => Math.fround((input.scale * scale) / output.scale));
    if (!factors.every(Number.isFinite)) {
      throw new RangeError(`${fn}: input.scale * weightScale / output.scale must be a float32 number, got Infinity`);
    }
    if (arena !== undefined && typeof arena?.uint8 !== 'function') {
      throw new TypeError(`${fn}: option arena must be an arena, got ${describe(arena)}`);
    }
    const starts = startsOf(fn, weights, n, bias, input);
    const bytes = OUTPUT_BYTES + Math.ceil(n / COLUMNS) * panelBytes(k);
    const packed = arena === undefined ? new Uint8Array(bytes) : arena.uint8(bytes);
    pack(packed, weights, k, n, starts, factors, ends, output.zeroPoint);
    const layer: Layer = { k, n, packed, kernel: input.type === types.int8 ? 'denseInt8' : 'denseUint8' };

    function apply(x: NumberArray, callOptions: { readonly out?: NumberArray } = {}): NumberArray {
      checkType(fn, 'x', x, input.type);
      checkOptions(fn, callOptions, ['out']);
      const m = k === 0 ? 0 : Math.floor(x.length / k);
      if (m * k !== x.length) {
        throw new RangeError(
          `${fn}: x must have rows of ${k} elements, as many as weights has rows, got ${x.length} in all`,
        );
      }
      const { out = new output.type.View(m * n) } = callOptions;
      checkType(fn, 'out', out, output.type);
      checkSize(fn, 'out', out, m, n);
      if (m > 0 && n > 0) run(runtimeNow(), layer, disjoint(x, out), out, m);
      return out;
    }
    return apply as never;
  };
}

/** The least and the largest byte that can be a result. */
function endsOf(fn: string, output: Checked, activation: Activation | undefined): readonly [number, number] {
  if (activation === undefined) return output.type.range as readonly [number, number];
  checkActivation(fn, 'option activation', activation);
  const { clip, name } = activation.spec;
  if (clip === undefined) {
    throw new TypeError(`${fn}: option activation must be relu, relu6 or hardTanh, got ${name}`);
  }
  const [low, high] = clip(...numericDefaults(activation.spec));
  return [byteOf(low, output), byteOf(high, output)];
}

/**
 * What each column's sum of x w starts from, so that it is that of (x - zeroPoint) w and the bias.
 *
 * @throws RangeError if there are bytes x with which a sum would leave int32
 */
function startsOf(
  fn: string,
  weights: Int8Array,
  n: number,
  bias: Int32Array | undefined,
  { type, zeroPoint }: Checked,
): number[] {
  const [least, largest] = type.range as readonly [number, number];
  return Array.from({ length: n }, (_, j) => {
    let [positive, negative] = [0, 0];
    for (let at = j; at < weights.length; at += n) {
      if (weights[at] > 0) positive += weights[at];
      else negative += weights[at];
    }
    const own = bias?.[j] ?? 0;
    const high = own + positive * (largest - zeroPoint) + negative * (least - zeroPoint);
    const low = own + positive * (least - zeroPoint) + negative * (largest - zeroPoint);
    if (low < -(2 ** 31) || high >= 2 ** 31) {
      throw new RangeError(`${fn}: sums must stay in int32, got ${low} to ${high} in column ${j}`);
    }
    return own - zeroPoint * (positive + negative);
  });
}

function pack(
  packed: Uint8Array,
  weights: Int8Array,
  k: number,
  n: number,
  starts: readonly number[],
  factors: readonly number[],
  ends: readonly [number, number],
  zeroPoint: number,
): void {
  const floats = new Float32Array(packed.buffer, packed.byteOffset, packed.length / 4);
  const integers = new Int32Array(packed.buffer, packed.byteOffset, packed.length / 4);
  packed.fill(0);
  floats.fill(ends[0] - zeroPoint, 0, 4);
  floats.fill(ends[1] - zeroPoint, 4, 8);
  integers.fill(TO_INTEGER_BITS - zeroPoint, 8, 12);
  for (let j = 0; j < n; j++) {
    const panel = OUTPUT_BYTES + Math.floor(j / COLUMNS) * panelBytes(k);
    const column = j % COLUMNS;
    integers[panel / 4 + column] = starts[j];
    floats[panel / 4 + COLUMNS + column] = factors[j];
    for (let p = 0; p < k; p++) {
      packed[panel + HEAD + PAIR * (p >> 1) + 2 * column + (p & 1)] = weights[p * n + j];
    }
  }
}

/** Carries out a layer on `m` rows: what is in one arena with the packed weights in place, the rest by way of scratch memory. */
function run(runtime: Runtime, { k, n, kernel, packed }: Layer, x: NumberArray, out: NumberArray, m: number): void {
  const workspace = runtime.workspace(packed);
  const dense = workspace.kernels(kernels)[kernel];
  const [packedAt, xAt, outAt] = [packed, x, out].map((array) => workspace.address(array));
  const heap = bytesOf(workspace);
  const [xBytes, outBytes] = [x, out].map(
    ({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length),
  );
  const panel = panelBytes(k);
  const panels = packedAt === undefined ? Math.max(1, Math.floor((X - PANELS) / panel)) : Infinity;
  const columns = Math.min(n, COLUMNS * panels, outAt === undefined ? MOST_COLUMNS : Infinity);
  const rows = Math.min(
    m,
    xAt === undefined ? Math.floor(X_BYTES / k) : Infinity,
    outAt === undefined ? Math.floor(Y_BYTES / columns) : Infinity,
  );
  const output = packedAt ?? SCRATCH;
  if (packedAt === undefined) heap.set(packed.subarray(0, OUTPUT_BYTES), output);
  for (let j = 0; j < n; j += columns) {
    const width = Math.min(columns, n - j);
    const from = OUTPUT_BYTES + (j / COLUMNS) * panel;
    if (packedAt === undefined) {
      heap.set(packed.subarray(from, from + Math.ceil(width / COLUMNS) * panel), PANELS);
    }
    const panelsAt = packedAt === undefined ? PANELS : packedAt + from;
    for (let i = 0; i < m; i += rows) {
      const height = Math.min(rows, m - i);
      if (xAt === undefined) heap.set(xBytes.subarray(i * k, (i + height) * k), X);
      const source = xAt === undefined ? X : xAt + i * k;
      const [target, row] = outAt === undefined ? [Y, width] : [outAt + i * n + j, n];
      dense(height, k, width, source, k, output, panelsAt, target, row, TERMS);
      if (outAt !== undefined) continue;
      if (width === n) outBytes.set(heap.subarray(Y, Y + height * n), i * n);
      else {
        for (let r = 0; r < height; r++) {
          outBytes.set(heap.subarray(Y + r * width, Y + (r + 1) * width), (i + r) * n + j);
        }
      }
    }
  }
}

const byDefault = /* @__PURE__ */ quantizedDenseOn(defaultRuntime);

/**
 * A dense layer of quantised numbers, prepared once for its weights: y = f(x W + bias), where sums are exact, of int32. A byte of the result
 * is round(sum * factor) + zero point, halves to even, at the ends of the type, or of the activation f, where it is beyond them. The
 * factor of a column is input.scale * weightScale / output.scale; it and its product with the sum are of float32. All backends give
 * the same bytes.
 *
 * @returns a function of x, a batch of m rows of k bytes in row-major order, that gives m x n bytes: `options.out`, which may overlap x in any
 *   way, or a new array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length, a scale or zero point out of range, or weights and a bias
 *   with which sums could leave int32
 *
 * @example
 * const layer = quantizedDense({
 *   weights: new Int8Array([1, 0, -1, 0, 1, -1]), // 2 x 3
 *   weightScale: [0.5, 0.5, 0.25],
 *   bias: new Int32Array([0, 0, 2]),
 *   input: { scale: 0.5 },
 *   output: { scale: 0.25 },
 *   activation: relu,
 * });
 * layer(new Int8Array([1, 2, -3, -4])); // two rows of two: 1, 2, 0, -3 -> 0, 0, 4
 */
export function quantizedDense<I extends ByteType = 'int8', O extends ByteType = 'int8'>(
  options: QuantizedDenseOptions<I, O>,
): QuantizedFunction<I, O> {
  return byDefault(options);
}
