import { type Activation, activation } from './activation';
import * as table from './activations';
import type { Arena } from './arena';
import { describe } from './errors';
import { type Backend, backends, backend as best, createRuntime, defaultRuntime } from './runtime';

type Table = typeof table;

/** All activations by name, without the alias `swish`. */
export type Activations = Omit<Table, 'swish'>;

/** All activations with the functions that make arenas: what the package exports, on a backend of one's own choice. */
export interface Lanewise extends Table {
  readonly activations: Activations;
  readonly backend: Backend;
  createArena(bytes: number): Arena;
}

/**
 * Every activation by its name.
 *
 * @example
 * for (const f of Object.values(activations)) console.log(f.name, f.spec.formula);
 */
export const activations: Activations = named((f) => f);

/**
 * Memory in which the kernels work in place: no copying in and out.
 *
 * @param bytes - how much; it is allocated at once, never grows, and is freed with the last array
 * @throws TypeError or RangeError if `bytes` is not an integer from 1 to 2^32 - 2^16, or cannot be had
 *
 * @example
 * const arena = createArena(2 ** 20);
 * const a = arena.float32(1000);
 * gelu(a, { out: a });
 */
export function createArena(bytes: number): Arena {
  return defaultRuntime().createArena(bytes);
}

/**
 * A library of its own, on the chosen backend.
 *
 * @param options.backend - `simd` or `js`; the default is the best that the engine supports
 * @throws TypeError for an unknown backend, and what the engine throws if it cannot compile for that backend
 *
 * @example
 * const { gelu } = create({ backend: 'js' });
 */
export function create(options: { readonly backend?: Backend } = {}): Lanewise {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`create: options must be an object, got ${describe(options)}`);
  }
  for (const option in options) {
    if (option !== 'backend') throw new TypeError(`create: unknown option ${option}, expected backend`);
  }
  const { backend = best } = options;
  if (!backends.includes(backend)) {
    throw new TypeError(`create: backend must be ${backends.map(describe).join(' or ')}, got ${describe(backend)}`);
  }
  const runtime = createRuntime(backend);
  const own = named((f) => activation(f.spec, runtime));
  return {
    ...own,
    swish: own.silu,
    activations: own,
    backend: runtime.backend,
    createArena: (bytes) => runtime.createArena(bytes),
  };
}

/** The result of `make` for each row of the table, by name, in alphabetical order: a namespace's own depends on the bundler. */
function named(make: (f: Activation) => Activation): Activations {
  const { swish: _alias, ...rows } = table;
  const sorted = Object.values(rows as unknown as Activation[]).sort((f, g) => (f.name < g.name ? -1 : 1));
  return Object.fromEntries(sorted.map((f) => [f.name, make(f)])) as unknown as Activations;
}
