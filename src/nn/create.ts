import { type Lanewise, libraryOn, runtimeFor } from '../create';
import { type Backend, defaultRuntime } from '../runtime';
import { type DenseFunction, denseOn } from './dense';
import { type Matmul, matmulOn } from './matmul';
import { type quantizedDense, quantizedDenseOn } from './quantized-dense';

/** The package with the functions of `lanewise/nn`, on a backend of one's own choice. */
export interface NeuralLanewise extends Lanewise {
  readonly matmul: Matmul;
  readonly dense: DenseFunction;
  readonly quantizedDense: typeof quantizedDense;
}

export const matmul: Matmul = /* @__PURE__ */ matmulOn(defaultRuntime);
export const dense: DenseFunction = /* @__PURE__ */ denseOn(defaultRuntime);

/**
 * As `create` of `lanewise`, with the functions of `lanewise/nn` too, which work in place in the arenas of this library.
 *
 * @param options.backend - `relaxed`, `simd` or `js`; the default is the best that the engine supports
 * @throws TypeError for an unknown backend, and what the engine throws if it cannot compile for that backend
 *
 * @example
 * const { dense, relu, createArena } = create({ backend: 'simd' });
 */
export function create(options: { readonly backend?: Backend } = {}): NeuralLanewise {
  const runtime = runtimeFor(options);
  const runtimeNow = () => runtime;
  return {
    ...libraryOn(runtime),
    matmul: matmulOn(runtimeNow),
    dense: denseOn(runtimeNow),
    quantizedDense: quantizedDenseOn(runtimeNow),
  };
}
