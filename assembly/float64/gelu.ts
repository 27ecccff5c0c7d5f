import { abs, HALF, madd, negate, nmadd, ONE, select, SIGN, signOf, splat, zero } from '../lanes';
import { backward, forwardLong } from '../loops';
import { fourWay20, fourWay22, fourWay23 } from '../polynomial';
import {
  BIAS,
  BIAS_MINUS_128,
  BIAS_PLUS_128,
  bothSides,
  expm1Lost,
  evenPart,
  expm1OfParts,
  LN_2_LOW,
  lost,
  lostOfAny,
  nearRoot13,
  oddPart,
  overOnePlus,
  power,
  quotient,
  reducedHigh,
  rounded,
  slopeBelow,
  TWO_TO_MINUS_128,
} from './math';

// ---- e^(-a^2) and e^(-a^2 / 2) -----------------------------------------------------------------------------------

const MINUS_ONE = memory.data<f64>([-1.0]);
const MINUS_HALF = memory.data<f64>([-0.5]);
/** Rounds to a multiple of 2^-10, the square of which is exact, as is its difference from n times the high part of ln 2. */
const GRID = memory.data<f64>([1.5 * 4398046511104.0]);

/** r of e^(factor a^2) = high - low from n, for a factor of -1 or -1 / 2. */
@inline
function gaussianHigh(a: v128, factor: usize, n: v128): v128 {
  const h = onGrid(a);
  return reducedHigh(f64x2.mul(f64x2.mul(h, h), splat(factor)), n);
}


@inline
function gaussianLow(a: v128, factor: usize, n: v128): v128 {
  const h = onGrid(a);
  const rest = f64x2.mul(f64x2.sub(a, h), f64x2.add(a, h)); // a^2 - h^2
  return nmadd(rest, splat(factor), f64x2.mul(n, splat(LN_2_LOW)));
}


@inline
function onGrid(a: v128): v128 {
  return f64x2.sub(f64x2.add(a, splat(GRID)), splat(GRID));
}

/** t of e^(factor a^2). */
@inline
function gaussianExpm1(a: v128, factor: usize, k: v128, bias: usize): v128 {
  const n = f64x2.sub(k, splat(bias));
  return expm1OfParts(gaussianHigh(a, factor, n), gaussianLow(a, factor, n));
}

/** Its k. */
@inline
function gaussianRounded(a: v128, factor: usize, bias: usize): v128 {
  return rounded(f64x2.mul(f64x2.mul(a, a), splat(factor)), bias);
}

// ---- erf ---------------------------------------------------------------------------------------------------------

/** erf rounds to 1 from here. */
const ERF_ONE = memory.data<f64>([6.0]);
/** (-log(erfc(a)) - a) / a on 0..6, its error weighted as it shows in erf. scripts/fit.py, ERF_FLOAT64 */
const ERF = memory.data<f64>([
  0.12837916709551256, 0.6366197723675909, 0.10277260330131563, -0.01912844699309848, -0.00020919485388311342,
  0.0016962076696011273, -0.0005901324289256326, 2.590449559909122e-5, 6.442048266510366e-5, -2.9575688211617026e-5,
  3.1697019445223815e-6, 3.1329284898983953e-6, -2.0371592906038126e-6, 5.706125530781107e-7, -1.169736979910128e-8,
  -6.573827790402514e-8, 3.4586499768327e-8, -1.0773804365705947e-8, 2.360611788162298e-9, -3.76086866871446e-10,
  4.301972119001074e-11, -3.3645017847537776e-12, 1.614947250434181e-13, -3.592372239358185e-15,
]);
/** The derivative rounds to 0 from here. */
const ERF_SLOPE_ZERO = memory.data<f64>([27.4]);
/** 2 / sqrt(pi), and what it lacks */
const ERF_SLOPE = memory.data<f64>([1.1283791670955126, 1.533545961316588e-17]);

/**
 * erf(x) = sign(x) (1 - e^-g(|x|)) with g = -log(erfc): one exponential, no division, no cases.
 * Its derivative is 2 / sqrt(pi) e^(-x^2).
 * Error at most 1.4 ULP, of the derivative 1.5.
 */
@unmanaged
@final
class Erf {

