// The float64 kernels, called as they are: against results of many digits, at the edges, and lane by lane.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exact } from '../scripts/verify/exact.js';
import { kernels, kinds, largestErrors, readReferences, spacing, ulpError } from '../scripts/verify/float64.js';
import { otherOptions } from '../scripts/verify/sweeps.js';
import { type Activation, activations, type Spec } from '../src';

type Kind = (typeof kinds)[number];

const references = readReferences(new URL('golden/float64.gz', import.meta.url));
const rows = (Object.values(activations) as Activation[]).map(({ spec }) => spec);
/** By its name: `swish` is `silu`. */
const specs = new Map(rows.map((spec) => [spec.name, spec]));

function optionsOf(spec: Spec, options: { readonly [option: string]: number } = {}): number[] {
  return Object.values({ ...spec.defaults, ...options }).filter((option) => typeof option === 'number');
}

test('every activation has a reference', () => {
  expect([...references.keys()].sort()).toEqual([...specs.keys()].sort());
});

describe.each(['simd', 'relaxed'])('%s', (backend) => {
  const apply = kernels(backend);

  describe.each([...specs.values()])('$name', (spec) => {
    const byDefault = optionsOf(spec);

    test.each(kinds)('%s: inputs of all magnitudes', (kind) => {
      const reference = references.get(spec.name);
      if (reference === undefined) throw new Error('no reference');
      const { ulp, at, rootError } = largestErrors(spec, kind, reference, apply(spec, kind, reference.x, byDefault));
      expect(ulp, `at ${at}`).toBeLessThanOrEqual(spec.ulp64[kind]);
      if (rootError !== undefined) expect(rootError).toBeLessThanOrEqual(spec.ulp64.root ?? 0);
    });

    test.each(kinds)('%s: infinities, NaN and zeros', (kind) => {
      const x = new Float64Array([Number.NaN, Infinity, -Infinity, 0, -0]);
      const y = apply(spec, kind, x, byDefault);
      const expected = Array.from(x, (v) => spec[kind](v, byDefault[0] ?? 0, byDefault[1] ?? 0));
      // Of a derivative that is zero the sign is left open.
      const signed = (v: number) => (kind === 'derivative' && v === 0 ? 0 : v);
      expect(expected.map((v, i) => (Math.abs(v - y[i]) < 1e-15 && v !== 0 ? y[i] : v)).map(signed)).toEqual(
        Array.from(y, signed),
      );
    });

    test.each(kinds)('%s: the same in every lane, of every length, in place', (kind) => {
      const number = fc.oneof(fc.double(), fc.double({ min: -40, max: 40 }));
      fc.assert(
        fc.property(fc.array(number, { minLength: 1, maxLength: 21 }), (numbers) => {
          const together = apply(spec, kind, new Float64Array(numbers), byDefault);
          const alone = numbers.map((x) => apply(spec, kind, new Float64Array([x]), byDefault)[0]);
          expect(Array.from(together)).toEqual(alone);
          expect(Array.from(apply(spec, kind, new Float64Array(numbers), byDefault, { inPlace: true }))).toEqual(alone);
        }),
        { numRuns: 15 },
      );
    });

    const { root } = spec;
    test.runIf(root !== undefined)('next to the zero of the derivative, whatever the other lane holds', () => {
      if (root === undefined) return;
      const near = [-0.3, -0.14, -0.1, 0, 0.1, 0.14, 0.3].map((distance) => root.from + distance);
      const mixed = near.flatMap((x) => [x, 3, -9, x, x, Number.NaN]);
      const together = apply(spec, 'derivative', new Float64Array(mixed), byDefault);
      const alone = mixed.map((x) => apply(spec, 'derivative', new Float64Array([x]), byDefault)[0]);
      expect(Array.from(together)).toEqual(alone);
    });

    test('the gradient is dy times the derivative', () => {
      const x = references.get(spec.name)?.x ?? new Float64Array(0);
      const slope = apply(spec, 'derivative', x, byDefault);
      expect(Array.from(apply(spec, 'derivative', x, byDefault, { dy: -0.7 }))).toEqual(
        Array.from(slope, (d) => -0.7 * d),
      );
    });

    const { fromOutput } = spec;
    test.runIf(fromOutput !== undefined)('the gradient from the output', () => {
      if (fromOutput === undefined) return;
      const [a = 0, b = 0] = byDefault;
      const outputs = apply(spec, 'value', inputs, byDefault);
      const row = {
        ...spec,
        kernel: () => `${spec.name}FromOutput`,
        fields64: undefined,
        ...fromOutput,
        ulp: spec.ulp,
      };
      const slopes = apply(row, 'derivative', outputs, byDefault);
      for (const [i, y] of outputs.entries()) {
        // The table errs too, that of selu where y and s a cancel.
        const expected = fromOutput.derivative(y, a, b);
        if (slopes[i] === expected) continue; // both infinite, too
        const unit = spec.name === 'selu' ? spacing(1) : spacing(expected);
        const error = slopes[i] === expected ? 0 : Math.abs(slopes[i] - expected) / unit;
        expect(error, `at output ${y}`).toBeLessThanOrEqual(2);
      }
    });

    const others = (otherOptions as { [name: string]: { [option: string]: number }[] })[spec.name] ?? [];
    describe.each(others.map((options) => [JSON.stringify(options), options] as const))('%s', (_, options) => {
      test.each(kinds)('%s', (kind) => {
        const [a = 0, b = 0] = optionsOf(spec, options);
        const y = apply(spec, kind, inputs, [a, b]);
        const wrong = Array.from(inputs, (x, i) => ({ x, error: error(spec, kind, x, a, b, y[i]) })).filter(
          ({ error }) => !(error <= OTHER_ULP),
        );
        expect(wrong).toEqual([]);
      });
    });
  });
});

