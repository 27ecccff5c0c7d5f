// Gradients of the functions of rows and of the structured functions in float64, by their formulas.

import { gelu, relu, sigmoid, silu } from 'lanewise';
import { references } from './row-references.js';

/** @typedef {import('lanewise').Lanewise} Lanewise */
/**
 * What a function gave, what is exact, and where terms cancel, the sizes of which the error is counted in ULP.
 * @typedef {{ actual: ArrayLike<number>, exact: number[], sizes?: number[] }} Comparison
 */

const sum = (/** @type {number[]} */ values) => values.reduce((total, v) => total + v, 0);

/** @param {'softmax' | 'softmin'} name @param {number} sign */
const softmax =
  (name, sign) => (/** @type {Lanewise} */ library, /** @type {Float32Array} */ x, /** @type {Float32Array} */ dy) => {
    const y = references[name](x);
    const mean = sum(y.map((v, i) => v * dy[i]));
    const size = sum(y.map((v, i) => v * Math.abs(dy[i])));
    return {
      actual: library[name].backward(dy, x),
      exact: y.map((v, i) => sign * v * (dy[i] - mean)),
      sizes: y.map((v, i) => v * (Math.abs(dy[i]) + size)),
    };
  };

/** Of a f(b), or f(a) b where `first`. @param {'glu' | 'reglu' | 'geglu' | 'swiglu'} name @param {import('lanewise').Activation} f @param {boolean} first */
const gated =
  (name, f, first) =>
  (/** @type {Lanewise} */ library, /** @type {Float32Array} */ x, /** @type {Float32Array} */ dy) => {
    const h = x.length;
    const other = x.slice().reverse();
    const [a, b] = first ? [x, other] : [other, x];
    const { value, derivative, defaults } = f.spec;
    const options = Object.values(defaults).filter((v) => typeof v === 'number');
    const [p, q] = [options[0] ?? 0, options[1] ?? 0];
    const through = Array.from(x, (v, i) => dy[i] * other[i] * derivative(v, p, q));
    const beside = Array.from(x, (v, i) => dy[i] * value(v, p, q));
    const both = new Float32Array(2 * h);
    both.set(a);
    both.set(b, h);
    // A derivative near its zero, or a subnormal one, has an absolute error.
    const size = Array.from(through, (v, i) => Math.max(Math.abs(v), Math.abs(dy[i] * other[i]) / 64));
    const sizes = Array.from(beside, Math.abs);
    return {
      actual: library[name].backward(dy, both),
      exact: first ? [...through, ...beside] : [...beside, ...through],
      sizes: first ? [...size, ...sizes] : [...sizes, ...size],
    };
  };

/** Each function's gradient at one row, with a bound in ULP. @type {{ [name: string]: { ulp: number, of: (library: Lanewise, x: Float32Array, dy: Float32Array) => Comparison } }} */
export const gradients = {
  softmax: { ulp: 4, of: softmax('softmax', 1) },
  softmin: { ulp: 4, of: softmax('softmin', -1) },
  logSoftmax: {
    ulp: 4,
    of(library, x, dy) {
      const p = references.softmax(x);
      const total = sum(Array.from(dy));
      return {
        actual: library.logSoftmax.backward(dy, x),
        exact: p.map((v, i) => dy[i] - v * total),
        sizes: p.map((v, i) => Math.abs(dy[i]) + v * Math.abs(total)),
      };
    },
  },
  logSumExp: {
    ulp: 4,
    of: (library, x, dy) => ({
      actual: library.logSumExp.backward(dy.subarray(0, 1), x),
      exact: references.softmax(x).map((v) => dy[0] * v),
    }),
  },
  sparsemax: {
    ulp: 2,
    of(library, x, dy) {
      const y = references.sparsemax(x);
      const support = Array.from(dy).filter((_, i) => y[i] > 0);
      const [mean, size] = [sum(support), sum(support.map(Math.abs))].map((v) => v / support.length);
      return {
        actual: library.sparsemax.backward(dy, x),
        exact: y.map((v, i) => (v > 0 ? dy[i] - mean : 0)),
        sizes: Array.from(dy, (v) => Math.abs(v) + size),
      };
    },
  },
  prelu: {
    ulp: 0.5,
    of: (library, x, dy) => ({
      actual: library.prelu.backward(dy, x, new Float32Array([0.25])).dx,
      exact: Array.from(x, (v, i) => dy[i] * (v > 0 ? 1 : 0.25)),
    }),
  },
  'prelu, slopes': {
    ulp: 1,
    of(library, x, dy) {
      const terms = Array.from(x, (v, i) => (v > 0 ? 0 : v * dy[i]));
      return {
        actual: library.prelu.backward(dy, x, new Float32Array([0.25])).dslopes,
        exact: [sum(terms)],
        sizes: [sum(terms.map(Math.abs))],
      };
    },
  },
  glu: { ulp: 5, of: gated('glu', sigmoid, false) },
  reglu: { ulp: 1, of: gated('reglu', relu, true) },
  geglu: { ulp: 5, of: gated('geglu', gelu, true) },
  swiglu: { ulp: 5, of: gated('swiglu', silu, true) },
  maxout: {
    ulp: 0,
    of(library, x, dy) {
      const both = new Float32Array(2 * x.length);
      for (const [i, v] of x.entries()) both.set([v, x[x.length - 1 - i]], 2 * i);
      const exact = Array.from(both, (_, i) => {
        const isFirst = both[i - (i % 2)] >= both[i - (i % 2) + 1];
        return isFirst === (i % 2 === 0) ? dy[i >> 1] : 0;
      });
      return { actual: library.maxout.backward(dy, both), exact };
    },
  },
  crelu: {
    ulp: 0,
    of(library, x, dy) {
      const both = new Float32Array([...dy, ...dy.slice().reverse()]);
      const exact = Array.from(x, (v, i) => (v > 0 ? both[i] : v < 0 ? -both[x.length + i] : 0));
      return { actual: library.crelu.backward(both, x), exact };
    },
  },
  'gelu with bias': {
    ulp: 5,
    of(library, x, dy) {
      const bias = x.map((_, i) => Math.sin(i));
      const exact = Array.from(x, (v, i) => dy[i] * gelu.spec.derivative(Math.fround(v + bias[i]), 0, 0));
      return { actual: library.gelu.backward(dy, x, { bias }), exact };
    },
  },
};
