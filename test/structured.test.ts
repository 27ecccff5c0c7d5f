// Activations of more than one element at a time: prelu, rrelu, the gated units, maxout, crelu.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, create, type GatedUnit } from '../src';
import { keyOf, philox, Random } from '../src/random';
import { bits, randoms, specials } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown) => value as any;

const input = (n: number, seed: number) => randoms(n, seed).map((v, i) => (i % 7 === 3 ? specials[i % 83] : v));
const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Fails unless the arrays are equal, bit for bit: `toEqual` would take ten times as long as all the rest. */
function same(actual: Float32Array, expected: Float32Array): void {
  const [p, q] = [actual, expected].map((array) => bits(array));
  const i = p.length === q.length ? p.findIndex((v, i) => v !== q[i]) : -2;
  if (i !== -1) expect.fail(`at ${i}: got ${actual[i]} of ${p.length}, expected ${expected[i]} of ${q.length}`);
}

/** The sizes before, at and behind an axis. */
function split(shape: readonly number[], axis: number): [outer: number, length: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis], product(shape.slice(axis + 1))];
}

/** Number of element (o, j, i). */
const at = (length: number, inner: number, o: number, j: number, i: number) => (o * length + j) * inner + i;

/** Calls `visit` for all indices. */
function each(outer: number, length: number, inner: number, visit: (o: number, j: number, i: number) => void): void {
  for (let o = 0; o < outer; o++) for (let j = 0; j < length; j++) for (let i = 0; i < inner; i++) visit(o, j, i);
}

/** Shapes with an axis, of which the size is a multiple of `k`. */
function shapes(k: number): fc.Arbitrary<{ shape: number[]; axis: number }> {
  return fc
    .tuple(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }), fc.nat())
    .map(([shape, n]) => {
      const axis = n % shape.length;
      return { shape: shape.map((size, i) => (i === axis ? k * size : size)), axis };
    });
}

