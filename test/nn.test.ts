// Layers, losses and optimisers against float64 formulas and central differences, and what they refuse.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  type Activation,
  activations,
  create,
  createArena,
  gelu,
  glu,
  leakyRelu,
  pipeline,
  relu,
  rrelu,
  softmax,
  tanh,
} from '../src';
import * as nn from '../src/nn';
import {
  Activate,
  Adam,
  BatchNorm,
  Dense,
  glorotUniform,
  heNormal,
  type Layer,
  meanSquaredError,
  PReLU,
  Random,
  Sequential,
  SGD,
  softmaxCrossEntropy,
} from '../src/nn';

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const any = (value: unknown): any => value;
const floats = (...values: number[]) => new Float32Array(values);

/** `n` normal numbers. */
function normals(n: number, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: n }, () => random.normal());
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= tolerance * Math.max(1, Math.abs(expected[i])))) expect(actual[i], `[${i}]`).toBe(expected[i]);
  }
}

const dense = (inputs: number, units: number, seed = 1) =>
  new Dense({ inputs, units, weights: heNormal(new Random(seed)), bias: normals(units, seed + 1) });

describe('gradients against central differences', () => {
  const batchNorm = (features: number) => {
    const layer = new BatchNorm({ features });
    layer.scale.value.set(normals(features, 5));
    layer.shift.value.set(normals(features, 6));
    layer.runningMean.value.set(normals(features, 7));
    layer.runningVariance.value.set(normals(features, 8).map((v) => 0.5 + v * v));
    return layer;
  };
  const prelu = (features: number) => {
    const layer = new PReLU({ features });
    layer.slopes.value.set(normals(features, 9));
    return layer;
  };
  const layers: [name: string, layer: Layer, features: number, training: boolean][] = [
    ['Dense', dense(3, 5), 3, false],
    ['Dense without bias', new Dense({ inputs: 4, units: 1, weights: normals(4), bias: false }), 4, false],
    ['PReLU', new PReLU(), 3, false],
    ['PReLU of each feature', prelu(3), 3, false],
    ['BatchNorm in training', batchNorm(3), 3, true],
    ['BatchNorm', batchNorm(3), 3, false],
    ['Activate', new Activate(leakyRelu.with({ alpha: 0.3 })), 4, false],
    ['a pipeline', new Activate(pipeline(tanh, gelu)), 4, false],
    ['Softplus', new nn.Softplus({ beta: 2 }), 4, false],
    ['Sequential', new Sequential(dense(4, 6), batchNorm(6), new nn.SiLU(), dense(6, 3)), 4, true],
    ['Sequential in Sequential', new Sequential(new Sequential(dense(4, 3), tanh), new PReLU(), dense(3, 2)), 4, false],
  ];

  test.each(layers)('%s', (_, layer, features, training) => {
    const m = 7;
    const step = 1 / 128;
    // No input close to a kink.
    const x = normals(m * features, 11).map((v) => v + Math.sign(v) * 2 * step);
    const weights = normals(layer.forward(x, { training }).length, 12);
    const loss = () => layer.forward(x, { training }).reduce((sum, y, i) => sum + y * weights[i], 0);
    const difference = (array: Float32Array, i: number) => {
      const kept = array[i];
      array[i] = kept + step;
      const [above, high] = [array[i], loss()];
      array[i] = kept - step;
      const [below, low] = [array[i], loss()];
      array[i] = kept;
      return (high - low) / (above - below);
    };
    loss();
    const dx = layer.backward(weights).slice();
    // Truncation is of order step^2, rounding of order 2^-24 / step.
    for (const { value, gradient } of [{ value: x, gradient: dx }, ...layer.parameters]) {
      const computed = gradient.slice();
      expectClose(
        computed,
        Array.from(value, (_, i) => difference(value, i)),
        2e-3,
      );
    }
  });
});

