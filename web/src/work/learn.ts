import type { Activation } from 'lanewise';
import { Adam, Dense, heNormal, Random, Sequential, softmaxCrossEntropy } from 'lanewise/nn';
import digitsUrl from '../../../examples/data/digits.csv.gz?url';
import { activationOf, type Choice } from './lanewise';

export interface TrainRequest {
  readonly choice: Choice;
  readonly rate: number;
  readonly epochs: number;
  readonly batch: number;
  /** What the biases of the hidden units start as. */
  readonly bias: number;
  readonly seed: number;
}

export interface Epoch {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly testLoss: number;
  /** Fractions of digits recognised. */
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  /** For each hidden unit, the fraction of training digits for which its derivative is above `PASSING` in magnitude. */
  readonly active: Float32Array;
}

export interface Digit {
  /** 8 x 8, from 0 to 1. */
  readonly pixels: Float32Array;
  readonly label: number;
}

const PIXELS = 64;
const CLASSES = 10;
export const UNITS = 64;
/** A unit with a smaller derivative hardly learns. */
const PASSING = 0.01;
const TEST_SHARE = 0.2;

interface Digits {
  readonly pixels: Float32Array;
  readonly labels: Uint8Array;
}

let loaded: Promise<Digits> | undefined;
let model: Sequential | undefined;
let isHalted = false;

/** Trains a 64-64-10 network, and reports before the first and after every epoch. Ends early at `halt`. */
export async function train(request: TrainRequest, report: (epoch: Epoch) => void): Promise<void> {
  const { choice, rate, epochs, batch, bias, seed } = request;
  const f = activationOf(choice);
  const digits = await digitsNow();
  const random = new Random(seed);
  const [test, training] = split(digits, shuffled(digits.labels.length, random));
  const hidden = new Dense({
    inputs: PIXELS,
    units: UNITS,
    weights: heNormal(random),
    bias: new Float32Array(UNITS).fill(bias),
  });
  const network = new Sequential(hidden, f, new Dense({ inputs: UNITS, units: CLASSES, weights: heNormal(random) }));
  const optimizer = new Adam({ rate });
  model = network;
  isHalted = false;
  for (let epoch = 0; ; epoch++) {
    const [own, other] = [evaluate(network, training), evaluate(network, test)];
    report({
      epoch,
      trainLoss: own.loss,
      testLoss: other.loss,
      trainAccuracy: own.accuracy,
      testAccuracy: other.accuracy,
      active: activity(f, hidden.forward(training.pixels)),
    });
    // A turn of the event loop, in which `halt` and `recognise` are heard.
    await new Promise((resolve) => setTimeout(resolve));
    if (epoch === epochs || isHalted || model !== network) return;
    const order = shuffled(training.labels.length, random);
    for (let from = 0; from < order.length; from += batch) {
      const { pixels, labels } = gather(training, order.subarray(from, from + batch));
      const { gradient } = softmaxCrossEntropy(network.forward(pixels), labels, { classes: CLASSES });
      network.backward(gradient);
      optimizer.step(network.parameters);
    }
  }
}

/** Has `train` end after its epoch; what it has learned stays. */
export function halt(): void {
  isHalted = true;
}

/** The probability of each digit. */
export function recognise(pixels: Float32Array): Float32Array {
  if (model === undefined) throw new Error('Train the network first.');
  const logits = model.forward(pixels);
  const max = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - max));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** One of the digits, of which the network may have seen most. */
export async function sample(): Promise<Digit> {
  const digits = await digitsNow();
  const { pixels, labels } = gather(digits, Uint32Array.of(Math.floor(Math.random() * digits.labels.length)));
  return { pixels, label: labels[0] };
}

function evaluate(network: Sequential, { pixels, labels }: Digits): { loss: number; accuracy: number } {
  const logits = network.forward(pixels);
  const { loss } = softmaxCrossEntropy(logits, labels, { classes: CLASSES });
  let right = 0;
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return { loss, accuracy: right / labels.length };
}

function activity(f: Activation, sums: Float32Array): Float32Array {
  const slopes = f.backward(new Float32Array(sums.length).fill(1), sums);
  const counts = new Float32Array(UNITS);
  for (let i = 0; i < slopes.length; i++) if (Math.abs(slopes[i]) > PASSING) counts[i % UNITS]++;
  return counts.map((count) => (count * UNITS) / slopes.length);
}

function digitsNow(): Promise<Digits> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Digits> {
  const response = await fetch(digitsUrl);
  if (!response.ok) throw new Error(`The digits could not be loaded: ${response.status} ${response.statusText}`);
  let bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers send a .gz file as such, others as the text that it holds.
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const text = new Response(bytes).body?.pipeThrough(new DecompressionStream('gzip'));
    bytes = new Uint8Array(await new Response(text).arrayBuffer());
  }
  const rows = new TextDecoder()
    .decode(bytes)
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return {
    pixels: Float32Array.from(rows.flatMap((row) => row.slice(0, PIXELS).map((v) => v / 16))),
    labels: Uint8Array.from(rows, (row) => row[PIXELS]),
  };
}

function split(digits: Digits, order: Uint32Array): [test: Digits, training: Digits] {
  const tests = Math.floor(order.length * TEST_SHARE);
  return [gather(digits, order.subarray(0, tests)), gather(digits, order.subarray(tests))];
}

function gather({ pixels, labels }: Digits, rows: Uint32Array): Digits {
  const own = new Float32Array(rows.length * PIXELS);
  rows.forEach((row, i) => {
    own.set(pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  });
  return { pixels: own, labels: Uint8Array.from(rows, (row) => labels[row]) };
}

function shuffled(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
