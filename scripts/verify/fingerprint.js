// Hashes of some outputs of each kernel: equal as long as the kernels are. Runs in Node and in browsers.

import { inputCount, results } from './chunk.js';
import { sweeps, title } from './sweeps.js';

/** A prime: 65,553 inputs of all signs, exponents and fractions. */
const STRIDE = 65521;

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The SHA-256 of the results at every 65,521st bit pattern. @param {import('./chunk.js').Activation} f @param {import('./sweeps.js').Sweep} sweep */
export function fingerprint(f, { kind, options }) {
  const outputs = new Float32Array(inputCount(STRIDE));
  let at = 0;
  for (const { y } of results(f, kind, options, STRIDE)) {
    outputs.set(y, at);
    at += y.length;
  }
  return sha256(new Uint8Array(outputs.buffer));
}

/** The fingerprint of every sweep of the simd backend, by title. @param {Pick<typeof import('lanewise'), 'create'>} lanewise @returns {Promise<{ [title: string]: string }>} */
export async function fingerprints({ create }) {
  const { activations } = create({ backend: 'simd' });
  const all = sweeps(Object.keys(activations), 'simd').map(async (sweep) => [
    title(sweep),
    await fingerprint(activations[sweep.activation], sweep),
  ]);
  return Object.fromEntries(await Promise.all(all));
}