describe('Dense', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(31, 64, 65));
  test('float64 formulas for all shapes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(5), fc.constant(130)), size, size, fc.nat(100), (m, inputs, units, seed) => {
        const layer = dense(inputs, units, seed);
        const [w, b] = [layer.weights.value, normals(units, seed + 1)];
        const x = normals(m * inputs, seed + 2);
        const dy = normals(m * units, seed + 3);
        const rows = Array.from({ length: m }, (_, i) => i);
        const sum = (n: number, term: (p: number) => number) => {
          let total = 0;
          for (let p = 0; p < n; p++) total += term(p);
          return total;
        };
        const array = (columns: number, entry: (i: number, j: number) => number, count = m) =>
          Array.from({ length: count * columns }, (_, at) => entry(Math.floor(at / columns), at % columns));
        expectClose(
          layer.forward(x),
          array(units, (i, j) => b[j] + sum(inputs, (p) => x[i * inputs + p] * w[p * units + j])),
          1e-5,
        );
        expectClose(
          layer.backward(dy),
          array(inputs, (i, p) => sum(units, (j) => dy[i * units + j] * w[p * units + j])),
          1e-5,
        );
        const dw = array(units, (p, j) => sum(m, (i) => x[i * inputs + p] * dy[i * units + j]), inputs);
        expectClose(layer.weights.gradient, dw, 3e-5);
        const db = array(units, (_, j) => rows.reduce((total, i) => total + dy[i * units + j], 0), 1);
        expectClose(any(layer.bias).gradient, db, 1e-6);
      }),
      { numRuns: 40 },
    );
  });

  test('it may be computed by another library', () => {
    const other = nn.create({ backend: 'js' });
    const layer = new Dense({ inputs: 2, units: 3, weights: normals(6), dense: other.dense });
    expect(layer.dense).toBe(other.dense);
    expect(new BatchNorm({ features: 3 }).fold(layer).dense).toBe(other.dense);
    const x = normals(8);
    expect(layer.forward(x)).toEqual(other.dense(x, layer.weights.value, { bias: any(layer.bias).value }));
  });

  test('what it is given is copied', () => {
    const [weights, bias] = [floats(1, 2), floats(3)];
    const layer = new Dense({ inputs: 2, units: 1, weights, bias });
    new SGD({ rate: 1 }).step([{ ...layer.weights, gradient: floats(1, 1) }]);
    expect(weights).toEqual(floats(1, 2));
    expect(layer.forward(floats(1, 1))).toEqual(floats(4));
  });

  test('inputs in an arena or in the middle of a buffer', () => {
    const x = normals(5 * 7);
    const expected = dense(7, 3).forward(x);
    const arena = createArena(2 ** 12).float32(35);
    const middle = new Float32Array(40).subarray(3, 38);
    for (const place of [arena, middle]) {
      place.set(x);
      expect(new Sequential(dense(7, 3)).forward(place)).toEqual(expected);
    }
  });
});

describe('activation layers', () => {
  test('there is one for each activation', () => {
    const names = new Map(Object.keys(nn).map((name) => [name.toLowerCase(), name]));
    for (const f of Object.values(activations) as Activation[]) {
      const Named = any(nn)[names.get(f.name.toLowerCase()) as string];
      const x = normals(50).map((v) => 3 * v);
      const layer: Activate = new Named();
      expect(layer).toBeInstanceOf(Activate);
      expect(layer.name).toBe(f.name);
      expect(layer.forward(x)).toEqual(f(x));
      expect(layer.backward(x)).toEqual(f.backward(x, x));
    }
  });

  test('options go to the activation', () => {
    expect(new nn.LeakyReLU({ alpha: 0.5 }).forward(floats(-2, 4))).toEqual(floats(-1, 4));
    expect(new nn.GELU({ approximate: 'tanh' }).forward(floats(1))).toEqual(activations.geluTanh(floats(1)));
    expect(() => new nn.ReLU(any({ alpha: 1 }))).toThrow('relu.with: unknown option alpha');
  });

  test.each(['relaxed', 'simd', 'js'] as const)('activations of %s', (backend) => {
    const { mish } = create({ backend });
    const layer = new Activate(mish);
    const [x, dy] = [normals(5000), normals(5000, 2)];
    expect(layer.forward(x)).toEqual(mish(x));
    expect(layer.backward(dy)).toEqual(mish.backward(dy, x));
  });
});

