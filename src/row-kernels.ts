// The stages of assembly/rows.ts: their state in scratch memory, and the same in JavaScript.

import { highBits, octaves64 } from './activations/fields';
import { matrix, matrix64 } from './matrix';
import type { Real } from './reals';
import { lostOfProduct, lostOfSum } from './roundings';
import type { KernelSet } from './runtime';
import { SCRATCH } from './staging';

// Offsets in the state, in bytes.
const FIELDS = 0;
const TEMPERATURE = 112;
const SUM = 128;
const SUM_REST = SUM + 4096;
const COUNT = SUM + 8192;
const COUNT_REST = COUNT + 4096;
const MAX = COUNT + 8192;
const SHIFT = MAX + 4096;
const LOW = SHIFT + 4096;
const BIAS = LOW + 4096;
const SCALE = BIAS + 4096;
const REST = SCALE + 4096;
const MEAN = REST + 4096;
const GRADIENT = MEAN + 8192;

/** The row's BIAS for its power N = 0: rounds to an integer, 1.5 * 2^23, and holds the exponent's bias and 32. */
const NO_POWER = 12582912 + 127 + 32;
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
  aboveThreshold: Map1;
  sumSupport: Reduction2;
  supportGradient: Map2;
  firstLargest(x: number, n: number, pitch: number): number;
  setShifts(state: number, rows: number): void;
  setQuotients(state: number, rows: number): void;
  /** In float64 alone, as the next. */
  setGradients(state: number, rows: number): void;
  setMeans(state: number, rows: number): void;
  softmax(state: number, a: number, e: number, y: number, height: number, width: number): void;
  combine(x: number, b: number, sign: number, n: number): void;
  hide(x: number, mask: number, value: number, n: number): void;
}

/** In what the stages work. */
export interface Precision {
  readonly bytes: 4 | 8;
  /** Elements of a vector. */
  readonly lanes: number;
  readonly View: { new (buffer: ArrayBufferLike, byteOffset?: number, n?: number): Real };
  /** Rows, or columns, that a stage works on at once. */
  readonly mostRows: number;
  /** What the exponentials carry. */
  readonly power: number;
  /** Below the row's largest element by so many temperatures, the result rounds to 0. */
  readonly vanishing: number;
  /** The operators' fields. */
  fields(temperature: number, divisor: number): number[];
  readonly kernels: KernelSet<RowKernels>;
}

export const single: Precision = {
  bytes: 4,
  lanes: 4,
  View: Float32Array,
  mostRows: 1024,
  power: 2 ** 32,
  vanishing: 104.5,
  fields(temperature, divisor) {
    const octave = Math.LN2 * temperature;
    const high = highBits(octave, 15);
    return [1 / octave, high, octave - high, 1 / temperature, 1 / divisor];
  },
  kernels: { binary: matrix, js: (buffer) => jsRowKernels(buffer, single) },
};

export const double: Precision = {
  bytes: 8,
  lanes: 2,
  View: Float64Array,
  mostRows: 512,
  power: 2 ** 64,
  vanishing: 745.5,
  fields(temperature, divisor) {
    const [high, low] = octaves64(temperature);
    const reciprocal = 1 / temperature;
    const rest = (1 - reciprocal * temperature - lostOfProduct(reciprocal, temperature)) / temperature;
    return [1 / (Math.LN2 * temperature), high, low / temperature, reciprocal, divisor, rest];
  },
  kernels: { binary: matrix64, js: (buffer) => jsRowKernels(buffer, double) },
};

/** The numbers of each row on which the stages work. */
export class State {
  readonly address = SCRATCH;
  /** The memory in which the stages work. */
  readonly heap: Real;
  readonly sum: Float64Array;
  readonly count: Float64Array;
  readonly max: Real;
  readonly shift: Real;
  readonly scale: Real;
  readonly rest: Real;
  readonly mean: Real;
  readonly #precision: Precision;
  readonly #sumRest: Float64Array;
  readonly #countRest: Float64Array;
  readonly #bias: Real;
  readonly #fields: Real;
  readonly #temperature: Float64Array;
  /** The fields' values for the last temperature and divisor. */
  #values = new Float64Array(0);
  #valuesOf = 0;
  #divisor = 0;

