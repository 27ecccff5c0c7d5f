import { numericDefaults, type Spec } from './activation';
import { arenaCapacity, arenaOver, isSharedArena } from './arena';
import { Binary, type Compilable, type WasmBackend } from './binary';
import type { Backward, Forward } from './family';
import { unshared } from './overlap';
import type { ElementCall, ThreadBinary } from './protocol';
import type { Kernel, KernelSet, Runtime, Workspace } from './runtime';
import { ARENA, BLOCK, CONSTANTS, PAGE, PARAMETERS, SCRATCH, SHORT, STAGE_X, Stage, WHOLE } from './staging';

/** What another thread needs to run kernels in a shared memory. */
export interface Home {
  readonly memory: WebAssembly.Memory;
  readonly binary: ThreadBinary;
}

/** What other threads need to apply an activation to elements in a shared memory. */
export interface Shared {
  readonly memory: WebAssembly.Memory;
  readonly binaries: readonly ThreadBinary[];
  readonly calls: readonly ElementCall[];
  /** Gives what was lent for the call back, once no thread reads it any more. */
  release(): void;
}

/** A place in a shared memory for the parameters of a call. */
export interface Loan {
  readonly at: number;
  release(): void;
}

/** Bytes for the parameters of a kernel that other threads run: 32 fields. */
const SLOT = 512;
const SLOTS = (CONSTANTS - STAGE_X) / SLOT;

/** A memory and the kernels that work in it. */
class Instance implements Workspace {
  readonly backend: WasmBackend;
  readonly buffer: ArrayBuffer;
  readonly heap: Float32Array;
  readonly isShared: boolean;
  readonly #memory: WebAssembly.Memory;
  readonly #block: Stage;
  readonly #linked = new Map<string, Linked>();
  /** Of each binary; one that holds several has been made once. */
  readonly #exports = new Map<Compilable | WebAssembly.Module, WebAssembly.Exports>();
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  #end = PARAMETERS / 4;

  constructor(backend: WasmBackend, bytes: number, shared = false) {
    const pages = Math.ceil(bytes / PAGE);
    this.backend = backend;
    this.isShared = shared;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    this.buffer = this.#memory.buffer;
    this.heap = new Float32Array(this.buffer);
    this.#block = new Stage(this.buffer);
  }

  /** The kernel of a row for these options. */
  link(spec: Spec, a: number, b: number): Linked {
    const name = kernelName(spec, a, b);
    let linked = this.#linked.get(name);
    if (linked === undefined) {
      const { [name]: forward, [`${name}Backward`]: backward } = this.kernels(spec.family.float32);
      linked = new Linked(spec, forward, backward, this.#block, this.heap, this.#end);
      this.#end += linked.size;
      this.#linked.set(name, linked);
    }
    return linked;
  }

  kernels<K extends object>({ binary }: KernelSet<K>): K {
    let exports = this.#exports.get(binary);
    if (exports === undefined) {
      const module = this.#moduleOf(binary);
      exports =
        this.#exports.get(module) ?? new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
      this.#exports.set(module, exports).set(binary, exports);
    }
    return exports as unknown as K;
  }

  #moduleOf(binary: Compilable): WebAssembly.Module {
    return this.isShared ? binary.compileShared(this.backend) : binary.compile(this.backend);
  }