describe('PReLU', () => {
  test('zeros, infinities and NaN', () => {
    const layer = new PReLU({ slope: 0.5 });
    expect(layer.forward(floats(-0, 0, -Infinity, Infinity, NaN))).toEqual(floats(-0, 0, -Infinity, Infinity, NaN));
    expect(layer.backward(floats(1, 1, 1, 1, 1))).toEqual(floats(0.5, 0.5, 0.5, 1, NaN));
    expect(new PReLU({ slope: -1 }).forward(floats(-0, 0))).toEqual(floats(0, -0));
  });
});

describe('BatchNorm', () => {
  test('float64 statistics, also where the mean is large beside the deviation', () => {
    const [m, features] = [1000, 3];
    const x = normals(m * features).map((v, i) => [0, 1e4, -50][i % features] + 0.1 * v);
    const layer = new BatchNorm({ features, momentum: 0.25, epsilon: 1e-3 });
    const y = layer.forward(x, { training: true });
    for (let j = 0; j < features; j++) {
      const column = Array.from({ length: m }, (_, i) => x[i * features + j]);
      const mean = column.reduce((a, b) => a + b) / m;
      const squares = column.reduce((a, b) => a + (b - mean) ** 2, 0);
      const expected = column.map((v) => (v - mean) / Math.sqrt(squares / m + 1e-3));
      expectClose(
        Array.from({ length: m }, (_, i) => y[i * features + j]),
        expected,
        1e-6,
      );
      expectClose([layer.runningMean.value[j]], [0.25 * mean], 1e-6);
      expectClose([layer.runningVariance.value[j]], [0.75 + (0.25 * squares) / (m - 1)], 1e-6);
    }
  });

  test('outside training: the running statistics, which stay', () => {
    const layer = new BatchNorm({ features: 2, epsilon: 0 });
    layer.runningMean.value.set([1, 2]);
    layer.runningVariance.value.set([4, 0.25]);
    layer.scale.value.set([1, 3]);
    layer.shift.value.set([0.5, 0]);
    expect(layer.forward(floats(3, 3))).toEqual(floats(1.5, 6));
    expect([...layer.runningMean.value, ...layer.runningVariance.value]).toEqual([1, 2, 4, 0.25]);
  });

  test('folded into the dense layer before it', () => {
    for (const bias of [true, false, normals(6, 9)]) {
      const random = new Random(3);
      const model = new Sequential(
        new Dense({ inputs: 5, units: 6, weights: heNormal(random), bias }),
        new BatchNorm({ features: 6 }),
        relu,
        new BatchNorm({ features: 6 }),
        new Dense({ inputs: 6, units: 2, weights: glorotUniform(random) }),
      );
      const optimizer = new Adam({ rate: 0.01 });
      for (let step = 0; step < 20; step++) {
        model.backward(model.forward(normals(40, step), { training: true }).slice());
        optimizer.step(model.parameters);
      }
      const x = normals(15, 50);
      const expected = model.forward(x).slice();
      const folded = model.fold();
      expect(folded.layers.map(({ name }) => name)).toEqual(['Dense(5, 6)', 'relu', 'BatchNorm(6)', 'Dense(6, 2)']);
      expectClose(folded.forward(x), expected, 1e-5);
    }
  });
});

