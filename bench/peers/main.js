// npm run bench:peers [-- names... --n 1e6,1e3 --rounds 5 --seconds 5 --python --write]
//
// lanewise and other libraries, side by side: time per element end to end (from a Float32Array to a Float32Array) and of the
// computation alone, on data that is resident where the library computes, each with one thread; and the largest error in ULP.
// softmax is of rows of 1000 elements.
// Every peer runs in a process of its own, anew for each activation (worker.js); they take turns, round by round, and the
// figures are medians over the rounds. Rounds end early, after three, when those of one activation and size have taken `--seconds`.
// `--python` adds NumPy and PyTorch of python3 (or of $PYTHON); `--write` puts the tables into docs/performance.md.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { markdownTable } from 'markdown-table';
import { activations } from '../../dist/index.js';
import { ulpError } from '../../scripts/verify/float32.js';
import { references } from '../../scripts/verify/row-references.js';
import { ROW } from './rows.js';

const everything = 'relu leakyRelu elu selu sigmoid tanh gelu silu softplus mish softmax'.split(' ');
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', default: '1e3,1e5,1e6,1e7' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    python: { type: 'boolean' },
    write: { type: 'boolean' },
  },
});
const names = positionals.length > 0 ? positionals : everything;
const sizes = flags.n.split(',').map(Number);
const rounds = Number(flags.rounds);
const budget = Number(flags.seconds) * 1000;
const unknown = names.filter((name) => !everything.includes(name));
const unit = names.includes('softmax') ? ROW : 1;
if (unknown.length > 0 || !sizes.every((n) => Number.isInteger(n / unit) && n > 0) || !(rounds >= 1 && budget >= 0)) {
  console.error(
    `bench:peers: ${unknown.length > 0 ? `no ${unknown.join(', ')}` : `--n takes multiples of ${unit}, --rounds and --seconds numbers`}`,
  );
  process.exit(2);
}

const node = (...args) => ['node', process.execPath, new URL('worker.js', import.meta.url).pathname, ...args];
const python = (library) => [
  'native',
  process.env.PYTHON ?? 'python3',
  new URL('python.py', import.meta.url).pathname,
  library,
];
const commands = [
  node('./lanewise.js'),
  node('./javascript.js'),
  node('./stdlib.js'),
  node('./numpy-ts.js'),
  node('./tfjs.js', 'cpu'),
  node('./tfjs.js', 'wasm'),
  node('./onnxruntime.js', 'web'),
  ['native', ...node('./onnxruntime.js', 'node').slice(1)],
  ...(flags.python ? [python('numpy'), python('torch')] : []),
];
const kinds = ['resident', 'endToEnd'];

/** A call that takes longer than this, in nanoseconds, is measured once. */
const SLOW = 1e9;

/** Starts a peer; undefined, with a message, where its library is missing. */
async function start([platform, command, ...args]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => child.once('error', reject));
  const receive = async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error(`${args.at(-1)} ended`);
    return JSON.parse(value);
  };
  const { name, version, missing } = await receive();
  if (missing) {
    notes.add(`${args.at(-1)} is left out: ${missing}`);
    return;
  }
  return {
    name,
    version,
    platform,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const reply = await receive();
      if (reply.error) throw new Error(`${name}: ${reply.error}`);
      return reply;
    },
    end: () => child.stdin.end(),
  };
}

/** Nanoseconds per element, `{ resident, endToEnd }` of each peer that has the activation. */
async function time(peers, activation, n) {
  const active = [];
  for (const peer of peers) {
    const { supported } = await peer.ask({ prepare: activation, x: inputs.get(n) });
    if (supported) active.push({ peer, times: { resident: [], endToEnd: [] } });
  }
  const end = performance.now() + budget;
  for (let round = 0; round <= rounds && (round <= Math.min(3, rounds) || performance.now() < end); round++) {
    for (const { peer, times } of active) {
      for (const kind of kinds) {
        if (times[kind][0] * n > SLOW) continue;
        const { nanoseconds } = await peer.ask({ measure: kind, milliseconds: 20 });
        const warmUp = round === 0 && nanoseconds <= SLOW; // of the compiler, and of pages never touched before
        if (!warmUp) times[kind].push(nanoseconds / n);
      }
    }
  }
  return new Map(active.map(({ peer, times }) => [peer.name, mapValues(times, median)]));
}

/** The largest error of each peer that has the activation, in ULP. */
async function errors(peers, activation) {
  const exact = activation === 'softmax' ? exactRows() : exactValues(activations[activation].spec);
  const worst = new Map();
  for (const peer of peers) {
    const { supported } = await peer.ask({ prepare: activation, x: inputs.get('accuracy') });
    if (!supported) continue;
    const file = join(directory, 'result');
    await peer.ask({ result: file });
    const bytes = readFileSync(file);
    const y = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    worst.set(
      peer.name,
      exact.reduce((most, v, i) => Math.max(most, ulpError(y[i], v)), 0),
    );
  }
  return worst;
}

function exactValues({ value, defaults }) {
  const options = Object.values(defaults).filter((v) => typeof v === 'number');
  return Array.from(accuracyX, (x) => value(x, ...options));
}

/** softmax of rows over all of the inputs' range. */
function exactRows() {
  const count = accuracyX.length / ROW;
  return Array.from({ length: count }, (_, r) => references.softmax(accuracyX.subarray(r * ROW, (r + 1) * ROW))).flat();
}

