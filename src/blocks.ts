import { overlap } from './overlap';
import type { Runtime, Workspace } from './runtime';
import { SCRATCH } from './staging';
import type { NumberArray } from './types';

/** Bytes of a block: half of the first-level cache at most. */
const BLOCK_BYTES = 16384;
/** Scratch memory that is left to the work itself. */
export const OWN = SCRATCH + 4 * BLOCK_BYTES;

/** Does the work of a block: `n` elements, at the addresses of the destination and of the sources. */
export type Work = (workspace: Workspace, n: number, target: number, ...sources: number[]) => void;

/**
 * Calls `work` for one block after another, in place where all arrays are of one arena, else on copies in scratch memory. A source may
 * overlap the destination in any way.
 *
 * @param width - bytes that an element takes where it takes most
 * @param whole - what a block's length is a multiple of: what remains of an array is filled up with zeros
 */
export function inBlocks(
  runtime: Runtime,
  sources: readonly NumberArray[],
  target: NumberArray,
  width: number,
  whole: number,
  work: Work,
): void {
  const arrays = [target, ...sources.map((source) => apart(source, target))];
  const workspace = runtime.workspace(...arrays);
  const bytes = arrays.map((array) => array.BYTES_PER_ELEMENT);
  const size = BLOCK_BYTES / width;
  const { length } = target;
  const places = arrays.map((array) => workspace.address(array));
  const done = places.includes(undefined) ? 0 : length - (length % whole);
  for (let from = 0; from < done; from += size) {
    const [to, ...rest] = places.map((place, i) => (place as number) + from * bytes[i]);
    work(workspace, Math.min(size, done - from), to, ...rest);
  }
  if (done === length) return;

  const heap = new Uint8Array(workspace.heap.buffer);
  const contents = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  const [slot, ...slots] = arrays.map((_, i) => SCRATCH + i * BLOCK_BYTES);
  for (let from = done; from < length; from += size) {
    const n = Math.min(size, length - from);
    const padded = Math.ceil(n / whole) * whole;
    for (const [i, at] of slots.entries()) {
      const width = bytes[i + 1];
      heap.set(contents[i + 1].subarray(from * width, (from + n) * width), at);
      heap.fill(0, at + n * width, at + padded * width);
    }
    work(workspace, padded, slot, ...slots);
    contents[0].set(heap.subarray(slot, slot + n * bytes[0]), from * bytes[0]);
  }
}

/** `source`, or a copy of it where writing `target` block by block may change what has not been read yet. */
export function apart<A extends NumberArray>(source: A, target: NumberArray): A {
  const isSame = source.byteOffset === target.byteOffset && source.byteLength === target.byteLength;
  return isSame || !overlap(source, target) ? source : (source.slice() as A);
}
