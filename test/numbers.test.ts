// Number types: every array type goes the ways that Float32Arrays go, and gives what float64 arithmetic, rounded once, gives.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Activation,
  activations,
  bfloat16,
  create,
  float16,
  gelu,
  hardTanh,
  type IntegerArray,
  leakyRelu,
  relu,
  sigmoid,
  toFloat16,
} from '../src';
import { passed } from '../src/activation';
import { elementTypes, expectEqual, fill, type Place } from './element-types';

const backends = ['relaxed', 'simd', 'js'] as const;
// biome-ignore lint/suspicious/noExplicitAny: arrays of all types
type Any = any;

/** How the 16-bit formats are laid out: bits of the fraction, and the exponent of the smallest normal number. */
const formats = {
  float16: { fraction: 10, smallest: -14, infinity: 0x7c00, tag: (x: Uint16Array) => float16(x) as Any },
  bfloat16: { fraction: 7, smallest: -126, infinity: 0x7f80, tag: (x: Uint16Array) => bfloat16(x) as Any },
};
type Format = (typeof formats)[keyof typeof formats];

/** The number that 16 bits mean. */
function decode({ fraction, smallest, infinity }: Format, bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const magnitude = bits & 0x7fff;
  if (magnitude > infinity) return Number.NaN;
  if (magnitude === infinity) return sign * Infinity;
  const exponent = magnitude >> fraction;
  const mantissa = magnitude & (2 ** fraction - 1);
  const scale = 2 ** (Math.max(exponent, 1) - 1 + smallest - fraction);
  return sign * scale * (mantissa + (exponent > 0 ? 2 ** fraction : 0));
}

/** The number as steps of the format, signed and not rounded: neighbouring numbers are 1 apart. */
function position({ fraction, smallest, infinity }: Format, value: number): number {
  const a = Math.abs(value);
  if (a === Infinity) return Math.sign(value) * infinity;
  if (a === 0) return 0;
  let exponent = Math.max(Math.floor(Math.log2(a)), smallest);
  if (a < 2 ** exponent && exponent > smallest) exponent--;
  const steps = a / 2 ** (exponent - fraction) + (exponent - smallest) * 2 ** fraction;
  return Math.sign(value) * Math.min(steps, infinity);
}

/** The bits of the nearest number, of two the even one. */
function encode(format: Format, value: number): number {
  const steps = Math.abs(position(format, value));
  const below = Math.floor(steps);
  const rest = steps - below;
  const nearest = below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
  return nearest | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);
const wordsOf = (x: Float32Array) => new Uint32Array(x.slice().buffer);
const sample = (words: number[]) => new Float32Array(Uint32Array.from(words).buffer);

describe.each(backends)('conversions, %s', (backend) => {
  const library = create({ backend });
  const names = {
    float16: { to: library.toFloat16, from: library.fromFloat16 },
    bfloat16: { to: library.toBfloat16, from: library.fromBfloat16 },
  };

  describe.each(['float16', 'bfloat16'] as const)('%s', (type) => {
    const format = formats[type];
    const { to, from } = names[type] as Any;

    test('all 65536 to float32: exactly, NaN quiet with its sign and payload', () => {
      const words = wordsOf(from(all));
      const expected = Array.from(all, (bits) => {
        const isNotNumber = (bits & 0x7fff) > format.infinity;
        asFloat[0] = decode(format, bits);
        return isNotNumber
          ? (((bits & 0x8000) << 16) | 0x7fc00000 | ((bits & (2 ** format.fraction - 1)) << (23 - format.fraction))) >>>
              0
          : word[0] | (bits >> 15 && decode(format, bits) === 0 ? 0x80000000 : 0);
      });
      expect(Array.from(words)).toEqual(expected.map((v) => v >>> 0));
    });

    test('and back: the same, NaN quiet', () => {
      const quiet = 2 ** (format.fraction - 1);
      const back = to(from(all), { out: new Uint16Array(65536) });
      expect(Array.from(back)).toEqual(Array.from(all, (v) => ((v & 0x7fff) > format.infinity ? v | quiet : v)));
    });

    test('from float32: the nearest, of two the even one, of every magnitude and at every midpoint', () => {
      let state = 1;
      const random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state >>> 0;
      };
      const midpoints = Array.from({ length: 0x7fff }, (_, i) => {
        asFloat[0] = (decode(format, i) + decode(format, i + 1)) / 2;
        return [word[0] - 1, word[0], word[0] + 1, (word[0] | 0x80000000) >>> 0];
      }).flat();
      const words = [...midpoints, ...Array.from({ length: 60_000 }, random)];
      const x = sample(words);
      const bits = to(x, { out: new Uint16Array(x.length) });
      for (const [i, value] of x.entries()) {
        const expected = Number.isNaN(value)
          ? ((words[i] >>> 16) & 0x8000) |
            format.infinity |
            (2 ** (format.fraction - 1)) |
            ((words[i] >>> (23 - format.fraction)) & (2 ** format.fraction - 1))
          : encode(format, value);
        if (bits[i] !== expected)
          expect.fail(`${value} (${words[i].toString(16)}): ${bits[i].toString(16)}, not ${expected.toString(16)}`);
      }
    });
  });
});