  @inline forward(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(ERF_ONE));
    const rest = f64x2.mul(a, fourWay23(ERF, a)); // g - a
    const minusA = negate(a);
    const k = rounded(f64x2.sub(minusA, rest), BIAS);
    const n = f64x2.sub(k, splat(BIAS));
    const t = expm1OfParts(reducedHigh(minusA, n), madd(n, splat(LN_2_LOW), rest));
    const s = power(k);
    return v128.xor(nmadd(s, t, f64x2.sub(splat(ONE), s)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(ERF_SLOPE_ZERO));
    const k = gaussianRounded(a, MINUS_ONE, BIAS_PLUS_128);
    const t = gaussianExpm1(a, MINUS_ONE, k, BIAS_PLUS_128);
    const factor = splat(ERF_SLOPE);
    const y = f64x2.add(madd(factor, t, splat(ERF_SLOPE + 8)), factor);
    return f64x2.mul(f64x2.mul(y, power(k)), splat(TWO_TO_MINUS_128));
  }
}
export function erf(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Erf>(p, x, y, n);
}
export function erfBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Erf>(p, dy, x, dx, n);
}

// ---- gelu --------------------------------------------------------------------------------------------------------

/** For negative x of this size and more the results round to 0. */
const GELU_ZERO = memory.data<f64>([39.0]);
/** 2^-129: half of what `BIAS_PLUS_128` gives too much */
const TWO_TO_MINUS_129 = memory.data<f64>([1.4693679385278594e-39]);
/** Both polynomials are in a / (a + 5) - 1 / 2, of which a small a leaves little to round. */
const MAP = memory.data<f64>([5.0]);
/** 2 (1 + a) e^(a^2 / 2) Phi(-a) - 1, error 2^-56.3. scripts/fit-float64.sollya, GELU */
const GELU = memory.data<f64>([
  -0.07696834029992446, -0.36620912733603533, 0.24824294740771147, 0.16003763816331856, -0.8448333749224993,
  1.570365647640452, -1.9418131714376479, 1.669632168312365, -0.8581490457418426, 0.007978680621791131,
  0.3734205161853542, -0.21957828067534588, -0.0810727913281551, 0.14845542500786374, -0.0022524392095568664,
  -0.08582308443318602, 0.01631754939401613, 0.05199617191438457, -0.011484333027853634, -0.033157065765686736,
  0.0009353049131302678, 0.01630157924750633, 0.005955110091585733,
]);
/** The derivative's zero is at minus this and what it lacks. */
const ROOT = memory.data<f64>([0.7517915246935645, -1.4956759177009883e-17]);
/** 2 e^(a^2 / 2) (Phi(-a) - a phi(a)) / (root - a) - 1, error 2^-55.7. scripts/fit.py, GELU_SLOPE_FLOAT64 */
const GELU_SLOPE = memory.data<f64>([
  -0.09712900947318918, -0.35918632107921494, 0.483902508430966, -0.5685619435064867, 0.5698506098205622,
  -0.4693958994554504, 0.2946795166006222, -0.11277584007750145, -0.00778023616211917, 0.04162252379057462,
  -0.018843982699859974, -0.008162638776053952, 0.011142243402417132, 0.00035461791135996075, -0.005527704279230345,
  0.0007932890513504577, 0.0028394719530849184, -0.0005609243480404788, -0.0014264583679750346, 0.00016095744818661712,
  0.0004545735318221115,
]);

/**
 * gelu(x) = x Phi(x) = max(x, 0) - a Phi(-a) with a = |x|: no cancellation in the tail, and no case by sign.
 * a Phi(-a) = e^(-a^2 / 2) a (1 + g(a)) / (2 + 2 a), g between -0.21 and 0.05, so that its rounding hardly shows.
 * Its derivative is G(a) below 0 and 1 - G(a) above, G(a) = Phi(-a) - a phi(a) = e^(-a^2 / 2) (root - a) (1 + g) / 2: the
 * zero is a factor, so that the error stays relative there too.
 * Error at most 1.8 ULP, of the derivative 2.
 */
@unmanaged
@final
export class Gelu {

