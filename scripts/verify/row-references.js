// The functions of rows in float64, by their definitions.

/** @typedef {ArrayLike<number>} Row */

/** @param {Row} x */
const largest = (x) => Array.from(x).reduce((m, v) => Math.max(m, v), -Infinity);

/** log(sum of e^((x - max) / t)), from the sum of all but one largest element: near 0 it keeps its accuracy. @param {Row} x @param {number} t */
function logarithm(x, t) {
  const m = largest(x);
  const at = Array.from(x).indexOf(m);
  return Math.log1p(Array.from(x).reduce((sum, v, i) => (i === at ? sum : sum + Math.exp((v - m) / t)), 0));
}

/** @param {Row} x @param {number} [t] */
function logSoftmax(x, t = 1) {
  const m = largest(x);
  const l = logarithm(x, t);
  return Array.from(x, (v) => (v - m) / t - l);
}

/** @param {Row} x @param {number} [t] */
function softmax(x, t = 1) {
  const m = largest(x);
  const sum = Math.exp(logarithm(x, t));
  return Array.from(x, (v) => Math.exp((v - m) / t) / sum);
}

/** The threshold from the sorted elements. @param {Row} x */
function sparsemax(x) {
  const m = largest(x);
  const sorted = Array.from(x, (v) => v - m).sort((a, b) => b - a);
  let sum = 0;
  let threshold = -1;
  for (const [i, v] of sorted.entries()) {
    sum += v;
    if ((sum - 1) / (i + 1) >= v) break;
    threshold = (sum - 1) / (i + 1);
  }
  return Array.from(x, (v) => Math.max(v - m - threshold, 0));
}

/** Each function of one row. @type {{ [name: string]: (x: Row, t?: number) => number[] }} */
export const references = {
  softmax,
  softmin: (x, t) =>
    softmax(
      Array.from(x, (v) => -v),
      t,
    ),
  logSoftmax,
  logSumExp: (x) => [largest(x) + logarithm(x, 1)],
  sparsemax,
  hardmax(x) {
    const at = Array.from(x).indexOf(largest(x));
    return Array.from(x, (_, i) => (i === at ? 1 : 0));
  },
};
