import type { Spec } from './activation';
import { checkLength, checkOptions } from './errors';
import { float64Kernel } from './float64';
import { halfKernel } from './half';
import { clipKernel } from './integer';
import type { Runtime } from './runtime';
import { checkType, type ElementType, isHalf, type NumberArray, type TypedKernel, types } from './types';

/** A call on arrays of another type than float32. */
export interface TypedCall {
  readonly fn: string;
  readonly type: ElementType;
  /** Whether it is that of a gradient, which has a `dy`. */
  readonly isGradient: boolean;
  readonly dy?: unknown;
  readonly x: NumberArray;
  /** The name of `x`. */
  readonly source?: string;
  readonly options?: { readonly out?: unknown };
  /** The names of the options. */
  readonly known: readonly string[];
  /** Gives the row and the numeric options, checked; as they are if `isExact`, else as float32 kernels get them. */
  choose(isExact: boolean): { row: Spec; a: number; b: number };
}

/** A call with its arguments checked. */
export interface PreparedCall {
  readonly out: NumberArray;
  readonly runtime: Runtime;
  /** Without a gradient for integers, which have none. */
  readonly kernel: Partial<TypedKernel> & Pick<TypedKernel, 'forward'>;
  readonly a: number;
  readonly b: number;
}

/** Checks a call. */
export function prepareTyped(
  { fn, type, isGradient, dy, x, source = 'x', options = {}, known, choose }: TypedCall,
  runtime: Runtime,
): PreparedCall {
  checkType(fn, source, x, type);
  checkOptions(fn, options, known);
  const { row, a, b } = choose(!isHalf(type));
  if (type.range !== undefined) checkTakesIntegers(fn, source, type, row, isGradient);
  if (isGradient) {
    checkType(fn, 'dy', dy, type);
    checkLength(fn, 'dy', dy, x.length, source);
  }
  const { out = new type.View(x.length) } = options;
  checkType(fn, 'out', out, type);
  checkLength(fn, 'out', out, x.length, source);
  const kernel = type.range === undefined ? kernelOn(runtime, row, type) : clipKernel(fn, runtime, row, type, a, b);
  return { out, runtime, kernel, a, b };
}

/** Carries out a call. */
export function applyTyped(call: TypedCall, runtime: Runtime): NumberArray {
  const { out, kernel, a, b } = prepareTyped(call, runtime);
  if (call.isGradient) kernel.backward?.(call.dy as NumberArray, call.x, out, a, b);
  else kernel.forward(call.x, out, a, b);
  return out;
}

/** An activation on arrays of a floating-point type. */
export function kernelOn(runtime: Runtime, row: Spec, type: ElementType): TypedKernel {
  if (type === types.float32) return runtime.kernel(row) as unknown as TypedKernel;
  return type === types.float64 ? float64Kernel(runtime, row) : halfKernel(runtime, row, type);
}

/** TypeError for anything but the value of an activation that integers are closed under. */
function checkTakesIntegers(
  fn: string,
  source: string,
  { name }: ElementType,
  { clip }: Spec,
  isGradient: boolean,
): void {
  if (clip !== undefined && !isGradient) return;
  const why = isGradient ? 'which have no gradient' : 'which only relu, relu6 and hardTanh take';
  throw new TypeError(
    `${fn}: ${source} must be an array of floating-point numbers, got one of integers (${name}), ${why}`,
  );
}