test('out of a conversion may overlap its source', () => {
  for (const backend of backends) {
    const { toFloat16, fromFloat16 } = create({ backend });
    for (const n of [5, 4096, 20_000]) {
      const buffer = new ArrayBuffer(8 * n);
      const x =
        new Float32Array(buffer, 2 * n - ((2 * n) % 4), n).map((_, i) => i % 1000) &&
        new Float32Array(buffer, 4 * Math.floor(n / 2), n);
      x.forEach((_, i) => {
        x[i] = i % 1000;
      });
      const expected = Array.from(toFloat16(x.slice(), { out: new Uint16Array(n) }));
      const out = new Uint16Array(buffer, 2 * n, n);
      expect(Array.from(toFloat16(x, { out }))).toEqual(expected);
      expect(Array.from(fromFloat16(out, { out: new Float32Array(buffer, 0, n) }))).toEqual(
        Array.from({ length: n }, (_, i) => i % 1000),
      );
    }
  }
});

/** For each magnitude in steps: the smallest and the largest number that round to it, and that are within one step. */
function intervals(format: Format) {
  const beyond = 2 ** (format.infinity >> format.fraction) * 2 ** (format.smallest - 1);
  const numbers = Float64Array.from({ length: format.infinity + 1 }, (_, i) => decode(format, i));
  numbers[format.infinity] = beyond;
  const next = (i: number, step: number) => numbers[i + step] ?? (step < 0 ? 0 : Infinity);
  const middle = (i: number, step: number) => (numbers[i] + next(i, step)) / 2;
  return {
    nearest: [-1, 1].map((step) => numbers.map((_, i) => middle(i, step))),
    close: [-1, 1].map((step) => numbers.map((_, i) => next(i, step))),
  };
}

test.each(backends)('long arrays of 16 bits, which look results up, give what short ones do: %s', (backend) => {
  const library = create({ backend });
  const n = 2 ** 18 + 3;
  const arena = library.createArena(8 * n);
  for (const type of ['float16', 'bfloat16'] as const) {
    const { tag } = formats[type];
    const x = tag(Uint16Array.from({ length: n }, (_, i) => 40503 * i));
    const dy = tag(Uint16Array.from({ length: n }, (_, i) => 25717 * i));
    const [xArena, out] = [arena.uint16(n), arena.uint16(n)].map(tag);
    xArena.set(x);
    for (const f of [library.elu.with({ alpha: 0.5 }), library.gelu, library.softplus] as Any[]) {
      const value = f(x);
      const gradient = f.backward(dy, x);
      f(xArena, { out });
      expectEqual(out, value);
      for (let from = 0; from < n; from += 2 ** 16) {
        const part = (array: Any) => array.subarray(from, from + 2 ** 16);
        expectEqual(f(part(x)), part(value));
        expectEqual(f.backward(part(dy), part(x)), part(gradient));
      }
    }
    arena.reset();
  }
});

