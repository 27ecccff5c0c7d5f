// node bench/parallel.js [names... --threads 1,2 --n 1e5,1e6,1e7 --rounds 7]
//
// ns per element of the activation called directly, and of pools of one and more threads, on arrays of each kind. The variants of one
// row take turns, round by round; the figures are the best of all rounds.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { activations, backend, createArena } from 'lanewise';
import { createPool } from 'lanewise/parallel';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1,2' },
    n: { type: 'string', default: '1e5,1e6,1e7' },
    rounds: { type: 'string', default: '7' },
  },
});
const names = positionals.length > 0 ? positionals : ['relu', 'sigmoid', 'gelu', 'mish'];
const pools = flags.threads.split(',').map((threads) => createPool({ threads: Number(threads) }));
const sizes = flags.n.split(',').map(Number);

const kinds = {
  ordinary: (n) => new Float32Array(n),
  shared: (n) => new Float32Array(new SharedArrayBuffer(4 * n)),
  'shared arena': (n) => createArena(4 * n, { shared: true }).float32(n),
};

/** Two arrays of a kind; those of an arena are of one. */
function pair(kind, n) {
  const both = kinds[kind](2 * n);
  return [both.subarray(0, n), both.subarray(n)];
}

const table = new Table({
  head: [
    'activation',
    'n',
    'arrays',
    'direct',
    ...pools.flatMap(({ threads }) => [`${threads} threads`, 'direct / this']),
  ],
  colAligns: ['left', 'right', 'left', ...Array(1 + 2 * pools.length).fill('right')],
  style: { head: [], border: [], compact: true },
});
for (const name of names) {
  for (const n of sizes) {
    for (const kind of Object.keys(kinds)) {
      const f = activations[name];
      const [x, out] = pair(kind, n);
      for (let i = 0; i < n; i++) x[i] = 8 * Math.random() - 4;
      const variants = [() => f(x, { out }), ...pools.map((pool) => () => pool.run(f, x, { out }))];
      const best = variants.map(() => Number.POSITIVE_INFINITY);
      const calls = Math.max(1, Math.round(2e6 / n));
      for (let round = 0; round <= Number(flags.rounds); round++) {
        for (const [i, variant] of variants.entries()) {
          const start = performance.now();
          for (let call = 0; call < calls; call++) await variant();
          const ns = ((performance.now() - start) * 1e6) / calls / n;
          if (round > 0) best[i] = Math.min(best[i], ns);
        }
      }
      const [direct, ...others] = best;
      const figures = others.flatMap((ns) => [ns.toPrecision(3), `${(direct / ns).toFixed(2)} x`]);
      table.push([name, n.toExponential().replace('e+', 'e'), kind, direct.toPrecision(3), ...figures]);
    }
  }
}
console.log(
  `${cpus()[0].model.trim()}, Node ${process.version}, backend ${backend}; ns per element, best of ${flags.rounds} rounds`,
);
console.log(table.toString());
await Promise.all(pools.map((pool) => pool.close()));
