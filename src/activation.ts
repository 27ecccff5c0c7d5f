import { backwardWithBias, checkBias, forwardWithBias } from './bias';
import { applyTyped, type PreparedCall, prepareTyped, type TypedCall } from './dispatch';
import { checkFloat32, checkLength, checkOptions, describe, isPlainFloat32, outLike } from './errors';
import type { Family } from './family';
import { current, defaultRuntime, type Kernel, type Runtime } from './runtime';
import {
  checkType,
  type ElementType,
  type FloatArray,
  floatType,
  type NumberArray,
  otherType,
  resultArray,
  type Same,
} from './types';
import type { Linked } from './wasm';

/** Which of several definitions under one name: the exact one, or the form with tanh. */
export type Approximation = 'none' | 'tanh';

/** Options of an activation that are not arrays, with their defaults. */
export type Defaults = { readonly [option: string]: number | Approximation };

/**
 * One row of the table: what an activation is. The exported function, the plain-JS backend, the tests, the benchmark
 * and the documentation are all made from it.
 */
export interface Spec<D extends Defaults = Defaults> {
  /** Whose binary holds the kernels. @internal */
  readonly family: Family;
  /** The name of the exported function, and of the kernel in `assembly/` if `kernel` names no other. */
  readonly name: string;
  /** The definition, in plain mathematics. */
  readonly formula: string;
  /** Options and their defaults. Numbers, at most two, are passed on as `a` and `b` in this order. */
  readonly defaults: D;
  /** The value at `x` in float64, accurate relatively, with numeric options `a` and `b`. */
  readonly value: (x: number, a: number, b: number) => number;
  /** The derivative at `x`; at a kink, PyTorch's choice. */
  readonly derivative: (x: number, a: number, b: number) => number;
  /** Largest error of the kernels, in ULP of float32 at the exact result. */
  readonly ulp: { readonly value: number; readonly derivative: number };
  /** The same of the float64 kernels, in ULP of float64; `root` is the bound of the absolute error round a zero of the derivative. */
  readonly ulp64: { readonly value: number; readonly derivative: number; readonly root?: number };
  /** The interval round a zero of the derivative in which `error`, an absolute one, is its bound instead; for beta x, with a beta. */
  readonly root?: { readonly from: number; readonly to: number; readonly error: number };
  /** True where the activation is defined for the numeric options rounded to float32, as its data are; so it is if `exact` is true. */
  readonly float32Options?: boolean;
  /** What is wrong with these values of the numeric options, which are finite float32 numbers; or undefined. */
  readonly refuse?: (a: number, b: number) => string | undefined;
  /** The least and the largest value, where the activation does no more than cut off at these: then it works on integers too. */
  readonly clip?: (a: number, b: number) => readonly [low: number, high: number];
  /** The derivative as a function of the output, where that is cheaper. */
  readonly fromOutput?: FromOutput;
  /** The kernel's name, where there are several for different options; all have the same fields. */
  readonly kernel?: (a: number, b: number) => string;
  /** The kernel's fields, where they are not the numeric options themselves. */
  readonly fields?: (a: number, b: number) => readonly number[];
  /** Fields in float64, which come after the others. */
  readonly wideFields?: (a: number, b: number) => readonly number[];
  /** The float64 kernel's fields, where they are not the numeric options themselves. */
  readonly fields64?: (a: number, b: number) => readonly number[];
  /** True where `value` and `derivative`, rounded once to float32, are what the kernel gives, bit for bit; or two functions that are. */
  readonly exact?: boolean | Pick<Spec, 'value' | 'derivative'>;
  /** Other definitions under the same name: the row for each further choice of the option `approximate`. */
  readonly approximations?: { readonly [choice: string]: Spec };
}

/** The derivative from an activation's output `y`. */
export interface FromOutput extends Pick<Spec, 'refuse' | 'kernel' | 'fields' | 'fields64'> {
  /** In float64. */
  readonly derivative: (y: number, a: number, b: number) => number;
  /** Largest error of the kernel at a given `y`, in ULP of float32 at the exact result. */
  readonly ulp: number;
}

/** What a caller may pass beside the data: any of the activation's own options, and `out`. */
// biome-ignore lint/suspicious/noExplicitAny: any activation's options
export type Options<D extends Defaults = any, A = Float32Array> = string extends keyof D
  ? { readonly [option: string]: number | string | NumberArray | undefined }
  : { readonly [K in keyof D]?: D[K] extends number ? number : Approximation } & {
      /** Where the result goes: an array of the source's type and length, which may be the source itself. */
      readonly out?: A;
      /** What is added to x first: for rows along the last axis, as long as they are; of the type of x. */
      readonly bias?: A;
    };

