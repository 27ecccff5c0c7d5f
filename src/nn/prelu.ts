import { checkOptions } from '../errors';
import { checkCount, checkNumber, KeepingLayer, type Parameter, parameter } from './layer';

export interface PReLUOptions {
  /** Features in a row, each of which learns a slope of its own; without it, all learn one. */
  readonly features?: number;
  /** What the slopes start as: 0.25 by default. */
  readonly slope?: number;
}

/**
 * ReLU with learned slopes for negative inputs: x > 0 ? x : slope x. The derivative at 0 is the slope.
 *
 * @example
 * const layer = new PReLU({ features: 2, slope: 0.5 });
 * layer.forward(new Float32Array([-2, 3, 4, -6])); // -1, 3, 4, -3
 * layer.backward(new Float32Array([1, 1, 1, 1])); // 0.5, 1, 1, 0.5
 * layer.parameters[0].gradient; // -2, -6
 */
export class PReLU extends KeepingLayer {
  readonly name: string;
  readonly slopes: Parameter;
  readonly #sums: Float64Array;

  /** @throws TypeError or RangeError for an option of the wrong kind or out of range */
  constructor(options: PReLUOptions = {}) {
    const fn = 'PReLU';
    checkOptions(fn, options, ['features', 'slope']);
    const { features, slope = 0.25 } = options;
    if (features !== undefined) checkCount(fn, 'features', features);
    checkNumber(fn, 'slope', slope, Number.isFinite(Math.fround(slope)), 'a finite float32 number');
    const slopes = parameter('slopes', [features ?? 1], new Float32Array(features ?? 1).fill(slope));
    super(fn, features, features, [slopes]);
    this.name = features === undefined ? fn : `${fn}(${features})`;
    this.slopes = slopes;
    this.#sums = new Float64Array(slopes.value.length);
  }

  protected apply(x: Float32Array, y: Float32Array): void {
    const slopes = this.slopes.value;
    const { length } = slopes;
    for (let at = 0; at < x.length; at += length) {
      for (let j = 0; j < length; j++) y[at + j] = x[at + j] > 0 ? x[at + j] : slopes[j] * x[at + j];
    }
  }

  protected differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array): void {
    const slopes = this.slopes.value;
    const { length } = slopes;
    const sums = this.#sums.fill(0);
    for (let at = 0; at < x.length; at += length) {
      for (let j = 0; j < length; j++) {
        const i = at + j;
        dx[i] = dy[i] * (x[i] > 0 ? 1 : x[i] <= 0 ? slopes[j] : Number.NaN);
        if (!(x[i] > 0)) sums[j] += dy[i] * x[i];
      }
    }
    this.slopes.gradient.set(sums);
  }
}
