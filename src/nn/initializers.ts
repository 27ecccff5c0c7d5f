import { describe } from '../errors';
import type { Random } from '../random';

/** What the weights of a layer start as: inputs x units numbers, row-major. */
export type Initializer = (inputs: number, units: number) => Float32Array;

/**
 * He initialisation: normal, with mean 0 and variance 2 / inputs, which keeps the variance through layers of ReLU.
 *
 * @throws TypeError if `random` is not a generator
 *
 * @example
 * const layer = new Dense({ inputs: 64, units: 10, weights: heNormal(new Random(42)) });
 */
export function heNormal(random: Random): Initializer {
  checkRandom('heNormal', random);
  return (inputs, units) => {
    const deviation = Math.sqrt(2 / inputs);
    return Float32Array.from({ length: inputs * units }, () => deviation * random.normal());
  };
}

/**
 * Glorot initialisation: uniform from -sqrt(6 / (inputs + units)) to as much above 0, for layers of tanh or sigmoid.
 *
 * @throws TypeError if `random` is not a generator
 */
export function glorotUniform(random: Random): Initializer {
  checkRandom('glorotUniform', random);
  return (inputs, units) => {
    const limit = Math.sqrt(6 / (inputs + units));
    return Float32Array.from({ length: inputs * units }, () => limit * (2 * random.uniform() - 1));
  };
}

function checkRandom(fn: string, random: Random): void {
  if (typeof random?.normal === 'function' && typeof random.uniform === 'function') return;
  throw new TypeError(`${fn}: random must be a generator such as new Random(seed), got ${describe(random)}`);
}
