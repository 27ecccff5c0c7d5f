// Functions of rows: softmax and its kin.

import { refuseScale } from './activations/fields';
import { checkLength, checkOptions, checkUint8, describe } from './errors';
import { type Conversions, conversions } from './half';
import { disjoint, unshared } from './overlap';
import type { Real } from './reals';
import { defaultRuntime, type Runtime } from './runtime';
import { rowsAlong } from './shape';
import {
  areFew,
  DY,
  type Elements,
  type Format,
  float32,
  formats,
  type Place,
  type Stage,
  softmaxOfFew,
  Tile,
  type Call as TileCall,
  X,
} from './tiles';
import {
  checkType,
  type ElementType,
  type FloatArray,
  floatType,
  type NumberArray,
  resultArray,
  type Same,
  types,
} from './types';

/** Which elements make a row, and where the result goes. */
export interface RowOptions<A = Float32Array> {
  /** Sizes of `x`, the last varying fastest; without it, `x` is one row. */
  readonly shape?: readonly number[];
  /** Along which of the sizes a row runs: from 0, or from -1 for the last, which is the default. */
  readonly axis?: number;
  /** An array of the type of `x` and the result's length, which may be a source. */
  readonly out?: A;
}

/** What else goes into the rows: the function is that of x + bias, where the mask is not 0. */
export interface MaskOptions<A = Float32Array> extends RowOptions<A> {
  /** A Uint8Array of the length of `x`, or of one row: 0 leaves an element out, as if it were -Infinity. */
  readonly mask?: Uint8Array;
  /** An array of the type of `x`, of its length or of that of one row: added to `x`, in float64 or float32. */
  readonly bias?: A;
}

export interface SoftmaxOptions<A = Float32Array> extends MaskOptions<A> {
  /** By which the elements are divided: from 0.00001 to 100000; 1 by default. */
  readonly temperature?: number;
}

/** The options of a function, for arrays `A`. */
type On<O, A> = { [K in keyof O]: K extends 'out' | 'bias' ? A | undefined : O[K] };

/** A function of each row of `x`, an array of floating-point numbers. */
export interface RowFunction<O extends RowOptions> {
  /**
   * @throws TypeError for a value of the wrong kind, RangeError for a length, shape, axis or number out of range; nothing is written
   *   then
   */
  <A extends FloatArray>(x: A, options?: On<O, Same<A>>): Same<A>;
  readonly name: string;
}

export interface DifferentiableRowFunction<O extends RowOptions> extends RowFunction<O> {
  /**
   * The gradient with respect to `x`.
   *
   * @param dy - the gradient with respect to the result, as long as that
   * @throws as the function does
   */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: On<O, Same<A>>): Same<A>;
}

export interface OutputRowFunction<O extends RowOptions> extends DifferentiableRowFunction<O> {
  /**
   * The same from the result `y`: `x` need not be kept, and no exponential, or a single one, is computed.
   *
   * @throws as the function does
   */
  backwardFromOutput<A extends FloatArray>(dy: Same<A>, y: A, options?: On<O, Same<A>>): Same<A>;
}

export interface RowFunctions {
  readonly softmax: OutputRowFunction<SoftmaxOptions>;
  readonly softmin: OutputRowFunction<SoftmaxOptions>;
  readonly logSoftmax: OutputRowFunction<SoftmaxOptions>;
  readonly logSumExp: DifferentiableRowFunction<MaskOptions>;
  readonly sparsemax: OutputRowFunction<RowOptions>;
  readonly hardmax: RowFunction<RowOptions>;
}

const ROW = ['shape', 'axis', 'out'];
const MASK = [...ROW, 'mask', 'bias'];
const SOFTMAX = [...MASK, 'temperature'];

/** The functions of rows on a runtime. */
export function rowFunctions(runtimeNow: () => Runtime): RowFunctions {
  return {
    softmax: softmaxOn(runtimeNow, 'softmax', 1),
    softmin: softmaxOn(runtimeNow, 'softmin', -1),
    logSoftmax: logSoftmaxOn(runtimeNow),
    logSumExp: logSumExpOn(runtimeNow),
    sparsemax: sparsemaxOn(runtimeNow),
    hardmax: hardmaxOn(runtimeNow),
  };
}

