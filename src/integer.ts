import type { Spec } from './activation';
import { apart } from './overlap';
import type { KernelSet, Runtime } from './runtime';
import { inBlocks } from './staged';
import { typed } from './typed';
import type { ElementType, NumberArray, TypedKernel } from './types';

/** y[i] = min(max(x[i], low), high) for any number of elements. */
type Clip = (x: number, y: number, n: number, low: number, high: number) => void;
type ClipKernels = { readonly [name in `clip${'Int' | 'Uint'}${8 | 16 | 32}`]: Clip };

const clipKernels: KernelSet<ClipKernels> = {
  binary: typed,
  js(buffer) {
    function clipOf(View: new (buffer: ArrayBufferLike, at: number, n: number) => NumberArray): Clip {
      return (x, y, n, low, high) => clipped(new View(buffer, x, n), new View(buffer, y, n), low, high);
    }
    return {
      clipInt8: clipOf(Int8Array),
      clipUint8: clipOf(Uint8Array),
      clipInt16: clipOf(Int16Array),
      clipUint16: clipOf(Uint16Array),
      clipInt32: clipOf(Int32Array),
      clipUint32: clipOf(Uint32Array),
    };
  },
};

/** Up to this length a loop takes less time than to look up a kernel, some 500 ns. */
export const SMALL = 128;

function clipped(x: NumberArray, y: NumberArray, low: number, high: number): void {
  for (let i = 0; i < y.length; i++) {
    const value = x[i];
    y[i] = value < low ? low : value > high ? high : value;
  }
}

/**
 * An activation that cuts off below and above, on integers, which has no gradient.
 *
 * @throws RangeError for an end that could be a result but is no integer of this type
 */
export function clipKernel(
  fn: string,
  runtime: Runtime,
  { clip }: Spec,
  type: ElementType,
  a: number,
  b: number,
): Pick<TypedKernel, 'forward' | 'share'> {
  const [least, largest] = type.range as readonly [number, number];
  const [from, to] = (clip as NonNullable<typeof clip>)(a, b);
  if (from > least) checkEnd(fn, type, from);
  if (to < largest) checkEnd(fn, type, to);
  const [low, high] = [Math.max(from, least), Math.min(to, largest)];
  return {
    forward: (x, out) => clippedBy(runtime, type, x, out, low, high),
    share(workspace) {
      const home = workspace.share(clipKernels);
      if (home === undefined) return undefined;
      const { memory, binary } = home;
      const calls = [{ binary: binary.id, kernel: kernelOf(type), args: ['x', 'out', 'n', low, high] as const }];
      return { memory, binaries: [binary], calls, release() {} };
    },
  };
}

function kernelOf({ name }: ElementType): keyof ClipKernels {
  return `clip${name[0].toUpperCase()}${name.slice(1).replace('Clamped', '')}` as keyof ClipKernels;
}

/** out[i] = min(max(x[i], low), high); all are of the type. */
export function clippedBy(
  runtime: Runtime,
  type: ElementType,
  x: NumberArray,
  out: NumberArray,
  low: number,
  high: number,
): void {
  if (x.length <= SMALL) {
    clipped(apart(x, out), out, low, high);
    return;
  }
  inBlocks(runtime, [x], out, { width: type.bytes, whole: 1 }, (workspace) => {
    const clip = workspace.kernels(clipKernels)[kernelOf(type)];
    return (n, target, source) => clip(source, target, n, low, high);
  });
}

function checkEnd(fn: string, { name, range: [least, largest] = [0, 0] }: ElementType, end: number): void {
  if (Number.isInteger(end) && end >= least && end <= largest) return;
  throw new RangeError(`${fn}: ends must be integers from ${least} to ${largest} for ${name}, got ${end}`);
}