describe('losses', () => {
  /** The loss in float64, by its definition. */
  const reference = (logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number) => {
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const own = Array.from({ length: classes }, (_, j) => logits[row * classes + j]);
      total += Math.log(own.reduce((sum, v) => sum + Math.exp(v), 0)) - own[labels[row]];
    }
    return total / labels.length;
  };

  test('softmaxCrossEntropy: definition and central differences in float64', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }), fc.nat(99), (m, classes, seed) => {
        const logits = normals(m * classes, seed).map((v) => 3 * v);
        const random = new Random(seed);
        const labels = Uint8Array.from({ length: m }, () => classes * random.uniform());
        const { loss, gradient } = softmaxCrossEntropy(logits, labels, { classes });
        expectClose([loss], [reference(logits, labels, classes)], 1e-12);
        const step = 1e-4;
        const differences = Array.from(logits, (_, i) => {
          const moved = (by: number) =>
            reference(
              Float64Array.from(logits, (v, k) => v + (k === i ? by : 0)),
              labels,
              classes,
            );
          return (moved(step) - moved(-step)) / (2 * step);
        });
        expectClose(gradient, differences, 1e-7);
        expect(softmaxCrossEntropy(logits, labels, { classes, out: logits })).toEqual({ loss, gradient: logits });
        expect(logits).toEqual(gradient);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [[3e38, -3e38], 0, 0, [0, 0]],
    [[3e38, -3e38], 1, 6e38, [1, -1]],
    [[-1000, -1000], 0, Math.LN2, [-0.5, 0.5]],
    [[0, -Infinity], 0, 0, [0, 0]],
    [[0, -Infinity], 1, Infinity, [1, -1]],
    [[Infinity, 0], 0, NaN, [NaN, NaN]],
    [[NaN, 0], 1, NaN, [NaN, NaN]],
    [[0, NaN], 0, NaN, [NaN, NaN]],
    [[-Infinity, -Infinity], 0, NaN, [NaN, NaN]],
  ])('softmaxCrossEntropy of %j for class %d', (logits, label, loss, gradient) => {
    const result = softmaxCrossEntropy(floats(...logits), [label], { classes: 2 });
    if (Number.isFinite(loss)) expectClose([result.loss], [loss], 1e-7);
    else expect(result.loss).toBe(loss);
    // PyTorch's gradient of an infinite logit is NaN in the whole row.
    expect(Array.from(result.gradient, (v) => v + 0)).toEqual(gradient);
  });

  test('meanSquaredError: definition and central differences', () => {
    const [y, target] = [normals(11), normals(11, 2)];
    const value = (own: ArrayLike<number>) => Array.from(own).reduce((s, v, i) => s + (v - target[i]) ** 2, 0) / 11;
    const { loss, gradient } = meanSquaredError(y, target);
    expectClose([loss], [value(y)], 1e-14);
    const moved = (i: number, by: number) => value(Float64Array.from(y, (v, k) => v + (k === i ? by : 0)));
    expectClose(
      gradient,
      Array.from(y, (_, i) => (moved(i, 1e-3) - moved(i, -1e-3)) / 2e-3),
      1e-7,
    );
    for (const out of [y, target]) {
      const [a, b] = [y.slice(), target.slice()];
      const chosen = out === y ? a : b;
      expect(meanSquaredError(a, b, { out: chosen })).toEqual({ loss, gradient });
      expect(chosen).toEqual(gradient);
    }
  });

  test('out may overlap the source', () => {
    for (const shift of [-2, 2]) {
      const memory = normals(44);
      const [x, out] = [memory.subarray(2, 42), memory.subarray(2 + shift, 42 + shift)];
      const expected = softmaxCrossEntropy(x, new Uint8Array(8), { classes: 5 });
      const other = meanSquaredError(x, normals(40, 3));
      const copy = x.slice();
      expect(softmaxCrossEntropy(x, new Uint8Array(8), { classes: 5, out })).toEqual(expected);
      x.set(copy);
      expect(meanSquaredError(x, normals(40, 3), { out })).toEqual(other);
    }
  });

  test('labels in the place of the gradient', () => {
    const logits = normals(4);
    const labels = floats(1, 0, 7, 7);
    const expected = softmaxCrossEntropy(logits, [1, 0], { classes: 2 });
    expect(softmaxCrossEntropy(logits, labels.subarray(0, 2), { classes: 2, out: labels })).toEqual(expected);
  });

  test('no rows', () => {
    const none = { loss: NaN, gradient: floats() };
    expect(softmaxCrossEntropy(floats(), [], { classes: 3 })).toEqual(none);
    expect(meanSquaredError(floats(), floats())).toEqual(none);
  });
});

