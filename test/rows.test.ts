// softmax and its kin: against their definitions in float64, over shapes, axes, backends, and kinds of memory.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ulpError } from '../scripts/verify/float32.js';
import { references } from '../scripts/verify/row-references.js';
import {
  type Backend,
  create,
  createArena,
  hardmax,
  type Lanewise,
  logSoftmax,
  logSumExp,
  type SoftmaxOptions,
  softmax,
  softmin,
  sparsemax,
} from '../src';
import { bits, randoms } from './float32';
import pytorch from './golden/pytorch.json?raw';

const backends: Backend[] = ['simd', 'relaxed', 'js'];
const names = ['softmax', 'softmin', 'logSoftmax', 'logSumExp', 'sparsemax', 'hardmax'] as const;
type Name = (typeof names)[number];
const smooth = ['softmax', 'softmin', 'logSoftmax', 'logSumExp', 'sparsemax'] as const;
const fromOutput = ['softmax', 'softmin', 'logSoftmax', 'sparsemax'] as const;
const libraries = Object.fromEntries(backends.map((backend) => [backend, create({ backend })])) as Record<
  Backend,
  Lanewise
>;

/** Largest errors in ULP, where they are relative. */
const bounds: Partial<Record<Name, number>> = { softmax: 3, softmin: 3, logSoftmax: 3, hardmax: 0 };

/** The same bits; vitest's own comparison takes a second for what this does in a millisecond. */
function expectSame(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((v, i) => v !== expected[i])).toBe(-1);
}

/** Calls `visit` with the indices of each row. */
function eachRow(shape: number[], axis: number, visit: (at: number[], row: number) => void): void {
  const size = (sizes: number[]) => sizes.reduce((a, b) => a * b, 1);
  const [outer, length, inner] = [size(shape.slice(0, axis)), shape[axis], size(shape.slice(axis + 1))];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      visit(
        Array.from({ length }, (_, j) => (o * length + j) * inner + i),
        o * inner + i,
      );
    }
  }
}

/** By the definition, row by row. */
function expected(name: Name, x: Float32Array, shape: number[], axis: number, t = 1): number[] {
  const isSum = name === 'logSumExp';
  const y: number[] = [];
  eachRow(shape, axis, (at, row) => {
    const values = references[name](
      at.map((i) => x[i]),
      t,
    );
    if (isSum) y[row] = values[0];
    else for (const [j, i] of at.entries()) y[i] = values[j];
  });
  return y;
}

/** Of unit error where the result is relative, else within 3 ULP of 1 or of the row. */
function compare(name: Name, y: Float32Array, exact: number[], size = 1): void {
  expect(y.length).toBe(exact.length);
  for (let i = 0; i < y.length; i++) {
    const bound = bounds[name];
    const error =
      bound === undefined
        ? Math.abs(y[i] - exact[i]) / 2 ** -22 / Math.max(size, Math.abs(exact[i]))
        : ulpError(y[i], exact[i]);
    if (!(error <= (bound ?? 1)) && !Object.is(y[i], exact[i]))
      expect.fail(`${name} [${i}]: got ${y[i]}, expected ${exact[i]}`);
  }
}

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });
const spreads = fc.constantFrom(0.01, 1, 20, 200);
const offsets = fc.constantFrom(0, -3, 90, -205, 300, 1e4, -1e9);

/** Elements of a kind. */
function row(n: number, spread: number, offset: number, seed: number): Float32Array {
  return randoms(n, seed).map((v) => offset + spread * (((v * 7919) % 2) - 1 || 0));
}

