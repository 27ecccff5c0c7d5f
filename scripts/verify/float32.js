// Float32 numbers: their bits, and errors in units in the last place.

/** The largest finite float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The biased exponent of a float64: 0 for zeros, 2047 for NaN and infinities. @param {number} value */
function biasedExponent(value) {
  double[0] = value;
  return (words[1] >>> 20) & 0x7ff;
}

/**
 * One over the distance of neighbouring float32 numbers, by the biased exponent of a float64: that of the subnormals below
 * 2^-126, and of the largest numbers above 2^127.
 */
export const perSpacing = Float64Array.from(
  { length: 2048 },
  (_, e) => 2 ** (23 - Math.min(Math.max(e - 1023, -126), 127)),
);

/** The distance of neighbouring float32 numbers at `value`. @param {number} value */
export function spacing(value) {
  return 1 / perSpacing[biasedExponent(value)];
}

/**
 * |actual - exact| in ULP of float32 at `exact`; 0 if both are NaN, or overflow to the same infinity.
 * @param {number} actual @param {number} exact
 */
export function ulpError(actual, exact) {
  if (Number.isNaN(exact) || Number.isNaN(actual)) return Object.is(actual, exact) ? 0 : Infinity;
  if (Math.fround(exact) === actual && !Number.isFinite(actual)) return 0;
  const bounded = Math.min(Math.max(exact, -FLOAT32_MAX), FLOAT32_MAX);
  return Math.abs(actual - bounded) / spacing(bounded);
}

/** The bits of a float32. @param {number} value */
export function toBits(value) {
  single[0] = value;
  return bits[0];
}

/** The float32 with these bits. @param {number} pattern */
export function fromBits(pattern) {
  bits[0] = pattern;
  return single[0];
}

/** The bits of a float32 as hexadecimal digits. @param {number} value */
export function hex(value) {
  return `0x${toBits(value).toString(16).padStart(8, '0')}`;
}

/** `value` in decimal, with its bits as a float32. @param {number} value */
export function show(value) {
  return `${value} (${hex(value)})`;
}
