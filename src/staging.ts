// The parts of a WebAssembly memory of this package, by their byte addresses: the first pages, with the two blocks through which ordinary
// arrays pass, then room for whatever a function on rows and matrices works on, then an arena's arrays.

/** float32 fields of the kernels, up to the staging blocks. */
export const PARAMETERS = 1024;
export const STAGE_X = 16384;
export const STAGE_DY = 32768;
/** Constants of the binaries: scripts/build-kernels.mjs. */
export const CONSTANTS = 49152;
export const PAGE = 65536;
/** Scratch memory; what is not touched takes no memory of the machine. */
export const SCRATCH = 2 * PAGE;
export const SCRATCH_BYTES = 16 * PAGE;
/** Scratch memory of other threads, which may be at work while this one uses its own. */
export const THREADS = SCRATCH + SCRATCH_BYTES;
export const THREADS_BYTES = 16 * PAGE;
/** An arena's arrays. */
export const ARENA = THREADS + THREADS_BYTES;

/** Bytes of a block that is worked on at a time where it is copied: so small that those of `dy` and `x` stay in the first-level cache together. */
export const BLOCK_BYTES = 16384;
/** float32 elements of it. */
export const BLOCK = BLOCK_BYTES / 4;
/** Kernels take whole blocks of 8 elements: the two vectors of an unrolled loop. */
export const WHOLE = 8;
/** Arrays shorter than this are copied by a loop: `TypedArray.set` costs 14 to 18 ns a call (V8 11.3 to 14.6). */
export const SHORT = 24;

/** The staging blocks of a memory. */
export class Stage {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly #heads: Float32Array[] = [];

  constructor(buffer: ArrayBuffer) {
    this.x = new Float32Array(buffer, STAGE_X, BLOCK);
    this.dy = new Float32Array(buffer, STAGE_DY, BLOCK);
  }

  /** The first `n` elements of `x`; kept, because a `subarray` costs some 100 ns. */
  head(n: number): Float32Array {
    this.#heads[n] ??= this.x.subarray(0, n);
    return this.#heads[n];
  }
}

/** Copies `n` elements of `source`, from element `from` on, to the start of `block`, and zeros up to `whole`. */
export function load(block: Float32Array, source: Float32Array, from: number, n: number, whole: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) block[i] = source[from + i];
  else block.set(n === source.length ? source : source.subarray(from, from + n));
  // What an earlier call has left may be subnormal, and stay so from call to call: gelu on one element 59 ns, then 119.
  for (let i = n; i < whole; i++) block[i] = 0;
}