const directory = mkdtempSync(join(tmpdir(), 'lanewise-peers-'));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.on('exit', () => rmSync(directory, { recursive: true }));
const inputs = new Map();
function input(key, x) {
  inputs.set(key, join(directory, `x-${key}`));
  writeFileSync(inputs.get(key), x);
  return x;
}
for (const n of sizes) {
  input(
    n,
    Float32Array.from({ length: n }, () => 8 * Math.random() - 4),
  );
}
const accuracyX = input(
  'accuracy',
  Float32Array.from({ length: 120_000 }, (_, i) => (i < 1e5 ? -8 + 16e-5 * (i + 0.5) : -8 - 46e-4 * (i - 1e5 + 0.5))),
);

const notes = new Set();
const libraries = new Map();
const bar = new SingleBar({
  format: '{bar} {value}/{total} {what}, {eta_formatted} left',
  stream: process.stderr,
  clearOnComplete: true,
});
if (process.stderr.isTTY) bar.start(names.length * sizes.length, 0, { what: '' });
const results = [];
for (const activation of names) {
  const present = (await Promise.all(commands.map(start))).filter(Boolean);
  for (const { name, version, platform } of present) libraries.set(name, { version, platform });
  const ulp = await errors(present, activation);
  const times = new Map();
  for (const n of sizes) {
    bar.update({ what: `${activation} n = ${n}` });
    times.set(n, await time(present, activation, n));
    bar.increment();
  }
  results.push({ activation, ulp, times });
  for (const peer of present) peer.end();
}
bar.stop();

const [lanewise, ...others] = libraries.keys();
const report = [
  `${cpus()[0].model.trim()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; one thread; medians of ${rounds} interleaved rounds.`,
  `${[...libraries].map(([name, { version }]) => `${name} ${version}`).join(', ')}.`,
  ...notes,
  '### Against the fastest other in JavaScript and WebAssembly',
  "Its time as a multiple of lanewise's; in bold where lanewise is not faster.",
  summary(others.filter((name) => libraries.get(name).platform === 'node')),
  ...others
    .filter((name) => libraries.get(name).platform === 'native')
    .flatMap((name) => [`### Against ${name}, native`, summary([name])]),
  '### Each library',
  "Nanoseconds per element and, in brackets, the multiple of lanewise's; ULP is the largest error.",
  ...results.flatMap((result) => [`#### ${result.activation}`, details(result)]),
].join('\n\n');
console.log(report);
if (flags.write) write(report);

/** For each activation and size the time of the fastest of the rivals, by lanewise's; and the geometric means. */
function summary(rivals) {
  const ratios = results.map(({ activation, times }) => ({
    activation,
    cells: columns().map(({ kind, n }) => {
      const ns = (name) => times.get(n).get(name)?.[kind] ?? Infinity;
      const best = rivals.reduce((a, b) => (ns(b) < ns(a) ? b : a));
      return { best, ratio: ns(best) / ns(lanewise) };
    }),
  }));
  const bold = (ratio) => (Number.isNaN(ratio) ? '' : ratio < 1 ? `**${ratio.toFixed(2)}**` : ratio.toFixed(2));
  const cell = ({ best, ratio }) => {
    if (ratio === Infinity) return '';
    return rivals.length > 1 ? `${bold(ratio)} ${best.replace('TensorFlow.js', 'tfjs')}` : bold(ratio);
  };
  const mean = (i) => {
    const finite = ratios.map(({ cells }) => cells[i].ratio).filter(Number.isFinite);
    return Math.exp(finite.reduce((sum, ratio) => sum + Math.log(ratio), 0) / finite.length);
  };
  return table([
    ['', ...columns().map(({ label }) => label)],
    ...ratios.map(({ activation, cells }) => [activation, ...cells.map(cell)]),
    ['geometric mean', ...columns().map((_, i) => bold(mean(i)))],
  ]);
}

function details({ ulp, times }) {
  return table([
    ['', 'ULP', ...columns().map(({ label }) => label)],
    ...[...ulp].map(([name, worst]) => [
      name,
      worst < 100 ? worst.toPrecision(2) : worst.toExponential(0).replace('e+', 'e'),
      ...columns().map(({ kind, n }) => {
        const ns = times.get(n).get(name)[kind];
        const ratio = ns / times.get(n).get(lanewise)[kind];
        const shown = ns >= 100 ? ns.toFixed(0) : ns.toPrecision(2);
        return name === lanewise ? shown : `${shown} (${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)})`;
      }),
    ]),
  ]);
}

function columns() {
  const shown = { resident: 'resident', endToEnd: 'end to end' };
  return kinds.flatMap((kind) =>
    sizes.map((n) => ({ kind, n, label: `${shown[kind]}, ${n.toExponential().replace('e+', 'e')}` })),
  );
}

function table(rows) {
  return markdownTable(rows, { align: ['l', ...rows[0].slice(1).map(() => 'r')] });
}

/** Replaces what stands between the two markers of docs/performance.md. */
function write(report) {
  const file = new URL('../../docs/performance.md', import.meta.url);
  const [before, after] = ['<!-- peers: written by npm run bench:peers -->', '<!-- /peers -->'];
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(before) + before.length, text.indexOf(after)];
  if (from < before.length || to < from) throw new Error(`docs/performance.md lacks ${before} or ${after}`);
  writeFileSync(file, `${text.slice(0, from)}\n\n${report}\n\n${text.slice(to)}`);
}

function mapValues(object, f) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
