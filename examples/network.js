// A network of two layers on numbers small enough to follow: h1 = relu(W1 x + b1), h2 = W2 h1 + b2.
//
//   W1 = | 1 -1 |   b1 = | 1 |      W2 = | 1 -1  2 |   b2 = | 1 |      x = | 1 |
//        | 2 -2 |        | 2 |           | 2 -2  3 |        | 2 |          | 2 |
//        | 3 -3 |        | 3 |
//
// The text that these numbers come from gives b1 two entries, 1 and 2; W1 has three rows, so that a third is needed: it goes on with 3.
// It writes x as a column; `Dense` takes a batch of rows, y = x W + b, so that its weights are W1 and W2 transposed.

import { relu, sigmoid, tanh } from 'lanewise';
import { Dense, Sequential } from 'lanewise/nn';

const hidden = new Dense({
  inputs: 2,
  units: 3,
  weights: new Float32Array([1, 2, 3, -1, -2, -3]),
  bias: new Float32Array([1, 2, 3]),
});
const output = new Dense({
  inputs: 3,
  units: 2,
  weights: new Float32Array([1, 2, -1, -2, 2, 3]),
  bias: new Float32Array([1, 2]),
});
const network = new Sequential(hidden, relu, output);
console.log(network.summary());

// W1 x + b1 is 0 for each unit at x = (1, 2): h1 is 0, and h2 = b2. At (2, 1) all units are awake.
for (const x of [
  [1, 2],
  [2, 1],
]) {
  const before = hidden.forward(new Float32Array(x)).slice();
  console.log(`\nx = ${x}: W1 x + b1 = ${before.join(', ')}`);
  for (const neuron of [relu, sigmoid, tanh]) console.log(`  ${neuron.name.padEnd(7)} ${round(neuron(before))}`);
  console.log(`  h2      ${round(network.forward(new Float32Array(x)))}`);

  // Units at 0 or below pass no gradient on.
  const dx = network.backward(new Float32Array([1, 0]));
  console.log(`  gradient of h2[0] with respect to x: ${round(dx)}; to b1: ${round(hidden.bias.gradient)}`);
}

function round(values) {
  return Array.from(values, (v) => +v.toFixed(4)).join(', ');
}
