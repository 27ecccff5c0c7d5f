// Activations in the threads of a pool.

import type { PreparedCall } from './dispatch';
import { apart, isShared, shareMemory } from './overlap';
import { CHUNK, type Elements, PASSED, type Stage, type ThreadBinary, WHOLE_BYTES } from './protocol';
import type { Runtime } from './runtime';
import { BLOCK_BYTES } from './staging';
import type { Means, Plan, Task } from './task';
import type { NumberArray } from './types';
import type { Shared } from './wasm';

/**
 * Arrays of fewer bytes are worked on by the calling thread: waking threads and hearing from them takes some 50 us (Node 26), what two of
 * them save of the sigmoid of so many bytes of float32.
 */
export const SMALL = 2 ** 19;
/** Chunks that a thread should find, so that a slower one does not hold up the others. */
const CHUNKS_EACH = 4;
/** Places for chunks of ordinary arrays, for each thread: one to be read, one to be filled, one on its way back. */
const PLACES_EACH = 3;

/** Bytes of a cache line. */
const LINE = 64;

/** Shared memory of a pool, for the activations of one runtime. */
class Staging {
  readonly stages: readonly Stage[];
  readonly places: number;
  readonly x: Uint8Array;
  readonly dy: Uint8Array;

  constructor(runtime: Runtime, threads: number) {
    this.places = PLACES_EACH * threads;
    const bytes = 5 * BLOCK_BYTES * threads + 2 * CHUNK * this.places;
    const arena = runtime.createArena(bytes, { shared: true });
    const block = () => arena.uint8(BLOCK_BYTES);
    this.stages = Array.from({ length: threads }, () => ({
      x: block(),
      dy: block(),
      out: block(),
      wideX: block(),
      wideDy: block(),
    }));
    this.x = arena.uint8(CHUNK * this.places);
    this.dy = arena.uint8(CHUNK * this.places);
  }
}

const makeStaging = (runtime: Runtime, threads: number) => new Staging(runtime, threads);

/** A call of an activation, or of its gradient if there is a `dy`. */
export function elements(call: PreparedCall, x: NumberArray, dy?: NumberArray): Task {
  const { out, kernel, runtime } = call;
  const { length } = out;
  const isSmall = out.byteLength < SMALL || kernel.share === undefined || runtime.backend === 'js';
  return {
    out,
    isSmall,
    begin(pool) {
      if ([out, x, dy ?? out].some((array) => array.length !== length)) {
        throw new TypeError('pool: an array was detached or shrunk before its turn came');
      }
      if (isSmall) {
        compute(call, dy, x, out, 0, out.byteLength);
        return undefined;
      }
      const staging = pool.keep(runtime, makeStaging);
      return new ElementsPlan(call, dy && apart(dy, out), apart(x, out), staging, pool);
    },
  };
}

/** Computes bytes `from` to `to` on this thread. */
function compute(
  { kernel, a, b }: PreparedCall,
  dy: NumberArray | undefined,
  x: NumberArray,
  out: NumberArray,
  from: number,
  to: number,
): void {
  if (from >= to) return;
  const part = (array: NumberArray) => elementsOf(array, from, to);
  if (dy === undefined) kernel.forward(part(x), part(out), a, b);
  else kernel.backward?.(part(dy), part(x), part(out), a, b);
}

/** The elements that lie in bytes `from` to `to`. */
function elementsOf(array: NumberArray, from: number, to: number): NumberArray {
  return array.subarray(from / array.BYTES_PER_ELEMENT, to / array.BYTES_PER_ELEMENT);
}

