import { roundUp, SUMS } from './blocks';
import type { Real, Reals } from './reals';
import { lostOfSum } from './roundings';
import type { NumberArray } from './types';

// Sums as kernels keep them: of float32 elements one float64 for each column; of float64 elements, for each two columns, two sums, then what
// these lack.

/** Where the sum of a column of float64 elements is; what it lacks is `LACK` behind. */
export function pairedPlace(column: number): number {
  return 2 * column - (column & 1);
}
export const LACK = 2;

/** Where sums of columns go: the sums of each `inner` neighbours, one behind the other. */
export interface Sums {
  readonly to: NumberArray;
  readonly inner: number;
}

const NONE: Float64Array = /* @__PURE__ */ new Float64Array(0);

/** The sums at `SUMS` of one strip of columns after another, and what becomes of them. */
export class Totals {
  readonly #reals: Reals;
  readonly #sums: Sums;
  /** The results; those of 16 bits are elsewhere until each is rounded once. */
  readonly #results: Real;
  #kept = NONE;
  /** How many results there are; and of the next how many columns are left, the total so far, and what that lacks. */
  #last: { readonly done: number; readonly left: number; readonly total: number; readonly lack: number };

  constructor(reals: Reals, sums: Sums) {
    const { to, inner } = sums;
    this.#reals = reals;
    this.#sums = sums;
    this.#results = to.BYTES_PER_ELEMENT === 2 ? new Float64Array(to.length) : (to as Real);
    this.#last = { done: 0, left: inner, total: 0, lack: 0 };
  }

  /** Sets the sums of a strip to 0. */
  begin(columns: number): void {
    const { heap, bytes } = this.#reals;
    this.#kept = new Float64Array(heap.buffer, SUMS, (bytes / 4) * roundUp(columns)).fill(0);
  }

  /** Adds them to the totals: rows of `width` may lie side by side. */
  add(columns: number, width: number): void {
    const [kept, results] = [this.#kept, this.#results];
    const isPaired = this.#reals.bytes === 8;
    const own = Math.min(columns, width);
    let { done, left, total, lack } = this.#last;
    for (let i = 0; i < own; i++) {
      for (let j = i; j < columns; j += width) {
        const place = isPaired ? pairedPlace(j) : j;
        const next = total + kept[place];
        if (isPaired) lack += lostOfSum(total, kept[place], next) + kept[place + LACK];
        total = next;
      }
      if (--left > 0) continue;
      // What a sum lacks that is not finite is not known.
      results[done++] = total + (Number.isFinite(lack) ? lack : 0);
      total = 0;
      lack = 0;
      left = this.#sums.inner;
    }
    this.#last = { done, left, total, lack };
  }

  /** Once all have been added. */
  end(): void {
    this.#reals.pack(this.#results, this.#sums.to);
  }
}
