import { activation } from './activation';
import type * as table from './activations';
import type { Arena, ArenaOptions } from './arena';
import { checkOptions, describe } from './errors';
import { type Conversions, conversions } from './half';
import { type Activations, named } from './library';
import { type Combiners, combiners } from './pipeline';
import { type Quantizers, quantizers } from './quantized';
import { type RowFunctions, rowFunctions } from './rows';
import { type Backend, backends, backend as best, createRuntime, type Runtime } from './runtime';
import { type ActivationStatsFunction, statsOn } from './stats';
import { type Structured, structured } from './structured';

type Table = typeof table;

/** All activations with the functions that make arenas: what the package exports, on a backend of one's own choice. */
export interface Lanewise extends Table, RowFunctions, Structured, Conversions, Quantizers {
  readonly activations: Activations;
  readonly backend: Backend;
  createArena(bytes: number, options?: ArenaOptions): Arena;
  readonly pipeline: Combiners['pipeline'];
  readonly valueAndDerivative: Combiners['valueAndDerivative'];
  readonly activationStats: ActivationStatsFunction;
}

/**
 * A library of its own, on the chosen backend.
 *
 * @param options.backend - `relaxed`, `simd` or `js`; the default is the best that the engine supports
 * @throws TypeError for an unknown backend, and what the engine throws if it cannot compile for that backend
 *
 * @example
 * const { gelu } = create({ backend: 'js' });
 */
export function create(options: { readonly backend?: Backend } = {}): Lanewise {
  return libraryOn(runtimeFor(options));
}

/** A runtime for the options of `create`. */
export function runtimeFor(options: { readonly backend?: Backend }): Runtime {
  checkOptions('create', options, ['backend']);
  const { backend = best } = options;
  if (!backends.includes(backend)) {
    throw new TypeError(`create: backend must be ${backends.map(describe).join(' or ')}, got ${describe(backend)}`);
  }
  return createRuntime(backend);
}

export function libraryOn(runtime: Runtime): Lanewise {
  const own = named((f) => activation(f.spec, runtime));
  return {
    ...own,
    swish: own.silu,
    activations: own,
    backend: runtime.backend,
    createArena: (bytes, options = {}) => runtime.createArena(bytes, options),
    ...combiners(() => runtime),
    ...rowFunctions(() => runtime),
    ...structured(() => runtime),
    activationStats: statsOn(() => runtime),
    ...conversions(() => runtime),
    ...quantizers(() => runtime),
  };
}
