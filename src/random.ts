import { describe } from './errors';

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57];
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85];
const ROUNDS = 10;

/**
 * Random numbers that depend on the seed alone: Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011). The key
 * is the seed's low and high 32 bits; block i, from 0 up, is the four 32-bit words made of the counter (i low, i high, 0, 0).
 *
 * @example
 * const random = new Random(42);
 * random.uniform(); // a number from 0 up to, but not including, 1
 */
export class Random {
  readonly #key: Key;
  readonly #block = new Uint32Array(4);
  #blocks = 0;
  #used = 4;
  #spare: number | undefined;

  /** @throws TypeError or RangeError if `seed` is not an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    this.#key = keyOf('Random: seed', seed);
  }

  /** The next word of the stream: an integer from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#used === 4) {
      philox(this.#key, this.#blocks++, this.#block);
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** The high 24 bits of a word, as a float32 number from 0 up to, but not including, 1. */
  uniform(): number {
    return (this.uint32() >>> 8) / 2 ** 24;
  }

  /** Of the normal distribution with mean 0 and variance 1, by Marsaglia's polar method: two for each pair of words that it accepts. */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * (this.uint32() / 2 ** 32) - 1;
      const v = 2 * (this.uint32() / 2 ** 32) - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = v * scale;
      return u * scale;
    }
  }
}

/** The low and the high 32 bits of a seed. */
export type Key = readonly [low: number, high: number];

/** The key of a seed, checked; `what` is its name in messages. */
export function keyOf(what: string, seed: unknown): Key {
  if (typeof seed !== 'number') throw new TypeError(`${what} must be a number, got ${describe(seed)}`);
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`${what} must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed}`);
  }
  return [seed >>> 0, Math.floor(seed / 2 ** 32)];
}

/** Writes block number `i` of the stream of `key`. */
export function philox(key: Key, i: number, block: Uint32Array): void {
  let [k0, k1] = key;
  let [c0, c1, c2, c3] = [i >>> 0, Math.floor(i / 2 ** 32), 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIERS[0], c0);
    const high1 = highProduct(MULTIPLIERS[1], c2);
    const low0 = Math.imul(MULTIPLIERS[0], c0);
    const low1 = Math.imul(MULTIPLIERS[1], c2);
    [c0, c1, c2, c3] = [high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0];
    k0 += KEY_STEPS[0];
    k1 += KEY_STEPS[1];
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** The high 32 bits of a product of two 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh] = [a & 0xffff, a >>> 16];
  const [bLow, bHigh] = [b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) >>> 0;
}
