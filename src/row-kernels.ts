// The stages of assembly/rows.ts: their state in scratch memory, and the same in JavaScript.

import { highBits } from './activations/fields';
import { matrix } from './matrix';
import type { KernelSet } from './runtime';
import { SCRATCH } from './staging';

/** Rows, or columns, that a stage works on at once. */
export const MOST_ROWS = 1024;

// Offsets in the state, in bytes.
const FIELDS = 0;
const TEMPERATURE = 112;
const SUM = 128;
const COUNT = SUM + 8 * MOST_ROWS;
const MAX = COUNT + 8 * MOST_ROWS;
const SHIFT = MAX + 4 * MOST_ROWS;
const LOW = SHIFT + 4 * MOST_ROWS;
const BIAS = LOW + 4 * MOST_ROWS;
const SCALE = BIAS + 4 * MOST_ROWS;
const REST = SCALE + 4 * MOST_ROWS;
const MEAN = REST + 4 * MOST_ROWS;

/** The row's BIAS for its power N = 0: rounds to an integer, 1.5 * 2^23, and holds the exponent's bias and 32. */
const NO_POWER = 12582912 + 127 + 32;
/** Below the row's largest element by so many temperatures, the result rounds to 0. */
const VANISHING = 104.5;
/** Up to here the largest element over the temperature needs no shift: 512 octaves hold it and what is 104.5 below. */
const UNSHIFTED = 208;

type Reduction = (columns: boolean, state: number, a: number, height: number, width: number, pitch: number) => void;
type Reduction2 = (
  columns: boolean,
  state: number,
  a: number,
  b: number,
  height: number,
  width: number,
  pitch: number,
) => void;
type Map1 = (
  columns: boolean,
  state: number,
  a: number,
  y: number,
  height: number,
  width: number,
  pitch: number,
) => void;
type Map2 = (
  columns: boolean,
  state: number,
  a: number,
  b: number,
  y: number,
  height: number,
  width: number,
  pitch: number,
) => void;

/** Addresses, and the pitch of columns, are in bytes; assembly/rows.ts says what each does. */
export interface RowKernels {
  rowMax: Reduction;
  exponentials: Map1;
  sumExponentials: Reduction;
  scaledExponentials: Map1;
  sumOthers: Reduction;
  scale: Map1;
  logarithms: Map1;
  sumProducts: Reduction2;
  softmaxGradient: Map2;
  sums: Reduction;
  logGradient: Map2;
  sumAbove: Reduction;
  threshold: Map1;
  sumSupport: Reduction2;
  supportGradient: Map2;
  firstLargest(x: number, n: number, pitch: number): number;
  setShifts(state: number, rows: number): void;
  setQuotients(state: number, rows: number): void;
  softmax(state: number, a: number, e: number, y: number, height: number, width: number): void;
  combine(x: number, b: number, sign: number, n: number): void;
  hide(x: number, mask: number, value: number, n: number): void;
}

/** The numbers of each row on which the stages work. */
export class State {
  readonly address = SCRATCH;
  readonly sum: Float64Array;
  readonly count: Float64Array;
  readonly max: Float32Array;
  readonly shift: Float32Array;
  readonly scale: Float32Array;
  readonly rest: Float32Array;
  readonly mean: Float32Array;
  readonly #bias: Float32Array;
  readonly #fields: Float32Array;
  readonly #temperature: Float64Array;
  /** The fields' values for the last temperature. */
  readonly #values = new Float64Array(5);
  #valuesOf = 0;

  constructor(buffer: ArrayBufferLike) {
    const singles = (offset: number, n = MOST_ROWS) => new Float32Array(buffer, SCRATCH + offset, n);
    const doubles = (offset: number, n = MOST_ROWS) => new Float64Array(buffer, SCRATCH + offset, n);
    this.sum = doubles(SUM);
    this.count = doubles(COUNT);
    this.max = singles(MAX);
    this.shift = singles(SHIFT);
    this.scale = singles(SCALE);
    this.rest = singles(REST);
    this.mean = singles(MEAN);
    this.#bias = singles(BIAS);
    this.#fields = singles(FIELDS, 20);
    this.#temperature = doubles(TEMPERATURE, 1);
  }

