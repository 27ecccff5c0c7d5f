import type { Activation } from './activation';
import type { Arena } from './arena';
import { checkFloat32, checkLength, checkOptions, describe, outFor } from './errors';
import { collide, unshared } from './overlap';
import type { Runtime } from './runtime';
import { BLOCK } from './staging';

/** Elements of the scratch memory: 128 KiB, which the second-level cache holds. */
const SCRATCH = 32768;
/** More would leave the blocks of a gradient no room. */
const MOST_STEPS = 1000;

/** Where the result of a pipeline goes. */
export interface PipelineOptions {
  /** A Float32Array of the source's length, which may be the source itself. */
  readonly out?: Float32Array;
}

/** Several activations, one after another. */
export interface Pipeline {
  /**
   * Applies the activations in their order.
   *
   * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
   */
  (x: Float32Array, options?: PipelineOptions): Float32Array;
  /** The gradient with respect to `x`, from the gradient with respect to the last activation's output. */
  backward(dy: Float32Array, x: Float32Array, options?: PipelineOptions): Float32Array;
  /** The steps by name: `pipeline(relu, tanh)`. */
  readonly name: string;
  readonly steps: readonly Activation[];
}

/** An activation's value and derivative at the same inputs. */
export interface ValueAndDerivative {
  readonly value: Float32Array;
  readonly derivative: Float32Array;
}

export interface Combiners {
  pipeline(...parts: (Activation | Pipeline)[]): Pipeline;
  valueAndDerivative(f: Activation, x: Float32Array, options?: Partial<ValueAndDerivative>): ValueAndDerivative;
}

/** What combines activations, block by block, so that the data crosses the memory once. */
export function combiners(runtimeNow: () => Runtime): Combiners {
  let owner: Runtime | undefined;
  let arena: Arena;
  const divisions: Float32Array[][] = [];

  /** The scratch memory in `count` blocks, where the kernels need no copying. */
  function scratch(count: number): Float32Array[] {
    const runtime = runtimeNow();
    if (owner !== runtime) {
      arena = runtime.createArena(4 * SCRATCH, {});
      owner = runtime;
      divisions.length = 0;
    }
    const n = Math.min(BLOCK, 16 * Math.floor(SCRATCH / count / 16));
    arena.reset();
    divisions[count] ??= Array.from({ length: count }, () => arena.float32(n));
    return divisions[count];
  }

  /**
   * Calls `work` for one block after another, with views of `sources` and `targets`, or their copies unless the kernels can work on
   * them in place, and with `extra` scratch blocks.
   */
  function inBlocks(
    sources: readonly Float32Array[],
    targets: readonly Float32Array[],
    extra: number,
    work: (sources: Float32Array[], targets: Float32Array[], extra: Float32Array[]) => void,
  ): void {
    const arrays = [...sources, ...targets];
    const { length } = arrays[0];
    const runtime = runtimeNow();
    const inPlace = arrays.every((array) => runtime.holds(array));
    const count = (inPlace ? 0 : arrays.length) + extra;
    const blocks = count > 0 ? scratch(count) : [];
    const size = blocks[0]?.length ?? SCRATCH / 2;
    for (let from = 0; from < length; from += size) {
      const n = Math.min(size, length - from);
      // A view costs some 100 ns: none of what is whole already.
      const views = n === length ? arrays : arrays.map((array) => array.subarray(from, from + n));
      const heads = n === size ? blocks : blocks.map((block) => block.subarray(0, n));
      const worked = inPlace ? views : heads;
      if (!inPlace) for (const i of sources.keys()) worked[i].set(views[i]);
      work(worked.slice(0, sources.length), worked.slice(sources.length), heads.slice(inPlace ? 0 : arrays.length));
      if (!inPlace) for (let i = sources.length; i < arrays.length; i++) views[i].set(worked[i]);
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

      const forward = (x: Float32Array, options?: PipelineOptions): Float32Array => {
        const out = outFor(name, undefined, x, options, ['out']);
        inBlocks([unshared(x, out)], [out], 0, ([source], [target]) => {
          steps[0](source, { out: target });
          for (const step of steps.slice(1)) step(target, { out: target });
        });
        return out;
      };
      const backward = (dy: Float32Array, x: Float32Array, options?: PipelineOptions): Float32Array => {
        const fn = `${name}.backward`;
        checkFloat32(fn, 'dy', dy);
        const out = outFor(fn, dy, x, options, ['out']);
        inBlocks([unshared(dy, out), unshared(x, out)], [out], last + 1, ([upstream, source], [target], extra) => {
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
      return Object.assign(forward, { backward, steps });
    },

    valueAndDerivative(f, x, options = {}) {
      const fn = 'valueAndDerivative';
      checkActivation(fn, 'f', f);
      checkFloat32(fn, 'x', x);
      checkOptions(fn, options, ['value', 'derivative']);
      const { value = new Float32Array(x.length), derivative = new Float32Array(x.length) } = options;
      for (const [name, array] of Object.entries({ value, derivative })) {
        checkFloat32(fn, name, array);
        checkLength(fn, name, array, x.length, 'x');
      }
      if (collide(value, derivative)) {
        throw new RangeError(`${fn}: value and derivative must not overlap`);
      }
      const source = unshared(unshared(x, value), derivative);
      inBlocks([source], [value, derivative], 2, ([input], [y, slope], [ones, kept]) => {
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
