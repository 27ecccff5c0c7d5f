// Products of matrices in the threads of a pool, as built: the bits of the direct call, whatever happens to the threads.
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { type Activation, createArena, gelu, leakyRelu, relu, sigmoid, softmax } from 'lanewise';
import { create, dense, matmul } from 'lanewise/nn';
import { createPool, type Pool } from 'lanewise/parallel';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { any, endsLate, expectSame, idle, told, workers } from './threads';

const GUARD = 1234.5;
const arena = createArena(2 ** 27, { shared: true });
beforeEach(() => arena.reset());

const places = {
  ordinary: (n: number) => new Float32Array(n),
  'shared arena': (n: number) => arena.float32(n),
};
type Place = keyof typeof places;
const kinds = Object.keys(places) as Place[];

/** Numbers from -1 to 1, of which each part is another. */
const numbers = Float32Array.from({ length: 2 ** 21 }, (_, i) => ((i * 2654435761) % 2 ** 32) / 2 ** 31 - 1);

function matrix(n: number, place: Place = 'ordinary', start = 0): Float32Array {
  const array = places[place](n);
  for (let from = 0; from < n; ) {
    const at = (start + from) % numbers.length;
    const part = numbers.subarray(at, Math.min(numbers.length, at + n - from));
    array.set(part, from);
    from += part.length;
  }
  return array;
}

/** x, weights and a bias of a layer. */
function layer(m: number, k: number, n: number, place: Place): [Float32Array, Float32Array, Float32Array] {
  return [matrix(m * k, place), matrix(k * n, place, 1001), matrix(n, place, 77)];
}

/** Room for a result, among elements that must stay as they are. */
function guarded(n: number, place: Place): { out: Float32Array; check(): void } {
  const whole = places[place](n + 40).fill(GUARD);
  const check = () => expect([...whole.subarray(0, 20), ...whole.subarray(n + 20)]).toEqual(Array(40).fill(GUARD));
  return { out: whole.subarray(20, n + 20), check };
}

/** Enough for threads: even and odd sizes, few rows, few columns, one column. */
const shapes = [
  [256, 784, 512],
  [257, 331, 203],
  [3, 2400, 2401],
  [5000, 700, 5],
  [6001, 2800, 1],
] as const;
const activations: (Activation | undefined)[] = [undefined, relu, leakyRelu.with({ alpha: 0.3 }), gelu];

