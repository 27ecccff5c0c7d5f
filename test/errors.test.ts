import { describe, expect, test } from 'vitest';
import {
  type Activation,
  activations,
  create,
  createArena,
  gelu,
  hardTanh,
  init,
  leakyRelu,
  relu,
  softplus,
} from '../src';

/** A Float32Array whose buffer has been transferred away. */
function detached(n = 3): Float32Array {
  const array = new Float32Array(n);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const x = new Float32Array([1, 2, 3]);
const out = new Float32Array([7, 7, 7]);
// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown) => value as any;

const cases: [what: string, call: () => unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
  ['no argument', () => any(relu)(), TypeError, 'relu: x must be a typed array of numbers, got undefined'],
  ['null', () => relu(any(null)), TypeError, 'relu: x must be a typed array of numbers, got null'],
  ['a number', () => relu(any(3)), TypeError, 'relu: x must be a typed array of numbers, got 3'],
  ['a string', () => relu(any('abc')), TypeError, 'relu: x must be a typed array of numbers, got "abc"'],
  ['an Array', () => relu(any([1, 2])), TypeError, 'relu: x must be a typed array of numbers, got Array(2)'],
  ['an object', () => relu(any({ length: 2 })), TypeError, 'relu: x must be a typed array of numbers, got Object'],
  [
    'big integers',
    () => relu(any(new BigInt64Array(3))),
    TypeError,
    'relu: x must be a typed array of numbers, got BigInt64Array(3)',
  ],
  [
    'a DataView',
    () => relu(any(new DataView(new ArrayBuffer(8)))),
    TypeError,
    'relu: x must be a typed array of numbers, got DataView(8)',
  ],
  [
    'an ArrayBuffer',
    () => relu(any(new ArrayBuffer(8))),
    TypeError,
    'relu: x must be a typed array of numbers, got ArrayBuffer',
  ],
  [
    'x detached',
    () => relu(detached()),
    TypeError,
    'relu: x must not be detached, got a Float32Array whose buffer was transferred',
  ],
  [
    'out of another type',
    () => relu(x, { out: any([0, 0, 0]) }),
    TypeError,
    'relu: out must be a Float32Array, got Array(3)',
  ],
  ['out null', () => relu(x, { out: any(null) }), TypeError, 'relu: out must be a Float32Array, got null'],
  [
    'out detached',
    () => relu(x, { out: detached() }),
    TypeError,
    'relu: out must not be detached, got a Float32Array whose buffer was transferred',
  ],
  [
    'out too short',
    () => relu(x, { out: out.subarray(1) }),
    RangeError,
    'relu: out must have the length of x, 3, got 2',
  ],
  ['out too long', () => relu(x.subarray(1), { out }), RangeError, 'relu: out must have the length of x, 2, got 3'],
  ['options null', () => relu(x, any(null)), TypeError, 'relu: options must be an object, got null'],
  ['options a number', () => relu(x, any(0.1)), TypeError, 'relu: options must be an object, got 0.1'],
  ['options an array', () => relu(x, any(out)), TypeError, 'relu: options must be an object, got Float32Array(3)'],
  [
    'unknown option',
    () => relu(x, any({ alpha: 1, out })),
    TypeError,
    'relu: unknown option alpha, expected bias, out',
  ],
  [
    'misspelt option',
    () => leakyRelu(x, any({ Alpha: 1, out })),
    TypeError,
    'leakyRelu: unknown option Alpha, expected alpha, bias, out',
  ],
  [
    'an option inherited from Object',
    () => leakyRelu(x, any({ toString: 1, out })),
    TypeError,
    'leakyRelu: unknown option toString, expected alpha, bias, out',
  ],
  [
    'option of the wrong type',
    () => leakyRelu(x, { alpha: any('1'), out }),
    TypeError,
    'leakyRelu: option alpha must be a number, got "1"',
  ],
  [
    'option null',
    () => leakyRelu(x, { alpha: any(null), out }),
    TypeError,
    'leakyRelu: option alpha must be a number, got null',
  ],
  [
    'option a bigint',
    () => leakyRelu(x, { alpha: any(1n), out }),
    TypeError,
    'leakyRelu: option alpha must be a number, got 1n',
  ],
  [
    'option NaN',
    () => leakyRelu(x, { alpha: Number.NaN, out }),
    RangeError,
    'leakyRelu: option alpha must be a finite float32 number, got NaN',
  ],
  [
    'option infinite',
    () => leakyRelu(x, { alpha: -Infinity, out }),
    RangeError,
    'leakyRelu: option alpha must be a finite float32 number, got -Infinity',
  ],
  [
    'lambda negative',
    () => activations.softShrink(x, { lambda: -1, out }),
    RangeError,
    'softShrink: option lambda must not be negative, got -1',
  ],
  [
    'alpha not positive',
    () => activations.celu(x, { alpha: 0, out }),
    RangeError,
    'celu: option alpha must be from 0.00001 to 100000, got 0',
  ],
  [
    'beta not positive',
    () => softplus(x, { beta: -1, out }),
    RangeError,
    'softplus: option beta must be from 0.00001 to 100000, got -1',
  ],
  [
    'slope not positive',
    () => activations.hardSigmoid(x, { alpha: 0, out }),
    RangeError,
    'hardSigmoid: option alpha must be from 0.00001 to 100000, got 0',
  ],
  [
    'min above max',
    () => hardTanh(x, { min: 2, max: 1, out }),
    RangeError,
    'hardTanh: option min must not exceed max, got 2 and 1',
  ],
  [
    'unknown choice',
    () => gelu(x, { approximate: any('erf'), out }),
    TypeError,
    'gelu: option approximate must be "none" or "tanh", got "erf"',
  ],
  [
    'a choice inherited from Object',
    () => gelu(x, { approximate: any('constructor'), out }),
    TypeError,
    'gelu: option approximate must be "none" or "tanh", got "constructor"',
  ],
  [
    'a choice that is not a string',
    () => gelu(x, { approximate: any(['tanh']), out }),
    TypeError,
    'gelu: option approximate must be "none" or "tanh", got Array(1)',
  ],
  [
    'beta too small',
    () => activations.squareplus(x, { beta: 1e-30, out }),
    RangeError,
    'squareplus: option beta must be 0 or from 1e-20 to 1e20, got 1e-30',
  ],
  [
    'alpha too large',
    () => activations.elu(x, { alpha: 1e6, out }),
    RangeError,
    'elu: option alpha must be from 0.00001 to 100000, got 1000000',
  ],
  [
    'beta too large',
    () => activations.hardSigmoid(x, { beta: 1e6, out }),
    RangeError,
    'hardSigmoid: option beta must be from -100000 to 100000, got 1000000',
  ],
  [
    'dy of another type',
    () => relu.backward(any([1]), x, { out }),
    TypeError,
    'relu.backward: dy must be a Float32Array, got Array(1)',
  ],
  [
    'dy detached',
    () => relu.backward(detached(), x, { out }),
    TypeError,
    'relu.backward: dy must not be detached, got a Float32Array whose buffer was transferred',
  ],
  ['no x', () => any(relu.backward)(x), TypeError, 'relu.backward: x must be a typed array of numbers, got undefined'],
  [
    'x of another type',
    () => relu.backward(x, any(new Int32Array(3)), { out }),
    TypeError,
    'relu.backward: x must be an array of floating-point numbers, got one of integers (int32), which have no gradient',
  ],
  [
    'lengths differ',
    () => relu.backward(x.subarray(1), x, { out }),
    RangeError,
    'relu.backward: dy must have the length of x, 3, got 2',
  ],
  [
    'backward, out too short',
    () => relu.backward(x, x, { out: out.subarray(1) }),
    RangeError,
    'relu.backward: out must have the length of x, 3, got 2',
  ],
  [
    'backward, unknown option',
    () => relu.backward(x, x, any({ o: 1, out })),
    TypeError,
    'relu.backward: unknown option o, expected bias, out, dBias',
  ],
  [
    'backward, option out of range',
    () => softplus.backward(x, x, { beta: 0, out }),
    RangeError,
    'softplus.backward: option beta must be from 0.00001 to 100000, got 0',
  ],
  ['createArena, no bytes', () => any(createArena)(), TypeError, 'createArena: bytes must be a number, got undefined'],
  [
    'createArena, shared what',
    () => createArena(64, any({ shared: 1 })),
    TypeError,
    'createArena: option shared must be a boolean, got 1',
  ],
  [
    'createArena, unknown option',
    () => createArena(64, any({ share: true })),
    TypeError,
    'createArena: unknown option share, expected shared',
  ],
  ['createArena, a string', () => createArena(any('1')), TypeError, 'createArena: bytes must be a number, got "1"'],
  [
    'createArena, a fraction',
    () => createArena(1.5),
    RangeError,
    'createArena: bytes must be an integer from 1 to 4292739072, got 1.5',
  ],
  [
    'createArena, zero',
    () => createArena(0),
    RangeError,
    'createArena: bytes must be an integer from 1 to 4292739072, got 0',
  ],
  [
    'createArena, too much',
    () => createArena(2 ** 32),
    RangeError,
    'createArena: bytes must be an integer from 1 to 4292739072, got 4294967296',
  ],
  [
    'arena exhausted',
    () => createArena(1024).float32(257),
    RangeError,
    'arena.float32: 257 elements need 1028 bytes, 1024 of 1024 are left',
  ],
  [
    'arena, a fraction',
    () => createArena(1024).float32(0.5),
    RangeError,
    'arena.float32: n must be a non-negative integer, got 0.5',
  ],
  [
    'arena, negative',
    () => createArena(1024).float32(-1),
    RangeError,
    'arena.float32: n must be a non-negative integer, got -1',
  ],
  [
    'arena, a string',
    () => createArena(1024).float32(any('4')),
    TypeError,
    'arena.float32: n must be a number, got "4"',
  ],
  [
    'create, unknown backend',
    () => create({ backend: any('gpu') }),
    TypeError,
    'create: backend must be "relaxed" or "simd" or "js", got "gpu"',
  ],
  [
    'create, unknown option',
    () => create(any({ backends: 'js' })),
    TypeError,
    'create: unknown option backends, expected backend',
  ],
  ['create, no object', () => create(any('js')), TypeError, 'create: options must be an object, got "js"'],
];

describe('a wrong argument', () => {
  test.each(cases)('%s', (_, call, kind, message) => {
    const error = (() => {
      try {
        call();
      } catch (e) {
        return e as Error;
      }
    })();
    expect(error?.message).toBe(message);
    expect(error).toBeInstanceOf(kind);
    expect(error?.constructor).toBe(kind);
    expect(Array.from(x)).toEqual([1, 2, 3]);
    expect(Array.from(out)).toEqual([7, 7, 7]);
  });

  test('init: module of another kind, unknown option', async () => {
    await expect(init({ module: any(new ArrayBuffer(8)) })).rejects.toThrow(
      new TypeError('init: module must be a WebAssembly.Module, got ArrayBuffer'),
    );
    await expect(
      init({ module: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) }),
    ).rejects.toThrow(
      new TypeError('init: module must be one of the binaries of lanewise, such as lanewise/simd.wasm, got another'),
    );
    await expect(init(any({ wasm: 1 }))).rejects.toThrow(
      new TypeError('init: unknown option wasm, expected module, warn'),
    );
    await expect(init({ warn: any('yes') })).rejects.toThrow(new TypeError('init: warn must be a boolean, got "yes"'));
    await expect(init(any(1))).rejects.toThrow(new TypeError('init: options must be an object, got 1'));
  });
});