/** A call, with the array that was given for its result. */
interface Call extends TileCall {
  readonly result: NumberArray;
}

/** Does `work` with one tile after another. */
function run(runtimeNow: () => Runtime, call: Call, work: (tile: Tile) => void): NumberArray {
  const { x, dy, out, result } = call;
  if (x.length > 0) {
    const whole = [x, dy, out].filter((array) => array?.length === x.length) as Elements[];
    const tile = new Tile(runtimeNow().workspace(...whole), call);
    tile.each(() => work(tile));
  }
  return result;
}

function softmaxOn(runtimeNow: () => Runtime, name: string, sign: 1 | -1): OutputRowFunction<SoftmaxOptions> {
  return named(name, {
    forward(x, options) {
      const call = prepare(name, x, undefined, options, SOFTMAX, sign);
      if (!areFew(call)) {
        return run(runtimeNow, { ...call, isOneStage: true }, (tile) => tile.pass(X, true, softmaxStage(tile)));
      }
      softmaxOfFew(runtimeNow().workspace(), call);
      return call.result;
    },
    backward: (dy, x, options) =>
      run(runtimeNow, { ...prepare(`${name}.backward`, x, dy, options, SOFTMAX, sign), spoilsX: true }, (tile) => {
        softmaxGradient(tile, tile.isDouble ? exponentialStage(tile) : softmaxStage(tile));
      }),
    // Where y is 0, so is the gradient: there is nothing to mask.
    backwardFromOutput: (dy, y, options) =>
      run(runtimeNow, fromOutput(prepare(`${name}.backwardFromOutput`, y, dy, options, SOFTMAX, sign)), (tile) => {
        if (tile.isDouble) {
          const { kernels: k, rows, state } = tile;
          state.max.fill(0, 0, rows);
          state.setSums(1, rows);
          k.setGradients(state.address, rows);
          state.setCounts(1, rows);
        }
        softmaxGradient(tile);
      }),
  });
}

function logSoftmaxOn(runtimeNow: () => Runtime): OutputRowFunction<SoftmaxOptions> {
  return named<SoftmaxOptions>('logSoftmax', {
    forward: (x, options) =>
      run(runtimeNow, prepare('logSoftmax', x, undefined, options, SOFTMAX), (tile) => {
        const { kernels: k, state } = tile;
        const logarithms = findLogarithms(tile);
        for (let row = 0; row < tile.rows; row++) state.scale[row] = checked(tile, row, logarithms(row));
        tile.pass(X, true, (p) => k.logarithms(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch));
      }),
    backward: (dy, x, options) =>
      run(runtimeNow, prepare('logSoftmax.backward', x, dy, options, SOFTMAX), (tile) => {
        findShifts(tile);
        logGradient(tile, () => sumExponentials(tile));
      }),
    backwardFromOutput: (dy, y, options) => {
      const call = prepare('logSoftmax.backwardFromOutput', y, dy, options, SOFTMAX);
      return run(runtimeNow, { ...fromOutput(call), mask: call.mask, temperature: 1 }, (tile) => {
        // Of x from 0 down, nothing but the power is left out.
        tile.state.max.fill(0, 0, tile.rows);
        tile.kernels.setShifts(tile.state.address, tile.rows);
        logGradient(tile, () => tile.state.setSums(tile.power, tile.rows));
      });
    },
  });
}

