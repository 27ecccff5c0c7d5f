// How ReLU units die, and what helps. A unit is dead where its output is 0 for every row of the batch: no gradient reaches its weights.
//
// 256 rows of 64 normal inputs with deviation 1 go into 256 units without bias. Weights from 0 to 1, as a plain random() gives them, add
// the inputs' mean up: at a mean of -0.5 they put nearly all units to sleep. He initialisation draws them round 0, batch normalisation
// takes the mean away, and leaky ReLU has a slope below 0.

import Table from 'cli-table3';
import { activationStats, leakyRelu, relu } from 'lanewise';
import { BatchNorm, Dense, heNormal, Random, Sequential } from 'lanewise/nn';

const ROWS = 256;
const INPUTS = 64;
const UNITS = 256;

const networks = {
  'weights 0..1, ReLU': (random) => [uniform(random), relu],
  'He, ReLU': (random) => [heNormal(random), relu],
  'weights 0..1, batch norm, ReLU': (random) => [uniform(random), new BatchNorm({ features: UNITS }), relu],
  'weights 0..1, leaky ReLU': (random) => [uniform(random), leakyRelu],
};

const table = new Table({
  head: ["inputs' mean", ...Object.keys(networks)],
  colAligns: Array(5).fill('right'),
  style: { head: [], border: [], compact: true },
});
for (const mean of [0, -0.25, -0.4, -0.5, -0.75, -1]) {
  const cells = Object.values(networks).map((parts) => {
    const random = new Random(1);
    const x = Float32Array.from({ length: ROWS * INPUTS }, () => mean + random.normal());
    const [weights, ...rest] = parts(random);
    const network = new Sequential(new Dense({ inputs: INPUTS, units: UNITS, weights, bias: false }), ...rest);
    const y = network.forward(x, { training: true });
    const { total } = activationStats(y, { shape: [ROWS, UNITS] });
    return `${percent(total.dead / UNITS)} (${percent(total.zeroFraction)})`;
  });
  table.push([mean, ...cells]);
}
console.log('Dead units, and in brackets all outputs that are 0:');
console.log(table.toString());

function uniform(random) {
  return (inputs, units) => Float32Array.from({ length: inputs * units }, () => random.uniform());
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}
