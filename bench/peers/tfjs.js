import { createRequire } from 'node:module';
import { ROW } from './rows.js';

const require = createRequire(import.meta.url); // the package's ES modules do not load in Node
const tf = require('@tensorflow/tfjs-core');

const functions = {
  relu: tf.relu,
  leakyRelu: (x) => tf.leakyRelu(x, 0.01),
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  softplus: tf.softplus,
  mish: (x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  softmax: (x) => tf.softmax(tf.reshape(x, [-1, ROW])),
};

/** Resident: from tensor to tensor. End to end: from a Float32Array, by `tensor1d`, to one, by `dataSync`. */
export default async function tfjs(backend) {
  const { setThreadsCount } = require(`@tensorflow/tfjs-backend-${backend}`);
  setThreadsCount?.(1);
  tf.enableProdMode(); // without its advice to install tfjs-node
  await tf.setBackend(backend);
  return {
    name: `TensorFlow.js ${backend}`,
    version: tf.version_core,
    prepare(activation, x) {
      const f = functions[activation];
      const tensor = tf.tensor1d(x);
      return {
        resident: () => tf.tidy(() => f(tensor)).dispose(),
        endToEnd() {
          const y = tf.tidy(() => f(tf.tensor1d(x))); // an array as tidy's result would be searched for tensors, 1 us an element
          const values = y.dataSync();
          y.dispose();
          return values;
        },
        dispose: () => tensor.dispose(),
      };
    },
  };
}
