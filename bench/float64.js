// The float64 kernels beside plain JavaScript and a copy of the same bytes: ns per element, best of some rounds that take turns.
//   node bench/float64.js [NAME ...] [--backend simd] [--n 1000000]

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { activations } from 'lanewise';
import { plain } from './plain.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'relaxed' },
    n: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
  },
});
const n = Number(values.n);
const rounds = Number(values.rounds);
const pages = 3 + Math.ceil((24 * n) / 65536);
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
const binary = readFileSync(new URL(`../build/float64-${values.backend}.wasm`, import.meta.url));
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
const [x, dy, y] = [0, 1, 2].map((i) => new Float64Array(memory.buffer, 131072 + 8 * n * i, n));
const params = 1024;
let state = 1;
for (let i = 0; i < n; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  x[i] = 10 * ((state >>> 0) / 2 ** 32 - 0.5);
}
dy.fill(1);
const [xs, dys, ys] = [x, dy, y].map((array) => array.slice());
const bytes = new Uint8Array(memory.buffer);

const contestants = [];
for (const [name, { spec }] of Object.entries(activations)) {
  if (plain[name] === undefined || (positionals.length > 0 && !positionals.includes(name))) continue;
  const [a = 0, b = 0] = Object.values(spec.defaults).filter((option) => typeof option === 'number');
  const kernel = spec.kernel?.(a, b) ?? spec.name;
  const fields = spec.fields64?.(a, b) ?? [a, b];
  const prepare = () => {
    const heap = new Float64Array(memory.buffer);
    for (const [i, field] of fields.entries()) heap.fill(field, params / 8 + 2 * i, params / 8 + 2 * i + 2);
  };
  contestants.push(
    {
      name,
      prepare,
      kernel: () => exports[kernel](params, x.byteOffset, y.byteOffset, n),
      plain: () => plain[name].forward(xs, ys),
      copy: () => bytes.copyWithin(y.byteOffset, x.byteOffset, x.byteOffset + 8 * n),
    },
    {
      name: `${name}'`,
      prepare,
      kernel: () => exports[`${kernel}Backward`](params, dy.byteOffset, x.byteOffset, y.byteOffset, n),
      plain: () => plain[name].backward(dys, xs, ys),
      copy: () => bytes.copyWithin(y.byteOffset, x.byteOffset, x.byteOffset + 8 * n),
    },
  );
}

const timed = (run) => {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1e6) / n;
};
console.log(`Node ${process.version}, ${values.backend}, ${n} elements, ns per element`);
console.log('| function | kernel | plain | plain / kernel | kernel / copy |\n| --- | --- | --- | --- | --- |');
for (const { name, prepare, ...runs } of contestants) {
  prepare();
  const best = Object.fromEntries(Object.keys(runs).map((key) => [key, Infinity]));
  for (let round = 0; round < rounds; round++) {
    for (const key of Object.keys(runs)) best[key] = Math.min(best[key], timed(runs[key]));
  }
  const { kernel, plain, copy } = best;
  const cells = [kernel, plain, plain / kernel, kernel / copy].map((value) => value.toFixed(2));
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
