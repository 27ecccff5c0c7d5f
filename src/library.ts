import type { Activation } from './activation';
import * as table from './activations';
import type { Arena, ArenaOptions } from './arena';
import { combiners, type Pipeline, type ValueAndDerivative } from './pipeline';
import { defaultRuntime } from './runtime';
import type { FloatArray, Same } from './types';

// What works on all activations, on the default runtime.

/** All activations by name, without the alias `swish`. */
export type Activations = Omit<typeof table, 'swish'>;

/**
 * Every activation by its name.
 *
 * @example
 * for (const f of Object.values(activations)) console.log(f.name, f.spec.formula);
 */
export const activations: Activations = /* @__PURE__ */ named((f) => f);

/**
 * Memory in which the kernels work in place: no copying in and out.
 *
 * @param bytes - how much; it is allocated at once, never grows, and is freed with the last array
 * @param options.shared - whether threads can work on its arrays too, as `lanewise/parallel` does; not by default
 * @throws TypeError or RangeError if `bytes` is not an integer from 1 to 2^32 - 17 * 2^16, or cannot be had; Error if it is to be shared
 *   where there is no SharedArrayBuffer
 *
 * @example
 * const arena = createArena(2 ** 20);
 * const a = arena.float32(1000);
 * gelu(a, { out: a });
 */
export function createArena(bytes: number, options: ArenaOptions = {}): Arena {
  return defaultRuntime().createArena(bytes, options);
}

const combined = /* @__PURE__ */ combiners(defaultRuntime);

/**
 * Several activations, one after another, applied block by block, so that the data crosses the memory once. The results are those of
 * the activations called in turn, bit for bit; those of float16 and bfloat16 as if they were called with float32, rounded once at the end.
 *
 * @param parts - activations, to which {@link Activation.with} gives options, and pipelines; up to 1000 activations in all
 * @throws TypeError if a part is neither, RangeError for too many
 *
 * @example
 * const f = pipeline(leakyRelu.with({ alpha: 0.5 }), hardTanh);
 * f(new Float32Array([-1, 3])); // -0.5, 1
 * f.backward(new Float32Array([1, 1]), new Float32Array([-1, 3])); // 0.5, 0
 */
export function pipeline(...parts: (Activation | Pipeline)[]): Pipeline {
  return combined.pipeline(...parts);
}

/**
 * An activation's value and derivative in one pass.
 *
 * @param options.value - where the values go; either may be `x`
 * @param options.derivative - where the derivatives go
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or if the two overlap
 *
 * @example
 * const { value, derivative } = valueAndDerivative(relu, new Float32Array([-1, 2])); // 0, 2 and 0, 1
 */
export function valueAndDerivative<A extends FloatArray>(
  f: Activation,
  x: A,
  options?: Partial<ValueAndDerivative<Same<A>>>,
): ValueAndDerivative<Same<A>> {
  return combined.valueAndDerivative(f, x, options);
}

/** The result of `make` for each row of the table, by name, in alphabetical order: a namespace's own depends on the bundler. */
export function named(make: (f: Activation) => Activation): Activations {
  const { swish: _alias, ...rows } = table;
  const sorted = Object.values(rows as unknown as Activation[]).sort((f, g) => (f.name < g.name ? -1 : 1));
  return Object.fromEntries(sorted.map((f) => [f.name, make(f)])) as unknown as Activations;
}
