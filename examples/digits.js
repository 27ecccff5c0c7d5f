// npm start: every activation on real data, checked against float64 and timed against plain JavaScript.
//
// The input is 1,797 handwritten digits of 64 pixels (examples/data/README.md), standardised: each pixel position has mean 0 and
// variance 1 over the data set.

import { cpus } from 'node:os';
import Table from 'cli-table3';
import { activations, backend, createArena } from 'lanewise';
import { plain } from '../bench/plain.js';
import { PIXELS, readDigits } from './digits-data.js';

const x = standardise(readDigits().pixels);
const arena = createArena(8 * x.length + 128);
const source = arena.float32(x.length);
source.set(x);
const out = arena.float32(x.length);
const plainOut = new Float32Array(x.length);

console.log(
  `${x.length.toLocaleString('en')} standardised pixel values; ${cpus()[0].model.trim()}, Node ${process.version}, backend ${backend}`,
);
const table = new Table({
  head: ['activation', 'formula', 'ns/element', 'speed-up over plain JS', 'max error, ULP'],
  colAligns: ['left', 'left', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
let failed = false;
for (const [name, f] of Object.entries(activations)) {
  const [ns, plainNs] = medians([() => f(source, { out }), () => plain[name].forward(x, plainOut)]);
  const error = maximumError(f.spec, x, out);
  failed ||= error > f.spec.ulp.value;
  table.push([name, f.spec.formula, ns.toFixed(2), `${(plainNs / ns).toFixed(1)} x`, error.toFixed(2)]);
}
console.log(table.toString());
console.log(failed ? 'FAILED: an error exceeds its bound' : 'All results are within their error bounds.');
process.exitCode = failed ? 1 : 0;

function standardise(values) {
  const rows = values.length / PIXELS;
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    const column = Array.from({ length: rows }, (_, row) => values[row * PIXELS + pixel]);
    const mean = column.reduce((sum, v) => sum + v) / rows;
    const deviation = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / rows);
    // A pixel that is always blank has no deviation.
    for (let row = 0; row < rows; row++)
      values[row * PIXELS + pixel] = deviation > 0 ? (column[row] - mean) / deviation : 0;
  }
  return values;
}

/** Nanoseconds per element of each function: medians over rounds in which they take turns. */
function medians(functions, rounds = 25) {
  const times = functions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    functions.forEach((run, i) => {
      const start = performance.now();
      run();
      times[i].push(((performance.now() - start) * 1e6) / x.length);
    });
  }
  return times.map((t) => t.sort((a, b) => a - b)[t.length >> 1]);
}

/** The largest error of `results`, in ULP of float32 at the exact value. */
function maximumError({ value, defaults }, inputs, results) {
  const [a, b] = Object.values(defaults).filter((v) => typeof v === 'number');
  let worst = 0;
  for (let i = 0; i < inputs.length; i++) {
    const exact = value(inputs[i], a, b);
    const ulp = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(exact))), -126) - 23);
    worst = Math.max(worst, Math.abs(results[i] - exact) / ulp);
  }
  return worst;
}