describe('optimisers', () => {
  const gradients = [1, 2, 3, 4, 5].map((seed) => normals(9, seed).map((v) => 10 * v));
  const run = (optimizer: SGD | Adam) => {
    const value = normals(9, 20);
    const gradient = new Float32Array(9);
    const parameters = [{ name: 'p', shape: [9], value, gradient }];
    for (const g of gradients) {
      gradient.set(g);
      optimizer.step(parameters);
    }
    return value;
  };

  test.each([0, 0.9])('SGD with momentum %d', (momentum) => {
    const expected = Array.from(normals(9, 20), (start, i) => {
      let [value, velocity] = [start, 0];
      for (const g of gradients) {
        velocity = momentum * velocity + g[i];
        value -= 0.05 * velocity;
      }
      return value;
    });
    expectClose(run(new SGD({ rate: 0.05, momentum })), expected, 1e-6);
  });

  test.each([{}, { rate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.01 }])('Adam with %j', (options) => {
    const { rate, beta1, beta2, epsilon } = { rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...options };
    const expected = Array.from(normals(9, 20), (start, i) => {
      let [value, mean, square] = [start, 0, 0];
      for (const [t, g] of gradients.entries()) {
        mean = beta1 * mean + (1 - beta1) * g[i];
        square = beta2 * square + (1 - beta2) * g[i] ** 2;
        const corrected = square / (1 - beta2 ** (t + 1));
        value -= (rate * mean) / (1 - beta1 ** (t + 1)) / (Math.sqrt(corrected) + epsilon);
      }
      return value;
    });
    expectClose(run(new Adam(options)), expected, 1e-6);
  });

  test('the rate may change', () => {
    const optimizer = new SGD({ rate: 1 });
    optimizer.rate = 0.5;
    const value = floats(1);
    optimizer.step([{ name: 'p', shape: [1], value, gradient: floats(1) }]);
    expect(value).toEqual(floats(0.5));
    expect(() => {
      optimizer.rate = NaN;
    }).toThrow('SGD: option rate must be a finite number from 0 up, got NaN');
  });
});

describe('initializers', () => {
  test('moments, bounds, and the same for the same seed', () => {
    const [inputs, units] = [200, 300];
    const he = heNormal(new Random(7))(inputs, units);
    const glorot = glorotUniform(new Random(7))(inputs, units);
    const limit = Math.sqrt(6 / (inputs + units));
    for (const [values, variance] of [
      [he, 2 / inputs],
      [glorot, limit ** 2 / 3],
    ] as const) {
      expect(values.length).toBe(inputs * units);
      const mean = values.reduce((a, b) => a + b) / values.length;
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / values.length));
      const own = values.reduce((a, b) => a + b * b, 0) / values.length;
      expect(own / variance).toBeGreaterThan(0.98);
      expect(own / variance).toBeLessThan(1.02);
    }
    expect(Math.max(...glorot.map(Math.abs))).toBeLessThanOrEqual(Math.fround(limit));
    expect(heNormal(new Random(7))(inputs, units)).toEqual(he);
    expect(heNormal(new Random(8))(inputs, units)).not.toEqual(he);
  });
});

