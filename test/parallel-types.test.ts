// Pools of threads on other element types than float32: the results of the direct call, to the bit.
import { type Activation, activations, create, createArena, gelu, hardTanh, leakyRelu, relu } from 'lanewise';
import { createPool } from 'lanewise/parallel';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type ElementTypeUnderTest, elementTypes, expectEqual, fill, floatTypes, type Place } from './element-types';
import { any, idle, told, workers } from './threads';

/** Bytes enough for threads. */
const BYTES = 2 ** 19 + 5 * 2 ** 15;
const arena = createArena(2 ** 23, { shared: true });
const places: { [place: string]: Place } = {
  ordinary: (bytes) => new Uint8Array(bytes),
  shared: (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
  'shared arena': (bytes) => arena.uint8(bytes),
};
const pool = createPool({ threads: 2 });
afterAll(() => pool.close());
beforeEach(() => arena.reset());

/** A number of elements that is no multiple of anything. */
const lengthOf = ({ make }: ElementTypeUnderTest) => BYTES / make(0).BYTES_PER_ELEMENT + 13;
/** Elements `from` on of an array that is longer. */
const part = (type: ElementTypeUnderTest, place: Place, from: number, seed: number) =>
  fill(type.make(lengthOf(type) + from + 7, place), seed).subarray(from, from + lengthOf(type));

describe.each(elementTypes)('$name', (type) => {
  const functions = any(type.isFloat ? [leakyRelu, gelu] : [hardTanh]) as Activation[];

  test.each(Object.entries(places))('%s: values, in place and elsewhere, guards untouched', async (_, place) => {
    for (const [i, f] of functions.entries()) {
      arena.reset();
      const x = part(type, place, i, 3);
      const options: { [option: string]: number } =
        f.name === 'hardTanh' ? { min: 1, max: 5 } : f.name === 'leakyRelu' ? { alpha: 0.3 } : {};
      const expected = f(x, options);
      const memory = fill(type.make(x.length + 30, place), 1);
      const before = memory.slice();
      const out = memory.subarray(11, 11 + x.length);
      expect(await pool.run(f, x, { ...options, out })).toBe(out);
      expectEqual(out, expected);
      out.set(before.subarray(11, 11 + x.length));
      expectEqual(memory, before);
      expectEqual(any(pool).runSync(f, x, options), expected);
      expect(await pool.run(f, x, { ...options, out: x })).toBe(x);
      expectEqual(x, expected);
    }
  });

  test.runIf(type.isFloat).each(Object.entries(places))('%s: gradients likewise', async (_, place) => {
    for (const f of functions) {
      arena.reset();
      const [x, dy, out] = [part(type, place, 3, 5), part(type, place, 5, 6), part(type, place, 1, 7)];
      const expected = f.backward(dy, x);
      expectEqual(await pool.backward(f, dy, x, { out }), expected);
      expectEqual(pool.backwardSync(f, dy, x), expected);
      await pool.backward(f, dy, x, { out: dy });
      expectEqual(dy, expected);
    }
  });

  test('overlapping, as if the source had been read first', async () => {
    const length = lengthOf(type);
    for (const place of [places.ordinary, places['shared arena']]) {
      const memory = fill(type.make(length + 9, place), 8);
      const [x, out] = [memory.subarray(0, length), memory.subarray(9)];
      const expected = relu(x);
      expectEqual(await pool.run(relu, x, { out }), expected);
    }
  });

  test.each(['relaxed', 'simd', 'js'] as const)('a library of its own, %s', async (backend) => {
    const own = create({ backend });
    const shared = own.createArena(4 * BYTES, { shared: true });
    for (const place of [places.ordinary, (bytes: number) => shared.uint8(bytes)]) {
      const x = part(type, place, 0, 9);
      const [f, options] = any(type.isFloat ? [own.silu, { beta: 2 }] : [own.relu6, {}]);
      expectEqual(await pool.run(f, x, options), f(x, options));
    }
  });

  test('short arrays, and none', async () => {
    for (const n of [0, 1, 1000]) {
      const x = fill(type.make(n), 4);
      expectEqual(await pool.run(relu, x), relu(x));
    }
  });
});

test.each(Object.values(activations) as Activation[])('$name of float64', async (f) => {
  const [x, dy] = [1, 2].map((seed) => part(elementTypes[0], places.shared, seed, seed));
  expectEqual(await pool.run(f, x), f(x));
  expectEqual(await pool.backward(f, dy, x), f.backward(dy, x));
});

test.each(floatTypes)('a thread that dies in the middle of a block, in place: $name', async (type) => {
  workers.length = 0;
  const own = createPool({ threads: 2 });
  await told();
  const [first, second] = workers;
  idle(first);
  const x = part(type, places.shared, 0, 11);
  const expected = gelu(x);
  second.postMessage = ({ control, threads, id, stage, out, block }) => {
    const bytes = (of: Uint8Array) => of.subarray(block, 2 * block);
    Atomics.store(control, 1 + threads, id); // takes the first chunk
    const head = new x.constructor(out.buffer, out.byteOffset, block / x.BYTES_PER_ELEMENT);
    gelu(head, { out: head }); // the first block is done
    stage.x.set(bytes(out));
    Atomics.store(control, 1 + id - 1, 3);
    bytes(out).fill(99, 0, 900); // the second one is not
    second.terminate();
  };
  expectEqual(await own.run(gelu, x, { out: x }), expected);
  await own.close();
});

test('errors, before anything is written', async () => {
  const n = BYTES / 8;
  const [x, single] = [new Float64Array(n), new Float32Array(n)];
  await expect(pool.run(gelu, x, { out: any(single) })).rejects.toThrow(
    new TypeError(`gelu: out must be a Float64Array, got Float32Array(${n})`),
  );
  await expect(pool.backward(gelu, any(single), x)).rejects.toThrow(
    new TypeError(`gelu.backward: dy must be a Float64Array, got Float32Array(${n})`),
  );
  await expect(pool.backward(gelu, any(undefined), x)).rejects.toThrow(
    new TypeError('gelu.backward: dy must be a Float64Array, got undefined'),
  );
  await expect(pool.run(any(gelu), new Int8Array(n))).rejects.toThrow(/^gelu: x must be an array of floating-point/);
  await expect(any(pool).backward(relu, new Int8Array(n), new Int8Array(n))).rejects.toThrow(/have no gradient$/);
  await expect(pool.run(hardTanh, new Int8Array(n), { min: 0.5 })).rejects.toThrow(RangeError);
});
