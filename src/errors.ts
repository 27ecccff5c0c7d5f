// Checks of what callers pass. Every message names the function, the argument, what was expected and what came.

/** What `value` is, for an error message: `Float64Array(3)`, `"none"`, `-1`, `undefined`. */
export function describe(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const { length, byteLength } = value as Float32Array;
    return `${value.constructor.name}(${length ?? byteLength})`;
  }
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return String(value);
}

/** Error where threads cannot share memory. */
export function checkCanShare(fn: string): void {
  if (typeof SharedArrayBuffer !== 'undefined') return;
  throw new Error(
    `${fn}: shared memory needs SharedArrayBuffer, which a page has where it is cross-origin isolated: served with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp`,
  );
}

// The checks proper are short, so that V8 inlines them; what they throw is made elsewhere.

/** Whether `value` is certainly a Float32Array whose buffer is not detached; others are, too, that are empty or of another realm. */
export function isPlainFloat32(value: unknown): value is Float32Array {
  return value instanceof Float32Array && value.length > 0;
}

/** TypeError unless `value` is a Float32Array, of this or another realm, whose buffer is not detached. */
export function checkFloat32(fn: string, argument: string, value: unknown): asserts value is Float32Array {
  if (!isPlainFloat32(value)) checkFurther(fn, argument, value);
}

/** The same for a Uint8Array. */
export function checkUint8(fn: string, argument: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array && value.length > 0)) checkFurther(fn, argument, value, 'Uint8Array');
}

function checkFurther(fn: string, argument: string, value: unknown, type = 'Float32Array'): void {
  if (!ArrayBuffer.isView(value) || typedArrayName(value) !== type) {
    throw new TypeError(`${fn}: ${argument} must be a ${type}, got ${describe(value)}`);
  }
  if (isOutOfBounds(value as Float32Array)) {
    throw new TypeError(`${fn}: ${argument} must not be detached, got a ${type} whose buffer was transferred`);
  }
}

/** RangeError unless `array` has `length` elements, as `like` has. */
export function checkLength(
  fn: string,
  argument: string,
  array: ArrayLike<unknown>,
  length: number,
  like: string,
): void {
  if (array.length !== length) throw lengthError(fn, argument, array, length, like);
}

function lengthError(
  fn: string,
  argument: string,
  array: ArrayLike<unknown>,
  length: number,
  like: string,
): RangeError {
  return new RangeError(`${fn}: ${argument} must have the length of ${like}, ${length}, got ${array.length}`);
}

/** RangeError unless `array` has `n` elements, which a shape asks for. */
export function checkSize(fn: string, argument: string, array: ArrayLike<unknown>, n: number): void {
  if (array.length !== n) throw new RangeError(`${fn}: ${argument} must have ${n} elements, got ${describe(array)}`);
}

/** TypeError unless `options` is an object with no other names than `known`. */
export function checkOptions(fn: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options)) {
    throw new TypeError(`${fn}: options must be an object, got ${describe(options)}`);
  }
  for (const option in options) {
    if (!known.includes(option)) {
      throw new TypeError(`${fn}: unknown option ${option}, expected ${known.join(', ') || 'none'}`);
    }
  }
}

/** Where the result of a call goes, checked with the sources and the names of the options. `dy` has been found to be an array. */
export function outFor(
  fn: string,
  dy: Float32Array | undefined,
  x: Float32Array,
  options: { readonly out?: Float32Array } | undefined,
  known: readonly string[],
  source = 'x',
): Float32Array {
  checkFloat32(fn, source, x);
  return outLike(fn, dy, x, options, known, source);
}

/** The same where `x` has been found to be an array, too. */
export function outLike(
  fn: string,
  dy: Float32Array | undefined,
  x: Float32Array,
  options: { readonly out?: Float32Array } | undefined,
  known: readonly string[],
  source = 'x',
): Float32Array {
  const n = x.length;
  if (dy !== undefined) checkLength(fn, 'dy', dy, n, source);
  if (options === undefined) return new Float32Array(n);
  checkOptions(fn, options, known);
  const { out } = options;
  if (out === undefined) return new Float32Array(n);
  checkFloat32(fn, 'out', out);
  checkLength(fn, 'out', out, n, source);
  return out;
}

/** The name of a typed array's type, of any realm; undefined for anything else. */
export function typedArrayName(value: unknown): string | undefined {
  return typeOf.call(value);
}

const typeOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), Symbol.toStringTag)
  ?.get as () => string | undefined;

/** Whether the array's buffer has been detached, or shrunk to less than the array. */
export function isOutOfBounds(array: { keys(): unknown }): boolean {
  try {
    array.keys();
    return false;
  } catch {
    return true;
  }
}
