// Statistics against float64 sums in two passes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activationStats, create } from '../src';
import { randoms, specials } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;

/** What the elements of one unit should give. */
function reference(values: number[]) {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  const mean = finite.reduce((sum, v) => sum + v / n, 0);
  const zeros = values.filter((v) => v === 0).length;
  return {
    zeroFraction: zeros / values.length,
    dead: Number(values.length > 0 && zeros === values.length),
    mean: n > 0 ? mean : Number.NaN,
    variance: n > 0 ? finite.reduce((sum, v) => sum + (v - mean) ** 2 / n, 0) : Number.NaN,
    minimum: n > 0 ? finite.reduce((a, b) => Math.min(a, b)) + 0 : Number.NaN,
    maximum: n > 0 ? finite.reduce((a, b) => Math.max(a, b)) + 0 : Number.NaN,
    nans: values.filter(Number.isNaN).length,
    infinities: values.filter((v) => Math.abs(v) === Infinity).length,
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** The elements of each unit. */
function unitsOf(x: Float32Array, shape: readonly number[], axis: number): number[][] {
  const inner = product(shape.slice(axis + 1));
  const units: number[][] = Array.from({ length: shape[axis] }, () => []);
  for (const [i, v] of x.entries()) units[Math.floor(i / inner) % shape[axis]].push(v);
  return units;
}

type Statistics = ReturnType<typeof reference>;

/** Compares an array of each statistic with those of the elements of each unit. */
function compare(actual: { [S in keyof Statistics]: ArrayLike<number> }, units: number[][]): void {
  const expected = units.map(reference);
  for (const statistic of Object.keys(reference([])) as (keyof Statistics)[]) {
    const exact = expected.map((e) => e[statistic]);
    expect(actual[statistic]).toHaveLength(units.length);
    const wrong = exact.findIndex((v, i) => {
      const { mean, variance } = expected[i];
      if (Object.is(actual[statistic][i], v)) return false;
      const error = Math.abs(actual[statistic][i] - v);
      if (statistic === 'mean') return !(error <= 4e-6 * Math.sqrt(variance) + 1e-13 * Math.abs(mean));
      return !(statistic === 'variance' && error <= 3e-5 * variance + 1e-25 * mean ** 2);
    });
    if (wrong >= 0) expect([wrong, statistic, actual[statistic][wrong]]).toEqual([wrong, statistic, exact[wrong]]);
  }
}

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const { activationStats, createArena } = create({ backend });
  const arena = createArena(2 ** 24);
  const places = {
    ordinary: (x: Float32Array) => x,
    'at an odd offset': (x: Float32Array) => {
      const whole = new Float32Array(x.length + 5);
      whole.set(x, 3);
      return whole.subarray(3, 3 + x.length);
    },
    arena: (x: Float32Array) => {
      arena.reset();
      const whole = arena.float32(x.length + 1);
      whole.set(x, 1);
      return whole.subarray(1);
    },
  };

  function check(x: Float32Array, shape: readonly number[], axis = shape.length - 1): void {
    const stats = activationStats(x, { shape, axis });
    const units = unitsOf(x, shape, axis);
    const { batch, total, histogram, ...each } = stats;
    expect(batch).toBe(shape[axis] === 0 ? product(shape.filter((_, i) => i !== axis)) : x.length / shape[axis]);
    expect(histogram).toBeUndefined();
    compare(each, units);
    const { dead, ...rest } = total;
    expect(dead).toBe(each.dead.reduce((sum, v) => sum + v, 0));
    const all = [...x];
    const totals = Object.entries({ ...rest, dead: reference(all).dead }).map(([statistic, v]) => [statistic, [v]]);
    compare(Object.fromEntries(totals), [all]);
  }

  const inputs: { [kind: string]: (n: number, seed: number) => Float32Array } = {
    ordinary: (n, seed) => randoms(n, seed).map((v) => (Math.abs(v) < 10 ? v : 1)),
    'of every magnitude': randoms,
    'relu outputs': (n, seed) => randoms(n, seed).map((v) => (v > 0 && v < 10 ? v : 0)),
    'all zero': (n) => new Float32Array(n).map((_, i) => (i % 3 === 0 ? -0 : 0)),
    'with NaN and infinities': (n, seed) =>
      randoms(n, seed).map((v, i) => (i % 7 === seed % 7 ? specials[i % specials.length] : v)),
    'NaN and infinities alone': (n) => new Float32Array(n).map((_, i) => [Number.NaN, Infinity, -Infinity][i % 3]),
    'of mean 1e4 and spread 0.1': (n, seed) => randoms(n, seed).map((v) => 1e4 + (Math.abs(v) < 10 ? v / 60 : 0)),
    'whose squares are subnormal': (n, seed) => randoms(n, seed).map((v) => (Math.abs(v) < 10 ? v * 1e-22 : 0)),
    'near the largest': (n, seed) => randoms(n, seed).map((v) => (Math.abs(v) < 10 ? v * 3e37 : 0)),
  };

  test.each(Object.entries(inputs))('%s inputs', (_, make) => {
    for (const [place, put] of Object.entries(places)) {
      for (const shape of [
        [1000, 1],
        [517, 3],
        [260, 4],
        [131, 7],
        [300, 66],
      ]) {
        const x = put(make(product(shape), shape[0]));
        try {
          check(x, shape);
        } catch (error) {
          expect.fail(`${place}, [${shape}]: ${(error as Error).message}`);
        }
      }
    }
  });

  test('any shape and axis', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(1, 2, 64, 65, 130));
    fc.assert(
      fc.property(
        fc.array(size, { minLength: 1, maxLength: 3 }).filter((shape) => product(shape) < 50_000),
        fc.nat(2),
        fc.constantFrom(...Object.values(inputs)),
        fc.constantFrom(...Object.values(places)),
        (shape, axis, make, put) => check(put(make(product(shape), shape.length)), shape, axis % shape.length),
      ),
      { numRuns: 200 },
    );
  });

  test.each([
    ['one unit, more than a block', [70_001, 1], 1],
    ['more units than a panel', [130, 1541], 1],
    ['the same, to be folded', [11, 1547], 1],
    ['more channels than a panel', [2, 400, 67], 1],
    ['a channel longer than a block', [2, 2, 70_001], 1],
    ['a single batch entry', [1, 5003], 1],
    ['channels of few elements', [5, 700, 9], 1],
  ] as const)('%s', (_, shape, axis) => {
    for (const put of Object.values(places)) check(put(inputs['relu outputs'](product(shape), 5)), shape, axis);
  });

  test('the same bits in an arena as elsewhere', () => {
    for (const [shape, axis] of [
      [[100_003, 1], 1],
      [[300, 1541], 1],
      [[20_000, 20], 1],
      [[3, 5, 30_001], 1],
    ] as const) {
      const x = inputs.ordinary(product(shape), 3);
      const expected = activationStats(x, { shape, axis });
      for (const put of Object.values(places)) expect(activationStats(put(x), { shape, axis })).toEqual(expected);
    }
  });

  test('a first row unlike the others', () => {
    const x = Float32Array.from({ length: 40_000 }, (_, i) => (i < 4 ? -1e7 : 1e4 + (i % 10) / 100));
    check(x, [10_000, 4]);
  });

  test('squares that overflow float32 while their sum does not', () => {
    check(
      Float32Array.from({ length: 404 }, (_, i) => (i < 4 ? 0 : i % 8 < 4 ? 1e25 : -1e25)),
      [101, 4],
    );
  });

  test('without a shape all is one unit', () => {
    const x = randoms(100);
    expect(activationStats(x)).toEqual(activationStats(x, { shape: [100, 1] }));
    expect(activationStats(x, { shape: [100] }).batch).toBe(1);
    expect(activationStats(x, { shape: [4, 25], axis: -2 })).toEqual(activationStats(x, { shape: [4, 25], axis: 0 }));
  });

  test('it reads, and does not write', () => {
    const x = inputs['with NaN and infinities'](5000, 1);
    const before = x.slice();
    activationStats(x, { shape: [500, 10], bins: 10 });
    expect(x).toEqual(before);
  });

  describe('histogram', () => {
    test.each(Object.entries(places))('counts, %s', (_, put) => {
      const quarters = Float32Array.from({ length: 40_001 }, (_, i) => ((i * 7) % 41) / 4 - 5);
      for (const n of [0, 1, 3, 4, 40_001]) {
        const x = put(quarters.slice(0, n));
        const counts = new Uint32Array(8);
        for (const v of x) if (v >= -2 && v <= 2) counts[Math.min(Math.floor((v + 2) * 2), 7)]++;
        expect(activationStats(x, { bins: 8, range: [-2, 2] }).histogram).toEqual({ counts, low: -2, high: 2 });
      }
    });

    test('from the least to the greatest finite element', () => {
      const x = put(Float32Array.of(Number.NaN, 3, Infinity, -1, 0, -Infinity, 1, 2, 2));
      expect(activationStats(x, { bins: 4 }).histogram).toEqual({
        counts: Uint32Array.of(1, 1, 1, 3),
        low: -1,
        high: 3,
      });
      expect(activationStats(x, { bins: 1 }).histogram?.counts).toEqual(Uint32Array.of(6));
      function put(x: Float32Array): Float32Array {
        return places.arena(x);
      }
    });

    test('all elements the same, none, the widest range, the narrowest', () => {
      const counts = (x: number[], bins: number) => [
        ...(activationStats(Float32Array.from(x), { bins }).histogram?.counts ?? []),
      ];
      expect(counts([5, 5, 5, 5, 5], 3)).toEqual([5, 0, 0]);
      expect(counts([], 2)).toEqual([0, 0]);
      expect(counts([Number.NaN, Infinity], 2)).toEqual([0, 0]);
      expect(counts([-3e38, -1e38, 1e38, 1.1e38, 3e38], 4)).toEqual([1, 1, 2, 1]);
      expect(counts([0, 2 ** -149, 0, 0, 0], 2).reduce((a, b) => a + b)).toBe(5);
    });

    test('every finite element is in a bin', () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 4096 }), fc.nat(3000), fc.nat(1000), (bins, n, seed) => {
          const x = inputs['with NaN and infinities'](n, seed);
          const counts = activationStats(x, { bins }).histogram?.counts;
          expect(counts).toHaveLength(bins);
          expect(counts?.reduce((a, b) => a + b, 0)).toBe(x.filter(Number.isFinite).length);
        }),
      );
    });
  });
});

