// Pools of threads, as built: results are those of the direct call, to the bit, whatever happens to the threads.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import * as lanewise from 'lanewise';
import { type Activation, createArena, gelu, leakyRelu, mish, relu, softplus } from 'lanewise';
import { createPool, type Pool } from 'lanewise/parallel';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { randoms, specials } from './float32';
import { any, endsLate, expectSame, idle, told, workers } from './threads';

const run = promisify(execFile);
/** Long enough for threads, and of no round length. */
const N = 200_003;
const GUARD = 1234.5;
const sharedArena = createArena(64 * N, { shared: true });

const places = {
  ordinary: (n: number) => new Float32Array(n),
  shared: (n: number) => new Float32Array(new SharedArrayBuffer(4 * n)),
  'shared arena': (n: number) => sharedArena.float32(n),
};
type Place = keyof typeof places;
const kinds = Object.keys(places) as Place[];

const pattern = new Float32Array([...specials, ...randoms(5000)]);
const input = Float32Array.from({ length: N }, (_, i) => pattern[i % pattern.length]);
const upstream = Float32Array.from({ length: N }, (_, i) => pattern[(7 * i + 3) % pattern.length]);

/** A copy at `offset` elements into its buffer. */
function copyOf(source: Float32Array, place: Place, offset = 0): Float32Array {
  const copy = places[place](source.length + offset).subarray(offset);
  copy.set(source);
  return copy;
}

let pool: Pool;
beforeEach(() => {
  sharedArena.reset();
});

