import type { Spec } from './activation';
import { checkFloat32, checkLength, checkOptions, describe } from './errors';
import type { Operand } from './protocol';
import { defaultRuntime, type KernelSet, type Runtime, type Workspace } from './runtime';
import { inBlocks, OWN, viewOf } from './staged';
import { BLOCK, BLOCK_BYTES } from './staging';
import { typed } from './typed';
import {
  type Bfloat16Bits,
  checkType,
  type ElementType,
  elementType,
  type Float16,
  type Float16Bits,
  type NumberArray,
  type TypedKernel,
  types,
} from './types';

/** `n` numbers, a multiple of 16, from address to address. */
export type Conversion = (from: number, to: number, n: number) => void;
export const WHOLE = 16;
/** Twice what a float32 takes, so that a block and its float32 stay in the first-level cache: sigmoid at 1e6 1.20 ns with 4, 1.09 with 8. */
const STEPS = { width: 8, whole: WHOLE, hasOwn: true };

export interface ConversionKernels {
  readonly fromFloat16: Conversion;
  readonly toFloat16: Conversion;
  readonly fromBfloat16: Conversion;
  readonly toBfloat16: Conversion;
  /** y[i] = table[x[i]] of 16 bits each, and y[i] *= table[x[i]] of float32, for x of 16 bits; n is a multiple of 8. */
  lookUpHalf(x: number, y: number, n: number, table: number): void;
  multiplyByTable(x: number, y: number, n: number, table: number): void;
}

const INFINITY = 0x7f800000;
const QUIET = 0x400000;
/** The smallest normal float16, 2^-14, and the first number beyond, 2^16, as bits of a float32. */
const SMALLEST = 0x38800000;
const BEYOND = 0x47800000;

