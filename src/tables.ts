// Functions of bytes: as tables of 256, and by arithmetic that gives the same.

import { type ElementType, type NumberArray, types } from './types';

/** What the bytes of an array stand for, checked. */
export interface Checked {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type: ElementType;
}

/** The byte that stands for a number. */
export function byteOf(y: number, { scale, zeroPoint, type }: Checked): number {
  const [least, largest] = type.range as readonly [number, number];
  return Math.min(Math.max(roundToEven(y / scale) + zeroPoint, least), largest);
}

/** The nearest integer, of two the even one. */
export function roundToEven(x: number): number {
  const shift = 1.5 * 2 ** 52;
  return Math.abs(x) < 2 ** 51 ? x + shift - shift : x;
}

/** All values of a type, in the order of their bits. */
function allBytes({ type }: Checked): NumberArray {
  return new type.View(Uint8Array.from({ length: 256 }, (_, i) => i).buffer, 0, 256);
}

/** The output's byte for each of the input's 256. */
export function tableOf(value: (x: number) => number, input: Checked, output: Checked): Uint8Array {
  const inputs = allBytes(input);
  const table = new output.type.View(256);
  for (let i = 0; i < 256; i++) table[i] = byteOf(value((inputs[i] - input.zeroPoint) * input.scale), output);
  return new Uint8Array(table.buffer);
}

/** The bounds, if all that the table does is to cut off at these. */
export function clipOf(table: Uint8Array, input: Checked): [low: number, high: number] | undefined {
  const outputs = Array.from(new input.type.View(table.buffer, 0, 256) as ArrayLike<number>);
  const inputs = allBytes(input);
  const low = Math.min(...outputs);
  const high = Math.max(...outputs);
  return outputs.every((y, i) => y === Math.min(Math.max(inputs[i], low), high)) ? [low, high] : undefined;
}

/** Bytes of a ramp. */
export const RAMP_BYTES = 128;
/** Bits behind the point of its slopes. */
const POINT = 15;

/** Functions of two slopes in fixed point, for the kernel `ramp`. */
interface Ramps {
  readonly params: Uint8Array;
  /** What makes the slope left of 0 of the right one, for each table; undefined where no slope gives that. */
  readonly turns: readonly (number | undefined)[];
}

/**
 * The ramps that give the outputs of tables which are the same right of 0; undefined if there are none. Halves are rounded down, and slopes
 * have 15 bits: a ramp is found for each of 3000 random slopes of 0..0.5 where both scales are the same, for 99 in 100 where these are random
 * too, and seldom where results are halves.
 */
export function rampsOf(tables: readonly Uint8Array[], input: Checked, output: Checked): Ramps | undefined {
  const inputs = allBytes(input);
  const outputs = tables.map((table) => new output.type.View(table.buffer, 0, 256));
  let [low, high] = [Infinity, -Infinity];
  for (const own of outputs) {
    for (let i = 0; i < 256; i++) {
      if (own[i] < low) low = own[i];
      if (own[i] > high) high = own[i];
    }
  }
  if (outputs[0][input.zeroPoint & 255] !== Math.min(Math.max(output.zeroPoint, low), high)) return undefined;

  const rightSlopes = slopesOf(outputs[0], 1);
  const leftSlopes = outputs.map((own) => slopesOf(own, -1));
  let best: Ramps | undefined;
  let most = 0;
  for (let shift = 0; shift <= 7; shift++) {
    const right = rightSlopes(shift);
    if (right === undefined) continue;
    const turns = leftSlopes.map((slope) => {
      const left = slope(shift);
      return left === undefined ? undefined : left ^ right;
    });
    const count = turns.filter((turn) => turn !== undefined).length;
    if (count <= most) continue;
    most = count;
    best = { params: paramsOf(right, shift), turns };
  }
  return best;

  /** Tells for a shift the least slope, negated and in fixed point, that gives the outputs on one side of 0, if there is one. */
  function slopesOf(own: NumberArray, side: 1 | -1): (shift: number) => number | undefined {
    // Slopes with shift 0 are from `from` on and below `to` right of 0, above `from` and up to `to` left of it.
    let [from, to] = [-Infinity, Infinity];
    for (let i = 0; i < 256; i++) {
      const d = inputs[i] - input.zeroPoint;
      if (d * side <= 0) continue;
      // (d slope + 2^14) >> 15 is the zero point less the output, or beyond that where it is cut off.
      const steps = output.zeroPoint - own[i];
      const least = (own[i] === high ? -Infinity : (steps - 0.5) * 2 ** POINT) / d;
      const end = (own[i] === low ? Infinity : (steps + 0.5) * 2 ** POINT) / d;
      from = Math.max(from, side > 0 ? least : end);
      to = Math.min(to, side > 0 ? end : least);
    }
    return (shift) => {
      const [first, last] = [from / 2 ** shift, to / 2 ** shift];
      const slope = Math.max(side > 0 ? Math.ceil(first) : Math.floor(first) + 1, -(2 ** POINT));
      return slope < 2 ** POINT && (side > 0 ? slope < last : slope <= last) ? slope : undefined;
    };
  }

  function paramsOf(right: number, shift: number): Uint8Array {
    const params = new Uint8Array(RAMP_BYTES);
    const [flipX, flipY] = [input, output].map(({ type }) => (type === types.uint8 ? 0x80 : 0));
    params.fill(flipX, 0, 16).fill(flipY, 16, 32);
    params.fill(low - flipY, 96, 112).fill(high - flipY, 112, 128);
    const halves = new Int16Array(params.buffer);
    halves.fill(input.zeroPoint - flipX, 16, 24).fill(output.zeroPoint - flipY, 24, 32);
    halves.fill(2 ** shift, 32, 40).fill(right, 40, 48);
    return params;
  }
}
