// What lanewise is compared with: a plain loop over the expression that one would write by hand, each in a function of its own,
// so that V8 inlines it. Where the exact form is costly in JavaScript, the usual cheaper one stands (erf: Abramowitz and Stegun
// 7.1.26, absolute error 1.5e-7). V8 makes a branch of `Math.max` as of `x > 0 ?`, which random signs mispredict.

const erf = (z) =>
  `(() => { const a = Math.abs(${z}), t = 1 / (1 + 0.3275911 * a); return Math.sign(${z}) * (1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-a * a)); })()`;
const sigmoid = (z) => `(1 / (1 + Math.exp(-(${z}))))`;
const siluSlope = (z) => `(() => { const s = ${sigmoid(z)}; return s * (1 + ${z} * (1 - s)); })()`;
const u = '0.7978845608028654 * (x + 0.044715 * x * x * x)';

/** Value and derivative of each activation at its default options, as expressions in x. */
const expressions = {
  relu: ['Math.max(x, 0)', 'x > 0 ? 1 : 0'],
  relu6: ['Math.min(Math.max(x, 0), 6)', 'x > 0 && x < 6 ? 1 : 0'],
  reluSquared: ['(() => { const r = Math.max(x, 0); return r * r; })()', '2 * Math.max(x, 0)'],
  leakyRelu: ['Math.max(x, 0) + 0.01 * Math.min(x, 0)', 'x > 0 ? 1 : 0.01'],
  hardTanh: ['Math.min(Math.max(x, -1), 1)', 'x > -1 && x < 1 ? 1 : 0'],
  threshold: ['x > 0 ? x : 0', 'x > 0 ? 1 : 0'],
  thresholdedRelu: ['x > 1 ? x : 0', 'x > 1 ? 1 : 0'],
  step: ['x > 0 ? 1 : 0', '0'],
  hardShrink: ['Math.abs(x) > 0.5 ? x : 0', 'Math.abs(x) > 0.5 ? 1 : 0'],
  softShrink: ['x - Math.min(Math.max(x, -0.5), 0.5)', 'Math.abs(x) > 0.5 ? 1 : 0'],
  hardSigmoid: ['Math.min(Math.max(x / 6 + 0.5, 0), 1)', 'Math.abs(x) < 3 ? 1 / 6 : 0'],
  hardSwish: ['(x * Math.min(Math.max(x + 3, 0), 6)) / 6', 'x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5'],
  sparsePlus: ['x <= -1 ? 0 : x >= 1 ? x : ((x + 1) * (x + 1)) / 4', 'Math.min(Math.max((x + 1) / 2, 0), 1)'],
  sparseSigmoid: ['Math.min(Math.max((x + 1) / 2, 0), 1)', 'Math.abs(x) < 1 ? 0.5 : 0'],
  exp: ['Math.exp(x)', 'Math.exp(x)'],
  elu: ['x > 0 ? x : Math.exp(x) - 1', 'x > 0 ? 1 : Math.exp(x)'],
  celu: ['x > 0 ? x : Math.exp(x) - 1', 'x > 0 ? 1 : Math.exp(x)'],
  selu: [
    '1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1))',
    '1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x))',
  ],
  sigmoid: [sigmoid('x'), `(() => { const s = ${sigmoid('x')}; return s * (1 - s); })()`],
  logSigmoid: ['-Math.log(1 + Math.exp(-x))', sigmoid('-x')],
  silu: ['x / (1 + Math.exp(-x))', siluSlope('x')],
  quickGelu: ['x / (1 + Math.exp(-1.702 * x))', siluSlope('1.702 * x')],
  tanh: ['Math.tanh(x)', '(() => { const t = Math.tanh(x); return 1 - t * t; })()'],
  tanhShrink: ['x - Math.tanh(x)', '(() => { const t = Math.tanh(x); return t * t; })()'],
  gelu: [
    `0.5 * x * (1 + ${erf('x * Math.SQRT1_2')})`,
    `0.5 * (1 + ${erf('x * Math.SQRT1_2')}) + x * 0.3989422804014327 * Math.exp(-0.5 * x * x)`,
  ],
  geluTanh: [
    `0.5 * x * (1 + Math.tanh(${u}))`,
    `(() => { const t = Math.tanh(${u}); return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * x * x); })()`,
  ],
  erf: [erf('x'), '1.1283791670955126 * Math.exp(-x * x)'],
  softplus: ['Math.log(1 + Math.exp(x))', sigmoid('x')],
  mish: [
    'x * Math.tanh(Math.log(1 + Math.exp(x)))',
    `(() => { const t = Math.tanh(Math.log(1 + Math.exp(x))); return t + x * (1 - t * t) * ${sigmoid('x')}; })()`,
  ],
  squareplus: ['0.5 * (x + Math.sqrt(x * x + 4))', '0.5 * (1 + x / Math.sqrt(x * x + 4))'],
  softsign: ['x / (1 + Math.abs(x))', '(() => { const d = 1 + Math.abs(x); return 1 / (d * d); })()'],
};

