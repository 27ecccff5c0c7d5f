import type { Spec } from './activation';
import { checkLength, checkOptions } from './errors';
import { float64Kernel } from './float64';
import { halfKernel } from './half';
import { clipIntegers } from './integer';
import type { Runtime } from './runtime';
import { checkType, type ElementType, type NumberArray } from './types';

/** A call on arrays of another type than float32. */
export interface TypedCall {
  readonly fn: string;
  readonly type: ElementType;
  readonly dy?: unknown;
  readonly x: NumberArray;
  /** The name of `x`. */
  readonly source?: string;
  readonly options?: { readonly out?: unknown };
  /** The names of the options. */
  readonly known: readonly string[];
}

/** The row and the numeric options of a call, checked; as they are if `isExact`, else as float32 kernels get them. */
export type Choose = (isExact: boolean) => { row: Spec; a: number; b: number };

/** Carries out a call: the gradient if it has a `dy`, else the value. */
export function applyTyped(
  { fn, type, dy, x, source = 'x', options = {}, known }: TypedCall,
  runtime: Runtime,
  choose: Choose,
): NumberArray {
  checkType(fn, source, x, type);
  checkOptions(fn, options, known);
  const isHalf = type.name === 'float16' || type.name === 'bfloat16';
  const { row, a, b } = choose(!isHalf);
  if (type.range !== undefined) checkTakesIntegers(fn, source, type, row, dy !== undefined);
  if (dy !== undefined) {
    checkType(fn, 'dy', dy, type);
    checkLength(fn, 'dy', dy, x.length, source);
  }
  const { out = new type.View(x.length) } = options;
  checkType(fn, 'out', out, type);
  checkLength(fn, 'out', out, x.length, source);
  if (type.range !== undefined) {
    clipIntegers(fn, runtime, row, type, x, out, a, b);
    return out;
  }
  const kernel = isHalf ? halfKernel(runtime, row, type) : float64Kernel(runtime, row);
  if (dy === undefined) kernel.forward(x, out, a, b);
  else kernel.backward(dy, x, out, a, b);
  return out;
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
