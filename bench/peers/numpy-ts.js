import * as np from 'numpy-ts';
import { ROW } from './rows.js';

np.configureWasm({ maxMemory: 2 ** 30 }); // the default, 256 MiB, holds six arrays of 1e7

/** Usual NumPy expressions; `t` notes an intermediate result. There is no erf, hence no gelu. */
const expressions = {
  relu: (x) => np.maximum(x, 0),
  leakyRelu: (x, t) => np.maximum(x, t(np.multiply(x, 0.01))),
  elu: (x, t) => np.add(t(np.maximum(x, 0)), t(np.expm1(t(np.minimum(x, 0))))),
  selu: (x, t) =>
    np.add(
      t(np.multiply(t(np.maximum(x, 0)), 1.0507009873554805)),
      t(np.multiply(t(np.expm1(t(np.minimum(x, 0)))), 1.7580993408473766)),
    ),
  sigmoid: (x, t) => np.reciprocal(t(np.add(t(np.exp(t(np.negative(x)))), 1))),
  tanh: (x) => np.tanh(x),
  silu: (x, t) => np.divide(x, t(np.add(t(np.exp(t(np.negative(x)))), 1))),
  softplus: (x, t) => np.log1p(t(np.exp(x))),
  mish: (x, t) => np.multiply(x, t(np.tanh(t(np.log1p(t(np.exp(x))))))),
  softmax(x, t) {
    const rows = t(np.reshape(x, [x.size / ROW, ROW]));
    const e = t(np.exp(t(np.subtract(rows, t(np.max(rows, 1, true))))));
    return np.divide(e, t(np.sum(e, 1, true)));
  },
};

/** Resident: arrays of its WebAssembly memory. End to end: copied in by `set`, for np.array takes 100 ns an element, and out. */
export default function numpyTs() {
  return {
    name: 'numpy-ts',
    version: np.__version__,
    prepare(activation, x) {
      const expression = expressions[activation];
      if (!expression) return;
      const evaluate = (array) => {
        const temporaries = [];
        const y = expression(array, (intermediate) => {
          temporaries.push(intermediate);
          return intermediate;
        });
        for (const intermediate of temporaries) intermediate.dispose();
        return y;
      };
      const load = () => {
        const array = np.empty([x.length], 'float32');
        array.data.set(x);
        return array;
      };
      const own = load();
      return {
        resident: () => evaluate(own).dispose(),
        endToEnd() {
          const array = load();
          const y = evaluate(array);
          const values = y.data.slice();
          array.dispose();
          y.dispose();
          return values;
        },
        dispose: () => own.dispose(),
      };
    },
  };
}
