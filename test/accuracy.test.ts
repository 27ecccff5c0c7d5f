import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Activation, create, type Options, type Spec } from '../src';
import { passed } from '../src/activation';
import { patterns, shareOfBound, show, specials, ulpError } from './float32';

/** The worst result of all, by its share of the bound. */
class Worst {
  share = 0;
  message = '';
  constructor(
    readonly exact: (x: number) => number,
    readonly ulp: number,
    readonly root?: Spec['root'],
  ) {}
  add(x: Float32Array, results: Float32Array) {
    for (let i = 0; i < x.length; i++) {
      const exact = this.exact(x[i]);
      const share = shareOfBound(x[i], results[i], exact, this.ulp, this.root);
      if (!(share <= this.share)) {
        this.share = share;
        this.message = `at ${show(x[i])}: got ${show(results[i])}, exact ${show(exact)}, ${ulpError(results[i], exact)} ULP`;
      }
    }
  }
  check(what: string) {
    if (!(this.share <= 1)) expect.fail(`${what} ${this.message}, allowed ${this.ulp}`);
  }
}

/** Options other than the defaults at which parametric activations are tried. */
const others: { [name: string]: Options[] } = {
  leakyRelu: [{ alpha: 0 }, { alpha: -0.3 }, { alpha: 10 }],
  elu: [{ alpha: 0.1 }, { alpha: -0.3 }, { alpha: 10 }],
  celu: [{ alpha: 0.1 }, { alpha: 0.7 }, { alpha: 10 }],
  hardSigmoid: [{ alpha: 0.2 }, { alpha: 1, beta: 0 }, { alpha: 0.3, beta: 0.7 }],
  hardTanh: [
    { min: 0, max: 3 },
    { min: -2.5, max: -1 },
  ],
  hardShrink: [{ lambda: 0 }, { lambda: 3 }],
  softShrink: [{ lambda: 0 }, { lambda: 3 }],
  silu: [{ beta: 0.1 }, { beta: 1.702 }, { beta: 10 }],
  softplus: [{ beta: 0.1 }, { beta: 0.77 }, { beta: 1.7 }, { beta: 10 }],
  squareplus: [{ beta: 1e-20 }, { beta: 1e20 }, { beta: 0 }, { beta: 0.1 }, { beta: 10 }],
  step: [{ alpha: 0.5 }],
  threshold: [{ threshold: 1, value: -7 }],
  thresholdedRelu: [{ alpha: -2 }],
};

function check(f: Activation, x: Iterable<Float32Array>, options: Options = {}) {
  const { value, derivative, defaults, ulp, root } = f.spec;
  const [a, b] = Object.values({ ...defaults, ...options })
    .filter((v) => typeof v === 'number')
    .map((v) => passed(f.spec, v));
  const values = new Worst((v) => value(v, a, b), ulp.value);
  const derivatives = new Worst((v) => derivative(v, a, b), ulp.derivative, root && scaled(root, options.beta));
  for (const block of x) {
    values.add(block, f(block, options));
    derivatives.add(block, f.backward(new Float32Array(block.length).fill(1), block, options));
  }
  values.check('value');
  derivatives.check('derivative');
}

/** The interval, which is one of beta x, in x. */
function scaled(root: NonNullable<Spec['root']>, beta: unknown = 1): Spec['root'] {
  return { from: root.from / Number(beta), to: root.to / Number(beta), error: root.error };
}

for (const backend of ['relaxed', 'simd', 'js'] as const) {
  const library = create({ backend });
  describe(`${backend}: error in ULP`, () => {
    for (const f of Object.values(library.activations) as Activation[]) {
      test(`${f.name}: special inputs`, () => check(f, [specials]));
      // 2^32 / 419 is 10 million inputs.
      test(`${f.name}: inputs of all magnitudes`, () => check(f, patterns(backend === 'js' ? 41_999 : 1021)));
      for (const options of others[f.name] ?? []) {
        test(`${f.name} ${JSON.stringify(options)}`, () => check(f, patterns(41_999), options));
      }
    }
  });
}

test('the operators state the bounds of the table', () => {
  const folder = new URL('../assembly/', import.meta.url);
  const source = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('');
  const stated = [
    ...source.matchAll(
      /Error at most ([\d.]+) ULP, of the derivative ([\d.]+)\.\n \*\/\n@unmanaged\n@final\nclass (\w+)/g,
    ),
  ].map(([, value, derivative, operator]) => [operator, { value: +value, derivative: +derivative }]);
  const operator = (name: string) => name[0].toUpperCase() + name.slice(1);
  const expected = Object.values(create().activations as unknown as { [name: string]: Activation })
    .filter(({ name }) => name !== 'quickGelu') // Silu's operator
    .map(({ name, spec }) => [operator(name), spec.ulp]);
  expect(Object.fromEntries(stated)).toMatchObject(Object.fromEntries(expected));
});