describe.each(backends)('%s', (backend) => {
  const library = libraries[backend];

  test.each(names)('%s: any shape and axis', (name) => {
    fc.assert(
      fc.property(shapes, fc.nat(), spreads, offsets, fc.nat(), (shape, a, spread, offset, seed) => {
        const axis = a % shape.length;
        const n = shape.reduce((p, q) => p * q, 1);
        const x = row(n, spread, offset, seed);
        const y = library[name](x, { shape, axis: a % 2 ? axis : axis - shape.length });
        compare(name, y, expected(name, x, shape, axis), Math.abs(offset) + spread);
      }),
      { numRuns: 50 },
    );
  });

  test.each([...smooth])('%s: rows longer than a block, and columns', (name) => {
    for (const [shape, axis] of [
      [[20_001], 0],
      [[2, 16_390], 1],
      [[503, 37], 0],
      [[17_001, 3], 0],
    ] as [number[], number][]) {
      const n = shape.reduce((p, q) => p * q, 1);
      const x = row(n, 10, 0, n);
      compare(name, library[name](x, { shape, axis }), expected(name, x, shape, axis), 10);
      const dy = row(library[name](x, { shape, axis }).length, 1, 0, 7);
      const dx = library[name].backward(dy, x, { shape, axis });
      // The same as of a shorter row, up to rounding, if the rest adds nothing: here, that pieces and blocks agree.
      const arena = library.createArena(8 * n + 4 * dy.length + 256);
      const [ax, ady, aout] = [arena.float32(n), arena.float32(dy.length), arena.float32(n)];
      ax.set(x);
      ady.set(dy);
      expectSame(bits(library[name].backward(ady, ax, { shape, axis, out: aout })), bits(dx));
    }
  });

  test.each(['softmax', 'softmin', 'logSoftmax'] as const)('%s: temperature', (name) => {
    for (const temperature of [1e-5, 0.1, 0.7, 3, 1e5]) {
      const x = row(41, 60 * temperature, 10 * temperature, 3);
      compare(name, library[name](x, { temperature }), expected(name, x, [41], 0, temperature));
    }
  });

  test('softmax sums to 1 within 2 ULP, and no element exceeds 1', () => {
    for (let n = 1; n < 400; n += 7) {
      for (const spread of [0.01, 3, 30]) {
        const y = library.softmax(row(n, spread, 0, n));
        expect(Math.abs(y.reduce((a, b) => a + b, 0) - 1)).toBeLessThanOrEqual(2 ** -22);
        expect(Math.max(...y)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('logSoftmax near 0, subnormal results, and rows of one element', () => {
    expect([...library.logSoftmax(new Float32Array([0, -40]))][0] / -Math.exp(-40)).toBeCloseTo(1, 6);
    compare('softmax', library.softmax(new Float32Array([0, -95, -103, -104, -3e38])), [
      1,
      Math.exp(-95),
      Math.exp(-103),
      0,
      0,
    ]);
    expect([...library.softmax(new Float32Array([3e38]))]).toEqual([1]);
    expect(library.logSoftmax(new Float32Array([0, ...Array(100).fill(-Infinity)]))[0]).toBe(0);
  });

  test('NaN and infinities', () => {
    const rows = { nan: [1, Number.NaN], inf: [Infinity, 1], none: [-Infinity, -Infinity], some: [0, -Infinity] };
    const of = (name: Name, key: keyof typeof rows) => [...library[name](new Float32Array(rows[key]))];
    for (const name of ['softmax', 'logSoftmax', 'sparsemax'] as const) {
      for (const key of ['nan', 'inf', 'none'] as const)
        expect([name, key, of(name, key)]).toEqual([name, key, [Number.NaN, Number.NaN]]);
    }
    expect(of('softmax', 'some')).toEqual([1, 0]);
    expect(of('sparsemax', 'some')).toEqual([1, 0]);
    expect(of('logSoftmax', 'some').map((v) => v + 0)).toEqual([0, -Infinity]);
    expect(['nan', 'inf', 'none', 'some'].map((key) => of('logSumExp', key as 'nan')[0])).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
      0,
    ]);
    expect(of('hardmax', 'nan')).toEqual([Number.NaN, Number.NaN]);
    expect(of('hardmax', 'inf')).toEqual([1, 0]);
    expect(of('hardmax', 'none')).toEqual([1, 0]);
  });

  test('nothing, and rows of nothing', () => {
    for (const name of names)
      expect(library[name](new Float32Array(0), { shape: [0, 3] })).toEqual(new Float32Array(0));
    expect([...library.logSumExp(new Float32Array(0), { shape: [2, 0] })]).toEqual([-Infinity, -Infinity]);
  });

  test('a row comes out the same alone, among others, ordinary, in an arena, unaligned, and in place', () => {
    for (const name of names) {
      for (const n of [1, 7, 33, 1000, 16_400]) {
        const x = row(n, 8, 0, n);
        const alone = bits(library[name](x));
        const many = new Float32Array(3 * n + 1);
        for (let r = 0; r < 3; r++) many.set(x, 1 + r * n);
        const arena = library.createArena(4 * (3 * n + 1));
        const own = arena.float32(3 * n + 1);
        own.set(many);
        for (const source of [many.subarray(1), own.subarray(1)]) {
          const y = library[name](source, { shape: [3, n] });
          for (let r = 0; r < 3; r++) expectSame(bits(y.subarray((r * y.length) / 3, ((r + 1) * y.length) / 3)), alone);
        }
        if (name === 'logSumExp') continue;
        library[name](own.subarray(1), { shape: [3, n], out: own.subarray(1) });
        expectSame(bits(own.subarray(1 + n, 1 + 2 * n)), alone);
        expect(own[0]).toBe(0);
        library[name](many.subarray(1), { shape: [3, n], out: many.subarray(0, 3 * n) });
        expectSame(bits(many.subarray(n, 2 * n)), alone);
      }
    }
  });

  test('softmax of a row is the same by whatever power its exponentials come, and twice the row at temperature 2', () => {
    for (const n of [1, 7, 33, 1000, 16_400]) {
      const rows = [0, -19.9, -21, 19.9, 21, 90, -205, 300, -1e9].map((offset) => row(n, 8, offset, n));
      rows.push(
        row(n, 120, 0, n),
        row(n, 8, 0, n).fill(Number.NaN, 0, 1),
        row(n, 8, 0, n).fill(-Infinity, 1),
        row(n, 8, 0, n),
      );
      const alone = rows.map((x) => bits(library.softmax(x)));
      const arena = library.createArena(8 * n * rows.length + 64);
      const [own, out] = [arena.float32(n * rows.length), arena.float32(n * rows.length)];
      for (const [r, x] of rows.entries()) own.set(x, r * n);
      const shape = [rows.length, n];
      const expectRows = (y: Float32Array) => {
        for (const [r, expected] of alone.entries()) expectSame(bits(y.subarray(r * n, (r + 1) * n)), expected);
      };
      expectRows(library.softmax(Float32Array.from(own), { shape }));
      expectRows(library.softmax(own, { shape, out }));
      for (const [i, v] of own.entries()) out[i] = 2 * v;
      expectRows(library.softmax(out, { shape, out, temperature: 2 }));
      expectRows(library.softmax(own, { shape, out: own }));
    }
  });

  test('functions that share the scratch memory leave nothing behind', () => {
    const x = row(100, 20, 0, 1);
    for (const y of [
      () => library.softmax(x),
      () => library.softmax.backward(x, x),
      () => library.softmax(x.subarray(60)),
    ]) {
      const alone = bits(y());
      library.swiglu(row(40_000, 5, 0, 2));
      library.softmax(x, { temperature: 3 });
      library.glu.backward(row(20_000, 5, 0, 3), row(40_000, 5, 0, 4));
      expectSame(bits(y()), alone);
      library.gelu.backward(row(8, 1, 0, 2), row(8, 1, 0, 3), { bias: row(8, 1, 0, 4) });
      expectSame(bits(y()), alone);
    }
  });

  test('mask and bias', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.boolean(),
        (r, c, whole, columns) => {
          const [shape, axis] = columns ? [[c, r], 0] : [[r, c], 1];
          const x = row(r * c, 5, 0, c);
          const bias = row(whole ? r * c : c, 3, 0, 5);
          const mask = Uint8Array.from(bias, (_, i) => (i * 7) % 3);
          const place = (i: number) => (whole ? i : columns ? Math.floor(i / r) : i % c);
          const masked = x.map((v, i) => (mask[place(i)] ? Math.fround(v + bias[place(i)]) : -Infinity));
          for (const name of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
            expect(bits(library[name](x, { shape, axis, mask, bias }))).toEqual(
              bits(library[name](masked, { shape, axis })),
            );
          }
          const negative = x.map((v, i) => (mask[place(i)] ? -Math.fround(v + bias[place(i)]) : -Infinity));
          expect(bits(library.softmin(x, { shape, axis, mask, bias }))).toEqual(
            bits(library.softmax(negative, { shape, axis })),
          );
          const dy = row(r * c, 1, 0, 9);
          const dx = library.logSoftmax.backward(dy, x, { shape, axis, mask, bias });
          expect(dx.every((v, i) => mask[place(i)] !== 0 || v === 0 || Number.isNaN(v))).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
    expect([...library.softmax(new Float32Array([1, Number.NaN]), { mask: new Uint8Array([1, 0]) })]).toEqual([1, 0]);
    expect([...library.softmax(new Float32Array([1, 2]), { mask: new Uint8Array(2) })]).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });

  test.each([...smooth])('%s: the gradient is that of central differences in float64', (name) => {
    for (const [shape, axis, temperature] of [
      [[3, 7], 1, 1],
      [[5, 6], 0, 1],
      [[2, 3, 2], 1, 0.7],
      [[1, 40], 1, 3],
    ] as [number[], number, number][]) {
      const t = name === 'logSumExp' || name === 'sparsemax' ? 1 : temperature;
      const n = shape.reduce((p, q) => p * q, 1);
      const x = row(n, 1, 0, n + 1);
      const options: SoftmaxOptions = { shape, axis, ...(t === 1 ? {} : { temperature: t }) };
      const y = library[name](x, options);
      const dy = row(y.length, 1, 0, 77);
      const dx = library[name].backward(dy, x, options);
      const loss = (values: ArrayLike<number>) => {
        const f = expected(name, values as Float32Array, shape, axis, t);
        return f.reduce((sum, v, i) => sum + v * dy[i], 0);
      };
      const h = 1e-6;
      for (let i = 0; i < n; i++) {
        const [up, down] = [h, -h].map((step) => Float64Array.from(x, (v, j) => (j === i ? v + step : v)));
        expect(Math.abs(dx[i] - (loss(up) - loss(down)) / (2 * h))).toBeLessThan(2e-6 / t);
      }
      if (fromOutput.some((other) => other === name)) {
        const again = library[name as 'softmax'].backwardFromOutput(dy, y, options);
        for (let i = 0; i < n; i++) expect(Math.abs(again[i] - dx[i])).toBeLessThan(2e-6 / t);
      }
      const place = name === 'logSumExp' ? x.slice() : dy.slice();
      expect(
        bits(
          library[name].backward(name === 'logSumExp' ? dy : place, name === 'logSumExp' ? place : x, {
            ...options,
            out: place,
          }),
        ),
      ).toEqual(bits(dx));
    }
  });
});

describe('PyTorch', () => {
  const golden = JSON.parse(pytorch);
  type Vector = {
    fn: 'softmax' | 'softmin' | 'logSoftmax';
    rows: number;
    cols: number;
    x: number[];
    dy: number[];
    y: number[];
    dx: number[];
  };
  for (const { fn, rows, cols, x, dy, y, dx } of golden.rowwise as Vector[]) {
    test.each(backends)(`${fn} %s`, (backend) => {
      const f = libraries[backend][fn];
      const [source, upstream] = [Float32Array.from(x), Float32Array.from(dy)];
      compare(fn, f(source, { shape: [rows, cols] }), y);
      const gradient = f.backward(upstream, source, { shape: [rows, cols] });
      for (const [i, v] of dx.entries())
        expect(Math.abs(gradient[i] - v)).toBeLessThan(4 * 2 ** -23 * Math.max(1, Math.abs(dy[i])));
    });
  }
});

describe('bad arguments', () => {
  const x = new Float32Array([1, 2, 3, 4, 5, 6]);
  const out = new Float32Array(6).fill(9);
  const cases: [string, () => unknown, new () => Error, string][] = [
    [
      'no array',
      () => softmax([1] as never),
      TypeError,
      'softmax: x must be an array of floating-point numbers, got Array(1)',
    ],
    [
      'shape',
      () => softmin(x, { shape: [2, 2], out }),
      RangeError,
      'softmin: option shape must be of 6 elements, got [2,2], of 4',
    ],
    [
      'axis',
      () => sparsemax(x, { shape: [2, 3], axis: 2, out }),
      RangeError,
      'sparsemax: option axis must be an integer from -2 to 1 for a shape of 2, got 2',
    ],
    [
      'temperature',
      () => softmax(x, { temperature: 0, out }),
      RangeError,
      'softmax: option temperature must be from 0.00001 to 100000, got 0',
    ],
    [
      'its kind',
      () => softmax(x, { temperature: '1' as never, out }),
      TypeError,
      'softmax: option temperature must be a number, got "1"',
    ],
    [
      'mask',
      () => softmax(x, { mask: new Uint8Array(5), out }),
      RangeError,
      'softmax: option mask must have the length of x, 6, or of a row, 6, got 5',
    ],
    [
      'its kind',
      () => softmax(x, { mask: [1] as never, out }),
      TypeError,
      'softmax: option mask must be a Uint8Array, got Array(1)',
    ],
    [
      'bias',
      () => logSumExp(x, { bias: new Float64Array(6) as never }),
      TypeError,
      'logSumExp: option bias must be a Float32Array, got Float64Array(6)',
    ],
    [
      'sums',
      () => logSumExp(x, { shape: [2, 3], out }),
      RangeError,
      'logSumExp: out must have the length of the rows, 2, got 6',
    ],
    [
      'their dy',
      () => logSumExp.backward(x, x, { out }),
      RangeError,
      'logSumExp.backward: dy must have the length of the rows, 1, got 6',
    ],
    [
      'dy',
      () => logSoftmax.backward(new Float32Array(2), x, { out }),
      RangeError,
      'logSoftmax.backward: dy must have the length of x, 6, got 2',
    ],
    [
      'y',
      () => softmax.backwardFromOutput(x, [] as unknown as Float32Array, { out }),
      TypeError,
      'softmax.backwardFromOutput: y must be an array of floating-point numbers, got Array(0)',
    ],
    [
      'option',
      () => hardmax(x, { temperature: 1 } as never),
      TypeError,
      'hardmax: unknown option temperature, expected shape, axis, out',
    ],
  ];
  test.each(cases)('%s', (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
    expect(out.every((v) => v === 9)).toBe(true);
  });
});

test('hardmax has no gradient', () => {
  expect('backward' in hardmax).toBe(false);
});

test('logSumExp.backward into an array that overlaps x', () => {
  const n = 20_000;
  for (const buffer of [new Float32Array(n + 1), createArena(4 * n + 64).float32(n + 1)]) {
    const x = buffer.subarray(0, n);
    x.set(Array.from({ length: n }, (_, i) => Math.sin(i)));
    const expected = logSumExp.backward(new Float32Array([3]), x.slice());
    expect(logSumExp.backward(new Float32Array([3]), x, { out: buffer.subarray(1) })).toEqual(expected);
  }
});