function logSumExpOn(runtimeNow: () => Runtime): DifferentiableRowFunction<MaskOptions> {
  return named<MaskOptions>('logSumExp', {
    forward(x, options) {
      const call = prepareSums('logSumExp', x, undefined, options);
      const { half } = call.format;
      const sums = half === undefined ? call.out : new Float32Array(call.out.length);
      if (call.rows.length === 0) sums.fill(-Infinity);
      run(runtimeNow, { ...call, x: disjoint(call.x, call.out) }, (tile) => {
        const logarithms = findLogarithms(tile);
        for (let row = 0; row < tile.rows; row++) sums[tile.first + row] = tile.state.max[row] + logarithms(row);
      });
      if (half !== undefined) {
        const narrow = conversions(runtimeNow)[half.narrow] as Conversions['toFloat16'];
        narrow(sums as Float32Array, { out: call.out as Uint16Array });
      }
      return call.result;
    },
    backward: (dy, x, options) => {
      const call = prepareSums('logSumExp.backward', x, dy, options);
      const { half } = call.format;
      const given = call.dy as Elements;
      const upstream =
        half === undefined ? disjoint(given, call.out) : conversions(runtimeNow)[half.widen](given as Uint16Array);
      return run(runtimeNow, { ...call, x: unshared(call.x, call.out), dy: undefined }, (tile) => {
        const { kernels: k, state, first } = tile;
        findShifts(tile);
        sumExponentials(tile);
        for (let row = 0; row < tile.rows; row++) state.count[row] = upstream[first + row];
        k.setQuotients(state.address, tile.rows);
        tile.pass(X, true, (p) => {
          k.scaledExponentials(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch);
          tile.hideGradient(p);
        });
      });
    },
  });
}

function sparsemaxOn(runtimeNow: () => Runtime): OutputRowFunction<RowOptions> {
  return named<RowOptions>('sparsemax', {
    forward: (x, options) =>
      run(runtimeNow, prepare('sparsemax', x, undefined, options, ROW), (tile) => {
        findThresholds(tile);
        tile.pass(X, true, (p) => aboveThreshold(tile, p));
      }),
    backward: (dy, x, options) =>
      run(runtimeNow, { ...prepare('sparsemax.backward', x, dy, options, ROW), spoilsX: true }, (tile) => {
        findThresholds(tile);
        supportGradient(tile, (p) => aboveThreshold(tile, p));
      }),
    backwardFromOutput: (dy, y, options) =>
      run(runtimeNow, prepare('sparsemax.backwardFromOutput', y, dy, options, ROW), (tile) => supportGradient(tile)),
  });
}

function hardmaxOn(runtimeNow: () => Runtime): RowFunction<RowOptions> {
  return named<RowOptions>('hardmax', {
    forward: (x, options) =>
      run(runtimeNow, prepare('hardmax', x, undefined, options, ROW), (tile) => {
        const largest = findLargest(tile);
        tile.pass(0, true, (p) => tile.setOnes(p, largest));
      }),
  });
}

/** A function with its gradients. */
function named<O extends RowOptions>(name: string, parts: Parts<O>): OutputRowFunction<O> {
  const { forward, ...gradients } = parts;
  Object.defineProperty(forward, 'name', { value: name });
  return Object.assign(forward, gradients) as unknown as OutputRowFunction<O>;
}

interface Parts<O> {
  forward(x: NumberArray, options?: On<O, NumberArray>): NumberArray;
  backward?(dy: NumberArray, x: NumberArray, options?: On<O, NumberArray>): NumberArray;
  backwardFromOutput?(dy: NumberArray, y: NumberArray, options?: On<O, NumberArray>): NumberArray;
}

// ---- what the functions are made of ----

/** The largest of each row, and by it the shift of its exponentials. */
function findShifts(tile: Tile): void {
  const { kernels: k, state } = tile;
  state.max.fill(-Infinity, 0, tile.rows);
  tile.pass(X, false, (p) => k.rowMax(p.columns, p.state, p.x, p.height, p.width, p.pitch));
  k.setShifts(state.address, tile.rows);
  state.clear(tile.rows);
}

function sumExponentials(tile: Tile): void {
  const { kernels: k } = tile;
  tile.pass(X, false, (p) => k.sumExponentials(p.columns, p.state, p.x, p.height, p.width, p.pitch));
}

/** What is subtracted from a row or divides it; NaN if the largest element is not finite. */
function checked({ state }: Tile, row: number, sum: number): number {
  return Number.isFinite(state.max[row]) ? sum : Number.NaN;
}

/**
 * The stage from x to the softmax, with what it needs of rows that it has not before it from end to end. Where there is a place for the
 * exponentials they stay; computing them anew takes longer than scaling them.
 */
