// Gated linear units: one half of the input, or an array of its own, decides how much of the other passes.

import { type Activation, type Approximation, type Chosen, PREPARE, type Preparations } from './activation';
import { Blocks, type Operand, type Place, roundUp, TEMPORARY_1, TEMPORARY_2, TEMPORARY_3 } from './blocks';
import { checkLength, checkOptions, checkSize } from './errors';
import { apart, collide } from './overlap';
import { realKernels } from './real-kernels';
import { type Reals, realsIn } from './reals';
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

interface GatedKernels {
  copyRows(x: number, xStride: number, y: number, yStride: number, width: number, rows: number): void;
  multiplyRows(
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    y: number,
    yStride: number,
    width: number,
    rows: number,
  ): void;
}

/** One kernel for value and product, of WebAssembly alone: `<activation's kernel>Times`. */
type Times = (
  params: number,
  gate: number,
  other: number,
  stride: number,
  y: number,
  yStride: number,
  width: number,
  rows: number,
) => void;

/** The same for both gradients: `<activation's kernel>TimesBackward`. */
type TimesBackward = (
  params: number,
  dy: number,
  dyStride: number,
  gate: number,
  other: number,
  stride: number,
  dgate: number,
  dother: number,
  dStride: number,
  width: number,
  rows: number,
) => void;

const gatedKernels = /* @__PURE__ */ realKernels((heap): GatedKernels => {
  const { BYTES_PER_ELEMENT: bytes } = heap;
  return {
    copyRows(x, xStride, y, yStride, width, rows) {
      for (let row = 0; row < rows; row++) {
        const [from, to] = [(x + row * xStride) / bytes, (y + row * yStride) / bytes];
        heap.copyWithin(to, from, from + width);
      }
    },
    multiplyRows(a, aStride, b, bStride, y, yStride, width, rows) {
      for (let row = 0; row < rows; row++) {
        const [p, q, r] = [(a + row * aStride) / bytes, (b + row * bStride) / bytes, (y + row * yStride) / bytes];
        for (let i = 0; i < width; i++) heap[r + i] = heap[p + i] * heap[q + i];
      }
    },
  };
});

export interface ShapeOptions {
  /** The sizes of x in row-major order; one dimension, unless given. */
  readonly shape?: readonly number[];
  /** The axis along which x is divided: the last, unless given; a negative one counts from the end. */
  readonly axis?: number;
}

/** What the gradients of two arrays are written to. */
export interface GatedGradients<A = Float32Array> {
  readonly da: A;
  readonly db: A;
}

/** A gated linear unit, of arrays of one floating-point type. `O` are the options of the function that the gate passes. */
export interface GatedUnit<O = unknown> {
  /**
   * Of the two halves of x along an axis: as x, but half as long along it.
   *
   * @param options.out - where the result goes: half as long as x, which it may overlap
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong size or an option out of range; nothing is written then
   */
  <A extends FloatArray>(x: A, options?: O & ShapeOptions & { readonly out?: Same<A> }): Same<A>;
  /** Of two arrays of one length. `out` may be one of them. */
  <A extends FloatArray>(a: A, b: Same<A>, options?: O & { readonly out?: Same<A> }): Same<A>;
  /**
   * The gradient with respect to x, from that with respect to the result.
   *
   * @param dy - half as long as x
   * @param options - as for the call; `out` is as long as x, which it may be
   */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: O & ShapeOptions & { readonly out?: Same<A> }): Same<A>;
  /**
   * The gradients with respect to two arrays.
   *
   * @param options.da - where the first goes
   * @param options.db - where the second goes; both may be dy, a or b, but must not overlap each other
   */
  backward<A extends FloatArray>(
    dy: Same<A>,
    a: A,
    b: Same<A>,
    options?: O & Partial<GatedGradients<Same<A>>>,
  ): GatedGradients<Same<A>>;
}

export interface GeluOptions {
  readonly approximate?: Approximation;
}

