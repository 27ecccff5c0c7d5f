// Functions with parameters, halves and groups, layers and statistics: what plain JavaScript and what lanewise does with n elements of x.
// Channels, units and biases are at most 1000.

import { plain } from './plain.js';

const tail = '(1 + Math.tanh(0.7978845608028654 * (a + 0.044715 * a * a * a)))'; // gelu's usual form
const units = {
  glu: 'a / (1 + Math.exp(-b))',
  reglu: 'Math.max(a, 0) * b',
  geglu: `0.5 * a * ${tail} * b`,
  swiglu: '(a / (1 + Math.exp(-a))) * b',
};

/** The loop of a gated unit, in a function of its own. */
const gated = (expression) =>
  new Function(
    'x',
    'y',
    `const n = y.length; for (let i = 0; i < n; i++) { const a = x[i], b = x[n + i]; y[i] = ${expression}; }`,
  );

const gates = Object.entries(units).map(([name, expression]) => {
  const loop = gated(expression);
  return [
    name,
    (library, n, array) => {
      const [x, out] = [array(n), array(n / 2)];
      return { plain: () => loop(x, out), lanewise: () => library[name](x, { out }) };
    },
  ];
});

function preluLoop(x, slopes, y) {
  for (let i = 0; i < x.length; ) {
    for (let j = 0; j < slopes.length; j++, i++) y[i] = x[i] > 0 ? x[i] : slopes[j] * x[i];
  }
}

function maxoutLoop(x, y) {
  for (let i = 0; i < y.length; i++) y[i] = Math.max(x[2 * i], x[2 * i + 1]);
}

function creluLoop(x, y) {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    y[i] = Math.max(x[i], 0);
    y[n + i] = Math.max(-x[i], 0);
  }
}

function addBias(x, bias, y) {
  for (let i = 0; i < x.length; ) for (let j = 0; j < bias.length; j++, i++) y[i] = x[i] + bias[j];
}

function denseLoop(x, weights, bias, y) {
  const n = bias.length;
  const k = weights.length / n;
  for (let row = 0; row < x.length / k; row++) {
    const sums = y.subarray(row * n, (row + 1) * n);
    sums.set(bias);
    for (let i = 0; i < k; i++) {
      const factor = x[row * k + i];
      for (let j = 0; j < n; j++) sums[j] += factor * weights[i * n + j];
    }
    for (let j = 0; j < n; j++) sums[j] = Math.max(sums[j], 0);
  }
}

function statsLoop(x, width) {
  const [sums, squares, zeros] = [0, 1, 2].map(() => new Float64Array(width));
  const [least, most] = [new Float32Array(width).fill(Infinity), new Float32Array(width).fill(-Infinity)];
  for (let i = 0; i < x.length; ) {
    for (let j = 0; j < width; j++, i++) {
      const v = x[i];
      sums[j] += v;
      squares[j] += v * v;
      if (v === 0) zeros[j]++;
      if (v < least[j]) least[j] = v;
      if (v > most[j]) most[j] = v;
    }
  }
  return { sums, squares, zeros, least, most };
}

/** Each gives what is to be timed, from a library, the number of elements, and how arrays are made. */
export const structured = {
  prelu(library, n, array) {
    const width = Math.min(n, 1000);
    const [x, slopes, out] = [array(n), array(width), array(n)];
    const options = { shape: [n / width, width], out };
    return { plain: () => preluLoop(x, slopes, out), lanewise: () => library.prelu(x, slopes, options) };
  },
  ...Object.fromEntries(gates),
  maxout(library, n, array) {
    const [x, out] = [array(n), array(n / 2)];
    return { plain: () => maxoutLoop(x, out), lanewise: () => library.maxout(x, { out }) };
  },
  crelu(library, n, array) {
    const [x, out] = [array(n), array(2 * n)];
    return { plain: () => creluLoop(x, out), lanewise: () => library.crelu(x, { out }) };
  },
  /** gelu with a bias. */
  geluBias(library, n, array) {
    const [x, bias, out] = [array(n), array(Math.min(n, 1000)), array(n)];
    const loop = () => {
      addBias(x, bias, out);
      plain.gelu.forward(out, out);
    };
    return { plain: loop, lanewise: () => library.gelu(x, { bias, out }) };
  },
  /** relu(x W + bias) with as many inputs as outputs, at most 256: n / 256 rows. */
  dense(library, n, array) {
    const k = Math.min(n, 256);
    const [x, weights, bias, out] = [array(k * Math.ceil(n / k)), array(k * k), array(k), array(k * Math.ceil(n / k))];
    const options = { shape: [k, k], bias, activation: library.relu, out };
    return { plain: () => denseLoop(x, weights, bias, out), lanewise: () => library.dense(x, weights, options) };
  },
  activationStats(library, n, array) {
    const width = Math.min(n, 1000);
    const x = array(n);
    const options = { shape: [n / width, width] };
    return { plain: () => statsLoop(x, width), lanewise: () => library.activationStats(x, options) };
  },
};
