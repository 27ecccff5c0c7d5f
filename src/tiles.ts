// Rows in pieces that the caches hold, for kernels that work on them stage by stage.

import { conversionKernels, halfSteps, WHOLE } from './half';
import type { Real } from './reals';
import { double, type Precision, type RowKernels, State, single } from './row-kernels';
import type { Workspace } from './runtime';
import type { Rows } from './shape';
import { SCRATCH, SHORT } from './staging';

/** Bytes of a block. */
const BLOCK_BYTES = 65536;
/** Columns of a tile, where they are no longer than a block: whole cache lines. */
const LEAST_COLUMNS = 16;
/** Blocks lie in scratch memory behind the state. */
const BLOCKS = SCRATCH + 65536;
const [BLOCK_X, BLOCK_DY, BLOCK_BIAS, BLOCK_MASK, BLOCK_E, BLOCK_HALVES] = [0, 1, 2, 3, 4, 5].map(
  (i) => BLOCKS + BLOCK_BYTES * i,
);

/** How the elements of a type are worked on: as they are, or through float32. */
export interface Format {
  readonly precision: Precision;
  readonly half?: (typeof halfSteps)[keyof typeof halfSteps];
}

export const float32: Format = { precision: single };

/** The formats by the names of the types. */
export const formats: { readonly [type: string]: Format | undefined } = {
  float32,
  float64: { precision: double },
  float16: { precision: single, half: halfSteps.float16 },
  bfloat16: { precision: single, half: halfSteps.bfloat16 },
};

/** Elements as a `Tile` takes them: numbers, or the bits of halves. */
export type Elements = Real | Uint16Array;

/** What a function of rows is about; `mask` and `bias` are of the shape of `x` or of one row. */
export interface Call {
  readonly format: Format;
  readonly x: Elements;
  readonly dy: Elements | undefined;
  readonly out: Elements;
  readonly rows: Rows;
  readonly mask: Uint8Array | undefined;
  readonly bias: Elements | undefined;
  /** -1 to negate `x` and the bias. */
  readonly sign: 1 | -1;
  readonly temperature: number;
  /** What the gradient by the exponents is divided by. */
  readonly divisor: number;
  /** Whether one stage is all, which keeps nothing of a row. */
  readonly isOneStage?: boolean;
  /** Whether stages write to a block of `x`. */
  readonly spoilsX?: boolean;
}

/** Where the data of a stage are: addresses and pitch in bytes. `y` may be `x`. */
export interface Place {
  readonly columns: boolean;
  /** The address of the stages' state. */
  readonly state: number;
  /** The first place along the axis. */
  from: number;
  x: number;
  dy: number;
  y: number;
  /**
   * Room for what is computed on the way of one row: where it can be other than `x`. Else `y`: to fetch its lines into the cache takes less
   * while exponentials are computed than while they are scaled.
   */
  room: number;
  height: number;
  width: number;
  pitch: number;
}

export type Stage = (place: Place) => void;

/** Which arrays a pass reads. */
export const X = 1;
export const DY = 2;

const states = { 4: new WeakMap<Float32Array, State>(), 8: new WeakMap<Float32Array, State>() };

/** The state of the stages in a workspace's scratch memory. */
function stateOf({ heap }: Workspace, precision: Precision): State {
  const own = states[precision.bytes];
  let state = own.get(heap);
  if (state === undefined) {
    state = new State(heap.buffer, precision);
    own.set(heap, state);
  }
  return state;
}

/** Up to so many elements, what a `Tile` costs is more than what its stages do. */
const FEW = 64;

/** Whether `softmaxOfFew` will do. It is for float32 alone: its loops take half as long again once they have seen other arrays. */
export function areFew({ format, x, rows, mask, bias }: Call): boolean {
  return x.length <= FEW && format === float32 && rows.inner === 1 && mask === undefined && bias === undefined;
}

/** softmax of a call of few elements. Loops copy so few faster than `set`. */
export function softmaxOfFew(workspace: Workspace, { x, out, rows, sign, temperature, divisor }: Call): void {
  const { heap } = workspace;
  const state = stateOf(workspace, single);
  state.setTemperature(temperature, divisor);
  const from = BLOCK_X / 4;
  for (let i = 0; i < x.length; i++) heap[from + i] = sign * x[i];
  workspace.kernels(single.kernels).softmax(state.address, BLOCK_X, BLOCK_E, BLOCK_X, rows.outer, rows.length);
  for (let i = 0; i < x.length; i++) out[i] = heap[from + i];
}