/** Shapes that take more than a block. */
const large = (k: number): { shape: number[]; axis: number }[] => [
  { shape: [7, k * 1001], axis: 1 },
  { shape: [2, k, 4099], axis: 1 },
  { shape: [4100, k], axis: 1 },
];

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const lanewise = create({ backend });
  const arena = lanewise.createArena(2 ** 21);
  const places = {
    ordinary: (n: number) => new Float32Array(n),
    'a subarray': (n: number) => new Float32Array(n + 3).subarray(1, n + 1),
    arena: (n: number) => arena.float32(n + 1).subarray(1),
  };
  type Make = (n: number) => Float32Array;
  const filled = (make: Make, values: Float32Array) => {
    const array = make(values.length);
    array.set(values);
    return array;
  };

  /** Calls `call` with an array of `n` elements between two others, which must stay what they are; gives it. */
  function guarded(make: Make, n: number, call: (out: Float32Array) => unknown): Float32Array {
    const memory = make(n + 2).fill(9);
    const out = memory.subarray(1, n + 1);
    call(out);
    expect([memory[0], memory[n + 1]]).toEqual([9, 9]);
    return out;
  }

  function everywhere(k: number, check: (make: Make, shape: number[], axis: number) => void) {
    test('many columns in an arena', () => {
      arena.reset();
      check(places.arena, [k, 17_003], 0);
    });
    for (const [name, make] of Object.entries(places)) {
      test(name, () => {
        fc.assert(
          fc.property(shapes(k), ({ shape, axis }) => {
            arena.reset();
            check(make, shape, axis);
          }),
          { numRuns: 15 },
        );
        for (const { shape, axis } of large(k)) {
          arena.reset();
          check(make, shape, axis);
        }
      });
    }
  }

  describe.each([
    ['glu', 'sigmoid', {}, {}],
    ['reglu', 'relu', {}, {}],
    ['geglu', 'gelu', {}, {}],
    ['geglu', 'geluTanh', { approximate: 'tanh' }, {}],
    ['swiglu', 'silu', {}, {}],
    ['swiglu', 'silu', { beta: 2 }, { beta: 2 }],
  ] as const)('%s by %s, %o', (name, gateName, options, gateOptions) => {
    const unit = lanewise[name] as GatedUnit;
    const f = lanewise[gateName] as Activation;

    /** Value and gradients from the definition. */
    function expected(dy: Float32Array, a: Float32Array, b: Float32Array) {
      const [gate, other] = name === 'glu' ? [b, a] : [a, b];
      const value = f(gate, gateOptions);
      const dgate = f.backward(
        dy.map((v, i) => v * other[i]),
        gate,
        gateOptions,
      );
      const dother = dy.map((v, i) => v * value[i]);
      const y = value.map((v, i) => v * other[i]);
      return { y, da: name === 'glu' ? dother : dgate, db: name === 'glu' ? dgate : dother };
    }

    everywhere(2, (make, shape, axis) => {
      const [outer, length, inner] = split(shape, axis);
      const n = product(shape);
      const [x0, dy0] = [input(n, 1), input(n / 2, 2)];
      const [a, b] = [new Float32Array(n / 2), new Float32Array(n / 2)];
      const half = length / 2;
      each(outer, length, inner, (o, j, i) => {
        (j < half ? a : b)[at(half, inner, o, j % half, i)] = x0[at(length, inner, o, j, i)];
      });
      const { y, da, db } = expected(dy0, a, b);
      const dx = new Float32Array(n);
      each(outer, length, inner, (o, j, i) => {
        dx[at(length, inner, o, j, i)] = (j < half ? da : db)[at(half, inner, o, j % half, i)];
      });
      const [x, dy] = [x0, dy0].map((values) => filled(make, values));
      const own = { ...options, shape, axis };
      same(
        guarded(make, n / 2, (out) => unit(x, { ...own, out })),
        y,
      );
      same(
        guarded(make, n, (out) => unit.backward(dy, x, { ...own, out })),
        dx,
      );
      same(x, x0);
      // In place.
      same(unit.backward(dy, x, { ...own, out: x }), dx);
      x.set(x0);
      const head = x.subarray(0, n / 2);
      same(unit(x, { ...own, out: head }), y);
      // Two arrays.
      if (inner > 1) return;
      const [a1, b1] = [a, b].map((values) => filled(make, values));
      same(
        guarded(make, n / 2, (out) => unit(a1, b1, { ...options, out })),
        y,
      );
      const both = unit.backward(dy, a1, b1, { ...options, da: b1, db: dy });
      same(both.da, da);
      same(both.db, db);
      b1.set(b);
      same(unit(a1, b1, { ...options, out: a1 }), y);
    });
  });

  describe('prelu', () => {
    everywhere(1, (make, shape, axis) => {
      const [outer, length, inner] = split(shape, axis);
      const n = product(shape);
      const [x0, dy0] = [randoms(n, 1).map((v) => Math.min(1e3, v)), randoms(n, 2)];
      for (const count of new Set([1, length])) {
        if (count === 0) continue;
        const slopes = randoms(count, 3).map((v) => Math.max(-2, Math.min(2, v)));
        const [y, dx] = [new Float32Array(n), new Float32Array(n)];
        const [sums, sizes] = [Array(count).fill(0), Array(count).fill(0)];
        each(outer, length, inner, (o, j, i) => {
          const e = at(length, inner, o, j, i);
          const channel = count === 1 ? 0 : j;
          y[e] = x0[e] > 0 ? x0[e] : slopes[channel] * x0[e];
          dx[e] = dy0[e] * (x0[e] > 0 ? 1 : slopes[channel]);
          const term = x0[e] > 0 ? 0 : x0[e] * dy0[e];
          sums[channel] += term;
          sizes[channel] += Math.abs(term);
        });
        const [x, dy] = [x0, dy0].map((values) => filled(make, values));
        const own = { shape, axis };
        same(
          guarded(make, n, (out) => lanewise.prelu(x, slopes, { ...own, out })),
          y,
        );
        const dSlopes = filled(make, new Float32Array(count).fill(7));
        same(
          guarded(make, n, (dx) => lanewise.prelu.backward(dy, x, slopes, { ...own, dx, dSlopes })),
          dx,
        );
        for (const [channel, sum] of sums.entries()) {
          const tolerance = 2 ** -24 * Math.abs(sum) + 1e-13 * sizes[channel];
          if (!(Math.abs(dSlopes[channel] - sum) <= tolerance) && Math.fround(sum) !== dSlopes[channel]) {
            expect(dSlopes[channel]).toBe(sum);
          }
        }
        const again = lanewise.prelu.backward(dy, x, slopes, { ...own, dx: dy });
        same(again.dx, dx);
        same(again.dSlopes, dSlopes);
        same(lanewise.prelu(x, slopes, { ...own, out: x }), y);
      }
    });

    test('channels are along axis 1', () => {
      const x = new Float32Array(24).fill(-1);
      const y = lanewise.prelu(x, new Float32Array([1, 2, 3]), { shape: [2, 3, 4] });
      expect([...y.subarray(0, 12)]).toEqual([-1, -1, -1, -1, -2, -2, -2, -2, -3, -3, -3, -3]);
      expect([...y.subarray(12)]).toEqual([...y.subarray(0, 12)]);
      expect([...lanewise.prelu(x, new Float32Array([3]))]).toEqual(Array(24).fill(-3));
    });

    test('one slope is that of leakyRelu', () => {
      const x = new Float32Array([...specials, ...randoms(1000)]);
      const ones = new Float32Array(x.length).fill(1);
      const alpha = Math.fround(0.3);
      const slope = new Float32Array([alpha]);
      same(lanewise.prelu(x, slope), lanewise.leakyRelu(x, { alpha }));
      const { dx } = lanewise.prelu.backward(ones, x, slope);
      same(dx, lanewise.leakyRelu.backward(ones, x, { alpha }));
    });

    test('what is above 0 does not count for a slope, not even infinite', () => {
      const { dSlopes } = lanewise.prelu.backward(
        new Float32Array([Infinity, 2, 3, 1]),
        new Float32Array([1, -3, 0, Infinity]),
        new Float32Array(1),
      );
      expect([...dSlopes]).toEqual([-6]);
    });
  });

  describe('rrelu', () => {
    /** The slopes by the documentation. */
    function slopes(n: number, seed: number, lower: number, upper: number): Float32Array {
      const random = new Random(seed);
      const range = Math.fround(upper - lower);
      return Float32Array.from({ length: n }, () => Math.fround(lower) + Math.fround(random.uniform() * range));
    }

    test.each(Object.entries(places))('training, %s', (_, make) => {
      for (const n of [0, 1, 2, 3, 5, 16, 17, 511, 4095, 4096, 4097, 9001]) {
        for (const seed of [0, 7, 2 ** 40 + 3]) {
          arena.reset();
          const [x, dy] = [randoms(n, 1), randoms(n, 2)].map((values) => filled(make, values));
          const s = slopes(n, seed, 0.125, 1 / 3);
          const own = { training: true, seed };
          const y = x.map((v, i) => (v > 0 ? v : v * s[i]));
          const dx = dy.map((v, i) => (x[i] > 0 ? v : v * s[i]));
          same(
            guarded(make, n, (out) => lanewise.rrelu(x, { ...own, out })),
            y,
          );
          same(
            guarded(make, n, (out) => lanewise.rrelu.backward(dy, x, { ...own, out })),
            dx,
          );
          same(lanewise.rrelu.backward(dy, x, { ...own, out: x }), dx);
        }
      }
      const x = new Float32Array(100).fill(-1);
      const y = lanewise.rrelu(x, { training: true, seed: 1, lower: -2, upper: 5 });
      same(
        y,
        slopes(100, 1, -2, 5).map((v) => -v),
      );
      expect(lanewise.rrelu(x, { training: true, seed: 2, lower: 0.5, upper: 0.5 })).toEqual(x.map(() => -0.5));
    });

    test('evaluation', () => {
      const x = new Float32Array([...specials, ...randoms(100)]);
      const alpha = (1 / 8 + 1 / 3) / 2;
      same(lanewise.rrelu(x), lanewise.leakyRelu(x, { alpha }));
      same(lanewise.rrelu(x, { seed: 1 }), lanewise.leakyRelu(x, { alpha }));
      same(lanewise.rrelu.backward(x, x), lanewise.leakyRelu.backward(x, x, { alpha }));
    });
  });

  describe.each([1, 2, 3, 7])('maxout, k %d', (k) => {
    everywhere(k, (make, shape, axis) => {
      const [outer, length, inner] = split(shape, axis);
      const n = product(shape);
      // Few values, so that many are equal.
      const x0 = randoms(n, 1).map((v, i) => (i % 11 === 5 ? specials[i % 83] : Math.round(v)));
      const dy0 = input(n / k, 2);
      const [y, dx] = [new Float32Array(n / k), new Float32Array(n)];
      each(outer, length / k, inner, (o, j, i) => {
        const group = Array.from({ length: k }, (_, t) => at(length, inner, o, k * j + t, i));
        const values = group.map((e) => x0[e]);
        const best = values.some(Number.isNaN) ? values.findIndex(Number.isNaN) : values.indexOf(Math.max(...values));
        const e = at(length / k, inner, o, j, i);
        y[e] = values[best];
        dx[group[best]] = dy0[e];
      });
      const [x, dy] = [x0, dy0].map((values) => filled(make, values));
      const own = { k, shape, axis };
      same(
        guarded(make, n / k, (out) => lanewise.maxout(x, { ...own, out })),
        y,
      );
      same(
        guarded(make, n, (out) => lanewise.maxout.backward(dy, x, { ...own, out })),
        dx,
      );
      same(lanewise.maxout.backward(dy, x, { ...own, out: x }), dx);
      x.set(x0);
      same(lanewise.maxout(x, { ...own, out: x.subarray(0, n / k) }), y);
    });
  });

  test.each([5000, 70_000])('maxout of groups of %d', (k) => {
    for (const [shape, axis] of [
      [[k], 0],
      [[k, 2], 0],
    ] as const) {
      const x = randoms(product(shape), 4).map((v) => Math.abs(v));
      const width = shape.length;
      const dy = new Float32Array([5, 6]).subarray(0, width);
      const y = lanewise.maxout(x, { k, shape, axis });
      const dx = lanewise.maxout.backward(dy, x, { k, shape, axis });
      for (let i = 0; i < width; i++) {
        const column = x.filter((_, e) => e % width === i);
        const best = column.indexOf(column.reduce((a, b) => Math.max(a, b)));
        expect(y[i]).toBe(column[best]);
        expect(dx[best * width + i]).toBe(dy[i]);
      }
      expect(dx.filter((v) => v !== 0)).toHaveLength(width);
    }
  });

  describe('crelu', () => {
    everywhere(1, (make, shape, axis) => {
      const [outer, length, inner] = split(shape, axis);
      const n = product(shape);
      const [x0, dy0] = [input(n, 1), randoms(2 * n, 2)];
      const [y, dx] = [new Float32Array(2 * n), new Float32Array(n)];
      const [positive, negative] = [lanewise.relu(x0), lanewise.relu(x0.map((v) => -v))];
      each(outer, length, inner, (o, j, i) => {
        const e = at(length, inner, o, j, i);
        const [p, q] = [at(2 * length, inner, o, j, i), at(2 * length, inner, o, length + j, i)];
        y[p] = positive[e];
        y[q] = negative[e];
        const v = x0[e];
        dx[e] = v > 0 ? dy0[p] : v < 0 ? -dy0[q] : v === 0 ? 0 : Number.NaN;
      });
      const [x, dy] = [x0, dy0].map((values) => filled(make, values));
      const own = { shape, axis };
      same(
        guarded(make, 2 * n, (out) => lanewise.crelu(x, { ...own, out })),
        y,
      );
      same(
        guarded(make, n, (out) => lanewise.crelu.backward(dy, x, { ...own, out })),
        dx,
      );
      same(lanewise.crelu.backward(dy, x, { ...own, out: dy.subarray(n) }), dx);
      same(lanewise.crelu.backward(filled(make, dy0), x, { ...own, out: x }), dx);
      const memory = make(2 * n);
      memory.set(x0, n);
      same(lanewise.crelu(memory.subarray(n), { ...own, out: memory }), y);
    });
  });

  test('results that overlap in part', () => {
    for (const make of Object.values(places)) {
      for (const shift of [-3, 5]) {
        arena.reset();
        const memory = filled(make, randoms(9000));
        const [x, out] = [memory.subarray(3, 8003), memory.subarray(3 + shift, 8003 + shift)];
        const slopes = memory.subarray(1000, 1008);
        const own = { shape: [1000, 8] };
        const expected = lanewise.prelu(x.slice(), slopes.slice(), own);
        same(lanewise.prelu(x, slopes, { ...own, out }), expected);
        const half = memory.subarray(2003 + shift, 6003 + shift);
        const unit = lanewise.swiglu(x.slice(), { shape: [100, 80] });
        same(lanewise.swiglu(x, { shape: [100, 80], out: half }), unit);
      }
    }
  });
});