  @inline forward(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(GELU_ZERO));
    const k = gaussianRounded(a, MINUS_HALF, BIAS_PLUS_128);
    const index = f64x2.sub(k, splat(BIAS_PLUS_128));
    const r = f64x2.sub(gaussianHigh(a, MINUS_HALF, index), gaussianLow(a, MINUS_HALF, index));
    const square = f64x2.mul(r, r);
    const even = evenPart(square);
    const odd = oddPart(r, square);
    const g = fourWay22(GELU, mapped(a));
    const one = splat(ONE);
    const rest = f64x2.mul(a, madd(f64x2.add(even, odd), f64x2.add(one, g), g));
    const n = f64x2.add(a, rest);
    const larger = f64x2.pmax(a, one);
    const smaller = f64x2.pmin(one, a);
    const plus1 = f64x2.add(larger, smaller);
    const more = f64x2.mul(plus1, f64x2.sub(even, odd));
    const d = f64x2.add(plus1, more);
    const dLow = f64x2.add(lost(plus1, more, d), lost(larger, smaller, plus1));
    const part = quotient(n, lost(a, rest, n), d, dLow);
    return nmadd(f64x2.mul(part, power(k)), splat(TWO_TO_MINUS_129), f64x2.pmax(x, splat(SIGN)));
  }


  @inline derivative(x: v128): v128 {
    const a = f64x2.pmin(abs(x), splat(GELU_ZERO));
    const k = gaussianRounded(a, MINUS_HALF, BIAS_PLUS_128);
    const n = f64x2.sub(k, splat(BIAS_PLUS_128));
    const high = gaussianHigh(a, MINUS_HALF, n);
    const low = gaussianLow(a, MINUS_HALF, n);
    const t = expm1OfParts(high, low);
    const g = fourWay20(GELU_SLOPE, mapped(a));
    const root = splat(ROOT);
    const toRoot = f64x2.sub(root, a);
    const toRootLow = f64x2.add(f64x2.sub(f64x2.sub(root, toRoot), a), splat(ROOT + 8));
    // (1 + t) (1 + g) = 1 + factor + factorLow
    const ge = madd(g, t, g);
    const factor = f64x2.add(t, ge);
    const factorLow = f64x2.add(lostOfAny(t, ge, factor), expm1Lost(high, low, t));
    const rest = madd(f64x2.add(toRoot, toRootLow), factor, madd(toRoot, factorLow, toRootLow));
    const slope = f64x2.add(rest, toRoot);
    return bothSides(x, f64x2.mul(f64x2.mul(slope, power(k)), splat(TWO_TO_MINUS_129)));
  }
}
export function gelu(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<Gelu>(p, x, y, n);
}
export function geluBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<Gelu>(p, dy, x, dx, n);
}


@inline
function mapped(a: v128): v128 {
  return f64x2.sub(f64x2.div(a, f64x2.add(a, splat(MAP))), splat(HALF));
}

// ---- gelu by tanh: z = 2 sqrt(2 / pi) (x + 0.044715 x^3) = B x (x^2 + C) ---------------------------------------------

/** The results round to 0 from here down. */
const MINUS_TANH_ZERO = memory.data<f64>([-22.0]);
/** Far above where e^-z vanishes beside 1; it still has an exponent. */
const TANH_END = memory.data<f64>([19.5]);
const B = memory.data<f64>([0.07135481627260025]);
const MINUS_B = memory.data<f64>([-0.07135481627260025]);
/** B to 13 bits, and the rest */
const B_HIGH = memory.data<f64>([0.07135009765625]);
const B_LOW = memory.data<f64>([4.718616350248776e-6]);
const C = memory.data<f64>([22.363860002236386]);
/** C to a multiple of 2^-16, and the rest; ln 2 / B to a multiple of 2^-24, and minus the rest */
const C_HIGH = memory.data<f64>([22.363861083984375]);
const C_LOW = memory.data<f64>([-1.0817479889997765e-6]);
const OCTAVE_HIGH = memory.data<f64>([9.714091002941132]);
const MINUS_OCTAVE_LOW = memory.data<f64>([-2.5082564503810357e-8]);
/** Rounds to a multiple of 2^-8: the parts of z that are computed from such a number alone are exact. */
const EIGHTHS = memory.data<f64>([1.5 * 17592186044416.0]);
const THREE = memory.data<f64>([3.0]);
/** The derivative's zero is at minus this and what it lacks. */
const TANH_ROOT = memory.data<f64>([0.7524614220710163, -3.635560509207687e-17]);
/** Up to this distance the derivative is a polynomial. */
const NEAR_TANH_ROOT = memory.data<f64>([0.15]);
/** The derivative / q in q = x + root, error 2^-56.4. scripts/fit.py, GELU_TANH_SLOPE_FLOAT64 */
const TANH_SLOPE_NEAR_ROOT = memory.data<f64>([
  0.4304000910248585, 2.028254970529195e-17, 0.38751844613578895, -0.01578285352184803, -0.11394448308095761,
  -0.01661932834305133, 0.019682309459344766, 0.005261059254483735, -0.002422731771319509, -0.0009274419562189169,
  0.00026392210164789365, 0.00012424732443382236, -3.4758117848144764e-5, -1.577433452300166e-5, 3.1651223466231227e-6,
]);

