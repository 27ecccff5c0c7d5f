// ReLUs whose slope for negative x is learnt, or random.

import { passed } from './activation';
import { leakyRelu } from './activations';
import { repeated, withRow } from './bias';
import { checkFloat32, checkLength, checkOptions, describe, outFor } from './errors';
import { matrix } from './matrix';
import { apart, collide } from './overlap';
import { type Key, keyOf, philox } from './random';
import type { KernelSet, Runtime } from './runtime';
import { neighboursOf } from './shape';

interface PreluKernels {
  prelu(x: number, xStride: number, slopes: number, y: number, yStride: number, width: number, rows: number): void;
  preluBackward(
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    slopes: number,
    dx: number,
    dxStride: number,
    width: number,
    rows: number,
  ): void;
  addSlopeGradients(
    dy: number,
    dyStride: number,
    x: number,
    xStride: number,
    sums: number,
    width: number,
    rows: number,
  ): void;
  uniforms(keyLow: number, keyHigh: number, block: number, low: number, range: number, y: number, n: number): void;
}

const preluKernels: KernelSet<PreluKernels> = {
  binary: matrix,
  js(buffer) {
    const heap = new Float32Array(buffer);

    function each(width: number, rows: number, work: (row: number, column: number) => void): void {
      for (let row = 0; row < rows; row++) for (let column = 0; column < width; column++) work(row, column);
    }

    return {
      prelu(x, xStride, slopes, y, yStride, width, rows) {
        each(width, rows, (row, i) => {
          const v = heap[(x + row * xStride) / 4 + i];
          heap[(y + row * yStride) / 4 + i] = v > 0 ? v : v * heap[slopes / 4 + i];
        });
      },
      preluBackward(dy, dyStride, x, xStride, slopes, dx, dxStride, width, rows) {
        each(width, rows, (row, i) => {
          const v = heap[(x + row * xStride) / 4 + i];
          const derivative = v > 0 ? 1 : v <= 0 ? heap[slopes / 4 + i] : Number.NaN;
          heap[(dx + row * dxStride) / 4 + i] = derivative * heap[(dy + row * dyStride) / 4 + i];
        });
      },
      addSlopeGradients(dy, dyStride, x, xStride, sums, width, rows) {
        const totals = new Float64Array(buffer, sums, width);
        each(width, rows, (row, i) => {
          const v = heap[(x + row * xStride) / 4 + i];
          if (!(v > 0)) totals[i] += v * heap[(dy + row * dyStride) / 4 + i];
        });
      },
      uniforms(keyLow, keyHigh, block, low, range, y, n) {
        const words = new Uint32Array(4);
        for (let i = 0; i < n; i++) {
          if (i % 4 === 0) philox([keyLow, keyHigh], block + i / 4, words);
          heap[y / 4 + i] = low + Math.fround(((words[i % 4] >>> 8) / 2 ** 24) * range);
        }
      },
    };
  },
};

export interface PreluOptions {
  /** The sizes of x in row-major order; one dimension, unless given. */
  readonly shape?: readonly number[];
  /** The axis of the channels: 1, as in PyTorch, unless given. */
  readonly axis?: number;
}

export interface Prelu {
  /**
   * @param x - any length
   * @param slopes - one for all of x, or one for each channel
   * @param options.out - where the result goes, which may be x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  (x: Float32Array, slopes: Float32Array, options?: PreluOptions & { readonly out?: Float32Array }): Float32Array;
  /**
   * The gradients: `dx[i]` is `dy[i]` times 1 where x[i] > 0, else times the slope; `dSlopes[c]` the sum of x[i] dy[i] over the elements
   * of channel c that are not > 0, in float64.
   *
   * @param options.dx - where the first goes, which may be dy or x
   * @param options.dSlopes - where the second goes
   * @throws as a call does, and RangeError where dx and dSlopes overlap
   */
  backward(
    dy: Float32Array,
    x: Float32Array,
    slopes: Float32Array,
    options?: PreluOptions & Partial<PreluGradients>,
  ): PreluGradients;
}

export interface PreluGradients {
  readonly dx: Float32Array;
  readonly dSlopes: Float32Array;
}

/** Makes `prelu`. */
export function preluOn(runtimeNow: () => Runtime): Prelu {
  /** How many neighbouring elements of x have one slope, one slope after another; checked. */
  function neighbours(fn: string, x: Float32Array, slopes: Float32Array, options: PreluOptions): number {
    checkFloat32(fn, 'slopes', slopes);
    return neighboursOf(fn, x.length, slopes.length, options);
  }

  function prelu(
    x: Float32Array,
    slopes: Float32Array,
    options: PreluOptions & { out?: Float32Array } = {},
  ): Float32Array {
    const fn = 'prelu';
    const out = outFor(fn, undefined, x, options, ['shape', 'axis', 'out']);
    const inner = neighbours(fn, x, slopes, options);
    const source = apart(x, out);
    const workspace = runtimeNow().workspace(source, out);
    const kernels = workspace.kernels(preluKernels);
    const width = slopes.length * inner;
    withRow(workspace, x.length, width, repeated(apart(slopes, out), inner), [source], [out], ([x, y], n, rows, row) =>
      kernels.prelu(x.at, x.row, row, y.at, y.row, n, rows),
    );
    return out;
  }

  function backward(
    dy: Float32Array,
    x: Float32Array,
    slopes: Float32Array,
    options: PreluOptions & Partial<PreluGradients> = {},
  ): PreluGradients {
    const fn = 'prelu.backward';
    checkFloat32(fn, 'dy', dy);
    checkFloat32(fn, 'x', x);
    checkLength(fn, 'dy', dy, x.length, 'x');
    checkOptions(fn, options, ['shape', 'axis', 'dx', 'dSlopes']);
    const inner = neighbours(fn, x, slopes, options);
    const { dx = new Float32Array(x.length), dSlopes = new Float32Array(slopes.length) } = options;
    checkFloat32(fn, 'dx', dx);
    checkLength(fn, 'dx', dx, x.length, 'x');
    checkFloat32(fn, 'dSlopes', dSlopes);
    checkLength(fn, 'dSlopes', dSlopes, slopes.length, 'slopes');
    if (collide(dx, dSlopes)) throw new RangeError(`${fn}: dx and dSlopes must not overlap`);
    const sources = [apart(dy, dx, dSlopes), apart(x, dx, dSlopes)];
    const workspace = runtimeNow().workspace(...sources, dx);
    const kernels = workspace.kernels(preluKernels);
    withRow(
      workspace,
      x.length,
      slopes.length * inner,
      repeated(apart(slopes, dx, dSlopes), inner),
      sources,
      [dx],
      ([dy, x, dx], n, rows, row, sums) => {
        // First the sums: dx may be dy or x.
        kernels.addSlopeGradients(dy.at, dy.row, x.at, x.row, sums, n, rows);
        kernels.preluBackward(dy.at, dy.row, x.at, x.row, row, dx.at, dx.row, n, rows);
      },
      { to: dSlopes, inner },
    );
    return { dx, dSlopes };
  }

  return Object.assign(prelu, { backward });
}