describe('gradients against central differences in float64', () => {
  const { spec: sigmoid } = create().sigmoid;
  const { spec: gelu } = create().gelu;
  const { spec: silu } = create().silu;
  const lanewise = create();
  test.each([
    ['glu', (a: number, b: number) => a * sigmoid.value(b, 0, 0)],
    ['geglu', (a: number, b: number) => gelu.value(a, 0, 0) * b],
    ['swiglu', (a: number, b: number) => silu.value(a, 1, 0) * b],
    ['reglu', (a: number, b: number) => Math.max(a, 0) * b],
  ] as const)('%s', (name, value) => {
    const [a, b] = [new Float32Array([-3, -0.5, 0.7, 2]), new Float32Array([1.5, -2, 0.3, -0.4])];
    const ones = new Float32Array(4).fill(1);
    const { da, db } = (lanewise[name] as GatedUnit).backward(ones, a, b);
    const h = 1e-5;
    for (let i = 0; i < 4; i++) {
      expect(da[i]).toBeCloseTo((value(a[i] + h, b[i]) - value(a[i] - h, b[i])) / (2 * h), 6);
      expect(db[i]).toBeCloseTo((value(a[i], b[i] + h) - value(a[i], b[i] - h)) / (2 * h), 6);
    }
  });
});