test('bins are the same on simd and js', () => {
  const x = randoms(50_000, 4);
  const [a, b] = (['simd', 'js'] as const).map((backend) =>
    create({ backend }).activationStats(x, { bins: 1000, range: [-10, 10.1] }),
  );
  expect(a.histogram).toEqual(b.histogram);
});

test('the name', () => {
  for (const f of [create().activationStats, create({ backend: 'js' }).activationStats])
    expect(f.name).toBe('activationStats');
});

test('the example', () => {
  const stats = activationStats(new Float32Array([0, 1, 0, 3]), { shape: [2, 2] });
  expect([...stats.dead, ...stats.mean, ...stats.variance, stats.total.zeroFraction]).toEqual([1, 0, 0, 2, 0, 1, 0.5]);
});

describe('errors', () => {
  const x = new Float32Array(6);
  const detached = new Float32Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  const cases: [string, () => unknown, Error][] = [
    ['x', () => activationStats(any([1])), new TypeError('activationStats: x must be a Float32Array, got Array(1)')],
    [
      'a detached x',
      () => activationStats(detached),
      new TypeError('activationStats: x must not be detached, got a Float32Array whose buffer was transferred'),
    ],
    [
      'an option',
      () => activationStats(x, any({ axes: 1 })),
      new TypeError('activationStats: unknown option axes, expected shape, axis, bins, range'),
    ],
    [
      'shape',
      () => activationStats(x, { shape: [2, 2] }),
      new RangeError('activationStats: option shape must be of 6 elements, got [2,2], of 4'),
    ],
    [
      'more units than an array can have',
      () => activationStats(new Float32Array(), { shape: [0, 2 ** 33] }),
      expect.objectContaining({ name: 'RangeError' }), // each engine has its own words
    ],
    [
      'axis',
      () => activationStats(x, { shape: [2, 3], axis: 2 }),
      new RangeError('activationStats: option axis must be an integer from -2 to 1 for a shape of 2, got 2'),
    ],
    [
      'bins of a wrong kind',
      () => activationStats(x, { bins: any('8') }),
      new TypeError('activationStats: option bins must be a number, got "8"'),
    ],
    ...[0, 1.5, 4097].map((bins): [string, () => unknown, Error] => [
      `${bins} bins`,
      () => activationStats(x, { bins }),
      new RangeError(`activationStats: option bins must be an integer from 1 to 4096, got ${bins}`),
    ]),
    [
      'range of a wrong kind',
      () => activationStats(x, { bins: 8, range: any(1) }),
      new TypeError('activationStats: option range must be an array of two numbers, got 1'),
    ],
    ...[
      [1, 1],
      [0, Infinity],
      [0, 1e39],
      [Number.NaN, 1],
    ].map((range): [string, () => unknown, Error] => [
      `range ${range}`,
      () => activationStats(x, { bins: 8, range: any(range) }),
      new RangeError(
        `activationStats: option range must be two finite float32 numbers, the lower first, got [${range}]`,
      ),
    ]),
    [
      'range without bins',
      () => activationStats(x, { range: [0, 1] }),
      new TypeError('activationStats: option range needs option bins'),
    ],
  ];
  test.each(cases)('%s', (_, call, error) => expect(call).toThrow(error));
});