describe('one pool', () => {
  const pool = createPool({ threads: 2 });
  afterAll(() => pool.close());

  describe.each(kinds)('%s', (place) => {
    test.each(shapes)('dense, %i x %i x %i', async (m, k, n) => {
      const [x, weights, bias] = layer(m, k, n, place);
      const elsewhere = matrix(n, 'ordinary', 77);
      const { out, check } = guarded(m * n, place);
      for (const [i, activation] of activations.entries()) {
        for (const b of [undefined, bias, elsewhere]) {
          const options = { shape: [k, n], bias: b, activation } as const;
          out.fill(Number.NaN);
          if (i % 2 === 0) expect(await pool.run(dense, x, weights, { ...options, out })).toBe(out);
          else expect(pool.runSync(dense, x, weights, { ...options, out })).toBe(out);
          expectSame(out, dense(x, weights, options));
        }
      }
      check();
      expectSame(x, matrix(m * k));
      expectSame(weights, matrix(k * n, 'ordinary', 1001));
    });

    test('any sizes', async () => {
      const size = fc.integer({ min: 220, max: 420 });
      await fc.assert(
        fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), async (m, k, n, transposeA, transposeB) => {
          arena.reset();
          const [a, b] = layer(m, k, n, place);
          const { out, check } = guarded(m * n, place);
          const options = { shape: [m, k, n], transposeA, transposeB } as const;
          expectSame(await pool.run(matmul, a, b, { ...options, out }), matmul(a, b, options));
          check();
        }),
        { numRuns: 15 },
      );
    });

    test('out overlaps a source', async () => {
      const [m, k, n] = [300, 256, 256];
      const expected = dense(matrix(m * k), matrix(k * n, 'ordinary', m * k), { shape: [k, n] });
      for (const shift of [0, 5, 30_000]) {
        const memory = places[place](m * k + k * n + 30_000);
        memory.set(matrix(m * k + k * n));
        const [x, weights] = [memory.subarray(0, m * k), memory.subarray(m * k, m * k + k * n)];
        const out = memory.subarray(shift, shift + m * n);
        expectSame(await pool.run(dense, x, weights, { shape: [k, n], out }), expected);
      }
    });

    test('a product that is added to what out holds', async () => {
      const [a, b] = layer(256, 256, 256, place);
      const [out, expected] = [matrix(2 ** 16, place, 9), matrix(2 ** 16, place, 9)];
      const options = { shape: [256, 256, 256], accumulate: true } as const;
      expectSame(await pool.run(matmul, a, b, { ...options, out }), matmul(a, b, { ...options, out: expected }));
    });

    test('small and empty ones', async () => {
      for (const [m, k, n] of [
        [0, 3, 2],
        [2, 0, 3],
        [3, 4, 0],
        [1, 1, 1],
        [13, 17, 19],
        [1, 4097, 4096], // of which each weight is used once
      ] as const) {
        const [a, b] = layer(m, k, n, place);
        const options = { shape: [m, k, n] } as const;
        expectSame(await pool.run(matmul, a, b, options), matmul(a, b, options));
      }
    });
  });

  test('larger than the memory to which matrices are copied: slab by slab, or not at all', async () => {
    for (const [m, k, n] of [
      [160, 70_000, 64],
      [64, 300_000, 16],
    ] as const) {
      const [x, weights, bias] = layer(m, k, n, 'ordinary');
      expectSame(
        await pool.run(dense, x, weights, { bias, activation: relu }),
        dense(x, weights, { bias, activation: relu }),
      );
    }
  });

  test('in an arena, with a longer bias from elsewhere than its scratch memory holds', async () => {
    const [m, k, n] = [4, 70, 70_003];
    const [x, weights] = layer(m, k, n, 'shared arena');
    const bias = matrix(n, 'ordinary', 3);
    const out = arena.float32(m * n);
    expectSame(
      await pool.run(dense, x, weights, { bias, activation: gelu, out }),
      dense(x, weights, { bias, activation: gelu }),
    );
  });

  test.each(['simd', 'js'] as const)('a library of its own, %s', async (backend) => {
    const own = create({ backend });
    const ownArena = own.createArena(4 * 3 * 2 ** 17, { shared: true });
    const [m, k, n] = [260, 250, 259];
    const [x, weights, bias] = layer(m, k, n, 'ordinary');
    const expected = own.dense(x, weights, { bias, activation: own.sigmoid });
    expectSame(await pool.run(own.dense, x, weights, { bias, activation: own.sigmoid }), expected);
    const [ownX, ownWeights, out] = [m * k, k * n, m * n].map((size) => ownArena.float32(size));
    ownX.set(x);
    ownWeights.set(weights);
    expectSame(await pool.run(own.dense, ownX, ownWeights, { bias, activation: own.sigmoid, out }), expected);
  });

  test('calls in their order, of both kinds', async () => {
    const [x, weights, bias] = layer(256, 784, 512, 'shared arena');
    const [out, expected] = [arena.float32(256 * 512), arena.float32(256 * 512)];
    const calls = [pool.run(dense, x, weights, { bias, out }), pool.run(gelu, out, { out })];
    pool.runSync(sigmoid, out, { out });
    await Promise.all(calls);
    sigmoid(gelu(dense(x, weights, { bias })), { out: expected });
    expectSame(out, expected);
  });

  test('while the calling thread, and another pool, work in the same arena', async () => {
    const other = createPool({ threads: 2 });
    const [x, weights, bias] = layer(256, 784, 512, 'shared arena');
    const [first, second, third] = [0, 1, 2].map(() => arena.float32(256 * 512));
    const rows = matrix(256 * 512, 'shared arena', 5);
    const expected = dense(x, weights, { bias, activation: gelu });
    const likelihoods = softmax(rows, { shape: [256, 512] });
    for (let again = 0; again < 5; again++) {
      const calls = [
        pool.run(dense, x, weights, { bias: bias.slice(), activation: gelu, out: first }),
        other.run(dense, x, weights, { bias: bias.slice(), activation: gelu, out: second }),
      ];
      for (let i = 0; i < 3; i++) {
        expectSame(softmax(rows, { shape: [256, 512], out: third }), likelihoods);
        expectSame(dense(x, weights, { bias, activation: gelu, out: third }), expected);
      }
      for (const call of calls) expectSame(await call, expected);
    }
    await other.close();
  });

  const [x, weights] = [new Float32Array(6), new Float32Array(6)];
  test.each([
    [
      'a wrong array',
      () => pool.run(dense, any([1]), weights, { shape: [2, 3] }),
      TypeError,
      'dense: x must be a Float32Array, got Array(1)',
    ],
    ['no shape', () => pool.run(dense, x, weights, {}), TypeError, 'dense: expected option shape or bias, got neither'],
    [
      'no options',
      () => any(pool).run(dense, x, weights),
      TypeError,
      'dense: options must be an object, got undefined',
    ],
    [
      'a wrong out',
      () => pool.run(dense, x, weights, { shape: [2, 3], out: x.subarray(1) }),
      RangeError,
      'dense: out must have 3 x 3 elements, 9, got 5',
    ],
    [
      'an unknown option',
      () => pool.run(matmul, x, weights, any({ shape: [3, 2, 3], bias: x })),
      TypeError,
      'matmul: unknown option bias',
    ],
    [
      'not a signal',
      () => pool.run(dense, x, weights, any({ shape: [2, 3], signal: 1 })),
      TypeError,
      'pool.run: option signal must be an AbortSignal, got 1',
    ],
    [
      'another function',
      () => pool.run(any(Math.hypot), x, weights, {}),
      TypeError,
      'pool.run: f must be an activation of lanewise, or dense or matmul, got a function',
    ],
    [
      'a gradient',
      () => any(pool).backward(dense, x, x, weights),
      TypeError,
      'pool.backward: f must be an activation of lanewise, got a function',
    ],
  ])('%s is refused', async (_, call, type, message) => {
    await expect(call).rejects.toThrow(type);
    await expect(call).rejects.toThrow(message);
  });
});