describe.each(['float16', 'bfloat16'] as const)('all 65536 inputs of each activation, %s', (type) => {
  const format = formats[type];
  const inputs = Array.from(all, (bits) => decode(format, bits));
  const { nearest, close } = intervals(format);
  const libraries = backends.map((backend) => create({ backend }));

  /** How many of the results are not the nearest to the exact ones; fails if one is more than a step away. */
  function misses(what: string, y: Uint16Array, exact: ArrayLike<number>): number {
    let differing = 0;
    for (let i = 0; i < 65536; i++) {
      const expected = Math.abs(exact[i]);
      const steps = y[i] & 0x7fff;
      const sign = y[i] >> 15 ? -1 : 1;
      if (
        Number.isNaN(expected)
          ? steps > format.infinity
          : nearest[0][steps] <= expected && expected <= nearest[1][steps] && (steps === 0 || sign * exact[i] >= 0)
      )
        continue;
      differing++;
      if (!(close[0][steps] <= expected && expected <= close[1][steps]))
        expect.fail(`${what} at ${inputs[i]}: ${decode(format, y[i])}, not ${exact[i]}`);
    }
    return differing;
  }

  test.each(Object.keys(activations))('%s', (name) => {
    const { spec, defaults } = activations[name as keyof typeof activations] as Activation;
    const options = Object.values(defaults).filter((value) => typeof value === 'number');
    const [a = 0, b = 0] = options.map((value) => passed(spec, value));
    const values = Float64Array.from(inputs, (x) => spec.value(x, a, b));
    const slopes = Float64Array.from(inputs, (x) => spec.derivative(x, a, b));
    const x = format.tag(all);
    const ones = format.tag(new Uint16Array(65536).fill(encode(format, 1)));
    for (const { backend, activations } of libraries) {
      const f = activations[name as keyof typeof activations] as Any;
      expect(misses(`${name}, ${backend}`, f(x), values)).toBeLessThanOrEqual(65);
      expect(misses(`${name}', ${backend}`, f.backward(ones, x), slopes)).toBeLessThanOrEqual(65);
    }
  });
});

describe.each(backends)('ways through memory, %s', (backend) => {
  const library = create({ backend });
  const arena = library.createArena(2 ** 19);
  const shared = library.createArena(2 ** 19, { shared: true });
  const places: { [place: string]: Place } = {
    ordinary: (bytes) => new Uint8Array(bytes),
    shared: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
    arena: (bytes) => arena.uint8(bytes),
    'shared arena': (bytes) => shared.uint8(bytes),
  };
  const all = Object.values(library.activations) as Any[];

  describe.each(elementTypes)('$name', (type) => {
    const functions = type.isFloat ? all : all.filter(({ spec }) => spec.clip !== undefined);
    const { elementType } = type.make(0);
    const format = formats[elementType as keyof typeof formats] as Format | undefined;
    // Arithmetic does not keep a NaN's sign.
    const isNotNumber = (v: number) => Number.isNaN(format === undefined ? v : decode(format, v));

    test.each(Object.entries(places))(
      '%s: each element as if alone, at every offset and length, overlapping, guards untouched',
      (_, place) => {
        fc.assert(
          fc.property(
            fc.constantFrom(...functions),
            fc.constantFrom(...(type.isFloat ? (['value', 'gradient', 'from output'] as const) : (['value'] as const))),
            fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(4097, 16385)),
            fc.nat(20),
            fc.integer({ min: -20, max: 20 }),
            fc.integer({ min: -20, max: 20 }),
            (f, kind, n, offset, shift, other) => {
              arena.reset();
              shared.reset();
              const memory = fill(type.make(n + 100, place), n);
              const part = (from: number) => memory.subarray(30 + offset + from, 30 + offset + from + n);
              const [out, x, dy] = [part(0), part(shift), part(other)];
              const call = (x: Any, dy: Any, options: Any) => {
                if (kind === 'value') return f(x, options);
                return (kind === 'from output' && f.backwardFromOutput ? f.backwardFromOutput : f.backward)(
                  dy,
                  x,
                  options,
                );
              };
              const options = f.name === 'hardTanh' ? { min: 0, max: 5 } : {};
              const before = memory.slice();
              const chosen = [0, 1, 7, 15, 16, 17, n >> 1, n - 2, n - 1].filter((i) => i >= 0 && i < n);
              const alone = chosen.map((i) => call(x.slice(i, i + 1), dy.slice(i, i + 1), options)[0]);
              const y = call(x, dy, { ...options, out });
              expect(y).toBe(out);
              for (const [k, i] of chosen.entries()) {
                if (!(isNotNumber(y[i]) && isNotNumber(alone[k]))) expect(y[i], `element ${i} of ${n}`).toBe(alone[k]);
              }
              out.set(before.subarray(30 + offset, 30 + offset + n));
              expectEqual(memory, before);
            },
          ),
          { numRuns: 15 },
        );
      },
    );

    test('a new array of the same type, and of no elements', () => {
      const x = type.make(5);
      expect(functions[0](x).constructor).toBe(x.constructor);
      expect(functions[0](type.make(0))).toHaveLength(0);
    });
  });
});

