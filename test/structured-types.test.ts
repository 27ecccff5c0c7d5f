// prelu, rrelu, the gated units, maxout and crelu on other types than float32: test/structured.test.ts has the functions themselves.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, bfloat16, create, float16, type GatedUnit } from '../src';
import { Random } from '../src/random';
import { randoms, specials } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: any type of number, and what is wrong on purpose
type Any = any;

const lanewises = (['relaxed', 'simd', 'js'] as const).map((backend) => [backend, create({ backend })] as const);
type Lanewise = (typeof lanewises)[0][1];
const backends = lanewises.map(([backend, lanewise]) => ({ backend, lanewise }));

const hasFloat16Array = 'Float16Array' in globalThis;

/** Numbers of all magnitudes, and now and then one that is special. */
function input(n: number, seed: number): Float64Array {
  const values = randoms(n, seed);
  return Float64Array.from(values, (v, i) => (i % 7 === 3 ? specials[i % 83] : v + v * 2 ** -30));
}

/** Shapes whose last axis is a multiple of `k`: of no element, one, some, more than a block; of rows narrow and wide. */
const shapes = (k: number): number[][] => [[0], [k], [3, k], [5, 7 * k], [2, 3, 5 * k], [515, 2 * k], [2, k * 2051]];

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Fails unless the arrays are equal, bit for bit, but for what is in a NaN. */
function same(actual: Any, expected: Any): void {
  expect([actual.constructor.name, actual.length]).toEqual([expected.constructor.name, expected.length]);
  const infinity = actual.elementType === 'bfloat16' ? 0x7f80 : 0x7c00;
  const isNone = (v: number) => Number.isNaN(v) || (actual instanceof Uint16Array && (v & 0x7fff) > infinity);
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i]) || (isNone(actual[i]) && isNone(expected[i]))) continue;
    expect.fail(`at ${i} of ${actual.length}: got ${actual[i]}, expected ${expected[i]}`);
  }
}

/** Ways to make an array of `n` elements of a type. */
function placesOf(make: (n: number) => Any, inArena: (n: number) => Any) {
  return {
    ordinary: make,
    'a subarray': (n: number) => make(n + 3).subarray(1, n + 1),
    arena: (n: number) => inArena(n + 1).subarray(1),
  };
}

function filled(make: (n: number) => Any, values: Any): Any {
  const array = make(values.length);
  array.set(values);
  return array;
}

/** The result between two elements that must stay what they are. */
function guarded(make: (n: number) => Any, n: number, call: (out: Any) => unknown): Any {
  const memory = make(n + 2).fill(9);
  const out = memory.subarray(1, n + 1);
  call(out);
  expect([memory[0], memory[n + 1]]).toEqual([9, 9]);
  return out;
}

