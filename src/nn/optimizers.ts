import { checkFloat32, checkLength, checkOptions, describe } from '../errors';
import { checkNotNegative, checkNumber, type Parameter } from './layer';

/** Moves parameters against their gradients. */
export interface Optimizer {
  /** The learning rate of the next steps. */
  rate: number;
  /**
   * One step, by the gradients that `backward` has written.
   *
   * @param parameters - such as a model's; what an optimiser remembers of a parameter goes by the object
   * @throws TypeError if it is not an array of parameters
   */
  step(parameters: readonly Parameter[]): void;
}

export interface SGDOptions {
  /** The learning rate. */
  readonly rate: number;
  /** The share of the last step's velocity that goes on, from 0 (the default) to less than 1. */
  readonly momentum?: number;
}

export interface AdamOptions {
  /** The learning rate; 0.001 by default. */
  readonly rate?: number;
  /** The decay of the mean of the gradients, 0.9, and of their squares, 0.999; from 0 to less than 1. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Keeps the divisor from 0; 1e-8. */
  readonly epsilon?: number;
}

/** What optimisers have in common: the rate, and arrays for each parameter, which start as 0. */
abstract class StatefulOptimizer<State> implements Optimizer {
  readonly #kind: string;
  readonly #states = new WeakMap<Parameter, State>();
  #rate = 0;

  constructor(kind: string, rate: number) {
    this.#kind = kind;
    this.rate = rate;
  }

  get rate(): number {
    return this.#rate;
  }

  /** @throws TypeError or RangeError unless it is a finite number from 0 up */
  set rate(rate: number) {
    checkNotNegative(this.#kind, 'rate', rate);
    this.#rate = rate;
  }

  step(parameters: readonly Parameter[]): void {
    const fn = `${this.#kind}.step`;
    if (!Array.isArray(parameters)) {
      throw new TypeError(`${fn}: parameters must be an array of parameters, got ${describe(parameters)}`);
    }
    for (const [i, { value, gradient }] of parameters.entries()) {
      checkFloat32(fn, `parameters[${i}].value`, value);
      checkFloat32(fn, `parameters[${i}].gradient`, gradient);
      checkLength(fn, `parameters[${i}].gradient`, gradient, value.length, 'value');
    }
    for (const parameter of parameters as readonly Parameter[]) {
      let state = this.#states.get(parameter);
      if (state === undefined) {
        state = this.start(parameter.value.length);
        this.#states.set(parameter, state);
      }
      this.update(parameter.value, parameter.gradient, state);
    }
  }

  /** What is remembered of a parameter of `n` numbers. */
  protected abstract start(n: number): State;
  protected abstract update(value: Float32Array, gradient: Float32Array, state: State): void;
}

/**
 * Stochastic gradient descent with momentum, as PyTorch's: velocity = momentum velocity + gradient, value = value - rate velocity.
 *
 * @example
 * const optimizer = new SGD({ rate: 0.1, momentum: 0.9 });
 * optimizer.step(model.parameters);
 */
export class SGD extends StatefulOptimizer<Float32Array> {
  readonly momentum: number;

  /** @throws TypeError or RangeError for an option of the wrong kind or out of range */
  constructor(options: SGDOptions) {
    checkOptions('SGD', options, ['rate', 'momentum']);
    const { rate, momentum = 0 } = options;
    super('SGD', rate);
    checkDecay('SGD', 'momentum', momentum);
    this.momentum = momentum;
  }

  protected start(n: number): Float32Array {
    return new Float32Array(n);
  }

  protected update(value: Float32Array, gradient: Float32Array, velocity: Float32Array): void {
    const { rate, momentum } = this;
    for (let i = 0; i < value.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i];
      value[i] -= rate * velocity[i];
    }
  }
}

interface Moments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
  /** Powers of beta1 and beta2: products, because engines differ in the last place of `**`. */
  power1: number;
  power2: number;
}

/**
 * Adam (Kingma and Ba, 2015) with bias correction: value = value - rate mean / (sqrt(square) + epsilon), where `mean` and `square` are the
 * decaying means of the gradient and of its square, each divided by 1 - beta^steps.
 *
 * @example
 * const optimizer = new Adam({ rate: 0.01 });
 * optimizer.step(model.parameters);
 */
export class Adam extends StatefulOptimizer<Moments> {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  /** @throws TypeError or RangeError for an option of the wrong kind or out of range */
  constructor(options: AdamOptions = {}) {
    checkOptions('Adam', options, ['rate', 'beta1', 'beta2', 'epsilon']);
    const { rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    super('Adam', rate);
    checkDecay('Adam', 'beta1', beta1);
    checkDecay('Adam', 'beta2', beta2);
    checkNotNegative('Adam', 'epsilon', epsilon);
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
  }

  protected start(n: number): Moments {
    return { mean: new Float32Array(n), square: new Float32Array(n), power1: 1, power2: 1 };
  }

  protected update(value: Float32Array, gradient: Float32Array, state: Moments): void {
    const { beta1, beta2, epsilon } = this;
    const { mean, square } = state;
    state.power1 *= beta1;
    state.power2 *= beta2;
    const rate = this.rate / (1 - state.power1);
    const scale = 1 / (1 - state.power2);
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i];
      mean[i] = beta1 * mean[i] + (1 - beta1) * g;
      square[i] = beta2 * square[i] + (1 - beta2) * g * g;
      value[i] -= (rate * mean[i]) / (Math.sqrt(square[i] * scale) + epsilon);
    }
  }
}

function checkDecay(fn: string, option: string, value: number): void {
  checkNumber(fn, option, value, value >= 0 && value < 1, 'from 0 to less than 1');
}
