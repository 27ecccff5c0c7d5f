// Runs an activation over float32 bit patterns, and measures what it gives. Runs in Node and in browsers.

import { fromBits, perSpacing, show, toBits, ulpError } from './float32.js';

/** @typedef {import('lanewise').Activation} Activation */
/** @typedef {import('lanewise').Spec} Spec */
/** @typedef {import('./sweeps.js').Kind} Kind */
/** @typedef {{ [option: string]: number }} Options */

/** Inputs of one call: two arrays of this length fit into the second-level cache. */
const BLOCK = 2 ** 14;

/** Inputs of a chunk, the unit of work: 256 chunks are all of float32. */
export const CHUNK = 2 ** 24;

/** How many inputs a sweep of every `stride`-th pattern has. @param {number} stride */
export function inputCount(stride) {
  return Math.ceil(2 ** 32 / stride);
}

/**
 * Inputs number `from` up to `to` of the sweep of every `stride`-th bit pattern, in blocks, with the results; NaN results have
 * the bits 0x7fc00000. An odd stride covers signs, exponents and fractions evenly.
 * @param {Activation} f @param {Kind} kind @param {Options} options @param {number} stride @param {number} [from] @param {number} [to]
 * @returns {Generator<{ x: Float32Array, y: Float32Array }>}
 */
export function* results(f, kind, options, stride, from = 0, to = inputCount(stride)) {
  const x = new Float32Array(BLOCK);
  const y = new Float32Array(BLOCK);
  for (let at = from; at < to; at += BLOCK) {
    const n = Math.min(BLOCK, to - at);
    const block = { x: x.subarray(0, n), y: y.subarray(0, n) };
    fillPatterns(block.x, at, stride);
    apply(f, kind, options, block.x, block.y);
    canonicalizeNaN(block.y);
    yield block;
  }
}

/** Value or derivative at each `x`, into `out`. @param {Activation} f @param {Kind} kind @param {Options} options @param {Float32Array} x @param {Float32Array} out */
export function apply(f, kind, options, x, out) {
  if (kind === 'value') f(x, { ...options, out });
  else f.backward(out.fill(1), x, { ...options, out });
}

/** @param {Float32Array} x @param {number} at @param {number} stride */
function fillPatterns(x, at, stride) {
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length);
  let pattern = Math.imul(at, stride);
  for (let i = 0; i < bits.length; i++) {
    bits[i] = pattern;
    pattern = (pattern + stride) | 0;
  }
}

/** @param {Float32Array} y */
function canonicalizeNaN(y) {
  const bits = new Uint32Array(y.buffer, y.byteOffset, y.length);
  for (let i = 0; i < y.length; i++) if (Number.isNaN(y[i])) bits[i] = 0x7fc00000;
}

/**
 * What the results of some inputs come to.
 * @typedef {object} Statistics
 * @property {number} ulp the largest error in ULP, outside of the root interval
 * @property {number} at the bits of its input
 * @property {number} sum the sum of these errors
 * @property {number} counted the number of inputs outside of the root interval
 * @property {number} correct how many of these have an error of at most half a ULP
 * @property {number} wrong results that are NaN, infinite or zero, or are not, against the reference
 * @property {number} wrongAt the bits of the first input of these
 * @property {number} absolute the largest absolute error in the root interval
 * @property {number} absoluteAt the bits of its input
 */

/** @returns {Statistics} */
export function noStatistics() {
  return { ulp: 0, at: 0, sum: 0, counted: 0, correct: 0, wrong: 0, wrongAt: 0, absolute: 0, absoluteAt: 0 };
}

/** Both as one, in the order of the inputs. @param {Statistics} s @param {Statistics} t @returns {Statistics} */
export function combined(s, t) {
  const first = s.ulp >= t.ulp ? s : t;
  const root = s.absolute >= t.absolute ? s : t;
  return {
    ulp: first.ulp,
    at: first.at,
    sum: s.sum + t.sum,
    counted: s.counted + t.counted,
    correct: s.correct + t.correct,
    wrong: s.wrong + t.wrong,
    wrongAt: s.wrong > 0 ? s.wrongAt : t.wrongAt,
    absolute: root.absolute,
    absoluteAt: root.absoluteAt,
  };
}

