import { numericDefaults, type Spec } from './activation';
import { arenaCapacity, arenaOver } from './arena';
import type { WasmBackend } from './binary';
import { copies } from './generated/calls';
import { unshared } from './overlap';
import type { Kernel, Runtime } from './runtime';
import { BLOCK, PAGE, PARAMETERS, SHORT, STAGE_X, Stage, WHOLE } from './staging';

type ForwardExport = (params: number, x: number, y: number, n: number) => void;
type BackwardExport = (params: number, dy: number, x: number, dx: number, n: number) => void;

/** A memory and the kernels that work in it. */
class Instance {
  readonly backend: WasmBackend;
  readonly buffer: ArrayBuffer;
  readonly #exports: WebAssembly.Exports;
  readonly #fields: Float32Array;
  readonly #block: Stage;
  readonly #linked = new Map<string, Linked>();
  #end = PARAMETERS / 4;

  /** `pages` more than the package's own. */
  constructor(module: WebAssembly.Module, pages = 0) {
    const memory = new WebAssembly.Memory({ initial: 1 + pages, maximum: 1 + pages });
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    this.backend = (this.#exports.relaxed as WebAssembly.Global).value ? 'relaxed' : 'simd';
    this.buffer = memory.buffer;
    this.#fields = new Float32Array(this.buffer, 0, STAGE_X / 4);
    this.#block = new Stage(this.buffer);
  }

  /** The kernel of a row for these options. */
  link(spec: Spec, a: number, b: number): Linked {
    const name = spec.kernel === undefined ? spec.name : spec.kernel(a, b);
    let linked = this.#linked.get(name);
    if (linked === undefined) {
      const forward = this.#exports[name] as ForwardExport;
      const backward = this.#exports[`${name}Backward`] as BackwardExport;
      linked = new Linked(spec, forward, backward, this.#block, this.#fields, this.#end);
      this.#end += linked.size;
      this.#linked.set(name, linked);
    }
    return linked;
  }
}

/** A kernel of one instance, with room for its parameters: those of the default options, then those of the last others. */
export class Linked {
  readonly forward: ForwardExport;
  readonly backward: BackwardExport;
  /** The staging blocks of its instance. */
  readonly block: Stage;
  readonly #spec: Spec;
  readonly #memory: Float32Array;
  readonly #at: number;
  readonly #size: number;
  readonly #defaultA: number;
  readonly #defaultB: number;
  #lastA = Number.NaN;
  #lastB = Number.NaN;

  constructor(
    spec: Spec,
    forward: ForwardExport,
    backward: BackwardExport,
    block: Stage,
    memory: Float32Array,
    at: number,
  ) {
    this.#spec = spec;
    this.forward = forward;
    this.backward = backward;
    this.block = block;
    this.#memory = memory;
    this.#at = at;
    const [a, b] = numericDefaults(spec);
    this.#defaultA = a;
    this.#defaultB = b;
    this.#size = this.#write(at, a, b);
  }

  /** Floats taken. */
  get size(): number {
    return 2 * this.#size;
  }

  /** The address of the parameters for these options. */
  address(a: number, b: number): number {
    if (a === this.#defaultA && b === this.#defaultB) return 4 * this.#at;
    const at = this.#at + this.#size;
    if (a !== this.#lastA || b !== this.#lastB) {
      this.#write(at, a, b);
      this.#lastA = a;
      this.#lastB = b;
    }
    return 4 * at;
  }

  /** Writes each field to all lanes of its v128; returns how many floats that are. */
  #write(at: number, a: number, b: number): number {
    const fields = this.#spec.fields?.(a, b) ?? [a, b];
    const wideFields = this.#spec.wideFields?.(a, b) ?? [];
    for (const [i, field] of fields.entries()) this.#memory.fill(field, at + 4 * i, at + 4 * i + 4);
    const end = at + 4 * fields.length;
    const doubles = new Float64Array(this.#memory.buffer, 4 * end, 2 * wideFields.length);
    for (const [i, field] of wideFields.entries()) doubles.fill(field, 2 * i, 2 * i + 2);
    return 4 * (fields.length + wideFields.length);
  }
}

/** Kernels of `module`, each arena in a memory of its own, everything else staged through one more. */
export function wasmRuntime(module: WebAssembly.Module): Runtime & { backend: WasmBackend } {
  const staging = new Instance(module);
  const arenas = new WeakMap<ArrayBufferLike, Instance>();
  let hasArenas = false;

  /** The arena that holds all of the arrays. */
  function home(dy: Float32Array | undefined, x: Float32Array, out: Float32Array): Instance | undefined {
    // An arena's arrays lie behind the first page. `byteOffset` costs V8 (11.3 to 14.6) 4 to 12 ns, `buffer` 20 to 35.
    if (!hasArenas || x.byteOffset < PAGE || out.byteOffset < PAGE || x.length < SHORT) return undefined;
    const { buffer } = x;
    return out.buffer === buffer && (dy === undefined || dy.buffer === buffer) ? arenas.get(buffer) : undefined;
  }

  const kernels = new WeakMap<Spec, Kernel>();

  function makeKernel(spec: Spec): Kernel {
    const { stage } = copies[spec.name];
    const usual = staging.link(spec, ...numericDefaults(spec));
    const isVarious = spec.kernel !== undefined;

    function linked(a: number, b: number): Linked {
      return isVarious ? staging.link(spec, a, b) : usual;
    }

    /** The gradient where `dy` is given, else the value. */
    function run(dy: Float32Array | undefined, x: Float32Array, out: Float32Array, a: number, b: number): void {
      const arena = home(dy, x, out);
      const { length } = x;
      if (arena === undefined && length <= BLOCK) stage(linked(a, b), dy, x, out, a, b, 0, length);
      else runLong(arena, dy, x, out, a, b);
    }

    /** Arrays of an arena, or longer than a staging block. */
    function runLong(
      arena: Instance | undefined,
      dy: Float32Array | undefined,
      x: Float32Array,
      out: Float32Array,
      a: number,
      b: number,
    ): void {
      const n = x.length;
      const source = unshared(x, out);
      const upstream = dy === undefined ? undefined : unshared(dy, out);
      let done = 0;
      if (arena !== undefined && source === x && upstream === dy) {
        done = n - (n % WHOLE);
        const own = arena.link(spec, a, b);
        const params = own.address(a, b);
        if (dy === undefined) own.forward(params, x.byteOffset, out.byteOffset, done);
        else own.backward(params, dy.byteOffset, x.byteOffset, out.byteOffset, done);
      }
      const kernel = linked(a, b);
      for (let from = done; from < n; from += BLOCK) {
        stage(kernel, upstream, source, out, a, b, from, Math.min(BLOCK, n - from));
      }
    }

    return {
      forward: (x, out, a, b) => run(undefined, x, out, a, b),
      backward: run,
      linked,
    };
  }

  return {
    backend: staging.backend,
    kernel(spec) {
      const kernel = kernels.get(spec) ?? makeKernel(spec);
      kernels.set(spec, kernel);
      return kernel;
    },
    createArena(bytes) {
      const capacity = arenaCapacity(bytes);
      let arena: Instance;
      try {
        arena = new Instance(module, Math.ceil(capacity / PAGE));
      } catch (cause) {
        throw new RangeError(`createArena: no memory of ${capacity} bytes can be had`, { cause });
      }
      arenas.set(arena.buffer, arena);
      hasArenas = true;
      return arenaOver(arena.buffer, PAGE, capacity);
    },
    holds: (array) => array.byteOffset >= PAGE && arenas.has(array.buffer),
  };
}
