// The element types: which arrays hold them, and how a call on them is checked.

import {
  checkFloat32,
  checkLength,
  checkSize,
  describe,
  isOutOfBounds,
  isPlainFloat32,
  typedArrayName,
} from './errors';
import type { Kernel } from './runtime';

/** float16 numbers (IEEE 754 binary16) as their bits: what {@link float16} gives. */
export class Float16Bits extends Uint16Array<ArrayBufferLike> {
  get elementType(): 'float16' {
    return 'float16';
  }
}

/** bfloat16 numbers, which are the high halves of float32 numbers, as their bits: what {@link bfloat16} gives. */
export class Bfloat16Bits extends Uint16Array<ArrayBufferLike> {
  get elementType(): 'bfloat16' {
    return 'bfloat16';
  }
}

/** A Float16Array where TypeScript's library has it, else bits. */
export type Float16 = typeof globalThis extends { Float16Array: { prototype: infer A } } ? A : Float16Bits;

/** The arrays that hold each type of floating-point numbers. */
interface FloatArrays {
  readonly float64: Float64Array;
  readonly float32: Float32Array;
  readonly float16: Float16;
  readonly float16Bits: Float16Bits;
  readonly bfloat16: Bfloat16Bits;
}

/** The arrays that hold each type of integers. */
interface IntegerArrays {
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly uint8Clamped: Uint8ClampedArray;
  readonly int16: Int16Array;
  readonly uint16: Uint16Array & { readonly elementType?: undefined };
  readonly int32: Int32Array;
  readonly uint32: Uint32Array;
}

interface Arrays extends FloatArrays, IntegerArrays {}

/** What an arena makes. */
export type ArenaArrays = Omit<Arrays, 'float16Bits'>;

/** An array of floating-point numbers: of float64, float32, float16 or bfloat16. */
export type FloatArray = FloatArrays[keyof FloatArrays];
/** An array of integers of up to 32 bits. */
export type IntegerArray = IntegerArrays[keyof IntegerArrays];
/** An array of numbers of any type that lanewise works on. */
export type NumberArray = Arrays[keyof Arrays];
/** An array with the element type of `A`. */
export type Same<A> = { [K in keyof Arrays]: A extends Arrays[K] ? Arrays[K] : never }[keyof Arrays];

