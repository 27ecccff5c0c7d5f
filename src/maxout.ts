// Activations that change the size along an axis: maxout, crelu.

import { Blocks, MOST_PARTS, type Operand } from './blocks';
import { checkOptions, checkSize, describe } from './errors';
import type { ShapeOptions } from './gated';
import { apart } from './overlap';
import { realKernels } from './real-kernels';
import { type Real, realsIn } from './reals';
import type { Runtime } from './runtime';
import { rowsAlong } from './shape';
import {
  checkType,
  type ElementType,
  type FloatArray,
  floatType,
  type NumberArray,
  resultArray,
  type Same,
} from './types';

interface MaxoutKernels {
  maxout(x: number, row: number, part: number, lane: number, k: number, y: number, width: number, rows: number): void;
  maxoutBackward(
    dy: number,
    x: number,
    dx: number,
    row: number,
    part: number,
    lane: number,
    k: number,
    width: number,
    rows: number,
  ): void;
  crelu(
    x: number,
    xStride: number,
    positive: number,
    negative: number,
    yStride: number,
    width: number,
    rows: number,
  ): void;
  creluBackward(
    positive: number,
    negative: number,
    dyStride: number,
    x: number,
    xStride: number,
    dx: number,
    dxStride: number,
    width: number,
    rows: number,
  ): void;
}

/** Which of `k` elements, `step` apart from element `at` on, is the largest: the first of equal ones, or the first NaN. */
function largest(x: Real, at: number, step: number, k: number): number {
  let best = at;
  for (let i = at + step; i < at + k * step; i += step) {
    if (x[i] > x[best] || (Number.isNaN(x[i]) && !Number.isNaN(x[best]))) best = i;
  }
  return best;
}

const maxoutKernels = /* @__PURE__ */ realKernels((heap): MaxoutKernels => {
  const { BYTES_PER_ELEMENT: bytes } = heap;
  return {
    maxout(x, row, part, lane, k, y, width, rows) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < width; i++) {
          heap[y / bytes + r * width + i] = heap[largest(heap, (x + r * row + i * lane) / bytes, part / bytes, k)];
        }
      }
    },
    maxoutBackward(dy, x, dx, row, part, lane, k, width, rows) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < width; i++) {
          const offset = (r * row + i * lane) / bytes;
          const best = largest(heap, x / bytes + offset, part / bytes, k) - x / bytes;
          for (let t = 0; t < k; t++) heap[dx / bytes + offset + (t * part) / bytes] = 0;
          heap[dx / bytes + best] = heap[dy / bytes + r * width + i];
        }
      }
    },
    crelu(x, xStride, positive, negative, yStride, width, rows) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < width; i++) {
          const v = heap[(x + r * xStride) / bytes + i];
          heap[(positive + r * yStride) / bytes + i] = v < 0 ? 0 : v;
          heap[(negative + r * yStride) / bytes + i] = v > 0 ? 0 : -v;
        }
      }
    },
    creluBackward(positive, negative, dyStride, x, xStride, dx, dxStride, width, rows) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < width; i++) {
          const v = heap[(x + r * xStride) / bytes + i];
          const above = heap[(positive + r * dyStride) / bytes + i];
          const below = heap[(negative + r * dyStride) / bytes + i];
          heap[(dx + r * dxStride) / bytes + i] = v > 0 ? above : v < 0 ? 0 - below : v === 0 ? 0 : Number.NaN;
        }
      }
    },
  };
});

export interface MaxoutOptions<A = Float32Array> extends ShapeOptions {
  /** How many neighbours along the axis are one group: 2, unless given. */
  readonly k?: number;
  readonly out?: A;
}

export interface Maxout {
  /**
   * @param options.k - the size of a group, which divides the size along the axis
   * @param options.out - where the result goes: a k-th as long as x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  <A extends FloatArray>(x: A, options?: MaxoutOptions<Same<A>>): Same<A>;
  /**
   * The gradient with respect to x: dy at the largest of each group, the first of equal ones, and 0 at the others.
   *
   * @param options - as for the call; `out` is as long as x, which it may be
   */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: MaxoutOptions<Same<A>>): Same<A>;
}

export interface CreluOptions<A = Float32Array> extends ShapeOptions {
  readonly out?: A;
}

export interface Crelu {
  /**
   * @param options.out - where the result goes: twice as long as x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  <A extends FloatArray>(x: A, options?: CreluOptions<Same<A>>): Same<A>;
  /**
   * The gradient with respect to x: that of relu(x) where x > 0, less that of relu(-x) where x < 0, and 0 at 0.
   *
   * @param dy - twice as long as x
   * @param options - as for the call; `out` is as long as x, which it may be
   */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: CreluOptions<Same<A>>): Same<A>;
}

