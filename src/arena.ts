import { checkCanShare, checkOptions, describe } from './errors';
import { ARENA } from './staging';
import { type ArenaArrays, type ElementType, types } from './types';

/** Allocations start at cache lines, so that no two arrays share one. */
const ALIGNMENT = 64;
/** A WebAssembly memory's 4 GiB, less what the package keeps. */
const LARGEST = 2 ** 32 - ARENA;

/**
 * For each element type a function that gives an array of `n` elements. They are zero in a new arena, and hold what was there before after
 * a `reset`. It throws a RangeError if less memory is left than they take.
 */
type Makers = { readonly [K in keyof ArenaArrays]: (n: number) => ArenaArrays[K] };

/** A fixed piece of memory that hands out typed arrays; kernels work on them in place, without copying. */
export interface Arena extends Makers {
  /** Bytes handed out, each array rounded up to 64. */
  readonly used: number;
  /** Bytes in all: what `createArena` was asked for, rounded up to 64. */
  readonly capacity: number;
  /** Hands the whole space out again. Arrays handed out before stay valid, but will share memory with new ones. */
  reset(): void;
}

export interface ArenaOptions {
  /** Whether threads can work on its arrays, which then are SharedArrayBuffer-backed: for `lanewise/parallel`. */
  readonly shared?: boolean;
}

/** Whether an arena is to be shared: checked. */
export function isSharedArena(options: ArenaOptions): boolean {
  checkOptions('createArena', options, ['shared']);
  const { shared = false } = options;
  if (typeof shared !== 'boolean') {
    throw new TypeError(`createArena: option shared must be a boolean, got ${describe(shared)}`);
  }
  if (shared) checkCanShare('createArena');
  return shared;
}

/** The capacity of an arena of `bytes`: checked and rounded up. */
export function arenaCapacity(bytes: unknown): number {
  if (typeof bytes !== 'number') {
    throw new TypeError(`createArena: bytes must be a number, got ${describe(bytes)}`);
  }
  if (!(Number.isInteger(bytes) && bytes > 0 && bytes <= LARGEST)) {
    throw new RangeError(`createArena: bytes must be an integer from 1 to ${LARGEST}, got ${bytes}`);
  }
  return roundUp(bytes);
}

/** An arena over `capacity` bytes of `buffer`, from byte `start`, a multiple of 64. */
export function arenaOver(buffer: ArrayBufferLike, start: number, capacity: number): Arena {
  let used = 0;

  function make({ name, View, bytes }: ElementType, n: number) {
    const fn = `arena.${name}`;
    if (typeof n !== 'number') throw new TypeError(`${fn}: n must be a number, got ${describe(n)}`);
    if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`${fn}: n must be a non-negative integer, got ${n}`);
    if (bytes * n > capacity - used) {
      throw new RangeError(`${fn}: ${n} elements need ${bytes * n} bytes, ${capacity - used} of ${capacity} are left`);
    }
    const array = new View(buffer, start + used, n);
    used += roundUp(bytes * n);
    return array;
  }

  const makers = Object.values(types).map((type) => [type.name, (n: number) => make(type, n)]);
  return {
    ...(Object.fromEntries(makers) as Makers),
    get used() {
      return used;
    },
    capacity,
    reset() {
      used = 0;
    },
  };
}

/** `bytes`, rounded up to a whole number of cache lines. */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
