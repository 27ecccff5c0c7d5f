// The statistics of `npm run verify` see what is wrong.
import { describe, expect, test } from 'vitest';
import { apply, combined, inputCount, meter, noStatistics, results, violations } from '../scripts/verify/chunk.js';
import { isWithinHalf } from '../scripts/verify/exact.js';
import { fromBits, toBits, ulpError } from '../scripts/verify/float32.js';
import { type Activation, create } from '../src';

const { sigmoid, relu, gelu, silu } = create({ backend: 'simd' });

/** Statistics of `f` at `x`, where `spoil` has changed the results. */
function measured(f: Activation, x: number[], spoil: (y: Float32Array) => void = () => {}) {
  const inputs = Float32Array.from(x);
  const y = new Float32Array(x.length);
  apply(f, 'value', {}, inputs, y);
  spoil(y);
  return meter(f.spec, 'value', {})({ x: inputs, y });
}

describe('errors in ULP', () => {
  test.each([
    [1, 1, 0],
    [1 + 2 ** -23, 1, 1],
    [1, 1 - 2 ** -25, 0.5],
    [2 ** -149, 2 ** -150, 0.5],
    [0, 2 ** -149, 1],
    [Number.NaN, Number.NaN, 0],
    [0, Number.NaN, Infinity],
    [Number.NaN, 0, Infinity],
    [Infinity, 1e39, 0],
    [Infinity, 3e38, Infinity],
    [fromBits(0x7f7fffff), 1e39, 0],
  ])('%d for %d: %d', (actual, expected, error) => {
    expect(ulpError(actual, expected)).toBe(error);
  });
});

describe('statistics', () => {
  test('a result two numbers off is the maximum, at its input', () => {
    const { ulp, at, correct, counted } = measured(relu, [1, 2, 3], (y) => {
      y[1] += 2 ** -21;
    });
    expect({ ulp, x: fromBits(at), correct, counted }).toEqual({ ulp: 2, x: 2, correct: 2, counted: 3 });
  });

  test.each([
    ['NaN becomes a number', relu, Number.NaN, 0],
    ['a number becomes NaN', relu, 1, Number.NaN],
    ['zero loses its sign', relu, -0, 0],
    ['infinity becomes the largest float32', relu, Infinity, fromBits(0x7f7fffff)],
    ['a limit of -0 becomes 0', gelu, -Infinity, 0],
  ])('%s', (_, f, x, y) => {
    expect(measured(f, [1, x]).wrong).toBe(0);
    const spoilt = measured(f, [1, x], (results) => results.set([y], 1));
    expect(spoilt).toMatchObject({ wrong: 1, wrongAt: toBits(x) });
    expect(violations(f.spec, 'value', {}, spoilt)).toHaveLength(1);
  });

  test('bounds: in ULP, and absolutely at the zero of a derivative', () => {
    const { spec } = silu;
    expect(violations(spec, 'derivative', {}, { ...noStatistics(), ulp: spec.ulp.derivative + 0.01 })).toHaveLength(1);
    expect(violations(spec, 'derivative', {}, { ...noStatistics(), absolute: 1e-8 })).toHaveLength(1);
    expect(violations(spec, 'derivative', {}, { ...noStatistics(), absolute: 1e-10 })).toEqual([]);
    const x = new Float32Array([-1.275]);
    expect(meter(spec, 'derivative', {})({ x, y: x })).toMatchObject({
      counted: 0,
      ulp: 0,
      absoluteAt: toBits(-1.275),
    });
  });

  test('chunks add up to the whole', () => {
    const stride = 1_000_003;
    const measure = meter(sigmoid.spec, 'value', {});
    const total = (from: number, to: number) =>
      [...results(sigmoid, 'value', {}, stride, from, to)].map(measure).reduce(combined, noStatistics());
    const all = inputCount(stride);
    const { sum, ...whole } = total(0, all);
    const { sum: parts, ...rest } = combined(total(0, 1000), total(1000, all));
    expect(rest).toEqual(whole);
    expect(parts).toBeCloseTo(sum, 9);
    expect(whole.counted).toBe(all);
  });

  test('half a ULP that float64 cannot tell is decided by 120 digits', () => {
    // e^(2^-24) is 1 + 2^-24 + 2^-49, just above half-way.
    expect(isWithinHalf('exp', 'value', 2 ** -24, 0, 0, 1)).toBe(false);
    expect(isWithinHalf('exp', 'value', 2 ** -24, 0, 0, 1 + 2 ** -23)).toBe(true);
  });
});