/** Makes `maxout`. */
export function maxoutOn(runtimeNow: () => Runtime): Maxout {
  const names = ['k', 'shape', 'axis', 'out'];

  /** The result's rows and their width, and the size of a group; checked. */
  function groups(fn: string, x: NumberArray, { k = 2, shape, axis }: MaxoutOptions<NumberArray>) {
    if (typeof k !== 'number') throw new TypeError(`${fn}: option k must be a number, got ${describe(k)}`);
    const { outer, length, inner } = rowsAlong(fn, x.length, shape, axis);
    if (!(Number.isInteger(k) && k >= 1 && length % k === 0)) {
      throw new RangeError(
        `${fn}: option k must be an integer that divides the size along the axis, ${length}, got ${k}`,
      );
    }
    return { rows: (outer * length) / k, width: inner, k };
  }

  /** The gradient to `out` where `dy` is given, else the value. */
  function run(
    type: ElementType,
    dy: NumberArray | undefined,
    x: NumberArray,
    out: NumberArray,
    { rows, width, k }: ReturnType<typeof groups>,
  ): void {
    const input: Operand = { array: apart(x, out), parts: k };
    const upstream = dy === undefined ? [] : [{ array: apart(dy, out), parts: 1 }];
    const sources = [input, ...upstream];
    const target = { array: out, parts: dy === undefined ? 1 : k };
    const reals = realsIn(runtimeNow().workspace(...sources.map(({ array }) => array), out), type);
    if (k * reals.bytes > MOST_PARTS && reals.address(out) === undefined) {
      const result = reals.unpacked(out);
      const [own, gradient] = sources.map(({ array }) => reals.unpacked(array));
      runInPlace(gradient, own, result, rows, width, k);
      reals.pack(result, out);
      return;
    }
    const kernels = reals.kernels(maxoutKernels);
    new Blocks(reals, sources, [target]).runAll({ rows, width, from: 0 }, ([x, ...places], n, rows) => {
      // Where groups lie in one piece, the lanes of a vector are groups.
      const [row, lane, w, r] = width === 1 ? [0, x.row, rows, 1] : [x.row, reals.bytes, n, rows];
      const [first, second] = places;
      if (dy === undefined) kernels.maxout(x.at, row, x.part, lane, k, first.at, w, r);
      else kernels.maxoutBackward(first.at, x.at, second.at, row, x.part, lane, k, w, r);
    });
  }

  /** The same for groups that do not fit into scratch memory. */
  function runInPlace(dy: Real | undefined, x: Real, out: Real, rows: number, width: number, k: number): void {
    for (let i = 0; i < rows * width; i++) {
      const at = Math.floor(i / width) * k * width + (i % width);
      const best = largest(x, at, width, k);
      if (dy === undefined) {
        out[i] = x[best];
      } else {
        for (let t = 0; t < k; t++) out[at + t * width] = 0;
        out[best] = dy[i];
      }
    }
  }

  function maxout(x: NumberArray, options: MaxoutOptions<NumberArray> = {}): NumberArray {
    const fn = 'maxout';
    const type = floatType(fn, 'x', x);
    checkOptions(fn, options, names);
    const own = groups(fn, x, options);
    const out = resultArray(fn, 'out', options.out, type, own.rows * own.width);
    run(type, undefined, x, out, own);
    return out;
  }

  function backward(dy: NumberArray, x: NumberArray, options: MaxoutOptions<NumberArray> = {}): NumberArray {
    const fn = 'maxout.backward';
    const type = floatType(fn, 'x', x);
    checkType(fn, 'dy', dy, type);
    checkOptions(fn, options, names);
    const own = groups(fn, x, options);
    checkSize(fn, 'dy', dy, own.rows * own.width);
    const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
    run(type, dy, x, out, own);
    return out;
  }

  return Object.assign(maxout, { backward }) as unknown as Maxout;
}

/** Makes `crelu`. */
export function creluOn(runtimeNow: () => Runtime): Crelu {
  const names = ['shape', 'axis', 'out'];

  function crelu(x: NumberArray, options: CreluOptions<NumberArray> = {}): NumberArray {
    const fn = 'crelu';
    const type = floatType(fn, 'x', x);
    checkOptions(fn, options, names);
    const { outer, length, inner } = rowsAlong(fn, x.length, options.shape, options.axis);
    const out = resultArray(fn, 'out', options.out, type, 2 * x.length);
    const source = apart(x, out);
    const reals = realsIn(runtimeNow().workspace(source, out), type);
    const kernels = reals.kernels(maxoutKernels);
    const [from, to] = [
      { array: source, parts: 1 },
      { array: out, parts: 2 },
    ];
    new Blocks(reals, [from], [to]).runAll({ rows: outer, width: length * inner, from: 0 }, ([x, y], n, rows) =>
      kernels.crelu(x.at, x.row, y.at, y.at + y.part, y.row, n, rows),
    );
    return out;
  }

  function backward(dy: NumberArray, x: NumberArray, options: CreluOptions<NumberArray> = {}): NumberArray {
    const fn = 'crelu.backward';
    const type = floatType(fn, 'x', x);
    checkType(fn, 'dy', dy, type);
    checkOptions(fn, options, names);
    const { outer, length, inner } = rowsAlong(fn, x.length, options.shape, options.axis);
    checkSize(fn, 'dy', dy, 2 * x.length);
    const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
    const sources = [
      { array: apart(dy, out), parts: 2 },
      { array: apart(x, out), parts: 1 },
    ];
    const reals = realsIn(runtimeNow().workspace(...sources.map(({ array }) => array), out), type);
    const kernels = reals.kernels(maxoutKernels);
    const blocks = new Blocks(reals, sources, [{ array: out, parts: 1 }]);
    blocks.runAll({ rows: outer, width: length * inner, from: 0 }, ([dy, x, dx], n, rows) =>
      kernels.creluBackward(dy.at, dy.at + dy.part, dy.row, x.at, x.row, dx.at, dx.row, n, rows),
    );
    return out;
  }

  return Object.assign(crelu, { backward }) as unknown as Crelu;
}