describe('Sequential', () => {
  test('summary', () => {
    const model = new Sequential(dense(64, 32), new BatchNorm({ features: 32 }), gelu, new PReLU(), dense(32, 10));
    expect(`\n${model.summary()}`).toBe(`
   layer          output  parameters
0  Dense(64, 32)  m x 32       2,080
1  BatchNorm(32)  m x 32          64
2  gelu           m x 32           0
3  PReLU          m x 32           1
4  Dense(32, 10)  m x 10         330
   all                         2,475`);
    expect(new Sequential(relu).summary()).toContain('m x any');
  });

  test('results are the arrays of before, as long as batches do not grow', () => {
    const model = new Sequential(dense(3, 4), tanh, new BatchNorm({ features: 4 }), new PReLU(), dense(4, 2));
    const buffers = (m: number) => {
      const y = model.forward(normals(3 * m), { training: true });
      return [y.buffer, model.backward(normals(2 * m)).buffer, ...model.parameters.map((p) => p.gradient.buffer)];
    };
    const first = buffers(8);
    for (const m of [8, 5, 8, 2]) for (const [i, b] of buffers(m).entries()) expect(b).toBe(first[i]);
    expect(model.forward(normals(6))).toHaveLength(4);
    expect(model.parameters).toBe(model.parameters);
  });

  test('a training step allocates no typed array after the first', () => {
    const model = new Sequential(dense(3, 4), tanh, new BatchNorm({ features: 4 }), new PReLU(), dense(4, 2));
    const [x, labels, optimizer] = [normals(24), new Uint8Array(8), new Adam()];
    const step = () => {
      const logits = model.forward(x, { training: true });
      model.backward(softmaxCrossEntropy(logits, labels, { classes: 2, out: logits }).gradient);
      optimizer.step(model.parameters);
    };
    step();
    const made: string[] = [];
    for (const kind of [Float32Array, Float64Array]) {
      const counting = new Proxy(kind, {
        construct(target, args) {
          if (!(args[0] instanceof ArrayBuffer)) made.push(target.name); // else it is a view
          return Reflect.construct(target, args);
        },
      });
      vi.stubGlobal(kind.name, counting);
    }
    step();
    vi.unstubAllGlobals();
    expect(made).toEqual([]);
  });

  test.each(['relaxed', 'simd', 'js'] as const)('learns, and the same from the same seed: %s', (backend) => {
    const { gelu } = create({ backend });
    const train = () => {
      const random = new Random(5);
      const model = new Sequential(
        new Dense({ inputs: 2, units: 8, weights: heNormal(random) }),
        gelu,
        new Dense({ inputs: 8, units: 2, weights: glorotUniform(random) }),
      );
      const optimizer = new Adam({ rate: 0.03 });
      // Exclusive or.
      const x = floats(0, 0, 0, 1, 1, 0, 1, 1);
      let last = NaN;
      for (let step = 0; step < 200; step++) {
        const logits = model.forward(x, { training: true });
        const { loss, gradient } = softmaxCrossEntropy(logits, [0, 1, 1, 0], { classes: 2, out: logits });
        model.backward(gradient);
        optimizer.step(model.parameters);
        last = loss;
      }
      return { last, bytes: model.save() };
    };
    const first = train();
    expect(first.last).toBeLessThan(0.05);
    expect(train()).toEqual(first);
  });

  test('save and load', () => {
    const make = (seed: number) =>
      new Sequential(dense(3, 4, seed), new Sequential(new BatchNorm({ features: 4 }), new PReLU({ features: 4 })));
    const [model, other] = [make(1), make(2)];
    model.forward(normals(9), { training: true });
    const expected = model.forward(normals(9)).slice();
    const bytes = model.save();
    expect(other.forward(normals(9))).not.toEqual(expected);
    other.load(bytes);
    expect(other.forward(normals(9))).toEqual(expected);
    expect(nn.decodeSafetensors(bytes).map(({ name }) => name)).toEqual([
      '0.weights',
      '0.bias',
      '1.0.scale',
      '1.0.shift',
      '1.1.slopes',
      '1.0.runningMean',
      '1.0.runningVariance',
    ]);

    const refused: [unknown, string][] = [
      [new Sequential(dense(3, 4)).save(), 'bytes must hold "1.0.scale" of shape [4], got none'],
      [new Sequential(dense(4, 4), make(1).layers[1]).save(), '"0.weights" of shape [3,4], got [4,4]'],
      [new Sequential(...make(1).layers, dense(4, 1)).save(), 'this model alone, got "2.weights","2.bias" too'],
      [bytes.subarray(0, 50), 'a safetensors file'],
      ['bytes', 'bytes must be a Uint8Array, got "bytes"'],
    ];
    for (const [wrong, message] of refused) {
      const before = model.save();
      expect(() => model.load(any(wrong))).toThrow(message);
      expect(model.save()).toEqual(before);
    }
  });
});

