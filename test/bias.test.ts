// The option `bias`: f(x + bias) in one pass, and its gradients.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, activations, type BackwardOptions, create, type FloatArray, type Options } from '../src';
import { expectEqual, fill, floatTypes, numbers, type Place } from './element-types';
import { bits, randoms } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown) => value as any;

/** x plus the bias of each column, rounded to float32. */
function sum(x: Float32Array, bias: Float32Array): Float32Array {
  return x.map((v, i) => v + bias[i % bias.length]);
}

/** The sums of the columns, in float64. */
function columnSums(dx: Float32Array, width: number): number[] {
  const sums = Array(width).fill(0);
  for (const [i, v] of dx.entries()) sums[i % width] += v;
  return sums;
}

/** Ordinary inputs, without the largest, whose sums depend on the order. */
const ordinary = (n: number, seed: number) => randoms(n, seed).map((v) => Math.max(-20, Math.min(20, v)));

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const lanewise = create({ backend });
  const arena = lanewise.createArena(2 ** 20);
  const places = {
    ordinary: (n: number) => new Float32Array(n),
    'a subarray': (n: number) => new Float32Array(n + 3).subarray(1, n + 1),
    arena: (n: number) => arena.float32(n + 1).subarray(1),
  };
  const filled = (make: (n: number) => Float32Array, values: Float32Array) => {
    const array = make(values.length);
    array.set(values);
    return array;
  };

  function check(f: Activation, make: (n: number) => Float32Array, rows: number, width: number, inPlace: boolean) {
    const [x0, dy0, bias0] = [ordinary(rows * width, 1), ordinary(rows * width, 2), ordinary(width, 3)];
    const z = sum(x0, bias0);
    arena.reset();
    const [x, dy, bias, dBias] = [x0, dy0, bias0, new Float32Array(width).fill(7)].map((a) => filled(make, a));
    const guarded = make(rows * width + 2).fill(9);
    const out = inPlace ? dy : guarded.subarray(1, 1 + rows * width);
    const dx = f.backward(dy, x, { bias, dBias, out });
    expect(dx).toBe(out);
    const expected = f.backward(dy0, z);
    expect(bits(dx)).toEqual(bits(expected));
    expect([guarded[0], guarded.at(-1)]).toEqual([9, 9]);
    for (const [i, s] of columnSums(expected, width).entries()) {
      // Rounded once, and what float64 loses where terms as large as 1e3 cancel.
      if (!(Math.abs(dBias[i] - s) <= 2 ** -24 * Math.abs(s) + 1e-12 * rows)) expect(dBias[i]).toBe(s);
    }
    const y = f(x, { bias, out: inPlace ? x : out });
    expect(bits(y)).toEqual(bits(f(z)));
    expect([guarded[0], guarded.at(-1)]).toEqual([9, 9]);
  }

  test.each(Object.values(activations) as Activation[])('$name', ({ name }) => {
    const f = lanewise.activations[name as keyof typeof activations] as Activation;
    for (const make of Object.values(places)) {
      check(f, make, 3, 5, false);
      check(f, make, 11, 101, true);
    }
  });

  test.each(Object.entries(places))('any rows and widths, %s', (_, make) => {
    const widths = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 480, max: 530 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), widths, fc.boolean(), (rows, width, inPlace) =>
        check(lanewise.gelu, make, rows, width, inPlace),
      ),
      { numRuns: 60 },
    );
    for (const [rows, width] of [
      [1, 4096],
      [3, 4097],
      [2, 9001],
      [1, 12_288],
      [5000, 1],
      [1400, 3],
      [8, 1000],
    ]) {
      check(lanewise.silu, make, rows, width, false);
    }
  });

  test('arrays that overlap', () => {
    const { tanh } = lanewise;
    for (const shift of [-3, 0, 3]) {
      for (const width of [5, 5000]) {
        const memory = ordinary(10_010, 4);
        const [x, out] = [memory.subarray(4, 10_004), memory.subarray(4 + shift, 10_004 + shift)];
        const bias = width === 5 ? memory.subarray(1, 6) : memory.subarray(2000, 7000);
        const expected = bits(tanh(sum(x, bias)));
        expect(bits(tanh(x, { bias, out }))).toEqual(expected);
      }
    }
    const both = ordinary(6, 5);
    const expected = lanewise.gelu.backward(both.slice(), sum(both, both));
    expect(bits(lanewise.gelu.backward(both.slice(), both, { bias: both, dBias: both }))).toEqual(bits(expected));
    expect(bits(both)).toEqual(bits(expected));
  });

  test('no elements', () => {
    const none = new Float32Array();
    const dBias = new Float32Array(2).fill(7);
    lanewise.relu.backward(none, none, { bias: new Float32Array(2), dBias });
    expect([...dBias]).toEqual([0, 0]);
    expect(lanewise.relu(none, { bias: none })).toEqual(none);
  });

  test('column sums are accurate', () => {
    const dy = new Float32Array(200_000).map((_, i) => (i % 2 === 0 ? 0.1 : 1e6));
    const dBias = new Float32Array(2);
    lanewise.relu.backward(dy, new Float32Array(dy.length).fill(1), { bias: new Float32Array(2), dBias });
    expect([...dBias]).toEqual([Math.fround(100_000 * Math.fround(0.1)), 1e11].map(Math.fround));
  });

  test('a bias that comes or goes between calls with the same arrays and options', () => {
    const { leakyRelu, hardTanh, relu } = lanewise;
    for (const f of [leakyRelu, hardTanh, relu] as Activation[]) {
      const x = new Float32Array(4).fill(0.25);
      const out = new Float32Array(4);
      const options: { -readonly [K in keyof BackwardOptions]: BackwardOptions[K] } = { out };
      for (const bias of [undefined, new Float32Array([0.5]), undefined]) {
        any(options).bias = bias;
        for (let i = 0; i < 3; i++) expect(f(x, options as Options)[0]).toBe(bias ? 0.75 : 0.25);
        for (let i = 0; i < 3; i++)
          expect(f.backward(x, bias ? x.map((v) => v - 2) : x, options as Options)[0]).toBe(
            bias && f === relu ? 0 : bias && f === hardTanh ? 0 : bias ? Math.fround(0.25 * Math.fround(0.01)) : 0.25,
          );
      }
    }
  });
});

