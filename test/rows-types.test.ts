// softmax and its kin on Float64Array, against results of many digits, and on float16 and bfloat16, which are float32's rounded once.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spacing } from '../scripts/verify/float64.js';
import { cases, largestRowError, readRows } from '../scripts/verify/rows-float64.js';
import {
  type Backend,
  bfloat16,
  create,
  type FloatArray,
  float16,
  type Lanewise,
  logSumExp,
  type RowFunctions,
  softmax,
} from '../src';
import { randoms } from './float32';

const backends: Backend[] = ['simd', 'relaxed', 'js'];
const libraries = backends.map((backend) => [backend, create({ backend })] as const);
const references = readRows(new URL('golden/rows-float64.gz', import.meta.url));

/** In ULP. The engine's own exponential, of the js backend, errs by one of them, and V8's by more. */
const BOUND = { simd: 2, relaxed: 2, js: 5 };

const names = ['softmax', 'softmin', 'logSoftmax', 'logSumExp', 'sparsemax', 'hardmax'] as const;
/** Each function and each gradient, as a function of a row and what comes from above. */
const calls = names.flatMap((name) =>
  (['forward', 'backward', 'backwardFromOutput'] as const)
    .filter((kind) => kind === 'forward' || kind in softmaxLike(libraries[0][1], name))
    .map((kind) => [name, kind] as const),
);

// biome-ignore lint/suspicious/noExplicitAny: of any options
type AnyFunction = ((x: any, options?: object) => any) & Record<string, (dy: any, x: any, options?: object) => any>;

function softmaxLike(library: RowFunctions, name: (typeof names)[number]): AnyFunction {
  return library[name] as unknown as AnyFunction;
}

function call<A extends FloatArray>(
  library: Lanewise,
  [name, kind]: (typeof calls)[number],
  dy: A,
  x: A,
  options?: object,
): A {
  const f = softmaxLike(library, name);
  return kind === 'forward' ? f(x, options) : f[kind](dy, x, options);
}

/** Of -8..8. */
function doubles(n: number, seed: number): Float64Array {
  return Float64Array.from(randoms(n, seed), (v) => (((v * 7919) % 2) - 1 || 0) * 8);
}

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);
/** What a gradient takes from above: an element for each of the result. */
const upstream = (name: string, shape: number[], axis: number) =>
  doubles(name === 'logSumExp' ? size(shape) / shape[axis] : size(shape), 7);

/** The array as bytes: NaN equal, zeros distinct. */
const bytes = (a: FloatArray) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('hex');