  /**
   * Writes the fields: for a temperature, and a slope of the exponents by the elements. At every call, for the scratch memory is that of other
   * functions too; by a loop, which takes less than five times `fill`.
   */
  setTemperature(temperature: number, slope: number): void {
    const values = this.#values;
    if (temperature !== this.#valuesOf) {
      const octave = Math.LN2 * temperature;
      const high = highBits(octave, 15);
      values.set([1 / octave, high, octave - high, 1 / temperature]);
      this.#valuesOf = temperature;
    }
    values[4] = slope;
    this.#temperature[0] = temperature;
    for (let i = 0; i < 20; i++) this.#fields[i] = values[i >> 2];
  }

  /** A row's SCALE, in two parts. */
  setScale(row: number, scale: number): void {
    this.scale[row] = scale;
    this.rest[row] = scale - this.scale[row];
  }

  /** Sums of `rows` rows from 0 on. */
  clearSums(rows: number): void {
    this.sum.fill(0, 0, rows);
    this.count.fill(0, 0, rows);
  }

  /** A row's largest x / T, less what the exponentials of its stages leave out, 2^32 aside. */
  largest(row: number): number {
    if (!Number.isFinite(this.max[row])) return 0;
    const power = NO_POWER - this.#bias[row];
    return (this.max[row] - this.shift[row]) / this.#temperature[0] - power * Math.LN2;
  }
}

/** What the exponentials carry. */
export const POWER = 2 ** 32;

export const rowKernels: KernelSet<RowKernels> = { binary: matrix, js: jsRowKernels };

type Term = (a: number, b: number, row: number) => number;

