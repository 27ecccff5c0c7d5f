// A row that is applied to each row of an array, in one pass over memory: the bias of an activation.

import type { Chosen } from './activation';
import { Binary } from './binary';
import { apply, Blocks, type Operand, type Place, SUMS, TEMPORARY_1, TEMPORARY_2 } from './blocks';
import { checkLength } from './errors';
import * as generated from './generated/bias';
import { apart, collide } from './overlap';
import { copyIn, type Real, type RealKernels, type Reals, realsIn } from './reals';
import { lostOfSum } from './roundings';
import type { Runtime } from './runtime';
import { LACK, pairedPlace, type Sums, Totals } from './sums';
import { checkType, type ElementType, type NumberArray, types } from './types';

interface BiasKernels {
  addRow(x: number, xStride: number, row: number, y: number, yStride: number, width: number, rows: number): void;
  addColumns(x: number, xStride: number, sums: number, width: number, rows: number): void;
}

function biasLoops(heap: Real): BiasKernels {
  const { buffer, BYTES_PER_ELEMENT: bytes } = heap;
  const isDouble = bytes === 8;
  return {
    addRow(x, xStride, row, y, yStride, width, rows) {
      for (let r = 0; r < rows; r++) {
        const [p, q] = [(x + r * xStride) / bytes, (y + r * yStride) / bytes];
        for (let i = 0; i < width; i++) heap[q + i] = heap[p + i] + heap[row / bytes + i];
      }
    },
    addColumns(x, xStride, sums, width, rows) {
      const totals = new Float64Array(buffer, sums);
      for (let r = 0; r < rows; r++) {
        const p = (x + r * xStride) / bytes;
        for (let i = 0; i < width; i++) {
          const place = isDouble ? pairedPlace(i) : i;
          const total = totals[place] + heap[p + i];
          if (isDouble) totals[place + LACK] += lostOfSum(totals[place], heap[p + i], total);
          totals[place] = total;
        }
      }
    },
  };
}

const biasKernels: RealKernels<BiasKernels> = {
  float32: {
    binary: /* @__PURE__ */ new Binary('activations', generated),
    js: (buffer) => biasLoops(new Float32Array(buffer)),
  },
  float64: {
    binary: /* @__PURE__ */ new Binary('float64', { relaxed: generated.relaxed64, simd: generated.simd64 }),
    js: (buffer) => biasLoops(new Float64Array(buffer)),
  },
};

/** Narrower rows are put side by side: each row's end takes a partial vector, each call of a kernel some 10 ns. */
const NARROW = 512;

/** The row that is applied; and x + bias. */
const ROW = TEMPORARY_1;
const Z = TEMPORARY_2;

/**
 * Calls `work` for blocks of `n` elements as rows of `width` elements, with the address of what `fill` has written for their columns, and
 * of zeroed sums, which end in `sums.to`.
 */
export function withRow(
  reals: Reals,
  n: number,
  width: number,
  fill: (heap: Real, at: number, column: number, columns: number) => void,
  sources: readonly NumberArray[],
  targets: readonly NumberArray[],
  work: (places: readonly Place[], columns: number, rows: number, row: number, sums: number) => void,
  sums?: Sums,
): void {
  if (n === 0) {
    sums?.to.fill(0);
    return;
  }
  const { heap, bytes } = reals;
  const operand = (array: NumberArray): Operand => ({ array, parts: 1 });
  const blocks = new Blocks(reals, sources.map(operand), targets.map(operand));
  const tiles = width < NARROW ? Math.min(Math.ceil(NARROW / width), n / width) : 1;
  const tiled = tiles * width;
  const matrix = { rows: Math.floor(n / tiled), width: tiled, from: 0 };
  const end = matrix.rows * tiled;
  const rest = { rows: 1, width: n - end, from: end };
  const own: Parameters<Blocks['run']>[2] = (places, columns, rows) => work(places, columns, rows, ROW, SUMS);
  const totals = sums && new Totals(reals, sums);
  for (const strip of blocks.strips(matrix)) {
    const { column, columns } = strip;
    const at = ROW / bytes;
    fill(heap, at, column, Math.min(columns, width));
    for (let i = width; i < columns; i++) heap[at + i] = heap[at + i - width];
    totals?.begin(columns);
    blocks.run(matrix, strip, own);
    // Of the rows put side by side fewer may be left at the end.
    blocks.runAll(rest, own);
    totals?.add(columns, width);
  }
  totals?.end();
}

