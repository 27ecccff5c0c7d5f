import type { Prepared } from './activation';
import type { Arena } from './arena';
import { isShared, unshared } from './overlap';
import { CHUNK, DONE, FAILED, FILLED, FREE, PASSED, PROGRESS, type Stage, type Work } from './protocol';
import type { Kernel, Runtime } from './runtime';
import { BLOCK, WHOLE } from './staging';
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
export class Staging {
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

let jobs = 0;
let memories = 0;
const memoryIds = new WeakMap<WebAssembly.Memory, number>();

function memoryId(memory: WebAssembly.Memory): number {
  const id = memoryIds.get(memory) ?? ++memories;
  memoryIds.set(memory, id);
  return id;
}

/** A call and its sources, checked. */
export interface Task {
  readonly call: Prepared;
  readonly dy?: Float32Array;
  readonly x: Float32Array;
}

/** One call, from its place in the queue on. */
export class Job {
  readonly id = ++jobs;
  hasBegun = false;
  /** Whether no more is to be done, and why. */
  isStopped = false;
  error: unknown;
  readonly #call: Prepared;
  readonly #settle: (job: Job) => void;
  #dy: Float32Array | undefined;
  #x: Float32Array;
  #out: Float32Array;
  readonly #length: number;
  #chunk = CHUNK;
  #chunks = 0;
  /** Chunks copied in; and those done with, from the first on. */
  #filled = 0;
  #over = 0;
  #places: Pick<Staging, 'x' | 'dy' | 'places'> | undefined;
  #control: Int32Array = new Int32Array();
  #threads = 0;
  #stages: readonly Stage[] = [];
  #work: Omit<Work, 'id' | 'stage'> | undefined;
  #release: (() => void) | undefined;

  constructor({ call, dy, x }: Task, settle: (job: Job) => void) {
    this.#call = call;
    this.#dy = dy;
    this.#x = x;
    this.#out = call.out;
    this.#length = call.out.length;
    this.#settle = settle;
  }

  /** Whether the calling thread does it alone. */
  get isSmall(): boolean {
    return this.#x.length < SMALL || this.#call.kernel.share === undefined;
  }

