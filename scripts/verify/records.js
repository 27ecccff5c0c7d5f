// docs/accuracy.json: what every sweep came to, one line each.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../docs/accuracy.json', import.meta.url);

/**
 * A finished sweep. Inputs are bit patterns; `correct` is the share of results within half a ULP, `hash` that of all outputs,
 * `fingerprint` those of a few of the kernel and of the reference, by which a record is known to be of today's.
 * @typedef {import('./sweeps.js').Sweep & { stride: number, ulp: number, at: number, mean: number, correct: number,
 *   root?: { error: number, at: number }, wrong?: { count: number, at: number }, hash: string, fingerprint: string }} Record
 */

/** @param {import('./sweeps.js').Sweep} sweep */
const key = ({ activation, kind, backend, options }) => JSON.stringify([activation, kind, backend, options]);

export class Records {
  /** @type {Map<string, Record>} */
  #byKey = new Map();

  constructor() {
    if (!existsSync(file)) return;
    for (const record of JSON.parse(readFileSync(file, 'utf8'))) this.set(record);
  }

  /** @param {import('./sweeps.js').Sweep} sweep */
  get(sweep) {
    return this.#byKey.get(key(sweep));
  }

  /** @param {Record} record */
  set(record) {
    this.#byKey.set(key(record), record);
  }

  /** Those of `known` sweeps, in their order. @param {import('./sweeps.js').Sweep[]} known */
  list(known) {
    return known.flatMap((sweep) => this.get(sweep) ?? []);
  }

  /** Writes those of `known` sweeps. @param {import('./sweeps.js').Sweep[]} known */
  save(known) {
    const lines = this.list(known).map((record) => JSON.stringify(record));
    writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
  }
}
