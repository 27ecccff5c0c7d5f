// node bench/parallel-dense.js [--shapes 512,784,512;256,784,512 --threads 1,2 --rounds 100]
//
// ms of y = relu(x W + bias), called directly and in pools of one and more threads, on arrays of a shared arena and ordinary ones. The
// variants take turns, round by round; the figures are the best of all rounds, and how many times as fast as the direct call that is.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { backend, createArena, relu } from 'lanewise';
import { dense } from 'lanewise/nn';
import { createPool } from 'lanewise/parallel';

const { values: flags } = parseArgs({
  options: {
    shapes: { type: 'string', default: '512,784,512;256,784,512' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '100' },
  },
});
const pools = flags.threads.split(',').map((threads) => createPool({ threads: Number(threads) }));
const WARMUPS = 10;

const places = {
  'shared arena': (sizes) => {
    const arena = createArena(
      sizes.reduce((bytes, n) => bytes + 4 * n + 64, 0),
      { shared: true },
    );
    return sizes.map((n) => arena.float32(n));
  },
  ordinary: (sizes) => sizes.map((n) => new Float32Array(n)),
};

const table = new Table({
  head: ['m x k x n', 'arrays', 'direct', ...pools.map(({ threads }) => `${threads} threads`)],
  colAligns: ['left', 'left', 'right', ...pools.map(() => 'right')],
  style: { head: [], border: [], compact: true },
});
for (const shape of flags.shapes.split(';')) {
  const [m, k, n] = shape.split(',').map(Number);
  for (const [place, make] of Object.entries(places)) {
    const [x, weights, bias, out] = make([m * k, k * n, n, m * n]);
    for (const array of [x, weights, bias]) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
    const options = { bias, activation: relu, out };
    const variants = [
      () => dense(x, weights, options),
      ...pools.map((pool) => () => pool.run(dense, x, weights, options)),
    ];
    const best = variants.map(() => Number.POSITIVE_INFINITY);
    for (let round = -WARMUPS; round < Number(flags.rounds); round++) {
      for (const [i, variant] of variants.entries()) {
        const start = performance.now();
        await variant();
        if (round >= 0) best[i] = Math.min(best[i], performance.now() - start);
      }
    }
    const figures = best.map((ms, i) =>
      i === 0 ? ms.toFixed(2) : `${ms.toFixed(2)} (${(best[0] / ms).toFixed(2)} x)`,
    );
    table.push([`${m} x ${k} x ${n}`, place, ...figures]);
  }
}
console.log(
  `${cpus()[0].model.trim()}, Node ${process.version}, backend ${backend}; ms, best of ${flags.rounds} rounds`,
);
console.log(table.toString());
await Promise.all(pools.map((pool) => pool.close()));