describe('one pool', () => {
  pool = createPool({ threads: 2 });
  const shared = pool;
  afterAll(() => shared.close());

  describe.each(kinds)('%s', (place) => {
    test.each(Object.values(lanewise.activations) as Activation[])('$name', async (f) => {
      const odd = Object.fromEntries(
        Object.entries(f.defaults).map(([option, value], i) => [
          option,
          typeof value === 'number' ? (1.5 + 0.7 * i) * value : value,
        ]),
      );
      for (const options of [{}, odd]) {
        sharedArena.reset();
        const [x, dy] = [copyOf(input, place, 3), copyOf(upstream, place, 5)];
        const whole = places[place](N + 20).fill(GUARD);
        const out = whole.subarray(7, 7 + N);
        expect(await shared.run(f, x, { ...options, out })).toBe(out);
        expectSame(out, f(input, options));
        expect(await shared.backward(f, dy, x, { ...options, out })).toBe(out);
        expectSame(out, f.backward(upstream, input, options));
        expect([...whole.subarray(0, 7), ...whole.subarray(7 + N)]).toEqual(Array(20).fill(GUARD));
        expectSame(x, input);
        expectSame(dy, upstream);
      }
    });

    test('lengths and offsets', async () => {
      for (const n of [0, 1, 131_071, 131_072, 131_073, 131_087, 196_608]) {
        sharedArena.reset();
        const offset = n % 19;
        const x = copyOf(input.subarray(0, n), place, offset);
        expectSame(await shared.run(mish, x), mish(x));
        expectSame(shared.runSync(mish, x, { out: x }), mish(input.subarray(0, n)));
      }
    });

    test('in place', async () => {
      const expected = { x: gelu(input), dx: gelu.backward(upstream, input), same: gelu.backward(input, input) };
      for (const isSync of [false, true]) {
        sharedArena.reset();
        const [x, dy] = [copyOf(input, place, 1), copyOf(upstream, place, 2)];
        expectSame(isSync ? shared.runSync(gelu, x, { out: x }) : await shared.run(gelu, x, { out: x }), expected.x);
        for (const target of ['x', 'dy', 'both']) {
          x.set(input);
          dy.set(upstream);
          const [first, out] = target === 'both' ? [x, x] : [dy, target === 'x' ? x : dy];
          if (isSync) shared.backwardSync(gelu, first, x, { out });
          else await shared.backward(gelu, first, x, { out });
          expectSame(out, target === 'both' ? expected.same : expected.dx);
        }
      }
    });

    test('overlapping, as if the sources had been read first', async () => {
      for (const shift of [-5000, -1, 1, 17, 5000]) {
        sharedArena.reset();
        const memory = places[place](N + 10_000);
        const [x, out] = [memory.subarray(5000, 5000 + N), memory.subarray(5000 + shift, 5000 + shift + N)];
        x.set(input);
        await shared.run(gelu, x, { out });
        expectSame(out, gelu(input));
        x.set(input);
        await shared.backward(gelu, x, x, { out });
        expectSame(out, gelu.backward(input, input));
      }
    });
  });

  test('arrays of different kinds', async () => {
    for (const from of kinds) {
      for (const to of kinds) {
        const [x, dy, out] = [copyOf(input, from), copyOf(upstream, to), places[to](N)];
        await shared.run(gelu, x, { out });
        expectSame(out, gelu(input));
        await shared.backward(gelu, dy, x, { out });
        expectSame(out, gelu.backward(upstream, input));
      }
    }
  });

  test('two SharedArrayBuffers over the same memory', async () => {
    const x = copyOf(input, 'shared');
    const out = new Float32Array(structuredClone(x.buffer));
    await shared.run(gelu, x, { out });
    expectSame(x, gelu(input));
  });

  test.each(['relaxed', 'simd', 'js'] as const)('a library of its own, %s', async (backend) => {
    const own = lanewise.create({ backend });
    const arena = own.createArena(4 * N, { shared: true });
    const x = arena.float32(N);
    for (const array of [input, x]) {
      x.set(input);
      expectSame(await shared.run(own.gelu, array, { approximate: 'tanh' }), own.gelu(input, { approximate: 'tanh' }));
      expectSame(await shared.run(own.silu, array, { beta: 2 }), own.silu(input, { beta: 2 }));
    }
  });

  test('many calls at the same time, in their order', async () => {
    const x = copyOf(input, 'shared');
    const small = new Float32Array(8).fill(1);
    const alphas = Array.from({ length: 12 }, (_, i) => 1 - i / 20);
    const calls = alphas.map((alpha, i) =>
      i % 3 === 2 ? shared.run(leakyRelu, small, { alpha, out: small }) : shared.run(leakyRelu, x, { alpha, out: x }),
    );
    const last = shared.runSync(leakyRelu, x, { alpha: 0.7, out: x });
    const expected = input.slice();
    for (const [i, alpha] of alphas.entries()) if (i % 3 !== 2) leakyRelu(expected, { alpha, out: expected });
    leakyRelu(expected, { alpha: 0.7, out: expected });
    expectSame(last, expected);
    await Promise.all(calls);
  });

  test('in CommonJS', async () => {
    const require = createRequire(import.meta.url);
    const own = require('lanewise/parallel').createPool({ threads: 1 });
    expectSame(await own.run(gelu, input), gelu(input));
    expectSame(await own.run(require('lanewise').gelu, input), gelu(input));
    await own.close();
  });

  test.each([
    [
      'not an activation',
      () => shared.run(any(Math.tanh), input),
      'pool.run: f must be an activation of lanewise, got a function',
    ],
    [
      'nothing',
      () => shared.backward(any(undefined), input, input),
      'pool.backward: f must be an activation of lanewise, got undefined',
    ],
    ['a wrong array', () => shared.run(gelu, any([1])), 'gelu: x must be a typed array of numbers, got Array(1)'],
    [
      'a wrong length',
      () => shared.run(gelu, input, { out: new Float32Array(1) }),
      `gelu: out must have the length of x, ${N}, got 1`,
    ],
    ['a wrong dy', () => shared.backward(gelu, any(1), input), 'gelu.backward: dy must be a Float32Array, got 1'],
    [
      'an unknown option',
      () => shared.run(gelu, input, any({ alpha: 1 })),
      'gelu: unknown option alpha, expected approximate, out',
    ],
    [
      'not a signal',
      () => shared.run(gelu, input, any({ signal: 1 })),
      'pool.run: option signal must be an AbortSignal, got 1',
    ],
    ['null', () => shared.run(gelu, input, any(null)), 'gelu: options must be an object, got null'],
  ])('%s is refused', async (_, call, message) => {
    await expect(call).rejects.toThrow(message);
  });

  test('runSync throws the same', () => {
    expect(() => shared.runSync(gelu, any([1]))).toThrow('gelu: x must be a typed array of numbers, got Array(1)');
    expect(() => shared.runSync(any(1), input)).toThrow('pool.runSync: f must be an activation of lanewise, got 1');
  });

  test('aborted before: nothing is written', async () => {
    const x = copyOf(input, 'shared');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(shared.run(gelu, x, { out: x, signal })).rejects.toThrow('enough');
    expect(() => shared.runSync(gelu, x, { out: x, signal })).toThrow('enough');
    expectSame(x, input);
  });
});