test('results in shared memories of their own', () => {
  const { glu, prelu, relu } = create();
  const shared = () => new Float32Array(new SharedArrayBuffer(16)).fill(1);
  const [x, one] = [shared(), new Float32Array([0.5])];
  const [first, second] = [shared(), shared()];
  expect(glu.backward(x, x, x, { da: first, db: second })).toEqual({ da: first, db: second });
  const dSlopes = second.subarray(0, 1);
  expect(prelu.backward(x, x, one, { dx: first, dSlopes })).toEqual({ dx: first, dSlopes });
  relu.backward(x, x, { bias: x, out: first, dBias: second });
  expect([...first, ...second]).toEqual(Array(8).fill(1));
});

test('no rows of any width', () => {
  const { crelu, glu, maxout, prelu } = create();
  const none = new Float32Array();
  const options = { shape: [0, 2 ** 52] };
  for (const f of [crelu, glu, maxout]) expect(f(none, options)).toEqual(none);
  expect(prelu(none, new Float32Array(1), options)).toEqual(none);
});

describe('random numbers', () => {
  test('Philox4x32-10: known answers', () => {
    const words = new Uint32Array(4);
    philox([0, 0], 0, words);
    expect([...words]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const random = new Random(0);
    expect(Array.from({ length: 4 }, () => random.uint32())).toEqual([...words]);
    expect(random.uint32()).not.toBe(words[0]);
  });

  test('the key is the seed', () => {
    expect(keyOf('seed', 2 ** 53 - 1)).toEqual([0xffffffff, 0x1fffff]);
  });

  test('uniform numbers: mean, variance, range', () => {
    const random = new Random(1);
    const x = Array.from({ length: 100_000 }, () => random.uniform());
    const mean = x.reduce((a, b) => a + b) / x.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length - 1 / 12)).toBeLessThan(0.002);
    expect(x.every((v) => v >= 0 && v < 1 && v === Math.fround(v))).toBe(true);
  });

  test('normal numbers: moments', () => {
    const random = new Random(1);
    const n = 200_000;
    const x = Array.from({ length: n }, () => random.normal());
    const moment = (k: number) => x.reduce((sum, v) => sum + v ** k, 0) / n;
    // Within some five standard deviations of each.
    for (const [k, expected, tolerance] of [
      [1, 0, 0.012],
      [2, 1, 0.016],
      [3, 0, 0.045],
      [4, 3, 0.11],
    ]) {
      expect(Math.abs(moment(k) - expected)).toBeLessThan(tolerance);
    }
    // Neighbours are independent.
    expect(Math.abs(x.reduce((sum, v, i) => sum + v * (x[i + 1] ?? 0), 0) / n)).toBeLessThan(0.012);
  });
});