export interface SiluOptions {
  readonly beta?: number;
}

type AnyOptions = ShapeOptions & Partial<GatedGradients<NumberArray>> & { readonly out?: NumberArray };

/** Makes a unit that passes one half, the `gate`, through `f`, and multiplies it by the other. */
export function gatedUnit<O>(
  name: string,
  f: Activation,
  gate: 'first' | 'second',
  runtimeNow: () => Runtime,
): GatedUnit<O> {
  const own = Object.keys(f.defaults);
  const { chosen } = (f as unknown as { [PREPARE]: Preparations })[PREPARE];

  /** The parts of one operand of two halves, or of two operands: the gate, and what it is multiplied by. */
  function sides(places: readonly Place[], isOne: boolean): [gate: Place, other: Place] {
    const [first] = places;
    const second = isOne ? { ...first, at: first.at + first.part } : places[1];
    return gate === 'first' ? [first, second] : [second, first];
  }

  /** x, or a and b, as operands, and the matrix of which they hold two, or one each. */
  function operands(fn: string, x: NumberArray, b: NumberArray | undefined, { shape, axis }: ShapeOptions) {
    if (b !== undefined) return { matrix: { rows: 1, width: x.length, from: 0 }, parts: 1, n: x.length };
    const { outer, length, inner } = rowsAlong(fn, x.length, shape, axis);
    if (length % 2 !== 0) {
      throw new RangeError(`${fn}: the size of x along the axis must be even, got ${length}`);
    }
    return { matrix: { rows: outer, width: (length / 2) * inner, from: 0 }, parts: 2, n: x.length / 2 };
  }

  /** The type of the sources, checked with the names of the options. */
  function typeOf(
    fn: string,
    x: NumberArray,
    b: unknown,
    options: AnyOptions,
    results: readonly string[],
  ): ElementType {
    const type = floatType(fn, b === undefined ? 'x' : 'a', x);
    if (b !== undefined) {
      checkType(fn, 'b', b, type);
      checkLength(fn, 'b', b, x.length, 'a');
    }
    checkOptions(fn, options, [...own, ...(b === undefined ? ['shape', 'axis'] : []), ...results]);
    return type;
  }

  function forward(x: NumberArray, b: NumberArray | undefined, options: AnyOptions): NumberArray {
    const type = typeOf(name, x, b, options, ['out']);
    const choice = chosen(name, options);
    const { matrix, parts, n } = operands(name, x, b, options);
    const out = resultArray(name, 'out', options.out, type, n);
    const sources = (b === undefined ? [x] : [x, b]).map((array): Operand => ({ array: apart(array, out), parts }));
    const reals = realsIn(runtimeNow().workspace(...sources.map(({ array }) => array), out), type);
    const kernels = reals.kernels(gatedKernels);
    const { times, params } = linked(reals, kernels, choice);
    const isOne = b === undefined;
    const blocks = new Blocks(reals, sources, [{ array: out, parts: 1 }], times && Infinity);
    blocks.runAll(matrix, (places, n, rows) => {
      const [gate, other] = sides(places, isOne);
      const y = places[places.length - 1];
      if (times !== undefined) {
        times(params, gate.at, other.at, gate.row, y.at, y.row, n, rows);
        return;
      }
      const [z, stride] = [TEMPORARY_1, reals.bytes * n];
      kernels.copyRows(gate.at, gate.row, z, stride, n, rows);
      reals.forward(choice, z, z, roundUp(n * rows));
      kernels.multiplyRows(z, stride, other.at, other.row, y.at, y.row, n, rows);
    });
    return out;
  }

  /** The gradients to `targets`: one as x, or two as a and b. */
  function backward(
    type: ElementType,
    dy: NumberArray,
    x: NumberArray,
    b: NumberArray | undefined,
    { matrix, parts }: ReturnType<typeof operands>,
    choice: Chosen,
    targets: NumberArray[],
  ): void {
    const operand = (array: NumberArray): Operand => ({ array: apart(array, ...targets), parts });
    const sources = [{ array: apart(dy, ...targets), parts: 1 }, ...(b === undefined ? [x] : [x, b]).map(operand)];
    const reals = realsIn(runtimeNow().workspace(...sources.map(({ array }) => array), ...targets), type);
    const kernels = reals.kernels(gatedKernels);
    const { timesBackward, params } = linked(reals, kernels, choice);
    const results = targets.map((array) => ({ array, parts }));
    const count = targets.length;
    const blocks = new Blocks(reals, sources, results, timesBackward && Infinity);
    blocks.runAll(matrix, ([dy, ...places], n, rows) => {
      const [gate, other] = sides(places.slice(0, count), count === 1);
      const [dgate, dother] = sides(places.slice(count), count === 1);
      if (timesBackward !== undefined) {
        const { row } = dgate;
        timesBackward(params, dy.at, dy.row, gate.at, other.at, gate.row, dgate.at, dother.at, row, n, rows);
        return;
      }
      const [product, z, value, stride] = [TEMPORARY_1, TEMPORARY_2, TEMPORARY_3, reals.bytes * n];
      const padded = roundUp(n * rows);
      kernels.multiplyRows(dy.at, dy.row, other.at, other.row, product, stride, n, rows);
      kernels.copyRows(gate.at, gate.row, z, stride, n, rows);
      reals.forward(choice, z, value, padded);
      reals.backward(choice, product, z, product, padded);
      // A target may be a source, dy too, which is read for the last time here.
      kernels.multiplyRows(dy.at, dy.row, value, stride, dother.at, dother.row, n, rows);
      kernels.copyRows(product, stride, dgate.at, dgate.row, n, rows);
    });
  }

  const unit = (x: NumberArray, ...rest: unknown[]): NumberArray => forward(x, ...secondAndOptions(rest));

  const unitBackward = (
    dy: NumberArray,
    x: NumberArray,
    ...rest: unknown[]
  ): NumberArray | GatedGradients<NumberArray> => {
    const fn = `${name}.backward`;
    const [b, options] = secondAndOptions(rest);
    const type = typeOf(fn, x, b, options, b === undefined ? ['out'] : ['da', 'db']);
    checkType(fn, 'dy', dy, type);
    const choice = chosen(fn, options);
    const halves = operands(fn, x, b, options);
    checkSize(fn, 'dy', dy, halves.n);
    if (b === undefined) {
      const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
      backward(type, dy, x, undefined, halves, choice, [out]);
      return out;
    }
    const da = resultArray(fn, 'da', options.da, type, x.length, 'a');
    const db = resultArray(fn, 'db', options.db, type, x.length, 'a');
    if (collide(da, db)) throw new RangeError(`${fn}: da and db must not overlap`);
    backward(type, dy, x, b, halves, choice, [da, db]);
    return { da, db };
  };

  Object.defineProperty(unit, 'name', { value: name });
  return Object.assign(unit, { backward: unitBackward }) as unknown as GatedUnit<O>;
}

/** What follows the first array, still unchecked: the second, if there is one, and the options. */
function secondAndOptions(rest: readonly unknown[]): [b: NumberArray | undefined, options: AnyOptions] {
  const [b, options = {}] = rest.length > 1 || ArrayBuffer.isView(rest[0]) ? rest : [undefined, ...rest];
  return [b as NumberArray | undefined, options as AnyOptions];
}

/** The kernels that do all in one pass, where there are such. */
function linked(reals: Reals, kernels: GatedKernels, choice: Chosen) {
  const { name, params } = reals.linkage(choice) ?? { name: '', params: 0 };
  const { [`${name}Times`]: times, [`${name}TimesBackward`]: timesBackward } = kernels as unknown as {
    readonly [kernel: string]: unknown;
  };
  return { params, times: times as Times | undefined, timesBackward: timesBackward as TimesBackward | undefined };
}
