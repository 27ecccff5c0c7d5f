// Matrix products and dense layers, against float64 and against the activations called on what they give.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, relu } from '../src';
import { numericDefaults } from '../src/activation';
import { create, dense, matmul } from '../src/nn';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;

/** `n` numbers from -1 to 1, the same for the same seed. */
function uniforms(n: number, seed: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** The transpose of a rows x columns matrix. */
function transpose<T extends Float32Array | Float64Array>(x: T, rows: number, columns: number): T {
  return x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]) as T;
}

/** s + a b in float64, where s is 0 unless given; of magnitudes, if `f` takes them. */
function exact(
  [m, k, n]: readonly [number, number, number],
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  s: (i: number, j: number) => number = () => 0,
  f: (x: number) => number = (x) => x,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = f(s(i, j));
      for (let p = 0; p < k; p++) sum += f(a[i * k + p] * b[p * n + j]);
      c[i * n + j] = sum;
    }
  }
  return c;
}

/** The bound that the documentation gives, for the sums of magnitudes; and what subnormal products lose. */
function bound(k: number, magnitude: number): number {
  return (Math.min(k, 256) + k / 256 + 1) * 2 ** -24 * magnitude + (k + 1) * 2 ** -149;
}

/** Fails where an error is larger than the bound. */
function expectWithin(k: number, actual: Float32Array, c: Float64Array, magnitudes: Float64Array): void {
  expect(actual.length).toBe(c.length);
  const at = actual.findIndex((y, i) => !(Math.abs(y - c[i]) <= bound(k, magnitudes[i])));
  if (at >= 0) expect(Math.abs(actual[at] - c[at]), `element ${at}`).toBeLessThanOrEqual(bound(k, magnitudes[at]));
}

const size = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(24, 31, 32, 33, 63, 65, 70));
const depth = fc.oneof(size, fc.constantFrom(255, 256, 257, 511, 513));
/** Of more than one block, in each direction: in an arena blocks have 192 rows and 512 columns, in scratch memory up to 1024 terms too. */
const large = [
  [240, 1030, 12],
  [5, 2700, 9],
  [3, 300, 1031],
  [193, 20, 513],
  [1, 260, 600],
] as const;