describe.each(libraries)('%s: float64', (backend, library) => {
  test.each(Object.entries(cases))('%s: rows of all magnitudes', (_, tried) => {
    const { ulp, at } = largestRowError(library as unknown as Parameters<typeof largestRowError>[0], tried, references);
    expect(ulp, at).toBeLessThanOrEqual(BOUND[backend]);
  });

  test('the sums of long rows', () => {
    for (const n of [8191, 8193, 100_003]) {
      const equal = library.softmax(new Float64Array(n).fill(0.1));
      expect(new Set(equal)).toEqual(new Set([1 / n]));
      const y = library.softmax(doubles(n, n));
      const total = y.reduceRight((sum, v) => sum + v, 0);
      expect(Math.abs(total - 1)).toBeLessThan(n * 2 ** -56);
      expect(library.logSumExp(new Float64Array(n))[0]).toBe(Math.log(n));
    }
  });

  test.each(calls)(
    '%s %s: a row comes out the same alone, among others, in an arena, unaligned, in place',
    (...which) => {
      for (const n of [1, 2, 7, 33, 300, 8200]) {
        const [name, kind] = which;
        const [x, dy] = [doubles(n, n), upstream(name, [n], 0)];
        const alone = bytes(call(library, which, dy, x));
        const [xs, dys] = [x, dy].map((a) => Float64Array.from({ length: 3 * a.length }, (_, i) => a[i % a.length]));
        const arena = library.createArena(8 * 12 * n + 512);
        const inArena = (a: Float64Array) => {
          const own = arena.float64(a.length + 1).subarray(1);
          own.set(a);
          return own;
        };
        const shape = [3, n];
        const together = call(library, which, dys, xs, { shape });
        expect(bytes(together)).toBe(alone.repeat(3));
        const [ax, ady] = [inArena(xs), inArena(dys)];
        const out = arena.float64(together.length + 2).fill(9);
        call(library, which, ady, ax, { shape, out: out.subarray(1, -1) });
        expect(bytes(out.subarray(1, -1))).toBe(alone.repeat(3));
        expect([out[0], out.at(-1)]).toEqual([9, 9]);
        if (name === 'logSumExp') continue;
        // Over a source, and over part of one.
        const place = kind === 'forward' ? ax : ady;
        expect(bytes(call(library, which, ady, ax, { shape, out: place }))).toBe(alone.repeat(3));
        const moved = new Float64Array(3 * n + 1);
        moved.set(xs);
        const overlapping = moved.subarray(0, -1);
        expect(bytes(call(library, which, dys, overlapping, { shape, out: moved.subarray(1) }))).toBe(alone.repeat(3));
      }
    },
  );

  test.each(calls)('%s %s: along another axis', (...which) => {
    const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), (shape, a, seed) => {
        const axis = a % shape.length;
        const x = doubles(size(shape), seed);
        const dy = upstream(which[0], shape, axis);
        const y = call(library, which, dy, x, { shape, axis });
        // Rows side by side, one after another.
        const inner = size(shape.slice(axis + 1));
        const n = shape[axis];
        const isSum = which[0] === 'logSumExp';
        for (let r = 0; r < size(shape) / n; r++) {
          const at = Array.from({ length: n }, (_, j) => (Math.floor(r / inner) * n + j) * inner + (r % inner));
          const part = (array: Float64Array) => Float64Array.from(at, (i) => array[i]);
          const ownDy = isSum ? dy.subarray(r, r + 1) : part(dy);
          const own = call(library, which, ownDy, part(x));
          const found = isSum && which[1] === 'forward' ? y.subarray(r, r + 1) : part(y);
          for (const [i, v] of own.entries()) {
            // Sums are taken in another order.
            if (!(Math.abs(found[i] - v) <= 4 * spacing(Math.max(Math.abs(v), which[1] === 'forward' ? 0 : 64))))
              expect(found[i]).toBe(v);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('long columns, and long rows in pieces', () => {
    for (const [shape, axis] of [
      [[8300, 2], 0],
      [[1, 8200], 1],
    ] as [number[], number][]) {
      for (const which of calls) {
        const n = size(shape);
        const [x, dy] = [doubles(n, n), upstream(which[0], shape, axis)];
        const y = call(library, which, dy, x, { shape, axis });
        const arena = library.createArena(8 * (n + dy.length + y.length) + 256);
        const [ax, ady, out] = [arena.float64(n), arena.float64(dy.length), arena.float64(y.length)];
        ax.set(x);
        ady.set(dy);
        call(library, which, ady, ax, { shape, axis, out });
        const worst = y.reduce(
          (most, v, i) => Math.max(most, Math.abs(v - out[i]) / spacing(Math.max(Math.abs(v), 8))),
          0,
        );
        expect(worst, which.join(' ')).toBeLessThanOrEqual(1);
      }
    }
  });

  test('mask and bias', () => {
    for (const [shape, axis] of [
      [[3, 7], 1],
      [[7, 3], 0],
    ] as [number[], number][]) {
      const [x, bias, dy] = [doubles(21, 1), doubles(7, 2), doubles(21, 3)];
      const mask = Uint8Array.from(bias, (_, i) => (i * 7) % 3);
      const place = (i: number) => (axis === 1 ? i % 7 : Math.floor(i / 3));
      const sum = x.map((v, i) => (mask[place(i)] ? v + bias[place(i)] : -Infinity));
      for (const name of ['softmax', 'logSoftmax', 'logSumExp'] as const) {
        expect(library[name](x, { shape, axis, mask, bias })).toEqual(library[name](sum, { shape, axis }));
      }
      const negative = x.map((v, i) => (mask[place(i)] ? -(v + bias[place(i)]) : -Infinity));
      expect(library.softmin(x, { shape, axis, mask, bias })).toEqual(library.softmax(negative, { shape, axis }));
      expect(library.softmax.backward(dy, x, { shape, axis, mask, bias }).map((v) => v + 0)).toEqual(
        library.softmax.backward(dy, sum, { shape, axis }).map((v) => v + 0),
      );
    }
  });

  test('NaN, infinities, results near 0 and subnormal', () => {
    const of = (name: (typeof names)[number], ...x: number[]) => [...softmaxLike(library, name)(new Float64Array(x))];
    for (const name of ['softmax', 'logSoftmax', 'sparsemax'] as const) {
      for (const row of [
        [1, Number.NaN],
        [Infinity, 1],
        [-Infinity, -Infinity],
      ])
        expect(of(name, ...row)).toEqual([Number.NaN, Number.NaN]);
    }
    expect(of('softmax', 0, -Infinity)).toEqual([1, 0]);
    expect(of('softmax', 0, -1e300, -746)).toEqual([1, 0, 0]);
    expect(of('softmax', 1e300)).toEqual([1]);
    expect(of('softmax', 0, -740)[1] / Math.exp(-740)).toBeCloseTo(1, 12);
    expect(of('logSoftmax', 0, -Infinity).map((v) => v + 0)).toEqual([0, -Infinity]);
    expect(of('logSoftmax', 0, -700)[0]).toBe(-Math.exp(-700));
    expect([of('logSumExp', 1, Infinity), of('logSumExp', -Infinity), of('logSumExp', Number.NaN)]).toEqual([
      [Infinity],
      [-Infinity],
      [Number.NaN],
    ]);
    expect(of('hardmax', 1, 3, 3)).toEqual([0, 1, 0]);
    expect(of('hardmax', 1, Number.NaN)).toEqual([Number.NaN, Number.NaN]);
    const [dy, x] = [new Float64Array([1e300, 1]), new Float64Array([-Infinity, 0])];
    expect([...library.softmax.backward(dy, x)]).toEqual([0, 0]);
  });

  test('what float32 has left in the scratch memory does not show', () => {
    const x = doubles(300, 1);
    const alone = bytes(library.softmax.backward(x, x, { temperature: 3 }));
    library.logSoftmax(Float32Array.from(x), { shape: [100, 3] });
    library.swiglu(Float32Array.from(doubles(40_000, 5)));
    expect(bytes(library.softmax.backward(x, x, { temperature: 3 }))).toBe(alone);
  });
});

const { Float16Array: Native } = globalThis as { Float16Array?: new (buffer: ArrayBufferLike) => FloatArray };
const halves = [
  ['float16', (bits: Uint16Array): FloatArray => float16(bits), 'toFloat16', 'fromFloat16'],
  ['bfloat16', (bits: Uint16Array): FloatArray => bfloat16(bits), 'toBfloat16', 'fromBfloat16'],
  ...(Native === undefined
    ? []
    : [['Float16Array', (bits: Uint16Array) => new Native(bits.buffer), 'toFloat16', 'fromFloat16'] as const]),
] as const;

describe.each(libraries)('%s: halves', (_, library) => {
  test.each(halves)('%s: of float32, rounded once', (_, tagged, narrow, widen) => {
    const toHalf = (x: Float32Array) =>
      tagged((library[narrow] as Lanewise['toFloat16'])(x, { out: new Uint16Array(x.length) }));
    const toSingle = (h: FloatArray): Float32Array => library[widen](h as never);
    for (const [shape, axis] of [
      [[1], 0],
      [[3, 7], 1],
      [[7, 3], 0],
      [[2, 5, 3], 1],
      [[16_390], 0],
      [[30, 60], 0],
    ] as [number[], number][]) {
      for (const which of calls) {
        const n = size(shape);
        const x = toHalf(Float32Array.from(doubles(n, n)));
        const dy = toHalf(Float32Array.from(upstream(which[0], shape, axis)));
        const takesMask = ['softmax', 'softmin', 'logSoftmax', 'logSumExp'].includes(which[0]);
        const bias = toHalf(Float32Array.from(doubles(shape[axis], 5)));
        const mask = Uint8Array.from({ length: shape[axis] }, (_, i) => (i + 1) % 5);
        for (const more of takesMask && n < 1000 ? [false, true] : [false]) {
          const options = { shape, axis, ...(more ? { mask } : {}) };
          const single = { ...options, ...(more ? { bias: toSingle(bias) } : {}) };
          const half = { ...options, ...(more ? { bias } : {}) };
          const expected = bytes(toHalf(call(library, which, toSingle(dy), toSingle(x), single)));
          const y = call(library, which, dy, x, half);
          expect(y.constructor).toBe(x.constructor);
          expect(bytes(y), `${which.join(' ')} of ${shape}`).toBe(expected);
          if (y.length !== n) continue;
          const place = x.slice() as FloatArray;
          expect(call(library, which, dy, place, { ...half, out: place })).toBe(place);
          expect(bytes(place)).toBe(expected);
        }
      }
    }
  });
});

describe('bad arguments', () => {
  const x = new Float64Array([1, 2, 3, 4]);
  const out = new Float64Array(4).fill(9);
  const wrong = (value: unknown) => value as Float64Array;
  const detached = new Float64Array(2);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const refused: [string, () => unknown, new () => Error, string][] = [
    [
      'integers',
      () => softmax(wrong(new Int8Array(3))),
      TypeError,
      'softmax: x must be an array of floating-point numbers, got Int8Array(3)',
    ],
    [
      'untagged bits',
      () => softmax(wrong(new Uint16Array(3))),
      TypeError,
      'softmax: x must be an array of floating-point numbers, got Uint16Array(3)',
    ],
    ['a detached array', () => softmax(detached, { out }), TypeError, 'softmax: x must not be detached'],
    [
      'another out',
      () => softmax(x, { out: wrong(new Float32Array(4)) }),
      TypeError,
      'softmax: out must be a Float64Array, got Float32Array(4)',
    ],
    [
      'another dy',
      () => softmax.backward(wrong(new Float32Array(4)), x, { out }),
      TypeError,
      'softmax.backward: dy must be a Float64Array, got Float32Array(4)',
    ],
    [
      'another bias',
      () => logSumExp(x, { bias: wrong(new Float32Array(4)), out: out.subarray(0, 1) }),
      TypeError,
      'logSumExp: option bias must be a Float64Array, got Float32Array(4)',
    ],
    [
      'a float16 of a bfloat16',
      () => softmax(bfloat16(new Uint16Array(2)), { out: float16(new Uint16Array(2)) as never }),
      TypeError,
      'softmax: out must be a bfloat16 array, got',
    ],
    [
      'a short out',
      () => softmax(x, { out: out.subarray(1) }),
      RangeError,
      'softmax: out must have the length of x, 4, got 3',
    ],
  ];
  test.each(refused)('%s', (_, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
    expect(out.every((v) => v === 9)).toBe(true);
  });
});