describe('every activation checks', () => {
  for (const backend of ['relaxed', 'simd', 'js'] as const) {
    for (const f of Object.values(create({ backend }).activations) as Activation[]) {
      test(`${backend} ${f.name}`, () => {
        expect(() => f(any([1]))).toThrow(new TypeError(`${f.name}: x must be a typed array of numbers, got Array(1)`));
        expect(() => f.backward(x, detached())).toThrow(TypeError);
        expect(() => f(x, any({ biases: x }))).toThrow(/unknown option biases/);
        for (const [option, value] of Object.entries(f.defaults)) {
          expect(() => f(x, { [option]: any({}) })).toThrow(`${f.name}: option ${option} must be`);
          if (typeof value === 'number') expect(() => f(x, { [option]: 1e39 })).toThrow(RangeError);
        }
      });
    }
  }
});

test('arrays of another realm are welcome', async () => {
  const other = await otherRealm();
  const foreign = other.Float32Array.of(-1, 2);
  expect(Array.from(relu(foreign, { out: new other.Float32Array(2) }))).toEqual([0, 2]);
  expect(() => relu(any(new other.BigInt64Array(2)))).toThrow('must be a typed array of numbers');
});

/** The globals of another realm: a frame's, or those of a context of Node. */
async function otherRealm(): Promise<typeof globalThis> {
  if (typeof document === 'undefined') return (await import('node:vm')).runInNewContext('globalThis');
  const frame = document.body.appendChild(document.createElement('iframe'));
  return frame.contentWindow as unknown as typeof globalThis;
}

test('an array out of the bounds of a shrunk buffer', () => {
  const Resizable = ArrayBuffer as unknown as new (
    bytes: number,
    options: object,
  ) => ArrayBuffer & { resize(bytes: number): void };
  const buffer = new Resizable(400, { maxByteLength: 800 });
  const view = new Float32Array(buffer, 0, 50);
  buffer.resize(40);
  expect(() => relu(view)).toThrow(TypeError);
  expect(relu(new Float32Array(0))).toHaveLength(0);
});

test('an option that is undefined counts as absent', () => {
  expect(leakyRelu(x, { alpha: undefined, out: undefined })).toEqual(x);
});
