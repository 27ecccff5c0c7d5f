import { activation } from '../activation';
import { Family } from '../family';
import * as generated from '../generated/shrink';
import { keepNaN } from './reference';

const family = /* @__PURE__ */ new Family(generated);

/** What is wrong with `lambda`, or undefined. */
function refuse(lambda: number): string | undefined {
  return lambda < 0 ? `option lambda must not be negative, got ${lambda}` : undefined;
}

/**
 * x outside of -`lambda`..`lambda` (0.5), else 0 with the sign of x. Its derivative at both ends is 0.
 *
 * @example
 * hardShrink(new Float32Array([-2, 0.25, 2])); // -2, 0, 2
 */
export const hardShrink = /* @__PURE__ */ activation({
  family,
  name: 'hardShrink',
  formula: '|x| > lambda ? x : 0',
  defaults: { lambda: 0.5 },
  refuse,
  value: (x, lambda) => (Math.abs(x) <= lambda ? 0 * x : x),
  derivative: (x, lambda) => keepNaN(x, Math.abs(x) > lambda ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});

/**
 * x moved towards 0 by `lambda` (0.5), at most to 0, which keeps the sign of x. Its derivative at both ends is 0.
 *
 * @example
 * softShrink(new Float32Array([-2, 0.25, 2])); // -1.5, 0, 1.5
 */
export const softShrink = /* @__PURE__ */ activation({
  family,
  name: 'softShrink',
  formula: 'x > lambda ? x - lambda : x < -lambda ? x + lambda : 0',
  defaults: { lambda: 0.5 },
  refuse,
  value: (x, lambda) => (x > lambda ? x - lambda : x < -lambda ? x + lambda : 0 * x),
  derivative: (x, lambda) => keepNaN(x, Math.abs(x) > lambda ? 1 : 0),
  ulp: { value: 0.5, derivative: 0.5 },
  ulp64: { value: 0.5, derivative: 0.5 },
  exact: true,
});