/** The sum of float64 numbers without rounding errors but the last: of parts that do not overlap (Shewchuk). */
function exactSum(terms: Iterable<number>): number {
  let parts: number[] = [];
  for (let x of terms) {
    const kept: number[] = [];
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) kept.push(low);
      x = high;
    }
    parts = [...kept, x];
  }
  return parts.reduce((sum, part) => sum + part, 0);
}

describe.each(floatTypes)('$name', (type) => {
  const { BYTES_PER_ELEMENT: width, elementType } = type.make(0);
  const wide = (x: FloatArray): FloatArray => (width === 2 ? Float32Array.from(numbers(x)) : x);
  const narrow = (x: FloatArray): FloatArray => (width === 2 ? fill(type.make(x.length), x) : x);
  /** x plus the bias of each column, of halves as float32. */
  function sumOf(x: FloatArray, bias: FloatArray): FloatArray {
    const row = wide(bias);
    return wide(x).map((v, i) => v + row[i % row.length]) as FloatArray;
  }
  /** What rounding a sum may cost. */
  const unit = width === 8 ? 2 ** -53 : elementType === 'bfloat16' ? 2 ** -8 : 2 ** -11;

  describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
    const lanewise = create({ backend });
    const arena = lanewise.createArena(2 ** 21);

    function check(f: Activation, place: Place, rows: number, columns: number, inPlace: boolean) {
      arena.reset();
      const filled = (values: Float32Array) => fill(type.make(values.length + 3, place), [0, 0, ...values, 0]);
      const part = (array: FloatArray) => array.subarray(2, array.length - 1) as FloatArray;
      const [x, dy, bias] = [rows * columns, rows * columns, columns].map((n, i) => part(filled(ordinary(n, i + 1))));
      const guarded = filled(new Float32Array(rows * columns));
      const dBias = part(filled(new Float32Array(columns).fill(7)));
      const out = inPlace ? dy : part(guarded);
      const z = sumOf(x, bias);
      const slopes = f.backward(wide(dy), z);
      expect(f.backward(dy, x, { bias, dBias, out })).toBe(out);
      expectEqual(out, narrow(slopes));
      const sums = numbers(dBias);
      for (let i = 0; i < columns; i++) {
        const sum = exactSum(Array.from({ length: rows }, (_, row) => slopes[row * columns + i]));
        const bound = 1.0001 * unit * Math.abs(sum) + (width === 2 ? 2 ** -25 : 1e-28);
        const isBeyond = type.name.startsWith('float16') && Math.abs(sum) >= 65504;
        if (!(Math.abs(sums[i] - sum) <= bound || isBeyond)) expect(sums[i]).toBe(sum);
      }
      expect(f(x, { bias, out: inPlace ? x : out })).toBe(inPlace ? x : out);
      expectEqual(inPlace ? x : out, narrow(f(z)));
      const ends = numbers(guarded);
      expect([ends[0], ends[1], ends[ends.length - 1]]).toEqual([0, 0, 0]);
    }

    test.each(Object.values(activations) as Activation[])('$name', ({ name }) => {
      const f = lanewise.activations[name as keyof typeof activations] as Activation;
      check(f, (bytes) => new Uint8Array(bytes), 3, 5, false);
      check(f, (bytes) => arena.uint8(bytes), 7, 31, true);
    });

    test('any rows and widths', () => {
      const places = fc.constantFrom<Place>(
        (bytes) => new Uint8Array(bytes),
        (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
        (bytes) => arena.uint8(bytes),
      );
      const columns = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(511, 513, 4097));
      fc.assert(
        fc.property(places, fc.integer({ min: 0, max: 12 }), columns, fc.boolean(), (place, rows, columns, inPlace) =>
          check(lanewise.tanh, place, rows, columns, inPlace),
        ),
        { numRuns: 15 },
      );
    });

    test('arrays that overlap', () => {
      for (const shift of [-3, 3]) {
        const memory = fill(type.make(5010), ordinary(5010, 4));
        const [x, out] = [memory.subarray(4, 5004), memory.subarray(4 + shift, 5004 + shift)];
        const bias = memory.subarray(1, 6);
        const expected = narrow(lanewise.tanh(sumOf(x, bias)));
        expectEqual(lanewise.tanh(x, { bias, out }), expected);
      }
    });
  });
});