describe.skipIf(endsLate)('threads that fail', () => {
  let own: Pool;
  beforeEach(async () => {
    await told();
    workers.length = 0;
    own = createPool({ threads: 2 });
    await told();
  });
  afterEach(() => own.close());

  test.each(kinds)('one that is ended is replaced, and its part done again: %s', async (place) => {
    for (const isInPlace of [false, true]) {
      for (let again = 0; again < 5; again++) {
        sharedArena.reset();
        await own.run(relu, new Float32Array(2 ** 18)); // all threads are there
        const x = copyOf(input, place);
        const out = isInPlace ? x : places[place](N);
        const call = own.run(gelu, x, { out });
        const victim = workers.at(-1) as Worker;
        if (again % 2 === 0) await victim.terminate();
        else victim.terminate();
        expectSame(await call, gelu(input));
        const dx = own.backward(gelu, copyOf(upstream, place), copyOf(input, place));
        (workers.at(-1) as Worker).terminate();
        expectSame(await dx, gelu.backward(upstream, input));
      }
    }
    expect(workers.length).toBeGreaterThan(2);
  });

  test('all of them at once', async () => {
    const x = copyOf(input, 'shared');
    const call = own.run(gelu, x, { out: x });
    for (const worker of [...workers]) worker.terminate();
    expectSame(await call, gelu(input));
  });

  test('a buffer that is transferred while its call waits', async () => {
    workers.forEach(idle);
    const controller = new AbortController();
    const first = own.run(gelu, input, { signal: controller.signal });
    const x = input.slice();
    const second = own.run(gelu, x);
    structuredClone(x.buffer, { transfer: [x.buffer] });
    controller.abort();
    await expect(first).rejects.toThrow(/abort/);
    await expect(second).rejects.toThrow(TypeError);
    for (const worker of workers) delete any(worker).postMessage;
    expectSame(await own.run(gelu, input), gelu(input));
  });

  test('what threads are sent: chunks of whole cache lines, and parameters of their own for each call', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: what src/protocol.ts calls Work
    const sent: any[] = [];
    const other = createPool({ threads: 2 });
    await told();
    for (const worker of workers) worker.postMessage = (work) => sent.push(work);
    const x = sharedArena.float32(N + 16);
    for (let offset = 0; offset < 16; offset++) {
      const controller = new AbortController();
      const { signal } = controller;
      const part = x.subarray(offset, offset + N);
      const calls = [
        own.run(leakyRelu, part, { alpha: 0.1, out: part, signal }),
        other.run(leakyRelu, part, { alpha: 0.2, out: part, signal }),
      ];
      controller.abort();
      for (const call of calls) await expect(call).rejects.toThrow(/abort/);
      const works = sent.splice(0);
      expect(works).toHaveLength(4);
      for (const { out, chunk, length } of works) {
        expect([out.byteOffset % 64, chunk % 64, length % 32]).toEqual([0, 0, 0]);
      }
      expect(new Set(works.map(({ calls }) => calls[0].args[0])).size).toBe(2);
    }
    await other.close();
  });

  test('aborted while it waits, and before a thread has done anything: nothing is written', async () => {
    workers.forEach(idle);
    for (const place of kinds) {
      const [first, second] = [new AbortController(), new AbortController()];
      const [a, b] = [copyOf(input, place), copyOf(input, place)];
      const started = own.run(gelu, a.subarray(16), { out: a.subarray(16), signal: first.signal });
      const waiting = own.run(gelu, b, { out: b, signal: second.signal });
      second.abort(new Error('waiting'));
      first.abort(new Error('started'));
      await expect(waiting).rejects.toThrow('waiting');
      await expect(started).rejects.toThrow('started');
      expectSame(b, input);
      expectSame(a.subarray(0, 131_072), input.subarray(0, 131_072));
    }
    for (const worker of workers) delete any(worker).postMessage;
    expectSame(await own.run(gelu, input), gelu(input));
  });

  test('aborted while a thread has a chunk: it ends when that is done, and no other is taken', async () => {
    const [first, second] = workers;
    const x = copyOf(input, 'shared');
    const controller = new AbortController();
    let isSettled = false;
    let finish = () => {};
    first.postMessage = ({ control, bell, threads, id, chunk: bytes }) => {
      const state = 1 + threads;
      const chunk = bytes / 4;
      Atomics.store(control, state, id);
      finish = () => {
        gelu(x.subarray(0, chunk), { out: x.subarray(0, chunk) });
        Atomics.store(control, state, -1);
        Atomics.add(bell, 0, 1);
        first.emit('message', {});
        expectSame(x.subarray(0, chunk), gelu(input.subarray(0, chunk)));
        expectSame(x.subarray(chunk, N - 8), input.subarray(chunk, N - 8));
      };
    };
    second.postMessage = () => {};
    const call = own.run(gelu, x, { out: x, signal: controller.signal });
    call.catch(() => {
      isSettled = true;
    });
    controller.abort(new Error('enough'));
    await told();
    expect(isSettled).toBe(false);
    finish();
    await expect(call).rejects.toThrow('enough');
  });

  test.each(['shared', 'shared arena'] as const)(
    'one that dies in the middle of a block, in place: %s',
    async (place) => {
      // What such a thread leaves: a chunk that is its own, a copy of the source, and the block half written.
      for (const isCopied of [false, true]) {
        for (const target of ['x', 'dy']) {
          sharedArena.reset();
          const [x, dy] = [copyOf(input, place), copyOf(upstream, place)];
          const [first, second] = workers.slice(-2);
          first.postMessage = () => {};
          second.postMessage = ({ control, threads, id, stage, x, dy, out, chunk, block }) => {
            const part = (bytes: Uint8Array, from: number) =>
              new Float32Array(bytes.buffer, bytes.byteOffset + from, block / 4);
            expect(chunk).toBeGreaterThan(2 * block);
            Atomics.store(control, 1 + threads, id); // takes the first chunk
            gelu.backward(part(dy, 0), part(x, 0), { out: part(out, 0) }); // the first block is done
            Atomics.store(control, 1 + id - 1, 2);
            if (isCopied) {
              stage.x.set(x.subarray(block, 2 * block));
              stage.dy.set(dy.subarray(block, 2 * block));
              Atomics.store(control, 1 + id - 1, 3);
              part(out, block).fill(99, 0, 900); // the second one is not
            } else {
              stage.x.fill(77); // half copied
            }
            second.terminate();
          };
          const out = target === 'x' ? x : dy;
          expectSame(await own.backward(gelu, dy, x, { out }), gelu.backward(upstream, input));
          first.terminate();
          await new Promise((resolve) => first.once('exit', resolve));
          await told();
        }
      }
    },
  );

  test.each(['run', 'runSync'] as const)('an error in a thread reaches the caller of %s', async (method) => {
    for (const worker of workers) {
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (work) => post({ ...work, calls: [{ ...work.calls[0], kernel: 'noSuchKernel' }] });
    }
    const call = async () =>
      method === 'run' ? own.run(gelu, copyOf(input, 'shared')) : own.runSync(gelu, copyOf(input, 'shared'));
    await expect(call).rejects.toThrow(method === 'run' ? TypeError : 'pool.runSync: a thread could not do its part');
    for (const worker of workers) delete any(worker).postMessage;
    expectSame(await own.run(gelu, input), gelu(input));
  });

  test('one that cannot be started', async () => {
    const call = own.run(gelu, input);
    for (const worker of workers) {
      worker.removeAllListeners('message');
      worker.emit('error', new Error('no script'));
    }
    const ended = workers.map((worker) => worker.terminate());
    await expect(call).rejects.toThrow('lanewise/parallel: a thread could not be started');
    await Promise.all(ended);
    await expect(call.catch(({ cause }) => cause.message)).resolves.toBe('no script');
    expectSame(await own.run(gelu, input), gelu(input));
  });
});

