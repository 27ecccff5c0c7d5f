// Fields of kernels that the loader computes: the operators of assembly/ say what they are.

import { highHalf, lostOfProduct } from '../roundings';

/** e^r - 1 from r up, with the error of e^r small, and with its own error small: as in assembly/math.ts. */
const EXPM1 = [1.0, 0.50000006, 0.16666517, 0.041665006, 0.008369154, 0.0014017159];
const EXPM1_RELATIVE = [1.0, 0.5, 0.1666654, 0.041666444, 0.008366896, 0.0013936937];

/** The fields of a `ScaledExponential` for e^(factor x). */
export function scaledExponential(factor: number): number[] {
  return scaled(EXPM1, factor, 1);
}

/** The same with t times 1 / factor, and its own error small: it is x itself for small x. */
export function scaledExpm1(factor: number): number[] {
  return scaled(EXPM1_RELATIVE, factor, 1 / factor);
}

function scaled(expm1: number[], factor: number, scale: number): number[] {
  const octave = Math.LN2 / factor;
  const octaveHigh = highBits(octave, 16);
  const coefficients = expm1.map((c, i) => scale * c * factor ** (i + 1));
  return [factor * Math.LOG2E, octaveHigh, octave - octaveHigh, ...coefficients];
}

/** The float32 next to `x` that has so many significant bits. */
export function highBits(x: number, bits: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
  return Math.round(x / unit) * unit;
}

/** What is wrong with an option that scales an argument, or undefined. */
export function refuseScale(option: string, value: number): string | undefined {
  return value >= 1e-5 && value <= 1e5 ? undefined : `option ${option} must be from 0.00001 to 100000, got ${value}`;
}

/** What is wrong with an alpha below 0 where only outputs are known, or undefined. */
export function refuseNegative(alpha: number): string | undefined {
  return alpha >= 0 ? undefined : `option alpha must not be negative, or y does not tell the sign of x, got ${alpha}`;
}

/** A factor to 26 bits and the rest, of factor + `rest`. */
export function split64(factor: number, rest = 0): [high: number, low: number] {
  const high = highHalf(factor);
  return [high, factor - high + rest];
}

/** The same of 1 / `divisor`. */
export function splitReciprocal64(divisor: number): [high: number, low: number] {
  const factor = 1 / divisor;
  return split64(factor, (1 - factor * divisor - lostOfProduct(factor, divisor)) / divisor);
}

/** What the float64 next to ln 2 lacks. */
const LN_2_REST = 2.3190468138462996e-17;

/** The fields of a `ScaledExponential` of the float64 kernels, for the factor of which these are the parts. */
export function scaledExponential64([high, low]: [high: number, low: number]): number[] {
  const factor = high + low;
  const octave = highHalf(Math.LN2 / factor);
  return [factor, factor * Math.LOG2E, octave, Math.LN2 - octave * high - octave * low + LN_2_REST];
}

/** What alpha + `alphaRest` times x lacks of `exact`, all but equal to it. */
export function lostOf64(exact: number, alpha: number, alphaRest: number, x: number): number {
  return exact - alpha * x - lostOfProduct(alpha, x) - alphaRest * x;
}

/** factor ln 2, the first part to 26 bits. */
export function octaves64(factor: number): [high: number, low: number] {
  const octave = Math.LN2 * factor;
  return split64(octave, lostOfProduct(Math.LN2, factor) + LN_2_REST * factor);
}