describe('what is refused', () => {
  const seen = (layer: Layer) => {
    layer.forward(normals(6));
    return layer;
  };
  const random = new Random(1);
  const weights = heNormal(random);
  const cases: [call: () => unknown, error: new (...args: never[]) => Error, message: string][] = [
    [() => new Dense(any(undefined)), TypeError, 'Dense: options must be an object, got undefined'],
    [
      () => new Dense({ inputs: 0, units: 1, weights }),
      RangeError,
      'Dense: option inputs must be an integer from 1 up, got 0',
    ],
    [
      () => new Dense({ inputs: 1, units: any('2'), weights }),
      TypeError,
      'Dense: option units must be a number, got "2"',
    ],
    [() => new Dense(any({ inputs: 1, units: 1 })), TypeError, 'initializer such as heNormal(random), got undefined'],
    [() => new Dense({ inputs: 2, units: 3, weights: floats(1) }), RangeError, 'length of inputs x units, 6, got 1'],
    [
      () => new Dense({ inputs: 1, units: 1, weights: any(new DataView(new ArrayBuffer(4))) }),
      TypeError,
      'must be a Float32Array',
    ],
    [
      () => new Dense({ inputs: 1, units: 2, weights, bias: floats(1) }),
      RangeError,
      'option bias must have the length',
    ],
    [
      () => new Dense({ inputs: 1, units: 1, weights, bias: any(1) }),
      TypeError,
      'true, false or a Float32Array, got 1',
    ],
    [() => new Dense(any({ inputs: 1, units: 1, weights, activation: relu })), TypeError, 'unknown option activation'],
    [
      () => new Dense({ inputs: 1, units: 1, weights, dense: any(1) }),
      TypeError,
      'option dense must be a function, got 1',
    ],
    [() => heNormal(any(42)), TypeError, 'heNormal: random must be a generator such as new Random(seed), got 42'],
    [
      () => dense(2, 3).forward(floats(1, 2, 3)),
      RangeError,
      'Dense.forward: x must be rows of 2 features, got 3 elements',
    ],
    [() => dense(2, 3).forward(any([1, 2])), TypeError, 'Dense.forward: x must be a Float32Array, got Array(2)'],
    [() => dense(2, 3).forward(floats(), any({ train: true })), TypeError, 'Dense.forward: unknown option train'],
    [
      () => new PReLU().forward(floats(), { training: any(1) }),
      TypeError,
      'option training must be true or false, got 1',
    ],
    [() => dense(2, 3).backward(floats()), Error, 'Dense.backward: there has been no forward'],
    [
      () => seen(dense(2, 3)).backward(floats(1)),
      RangeError,
      'Dense.backward: dy must have the length of the output, 9, got 1',
    ],
    [() => seen(dense(2, 3)).backward(any(null)), TypeError, 'Dense.backward: dy must be a Float32Array, got null'],
    [
      () => new Activate(any('relu')),
      TypeError,
      'Activate: activation must be an activation or a pipeline, got "relu"',
    ],
    ...[softmax, rrelu, glu, nn.dense].map((f): (typeof cases)[number] => [
      () => new Sequential(dense(2, 3), any(f)),
      TypeError,
      'layer 1 must be a layer, an activation or a pipeline, got a function',
    ]),
    [() => new PReLU({ slope: 1e39 }), RangeError, 'PReLU: option slope must be a finite float32 number, got 1e+39'],
    [() => new Random(any('1')), TypeError, 'Random: seed must be a number, got "1"'],
    [() => new PReLU({ features: 1.5 }), RangeError, 'PReLU: option features must be an integer from 1 up, got 1.5'],
    [() => new PReLU({ slope: NaN }), RangeError, 'PReLU: option slope must be a finite float32 number, got NaN'],
    [() => new BatchNorm({ features: 1, momentum: 2 }), RangeError, 'option momentum must be from 0 to 1, got 2'],
    [() => new BatchNorm({ features: 1, epsilon: -1 }), RangeError, 'option epsilon must be a finite number from 0 up'],
    [
      () => new BatchNorm({ features: 2 }).forward(floats(1, 2), { training: true }),
      RangeError,
      '2 rows or more in training, got 1',
    ],
    [() => new BatchNorm({ features: 2 }).fold(any(relu)), TypeError, 'BatchNorm.fold: dense must be a Dense'],
    [() => new BatchNorm({ features: 2 }).fold(dense(2, 3)), RangeError, 'dense must have 2 units'],
    [() => new Sequential(), TypeError, 'Sequential: expected layers, got none'],
    [
      () => new Sequential(dense(2, 3), any({})),
      TypeError,
      'layer 1 must be a layer, an activation or a pipeline, got Object',
    ],
    [
      () => new Sequential(dense(2, 3), relu, dense(2, 3)),
      RangeError,
      'layer 2, Dense(2, 3), takes 2 features, but is given 3',
    ],
    [
      () => ((d) => new Sequential(d, relu, d))(dense(2, 2)),
      TypeError,
      'layer 2, Dense(2, 2), must be another object than layer 0',
    ],
    [() => new Sequential(relu).forward(any(1)), TypeError, 'Sequential.forward: x must be a Float32Array, got 1'],
    [
      () => softmaxCrossEntropy(floats(1, 2, 3), [0], { classes: 2 }),
      RangeError,
      'logits must be rows of 2 classes, got 3',
    ],
    [
      () => softmaxCrossEntropy(floats(1, 2), [2], { classes: 2 }),
      RangeError,
      'labels[0] must be an integer from 0 to 1, got 2',
    ],
    [() => softmaxCrossEntropy(floats(1, 2), [0, 1], { classes: 2 }), RangeError, 'one for each of the 1 rows, got 2'],
    [
      () => softmaxCrossEntropy(floats(1, 2), any(0), { classes: 2 }),
      TypeError,
      'labels must be an array of class numbers',
    ],
    [() => softmaxCrossEntropy(floats(1, 2), [0], any(undefined)), TypeError, 'options must be an object'],
    [
      () => softmaxCrossEntropy(floats(1), [0], { classes: 1, out: floats() }),
      RangeError,
      'out must have the length of logits, 1',
    ],
    [() => meanSquaredError(floats(1), floats(1, 2)), RangeError, 'target must have the length of y, 1, got 2'],
    [() => meanSquaredError(floats(1), any([1])), TypeError, 'target must be a Float32Array, got Array(1)'],
    [() => new SGD(any({})), TypeError, 'SGD: option rate must be a number, got undefined'],
    [() => new SGD({ rate: -1 }), RangeError, 'SGD: option rate must be a finite number from 0 up, got -1'],
    [() => new SGD({ rate: 1, momentum: 1 }), RangeError, 'option momentum must be from 0 to less than 1, got 1'],
    [() => new Adam({ beta2: 1 }), RangeError, 'Adam: option beta2 must be from 0 to less than 1, got 1'],
    [() => new Adam().step(any(dense(1, 1))), TypeError, 'Adam.step: parameters must be an array'],
    [
      () => new Adam().step([any({ value: floats(1), gradient: floats() })]),
      RangeError,
      'parameters[0].gradient must have',
    ],
  ];
  test.each(cases.map((c) => [c[2], c] as const))('%s', (_, [call, error, message]) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });

  test('before anything is written', () => {
    const logits = floats(1, 2, 3, 4);
    expect(() => softmaxCrossEntropy(logits, [0, 5], { classes: 2, out: logits })).toThrow();
    expect(logits).toEqual(floats(1, 2, 3, 4));
    const good = { name: 'a', shape: [1], value: floats(1), gradient: floats(1) };
    expect(() => new SGD({ rate: 1 }).step([good, any({})])).toThrow();
    expect(good.value).toEqual(floats(1));
    const layer = new BatchNorm({ features: 1 });
    expect(() => layer.forward(floats(5), { training: true })).toThrow();
    expect(layer.runningMean.value).toEqual(floats(0));
  });

  test('detached arrays', () => {
    const x = floats(1, 2);
    structuredClone(x.buffer, { transfer: [x.buffer] });
    expect(() => dense(2, 1).forward(x)).toThrow('Dense.forward: x must not be detached');
    expect(() => meanSquaredError(x, floats())).toThrow('y must not be detached');
    for (const layer of [new BatchNorm({ features: 2 }), new Activate(relu)]) {
      const kept = floats(1, 2);
      layer.forward(kept);
      structuredClone(kept.buffer, { transfer: [kept.buffer] });
      expect(() => layer.backward(floats(1, 2))).toThrow('backward: the input of forward must not be detached');
    }
  });
});
