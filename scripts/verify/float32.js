// Float32 numbers: their bits, and errors in units in the last place.

const FLOAT32_MAX = 3.4028234663852886e38;

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
 * |actual - exact| in ULP of float32 at `exact`. Where `exact` is NaN, infinite or zero, the error is 0 or Infinity: the result must be
 * NaN, or the same number with the same sign. Where it is beyond the largest float32, both the largest and infinity are near.
 * @param {number} actual @param {number} exact
 */
export function ulpError(actual, exact) {
  if (Number.isNaN(exact)) return Number.isNaN(actual) ? 0 : Infinity;
  if (exact === 0 || Math.abs(exact) === Infinity) return Object.is(actual, exact) ? 0 : Infinity;
  if (actual === Math.fround(exact) && Math.abs(actual) === Infinity) return 0;
  const error =
    Math.abs(actual - Math.min(Math.max(exact, -FLOAT32_MAX), FLOAT32_MAX)) * perSpacing[biasedExponent(exact)];
  return Number.isNaN(error) ? Infinity : error;
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
