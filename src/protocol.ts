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

/** A thread keeps so many memories, those that it was given last, and their instances. */
export const KEPT = 2;

// States of a chunk. A thread takes one by writing its own number, from 1 up, so that it is known whose work is lost if it dies.
export const FREE = 0;
/** Computed. */
export const DONE = -1;
/** Not to be computed any more, or by the caller. */
export const PASSED = -2;
/** Not computed, because of an error that the thread reports. */
export const FAILED = -3;

/** A job as threads get it. All arrays are shared. */
export type Work = {
  readonly job: number;
  /** The thread's number, of so many. */
  readonly id: number;
  readonly threads: number;
  readonly chunks: number;
  /** Whether the caller must hear of each chunk. */
  readonly isPaced: boolean;
  readonly control: Int32Array;
  /** Rung at each step: what a blocked caller waits for. */
  readonly bell: Int32Array;
  /** Given unless the thread has it: V8 14.6 counts all of a memory's bytes at each receipt, and soon collects garbage in every call. */
  readonly memory: WebAssembly.Memory | undefined;
  /** The number of the memory, by which a thread knows it again. */
  readonly memoryId: number;
  /** The binaries whose kernels are called. */
  readonly binaries: readonly ThreadBinary[];
} & Steps;

/** A binary as threads get it. */
export interface ThreadBinary {
  /** By which a thread knows it again. */
  readonly id: number;
  /** For a shared memory. */
  readonly module: WebAssembly.Module;
}

/** What a thread does in a chunk. */
export type Steps = Elements | Calls;

/** Chunks of arrays to which an activation or its gradient is applied. */
export interface Elements {
  /** The number of the binary, its export to be called, and the address of the parameters. */
  readonly binary: number;
  readonly kernel: string;
  readonly params: number;
  readonly dy: Float32Array | undefined;
  readonly x: Float32Array;
  readonly out: Float32Array;
  /** Elements: a multiple of 8. */
  readonly n: number;
  readonly chunk: number;
  /** Chunks that the arrays hold. If the job has more, each place is used again and again. */
  readonly places: number;
  /** Whether the arrays lie outside of the memory, and are worked on by way of `stage`. */
  readonly isStaged: boolean;
  /** Whether the result replaces a source. */
  readonly isInPlace: boolean;
  /** The thread's own blocks, in the pool's memory. */
  readonly stage: Stage;
}

/** Calls of kernels, for each chunk. */
export interface Calls {
  readonly calls: readonly (readonly Call[])[];
}

/** `times` calls of an export of a binary, of which each adds `steps` to the arguments. */
export interface Call {
  /** The number of the binary. */
  readonly binary: number;
  readonly kernel: string;
  readonly args: readonly number[];
  readonly steps: readonly number[];
  readonly times: number;
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