export interface RreluOptions {
  /** The range of the slopes: 1/8 to 1/3, unless given. */
  readonly lower?: number;
  readonly upper?: number;
  /** Whether the slopes are random; not by default, and then all are the mean of lower and upper. */
  readonly training?: boolean;
  /** What the random slopes depend on: an integer from 0 to 2^53 - 1. To be given for training. */
  readonly seed?: number;
  /** Where the result goes, which may be a source. */
  readonly out?: Float32Array;
}

export interface Rrelu {
  /**
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length, a lower above the upper, or a seed out of range; nothing
   *   is written then
   */
  (x: Float32Array, options?: RreluOptions): Float32Array;
  /** The gradient with respect to x, for the slopes of a call with the same options. */
  backward(dy: Float32Array, x: Float32Array, options?: RreluOptions): Float32Array;
}

/** Makes `rrelu`. */
export function rreluOn(runtimeNow: () => Runtime): Rrelu {
  /** The gradient where `dy` is given, else the value. */
  function run(
    fn: string,
    dy: Float32Array | undefined,
    x: Float32Array,
    options: RreluOptions | undefined,
  ): Float32Array {
    const out = outFor(fn, dy, x, options, ['lower', 'upper', 'training', 'seed', 'out']);
    const { lower = 1 / 8, upper = 1 / 3, training = false, seed } = options ?? {};
    for (const [name, value] of Object.entries({ lower, upper })) {
      if (typeof value !== 'number')
        throw new TypeError(`${fn}: option ${name} must be a number, got ${describe(value)}`);
      if (!Number.isFinite(Math.fround(value))) {
        throw new RangeError(`${fn}: option ${name} must be a finite float32 number, got ${value}`);
      }
    }
    if (lower > upper) throw new RangeError(`${fn}: option lower must not exceed upper, got ${lower} and ${upper}`);
    if (!Number.isFinite(Math.fround(upper - lower))) {
      throw new RangeError(
        `${fn}: option upper must exceed lower by a finite float32 number, got ${upper} and ${lower}`,
      );
    }
    if (typeof training !== 'boolean') {
      throw new TypeError(`${fn}: option training must be a boolean, got ${describe(training)}`);
    }
    const key = training || seed !== undefined ? keyOf(`${fn}: option seed`, seed) : undefined;
    const runtime = runtimeNow();
    if (training && key !== undefined) {
      runRandom(runtime, dy, x, out, lower, upper, key);
    } else {
      const alpha = passed(leakyRelu.spec, lower / 2 + upper / 2);
      const kernel = runtime.kernel(leakyRelu.spec);
      if (dy === undefined) kernel.forward(x, out, alpha, 0);
      else kernel.backward(dy, x, out, alpha, 0);
    }
    return out;
  }

  function runRandom(
    runtime: Runtime,
    dy: Float32Array | undefined,
    x: Float32Array,
    out: Float32Array,
    lower: number,
    upper: number,
    [low, high]: Key,
  ): void {
    const sources = (dy === undefined ? [x] : [dy, x]).map((source) => apart(source, out));
    const workspace = runtime.workspace(...sources, out);
    const kernels = workspace.kernels(preluKernels);
    const range = Math.fround(upper - lower);
    // One row of slopes, as long as x: strips begin at multiples of 16 elements, and so with a whole block of the stream.
    const fill = (_heap: Float32Array, at: number, column: number, n: number) => {
      kernels.uniforms(low, high, column / 4, Math.fround(lower), range, 4 * at, 16 * Math.ceil(n / 16));
    };
    withRow(workspace, x.length, x.length, fill, sources, [out], (places, n, rows, row) => {
      const [p, q, r] = places;
      if (dy === undefined) kernels.prelu(p.at, p.row, row, q.at, q.row, n, rows);
      else kernels.preluBackward(p.at, p.row, q.at, q.row, row, r.at, r.row, n, rows);
    });
  }

  const rrelu = (x: Float32Array, options?: RreluOptions) => run('rrelu', undefined, x, options);
  const backward = (dy: Float32Array, x: Float32Array, options?: RreluOptions) => {
    checkFloat32('rrelu.backward', 'dy', dy);
    return run('rrelu.backward', dy, x, options);
  };
  return Object.assign(rrelu, { backward });
}
