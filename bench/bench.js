// npm run bench [-- names... --n 1e6,1e3 --rounds 5 --forward --backward --backend simd --type float16 --json FILE --chart]
//
// Time per element of x of each activation, function of rows (of 1000), and, forward only, structured function, `dense` and
// `activationStats`: plain JavaScript, lanewise on ordinary arrays (with `out`), lanewise in an arena, and
// the floors: memory.copy inside a WebAssembly memory, TypedArray.set between ordinary arrays. The variants of one row
// take turns, round by round; the figures are medians over the rounds. `--chart` measures forward, at 1e6
// unless told otherwise, and draws docs/speed.svg from the last size. `--type` measures arrays of another element type, beside float32 in an
// arena; where plain JavaScript has no such numbers it is left out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import Benchmark from 'benchmark';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { create } from 'lanewise/nn';
import { branchFreeRelu, plain, plainRows } from './plain.js';
import { structured } from './structured.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    forward: { type: 'boolean' },
    backward: { type: 'boolean' },
    json: { type: 'string', default: 'bench/results/latest.json' },
    backend: { type: 'string' },
    type: { type: 'string', default: 'float32' },
    chart: { type: 'boolean' },
  },
});
const library = create({ backend: flags.backend });
const { activations, backend, createArena } = library;
const { type } = flags;
const others = [
  ...(type.includes('float') ? Object.keys(plainRows) : []),
  ...(type === 'float32' ? Object.keys(structured) : []),
];
const everything = [...Object.keys(activations), ...others];
const names = positionals.length > 0 ? positionals : flags.chart ? Object.keys(activations) : everything;
const sizes = (flags.n ?? (flags.chart ? '1e6' : '8,64,1e3,1e5,1e6,1e7')).split(',').map(Number);
const rounds = Number(flags.rounds);
const both = flags.forward === flags.backward;
const directions = flags.chart ? ['forward'] : ['forward', 'backward'].filter((d) => flags[d] || both);
const unknown = names.filter((name) => !everything.includes(name));
if (unknown.length > 0 || !sizes.every((n) => Number.isInteger(n) && n > 0) || !(rounds >= 1)) {
  console.error(
    `bench: ${unknown.length > 0 ? `no function ${unknown.join(', ')}` : '--n and --rounds take whole numbers'}`,
  );
  process.exit(2);
}

// (module (import "env" "memory" (memory 1)) (func (export "copy") ... memory.copy)), as wat2wasm writes it
const copyModule = new WebAssembly.Module(
  Buffer.from('AGFzbQEAAAABBwFgA39/fwACDwEDZW52Bm1lbW9yeQIAAQMCAQAHCAEEY29weQAACg4BDAAgACABIAL8CgAACw==', 'base64'),
);
const largest = Math.max(...sizes);
const memory = new WebAssembly.Memory({ initial: Math.ceil((16 * largest) / 65536) + 1 });
const { copy } = new WebAssembly.Instance(copyModule, { env: { memory } }).exports;
const arena = createArena(36 * largest + 2 ** 19); // three arrays, or one and one of twice its length, and a layer's weights
const { BYTES_PER_ELEMENT: bytes } = arena[type]?.(0) ?? {};
if (bytes === undefined) {
  console.error(`bench: no type ${type}`);
  process.exit(2);
}
/** Whether plain JavaScript reads and writes such elements as numbers. */
const isPlain = arena[type](0).elementType === undefined;

/** Numbers as an array of the type. */
function typed(numbers) {
  if (type === 'float32') return numbers;
  if (type === 'float16') return library.toFloat16(numbers);
  if (type === 'bfloat16') return library.toBfloat16(numbers);
  const array = new (arena[type](0).constructor)(numbers.length);
  array.set(type === 'float64' ? numbers : numbers.map((v) => 30 * v));
  return array;
}

/** The variants of one row, each a function that handles `n` elements once. */
function variants(name, direction, n) {
  arena.reset();
  return { ...(name in structured ? structuredVariants(name, n) : ownVariants(name, direction, n)), ...floors(n) };
}

function structuredVariants(name, n) {
  const ordinary = (length) => Float32Array.from({ length }, () => 8 * Math.random() - 4);
  const inArena = (length) => {
    const own = arena.float32(length);
    own.set(ordinary(length));
    return own;
  };
  const { plain, lanewise } = structured[name](library, n, ordinary);
  return { plain, lanewise, arena: structured[name](library, n, inArena).lanewise };
}

function floors(n) {
  const [x, out] = [new Uint8Array(bytes * n), new Uint8Array(bytes * n)];
  return { 'memory.copy': () => copy(bytes * n, 0, bytes * n), 'TypedArray.set': () => out.set(x) };
}

