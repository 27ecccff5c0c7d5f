import { checkOptions } from '../errors';
import { type PreluOptions, preluOn } from '../prelu';
import { defaultRuntime } from '../runtime';
import { checkCount, checkNumber, KeepingLayer, type Parameter, parameter } from './layer';

const prelu = /* @__PURE__ */ preluOn(defaultRuntime);

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
  }

  protected apply(x: Float32Array, y: Float32Array): void {
    prelu(x, this.slopes.value, { ...this.#channels(x), out: y });
  }

  protected differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array): void {
    const { value, gradient } = this.slopes;
    prelu.backward(dy, x, value, { ...this.#channels(x), dx, dSlopes: gradient });
  }

  /** A slope belongs to a column. */
  #channels(x: Float32Array): PreluOptions {
    const features = this.inputs ?? 1;
    return { shape: [x.length / features, features] };
  }
}
