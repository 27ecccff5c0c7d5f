// A 64-64-10 network that learns the handwritten digits (examples/data/README.md), of five parts of which one is kept for the test.

import { Adam, create, Dense, glorotUniform, Random, Sequential, softmaxCrossEntropy } from 'lanewise/nn';
import { PIXELS, readDigits } from './digits-data.js';

export const PARTS = 5;
export const UNITS = 64;
const CLASSES = 10;
const BATCH = 32;
const RATE = 0.002;

// `simd` has the same results on every machine.
const { activations, dense } = create({ backend: 'simd' });

export { activations };

const { pixels, labels } = readDigits();
const x = pixels.map((value) => value / 16);
export const DIGITS = labels.length;

/**
 * Trains a network on all parts but one, and calls `afterEpoch` with it. The same seed gives the same network.
 *
 * @param options.activation - gives the layer between the two dense ones
 * @param options.weights - gives the initializer of the first
 */
export function train({ activation, weights, fold, epochs, seed }, afterEpoch = () => {}) {
  const random = new Random(seed + fold);
  const hidden = new Sequential(
    new Dense({ inputs: PIXELS, units: UNITS, weights: weights(random), dense }),
    activation(),
  );
  const output = new Dense({ inputs: UNITS, units: CLASSES, weights: glorotUniform(random), dense });
  const model = new Sequential(hidden, output);
  const optimizer = new Adam({ rate: RATE });
  const order = shuffled(Array.from(labels.keys()), new Random(seed));
  const rows = order.filter((_, i) => i % PARTS !== fold);
  const [learnt, test] = [gather(rows), gather(order.filter((_, i) => i % PARTS === fold))];
  const shuffle = new Random(seed + fold);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffled(rows, shuffle);
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = gather(rows.slice(from, from + BATCH));
      const logits = model.forward(batch.x, { training: true });
      const { gradient } = softmaxCrossEntropy(logits, batch.labels, { classes: CLASSES, out: logits });
      model.backward(gradient);
      optimizer.step(model.parameters);
    }
    afterEpoch({ model, test });
  }
  return { model, hidden, output, learnt, test };
}

/** The share of rows whose largest logit is the label's. */
export function accuracy(logits, labels) {
  const right = labels.filter((label, row) => {
    const own = logits.subarray(row * CLASSES, (row + 1) * CLASSES);
    return own.indexOf(Math.max(...own)) === label;
  });
  return right.length / labels.length;
}

/** The digits of these rows as a batch. */
function gather(rows) {
  const batch = new Float32Array(rows.length * PIXELS);
  rows.forEach((row, i) => {
    batch.set(x.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  });
  return { x: batch, labels: rows.map((row) => labels[row]) };
}

/** Shuffles in place (Fisher and Yates). */
function shuffled(list, random) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
