// Measures chunks of one sweep. A sweep has workers of its own, in which V8 inlines its reference.

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { create } from 'lanewise';
import { CHUNK, combined, inputCount, meter, noStatistics, numericArguments, results } from './chunk.js';
import { isWithinHalf } from './exact.js';

const { activation, kind, backend, options, stride } = workerData;
const f = create({ backend }).activations[activation];
const [a, b] = numericArguments(f.spec, options);
const measure = meter(f.spec, kind, options, (x, actual) => isWithinHalf(activation, kind, x, a, b, actual));

parentPort?.on('message', (/** @type {number} */ chunk) => {
  const hash = createHash('sha256');
  let statistics = noStatistics();
  const from = chunk * CHUNK;
  for (const block of results(f, kind, options, stride, from, Math.min(from + CHUNK, inputCount(stride)))) {
    statistics = combined(statistics, measure(block));
    hash.update(new Uint8Array(block.y.buffer, block.y.byteOffset, block.y.byteLength));
  }
  parentPort?.postMessage({ chunk, hash: hash.digest('hex'), statistics });
});
