// Runs one sweep on worker threads, chunk by chunk; finished chunks are kept in .verify/ until the sweep is done.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { CHUNK, combined, inputCount, noStatistics } from './chunk.js';

const folder = new URL('../../.verify/', import.meta.url);

/** @typedef {{ chunk: number, hash: string, statistics: import('./chunk.js').Statistics }} Result */

/**
 * @param {import('./sweeps.js').Sweep} sweep @param {number} stride @param {string} fingerprint of the kernel and reference whose chunks count
 * @param {number} threads
 * @param {(inputs: number) => void} onProgress
 * @returns {Promise<import('./chunk.js').Statistics & { hash: string }>} the SHA-256 of the chunks' SHA-256, as hexadecimal digits, in order
 */
export async function runSweep(sweep, stride, fingerprint, threads, onProgress) {
  const count = Math.ceil(inputCount(stride) / CHUNK);
  const name = [sweep.activation, sweep.kind, sweep.backend, ...Object.entries(sweep.options).flat(), stride];
  const kept = new URL(`${name.join('-')}-${fingerprint}.jsonl`, folder);
  const results = readKept(kept);
  const inputsOf = (/** @type {number} */ chunk) => Math.min(CHUNK, inputCount(stride) - chunk * CHUNK);
  for (const { chunk } of results) if (chunk !== undefined) onProgress(inputsOf(chunk));

  const todo = Array.from({ length: count }, (_, chunk) => chunk).filter((chunk) => results[chunk] === undefined);
  mkdirSync(folder, { recursive: true });
  await Promise.all(
    Array.from({ length: Math.min(threads, todo.length) }, async () => {
      const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: { ...sweep, stride } });
      try {
        for (let chunk = todo.shift(); chunk !== undefined; chunk = todo.shift()) {
          worker.postMessage(chunk);
          const [result] = await once(worker, 'message'); // rejects at an error
          results[chunk] = result;
          appendFileSync(kept, `${JSON.stringify(result)}\n`);
          onProgress(inputsOf(chunk));
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  rmSync(kept, { force: true });
  const hash = createHash('sha256');
  for (const result of results) hash.update(result.hash);
  const statistics = results.map((result) => result.statistics).reduce(combined, noStatistics());
  return { ...statistics, hash: hash.digest('hex') };
}

/** The chunks of an earlier run, which may have been stopped in the middle of a line. @param {URL} file @returns {Result[]} */
function readKept(file) {
  /** @type {Result[]} */
  const results = [];
  if (!existsSync(file)) return results;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    try {
      const result = JSON.parse(line);
      results[result.chunk] = result;
    } catch {}
  }
  return results;
}
