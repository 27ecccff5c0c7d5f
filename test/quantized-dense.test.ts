// Dense layers of bytes, against sums of BigInt and float32 arithmetic by the formula of the documentation.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, gelu, hardTanh, relu, relu6 } from '../src';
import { create, quantizedDense } from '../src/nn';
import { sameBits } from './element-types';

const backends = ['relaxed', 'simd', 'js'] as const;
// biome-ignore lint/suspicious/noExplicitAny: arrays of both types, and what is wrong on purpose
type Any = any;
type Type = 'int8' | 'uint8';
const ends = { int8: [-128, 127], uint8: [0, 255] };
const arrays = { int8: Int8Array, uint8: Uint8Array };
const libraries = backends.map((backend) => create({ backend }));
const arenas = libraries.map(({ createArena }) => createArena(2 ** 22));

/** The same bytes for the same seed. */
function bytes(n: number, type: Type, seed: number): Int8Array | Uint8Array {
  let state = seed + 1;
  return new arrays[type](n).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >> 24;
  });
}

/** The nearest integer, of two the even one. */
function rint(x: number): number {
  const below = Math.floor(x);
  return below + (x - below > 0.5 || (x - below === 0.5 && below % 2 !== 0) ? 1 : 0);
}

interface Layer {
  readonly weights: Int8Array;
  readonly weightScale: number | readonly number[];
  readonly shape: readonly [number, number];
  readonly bias?: Int32Array;
  readonly input: { scale: number; zeroPoint: number; type: Type };
  readonly output: { scale: number; zeroPoint: number; type: Type };
  readonly activation?: Activation;
}

function expected(
  { weights, weightScale, shape, bias, input, output, activation }: Layer,
  x: ArrayLike<number>,
): number[] {
  const [k, n] = shape;
  const byte = (y: number) =>
    Math.min(
      Math.max(rint(y / Math.fround(output.scale)) + output.zeroPoint, ends[output.type][0]),
      ends[output.type][1],
    );
  const [least, largest] =
    activation === relu
      ? [byte(0), ends[output.type][1]]
      : activation === relu6
        ? [byte(0), byte(6)]
        : activation !== undefined
          ? [byte(-0.7), byte(0.4)]
          : ends[output.type];
  return Array.from({ length: (x.length / k) * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = BigInt(bias?.[j] ?? 0);
    for (let p = 0; p < k; p++) sum += BigInt(x[i * k + p] - input.zeroPoint) * BigInt(weights[p * n + j]);
    const scale = typeof weightScale === 'number' ? weightScale : weightScale[j];
    const factor = Math.fround((Math.fround(input.scale) * Math.fround(scale)) / Math.fround(output.scale));
    const y = Math.fround(Math.fround(Number(sum)) * factor);
    return Math.min(Math.max(rint(y) + output.zeroPoint, least), largest);
  });
}

function expectBytes(actual: ArrayLike<number>, wanted: readonly number[], what: string): void {
  expect(actual.length).toBe(wanted.length);
  const at = wanted.findIndex((y, i) => y !== actual[i]);
  if (at >= 0) expect.fail(`${what}: byte ${at} is ${actual[at]}, not ${wanted[at]}`);
}

const quantization = fc
  .record({
    scale: fc.double({ min: 1e-3, max: 2, noNaN: true }),
    zero: fc.nat(255),
    type: fc.constantFrom<Type>('int8', 'uint8'),
  })
  .map(({ scale, zero, type }) => ({ scale, zeroPoint: ends[type][0] + zero, type }));
const clips = [undefined, relu, relu6, hardTanh.with({ min: -0.7, max: 0.4 })];
const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(31, 32, 33, 64, 65));