  constructor(buffer: ArrayBufferLike, precision: Precision) {
    const { View, mostRows } = precision;
    const reals = (offset: number, n = mostRows) => new View(buffer, SCRATCH + offset, n);
    const doubles = (offset: number, n = mostRows) => new Float64Array(buffer, SCRATCH + offset, n);
    this.#precision = precision;
    this.heap = new View(buffer);
    this.sum = doubles(SUM);
    this.#sumRest = doubles(SUM_REST, 512);
    this.#countRest = doubles(COUNT_REST, 512);
    this.count = doubles(COUNT);
    this.max = reals(MAX);
    this.shift = reals(SHIFT);
    this.scale = reals(SCALE);
    this.rest = reals(REST);
    this.mean = reals(MEAN);
    this.#bias = reals(BIAS);
    this.#fields = reals(FIELDS, 6 * precision.lanes);
    this.#temperature = doubles(TEMPERATURE, 1);
  }

  /**
   * Writes the fields: for a temperature, and what a gradient is divided by. At every call, for the scratch memory is that of other functions
   * too; those of float32 by a loop, which takes less than five times `fill` as long as it sees no other arrays.
   */
  setTemperature(temperature: number, divisor: number): void {
    const { bytes, lanes } = this.#precision;
    if (temperature !== this.#valuesOf || divisor !== this.#divisor) {
      const fields = this.#precision.fields(temperature, divisor);
      this.#values = Float64Array.from({ length: fields.length * lanes }, (_, i) => fields[Math.floor(i / lanes)]);
      this.#valuesOf = temperature;
      this.#divisor = divisor;
    }
    const values = this.#values;
    this.#temperature[0] = temperature;
    if (bytes === 8) this.#fields.set(values);
    else for (let i = 0; i < 20; i++) this.#fields[i] = values[i];
  }

  /** A row's SCALE, in two parts. */
  setScale(row: number, scale: number): void {
    this.scale[row] = scale;
    this.rest[row] = scale - this.scale[row];
  }

