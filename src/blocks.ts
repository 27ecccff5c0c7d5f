// Arrays as matrices, worked on block by block: in place where they lie in an arena, else copied to scratch memory and back.

import type { Chosen } from './activation';
import type { Reals } from './reals';
import { BLOCK, SCRATCH, WHOLE } from './staging';
import type { NumberArray } from './types';

/** A matrix of `rows` rows of `width` elements, from element `from` of its arrays on. */
export interface Matrix {
  readonly rows: number;
  readonly width: number;
  readonly from: number;
}

/** Some neighbouring columns of a matrix. */
interface Strip {
  readonly column: number;
  readonly columns: number;
}

/** An array in which each row is of `parts` pieces of the matrix's width, one behind the other. */
export interface Operand {
  readonly array: NumberArray;
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

/** Bytes of a block of copies: those of `BLOCK` float32. */
const SMALL = 4 * BLOCK;
/**
 * Bytes of a block, and of the temporary results that belong to it. In an arena, where nothing is copied, 64 KiB of the second-level
 * cache are better than 16 of the first: a block costs some 0.5 us beside its elements.
 */
const LARGE = 4 * SMALL;

/** Scratch memory for temporary results. */
export const TEMPORARY_1 = SCRATCH;
export const TEMPORARY_2 = TEMPORARY_1 + LARGE;
export const TEMPORARY_3 = TEMPORARY_2 + LARGE;
/** For a float64 each element of a row of float32, two of float64. */
export const SUMS = TEMPORARY_3 + LARGE;
/** For less than `WHOLE` elements. */
const TAIL = SUMS + 2 * LARGE;
/** For the fields of a float64 kernel. */
export const FIELDS = TAIL + 64;
/** For `BLOCK` numbers of 16 bits. */
export const PACKED = FIELDS + 512;
const STAGE = PACKED + 2 * BLOCK;
/** Bytes of a row of which each part is an element, that there may be two of behind that. */
export const MOST_PARTS = 4 * LARGE;

/** Sources and targets of one matrix after another. */
export class Blocks {
  readonly #reals: Reals;
  readonly #places: MovingPlace[];
  /** Elements of a block at most. */
  readonly #most: number;

  /** `inPlace` is how many bytes a block may have where nothing is copied; more than `LARGE` for work without temporary results. */
  constructor(reals: Reals, sources: readonly Operand[], targets: readonly Operand[], inPlace = LARGE) {
    this.#reals = reals;
    this.#places = [...sources, ...targets].map(({ array, parts }, i) => {
      const start = reals.address(array);
      return { array, parts, isSource: i < sources.length, start, at: 0, row: 0, part: 0 };
    });
    const parts = Math.max(...this.#places.map(({ parts }) => parts));
    const isInPlace = this.#places.every(({ start }) => start !== undefined);
    const most = isInPlace ? inPlace : SMALL / parts;
    this.#most = Math.max(1, Math.floor(most / reals.bytes));
  }

  /** Strips so narrow that a row of one fits into a block, of about the same width, in whole cache lines. */
  strips({ width }: Matrix): Strip[] {
    const most = this.#most;
    if (width <= most) return [{ column: 0, columns: width }];
    const strips: Strip[] = [];
    const each = Math.min(most, 16 * Math.ceil(width / Math.ceil(width / most) / 16));
    for (let column = 0; column < width; column += each) {
      strips.push({ column, columns: Math.min(each, width - column) });
    }
    return strips;
  }

  /** Calls `work` for the blocks of a strip, with the places of sources and targets, in this order. */
  run(
    { rows, width, from }: Matrix,
    { column, columns }: Strip,
    work: (places: readonly Place[], columns: number, rows: number) => void,
  ): void {
    const isWide = columns < width;
    const rowsAtOnce = isWide ? 1 : Math.min(rows, Math.max(1, Math.floor(this.#most / width)));
    const reals = this.#reals;
    const { bytes } = reals;
    let stage = STAGE;
    for (const place of this.#places) {
      const { parts, start } = place;
      const stored = start === undefined ? columns : width;
      place.row = bytes * parts * stored;
      place.part = bytes * stored;
      place.at = start === undefined ? stage : start + bytes * (from + column);
      // Whole cache lines, and one more, so that blocks do not all fall on the same lines of the cache.
      if (start === undefined) stage += 64 * (Math.ceil((bytes * parts * columns * rowsAtOnce) / 64) + 1);
    }
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      for (const place of this.#places) if (place.isSource) copy(place, row, count);
      work(this.#places, columns, count);
      for (const place of this.#places) {
        if (!place.isSource) copy(place, row, count);
        if (place.start !== undefined) place.at += place.row * rowsAtOnce;
      }
    }

    function copy({ array, parts, isSource, start, at }: MovingPlace, row: number, count: number): void {
      if (start !== undefined) return;
      const first = from + row * parts * width + column;
      // Parts of a strip are not neighbours.
      const [pieces, n] = isWide ? [parts, columns] : [1, count * parts * width];
      for (let i = 0; i < pieces; i++) {
        const to = at / bytes + i * n;
        if (isSource) reals.load(to, array, first + i * width, n);
        else reals.store(to, array, first + i * width, n);
      }
    }
  }

  /** Calls `work` for all blocks. */
  runAll(matrix: Matrix, work: (places: readonly Place[], columns: number, rows: number) => void): void {
    if (matrix.rows > 0 && matrix.width > 0) for (const strip of this.strips(matrix)) this.run(matrix, strip, work);
  }
}

/** `n` rounded up to a multiple of a power of two: of what the activations' kernels take, unless given. */
export function roundUp(n: number, whole = WHOLE): number {
  return (n + whole - 1) & -whole;
}

/**
 * Applies an activation to any number of elements at `x`, which is scratch memory: y = f(x), or y = dy f'(x) where there is a `dy`. Nothing
 * behind `y` is written, nothing behind `dy` is read.
 */
export function apply(reals: Reals, chosen: Chosen, dy: number | undefined, x: number, y: number, n: number): void {
  const { heap, bytes } = reals;
  const rest = n % WHOLE;
  const whole = n - rest;
  if (whole > 0) run(dy, x, y, whole);
  if (rest > 0) {
    if (dy !== undefined) heap.copyWithin(TAIL / bytes, dy / bytes + whole, dy / bytes + n);
    run(dy === undefined ? undefined : TAIL, x + bytes * whole, TAIL, WHOLE);
    heap.copyWithin(y / bytes + whole, TAIL / bytes, TAIL / bytes + rest);
  }

  function run(dy: number | undefined, x: number, y: number, n: number): void {
    if (dy === undefined) reals.forward(chosen, x, y, n);
    else reals.backward(chosen, dy, x, y, n);
  }
}