/** Some rows, as many as there is room for in a block; of longer ones one, or for columns some, which passes take in pieces. */
export class Tile {
  /** Of the first row; they are numbered in the order of the shape without the axis. */
  first = 0;
  /** How many there are. */
  rows = 0;
  /** The memory in which the stages work. */
  readonly heap: Real;
  /** Of the stages' numbers. */
  readonly bytes: number;
  /** What the exponentials carry. */
  readonly power: number;
  readonly kernels: RowKernels;
  readonly state: State;
  readonly #call: Call;
  readonly #workspace: Workspace;
  readonly #place: Place;
  /** Elements of a block. */
  readonly #block: number;
  /** Where halves are on their way. */
  readonly #halves: Uint16Array | undefined;
  readonly #inPlace: boolean;
  readonly #isPlain: boolean;
  #hasMask = false;
  /** Which arrays' only piece is loaded. */
  #loaded = 0;
  /** The piece's first element. */
  #at = 0;
  /** Elements from a line of the piece to the next. */
  #step = 0;

  constructor(workspace: Workspace, call: Call) {
    const { format, x, dy, out, mask, bias, sign, spoilsX, rows, temperature, divisor } = call;
    const { precision, half } = format;
    this.#workspace = workspace;
    this.#call = call;
    this.state = stateOf(workspace, precision);
    this.heap = this.state.heap;
    this.bytes = precision.bytes;
    this.power = precision.power;
    this.#block = BLOCK_BYTES / precision.bytes;
    this.#halves = half && new Uint16Array(this.heap.buffer);
    this.state.setTemperature(temperature, divisor);
    this.#place = {
      columns: rows.inner > 1,
      state: this.state.address,
      from: 0,
      x: 0,
      dy: 0,
      y: 0,
      room: 0,
      height: 0,
      width: 0,
      pitch: 0,
    };
    this.kernels = workspace.kernels(precision.kernels);
    this.#isPlain = mask === undefined && bias === undefined && sign === 1;
    this.#inPlace =
      this.#isPlain &&
      !spoilsX &&
      half === undefined &&
      [x, dy, out].every((array) => array === undefined || workspace.address(array) !== undefined);
  }

  get isDouble(): boolean {
    return this.bytes === 8;
  }

  /** Whether a stage has rows side by side before it from end to end. */
  get hasWholeRows(): boolean {
    return this.isWhole && !this.#place.columns;
  }

  /** Whether one piece is all, so that what a pass has left in the block of `x` is there in the next. */
  get isWhole(): boolean {
    return this.#pieceLength() >= this.#call.rows.length;
  }

  /** Whether what a pass has written is there in the next: in one piece, or in place. */
  get keepsResults(): boolean {
    return this.#inPlace || this.isWhole;
  }

  /** Calls `work` with this for one tile after another. */
  each(work: () => void): void {
    const { format, rows, isOneStage } = this.#call;
    const { outer, length, inner } = rows;
    const { columns } = this.#place;
    const some = Math.min(format.precision.mostRows, Math.max(1, Math.floor(this.#block / length)));
    const most = isOneStage && this.#inPlace && !columns ? outer : some;
    const few = columns ? Math.max(LEAST_COLUMNS, most - (most % LEAST_COLUMNS)) : most;
    // Rows of columns end with the inner sizes; those side by side go on.
    const span = columns ? inner : outer;
    for (let row = 0; row < outer * inner; row += this.rows) {
      this.first = row;
      this.rows = Math.min(few, span - (row % span));
      this.#loaded = 0;
      work();
    }
  }

  #pieceLength(): number {
    if (this.#place.columns) return Math.floor(this.#block / this.rows);
    return this.rows === 1 && !this.#inPlace ? this.#block : this.#call.rows.length;
  }

  /** Calls `stage` for the tile, piece by piece, with the arrays that it `reads`; then stores what it `writes`. */
  pass(reads: number, writes: boolean, stage: Stage): void {
    const { x, dy, out, rows } = this.#call;
    const { length, inner } = rows;
    const place = this.#place;
    const whole = this.#pieceLength();
    const outer = Math.floor(this.first / inner);
    for (let from = 0; from < length; from += whole) {
      const n = Math.min(whole, length - from);
      place.from = from;
      this.#at = (outer * length + from) * inner + (this.first % inner);
      this.#step = place.columns ? inner : length;
      place.height = place.columns ? n : this.rows;
      place.width = place.columns ? this.rows : n;
      if (this.#inPlace) {
        place.x = this.#address(x);
        place.dy = dy === undefined ? 0 : this.#address(dy);
        place.y = this.#address(out);
        place.pitch = this.bytes * this.#step;
        place.room = place.x === place.y && place.width <= this.#block ? BLOCK_E : place.y;
        stage(place);
      } else {
        place.x = BLOCK_X;
        place.dy = BLOCK_DY;
        place.y = BLOCK_X;
        place.pitch = this.bytes * place.width;
        place.room = BLOCK_E;
        const missing = reads & ~this.#loaded;
        if (missing & X) this.#loadX();
        if (missing & DY) this.#load(dy as Elements, BLOCK_DY);
        if (n === length) this.#loaded |= reads;
        stage(place);
        if (writes) this.#store(out);
      }
    }
  }

  /** Sets the masked places of the gradient to 0. */
  hideGradient({ y, height, width }: Place): void {
    if (this.#hasMask) this.kernels.hide(y, BLOCK_MASK, 0, wholeVectors(height * width));
  }

  /** y: 1 at each row's `places`, 0 elsewhere; NaN in rows where that is -1. */
  setOnes({ columns, from, y, height, width, pitch }: Place, places: Float64Array): void {
    const [step, next] = columns ? [pitch / this.bytes, 1] : [1, width];
    const n = columns ? height : width;
    for (let h = 0; h < height; h++) {
      const at = y / this.bytes + h * (columns ? step : next);
      this.heap.fill(0, at, at + width);
    }
    for (let row = 0; row < this.rows; row++) {
      const place = places[row] - from;
      const at = y / this.bytes + row * next;
      if (places[row] === -1) for (let i = 0; i < n; i++) this.heap[at + i * step] = Number.NaN;
      else if (place >= 0 && place < n) this.heap[at + place * step] = 1;
    }
  }

  #address(array: Elements): number {
    return (this.#workspace.address(array) as number) + this.bytes * this.#at;
  }

  #loadX(): void {
    const { x, bias, mask, sign } = this.#call;
    const { kernels } = this;
    this.#load(x, BLOCK_X);
    if (this.#isPlain) return;
    const n = wholeVectors(this.#place.height * this.#place.width);
    const { heap } = this;
    if (bias !== undefined || sign === -1) {
      if (bias !== undefined) this.#loadBy(BLOCK_BIAS, (target, at) => this.#spread(bias, target, at));
      else heap.fill(0, BLOCK_BIAS / this.bytes, BLOCK_BIAS / this.bytes + n);
      kernels.combine(BLOCK_X, BLOCK_BIAS, sign, n);
    }
    if (mask === undefined) return;
    this.#hasMask = true;
    this.#spread(mask, new Uint8Array(heap.buffer), BLOCK_MASK);
    kernels.hide(BLOCK_X, BLOCK_MASK, -Infinity, n);
  }

  /** The piece of an array of the shape of `x`, line by line unless they are all there is. */
  #lines(visit: (from: number, n: number, to: number) => void): void {
    const { height, width } = this.#place;
    if (width === this.#step || height === 1) visit(this.#at, height * width, 0);
    else for (let h = 0; h < height; h++) visit(this.#at + h * this.#step, width, h * width);
  }

  #load(source: Elements, block: number): void {
    this.#loadBy(block, (target, at) => this.#lines((from, n, to) => copy(source, from, n, target, at + to)));
  }

  /** Has `fill` fill a block from an element on; with halves, it is another, from which they are converted. */
  #loadBy(block: number, fill: (target: Elements, at: number) => void): void {
    const { half } = this.#call.format;
    if (half === undefined || this.#halves === undefined) fill(this.heap, block / this.bytes);
    else {
      fill(this.#halves, BLOCK_HALVES / 2);
      this.#workspace.kernels(conversionKernels)[half.widen](BLOCK_HALVES, block, this.#wholeHalves());
    }
  }

  #store(target: Elements): void {
    const { half } = this.#call.format;
    let [source, at]: [Elements, number] = [this.heap, BLOCK_X / this.bytes];
    if (half !== undefined && this.#halves !== undefined) {
      this.#workspace.kernels(conversionKernels)[half.narrow](BLOCK_X, BLOCK_HALVES, this.#wholeHalves());
      [source, at] = [this.#halves, BLOCK_HALVES / 2];
    }
    this.#lines((from, n, to) => copy(source, at + to, n, target, from));
  }

  /** How many elements of a piece conversions take. */
  #wholeHalves(): number {
    return Math.ceil((this.#place.height * this.#place.width) / WHOLE) * WHOLE;
  }

  /** The piece of an array that may also have the length of one row. */
  #spread(source: Elements | Uint8Array, target: Elements | Uint8Array, at: number): void {
    const { from, height, width } = this.#place;
    if (source.length === this.#call.x.length) {
      this.#lines((start, n, to) => copy(source, start, n, target, at + to));
    } else if (this.#place.columns) {
      for (let h = 0; h < height; h++) target.fill(source[from + h], at + h * width, at + (h + 1) * width);
    } else {
      for (let h = 0; h < height; h++) copy(source, from, width, target, at + h * width);
    }
  }
}

function wholeVectors(n: number): number {
  return Math.ceil(n / 4) * 4;
}

function copy(source: Elements | Uint8Array, from: number, n: number, target: Elements | Uint8Array, to: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) target[to + i] = source[from + i];
  else target.set(n === source.length ? source : source.subarray(from, from + n), to);
}
