import { DONE, FAILED, FILLED, FREE, PASSED, PROGRESS, type Work } from './protocol';
import type { Means, Plan, Task } from './task';

let jobs = 0;
let memories = 0;
const memoryIds = new WeakMap<WebAssembly.Memory, number>();

function memoryId(memory: WebAssembly.Memory): number {
  const id = memoryIds.get(memory) ?? ++memories;
  memoryIds.set(memory, id);
  return id;
}

/** One call, from its place in the queue on. */
export class Job {
  readonly id = ++jobs;
  readonly task: Task;
  hasBegun = false;
  /** Whether no more is to be done, and why. */
  isStopped = false;
  error: unknown;
  readonly #settle: (job: Job) => void;
  #plan: Plan | undefined;
  #chunks = 0;
  /** Chunks copied in; and those done with, from the first on. */
  #filled = 0;
  #over = 0;
  #threads = 0;
  #control: Int32Array = new Int32Array();
  #bell: Int32Array = new Int32Array();

  constructor(task: Task, settle: (job: Job) => void) {
    this.task = task;
    this.#settle = settle;
  }

  begin(pool: Means, bell: Int32Array): void {
    this.hasBegun = true;
    this.#plan = this.task.begin(pool);
    if (this.#plan === undefined) return;
    this.#chunks = this.#plan.chunks;
    this.#threads = pool.threads;
    this.#control = new Int32Array(new SharedArrayBuffer(4 * (PROGRESS + pool.threads + this.#chunks)));
    this.#bell = bell;
    if (this.#plan.fill === undefined) this.#setFilled(this.#chunks);
  }

  /** What thread number `id`, from 1 up, is to be sent; nothing if there is not a chunk for it. */
  workFor(id: number): Work | undefined {
    const steps = id > this.#chunks ? undefined : this.#plan?.steps(id);
    if (this.#plan === undefined || steps === undefined) return undefined;
    const { memory, binaries, isPaced } = this.#plan;
    return {
      job: this.id,
      id,
      threads: this.#threads,
      chunks: this.#chunks,
      isPaced,
      control: this.#control,
      bell: this.#bell,
      memory,
      memoryId: memoryId(memory),
      binaries,
      ...steps,
    };
  }

  /**
   * Copies chunks in and out as far as can be; whether all is done. An error is left to its thread's report, unless that cannot be
   * heard.
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
      if (state === DONE && !this.isStopped) this.#plan?.finish(this.#over);
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
    this.#plan?.release();
    this.#plan = undefined;
    this.#settle(this);
  }

  /** Does what thread number `id` has left undone at its end, or lets it be done. */
  repair(id: number): void {
    if (this.#plan === undefined) return;
    for (let i = this.#over; i < this.#chunks; i++) {
      if (Atomics.load(this.#control, this.#stateOf(i)) !== id) continue;
      const state = this.#plan.redo(i, id, Atomics.load(this.#control, PROGRESS + id - 1));
      Atomics.store(this.#control, this.#stateOf(i), this.isStopped ? PASSED : state);
    }
  }

  #fill(): void {
    if (this.#plan?.fill === undefined || this.isStopped) return;
    const ready = Math.min(this.#chunks, this.#plan.ready(this.#over));
    while (this.#filled < ready) {
      this.#plan.fill(this.#filled);
      this.#setFilled(this.#filled + 1);
    }
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