  share({ binary }: Pick<KernelSet<object>, 'binary'>): Home | undefined {
    if (!this.isShared) return undefined;
    return { memory: this.#memory, binary: { id: binary.id, module: this.#moduleOf(binary) } };
  }

  address(array: ArrayBufferView): number | undefined {
    return array.byteOffset >= ARENA && array.buffer === this.buffer ? array.byteOffset : undefined;
  }

  forward(spec: Spec, a: number, b: number, x: number, y: number, n: number): void {
    const linked = this.link(spec, a, b);
    linked.forward(linked.address(a, b), x, y, n);
  }

  backward(spec: Spec, a: number, b: number, dy: number, x: number, dx: number, n: number): void {
    const linked = this.link(spec, a, b);
    linked.backward(linked.address(a, b), dy, x, dx, n);
  }

  linkage(spec: Spec, a: number, b: number): { name: string; params: number } {
    return { name: kernelName(spec, a, b), params: this.link(spec, a, b).address(a, b) };
  }

  /** Places for parameters are those of the staging blocks, which an arena has no use for. */
  lend(): Loan {
    const slot = this.#free.pop();
    if (slot === undefined) throw new RangeError(`more than ${SLOTS} pools are at work in one arena`);
    return { at: STAGE_X + SLOT * slot, release: () => this.#free.push(slot) };
  }
}

/** The name of the kernel that a row has for these options. */
export function kernelName(spec: Spec, a: number, b: number): string {
  return spec.kernel === undefined ? spec.name : spec.kernel(a, b);
}

/**
 * What other threads need to call a row's kernel, of the binary number `number`, or that of its gradient; undefined if the memory is not
 * shared.
 */
export function sharedKernel(
  workspace: Workspace,
  set: Pick<KernelSet<object>, 'binary'>,
  name: string,
  isGradient: boolean,
  write: (at: number) => void,
): Shared | undefined {
  const home = workspace.share(set);
  if (home === undefined) return undefined;
  const { at, release } = workspace.lend();
  write(at);
  const { memory, binary } = home;
  const call: ElementCall = isGradient
    ? { binary: binary.id, kernel: `${name}Backward`, args: [at, 'dy', 'x', 'out', 'n'] }
    : { binary: binary.id, kernel: name, args: [at, 'x', 'out', 'n'] };
  return { memory, binaries: [binary], calls: [call], release };
}

/** Writes each field to all lanes of its v128, from element `at` of `memory` on; returns how many elements that are. */
function writeFields(spec: Spec, a: number, b: number, memory: Float32Array, at: number): number {
  const fields = spec.fields?.(a, b) ?? [a, b];
  const wideFields = spec.wideFields?.(a, b) ?? [];
  for (const [i, field] of fields.entries()) memory.fill(field, at + 4 * i, at + 4 * i + 4);
  const doubles = new Float64Array(memory.buffer, 4 * (at + 4 * fields.length), 2 * wideFields.length);
  for (const [i, field] of wideFields.entries()) doubles.fill(field, 2 * i, 2 * i + 2);
  return 4 * (fields.length + wideFields.length);
}

/** A kernel of one instance, with room for its parameters: those of the default options, then those of the last others. */
export class Linked {
  readonly forward: Forward;
  readonly backward: Backward;
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

  constructor(spec: Spec, forward: Forward, backward: Backward, block: Stage, memory: Float32Array, at: number) {
    this.#spec = spec;
    this.forward = forward;
    this.backward = backward;
    this.block = block;
    this.#memory = memory;
    this.#at = at;
    const [a, b] = numericDefaults(spec);
    this.#defaultA = a;
    this.#defaultB = b;
    this.#size = writeFields(spec, a, b, memory, at);
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
      writeFields(this.#spec, a, b, this.#memory, at);
      this.#lastA = a;
      this.#lastB = b;
    }
    return 4 * at;
  }
}

/** Each arena has a memory of its own; everything else is staged through one more. */
export function wasmRuntime(backend: WasmBackend): Runtime {
  const staging = new Instance(backend, SCRATCH);
  let work: Instance | undefined;
  const arenas = new WeakMap<ArrayBufferLike, Instance>();
  let hasArenas = false;

  /** The arena that holds all of the arrays. */
  function home(dy: Float32Array | undefined, x: Float32Array, out: Float32Array): Instance | undefined {
    // `byteOffset` costs V8 (11.3 to 14.6) 4 to 12 ns, `buffer` 20 to 35.
    if (!hasArenas || x.byteOffset < ARENA || out.byteOffset < ARENA || x.length < SHORT) return undefined;
    const { buffer } = x;
    return out.buffer === buffer && (dy === undefined || dy.buffer === buffer) ? arenas.get(buffer) : undefined;
  }

  const kernels = new WeakMap<Spec, Kernel>();

  function makeKernel(spec: Spec): Kernel {
    const { stage } = spec.family.copies[spec.name];
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
      for (let from = done; from < n; from += BLOCK) {
        stage(linked(a, b), upstream, source, out, a, b, from, Math.min(BLOCK, n - from));
      }
    }

    return {
      forward: (x, out, a, b) => run(undefined, x, out, a, b),
      backward: run,
      linked,
      share(workspace, isGradient, a, b) {
        const write = (at: number) => writeFields(spec, a, b, workspace.heap, at / 4);
        return sharedKernel(workspace, spec.family.float32, kernelName(spec, a, b), isGradient, write);
      },
    };
  }

  return {
    backend,
    kernel(spec) {
      const kernel = kernels.get(spec) ?? makeKernel(spec);
      kernels.set(spec, kernel);
      return kernel;
    },
    createArena(bytes, options) {
      const capacity = arenaCapacity(bytes);
      const shared = isSharedArena(options);
      if (shared) Binary.checkSharing(backend);
      let arena: Instance;
      try {
        arena = new Instance(backend, ARENA + capacity, shared);
      } catch (cause) {
        throw new RangeError(`createArena: no memory of ${capacity} bytes can be had`, { cause });
      }
      arenas.set(arena.buffer, arena);
      hasArenas = true;
      return arenaOver(arena.buffer, ARENA, capacity);
    },
    holds: (array) => array.byteOffset >= ARENA && arenas.has(array.buffer),
    workspace(...arrays) {
      work ??= new Instance(backend, ARENA);
      // As in `home`: most arrays that are not of an arena begin further in front.
      if (!hasArenas || arrays.length === 0 || arrays.some((array) => array.byteOffset < ARENA)) return work;
      const { buffer } = arrays[0];
      return arrays.every((array) => array.buffer === buffer) ? (arenas.get(buffer) ?? work) : work;
    },
  };
}
