import type { Activation } from '../activation';
import { checkFloat32, describe } from '../errors';
import type { Pipeline } from '../pipeline';
import { Activate, isActivation } from './activate';
import { BatchNorm } from './batch-norm';
import { Dense } from './dense-layer';
import { type ForwardOptions, isTraining, type Layer, type Parameter, type Tensor } from './layer';
import { decode, encodeSafetensors } from './safetensors';

/**
 * Layers, one after another; itself a layer. An activation or a pipeline among them becomes a layer.
 *
 * @example
 * const random = new Random(42);
 * const model = new Sequential(
 *   new Dense({ inputs: 2, units: 16, weights: heNormal(random) }),
 *   relu,
 *   new Dense({ inputs: 16, units: 2, weights: glorotUniform(random) }),
 * );
 * const optimizer = new Adam();
 * const logits = model.forward(x, { training: true });
 * const { loss, gradient } = softmaxCrossEntropy(logits, labels, { classes: 2, out: logits });
 * model.backward(gradient);
 * optimizer.step(model.parameters);
 */
export class Sequential implements Layer {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly inputs?: number;
  readonly outputs?: number;
  /** Those of the layers, named `0.weights` by the layer's number. */
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Tensor[];

  /**
   * @throws TypeError if there is no layer, one is neither layer, activation nor pipeline, or one stands twice, as it remembers one input
   *   alone; RangeError if a layer does not take as many features as it is given
   */
  constructor(...layers: (Layer | Activation | Pipeline)[]) {
    const fn = 'Sequential';
    if (layers.length === 0) throw new TypeError(`${fn}: expected layers, got none`);
    this.layers = layers.map((layer, i) => {
      if (isActivation(layer)) return new Activate(layer);
      if (typeof layer?.forward === 'function' && Array.isArray(layer.parameters)) return layer;
      throw new TypeError(`${fn}: layer ${i} must be a layer, an activation or a pipeline, got ${describe(layer)}`);
    });
    for (const [i, layer] of this.layers.entries()) {
      const first = this.layers.indexOf(layer);
      if (first < i)
        throw new TypeError(`${fn}: layer ${i}, ${layer.name}, must be another object than layer ${first}`);
      const { inputs, outputs } = layer;
      if (inputs !== undefined && this.outputs !== undefined && inputs !== this.outputs) {
        throw new RangeError(
          `${fn}: layer ${i}, ${layer.name}, takes ${inputs} features, but is given ${this.outputs}`,
        );
      }
      this.inputs ??= inputs;
      this.outputs = outputs ?? this.outputs;
    }
    this.name = `${fn}(${this.layers.length})`;
    this.parameters = numbered(this.layers, ({ parameters }) => parameters);
    this.statistics = numbered(this.layers, ({ statistics }) => statistics);
  }

  forward(x: Float32Array, options: ForwardOptions = {}): Float32Array {
    checkFloat32('Sequential.forward', 'x', x);
    isTraining('Sequential.forward', options);
    return this.layers.reduce((y, layer) => layer.forward(y, options), x);
  }

  backward(dy: Float32Array): Float32Array {
    return this.layers.reduceRight((gradient, layer) => layer.backward(gradient), dy);
  }

  /**
   * The same for use outside training, as it is now: each BatchNorm behind a Dense is part of that, see {@link BatchNorm.fold}. The other
   * layers are the same objects.
   */
  fold(): Sequential {
    const folded: Layer[] = [];
    for (const layer of this.layers) {
      const last = folded[folded.length - 1];
      if (layer instanceof BatchNorm && last instanceof Dense) folded[folded.length - 1] = layer.fold(last);
      else folded.push(layer);
    }
    return new Sequential(...folded);
  }

  /**
   * The layers as a table: number, name, shape of the output for a batch of m rows, and how many numbers it learns.
   *
   * @example
   * console.log(model.summary());
   */
  summary(): string {
    let features = this.inputs;
    const rows = this.layers.map((layer, i) => {
      features = layer.outputs ?? features;
      return [String(i), layer.name, `m x ${features ?? 'any'}`, count(layer.parameters)];
    });
    const table = [['', 'layer', 'output', 'parameters'], ...rows, ['', 'all', '', count(this.parameters)]];
    const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
    return table
      .map(([i, name, output, parameters]) =>
        [i.padStart(widths[0]), name.padEnd(widths[1]), output.padEnd(widths[2]), parameters.padStart(widths[3])].join(
          '  ',
        ),
      )
      .join('\n');
  }

  /** The parameters and statistics as a safetensors file; the layers themselves are not in it. */
  save(): Uint8Array {
    return encodeSafetensors([...this.parameters, ...this.statistics]);
  }

  /**
   * Takes the parameters and statistics from what `save` gave.
   *
   * @throws TypeError if `bytes` is not a Uint8Array, SyntaxError if it is not a safetensors file of float32 tensors, RangeError unless the
   *   names and shapes are those of this model; nothing is written then
   */
  load(bytes: Uint8Array): void {
    const fn = 'Sequential.load';
    const saved = new Map(decode(fn, bytes).map((tensor) => [tensor.name, tensor]));
    const own = [...this.parameters, ...this.statistics];
    for (const { name, shape } of own) {
      const found = saved.get(name);
      if (found === undefined || String(found.shape) !== String(shape)) {
        const got = found === undefined ? 'none' : `[${found.shape}]`;
        throw new RangeError(`${fn}: bytes must hold ${describe(name)} of shape [${shape}], got ${got}`);
      }
    }
    if (saved.size > own.length) {
      const known = new Set(own.map(({ name }) => name));
      const stray = [...saved.keys()].filter((name) => !known.has(name));
      throw new RangeError(`${fn}: bytes must hold the tensors of this model alone, got ${stray.map(describe)} too`);
    }
    for (const { name, value } of own) value.set((saved.get(name) as Tensor).value);
  }
}

/** The tensors of all layers, each named after its layer's number. */
function numbered<T extends Tensor>(layers: readonly Layer[], tensors: (layer: Layer) => readonly T[]): readonly T[] {
  return layers.flatMap((layer, i) => tensors(layer).map((tensor) => ({ ...tensor, name: `${i}.${tensor.name}` })));
}

function count(parameters: readonly Parameter[]): string {
  return parameters.reduce((sum, { value }) => sum + value.length, 0).toLocaleString('en');
}
