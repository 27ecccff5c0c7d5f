// Quantised numbers, by the definitions of ONNX in float64.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Activation,
  activations,
  create,
  dequantize,
  quantizationParams,
  quantize,
  quantized,
  quantizedPrelu,
  relu,
  sigmoid,
} from '../src';
import { rampsOf, tableOf } from '../src/tables';
import { types } from '../src/types';

const backends = ['relaxed', 'simd', 'js'] as const;
// biome-ignore lint/suspicious/noExplicitAny: arrays of both types
type Any = any;

const ends = { int8: [-128, 127], uint8: [0, 255] };
const arrays = { int8: Int8Array, uint8: Uint8Array };
type Type = keyof typeof ends;
type Quantization = { readonly scale: number; readonly zeroPoint: number; readonly type: Type };

/** The nearest integer, of two the even one. */
function rint(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? 1 : 0);
}

function saturate(x: number, type: Type): number {
  return Math.min(Math.max(x, ends[type][0]), ends[type][1]);
}

const type = fc.constantFrom<Type>('int8', 'uint8');
const quantization = fc
  .record({ scale: fc.double({ min: 1e-4, max: 2, noNaN: true }), zero: fc.nat(255), type })
  .map(({ scale, zero, type }) => ({ scale: Math.fround(scale), zeroPoint: ends[type][0] + zero, type }));