describe('close', () => {
  test('waits for calls made before, refuses those made after, and ends the threads', async () => {
    await told();
    workers.length = 0;
    const own = createPool({ threads: 2 });
    await told();
    const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    const calls = [own.run(gelu, input), own.run(relu, input)];
    const closed = [own.close(), own.close()];
    await expect(own.run(gelu, input)).rejects.toThrow('pool.run: the pool is closed');
    expect(() => own.runSync(gelu, input)).toThrow('pool.runSync: the pool is closed');
    expectSame(await calls[0], gelu(input));
    expectSame(await calls[1], relu(input));
    await Promise.all([...closed, ...exits]);
    expect(exits).toHaveLength(2);
  });

  test('Symbol.asyncDispose', async () => {
    const own = createPool({ threads: 1 });
    await own[Symbol.asyncDispose]();
    await expect(own.run(gelu, input)).rejects.toThrow('closed');
  });
});

describe('createPool', () => {
  test.each([
    [{ threads: 0 }, RangeError, 'createPool: option threads must be an integer from 1 to 256, got 0'],
    [{ threads: 1.5 }, RangeError, 'createPool: option threads must be an integer from 1 to 256, got 1.5'],
    [{ threads: '2' }, TypeError, 'createPool: option threads must be a number, got "2"'],
    [{ thread: 2 }, TypeError, 'createPool: unknown option thread, expected threads'],
    [null, TypeError, 'createPool: options must be an object, got null'],
  ])('%j is refused', (options, type, message) => {
    expect(() => createPool(any(options))).toThrow(type);
    expect(() => createPool(any(options))).toThrow(message);
  });

  test('a thread for each core by default', async () => {
    const own = createPool();
    expect(own.threads).toBeGreaterThanOrEqual(1);
    await own.close();
  });

  test('without SharedArrayBuffer it says what is needed', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect(() => createPool()).toThrow(/^createPool: .*Cross-Origin-Opener-Policy: same-origin/);
    expect(() => createArena(64, { shared: true })).toThrow(/^createArena: .*Cross-Origin-Embedder-Policy/);
    vi.unstubAllGlobals();
  });
});