  /** Sets the sums of `rows` rows. */
  setSums(value: number, rows: number): void {
    this.sum.fill(value, 0, rows);
    if (this.#precision.bytes === 8) this.#sumRest.fill(0, 0, rows);
  }

  /** Sets what is divided by the sums, or divides them. */
  setCounts(value: number, rows: number): void {
    this.count.fill(value, 0, rows);
    if (this.#precision.bytes === 8) this.#countRest.fill(0, 0, rows);
  }

  /** Clears both. */
  clear(rows: number): void {
    this.setSums(0, rows);
    this.setCounts(0, rows);
  }

  /** Makes the sums the counts. */
  countSums(): void {
    this.count.set(this.sum);
    if (this.#precision.bytes === 8) this.#countRest.set(this.#sumRest);
  }

  /** A row's largest x / T, less what the exponentials of its stages leave out. */
  largest(row: number): number {
    if (this.#precision.bytes === 8 || !Number.isFinite(this.max[row])) return 0;
    const power = NO_POWER - this.#bias[row];
    return (this.max[row] - this.shift[row]) / this.#temperature[0] - power * Math.LN2;
  }
}

type Term = (a: number, b: number, row: number) => number;

function jsRowKernels(buffer: ArrayBufferLike, { View, bytes, power: POWER, vanishing }: Precision): RowKernels {
  const heap = new View(buffer);
  const masks = new Uint8Array(buffer);
  const doubles = new Float64Array(buffer);
  const isDouble = bytes === 8;
  const at = (offset: number, row: number) => (SCRATCH + offset) / bytes + row;
  const real = (offset: number, row: number) => heap[at(offset, row)];
  const temperature = () => doubles[(SCRATCH + TEMPERATURE) / 8];
  const slope = () => heap[(SCRATCH + FIELDS + 64) / bytes];
  const sloped = (x: number) => (isDouble ? x / slope() : x * slope());
  const factor = (row: number) => real(SCALE, row) + real(REST, row);

  const exponential32: Term = (x, _, row) => {
    const power = NO_POWER - real(BIAS, row);
    const z = Math.max(x - real(SHIFT, row), real(LOW, row));
    return Math.fround(POWER * Math.exp(z / temperature() - power * Math.LN2));
  };
  const exponential64: Term = (x, _, row) => {
    const shift = real(SHIFT, row);
    const distance = x - shift;
    if (distance <= real(LOW, row)) return 0;
    const t = temperature();
    const z = distance / t;
    const product = z * t;
    const lost = distance - product - lostOfProduct(z, t) + lostOfSum(x, -shift, distance);
    const e = POWER * Math.exp(z);
    return e + (e * lost) / t;
  };
  const exponential = isDouble ? exponential64 : exponential32;

  /** Adds to a row's sum; in float64 with what its roundings lose. */
  function addTo(row: number, term: number): void {
    const i = (SCRATCH + SUM) / 8 + row;
    const old = doubles[i];
    doubles[i] = old + term;
    if (isDouble) doubles[(SCRATCH + SUM_REST) / 8 + row] += lostOfSum(old, term, doubles[i]);
  }

  /** Brings a row's sum as near as its first part can be. */
  function settle(row: number): void {
    if (!isDouble) return;
    const [i, j] = [(SCRATCH + SUM) / 8 + row, (SCRATCH + SUM_REST) / 8 + row];
    const sum = doubles[i];
    const rest = doubles[j] || 0; // of an infinite sum it is NaN
    doubles[i] = sum + rest;
    doubles[j] = rest - (doubles[i] - sum);
  }

  /** Calls `visit` for every element of a block with its index, and its row. */
  function each(
    columns: boolean,
    height: number,
    width: number,
    pitch: number,
    visit: (i: number, row: number) => void,
  ): void {
    const step = columns ? pitch / bytes : width;
    for (let h = 0; h < height; h++) for (let w = 0; w < width; w++) visit(h * step + w, columns ? w : h);
  }

  const none = () => false;

  /** A stage that adds terms, and counts those for which `counts` holds. */
  const sum =
    (term: Term, counts: (a: number, row: number) => boolean = none): Reduction2 =>
    (columns, _, a, b, height, width, pitch) => {
      each(columns, height, width, pitch, (i, row) => {
        const x = heap[a / bytes + i];
        addTo(row, term(x, heap[b / bytes + i], row));
        if (counts(x, row)) doubles[(SCRATCH + COUNT) / 8 + row]++;
      });
      for (let row = 0; row < (columns ? width : height); row++) settle(row);
    };
  const sum1 = (term: Term, counts?: (a: number, row: number) => boolean): Reduction => {
    const stage = sum(term, counts);
    return (columns, state, a, height, width, pitch) => stage(columns, state, a, a, height, width, pitch);
  };
  const map =
    (value: Term): Map2 =>
    (columns, _, a, b, y, height, width, pitch) => {
      each(columns, height, width, pitch, (i, row) => {
        heap[y / bytes + i] = value(heap[a / bytes + i], heap[b / bytes + i], row);
      });
    };
  const map1 = (value: Term): Map1 => {
    const stage = map(value);
    return (columns, state, a, y, height, width, pitch) => stage(columns, state, a, a, y, height, width, pitch);
  };

  const isOther = (x: number, row: number) => x !== real(MAX, row);
  const isLow = (x: number, row: number) => x - real(SHIFT, row) <= real(LOW, row);
  const isAbove = (x: number, row: number) => !(x - real(SHIFT, row) <= real(SCALE, row));
  const isSupport = (y: number) => !(y <= 0);
  const store = map1(exponential);
  const add = sum1(exponential);

  const stages: RowKernels = {
    rowMax(columns, _, a, height, width, pitch) {
      each(columns, height, width, pitch, (i, row) => {
        if (heap[a / bytes + i] > real(MAX, row)) heap[at(MAX, row)] = heap[a / bytes + i];
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
    logarithms: map1((x, _, row) => (x - real(MAX, row)) / temperature() - real(SCALE, row)),
    sumProducts: sum((y, dy) => y * dy),
    softmaxGradient: map((y, dy, row) => {
      const gradient = y * (dy - real(MEAN, row));
      return isDouble ? gradient * real(GRADIENT, row) : sloped(gradient);
    }),
    sums: sum1((x) => x),
    logGradient: map((x, dy, row) => sloped(dy - exponential(x, x, row) * factor(row))),
    sumAbove: sum1((x, _, row) => (isAbove(x, row) ? x - real(SHIFT, row) : 0), isAbove),
    aboveThreshold: map1((x, _, row) => Math.max(x - real(SHIFT, row) - real(SCALE, row) - real(REST, row), 0)),
    sumSupport: sum((y, dy) => (isSupport(y) ? dy : 0), isSupport),
    supportGradient: map((y, dy, row) => (Number.isNaN(y) ? y : isSupport(y) ? dy - real(MEAN, row) : 0)),
    firstLargest(x, n, pitch) {
      let at = 0;
      let largest = heap[x / bytes];
      for (let i = 0; i < n; i++) {
        const value = heap[(x + i * pitch) / bytes];
        if (Number.isNaN(value)) return -1;
        if (value > largest) [largest, at] = [value, i];
      }
      return at;
    },
    setShifts(_, rows) {
      for (let row = 0; row < rows; row++) {
        const max = real(MAX, row);
        const exponent = max / temperature();
        const isShifted = (isDouble || Math.abs(exponent) > UNSHIFTED) && max !== -Infinity;
        const shift = isShifted ? max : 0;
        const rest = isShifted ? 0 : exponent;
        const hasLargest = Number.isFinite(max);
        heap[at(SHIFT, row)] = shift;
        heap[at(LOW, row)] = hasLargest ? (rest - vanishing) * temperature() : 0;
        heap[at(BIAS, row)] = NO_POWER - (hasLargest ? Math.round(rest / Math.LN2) : 0);
      }
    },
    setQuotients(_, rows) {
      for (let row = 0; row < rows; row++) {
        const quotient = doubles[(SCRATCH + COUNT) / 8 + row] / doubles[(SCRATCH + SUM) / 8 + row];
        const scale = Number.isFinite(real(MAX, row)) ? quotient : Number.NaN;
        heap[at(SCALE, row)] = scale;
        heap[at(REST, row)] = scale - real(SCALE, row);
      }
    },
    setGradients(_, rows) {
      for (let row = 0; row < rows; row++) {
        const sum = Number.isFinite(real(MAX, row)) ? doubles[(SCRATCH + SUM) / 8 + row] : Number.NaN;
        heap[at(GRADIENT, row)] = 1 / (sum * slope());
        heap[at(SCALE, row)] = 1;
        heap[at(REST, row)] = 0;
      }
    },
    setMeans(_, rows) {
      for (let row = 0; row < rows; row++) {
        heap[at(MEAN, row)] = doubles[(SCRATCH + SUM) / 8 + row] / doubles[(SCRATCH + COUNT) / 8 + row];
      }
    },
    softmax(state, a, e, y, height, width) {
      const clearSums = () => {
        doubles[(SCRATCH + SUM) / 8] = 0;
        if (isDouble) doubles[(SCRATCH + SUM_REST) / 8] = 0;
      };
      for (let from = 0; from < bytes * height * width; from += bytes * width) {
        const place = e === y ? e + from : e;
        heap[at(MAX, 0)] = -Infinity;
        clearSums();
        stages.rowMax(false, state, a + from, 1, width, 0);
        stages.setShifts(state, 1);
        stages.exponentials(false, state, a + from, place, 1, width, 0);
        doubles[(SCRATCH + COUNT) / 8] = 1;
        stages.setQuotients(state, 1);
        stages.scale(false, state, place, y + from, 1, width, 0);
      }
      clearSums();
    },
    combine(x, b, sign, n) {
      for (let i = 0; i < n; i++) heap[x / bytes + i] = sign * (heap[x / bytes + i] + heap[b / bytes + i]);
    },
    hide(x, mask, value, n) {
      for (let i = 0; i < n; i++) if (masks[mask + i] === 0) heap[x / bytes + i] = value;
    },
  };
  return stages;
}
