// node bench/stats.js [rounds]
//
// Time per element of activationStats on 1e7 elements, in an arena and in an ordinary array, beside that of a WebAssembly loop which
// reads the arena's memory once and adds. All take turns; best and median of the rounds.

import { cpus } from 'node:os';
import asc from 'assemblyscript/asc';
import Table from 'cli-table3';
import { activationStats, backend, createArena } from 'lanewise';

const N = 1e7;
const rounds = Number(process.argv[2] ?? 15);
const source = `
  export function read(x: usize, n: usize): f32 {
    let a = f32x4.splat(0), b = a, c = a, d = a;
    for (; n > 0; n -= 16) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += 64;
    }
    return f32x4.extract_lane(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), 0);
  }`;
const { binary } = await asc.compileString(source, { optimizeLevel: 3, runtime: 'stub', enable: 'simd' });
const { instance } = await WebAssembly.instantiate(binary);
const { read, memory } = instance.exports;
memory.grow(Math.ceil((4 * N) / 65536));
// Half of them zero, as after relu.
const values = Float32Array.from({ length: N }, () => Math.max(0, Math.random() - 0.5));
new Float32Array(memory.buffer, 0, N).set(values);
const own = createArena(4 * N).float32(N);
own.set(values);

const variants = { 'reading alone': () => read(0, N) };
for (const shape of [
  [N, 1],
  [N / 2, 2],
  [N / 10, 10],
  [1e4, 1000],
  [1e3, 1e4],
  [100, 100, 1000],
]) {
  const options = shape.length === 3 ? { shape, axis: 1 } : { shape };
  const name = shape.length === 3 ? `[${shape.join(', ')}], axis 1` : `[${shape.join(', ')}]`;
  variants[`${name}, arena`] = () => activationStats(own, options);
  variants[`${name}, ordinary`] = () => activationStats(values, options);
}
for (const bins of [16, 1000]) {
  variants[`[${N}, 1] and ${bins} bins, arena`] = () => activationStats(own, { bins, range: [0, 0.5] });
}

const times = Object.entries(variants).map(([name, run]) => ({ name, run, ns: [] }));
for (let round = 0; round < rounds; round++) {
  for (const { run, ns } of times) {
    const start = performance.now();
    run();
    ns.push(((performance.now() - start) * 1e6) / N);
  }
}
console.log(`${cpus()[0].model.trim()}, Node ${process.version}, backend ${backend}, ${rounds} rounds`);
const table = new Table({
  head: ['', 'best, ns', 'median, ns', 'best, x reading'],
  colAligns: ['left', 'right', 'right', 'right'],
  style: { head: [], border: [], compact: true },
});
const floor = Math.min(...times[0].ns);
for (const { name, ns } of times) {
  const best = Math.min(...ns);
  const median = ns.sort((a, b) => a - b)[ns.length >> 1];
  table.push([name, best.toFixed(3), median.toFixed(3), (best / floor).toFixed(1)]);
}
console.log(table.toString());
