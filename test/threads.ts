// What the tests of pools have in common.
import type { Worker } from 'node:worker_threads';
import { expect } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: calls that types forbid
export const any = (value: unknown) => value as any;

/** Deno 2.9 tells of a thread's end only after a second or more, and maybe while the thread still writes. */
export const endsLate = 'deno' in process.versions;

/** The threads that pools start. */
export const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));
/** They are told of a tick later. */
export const told = () => new Promise((resolve) => process.nextTick(resolve));

/** Lets a thread take no chunk of what comes. */
export function idle(worker: Worker): void {
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (work) => post({ ...work, chunks: 0 });
}

function bytes(array: Float32Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** The same bits; any NaN is as good as another. */
export function expectSame(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  if (bytes(actual).equals(bytes(expected))) return;
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) expect.fail(`at ${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}
