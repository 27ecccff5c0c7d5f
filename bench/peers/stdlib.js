import { createRequire } from 'node:module';
import special from '@stdlib/math-base-special';
import smap from '@stdlib/strided-base-smap';

const { erfc, exp, expit, expm1, log1pexp, ramp, tanh } = special;
const functions = {
  relu: ramp,
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x)),
  sigmoid: expit,
  tanh,
  gelu: (x) => 0.5 * x * erfc(-Math.SQRT1_2 * x),
  silu: (x) => x / (1 + exp(-x)),
  softplus: log1pexp,
  mish: (x) => x * tanh(log1pexp(x)),
};

/** @stdlib's scalar functions, mapped over the array by its `smap`, into a given array. */
export default function stdlib() {
  return {
    name: '@stdlib',
    version: createRequire(import.meta.url)('@stdlib/math-base-special/package.json').version,
    prepare(activation, x) {
      if (!(activation in functions)) return;
      const y = new Float32Array(x.length);
      const once = () => smap(x.length, x, 1, y, 1, functions[activation]);
      return { resident: once, endToEnd: once };
    },
  };
}