  begin(stagingFor: (runtime: Runtime) => Staging, threads: number, bell: Int32Array): void {
    this.hasBegun = true;
    const out = this.#out;
    if ([out, this.#x, this.#dy ?? out].some(({ length }) => length !== this.#length)) {
      throw new TypeError('pool: an array was detached or shrunk before its turn came');
    }
    if (this.isSmall) {
      this.#compute(0, out.length);
      return;
    }
    this.#x = unshared(this.#x, out);
    if (this.#dy !== undefined) this.#dy = unshared(this.#dy, out);

    // Chunks begin and end at lines of the destination, so that no two threads write to one; the ends are left to this thread.
    const from = (LINE - ((out.byteOffset / 4) % LINE)) % LINE;
    const n = (out.length - from) & -WHOLE;
    this.#compute(0, from);
    this.#compute(from + n, out.length);
    this.#out = out.subarray(from, from + n);
    this.#x = this.#x.subarray(from, from + n);
    this.#dy = this.#dy?.subarray(from, from + n);

    const blocks = Math.ceil(n / BLOCK / (CHUNKS_EACH * threads));
    this.#chunk = Math.min(CHUNK, BLOCK * blocks);
    this.#chunks = Math.ceil(n / this.#chunk);
    this.#threads = threads;
    this.#control = new Int32Array(new SharedArrayBuffer(4 * (PROGRESS + threads + this.#chunks)));
    const staging = stagingFor(this.#call.runtime);
    this.#stages = staging.stages;
    this.#work = this.#plan(staging, bell);
    if (this.#places === undefined) this.#setFilled(this.#chunks);
  }

  /** How the threads get at the arrays. */
  #plan(staging: Staging, bell: Int32Array): Omit<Work, 'id' | 'stage'> {
    const { kernel, a, b } = this.#call;
    const share = kernel.share as NonNullable<Kernel['share']>; // else the job is small
    const arrays = { dy: this.#dy, x: this.#x, out: this.#out };
    const all = [arrays.x, arrays.out, arrays.dy ?? arrays.x];
    const isAllShared = all.every(({ buffer }) => isShared(buffer));
    const { buffer } = arrays.out;
    const inArena = all.every((array) => array.buffer === buffer) ? share(buffer, a, b) : undefined;
    const { module, memory, name, params, release } = inArena ?? (share(staging.x.buffer, a, b) as Shared);
    this.#release = release;
    if (!isAllShared) this.#places = staging;
    return {
      ...(isAllShared ? arrays : { dy: arrays.dy && staging.dy, x: staging.x, out: staging.x }),
      job: this.id,
      module,
      memory,
      memoryId: memoryId(memory),
      kernel: arrays.dy === undefined ? name : `${name}Backward`,
      params,
      n: this.#x.length,
      chunk: this.#chunk,
      places: isAllShared ? this.#chunks : staging.places,
      isStaged: isAllShared && inArena === undefined,
      isInPlace: isAllShared && (isSame(arrays.x, arrays.out) || isSame(arrays.dy, arrays.out)),
      control: this.#control,
      threads: this.#threads,
      bell,
    };
  }

  /** What thread number `id`, from 1 up, is to be sent; nothing if there is not a chunk for it. */
  workFor(id: number): Work | undefined {
    if (this.#work === undefined || id > this.#chunks) return undefined;
    return { ...this.#work, id, stage: this.#stages[id - 1] };
  }

  /**
   * Moves chunks of ordinary arrays in and out as far as can be; whether all is done. An error is left to its thread's report, unless
   * that cannot be heard.
   */
  advance(canHear: boolean): boolean {
    for (this.#fill(); this.#over < this.#chunks; this.#fill()) {
      const state = Atomics.load(this.#control, this.#stateOf(this.#over));
      if (state === FAILED && !this.isStopped) {
        if (canHear) return false;
        this.stop(new Error('pool.runSync: a thread could not do its part'));
      } else if (state !== DONE && state !== PASSED && state !== FAILED) {
        return false;
      }
      if (state === DONE && this.#places !== undefined && !this.isStopped) this.#copyOut(this.#over, this.#places);
      this.#over++;
    }
    return true;
  }

  /** Lets no more chunks be taken. */
  stop(error: unknown): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.error = error;
    for (let i = this.#over; i < this.#chunks; i++) {
      Atomics.compareExchange(this.#control, this.#stateOf(i), FREE, PASSED);
    }
    this.#setFilled(this.#chunks);
  }

  settle(): void {
    this.#release?.();
    this.#release = undefined;
    this.#settle(this);
  }

  /** Does what thread number `id` has left undone at its end. */
  repair(id: number): void {
    for (let i = this.#over; i < this.#chunks; i++) {
      if (Atomics.load(this.#control, this.#stateOf(i)) !== id) continue;
      const from = i * this.#chunk;
      this.#compute(this.#restore(id, from), Math.min(from + this.#chunk, this.#x.length));
      Atomics.store(this.#control, this.#stateOf(i), PASSED);
    }
  }

  /** Where the thread has got to in its chunk from element `from` on. The source that it may have begun to write over is put back. */
  #restore(id: number, from: number): number {
    if (!this.#work?.isInPlace) return from;
    const progress = Atomics.load(this.#control, PROGRESS + id - 1);
    const reached = BLOCK * (progress >> 1);
    if (reached < from) return from;
    if (progress % 2 === 1) {
      const stage = this.#stages[id - 1];
      const n = Math.min(BLOCK, this.#out.length - reached);
      if (isSame(this.#x, this.#out)) this.#x.set(stage.x.subarray(0, n), reached);
      if (isSame(this.#dy, this.#out)) this.#dy.set(stage.dy.subarray(0, n), reached);
    }
    return reached;
  }

  /** Computes on this thread. */
  #compute(from: number, to: number): void {
    if (from >= to) return;
    const { kernel, a, b } = this.#call;
    const [x, out] = [this.#x.subarray(from, to), this.#out.subarray(from, to)];
    if (this.#dy === undefined) kernel.forward(x, out, a, b);
    else kernel.backward(this.#dy.subarray(from, to), x, out, a, b);
  }

  #fill(): void {
    if (this.#places === undefined || this.isStopped) return;
    const { x, dy, places } = this.#places;
    while (this.#filled < Math.min(this.#chunks, this.#over + places)) {
      const from = this.#filled * this.#chunk;
      const place = (this.#filled % places) * this.#chunk;
      const to = Math.min(from + this.#chunk, this.#x.length);
      x.set(this.#x.subarray(from, to), place);
      if (this.#dy !== undefined) dy.set(this.#dy.subarray(from, to), place);
      this.#setFilled(this.#filled + 1);
    }
  }

  #copyOut(i: number, { x, places }: Pick<Staging, 'x' | 'places'>): void {
    const from = i * this.#chunk;
    const place = (i % places) * this.#chunk;
    this.#out.set(x.subarray(place, place + Math.min(this.#chunk, this.#out.length - from)), from);
  }

  #setFilled(filled: number): void {
    this.#filled = filled;
    if (this.#chunks === 0) return;
    Atomics.store(this.#control, FILLED, filled);
    Atomics.notify(this.#control, FILLED);
  }

  #stateOf(chunk: number): number {
    return PROGRESS + this.#threads + chunk;
  }
}

/** Whether two arrays of one length may be the same memory. Two SharedArrayBuffers may be. */
function isSame(a: Float32Array | undefined, b: Float32Array): a is Float32Array {
  if (a === undefined || a.byteOffset !== b.byteOffset) return false;
  return a.buffer === b.buffer || (isShared(a.buffer) && isShared(b.buffer));
}
