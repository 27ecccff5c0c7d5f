// The shape of the package: records, backends, arenas.
import { describe, expect, test } from 'vitest';
import { show } from '../scripts/verify/float32.js';
import * as lanewise from '../src';
import {
  type Activation,
  activations,
  backend,
  create,
  createArena,
  gelu,
  init,
  relu,
  type Spec,
  silu,
  swish,
} from '../src';
import { randoms, shareOfBound, specials } from './float32';

const names =
  'relu relu6 leakyRelu elu selu celu gelu geluTanh quickGelu silu sigmoid hardSigmoid logSigmoid tanh hardTanh tanhShrink softplus ' +
  'softsign softShrink hardShrink threshold thresholdedRelu hardSwish mish squareplus reluSquared sparsePlus sparseSigmoid step exp erf';

test('every activation is exported, and listed by name', () => {
  expect(Object.keys(activations).sort()).toEqual(names.split(' ').sort());
  for (const [name, f] of Object.entries(activations)) {
    expect(lanewise[name as keyof typeof lanewise]).toBe(f);
    expect(f.name).toBe(name);
    expect(f.defaults).toEqual(f.spec.defaults);
    expect(Object.isFrozen(f.defaults)).toBe(true);
  }
  expect(swish).toBe(silu);
});

describe('create', () => {
  test('the best backend by default', () => {
    expect(backend).toBe('relaxed');
    expect(create().backend).toBe('relaxed');
    expect(create({ backend: undefined }).backend).toBe('relaxed');
  });

  test('libraries are independent', () => {
    const js = create({ backend: 'js' });
    expect(js.backend).toBe('js');
    expect(js.activations.relu).toBe(js.relu);
    expect(js.swish).toBe(js.silu);
    expect(js.relu).not.toBe(relu);
    expect(Array.from(js.relu(new Float32Array([-1, 2])))).toEqual([0, 2]);
  });

  test('an arena of one library serves another, by copying', () => {
    const a = create().createArena(4096).float32(1000);
    a.set(randoms(1000));
    const expected = gelu(a.slice());
    expect(gelu(a)).toEqual(expected);
    expect(create().gelu(a, { out: a })).toEqual(expected);
  });
});

describe('simd against js', () => {
  const js = create({ backend: 'js' });
  const x = new Float32Array([...specials, ...randoms(20_000)]);
  const ones = new Float32Array(x.length).fill(1);
  const close = (actual: Float32Array, expected: Float32Array, ulp: number, root?: Spec['root']) => {
    for (let i = 0; i < x.length; i++) {
      // One ULP more than the kernel's own error: the js result is rounded too.
      if (!(shareOfBound(x[i], actual[i], expected[i], ulp + 1, root) <= 1)) {
        expect.fail(`at ${show(x[i])}: simd ${show(actual[i])}, js ${show(expected[i])}`);
      }
    }
  };
  for (const f of Object.values(activations) as Activation[]) {
    test(f.name, () => {
      const g = js.activations[f.name as keyof typeof activations] as Activation;
      const { ulp, root } = f.spec;
      close(f(x), g(x), ulp.value);
      close(f.backward(ones, x), g.backward(ones, x), ulp.derivative, root);
    });
  }
});

describe.each(
  (['relaxed', 'simd', 'js'] as const).flatMap((backend) => [false, true].map((shared) => ({ backend, shared }))),
)('arena, $backend, shared $shared', ({ backend, shared }) => {
  const createArena = (bytes: number) => create({ backend }).createArena(bytes, { shared });

  test('its memory is shared if so asked', () => {
    expect(createArena(64).float32(1).buffer instanceof SharedArrayBuffer).toBe(shared);
  });

  test('hands out aligned, zeroed arrays until it is full', () => {
    const arena = createArena(1000);
    expect([arena.capacity, arena.used]).toEqual([1024, 0]);
    const a = arena.float32(3);
    const b = arena.float32(17);
    expect(arena.used).toBe(64 + 128);
    expect([a.byteOffset % 64, b.byteOffset % 64, b.byteOffset - a.byteOffset]).toEqual([0, 0, 64]);
    expect([...a, ...b].every((v) => v === 0)).toBe(true);
    expect(arena.float32(0)).toHaveLength(0);
    expect(() => arena.float32(209)).toThrow(RangeError);
    expect(arena.float32(208)).toHaveLength(208);
    expect(arena.used).toBe(1024);
  });

  test('reset hands the space out again; older arrays stay valid', () => {
    const arena = createArena(4096);
    const a = arena.float32(1000);
    a[0] = 5;
    arena.reset();
    expect(arena.used).toBe(0);
    const b = arena.float32(1000);
    expect(b.byteOffset).toBe(a.byteOffset);
    expect(a[0]).toBe(5);
    expect(() => arena.float32(1000)).toThrow(RangeError);
  });

  test('many arenas live beside each other', () => {
    const { gelu, createArena } = create({ backend });
    const arrays = Array.from({ length: 20 }, () => createArena(65536, { shared }).float32(16384).fill(1));
    for (const a of arrays) gelu(a, { out: a });
    for (const a of arrays) expect(a.every((v) => v === a[0] && v > 0.84 && v < 0.85)).toBe(true);
  });
});

