// The file format, byte by byte, and files that are broken in every way.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../src/nn';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;
const text = (words: string) => [...new TextEncoder().encode(words)];

/** A file of this header, as it is, and this data. */
function file(header: string | object, data: number[] = [], length?: bigint): Uint8Array {
  const json = text(typeof header === 'string' ? header : JSON.stringify(header));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  return Uint8Array.of(...size, ...json, ...data);
}

const tensor = (name: string, shape: number[], values: number[]): Tensor => ({
  name,
  shape,
  value: new Float32Array(values),
});

test('the bytes of a file', () => {
  const bytes = encodeSafetensors([tensor('a', [1, 2], [1, -2]), tensor('b', [], [0.5])]);
  const header =
    '{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
  expect([...bytes]).toEqual([
    ...[112, 0, 0, 0, 0, 0, 0, 0],
    ...text(`${header}   `),
    ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f],
  ]);
});

test('what another program may write: metadata, other orders, spaces, no padding', () => {
  const bytes = file(
    '{"__metadata__": {"format": "pt"}, "b": {"data_offsets": [4, 4], "shape": [0, 3], "dtype": "F32"},  "a": {"dtype":"F32", "shape":[1], "data_offsets":[0,4]}}',
    [0, 0, 0x80, 0x3f],
  );
  const expected = [tensor('a', [1], [1]), tensor('b', [0, 3], [])];
  expect(decodeSafetensors(bytes)).toEqual(expected);
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  expect(decodeSafetensors(shifted)).toEqual(expected);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(decodeSafetensors(shared)).toEqual(expected);
  expect(decodeSafetensors(file({}))).toEqual([]);
});

test('what is encoded is decoded', () => {
  const value = fc
    .tuple(fc.nat(3), fc.nat(3), fc.uint8Array({ minLength: 36, maxLength: 36 }))
    .map(([m, n, bytes]) => ({ shape: [m, n], value: new Float32Array(bytes.buffer.slice(0, 4 * m * n)) }));
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('0', '10', '1', '__proto__', 'constructor'));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name }), (entries) => {
      const tensors = entries.map(([name, own]) => ({ name, ...own }));
      const bytes = encodeSafetensors(tensors);
      const headerLength = new DataView(bytes.buffer).getUint32(0, true);
      expect(headerLength % 8).toBe(0);
      // Empty tensors begin where their neighbours do, so that their order is not kept.
      const byName = (list: Tensor[]) => new Map(list.map(({ name, shape, value }) => [name, [shape, bits(value)]]));
      expect(byName(decodeSafetensors(bytes))).toEqual(byName(tensors));
    }),
  );
});

const bits = (value: Float32Array) => [...new Uint32Array(value.buffer, value.byteOffset, value.length)];

describe('malformed files', () => {
  const entry = (change: object) => ({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });
  const eight = [1, 2, 3, 4, 5, 6, 7, 8];
  test.each<[string, Uint8Array, string]>([
    ['no length', new Uint8Array(7), "7 bytes do not hold the header's length"],
    ['a header longer than the file', file({}, [], 3n), 'a header of 3 bytes in a file of 10'],
    ['a length near 2^64', file({}, [], 2n ** 64n - 1n), 'a header of 18446744073709552000 bytes'],
    ['no header', file('', eight), 'the header is not JSON in UTF-8'],
    ['no JSON', file('{"a"'), 'the header is not JSON in UTF-8'],
    ['half a header', file('{}', [], 1n), 'the header is not JSON in UTF-8'],
    ['no UTF-8', file(entry({}), eight).map((byte, i) => (i === 10 ? 0xff : byte)), 'the header is not JSON in UTF-8'],
    ['a byte order mark', file('\ufeff{}'), 'the header is not JSON in UTF-8'],
    ['an array', file('[]'), 'the header is not an object'],
    ['null', file('null'), 'the header is not an object'],
    ['a leading space', file(' {}'), 'the header is not an object'],
    ['an entry that is null', file({ a: null }), '"a" must have dtype "F32", got undefined'],
    [
      'another dtype',
      file(entry({ dtype: 'F16', data_offsets: [0, 4] }), [1, 2, 3, 4]),
      'must have dtype "F32", got "F16"',
    ],
    ['no shape', file(entry({ shape: undefined }), eight), '"a" must have a shape of sizes, got undefined'],
    ['a negative size', file(entry({ shape: [-2] }), eight), '"a" must have a shape of sizes, got [-2]'],
    ['a fraction', file(entry({ shape: [0.5, 4] }), eight), '"a" must have a shape of sizes, got [0.5,4]'],
    ['one offset', file(entry({ data_offsets: [0] }), eight), '"a" must have two data_offsets, got [0]'],
    ['offsets the wrong way round', file(entry({ data_offsets: [8, 0] }), eight), 'must have two data_offsets'],
    ['a shape of another size', file(entry({ shape: [3] }), eight), '"a" of shape [3] takes 12 bytes, not 8'],
    ['a huge shape', file(entry({ shape: [2 ** 50, 2 ** 50, 2 ** 50] }), eight), 'bytes, not 8'],
    ['offsets behind the end', file(entry({}), [1, 2, 3, 4]), 'take 8 bytes of data, of which there are 4'],
    ['data of no tensor', file(entry({}), [...eight, 9]), 'take 8 bytes of data, of which there are 9'],
    ['a gap', file(entry({ data_offsets: [4, 12] }), [0, 0, 0, 0, ...eight]), '"a" begins at 4 of the data, not at 0'],
    [
      'an overlap',
      file({ ...entry({}), b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, eight),
      '"b" begins at 4 of the data, not at 8',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SyntaxError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test('a changed byte gives tensors or a SyntaxError', () => {
    const good = encodeSafetensors([tensor('a', [2], [1, 2]), tensor('b', [1, 1], [3])]);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = good.slice(0, length > good.length / 2 ? good.length : length);
        if (at < bytes.length) bytes[at] = byte;
        try {
          for (const { shape, value } of decodeSafetensors(bytes))
            expect(value.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('what encodeSafetensors refuses', () => {
  const a = tensor('a', [1], [1]);
  const refused: [unknown, string][] = [
    [a, 'tensors must be an array, got Object'],
    [[a, a], 'a name must be of one tensor alone, and not __metadata__, got "a"'],
    [[{ ...a, name: '__metadata__' }], 'and not __metadata__'],
    [[{ ...a, name: 1 }], 'a name must be a string, got 1'],
    [[{ ...a, value: [1] }], 'value of "a" must be a Float32Array, got Array(1)'],
    [[{ ...a, shape: [2] }], 'option shape must be of 1 elements, got [2]'],
    [[{ ...a, shape: 1 }], 'option shape must be an array, got 1'],
  ];
  for (const [tensors, message] of refused) expect(() => encodeSafetensors(any(tensors))).toThrow(message);
  expect(() => decodeSafetensors(any([]))).toThrow('decodeSafetensors: bytes must be a Uint8Array, got Array(0)');
});
