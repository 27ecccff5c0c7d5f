import { apart } from './overlap';
import type { Runtime, Workspace } from './runtime';
import { SCRATCH } from './staging';
import type { NumberArray } from './types';

/** Bytes of a block: half of the first-level cache at most. */
const BLOCK_BYTES = 16384;
/** Scratch memory that is left to the work itself. */
export const OWN = SCRATCH + 4 * BLOCK_BYTES;

const views = /* @__PURE__ */ new WeakMap<Workspace, Uint8Array>();

/** The memory as bytes; kept, because a view costs some 100 ns. */
export function bytesOf(workspace: Workspace): Uint8Array {
  const view = views.get(workspace) ?? new Uint8Array(workspace.heap.buffer);
  views.set(workspace, view);
  return view;
}

/** Does the work of a block: `n` elements, at the addresses of the destination and of the sources. */
export type Work = (n: number, target: number, x: number, dy: number) => void;

/** How an operation goes through arrays. */
export interface Steps {
  /** Bytes that an element takes where it takes most. */
  readonly width: number;
  /** What the length of a block is a multiple of: what remains of an array is filled up with zeros. */
  readonly whole: number;
  /** Whether the work needs more memory than the arrays, and so blocks even where it can be done in place. */
  readonly hasOwn?: boolean;
}

/**
 * Has the work done for one block after another, in place where all arrays are of one arena, else on copies in scratch memory. A source may
 * overlap the destination in any way.
 *
 * @param begin - gives the work, which is looked up once for all blocks: that takes as long as a thousand elements
 */
export function inBlocks(
  runtime: Runtime,
  sources: readonly [x: NumberArray, dy?: NumberArray],
  target: NumberArray,
  { width, whole, hasOwn = false }: Steps,
  begin: (workspace: Workspace) => Work,
): void {
  const arrays = [target, ...sources.map((source) => apart(source as NumberArray, target))];
  const workspace = runtime.workspace(...arrays);
  const work = begin(workspace);
  const size = BLOCK_BYTES / width;
  const { length } = target;
  const bytes = arrays.map((array) => array.BYTES_PER_ELEMENT);
  const places = arrays.map((array) => workspace.address(array));
  const done = places.includes(undefined) ? 0 : length - (length % whole);
  const [to, x, dy] = places as number[];
  const [toBytes, xBytes, dyBytes] = bytes;
  const most = hasOwn ? size : done;
  for (let from = 0; from < done; from += most) {
    work(Math.min(most, done - from), to + from * toBytes, x + from * xBytes, dy + from * dyBytes);
  }
  if (done === length) return;

  const heap = bytesOf(workspace);
  const contents = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  for (let from = done; from < length; from += size) {
    const n = Math.min(size, length - from);
    const padded = Math.ceil(n / whole) * whole;
    for (let i = 1; i < arrays.length; i++) {
      const slot = SCRATCH + i * BLOCK_BYTES;
      heap.set(contents[i].subarray(from * bytes[i], (from + n) * bytes[i]), slot);
      heap.fill(0, slot + n * bytes[i], slot + padded * bytes[i]);
    }
    work(padded, SCRATCH, SCRATCH + BLOCK_BYTES, SCRATCH + 2 * BLOCK_BYTES);
    contents[0].set(heap.subarray(SCRATCH, SCRATCH + n * toBytes), from * toBytes);
  }
}
