// A workspace as functions see it whose arrays are of one floating-point type: kernels of one source work on float32 or float64 numbers, and on
// those of 16 bits as float32.

import type { Chosen } from './activation';
import { FIELDS, PACKED, roundUp, TEMPORARY_1 } from './blocks';
import { float64Linkage, float64Work } from './float64';
import { type Conversion, conversionsOf } from './half';
import type { KernelSet, Workspace } from './runtime';
import { BLOCK, SHORT } from './staging';
import { type ElementType, type NumberArray, types } from './types';

/** An array of numbers that kernels work on as they are. */
export type Real = Float32Array | Float64Array;

/** Kernels of one source, for each precision. */
export interface RealKernels<K extends object> {
  readonly float32: KernelSet<K>;
  readonly float64: KernelSet<K>;
}

/** The memory for arrays of float32. Addresses are in bytes, places in `heap` in elements. */
export class Reals {
  readonly workspace: Workspace;
  /** The memory as what kernels work on. */
  readonly heap: Real;
  /** Of an element there. */
  readonly bytes: number;

  constructor(workspace: Workspace, heap: Real = workspace.heap) {
    this.workspace = workspace;
    this.heap = heap;
    this.bytes = heap.BYTES_PER_ELEMENT;
  }

  /** Where an array lies on which kernels can work in place. */
  address(array: NumberArray): number | undefined {
    return this.workspace.address(array);
  }

  kernels<K extends object>(set: RealKernels<K>): K {
    return this.workspace.kernels(set.float32);
  }

  /** Applies an activation to `n` elements, a multiple of 8. */
  forward({ row, a, b }: Chosen, x: number, y: number, n: number): void {
    this.workspace.forward(row, a, b, x, y, n);
  }

  backward({ row, a, b }: Chosen, dy: number, x: number, dx: number, n: number): void {
    this.workspace.backward(row, a, b, dy, x, dx, n);
  }

  /** The name of an activation's kernel and the address of its parameters, where other kernels have it within them. */
  linkage({ row, a, b }: Chosen): ReturnType<Workspace['linkage']> {
    return this.workspace.linkage(row, a, b);
  }

  /** Copies `n` elements of `array`, from element `from` on, to element `at` of the heap; behind them up to 15 more may be written. */
  load(at: number, array: NumberArray, from: number, n: number): void {
    copyIn(this.heap, at, array as Real, from, n);
  }

  /** Copies them back. */
  store(at: number, array: NumberArray, from: number, n: number): void {
    const { heap } = this;
    if (n < SHORT) for (let i = 0; i < n; i++) array[from + i] = heap[at + i];
    else array.set(heap.subarray(at, at + n), from);
  }

  /** The numbers of an array: itself, or a copy of wider ones. */
  unpacked(array: NumberArray): Real {
    return array as Real;
  }

  /** Writes numbers, each rounded once, to `array`, which may be where they are. */
  pack(numbers: Real, array: NumberArray): void {
    if (numbers !== array) array.set(numbers);
  }
}

class Doubles extends Reals {
  constructor(workspace: Workspace) {
    super(workspace, new Float64Array(workspace.heap.buffer));
  }

  override kernels<K extends object>(set: RealKernels<K>): K {
    return this.workspace.kernels(set.float64);
  }

  override forward(chosen: Chosen, x: number, y: number, n: number): void {
    float64Work(this.workspace, chosen, FIELDS).forward(x, y, n);
  }

  override backward(chosen: Chosen, dy: number, x: number, dx: number, n: number): void {
    float64Work(this.workspace, chosen, FIELDS).backward(dy, x, dx, n);
  }

  override linkage(chosen: Chosen): ReturnType<Workspace['linkage']> {
    return float64Linkage(this.workspace, chosen, FIELDS);
  }
}

class Halves extends Reals {
  readonly #bits: Uint16Array;
  readonly #widen: Conversion;
  readonly #narrow: Conversion;

  constructor(workspace: Workspace, type: ElementType) {
    super(workspace);
    this.#bits = new Uint16Array(workspace.heap.buffer);
    const { widen, narrow } = conversionsOf(workspace, type);
    this.#widen = widen;
    this.#narrow = narrow;
  }

