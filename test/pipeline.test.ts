// What combines activations gives the bits of the activations called in turn.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Activation,
  activations,
  create,
  type FloatArray,
  gelu,
  geluTanh,
  leakyRelu,
  pipeline,
  relu,
  tanh,
} from '../src';
import { expectEqual, fill, floatTypes, numbers, type Place } from './element-types';
import { bits as bitsOf, randoms, specials } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;
const bits = (x: Float32Array) => String(bitsOf(x));
const input = (n: number, seed: number) =>
  Float32Array.from(randoms(n, seed), (x, i) => (i % 50 === 0 ? specials[i % specials.length] : x));

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const lanewise = create({ backend });
  const arena = lanewise.createArena(2 ** 20);
  const places = {
    ordinary: (n: number) => new Float32Array(n),
    'at an odd offset': (n: number) => new Float32Array(n + 3).subarray(3),
    arena: (n: number) => arena.float32(n),
  };
  const all = Object.values(lanewise.activations) as Activation[];
  const step = fc.constantFrom(...all, lanewise.leakyRelu.with({ alpha: 0.1 }), lanewise.leakyRelu.with({ alpha: -2 }));
  const size = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(4095, 4096, 4097, 10_000));

  test.each(Object.entries(places))('pipeline: the bits of its steps in turn, %s', (_, make) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), size, fc.nat(1000), (steps, n, seed) => {
        arena.reset();
        const [x, dy, out] = [make(n), make(n), make(n)];
        x.set(input(n, seed));
        dy.set(randoms(n, seed + 1));
        const inputs: Float32Array[] = [x.slice()];
        for (const f of steps) inputs.push(f(inputs[inputs.length - 1]));
        let gradient: Float32Array = dy.slice();
        for (const [i, f] of [...steps.entries()].reverse()) gradient = f.backward(gradient, inputs[i]);

        const p = lanewise.pipeline(...steps);
        expect(p(x, { out })).toBe(out);
        expect(bits(out)).toBe(bits(inputs[steps.length]));
        expect(p.backward(dy, x, { out })).toBe(out);
        expect(bits(out)).toBe(bits(gradient));
        expect(bits(p.backward(dy, x, { out: dy }))).toBe(bits(gradient));
        expect(bits(p(x, { out: x }))).toBe(bits(inputs[steps.length]));
      }),
      { numRuns: 40 },
    );
  });

  test('pipelines of pipelines are flat', () => {
    const { pipeline, tanh, sigmoid, gelu } = lanewise;
    const flat = pipeline(tanh, sigmoid, gelu);
    const x = input(5000, 3);
    const dy = randoms(5000, 4);
    for (const nested of [
      pipeline(pipeline(tanh, sigmoid), gelu),
      pipeline(tanh, pipeline(sigmoid, gelu)),
      pipeline(flat),
    ]) {
      expect(nested.name).toBe(flat.name);
      expect(nested.steps).toEqual([tanh, sigmoid, gelu]);
      expect(bits(nested(x))).toBe(bits(flat(x)));
      expect(bits(nested.backward(dy, x))).toBe(bits(flat.backward(dy, x)));
    }
    const many = pipeline(...Array(1000).fill(lanewise.leakyRelu.with({ alpha: 1 })));
    expect(bits(many.backward(dy, dy))).toBe(bits(dy));
  });

  test('pipeline: overlapping source and destination', () => {
    const p = lanewise.pipeline(lanewise.silu, lanewise.tanh);
    for (const shift of [-3, 3]) {
      const memory = randoms(10_003);
      const [x, out] = [memory.subarray(3), memory.subarray(3 + shift, 10_003 + shift)].map((a) =>
        a.subarray(0, 9_990),
      );
      const expected = bits(lanewise.tanh(lanewise.silu(x)));
      expect(bits(p(x, { out }))).toBe(expected);
    }
  });

  test.each(Object.entries(places))('valueAndDerivative, %s', (_, make) => {
    for (const f of all) {
      for (const n of [0, 1, 67, 4097]) {
        arena.reset();
        const x = make(n);
        x.set(input(n, 5));
        const before = x.slice();
        const ones = new Float32Array(n).fill(1);
        const expected = [bits(f(before)), bits(f.backward(ones, before))];
        const both = (options?: object) => {
          const { value, derivative } = lanewise.valueAndDerivative(f, x, options);
          return [bits(value), bits(derivative)];
        };
        expect(both()).toEqual(expected);
        const other = make(n);
        for (const options of [
          { value: x, derivative: other },
          { value: other, derivative: x },
          { derivative: other },
        ]) {
          x.set(before);
          expect(both(options)).toEqual(expected);
        }
      }
    }
  });
});

