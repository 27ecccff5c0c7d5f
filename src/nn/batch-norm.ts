import { checkOptions, describe } from '../errors';
import { Dense } from './dense-layer';
import {
  checkCount,
  checkNotNegative,
  checkNumber,
  columnSums,
  KeepingLayer,
  type Parameter,
  parameter,
  type Tensor,
} from './layer';

export interface BatchNormOptions {
  /** Features in a row. */
  readonly features: number;
  /** The share of each training batch in the running statistics: 0.1 by default, from 0 to 1. */
  readonly momentum?: number;
  /** Added to the variance: 1e-5 by default. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation, as PyTorch's: y = scale (x - mean) / sqrt(variance + epsilon) + shift for each feature, with learned `scale`, from
 * 1, and `shift`, from 0.
 *
 * In training, mean and variance (divided by m) are those of the batch, computed in float64, and the running statistics move towards them:
 * running = (1 - momentum) running + momentum batch, the variance there divided by m - 1. Else the running statistics serve, which start
 * as 0 and 1.
 *
 * @example
 * const layer = new BatchNorm({ features: 1, epsilon: 0 });
 * layer.forward(new Float32Array([1, 3]), { training: true }); // -1, 1
 * layer.runningMean.value; // 0.2
 */
export class BatchNorm extends KeepingLayer {
  readonly name: string;
  declare readonly inputs: number;
  readonly scale: Parameter;
  readonly shift: Parameter;
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  readonly momentum: number;
  readonly epsilon: number;
  /** What the last `forward` used. */
  readonly #mean: Float64Array;
  /** 1 / sqrt(variance + epsilon), likewise. */
  readonly #factors: Float64Array;
  #fromBatch = false;
  readonly #sums: Float64Array;
  readonly #products: Float64Array;

  /** @throws TypeError or RangeError for an option of the wrong kind or out of range */
  constructor(options: BatchNormOptions) {
    const fn = 'BatchNorm';
    checkOptions(fn, options, ['features', 'momentum', 'epsilon']);
    const { features, momentum = 0.1, epsilon = 1e-5 } = options;
    checkCount(fn, 'features', features);
    checkNumber(fn, 'momentum', momentum, momentum >= 0 && momentum <= 1, 'from 0 to 1');
    checkNotNegative(fn, 'epsilon', epsilon);
    const scale = parameter('scale', [features], new Float32Array(features).fill(1));
    const shift = parameter('shift', [features], new Float32Array(features));
    const runningMean = { name: 'runningMean', shape: [features], value: new Float32Array(features) };
    const runningVariance = { name: 'runningVariance', shape: [features], value: new Float32Array(features).fill(1) };
    super(fn, features, features, [scale, shift], [runningMean, runningVariance]);
    this.name = `${fn}(${features})`;
    this.scale = scale;
    this.shift = shift;
    this.runningMean = runningMean;
    this.runningVariance = runningVariance;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.#mean = new Float64Array(features);
    this.#factors = new Float64Array(features);
    this.#sums = new Float64Array(features);
    this.#products = new Float64Array(features);
  }

  /**
   * The dense layer that does what `dense` and then this layer do outside training: the running statistics, `scale` and `shift` go into its
   * weights and its bias, which it has even if `dense` has none.
   *
   * @throws TypeError if `dense` is not a Dense, RangeError unless it has as many units as this layer has features
   */
  fold(dense: Dense): Dense {
    const fn = 'BatchNorm.fold';
    if (!(dense instanceof Dense)) throw new TypeError(`${fn}: dense must be a Dense, got ${describe(dense)}`);
    const { inputs, outputs: units } = dense;
    if (units !== this.inputs) {
      throw new RangeError(`${fn}: dense must have ${this.inputs} units, as this layer has features, got ${units}`);
    }
    const scale = this.scale.value;
    const factors = Float64Array.from(
      this.runningVariance.value,
      (variance, j) => scale[j] / Math.sqrt(variance + this.epsilon),
    );
    const weights = dense.weights.value.map((weight, i) => weight * factors[i % units]);
    const bias = this.shift.value.map(
      (shift, j) => shift + ((dense.bias?.value[j] ?? 0) - this.runningMean.value[j]) * factors[j],
    );
    return new Dense({ inputs, units, weights, bias, dense: dense.dense });
  }

  protected apply(x: Float32Array, y: Float32Array, m: number, training: boolean): void {
    const { inputs: features, scale, shift } = this;
    if (training) this.#takeStatistics(x, m);
    else this.#takeRunning();
    this.#fromBatch = training;
    const [mean, factors] = [this.#mean, this.#factors];
    for (let at = 0; at < x.length; at += features) {
      for (let j = 0; j < features; j++) {
        y[at + j] = (x[at + j] - mean[j]) * factors[j] * scale.value[j] + shift.value[j];
      }
    }
  }

  protected differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array, m: number): void {
    const { inputs: features, scale, shift } = this;
    const [mean, factors] = [this.#mean, this.#factors];
    const sums = columnSums(dy, this.#sums);
    const products = this.#products.fill(0);
    for (let at = 0; at < x.length; at += features) {
      for (let j = 0; j < features; j++) products[j] += dy[at + j] * (x[at + j] - mean[j]) * factors[j];
    }
    shift.gradient.set(sums);
    scale.gradient.set(products);
    // The statistics of a batch depend on x; those that run do not.
    const share = this.#fromBatch ? 1 / m : 0;
    for (let at = 0; at < x.length; at += features) {
      for (let j = 0; j < features; j++) {
        const normal = (x[at + j] - mean[j]) * factors[j];
        dx[at + j] = scale.value[j] * factors[j] * (dy[at + j] - share * (sums[j] + normal * products[j]));
      }
    }
  }

  /** Those of the batch: in two passes, as the variance from a sum of squares cancels. */
  #takeStatistics(x: Float32Array, m: number): void {
    if (m < 2) throw new RangeError(`BatchNorm.forward: x must have 2 rows or more in training, got ${m}`);
    const { inputs: features, momentum } = this;
    const [running, variance] = [this.runningMean.value, this.runningVariance.value];
    const mean = columnSums(x, this.#mean);
    for (let j = 0; j < features; j++) mean[j] /= m;
    const squares = this.#sums.fill(0);
    for (let at = 0; at < x.length; at += features) {
      for (let j = 0; j < features; j++) squares[j] += (x[at + j] - mean[j]) ** 2;
    }
    for (let j = 0; j < features; j++) {
      running[j] += momentum * (mean[j] - running[j]);
      variance[j] += momentum * (squares[j] / (m - 1) - variance[j]);
      this.#factors[j] = 1 / Math.sqrt(squares[j] / m + this.epsilon);
    }
  }

  #takeRunning(): void {
    this.#mean.set(this.runningMean.value);
    const variance = this.runningVariance.value;
    for (let j = 0; j < variance.length; j++) this.#factors[j] = 1 / Math.sqrt(variance[j] + this.epsilon);
  }
}