/** Options other than the defaults are multiplied, or divided by, with one rounding more. */
const OTHER_ULP = 2.5;

const inputs = Float64Array.from(
  [1e-30, 1e-9, 0.003, 0.1, 0.3333, 0.77, 1.1, 1.7, 2.3, 3.14, 5.5, 7.9, 13.3, 38.1, 1e7, 1e30].flatMap((x) => [x, -x]),
);

/** In units in the last place; near a zero of the derivative, of 1/4. */
function error(spec: Spec, kind: Kind, x: number, a: number, b: number, y: number): number {
  const result = exact(spec.name, kind, x, a, b);
  const near = result.toNumber();
  if (y !== 0 && Math.abs(y) < 1e-45 && Math.abs(near) < 1e-45) return 0; // where the digits of `exact` end
  const ulp = ulpError(y, near, result.minus(near).div(spacing(near)).toNumber());
  return kind === 'derivative' && spec.root !== undefined && Math.abs(near) < 0.03
    ? Math.min(ulp, Math.abs(y - near) / spacing(0.25))
    : ulp;
}

test('the operators state the bounds of the table', () => {
  const folder = new URL('../assembly/float64/', import.meta.url);
  const source = readdirSync(folder)
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('');
  const stated = source.matchAll(
    /Error at most ([\d.]+) ULP, of the derivative ([\d.]+)\.\n \*\/\n@unmanaged\n@final\n(?:export )?class (\w+)/g,
  );
  for (const [, value, derivative, operator] of stated) {
    const { ulp64 } = specs.get(operator[0].toLowerCase() + operator.slice(1)) as Spec;
    expect({ value: +value, derivative: +derivative }, operator).toEqual({ ...ulp64, root: undefined });
  }
});

test('an error of one unit more is seen', () => {
  const spec = specs.get('tanh') as Spec;
  const reference = references.get('tanh');
  if (reference === undefined) throw new Error('no reference');
  const y = kernels('simd')(spec, 'value', reference.x, []);
  y[100] *= 1 + 2 ** -51;
  expect(largestErrors(spec, 'value', reference, y).ulp).toBeGreaterThan(spec.ulp64.value);
});
