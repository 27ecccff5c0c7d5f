// Activations that change the size along an axis: maxout, crelu.

import { Blocks, MOST_PARTS, type Operand } from './blocks';
import { checkFloat32, checkLength, checkOptions, describe, outFor } from './errors';
import { checkSize, type ShapeOptions } from './gated';
import { matrix } from './matrix';
import { apart } from './overlap';
import type { KernelSet, Runtime } from './runtime';
import { rowsAlong } from './shape';

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
function largest(x: Float32Array, at: number, step: number, k: number): number {
  let best = at;
  for (let i = at + step; i < at + k * step; i += step) {
    if (x[i] > x[best] || (Number.isNaN(x[i]) && !Number.isNaN(x[best]))) best = i;
  }
  return best;
}

const maxoutKernels: KernelSet<MaxoutKernels> = {
  binary: matrix,
  js(buffer) {
    const heap = new Float32Array(buffer);
    return {
      maxout(x, row, part, lane, k, y, width, rows) {
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < width; i++) {
            heap[y / 4 + r * width + i] = heap[largest(heap, (x + r * row + i * lane) / 4, part / 4, k)];
          }
        }
      },
      maxoutBackward(dy, x, dx, row, part, lane, k, width, rows) {
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < width; i++) {
            const offset = (r * row + i * lane) / 4;
            const best = largest(heap, x / 4 + offset, part / 4, k) - x / 4;
            for (let t = 0; t < k; t++) heap[dx / 4 + offset + (t * part) / 4] = 0;
            heap[dx / 4 + best] = heap[dy / 4 + r * width + i];
          }
        }
      },
      crelu(x, xStride, positive, negative, yStride, width, rows) {
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < width; i++) {
            const v = heap[(x + r * xStride) / 4 + i];
            heap[(positive + r * yStride) / 4 + i] = v < 0 ? 0 : v;
            heap[(negative + r * yStride) / 4 + i] = v > 0 ? 0 : -v;
          }
        }
      },
      creluBackward(positive, negative, dyStride, x, xStride, dx, dxStride, width, rows) {
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < width; i++) {
            const v = heap[(x + r * xStride) / 4 + i];
            const above = heap[(positive + r * dyStride) / 4 + i];
            const below = heap[(negative + r * dyStride) / 4 + i];
            heap[(dx + r * dxStride) / 4 + i] = v > 0 ? above : v < 0 ? 0 - below : v === 0 ? 0 : Number.NaN;
          }
        }
      },
    };
  },
};

export interface MaxoutOptions extends ShapeOptions {
  /** How many neighbours along the axis are one group: 2, unless given. */
  readonly k?: number;
  readonly out?: Float32Array;
}

export interface Maxout {
  /**
   * @param options.k - the size of a group, which divides the size along the axis
   * @param options.out - where the result goes: a k-th as long as x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  (x: Float32Array, options?: MaxoutOptions): Float32Array;
  /**
   * The gradient with respect to x: dy at the largest of each group, the first of equal ones, and 0 at the others.
   *
   * @param options - as for the call; `out` is as long as x, which it may be
   */
  backward(dy: Float32Array, x: Float32Array, options?: MaxoutOptions): Float32Array;
}

export interface CreluOptions extends ShapeOptions {
  readonly out?: Float32Array;
}

export interface Crelu {
  /**
   * @param options.out - where the result goes: twice as long as x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  (x: Float32Array, options?: CreluOptions): Float32Array;
  /**
   * The gradient with respect to x: that of relu(x) where x > 0, less that of relu(-x) where x < 0, and 0 at 0.
   *
   * @param dy - twice as long as x
   * @param options - as for the call; `out` is as long as x, which it may be
   */
  backward(dy: Float32Array, x: Float32Array, options?: CreluOptions): Float32Array;
}

