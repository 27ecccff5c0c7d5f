// Activations in the threads of a pool.

import type { Prepared } from './activation';
import type { Arena } from './arena';
import { isShared, shareMemory, unshared } from './overlap';
import { CHUNK, type Elements, PASSED, type Stage, type ThreadBinary } from './protocol';
import type { Kernel, Runtime } from './runtime';
import { BLOCK, WHOLE } from './staging';
import type { Means, Plan, Task } from './task';
import type { Shared } from './wasm';

/**
 * Arrays shorter than this are worked on by the calling thread: waking threads and hearing from them takes some 50 us (Node 26), what
 * two of them save of the sigmoid of so many elements.
 */
export const SMALL = 2 ** 17;
/** Chunks that a thread should find, so that a slower one does not hold up the others. */
const CHUNKS_EACH = 4;
/** Places for chunks of ordinary arrays, for each thread: one to be read, one to be filled, one on its way back. */
const PLACES_EACH = 3;

const LINE = 16; // elements of a cache line

/** Shared memory of a pool, for the activations of one runtime. */
class Staging {
  readonly stages: readonly Stage[];
  readonly places: number;
  readonly x: Float32Array;
  readonly dy: Float32Array;

  constructor(runtime: Runtime, threads: number) {
    this.places = PLACES_EACH * threads;
    const bytes = 4 * (3 * BLOCK * threads + 2 * CHUNK * this.places);
    const arena: Arena = runtime.createArena(bytes, { shared: true });
    this.stages = Array.from({ length: threads }, () => ({
      x: arena.float32(BLOCK),
      dy: arena.float32(BLOCK),
      out: arena.float32(BLOCK),
    }));
    this.x = arena.float32(CHUNK * this.places);
    this.dy = arena.float32(CHUNK * this.places);
  }
}

const makeStaging = (runtime: Runtime, threads: number) => new Staging(runtime, threads);

/** A call of an activation, or of its gradient if there is a `dy`. */
export function elements(call: Prepared, x: Float32Array, dy?: Float32Array): Task {
  const { out, kernel, runtime } = call;
  const { length } = out;
  const isSmall = length < SMALL || kernel.share === undefined;
  return {
    out,
    isSmall,
    begin(pool) {
      if ([out, x, dy ?? out].some((array) => array.length !== length)) {
        throw new TypeError('pool: an array was detached or shrunk before its turn came');
      }
      if (isSmall) {
        compute(call, dy, x, out, 0, length);
        return undefined;
      }
      const staging = pool.keep(runtime, makeStaging);
      return new ElementsPlan(call, dy && unshared(dy, out), unshared(x, out), staging, pool);
    },
  };
}

/** Computes elements `from` to `to` on this thread. */
function compute(
  { kernel, a, b }: Prepared,
  dy: Float32Array | undefined,
  wholeX: Float32Array,
  wholeOut: Float32Array,
  from: number,
  to: number,
): void {
  if (from >= to) return;
  const [x, out] = [wholeX.subarray(from, to), wholeOut.subarray(from, to)];
  if (dy === undefined) kernel.forward(x, out, a, b);
  else kernel.backward(dy.subarray(from, to), x, out, a, b);
}

class ElementsPlan implements Plan {
  readonly chunks: number;
  readonly isPaced: boolean;
  readonly memory: WebAssembly.Memory;
  readonly binaries: readonly ThreadBinary[];
  readonly release: () => void;
  readonly fill?: (chunk: number) => void;
  readonly #call: Prepared;
  readonly #dy: Float32Array | undefined;
  readonly #x: Float32Array;
  readonly #out: Float32Array;
  readonly #chunk: number;
  readonly #staging: Staging;
  readonly #steps: Omit<Elements, 'stage'>;

