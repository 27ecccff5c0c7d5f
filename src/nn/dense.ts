import { type Activation, numericDefaults, type Spec } from '../activation';
import { sumColumns } from '../bias';
import { checkFloat32, checkLength, checkOptions } from '../errors';
import { collide, disjoint } from '../overlap';
import { checkActivation } from '../pipeline';
import type { Runtime } from '../runtime';
import { checkShape } from '../shape';
import { checkSize, resultFor } from './matmul';
import { multiply, type Product } from './product';
import { productOn } from './product-task';

/** Options of a dense layer's value and gradient. */
export interface LayerOptions {
  /** The weights' shape; if there is a bias, [weights.length / bias.length, bias.length] unless given. */
  readonly shape?: readonly [k: number, n: number];
  /** n elements, added to each row of the product. */
  readonly bias?: Float32Array;
  /** The activation applied to the sum; its options by {@link Activation.with}. */
  readonly activation?: Activation;
}

export interface DenseOptions extends LayerOptions {
  /** Where the result goes: m * n elements, which may overlap the sources. */
  readonly out?: Float32Array;
}

/** The gradients of a dense layer, each of the length of what it belongs to. */
export interface DenseGradients {
  readonly dx: Float32Array;
  readonly dWeights: Float32Array;
  readonly dBias: Float32Array;
}

export interface DenseFunction {
  /**
   * A dense layer on a batch: y = f(x W + bias), all in row-major order. The activation f is applied to each block of the sums while
   * it is in the cache. A row of the result does not depend on the others.
   *
   * @param x - the batch, m x k
   * @param weights - W, k x n
   * @returns `out`, or a new array: m x n
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
   *
   * @example
   * const x = new Float32Array([1, 2, 3, 4]); // two rows of two
   * const weights = new Float32Array([1, 0, -1, 0, 1, -1]); // 2 x 3
   * dense(x, weights, { bias: new Float32Array([0, 0, 0.5]), activation: relu }); // 1, 2, 0, 3, 4, 0
   */
  (x: Float32Array, weights: Float32Array, options: DenseOptions): Float32Array;
  /**
   * The gradients of a dense layer. With z = x W + bias, which is computed anew if there is an activation, and dz = dy f'(z), they are
   * dx = dz W^T, dW = x^T dz, and for the bias the sum of the rows of dz, in float64.
   *
   * @param dy - gradient with respect to the layer's output, m x n
   * @param x - the batch, m x k
   * @param weights - W, k x n
   * @param options - those of the layer, and where the gradients go: `dx`, `dWeights` and `dBias`, each of which may be a source, but
   *   no two of which may overlap
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or if two results overlap; nothing is written then
   *
   * @example
   * const x = new Float32Array([1, 2]);
   * const weights = new Float32Array([3, 4]); // 2 x 1
   * dense.backward(new Float32Array([1]), x, weights, { shape: [2, 1] });
   * // { dx: 3, 4, dWeights: 1, 2, dBias: 1 }
   */
  backward(
    dy: Float32Array,
    x: Float32Array,
    weights: Float32Array,
    options: LayerOptions & Partial<DenseGradients>,
  ): DenseGradients;
}

/** A call's sizes and options, checked. */
interface Layer {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly bias?: Float32Array;
  readonly spec?: Spec;
}

/** The functions on a runtime. */
export function denseOn(runtimeNow: () => Runtime): DenseFunction {
  const prepare = (x: Float32Array, weights: Float32Array, options: DenseOptions): Product => {
    const fn = 'dense';
    const layer = checkLayer(fn, x, weights, options, ['out']);
    return { ...layer, a: x, b: weights, out: resultFor(fn, 'out', options.out, layer.m, layer.n) };
  };

  const backward: DenseFunction['backward'] = (dy, x, weights, options) => {
    const fn = 'dense.backward';
    const { m, k, n, bias, spec } = checkLayer(fn, x, weights, options, ['dx', 'dWeights', 'dBias']);
    checkFloat32(fn, 'dy', dy);
    checkSize(fn, 'dy', dy, m, n);
    const dx = resultFor(fn, 'dx', options.dx, m, k);
    const dWeights = resultFor(fn, 'dWeights', options.dWeights, k, n);
    const dBias = resultFor(fn, 'dBias', options.dBias, 1, n);
    if (collide(dx, dWeights) || collide(dx, dBias) || collide(dWeights, dBias)) {
      throw new RangeError(`${fn}: dx, dWeights and dBias must not overlap`);
    }

    const runtime = runtimeNow();
    let dz = dy;
    if (spec !== undefined) {
      dz = new Float32Array(m * n);
      multiply(runtime, { m, k, n, a: x, b: weights, bias, out: dz });
      runtime.kernel(spec).backward(dy, dz, dz, ...numericDefaults(spec));
    }
    // A result may be a source of the next product.
    const [upstream, input, w] = [dz, x, weights].map((source) => disjoint(source, dx, dWeights, dBias));
    multiply(runtime, { m, k: n, n: k, a: upstream, b: w, transposeB: true, out: dx });
    multiply(runtime, { m: k, k: m, n, a: input, transposeA: true, b: upstream, out: dWeights });
    sumColumns(runtime, upstream, dBias);
    return { dx, dWeights, dBias };
  };

  return Object.assign(productOn(runtimeNow, 'dense', prepare), { backward });
}

function checkLayer(
  fn: string,
  x: Float32Array,
  weights: Float32Array,
  options: LayerOptions,
  results: readonly string[],
): Layer {
  checkFloat32(fn, 'x', x);
  checkFloat32(fn, 'weights', weights);
  checkOptions(fn, options, ['shape', 'bias', 'activation', ...results]);
  const { bias, activation } = options;
  if (bias !== undefined) checkFloat32(fn, 'bias', bias);
  if (activation !== undefined) checkActivation(fn, 'option activation', activation);
  const [k, n] = checkWeights(fn, weights, options.shape, bias);
  const m = k === 0 ? 0 : x.length / k;
  if (!Number.isInteger(m) || m * k !== x.length) {
    throw new RangeError(
      `${fn}: x must have rows of ${k} elements, as many as weights has rows, got ${x.length} in all`,
    );
  }
  return { m, k, n, bias, spec: activation?.spec };
}

/** The sizes of the weights, from the shape or from the bias. */
export function checkWeights(
  fn: string,
  weights: ArrayLike<number>,
  shape: readonly number[] | undefined,
  bias: ArrayLike<number> | undefined,
): [k: number, n: number] {
  if (shape === undefined) {
    if (bias === undefined) throw new TypeError(`${fn}: expected option shape or bias, got neither`);
    const k = weights.length / bias.length;
    if (!Number.isInteger(k)) {
      throw new RangeError(
        `${fn}: weights must have rows as long as bias, ${bias.length}, got ${weights.length} in all`,
      );
    }
    return [k, bias.length];
  }
  const own = checkShape(fn, shape, weights.length);
  if (own.length !== 2) throw new RangeError(`${fn}: option shape must be [k, n], got [${own}]`);
  const [k, n] = own;
  if (bias !== undefined) checkLength(fn, 'bias', bias, n, 'a row of weights');
  return [k, n];
}
