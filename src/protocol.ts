// What a pool and its threads have in common.

import { BLOCK_BYTES } from './staging';

/** Bytes of the largest chunk: the piece of an array that a thread takes at a time. */
export const CHUNK = 16 * BLOCK_BYTES;
/** Kernels of all element types work on any number of bytes that this divides. */
export const WHOLE_BYTES = 32;

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

/** Chunks of arrays to which an activation or its gradient is applied. Arrays are given as their bytes, and sizes in bytes. */
export interface Elements {
  readonly calls: readonly ElementCall[];
  /** Of an element. */
  readonly bytes: number;
  readonly dy: Uint8Array | undefined;
  readonly x: Uint8Array;
  readonly out: Uint8Array;
  /** Of each array: a multiple of 32. */
  readonly length: number;
  readonly chunk: number;
  /** What is worked on at a time. */
  readonly block: number;
  /** Chunks that the arrays hold. If the job has more, each place is used again and again. */
  readonly places: number;
  /** Whether the arrays lie outside of the memory, and are worked on by way of `stage`. */
  readonly isStaged: boolean;
  /** Whether the result replaces a source. */
  readonly isInPlace: boolean;
  /** The thread's own blocks, in the pool's memory. */
  readonly stage: Stage;
}

/** What a kernel is told of the elements that it works on: the address of an array or of a block, or their number. */
export type Operand = keyof Stage | 'n';

/** A call of a kernel for some of the elements. */
export interface ElementCall {
  /** The number of its binary. */
  readonly binary: number;
  readonly kernel: string;
  readonly args: readonly (number | Operand)[];
}

/** The arguments of a call for elements in these places. */
export function argumentsFor({ args }: ElementCall, places: { readonly [O in Operand]?: number }): number[] {
  return args.map((arg) => (typeof arg === 'number' ? arg : (places[arg] as number)));
}

/** Calls of kernels, for each chunk. */
export interface Calls {
  readonly calls: readonly (readonly Call[])[];
}

/** `times` calls of a kernel, of which each adds `steps` to the arguments. */
export interface Call {
  /** The number of its binary. */
  readonly binary: number;
  readonly kernel: string;
  readonly args: readonly number[];
  readonly steps: readonly number[];
  readonly times: number;
}

/** Blocks of a thread: copies of the sources, the result of staged work, and what kernels of several calls need in between. */
export interface Stage {
  readonly x: Uint8Array;
  readonly dy: Uint8Array;
  readonly out: Uint8Array;
  readonly wideX: Uint8Array;
  readonly wideDy: Uint8Array;
}

/** What a thread posts: that something has changed, or that it could not do a part of a job. */
export interface Report {
  readonly job?: number;
  readonly error?: unknown;
}