  constructor(call: Prepared, dy: Float32Array | undefined, x: Float32Array, staging: Staging, { threads }: Means) {
    // Chunks begin and end at lines of the destination, so that no two threads write to one; the ends are left to this thread.
    const { out } = call;
    const from = (LINE - ((out.byteOffset / 4) % LINE)) % LINE;
    const n = (out.length - from) & -WHOLE;
    compute(call, dy, x, out, 0, from);
    compute(call, dy, x, out, from + n, out.length);
    const middle = (array: Float32Array) => array.subarray(from, from + n);
    this.#call = call;
    this.#out = middle(out);
    this.#x = middle(x);
    this.#dy = dy && middle(dy);
    this.#staging = staging;

    const blocks = Math.ceil(n / BLOCK / (CHUNKS_EACH * threads));
    this.#chunk = Math.min(CHUNK, BLOCK * blocks);
    this.chunks = Math.ceil(n / this.#chunk);

    // How the threads get at the arrays.
    const share = call.kernel.share as NonNullable<Kernel['share']>; // else the task is small
    const arrays = { dy: this.#dy, x: this.#x, out: this.#out };
    const all = [arrays.x, arrays.out, arrays.dy ?? arrays.x];
    const isAllShared = all.every(({ buffer }) => isShared(buffer));
    const { buffer } = out;
    const inArena = all.every((array) => array.buffer === buffer) ? share(buffer, call.a, call.b) : undefined;
    const shared = inArena ?? (share(staging.x.buffer, call.a, call.b) as Shared);
    this.memory = shared.memory;
    this.binaries = [{ id: shared.id, module: shared.module }];
    this.release = shared.release;
    if (!isAllShared) this.fill = (chunk) => this.#copyIn(chunk);
    this.isPaced = !isAllShared && staging.places < this.chunks;
    this.#steps = {
      ...(isAllShared ? arrays : { dy: arrays.dy && staging.dy, x: staging.x, out: staging.x }),
      binary: shared.id,
      kernel: dy === undefined ? shared.name : `${shared.name}Backward`,
      params: shared.params,
      n,
      chunk: this.#chunk,
      places: isAllShared ? this.chunks : staging.places,
      isStaged: isAllShared && inArena === undefined,
      isInPlace: isAllShared && (isSame(arrays.x, arrays.out) || isSame(arrays.dy, arrays.out)),
    };
  }

  steps(id: number): Elements {
    return { ...this.#steps, stage: this.#staging.stages[id - 1] };
  }

  ready(over: number): number {
    return over + this.#staging.places;
  }

  #copyIn(chunk: number): void {
    const { x, dy, places } = this.#staging;
    const from = chunk * this.#chunk;
    const place = (chunk % places) * this.#chunk;
    const to = Math.min(from + this.#chunk, this.#x.length);
    x.set(this.#x.subarray(from, to), place);
    if (this.#dy !== undefined) dy.set(this.#dy.subarray(from, to), place);
  }

  finish(chunk: number): void {
    if (this.fill === undefined) return;
    const { x, places } = this.#staging;
    const from = chunk * this.#chunk;
    const place = (chunk % places) * this.#chunk;
    this.#out.set(x.subarray(place, place + Math.min(this.#chunk, this.#out.length - from)), from);
  }

  redo(chunk: number, id: number, progress: number): typeof PASSED {
    const from = chunk * this.#chunk;
    const to = Math.min(from + this.#chunk, this.#x.length);
    compute(this.#call, this.#dy, this.#x, this.#out, this.#restore(id, from, progress), to);
    return PASSED;
  }

  /** Where the thread has got to in its chunk from element `from` on. The source that it may have begun to write over is put back. */
  #restore(id: number, from: number, progress: number): number {
    if (!this.#steps.isInPlace) return from;
    const reached = BLOCK * (progress >> 1);
    if (reached < from) return from;
    if (progress % 2 === 1) {
      const stage = this.#staging.stages[id - 1];
      const n = Math.min(BLOCK, this.#out.length - reached);
      if (isSame(this.#x, this.#out)) this.#x.set(stage.x.subarray(0, n), reached);
      if (isSame(this.#dy, this.#out)) this.#dy.set(stage.dy.subarray(0, n), reached);
    }
    return reached;
  }
}

/** Whether two arrays of one length may be the same memory. Two SharedArrayBuffers may be. */
function isSame(a: Float32Array | undefined, b: Float32Array): a is Float32Array {
  if (a === undefined || a.byteOffset !== b.byteOffset) return false;
  return shareMemory(a.buffer, b.buffer);
}
