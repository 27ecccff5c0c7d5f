// Arrays as matrices, worked on block by block: in place where they lie in an arena, else copied to scratch memory and back.

import type { Chosen } from './activation';
import type { Workspace } from './runtime';
import { BLOCK, SCRATCH, SHORT, WHOLE } from './staging';

/** The part of a matrix of `rows` rows of `width` elements, from element `from` of its arrays on, that is made of the same columns. */
export interface Strip {
  readonly rows: number;
  readonly width: number;
  readonly from: number;
  /** The first column of the strip, and how many. */
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

/** Scratch memory for temporary results, blocks of 16 KiB. */
export const TEMPORARY_1 = SCRATCH;
export const TEMPORARY_2 = SCRATCH + 4 * BLOCK;
export const TEMPORARY_3 = SCRATCH + 8 * BLOCK;
/** For a float64 each element of a block. */
export const SUMS = SCRATCH + 12 * BLOCK;
/** For less than `WHOLE` elements. */
const TAIL = SCRATCH + 20 * BLOCK;
const STAGE = TAIL + 64;
/** Elements that a group of parts may have, of at most three arrays, to fit behind that. */
export const MOST_PARTS = 65536;

/** The strips of a matrix of which no operand's row has more than `parts` parts: so narrow that a row of a strip fits into a block. */
export function* strips(rows: number, width: number, parts: number, from = 0): Generator<Strip> {
  const most = Math.max(1, Math.floor(BLOCK / parts));
  const count = Math.ceil(width / most);
  // Of about the same width, in whole cache lines.
  const each = count === 1 ? width : Math.min(most, 16 * Math.ceil(width / count / 16));
  for (let column = 0; column < width; column += each) {
    yield { rows, width, from, column, columns: Math.min(each, width - column) };
  }
}

/** Calls `work` for the blocks of a strip, with the places of sources and targets, in this order. */
export function inBlocks(
  workspace: Workspace,
  { rows, width, from, column, columns }: Strip,
  sources: readonly Operand[],
  targets: readonly Operand[],
  work: (places: readonly Place[], columns: number, rows: number) => void,
): void {
  const operands = [...sources, ...targets];
  const addresses = operands.map(({ array }) => workspace.address(array));
  const most = Math.max(...operands.map(({ parts }) => parts));
  const isWide = columns < width;
  const rowsAtOnce = isWide ? 1 : Math.min(rows, Math.max(1, Math.floor(BLOCK / (most * width))));
  const stages: number[] = [];
  let end = STAGE;
  for (const { parts } of operands) {
    stages.push(end);
    // Whole cache lines, and one more, so that blocks do not all fall on the same lines of the cache.
    end += 64 * (Math.ceil((parts * columns * rowsAtOnce) / 16) + 1);
  }

  /** Copies a block to scratch memory or back. */
  function copy(i: number, row: number, count: number, direction: typeof copyIn): void {
    if (addresses[i] !== undefined) return;
    const { array, parts } = operands[i];
    const start = from + row * parts * width + column;
    const stage = stages[i] / 4;
    if (isWide) {
      for (let part = 0; part < parts; part++) {
        direction(workspace.heap, stage + part * columns, array, start + part * width, columns);
      }
    } else {
      direction(workspace.heap, stage, array, start, count * parts * width);
    }
  }

  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const places = operands.map(({ parts }, i) => {
      const address = addresses[i];
      return address === undefined
        ? { at: stages[i], row: 4 * parts * columns, part: 4 * columns }
        : { at: address + 4 * (from + row * parts * width + column), row: 4 * parts * width, part: 4 * width };
    });
    for (let i = 0; i < sources.length; i++) copy(i, row, count, copyIn);
    work(places, columns, count);
    for (let i = sources.length; i < operands.length; i++) copy(i, row, count, copyOut);
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
