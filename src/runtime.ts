import type { Spec } from './activation';
import type { Arena, ArenaOptions } from './arena';
import { adopt, compile, compileAsync, isOwn, isSupported } from './binary';
import { checkOptions, describe } from './errors';
import { jsRuntime } from './js';
import { type Linked, type Shared, wasmRuntime } from './wasm';

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
  /** What another thread needs to run it in a shared arena, if `buffer` is one of its runtime. */
  share?(buffer: ArrayBufferLike, a: number, b: number): Shared | undefined;
}

/** What a backend provides. */
export interface Runtime {
  readonly backend: Backend;
  kernel(spec: Spec): Kernel;
  createArena(bytes: number, options: ArenaOptions): Arena;
  /** Whether kernels work on this array in place. */
  holds(array: Float32Array): boolean;
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
  return name === 'js' ? jsRuntime() : wasmRuntime(compile(name));
}

/**
 * Compiles the kernels ahead of the first call, without blocking. Not needed: the first call compiles them if this was not
 * awaited.
 *
 * @param options.module - the binary `lanewise/relaxed.wasm` or `lanewise/simd.wasm`, compiled already, for places that forbid compiling
 * @throws TypeError if `module` is not a WebAssembly.Module
 *
 * @example
 * await init();
 */
export async function init(options: { readonly module?: WebAssembly.Module } = {}): Promise<void> {
  checkOptions('init', options, ['module']);
  const { module } = options;
  if (module !== undefined) {
    if (!(module instanceof WebAssembly.Module)) {
      throw new TypeError(`init: module must be a WebAssembly.Module, got ${describe(module)}`);
    }
    if (!isOwn(module)) {
      throw new TypeError('init: module must be that of lanewise/relaxed.wasm or lanewise/simd.wasm, got another');
    }
    const runtime = wasmRuntime(module);
    adopt(module, runtime.backend);
    current = runtime;
    backend = runtime.backend;
  } else if (current === undefined && backend !== 'js') {
    const compiled = await compileAsync(backend);
    current ??= wasmRuntime(compiled);
  }
}
