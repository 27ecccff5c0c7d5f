// A row that is applied to each row of an array, in one pass over memory: the bias of an activation.

import type { Chosen } from './activation';
import { Binary } from './binary';
import { apply, Blocks, type Operand, type Place, SUMS, TEMPORARY_1, TEMPORARY_2 } from './blocks';
import { checkFloat32, checkLength } from './errors';
import { relaxed, simd } from './generated/bias';
import { apart, collide } from './overlap';
import { copyIn, type Real, type Reals, realsIn } from './reals';
import type { KernelSet, Runtime } from './runtime';
import { type Sums, Totals } from './sums';
import { type NumberArray, types } from './types';

interface BiasKernels {
  addRow(x: number, xStride: number, row: number, y: number, yStride: number, width: number, rows: number): void;
  addColumns(x: number, xStride: number, sums: number, width: number, rows: number): void;
}

const biasKernels: KernelSet<BiasKernels> = {
  binary: /* @__PURE__ */ new Binary('activations', { relaxed, simd }),
  js(buffer) {
    const heap = new Float32Array(buffer);
    return {
      addRow(x, xStride, row, y, yStride, width, rows) {
        for (let r = 0; r < rows; r++) {
          const [p, q] = [(x + r * xStride) / 4, (y + r * yStride) / 4];
          for (let i = 0; i < width; i++) heap[q + i] = heap[p + i] + heap[row / 4 + i];
        }
      },
      addColumns(x, xStride, sums, width, rows) {
        const totals = new Float64Array(buffer, sums, width);
        for (let r = 0; r < rows; r++) {
          const p = (x + r * xStride) / 4;
          for (let i = 0; i < width; i++) totals[i] += heap[p + i];
        }
      },
    };
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
  const workspace = runtime.workspace(x);
  const { addColumns } = workspace.kernels(biasKernels);
  const add: Parameters<typeof withRow>[6] = ([{ at, row }], columns, rows, _, sums) =>
    addColumns(at, row, sums, columns, rows);
  withRow(realsIn(workspace, types.float32), x.length, to.length, () => {}, [x], [], add, { to, inner: 1 });
}

/** Checks what a call to `fn` was given beside x and out. */
export function checkBias(
  fn: string,
  x: Float32Array,
  out: Float32Array,
  bias: Float32Array | undefined,
  dBias: Float32Array | undefined,
): asserts bias {
  checkFloat32(fn, 'bias', bias);
  if (x.length > 0 && x.length % bias.length !== 0) {
    throw new RangeError(`${fn}: bias must have a length that divides that of x, ${x.length}, got ${bias.length}`);
  }
  if (dBias === undefined) return;
  checkFloat32(fn, 'dBias', dBias);
  checkLength(fn, 'dBias', dBias, bias.length, 'bias');
  if (collide(dBias, out)) throw new RangeError(`${fn}: dBias and out must not overlap`);
}

/** y = f(x + bias). Arguments have been checked. */
export function forwardWithBias(
  runtime: Runtime,
  chosen: Chosen,
  x: Float32Array,
  bias: Float32Array,
  out: Float32Array,
): void {
  const source = apart(x, out);
  const workspace = runtime.workspace(source, out);
  const { addRow } = workspace.kernels(biasKernels);
  const fill = repeated(apart(bias, out), 1);
  withRow(
    realsIn(workspace, types.float32),
    x.length,
    bias.length,
    fill,
    [source],
    [out],
    ([x, y], columns, rows, biasRow) => {
      addRow(x.at, x.row, biasRow, Z, 4 * columns, columns, rows);
      apply(workspace, chosen, undefined, Z, y.at, columns * rows);
    },
  );
}

/** dx = dy f'(x + bias); the sums of its columns go to `dBias`. */
export function backwardWithBias(
  runtime: Runtime,
  chosen: Chosen,
  dy: Float32Array,
  x: Float32Array,
  bias: Float32Array,
  out: Float32Array,
  dBias: Float32Array | undefined,
): void {
  const targets = dBias === undefined ? [out] : [out, dBias];
  const sources = [apart(dy, ...targets), apart(x, ...targets)];
  const workspace = runtime.workspace(...sources, out);
  const { addRow, addColumns } = workspace.kernels(biasKernels);
  const fill = repeated(apart(bias, ...targets), 1);
  const sums = dBias && { to: dBias, inner: 1 };
  withRow(
    realsIn(workspace, types.float32),
    x.length,
    bias.length,
    fill,
    sources,
    [out],
    ([dy, x, dx], columns, rows, biasRow, sums) => {
      addRow(x.at, x.row, biasRow, Z, 4 * columns, columns, rows);
      apply(workspace, chosen, dy.at, Z, dx.at, columns * rows);
      if (dBias !== undefined) addColumns(dx.at, dx.row, sums, columns, rows);
    },
    sums,
  );
}
