// Products of matrices in the threads of a pool.

import { numericDefaults } from '../activation';
import { disjoint } from '../overlap';
import { argumentsFor, type Call, type Calls, FREE, type ThreadBinary } from '../protocol';
import type { Runtime, Workspace } from '../runtime';
import { THREADS, THREADS_BYTES, WHOLE } from '../staging';
import { type Means, type Plan, TASK, type Task, type TaskOf } from '../task';
import type { Home, Shared } from '../wasm';
import { Blocks, copyRows, kernels, MOST_COLUMNS, MOST_ROWS, multiply, type Product } from './product';

/**
 * Products of fewer multiply-adds are left to the calling thread: it takes 0.65 ms for so many, of which waking threads and hearing from
 * them takes 0.05 to 0.3 (Node 26, the more the busier the machine).
 */
const SMALL = 2 ** 24;
/** So are those of matrices outside of an arena with fewer multiply-adds for each element: copying takes as long. */
const LEAST_REUSE = 2;
/** Chunks that a thread should find, so that a slower one does not hold up the others. */
const CHUNKS_EACH = 4;
/** Chunks of fewer columns or rows would read the first factor, or pack the second, too often. */
const FEWEST_COLUMNS = 64;
const FEWEST_ROWS = 24;
/** Rows of whole tiles, of 6 or of 4; columns of whole cache lines. */
const ROWS = 12;
const COLUMNS = 16;

// Scratch memory: what each thread packs, and a bias from outside of the memory.
const PLACE = 2 ** 14;
const PLACES = 48;
const BIAS = THREADS + PLACES * PLACE;
const MOST_BIAS = (THREADS + THREADS_BYTES - BIAS) / 4;

/** Elements of a pool's memory for matrices that are copied: 64 MiB, of which the machine gives what is used. */
const ROOM = 2 ** 24;

/** Memories of which threads use the scratch memory. */
const busy = new WeakSet<WebAssembly.Memory>();

/** A function that carries out the product that `prepare` makes of its arguments, directly or as a pool's task. */
export function productOn<O extends object>(
  runtimeNow: () => Runtime,
  name: string,
  prepare: (a: Float32Array, b: Float32Array, options: O) => Product,
): (a: Float32Array, b: Float32Array, options: O) => Float32Array {
  const direct = (a: Float32Array, b: Float32Array, options: O) => {
    const product = prepare(a, b, options);
    multiply(runtimeNow(), product);
    return product.out;
  };
  const task: TaskOf = (a, b, options) => productTask(runtimeNow(), prepare(a, b, options as O));
  return Object.defineProperties(direct, { name: { value: name }, [TASK]: { value: task } });
}

/** A product as a pool's task. Sums that go on from what the result holds could not be done again, and are left to the calling thread. */
function productTask(runtime: Runtime, product: Product): Task {
  const { m, k, n, a, b, bias, out, accumulate } = product;
  const lengths = () => [a, b, bias, out].map((array) => array?.length).join();
  const given = lengths();
  const isSmall = m * k * n < SMALL || accumulate === true || runtime.backend === 'js';
  return {
    out,
    isSmall,
    begin(pool) {
      if (lengths() !== given) throw new TypeError('pool: an array was detached or shrunk before its turn came');
      const plan = isSmall ? undefined : planFor(runtime, product, pool);
      if (plan === undefined) multiply(runtime, product);
      return plan;
    },
  };
}

/** Where a pool copies matrices to. */
const makeRoom = (runtime: Runtime) => runtime.createArena(4 * ROOM, { shared: true }).float32(ROOM);

/** Undefined if copying is not worth it, or not even a small part of the matrices has room in the pool's memory. */
function planFor(runtime: Runtime, whole: Product, pool: Means): Plan | undefined {
  const { out, bias } = whole;
  const product = { ...whole, a: disjoint(whole.a, out), b: disjoint(whole.b, out), bias: bias && disjoint(bias, out) };
  const arena = runtime.workspace(out, product.a, product.b);
  const home = arena.share(kernels);
  if (home !== undefined && !busy.has(home.memory)) {
    const columns = arena.address(bias ?? out) === undefined ? MOST_BIAS : product.n;
    return new ProductPlan(runtime, product, pool.threads, arena, 0, { rows: product.m, columns });
  }
  const { m, k, n } = product;
  const slab = slabFor(product);
  if (slab === undefined || m * k * n < LEAST_REUSE * (m * k + k * n + m * n)) return undefined;
  const room = pool.keep(runtime, makeRoom);
  return new ProductPlan(runtime, product, pool.threads, runtime.workspace(room), room.byteOffset, slab);
}

interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** A part of the result. */
interface Part extends Size {
  readonly i: number;
  readonly j: number;
}

/** A part of a slab, with the slab's number. */
interface Chunk extends Part {
  readonly slab: number;
}

/** The largest part of the result for which the matrices have room, by halves. */
function slabFor({ m, k, n }: Product): Size | undefined {
  let [rows, columns] = [m, Math.min(n, MOST_BIAS)];
  while (k * (rows + columns + 2 * COLUMNS) + rows * columns > ROOM) {
    if (rows <= ROWS && columns <= COLUMNS) return undefined;
    if (rows / ROWS > columns / COLUMNS) rows = roundUp(rows / 2, ROWS);
    else columns = roundUp(columns / 2, COLUMNS);
  }
  return { rows, columns };
}

/** Chunks of a part of the result: even ones of whole tiles, as large as the direct product's blocks unless threads would have too few. */
function chunkFor({ rows: m, columns: n }: Size, threads: number): Size {
  let rows = roundUp(m / Math.ceil(m / MOST_ROWS), ROWS);
  let columns = roundUp(n / Math.ceil(n / MOST_COLUMNS), COLUMNS);
  while (Math.ceil(m / rows) * Math.ceil(n / columns) < CHUNKS_EACH * threads) {
    if (columns > FEWEST_COLUMNS) columns = roundUp(columns / 2, COLUMNS);
    else if (rows > FEWEST_ROWS) rows = roundUp(rows / 2, ROWS);
    else break;
  }
  return { rows, columns };
}

/** A part of the result, cut into parts of that size, row by row. */
function cut(whole: Part, { rows, columns }: Size): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < whole.rows; i += rows) {
    for (let j = 0; j < whole.columns; j += columns) {
      parts.push({
        i: whole.i + i,
        j: whole.j + j,
        rows: Math.min(rows, whole.rows - i),
        columns: Math.min(columns, whole.columns - j),
      });
    }
  }
  return parts;
}

function roundUp(x: number, unit: number): number {
  return Math.ceil(x / unit) * unit;
}

/**
 * Slabs of the result one after another, each in chunks that threads take: in an arena, usually one slab that is all of it; else as large
 * ones as have room where they are copied to.
 */
class ProductPlan implements Plan {
  readonly chunks: number;
  readonly isPaced: boolean;
  readonly memory: WebAssembly.Memory;
  readonly binaries: readonly ThreadBinary[];
  readonly #matmul: number;
  readonly #runtime: Runtime;
  readonly #product: Product;
  readonly #slabs: readonly Part[];
  readonly #chunks: readonly Chunk[];
  readonly #a: Blocks;
  readonly #b: Blocks;
  readonly #out: Blocks;
  readonly #bias: Blocks | undefined;
  readonly #activation: Shared | undefined;

  /** Matrices outside of the workspace are copied, slab by slab, to its memory from byte `room` on. */
  constructor(runtime: Runtime, product: Product, threads: number, workspace: Workspace, room: number, slab: Size) {
    const { m, k, n, a, b, transposeA, transposeB, out, bias, spec } = product;
    this.#runtime = runtime;
    this.#product = product;
    this.#slabs = cut({ i: 0, j: 0, rows: m, columns: n }, slab);
    this.#chunks = this.#slabs.flatMap((part, i) =>
      cut(part, chunkFor(part, threads)).map((chunk) => ({ ...chunk, slab: i })),
    );
    this.chunks = this.#chunks.length;
    this.isPaced = this.#slabs.length > 1;

