// What of `lanewise/nn` the page uses, until the package has it: the same names and calls, in plain JavaScript but for the activations.

import type { Activation } from 'lanewise';

export interface Parameter {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

export interface Layer {
  readonly parameters: readonly Parameter[];
  forward(x: Float32Array): Float32Array;
  backward(dy: Float32Array): Float32Array;
}

type Initializer = (inputs: number, units: number) => Float32Array;

/** Uniform and normal random numbers from a seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    word ^= word + Math.imul(word ^ (word >>> 7), 61 | word);
    return ((word ^ (word >>> 14)) >>> 8) / 2 ** 24;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

export function heNormal(random: Random): Initializer {
  return (inputs, units) =>
    Float32Array.from({ length: inputs * units }, () => Math.sqrt(2 / inputs) * random.normal());
}

export class Dense implements Layer {
  readonly weights: Parameter;
  readonly bias: Parameter;
  readonly parameters: readonly Parameter[];
  readonly #inputs: number;
  readonly #units: number;
  #x: Float32Array = new Float32Array(0);

  constructor(options: { inputs: number; units: number; weights: Initializer; bias?: Float32Array }) {
    const { inputs, units, weights, bias = new Float32Array(units) } = options;
    this.weights = parameter(weights(inputs, units));
    this.bias = parameter(bias.slice());
    this.parameters = [this.weights, this.bias];
    this.#inputs = inputs;
    this.#units = units;
  }

  forward(x: Float32Array): Float32Array {
    this.#x = x;
    const [k, n] = [this.#inputs, this.#units];
    const { value: w } = this.weights;
    const m = x.length / k;
    const y = new Float32Array(m * n);
    for (let i = 0; i < m; i++) {
      y.set(this.bias.value, i * n);
      for (let p = 0; p < k; p++) {
        const factor = x[i * k + p];
        if (factor !== 0) for (let j = 0; j < n; j++) y[i * n + j] += factor * w[p * n + j];
      }
    }
    return y;
  }

  backward(dy: Float32Array): Float32Array {
    const [k, n] = [this.#inputs, this.#units];
    const { value: w, gradient: dw } = this.weights;
    const { gradient: db } = this.bias;
    const x = this.#x;
    const dx = new Float32Array(x.length);
    dw.fill(0);
    db.fill(0);
    for (let i = 0; i < x.length / k; i++) {
      for (let j = 0; j < n; j++) db[j] += dy[i * n + j];
      for (let p = 0; p < k; p++) {
        const factor = x[i * k + p];
        let sum = 0;
        for (let j = 0; j < n; j++) {
          dw[p * n + j] += factor * dy[i * n + j];
          sum += w[p * n + j] * dy[i * n + j];
        }
        dx[i * k + p] = sum;
      }
    }
    return dx;
  }
}

function parameter(value: Float32Array): Parameter {
  return { value, gradient: new Float32Array(value.length) };
}

export class Sequential implements Layer {
  readonly layers: readonly Layer[];
  readonly parameters: readonly Parameter[];

  constructor(...layers: (Layer | Activation)[]) {
    this.layers = layers.map((layer) => (typeof layer === 'function' ? activate(layer) : layer));
    this.parameters = this.layers.flatMap(({ parameters }) => parameters);
  }

  forward(x: Float32Array): Float32Array {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }

  backward(dy: Float32Array): Float32Array {
    return this.layers.reduceRight((gradient, layer) => layer.backward(gradient), dy);
  }
}

function activate(f: Activation): Layer {
  let x: Float32Array = new Float32Array(0);
  return {
    parameters: [],
    forward(input) {
      x = input;
      return f(input);
    },
    backward: (dy) => f.backward(dy, x),
  };
}

export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  { classes }: { classes: number },
): { loss: number; gradient: Float32Array } {
  const gradient = new Float32Array(logits.length);
  const m = labels.length;
  let loss = 0;
  for (let i = 0; i < m; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const max = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((a, b) => a + Math.exp(b - max), 0);
    loss += Math.log(sum) + max - row[labels[i]];
    row.forEach((v, j) => {
      gradient[i * classes + j] = (Math.exp(v - max) / sum - (j === labels[i] ? 1 : 0)) / m;
    });
  }
  return { loss: loss / m, gradient };
}

export class Adam {
  readonly #rate: number;
  readonly #moments = new Map<Parameter, { mean: Float32Array; square: Float32Array }>();
  #steps = 0;

  constructor({ rate }: { rate: number }) {
    this.#rate = rate;
  }

  step(parameters: readonly Parameter[]): void {
    this.#steps++;
    const rate = (this.#rate * Math.sqrt(1 - 0.999 ** this.#steps)) / (1 - 0.9 ** this.#steps);
    for (const parameter of parameters) {
      const { value, gradient } = parameter;
      const n = value.length;
      const { mean, square } = this.#moments.get(parameter) ?? {
        mean: new Float32Array(n),
        square: new Float32Array(n),
      };
      this.#moments.set(parameter, { mean, square });
      for (let i = 0; i < n; i++) {
        mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
        square[i] = 0.999 * square[i] + 0.001 * gradient[i] ** 2;
        value[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) + 1e-8);
      }
    }
  }
}