/** What a caller may pass to a gradient. */
// biome-ignore lint/suspicious/noExplicitAny: any activation's options
export type BackwardOptions<D extends Defaults = any, A = Float32Array> = Options<D, A> & {
  /** Where the gradient with respect to the bias goes, the sums of the columns of that with respect to x: as long as `bias`. */
  readonly dBias?: A;
};

/** Options of calls that have no bias. */
type Unbiased<O> = Omit<O, 'bias'>;

/** An activation function over arrays of floating-point numbers, or of the types in `T`. */
// biome-ignore lint/suspicious/noExplicitAny: any activation
export interface Activation<D extends Defaults = any, T extends NumberArray = FloatArray> {
  /**
   * Applies the activation to each element.
   *
   * @param x - of any length and, in all functions, any type of floating-point numbers; ordinary, shared, a subarray, or a view of an arena
   * @param options - the activation's own options, `bias` and `out`
   * @returns `out`, or a new array of the type of `x`
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length or an option out of range; nothing
   *   is written then
   */
  <A extends T>(x: A, options?: Options<D, Same<A>>): Same<A>;
  /**
   * The gradient with respect to `x`: `dy[i]` times the derivative at `x[i]`.
   *
   * @param dy - gradient with respect to the activation's output
   * @param x - the activation's input, as long as `dy` and of the same type
   * @param options - as for the activation, and `dBias`; `out` may be `dy` or `x`
   * @returns `out`, or a new array
   */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: BackwardOptions<D, Same<A>>): Same<A>;
  /**
   * The gradient with respect to the input, from the output `y`: cheaper where the derivative is simple in it, and the input need not be
   * kept. Where `y` has been rounded, so has the result. Not all activations have it.
   *
   * @param dy - gradient with respect to the activation's output
   * @param y - the activation's output, as long as `dy` and of the same type
   * @param options - as for the activation; `out` may be `dy` or `y`
   * @throws as `backward` does, and RangeError for a negative alpha of leakyRelu and elu, whose outputs do not tell the input's sign
   *
   * @example
   * const y = sigmoid(new Float32Array([0]));
   * sigmoid.backwardFromOutput(new Float32Array([2]), y); // 0.5
   */
  backwardFromOutput?<A extends FloatArray>(dy: Same<A>, y: A, options?: Unbiased<Options<D, Same<A>>>): Same<A>;
  /**
   * The activation with other defaults.
   *
   * @param options - any of its own options
   * @throws as a call with these options does
   *
   * @example
   * const leaky = leakyRelu.with({ alpha: 0.1 });
   * leaky(new Float32Array([-1])); // -0.1
   */
  with(options: Omit<Options<D>, 'bias' | 'out'>): Activation<D, T>;
  /** The name under which it is exported. */
  readonly name: string;
  /** Its options and their default values. */
  readonly defaults: Readonly<D>;
  /** Its row of the table: formula, float64 reference, error bound. */
  readonly spec: Spec<D>;
}

/** An activation that has a gradient from its output. */
export type WithOutputGradient<D extends Defaults, T extends NumberArray = FloatArray> = Omit<
  Activation<D, T>,
  'with'
> &
  Pick<Required<Activation<D, T>>, 'backwardFromOutput'> & {
    <A extends T>(x: A, options?: Options<D, Same<A>>): Same<A>;
    with(options: Omit<Options<D>, 'bias' | 'out'>): WithOutputGradient<D, T>;
  };

/** Up to this length a call is remembered: checking it costs as much as its work. */
const SMALL = 64;

/** The largest finite float32. */
const FLOAT32_MAX = 3.4028234663852886e38;

interface Parameters {
  readonly a: number;
  readonly b: number;
}

/** An activation's two functions, as its users call them. */
export interface Calls {
  forward(x: Float32Array, options?: Options): Float32Array;
  backward(dy: Float32Array, x: Float32Array, options?: BackwardOptions): Float32Array;
}

/** The row of the table that a call's options choose, and their numbers. */
export interface Chosen {
  readonly row: Spec;
  readonly a: number;
  readonly b: number;
}

/** A call on Float32Arrays with its arguments checked. */
interface Prepared extends PreparedCall {
  readonly out: Float32Array;
  readonly kernel: Kernel;
}