    const bAt = room + 4 * roundUp(slab.rows * k, COLUMNS);
    const outAt = bAt + 4 * roundUp(k * slab.columns, COLUMNS);
    this.#a = new Blocks(workspace, a, transposeA ? m : k, room, transposeA);
    this.#b = new Blocks(workspace, b, transposeB ? k : n, bAt, transposeB);
    this.#out = new Blocks(workspace, out, n, outAt);
    this.#bias = bias && new Blocks(workspace, bias, n, BIAS);

    const home = workspace.share(kernels) as Home; // as otherwise there would be no plan
    this.memory = home.memory;
    this.#activation = spec && runtime.kernel(spec).share?.(workspace, false, ...numericDefaults(spec));
    this.#matmul = home.binary.id;
    this.binaries = [home.binary, ...(this.#activation?.binaries ?? [])];
    busy.add(home.memory);
    this.fill(0); // before threads are woken, which otherwise would have to be woken twice
  }

  release(): void {
    busy.delete(this.memory);
    this.#activation?.release();
  }

  ready(over: number): number {
    const slab = this.#chunks[over]?.slab;
    const next = this.#chunks.findIndex((chunk) => chunk.slab > slab);
    return next < 0 ? this.chunks : next;
  }

  fill(chunk: number): void {
    if (!this.#isFirst(chunk)) return;
    const { k } = this.#product;
    const { i, j, rows, columns } = this.#slabs[this.#chunks[chunk].slab];
    this.#a.load(i, 0, rows, k);
    this.#b.load(0, j, k, columns);
    this.#bias?.load(0, j, 1, columns);
  }

  finish(chunk: number): void {
    if (chunk + 1 < this.chunks && !this.#isFirst(chunk + 1)) return;
    const { i, j, rows, columns } = this.#slabs[this.#chunks[chunk].slab];
    this.#out.store(i, j, rows, columns);
    if (j + columns === this.#product.n) this.#activateRest(i, rows);
  }

  /** Nothing that is read is written over, so that a chunk can be done again. */
  redo(): typeof FREE {
    return FREE;
  }

  steps(id: number): Calls | undefined {
    if (id > PLACES) return undefined;
    return { calls: this.#chunks.map((chunk) => this.#calls(chunk, THREADS + PLACE * (id - 1))) };
  }

  #isFirst(chunk: number): boolean {
    return this.#chunks[chunk].slab !== this.#chunks[chunk - 1]?.slab;
  }

  #calls({ i, j, rows, columns, slab }: Chunk, scratch: number): Call[] {
    const { k } = this.#product;
    const whole = this.#slabs[slab];
    const [a, b, out] = [this.#a, this.#b, this.#out];
    const aAt = a.place(whole.i, 0, whole.rows, k) + (i - whole.i) * a.row;
    const bAt = b.place(0, whole.j, k, whole.columns) + (j - whole.j) * b.column;
    const outAt = out.place(whole.i, whole.j, whole.rows, whole.columns) + (i - whole.i) * out.row + 4 * (j - whole.j);
    const s = this.#bias === undefined ? 0 : this.#bias.place(0, whole.j, 1, whole.columns) + 4 * (j - whole.j);
    const args = [rows, k, columns, aAt, a.row, a.column, bAt, b.row, b.column, s, 0, outAt, out.row, scratch];
    const calls: Call[] = [{ binary: this.#matmul, kernel: 'matmul', args, steps: [], times: 1 }];
    const n = columns - (columns % WHOLE);
    if (this.#activation !== undefined && n > 0) {
      const [call] = this.#activation.calls;
      const args = argumentsFor(call, { x: outAt, out: outAt, n });
      calls.push({ ...call, args, steps: [0, out.row, out.row, 0], times: rows });
    }
    return calls;
  }

  /** Applies the activation to the last columns, which are no whole vectors, of `rows` rows from row `from` on. */
  #activateRest(from: number, rows: number): void {
    const { n, out, spec } = this.#product;
    const width = n % WHOLE;
    if (spec === undefined || width === 0) return;
    const rest = new Float32Array(rows * width);
    copyRows(rows, width, out, from * n + n - width, n, rest, 0, width);
    this.#runtime.kernel(spec).forward(rest, rest, ...numericDefaults(spec));
    copyRows(rows, width, rest, 0, width, out, from * n + n - width, n);
  }
}