describe('integers', () => {
  const ends = {
    int8: [-128, 127],
    uint8: [0, 255],
    uint8Clamped: [0, 255],
    int16: [-32768, 32767],
    uint16: [0, 65535],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  };
  const arrays = {
    int8: Int8Array,
    uint8: Uint8Array,
    uint8Clamped: Uint8ClampedArray,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };

  test.each(Object.entries(ends))(
    '%s from %d to %d: ends, neighbours, bounds of every kind',
    (type, [least, largest]) => {
      const View = arrays[type as keyof typeof arrays] as unknown as new (of: number[]) => IntegerArray;
      const values = [least, least + 1, -7, -1, 0, 1, 5, 6, 7, largest - 1, largest].filter(
        (v) => v >= least && v <= largest,
      );
      for (const backend of backends) {
        const { relu, relu6, hardTanh } = create({ backend });
        for (const n of [1, 3, 200]) {
          const x = new View(Array.from({ length: n * values.length }, (_, i) => values[i % values.length]));
          const expected = (low: number, high: number) => Array.from(x, (v) => Math.min(Math.max(v, low), high));
          expect(Array.from(relu(x))).toEqual(expected(0, Infinity));
          expect(Array.from(relu6(x))).toEqual(expected(0, 6));
          expect(Array.from(hardTanh(x, { min: 1, max: 5 }))).toEqual(expected(1, 5));
          expect(Array.from(hardTanh(x, { min: -1e9, max: 3e38 }))).toEqual(expected(-1e9, Infinity));
          expect(Array.from(hardTanh(x, { min: largest, max: largest }))).toEqual(expected(largest, largest));
          if (least < 0) expect(Array.from(hardTanh(x))).toEqual(expected(-1, 1));
        }
      }
    },
  );

  test('int32 options are not rounded to float32', () => {
    const [y] = hardTanh(new Int32Array([2 ** 30]), { min: 0, max: 2 ** 24 + 1 });
    expect(y).toBe(2 ** 24 + 1);
  });
});

test('float64 is the row, unrounded', () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => (i - 500) / 31);
  for (const backend of backends) {
    for (const f of Object.values(create({ backend }).activations) as Activation[]) {
      const [a = 0, b = 0] = Object.values(f.defaults).filter((value) => typeof value === 'number') as number[];
      const close = (actual: number, expected: number) =>
        Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected));
      const [y, dx] = [
        f(x),
        f.backward(
          Float64Array.from(x, () => 2),
          x,
        ),
      ];
      for (const [i, v] of x.entries()) {
        if (!close(y[i], f.spec.value(v, a, b))) expect.fail(`${f.name} at ${v}: ${y[i]}`);
        if (!close(dx[i], 2 * f.spec.derivative(v, a, b))) expect.fail(`${f.name}' at ${v}: ${dx[i]}`);
      }
    }
  }
  expect(leakyRelu(new Float64Array([-1]), { alpha: 0.1 })[0]).toBe(-0.1);
});

test('the gradient from the output', () => {
  const y = [0.25, 0.5];
  expect(Array.from(sigmoid.backwardFromOutput(new Float64Array([1, 2]), new Float64Array(y)))).toEqual([0.1875, 0.5]);
  const half = toFloat16(new Float32Array(y));
  expect(Array.from(create({ backend: 'js' }).fromFloat16(sigmoid.backwardFromOutput(half, half)))).toEqual([
    0.046875, 0.125,
  ]);
});

test('tags', () => {
  const bits = new Uint16Array([0x3c00, 0xbc00, 0x4000]);
  const h: Any = float16(bits);
  expect(h.buffer).toBe(bits.buffer);
  expect(h).toBeInstanceOf(Uint16Array);
  expect(h.elementType).toBe('float16');
  expect(h.subarray(1).elementType).toBe('float16');
  expect(h.slice(1).elementType).toBe('float16');
  expect(float16(h)).toEqual(h);
  expect(Array.from(relu(h))).toEqual([0x3c00, 0, 0x4000]);
  expect(Array.from(relu(bits))).toEqual([0x3c00, 0xbc00, 0x4000]);
  expect((bfloat16(bits) as Any).subarray(1).elementType).toBe('bfloat16');
});

