// npm run example:digits: which activation is best for a small network? Decided by cross-validation, as it should be.
//
// A 64-64-10 network learns the handwritten digits (examples/data/README.md) once for each activation and fold: of five parts of the data
// it is tested on one and learns from the others. All networks of a fold start from the same random numbers and see the same batches. The
// same seed gives the same result.
//
// A few activations, tested on two of the parts alone:
//
//   npm run example:digits -- --folds 2 --epochs 5 --seed 7 --svg curves.svg relu gelu

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { activationStats } from 'lanewise';
import { Activate, glorotUniform, heNormal, PReLU } from 'lanewise/nn';
import { accuracy, activations, DIGITS, PARTS, train, UNITS } from './digits-network.js';
import { learningCurves } from './learning-curves.js';

const GOAL = 0.95;

const layers = {
  ...Object.fromEntries(Object.entries(activations).map(([name, f]) => [name, () => new Activate(f)])),
  prelu: () => new PReLU({ features: UNITS }),
};
/** Saturating functions start from smaller weights. */
const SATURATING = ['tanh', 'sigmoid'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    svg: { type: 'string', default: new URL('../docs/digits.svg', import.meta.url).pathname },
  },
});
const [FOLDS, EPOCHS, SEED] = [values.folds, values.epochs, values.seed].map(Number);
const names = positionals.length
  ? positionals
  : ['relu', 'leakyRelu', 'prelu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'tanh', 'sigmoid'];
if (!(isCount(FOLDS) && FOLDS <= PARTS && isCount(EPOCHS))) {
  fail(`--folds must be from 1 to ${PARTS} and --epochs from 1 up, got ${values.folds} and ${values.epochs}`);
}
const unknown = names.find((name) => !Object.hasOwn(layers, name));
if (unknown !== undefined) fail(`no activation ${unknown}, expected some of ${Object.keys(layers).sort().join(', ')}`);

const bar = new SingleBar(
  { format: '{bar} {percentage} %  {name}, fold {fold}  {eta_formatted} left', hideCursor: true },
  Presets.shades_classic,
);
bar.start(names.length * FOLDS * EPOCHS, 0, { name: '', fold: '' });
const results = names.map((name) => {
  const start = performance.now();
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    bar.update({ name, fold: fold + 1 });
    return learn(name, fold);
  });
  return { name, folds, seconds: (performance.now() - start) / 1000 };
});
bar.stop();

const table = new Table({
  head: ['activation', 'test accuracy, %', 'spread', `epochs to ${100 * GOAL} %`, 'dead units', 'time, s'],
  colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
for (const { name, folds, seconds } of results) {
  const last = folds.map(({ accuracies }) => accuracies.at(-1));
  const reached = folds.map(({ accuracies }) => accuracies.findIndex((accuracy) => accuracy >= GOAL) + 1);
  table.push([
    name,
    (100 * mean(last)).toFixed(2),
    (100 * deviation(last)).toFixed(2),
    reached.includes(0) ? '-' : mean(reached).toFixed(1),
    `${mean(folds.map(({ dead }) => dead)).toFixed(1)} of ${UNITS}`,
    seconds.toFixed(1),
  ]);
}
console.log(
  `${DIGITS} digits, ${FOLDS} of ${PARTS} folds, ${EPOCHS} epochs; ${cpus()[0].model.trim()}, Node ${process.version}`,
);
console.log(table.toString());
console.log(
  'Accuracy after the last epoch, mean and standard deviation over the folds. A dead unit is 0 for all of the test digits.',
);
const curves = results.flatMap(({ name, folds }) =>
  Array.from({ length: EPOCHS }, (_, i) => ({
    name,
    epoch: i + 1,
    error: 100 - 100 * mean(folds.map(({ accuracies }) => accuracies[i])),
  })),
);
writeFileSync(values.svg, learningCurves(curves, 'Errors among the test digits, by epoch; in grey all activations'));
console.log(`Learning curves: ${values.svg}`);

function isCount(value) {
  return Number.isInteger(value) && value > 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Trains a network on all folds but one, on which it is tested after each epoch. */
function learn(name, fold) {
  const accuracies = [];
  const options = {
    activation: layers[name],
    weights: SATURATING.includes(name) ? glorotUniform : heNormal,
    fold,
    epochs: EPOCHS,
    seed: SEED,
  };
  const { hidden, test } = train(options, ({ model, test }) => {
    accuracies.push(accuracy(model.forward(test.x), test.labels));
    bar.increment();
  });
  return {
    accuracies,
    dead: activationStats(hidden.forward(test.x), { shape: [test.labels.length, UNITS] }).total.dead,
  };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values) {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