  /** An array has to be converted, wherever it lies. */
  override address(): undefined {}

  /** How many of `n` elements need no copying on their way, and where the array lies. */
  #inPlace(array: NumberArray, n: number): { readonly start: number; readonly whole: number } {
    const start = this.workspace.address(array);
    return start === undefined ? { start: 0, whole: 0 } : { start, whole: n & -16 };
  }

  override load(at: number, array: NumberArray, from: number, n: number): void {
    const { start, whole } = this.#inPlace(array, n);
    if (whole > 0) this.#widen(start + 2 * from, 4 * at, whole);
    for (let done = whole; done < n; done += BLOCK) {
      const count = Math.min(BLOCK, n - done);
      this.#bits.set(bitsOf(array, from + done, count), PACKED / 2);
      this.#widen(PACKED, 4 * (at + done), roundUp(count, 16));
    }
  }

  override store(at: number, array: NumberArray, from: number, n: number): void {
    const { start, whole } = this.#inPlace(array, n);
    if (whole > 0) this.#narrow(4 * at, start + 2 * from, whole);
    for (let done = whole; done < n; done += BLOCK) {
      const count = Math.min(BLOCK, n - done);
      this.#narrow(4 * (at + done), PACKED, roundUp(count, 16));
      bitsOf(array, from + done, count).set(this.#bits.subarray(PACKED / 2, PACKED / 2 + count));
    }
  }

  override unpacked(array: NumberArray): Float32Array {
    const numbers = new Float32Array(array.length);
    const at = TEMPORARY_1 / 4;
    for (let from = 0; from < numbers.length; from += BLOCK) {
      const n = Math.min(BLOCK, numbers.length - from);
      this.load(at, array, from, n);
      numbers.set(this.workspace.heap.subarray(at, at + n), from);
    }
    return numbers;
  }

  override pack(numbers: Real, array: NumberArray): void {
    const at = TEMPORARY_1 / 4;
    for (let from = 0; from < numbers.length; from += BLOCK) {
      const n = Math.min(BLOCK, numbers.length - from);
      for (let i = 0; i < n; i++) this.heap[at + i] = roundedToOdd(numbers[from + i]);
      this.store(at, array, from, n);
    }
  }
}

/** The bits of `n` elements of 16 bits. */
function bitsOf(array: NumberArray, from: number, n: number): Uint16Array {
  return new Uint16Array(array.buffer, array.byteOffset + 2 * from, n);
}

const single = /* @__PURE__ */ new Float32Array(1);
const singleBits = /* @__PURE__ */ new Uint32Array(single.buffer);

/** x, or of the two float32 numbers next to it the one with an odd last bit: rounded once more, to 16 bits, it becomes what x would. */
function roundedToOdd(x: number): number {
  single[0] = x;
  const isNearest = single[0] === x || Number.isNaN(x) || singleBits[0] % 2 === 1;
  if (!isNearest) singleBits[0] += Math.abs(single[0]) < Math.abs(x) ? 1 : -1;
  return single[0];
}

/** Copies `n` elements of `array`, from element `from` on, to element `at` of `heap`. */
export function copyIn(heap: Real, at: number, array: Real, from: number, n: number): void {
  if (n < SHORT) for (let i = 0; i < n; i++) heap[at + i] = array[from + i];
  else heap.set(n === array.length ? array : array.subarray(from, from + n), at);
}

const views = /* @__PURE__ */ new WeakMap<Workspace, { [type in ElementType['name']]?: Reals }>();

/** The view of a workspace for arrays of a floating-point type. */
export function realsIn(workspace: Workspace, type: ElementType): Reals {
  let own = views.get(workspace);
  if (own === undefined) {
    own = {};
    views.set(workspace, own);
  }
  own[type.name] ??= make(workspace, type);
  return own[type.name] as Reals;
}

function make(workspace: Workspace, type: ElementType): Reals {
  if (type === types.float32) return new Reals(workspace);
  return type === types.float64 ? new Doubles(workspace) : new Halves(workspace, type);
}
