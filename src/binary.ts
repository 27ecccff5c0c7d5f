import { relaxed, simd } from './generated/binaries';

/** The backends that are WebAssembly: the same kernels with fused or with separate multiplication and addition. */
export type WasmBackend = 'relaxed' | 'simd';

const texts = { relaxed, simd };
const compiled: { [B in WasmBackend]?: WebAssembly.Module } = {};
const compiledShared: { [B in WasmBackend]?: WebAssembly.Module } = {};

/** The embedded binary, of which `texts` holds each byte as two hexadecimal digits: gzipped that is a fifth smaller than base64. */
function bytes(backend: WasmBackend): Uint8Array<ArrayBuffer> {
  const text = texts[backend];
  const result = new Uint8Array(text.length / 2);
  for (let i = 0; i < result.length; i++) result[i] = 16 * digit(text, 2 * i) + digit(text, 2 * i + 1);
  return result;
}

/** Of 0 to 9 and a to f. `Number.parseInt` of a slice takes ten times as long, which import and first call would show. */
function digit(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return code < 58 ? code - 48 : code - 87;
}

/** The kernels, compiled at most once. */
export function compile(backend: WasmBackend): WebAssembly.Module {
  compiled[backend] ??= new WebAssembly.Module(bytes(backend));
  return compiled[backend];
}

export async function compileAsync(backend: WasmBackend): Promise<WebAssembly.Module> {
  compiled[backend] ??= await WebAssembly.compile(bytes(backend));
  return compiled[backend];
}

/** The same kernels for a memory that threads share, compiled at most once. */
export function compileShared(backend: WasmBackend): WebAssembly.Module {
  compiledShared[backend] ??= new WebAssembly.Module(sharing(bytes(backend)));
  return compiledShared[backend];
}

/**
 * Makes the memory that a binary imports a shared one, which is a flag of the import. Binaries import nothing else; the limit that a
 * shared memory must have is `maximumMemory` in asconfig.json.
 */
function sharing(binary: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const IMPORTS = 2;
  const MEMORY = 2;
  const LIMITED = 1;
  const SHARED = 2;
  let at = 8; // behind magic number and version

  /** An unsigned LEB128 number. */
  function number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  /** Passes over a length and as many bytes. */
  function skip(): void {
    const length = number();
    at += length;
  }

  while (binary[at++] !== IMPORTS) skip();
  number(); // bytes of the section
  const imports = number();
  skip(); // name of the module
  skip(); // name of the import
  if (imports !== 1 || binary[at] !== MEMORY || binary[at + 1] !== LIMITED) throw new Error('not a binary of lanewise');
  binary[at + 1] |= SHARED;
  return binary;
}

/** Takes `module` for the kernels of `backend`. */
export function adopt(module: WebAssembly.Module, backend: WasmBackend): void {
  compiled[backend] = module;
}

/** Whether a module is one of this package's binaries. */
export function isOwn(module: WebAssembly.Module): boolean {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  return ['relu', 'reluBackward', 'relaxed'].every((name) => names.includes(name));
}

/** Bodies of a function that gives a v128: with i8x16.splat, and with i8x16.relaxed_swizzle of two of those. */
const ZEROS = [65, 0, 253, 15];
const probes = { simd: ZEROS, relaxed: [...ZEROS, ...ZEROS, 253, 128, 2] };

/**
 * Whether this engine knows the instructions and this page may compile: a module of one function is compiled, not only validated,
 * because a Content-Security-Policy without 'wasm-unsafe-eval' forbids just that.
 */
export function isSupported(backend: WasmBackend): boolean {
  const body = [0, ...probes[backend], 11];
  const code = [1, body.length, ...body];
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
  try {
    return new WebAssembly.Module(new Uint8Array([...head, 10, code.length, ...code])) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}
