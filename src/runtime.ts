import type { Spec } from './activation';
import type { Arena, ArenaOptions } from './arena';
import { adopt, Binary, type Compilable, checkSupport, isSupported, kindOf } from './binary';
import { checkOptions, describe } from './errors';
import { jsRuntime } from './js';
import { type Home, type Linked, type Loan, type Shared, wasmRuntime } from './wasm';

/**
 * How the kernels run: `relaxed`, WebAssembly with the machine's fused multiply-add if it has one, the fastest; `simd`, WebAssembly with
 * the same results on every machine; or `js`, plain loops.
 */
export const backends = ['relaxed', 'simd', 'js'] as const;
export type Backend = (typeof backends)[number];

/**
 * One activation on one runtime, with numeric options `a` and `b`, 0 where there is none. Arguments have been checked; a source
 * may overlap the destination in any way.
 */
export interface Kernel {
  forward(x: Float32Array, out: Float32Array, a: number, b: number): void;
  backward(dy: Float32Array, x: Float32Array, out: Float32Array, a: number, b: number): void;
  /** The WebAssembly kernel for these options, through whose staging block ordinary arrays pass. */
  linked?(a: number, b: number): Linked;
  /** What other threads need to apply it, or its gradient, in this memory; undefined if that is not shared. */
  share?(workspace: Workspace, isGradient: boolean, a: number, b: number): Shared | undefined;
}

/** Kernels beside the activations: a binary, and the same functions in JavaScript, on a memory's buffer. */
export interface KernelSet<K extends object> {
  readonly binary: Compilable;
  js(buffer: ArrayBufferLike): K;
}

/**
 * A memory in which functions of several arrays work: an arena, or one with nothing but scratch memory. Its layout is in src/staging.ts.
 * Addresses are in bytes.
 */
export interface Workspace {
  /** The memory as float32. */
  readonly heap: Float32Array;
  /** The kernels of a set, to work in this memory. */
  kernels<K extends object>(set: KernelSet<K>): K;
  /** What other threads need to run the kernels of a set in this memory; undefined if it is not shared. */
  share(set: Pick<KernelSet<object>, 'binary'>): Home | undefined;
  /**
   * Lends 512 bytes of a shared memory for parameters that other threads read.
   *
   * @throws RangeError if 64 calls, each of another pool, are at work in it
   */
  lend(): Loan;
  /** Where an array lies in it; undefined for an array that is not of this arena. */
  address(array: ArrayBufferView): number | undefined;
  /** Applies an activation with numeric options `a` and `b` to `n` elements, a multiple of 8. */
  forward(spec: Spec, a: number, b: number, x: number, y: number, n: number): void;
  backward(spec: Spec, a: number, b: number, dy: number, x: number, dx: number, n: number): void;
  /** The name of an activation's kernel and the address of its parameters, valid until the next call; undefined where kernels have none. */
  linkage(spec: Spec, a: number, b: number): { readonly name: string; readonly params: number } | undefined;
}

/** What a backend provides. */
export interface Runtime {
  readonly backend: Backend;
  kernel(spec: Spec): Kernel;
  createArena(bytes: number, options: ArenaOptions): Arena;
  /** Whether kernels work on this array in place. */
  holds(array: ArrayBufferView): boolean;
  /** The arena that holds all of these arrays, or else scratch memory; that, too, without arrays. */
  workspace(...arrays: ArrayBufferView[]): Workspace;
}

/**
 * The backend of the top-level functions: the best that the engine validates and the page's policy allows. It changes only
 * when `init` is given a module where compiling was forbidden.
 */
export let backend: Backend = isSupported('relaxed') ? 'relaxed' : isSupported('simd') ? 'simd' : 'js';

/** The runtime of the top-level functions, if it has been made. */
export let current: Runtime | undefined;

/** The runtime of the top-level functions, made on first use. */
export function defaultRuntime(): Runtime {
  current ??= createRuntime(backend);
  return current;
}

export function createRuntime(name: Backend): Runtime {
  if (name === 'js') return jsRuntime();
  checkSupport(name);
  return wasmRuntime(name);
}

export interface InitOptions {
  readonly module?: WebAssembly.Module;
  readonly warn?: boolean;
}

let hasWarned = false;

/**
 * Compiles the activations' kernels for Float32Arrays ahead of the first call, without blocking. Not needed: the first call compiles them if
 * this was not awaited, as the first of any other kind compiles its own.
 *
 * @param options.module - a binary of the package, compiled already, for places that forbid compiling: `lanewise/relaxed.wasm` or
 *   `lanewise/simd.wasm`, and, in further calls, those of the same endings that begin with `lanewise/float64-`, `lanewise/types-`,
 *   `lanewise/matrix-` and `lanewise/matrix64-`
 * @param options.warn - whether the console is to say so, once, if only the slow backend `js` can be had; not by default
 * @throws TypeError if `module` is not a WebAssembly.Module, or `warn` not a boolean
 *
 * @example
 * await init();
 */
export async function init(options: InitOptions = {}): Promise<void> {
  checkOptions('init', options, ['module', 'warn']);
  const { module, warn = false } = options;
  if (typeof warn !== 'boolean') throw new TypeError(`init: warn must be a boolean, got ${describe(warn)}`);
  if (module !== undefined) {
    if (!(module instanceof WebAssembly.Module)) {
      throw new TypeError(`init: module must be a WebAssembly.Module, got ${describe(module)}`);
    }
    const kind = kindOf(module);
    if (kind === undefined) {
      throw new TypeError(
        'init: module must be one of the binaries of lanewise, such as lanewise/simd.wasm, got another',
      );
    }
    const own = adopt(module, kind);
    if (kind === 'activations') {
      current = wasmRuntime(own);
      backend = own;
    }
  } else if (backend !== 'js') {
    await Binary.compileAll('activations', backend);
  }
  if (warn && backend === 'js' && !hasWarned) {
    hasWarned = true;
    console.warn(
      "lanewise: WebAssembly with SIMD is missing or forbidden here (script-src needs 'wasm-unsafe-eval'), plain loops are slower",
    );
  }
}