describe.each(floatTypes)('$name', (type) => {
  const isHalf = type.make(0).BYTES_PER_ELEMENT === 2;
  const as32 = (x: FloatArray) => Float32Array.from(numbers(x));
  /** Numbers of the type that are computed with: halves as float32. */
  const wide = (x: FloatArray): FloatArray => (isHalf ? as32(x) : x);
  /** Rounded once. */
  const narrow = (x: FloatArray): FloatArray => (isHalf ? fill(type.make(x.length), x) : x);

  test.each(['relaxed', 'simd', 'js'] as const)('%s: steps in turn, of halves as float32', (backend) => {
    const lanewise = create({ backend });
    const arena = lanewise.createArena(2 ** 20);
    const all = Object.values(lanewise.activations) as Activation[];
    const step = fc.constantFrom(...all, lanewise.leakyRelu.with({ alpha: 0.1 }));
    const size = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(2047, 2049, 4097, 9001));
    const places = fc.constantFrom<Place>(
      (n) => new Uint8Array(n),
      (n) => arena.uint8(n),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), size, places, fc.nat(99), (steps, n, place, seed) => {
        arena.reset();
        const [x, dy, out] = [1, 2, 3].map((i) => fill(type.make(n + i, place), seed + i).subarray(i));
        const inputs = [wide(x.slice())];
        for (const f of steps) inputs.push(f(inputs[inputs.length - 1]));
        let gradient = wide(dy.slice());
        for (const [i, f] of [...steps.entries()].reverse()) gradient = f.backward(gradient, inputs[i]);

        const p = lanewise.pipeline(...steps);
        expect(p(x, { out })).toBe(out);
        expectEqual(out, narrow(inputs[steps.length]));
        expectEqual(p.backward(dy, x), narrow(gradient));
        const { value, derivative } = lanewise.valueAndDerivative(steps[0], x, { value: out });
        expect(value).toBe(out);
        expectEqual(value, steps[0](x));
        expectEqual(derivative, steps[0].backward(fill(type.make(n), Array(n).fill(1)), x));
        expectEqual(p.backward(dy, x, { out: dy }), narrow(gradient));
        expectEqual(p(x, { out: x }), narrow(inputs[steps.length]));
      }),
      { numRuns: 12 },
    );
  });

  test('overlapping source and destination', () => {
    const memory = fill(type.make(9004), 1);
    const [x, out] = [memory.subarray(0, 9000), memory.subarray(3, 9003)];
    const expected = narrow(tanh(relu(wide(x.slice()))));
    expectEqual(pipeline(relu, tanh)(x, { out }), expected);
  });
});

test('valueAndDerivative into two shared arrays', () => {
  const shared = () => new Float32Array(new SharedArrayBuffer(16));
  const { value, derivative } = create().valueAndDerivative(relu, new Float32Array([-1, 2, 3, -4]), {
    value: shared(),
    derivative: shared(),
  });
  expect([...value, ...derivative]).toEqual([0, 2, 3, 0, 0, 1, 1, 0]);
});

