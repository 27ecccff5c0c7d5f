import type { Activation } from '../activation';
import { describe } from '../errors';
import type { Pipeline } from '../pipeline';
import { KeepingLayer } from './layer';

/**
 * An activation, or a pipeline of several, as a layer: each element by itself.
 *
 * @example
 * const layer = new Activate(leakyRelu.with({ alpha: 0.1 }));
 * layer.forward(new Float32Array([-1, 2])); // -0.1, 2
 * layer.backward(new Float32Array([1, 1])); // 0.1, 1
 */
export class Activate extends KeepingLayer {
  readonly name: string;
  readonly activation: Activation | Pipeline;

  /** @throws TypeError if `activation` is neither */
  constructor(activation: Activation | Pipeline) {
    super('Activate');
    if (!isActivation(activation)) {
      throw new TypeError(`Activate: activation must be an activation or a pipeline, got ${describe(activation)}`);
    }
    this.name = activation.name;
    this.activation = activation;
  }

  protected apply(x: Float32Array, y: Float32Array): void {
    this.activation(x, { out: y });
  }

  protected differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array): void {
    this.activation.backward(dy, x, { out: dx });
  }
}

/** Whether `value` has the form of an activation or a pipeline, of this bundle or another: softmax has a `backward`, too. */
export function isActivation(value: unknown): value is Activation | Pipeline {
  return typeof value === 'function' && ('spec' in value || 'steps' in value);
}
