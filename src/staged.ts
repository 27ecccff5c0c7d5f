import { apart } from './overlap';
import type { Runtime, Workspace } from './runtime';
import { BLOCK_BYTES, SCRATCH } from './staging';
import { classType, type ElementType, type NumberArray, types } from './types';

/** Scratch memory that is left to the work itself. */
export const OWN = SCRATCH + 4 * BLOCK_BYTES;

/** Up to this length the views of results are kept: making one takes some 100 ns, and leaves garbage. */
const KEPT = 256;

/** A memory as an array of one type, and the beginnings of its first scratch block. */
interface View {
  readonly memory: NumberArray;
  readonly heads: NumberArray[];
}

const views = /* @__PURE__ */ new WeakMap<Workspace, Map<ElementType, View>>();

/** The memory as an array of a type; kept likewise. */
export function viewOf(workspace: Workspace, type: ElementType): View {
  const own = views.get(workspace) ?? new Map<ElementType, View>();
  let view = own.get(type);
  if (view === undefined) {
    const { buffer } = workspace.heap;
    view = { memory: new type.View(buffer, 0, buffer.byteLength / type.bytes), heads: [] };
    views.set(workspace, own.set(type, view));
  }
  return view;
}

/** The memory as bytes. */
export function bytesOf(workspace: Workspace): Uint8Array {
  return viewOf(workspace, types.uint8).memory as Uint8Array;
}

/** Copies `n` elements of `array`, from element `from` on, to an address, and zeros up to `padded`. */
function load(
  workspace: Workspace,
  array: NumberArray,
  from: number,
  n: number,
  padded: number,
  address: number,
): void {
  const type = classType(array);
  const { bytes } = type;
  // A loop over float32, whatever the type, as `fill` takes some 150 ns (V8 14.6). The first may have one of the last elements in it.
  const { heap } = workspace;
  for (let i = (address + n * bytes) >> 2; i < (address + padded * bytes) >> 2; i++) heap[i] = 0;
  viewOf(workspace, type).memory.set(part(type, array, from, n), address / bytes);
}

/** Copies the first elements of the scratch memory to `array`. */
function store(workspace: Workspace, array: NumberArray, from: number, n: number): void {
  const type = classType(array);
  const { memory, heads } = viewOf(workspace, type);
  const head = heads[n] ?? part(type, memory, SCRATCH / type.bytes, n);
  if (n <= KEPT) heads[n] = head;
  part(type, array, from, n).set(head);
}

/** Some elements of an array. Its own `subarray` takes three times as long where it is of a class of its own, as bits are. */
function part({ View, bytes }: ElementType, array: NumberArray, from: number, n: number): NumberArray {
  return n === array.length ? array : new View(array.buffer, array.byteOffset + from * bytes, n);
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

  for (let from = done; from < length; from += size) {
    const n = Math.min(size, length - from);
    const padded = Math.ceil(n / whole) * whole;
    for (let i = 1; i < arrays.length; i++) {
      load(workspace, arrays[i], from, n, padded, SCRATCH + i * BLOCK_BYTES);
    }
    work(padded, SCRATCH, SCRATCH + BLOCK_BYTES, SCRATCH + 2 * BLOCK_BYTES);
    store(workspace, target, from, n);
  }
}
