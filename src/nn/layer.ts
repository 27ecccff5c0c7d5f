import { checkFloat32, checkOptions, describe } from '../errors';

/** A named array of a model. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
}

/** What is learned: an optimiser moves `value` against `gradient`, which a layer's `backward` writes anew each time. */
export interface Parameter extends Tensor {
  readonly gradient: Float32Array;
}

export interface ForwardOptions {
  /** Whether the batch is one to learn from; not by default. BatchNorm then uses, and keeps, the statistics of the batch. */
  readonly training?: boolean;
}

/**
 * A part of a network. A batch is a flat array of m rows of features, row-major; m follows from its length, and may be 0.
 *
 * Arrays that a layer returns are its own, and are overwritten by its next call; nothing is allocated anew while m does not grow. The input
 * of `forward` is kept for `backward` as it is, not copied: leave it unchanged until then.
 */
export interface Layer {
  /** For people: `Dense(64, 10)`. */
  readonly name: string;
  /** Features in a row of the input; undefined where any number will do. */
  readonly inputs?: number;
  /** Features in a row of the output; undefined where it is the number of the input. */
  readonly outputs?: number;
  /** What is learned; always the same objects. */
  readonly parameters: readonly Parameter[];
  /** What is saved beside the parameters. */
  readonly statistics: readonly Tensor[];
  /**
   * The output for a batch.
   *
   * @throws TypeError if `x` is not a Float32Array, RangeError if it is not whole rows
   */
  forward(x: Float32Array, options?: ForwardOptions): Float32Array;
  /**
   * The gradient with respect to the input of the last `forward`, from that with respect to its output. Writes the gradients of the
   * parameters.
   *
   * @throws Error before the first `forward`, TypeError if `dy` is not a Float32Array or the input has been detached since, RangeError if
   *   `dy` has not the output's length
   */
  backward(dy: Float32Array): Float32Array;
}

/** What layers have in common: checks, the memory of results, and the input that `backward` needs. */
export abstract class KeepingLayer implements Layer {
  abstract readonly name: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Tensor[];
  readonly #kind: string;
  readonly #y = new Reused();
  readonly #dx = new Reused();
  #x: Float32Array | undefined;
  #outputLength = 0;

  /** @param kind - the name of the class, for messages: a minifier changes the class' own */
  constructor(
    kind: string,
    inputs?: number,
    outputs = inputs,
    parameters: readonly Parameter[] = [],
    statistics: readonly Tensor[] = [],
  ) {
    this.#kind = kind;
    this.inputs = inputs;
    this.outputs = outputs;
    this.parameters = parameters;
    this.statistics = statistics;
  }

  forward(x: Float32Array, options: ForwardOptions = {}): Float32Array {
    const fn = `${this.#kind}.forward`;
    checkFloat32(fn, 'x', x);
    const training = isTraining(fn, options);
    const m = rowsOf(fn, 'x', x, this.inputs ?? 1, 'features');
    const y = this.#y.take(m * (this.outputs ?? 1));
    this.apply(x, y, m, training);
    this.#x = x;
    this.#outputLength = y.length;
    return y;
  }

  backward(dy: Float32Array): Float32Array {
    const fn = `${this.#kind}.backward`;
    const x = this.#x;
    if (x === undefined) throw new Error(`${fn}: there has been no forward`);
    checkFloat32(fn, 'dy', dy);
    if (dy.length !== this.#outputLength) {
      throw new RangeError(`${fn}: dy must have the length of the output, ${this.#outputLength}, got ${dy.length}`);
    }
    checkFloat32(fn, 'the input of forward', x);
    const dx = this.#dx.take(x.length);
    this.differentiate(dy, x, dx, x.length / (this.inputs ?? 1));
    return dx;
  }

  /** Writes `y` for the `m` rows of `x`. Arguments have been checked. */
  protected abstract apply(x: Float32Array, y: Float32Array, m: number, training: boolean): void;
  /** Writes `dx`, and the gradients of the parameters. `x` is what `apply` had last. */
  protected abstract differentiate(dy: Float32Array, x: Float32Array, dx: Float32Array, m: number): void;
}

/** An array of changing length, allocated anew only when it must be longer than ever before. */
class Reused {
  #room = new Float32Array(0);
  #view = this.#room;

  take(n: number): Float32Array {
    if (n > this.#room.length) this.#room = new Float32Array(n);
    if (n !== this.#view.length) this.#view = n === this.#room.length ? this.#room : this.#room.subarray(0, n);
    return this.#view;
  }
}

/** A parameter that starts as `value`. */
export function parameter(name: string, shape: readonly number[], value: Float32Array): Parameter {
  return { name, shape, value, gradient: new Float32Array(value.length) };
}

/** The option `training`, checked. */
export function isTraining(fn: string, options: ForwardOptions): boolean {
  checkOptions(fn, options, ['training']);
  const { training = false } = options;
  if (typeof training === 'boolean') return training;
  throw new TypeError(`${fn}: option training must be true or false, got ${describe(training)}`);
}

/** How many rows of `width` elements, which are `unit`, the array is. */
export function rowsOf(fn: string, argument: string, x: Float32Array, width: number, unit: string): number {
  const m = x.length / width;
  if (Number.isInteger(m)) return m;
  throw new RangeError(`${fn}: ${argument} must be rows of ${width} ${unit}, got ${x.length} elements`);
}

/** Error unless `value` is a number for which `holds` is true; `expected` says so in words. */
export function checkNumber(fn: string, option: string, value: number, holds: boolean, expected: string): void {
  if (typeof value !== 'number')
    throw new TypeError(`${fn}: option ${option} must be a number, got ${describe(value)}`);
  if (!holds) throw new RangeError(`${fn}: option ${option} must be ${expected}, got ${value}`);
}

/** RangeError unless `value` is an integer from 1 up. */
export function checkCount(fn: string, option: string, value: number): void {
  checkNumber(fn, option, value, Number.isSafeInteger(value) && value > 0, 'an integer from 1 up');
}

/** RangeError unless `value` is a finite number from 0 up. */
export function checkNotNegative(fn: string, option: string, value: number): void {
  checkNumber(fn, option, value, value >= 0 && value < Infinity, 'a finite number from 0 up');
}

/** The sums of the columns of `x`, written to `sums`, which is as long as a row. */
export function columnSums(x: Float32Array, sums: Float64Array): Float64Array {
  const columns = sums.length;
  sums.fill(0);
  for (let at = 0; at < x.length; at += columns) for (let j = 0; j < columns; j++) sums[j] += x[at + j];
  return sums;
}
