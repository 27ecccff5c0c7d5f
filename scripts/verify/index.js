// npm run verify [-- names... --backend simd --kind value --stride K --threads N --force --hashes]
//
// Tries every float32 on every activation, value and derivative, and writes docs/accuracy.json, docs/accuracy.md and
// test/golden/hashes.json. Can be stopped and started again; what is known of the same kernels is not done anew.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import * as lanewise from 'lanewise';
import { apply, inputCount, numericArguments, violations } from './chunk.js';
import { exact, exactUlpError } from './exact.js';
import { fingerprint, fingerprints } from './fingerprint.js';
import { fromBits, show } from './float32.js';
import { Records } from './records.js';
import { report } from './report.js';
import { runSweep } from './sweep.js';
import { isDefault, kinds, sweeps, title } from './sweeps.js';

/** @typedef {import('./sweeps.js').Sweep} Sweep */

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', multiple: true },
    kind: { type: 'string', multiple: true, default: [...kinds] },
    stride: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    force: { type: 'boolean' },
    hashes: { type: 'boolean' },
  },
});

const everywhere = ['simd', 'relaxed', 'js'];
const libraries = Object.fromEntries(everywhere.flatMap((backend) => libraryOn(backend) ?? []));
const names = Object.keys(lanewise.activations);
const chosen = positionals.length > 0 ? positionals : names;
const backends = flags.backend ?? Object.keys(libraries);
const threads = Number(flags.threads);
const fault =
  [
    ...chosen.filter((name) => !names.includes(name)).map((name) => `no activation ${name}`),
    ...backends.filter((backend) => !(backend in libraries)).map((backend) => `no backend ${backend} here`),
    ...flags.kind.filter((kind) => !kinds.some((k) => k === kind)).map((kind) => `no kind ${kind}`),
  ][0] ??
  (flags.stride !== undefined && Number(flags.stride) % 2 !== 1 ? '--stride takes an odd number' : undefined) ??
  (threads >= 1 ? undefined : '--threads takes a number');
if (fault !== undefined) {
  console.error(`verify: ${fault}`);
  process.exit(2);
}

mkdirSync(new URL('../../docs/', import.meta.url), { recursive: true });
const records = new Records();
// Records of a backend that this engine lacks are kept.
const known = everywhere.flatMap((backend) => sweeps(names, backend));
const asked = known.filter(
  ({ activation, kind, backend }) =>
    chosen.includes(activation) && backends.includes(backend) && flags.kind.includes(kind),
);

if (!flags.hashes) {
  const jobs = [];
  for (const sweep of asked) {
    const print = await fingerprintOf(sweep);
    const stride = Number(flags.stride ?? usualStride(sweep));
    const record = records.get(sweep);
    const isDone = record?.fingerprint === print && record.stride <= stride && !flags.force;
    if (!isDone) jobs.push({ sweep, stride, print });
  }
  await run(jobs);
}
writeFileSync(
  new URL('../../test/golden/hashes.json', import.meta.url),
  `${JSON.stringify(await fingerprints(lanewise), null, 2)}\n`,
);

const faults = asked.flatMap((sweep) => faultsOf(sweep).map((what) => `${label(sweep)}: ${what}`));
console.log(faults.join('\n') || `All ${asked.length} sweeps are within the bounds of the table.`);
process.exit(faults.length > 0 ? 1 : 0);

/** By which a record is known to be of today's kernel, and of today's reference. @param {Sweep} sweep */
async function fingerprintOf(sweep) {
  const kernel = await fingerprint(activationOf(sweep), sweep);
  const reference = await fingerprint(libraries.js.activations[sweep.activation], sweep);
  return `${kernel.slice(0, 16)}-${reference.slice(0, 16)}`;
}