describe.each(['relaxed', 'simd', 'js'] as const)('%s', (backend) => {
  const { matmul, dense, activations, createArena } = create({ backend });
  const arena = createArena(2 ** 23);
  const places = {
    ordinary: (n: number) => new Float32Array(n),
    'at an odd offset': (n: number) => new Float32Array(n + 3).subarray(3),
    arena: (n: number) => arena.float32(n),
    'an odd offset of an arena': (n: number) => arena.float32(n + 1).subarray(1),
  };
  const copyTo = (make: (n: number) => Float32Array, source: Float32Array) => {
    const copy = make(source.length);
    copy.set(source);
    return copy;
  };

  /** Products of every kind and in every place are within the bound, and the same bits. */
  function checkProduct(shape: readonly [number, number, number], seed: number): void {
    const [m, k, n] = shape;
    const [a, b, before] = [m * k, k * n, m * n].map((length, i) => uniforms(length, seed + i));
    const add = (i: number, j: number) => before[i * n + j];
    const product = matmul(a, b, { shape });
    const sum = matmul(a, b, { shape, out: before.slice(), accumulate: true });
    expectWithin(k, product, exact(shape, a, b), exact(shape, a, b, undefined, Math.abs));
    expectWithin(k, sum, exact(shape, a, b, add), exact(shape, a, b, add, Math.abs));
    for (const [place, make] of Object.entries(places)) {
      arena.reset();
      const [out, x, y, xT, yT] = [before, a, b, transpose(a, m, k), transpose(b, k, n)].map((source) =>
        copyTo(make, source),
      );
      for (const [transposeA, transposeB] of [[], [true], [false, true], [true, true]]) {
        const options = { shape, transposeA, transposeB, out };
        const what = `${shape} ${place} ${transposeA} ${transposeB}`;
        expect(matmul(transposeA ? xT : x, transposeB ? yT : y, options)).toBe(out);
        expectBits(out, product, what);
        out.set(before);
        matmul(transposeA ? xT : x, transposeB ? yT : y, { ...options, accumulate: true });
        expectBits(out, sum, what);
      }
    }
  }

  test('matmul: within the bound, the same bits for each place and order', () => {
    fc.assert(
      fc.property(size, depth, size, fc.nat(1000), (m, k, n, seed) => checkProduct([m, k, n], seed)),
      { numRuns: 60 },
    );
  });

  test.each(large)('matmul: blocks, %i x %i x %i', (m, k, n) => checkProduct([m, k, n], 7));

  test.each(Object.entries(places))('matmul: nothing is written but the result, %s', (_, make) => {
    for (const [m, k, n] of [
      [1, 1, 1],
      [7, 3, 9],
      [13, 300, 39],
      [5, 0, 3],
    ]) {
      arena.reset();
      const memory = make(m * n + 64).fill(5);
      const out = memory.subarray(32, 32 + m * n);
      const [a, b] = [m * k, k * n].map((length) => make(length).fill(1));
      matmul(a, b, { shape: [m, k, n], out });
      const expected = new Float32Array(memory.length).fill(5).fill(k, 32, 32 + m * n);
      expectBits(memory, expected, `${[m, k, n]}`);
      expect([...a, ...b].every((x) => x === 1)).toBe(true);
    }
  });

  test.each(Object.entries(places))('matmul: out may overlap the sources, %s', (_, make) => {
    const [m, k, n] = [9, 9, 12];
    for (const at of [0, 40, 81, 100]) {
      arena.reset();
      const memory = copyTo(make, uniforms(300, at));
      const [a, b] = [memory.subarray(20, 20 + m * k), memory.subarray(101, 101 + k * n)];
      const expected = matmul(a.slice(), b.slice(), { shape: [m, k, n] });
      matmul(a, b, { shape: [m, k, n], out: memory.subarray(at, at + m * n) });
      expectBits(memory.subarray(at, at + m * n), expected, `${at}`);
    }
  });

  test('matmul: NaN and infinities reach their rows and columns alone', () => {
    const shape = [7, 5, 11] as const;
    const [a, b] = [uniforms(35, 1), uniforms(55, 2)];
    a[2 * 5 + 1] = Number.NaN;
    a[4 * 5] = Number.POSITIVE_INFINITY;
    b[3 * 11 + 10] = Number.NEGATIVE_INFINITY;
    const c = matmul(a, b, { shape });
    const expected = exact(shape, a, b);
    for (const [i, y] of c.entries()) {
      if (Number.isFinite(expected[i])) expect(y).toBeCloseTo(expected[i], 5);
      else expect(y).toBe(expected[i]);
    }
  });

  const layer = fc.constantFrom<Activation | undefined>(
    undefined,
    ...(Object.values(activations) as Activation[]),
    activations.leakyRelu.with({ alpha: 0.25 }),
    activations.hardTanh.with({ min: -0.5 }),
    activations.gelu.with({ approximate: 'tanh' }),
  );

  test.each(Object.entries(places))('dense: the activation of product and bias, %s', (_, make) => {
    fc.assert(
      fc.property(size, depth, size, layer, fc.nat(1000), (m, k, n, activation, seed) => {
        fc.pre(k > 0);
        arena.reset();
        const [x, weights, bias] = [m * k, k * n, n].map((length, i) => copyTo(make, uniforms(length, seed + i)));
        const out = make(m * n);
        const shape = [k, n] as const;
        const sums = Float32Array.from(out, (_, i) => bias[i % n]);
        matmul(x, weights, { shape: [m, k, n], out: sums, accumulate: true });
        const expected = activation?.(sums) ?? sums;
        const what = `${[m, k, n]} ${activation?.name}`;
        expect(dense(x, weights, { shape, bias, activation, out })).toBe(out);
        expectBits(out, expected, what);
        expectBits(dense(x, weights, { shape, bias: bias.slice(), activation, out }), expected, `${what}, own bias`);
        if (n > 0) expectBits(dense(x, weights, { bias, activation }), expected, `${what}, no shape`);
      }),
      { numRuns: 40 },
    );
  });

  test.each(large)('dense: blocks, batch of %i, weights %i x %i', (m, k, n) => {
    const [x, weights, bias] = [m * k, k * n, n].map(uniforms);
    const sums = Float32Array.from({ length: m * n }, (_, i) => bias[i % n]);
    matmul(x, weights, { shape: [m, k, n], out: sums, accumulate: true });
    for (const make of [places.ordinary, places.arena]) {
      arena.reset();
      const [ownX, own] = [x, weights].map((source) => copyTo(make, source));
      expectBits(
        dense(ownX, own, { bias, activation: activations.tanh, out: make(m * n) }),
        activations.tanh(sums),
        `${[m, k, n]}`,
      );
    }
  });

  test('dense: a row does not depend on the others', () => {
    const [m, k, n] = [27, 270, 45];
    const [x, weights, bias] = [m * k, k * n, n].map(uniforms);
    const options = { bias, activation: activations.silu };
    const all = dense(x, weights, options);
    for (const rows of [1, 2, 3, 4, 5, 6, 7, 9, 26]) {
      for (let i = 0; i + rows <= m; i += rows) {
        const part = dense(x.subarray(i * k, (i + rows) * k), weights, options);
        expectBits(part, all.subarray(i * n, (i + rows) * n), `${rows} rows from ${i}`);
      }
    }
  });

  /** The loss sum(dy f(x W + bias)) in float64. */
  function loss(
    f: Activation | undefined,
    [m, k, n]: readonly [number, number, number],
    dy: ArrayLike<number>,
    x: ArrayLike<number>,
    weights: ArrayLike<number>,
    bias: ArrayLike<number>,
  ): number {
    const [a, b] = f === undefined ? [0, 0] : numericDefaults(f.spec);
    const z = exact([m, k, n], x, weights, (_, j) => bias[j]);
    return z.reduce((sum, value, i) => sum + dy[i] * (f === undefined ? value : f.spec.value(value, a, b)), 0);
  }

  const smooth = { none: undefined, tanh: activations.tanh, softplus: activations.softplus.with({ beta: 2 }) };
  test.each(Object.entries(smooth))('dense.backward: central differences of the loss, %s', (_, activation) => {
    for (const [m, k, n] of [
      [1, 1, 1],
      [5, 4, 3],
      [7, 9, 12],
    ] as const) {
      const dy = uniforms(m * n, 1);
      const sources = [m * k, k * n, n].map(uniforms);
      const [x, weights, bias] = sources;
      const { dx, dWeights, dBias } = dense.backward(dy, x, weights, { bias, activation });
      for (const [which, gradient] of [dx, dWeights, dBias].entries()) {
        expect(gradient.length).toBe(sources[which].length);
        for (const [i, actual] of gradient.entries()) {
          const [more, less] = [1e-5, -1e-5].map((step) => {
            const moved = sources.map((source) => Float64Array.from(source));
            moved[which][i] += step;
            return loss(activation, [m, k, n], dy, moved[0], moved[1], moved[2]);
          });
          expect(Math.abs(actual - (more - less) / 2e-5), `${which} ${i}`).toBeLessThan(2e-6);
        }
      }
    }
  });

  test('dense.backward: the gradients as products', () => {
    fc.assert(
      fc.property(size, depth, size, layer, fc.boolean(), (m, k, n, activation, isArena) => {
        fc.pre(k > 0);
        arena.reset();
        const make = isArena ? places.arena : places.ordinary;
        const [x, weights, bias, dy] = [m * k, k * n, n, m * n].map((length, i) => copyTo(make, uniforms(length, i)));
        const shape = [k, n] as const;
        const gradients = { dx: make(m * k), dWeights: make(k * n), dBias: make(n) };
        const result = dense.backward(dy, x, weights, { shape, bias, activation, ...gradients });
        for (const name of ['dx', 'dWeights', 'dBias'] as const) expect(result[name]).toBe(gradients[name]);
        const dz = activation?.backward(dy, dense(x, weights, { shape, bias })) ?? dy;
        const what = `${[m, k, n]} ${activation?.name}`;
        expectBits(result.dx, matmul(dz, weights, { shape: [m, n, k], transposeB: true }), what);
        expectBits(result.dWeights, matmul(x, dz, { shape: [k, m, n], transposeA: true }), what);
        const sums = exact([1, m, n], new Float32Array(m).fill(1), dz);
        expectBits(result.dBias, Float32Array.from(sums), what);
      }),
      { numRuns: 40 },
    );
  });

  test('dense.backward: a gradient may replace its source', () => {
    const [m, k, n] = [6, 5, 7];
    const [x, weights, bias, dy] = [m * k, k * n, n, m * n].map(uniforms);
    for (const activation of [undefined, activations.gelu]) {
      const options = { bias, activation };
      const { dx, dWeights, dBias } = dense.backward(dy, x, weights, options);
      for (const [own, weightsOwn, biasOwn] of [
        [x.slice(), weights.slice(), bias.slice()],
        [dy.slice(0, m * k), weights.slice(), bias.slice()],
      ]) {
        const isX = own.length === x.length && own[0] === x[0];
        const result = dense.backward(dy, isX ? own : x, weightsOwn, {
          bias: biasOwn,
          activation,
          dx: own,
          dWeights: weightsOwn,
          dBias: biasOwn,
        });
        expectBits(result.dx, dx, 'dx');
        expectBits(result.dWeights, dWeights, 'dWeights');
        expectBits(result.dBias, dBias, 'dBias');
      }
    }
    const square = uniforms(36, 3);
    const options = { shape: [6, 6] as const };
    const { dx } = dense.backward(square, square, square, options);
    const dz = square.slice();
    expectBits(dense.backward(dz, square, square, { ...options, dx: dz }).dx, dx, 'dx is dy');
  });
});