function softmaxStage(tile: Tile): Stage {
  const { kernels: k, state } = tile;
  if (tile.hasWholeRows) return (p) => k.softmax(p.state, p.x, p.room, p.y, p.height, p.width);
  findShifts(tile);
  if (tile.keepsResults)
    tile.pass(X, false, (p) => k.exponentials(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch));
  else sumExponentials(tile);
  state.setCounts(1, tile.rows);
  k.setQuotients(state.address, tile.rows);
  return tile.keepsResults
    ? (p) => k.scale(p.columns, p.state, p.y, p.y, p.height, p.width, p.pitch)
    : (p) => k.scaledExponentials(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch);
}

/**
 * The stage from x to the exponentials, of float64, from which the gradient has less to round than from the softmax. In one piece, they are there
 * already.
 */
function exponentialStage(tile: Tile): Stage {
  const { kernels: k, state } = tile;
  findShifts(tile);
  if (tile.isWhole)
    tile.pass(X, false, (p) => k.exponentials(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch));
  else sumExponentials(tile);
  k.setGradients(state.address, tile.rows);
  state.countSums();
  return tile.isWhole
    ? () => {}
    : (p) => k.scaledExponentials(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch);
}

/** The gradient from y, in float64 times the row's count, which lie in the place of x or which `find` leaves there. */
function softmaxGradient(tile: Tile, find?: Stage): void {
  const { kernels: k, state } = tile;
  state.setSums(0, tile.rows);
  tile.pass(X | DY, false, (p) => {
    find?.(p);
    k.sumProducts(p.columns, p.state, p.x, p.dy, p.height, p.width, p.pitch);
  });
  if (tile.isDouble) k.setMeans(state.address, tile.rows);
  else for (let row = 0; row < tile.rows; row++) state.mean[row] = state.sum[row];
  tile.pass(X | DY, true, (p) => {
    if (!tile.isWhole) find?.(p);
    k.softmaxGradient(p.columns, p.state, p.x, p.dy, p.y, p.height, p.width, p.pitch);
    tile.hideGradient(p);
  });
}

/** The gradient from the logarithms or what they are of, where `sum` finds the sums of the exponentials. */
function logGradient(tile: Tile, sum: () => void): void {
  const { kernels: k, state } = tile;
  state.setSums(0, tile.rows);
  tile.pass(DY, false, (p) => k.sums(p.columns, p.state, p.dy, p.height, p.width, p.pitch));
  state.countSums();
  state.setSums(0, tile.rows);
  sum();
  k.setQuotients(state.address, tile.rows);
  tile.pass(X | DY, true, (p) => {
    k.logGradient(p.columns, p.state, p.x, p.dy, p.y, p.height, p.width, p.pitch);
    tile.hideGradient(p);
  });
}

/**
 * log(sum of e^(x - max)) of each row, NaN where the largest is not finite. With one largest element it is log1p of the sum of the others,
 * however small that is.
 */
function findLogarithms(tile: Tile): (row: number) => number {
  const { kernels: k, state } = tile;
  findShifts(tile);
  tile.pass(X, false, (p) => k.sumOthers(p.columns, p.state, p.x, p.height, p.width, p.pitch));
  return (row) => Math.log1p(state.count[row] - 1 + (state.sum[row] / tile.power) * Math.exp(-state.largest(row)));
}

/**
 * The threshold of each row, at which what is above sums to 1: by C. Michelot's method (1986), from one below the largest on. What is above one
 * threshold gives the next, until nothing falls away.
 */
function findThresholds(tile: Tile): void {
  const { kernels: k, state } = tile;
  findShifts(tile);
  const counts = new Float64Array(tile.rows).fill(Infinity);
  for (let row = 0; row < tile.rows; row++) {
    // All that matters is within 1 of the largest: less that, no threshold has larger roundings than the result.
    state.shift[row] = state.max[row];
    state.setScale(row, checked(tile, row, -1));
  }
  for (let changed = true; changed; ) {
    changed = false;
    state.clear(tile.rows);
    tile.pass(X, false, (p) => k.sumAbove(p.columns, p.state, p.x, p.height, p.width, p.pitch));
    for (let row = 0; row < tile.rows; row++) {
      const count = state.count[row];
      if (count >= counts[row] || Number.isNaN(state.scale[row])) continue;
      counts[row] = count;
      state.setScale(row, (state.sum[row] - 1) / count);
      changed = true;
    }
  }
}

