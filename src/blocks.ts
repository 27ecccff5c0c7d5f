// Arrays as matrices, worked on block by block: in place where they lie in an arena, else copied to scratch memory and back.

import type { Chosen } from './activation';
import type { Workspace } from './runtime';
import { BLOCK, SCRATCH, SHORT, WHOLE } from './staging';

/** A matrix of `rows` rows of `width` elements, from element `from` of its arrays on. */
export interface Matrix {
  readonly rows: number;
  readonly width: number;
  readonly from: number;
}

/** Some neighbouring columns of a matrix. */
export interface Strip {
  readonly column: number;
  readonly columns: number;
}

/** An array in which each row is of `parts` pieces of the matrix's width, one behind the other. */
export interface Operand {
  readonly array: Float32Array;
  readonly parts: number;
}

/** Where an operand's block lies, in bytes. */
export interface Place {
  readonly at: number;
  /** From a row to the next. */
  readonly row: number;
  /** From a row's part to the next. */
  readonly part: number;
}

/** The same while blocks are gone through; `start` is that of the matrix in an arena, undefined for an array to be copied. */
interface MovingPlace extends Operand {
  readonly isSource: boolean;
  readonly start: number | undefined;
  at: number;
  row: number;
  part: number;
}

/**
 * Elements of a block, and of the temporary results that belong to it. In an arena, where nothing is copied, 64 KiB of the second-level
 * cache are better than 16 of the first: a block costs some 0.5 us beside its elements.
 */
const LARGE = 4 * BLOCK;

/** Scratch memory for temporary results. */
export const TEMPORARY_1 = SCRATCH;
export const TEMPORARY_2 = TEMPORARY_1 + 4 * LARGE;
export const TEMPORARY_3 = TEMPORARY_2 + 4 * LARGE;
/** For a float64 each element of a row. */
export const SUMS = TEMPORARY_3 + 4 * LARGE;
/** For less than `WHOLE` elements. */
const TAIL = SUMS + 8 * LARGE;
const STAGE = TAIL + 64;
/** Parts that a row may have to fit behind that, in two arrays. */
export const MOST_PARTS = 65536;

/** Sources and targets of one matrix after another. */
export class Blocks {
  readonly #heap: Float32Array;
  readonly #places: MovingPlace[];
  /** Elements of a block at most. */
  readonly #most: number;

  /** `inPlace` is how many elements a block may have where nothing is copied; more than `LARGE` for work without temporary results. */
  constructor(workspace: Workspace, sources: readonly Operand[], targets: readonly Operand[], inPlace = LARGE) {
    this.#heap = workspace.heap;
    this.#places = [...sources, ...targets].map(({ array, parts }, i) => {
      const start = workspace.address(array);
      return { array, parts, isSource: i < sources.length, start, at: 0, row: 0, part: 0 };
    });
    const parts = Math.max(...this.#places.map(({ parts }) => parts));
    const isInPlace = this.#places.every(({ start }) => start !== undefined);
    this.#most = isInPlace ? inPlace : Math.max(1, Math.floor(BLOCK / parts));
  }

  /** Strips so narrow that a row of one fits into a block, of about the same width, in whole cache lines. */
  *strips({ width }: Matrix): Generator<Strip> {
    const most = this.#most;
    const count = Math.ceil(width / most);
    const each = count === 1 ? width : Math.min(most, 16 * Math.ceil(width / count / 16));
    for (let column = 0; column < width; column += each) {
      yield { column, columns: Math.min(each, width - column) };
    }
  }

  /** Calls `work` for the blocks of a strip, with the places of sources and targets, in this order. */
  run(
    { rows, width, from }: Matrix,
    { column, columns }: Strip,
    work: (places: readonly Place[], columns: number, rows: number) => void,
  ): void {
    const isWide = columns < width;
    const rowsAtOnce = isWide ? 1 : Math.min(rows, Math.max(1, Math.floor(this.#most / width)));
    const heap = this.#heap;
    let stage = STAGE;
    for (const place of this.#places) {
      const { parts, start } = place;
      const stored = start === undefined ? columns : width;
      place.row = 4 * parts * stored;
      place.part = 4 * stored;
      place.at = start === undefined ? stage : start + 4 * (from + column);
      // Whole cache lines, and one more, so that blocks do not all fall on the same lines of the cache.
      if (start === undefined) stage += 64 * (Math.ceil((parts * columns * rowsAtOnce) / 16) + 1);
    }
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      for (const place of this.#places) if (place.isSource) copy(place, row, count, copyIn);
      work(this.#places, columns, count);
      for (const place of this.#places) {
        if (!place.isSource) copy(place, row, count, copyOut);
        if (place.start !== undefined) place.at += place.row * rowsAtOnce;
      }
    }

    function copy(
      { array, parts, start, at }: MovingPlace,
      row: number,
      count: number,
      direction: typeof copyIn,
    ): void {
      if (start !== undefined) return;
      const first = from + row * parts * width + column;
      if (!isWide) direction(heap, at / 4, array, first, count * parts * width);
      else for (let i = 0; i < parts; i++) direction(heap, at / 4 + i * columns, array, first + i * width, columns);
    }
  }

  /** Calls `work` for all blocks. */
  runAll(matrix: Matrix, work: (places: readonly Place[], columns: number, rows: number) => void): void {
    if (matrix.rows > 0) for (const strip of this.strips(matrix)) this.run(matrix, strip, work);
  }
}

/** Copies `n` elements of `array`, from element `from` on, to element `at` of `heap`. */
export function copyIn(heap: Float32Array, at: number, array: Float32Array, from: number, n: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) heap[at + i] = array[from + i];
  else heap.set(n === array.length ? array : array.subarray(from, from + n), at);
}

function copyOut(heap: Float32Array, at: number, array: Float32Array, from: number, n: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) array[from + i] = heap[at + i];
  else array.set(heap.subarray(at, at + n), from);
}

/** `n` rounded up to what the activations' kernels take. */
export function roundUp(n: number): number {
  return (n + WHOLE - 1) & -WHOLE;
}

/**
 * Applies an activation to any number of elements at `x`, which is scratch memory: y = f(x), or y = dy f'(x) where there is a `dy`. Nothing
 * behind `y` is written, nothing behind `dy` is read.
 */
export function apply(
  workspace: Workspace,
  { row, a, b }: Chosen,
  dy: number | undefined,
  x: number,
  y: number,
  n: number,
): void {
  const { heap } = workspace;
  const rest = n % WHOLE;
  const whole = n - rest;
  if (whole > 0) run(dy, x, y, whole);
  if (rest > 0) {
    if (dy !== undefined) heap.copyWithin(TAIL / 4, dy / 4 + whole, dy / 4 + n);
    run(dy === undefined ? undefined : TAIL, x + 4 * whole, TAIL, WHOLE);
    heap.copyWithin(y / 4 + whole, TAIL / 4, TAIL / 4 + rest);
  }

  function run(dy: number | undefined, x: number, y: number, n: number): void {
    if (dy === undefined) workspace.forward(row, a, b, x, y, n);
    else workspace.backward(row, a, b, dy, x, y, n);
  }
}
