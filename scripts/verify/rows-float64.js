// The functions of rows on Float64Arrays against results of scripts/reference-float64.py:
//   python3 scripts/reference-float64.py FILE 10000 rows && node scripts/verify/rows-float64.js FILE

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { spacing } from './float64.js';

/** @typedef {import('lanewise').Lanewise} Lanewise */
/** @typedef {{ results: Float64Array, rest: Float32Array }} Exact results, and what they lack in units in their last place */
/** @typedef {{ x: Float64Array, dy: Float64Array, temperature: number, exact: { [name: string]: Exact } }} Row */
/** @typedef {{ of: (library: Lanewise, row: Row) => Float64Array, exact: string, unit?: (row: Row, i: number) => number }} Case */

const columns = ['softmax', 'logSoftmax', 'softmax.backward', 'logSoftmax.backward', 'logSumExp', 'sparsemax'];

/** @param {string | URL} file @returns {Row[]} */
export function readRows(file) {
  const bytes = gunzipSync(readFileSync(file));
  let at = bytes.indexOf('\n') + 1;
  const take = (/** @type {number} */ size) => {
    at += size;
    return bytes.buffer.slice(bytes.byteOffset + at - size, bytes.byteOffset + at);
  };
  return JSON.parse(bytes.subarray(0, at).toString()).map((/** @type {[number, number]} */ [n, temperature]) => {
    const [x, dy] = [new Float64Array(take(8 * n)), new Float64Array(take(8 * n))];
    const parts = columns.map((name) => {
      const count = name === 'logSumExp' ? 1 : n;
      return [name, { results: new Float64Array(take(8 * count)), rest: new Float32Array(take(4 * count)) }];
    });
    return { x, dy, temperature, exact: Object.fromEntries(parts) };
  });
}

/** @param {Float64Array} y @param {Float64Array} dy */
const sumOfProducts = (y, dy) => y.reduce((sum, v, i) => sum + Math.abs(v * dy[i]), 0);
/** The sum of the magnitudes of what is subtracted. @param {Row} row @param {number} i */
const softmaxSize = ({ dy, temperature, exact: { softmax } }, i) =>
  (softmax.results[i] * (Math.abs(dy[i]) + sumOfProducts(softmax.results, dy))) / temperature;
/** @param {Row} row @param {number} i */
const logSize = ({ dy, temperature, exact: { softmax } }, i) =>
  (Math.abs(dy[i]) + Math.abs(softmax.results[i] * dy.reduce((a, b) => a + b, 0))) / temperature;
/** @param {Row} row */
const options = ({ temperature }) => ({ temperature });
const one = new Float64Array([1]);

/** What is tried, and in units of what: of the result, unless it says otherwise. @type {{ [name: string]: Case }} */
export const cases = {
  softmax: { of: (library, row) => library.softmax(row.x, options(row)), exact: 'softmax' },
  softmin: {
    of: (library, row) =>
      library.softmin(
        row.x.map((v) => -v),
        options(row),
      ),
    exact: 'softmax',
  },
  logSoftmax: { of: (library, row) => library.logSoftmax(row.x, options(row)), exact: 'logSoftmax' },
  logSumExp: {
    of: (library, { x }) => library.logSumExp(x),
    exact: 'logSumExp',
    unit: ({ x, exact: { logSumExp } }) =>
      Math.max(Math.abs(x.reduce((a, b) => Math.max(a, b))), Math.abs(logSumExp.results[0])),
  },
  sparsemax: { of: (library, { x }) => library.sparsemax(x), exact: 'sparsemax', unit: () => 1 },
  'softmax.backward': {
    of: (library, row) => library.softmax.backward(row.dy, row.x, options(row)),
    exact: 'softmax.backward',
    unit: softmaxSize,
  },
  'logSoftmax.backward': {
    of: (library, row) => library.logSoftmax.backward(row.dy, row.x, options(row)),
    exact: 'logSoftmax.backward',
    unit: logSize,
  },
  'logSumExp.backward': {
    of: (library, { x, temperature, exact: { softmax } }) =>
      temperature === 1 ? library.logSumExp.backward(one, x) : softmax.results,
    exact: 'softmax',
  },
};

/** The largest error in ULP, and where it was found. @param {Lanewise} library @param {Case} tried @param {Row[]} rows */
export function largestRowError(library, { of, exact, unit }, rows) {
  let ulp = 0;
  let at = '';
  for (const row of rows) {
    const { results, rest } = row.exact[exact];
    const y = of(library, row);
    for (const [i, near] of results.entries()) {
      const inUnits =
        Math.abs((y[i] - near) / spacing(near) - rest[i]) * (spacing(near) / spacing(unit?.(row, i) ?? near));
      const error = y[i] === near && rest[i] === 0 ? 0 : inUnits;
      if (!(error <= ulp)) {
        ulp = error;
        at = `${y[i]} for ${near}, one of ${row.x.length}`;
      }
    }
  }
  return { ulp, at };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { create } = await import('lanewise');
  const rows = readRows(argv[2]);
  const backends = /** @type {const} */ (['simd', 'relaxed', 'js']);
  console.log(`${rows.length.toLocaleString('en')} rows.\n`);
  console.log('| function | simd: max ULP | relaxed: max ULP | js: max ULP |\n| --- | --- | --- | --- |');
  const libraries = backends.map((backend) => create({ backend }));
  for (const [name, tried] of Object.entries(cases)) {
    const errors = libraries.map((library) => largestRowError(library, tried, rows).ulp.toFixed(3));
    console.log(`| ${[name, ...errors].join(' | ')} |`);
  }
}