function aboveThreshold(tile: Tile, p: Place): void {
  tile.kernels.aboveThreshold(p.columns, p.state, p.x, p.y, p.height, p.width, p.pitch);
}

function supportGradient(tile: Tile, find?: Stage): void {
  const { kernels: k, state } = tile;
  state.clear(tile.rows);
  tile.pass(X | DY, false, (p) => {
    find?.(p);
    k.sumSupport(p.columns, p.state, p.x, p.dy, p.height, p.width, p.pitch);
  });
  for (let row = 0; row < tile.rows; row++) state.mean[row] = state.sum[row] / state.count[row];
  tile.pass(X | DY, true, (p) => {
    if (!tile.isWhole) find?.(p);
    k.supportGradient(p.columns, p.state, p.x, p.dy, p.y, p.height, p.width, p.pitch);
  });
}

/** The place of each row's first largest element; -1 for a row with NaN. */
function findLargest(tile: Tile): Float64Array {
  const { kernels: k, heap, bytes } = tile;
  const places = new Float64Array(tile.rows);
  const values = new Float64Array(tile.rows);
  tile.pass(X, false, (p) => {
    const [step, next] = p.columns ? [p.pitch, bytes] : [bytes, bytes * p.width];
    for (let row = 0; row < tile.rows; row++) {
      const x = p.x + row * next;
      const place = k.firstLargest(x, p.columns ? p.height : p.width, step);
      if (place === -1) places[row] = -1;
      else if (p.from === 0 || (places[row] >= 0 && heap[(x + place * step) / bytes] > values[row])) {
        places[row] = p.from + place;
        values[row] = heap[(x + place * step) / bytes];
      }
    }
  });
  return places;
}

// ---- arguments ----

type SoftmaxOptionsOf = SoftmaxOptions<NumberArray>;

/** A call of a function from the shape of x to the same. */
function prepare(
  fn: string,
  x: NumberArray,
  dy: NumberArray | undefined,
  options: SoftmaxOptionsOf | undefined,
  known: readonly string[],
  sign: 1 | -1 = 1,
): Call {
  const source = fn.endsWith('FromOutput') ? 'y' : 'x';
  const type = floatType(fn, source, x);
  if (dy !== undefined) {
    checkType(fn, 'dy', dy, type);
    checkLength(fn, 'dy', dy, x.length, source);
  }
  if (options !== undefined) checkOptions(fn, options, known);
  const out = resultArray(fn, 'out', options?.out, type, x.length, source);
  return callOf(fn, type, unshared(x, out), dy && unshared(dy, out), out, options, sign);
}

/** A call of logSumExp or its gradient. */
function prepareSums(
  fn: string,
  x: NumberArray,
  dy: NumberArray | undefined,
  options: MaskOptions<NumberArray> = {},
): Call {
  const type = floatType(fn, 'x', x);
  if (dy !== undefined) checkType(fn, 'dy', dy, type);
  checkOptions(fn, options, MASK);
  const rows = rowsAlong(fn, x.length, options.shape, options.axis);
  const count = rows.outer * rows.inner;
  if (dy !== undefined) checkLength(fn, 'dy', dy, count, 'the rows');
  const [length, like] = dy === undefined ? [count, 'the rows'] : [x.length, 'x'];
  return callOf(fn, type, x, dy, resultArray(fn, 'out', options.out, type, length, like), options, 1);
}

/** With the rest of the options, of which `checkOptions` has seen the names. */
function callOf(
  fn: string,
  type: ElementType,
  x: NumberArray,
  dy: NumberArray | undefined,
  out: NumberArray,
  options: SoftmaxOptionsOf = {},
  sign: 1 | -1,
): Call {
  const { shape, axis, mask, bias, temperature = 1 } = options;
  const rows = rowsAlong(fn, x.length, shape, axis);
  if (typeof temperature !== 'number') {
    throw new TypeError(`${fn}: option temperature must be a number, got ${describe(temperature)}`);
  }
  const fault = refuseScale('temperature', temperature);
  if (fault !== undefined) throw new RangeError(`${fn}: ${fault}`);
  if (mask !== undefined) checkUint8(fn, 'option mask', mask);
  if (bias !== undefined) checkType(fn, 'option bias', bias, type);
  checkRows(fn, 'mask', mask, x.length, rows.length);
  checkRows(fn, 'bias', bias, x.length, rows.length);
  const format = type === types.float32 ? float32 : (formats[type.name] as Format);
  return {
    format,
    x: elements(x, format),
    dy: dy && elements(dy, format),
    out: elements(out, format),
    result: out,
    rows,
    sign,
    temperature,
    divisor: sign * temperature,
    mask: mask && disjoint(mask, out),
    bias: bias && elements(disjoint(bias, out), format),
  };
}

