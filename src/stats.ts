import { checkFloat32, checkOptions, describe } from './errors';
import { matrix } from './matrix';
import { defaultRuntime, type KernelSet, type Runtime } from './runtime';
import { rowsAlong } from './shape';
import { SCRATCH, SHORT } from './staging';

export interface ActivationStatsOptions {
  /** The sizes of `x`: a batch of units, `[batch, units]`, or more. Without it all of `x` is a batch of one unit. */
  readonly shape?: readonly number[];
  /** The axis along which the units lie, by default the last; all others are the batch. A negative one counts from the end. */
  readonly axis?: number;
  /** Into how many bins a histogram sorts the finite elements, 1 to 4096. There is none by default. */
  readonly bins?: number;
  /** The ends of the histogram, both included; by default the least and the greatest finite element. Elements outside are not counted. */
  readonly range?: readonly [low: number, high: number];
}

/** Statistics of each unit over its batch. NaN and infinities are counted, and take no part in mean, variance, minimum and maximum. */
export interface ActivationStats {
  /** Elements of each unit. */
  readonly batch: number;
  /** Which share of the elements is 0 or -0; NaN for an empty batch. */
  readonly zeroFraction: Float64Array;
  /** 1 for a unit of which all elements are zero. */
  readonly dead: Uint8Array;
  /** Mean of the finite elements; NaN if there are none, as the next three. */
  readonly mean: Float64Array;
  /** Their population variance: the mean squared difference from the mean. */
  readonly variance: Float64Array;
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  readonly nans: Uint32Array;
  readonly infinities: Uint32Array;
  /** The same of all elements together; `dead` is the number of dead units. */
  readonly total: { readonly [Statistic in keyof Omit<ActivationStats, 'batch' | 'total' | 'histogram'>]: number };
  /** If `bins` was given. */
  readonly histogram?: Histogram;
}

/**
 * How many elements lie in each of equal bins from `low` to `high`: element x in bin floor((x - low) / (high - low) * bins), computed in
 * float32, so that one within its rounding of the border of two bins may be in either. `high` itself is in the last bin, or, where `low` is
 * as high, in the first.
 */
export interface Histogram {
  readonly counts: Uint32Array;
  readonly low: number;
  readonly high: number;
}

/** {@link activationStats} on one backend. */
export type ActivationStatsFunction = (x: Float32Array, options?: ActivationStatsOptions) => ActivationStats;

/** assembly/stats.ts */
interface Kernels {
  statistics(x: number, rows: number, width: number, stride: number, records: number, sums: number): void;
  histogram(x: number, n: number, low: number, high: number, scale: number, bins: number, tables: number): void;
}

const MOST_BINS = 4096;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Columns of which there are statistics at a time. Scratch memory holds their records and sums, and a block of their rows. */
const PANEL = 1536;
/** Rows that kernels sum in float32. Ordinary arrays are copied by whole blocks, so that they give the bits that they give in an arena. */
const BLOCK_ROWS = 128;
/** Elements copied at a time, unless a block of rows has more. */
const COPIED = 16384;
/** Bytes of the record and of the sums of four columns. */
const RECORD = 160;
const SUMS_RECORD = 96;
const RECORDS = SCRATCH;
const SUMS = RECORDS + (PANEL / 4) * RECORD;
const COPY = SUMS + (PANEL / 4) * SUMS_RECORD;
/** Counts of bins, once the records have been read. */
const TABLES = RECORDS;
/** From this many neighbouring elements of a unit on, lanes run along them; below, along the units. */
const LONG = 64;

/** Where the fields of a record lie, in elements of their types, each of four columns. */
const COUNT = 0;
const MEAN = 4;
const SQUARES = 8;
const MINIMUM = 24;
const MAXIMUM = 28;
const ZEROS = 32;
const NANS = 36;

/** Records in the form in which kernels keep them, from byte `start` of a buffer on. */
class Records {
  readonly doubles: Float64Array;
  readonly floats: Float32Array;
  readonly integers: Uint32Array;
  readonly #start: number;

  constructor(buffer: ArrayBufferLike, start: number) {
    this.doubles = new Float64Array(buffer);
    this.floats = new Float32Array(buffer);
    this.integers = new Uint32Array(buffer);
    this.#start = start;
  }

