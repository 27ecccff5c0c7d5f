// The option `bias`: f(x + bias) in one pass, and its gradients.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, activations, type BackwardOptions, create, type Options } from '../src';
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