describe('the NaN, the zeros and the infinities', () => {
  for (const f of Object.values(activations) as Activation[]) {
    test(`${f.name}: NaN in, NaN out, in every lane`, () => {
      for (let lane = 0; lane < 23; lane++) {
        const x = new Float32Array(23).fill(0.25);
        x[lane] = Number.NaN;
        const ones = new Float32Array(23).fill(1);
        for (const y of [f(x), f.backward(ones, x), f.backward(x, ones)]) {
          expect(Array.from(y, Number.isNaN)).toEqual(Array.from({ length: 23 }, (_, i) => i === lane));
        }
      }
    });
  }

  test.each('tanh tanhShrink softsign erf hardShrink softShrink'.split(' '))('%s is odd', (name) => {
    const f = activations[name as keyof typeof activations] as Activation;
    const x = new Float32Array([...specials, ...randoms(1000)]);
    expect(f(x.map((v) => -v)).map((v) => -v)).toEqual(f(x));
    expect(Object.is(f(new Float32Array([-0]))[0], -0)).toBe(true);
  });

  test.each([
    ['relu', -0, -0],
    ['relu', -Infinity, 0],
    ['silu', -Infinity, -0],
    ['gelu', -Infinity, -0],
    ['geluTanh', -Infinity, -0],
    ['quickGelu', -Infinity, -0],
    ['mish', -Infinity, -0],
    ['softsign', Infinity, 1],
    ['softsign', -Infinity, -1],
    ['sigmoid', -Infinity, 0],
    ['softplus', -Infinity, 0],
    ['logSigmoid', Infinity, -0],
    ['squareplus', -Infinity, 0],
    ['exp', -Infinity, 0],
    ['elu', -Infinity, -1],
    ['silu', Infinity, Infinity],
    ['gelu', Infinity, Infinity],
    ['mish', Infinity, Infinity],
    ['softplus', Infinity, Infinity],
    ['squareplus', Infinity, Infinity],
    ['tanhShrink', Infinity, Infinity],
    ['exp', Infinity, Infinity],
  ] as const)('%s(%d) is %d', (name, x, expected) => {
    for (const n of [1, 4, 37]) {
      const y = (activations[name] as Activation)(new Float32Array(n).fill(x));
      expect(Array.from(y)).toEqual(Array(n).fill(expected));
    }
  });
});

describe('init', () => {
  test('resolves, and again', async () => {
    await init();
    await init({});
    expect(backend).toBe('relaxed');
  });
});

test('createArena belongs to the top-level functions', () => {
  const a = createArena(4096).float32(100);
  a.fill(1);
  expect(relu(a, { out: a })).toBe(a);
});

describe('a repeated call looks again at what may have changed', () => {
  test.each([8, 40])('%d elements', (n) => {
    const { leakyRelu } = create({ backend: 'simd' });
    const x = new Float32Array(n).fill(-1);
    const out = new Float32Array(n);
    const options: { alpha: number; out: Float32Array } = { alpha: 0.5, out };
    const twice = () => [leakyRelu(x, options)[0], leakyRelu(x, options)[0]];
    expect(twice()).toEqual([-0.5, -0.5]);
    options.alpha = 0.25;
    expect(twice()).toEqual([-0.25, -0.25]);
    x.fill(-2);
    expect(twice()).toEqual([-0.5, -0.5]);
    options.out = new Float32Array(n);
    expect(leakyRelu(x, options)).toBe(options.out);
    options.out = new Float32Array(n - 1);
    expect(() => leakyRelu(x, options)).toThrow(RangeError);
    options.out = out;
    expect(twice()).toEqual([-0.5, -0.5]);
    options.alpha = 0;
    x.fill(-Infinity);
    expect(twice()).toEqual([0, 0]);
    x.fill(-2);
    options.alpha = Number.NaN;
    expect(twice).toThrow(RangeError);
    options.alpha = 1;
    expect(twice()).toEqual([-2, -2]);
    structuredClone(out.buffer, { transfer: [out.buffer] });
    expect(twice).toThrow(TypeError);
    options.out = new Float32Array(n);
    expect(twice()).toEqual([-2, -2]);
    structuredClone(x.buffer, { transfer: [x.buffer] });
    expect(twice).toThrow(TypeError);
  });
});
