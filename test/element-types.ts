// The element types other than float32, for tests that go through all of them.
import { expect } from 'vitest';
import { bfloat16, float16, fromBfloat16, fromFloat16, type NumberArray, toBfloat16, toFloat16 } from '../src';
import { randoms, specials } from './float32';

// biome-ignore lint/suspicious/noExplicitAny: arrays of all types
type Any = any;

/** Gives the memory of an array. */
export type Place = (bytes: number) => Uint8Array;

export interface ElementTypeUnderTest {
  readonly name: string;
  readonly isFloat: boolean;
  /** An array of `n` elements in memory that `place` gives. */
  make(n: number, place?: Place): Any;
}

const ordinary: Place = (bytes) => new Uint8Array(bytes);

type View = new (buffer: ArrayBufferLike, at: number, n: number) => NumberArray;

function type(name: string, View: unknown, bytes: number, tag = (array: Any) => array): ElementTypeUnderTest {
  return {
    name,
    isFloat: name.includes('float'),
    make(n, place = ordinary) {
      const memory = place(bytes * n);
      return tag(new (View as View)(memory.buffer, memory.byteOffset, n));
    },
  };
}

const Native = (globalThis as Any).Float16Array;

export const floatTypes = [
  type('float64', Float64Array, 8),
  ...(Native === undefined ? [] : [type('float16', Native, 2)]),
  type('float16 bits', Uint16Array, 2, float16),
  type('bfloat16', Uint16Array, 2, bfloat16),
];
export const integerTypes = [
  type('int8', Int8Array, 1),
  type('uint8', Uint8Array, 1),
  type('uint8Clamped', Uint8ClampedArray, 1),
  type('int16', Int16Array, 2),
  type('uint16', Uint16Array, 2),
  type('int32', Int32Array, 4),
  type('uint32', Uint32Array, 4),
];
export const elementTypes = [...floatTypes, ...integerTypes];

/** The numbers of an array of halves; else the array itself. */
export function numbers(array: Any): ArrayLike<number> {
  const { elementType } = array;
  return elementType === 'float16' ? fromFloat16(array) : elementType === 'bfloat16' ? fromBfloat16(array) : array;
}

/** Numbers of all kinds. */
const pattern = [...specials, ...randoms(2000)];

/** Fills an array with numbers, which depend on `seed`, or with those given. */
export function fill(array: Any, seed: number | ArrayLike<number>): Any {
  const values =
    typeof seed === 'number'
      ? Float32Array.from({ length: array.length }, (_, i) => pattern[(7 * i + 31 * seed) % pattern.length])
      : Float32Array.from(seed);
  const { elementType } = array;
  if (elementType === 'float16') toFloat16(values, { out: array });
  else if (elementType === 'bfloat16') toBfloat16(values, { out: array });
  else array.set(typeof seed === 'number' ? values : seed);
  return array;
}

/** Whether two arrays have the same bits. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const [x, y] = [a, b].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/** The same array type, and the same numbers; any NaN is as good as another. */
export function expectEqual(actual: Any, expected: Any): void {
  expect(actual.constructor.name).toBe(expected.constructor.name);
  expect(actual.length).toBe(expected.length);
  if (sameBits(actual, expected)) return;
  const [a, b] = [numbers(actual), numbers(expected)];
  for (let i = 0; i < b.length; i++) if (!Object.is(a[i], b[i])) expect.fail(`at ${i}: ${a[i]}, expected ${b[i]}`);
}
