import { numericDefaults, type Spec } from '../activation';
import { matrix } from '../matrix';
import { disjoint } from '../overlap';
import type { KernelSet, Runtime, Workspace } from '../runtime';
import { SCRATCH, SCRATCH_BYTES, SHORT, WHOLE } from '../staging';

/** The kernels of assembly/matmul.ts. */
interface Kernels {
  matmul(
    m: number,
    k: number,
    n: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    s: number,
    sRow: number,
    c: number,
    cRow: number,
    scratch: number,
  ): void;
}

export const kernels: KernelSet<Kernels> = {
  binary: matrix,
  js(buffer) {
    const heap = new Float32Array(buffer);
    return {
      matmul(m, k, n, a, aRow, aColumn, b, bRow, bColumn, s, sRow, c, cRow) {
        const [aStep, bStep] = [aColumn / 4, bColumn / 4];
        const sums = new Float64Array(n);
        for (let i = 0; i < m; i++) {
          const sAt = (s + i * sRow) / 4;
          for (let j = 0; j < n; j++) sums[j] = s === 0 ? 0 : heap[sAt + j];
          const aAt = (a + i * aRow) / 4;
          for (let p = 0; p < k; p++) {
            const x = heap[aAt + p * aStep];
            const bAt = (b + p * bRow) / 4;
            for (let j = 0; j < n; j++) sums[j] += x * heap[bAt + j * bStep];
          }
          heap.set(sums, (c + i * cRow) / 4);
        }
      },
    };
  },
};

/** A product of checked arguments: out = f(s + a b), where s is a bias, what `out` holds, or nothing. */
export interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly a: Float32Array;
  readonly transposeA?: boolean;
  readonly b: Float32Array;
  readonly transposeB?: boolean;
  readonly out: Float32Array;
  readonly accumulate?: boolean;
  readonly bias?: Float32Array;
  /** The activation, applied to each block of the result while it is in the cache. */
  readonly spec?: Spec;
}

// Scratch memory: what the kernel packs, a bias, the rest of an activation's elements, and blocks of arrays outside of the memory.
const BIAS = SCRATCH + 2 ** 14;
const REST = SCRATCH + 2 ** 15 - 64;
const BLOCKS = SCRATCH + 2 ** 15;
const ROOM = (SCRATCH + SCRATCH_BYTES - BLOCKS) / 4;

/** Columns of a block of the result. */
export const MOST_COLUMNS = 512;
/** Its rows, whole tiles: what the kernel reads of `a` at a time, and the block, stay in a second-level cache of 1 MiB. */
export const MOST_ROWS = 192;
/** Elements of a block of `b`, and its rows, where blocks are copied. */
const MOST_WEIGHTS = 2 ** 17;
const MOST_DEPTH = 1024;
/** The kernel's sums are cut at multiples of this, and so must the blocks be. */
const DEPTH = 256;

/** Carries out a product on `runtime`, block by block: of arrays in one arena in place, of others by way of scratch memory. */
export function multiply(runtime: Runtime, product: Product): void {
  const { m, k, n, transposeA, transposeB, out, accumulate = false, spec } = product;
  if (m === 0 || n === 0) return;
  const [a, b] = [disjoint(product.a, out), disjoint(product.b, out)];
  const bias = product.bias && disjoint(product.bias, out);
  const workspace = runtime.workspace(out, a, b);
  const { matmul } = workspace.kernels(kernels);
  const isInPlace = workspace.address(out) !== undefined;

  const columns = Math.min(n, MOST_COLUMNS);
  const most = Math.min(MOST_DEPTH, Math.floor(MOST_WEIGHTS / columns));
  const depth = isInPlace ? k : Math.min(k, most - (most % DEPTH));
  const rows = Math.min(m, isInPlace ? MOST_ROWS : Math.floor((ROOM - depth * columns) / (depth + columns)));

  const first = new Blocks(workspace, a, transposeA ? m : k, BLOCKS, transposeA);
  const second = new Blocks(workspace, b, transposeB ? k : n, BLOCKS + 4 * rows * depth, transposeB);
  const result = new Blocks(workspace, out, n, BLOCKS + 4 * (rows + columns) * depth);
  const shift = bias && new Blocks(workspace, bias, n, BIAS);
  for (let j = 0; j < n; j += columns) {
    const width = Math.min(columns, n - j);
    for (let i = 0; i < m; i += rows) {
      const height = Math.min(rows, m - i);
      const c = result.place(i, j, height, width);
      if (accumulate) result.load(i, j, height, width);
      let s = shift?.load(0, j, 1, width) ?? (accumulate ? c : 0);
      let sRow = accumulate ? result.row : 0;
      let p = 0;
      do {
        const terms = Math.min(depth, k - p);
        const x = first.load(i, p, height, terms);
        const y = second.load(p, j, terms, width);
        const { row, column } = second;
        matmul(height, terms, width, x, first.row, first.column, y, row, column, s, sRow, c, result.row, SCRATCH);
        [s, sRow] = [c, result.row];
        p += depth;
      } while (p < k);
      if (spec !== undefined) activate(workspace, spec, c, height, width, result.row);
      result.store(i, j, height, width);
    }
  }
}