/** Every call, given sources and where its results go, in their order: results like `x` unless they say how long they are. */
const calls: {
  readonly name: string;
  /** What the last size is a multiple of. */
  readonly k: number;
  readonly sources: (n: number, shape: number[]) => number[];
  readonly results: (n: number, shape: number[]) => number[];
  readonly call: (l: Lanewise, sources: Any[], outs: Any[], shape: number[]) => Any;
}[] = [
  {
    name: 'prelu',
    k: 1,
    sources: (n, shape) => [n, shape.at(-1) ?? 1],
    results: (n) => [n],
    call: (l, [x, slopes], [out], shape) => l.prelu(x, slopes, { shape, axis: -1, out }),
  },
  {
    name: 'prelu.backward',
    k: 1,
    sources: (n, shape) => [n, n, shape.at(-1) ?? 1],
    results: (n, shape) => [n, shape.at(-1) ?? 1],
    call: (l, [dy, x, slopes], [dx, dSlopes], shape) =>
      Object.values(l.prelu.backward(dy, x, slopes, { shape, axis: -1, dx, dSlopes })),
  },
  {
    name: 'prelu.backward, channels of neighbours',
    k: 2,
    sources: (n) => [n, n, 2],
    results: (n) => [n, 2],
    call: (l, [dy, x, slopes], [dx, dSlopes]) =>
      Object.values(l.prelu.backward(dy, x, slopes, { shape: [1, 2, x.length / 2], dx, dSlopes })),
  },
  ...[{}, { training: true, seed: 7, lower: 0.1, upper: 0.3 }].flatMap((options) => [
    {
      name: `rrelu ${JSON.stringify(options)}`,
      k: 1,
      sources: (n: number) => [n],
      results: (n: number) => [n],
      call: (l: Lanewise, [x]: Any[], [out]: Any[]) => l.rrelu(x, { ...options, out }),
    },
    {
      name: `rrelu.backward ${JSON.stringify(options)}`,
      k: 1,
      sources: (n: number) => [n, n],
      results: (n: number) => [n],
      call: (l: Lanewise, [dy, x]: Any[], [out]: Any[]) => l.rrelu.backward(dy, x, { ...options, out }),
    },
  ]),
  ...(
    [
      ['glu', {}],
      ['reglu', {}],
      ['geglu', {}],
      ['geglu', { approximate: 'tanh' }],
      ['swiglu', { beta: 1.3 }],
    ] as const
  ).flatMap(([name, options]) => [
    {
      name: `${name} ${JSON.stringify(options)}`,
      k: 2,
      sources: (n: number) => [n],
      results: (n: number) => [n / 2],
      call: (l: Lanewise, [x]: Any[], [out]: Any[], shape: number[]) =>
        (l[name] as GatedUnit)(x, { ...options, shape, out }),
    },
    {
      name: `${name}.backward ${JSON.stringify(options)}`,
      k: 2,
      sources: (n: number) => [n / 2, n],
      results: (n: number) => [n],
      call: (l: Lanewise, [dy, x]: Any[], [out]: Any[], shape: number[]) =>
        (l[name] as GatedUnit).backward(dy, x, { ...options, shape, out }),
    },
    {
      name: `${name}.backward of two ${JSON.stringify(options)}`,
      k: 1,
      sources: (n: number) => [n, n, n],
      results: (n: number) => [n, n],
      call: (l: Lanewise, [dy, a, b]: Any[], [da, db]: Any[]) =>
        Object.values((l[name] as GatedUnit).backward(dy, a, b, { ...options, da, db })),
    },
  ]),
  ...[2, 3].flatMap((k) => [
    {
      name: `maxout of ${k}`,
      k,
      sources: (n: number) => [n],
      results: (n: number) => [n / k],
      call: (l: Lanewise, [x]: Any[], [out]: Any[], shape: number[]) => l.maxout(x, { k, shape, out }),
    },
    {
      name: `maxout.backward of ${k}`,
      k,
      sources: (n: number) => [n / k, n],
      results: (n: number) => [n],
      call: (l: Lanewise, [dy, x]: Any[], [out]: Any[], shape: number[]) => l.maxout.backward(dy, x, { k, shape, out }),
    },
  ]),
  {
    name: 'maxout along the first axis',
    k: 4,
    sources: (n) => [n],
    results: (n) => [n / 4],
    call: (l, [x], [out]) => l.maxout(x, { k: 4, shape: [4, x.length / 4], axis: 0, out }),
  },
  {
    name: 'maxout.backward along the first axis',
    k: 4,
    sources: (n) => [n / 4, n],
    results: (n) => [n],
    call: (l, [dy, x], [out]) => l.maxout.backward(dy, x, { k: 4, shape: [4, x.length / 4], axis: 0, out }),
  },
  {
    name: 'crelu',
    k: 1,
    sources: (n) => [n],
    results: (n) => [2 * n],
    call: (l, [x], [out], shape) => l.crelu(x, { shape, out }),
  },
  {
    name: 'crelu.backward',
    k: 1,
    sources: (n) => [2 * n, n],
    results: (n) => [n],
    call: (l, [dy, x], [out], shape) => l.crelu.backward(dy, x, { shape, out }),
  },
];