/** Makes `maxout`. */
export function maxoutOn(runtimeNow: () => Runtime): Maxout {
  const names = ['k', 'shape', 'axis', 'out'];

  /** The result's rows and their width, and the size of a group; checked. */
  function groups(fn: string, x: Float32Array, { k = 2, shape, axis }: MaxoutOptions) {
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
    dy: Float32Array | undefined,
    x: Float32Array,
    out: Float32Array,
    { rows, width, k }: ReturnType<typeof groups>,
  ): void {
    const input: Operand = { array: apart(x, out), parts: k };
    const upstream = dy === undefined ? [] : [{ array: apart(dy, out), parts: 1 }];
    const sources = [input, ...upstream];
    const target = { array: out, parts: dy === undefined ? 1 : k };
    const workspace = runtimeNow().workspace(...sources.map(({ array }) => array), out);
    if (k > MOST_PARTS && workspace.address(out) === undefined) {
      runInPlace(upstream[0]?.array, input.array, out, rows, width, k);
      return;
    }
    const kernels = workspace.kernels(maxoutKernels);
    new Blocks(workspace, sources, [target]).runAll({ rows, width, from: 0 }, ([x, ...places], n, rows) => {
      // Where groups lie in one piece, the lanes of a vector are groups.
      const [row, lane, w, r] = width === 1 ? [0, x.row, rows, 1] : [x.row, 4, n, rows];
      const [first, second] = places;
      if (dy === undefined) kernels.maxout(x.at, row, x.part, lane, k, first.at, w, r);
      else kernels.maxoutBackward(first.at, x.at, second.at, row, x.part, lane, k, w, r);
    });
  }

  /** The same for groups that do not fit into scratch memory. */
  function runInPlace(
    dy: Float32Array | undefined,
    x: Float32Array,
    out: Float32Array,
    rows: number,
    width: number,
    k: number,
  ): void {
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

  function maxout(x: Float32Array, options: MaxoutOptions = {}): Float32Array {
    const fn = 'maxout';
    checkFloat32(fn, 'x', x);
    checkOptions(fn, options, names);
    const own = groups(fn, x, options);
    const { out = new Float32Array(own.rows * own.width) } = options;
    checkFloat32(fn, 'out', out);
    checkSize(fn, 'out', out, own.rows * own.width);
    run(undefined, x, out, own);
    return out;
  }

  function backward(dy: Float32Array, x: Float32Array, options: MaxoutOptions = {}): Float32Array {
    const fn = 'maxout.backward';
    checkFloat32(fn, 'dy', dy);
    checkFloat32(fn, 'x', x);
    checkOptions(fn, options, names);
    const own = groups(fn, x, options);
    checkSize(fn, 'dy', dy, own.rows * own.width);
    const { out = new Float32Array(x.length) } = options;
    checkFloat32(fn, 'out', out);
    checkLength(fn, 'out', out, x.length, 'x');
    run(dy, x, out, own);
    return out;
  }

  return Object.assign(maxout, { backward });
}

/** Makes `crelu`. */
export function creluOn(runtimeNow: () => Runtime): Crelu {
  const names = ['shape', 'axis', 'out'];

  function crelu(x: Float32Array, options: CreluOptions = {}): Float32Array {
    const fn = 'crelu';
    checkFloat32(fn, 'x', x);
    checkOptions(fn, options, names);
    const { outer, length, inner } = rowsAlong(fn, x.length, options.shape, options.axis);
    const { out = new Float32Array(2 * x.length) } = options;
    checkFloat32(fn, 'out', out);
    checkSize(fn, 'out', out, 2 * x.length);
    const source = apart(x, out);
    const workspace = runtimeNow().workspace(source, out);
    const kernels = workspace.kernels(maxoutKernels);
    const [from, to] = [
      { array: source, parts: 1 },
      { array: out, parts: 2 },
    ];
    new Blocks(workspace, [from], [to]).runAll({ rows: outer, width: length * inner, from: 0 }, ([x, y], n, rows) =>
      kernels.crelu(x.at, x.row, y.at, y.at + y.part, y.row, n, rows),
    );
    return out;
  }

  function backward(dy: Float32Array, x: Float32Array, options: CreluOptions = {}): Float32Array {
    const fn = 'crelu.backward';
    checkFloat32(fn, 'dy', dy);
    const out = outFor(fn, undefined, x, options, names);
    const { outer, length, inner } = rowsAlong(fn, x.length, options.shape, options.axis);
    checkSize(fn, 'dy', dy, 2 * x.length);
    const sources = [
      { array: apart(dy, out), parts: 2 },
      { array: apart(x, out), parts: 1 },
    ];
    const workspace = runtimeNow().workspace(...sources.map(({ array }) => array), out);
    const kernels = workspace.kernels(maxoutKernels);
    const blocks = new Blocks(workspace, sources, [{ array: out, parts: 1 }]);
    blocks.runAll({ rows: outer, width: length * inner, from: 0 }, ([dy, x, dx], n, rows) =>
      kernels.creluBackward(dy.at, dy.at + dy.part, dy.row, x.at, x.row, dx.at, dx.row, n, rows),
    );
    return out;
  }

  return Object.assign(crelu, { backward });
}