describe.skipIf(endsLate)('threads that fail', () => {
  const [m, k, n] = [256, 784, 512];
  let own: Pool;
  beforeEach(async () => {
    await told();
    workers.length = 0;
    own = createPool({ threads: 2 });
    await told();
  });
  afterEach(() => own.close());

  test.each(kinds)('one that is ended is replaced, and its part done again: %s', async (place) => {
    const [x, weights, bias] = layer(m, k, n, place);
    const out = places[place](m * n);
    const expected = dense(x, weights, { bias, activation: gelu });
    for (let again = 0; again < 4; again++) {
      await own.run(relu, new Float32Array(2 ** 18)); // all threads are there
      const call = own.run(dense, x, weights, { bias, activation: gelu, out });
      const victims = again < 2 ? [workers.at(-1)] : [...workers];
      for (const victim of victims) (victim as Worker).terminate();
      expectSame(await call, expected);
    }
    expect(workers.length).toBeGreaterThan(2);
  });

  test.each(kinds)('one that dies in the middle of a chunk: %s', async (place) => {
    const [x, weights, bias] = layer(m, k, n, place);
    const out = places[place](m * n);
    const [first, second] = workers;
    idle(first);
    second.postMessage = ({ control, threads, id, memory, calls }) => {
      Atomics.store(control, 1 + threads + 2, id); // takes the third chunk
      const address = calls[2][0].args[11];
      new Float32Array(memory.buffer, address, 50).fill(99); // has begun to write it
      second.terminate();
    };
    expectSame(
      await own.run(dense, x, weights, { bias, activation: relu, out }),
      dense(x, weights, { bias, activation: relu }),
    );
  });

  test.each(['run', 'runSync'] as const)('an error in a thread reaches the caller of %s', async (method) => {
    const [x, weights, bias] = layer(m, k, n, 'ordinary');
    for (const worker of workers) {
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (work) => post({ ...work, binaries: [] });
    }
    const call = async () =>
      method === 'run' ? own.run(dense, x, weights, { bias }) : own.runSync(dense, x, weights, { bias });
    await expect(call).rejects.toThrow(method === 'run' ? TypeError : 'pool.runSync: a thread could not do its part');
    for (const worker of workers) delete any(worker).postMessage;
    expectSame(await own.run(dense, x, weights, { bias }), dense(x, weights, { bias }));
  });

  test('aborted: before, while it waits, and before a thread has done anything', async () => {
    workers.forEach(idle);
    for (const place of kinds) {
      const [x, weights, bias] = layer(m, k, n, place);
      const [first, second] = [new AbortController(), new AbortController()];
      const [a, b] = [places[place](m * n).fill(GUARD), places[place](m * n).fill(GUARD)];
      const started = own.run(dense, x, weights, { bias, out: a, signal: first.signal });
      const waiting = own.run(dense, x, weights, { bias, out: b, signal: second.signal });
      second.abort(new Error('waiting'));
      first.abort(new Error('started'));
      await expect(waiting).rejects.toThrow('waiting');
      await expect(started).rejects.toThrow('started');
      await expect(own.run(dense, x, weights, { bias, out: a, signal: first.signal })).rejects.toThrow('started');
      for (const out of [a, b]) expectSame(out, new Float32Array(m * n).fill(GUARD));
    }
    for (const worker of workers) delete any(worker).postMessage;
    const [x, weights, bias] = layer(m, k, n, 'shared arena');
    expectSame(await own.run(dense, x, weights, { bias }), dense(x, weights, { bias }));
  });

  test('a buffer that is transferred while its call waits', async () => {
    const [x, weights, bias] = layer(m, k, n, 'ordinary');
    const first = own.run(dense, x, weights, { bias });
    const moved = weights.slice();
    const second = own.run(dense, x, moved, { bias });
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    await expect(second).rejects.toThrow('pool: an array was detached or shrunk before its turn came');
    expectSame(await first, dense(x, weights, { bias }));
  });

  test('a memory is sent to a thread once, while it is one of the two that came last', async () => {
    const sent: boolean[] = [];
    const post = workers[0].postMessage.bind(workers[0]);
    workers[0].postMessage = (work) => {
      sent.push(work.memory !== undefined);
      post(work);
    };
    const arenas = [0, 1, 2].map(() => createArena(2 ** 21, { shared: true }).float32(2 ** 18));
    for (const i of [0, 0, 1, 0, 1, 2, 1, 0]) await own.run(relu, arenas[i], { out: arenas[i] });
    expect(sent.slice(-8)).toEqual([true, false, true, false, false, true, false, true]);
  });
});
