import type { Activation } from './activation';
import type { Arena } from './arena';
import { checkLength, checkOptions, describe } from './errors';
import { conversions } from './half';
import { apart, collide } from './overlap';
import type { Runtime } from './runtime';
import { BLOCK_BYTES } from './staging';
import {
  type Bfloat16Bits,
  checkType,
  type ElementType,
  type Float16,
  type FloatArray,
  floatType,
  isHalf,
  resultArray,
  type Same,
  types,
} from './types';

/** Of the scratch memory: what the second-level cache holds. */
const SCRATCH_BYTES = 131072;
/** More would leave the blocks of a gradient no room. */
const MOST_STEPS = 1000;

/** Where the result of a pipeline goes. */
export interface PipelineOptions<A = Float32Array> {
  /** An array of the source's type and length, which may be the source itself. */
  readonly out?: A;
}

/** Several activations, one after another. */
export interface Pipeline {
  /**
   * Applies the activations in their order. What comes between the steps is of the type of `x`, but for float16 and bfloat16, which are
   * computed with as float32 and rounded once, at the end.
   *
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
   */
  <A extends FloatArray>(x: A, options?: PipelineOptions<Same<A>>): Same<A>;
  /** The gradient with respect to `x`, from the gradient with respect to the last activation's output. */
  backward<A extends FloatArray>(dy: Same<A>, x: A, options?: PipelineOptions<Same<A>>): Same<A>;
  /** The steps by name: `pipeline(relu, tanh)`. */
  readonly name: string;
  readonly steps: readonly Activation[];
}

/** An activation's value and derivative at the same inputs. */
export interface ValueAndDerivative<A = Float32Array> {
  readonly value: A;
  readonly derivative: A;
}

export interface Combiners {
  pipeline(...parts: (Activation | Pipeline)[]): Pipeline;
  valueAndDerivative<A extends FloatArray>(
    f: Activation,
    x: A,
    options?: Partial<ValueAndDerivative<Same<A>>>,
  ): ValueAndDerivative<Same<A>>;
}