test('errors, before anything is written', () => {
  const { prelu, rrelu, glu, swiglu, geglu, maxout, crelu } = create();
  const x = new Float32Array(12).fill(-1);
  const out = new Float32Array(12).fill(7);
  const six = out.subarray(0, 6);
  const one = new Float32Array(1);
  const cases: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => prelu(x, any([1])), TypeError, 'prelu: slopes must be a Float32Array, got Array(1)'],
    [() => prelu(x, new Float32Array(3), { out }), RangeError, 'prelu: slopes must have the length 1, got 3'],
    [
      () => prelu(x, new Float32Array(4), { shape: [4, 3], out }),
      RangeError,
      'prelu: slopes must have the length 1 or that of the channels, 3, got 4',
    ],
    [
      () => prelu(x, one, { shape: [5, 3], out }),
      RangeError,
      'prelu: option shape must be of 12 elements, got [5,3], of 15',
    ],
    [
      () => prelu(x, one, { shape: [4, 3], axis: 2, out }),
      RangeError,
      'prelu: option axis must be an integer from -2 to 1 for a shape of 2, got 2',
    ],
    [() => prelu(x, one, any({ alpha: 1, out })), TypeError, 'prelu: unknown option alpha, expected shape, axis, out'],
    [
      () => prelu.backward(x.subarray(1), x, one, { dx: out }),
      RangeError,
      'prelu.backward: dy must have the length of x, 12, got 11',
    ],
    [
      () => prelu.backward(x, x, one, { dx: out, dSlopes: new Float32Array(2) }),
      RangeError,
      'prelu.backward: dSlopes must have the length of slopes, 1, got 2',
    ],
    [
      () => prelu.backward(x, x, one, { dx: out, dSlopes: out.subarray(3, 4) }),
      RangeError,
      'prelu.backward: dx and dSlopes must not overlap',
    ],
    [() => rrelu(x, { training: true, out }), TypeError, 'rrelu: option seed must be a number, got undefined'],
    [
      () => rrelu(x, { training: true, seed: -1, out }),
      RangeError,
      'rrelu: option seed must be an integer from 0 to 9007199254740991, got -1',
    ],
    [() => rrelu(x, { training: any(1), out }), TypeError, 'rrelu: option training must be a boolean, got 1'],
    [
      () => rrelu(x, { lower: 1, out }),
      RangeError,
      'rrelu: option lower must not exceed upper, got 1 and 0.3333333333333333',
    ],
    [
      () => rrelu(x, { upper: 1e39, out }),
      RangeError,
      'rrelu: option upper must be a finite float32 number, got 1e+39',
    ],
    [() => rrelu(x, { lower: any('0'), out }), TypeError, 'rrelu: option lower must be a number, got "0"'],
    [
      () => rrelu(x, { lower: -3e38, upper: 3e38, out }),
      RangeError,
      'rrelu: option upper must exceed lower by a finite float32 number, got 3e+38 and -3e+38',
    ],
    [() => glu(x.subarray(1), { out: six }), RangeError, 'glu: the size of x along the axis must be even, got 11'],
    [() => glu(x, { out }), RangeError, 'glu: out must have 6 elements, got Float32Array(12)'],
    [() => glu(x, any({ beta: 1 })), TypeError, 'glu: unknown option beta, expected shape, axis, out'],
    [() => swiglu(x, x.subarray(1), { out }), RangeError, 'swiglu: b must have the length of a, 12, got 11'],
    [() => swiglu(x, x, any({ shape: [12], out })), TypeError, 'swiglu: unknown option shape, expected beta, out'],
    [() => swiglu(x, { beta: 0, out: six }), RangeError, 'swiglu: option beta must be'],
    [() => geglu(x, { approximate: any('erf'), out: six }), TypeError, 'geglu: option approximate must be'],
    [() => geglu(any(3)), TypeError, 'geglu: x must be an array of floating-point numbers, got 3'],
    [() => geglu(x, any(3)), TypeError, 'geglu: options must be an object, got 3'],
    [() => geglu(x, any(null)), TypeError, 'geglu: options must be an object, got null'],
    [() => glu(x, any(undefined), any({ o: 1 })), TypeError, 'glu: unknown option o, expected shape, axis, out'],
    [() => glu(x, any({}), { out }), TypeError, 'glu: b must be a Float32Array, got Object'],
    [() => glu.backward(six, x, any(undefined), any({ o: 1 })), TypeError, 'glu.backward: unknown option o'],
    [
      () => swiglu.backward(x, x, { out }),
      RangeError,
      'swiglu.backward: dy must have 6 elements, got Float32Array(12)',
    ],
    [() => swiglu.backward(x, x, x, { da: out, db: out }), RangeError, 'swiglu.backward: da and db must not overlap'],
    [
      () => maxout(x, { k: 5, out }),
      RangeError,
      'maxout: option k must be an integer that divides the size along the axis, 12, got 5',
    ],
    [() => maxout(x, { k: any('2'), out }), TypeError, 'maxout: option k must be a number, got "2"'],
    [() => maxout(x, { out }), RangeError, 'maxout: out must have 6 elements, got Float32Array(12)'],
    [() => maxout.backward(x, x, { out }), RangeError, 'maxout.backward: dy must have 6 elements'],
    [() => crelu(x, { out }), RangeError, 'crelu: out must have 24 elements, got Float32Array(12)'],
    [() => crelu.backward(x, x, { out }), RangeError, 'crelu.backward: dy must have 24 elements'],
  ];
  for (const [call, kind, message] of cases) {
    expect(call, message).toThrow(kind);
    expect(call).toThrow(message);
  }
  expect([...out]).toEqual(Array(12).fill(7));
});
