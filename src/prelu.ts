// ReLUs whose slope for negative x is learnt, or random.

import { passed } from './activation';
import { leakyRelu } from './activations';
import { repeated, withRow } from './bias';
import { kernelOn } from './dispatch';
import { checkLength, checkOptions, describe } from './errors';
import { apart, collide } from './overlap';
import { type Key, keyOf, philox } from './random';
import { realKernels } from './real-kernels';
import { type Real, realsIn } from './reals';
import { lostOfProduct, lostOfSum } from './roundings';
import type { Runtime } from './runtime';
import { neighboursOf } from './shape';
import { LACK, pairedPlace } from './sums';
import {
  checkType,
  type ElementType,
  type FloatArray,
  floatType,
  type NumberArray,
  resultArray,
  type Same,
  types,
} from './types';

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

const preluKernels = /* @__PURE__ */ realKernels((heap): PreluKernels => {
  const { buffer, BYTES_PER_ELEMENT: bytes } = heap;
  const isDouble = bytes === 8;

  function each(width: number, rows: number, work: (row: number, column: number) => void): void {
    for (let row = 0; row < rows; row++) for (let column = 0; column < width; column++) work(row, column);
  }

  return {
    prelu(x, xStride, slopes, y, yStride, width, rows) {
      each(width, rows, (row, i) => {
        const v = heap[(x + row * xStride) / bytes + i];
        heap[(y + row * yStride) / bytes + i] = v > 0 ? v : v * heap[slopes / bytes + i];
      });
    },
    preluBackward(dy, dyStride, x, xStride, slopes, dx, dxStride, width, rows) {
      each(width, rows, (row, i) => {
        const v = heap[(x + row * xStride) / bytes + i];
        const derivative = v > 0 ? 1 : v <= 0 ? heap[slopes / bytes + i] : Number.NaN;
        heap[(dx + row * dxStride) / bytes + i] = derivative * heap[(dy + row * dyStride) / bytes + i];
      });
    },
    addSlopeGradients(dy, dyStride, x, xStride, sums, width, rows) {
      const totals = new Float64Array(buffer, sums);
      each(width, rows, (row, i) => {
        const v = heap[(x + row * xStride) / bytes + i];
        if (v > 0) return;
        const upstream = heap[(dy + row * dyStride) / bytes + i];
        const term = v * upstream; // exact for float32
        const place = isDouble ? pairedPlace(i) : i;
        const total = totals[place] + term;
        if (isDouble) totals[place + LACK] += lostOfSum(totals[place], term, total) + lostOfProduct(v, upstream);
        totals[place] = total;
      });
    },
    uniforms(keyLow, keyHigh, block, low, range, y, n) {
      const words = new Uint32Array(4);
      for (let i = 0; i < n; i++) {
        if (i % 4 === 0) philox([keyLow, keyHigh], block + i / 4, words);
        const part = ((words[i % 4] >>> 8) / 2 ** 24) * range;
        heap[y / bytes + i] = low + (isDouble ? part : Math.fround(part));
      }
    },
  };
});

export interface PreluOptions {
  /** The sizes of x in row-major order; one dimension, unless given. */
  readonly shape?: readonly number[];
  /** The axis of the channels: 1, as in PyTorch, unless given. */
  readonly axis?: number;
}

export interface Prelu {
  /**
   * @param x - any length, and any type of floating-point numbers
   * @param slopes - one for all of x, or one for each channel; of the type of x
   * @param options.out - where the result goes, which may be x
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size; nothing is written then
   */
  <A extends FloatArray>(x: A, slopes: Same<A>, options?: PreluOptions & { readonly out?: Same<A> }): Same<A>;
  /**
   * The gradients: `dx[i]` is `dy[i]` times 1 where x[i] > 0, else times the slope; `dSlopes[c]` the sum of x[i] dy[i] over the elements
   * of channel c that are not > 0, in float64, of Float64Arrays as if in twice its precision.
   *
   * @param options.dx - where the first goes, which may be dy or x
   * @param options.dSlopes - where the second goes
   * @throws as a call does, and RangeError where dx and dSlopes overlap
   */
  backward<A extends FloatArray>(
    dy: Same<A>,
    x: A,
    slopes: Same<A>,
    options?: PreluOptions & Partial<PreluGradients<Same<A>>>,
  ): PreluGradients<Same<A>>;
}

export interface PreluGradients<A = Float32Array> {
  readonly dx: A;
  readonly dSlopes: A;
}