interface Constructor<A> {
  new (n: number): A;
  new (buffer: ArrayBufferLike, byteOffset: number, n: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

/** An element type in one of the arrays that hold it. */
export interface ElementType {
  /** Arrays of the same name may be mixed. */
  readonly name: keyof ArenaArrays;
  /** The array, for messages: `a Float64Array`. */
  readonly array: string;
  readonly View: Constructor<NumberArray>;
  readonly bytes: number;
  /** The least and the largest of integers. */
  readonly range?: readonly [low: number, high: number];
}

/** Whether numbers of the type are computed with as float32. */
export function isHalf({ name }: ElementType): boolean {
  return name === 'float16' || name === 'bfloat16';
}

/** An activation on arrays of one type, as {@link Kernel} is for float32: arguments have been checked, and may overlap. */
export interface TypedKernel {
  forward(x: NumberArray, out: NumberArray, a: number, b: number): void;
  backward(dy: NumberArray, x: NumberArray, out: NumberArray, a: number, b: number): void;
  share?: Kernel['share'];
  /** Bytes of an array that it works on at a time, if not any number of them: where it needs scratch memory. */
  readonly block?: number;
}

function type(
  name: ElementType['name'],
  View: Constructor<NumberArray>,
  array: string,
  range?: ElementType['range'],
): ElementType {
  return { name, array, View, bytes: View.BYTES_PER_ELEMENT, range };
}

// TypeScript takes but one of the constructors for generic typed arrays.
const Float16BitsArray = Float16Bits as unknown as Constructor<Float16Bits>;
const Bfloat16BitsArray = Bfloat16Bits as unknown as Constructor<Bfloat16Bits>;

const float16Bits = type('float16', Float16BitsArray, 'a float16 array');
/** The engine's own array, if it has one (V8 13.4, Node 24). */
const Native = (globalThis as { Float16Array?: Constructor<Float16> }).Float16Array;

/** The element types, each with the array that an arena makes for it, under the name of the arena's function. */
export const types: { readonly [K in ElementType['name']]: ElementType } = {
  float64: type('float64', Float64Array, 'a Float64Array'),
  float32: type('float32', Float32Array, 'a Float32Array'),
  float16: Native === undefined ? float16Bits : type('float16', Native, 'a Float16Array'),
  bfloat16: type('bfloat16', Bfloat16BitsArray, 'a bfloat16 array'),
  int8: type('int8', Int8Array, 'an Int8Array', [-128, 127]),
  uint8: type('uint8', Uint8Array, 'a Uint8Array', [0, 255]),
  uint8Clamped: type('uint8Clamped', Uint8ClampedArray, 'a Uint8ClampedArray', [0, 255]),
  int16: type('int16', Int16Array, 'an Int16Array', [-32768, 32767]),
  uint16: type('uint16', Uint16Array, 'a Uint16Array', [0, 65535]),
  int32: type('int32', Int32Array, 'an Int32Array', [-(2 ** 31), 2 ** 31 - 1]),
  uint32: type('uint32', Uint32Array, 'a Uint32Array', [0, 2 ** 32 - 1]),
};

const byArray = new Map(Object.values(types).map((type) => [type.View.name, type]));

/** The element type of an array of any realm or bundle; undefined for anything else. */
export function elementType(value: unknown): ElementType | undefined {
  const name = typedArrayName(value);
  if (name !== 'Uint16Array') return byArray.get(name as string);
  const tag = (value as { elementType?: unknown }).elementType;
  return tag === 'float16' ? float16Bits : tag === 'bfloat16' ? types.bfloat16 : types.uint16;
}

/** The type of an array's class: of bits that are tagged, integers. */
export function classType(array: NumberArray): ElementType {
  return byArray.get(typedArrayName(array) as string) as ElementType;
}

/** The element type of an array of numbers, unless that is float32; TypeError for anything else, or a detached Float32Array. */
export function otherType(fn: string, argument: string, value: unknown): ElementType | undefined {
  const own = elementType(value);
  if (own === undefined)
    throw new TypeError(`${fn}: ${argument} must be a typed array of numbers, got ${describe(value)}`);
  if (own !== types.float32) return own;
  checkFloat32(fn, argument, value);
  return undefined;
}

/** The element type of an array of floating-point numbers; TypeError for anything else, or a detached array. */
export function floatType(fn: string, argument: string, value: unknown): ElementType {
  if (isPlainFloat32(value)) return types.float32;
  const own = elementType(value);
  if (own === undefined || own.range !== undefined) {
    throw new TypeError(`${fn}: ${argument} must be an array of floating-point numbers, got ${describe(value)}`);
  }
  checkType(fn, argument, value, own);
  return own;
}

/** TypeError unless `value` is an array of the given type, whose buffer is not detached. */
export function checkType(
  fn: string,
  argument: string,
  value: unknown,
  type: ElementType,
): asserts value is NumberArray {
  if (type === types.float32 && isPlainFloat32(value)) return;
  if (elementType(value)?.name !== type.name) {
    throw new TypeError(`${fn}: ${argument} must be ${type.array}, got ${describe(value)}`);
  }
  // A detached array has length 0, so that a longer one needs no further look.
  if ((value as NumberArray).length === 0 && isOutOfBounds(value as NumberArray)) {
    throw new TypeError(`${fn}: ${argument} must not be detached, got ${type.array} whose buffer was transferred`);
  }
}

/** `value`, checked to be an array of the given type with `n` elements, as `like` has if that is given; a new one for undefined. */
export function resultArray(
  fn: string,
  argument: string,
  value: unknown,
  type: ElementType,
  n: number,
  like?: string,
): NumberArray {
  // V8 makes it faster where it sees which it is: softmax of ten elements.
  if (value === undefined) return type === types.float32 ? new Float32Array(n) : new type.View(n);
  checkType(fn, argument, value, type);
  if (like === undefined) checkSize(fn, argument, value, n);
  else checkLength(fn, argument, value, n, like);
  return value;
}

/**
 * float16 numbers over the memory of an array of their bits: nothing is copied. In engines without Float16Array this is how a float16 array
 * is made, and it works in all others too. `subarray` and `slice` keep the type; structuredClone and postMessage leave a plain Uint16Array,
 * to be tagged again.
 *
 * @param view - a Uint16Array, or a Float16Array where there is one; its elements are not looked at
 * @throws TypeError for anything else
 *
 * @example
 * relu(float16(new Uint16Array([0x3c00, 0xbc00]))); // 0x3c00, 0: 1 and 0
 */
export function float16(view: Uint16Array | Float16): Float16Bits {
  return tagged('float16', Float16BitsArray, view, ['uint16', 'float16']);
}

/**
 * bfloat16 numbers over the memory of an array of their bits, likewise.
 *
 * @param view - a Uint16Array; its elements are not looked at
 * @throws TypeError for anything else
 *
 * @example
 * relu(bfloat16(new Uint16Array([0x3f80, 0xbf80]))); // 0x3f80, 0: 1 and 0
 */
export function bfloat16(view: Uint16Array): Bfloat16Bits {
  return tagged('bfloat16', Bfloat16BitsArray, view, ['uint16', 'bfloat16']);
}

function tagged<A>(fn: string, Bits: Constructor<A>, view: NumberArray, allowed: readonly string[]): A {
  const own = elementType(view);
  if (own === undefined || !allowed.includes(own.name)) {
    throw new TypeError(`${fn}: view must be a Uint16Array, got ${describe(view)}`);
  }
  checkType(fn, 'view', view, own);
  return new Bits(view.buffer, view.byteOffset, view.length);
}