/** An array as a tile takes it. */
function elements(array: NumberArray, { half }: Format): Elements {
  return half === undefined ? (array as Real) : new Uint16Array(array.buffer, array.byteOffset, array.length);
}

/** RangeError unless an array is of the length of `x` or of a row. */
function checkRows(fn: string, option: string, array: NumberArray | undefined, n: number, row: number): void {
  if (array === undefined || array.length === n || array.length === row) return;
  throw new RangeError(
    `${fn}: option ${option} must have the length of x, ${n}, or of a row, ${row}, got ${array.length}`,
  );
}

/** A call on outputs, which are neither masked nor shifted again. */
function fromOutput(call: Call): Call {
  return { ...call, sign: 1, mask: undefined, bias: undefined };
}

// ---- what the package exports ----

/**
 * Each row's e^(z_i) / sum of e^(z_j), with z = (x + bias) / temperature: a probability for each element. Within 3 ULP, summing to 1 within 2;
 * of a Float64Array within 2 ULP.
 * A row with NaN or +Infinity, of nothing but -Infinity, or masked throughout gives NaN.
 *
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or shape, or an option out of range
 *
 * @example
 * softmax(new Float32Array([0, 1, 2, 1, 1, 1]), { shape: [2, 3] }); // 0.09003057, 0.2447285, 0.6652409, 0.3333333, 0.3333333, 0.3333333
 */
export const softmax: OutputRowFunction<SoftmaxOptions> = /* @__PURE__ */ softmaxOn(defaultRuntime, 'softmax', 1);
/**
 * {@link softmax} of -x: the smallest element gets the most.
 *
 * @example
 * softmin(new Float32Array([0, 0])); // 0.5, 0.5
 */
export const softmin: OutputRowFunction<SoftmaxOptions> = /* @__PURE__ */ softmaxOn(defaultRuntime, 'softmin', -1);
/**
 * The logarithm of {@link softmax}, within 3 ULP, of a Float64Array 2, also near 0, where one element outweighs the others.
 *
 * @example
 * logSoftmax(new Float32Array([0, 0])); // -0.6931472, -0.6931472
 */
export const logSoftmax: OutputRowFunction<SoftmaxOptions> = /* @__PURE__ */ logSoftmaxOn(defaultRuntime);
/**
 * log(sum of e^(x_i + bias_i)) of each row: one value a row, in the order of the shape without the axis. Within 1 ULP, of a
 * Float64Array 2, of the larger of the result and the row's largest element.
 *
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or shape, or an option out of range
 *
 * @example
 * logSumExp(new Float32Array([0, 0, 3, 3]), { shape: [2, 2] }); // 0.6931472, 3.693147
 */
export const logSumExp: DifferentiableRowFunction<MaskOptions> = /* @__PURE__ */ logSumExpOn(defaultRuntime);
/**
 * max(x_i - t, 0), with the t of each row at which the sum is 1: the point nearest to x among the probabilities (Martins and Astudillo, 2016).
 *
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or shape, or an axis that is not there
 *
 * @example
 * sparsemax(new Float32Array([1, 0.5, -1])); // 0.75, 0.25, 0
 */
export const sparsemax: OutputRowFunction<RowOptions> = /* @__PURE__ */ sparsemaxOn(defaultRuntime);
/**
 * 1 at the first of each row's largest elements, 0 elsewhere; NaN in a row with NaN. Its gradient is 0, and not offered.
 *
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or shape, or an axis that is not there
 *
 * @example
 * hardmax(new Float32Array([1, 3, 3])); // 0, 1, 0
 */
export const hardmax: RowFunction<RowOptions> = /* @__PURE__ */ hardmaxOn(defaultRuntime);