/** What combines activations, block by block, so that the data crosses the memory once. */
export function combiners(runtimeNow: () => Runtime): Combiners {
  let owner: Runtime | undefined;
  let arena: Arena;
  const divisions = new Map<ElementType, FloatArray[][]>();
  const { fromFloat16, toFloat16, fromBfloat16, toBfloat16 } = conversions(runtimeNow);

  /** The scratch memory in `count` blocks, where the kernels need no copying. */
  function scratch(type: ElementType, count: number): FloatArray[] {
    const runtime = runtimeNow();
    if (owner !== runtime) {
      arena = runtime.createArena(SCRATCH_BYTES, {});
      owner = runtime;
      divisions.clear();
    }
    const own = divisions.get(type) ?? [];
    divisions.set(type, own);
    const bytes = Math.min(BLOCK_BYTES, 64 * Math.floor(SCRATCH_BYTES / count / 64));
    arena.reset();
    own[count] ??= Array.from({ length: count }, () => arena[type.name](bytes / type.bytes) as FloatArray);
    return own[count];
  }

  /** Copies numbers of a type to a block, halves as float32. */
  function load({ name }: ElementType, from: FloatArray, block: FloatArray): void {
    const out = block as Float32Array;
    if (name === 'float16') fromFloat16(from as Float16, { out });
    else if (name === 'bfloat16') fromBfloat16(from as Bfloat16Bits, { out });
    else block.set(from);
  }

  function store({ name }: ElementType, block: FloatArray, to: FloatArray): void {
    if (name === 'float16') toFloat16(block as Float32Array, { out: to as Float16 });
    else if (name === 'bfloat16') toBfloat16(block as Float32Array, { out: to as Bfloat16Bits });
    else to.set(block);
  }

  /**
   * Calls `work` for one block after another, with views of `sources` and `targets`, or their copies unless the kernels can work on
   * them in place, and with `extra` scratch blocks. All arrays are of one type; blocks of halves are float32.
   */
  function inBlocks(
    type: ElementType,
    sources: readonly FloatArray[],
    targets: readonly FloatArray[],
    extra: number,
    work: (sources: FloatArray[], targets: FloatArray[], extra: FloatArray[]) => void,
  ): void {
    const arrays = [...sources, ...targets];
    const { length } = arrays[0];
    const runtime = runtimeNow();
    const inPlace = !isHalf(type) && arrays.every((array) => runtime.holds(array));
    const count = (inPlace ? 0 : arrays.length) + extra;
    const blocks = count > 0 ? scratch(isHalf(type) ? types.float32 : type, count) : [];
    const size = blocks[0]?.length ?? SCRATCH_BYTES / 2 / type.bytes;
    for (let from = 0; from < length; from += size) {
      const n = Math.min(size, length - from);
      // A view costs some 100 ns: none of what is whole already.
      const part = (array: FloatArray) => array.subarray(from, from + n) as FloatArray;
      const views = n === length ? arrays : arrays.map(part);
      const heads = n === size ? blocks : blocks.map((block) => block.subarray(0, n) as FloatArray);
      const worked = inPlace ? views : heads;
      if (!inPlace) for (const i of sources.keys()) load(type, views[i], worked[i]);
      work(worked.slice(0, sources.length), worked.slice(sources.length), heads.slice(inPlace ? 0 : arrays.length));
      if (!inPlace) for (let i = sources.length; i < arrays.length; i++) store(type, worked[i], views[i]);
    }
  }

  return {
    pipeline(...parts) {
      const steps = parts.flatMap((part, i) => {
        if (typeof part === 'function' && 'steps' in part) return part.steps;
        checkActivation('pipeline', `step ${i + 1}`, part);
        return part;
      });
      if (steps.length === 0) throw new TypeError('pipeline: expected one activation or more, got none');
      if (steps.length > MOST_STEPS) {
        throw new RangeError(`pipeline: expected at most ${MOST_STEPS} activations, got ${steps.length}`);
      }
      const name = `pipeline(${steps.map((step) => step.name).join(', ')})`;
      const last = steps.length - 1;

      const forward = (x: FloatArray, options: PipelineOptions<FloatArray> = {}): FloatArray => {
        const type = floatType(name, 'x', x);
        checkOptions(name, options, ['out']);
        const out = resultArray(name, 'out', options.out, type, x.length, 'x') as FloatArray;
        inBlocks(type, [apart(x, out)], [out], 0, ([source], [target]) => {
          steps[0](source, { out: target });
          for (const step of steps.slice(1)) step(target, { out: target });
        });
        return out;
      };
      const backward = (dy: FloatArray, x: FloatArray, options: PipelineOptions<FloatArray> = {}): FloatArray => {
        const fn = `${name}.backward`;
        const type = floatType(fn, 'x', x);
        checkType(fn, 'dy', dy, type);
        checkLength(fn, 'dy', dy, x.length, 'x');
        checkOptions(fn, options, ['out']);
        const out = resultArray(fn, 'out', options.out, type, x.length, 'x') as FloatArray;
        inBlocks(type, [apart(dy, out), apart(x, out)], [out], last + 1, ([upstream, source], [target], extra) => {
          const inputs = [source, ...extra.slice(0, last)];
          const gradient = extra[last];
          for (let i = 0; i < last; i++) steps[i](inputs[i], { out: inputs[i + 1] });
          for (let i = last; i >= 0; i--) {
            steps[i].backward(i === last ? upstream : gradient, inputs[i], { out: i === 0 ? target : gradient });
          }
        });
        return out;
      };
      Object.defineProperty(forward, 'name', { value: name });
      return Object.assign(forward, { backward, steps }) as Pipeline;
    },

    valueAndDerivative<A extends FloatArray>(f: Activation, x: A, options: Partial<ValueAndDerivative<Same<A>>> = {}) {
      const fn = 'valueAndDerivative';
      checkActivation(fn, 'f', f);
      const type = floatType(fn, 'x', x);
      checkOptions(fn, options, ['value', 'derivative']);
      const result = (name: 'value' | 'derivative') =>
        resultArray(fn, name, options[name], type, x.length, 'x') as Same<A>;
      const [value, derivative] = [result('value'), result('derivative')];
      if (collide(value, derivative)) {
        throw new RangeError(`${fn}: value and derivative must not overlap`);
      }
      const source = apart<FloatArray>(x, value, derivative);
      inBlocks(type, [source], [value, derivative] as FloatArray[], 2, ([input], [y, slope], [ones, kept]) => {
        // y or slope may be the input itself.
        f.backward(ones.fill(1), input, { out: kept });
        f(input, { out: y });
        slope.set(kept);
      });
      return { value, derivative };
    },
  };
}

/** TypeError unless `value` is an activation. */
export function checkActivation(fn: string, argument: string, value: unknown): asserts value is Activation {
  if (typeof value !== 'function' || !('spec' in value)) {
    throw new TypeError(`${fn}: ${argument} must be an activation, got ${describe(value)}`);
  }
}