/**
 * geluTanh(x) = x (1 + tanh(z / 2)) / 2 = x / (1 + e^-z).
 * Its derivative is G(|x|) below 0 and 1 - G above, G(a) = e (1 - a dz/dx + e) / (1 + e)^2 with e = e^-z(a).
 * Error at most 1.8 ULP, of the derivative 2.
 */
@unmanaged
@final
export class GeluTanh {

  @inline forward(x: v128): v128 {
    const atLeast = f64x2.pmax(x, splat(MINUS_TANH_ZERO));
    const z = f64x2.pmin(atLeast, splat(TANH_END));
    const minusZ = negate(z);
    const k = this.rounded(minusZ, BIAS_MINUS_128);
    const n = f64x2.sub(k, splat(BIAS_MINUS_128));
    const r = f64x2.sub(this.reducedHigh(minusZ, n), this.reducedLow(minusZ, n));
    const y = overOnePlus(z, power(k), r);
    return v128.or(f64x2.sub(f64x2.mul(y, splat(TWO_TO_MINUS_128)), f64x2.sub(z, atLeast)), signOf(x));
  }


  @inline derivative(x: v128): v128 {
    const a = f64x2.pmax(v128.or(x, splat(SIGN)), splat(MINUS_TANH_ZERO)); // -|x|
    const k = this.rounded(a, BIAS_PLUS_128);
    const n = f64x2.sub(k, splat(BIAS_PLUS_128));
    // a dz/dx = B a (3 a^2 + C)
    const h = this.high(a);
    const l = f64x2.sub(a, h);
    const three = splat(THREE);
    const main = f64x2.mul(h, madd(f64x2.mul(h, h), three, splat(C_HIGH)));
    const inner = f64x2.mul(three, madd(f64x2.mul(h, three), a, f64x2.mul(l, l)));
    const rest = madd(l, f64x2.add(inner, splat(C)), f64x2.mul(h, splat(C_LOW)));
    const exact = f64x2.mul(main, splat(B_HIGH));
    const low = madd(rest, splat(B), f64x2.mul(main, splat(B_LOW)));
    const r = f64x2.sub(this.reducedHigh(a, n), this.reducedLow(a, n));
    let below = slopeBelow(power(k), r, f64x2.add(exact, splat(ONE)), low, zero());
    const q = f64x2.add(a, splat(TANH_ROOT));
    const near = f64x2.lt(abs(q), splat(NEAR_TANH_ROOT));
    if (v128.any_true(near)) {
      below = select(near, nearRoot13(TANH_SLOPE_NEAR_ROOT, q, splat(TANH_ROOT + 8)), below);
    }
    return bothSides(x, below);
  }

  /** a to a multiple of 2^-8 */
  @inline high(a: v128): v128 {
    return f64x2.sub(f64x2.add(a, splat(EIGHTHS)), splat(EIGHTHS));
  }

  /** k of e^z */
  @inline rounded(a: v128, bias: usize): v128 {
    return rounded(f64x2.mul(f64x2.mul(a, splat(B)), madd(a, a, splat(C))), bias);
  }

  /** r of e^z = high - low from n: the parts of a^3 + C a - n ln 2 / B that are exact */
  @inline reducedHigh(a: v128, n: v128): v128 {
    const h = this.high(a);
    return f64x2.mul(nmadd(n, splat(OCTAVE_HIGH), f64x2.mul(h, madd(h, h, splat(C_HIGH)))), splat(B));
  }

  /** and the rest */
  @inline reducedLow(a: v128, n: v128): v128 {
    const h = this.high(a);
    const l = f64x2.sub(a, h);
    const slope = f64x2.add(madd(f64x2.mul(h, splat(THREE)), a, f64x2.mul(l, l)), splat(C));
    const rest = madd(l, slope, madd(h, splat(C_LOW), f64x2.mul(n, splat(MINUS_OCTAVE_LOW))));
    return f64x2.mul(rest, splat(MINUS_B));
  }
}
export function geluTanh(p: usize, x: usize, y: usize, n: usize): void {
  forwardLong<GeluTanh>(p, x, y, n);
}
export function geluTanhBackward(p: usize, dy: usize, x: usize, dx: usize, n: usize): void {
  backward<GeluTanh>(p, dy, x, dx, n);
}