/** Fails at the first element that has other bits. */
function expectBits(actual: Float32Array, expected: Float32Array, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const at = actual.findIndex((y, i) => !Object.is(y, expected[i]));
  if (at >= 0) expect(actual[at], `${what}, element ${at}`).toBe(expected[at]);
}

const detached = new Float32Array(4);
structuredClone(detached.buffer, { transfer: [detached.buffer] });

const [x, weights, bias] = [new Float32Array(6), new Float32Array(12), new Float32Array(4)];
const out = new Float32Array(8).fill(7);
const shape = [2, 3, 4] as const;

test.each<[what: string, call: () => unknown, kind: typeof TypeError | typeof RangeError, message: string]>([
  [
    'matmul of an Array',
    () => matmul(any([1]), weights, { shape, out }),
    TypeError,
    'matmul: a must be a Float32Array, got Array(1)',
  ],
  [
    'matmul of a detached array',
    () => matmul(x, detached, { shape, out }),
    TypeError,
    'matmul: b must not be detached, got a Float32Array whose buffer was transferred',
  ],
  [
    'matmul without a shape',
    () => matmul(x, weights, any({ out })),
    TypeError,
    'matmul: option shape must be an array, got undefined',
  ],
  [
    'matmul without options',
    () => any(matmul)(x, weights),
    TypeError,
    'matmul: options must be an object, got undefined',
  ],
  [
    'a shape of two',
    () => matmul(x, weights, { shape: any([2, 3]), out }),
    RangeError,
    'matmul: option shape must be [m, k, n], got [2,3]',
  ],
  [
    'a too short factor',
    () => matmul(x, bias, { shape, out }),
    RangeError,
    'matmul: b must have 3 x 4 elements, 12, got 4',
  ],
  [
    'a too long factor',
    () => matmul(weights, weights, { shape, out }),
    RangeError,
    'matmul: a must have 2 x 3 elements, 6, got 12',
  ],
  [
    'a wrong result',
    () => matmul(x, weights, { shape, out: bias }),
    RangeError,
    'matmul: out must have 2 x 4 elements, 8, got 4',
  ],
  [
    'no boolean',
    () => matmul(x, weights, { shape, out, transposeA: any(1) }),
    TypeError,
    'matmul: option transposeA must be a boolean, got 1',
  ],
  [
    'accumulate without out',
    () => matmul(x, weights, { shape, accumulate: true }),
    TypeError,
    'matmul: option accumulate needs out',
  ],
  [
    'an unknown option',
    () => matmul(x, weights, any({ shape, out, beta: 1 })),
    TypeError,
    'matmul: unknown option beta, expected shape, transposeA, transposeB, out, accumulate',
  ],
  [
    'dense of a number',
    () => dense(any(1), weights, { bias, out }),
    TypeError,
    'dense: x must be a Float32Array, got 1',
  ],
  [
    'dense without sizes',
    () => dense(x, weights, { out }),
    TypeError,
    'dense: expected option shape or bias, got neither',
  ],
  [
    'weights that are not of whole rows',
    () => dense(x, x, { bias, out }),
    RangeError,
    'dense: weights must have rows as long as bias, 4, got 6 in all',
  ],
  [
    'a shape of other weights',
    () => dense(x, weights, { shape: [3, 5], out }),
    RangeError,
    'dense: option shape must be of 12 elements, got [3,5], of 15',
  ],
  [
    'a shape of one',
    () => dense(x, weights, { shape: any([12]), out }),
    RangeError,
    'dense: option shape must be [k, n], got [12]',
  ],
  [
    'a wrong bias',
    () => dense(x, weights, { shape: [3, 4], bias: x, out }),
    RangeError,
    'dense: bias must have the length of a row of weights, 4, got 6',
  ],
  [
    'a batch that is not of whole rows',
    () => dense(bias, weights, { bias, out }),
    RangeError,
    'dense: x must have rows of 3 elements, as many as weights has rows, got 4 in all',
  ],
  [
    'a batch of rows without elements',
    () => dense(x, new Float32Array(), { shape: [0, 4] }),
    RangeError,
    'dense: x must have rows of 0 elements, as many as weights has rows, got 6 in all',
  ],
  [
    'no activation',
    () => dense(x, weights, { bias, activation: any(Math.tanh), out }),
    TypeError,
    'dense: option activation must be an activation, got a function',
  ],
  [
    'a wrong result of dense',
    () => dense(x, weights, { bias, out: x }),
    RangeError,
    'dense: out must have 2 x 4 elements, 8, got 6',
  ],
  [
    'a wrong gradient',
    () => dense.backward(x, x, weights, { bias, dx: x }),
    RangeError,
    'dense.backward: dy must have 2 x 4 elements, 8, got 6',
  ],
  [
    'gradients that overlap',
    () => dense.backward(out, x, weights, { bias, dx: out.subarray(0, 6), dBias: out.subarray(4) }),
    RangeError,
    'dense.backward: dx, dWeights and dBias must not overlap',
  ],
])('%s', (_, call, kind, message) => {
  expect(call).toThrow(kind);
  expect(call).toThrow(message);
  expect([...out]).toEqual(Array(8).fill(7));
  expect([...x, ...weights, ...bias].every((value) => value === 0)).toBe(true);
});

