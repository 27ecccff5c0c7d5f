// npm run verify:rows [-- --rows 100000]
//
// Tries the functions of rows on random rows of all kinds of magnitudes, their gradients and those of the structured functions, against
// float64, and writes docs/rows-accuracy.md.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { create } from 'lanewise';
import { ulpError } from './float32.js';
import { gradients } from './gradients.js';
import { references } from './row-references.js';

const { values: flags } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
const count = Number(flags.rows);
if (!(count >= 1)) {
  console.error('verify:rows: --rows takes a number');
  process.exit(2);
}

/** Bounds in ULP of the result; where the definition cancels, in ULP of 1 or, if that is larger, of the largest element. */
const bounds = /** @type {const} */ ({
  softmax: { ulp: 3, sum: 2 },
  softmin: { ulp: 3, sum: 2 },
  logSoftmax: { ulp: 3 },
  logSumExp: { ulp: 1, absolute: true },
  sparsemax: { ulp: 1, absolute: true },
});

let state = 1;
/** Of 0..1, the same in every run. */
function uniform() {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 0) / 2 ** 32;
}

/** @template T @param {T[]} values */
const oneOf = (values) => values[Math.floor(uniform() * values.length)];

/** Rows of 1 to 1000 elements, short ones more often: spread over so much, about so much. */
function randomRow() {
  const n = 1 + Math.floor(1000 * uniform() ** 4);
  const spread = oneOf([0.01, 1, 10, 60, 110, 250]);
  const about = oneOf([0, 0, 1, -30, 90, -200, 206, 300, -1e4, 1e8, -1e30]);
  return Float32Array.from({ length: n }, () => about + spread * (2 * uniform() - 1));
}

const libraries = /** @type {const} */ (['simd', 'relaxed', 'js']).map((backend) => create({ backend }));
const names = /** @type {(keyof typeof bounds)[]} */ (Object.keys(bounds));
/** @type {{ [key: string]: { ulp: number, at: string, sum: number } }} */
const worst = {};
for (let r = 0; r < count; r++) {
  const x = randomRow();
  const size = x.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  for (const name of names) {
    const exact = references[name](x);
    for (const library of libraries) {
      worst[`${library.backend} ${name}`] ??= { ulp: 0, at: '', sum: 0 };
      const w = worst[`${library.backend} ${name}`];
      const y = library[name](x);
      let sum = 0;
      for (let i = 0; i < y.length; i++) {
        sum += y[i];
        const unit = name === 'logSumExp' ? Math.max(size, Math.abs(exact[i])) : 1;
        const error =
          'absolute' in bounds[name] ? Math.abs(y[i] - exact[i]) / unit / 2 ** -23 : ulpError(y[i], exact[i]);
        if (error > w.ulp) Object.assign(w, { ulp: error, at: `${y[i]} for ${exact[i]}, one of ${x.length}` });
      }
      w.sum = Math.max(w.sum, Math.abs(sum - 1) / 2 ** -23);
    }
  }
}

/** @type {{ [key: string]: { ulp: number, at: string } }} */
const worstGradients = {};
for (let r = 0; r < count / 4; r++) {
  const n = 1 + Math.floor(300 * uniform() ** 3);
  const spread = oneOf([0.1, 1, 4, 20]);
  const x = Float32Array.from({ length: n }, () => spread * (2 * uniform() - 1));
  const dy = x.map(() => 2 * uniform() - 1);
  for (const [name, { of }] of Object.entries(gradients)) {
    for (const library of libraries) {
      worstGradients[`${library.backend} ${name}`] ??= { ulp: 0, at: '' };
      const w = worstGradients[`${library.backend} ${name}`];
      const { actual, exact, sizes } = of(library, x, dy);
      for (const [i, v] of exact.entries()) {
        const error =
          sizes === undefined
            ? ulpError(actual[i], v)
            : Math.abs(actual[i] - v) / Math.max(sizes[i] * 2 ** -23, 2 ** -149);
        if (!(error <= w.ulp)) Object.assign(w, { ulp: error, at: `${actual[i]} for ${v}, one of ${exact.length}` });
      }
    }
  }
}

const gradientLines = Object.entries(worstGradients).map(([key, { ulp, at }]) => {
  const backend = key.split(' ')[0];
  const name = key.slice(backend.length + 1);
  return [name, backend, gradients[name].ulp, ulp.toFixed(3), at];
});
const gradientTable = [['gradient of', 'backend', 'bound', 'max ULP', 'at'], Array(5).fill('---'), ...gradientLines];
const lines = Object.entries(worst).map(([key, { ulp, at, sum }]) => {
  const [backend, name] = key.split(' ');
  const bound = bounds[/** @type {keyof typeof bounds} */ (name)];
  const sums = 'sum' in bound ? [bound.sum, sum.toFixed(3)] : ['', ''];
  return [name, backend, bound.ulp, ulp.toFixed(3), at, ...sums];
});
const table = [
  ['function', 'backend', 'bound', 'max ULP', 'at', 'bound of the sum', 'max, ULP of 1'],
  Array(7).fill('---'),
  ...lines,
];
writeFileSync(
  new URL('../../docs/rows-accuracy.md', import.meta.url),
  `# Accuracy of the functions of rows

\`npm run verify:rows\` tries ${count.toLocaleString('en')} random rows of 1 to 1000 elements, spread over 0.02 to 500 about 0 to 1e30 in magnitude, against
float64, and writes this page. Errors are in ULP of the exact result, subnormal ones included; of sparsemax in ULP of 1; of logSumExp in ULP
of the row's largest magnitude, or of 1 or the result if that is larger.

${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

## Gradients

Against the formulas in float64, on rows of 1 to 300 elements, spread over 0.2 to 40 about 0, with dy in -1..1. Where terms cancel, errors are in ULP
of the sum of their magnitudes: softmax, softmin, logSoftmax, sparsemax, slopes; of gated units, for the half that passes the function f, of the
gradient or of 1/64 of what f' is multiplied by.

${gradientTable.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`,
);
const faults = [...lines, ...gradientLines.map((cells) => [...cells, '', ''])].filter(
  ([, , bound, ulp, , sumBound, sum]) => Number(ulp) > Number(bound) || Number(sum) > Number(sumBound || Infinity),
);
console.log([...table, ...gradientTable].map((cells) => cells.join('  ')).join('\n'));
console.log(faults.length > 0 ? `${faults.length} exceed their bounds` : 'All are within their bounds.');
process.exit(faults.length > 0 ? 1 : 0);
