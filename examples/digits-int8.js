// npm run example:int8: a network that has learnt the handwritten digits, quantised, beside itself in float32.
//
// Weights become int8, with a scale for each unit; pixels and hidden units uint8, logits int8, with scales that cover the digits that the
// network has learnt from. As in `npm run example:digits`, each of five networks is tested on the fifth of the digits that it has not seen.
//
//   npm run example:int8 -- --folds 2 --epochs 9 --seed 7

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { dequantize, quantizationParams, quantize, relu } from 'lanewise';
import { Activate, dense, heNormal, quantizedDense } from 'lanewise/nn';
import { accuracy, DIGITS, PARTS, train } from './digits-network.js';

/** What may be lost, in points. */
const LOSS = 0.5;

const { values } = parseArgs({
  options: {
    folds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
  },
});
const [FOLDS, EPOCHS, SEED] = [values.folds, values.epochs, values.seed].map(Number);
if (!(Number.isInteger(FOLDS) && FOLDS > 0 && FOLDS <= PARTS && Number.isInteger(EPOCHS) && EPOCHS > 0)) {
  console.error(`--folds must be from 1 to ${PARTS} and --epochs from 1 up, got ${values.folds} and ${values.epochs}`);
  process.exit(1);
}

const folds = Array.from({ length: FOLDS }, (_, fold) => compare(fold));
const table = new Table({
  head: ['', 'accuracy, %', 'time, ns per digit', 'weights, bytes'],
  colAligns: ['left', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
const [float32, int8] = [0, 1].map((i) => {
  const networks = folds.map((networks) => networks[i]);
  return {
    accuracy: 100 * mean(networks.map(({ accuracy }) => accuracy)),
    nanoseconds: mean(networks.map(({ nanoseconds }) => nanoseconds)),
    bytes: networks[0].bytes,
  };
});
for (const [name, { accuracy, nanoseconds, bytes }] of Object.entries({ float32, int8 })) {
  table.push([name, accuracy.toFixed(2), nanoseconds.toFixed(0), bytes]);
}
console.log(
  `${DIGITS} digits, ${FOLDS} of ${PARTS} folds, ${EPOCHS} epochs; ${cpus()[0].model.trim()}, Node ${process.version}`,
);
console.log(table.toString());
const lost = float32.accuracy - int8.accuracy;
console.log(`${lost.toFixed(2)} points lost`);
process.exitCode = lost > LOSS ? 1 : 0;

/** A network of float32 and what is made of it, each with its accuracy on the test digits, and the time that it takes. */
function compare(fold) {
  const { hidden, output, learnt, test } = train({
    activation: () => new Activate(relu),
    weights: heNormal,
    fold,
    epochs: EPOCHS,
    seed: SEED,
  });
  const [first, last] = [hidden.layers[0], output];
  const units = hidden.forward(learnt.x);
  const pixelsAs = quantizationParams([0, 1], { type: 'uint8' });
  const unitsAs = quantizationParams(units, { type: 'uint8' });
  const logitsAs = quantizationParams(last.forward(units));

  const ofFloats = [float32Layer(first, relu), float32Layer(last)];
  const ofBytes = [quantizedLayer(first, pixelsAs, unitsAs, relu), quantizedLayer(last, unitsAs, logitsAs)];
  const bytes = quantize(test.x, pixelsAs);
  const [logits, quantizedLogits] = [run(ofFloats, test.x), run(ofBytes, bytes)];
  const times = medians(
    () => run(ofFloats, test.x),
    () => run(ofBytes, bytes),
  );
  const count = first.weights.value.length + last.weights.value.length;
  return [
    { accuracy: accuracy(logits, test.labels), nanoseconds: times[0] / test.labels.length, bytes: 4 * count },
    {
      accuracy: accuracy(dequantize(quantizedLogits, logitsAs), test.labels),
      nanoseconds: times[1] / test.labels.length,
      bytes: count,
    },
  ];
}

function run([first, last], x) {
  return last(first(x));
}

function float32Layer({ weights, bias }, activation) {
  return (x) => dense(x, weights.value, { bias: bias.value, activation });
}

/** The layer with weights of bytes, the largest weight of a unit being 127, and a bias in units of the sums. */
function quantizedLayer({ weights, bias, inputs, outputs }, input, output, activation) {
  const shape = [inputs, outputs];
  const scale = Array.from({ length: outputs }, (_, unit) => {
    const own = weights.value.filter((_, i) => i % outputs === unit);
    return Math.max(...own.map(Math.abs)) / 127;
  });
  return quantizedDense({
    weights: quantize(weights.value, { scale, shape }),
    weightScale: scale,
    bias: Int32Array.from(bias.value, (b, unit) => Math.round(b / (input.scale * scale[unit]))),
    input,
    output,
    activation,
  });
}

/** Nanoseconds of each function: medians over rounds in which they take turns. */
function medians(...functions) {
  const times = functions.map(() => []);
  for (let round = 0; round < 101; round++) {
    functions.forEach((run, i) => {
      const start = performance.now();
      run();
      times[i].push((performance.now() - start) * 1e6);
    });
  }
  return times.map((own) => own.sort((a, b) => a - b)[own.length >> 1]);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
