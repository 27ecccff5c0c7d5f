/** The backends that are WebAssembly: the same kernels with fused or with separate multiplication and addition. */
export type WasmBackend = 'relaxed' | 'simd';

/** What kernels a binary holds: the activations', theirs for float64, for 16 bits and integers, those on rows and matrices, theirs for float64. */
export type Kind = 'activations' | 'float64' | 'types' | 'matrix' | 'matrix64';

type Modules = { [B in WasmBackend]?: WebAssembly.Module };

/** Modules that `init` was given. */
const adopted: { readonly [K in Kind]: Modules } = {
  activations: {},
  float64: {},
  types: {},
  matrix: {},
  matrix64: {},
};

/** The binaries that a bundle holds. */
const all: Binary[] = [];

/** What runtimes need of a binary. */
export interface Compilable {
  /** By which threads know it again. */
  readonly id: number;
  compile(backend: WasmBackend): WebAssembly.Module;
  /** For a memory that threads share. */
  compileShared(backend: WasmBackend): WebAssembly.Module;
}

/** Kernels of one kind, embedded once for each backend, and compiled at most once. */
export class Binary implements Compilable {
  readonly id = all.push(this) - 1;
  readonly #kind: Kind;
  readonly #texts: { readonly [B in WasmBackend]: string };
  readonly #compiled: Modules = {};
  readonly #shared: Modules = {};

  /** `texts` hold each byte as two hexadecimal digits: gzipped that is a fifth smaller than base64. */
  constructor(kind: Kind, texts: { readonly [B in WasmBackend]: string }) {
    this.#kind = kind;
    this.#texts = texts;
  }

  compile(backend: WasmBackend): WebAssembly.Module {
    const module = adopted[this.#kind][backend] ?? this.#compiled[backend];
    if (module !== undefined) return module;
    this.#compiled[backend] = new WebAssembly.Module(bytes(this.#texts[backend]));
    return this.#compiled[backend];
  }

  /** Throws where there is nothing to compile for a shared memory, as in Cloudflare's Workers. */
  static checkSharing(backend: WasmBackend): void {
    if (all.some((binary) => binary.#texts[backend] !== '')) return;
    throw new Error('createArena: Workers have no threads to share memory with');
  }

  /** Compiles ahead all that there is of a kind, without blocking. */
  static async compileAll(kind: Kind, backend: WasmBackend): Promise<void> {
    const compile = async (binary: Binary) => {
      binary.#compiled[backend] ??= await WebAssembly.compile(bytes(binary.#texts[backend]));
    };
    await Promise.all(all.filter((binary) => binary.#kind === kind).map(compile));
  }

  compileShared(backend: WasmBackend): WebAssembly.Module {
    this.#shared[backend] ??= new WebAssembly.Module(sharing(bytes(this.#texts[backend])));
    return this.#shared[backend];
  }
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(text.length / 2);
  for (let i = 0; i < result.length; i++) result[i] = 16 * digit(text, 2 * i) + digit(text, 2 * i + 1);
  return result;
}

/** Of 0 to 9 and a to f. `Number.parseInt` of a slice takes ten times as long, which import and first call would show. */
function digit(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return code < 58 ? code - 48 : code - 87;
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

/** What a module of this package holds; undefined for another module. */
export function kindOf(module: WebAssembly.Module): Kind | undefined {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  if (!names.includes('relaxed')) return undefined;
  const kind = (['float64', 'types', 'matrix', 'matrix64'] as const).find((kind) => names.includes(kind));
  return kind ?? (names.includes('relu') ? 'activations' : undefined);
}

/** Takes `module` for the kernels of its kind from now on; returns whose backend they are. */
export function adopt(module: WebAssembly.Module, kind: Kind): WasmBackend {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const { relaxed } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const backend = (relaxed as WebAssembly.Global).value ? 'relaxed' : 'simd';
  adopted[kind][backend] = module;
  return backend;
}

/** Bodies of a function that gives a v128: with i8x16.splat, and with i8x16.relaxed_swizzle of two of those. */
const ZEROS = [65, 0, 253, 15];
const probes = { simd: ZEROS, relaxed: [...ZEROS, ...ZEROS, 253, 128, 2] };

/**
 * Whether this engine knows the instructions and this page may compile: a module of one function is compiled, not only validated,
 * because a Content-Security-Policy without 'wasm-unsafe-eval' forbids just that.
 */
export function isSupported(backend: WasmBackend): boolean {
  try {
    return probe(backend) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/** Throws what the engine throws, unless it is supported or `init` was given its module. */
export function checkSupport(backend: WasmBackend): void {
  if (adopted.activations[backend] === undefined) probe(backend);
}

function probe(backend: WasmBackend): WebAssembly.Module {
  const body = [0, ...probes[backend], 11];
  const code = [1, body.length, ...body];
  const head = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
  return new WebAssembly.Module(new Uint8Array([...head, 10, code.length, ...code]));
}
