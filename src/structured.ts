// Activations of more than one element at a time: with slopes of channels, of two halves, of groups.

import { gelu, relu, sigmoid, silu } from './activations';
import { type GatedUnit, type GeluOptions, gatedUnit, type SiluOptions } from './gated';
import { type Crelu, creluOn, type Maxout, maxoutOn } from './maxout';
import { type Prelu, preluOn, type Rrelu, rreluOn } from './prelu';
import { defaultRuntime, type Runtime } from './runtime';

/** The structured activations by name. */
export interface Structured {
  readonly prelu: Prelu;
  readonly rrelu: Rrelu;
  readonly glu: GatedUnit;
  readonly reglu: GatedUnit;
  readonly geglu: GatedUnit<GeluOptions>;
  readonly swiglu: GatedUnit<SiluOptions>;
  readonly maxout: Maxout;
  readonly crelu: Crelu;
}

/** The structured activations on a runtime. */
export function structured(runtimeNow: () => Runtime): Structured {
  return {
    prelu: preluOn(runtimeNow),
    rrelu: rreluOn(runtimeNow),
    glu: gluOn(runtimeNow),
    reglu: regluOn(runtimeNow),
    geglu: gegluOn(runtimeNow),
    swiglu: swigluOn(runtimeNow),
    maxout: maxoutOn(runtimeNow),
    crelu: creluOn(runtimeNow),
  };
}

const gluOn = (runtimeNow: () => Runtime): GatedUnit => gatedUnit('glu', sigmoid, 'second', runtimeNow);
const regluOn = (runtimeNow: () => Runtime): GatedUnit => gatedUnit('reglu', relu, 'first', runtimeNow);
const gegluOn = (runtimeNow: () => Runtime): GatedUnit<GeluOptions> => gatedUnit('geglu', gelu, 'first', runtimeNow);
const swigluOn = (runtimeNow: () => Runtime): GatedUnit<SiluOptions> => gatedUnit('swiglu', silu, 'first', runtimeNow);

/**
 * ReLU with slopes for negative x that are learnt: `x > 0 ? x : slope x`, with one slope for all, or one for each channel along `axis`. Its
 * derivative at 0 is the slope.
 *
 * @example
 * prelu(new Float32Array([-1, -2, 3, -4]), new Float32Array([0.5, 0.25]), { shape: [2, 2] }); // -0.5, -0.5, 3, -1
 */
export const prelu: Prelu = /* @__PURE__ */ preluOn(defaultRuntime);

/**
 * ReLU with random slopes for negative x: `x > 0 ? x : slope x`. In training, the slope of element i is lower + u (upper - lower), in
 * float32 (of Float64Arrays in float64), where u is the high 24 bits of word i of the stream of Philox4x32-10 whose key is the seed, divided by 2^24. Else it is the mean
 * of lower and upper.
 *
 * @example
 * rrelu(new Float32Array([-48, 48])); // -11, 48
 */
export const rrelu: Rrelu = /* @__PURE__ */ rreluOn(defaultRuntime);

/**
 * Gated linear unit, `a sigmoid(b)` of the first half a and the second half b: as in PyTorch, it is the second half that passes the sigmoid.
 *
 * @example
 * glu(new Float32Array([1, -2, 0, 0])); // 0.5, -1
 */
export const glu: GatedUnit = /* @__PURE__ */ gluOn(defaultRuntime);

/**
 * Gated linear unit with ReLU, `relu(a) b` of the first half a and the second half b (Shazeer 2020).
 *
 * @example
 * reglu(new Float32Array([1, -2, 3, 4])); // 3, 0
 */
export const reglu: GatedUnit = /* @__PURE__ */ regluOn(defaultRuntime);

/**
 * Gated linear unit with GELU, `gelu(a) b` of the first half a and the second half b (Shazeer 2020).
 *
 * @example
 * geglu(new Float32Array([1, -1, 2, 2])); // 1.6826895, -0.31731051
 */
export const geglu: GatedUnit<GeluOptions> = /* @__PURE__ */ gegluOn(defaultRuntime);

/**
 * Gated linear unit with SiLU, `silu(a) b` of the first half a and the second half b (Shazeer 2020).
 *
 * @example
 * swiglu(new Float32Array([1, -1, 2, 2])); // 1.4621172, -0.53788286
 */
export const swiglu: GatedUnit<SiluOptions> = /* @__PURE__ */ swigluOn(defaultRuntime);

/**
 * The largest of each group of `k` (2) neighbours along `axis`, the last unless given.
 *
 * @example
 * maxout(new Float32Array([1, 5, -3, -2])); // 5, -2
 */
export const maxout: Maxout = /* @__PURE__ */ maxoutOn(defaultRuntime);

/**
 * ReLU of x and of -x, one behind the other along `axis`, the last unless given.
 *
 * @example
 * crelu(new Float32Array([1, -2])); // 1, 0, 0, 2
 */
export const crelu: Crelu = /* @__PURE__ */ creluOn(defaultRuntime);
