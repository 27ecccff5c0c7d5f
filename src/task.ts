// What a pool gets of a function that it is to run: its work in chunks, which threads take one after another.

import type { FREE, PASSED, Steps, ThreadBinary } from './protocol';
import type { Runtime } from './runtime';
import type { NumberArray } from './types';

/** A call, its arguments checked. */
export interface Task {
  readonly out: NumberArray;
  /** Whether the calling thread does it alone. */
  readonly isSmall: boolean;
  /**
   * Does it, if it is small, or else gives what threads need for it.
   *
   * @throws TypeError if an array was detached or shrunk since the call
   */
  begin(pool: Means): Plan | undefined;
}

/** What a pool has for its tasks. */
export interface Means {
  readonly threads: number;
  /** What `make` gives for a runtime, once in each pool: memory that one task uses at a time. */
  keep<T>(runtime: Runtime, make: (runtime: Runtime, threads: number) => T): T;
}

/** How the chunks of a task are worked on. Chunks are copied in, and finished, in their order. */
export interface Plan {
  readonly chunks: number;
  /** Whether chunks wait for others to be over, so that the calling thread must hear of each. */
  readonly isPaced: boolean;
  /** Copies in what the chunk needs, if anything is copied. */
  fill?(chunk: number): void;
  /** How many chunks may have been copied in when so many are over, both counted from the first on. */
  ready(over: number): number;
  /** Does what is left when the chunk has been computed: copies it out. */
  finish(chunk: number): void;
  /** Does the chunk, which a thread has left undone at its end, or makes it ready to be taken again. `progress` is the thread's. */
  redo(chunk: number, id: number, progress: number): typeof PASSED | typeof FREE;
  /** What thread number `id`, from 1 up, does in a chunk; nothing if there is no place for it. */
  steps(id: number): Steps | undefined;
  readonly memory: WebAssembly.Memory;
  /** The binaries whose kernels are called. */
  readonly binaries: readonly ThreadBinary[];
  /** Called once no thread is at work any more. */
  release(): void;
}

/** Checks the arguments of a call of a function of two arrays. */
export type TaskOf = (a: Float32Array, b: Float32Array, options: object) => Task;

/** Under this key such a function has its `TaskOf`. A registered symbol, as `lanewise/parallel` is a bundle of its own. */
export const TASK = Symbol.for('lanewise.task');