function ownVariants(name, direction, n) {
  const numbers = Float32Array.from({ length: n }, () => 8 * Math.random() - 4);
  const upstream = Float32Array.from({ length: n }, () => 2 * Math.random() - 1);
  const sources = [numbers, upstream, new Float32Array(n)];
  const inArena = (arrays, type) =>
    arrays.map((array) => {
      const own = arena[type](n);
      own.set(array);
      return own;
    });
  const arrays = sources.map(typed);
  const [x, dy, out] = arrays;
  const [arenaX, arenaDy, arenaOut] = inArena(arrays, type);
  const f = library[name];
  const length = Math.min(n, 1000);
  const rows = name in plainRows ? { shape: [n / length, length] } : {};
  const options = { ...rows, out };
  const arenaOptions = { ...rows, out: arenaOut };
  const loop = (plain[name] ?? plainRows[name])[direction];
  const forward = direction === 'forward';
  const [singleX, singleDy, singleOut] = type === 'float32' ? [] : inArena(sources, 'float32');
  const singleOptions = { out: singleOut };
  return {
    ...(isPlain ? { plain: forward ? () => loop(x, out, length) : () => loop(dy, x, out, length) } : {}),
    ...(type === 'float32'
      ? {}
      : { float32: forward ? () => f(singleX, singleOptions) : () => f.backward(singleDy, singleX, singleOptions) }),
    ...(name === 'relu' && forward && type === 'float32' ? { branchFree: () => branchFreeRelu(x, out) } : {}),
    lanewise: forward ? () => f(x, options) : () => f.backward(dy, x, options),
    arena: forward ? () => f(arenaX, arenaOptions) : () => f.backward(arenaDy, arenaX, arenaOptions),
  };
}

/** Nanoseconds per element of each variant: medians over the rounds. */
function measure(name, direction, n) {
  const calls = Math.max(1, Math.round(2000 / n)); // a harness call costs a few ns: spread it over many of ours
  const benchmarks = Object.entries(variants(name, direction, n)).map(([variant, once]) => {
    const many = () => {
      for (let i = 0; i < calls; i++) once();
    };
    return {
      variant,
      times: [],
      benchmark: new Benchmark(variant, many, { maxTime: 0.04, minTime: 0.01, minSamples: 3 }),
    };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { times, benchmark } of benchmarks) {
      benchmark.run();
      if (benchmark.error) throw benchmark.error;
      const samples = [...benchmark.stats.sample].sort((a, b) => a - b);
      times.push((samples[samples.length >> 1] * 1e9) / calls / n);
    }
  }
  return Object.fromEntries(benchmarks.map(({ variant, times }) => [variant, median(times)]));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

const jobs = names.flatMap((name) =>
  directions
    .filter((direction) => direction === 'forward' || !(name in structured))
    .flatMap((direction) => sizes.map((n) => ({ name, direction, n }))),
);
const bar = new SingleBar({
  format: '{bar} {value}/{total} {what}, {eta_formatted} left',
  stream: process.stderr,
  clearOnComplete: true,
});
if (process.stderr.isTTY) bar.start(jobs.length, 0, { what: '' });
const results = jobs.map((job) => {
  bar.update({ what: `${job.name} ${job.direction} n = ${job.n}` });
  const result = { ...job, ns: measure(job.name, job.direction, job.n) };
  bar.increment();
  return result;
});
bar.stop();

const machine = `${cpus()[0].model.trim()}, Node ${process.version}, backend ${backend}`;
console.log(`${machine}; ns per element of ${type}, medians of ${rounds} interleaved rounds; inputs uniform in -4..4`);
const number = (v) => (v === undefined ? '' : v >= 100 ? v.toFixed(0) : v.toPrecision(3));
const ratio = (v) => (Number.isNaN(v) ? '' : `${v.toFixed(2)} x`);
const table = new Table({
  head: [
    'activation',
    'n',
    'plain',
    'lanewise',
    'arena',
    'memory.copy',
    'set',
    'plain / lanewise',
    'plain / arena',
    'arena / copy',
    ...(type === 'float32' ? [] : ['float32 arena', 'arena / float32']),
  ],
  colAligns: ['left', ...Array(11).fill('right')],
  style: { head: [], border: [], compact: true },
});
for (const { name, direction, n, ns } of results) {
  const row = (label, base) => [
    label,
    n.toExponential().replace('e+', 'e'),
    ...[base, ns.lanewise, ns.arena, ns['memory.copy'], ns['TypedArray.set']].map(number),
    ...[base / ns.lanewise, base / ns.arena, ns.arena / ns['memory.copy']].map(ratio),
    ...(type === 'float32' ? [] : [number(ns.float32), ratio(ns.arena / ns.float32)]),
  ];
  table.push(row(direction === 'forward' ? name : `${name}.backward`, ns.plain));
  if (ns.branchFree !== undefined) table.push(row('relu, without a branch', ns.branchFree));
}
console.log(table.toString());
mkdirSync(dirname(flags.json), { recursive: true });
writeFileSync(
  flags.json,
  `${JSON.stringify({ machine, type, date: new Date().toISOString(), rounds, results }, null, 1)}\n`,
);
if (flags.chart) {
  const { chart } = await import('./chart.js');
  const n = sizes.at(-1);
  const title = `Times as fast as plain JavaScript: ${n.toLocaleString('en')} elements, Node ${process.versions.node.split('.')[0]}`;
  writeFileSync(
    'docs/speed.svg',
    chart(
      results.filter((result) => result.n === n),
      title,
    ),
  );
}
