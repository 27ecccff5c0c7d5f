// npm run verify:rows [-- --rows 20000 --backend simd]
//
// Tries the functions of rows on rows of all kinds of magnitudes and lengths, and writes the largest errors to docs/rows-accuracy.md.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as lanewise from 'lanewise';
import { ulpError } from './float32.js';
import { references, rowsOfAllKinds } from './row-references.js';

const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '20000' }, backend: { type: 'string', multiple: true } },
});
const count = Number(flags.rows);
const backends = /** @type {lanewise.Backend[]} */ (flags.backend ?? ['simd', 'relaxed', 'js']);

/** What is bounded, and how far: see docs/rows.md. */
const bounds = { softmax: 3, softmin: 3, logSoftmax: 3, logSumExp: 3, sparsemax: 3 };

/** @typedef {{ name: string, ulp: number, at: string, sum: number }} Result */

/** @param {lanewise.Backend} backend @returns {Result[]} */
function measure(backend) {
  const library = lanewise.create({ backend });
  return Object.entries(references).map(([name, { f, value, scale }]) => {
    const result = { name, ulp: 0, at: '', sum: 0 };
    for (const x of rowsOfAllKinds(count)) {
      const exact = value(x);
      const y = f(library)(x);
      for (let i = 0; i < y.length; i++) {
        const unit = scale?.(x, exact[i]) ?? exact[i];
        const error = unit === exact[i] ? ulpError(y[i], exact[i]) : ulpError(unit + (y[i] - exact[i]), unit);
        if (error > result.ulp) Object.assign(result, { ulp: error, at: `${x.length} elements, ${y[i]} for ${exact[i]}` });
      }
    }
    return result;
  });
}
for (const backend of backends) console.log(backend, measure(backend));