/** relu without a branch, for random signs the fastest in plain JavaScript; NaN at -Infinity. */
export const branchFreeRelu = loop('xs, ys', 'ys[i] = 0.5 * (x + Math.abs(x))');

/** For each activation `forward(x, y)` and `backward(dy, x, dx)`. */
export const plain = Object.fromEntries(
  Object.entries(expressions).map(([name, [value, derivative]]) => [
    name,
    {
      forward: loop('xs, ys', `ys[i] = ${value}`),
      backward: loop('dys, xs, ys', `ys[i] = dys[i] * (${derivative})`),
    },
  ]),
);

function loop(parameters, statement) {
  return new Function(
    ...parameters.split(', '),
    `for (let i = 0; i < xs.length; i++) { const x = xs[i]; ${statement}; }`,
  );
}

// Functions of rows: the usual three loops, and for the gradient the result first.

function softmax(xs, ys, n, sign = 1) {
  for (let from = 0; from < xs.length; from += n) {
    const to = from + n;
    let max = -Infinity;
    for (let i = from; i < to; i++) if (sign * xs[i] > max) max = sign * xs[i];
    let sum = 0;
    for (let i = from; i < to; i++) {
      const e = Math.exp(sign * xs[i] - max);
      ys[i] = e;
      sum += e;
    }
    for (let i = from; i < to; i++) ys[i] /= sum;
  }
}

function softmaxGradient(dys, xs, ys, n, sign = 1) {
  softmax(xs, ys, n, sign);
  for (let from = 0; from < xs.length; from += n) {
    let dot = 0;
    for (let i = from; i < from + n; i++) dot += dys[i] * ys[i];
    for (let i = from; i < from + n; i++) ys[i] *= sign * (dys[i] - dot);
  }
}

function logSoftmax(xs, ys, n) {
  for (let from = 0; from < xs.length; from += n) {
    const to = from + n;
    let max = -Infinity;
    for (let i = from; i < to; i++) if (xs[i] > max) max = xs[i];
    let sum = 0;
    for (let i = from; i < to; i++) sum += Math.exp(xs[i] - max);
    const shift = max + Math.log(sum);
    for (let i = from; i < to; i++) ys[i] = xs[i] - shift;
  }
}

function logSoftmaxGradient(dys, xs, ys, n) {
  softmax(xs, ys, n);
  for (let from = 0; from < xs.length; from += n) {
    let sum = 0;
    for (let i = from; i < from + n; i++) sum += dys[i];
    for (let i = from; i < from + n; i++) ys[i] = dys[i] - ys[i] * sum;
  }
}

/** For each function of rows `forward(x, y, n)` and `backward(dy, x, dx, n)` on rows of n. */
export const plainRows = {
  softmax: { forward: softmax, backward: softmaxGradient },
  softmin: {
    forward: (xs, ys, n) => softmax(xs, ys, n, -1),
    backward: (dys, xs, ys, n) => softmaxGradient(dys, xs, ys, n, -1),
  },
  logSoftmax: { forward: logSoftmax, backward: logSoftmaxGradient },
};