function bytesOf(array: NumberArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** All sizes are in bytes. */
class ElementsPlan implements Plan {
  readonly chunks: number;
  readonly isPaced: boolean;
  readonly memory: WebAssembly.Memory;
  readonly binaries: readonly ThreadBinary[];
  readonly release: () => void;
  readonly fill?: (chunk: number) => void;
  readonly #call: PreparedCall;
  readonly #dy: NumberArray | undefined;
  readonly #x: NumberArray;
  readonly #out: NumberArray;
  /** The bytes of these. */
  readonly #arrays: Pick<Elements, 'dy' | 'x' | 'out'>;
  readonly #length: number;
  readonly #chunk: number;
  readonly #staging: Staging;
  readonly #steps: Omit<Elements, 'stage'>;

  constructor(call: PreparedCall, dy: NumberArray | undefined, x: NumberArray, staging: Staging, { threads }: Means) {
    // Chunks begin and end at lines of the destination, so that no two threads write to one; the ends are left to this thread.
    const { out, kernel, runtime, a, b } = call;
    const from = (LINE - (out.byteOffset % LINE)) % LINE;
    const length = out.byteLength - from - ((out.byteLength - from) % WHOLE_BYTES);
    compute(call, dy, x, out, 0, from);
    compute(call, dy, x, out, from + length, out.byteLength);
    const middle = (array: NumberArray) => elementsOf(array, from, from + length);
    this.#call = call;
    this.#out = middle(out);
    this.#x = middle(x);
    this.#dy = dy && middle(dy);
    this.#length = length;
    this.#staging = staging;

    const blocks = Math.ceil(length / BLOCK_BYTES / (CHUNKS_EACH * threads));
    this.#chunk = Math.min(CHUNK, BLOCK_BYTES * blocks);
    this.chunks = Math.ceil(length / this.#chunk);

    // How the threads get at the arrays.
    const arrays = { dy: this.#dy && bytesOf(this.#dy), x: bytesOf(this.#x), out: bytesOf(this.#out) };
    this.#arrays = arrays;
    const all = [arrays.x, arrays.out, arrays.dy ?? arrays.x];
    const isAllShared = all.every(({ buffer }) => isShared(buffer));
    const share = (...arrays: Uint8Array[]) => kernel.share?.(runtime.workspace(...arrays), dy !== undefined, a, b);
    const inArena = kernel.block === undefined ? share(...all) : undefined;
    const shared = inArena ?? (share(staging.x) as Shared);
    this.memory = shared.memory;
    this.binaries = shared.binaries;
    this.release = shared.release;
    if (!isAllShared) this.fill = (chunk) => this.#copyIn(chunk);
    this.isPaced = !isAllShared && staging.places < this.chunks;
    const isStaged = isAllShared && inArena === undefined;
    const isInPlace = isAllShared && (isSame(arrays.x, arrays.out) || isSame(arrays.dy, arrays.out));
    this.#steps = {
      ...(isAllShared ? arrays : { dy: arrays.dy && staging.dy, x: staging.x, out: staging.x }),
      calls: shared.calls,
      bytes: out.BYTES_PER_ELEMENT,
      length,
      chunk: this.#chunk,
      block: kernel.block ?? (isStaged || isInPlace ? BLOCK_BYTES : this.#chunk),
      places: isAllShared ? this.chunks : staging.places,
      isStaged,
      isInPlace,
    };
  }

  steps(id: number): Elements {
    return { ...this.#steps, stage: this.#staging.stages[id - 1] };
  }

  ready(over: number): number {
    return over + this.#staging.places;
  }

  #copyIn(chunk: number): void {
    const { places, ...stages } = this.#staging;
    const from = chunk * this.#chunk;
    const place = (chunk % places) * this.#chunk;
    const to = Math.min(from + this.#chunk, this.#length);
    const { x, dy } = this.#arrays;
    stages.x.set(x.subarray(from, to), place);
    if (dy !== undefined) stages.dy.set(dy.subarray(from, to), place);
  }

  finish(chunk: number): void {
    if (this.fill === undefined) return;
    const { x, places } = this.#staging;
    const from = chunk * this.#chunk;
    const place = (chunk % places) * this.#chunk;
    this.#arrays.out.set(x.subarray(place, place + Math.min(this.#chunk, this.#length - from)), from);
  }

  redo(chunk: number, id: number, progress: number): typeof PASSED {
    const from = chunk * this.#chunk;
    const to = Math.min(from + this.#chunk, this.#length);
    compute(this.#call, this.#dy, this.#x, this.#out, this.#restore(id, from, progress), to);
    return PASSED;
  }

  /** Where the thread has got to in its chunk from byte `from` on. The source that it may have begun to write over is put back. */
  #restore(id: number, from: number, progress: number): number {
    const { isInPlace, block } = this.#steps;
    if (!isInPlace) return from;
    const reached = block * (progress >> 1);
    if (reached < from) return from;
    if (progress % 2 === 1) {
      const stage = this.#staging.stages[id - 1];
      const { dy, x, out } = this.#arrays;
      const length = Math.min(block, this.#length - reached);
      if (isSame(x, out)) x.set(stage.x.subarray(0, length), reached);
      if (isSame(dy, out)) dy.set(stage.dy.subarray(0, length), reached);
    }
    return reached;
  }
}

/** Whether two arrays of one length may be the same memory. Two SharedArrayBuffers may be. */
function isSame(a: Uint8Array | undefined, b: Uint8Array): a is Uint8Array {
  if (a === undefined || a.byteOffset !== b.byteOffset) return false;
  return shareMemory(a.buffer, b.buffer);
}