/** What `lanewise/parallel` works with. */
export interface Preparations {
  forward(x: NumberArray, options?: Options): PreparedCall;
  backward(dy: NumberArray, x: NumberArray, options?: Options): PreparedCall;
  /** What the options of a call to `fn` choose, of which others than the activation's own are not looked at. */
  chosen(fn: string, options: object | undefined): Chosen;
}

/** Under this key every activation has its `Preparations`. A registered symbol, as `lanewise/parallel` is a bundle of its own. */
export const PREPARE = Symbol.for('lanewise.prepare');

/** The last call on a small array: what it was given, and what came of it. */
export class Last {
  dy: Float32Array | undefined;
  x: Float32Array | undefined;
  options: Options | undefined;
  /** The values that the options had. */
  optionA: unknown;
  optionB: unknown;
  out: Float32Array = NONE;
  n = 0;
  a = 0;
  b = 0;
  linked: Linked | undefined;
  runtime: Runtime | undefined;
}
const NONE = new Float32Array(0);

/** Makes the callable for a row of the table; it runs on `own`, or on the default runtime at the time of the call. */
export function activation<D extends Defaults>(
  spec: Spec<D> & Required<Pick<Spec, 'fromOutput' | 'clip'>>,
  own?: Runtime,
): WithOutputGradient<D, NumberArray>;
export function activation<D extends Defaults>(
  spec: Spec<D> & Required<Pick<Spec, 'fromOutput'>>,
  own?: Runtime,
): WithOutputGradient<D>;
export function activation<D extends Defaults>(spec: Spec<D>, own?: Runtime): Activation<D>;
export function activation<D extends Defaults>(spec: Spec<D>, own?: Runtime): Activation<D> {
  const { name, defaults, approximations, exact, fromOutput, refuse } = spec;
  const backwardName = `${name}.backward`;
  const [optionA, optionB] = numericOptions(defaults);
  const [a, b] = numericDefaults(spec);
  const byDefault: Parameters = { a, b };
  const [defaultA = 0, defaultB = 0] = [optionA, optionB].map((option) => defaults[option] as number | undefined);
  const ownOptions = [...Object.keys(defaults), 'out'];
  const knownWithBias = [...Object.keys(defaults), 'bias', 'out'];
  const knownBackward = [...knownWithBias, 'dBias'];
  // There are two options at most; where there are fewer, `out` is compared again.
  const compared = [...ownOptions, 'out'];
  const [comparedA, comparedB] = compared;

  function runtimeNow(): Runtime {
    return own ?? current ?? defaultRuntime();
  }

  /** The row for a choice of the option `approximate`. */
  function chosenSpec(fn: string, others: { readonly [choice: string]: Spec }, choice: unknown): Spec {
    if (choice === defaults.approximate) return spec;
    if (typeof choice === 'string' && Object.hasOwn(others, choice)) return others[choice];
    const expected = [defaults.approximate, ...Object.keys(others)].map(describe).join(' or ');
    throw new TypeError(`${fn}: option approximate must be ${expected}, got ${describe(choice)}`);
  }

  /** The value of a numeric option, checked. */
  function number(fn: string, option: string, value: unknown, ifAbsent: number): number {
    if (value === undefined) return ifAbsent;
    if (!(typeof value === 'number' && Math.abs(value) <= FLOAT32_MAX)) throw numberError(fn, option, value);
    return value;
  }

  function numberError(fn: string, option: string, value: unknown): TypeError | RangeError {
    return typeof value === 'number'
      ? new RangeError(`${fn}: option ${option} must be a finite float32 number, got ${value}`)
      : new TypeError(`${fn}: option ${option} must be a number, got ${describe(value)}`);
  }

  /** The numeric options, checked. */
  function parametersFrom(fn: string, options: Options | undefined): Parameters {
    if (optionA === undefined || options === undefined) return byDefault;
    const valueA = options[optionA];
    const valueB = optionB === undefined ? undefined : options[optionB];
    return valueA === undefined && valueB === undefined ? byDefault : checkedParameters(fn, valueA, valueB);
  }

  function checkedParameters(fn: string, valueA: unknown, valueB: unknown): Parameters {
    const { a, b } = exactParameters(fn, valueA, valueB);
    return { a: passed(spec, a), b: passed(spec, b) };
  }

  /** As they are, which for other types than float32 may be more than its kernels get. */
  function exactParameters(fn: string, valueA: unknown, valueB: unknown): Parameters {
    const a = number(fn, optionA, valueA, defaultA) + 0;
    const b = number(fn, optionB, valueB, defaultB) + 0;
    const fault = refuse?.(a, b);
    if (fault !== undefined) throw new RangeError(`${fn}: ${fault}`);
    return { a, b };
  }

  /** The row that the options choose, and their numbers. */
  function chosen(fn: string, options: Options | undefined, isExact = false): Chosen {
    const { a, b } = isExact
      ? exactParameters(fn, options?.[optionA], options?.[optionB])
      : parametersFrom(fn, options);
    const choice = approximations === undefined ? undefined : options?.approximate;
    const row = approximations === undefined || choice === undefined ? spec : chosenSpec(fn, approximations, choice);
    return { row, a, b };
  }

  /** Keeps a call on a small array in `last`. */
  function remember(
    last: Last,
    dy: Float32Array | undefined,
    x: Float32Array,
    out: Float32Array,
    options: Options | undefined,
    kernel: Kernel,
    a: number,
    b: number,
  ): void {
    const { length } = x;
    if (length === 0 || length > SMALL || options?.out === undefined) return;
    // Arrays that are all of their buffers are the same or apart. A view may belong to a large buffer, which is not kept from being
    // freed.
    if (!isWhole(x) || !(out === x || isWhole(out)) || !(dy === undefined || isWhole(dy))) return;
    last.dy = dy;
    last.x = x;
    last.options = options;
    last.optionA = options[comparedA];
    last.optionB = options[comparedB];
    last.out = out;
    last.n = length;
    last.a = a;
    last.b = b;
    last.linked = kernel.linked?.(a, b);
    last.runtime = runtimeNow();
  }

  const last = new Last();
  const lastBackward = new Last();
  const slow: Calls = {
    forward(x, options) {
      if (options?.bias !== undefined) return withBias(undefined, x, options);
      if (!isPlainFloat32(x)) {
        const type = otherType(name, 'x', x);
        if (type !== undefined) return applied(typedCall(name, type, x, options, knownWithBias));
      }
      const { out, kernel, a, b } = prepared(name, undefined, x, options, knownWithBias);
      remember(last, undefined, x, out, options, kernel, a, b);
      kernel.forward(x, out, a, b);
      return out;
    },
    backward(dy, x, options) {
      if (options?.bias !== undefined || options?.dBias !== undefined) return withBias({ dy }, x, options);
      if (!isPlainFloat32(x)) {
        const type = otherType(backwardName, 'x', x);
        if (type !== undefined) return applied(typedCall(backwardName, type, x, options, knownBackward, { dy }));
      }
      checkFloat32(backwardName, 'dy', dy);
      const { out, kernel, a, b } = prepared(backwardName, dy, x, options, knownBackward);
      remember(lastBackward, dy, x, out, options, kernel, a, b);
      kernel.backward(dy, x, out, a, b);
      return out;
    },
  };

  /** A call on arrays of another type than float32: that of the gradient where there is an `upstream`. */
  function typedCall(
    fn: string,
    type: ElementType,
    x: NumberArray,
    options: Options | undefined,
    names: readonly string[],
    upstream?: { readonly dy: unknown },
  ): TypedCall {
    // Integers have no bias.
    const known = type.range === undefined ? names : ownOptions;
    const choose = (isExact: boolean) => chosen(fn, options, isExact);
    return { fn, type, isGradient: upstream !== undefined, dy: upstream?.dy, x, options, known, choose };
  }

  function applied(call: TypedCall): Float32Array {
    return applyTyped(call, runtimeNow()) as Float32Array;
  }

  function withOptions(options: Options): Activation<D> {
    const fn = `${name}.with`;
    checkOptions(fn, options, Object.keys(defaults));
    const { row } = chosen(fn, options);
    const numbers = Object.entries(options).filter(([, value]) => typeof value === 'number');
    return activation({ ...row, defaults: { ...row.defaults, ...Object.fromEntries(numbers) } } as Spec<D>, own);
  }

  /** The row whose `backward` is the gradient from the output. */
  const outputRow = fromOutput && {
    ...spec,
    kernel: () => `${name}FromOutput`,
    fields: undefined,
    fields64: undefined,
    ...fromOutput,
  };
  const outputName = `${name}.backwardFromOutput`;

  /** The row of the gradient from the output, and its numeric options. */
  function chosenOutput(options: Options | undefined, isExact = false): Chosen {
    const { a, b } = chosen(outputName, options, isExact);
    const fault = fromOutput?.refuse?.(a, b);
    if (fault !== undefined) throw new RangeError(`${outputName}: ${fault}`);
    return { row: outputRow as unknown as Spec, a, b };
  }

  function backwardFromOutput(dy: Float32Array, y: Float32Array, options?: Options): Float32Array {
    const type = isPlainFloat32(y) ? undefined : otherType(outputName, 'y', y);
    if (type !== undefined) {
      const call = typedCall(outputName, type, y, options, ownOptions, { dy });
      return applied({ ...call, source: 'y', choose: (isExact) => chosenOutput(options, isExact) });
    }
    checkFloat32(outputName, 'dy', dy);
    const out = outLike(outputName, dy, y, options, ownOptions, 'y');
    const { row, a, b } = chosenOutput(options);
    runtimeNow().kernel(row).backward(dy, y, out, a, b);
    return out;
  }

  /** A call with the option `bias`: the gradient where there is an `upstream`, else the value. */
  function withBias(
    upstream: { readonly dy: unknown } | undefined,
    x: NumberArray,
    options: BackwardOptions,
  ): Float32Array {
    const fn = upstream === undefined ? name : backwardName;
    const type = floatType(fn, 'x', x);
    const dy: unknown = upstream?.dy;
    if (upstream !== undefined) {
      checkType(fn, 'dy', dy, type);
      checkLength(fn, 'dy', dy, x.length, 'x');
    }
    checkOptions(fn, options, upstream === undefined ? knownWithBias : knownBackward);
    const { bias, dBias } = options as BackwardOptions<Defaults, NumberArray>;
    const out = resultArray(fn, 'out', options.out, type, x.length, 'x');
    const choice = chosen(fn, options, type.bytes === 8);
    checkBias(fn, type, x, out, bias, dBias);
    if (upstream === undefined) forwardWithBias(runtimeNow(), type, choice, x, bias, out);
    else backwardWithBias(runtimeNow(), type, choice, dy as NumberArray, x, bias, out, dBias);
    return out as Float32Array;
  }

  /** What a call on Float32Arrays would do, its other arguments checked. */
  function prepared(
    fn: string,
    dy: Float32Array | undefined,
    x: Float32Array,
    options: Options | undefined,
    names: readonly string[],
  ): Prepared {
    const out = outLike(fn, dy, x, options, names);
    const { row, a, b } = chosen(fn, options);
    const runtime = runtimeNow();
    return { out, runtime, kernel: runtime.kernel(row), a, b };
  }

  const prepare: Preparations = {
    forward(x, options) {
      const type = otherType(name, 'x', x);
      if (type !== undefined) return prepareTyped(typedCall(name, type, x, options, ownOptions), runtimeNow());
      return prepared(name, undefined, x as Float32Array, options, ownOptions);
    },
    backward(dy, x, options) {
      const type = otherType(backwardName, 'x', x);
      if (type !== undefined)
        return prepareTyped(typedCall(backwardName, type, x, options, ownOptions, { dy }), runtimeNow());
      checkFloat32(backwardName, 'dy', dy);
      return prepared(backwardName, dy, x as Float32Array, options, ownOptions);
    },
    chosen: (fn, options) => chosen(fn, options as Options | undefined),
  };

  const { loops, calls } = spec.family.copies[name];
  const { forward, backward } = calls(
    spec,
    loops(typeof exact === 'object' ? exact : spec),
    compared,
    runtimeNow,
    slow,
    last,
    lastBackward,
  );
  Object.defineProperties(forward, { name: { value: name }, [PREPARE]: { value: prepare } });
  return Object.assign(forward, {
    backward,
    ...(fromOutput === undefined ? {} : { backwardFromOutput }),
    with: withOptions,
    defaults: Object.freeze({ ...defaults }),
    spec,
  }) as unknown as Activation<D>;
}

function isWhole(array: Float32Array): boolean {
  return array.buffer.byteLength === array.byteLength;
}

/** The names of the numeric options, in order. */
function numericOptions(defaults: Defaults): string[] {
  return Object.keys(defaults).filter((option) => typeof defaults[option] === 'number');
}

/** The numeric options of a call without options; 0 where there is none. */
export function numericDefaults(spec: Spec): [a: number, b: number] {
  const [a, b] = numericOptions(spec.defaults).map((option) => passed(spec, spec.defaults[option] as number));
  return [a ?? 0, b ?? 0];
}

/** A numeric option as kernels, loops and reference get it; 0 for -0. */
export function passed(spec: Spec, value: number): number {
  return spec.exact === true || spec.float32Options ? Math.fround(value + 0) : value + 0;
}