describe('a wrong argument', () => {
  const double = new Float64Array(3);
  const single = new Float32Array(3);
  const half = float16(new Uint16Array(3));
  const brain = bfloat16(new Uint16Array(3));
  const bytes = new Int8Array([1, 2, 3]);
  const detached = new Float64Array(3);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const cases: [what: string, call: () => unknown, error: Error][] = [
    [
      'dy',
      () => gelu.backward(single as Any, double),
      new TypeError('gelu.backward: dy must be a Float64Array, got Float32Array(3)'),
    ],
    [
      'out',
      () => gelu(double, { out: single as Any }),
      new TypeError('gelu: out must be a Float64Array, got Float32Array(3)'),
    ],
    [
      'out of a float32 call',
      () => gelu(single, { out: double as Any }),
      new TypeError('gelu: out must be a Float32Array, got Float64Array(3)'),
    ],
    [
      'halves',
      () => gelu(half, { out: brain as Any }),
      new TypeError('gelu: out must be a float16 array, got Bfloat16Bits(3)'),
    ],
    [
      'length of out',
      () => gelu(half, { out: float16(half.subarray(1)) }),
      new RangeError('gelu: out must have the length of x, 3, got 2'),
    ],
    [
      'length of dy',
      () => gelu.backward(float16(half.subarray(1)), half),
      new RangeError('gelu.backward: dy must have the length of x, 3, got 2'),
    ],
    [
      'option',
      () => leakyRelu(double, { alpha: Number.NaN }),
      new RangeError('leakyRelu: option alpha must be a finite float32 number, got NaN'),
    ],
    [
      'unknown option',
      () => leakyRelu(double, { beta: 1 } as Any),
      new TypeError('leakyRelu: unknown option beta, expected alpha, bias, out'),
    ],
    [
      'no dy',
      () => gelu.backward(undefined as Any, double),
      new TypeError('gelu.backward: dy must be a Float64Array, got undefined'),
    ],
    [
      'detached',
      () => gelu(detached),
      new TypeError('gelu: x must not be detached, got a Float64Array whose buffer was transferred'),
    ],
    [
      'integers',
      () => leakyRelu(bytes as Any),
      new TypeError(
        'leakyRelu: x must be an array of floating-point numbers, got one of integers (int8), which only relu, relu6 and hardTanh take',
      ),
    ],
    [
      'gradient of integers',
      () => relu.backward(bytes as Any, bytes as Any),
      new TypeError(
        'relu.backward: x must be an array of floating-point numbers, got one of integers (int8), which have no gradient',
      ),
    ],
    [
      'end',
      () => hardTanh(bytes, { min: 0.5, out: bytes }),
      new RangeError('hardTanh: ends must be integers from -128 to 127 for int8, got 0.5'),
    ],
    [
      'end beyond',
      () => hardTanh(bytes, { min: 200, max: 300, out: bytes }),
      new RangeError('hardTanh: ends must be integers from -128 to 127 for int8, got 200'),
    ],
    [
      'negative end',
      () => hardTanh(new Uint8Array(3), { max: -1 }),
      new RangeError('hardTanh: ends must be integers from 0 to 255 for uint8, got -1'),
    ],
    ['tag', () => float16(single as Any), new TypeError('float16: view must be a Uint16Array, got Float32Array(3)')],
    [
      'conversion',
      () => toFloat16(double as Any),
      new TypeError('toFloat16: x must be a Float32Array, got Float64Array(3)'),
    ],
    [
      'conversion out',
      () => toFloat16(single, { out: brain as Any }),
      new TypeError(
        /toFloat16: out must be a (Float16Array|float16 array) or a Uint16Array, got Bfloat16Bits\(3\)/ as Any,
      ),
    ],
  ];
  test.each(cases)('%s', (_, call, error) => {
    expect(call).toThrow(error.constructor as typeof TypeError);
    expect(call).toThrow(error.message.startsWith('/') ? /got Bfloat16Bits/ : error.message);
    expect(Array.from(bytes)).toEqual([1, 2, 3]);
  });
});

describe('arena', () => {
  test('aligned arrays of every type', () => {
    const arena = create().createArena(4096);
    for (const type of [
      'float64',
      'float16',
      'bfloat16',
      'int8',
      'uint8',
      'uint8Clamped',
      'int16',
      'uint16',
      'int32',
      'uint32',
    ] as const) {
      const array = arena[type](3);
      expect([array.length, array.byteOffset % 64]).toEqual([3, 0]);
      expect(() => arena[type](5000)).toThrow(`arena.${type}: 5000 elements need`);
      expect(() => arena[type](-1)).toThrow(RangeError);
    }
    expect(arena.used).toBe(640);
  });
});