/** Results, of which a call gives one or a list. */
const listed = (results: Any): Any[] => (Array.isArray(results) ? results : [results]);

const isEmptyChannel = (name: string, shape: number[]) => name.startsWith('prelu') && product(shape) === 0;

describe.each(backends)('$backend', ({ lanewise }) => {
  const arena = lanewise.createArena(2 ** 22);

  // What float32 gives, rounded once.
  describe.each([
    ['float16', (n: number) => float16(new Uint16Array(n)), (n: number) => float16(arena.float16(n) as Any)],
    ['bfloat16', (n: number) => bfloat16(new Uint16Array(n)), (n: number) => arena.bfloat16(n)],
    ...(hasFloat16Array
      ? [['float16', (n: number) => new (globalThis as Any).Float16Array(n), (n: number) => arena.float16(n)] as Any]
      : []),
  ] as const)('%s', (type, make: Any, inArena: Any) => {
    const Type = type === 'float16' ? 'Float16' : 'Bfloat16';
    const narrow = (x: Float32Array, out: Any) => (lanewise as Any)[`to${Type}`](x, { out });
    const widen = (x: Any) => (lanewise as Any)[`from${Type}`](x) as Float32Array;
    const places = Object.values(placesOf(make, inArena));

    test.each(calls)('$name', ({ name, k, sources, results, call }) => {
      for (const place of places) {
        for (const shape of shapes(k)) {
          if (isEmptyChannel(name, shape)) continue;
          const n = product(shape);
          arena.reset();
          const own = sources(n, shape).map((size, i) => narrow(new Float32Array(input(size, i + 1)), place(size)));
          const wide = own.map(widen);
          const expected = listed(call(lanewise, wide, [], shape)).map((y: Float32Array) => narrow(y, make(y.length)));
          const outs = results(n, shape).map((size) => place(size + 2).fill(9));
          const inner = outs.map((memory, i) => memory.subarray(1, results(n, shape)[i] + 1));
          call(lanewise, own, inner, shape);
          for (const [i, out] of inner.entries()) {
            if (!(name.startsWith('prelu.backward') && i === 1)) same(out, expected[i]);
            expect([outs[i][0], outs[i].at(-1)]).toEqual([9, 9]);
          }
        }
      }
    });

    test('the gradients of slopes are sums of float64, rounded once', () => {
      // 1 + 2^-9 (of float16 2^-11), half way between two numbers, and a little: float32 loses the little.
      const half = type === 'float16' ? 2 ** -11 : 2 ** -8;
      const x = narrow(new Float32Array([-1, -half, -(2 ** -14)]), make(3));
      const dy = narrow(new Float32Array([-1, -1, -(2 ** -14)]), make(3));
      const { dSlopes } = lanewise.prelu.backward(dy, x, make(1));
      expect(widen(dSlopes)[0]).toBe(1 + 2 * half);
      // The float32 below is the nearest, too far down by an even last bit.
      const less = narrow(new Float32Array([-1, -half, 2 ** -14]), make(3));
      expect(widen(lanewise.prelu.backward(dy, less, make(1)).dSlopes)[0]).toBe(1);
      const huge = narrow(new Float32Array([-60000, -60000]), make(2));
      const sum = widen(lanewise.prelu.backward(huge, huge, make(1)).dSlopes)[0];
      expect(sum).toBe(
        type === 'float16' ? Infinity : widen(narrow(new Float32Array([2 * widen(huge)[0] ** 2]), make(1)))[0],
      );
      const none = narrow(new Float32Array([Number.NaN]), make(1));
      expect(widen(lanewise.prelu.backward(none, none, make(1)).dSlopes)[0]).toBeNaN();
    });

    test('groups that do not fit into scratch memory', () => {
      const k = 70_000;
      const x = narrow(Float32Array.from(randoms(k, 4), Math.abs), make(k));
      const dy = narrow(new Float32Array([5]), make(1));
      const wide = widen(x);
      same(lanewise.maxout(x, { k }), narrow(lanewise.maxout(wide, { k }), make(1)));
      same(lanewise.maxout.backward(dy, x, { k }), narrow(lanewise.maxout.backward(widen(dy), wide, { k }), make(k)));
    });
  });

  describe('float64', () => {
    const places = placesOf(
      (n) => new Float64Array(n),
      (n) => arena.float64(n),
    );

    /** What the definitions give, of the library's own activations of single elements. */
    const definitions: { [name: string]: (l: Lanewise, sources: Any[], shape: number[]) => Any } = {
      prelu: (_, [x, slopes]) => x.map((v: number, i: number) => (v > 0 ? v : v * slopes[i % slopes.length])),
      'prelu.backward': (_, [dy, x, slopes]) => [
        dy.map((v: number, i: number) => v * (x[i] > 0 ? 1 : x[i] <= 0 ? slopes[i % slopes.length] : Number.NaN)),
        Float64Array.from(slopes, (_, c) => exactDot(dy, x, (i) => i % slopes.length === c)),
      ],
      'prelu.backward, channels of neighbours': (_, [dy, x, slopes]) => {
        const channel = (i: number) => Math.floor(i / (x.length / 2));
        return [
          dy.map((v: number, i: number) => v * (x[i] > 0 ? 1 : x[i] <= 0 ? slopes[channel(i)] : Number.NaN)),
          Float64Array.from(slopes, (_, c) => exactDot(dy, x, (i) => channel(i) === c)),
        ];
      },
      'rrelu {}': (l, [x]) => l.leakyRelu(x, { alpha: 11 / 48 }),
      'rrelu.backward {}': (l, [dy, x]) => l.leakyRelu.backward(dy, x, { alpha: 11 / 48 }),
      'rrelu {"training":true,"seed":7,"lower":0.1,"upper":0.3}': (_, [x]) => {
        const random = new Random(7);
        const slopes = Float64Array.from(x, () => 0.1 + random.uniform() * (0.3 - 0.1));
        return x.map((v: number, i: number) => (v > 0 ? v : v * slopes[i]));
      },
      'rrelu.backward {"training":true,"seed":7,"lower":0.1,"upper":0.3}': (_, [dy, x]) => {
        const random = new Random(7);
        const slopes = Float64Array.from(x, () => 0.1 + random.uniform() * (0.3 - 0.1));
        return dy.map((v: number, i: number) => v * (x[i] > 0 ? 1 : x[i] <= 0 ? slopes[i] : Number.NaN));
      },
      ...gatedDefinitions('glu', (l) => l.sigmoid, {}),
      ...gatedDefinitions('reglu', (l) => l.relu, {}),
      ...gatedDefinitions('geglu', (l) => l.gelu, {}),
      ...gatedDefinitions('geglu', (l) => l.gelu, { approximate: 'tanh' }),
      ...gatedDefinitions('swiglu', (l) => l.silu, { beta: 1.3 }),
      ...Object.fromEntries(
        [
          ['2', 2, 1],
          ['3', 3, 1],
          ['', 4, 0],
        ].flatMap(([suffix, k, axis]: Any[]) => {
          const group = (x: Any, i: number) =>
            Array.from({ length: k }, (_, t) => (axis === 1 ? i * k + t : t * (x.length / k) + i));
          const best = (x: Any, i: number) => {
            const values = group(x, i).map((e) => x[e]);
            const t = values.some(Number.isNaN) ? values.findIndex(Number.isNaN) : values.indexOf(Math.max(...values));
            return group(x, i)[t];
          };
          const of = axis === 1 ? `of ${suffix}` : 'along the first axis';
          return [
            [
              `maxout ${of}`,
              (_: Lanewise, [x]: Any[]) => Float64Array.from({ length: x.length / k }, (_, i) => x[best(x, i)]),
            ],
            [
              `maxout.backward ${of}`,
              (_: Lanewise, [dy, x]: Any[]) => {
                const dx = new Float64Array(x.length);
                for (let i = 0; i < dy.length; i++) dx[best(x, i)] = dy[i];
                return dx;
              },
            ],
          ];
        }),
      ),
      crelu: (l, [x], shape) => {
        const width = shape.at(-1) as number;
        const [positive, negative] = [l.relu(x), l.relu(x.map((v: number) => -v))] as Any[];
        return Float64Array.from({ length: 2 * x.length }, (_, e) => {
          const [row, i] = [Math.floor(e / (2 * width)), e % (2 * width)];
          return i < width ? positive[row * width + i] : negative[row * width + i - width];
        });
      },
      'crelu.backward': (_, [dy, x], shape) => {
        const width = shape.at(-1) as number;
        return x.map((v: number, e: number) => {
          const at = Math.floor(e / width) * 2 * width + (e % width);
          return v > 0 ? dy[at] : v < 0 ? 0 - dy[at + width] : v === 0 ? 0 : Number.NaN;
        });
      },
    };

    test.each(calls)('$name', ({ name, k, sources, results, call }) => {
      for (const place of Object.values(places)) {
        for (const shape of shapes(k)) {
          if (isEmptyChannel(name, shape)) continue;
          const n = product(shape);
          arena.reset();
          const own = sources(n, shape).map((size, i) => filled(place, input(size, i + 1)));
          const before = own.map((source) => source.slice());
          const expected = listed(definitions[name](lanewise, before, shape));
          const outs: Any[] = [];
          const sizes = results(n, shape);
          const run = (i: number) => {
            if (i === sizes.length) call(lanewise, own, outs, shape);
            else
              guarded(place, sizes[i], (out) => {
                outs[i] = out;
                run(i + 1);
              });
          };
          run(0);
          for (const [i, out] of outs.entries()) same(out, expected[i]);
          for (const [i, source] of own.entries()) same(source, before[i]);
          // Without results given, and in place.
          same(listed(call(lanewise, own, [], shape))[0], expected[0]);
          const i = own.findIndex(({ length }) => length === expected[0].length);
          if (i < 0) continue;
          call(lanewise, own, [own[i], ...outs.slice(1)], shape);
          same(own[i], expected[0]);
        }
      }
    });

    test('sums of slopes: as if in twice the precision', () => {
      const dot = (x: number[], dy: number[]) =>
        lanewise.prelu.backward(new Float64Array(dy), new Float64Array(x), new Float64Array(1)).dSlopes[0];
      expect(dot([-1e16, -1, -1e16], [1, 1, -1])).toBe(-1);
      expect(dot([-(1 + 2 ** -30), -1], [-(1 + 2 ** -30), 1 + 2 ** -29])).toBe(2 ** -60);
      expect(dot([-Infinity, -1], [1, 1])).toBe(-Infinity);
      expect(dot([-1e200, -1], [1e200, 1])).toBe(-Infinity);
      expect(dot([-Infinity, -Infinity], [1, -1])).toBeNaN();
      expect(dot([-1e308, -1e308, -1], [1, -1, 3])).toBe(-3);
      const number = fc.double({ min: -1e3, max: 0, noNaN: true });
      fc.assert(
        fc.property(fc.array(fc.tuple(number, fc.integer({ min: -9, max: 9 })), { maxLength: 300 }), (pairs) => {
          const [x, dy] = [0, 1].map((part) => pairs.map((pair) => pair[part]));
          const exact = exactDot(dy, x);
          const size = pairs.reduce((sum, [x, dy]) => sum + Math.abs(x * dy), 0);
          expect(Math.abs(dot(x, dy) - exact)).toBeLessThanOrEqual(2 ** -52 * Math.abs(exact) + 2 ** -88 * size);
        }),
        { numRuns: 30 },
      );
    });

    test('any part of a memory as the result', () => {
      for (const [, place] of Object.entries(places)) {
        for (const shift of [-3, 5]) {
          arena.reset();
          const memory = filled(
            place,
            input(9000, 1).map((v) => (Math.abs(v) < 1e9 ? v : 1)),
          );
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

    test('groups that do not fit into scratch memory', () => {
      const k = 40_000;
      const x = input(k, 4).map((v) => (Number.isNaN(v) ? 1 : Math.abs(v)));
      const largest = x.indexOf(x.reduce((a, b) => Math.max(a, b)));
      expect(lanewise.maxout(x, { k })[0]).toBe(x[largest]);
      const dx = lanewise.maxout.backward(new Float64Array([5]), x, { k });
      expect(dx[largest]).toBe(5);
      expect(dx.filter((v) => v !== 0)).toHaveLength(1);
    });
  });
});

/** x as an integer, of units of 2^-1074. */
function units(x: number): bigint {
  let exponent = 0;
  for (; !Number.isInteger(x); x *= 2) exponent++;
  return BigInt(x) << BigInt(1074 - exponent);
}

/** The sum of x dy where x is not > 0, over the own elements: rounded once; as float64 has it where a term is not finite. */
function exactDot(dy: Any, x: Any, isOwn: (i: number) => boolean = () => true): number {
  let [sum, plain] = [0n, 0];
  for (let i = 0; i < x.length; i++) {
    if (!isOwn(i) || x[i] > 0) continue;
    const term = x[i] * dy[i];
    plain += term;
    if (Number.isFinite(term)) sum += units(x[i]) * units(dy[i]);
  }
  if (!Number.isFinite(plain)) return plain;
  const excess = Math.max(0, sum.toString(2).length - 1000);
  return Number(sum >> BigInt(excess)) * 2 ** -1000 * 2 ** (excess - 1148);
}

/** Value and gradients of a gated unit by its formula: the activation of the gate, and products. */
function gatedDefinitions(name: string, activationOf: (l: Lanewise) => Activation, options: Any) {
  type Definition = (l: Lanewise, sources: Any[], shape: number[]) => Any;
  const isSecond = name === 'glu';
  const suffix = JSON.stringify(options);

  function two(l: Lanewise, dy: Any, a: Any, b: Any) {
    const f = activationOf(l);
    const [gate, other] = isSecond ? [b, a] : [a, b];
    const value = f(gate, options) as Float64Array;
    const dgate = f.backward(
      dy.map((v: number, i: number) => v * other[i]),
      gate,
      options,
    );
    const dother = dy.map((v: number, i: number) => v * value[i]);
    const y = value.map((v, i) => v * other[i]);
    return { y, gradients: isSecond ? [dother, dgate] : [dgate, dother] };
  }

  const halvesOf = (x: Any, shape: number[]) => {
    const width = (shape.at(-1) as number) / 2;
    const place = (e: number, side: number) => Math.floor(e / width) * 2 * width + side * width + (e % width);
    const half = (side: number) => Float64Array.from({ length: x.length / 2 }, (_, e) => x[place(e, side)]);
    return { a: half(0), b: half(1), place };
  };

  return {
    [`${name} ${suffix}`]: ((l, [x], shape) => {
      const { a, b } = halvesOf(x, shape);
      return two(l, a, a, b).y;
    }) as Definition,
    [`${name}.backward ${suffix}`]: ((l, [dy, x], shape) => {
      const { a, b, place } = halvesOf(x, shape);
      const { gradients } = two(l, dy, a, b);
      const dx = new Float64Array(x.length);
      for (const side of [0, 1]) for (let e = 0; e < dy.length; e++) dx[place(e, side)] = gradients[side][e];
      return dx;
    }) as Definition,
    [`${name}.backward of two ${suffix}`]: ((l, [dy, a, b]) => two(l, dy, a, b).gradients) as Definition,
  };
}

test('types that are mixed, and integers, before anything is written', () => {
  const { prelu, rrelu, glu, swiglu, maxout, crelu } = create();
  const x: Any = new Float64Array(12).fill(-1);
  const single: Any = new Float32Array(12);
  const out: Any = new Float64Array(12).fill(7);
  const one: Any = new Float64Array(1);
  const halves: Any = float16(new Uint16Array(12));
  const gone: Any = new Float64Array(12);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const cases: [() => unknown, string][] = [
    [() => prelu(x, single, { out }), 'prelu: slopes must be a Float64Array, got Float32Array(12)'],
    [() => prelu(single, one), 'prelu: slopes must be a Float32Array, got Float64Array(1)'],
    [() => prelu(x, one, { out: halves }), 'prelu: out must be a Float64Array, got Float16Bits(12)'],
    [
      () => prelu(halves, bfloat16(new Uint16Array(1)) as Any),
      'prelu: slopes must be a float16 array, got Bfloat16Bits(1)',
    ],
    [
      () => prelu.backward(single, x, one, { dx: out }),
      'prelu.backward: dy must be a Float64Array, got Float32Array(12)',
    ],
    [
      () => prelu.backward(x, x, one, { dx: out, dSlopes: single }),
      'prelu.backward: dSlopes must be a Float64Array, got Float32Array(12)',
    ],
    [() => prelu(gone, one), 'prelu: x must not be detached, got a Float64Array whose buffer was transferred'],
    [() => rrelu(x, { out: single }), 'rrelu: out must be a Float64Array, got Float32Array(12)'],
    [() => rrelu.backward(undefined as Any, x, { out }), 'rrelu.backward: dy must be a Float64Array, got undefined'],
    [() => glu(x, single, { out }), 'glu: b must be a Float64Array, got Float32Array(12)'],
    [
      () => swiglu.backward(x, x, x, { da: out, db: single }),
      'swiglu.backward: db must be a Float64Array, got Float32',
    ],
    [
      () => swiglu.backward(single, x, x, { da: out }),
      'swiglu.backward: dy must be a Float64Array, got Float32Array(12)',
    ],
    [() => maxout(x, { out: single }), 'maxout: out must be a Float64Array, got Float32Array(12)'],
    [() => maxout.backward(single, x, { out }), 'maxout.backward: dy must be a Float64Array, got Float32Array(12)'],
    [() => crelu(halves, { out }), 'crelu: out must be a float16 array, got Float64Array(12)'],
    [() => crelu.backward(single, x, { out }), 'crelu.backward: dy must be a Float64Array, got Float32Array(12)'],
    [() => maxout(new Int8Array(12) as Any), 'maxout: x must be an array of floating-point numbers, got Int8Array(12)'],
    [
      () => prelu(new Uint16Array(2) as Any, one),
      'prelu: x must be an array of floating-point numbers, got Uint16Array(2)',
    ],
  ];
  for (const [call, message] of cases) {
    expect(call, message).toThrow(TypeError);
    expect(call).toThrow(message);
  }
  expect(() => prelu(x, new Float64Array(3), { out })).toThrow(RangeError);
  expect(() => prelu.backward(x, x, one, { dx: out, dSlopes: out.subarray(3, 4) })).toThrow(RangeError);
  expect([...out]).toEqual(Array(12).fill(7));
});

test('options of float64 are not rounded to float32', () => {
  const x = new Float64Array([-1, 1]);
  const { prelu, rrelu } = create();
  expect(prelu(x, new Float64Array([0.1]))[0]).toBe(-0.1);
  expect(rrelu(x, { training: true, seed: 1, lower: 0.1, upper: 0.1 })[0]).toBe(-0.1);
  expect(rrelu(x, { lower: 0.1, upper: 0.1 })[0]).toBe(-0.1);
});