describe('with', () => {
  test('other defaults take no more room than the table has for them', () => {
    const { squareplus, elu } = create({ backend: 'simd' });
    const x = new Float32Array([-1.5, 0, 1.5]);
    const expected = [bits(squareplus(x)), bits(elu(x))];
    const library = create({ backend: 'simd' });
    library.squareplus.with({ beta: 0 })(x, { beta: 4 });
    library.elu(x, { alpha: 2 });
    expect([bits(library.squareplus(x)), bits(library.elu(x))]).toEqual(expected);
  });

  test('other defaults, which options override', () => {
    const leaky = leakyRelu.with({ alpha: 0.5 });
    const x = new Float32Array([-1, 2]);
    expect(leaky.defaults).toEqual({ alpha: 0.5 });
    expect(leakyRelu.defaults).toEqual({ alpha: 0.01 });
    expect([...leaky(x)]).toEqual([-0.5, 2]);
    expect([...leaky(x, { alpha: 0.25 })]).toEqual([-0.25, 2]);
    expect([...leaky.with({})(x)]).toEqual([-0.5, 2]);
    expect([...leakyRelu(x, { alpha: 0.125 })]).toEqual([-0.125, 2]);
    expect([...leaky.backward(x, x)]).toEqual([-0.5, 2]);
  });

  test('a choice of definition', () => {
    expect(gelu.with({ approximate: 'tanh' }).spec).toEqual(geluTanh.spec);
  });

  test('errors', () => {
    expect(() => leakyRelu.with(any({ slope: 1 }))).toThrow(
      new TypeError('leakyRelu.with: unknown option slope, expected alpha'),
    );
    expect(() => leakyRelu.with(any({ out: new Float32Array(1) }))).toThrow(TypeError);
    expect(() => leakyRelu.with(any(undefined))).toThrow(TypeError);
    expect(() => leakyRelu.with({ alpha: Number.NaN })).toThrow(RangeError);
  });
});

describe('errors', () => {
  const x = new Float32Array(4).fill(2);
  const p = pipeline(relu, tanh);
  const cases: [string, () => unknown, Error][] = [
    ['no step', () => pipeline(), new TypeError('pipeline: expected one activation or more, got none')],
    [
      'no activation',
      () => pipeline(relu, any(Math.tanh)),
      new TypeError('pipeline: step 2 must be an activation, got a function'),
    ],
    [
      'x',
      () => p(any([1])),
      new TypeError('pipeline(relu, tanh): x must be an array of floating-point numbers, got Array(1)'),
    ],
    [
      'two types',
      () => p.backward(any(x), new Float64Array(4)),
      new TypeError('pipeline(relu, tanh).backward: dy must be a Float64Array, got Float32Array(4)'),
    ],
    [
      'out of another type',
      () => p(new Float64Array(4), { out: any(x) }),
      new TypeError('pipeline(relu, tanh): out must be a Float64Array, got Float32Array(4)'),
    ],
    [
      'results of another type',
      () => create().valueAndDerivative(relu, new Float64Array(4), { value: any(x) }),
      new TypeError('valueAndDerivative: value must be a Float64Array, got Float32Array(4)'),
    ],
    [
      'out',
      () => p(x, { out: new Float32Array(3) }),
      new RangeError('pipeline(relu, tanh): out must have the length of x, 4, got 3'),
    ],
    [
      'an option',
      () => p(x, any({ alpha: 1 })),
      new TypeError('pipeline(relu, tanh): unknown option alpha, expected out'),
    ],
    [
      'dy',
      () => p.backward(new Float32Array(3), x),
      new RangeError('pipeline(relu, tanh).backward: dy must have the length of x, 4, got 3'),
    ],
    [
      'too many',
      () => pipeline(...Array(1001).fill(relu)),
      new RangeError('pipeline: expected at most 1000 activations, got 1001'),
    ],
    [
      'no activation at all',
      () => create().valueAndDerivative(any(1), x),
      new TypeError('valueAndDerivative: f must be an activation, got 1'),
    ],
    [
      'a pipeline is no activation',
      () => create().valueAndDerivative(any(p), x),
      new TypeError('valueAndDerivative: f must be an activation, got a function'),
    ],
    [
      'both results in one place',
      () => create().valueAndDerivative(relu, x, { value: x, derivative: x.subarray(0) }),
      new RangeError('valueAndDerivative: value and derivative must not overlap'),
    ],
    [
      'a short result',
      () => create().valueAndDerivative(relu, x, { derivative: new Float32Array(2) }),
      new RangeError('valueAndDerivative: derivative must have the length of x, 4, got 2'),
    ],
  ];
  test.each(cases)('%s', (_, call, error) => {
    expect(call).toThrow(error);
    expect([...x]).toEqual([2, 2, 2, 2]);
  });
});

test('every activation has with', () => {
  for (const f of Object.values(activations) as Activation[]) expect(f.with({}).spec).toEqual(f.spec);
});
