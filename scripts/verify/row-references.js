// The functions of rows in float64, and rows to try them on.

/** @typedef {import('lanewise').Lanewise} Lanewise */

/** @param {Float32Array} x */
const largest = (x) => x.reduce((m, v) => Math.max(m, v), -Infinity);

/** The sum of e^((x - max) / T) but for one largest element: small sums keep their accuracy. @param {Float32Array} x @param {number} t */
function others(x, t) {
  const m = largest(x);
  const at = x.indexOf(m);
  return x.reduce((sum, v, i) => (i === at ? sum : sum + Math.exp((v - m) / t)), 0);
}

/** @param {Float32Array} x @param {number} t */
const softmax = (x, t = 1) => Array.from(x, (v) => Math.exp((v - largest(x)) / t) / (1 + others(x, t)));