export const conversionKernels: KernelSet<ConversionKernels> = {
  binary: typed,
  js(buffer) {
    const floats = new Float32Array(buffer);
    const words = new Int32Array(buffer);
    const halves = new Uint16Array(buffer);
    const power = new Float32Array(1);
    const powerBits = new Int32Array(power.buffer);
    return {
      fromFloat16(h, x, n) {
        for (let i = 0; i < n; i++) {
          const half = halves[h / 2 + i];
          const magnitude = half & 0x7fff;
          const at = x / 4 + i;
          words[at] = magnitude << 13;
          // 2^112 is the quotient of the biases; it makes normal numbers of subnormal ones too.
          if (magnitude < 0x7c00) floats[at] *= 2 ** 112;
          else words[at] |= INFINITY | (magnitude > 0x7c00 ? QUIET : 0);
          words[at] |= (half & 0x8000) << 16;
        }
      },
      toFloat16(x, h, n) {
        for (let i = 0; i < n; i++) {
          const word = words[x / 4 + i];
          const sign = (word >>> 16) & 0x8000;
          const magnitude = word & 0x7fffffff;
          const bounded = Math.min(magnitude, BEYOND);
          powerBits[0] = Math.max(bounded & INFINITY, SMALLEST);
          const steps = bounded === BEYOND ? 1024 : roundToEven((Math.abs(floats[x / 4 + i]) / power[0]) * 1024);
          const bits = steps + ((powerBits[0] - SMALLEST) >> 13);
          halves[h / 2 + i] = sign | (magnitude > INFINITY ? 0x7e00 | ((magnitude >> 13) & 0x3ff) : bits);
        }
      },
      fromBfloat16(h, x, n) {
        for (let i = 0; i < n; i++) {
          const word = halves[h / 2 + i] << 16;
          words[x / 4 + i] = word | ((word & 0x7fffffff) > INFINITY ? QUIET : 0);
        }
      },
      toBfloat16(x, h, n) {
        for (let i = 0; i < n; i++) {
          const word = words[x / 4 + i];
          const isNotNumber = (word & 0x7fffffff) > INFINITY;
          halves[h / 2 + i] = (isNotNumber ? word | QUIET : word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
        }
      },
      lookUpHalf(x, y, n, table) {
        for (let i = 0; i < n; i++) halves[y / 2 + i] = halves[table / 2 + halves[x / 2 + i]];
      },
      multiplyByTable(x, y, n, table) {
        for (let i = 0; i < n; i++) floats[y / 4 + i] *= floats[table / 4 + halves[x / 2 + i]];
      },
    };
  },
};

/** The nearest integer, the even one of two, for 0 <= x < 2^52. */
function roundToEven(x: number): number {
  return x + 2 ** 52 - 2 ** 52;
}

/** How each type of 16 bits comes to float32 and back. */
export const halfSteps = {
  float16: { widen: 'fromFloat16', narrow: 'toFloat16' },
  bfloat16: { widen: 'fromBfloat16', narrow: 'toBfloat16' },
} as const;

/** The conversions of float16 or bfloat16 numbers to float32 and back, in a workspace. */
export function conversionsOf(workspace: Workspace, { name }: ElementType): { widen: Conversion; narrow: Conversion } {
  const { widen, narrow } = halfSteps[name as keyof typeof halfSteps];
  const kernels = workspace.kernels(conversionKernels);
  return { widen: kernels[widen], narrow: kernels[narrow] };
}

/**
 * From so many elements on, results are computed for all 65,536 numbers of 16 bits and then looked up, where they are more than a piece of a
 * straight line: sigmoid of 10^6 1.10 ns an element, by the table 0.56.
 */
const MANY = 2 ** 18;
const NUMBERS = 2 ** 16;
/** Behind a block of float32 and one of upstream gradients. */
const UPSTREAM = OWN + 4 * BLOCK;
const TABLE = UPSTREAM + 4 * BLOCK;

/** An activation on float16 or bfloat16 numbers: float32 arithmetic, rounded once. */
export function halfKernel(runtime: Runtime, spec: Spec, type: ElementType): TypedKernel {
  const isTabulated = ({ length }: NumberArray) => length >= MANY && !spec.exact;

  /** Calls `work` for all numbers of 16 bits, widened at OWN, in blocks of which the first's number is given. */
  function tabulate(workspace: Workspace, work: (from: number) => void): void {
    const { widen } = conversionsOf(workspace, type);
    const bits = viewOf(workspace, types.uint16).memory;
    for (let from = 0; from < NUMBERS; from += BLOCK) {
      for (let i = 0; i < BLOCK; i++) bits[UPSTREAM / 2 + i] = from + i;
      widen(UPSTREAM, OWN, BLOCK);
      work(from);
    }
  }

  function lookUpForward(x: NumberArray, out: NumberArray, a: number, b: number): void {
    inBlocks(runtime, [x], out, { width: 2, whole: WHOLE }, (workspace) => {
      const { narrow } = conversionsOf(workspace, type);
      tabulate(workspace, (from) => {
        workspace.forward(spec, a, b, OWN, OWN, BLOCK);
        narrow(OWN, TABLE + 2 * from, BLOCK);
      });
      const { lookUpHalf } = workspace.kernels(conversionKernels);
      return (n, target, source) => lookUpHalf(source, target, n, TABLE);
    });
  }

  function lookUpBackward(dy: NumberArray, x: NumberArray, out: NumberArray, a: number, b: number): void {
    inBlocks(runtime, [x, dy], out, STEPS, (workspace) => {
      const { widen, narrow } = conversionsOf(workspace, type);
      const { heap } = workspace;
      tabulate(workspace, (from) => {
        heap.fill(1, UPSTREAM / 4, UPSTREAM / 4 + BLOCK);
        workspace.backward(spec, a, b, UPSTREAM, OWN, TABLE + 4 * from, BLOCK);
      });
      const { multiplyByTable } = workspace.kernels(conversionKernels);
      return (n, target, source, gradient) => {
        widen(gradient, OWN, n);
        multiplyByTable(source, OWN, n, TABLE);
        narrow(OWN, target, n);
      };
    });
  }

  return {
    forward(x, out, a, b) {
      if (isTabulated(x)) {
        lookUpForward(x, out, a, b);
        return;
      }
      inBlocks(runtime, [x], out, STEPS, (workspace) => {
        const { widen, narrow } = conversionsOf(workspace, type);
        return (n, target, source) => {
          widen(source, OWN, n);
          workspace.forward(spec, a, b, OWN, OWN, n);
          narrow(OWN, target, n);
        };
      });
    },
    backward(dy, x, out, a, b) {
      if (isTabulated(x)) {
        lookUpBackward(dy, x, out, a, b);
        return;
      }
      inBlocks(runtime, [x, dy], out, STEPS, (workspace) => {
        const { widen, narrow } = conversionsOf(workspace, type);
        return (n, target, source, gradient) => {
          widen(source, OWN, n);
          widen(gradient, UPSTREAM, n);
          workspace.backward(spec, a, b, UPSTREAM, OWN, OWN, n);
          narrow(OWN, target, n);
        };
      });
    },
    share(workspace, isGradient, a, b) {
      const home = workspace.share(conversionKernels);
      const shared = runtime.kernel(spec).share?.(workspace, isGradient, a, b);
      if (home === undefined || shared === undefined) return undefined;
      const { widen, narrow } = halfSteps[type.name as keyof typeof halfSteps];
      const convert = (kernel: string, from: Operand, to: Operand) => ({
        binary: home.binary.id,
        kernel,
        args: [from, to, 'n'] as const,
      });
      const calls = [
        convert(widen, 'x', 'wideX'),
        ...(isGradient ? [convert(widen, 'dy', 'wideDy')] : []),
        ...shared.calls.map((call) => ({
          ...call,
          args: call.args.map((arg) => wide[arg as keyof typeof wide] ?? arg),
        })),
        convert(narrow, 'wideX', 'out'),
      ];
      return { ...shared, binaries: [...shared.binaries, home.binary], calls };
    },
    block: BLOCK_BYTES / 4,
  };
}

/** Where the float32 kernel finds its operands, in a thread. */
const wide = { x: 'wideX', dy: 'wideDy', out: 'wideX' } as const;

/** Where the result of a conversion goes. */
export interface ConversionOptions<A> {
  /** An array of the source's length, which may overlap it in any way. */
  readonly out?: A;
}

/** A float16 array, or, where there can be no doubt, plain bits. */
export type Float16Source = Float16 | Float16Bits | Uint16Array;

/** What converts between float32 and the types of 16 bits. */
export interface Conversions {
  toFloat16: typeof toFloat16;
  fromFloat16: typeof fromFloat16;
  toBfloat16: typeof toBfloat16;
  fromBfloat16: typeof fromBfloat16;
}

const byDefault = /* @__PURE__ */ conversions(defaultRuntime);

/**
 * float32 to float16: to the nearest, of two the one with an even last bit; from 65520 on infinity. A NaN keeps its sign and the high bits of
 * its payload and becomes a quiet one.
 *
 * @param options.out - a Float16Array, or bits: an array that `float16` gave or a Uint16Array; it may overlap `x` in any way
 * @returns `out`, or a new Float16Array, or `float16` bits where the engine has no Float16Array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * toFloat16(new Float32Array([1, -2, 1e-8, 1e6]), { out: new Uint16Array(4) }); // 0x3c00, 0xc000, 0, 0x7c00
 */
export function toFloat16<A extends Float16Source = Float16>(x: Float32Array, options?: ConversionOptions<A>): A {
  return byDefault.toFloat16(x, options);
}

/**
 * float16 to float32, exactly; NaN as in {@link toFloat16}.
 *
 * @param x - a Float16Array, or bits: an array that `float16` gave or a Uint16Array
 * @param options.out - a Float32Array of the same length, which may overlap `x` in any way
 * @returns `out`, or a new Float32Array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * fromFloat16(new Uint16Array([0x3c00, 0xc000, 1])); // 1, -2, 2 ** -24
 */
export function fromFloat16(x: Float16Source, options?: ConversionOptions<Float32Array>): Float32Array {
  return byDefault.fromFloat16(x, options);
}

/**
 * float32 to bfloat16: to the nearest, of two the one with an even last bit. A NaN keeps its sign and the high bits of its payload and becomes a
 * quiet one.
 *
 * @param options.out - an array that `bfloat16` gave, or a Uint16Array; it may overlap `x` in any way
 * @returns `out`, or a new array of bfloat16 bits
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * toBfloat16(new Float32Array([1, -2, 1e-8])); // 0x3f80, 0xc000, 0x322c
 */
export function toBfloat16<A extends Uint16Array = Bfloat16Bits>(x: Float32Array, options?: ConversionOptions<A>): A {
  return byDefault.toBfloat16(x, options);
}

/**
 * bfloat16 to float32, exactly; NaN as in {@link toBfloat16}.
 *
 * @param x - an array that `bfloat16` gave, or a Uint16Array
 * @param options.out - a Float32Array of the same length, which may overlap `x` in any way
 * @returns `out`, or a new Float32Array
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * fromBfloat16(new Uint16Array([0x3f80, 0xc000])); // 1, -2
 */
export function fromBfloat16(x: Uint16Array, options?: ConversionOptions<Float32Array>): Float32Array {
  return byDefault.fromBfloat16(x, options);
}

/** The conversions on a runtime. */
export function conversions(runtimeNow: () => Runtime): Conversions {
  function convert(
    kernel: (typeof halfSteps)[keyof typeof halfSteps]['widen' | 'narrow'],
    x: NumberArray,
    out: NumberArray,
  ): void {
    inBlocks(runtimeNow(), [x], out, { width: 4, whole: WHOLE }, (workspace) => {
      const convert = workspace.kernels(conversionKernels)[kernel];
      return (n, target, source) => convert(source, target, n);
    });
  }

  function toHalf(
    fn: 'toFloat16' | 'toBfloat16',
    type: ElementType,
    x: Float32Array,
    options: ConversionOptions<NumberArray>,
  ) {
    checkFloat32(fn, 'x', x);
    checkOptions(fn, options, ['out']);
    const { out = new type.View(x.length) } = options;
    checkHalf(fn, 'out', out, type);
    checkLength(fn, 'out', out, x.length, 'x');
    convert(fn, x, out);
    return out;
  }

  function fromHalf(
    fn: 'fromFloat16' | 'fromBfloat16',
    type: ElementType,
    x: NumberArray,
    options: ConversionOptions<Float32Array>,
  ): Float32Array {
    checkHalf(fn, 'x', x, type);
    checkOptions(fn, options, ['out']);
    const { out = new Float32Array(x.length) } = options;
    checkFloat32(fn, 'out', out);
    checkLength(fn, 'out', out, x.length, 'x');
    convert(fn, x, out);
    return out;
  }

  return {
    toFloat16: <A>(x: Float32Array, options = {}) => toHalf('toFloat16', types.float16, x, options) as A,
    fromFloat16: (x, options = {}) => fromHalf('fromFloat16', types.float16, x as NumberArray, options),
    toBfloat16: <A>(x: Float32Array, options = {}) => toHalf('toBfloat16', types.bfloat16, x, options) as A,
    fromBfloat16: (x, options = {}) => fromHalf('fromBfloat16', types.bfloat16, x as NumberArray, options),
  };
}

/** TypeError unless `value` is an array of the given type of 16 bits, or of untagged ones. */
function checkHalf(fn: string, argument: string, value: unknown, type: ElementType): asserts value is NumberArray {
  const own = elementType(value);
  if (own?.name !== type.name && own !== types.uint16) {
    throw new TypeError(`${fn}: ${argument} must be ${type.array} or a Uint16Array, got ${describe(value)}`);
  }
  checkType(fn, argument, value, own);
}
