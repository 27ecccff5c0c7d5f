// What a pool and its threads have in common.

import { BLOCK } from './staging';

/** Elements of the largest chunk: the piece of an array that a thread takes at a time. */
export const CHUNK = 16 * BLOCK;

// The control block of a job: first how many chunks are ready to be read, then the progress of each thread, then the state of each chunk.
export const FILLED = 0;
/**
 * Twice the number of blocks, from the start of the array, that a thread has written or passed; one more while its copy of the next
 * block's source is whole, which it may be writing over.
 */
export const PROGRESS = 1;

// States of a chunk. A thread takes one by writing its own number, from 1 up, so that it is known whose work is lost if it dies.
export const FREE = 0;
/** Computed. */
export const DONE = -1;
/** Not to be computed any more, or by the caller. */
export const PASSED = -2;
/** Not computed, because of an error that the thread reports. */
export const FAILED = -3;

/** A job as threads get it. All arrays are shared. */
export interface Work {
  readonly job: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The number of the memory, by which a thread knows it again. */
  readonly memoryId: number;
  /** The export to be called, and the address of its parameters. */
  readonly kernel: string;
  readonly params: number;
  readonly dy: Float32Array | undefined;
  readonly x: Float32Array;
  readonly out: Float32Array;
  /** Elements: a multiple of 8. */
  readonly n: number;
  readonly chunk: number;
  /** Chunks that the arrays hold. If the job has more, each place is used again and again, and the caller moves chunks in and out. */
  readonly places: number;
  /** Whether the arrays lie outside of the memory, and are worked on by way of `stage`. */
  readonly isStaged: boolean;
  /** Whether the result replaces a source. */
  readonly isInPlace: boolean;
  readonly control: Int32Array;
  readonly threads: number;
  /** Rung at each step: what a blocked caller waits for. */
  readonly bell: Int32Array;
  /** The thread's number and its own blocks, in the pool's memory. */
  readonly id: number;
  readonly stage: Stage;
}

/** Blocks of a thread: copies of the sources, and the result of staged work. */
export interface Stage {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly out: Float32Array;
}

/** What a thread posts: that something has changed, or that it could not do a part of a job. */
export interface Report {
  readonly job?: number;
  readonly error?: unknown;
}