function jsRowKernels(buffer: ArrayBufferLike): RowKernels {
  const heap = new Float32Array(buffer);
  const bytes = new Uint8Array(buffer);
  const doubles = new Float64Array(buffer);
  const at = (offset: number, row: number) => (SCRATCH + offset) / 4 + row;
  const single = (offset: number, row: number) => heap[at(offset, row)];
  const temperature = () => doubles[(SCRATCH + TEMPERATURE) / 8];
  const slope = () => heap[(SCRATCH + FIELDS) / 4 + 16];

  const factor = (row: number) => single(SCALE, row) + single(REST, row);
  const exponential: Term = (x, _, row) => {
    const power = NO_POWER - single(BIAS, row);
    const z = Math.max(x - single(SHIFT, row), single(LOW, row));
    return Math.fround(POWER * Math.exp(z / temperature() - power * Math.LN2));
  };

  /** Calls `visit` for every element of a block with its index, and its row. */
  function each(
    columns: boolean,
    height: number,
    width: number,
    pitch: number,
    visit: (i: number, row: number) => void,
  ): void {
    const step = columns ? pitch / 4 : width;
    for (let h = 0; h < height; h++) for (let w = 0; w < width; w++) visit(h * step + w, columns ? w : h);
  }

  const none = () => false;

  /** A stage that adds terms, and counts those for which `counts` holds. */
  const sum =
    (term: Term, counts: (a: number, row: number) => boolean = none): Reduction2 =>
    (columns, _, a, b, height, width, pitch) => {
      each(columns, height, width, pitch, (i, row) => {
        const x = heap[a / 4 + i];
        doubles[(SCRATCH + SUM) / 8 + row] += term(x, heap[b / 4 + i], row);
        if (counts(x, row)) doubles[(SCRATCH + COUNT) / 8 + row]++;
      });
    };
  const sum1 = (term: Term, counts?: (a: number, row: number) => boolean): Reduction => {
    const stage = sum(term, counts);
    return (columns, state, a, height, width, pitch) => stage(columns, state, a, a, height, width, pitch);
  };
  const map =
    (value: Term): Map2 =>
    (columns, _, a, b, y, height, width, pitch) => {
      each(columns, height, width, pitch, (i, row) => {
        heap[y / 4 + i] = value(heap[a / 4 + i], heap[b / 4 + i], row);
      });
    };
  const map1 = (value: Term): Map1 => {
    const stage = map(value);
    return (columns, state, a, y, height, width, pitch) => stage(columns, state, a, a, y, height, width, pitch);
  };

  const isOther = (x: number, row: number) => x !== single(MAX, row);
  const isLow = (x: number, row: number) => x - single(SHIFT, row) <= single(LOW, row);
  const isAbove = (x: number, row: number) => !(x - single(SHIFT, row) <= single(SCALE, row));
  const isSupport = (y: number) => !(y <= 0);
  const store = map1(exponential);
  const add = sum1(exponential);

  const stages: RowKernels = {
    rowMax(columns, _, a, height, width, pitch) {
      each(columns, height, width, pitch, (i, row) => {
        if (heap[a / 4 + i] > single(MAX, row)) heap[at(MAX, row)] = heap[a / 4 + i];
      });
    },
    exponentials(columns, state, a, y, height, width, pitch) {
      add(columns, state, a, height, width, pitch);
      store(columns, state, a, y, height, width, pitch);
    },
    sumExponentials: add,
    scaledExponentials: map1((x, _, row) => exponential(x, x, row) * factor(row)),
    sumOthers: sum1(
      (x, _, row) => (isOther(x, row) && !isLow(x, row) ? exponential(x, x, row) : 0),
      (x, row) => !isOther(x, row),
    ),
    scale: map1((x, _, row) => x * factor(row)),
    logarithms: map1((x, _, row) => (x - single(MAX, row)) / temperature() - single(SCALE, row)),
    sumProducts: sum((y, dy) => y * dy),
    softmaxGradient: map((y, dy, row) => y * (dy - single(MEAN, row)) * slope()),
    sums: sum1((x) => x),
    logGradient: map((x, dy, row) => (dy - exponential(x, x, row) * single(SCALE, row)) * slope()),
    sumAbove: sum1((x, _, row) => (isAbove(x, row) ? x - single(SHIFT, row) : 0), isAbove),
    threshold: map1((x, _, row) => Math.max(x - single(SHIFT, row) - single(SCALE, row) - single(REST, row), 0)),
    sumSupport: sum((y, dy) => (isSupport(y) ? dy : 0), isSupport),
    supportGradient: map((y, dy, row) => (Number.isNaN(y) ? y : isSupport(y) ? dy - single(MEAN, row) : 0)),
    firstLargest(x, n, pitch) {
      let at = 0;
      let largest = heap[x / 4];
      for (let i = 0; i < n; i++) {
        const value = heap[(x + i * pitch) / 4];
        if (Number.isNaN(value)) return -1;
        if (value > largest) [largest, at] = [value, i];
      }
      return at;
    },
    setShifts(_, rows) {
      for (let row = 0; row < rows; row++) {
        const max = single(MAX, row);
        const exponent = max / temperature();
        const shift = Math.abs(exponent) > UNSHIFTED && max !== -Infinity ? max : 0;
        const rest = shift === 0 ? exponent : 0;
        const hasLargest = Number.isFinite(max);
        heap[at(SHIFT, row)] = shift;
        heap[at(LOW, row)] = hasLargest ? (rest - VANISHING) * temperature() : 0;
        heap[at(BIAS, row)] = NO_POWER - (hasLargest ? Math.round(rest / Math.LN2) : 0);
      }
    },
    setQuotients(_, rows) {
      for (let row = 0; row < rows; row++) {
        const scale = Number.isFinite(single(MAX, row)) ? 1 / doubles[(SCRATCH + SUM) / 8 + row] : Number.NaN;
        heap[at(SCALE, row)] = scale;
        heap[at(REST, row)] = scale - single(SCALE, row);
      }
    },
    softmax(state, a, e, y, height, width) {
      for (let from = 0; from < 4 * height * width; from += 4 * width) {
        const place = e === y ? e + from : e;
        heap[at(MAX, 0)] = -Infinity;
        doubles[(SCRATCH + SUM) / 8] = 0;
        stages.rowMax(false, state, a + from, 1, width, 0);
        stages.setShifts(state, 1);
        stages.exponentials(false, state, a + from, place, 1, width, 0);
        stages.setQuotients(state, 1);
        stages.scale(false, state, place, y + from, 1, width, 0);
      }
      doubles[(SCRATCH + SUM) / 8] = 0;
    },
    combine(x, b, sign, n) {
      for (let i = 0; i < n; i++) heap[x / 4 + i] = sign * Math.fround(heap[x / 4 + i] + heap[b / 4 + i]);
    },
    hide(x, mask, value, n) {
      for (let i = 0; i < n; i++) if (bytes[mask + i] === 0) heap[x / 4 + i] = value;
    },
  };
  return stages;
}
