import { checkFloat32, checkLength, checkOptions, describe } from '../errors';
import { dense as defaultDense } from './create';
import type { DenseFunction } from './dense';
import type { Initializer } from './initializers';
import { checkCount, KeepingLayer, type Parameter, parameter } from './layer';

export interface DenseLayerOptions {
  /** Features in a row of the input. */
  readonly inputs: number;
  /** Features in a row of the output. */
  readonly units: number;
  /** What the weights start as, inputs x units, row-major: numbers, which are copied, or an initializer such as `heNormal(random)`. */
  readonly weights: Float32Array | Initializer;
  /** Whether there is a bias, which starts as 0; or what it starts as. Default: true. */
  readonly bias?: boolean | Float32Array;
  /** The function `dense` of a library on another backend than the default one. */
  readonly dense?: DenseFunction;
}

/**
 * A fully connected layer, y = x W + b: m x inputs to m x units, with W inputs x units and b one number per unit.
 *
 * @example
 * const layer = new Dense({ inputs: 2, units: 1, weights: new Float32Array([3, 4]), bias: new Float32Array([0.5]) });
 * layer.forward(new Float32Array([1, 2, 0, 1])); // 11.5, 4.5
 * layer.backward(new Float32Array([1, 10])); // 3, 4, 30, 40
 * layer.parameters[0].gradient; // 1, 12
 */
export class Dense extends KeepingLayer {
  readonly name: string;
  declare readonly inputs: number;
  declare readonly outputs: number;
  readonly weights: Parameter;
  readonly bias: Parameter | undefined;
  /** What computes it. */
  readonly dense: DenseFunction;
  readonly #dBias: Float32Array;

  /** @throws TypeError for an option of the wrong kind, RangeError for sizes below 1, or weights or a bias of another length */
  constructor(options: DenseLayerOptions) {
    const fn = 'Dense';
    checkOptions(fn, options, ['inputs', 'units', 'weights', 'bias', 'dense']);
    const { inputs, units, weights: start, bias: startBias = true, dense = defaultDense } = options;
    checkCount(fn, 'inputs', inputs);
    checkCount(fn, 'units', units);
    if (typeof start !== 'function' && !ArrayBuffer.isView(start)) {
      throw new TypeError(
        `${fn}: option weights must be a Float32Array or an initializer such as heNormal(random), got ${describe(start)}`,
      );
    }
    if (typeof startBias !== 'boolean' && !ArrayBuffer.isView(startBias)) {
      throw new TypeError(`${fn}: option bias must be true, false or a Float32Array, got ${describe(startBias)}`);
    }
    if (typeof dense !== 'function') {
      throw new TypeError(`${fn}: option dense must be a function, got ${describe(dense)}`);
    }
    const initial = typeof start === 'function' ? start(inputs, units) : start;
    checkFloat32(fn, 'option weights', initial);
    checkLength(fn, 'option weights', initial, inputs * units, 'inputs x units');
    const initialBias = typeof startBias === 'boolean' ? new Float32Array(units) : startBias;
    checkFloat32(fn, 'option bias', initialBias);
    checkLength(fn, 'option bias', initialBias, units, 'units');
    const weights = parameter('weights', [inputs, units], initial.slice());
    const bias = startBias === false ? undefined : parameter('bias', [units], initialBias.slice());
    super(fn, inputs, units, bias === undefined ? [weights] : [weights, bias]);
    this.name = `${fn}(${inputs}, ${units})`;
    this.weights = weights;
    this.bias = bias;
    this.dense = dense;
    this.#dBias = bias?.gradient ?? new Float32Array(units);
  }

  protected apply(x: Float32Array, y: Float32Array): void {
    const { inputs, outputs, weights, bias } = this;
    this.dense(x, weights.value, { shape: [inputs, outputs], bias: bias?.value, out: y });
  }

  protected differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array): void {
    const { inputs, outputs, weights } = this;
    const gradients = { dx, dWeights: weights.gradient, dBias: this.#dBias };
    this.dense.backward(dy, x, weights.value, { shape: [inputs, outputs], ...gradients });
  }
}