test('two pools in one arena do not mix up their options', async () => {
  const arena = createArena(4 * 2 ** 25 + 8 * 2 ** 17, { shared: true });
  const [long, longOut] = [arena.float32(2 ** 24), arena.float32(2 ** 24)];
  const [short, shortOut] = [arena.float32(2 ** 17), arena.float32(2 ** 17)];
  short.set(input.subarray(0, short.length));
  for (let from = 0; from < long.length; from += short.length) long.set(short, from);
  const pools = [createPool({ threads: 1 }), createPool({ threads: 1 })];
  const whole = pools[0].run(softplus, long, { beta: 0.5, out: longOut });
  for (let i = 0; i < 70; i++) await pools[1].run(softplus, short, { beta: 1 + i / 8, out: shortOut });
  await whole;
  expectSame(longOut, softplus(long, { beta: 0.5 }));
  expectSame(shortOut, softplus(short, { beta: 1 + 69 / 8 }));
  await Promise.all(pools.map((own) => own.close()));
});

// Deno has other flags.
describe.skipIf('deno' in process.versions)('a process', () => {
  const script = (code: string) =>
    run(process.execPath, ['--input-type=module', '-e', code], {
      cwd: new URL('..', import.meta.url),
      timeout: 60_000,
    });
  const imports = "import { createPool } from 'lanewise/parallel'; import { gelu } from 'lanewise';";

  test('is not kept alive by a pool that is not used, or not any more', async () => {
    await script(`${imports} createPool({ threads: 2 });`);
    await script(`${imports} await createPool({ threads: 2 }).run(gelu, new Float32Array(3e5));`);
  });

  test('is kept alive by a call', async () => {
    const { stdout } = await script(
      `${imports} createPool({ threads: 2 }).run(gelu, new Float32Array(3e5).fill(10)).then((y) => console.log(y[7]));`,
    );
    expect(stdout).toBe('10\n');
  });

  test('may block at once', async () => {
    const { stdout } = await script(
      `${imports} console.log(createPool({ threads: 2 }).runSync(gelu, new Float32Array(3e5).fill(10))[299_999]);`,
    );
    expect(stdout).toBe('10\n');
  });
});