/** The elements of a vector, each `inner` times, as `withRow` asks for them. */
export function repeated(vector: Real, inner: number): Parameters<typeof withRow>[3] {
  return (heap, at, column, columns) => {
    if (inner === 1) {
      copyIn(heap, at, vector, column, columns);
      return;
    }
    for (let i = 0; i < columns; ) {
      const element = Math.floor((column + i) / inner);
      const end = Math.min(columns, (element + 1) * inner - column);
      heap.fill(vector[element], at + i, at + end);
      i = end;
    }
  };
}

/** The sums of the columns of `x`, whose rows are as long as `to`, summed in float64. */
export function sumColumns(runtime: Runtime, x: Float32Array, to: Float32Array): void {
  const reals = realsIn(runtime.workspace(x), types.float32);
  const { addColumns } = reals.kernels(biasKernels);
  const add: Parameters<typeof withRow>[6] = ([{ at, row }], columns, rows, _, sums) =>
    addColumns(at, row, sums, columns, rows);
  withRow(reals, x.length, to.length, () => {}, [x], [], add, { to, inner: 1 });
}

/** Checks what a call to `fn` was given beside x and out, which are of the type. */
export function checkBias(
  fn: string,
  type: ElementType,
  x: NumberArray,
  out: NumberArray,
  bias: unknown,
  dBias: unknown,
): asserts bias is NumberArray {
  checkType(fn, 'bias', bias, type);
  if (x.length > 0 && x.length % bias.length !== 0) {
    throw new RangeError(`${fn}: bias must have a length that divides that of x, ${x.length}, got ${bias.length}`);
  }
  if (dBias === undefined) return;
  checkType(fn, 'dBias', dBias, type);
  checkLength(fn, 'dBias', dBias, bias.length, 'bias');
  if (collide(dBias, out)) throw new RangeError(`${fn}: dBias and out must not overlap`);
}

/** y = f(x + bias). Arguments have been checked. */
export function forwardWithBias(
  runtime: Runtime,
  type: ElementType,
  chosen: Chosen,
  x: NumberArray,
  bias: NumberArray,
  out: NumberArray,
): void {
  const source = apart(x, out);
  const reals = realsIn(runtime.workspace(source, out), type);
  const { addRow } = reals.kernels(biasKernels);
  const fill = repeated(reals.unpacked(apart(bias, out)), 1);
  withRow(reals, x.length, bias.length, fill, [source], [out], ([x, y], columns, rows, biasRow) => {
    addRow(x.at, x.row, biasRow, Z, reals.bytes * columns, columns, rows);
    apply(reals, chosen, undefined, Z, y.at, columns * rows);
  });
}

/** dx = dy f'(x + bias); the sums of its columns go to `dBias`. */
export function backwardWithBias(
  runtime: Runtime,
  type: ElementType,
  chosen: Chosen,
  dy: NumberArray,
  x: NumberArray,
  bias: NumberArray,
  out: NumberArray,
  dBias: NumberArray | undefined,
): void {
  const targets = dBias === undefined ? [out] : [out, dBias];
  const sources = [apart(dy, ...targets), apart(x, ...targets)];
  const reals = realsIn(runtime.workspace(...sources, out), type);
  const { addRow, addColumns } = reals.kernels(biasKernels);
  const fill = repeated(reals.unpacked(apart(bias, ...targets)), 1);
  const sums = dBias && { to: dBias, inner: 1 };
  withRow(
    reals,
    x.length,
    bias.length,
    fill,
    sources,
    [out],
    ([dy, x, dx], columns, rows, biasRow, sums) => {
      addRow(x.at, x.row, biasRow, Z, reals.bytes * columns, columns, rows);
      apply(reals, chosen, dy.at, Z, dx.at, columns * rows);
      if (dBias !== undefined) addColumns(dx.at, dx.row, sums, columns, rows);
    },
    sums,
  );
}