describe('every backend gives the bytes of the formula', () => {
  test('all shapes, types, offsets, in and out of an arena; nothing else is written', () => {
    fc.assert(
      fc.property(
        fc.tuple(size, size, size),
        quantization,
        quantization,
        fc.record({
          isPerColumn: fc.boolean(),
          hasBias: fc.boolean(),
          clip: fc.nat(3),
          places: fc.nat(7),
          offset: fc.nat(9),
          seed: fc.nat(1e6),
        }),
        ([m, depth, n], input, output, { isPerColumn, hasBias, clip, places, offset, seed }) => {
          const k = depth + 1;
          const scaleOf = (j: number) => Math.fround((output.scale / input.scale) * (0.002 + 0.001 * (j % 5)));
          const layer: Layer = {
            weights: bytes(k * n, 'int8', seed) as Int8Array,
            weightScale: isPerColumn ? Array.from({ length: n }, (_, j) => scaleOf(j)) : scaleOf(1),
            shape: [k, n],
            ...(hasBias ? { bias: Int32Array.from({ length: n }, (_, j) => ((j * 7919) % 4001) - 2000) } : {}),
            input,
            output,
            ...(clips[clip] ? { activation: clips[clip] } : {}),
          };
          const source = bytes(m * k, input.type, seed + 1);
          const wanted = expected(layer, source);
          libraries.forEach(({ quantizedDense }, i) => {
            const arena = arenas[i];
            arena.reset();
            const own = quantizedDense({ ...layer, ...(places & 4 ? { arena } : {}) } as Any);
            const room = (length: number, type: Type, isInArena: number) =>
              (isInArena ? arena[type](length + 20) : new arrays[type](length + 20))
                .fill(77)
                .subarray(offset, offset + length) as Any;
            const x = room(m * k, input.type, places & 1);
            x.set(source);
            const out = room(m * n, output.type, places & 2);
            expect(own(x, { out })).toBe(out);
            expectBytes(out, wanted, `${backends[i]}, ${m} x ${k} x ${n}`);
            const around = new Uint8Array(out.buffer, out.byteOffset - offset, m * n + 20);
            around.forEach((byte, at) => {
              if ((at < offset || at >= offset + m * n) && byte !== 77) expect.fail(`byte ${at - offset} was written`);
            });
            expectBytes(own(x), wanted, `${backends[i]}, a new array`);
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  // More columns than panels that are copied at once, more rows than fit, and the longest sums.
  test.each([
    [9, 700, 900],
    [3, 8, 20_000],
    [20_000, 8, 9],
    [5, 32_768, 17],
    [1, 4001, 300],
  ])('%i x %i x %i', (m, k, n) => {
    const layer: Layer = {
      weights: (bytes(k * n, 'int8', k) as Int8Array).map((w) => w >> 2),
      weightScale: 0.001,
      shape: [k, n],
      input: { scale: 1, zeroPoint: 3, type: 'uint8' },
      output: { scale: 1, zeroPoint: -3, type: 'int8' },
    };
    const x = bytes(m * k, 'uint8', 5) as Uint8Array;
    const small = { ...layer, weights: layer.weights, shape: layer.shape };
    const first = libraries[0].quantizedDense(small)(x as Any);
    for (const [i, { quantizedDense, createArena }] of libraries.entries()) {
      const arena = createArena(k * n + m * (k + n) + 9 * 2 ** 17 + 16 * n);
      const own = quantizedDense({ ...layer, arena } as Any);
      const [there, out] = [arena.uint8(m * k), arena.int8(m * n)];
      there.set(x);
      for (const result of [quantizedDense(layer as Any)(x as Any), own(there as Any, { out })]) {
        if (!sameBits(result, first)) expect.fail(backends[i]);
      }
    }
    for (const at of [0, 1, n - 1, n, m * n - 1, (m * n) >> 1]) {
      if (at >= m * n) continue;
      const [i, j] = [Math.floor(at / n), at % n];
      const column = layer.weights.filter((_, w) => w % n === j);
      const one = expected({ ...layer, weights: column, shape: [k, 1] }, x.subarray(i * k, (i + 1) * k));
      expect(first[at], `byte ${at}`).toBe(one[0]);
    }
  });

  test('sums up to the ends of int32', () => {
    const [k, n] = [16_513, 2];
    const weights = new Int8Array(k * n).fill(-128);
    const own = {
      shape: [k, n] as const,
      weightScale: 1e-7,
      weights,
      output: { scale: 1, zeroPoint: 0, type: 'int8' as const },
    };
    for (const zeroPoint of [-128, 127]) {
      const layer: Layer = { ...own, input: { scale: 0.5, zeroPoint, type: 'int8' } };
      for (const x of [-128, 127]) {
        const row = new Int8Array(k).fill(x);
        for (const { quantizedDense } of libraries) {
          const small = { ...layer, weights: weights.map((w) => w >> 1) };
          expect(Array.from(quantizedDense(small)(row))).toEqual(expected(small, row));
        }
      }
    }
    const [largest, smallest] = [2 ** 31 - 1, -(2 ** 31)];
    const bias = new Int32Array([largest - 127, smallest + 128]);
    const layer: Layer = {
      ...own,
      shape: [1, 2],
      weights: new Int8Array([1, 1]),
      bias,
      input: { scale: 1, zeroPoint: 0, type: 'int8' },
    };
    const one = new Int8Array([127, -128]);
    for (const { quantizedDense } of libraries)
      expect(Array.from(quantizedDense(layer)(one))).toEqual(expected(layer, one));
    bias[0]++;
    expect(() => quantizedDense(layer)).toThrow(
      new RangeError('quantizedDense: sums must stay in int32, got 2147483393 to 2147483648 in column 0'),
    );
  });

  test.each(backends)('%s: out may overlap x in any way', (backend) => {
    const { quantizedDense, createArena } = create({ backend });
    const arena = createArena(2 ** 16);
    fc.assert(
      fc.property(fc.nat(20), fc.nat(40), fc.nat(40), fc.boolean(), (m, k1, n, isInArena) => {
        arena.reset();
        const k = k1 + 1;
        const q = { scale: 1, zeroPoint: 1, type: 'int8' as const };
        const layer: Layer = {
          weights: bytes(k * n, 'int8', m) as Int8Array,
          weightScale: 0.01,
          shape: [k, n],
          input: q,
          output: q,
        };
        const own = quantizedDense({ ...layer, ...(isInArena ? { arena } : {}) } as Any);
        const memory = isInArena ? arena.int8(2000) : new Int8Array(2000);
        memory.set(bytes(2000, 'int8', k) as Int8Array);
        const x = memory.subarray(50, 50 + m * k);
        const wanted = expected(layer, x.slice());
        expectBytes(own(x, { out: memory.subarray(50 + (n % 7), 50 + (n % 7) + m * n) }), wanted, 'overlap');
      }),
      { numRuns: 60 },
    );
  });

  test('by hand', () => {
    const layer = quantizedDense({
      weights: new Int8Array([1, 0, -1, 0, 1, -1]),
      weightScale: [0.5, 0.5, 0.25],
      bias: new Int32Array([0, 0, 2]),
      input: { scale: 0.5 },
      output: { scale: 0.25 },
      activation: relu,
    });
    expect(Array.from(layer(new Int8Array([1, 2, -3, -4])))).toEqual([1, 2, 0, 0, 0, 4]);
  });

  test('weights are copied', () => {
    const weights = new Int8Array([2]);
    const layer = quantizedDense({ weights, weightScale: 1, shape: [1, 1], input: { scale: 1 }, output: { scale: 1 } });
    weights[0] = 5;
    expect(Array.from(layer(new Int8Array([3])))).toEqual([6]);
  });
});

describe('a wrong argument', () => {
  const q = { scale: 1 };
  const good = {
    weights: new Int8Array(6),
    weightScale: 1,
    shape: [2, 3],
    input: q,
    output: { scale: 1, type: 'uint8' },
  };
  const layer = quantizedDense(good as Any) as Any;
  const out = new Uint8Array(3).fill(9);
  const detached = new Int8Array(2);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  test.each<[what: string, call: () => unknown, error: Error]>([
    [
      'options',
      () => quantizedDense(undefined as Any),
      new TypeError('quantizedDense: options must be an object, got undefined'),
    ],
    [
      'unknown',
      () => quantizedDense({ ...good, axis: 1 } as Any),
      new TypeError(
        'quantizedDense: unknown option axis, expected weights, weightScale, shape, bias, input, output, activation, arena',
      ),
    ],
    [
      'weights',
      () => quantizedDense({ ...good, weights: new Uint8Array(6) } as Any),
      new TypeError('quantizedDense: weights must be an Int8Array, got Uint8Array(6)'),
    ],
    [
      'bias',
      () => quantizedDense({ ...good, bias: new Float32Array(3) } as Any),
      new TypeError('quantizedDense: bias must be an Int32Array, got Float32Array(3)'),
    ],
    [
      'length of bias',
      () => quantizedDense({ ...good, bias: new Int32Array(2) } as Any),
      new RangeError('quantizedDense: bias must have the length of a row of weights, 3, got 2'),
    ],
    [
      'no sizes',
      () => quantizedDense({ ...good, shape: undefined } as Any),
      new TypeError('quantizedDense: expected option shape or bias, got neither'),
    ],
    [
      'shape',
      () => quantizedDense({ ...good, shape: [2, 2] } as Any),
      new RangeError('quantizedDense: option shape must be of 6 elements, got [2,2], of 4'),
    ],
    [
      'depth',
      () => quantizedDense({ ...good, weights: new Int8Array(32_769), shape: [32_769, 1] } as Any),
      new RangeError('quantizedDense: weights must have at most 32768 rows, got 32769'),
    ],
    [
      'scales',
      () => quantizedDense({ ...good, weightScale: [1, 2] } as Any),
      new RangeError('quantizedDense: option weightScale must have one number for each channel, 3, got 2'),
    ],
    [
      'scale',
      () => quantizedDense({ ...good, weightScale: -1 } as Any),
      new RangeError('quantizedDense: option weightScale must be a positive float32 number, got -1'),
    ],
    [
      'factor',
      () => quantizedDense({ ...good, weightScale: 1e38, input: { scale: 1e38 } } as Any),
      new RangeError('quantizedDense: input.scale * weightScale / output.scale must be a float32 number, got Infinity'),
    ],
    [
      'activation',
      () => quantizedDense({ ...good, activation: gelu } as Any),
      new TypeError('quantizedDense: option activation must be relu, relu6 or hardTanh, got gelu'),
    ],
    [
      'no activation',
      () => quantizedDense({ ...good, activation: 'relu' } as Any),
      new TypeError('quantizedDense: option activation must be an activation, got "relu"'),
    ],
    [
      'an arena',
      () => quantizedDense({ ...good, arena: new ArrayBuffer(64) } as Any),
      new TypeError('quantizedDense: option arena must be an arena, got ArrayBuffer'),
    ],
    [
      'x',
      () => layer(new Uint8Array(2), { out }),
      new TypeError('quantizedDense: x must be an Int8Array, got Uint8Array(2)'),
    ],
    [
      'detached',
      () => layer(detached, { out }),
      new TypeError('quantizedDense: x must not be detached, got an Int8Array whose buffer was transferred'),
    ],
    [
      'rows',
      () => layer(new Int8Array(3), { out }),
      new RangeError('quantizedDense: x must have rows of 2 elements, as many as weights has rows, got 3 in all'),
    ],
    [
      'type of out',
      () => layer(new Int8Array(2), { out: new Int8Array(3) }),
      new TypeError('quantizedDense: out must be a Uint8Array, got Int8Array(3)'),
    ],
    [
      'out',
      () => layer(new Int8Array(4), { out }),
      new RangeError('quantizedDense: out must have 2 x 3 elements, 6, got 3'),
    ],
    [
      'option',
      () => layer(new Int8Array(2), { out, axis: 1 }),
      new TypeError('quantizedDense: unknown option axis, expected out'),
    ],
  ])('%s', (_, call, error) => {
    expect(call).toThrow(error);
    expect(Array.from(out)).toEqual([9, 9, 9]);
  });
});
