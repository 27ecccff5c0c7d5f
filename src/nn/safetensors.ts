import { checkFloat32, describe } from '../errors';
import { checkShape } from '../shape';
import type { Tensor } from './layer';

// A safetensors file: the length of the header, 8 bytes, little-endian; the header, JSON in UTF-8, padded by spaces so that the data starts
// at a multiple of 8; then the tensors' bytes, little-endian, one after another. The header gives, by name, `dtype`, `shape`, and where the
// tensor begins and ends in the data.

const ALIGNMENT = 8;
/** The largest header that the format's own library reads. */
const LONGEST_HEADER = 100_000_000;
const METADATA = '__metadata__';

/**
 * Tensors as a safetensors file.
 *
 * @throws TypeError if one is not a tensor of a Float32Array, RangeError if its shape is not that of its length or two have one name
 *
 * @example
 * encodeSafetensors([{ name: 'bias', shape: [2], value: new Float32Array([1, 2]) }]).length; // 80
 */
export function encodeSafetensors(tensors: readonly Tensor[]): Uint8Array {
  const fn = 'encodeSafetensors';
  if (!Array.isArray(tensors)) throw new TypeError(`${fn}: tensors must be an array, got ${describe(tensors)}`);
  const entries = new Map<string, object>();
  let end = 0;
  for (const { name, shape, value } of tensors as readonly Tensor[]) {
    if (typeof name !== 'string') throw new TypeError(`${fn}: a name must be a string, got ${describe(name)}`);
    if (name === METADATA || entries.has(name)) {
      throw new RangeError(`${fn}: a name must be of one tensor alone, and not ${METADATA}, got ${describe(name)}`);
    }
    checkFloat32(fn, `value of ${describe(name)}`, value);
    // A tensor without dimensions is one number.
    if (!(Array.isArray(shape) && shape.length === 0 && value.length === 1)) checkShape(fn, shape, value.length);
    const begin = end;
    end += value.byteLength;
    entries.set(name, { dtype: 'F32', shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  const data = new Float32Array(bytes.buffer, start);
  let at = 0;
  for (const { value } of tensors) {
    data.set(value, at);
    at += value.length;
  }
  return bytes;
}

/**
 * The tensors of a safetensors file, in the order of their data; each has an array of its own.
 *
 * @throws TypeError if `bytes` is not a Uint8Array; SyntaxError, which says what is wrong, if it is not such a file, whole and without
 *   gaps, of float32 tensors alone
 *
 * @example
 * const [{ name, shape, value }] = decodeSafetensors(bytes);
 */
export function decodeSafetensors(bytes: Uint8Array): Tensor[] {
  return decode('decodeSafetensors', bytes);
}

/** The same for a caller's caller. */
export function decode(fn: string, bytes: Uint8Array): Tensor[] {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${fn}: bytes must be a Uint8Array, got ${describe(bytes)}`);
  const { header, start } = parseHeader(fn, bytes);
  const tensors = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => ({ name, ...checkEntry(fn, name, entry) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) throw malformed(fn, `${describe(name)} begins at ${begin} of the data, not at ${covered}`);
    covered = end;
  }
  if (start + covered !== bytes.length) {
    throw malformed(fn, `the tensors take ${covered} bytes of data, of which there are ${bytes.length - start}`);
  }
  return tensors.map(({ name, shape, begin, end }) => {
    const value = new Float32Array((end - begin) / 4);
    new Uint8Array(value.buffer).set(bytes.subarray(start + begin, start + end));
    return { name, shape, value };
  });
}

/** The header, and where the data starts. */
function parseHeader(fn: string, bytes: Uint8Array): { header: { [name: string]: unknown }; start: number } {
  if (bytes.length < 8) throw malformed(fn, `${bytes.length} bytes do not hold the header's length`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > Math.min(bytes.length - 8, LONGEST_HEADER)) {
    throw malformed(fn, `a header of ${length} bytes in a file of ${bytes.length}`);
  }
  let header: unknown;
  try {
    // A copy, as browsers decode no shared memory. A byte order mark, which the format does not allow, is dropped by default.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.slice(8, 8 + length));
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed(fn, 'the header is not JSON in UTF-8', cause);
  }
  if (bytes[8] !== 0x7b) throw malformed(fn, 'the header is not an object');
  return { header: header as { [name: string]: unknown }, start: 8 + length };
}

/** What the header says of a tensor, which fits together. */
function checkEntry(fn: string, name: string, entry: unknown): { shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { [key: string]: unknown };
  if (dtype !== 'F32') throw malformed(fn, `${describe(name)} must have dtype "F32", got ${describe(dtype)}`);
  if (!isSizes(shape))
    throw malformed(fn, `${describe(name)} must have a shape of sizes, got ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw malformed(fn, `${describe(name)} must have two data_offsets, got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets;
  const size = shape.reduce((product, n) => product * n, 4);
  if (end - begin !== size) {
    throw malformed(fn, `${describe(name)} of shape [${shape}] takes ${size} bytes, not ${end - begin}`);
  }
  return { shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function malformed(fn: string, what: string, cause?: unknown): SyntaxError {
  return new SyntaxError(`${fn}: bytes must be a safetensors file of float32 tensors, but ${what}`, { cause });
}