test('column sums of float64 numbers that cancel', () => {
  const terms = [1e16, 1, -1e16, 1, 1e-3];
  const width = 601; // wide enough for one row at a time
  const dy = Float64Array.from(
    { length: width * terms.length },
    (_, i) => terms[Math.floor(i / width)] * (1 + ((i % width) % 3)),
  );
  for (const backend of ['relaxed', 'simd', 'js'] as const) {
    const dBias = new Float64Array(width);
    const x = new Float64Array(dy.length).fill(1);
    create({ backend }).relu.backward(dy, x, { bias: new Float64Array(width), dBias });
    const sums = [1, 2, 3].map((k) => exactSum(terms.map((term) => term * k)));
    expect([...dBias]).toEqual(Array.from(dBias, (_, i) => sums[i % 3]));
  }
});

describe('errors, before anything is written', () => {
  const { gelu, relu } = create();
  const x = new Float32Array(12).fill(1);
  const out = new Float32Array(12).fill(7);
  const bias = new Float32Array(4);
  test.each<[string, () => unknown, Error]>([
    ['kind', () => gelu(x, { bias: any([1]), out }), new TypeError('gelu: bias must be a Float32Array, got Array(1)')],
    ['null', () => gelu(x, { bias: any(null), out }), new TypeError('gelu: bias must be a Float32Array, got null')],
    [
      'length',
      () => gelu(x, { bias: new Float32Array(5), out }),
      new RangeError('gelu: bias must have a length that divides that of x, 12, got 5'),
    ],
    [
      'no element',
      () => gelu(x, { bias: new Float32Array(0), out }),
      new RangeError('gelu: bias must have a length that divides that of x, 12, got 0'),
    ],
    [
      'dBias without bias',
      () => relu.backward(x, x, { dBias: bias, out }),
      new TypeError('relu.backward: bias must be a Float32Array, got undefined'),
    ],
    [
      'length of dBias',
      () => relu.backward(x, x, { bias, dBias: new Float32Array(3), out }),
      new RangeError('relu.backward: dBias must have the length of bias, 4, got 3'),
    ],
    [
      'dBias within out',
      () => relu.backward(x, x, { bias, dBias: out.subarray(2, 6), out }),
      new RangeError('relu.backward: dBias and out must not overlap'),
    ],
    [
      'dBias of a value',
      () => gelu(x, any({ bias, dBias: bias, out })),
      new TypeError('gelu: unknown option dBias, expected approximate, bias, out'),
    ],
    [
      'bias of another type',
      () => gelu(new Float64Array(12), { bias: any(bias) }),
      new TypeError('gelu: bias must be a Float64Array, got Float32Array(4)'),
    ],
    [
      'bias of float64 for float32',
      () => gelu(x, { bias: any(new Float64Array(4)), out }),
      new TypeError('gelu: bias must be a Float32Array, got Float64Array(4)'),
    ],
    [
      'dBias of another type',
      () => gelu.backward(new Float64Array(12), new Float64Array(12), { bias: new Float64Array(4), dBias: any(bias) }),
      new TypeError('gelu.backward: dBias must be a Float64Array, got Float32Array(4)'),
    ],
    [
      'dy of another type',
      () => gelu.backward(any(x), new Float64Array(12), { bias: new Float64Array(4) }),
      new TypeError('gelu.backward: dy must be a Float64Array, got Float32Array(12)'),
    ],
    [
      'integers',
      () => relu(new Int8Array(12), { bias: any(new Int8Array(4)) }),
      new TypeError('relu: x must be an array of floating-point numbers, got Int8Array(12)'),
    ],
    ['with', () => relu.with(any({ bias })), new TypeError('relu.with: unknown option bias, expected none')],
    [
      'from the output',
      () => relu.backwardFromOutput(x, x, any({ bias, out })),
      new TypeError('relu.backwardFromOutput: unknown option bias, expected out'),
    ],
  ])('%s', (_, call, error) => {
    expect(call).toThrow(error);
    expect([...out]).toEqual(Array(12).fill(7));
  });
});