/** Runs the sweeps, and saves each as soon as it is done. @param {{ sweep: Sweep, stride: number, print: string }[]} jobs */
async function run(jobs) {
  const bar = new SingleBar({
    format: '{bar} {percentage} % {what}, {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  process.on('SIGINT', () => {
    bar.stop();
    console.error('verify: stopped; the same command goes on from here');
    process.exit(130);
  });
  if (process.stderr.isTTY) {
    const total = jobs.reduce((sum, { stride }) => sum + inputCount(stride), 0);
    bar.start(total, 0, { what: '' });
  }
  for (const { sweep, stride, print } of jobs) {
    bar.update({ what: label(sweep) });
    const start = performance.now();
    const result = await runSweep(sweep, stride, print, threads, (inputs) => bar.increment(inputs));
    const { hash, sum, counted, correct, at, wrong, wrongAt, absolute, absoluteAt } = result;
    records.set({
      ...sweep,
      stride,
      ulp: Number(confirmedUlp(sweep, fromBits(at), result.ulp).toFixed(6)),
      at,
      mean: Number((sum / counted).toPrecision(6)),
      correct: Number((correct / counted).toPrecision(8)),
      ...(activationOf(sweep).spec.root && sweep.kind === 'derivative'
        ? { root: { error: absolute, at: absoluteAt } }
        : {}),
      ...(wrong > 0 ? { wrong: { count: wrong, at: wrongAt } } : {}),
      hash,
      fingerprint: print,
    });
    records.save(known);
    writeReport();
    const seconds = (performance.now() - start) / 1000;
    const record = records.get(sweep);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    console.log(
      `${label(sweep)}: ${record?.ulp.toFixed(3)} ULP at ${show(fromBits(at))}, mean ${record?.mean.toFixed(3)}, ${seconds.toFixed(1)} s`,
    );
  }
  bar.stop();
  writeReport();
}

/** The largest error, as the exact definition has it. @param {Sweep} sweep @param {number} x @param {number} ulp */
function confirmedUlp(sweep, x, ulp) {
  const { activation, kind, options } = sweep;
  const f = activationOf(sweep);
  const out = new Float32Array(1);
  apply(f, kind, options, new Float32Array([x]), out);
  const [actual] = out;
  if (ulp === 0 || !Number.isFinite(actual)) return ulp;
  return exactUlpError(actual, exact(activation, kind, x, ...numericArguments(f.spec, options)));
}

/** What exceeds the bounds of the table in the sweep's record. @param {Sweep} sweep */
function faultsOf(sweep) {
  const record = records.get(sweep);
  if (record === undefined) return [];
  const { ulp, at, root, wrong } = record;
  return violations(activationOf(sweep).spec, sweep.kind, sweep.options, {
    ulp,
    at,
    wrong: wrong?.count ?? 0,
    wrongAt: wrong?.at ?? 0,
    absolute: root?.error ?? 0,
    absoluteAt: root?.at ?? 0,
  });
}

function writeReport() {
  const peers = readFileSync(new URL('peers.md', import.meta.url), 'utf8');
  const text = report(
    records.list(known),
    ({ activation, kind }) => lanewise.activations[activation].spec.ulp[kind],
    peers,
  );
  writeFileSync(new URL('../../docs/accuracy.md', import.meta.url), text);
}

/** Every input on the wasm kernels at the default options; some million at others. @param {Sweep} sweep */
function usualStride(sweep) {
  if (!isDefault(sweep)) return 257;
  return sweep.backend === 'simd' ? 1 : 17;
}

/** @param {Sweep} sweep @returns {import('lanewise').Activation} */
function activationOf({ backend, activation }) {
  return libraries[backend].activations[activation];
}

/** @param {Sweep} sweep */
function label(sweep) {
  return `${sweep.backend} ${title(sweep)}`;
}

/** The backend's name and library, if this engine and version have it. @param {string} backend */
function libraryOn(backend) {
  try {
    return [[backend, lanewise.create({ backend: /** @type {'simd'} */ (backend) })]];
  } catch {
    return undefined;
  }
}