test('gradients in shared memories of their own', () => {
  const shared = (n: number) => new Float32Array(new SharedArrayBuffer(4 * n));
  const one = new Float32Array([1]);
  const gradients = { dx: shared(1), dWeights: shared(1), dBias: shared(1) };
  expect(dense.backward(one, one, one, { shape: [1, 1], ...gradients })).toEqual(gradients);
  expect(Object.values(gradients).map(([v]) => v)).toEqual([1, 1, 1]);
});

test('names', () => {
  expect([matmul.name, dense.name]).toEqual(['matmul', 'dense']);
});

test('the examples of the documentation', () => {
  const a = new Float32Array([1, 2, 3, 4]);
  expect([...matmul(a, new Float32Array([1, 10]), { shape: [2, 2, 1] })]).toEqual([21, 43]);
  expect([...matmul(a, a, { shape: [2, 2, 2], transposeA: true })]).toEqual([10, 14, 14, 20]);
  const w = new Float32Array([1, 0, -1, 0, 1, -1]);
  const options = { bias: new Float32Array([0, 0, 0.5]), activation: relu };
  expect([...dense(a, w, options)]).toEqual([1, 2, 0, 3, 4, 0]);
  const gradients = dense.backward(new Float32Array([1]), a.subarray(0, 2), a.subarray(2), { shape: [2, 1] });
  expect(gradients).toEqual({
    dx: new Float32Array([3, 4]),
    dWeights: new Float32Array([1, 2]),
    dBias: new Float32Array([1]),
  });
});