  /** Index of a column's count, mean and squares among the doubles. */
  wide(column: number): number {
    return (this.#start + (column >> 2) * RECORD) / 8 + (column & 3);
  }

  /** Index of its other fields among floats and integers. */
  narrow(column: number): number {
    return (this.#start + (column >> 2) * RECORD) / 4 + (column & 3);
  }

  clear(columns: number): void {
    const start = this.#start / 4;
    const end = start + ((columns + 3) >> 2) * (RECORD / 4);
    this.integers.fill(0, start, end);
    for (let at = start; at < end; at += RECORD / 4) {
      for (let lane = 0; lane < 4; lane++) {
        this.floats[at + MINIMUM + lane] = Infinity;
        this.floats[at + MAXIMUM + lane] = -Infinity;
      }
    }
  }

  /** Adds `count` finite elements, with the sum `squares` of squared differences from their mean, and numbers of zeros and NaN. */
  add(
    column: number,
    count: number,
    mean: number,
    squares: number,
    minimum: number,
    maximum: number,
    zeros: number,
    nans: number,
  ): void {
    const { doubles, floats, integers } = this;
    const narrow = this.narrow(column);
    integers[narrow + ZEROS] += zeros;
    integers[narrow + NANS] += nans;
    if (count === 0) return;
    if (minimum < floats[narrow + MINIMUM]) floats[narrow + MINIMUM] = minimum;
    if (maximum > floats[narrow + MAXIMUM]) floats[narrow + MAXIMUM] = maximum;
    const wide = this.wide(column);
    const before = doubles[wide + COUNT];
    const total = before + count;
    const delta = mean - doubles[wide + MEAN];
    const step = delta * (count / total);
    doubles[wide + COUNT] = total;
    doubles[wide + MEAN] += step;
    doubles[wide + SQUARES] += squares + delta * step * before;
  }

  addElement(column: number, x: number): void {
    this.add(column, Number.isFinite(x) ? 1 : 0, x, 0, x, x, x === 0 ? 1 : 0, Number.isNaN(x) ? 1 : 0);
  }

  /** Adds what `other` has of a column. */
  addColumn(column: number, other: Records, from: number): void {
    const { doubles, floats, integers } = other;
    const wide = other.wide(from);
    const narrow = other.narrow(from);
    this.add(
      column,
      doubles[wide + COUNT],
      doubles[wide + MEAN],
      doubles[wide + SQUARES],
      floats[narrow + MINIMUM],
      floats[narrow + MAXIMUM],
      integers[narrow + ZEROS],
      integers[narrow + NANS],
    );
  }
}

const kernelSet: KernelSet<Kernels> = {
  binary: matrix,
  js(buffer) {
    const found = new Records(buffer, RECORDS);
    const { floats, integers } = found;
    return {
      statistics(x, rows, width, stride, records) {
        const step = stride / 4;
        for (let i = 0; i < width; i++) {
          const column = 4 * ((records - RECORDS) / RECORD) + i;
          const from = x / 4 + i;
          const to = from + rows * step;
          let count = 0;
          let sum = 0;
          let minimum = Infinity;
          let maximum = -Infinity;
          let zeros = 0;
          let nans = 0;
          for (let at = from; at < to; at += step) {
            const v = floats[at];
            if (v === 0) zeros++;
            if (v - v === 0) {
              count++;
              sum += v;
              if (v < minimum) minimum = v;
              if (v > maximum) maximum = v;
            } else if (Number.isNaN(v)) nans++;
          }
          const mean = sum / count;
          let squares = 0;
          for (let at = from; at < to; at += step) {
            const v = floats[at];
            if (v - v === 0) squares += (v - mean) ** 2;
          }
          found.add(column, count, mean, squares, minimum, maximum, zeros, nans);
        }
      },
      histogram(x, n, low, high, scale, bins, tables) {
        const { fround, floor, min } = Math;
        const factor = fround(scale);
        for (let at = x / 4; at < x / 4 + n; at++) {
          const v = floats[at];
          if (!(v >= low && v <= high)) continue;
          const t = fround(fround(fround(v * 0.5) - fround(low * 0.5)) * factor);
          integers[tables / 4 + min(floor(t), bins - 1)]++;
        }
      },
    };
  },
};

/** Makes {@link activationStats} for a runtime. */
export function statsOn(runtimeNow: () => Runtime): ActivationStatsFunction {
  const fn = 'activationStats';
  return function activationStats(x, options = {}) {
    checkFloat32(fn, 'x', x);
    checkOptions(fn, options, ['shape', 'axis', 'bins', 'range']);
    const { shape = [x.length, 1], axis, bins, range } = options;
    const { outer, length, inner } = rowsAlong(fn, x.length, shape, axis);
    if (bins !== undefined) checkBins(fn, bins);
    if (range !== undefined) checkRange(fn, range, bins);

    const found = new Records(new ArrayBuffer(RECORD * Math.ceil((length + 1) / 4)), 0);
    found.clear(length + 1);
    const source = new Source(runtimeNow(), x);
    if (length === 1) source.runs(found, 1, 1, outer * inner);
    else if (inner >= LONG) source.runs(found, outer, length, inner);
    else source.columns(found, outer, length, inner);
    for (let unit = 0; unit < length; unit++) found.addColumn(length, found, unit);

    const units = results(found, 0, length, outer * inner);
    const all = Object.entries(results(found, length, 1, x.length)).map(([statistic, [value]]) => [statistic, value]);
    const total: ActivationStats['total'] = {
      ...(Object.fromEntries(all) as ActivationStats['total']),
      dead: units.dead.reduce((sum, dead) => sum + dead, 0),
    };
    if (bins === undefined) return { batch: outer * inner, ...units, total };
    const [low, high] = range?.map(Math.fround) ?? [total.minimum, total.maximum];
    return {
      batch: outer * inner,
      ...units,
      total,
      histogram: { counts: source.histogram(low, high, bins), low, high },
    };
  };
}

/**
 * Statistics of activations: which units are dead, how the values of each are spread, and what is not a number. Array by array, each entry
 * for a unit, and of all elements together.
 *
 * Errors, whatever the mean: of the mean at most 4e-6 of the standard deviation, of the variance 3e-5 of itself; a tenth of that as a rule.
 *
 * @param x - any length; ordinary, shared, a subarray, or a view of an arena
 * @param options.shape - the sizes of `x`, `[batch, units]` or more; by default all of `x` is one unit
 * @param options.axis - the axis of the units, by default the last
 * @param options.bins - gives a histogram of all finite elements, in a pass of its own
 * @param options.range - the histogram's ends, by default minimum and maximum
 * @throws TypeError for a value of the wrong kind, RangeError for a shape that is not that of `x`, an axis that it lacks, `bins` that are
 *   no integer from 1 to 4096, or a range that is not two finite numbers in their order
 *
 * @example
 * const stats = activationStats(new Float32Array([0, 1, 0, 3]), { shape: [2, 2] });
 * stats.dead; // 1, 0
 * stats.mean; // 0, 2
 * stats.variance; // 0, 1
 * stats.total.zeroFraction; // 0.5
 */
export const activationStats: ActivationStatsFunction = /* @__PURE__ */ statsOn(defaultRuntime);

/** An array and the kernels that work on it. */
class Source {
  readonly #x: Float32Array;
  readonly #heap: Float32Array;
  readonly #kernels: Kernels;
  readonly #records: Records;
  /** Where `x` lies in the kernels' memory; undefined if it does not. */
  readonly #address: number | undefined;

  constructor(runtime: Runtime, x: Float32Array) {
    const workspace = runtime.workspace(x);
    this.#x = x;
    this.#heap = workspace.heap;
    this.#kernels = workspace.kernels(kernelSet);
    this.#records = new Records(this.#heap.buffer, RECORDS);
    this.#address = workspace.address(x);
  }

  /** Statistics of units whose elements are neighbours, `inner` at a time: lanes run along them. */
  runs(found: Records, outer: number, units: number, inner: number): void {
    const rows = Math.floor(inner / 4);
    for (let first = 0; first < units; first += PANEL / 4) {
      const own = Math.min(PANEL / 4, units - first);
      this.#records.clear(4 * own);
      for (let i = 0; i < outer * own; i++) {
        const unit = i % own;
        const from = (((i - unit) / own) * units + first + unit) * inner;
        this.#add(from, rows, 4, 4, RECORDS + unit * RECORD);
        for (let at = from + 4 * rows; at < from + inner; at++) found.addElement(first + unit, this.#x[at]);
      }
      for (let i = 0; i < 4 * own; i++) found.addColumn(first + (i >> 2), this.#records, i);
    }
  }

  /** Statistics of units of which each batch entry has `inner` neighbouring elements, or one: lanes run along the units. */
  columns(found: Records, outer: number, units: number, inner: number): void {
    const length = units * inner;
    const unitOf = (column: number) => Math.floor((column % length) / inner);
    // So many batch entries make a row that it fills vectors.
    const folded = length % 4 === 0 ? 1 : length % 2 === 0 ? 2 : 4;
    const width = folded * length;
    const rows = Math.floor(outer / folded);
    const start = rows * width;
    const rest = this.#x.length - start;
    for (let column = 0; column < (rows > 0 ? width : rest); column += PANEL) {
      const own = Math.min(PANEL, width - column);
      this.#records.clear(own);
      this.#add(column, rows, own, width, RECORDS);
      const left = Math.min(own, rest - column) & ~3;
      if (left > 0) this.#add(start + column, 1, left, left, RECORDS);
      for (let i = 0; i < own; i++) found.addColumn(unitOf(column + i), this.#records, i);
    }
    for (let i = rest & ~3; i < rest; i++) found.addElement(unitOf(i), this.#x[start + i]);
  }

  /** Counts in bins. */
  histogram(low: number, high: number, bins: number): Uint32Array {
    const { length } = this.#x;
    const tables = this.#heap.buffer;
    const counts = new Uint32Array(tables, TABLES, 4 * (bins + 1)).fill(0);
    const scale = Math.min((2 * bins) / (high - low), FLOAT32_MAX);
    const count = (at: number, n: number) => this.#kernels.histogram(at, n, low, high, scale, bins, TABLES);
    const whole = length - (length % 4);
    const step = this.#address === undefined ? COPIED : Math.max(1, whole);
    for (let from = 0; from < whole; from += step) {
      const n = Math.min(step, whole - from);
      count(this.#place(from, 1, n, n), n);
    }
    if (whole < length) {
      const at = COPY / 4;
      this.#heap.fill(Number.NaN, at, at + 4);
      for (let i = whole; i < length; i++) this.#heap[at + i - whole] = this.#x[i];
      count(COPY, 4);
    }
    return Uint32Array.from({ length: bins }, (_, bin) => {
      let sum = 0;
      for (let lane = 0; lane < 4; lane++) sum += counts[lane * (bins + 1) + bin];
      return sum;
    });
  }

  /** Adds rows of `width` elements to records, the first from element `from` on, `stride` elements apart. */
  #add(from: number, rows: number, width: number, stride: number, records: number): void {
    if (this.#address !== undefined) {
      this.#kernels.statistics(this.#address + 4 * from, rows, width, 4 * stride, records, SUMS);
      return;
    }
    const most = BLOCK_ROWS * Math.max(1, Math.floor(COPIED / (BLOCK_ROWS * width)));
    for (let row = 0; row < rows; row += most) {
      const n = Math.min(most, rows - row);
      const at = this.#place(from + row * stride, n, width, stride);
      this.#kernels.statistics(at, n, width, 4 * width, records, SUMS);
    }
  }

  /** The address of rows, which are copied unless they lie in an arena: without the elements between them then. */
  #place(from: number, rows: number, width: number, stride: number): number {
    if (this.#address !== undefined) return this.#address + 4 * from;
    const pieces = width === stride ? 1 : rows;
    const length = (rows / pieces) * width;
    for (let i = 0; i < pieces; i++) {
      const start = from + i * stride;
      const to = COPY / 4 + i * length;
      if (length < SHORT) for (let j = 0; j < length; j++) this.#heap[to + j] = this.#x[start + j];
      else this.#heap.set(this.#x.subarray(start, start + length), to);
    }
    return COPY;
  }
}

/** The statistics of `units` columns from `first` on, of `batch` elements each. */
function results(found: Records, first: number, units: number, batch: number) {
  const { doubles, floats, integers } = found;
  const statistics = {
    zeroFraction: new Float64Array(units),
    dead: new Uint8Array(units),
    mean: new Float64Array(units),
    variance: new Float64Array(units),
    minimum: new Float32Array(units),
    maximum: new Float32Array(units),
    nans: new Uint32Array(units),
    infinities: new Uint32Array(units),
  };
  for (let i = 0; i < units; i++) {
    const wide = found.wide(first + i);
    const narrow = found.narrow(first + i);
    const count = doubles[wide + COUNT];
    const zeros = integers[narrow + ZEROS];
    const nans = integers[narrow + NANS];
    statistics.zeroFraction[i] = zeros / batch;
    statistics.dead[i] = Number(zeros === batch && batch > 0);
    statistics.mean[i] = count > 0 ? doubles[wide + MEAN] : Number.NaN;
    statistics.variance[i] = doubles[wide + SQUARES] / count;
    // Which zero came first is no property of the data: + 0.
    statistics.minimum[i] = count > 0 ? floats[narrow + MINIMUM] + 0 : Number.NaN;
    statistics.maximum[i] = count > 0 ? floats[narrow + MAXIMUM] + 0 : Number.NaN;
    statistics.nans[i] = nans;
    statistics.infinities[i] = batch - count - nans;
  }
  return statistics;
}

function checkBins(fn: string, bins: unknown): void {
  if (typeof bins !== 'number') throw new TypeError(`${fn}: option bins must be a number, got ${describe(bins)}`);
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= MOST_BINS)) {
    throw new RangeError(`${fn}: option bins must be an integer from 1 to ${MOST_BINS}, got ${bins}`);
  }
}

function checkRange(fn: string, range: unknown, bins: unknown): void {
  if (!(Array.isArray(range) && range.length === 2 && range.every((end) => typeof end === 'number'))) {
    throw new TypeError(`${fn}: option range must be an array of two numbers, got ${describe(range)}`);
  }
  const [low, high] = range.map(Math.fround);
  if (!(low < high && Number.isFinite(low) && Number.isFinite(high))) {
    throw new RangeError(`${fn}: option range must be two finite float32 numbers, the lower first, got [${range}]`);
  }
  if (bins === undefined) throw new TypeError(`${fn}: option range needs option bins`);
}