/** A matrix in row-major order, of which one block after another is worked on: in place, or copied to the scratch memory. */
export class Blocks {
  /** Bytes from one row of the block to the next, and from one column to the next. */
  row = 0;
  column = 0;
  readonly #workspace: Workspace;
  readonly #array: Float32Array;
  readonly #columns: number;
  readonly #home: number;
  readonly #isTransposed: boolean;
  readonly #address: number | undefined;
  #held: number | undefined;

  /** The array's rows are of `columns` elements; where it `isTransposed`, these are the matrix' columns. */
  constructor(workspace: Workspace, array: Float32Array, columns: number, home: number, isTransposed = false) {
    this.#workspace = workspace;
    this.#array = array;
    this.#columns = columns;
    this.#home = home;
    this.#isTransposed = isTransposed;
    this.#address = workspace.address(array);
  }

  /** Where the block from element (i, j) on is to be found. */
  place(i: number, j: number, rows: number, columns: number): number {
    const inner = this.#address === undefined ? (this.#isTransposed ? rows : columns) : this.#columns;
    [this.row, this.column] = this.#isTransposed ? [4, 4 * inner] : [4 * inner, 4];
    return this.#address === undefined ? this.#home : this.#address + 4 * this.#start(i, j);
  }

  /** The same, with the block's elements there. */
  load(i: number, j: number, rows: number, columns: number): number {
    const start = this.#start(i, j);
    if (this.#address === undefined && this.#held !== start) {
      const [height, width] = this.#isTransposed ? [columns, rows] : [rows, columns];
      copyRows(height, width, this.#array, start, this.#columns, this.#workspace.heap, this.#home / 4, width);
      this.#held = start;
    }
    return this.place(i, j, rows, columns);
  }

  /** Copies a block back, unless it has been worked on in place. */
  store(i: number, j: number, rows: number, columns: number): void {
    if (this.#address !== undefined) return;
    copyRows(
      rows,
      columns,
      this.#workspace.heap,
      this.#home / 4,
      columns,
      this.#array,
      this.#start(i, j),
      this.#columns,
    );
  }

  #start(i: number, j: number): number {
    return this.#isTransposed ? j * this.#columns + i : i * this.#columns + j;
  }
}

/** Copies a block between two matrices, from element `fromAt` and to element `toAt` on, with rows of their own lengths. */
export function copyRows(
  rows: number,
  columns: number,
  from: Float32Array,
  fromAt: number,
  fromRow: number,
  to: Float32Array,
  toAt: number,
  toRow: number,
): void {
  if (columns === fromRow && columns === toRow) copy(rows * columns, from, fromAt, to, toAt);
  else for (let i = 0; i < rows; i++) copy(columns, from, fromAt + i * fromRow, to, toAt + i * toRow);
}

function copy(n: number, from: Float32Array, fromAt: number, to: Float32Array, toAt: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) to[toAt + i] = from[fromAt + i];
  else to.set(from.subarray(fromAt, fromAt + n), toAt);
}

/** Applies an activation to a block at address `c` with rows `row` bytes apart. */
function activate(workspace: Workspace, spec: Spec, c: number, rows: number, columns: number, row: number): void {
  const [a, b] = numericDefaults(spec);
  const isOne = row === 4 * columns;
  const n = isOne ? rows * columns : columns;
  const whole = n - (n % WHOLE);
  for (let at = c; at < c + rows * row; at += isOne ? rows * row : row) {
    workspace.forward(spec, a, b, at, at, whole);
    if (whole === n) continue;
    // The kernels take whole vectors: the rest by way of a place where nothing follows.
    const [rest, from] = [REST / 4, at / 4 + whole];
    const { heap } = workspace;
    heap.copyWithin(rest, from, at / 4 + n);
    heap.fill(0, rest + n - whole, rest + WHOLE);
    workspace.forward(spec, a, b, REST, REST, WHOLE);
    heap.copyWithin(from, rest, rest + n - whole);
  }
}