/** Makes `prelu`. */
export function preluOn(runtimeNow: () => Runtime): Prelu {
  /** How many neighbouring elements of x have one slope, one slope after another; checked. */
  function neighbours(
    fn: string,
    type: ElementType,
    x: NumberArray,
    slopes: NumberArray,
    options: PreluOptions,
  ): number {
    checkType(fn, 'slopes', slopes, type);
    return neighboursOf(fn, x.length, slopes.length, options);
  }

  function prelu(
    x: NumberArray,
    slopes: NumberArray,
    options: PreluOptions & { readonly out?: NumberArray } = {},
  ): NumberArray {
    const fn = 'prelu';
    const type = floatType(fn, 'x', x);
    checkOptions(fn, options, ['shape', 'axis', 'out']);
    const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
    const inner = neighbours(fn, type, x, slopes, options);
    const source = apart(x, out);
    const reals = realsIn(runtimeNow().workspace(source, out), type);
    const kernels = reals.kernels(preluKernels);
    const fill = repeated(reals.unpacked(apart(slopes, out)), inner);
    withRow(reals, x.length, slopes.length * inner, fill, [source], [out], ([x, y], n, rows, row) =>
      kernels.prelu(x.at, x.row, row, y.at, y.row, n, rows),
    );
    return out;
  }

  function backward(
    dy: NumberArray,
    x: NumberArray,
    slopes: NumberArray,
    options: PreluOptions & Partial<PreluGradients<NumberArray>> = {},
  ): PreluGradients<NumberArray> {
    const fn = 'prelu.backward';
    const type = floatType(fn, 'x', x);
    checkType(fn, 'dy', dy, type);
    checkLength(fn, 'dy', dy, x.length, 'x');
    checkOptions(fn, options, ['shape', 'axis', 'dx', 'dSlopes']);
    const inner = neighbours(fn, type, x, slopes, options);
    const dx = resultArray(fn, 'dx', options.dx, type, x.length, 'x');
    const dSlopes = resultArray(fn, 'dSlopes', options.dSlopes, type, slopes.length, 'slopes');
    if (collide(dx, dSlopes)) throw new RangeError(`${fn}: dx and dSlopes must not overlap`);
    const sources = [apart(dy, dx, dSlopes), apart(x, dx, dSlopes)];
    const reals = realsIn(runtimeNow().workspace(...sources, dx), type);
    const kernels = reals.kernels(preluKernels);
    withRow(
      reals,
      x.length,
      slopes.length * inner,
      repeated(reals.unpacked(apart(slopes, dx, dSlopes)), inner),
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

  return Object.assign(prelu, { backward }) as unknown as Prelu;
}

export interface RreluOptions<A = Float32Array> {
  /** The range of the slopes: 1/8 to 1/3, unless given. */
  readonly lower?: number;
  readonly upper?: number;
  /** Whether the slopes are random; not by default, and then all are the mean of lower and upper. */
  readonly training?: boolean;
  /** What the random slopes depend on: an integer from 0 to 2^53 - 1. To be given for training. */
  readonly seed?: number;
  /** Where the result goes, which may be a source. */
  readonly out?: A;
}

export interface Rrelu {
  /**
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length, a lower above the upper, or a seed out of range; nothing
   *   is written then
   */
  <A extends FloatArray>(x: A, options?: RreluOptions<Same<A>>): Same<A>;
  /** The gradient with respect to x, for the slopes of a call with the same options. */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: RreluOptions<Same<A>>): Same<A>;
}

/** Makes `rrelu`. */
export function rreluOn(runtimeNow: () => Runtime): Rrelu {
  const known = ['lower', 'upper', 'training', 'seed', 'out'];

  /** The gradient where `dy` is given, else the value. */
  function run(
    fn: string,
    dy: NumberArray | undefined,
    x: NumberArray,
    options: RreluOptions<NumberArray> = {},
  ): NumberArray {
    const type = floatType(fn, 'x', x);
    if (dy !== undefined) checkLength(fn, 'dy', dy, x.length, 'x');
    checkOptions(fn, options, known);
    const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
    const { lower = 1 / 8, upper = 1 / 3, training = false, seed } = options;
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
      runRandom(runtime, type, dy, x, out, lower, upper, key);
    } else {
      const mean = lower / 2 + upper / 2;
      const alpha = type === types.float64 ? mean : passed(leakyRelu.spec, mean);
      const kernel = kernelOn(runtime, leakyRelu.spec, type);
      if (dy === undefined) kernel.forward(x, out, alpha, 0);
      else kernel.backward(dy, x, out, alpha, 0);
    }
    return out;
  }

  function runRandom(
    runtime: Runtime,
    type: ElementType,
    dy: NumberArray | undefined,
    x: NumberArray,
    out: NumberArray,
    lower: number,
    upper: number,
    [low, high]: Key,
  ): void {
    const sources = (dy === undefined ? [x] : [dy, x]).map((source) => apart(source, out));
    const reals = realsIn(runtime.workspace(...sources, out), type);
    const kernels = reals.kernels(preluKernels);
    const round = type === types.float64 ? (value: number) => value : Math.fround;
    const [least, range] = [round(lower), round(upper - lower)];
    // One row of slopes, as long as x: strips begin at multiples of 16 elements, and so with a whole block of the stream.
    const fill = (_heap: Real, at: number, column: number, n: number) => {
      kernels.uniforms(low, high, column / 4, least, range, reals.bytes * at, 16 * Math.ceil(n / 16));
    };
    withRow(reals, x.length, x.length, fill, sources, [out], (places, n, rows, row) => {
      const [p, q, r] = places;
      if (dy === undefined) kernels.prelu(p.at, p.row, row, q.at, q.row, n, rows);
      else kernels.preluBackward(p.at, p.row, q.at, q.row, row, r.at, r.row, n, rows);
    });
  }

  type Call = RreluOptions<NumberArray>;
  const rrelu = (x: NumberArray, options?: Call) => run('rrelu', undefined, x, options);
  const backward = (dy: NumberArray, x: NumberArray, options?: Call) => {
    const fn = 'rrelu.backward';
    checkType(fn, 'dy', dy, floatType(fn, 'x', x));
    return run(fn, dy, x, options);
  };
  return Object.assign(rrelu, { backward }) as unknown as Rrelu;
}