describe('functions of quantised numbers', () => {
  const libraries = backends.map((backend) => create({ backend }));

  test.each(Object.keys(activations))('%s: all 256 inputs, exactly', (name) => {
    const f = activations[name as keyof typeof activations] as Activation;
    const [a = 0, b = 0] = Object.values(f.defaults).filter((value) => typeof value === 'number') as number[];
    fc.assert(
      fc.property(quantization, quantization, fc.boolean(), (input, other, isSame) => {
        const output = isSame ? input : other;
        const bytes = Array.from({ length: 256 }, (_, i) => ends[input.type][0] + i);
        const expected = bytes.map((q) => {
          const y = f.spec.value((q - input.zeroPoint) * input.scale, a, b);
          return saturate(rint(y / output.scale) + output.zeroPoint, output.type);
        });
        for (const { quantized } of libraries) {
          const y = quantized(f, { input, output })(new arrays[input.type](bytes) as Any) as Any;
          expect(y).toBeInstanceOf(arrays[output.type]);
          expect(Array.from(y)).toEqual(expected);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('options of the activation', () => {
    const q = { scale: 1 };
    const f = quantized(activations.leakyRelu.with({ alpha: 0.5 }), { input: q, output: q });
    expect(Array.from(f(new Int8Array([-128, -5, -3, -1, 7])))).toEqual([-64, -2, -2, 0, 7]);
    expect(f.name).toBe('quantized(leakyRelu)');
  });

  test.each(backends)(
    '%s: every length, offset and overlap, in and out of an arena; nothing else is written',
    (backend) => {
      const { quantized, createArena } = create({ backend });
      const arena = createArena(2 ** 17);
      for (const f of [activations.sigmoid, activations.relu, activations.relu6]) {
        for (const output of [
          { scale: 0.1, type: 'int8' as const },
          { scale: 1 / 256, zeroPoint: 3, type: 'uint8' as const },
        ]) {
          const own = quantized(f, { input: { scale: 0.1 }, output });
          const all = own(Int8Array.from({ length: 256 }, (_, i) => i - 128));
          fc.assert(
            fc.property(
              fc.boolean(),
              fc.oneof(fc.nat(70), fc.constantFrom(4097, 16400, 40_000)),
              fc.nat(20),
              fc.integer({ min: -20, max: 20 }),
              (isInArena, n, offset, shift) => {
                arena.reset();
                const memory = isInArena ? arena.uint8(n + 60) : new Uint8Array(n + 60);
                for (let i = 0; i < n + 60; i++) memory[i] = (i * 37) >> 3;
                const before = memory.slice();
                const start = memory.byteOffset + 20;
                const x = new Int8Array(memory.buffer as ArrayBuffer, start + shift, n);
                const source = x.slice();
                const out = new arrays[output.type](memory.buffer as ArrayBuffer, start + (offset >> 1), n) as Any;
                expect(own(x, { out })).toBe(out);
                for (let i = 0; i < n; i++) if (out[i] !== all[source[i] + 128]) expect.fail(`element ${i} of ${n}`);
                for (let i = 0; i < n + 60; i++) {
                  const isInside = i >= 20 + (offset >> 1) && i < 20 + (offset >> 1) + n;
                  if (!isInside && memory[i] !== before[i]) expect.fail(`byte ${i} was written`);
                }
              },
            ),
            { numRuns: 40 },
          );
        }
      }
    },
  );
});

/** prelu of one byte, by its definition. */
function preluOf(q: number, slope: number, input: Quantization, output: Quantization): number {
  const x = (q - input.zeroPoint) * input.scale;
  return saturate(rint((x > 0 ? x : x * slope) / output.scale) + output.zeroPoint, output.type);
}

describe('prelu of quantised numbers', () => {
  const libraries = backends.map((backend) => create({ backend }));
  const slope = fc.oneof(
    fc.float({ min: -2, max: 2, noNaN: true }),
    fc.constantFrom(0, 0.25, 0.5, 1, -1, 0.01, 3, -300, 1e-9),
  );

  test('all 256 inputs of each channel, exactly', () => {
    fc.assert(
      fc.property(
        quantization,
        quantization,
        fc.boolean(),
        fc.array(slope, { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (input, other, isSame, list, isLast) => {
          const output = isSame ? input : other;
          const slopes = Float32Array.from(list);
          const channels = slopes.length;
          const n = 256 * channels;
          const [byteAt, channelAt] = isLast
            ? [(i: number) => Math.floor(i / channels), (i: number) => i % channels]
            : [(i: number) => i % 256, (i: number) => i >> 8];
          const x = Array.from({ length: n }, (_, i) => ends[input.type][0] + byteAt(i));
          const wanted = x.map((q, i) => preluOf(q, slopes[channelAt(i)], input, output));
          const shape = isLast ? [256, channels] : [1, channels, 256];
          for (const { quantizedPrelu } of libraries) {
            const y = quantizedPrelu(slopes, { input, output })(new arrays[input.type](x) as Any, { shape });
            expect(y).toBeInstanceOf(arrays[output.type]);
            expect(Array.from(y)).toEqual(wanted);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  // One slope that gives halves, which fixed point does not, is among the second list; its channel alone goes by a table.
  test.each<[what: string, slopes: (c: number) => number]>([
    ['fixed point', (c) => 0.3 + c / 1000],
    ['one table', (c) => (c === 2 ? 0.25 : 0.3 + c / 1000)],
    ['tables', (c) => (c % 4) / 4],
  ])('%s: any shape, offset and overlap, in and out of an arena; nothing else is written', (_, slopeOf) => {
    const arenas = libraries.map(({ createArena }) => createArena(2 ** 17));
    const scale = Math.fround(0.1);
    const input = { scale, zeroPoint: 3, type: 'int8' as const };
    fc.assert(
      fc.property(
        fc.constantFrom(
          { shape: [300], axis: 0 },
          { shape: [7, 1] },
          { shape: [50, 33] },
          { shape: [3, 4, 5] },
          { shape: [2, 3, 1501] },
          { shape: [2001, 5] },
          { shape: [2, 5, 6], axis: -1 },
          { shape: [2, 4200], axis: 0 },
          { shape: [2, 4200] },
          { shape: [0, 3] },
        ),
        fc.boolean(),
        fc.nat(20),
        fc.integer({ min: -20, max: 20 }),
        fc.constantFrom<Type>('int8', 'uint8'),
        ({ shape, axis }: { shape: readonly number[]; axis?: number }, isInArena, offset, shift, type) => {
          const n = shape.reduce((a, b) => a * b, 1);
          const own = axis ?? 1;
          const channels = shape.at(own) as number;
          const inner = own === -1 ? 1 : shape.slice(own + 1).reduce((a, b) => a * b, 1);
          const slopes = Float32Array.from({ length: channels }, (_, c) => slopeOf(c));
          const output = { scale, zeroPoint: type === 'int8' ? 3 : 100, type };
          libraries.forEach(({ quantizedPrelu }, i) => {
            arenas[i].reset();
            const memory = isInArena ? arenas[i].uint8(n + 60) : new Uint8Array(n + 60);
            for (let at = 0; at < n + 60; at++) memory[at] = (at * 37) >> 3;
            const before = memory.slice();
            const x = new Int8Array(memory.buffer as ArrayBuffer, memory.byteOffset + 20 + shift, n);
            const source = x.slice();
            const start = 20 + (offset >> 1);
            const out = new arrays[type](memory.buffer as ArrayBuffer, memory.byteOffset + start, n) as Any;
            expect(quantizedPrelu(slopes, { input, output })(x, { shape, axis, out })).toBe(out);
            for (let at = 0; at < n; at++) {
              const wanted = preluOf(source[at], slopes[Math.floor(at / inner) % channels], input, output);
              if (out[at] !== wanted)
                expect.fail(`${backends[i]}: byte ${at} of [${shape}] is ${out[at]}, not ${wanted}`);
            }
            for (let at = 0; at < n + 60; at++) {
              const isInside = at >= start && at < start + n;
              if (!isInside && memory[at] !== before[at]) expect.fail(`byte ${at} was written`);
            }
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  test('fixed point is found for usual slopes, and not where it would differ', () => {
    const q = { scale: Math.fround(0.1), zeroPoint: -5, type: types.int8 };
    const tables = [0.123, 0.37, 0.25, -1.73].map((slope) => tableOf((x) => (x > 0 ? x : x * slope), q, q));
    expect(rampsOf(tables.slice(0, 2), q, q)?.turns).not.toContain(undefined);
    expect(rampsOf(tables.slice(0, 3), q, q)?.turns[2]).toBe(undefined);
    expect(rampsOf(tables.slice(3), q, q)?.turns).not.toContain(undefined);
    expect(rampsOf([tableOf((x) => Math.tanh(x), q, q)], q, q)).toBe(undefined);
    expect(rampsOf([tableOf((x) => Math.max(x, 0) + 1, q, q)], q, q)).toBe(undefined);
  });

  test('one slope, and one dimension', () => {
    const f = quantizedPrelu(new Float32Array([0.25]), { input: { scale: 1 }, output: { scale: 1 } });
    expect(Array.from(f(new Int8Array([-128, -6, -2, -1, 0, 7])))).toEqual([-32, -2, 0, 0, 0, 7]);
    expect(Array.from(f(new Int8Array([-4, 4]), { shape: [1, 2] }))).toEqual([-1, 4]);
  });
});

describe.each(backends)('quantize and dequantize, %s', (backend) => {
  const { quantize, dequantize, createArena } = create({ backend });
  const arena = createArena(2 ** 20);

  test('per tensor and per channel along any axis', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          [5],
          [4096],
          [4097],
          [10_000],
          [3, 4, 5],
          [1000, 3],
          [3, 1000],
          [2, 7, 900],
          [2, 5000],
          [5000, 2],
          [1, 1],
          [0, 3],
        ),
        fc.integer({ min: -1, max: 2 }),
        fc.constantFrom('tensor', 'scales', 'both'),
        type,
        fc.boolean(),
        fc.nat(1000),
        (shape: readonly number[], axisOrMore, how, type, isInArena, seed) => {
          arena.reset();
          const axis = Math.min(axisOrMore, shape.length - 1);
          const length = shape.at(axis) as number;
          const inner = axis === -1 ? 1 : shape.slice(axis + 1).reduce((a: number, b: number) => a * b, 1);
          const n = shape.reduce((a: number, b: number) => a * b, 1);
          const x = isInArena ? arena.float32(n) : new Float32Array(n);
          for (let i = 0; i < n; i++) x[i] = (((i + seed) * 2654435761) % 4001) / 16 - 125;
          if (n > 4) x.set([Infinity, -Infinity, Number.NaN, 1e30], n - 4);
          const scaleOf = (c: number) => Math.fround(0.25 * (1 + (c % 7)));
          const zeroOf = (c: number) => ends[type][0] + ((c * 29) % 256);
          const isPerChannel = how !== 'tensor';
          const scale = isPerChannel ? Array.from({ length }, (_, c) => scaleOf(c)) : 0.5;
          const zeroPoint = how === 'both' ? Array.from({ length }, (_, c) => zeroOf(c)) : 7;
          const channel = (i: number) => Math.floor(i / inner) % length;
          const own = (i: number) => [
            isPerChannel ? scaleOf(channel(i)) : 0.5,
            how === 'both' ? zeroOf(channel(i)) : 7,
          ];
          const options = { scale, zeroPoint, shape, axis };
          const q = quantize(x, { ...options, type, ...(isInArena ? { out: arena[type](n) as Any } : {}) });
          expect(q).toBeInstanceOf(arrays[type]);
          for (let i = 0; i < n; i++) {
            const [scale, zero] = own(i);
            const expected = saturate((rint(Math.fround(x[i] / scale)) || 0) + zero, type);
            if (q[i] !== expected) expect.fail(`${x[i]} at ${i} of [${shape}], axis ${axis}: ${q[i]}, not ${expected}`);
          }
          const back = dequantize(q, isInArena ? { ...options, out: x } : options);
          for (let i = 0; i < n; i++) {
            const [scale, zero] = own(i);
            const expected = Math.fround((q[i] - zero) * scale);
            if (back[i] !== expected)
              expect.fail(`${q[i]} at ${i} of [${shape}], axis ${axis}: ${back[i]}, not ${expected}`);
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  test('halves to even', () => {
    const x = Float32Array.from({ length: 41 }, (_, i) => i / 2 - 10);
    expect(Array.from(quantize(x, { scale: 1 }))).toEqual(Array.from(x, (v) => rint(v) + 0));
  });

  test('out may overlap the source', () => {
    for (const n of [5, 9000]) {
      const buffer = new ArrayBuffer(4 * n);
      const x = new Float32Array(buffer);
      x.forEach((_, i) => {
        x[i] = (i % 200) - 100;
      });
      const expected = Array.from(x);
      const q = quantize(x, { scale: 1, out: new Int8Array(buffer, n, n) });
      expect(Array.from(q)).toEqual(expected);
      expect(Array.from(dequantize(q, { scale: 1, out: x }))).toEqual(expected);
    }
  });
});

describe('parameters', () => {
  test.each<[range: [number, number], type: Type, scale: number, zeroPoint: number]>([
    [[-1, 1], 'int8', 2 / 255, 0],
    [[-1, 1], 'uint8', 2 / 255, 128],
    [[0, 6], 'uint8', 6 / 255, 0],
    [[0, 6], 'int8', 6 / 255, -128],
    [[2, 6], 'uint8', 6 / 255, 0],
    [[-6, -2], 'uint8', 6 / 255, 255],
    [[0, 0], 'int8', 1, 0],
  ])('%j, %s', (range, type, scale, zeroPoint) => {
    expect(quantizationParams(range, { type })).toEqual({ scale: Math.fround(scale), zeroPoint, type });
    expect(quantizationParams(new Float32Array([range[0], range[1], range[0]]), { type })).toEqual({
      scale: Math.fround(scale),
      zeroPoint,
      type,
    });
  });

  test('percentile of data', () => {
    const data = Float32Array.from({ length: 1001 }, (_, i) => i - 500);
    expect(quantizationParams(data, { percentile: 90 }).scale).toBe(Math.fround(900 / 255));
    data[0] = -1e9;
    expect(quantizationParams(data, { percentile: 99 }).scale).toBe(Math.fround(990 / 255));
  });
});

describe('a wrong argument', () => {
  const q = { scale: 1 };
  const f = quantized(sigmoid, { input: q, output: { scale: 1, type: 'uint8' } });
  const x = new Int8Array([1, 2, 3]);
  const floats = new Float32Array(6);
  test.each<[what: string, call: () => unknown, error: Error]>([
    [
      'f',
      () => quantized(Math.sin as Any, { input: q, output: q }),
      new TypeError('quantized: f must be an activation, got a function'),
    ],
    [
      'no options',
      () => (quantized as Any)(relu),
      new TypeError('quantized: options must be an object, got undefined'),
    ],
    [
      'no input',
      () => quantized(relu, { output: q } as Any),
      new TypeError('quantized: input must be an object, got undefined'),
    ],
    [
      'scale',
      () => quantized(relu, { input: { scale: 0 }, output: q }),
      new RangeError('quantized: input.scale must be a positive float32 number, got 0'),
    ],
    [
      'zero point',
      () => quantized(relu, { input: q, output: { scale: 1, zeroPoint: 128 } }),
      new RangeError('quantized: output.zeroPoint must be an integer from -128 to 127 for int8, got 128'),
    ],
    [
      'type',
      () => quantized(relu, { input: { scale: 1, type: 'int16' as Any }, output: q }),
      new TypeError('quantized: input.type must be "int8" or "uint8", got "int16"'),
    ],
    [
      'x',
      () => f(new Uint8Array(3) as Any),
      new TypeError('quantized(sigmoid): x must be an Int8Array, got Uint8Array(3)'),
    ],
    [
      'out',
      () => f(x, { out: x as Any }),
      new TypeError('quantized(sigmoid): out must be a Uint8Array, got Int8Array(3)'),
    ],
    [
      'length',
      () => f(x, { out: new Uint8Array(2) }),
      new RangeError('quantized(sigmoid): out must have the length of x, 3, got 2'),
    ],
    [
      'slopes',
      () => quantizedPrelu([0.25] as Any, { input: q, output: q }),
      new TypeError('quantizedPrelu: slopes must be a Float32Array, got Array(1)'),
    ],
    [
      'no slopes',
      () => quantizedPrelu(new Float32Array(0), { input: q, output: q }),
      new RangeError('quantizedPrelu: slopes must have elements, got Float32Array(0)'),
    ],
    [
      'infinite slope',
      () => quantizedPrelu(new Float32Array([0, Infinity]), { input: q, output: q }),
      new RangeError('quantizedPrelu: slopes must be finite, got Infinity'),
    ],
    [
      'number of slopes',
      () => quantizedPrelu(new Float32Array(2), { input: q, output: q })(x, { out: x }),
      new RangeError('quantizedPrelu: slopes must have the length 1, got 2'),
    ],
    [
      'x of prelu',
      () => quantizedPrelu(new Float32Array(3), { input: q, output: q })(floats as Any, { shape: [2, 3] }),
      new TypeError('quantizedPrelu: x must be an Int8Array, got Float32Array(6)'),
    ],
    [
      'out of prelu',
      () => quantizedPrelu(new Float32Array(1), { input: q, output: q })(x, { out: new Int8Array(2) }),
      new RangeError('quantizedPrelu: out must have the length of x, 3, got 2'),
    ],
    [
      'another type than told',
      () => dequantize(new Uint8Array(2), { scale: 1, type: 'int8' }),
      new TypeError('dequantize: q must be an Int8Array, got Uint8Array(2)'),
    ],
    ['floats', () => quantize(x as Any, q), new TypeError('quantize: x must be a Float32Array, got Int8Array(3)')],
    [
      'channels',
      () => quantize(floats, { scale: [1, 2], shape: [2, 3] }),
      new RangeError('quantize: option scale must have one number for each channel, 3, got 2'),
    ],
    [
      'a scale',
      () => quantize(floats, { scale: [1, 2, Number.NaN], shape: [2, 3] }),
      new RangeError('quantize: option scale must be a positive float32 number, got NaN'),
    ],
    [
      'shape',
      () => quantize(floats, { scale: 1, shape: [2, 2] }),
      new RangeError('quantize: option shape must be of 6 elements, got [2,2], of 4'),
    ],
    [
      'no scale',
      () => quantize(floats, {} as Any),
      new TypeError('quantize: option scale must be a number, got undefined'),
    ],
    [
      'range',
      () => quantizationParams([2, 1]),
      new RangeError('quantizationParams: range must be two finite numbers in order, got 2 and 1'),
    ],
    [
      'one number more',
      () => quantizationParams([0, 1, 2] as Any),
      new RangeError('quantizationParams: range must be two numbers, got Array(3)'),
    ],
    [
      'data of another type',
      () => quantizationParams(new Float64Array([1, 2, 3]) as Any),
      new TypeError('quantizationParams: range must be two numbers or a Float32Array, got Float64Array(3)'),
    ],
    [
      'no range',
      () => quantizationParams(null as Any),
      new TypeError('quantizationParams: range must be two numbers or a Float32Array, got null'),
    ],
    [
      'data',
      () => quantizationParams(new Float32Array([1, Number.NaN])),
      new RangeError('quantizationParams: range must be two finite numbers in order, got NaN and NaN'),
    ],
    [
      'percentile of two numbers',
      () => quantizationParams([0, 1], { percentile: 99 }),
      new TypeError('quantizationParams: option percentile must be left out where range is two numbers, got 99'),
    ],
    [
      'percentile',
      () => quantizationParams(floats, { percentile: 0 }),
      new RangeError('quantizationParams: option percentile must be above 0 and at most 100, got 0'),
    ],
  ])('%s', (_, call, error) => {
    expect(call).toThrow(error.constructor as typeof TypeError);
    expect(call).toThrow(error.message);
    expect(Array.from(x)).toEqual([1, 2, 3]);
  });
});