/** The numeric options as the kernels and references take them. @param {Spec} spec @param {Options} options @returns {[number, number]} */
export function numericArguments(spec, options) {
  const areFloat32 = spec.exact === true || spec.float32Options === true;
  const [a = 0, b = 0] = Object.values({ ...spec.defaults, ...options })
    .filter((value) => typeof value === 'number')
    .map((value) => (areFloat32 ? Math.fround(value) : value));
  return [a, b];
}

/** The interval in which the derivative's error is judged absolutely; the table's is one of beta x. @param {Spec} spec @param {Kind} kind @param {Options} options */
export function rootInterval({ root, defaults }, kind, options) {
  if (root === undefined || kind === 'value') return undefined;
  const { beta = 1 } = { ...defaults, ...options };
  return { from: root.from / Number(beta), to: root.to / Number(beta), error: root.error };
}

/**
 * References are right to 2^-44 relatively (test/reference.test.ts), which is this in ULP: results so near to half a ULP are for the exact
 * definition to judge. Those exactly half-way in float64 are taken at its word: so they are where the definition is piecewise
 * linear, and all but so at x / 2 + x^2 / 4 among the subnormals; elsewhere chance makes some ten of 2^32.
 */
const UNDECIDED = 2 ** -20;

/**
 * Measures blocks of results.
 * @param {Spec} spec @param {Kind} kind @param {Options} options
 * @param {(x: number, actual: number) => boolean} [isWithinHalf] whether the error is at most half a ULP, where float64 cannot tell
 * @returns {(block: { x: Float32Array, y: Float32Array }) => Statistics}
 */
export function meter(spec, kind, options, isWithinHalf = () => true) {
  const reference = spec[kind];
  const [a, b] = numericArguments(spec, options);
  const { from, to } = rootInterval(spec, kind, options) ?? { from: Infinity, to: -Infinity };
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);

  return ({ x, y }) => {
    const s = noStatistics();
    let { ulp, sum, correct } = s;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      const exact = reference(x[i], a, b);
      const actual = y[i];
      double[0] = exact;
      const exponent = (words[1] >>> 20) & 0x7ff;
      let error = Math.abs(actual - exact) * perSpacing[exponent];
      // Zero, or beyond the largest float32, or not even a number.
      if (exponent === 0 || exponent >= 1023 + 128 || !(error < Infinity)) {
        error = specialError(actual, exact, kind);
        if (error === Infinity) {
          if (s.wrong++ === 0) s.wrongAt = toBits(x[i]);
          continue;
        }
      }
      if (x[i] >= from && x[i] <= to) {
        s.counted--;
        const absolute = Math.abs(actual - exact);
        if (absolute > s.absolute) {
          s.absolute = absolute;
          s.absoluteAt = toBits(x[i]);
        }
        continue;
      }
      sum += error;
      if (error > ulp) {
        ulp = error;
        at = x[i];
      }
      const isUndecided = Math.abs(error - 0.5) < UNDECIDED && error !== 0.5;
      if (isUndecided ? isWithinHalf(x[i], actual) : error <= 0.5) correct++;
    }
    s.counted += x.length;
    return Object.assign(s, { ulp, at: toBits(at), sum, correct });
  };
}

/**
 * Infinities and zeros of the reference are exact: an infinite error, if the result is another; signs count too, but for that of a zero
 * slope, which has none. All others are in ULP.
 * @param {number} actual @param {number} exact @param {Kind} kind
 */
function specialError(actual, exact, kind) {
  if (Object.is(actual, exact)) return 0;
  if (exact === 0) return kind === 'derivative' && actual === 0 ? 0 : Infinity;
  return Math.abs(exact) === Infinity ? Infinity : ulpError(actual, exact);
}

/**
 * What exceeds the bounds of the table, in words.
 * @param {Spec} spec @param {Kind} kind @param {Options} options @param {Statistics} statistics
 * @returns {string[]}
 */
export function violations(spec, kind, options, { ulp, at, wrong, wrongAt, absolute, absoluteAt }) {
  const bound = spec.ulp[kind];
  const rootError = rootInterval(spec, kind, options)?.error ?? 0;
  return [
    ...(ulp > bound ? [`${ulp.toFixed(3)} ULP at ${show(fromBits(at))}, allowed ${bound}`] : []),
    ...(absolute > rootError
      ? [`error ${absolute.toExponential(2)} at ${show(fromBits(absoluteAt))}, allowed ${rootError}`]
      : []),
    ...(wrong > 0 ? [`${wrong} wrong NaN, infinities or zeros, the first at ${show(fromBits(wrongAt))}`] : []),
  ];
}
