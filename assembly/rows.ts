// Functions of rows, stage by stage: a stage reduces each row to a number, or maps its elements by numbers of the row. What comes between,
// a step of scalar arithmetic per row, is the loader's.
//
// The elements of a row lie side by side; or those of all rows do, element by element, `pitch` bytes apart: columns, where each lane is a
// row of its own. `state` holds an operator's fields, one v128 each, and then slots: arrays of a number per row, to which reductions add
// and which maps read. src/row-kernels.ts lays it out.

import * as double from './float64/math';
import { highHalf, keepNaN, madd, negate, nmadd, select, splat, zero } from './lanes';
import { expm1Of, power } from './math';
import { high, low } from './wide';

const VECTOR: usize = 16; // bytes
const SIZE: usize = sizeof<real>();
const LANES: usize = VECTOR / SIZE;

/** A float64 in the state, behind the fields. */
const TEMPERATURE: usize = 112;
// Slots for 1024 rows, or 512 where they are of float64. Two are of float64 in either case,
const SUM: usize = 128;
/** What SUM lacks, for 512 rows of float64; likewise of others. */
const SUM_REST: usize = SUM + 4096;
const COUNT: usize = SUM + 8192;
const COUNT_REST: usize = COUNT + 4096;
// and the others of `real`.
const MAX: usize = COUNT + 8192;
const SHIFT: usize = MAX + 4096;
const LOW: usize = SHIFT + 4096;
const BIAS: usize = LOW + 4096;
const SCALE: usize = BIAS + 4096;
const REST: usize = SCALE + 4096;
const MEAN: usize = REST + 4096;
const MEAN_REST: usize = MEAN + 4096;
/** Of float64: the gradient of softmax is e GRADIENT (dy - MEAN). */
const GRADIENT: usize = MEAN_REST + 4096;
const GRADIENT_REST: usize = GRADIENT + 4096;

/** From the bytes of n lanes before its middle on: all bits of the first n lanes. */
const FIRST_LANES = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0]);


@inline
function firstLanes(n: usize): v128 {
  return v128.load(FIRST_LANES + 16 - SIZE * n);
}

/** The first n elements, at most a vector; what lies behind them is not touched, for there the memory may end. */
@inline
function loadLanes(address: usize, n: usize): v128 {
  if (n >= LANES) return v128.load(address);
  if (SIZE == 8) return v128.load64_zero(address);
  if (n == 1) return v128.load32_zero(address);
  const two = v128.load64_zero(address);
  return n == 2 ? two : v128.load32_lane(address + 8, two, 2);
}


@inline
function storeLanes(address: usize, x: v128, n: usize): void {
  if (n >= LANES) v128.store(address, x);
  else if (SIZE == 8) v128.store64_lane(address, x, 0);
  else if (n == 1) v128.store32_lane(address, x, 0);
  else {
    v128.store64_lane(address, x, 0);
    if (n == 3) v128.store32_lane(address + 8, x, 2);
  }
}

// Types as flags: L is `real` for rows, v128 for columns; B is v128 where there is a second operand, C where terms are counted, S where they
// are stored, M where the largest element is wanted; otherwise void.

/** A number of the row, or of each lane's row. */
@inline
function slot<L>(row: usize, offset: usize): v128 {
  return isVector<L>() ? v128.load(row + offset) : splat(row + offset);
}


@inline
function second<B>(address: usize, n: usize): v128 {
  return isVector<B>() ? loadLanes(address, n) : zero();
}

/** Raises each row's MAX to its largest element, NaN left out. */
export function rowMax(columns: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  if (columns) maxColumns(state, a, height, width, pitch);
  else maxRows(state, a, height, width);
}

function maxRows(state: usize, a: usize, height: usize, width: usize): void {
  for (let row = state; height > 0; height--) {
    let m0 = splat(row + MAX);
    let m1 = m0;
    let m2 = m0;
    let m3 = m0;
    let n = width;
    for (; n >= 4 * LANES; n -= 4 * LANES) {
      m0 = reals.pmax(m0, v128.load(a));
      m1 = reals.pmax(m1, v128.load(a, VECTOR));
      m2 = reals.pmax(m2, v128.load(a, 2 * VECTOR));
      m3 = reals.pmax(m3, v128.load(a, 3 * VECTOR));
      a += 4 * VECTOR;
    }
    m0 = reals.pmax(reals.pmax(m0, m1), reals.pmax(m2, m3));
    for (; n >= LANES; n -= LANES) {
      m0 = reals.pmax(m0, v128.load(a));
      a += VECTOR;
    }
    if (n > 0) m0 = reals.pmax(m0, select(firstLanes(n), loadLanes(a, n), m0));
    a += SIZE * n;
    storeLargest(row + MAX, m0);
    row += SIZE;
  }
}


@inline
function storeLargest(address: usize, x: v128): void {
  const two = reals.pmax(x, v128.shuffle<f64>(x, x, 1, 1));
  if (SIZE == 8) {
    v128.store64_lane(address, two, 0);
    return;
  }
  v128.store32_lane(address, reals.pmax(two, v128.shuffle<f32>(two, two, 1, 1, 1, 1)), 0);
}

function maxColumns(state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  for (let i: usize = 0; i < width; i += LANES) {
    let m = v128.load(state + SIZE * i + MAX);
    let x = a + SIZE * i;
    for (let h = height; h > 0; h--) {
      m = reals.pmax(m, loadLanes(x, width - i));
      x += pitch;
    }
    v128.store(state + SIZE * i + MAX, m);
  }
}

/** One vector's terms. */
@inline
function terms<Op, L, B, S>(op: Op, row: usize, a: usize, b: usize, y: usize, n: usize): v128 {
  const t = op.term<L>(loadLanes(a, n), second<B>(b, n), row);
  if (isVector<S>()) storeLanes(y, t, n);
  return t;
}

// A sum is two vectors. In float32 they add up the low and the high lanes, in float64; in float64 the second adds up what the roundings of
// the first have lost, so that a long row's sum is as good as that of a short one.

/** The first of the two with t. */
@inline
function plus(s: v128, t: v128): v128 {
  return f64x2.add(s, SIZE == 4 ? low(t) : t);
}

/** The second, where s has become `sum`. */
@inline
function restPlus(rest: v128, s: v128, t: v128, sum: v128): v128 {
  return f64x2.add(rest, SIZE == 4 ? high(t) : double.lostOfAny(s, t, sum));
}

/** Adds both lanes to the float64 at `address`. */
@inline
function addTo(address: usize, s: v128): void {
  f64.store(address, f64.load(address) + (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)));
}

/** Adds the lanes of two sums to SUM, and in float64 what they lack to SUM_REST. */
@inline
function addSums(sums: usize, s0: v128, rest0: v128, s1: v128, rest1: v128): void {
  if (SIZE == 4) {
    addTo(sums + SUM, f64x2.add(f64x2.add(s0, s1), f64x2.add(rest0, rest1)));
    return;
  }
  const rests = f64x2.add(rest0, rest1);
  const s = f64x2.add(s0, s1);
  const lanes = v128.load64_zero(sums + SUM);
  const upper = v128.shuffle<f64>(s, s, 1, 1);
  const two = f64x2.add(s, upper);
  const all = f64x2.add(two, lanes);
  const lost = f64x2.add(double.lostOfAny(s, upper, two), double.lostOfAny(two, lanes, all));
  const within = f64x2.add(double.lostOfAny(s0, s1, s), rests);
  const rest = f64x2.add(f64x2.add(within, v128.shuffle<f64>(within, within, 1, 1)), lost);
  storeSum<f64>(sums, all, f64x2.add(rest, v128.load64_zero(sums + SUM_REST)));
}

/** What a sum or a product lacks; 0 for NaN, which it is where they are infinite. */
@inline
function finite(rest: v128): v128 {
  return v128.and(rest, f64x2.eq(rest, rest));
}

/** SUM and SUM_REST of one row or, where L is v128, of two: the nearest float64, and what that lacks. */
@inline
function storeSum<L>(sums: usize, s: v128, rest: v128): void {
  const own = finite(rest);
  const sum = f64x2.add(s, own);
  const lost = double.lost(s, own, sum);
  if (isVector<L>()) {
    v128.store(sums + SUM, sum);
    v128.store(sums + SUM_REST, lost);
  } else {
    v128.store64_lane(sums + SUM, sum, 0);
    v128.store64_lane(sums + SUM_REST, lost, 0);
  }
}

/**
 * In float32 the sums are in float64: first adding four vectors in float32 saves 4 % of the time of the exponentials, and costs 0.6 ULP of the softmax;
 * to add all in float32 saves 10 %.
 */
@inline
function sum<Op, B, S, C>(
  columns: bool,
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  if (columns) sumColumns<Op, B, S, C>(state, a, b, y, height, width, pitch);
  else sumRows<Op, B, S, C>(state, a, b, y, height, width);
}

function sumRows<Op, B, S, C>(state: usize, a: usize, b: usize, y: usize, height: usize, width: usize): void {
  for (let i: usize = 0; i < height; i++) {
    sumRow<Op, B, S, C, void>(state, state + SIZE * i, state + 8 * i, a, b, y, width);
    a += SIZE * width;
    b += SIZE * width;
    y += SIZE * width;
  }
}

/** Elements that are added up before they come to SUM: the loader's pieces of a row are as long. */
const PIECE: usize = 65536 / SIZE;

/** The sums of one row, which are in float64 and so lie at `sums`; where M is v128, raises its MAX too. */
function sumRow<Op, B, S, C, M>(state: usize, row: usize, sums: usize, a: usize, b: usize, y: usize, n: usize): void {
  for (; n > PIECE; n -= PIECE) {
    sumPiece<Op, B, S, C, M>(state, row, sums, a, b, y, PIECE);
    a += SIZE * PIECE;
    b += SIZE * PIECE;
    y += SIZE * PIECE;
  }
  sumPiece<Op, B, S, C, M>(state, row, sums, a, b, y, n);
}

function sumPiece<Op, B, S, C, M>(state: usize, row: usize, sums: usize, a: usize, b: usize, y: usize, n: usize): void {
  const op = changetype<Op>(state);
  let s0 = f64x2.splat(0);
  let rest0 = s0;
  let s1 = s0;
  let rest1 = s0;
  let counts = s0;
  let max = isVector<M>() ? splat(row + MAX) : s0;
  for (; n >= 4 * LANES; n -= 4 * LANES) {
    if (isVector<C>()) {
      counts = i32x4.sub(counts, op.counted<real>(v128.load(a), row));
      counts = i32x4.sub(counts, op.counted<real>(v128.load(a, VECTOR), row));
      counts = i32x4.sub(counts, op.counted<real>(v128.load(a, 2 * VECTOR), row));
      counts = i32x4.sub(counts, op.counted<real>(v128.load(a, 3 * VECTOR), row));
    }
    if (isVector<M>()) {
      const larger = reals.pmax(reals.pmax(max, v128.load(a)), v128.load(a, VECTOR));
      max = reals.pmax(reals.pmax(larger, v128.load(a, 2 * VECTOR)), v128.load(a, 3 * VECTOR));
    }
    const t = terms<Op, real, B, S>(op, row, a, b, y, LANES);
    const u = terms<Op, real, B, S>(op, row, a + VECTOR, b + VECTOR, y + VECTOR, LANES);
    const v = terms<Op, real, B, S>(op, row, a + 2 * VECTOR, b + 2 * VECTOR, y + 2 * VECTOR, LANES);
    const w = terms<Op, real, B, S>(op, row, a + 3 * VECTOR, b + 3 * VECTOR, y + 3 * VECTOR, LANES);
    const t0 = plus(s0, t);
    rest0 = restPlus(rest0, s0, t, t0);
    const u1 = plus(s1, u);
    rest1 = restPlus(rest1, s1, u, u1);
    s0 = plus(t0, v);
    rest0 = restPlus(rest0, t0, v, s0);
    s1 = plus(u1, w);
    rest1 = restPlus(rest1, u1, w, s1);
    a += 4 * VECTOR;
    b += 4 * VECTOR;
    y += 4 * VECTOR;
  }
  while (n > 0) {
    const m = min<usize>(n, LANES);
    const lanes = firstLanes(m);
    if (isVector<C>()) counts = i32x4.sub(counts, v128.and(op.counted<real>(loadLanes(a, m), row), lanes));
    if (isVector<M>()) max = reals.pmax(max, select(lanes, loadLanes(a, m), max));
    const t = v128.and(terms<Op, real, B, S>(op, row, a, b, y, m), lanes);
    const sum = plus(s0, t);
    rest0 = restPlus(rest0, s0, t, sum);
    s0 = sum;
    a += SIZE * m;
    b += SIZE * m;
    y += SIZE * m;
    n -= m;
  }
  addSums(sums, s0, rest0, s1, rest1);
  if (isVector<C>())
    addTo(sums + COUNT, SIZE == 4 ? f64x2.add(countsLow(counts), countsHigh(counts)) : countsOf(counts));
  if (isVector<M>()) storeLargest(row + MAX, max);
}

function sumColumns<Op, B, S, C>(
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  const op = changetype<Op>(state);
  for (let i: usize = 0; i < width; i += LANES) {
    const row = state + SIZE * i;
    const n = width - i;
    const sums = state + 8 * i;
    // Of four rows of float32 the sums of the last two, else what the sums lack.
    const rests: usize = SIZE == 4 ? SUM + VECTOR : SUM_REST;
    let s = v128.load(sums + SUM);
    let rest = v128.load(sums + rests);
    let counts = f64x2.splat(0);
    let at = SIZE * i;
    for (let h = height; h > 0; h--) {
      if (isVector<C>()) counts = i32x4.sub(counts, op.counted<v128>(loadLanes(a + at, n), row));
      const t = terms<Op, v128, B, S>(op, row, a + at, b + at, y + at, n);
      const sum = plus(s, t);
      rest = restPlus(rest, s, t, sum);
      s = sum;
      at += pitch;
    }
    if (SIZE == 8) storeSum<v128>(sums, s, rest);
    else {
      v128.store(sums + SUM, s);
      v128.store(sums + rests, rest);
    }
    if (isVector<C>()) addCounts(sums + COUNT, counts);
  }
}

function addCounts(address: usize, counts: v128): void {
  const first = SIZE == 4 ? countsLow(counts) : countsOf(counts);
  v128.store(address, f64x2.add(v128.load(address), first));
  if (SIZE == 4) v128.store(address, f64x2.add(v128.load(address, VECTOR), countsHigh(counts)), VECTOR);
}


@inline
function countsLow(counts: v128): v128 {
  return f64x2.convert_low_i32x4_u(counts);
}


@inline
function countsHigh(counts: v128): v128 {
  return f64x2.convert_low_i32x4_u(v128.shuffle<f64>(counts, counts, 1, 1));
}

/** Those of two rows of float64, of which each lane's half counts all. */
@inline
function countsOf(counts: v128): v128 {
  return f64x2.convert_low_i32x4_u(v128.shuffle<i32>(counts, counts, 0, 2, 0, 2));
}


@inline
function mapped<Op, L, B>(op: Op, row: usize, a: usize, b: usize, y: usize, n: usize): void {
  storeLanes(y, op.value<L>(loadLanes(a, n), second<B>(b, n), row), n);
}

/** y = Op.value(a, b, of the row). */
@inline
function map<Op, B>(
  columns: bool,
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  if (columns) mapColumns<Op, B>(state, a, b, y, height, width, pitch);
  else mapRows<Op, B>(state, a, b, y, height, width);
}

function mapRows<Op, B>(state: usize, a: usize, b: usize, y: usize, height: usize, width: usize): void {
  const op = changetype<Op>(state);
  for (let row = state; height > 0; height--) {
    let n = width;
    for (; n >= 2 * LANES; n -= 2 * LANES) {
      const t = op.value<real>(v128.load(a), second<B>(b, LANES), row);
      const u = op.value<real>(v128.load(a, VECTOR), second<B>(b + VECTOR, LANES), row);
      v128.store(y, t);
      v128.store(y, u, VECTOR);
      a += 2 * VECTOR;
      b += 2 * VECTOR;
      y += 2 * VECTOR;
    }
    while (n > 0) {
      const m = min<usize>(n, LANES);
      mapped<Op, real, B>(op, row, a, b, y, m);
      a += SIZE * m;
      b += SIZE * m;
      y += SIZE * m;
      n -= m;
    }
    row += SIZE;
  }
}

function mapColumns<Op, B>(
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  const op = changetype<Op>(state);
  for (let i: usize = 0; i < width; i += LANES) {
    const row = state + SIZE * i;
    let at = SIZE * i;
    for (let h = height; h > 0; h--) {
      mapped<Op, v128, B>(op, row, a + at, b + at, y + at, width - i);
      at += pitch;
    }
  }
}

// ---- softmax ----

/**
 * e = e^((x - s) / T) 2^m, with a shift s and a power m that leave the largest e far from 1, so that none is subnormal.
 *
 * In float32, m = 32 - N, and s and N are such that the largest e is near 2^32. A quotient of such numbers does not depend on s and N: with
 * s = 0 no rounding of x - max enters, which for a small result would be dozens of ULP. Only where the largest x / T is beyond 208 is s that
 * x: then x - s is exact wherever the result is not zero. x / T = n ln 2 + r, and the row's BIAS is that of n with 32 - N.
 *
 * In float64, m = 64, s is the largest x, and what x - s lacks goes into r. So the largest e has no error, and in a quotient the errors of no
 * two e of the same weight meet.
 *
 * LOW is where the result rounds to 0, so far below the largest, or below s.
 */
@unmanaged
class Exponential {
  /** 1 / (T ln 2) */
  perOctave: v128;
  /** T ln 2 in two parts, the first of 15 bits, of float64 26: n times it is exact */
  octaveHigh: v128;
  /** the second; of float64 it is over T */
  octaveLow: v128;
  /** 1 / T */
  perTemperature: v128;
  /** 1 / T, negative for softmin; in float64 T, by which to divide takes one rounding less */
  slope: v128;
  /** what 1 / T lacks; of float64 alone */
  perTemperatureRest: v128;


  @inline of<L>(x: v128, row: usize): v128 {
    const distance = reals.sub(x, slot<L>(row, SHIFT));
    const lowest = slot<L>(row, LOW);
    if (SIZE == 4) return this.single(reals.pmax(distance, lowest), slot<L>(row, BIAS));
    const lost = double.lostOfAny(x, negate(slot<L>(row, SHIFT)), distance);
    return v128.andnot(this.ofParts(distance, lost), reals.le(distance, lowest));
  }


  @inline single(z: v128, bias: v128): v128 {
    const k = madd(z, this.perOctave, bias);
    const n = f32x4.sub(k, bias);
    const y = nmadd(n, this.octaveLow, nmadd(n, this.octaveHigh, z));
    const s = power(k);
    return madd(s, expm1Of(f32x4.mul(y, this.perTemperature)), s);
  }

  /** Of z + rest. */
  @inline ofParts(z: v128, rest: v128): v128 {
    const bias = splat(BIAS_PLUS_64);
    const k = madd(z, this.perOctave, bias);
    const n = f64x2.sub(k, bias);
    const y = nmadd(n, this.octaveHigh, z);
    const high = f64x2.mul(y, this.perTemperature);
    const lost = madd(rest, this.perTemperature, f64x2.mul(y, this.perTemperatureRest));
    const low = f64x2.sub(f64x2.mul(n, this.octaveLow), lost);
    const s = double.power(k);
    return madd(s, double.expm1OfParts(high, low), s);
  }

  /** x / T, or -x / T for softmin. */
  @inline sloped(x: v128): v128 {
    return SIZE == 4 ? reals.mul(x, this.slope) : reals.div(x, this.slope);
  }

  /** Whether the result rounds to 0. */
  @inline isLow<L>(x: v128, row: usize): v128 {
    return reals.le(reals.sub(x, slot<L>(row, SHIFT)), slot<L>(row, LOW));
  }
}

/**
 * e times the row's SCALE + REST. In one part the factor's rounding would add half a ULP, and the only e of a row would not give 1. In float64
 * SCALE has 26 bits, so that its product with those of e is exact and what is rounded is all but the result.
 */
@inline
function scaled<L>(e: v128, row: usize): v128 {
  const scale = slot<L>(row, SCALE);
  const rest = slot<L>(row, REST);
  if (SIZE == 4) return madd(e, scale, reals.mul(e, rest));
  const h = highHalf(e);
  return madd(h, scale, scaledRest(e, h, scale, rest));
}

/** What is added to h scale, to have e (scale + rest). */
@inline
function scaledRest(e: v128, h: v128, scale: v128, rest: v128): v128 {
  return madd(f64x2.sub(e, h), scale, f64x2.mul(e, rest));
}

/** e, and e SCALE. */
@unmanaged
@final
class Term extends Exponential {

  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    return this.of<L>(x, row);
  }


  @inline value<L>(x: v128, _b: v128, row: usize): v128 {
    return scaled<L>(this.of<L>(x, row), row);
  }
}
/** y = e, and their sums. */
export function exponentials(
  c: bool,
  state: usize,
  a: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  sum<Term, void, v128, void>(c, state, a, 0, y, height, width, pitch);
}
/** The sums alone. */
export function sumExponentials(c: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  sum<Term, void, void, void>(c, state, a, 0, 0, height, width, pitch);
}
/** y = e SCALE. */
export function scaledExponentials(
  c: bool,
  state: usize,
  a: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  map<Term, void>(c, state, a, 0, y, height, width, pitch);
}

/** a SCALE */
@unmanaged
@final
class Scale {

  @inline value<L>(a: v128, _b: v128, row: usize): v128 {
    return scaled<L>(a, row);
  }
}
export function scale(c: bool, state: usize, a: usize, y: usize, height: usize, width: usize, pitch: usize): void {
  map<Scale, void>(c, state, a, 0, y, height, width, pitch);
}

// ---- the numbers of a row, between the stages ----

/** Rounds to an integer, 1.5 * 2^23, and holds the exponent's bias and 32: the BIAS of a row for its power N = 0. */
const NO_POWER: f64 = 12582912 + 127 + 32;
/** The same for float64, 1.5 * 2^52, with 64. */
const BIAS_PLUS_64 = memory.data<f64>([6755399441055744.0 + 1023.0 + 64.0]);
/** Below the row's largest element by so many temperatures, the result rounds to 0. */
const VANISHING: f64 = SIZE == 4 ? 104.5 : 745.5;
/** Up to here the largest element over the temperature needs no shift: 512 octaves hold it and what is 104.5 below. */
const UNSHIFTED: f64 = 208;
const LN_2: f64 = 0.6931471805599453;


@inline
function setShift(state: usize, row: usize): void {
  const temperature = f64.load(state + TEMPERATURE);
  const max = <f64>load<real>(row + MAX);
  const exponent = max / temperature;
  // -Infinity less itself would be NaN, which is not for this to say: for logSumExp it is no error.
  const isShifted = (SIZE == 8 || abs(exponent) > UNSHIFTED) && max != -Infinity;
  const rest: f64 = isShifted ? 0 : exponent;
  store<real>(row + SHIFT, isShifted ? <real>max : 0);
  const hasLargest = abs(max) < Infinity;
  store<real>(row + LOW, hasLargest ? <real>(rest * temperature - VANISHING * temperature) : 0);
  if (SIZE == 8) return;
  // Even, so that whatever the power is, a tie is rounded to the same.
  f32.store(row + BIAS, <f32>(NO_POWER - (hasLargest ? 2 * nearest(rest / LN_2 / 2) : 0)));
}


@inline
function setScale(row: usize, sums: usize, dividend: f64, dividendRest: f64): void {
  const sum = f64.load(sums + SUM);
  const hasLargest = abs(load<real>(row + MAX)) < Infinity;
  if (SIZE == 8) {
    storeQuotient(row + SCALE, hasLargest ? dividend : NaN, dividendRest, sum, f64.load(sums + SUM_REST));
    return;
  }
  const scale = hasLargest ? dividend / sum : NaN;
  f32.store(row + SCALE, <f32>scale);
  f32.store(row + REST, <f32>(scale - <f32>scale));
}

/** Stores (a + aRest) / (b + bRest), to 26 bits, and 4096 bytes behind it what that lacks. */
function storeQuotient(address: usize, a: f64, aRest: f64, b: f64, bRest: f64): void {
  const quotient = a / b;
  const high = f64x2.extract_lane(highHalf(f64x2.splat(quotient)), 0);
  const remainder = a - quotient * b - lostOfProduct(quotient, b) + (aRest - quotient * bRest);
  f64.store(address, high);
  f64.store(address, quotient - high + remainder / b, 4096);
}


@inline
function lostOfProduct(a: f64, b: f64): f64 {
  return f64x2.extract_lane(double.lostOfProduct(f64x2.splat(a), f64x2.splat(b), f64x2.splat(a * b)), 0);
}

/** SHIFT, LOW and BIAS of each row by its MAX. */
export function setShifts(state: usize, rows: usize): void {
  for (let i: usize = 0; i < rows; i++) setShift(state, state + SIZE * i);
}

/** SCALE and REST of each row, COUNT / SUM; NaN where MAX is not finite. */
export function setQuotients(state: usize, rows: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const sums = state + 8 * i;
    setScale(state + SIZE * i, sums, f64.load(sums + COUNT), SIZE == 8 ? f64.load(sums + COUNT_REST) : 0);
  }
}

/** GRADIENT of each row of float64, 1 / (SUM T); NaN where MAX is not finite. SCALE is 1 then, for `scaledExponentials` to give e. */
export function setGradients(state: usize, rows: usize): void {
  const temperature = f64.load(state + offsetof<Exponential>('slope'));
  for (let row = state; rows > 0; rows--) {
    const sum = f64.load(row + SUM);
    const one: f64 = abs(load<real>(row + MAX)) < Infinity ? 1 : NaN;
    const rest = lostOfProduct(sum, temperature) + f64.load(row + SUM_REST) * temperature;
    storeQuotient(row + GRADIENT, one, 0, sum * temperature, rest);
    f64.store(row + SCALE, 1);
    f64.store(row + REST, 0);
    row += SIZE;
  }
}

/** MEAN of each row of float64, SUM / COUNT. */
export function setMeans(state: usize, rows: usize): void {
  for (let row = state; rows > 0; rows--) {
    const countRest = f64.load(row + COUNT_REST);
    storeQuotient(row + MEAN, f64.load(row + SUM), f64.load(row + SUM_REST), f64.load(row + COUNT), countRest);
    row += SIZE;
  }
}

// ---- whole rows ----

/**
 * The largest elements for which the power N = -22 will do: 2^54 e^x is no subnormal number down to FLOOR, which is 104.5 below the first of
 * them, and the reciprocal of no sum is one.
 */
const FROM: f32 = -20;
const TO: f32 = 20;
const FLOOR: f32 = -124.5;
const USUAL_BIAS: f32 = 12582912 + 127 + 54;

/** e where T = 1 and SHIFT = 0: the same bits as of Term, from three instructions less. */
@unmanaged
@final
class Unscaled extends Exponential {

  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    const bias = slot<L>(row, BIAS);
    const z = f32x4.pmax(x, slot<L>(row, LOW));
    const k = madd(z, this.perOctave, bias);
    const n = f32x4.sub(k, bias);
    const s = power(k);
    return madd(s, expm1Of(nmadd(n, this.octaveLow, nmadd(n, this.octaveHigh, z))), s);
  }
}

/** y = e, their sum, and for some the largest element. */
function exponentialsOf<Op, M>(state: usize, a: usize, y: usize, width: usize): void {
  clearSum(state);
  sumRow<Op, void, v128, void, M>(state, state, state, a, 0, y, width);
}


@inline
function clearSum(state: usize): void {
  f64.store(state + SUM, 0);
  if (SIZE == 8) f64.store(state + SUM_REST, 0);
}

/** y = e of a row of float32, with MAX and what follows from it. */
@inline
function exponentialsOfRow(state: usize, a: usize, y: usize, width: usize): void {
  const isUnscaled = f64.load(state + TEMPERATURE) == 1;
  f32.store(state + LOW, FLOOR);
  f32.store(state + BIAS, USUAL_BIAS);
  const isTried = isUnscaled && y != a;
  if (isTried) exponentialsOf<Unscaled, v128>(state, a, y, width);
  const max = f32.load(state + MAX);
  if (isTried && max >= FROM && max <= TO) return;
  maxRows(state, a, 1, width);
  setShift(state, state);
  if (isUnscaled && f32.load(state + SHIFT) == 0) exponentialsOf<Unscaled, v128>(state, a, y, width);
  else exponentialsOf<Term, void>(state, a, y, width);
}

/**
 * y = softmax of each row, with room for the exponentials of one at `e`, which may be y. Most rows of float32 need no pass for the largest
 * element: a power that will do is tried, unless `e` is where x is.
 */
export function softmax(state: usize, a: usize, e: usize, y: usize, height: usize, width: usize): void {
  for (; height > 0; height--) {
    store<real>(state + MAX, -Infinity);
    if (SIZE == 4) exponentialsOfRow(state, a, e, width);
    else {
      maxRows(state, a, 1, width);
      setShift(state, state);
      exponentialsOf<Term, void>(state, a, e, width);
    }
    setScale(state, state, 1, 0);
    mapRows<Scale, void>(state, e, 0, y, 1, width);
    if (e == y) e += SIZE * width;
    a += SIZE * width;
    y += SIZE * width;
  }
  // As it was, for the stages that add to it.
  clearSum(state);
}

/** The sum of all but the largest, and how many these are: where one outweighs the others, the logarithm of the sum hangs on them. */
@unmanaged
@final
class Others extends Exponential {

  @inline counted<L>(x: v128, row: usize): v128 {
    return reals.eq(x, slot<L>(row, MAX));
  }


  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    return v128.andnot(this.of<L>(x, row), v128.or(this.isLow<L>(x, row), this.counted<L>(x, row)));
  }
}
export function sumOthers(c: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  sum<Others, void, void, v128>(c, state, a, 0, 0, height, width, pitch);
}

/** (x - MAX) / T - SCALE: the two have one sign. */
@unmanaged
@final
class Logarithm extends Exponential {

  @inline value<L>(x: v128, _b: v128, row: usize): v128 {
    const distance = reals.sub(x, slot<L>(row, MAX));
    // To multiply would take two roundings more, that of 1 / T among them.
    const z =
      SIZE == 4
        ? reals.mul(distance, this.perTemperature)
        : reals.div(distance, splat(changetype<usize>(this) + TEMPERATURE));
    return reals.sub(z, slot<L>(row, SCALE));
  }
}
export function logarithms(c: bool, state: usize, a: usize, y: usize, height: usize, width: usize, pitch: usize): void {
  map<Logarithm, void>(c, state, a, 0, y, height, width, pitch);
}

/**
 * The gradient y (dy - MEAN) / T, where MEAN is the sum of the y dy. In float64 it is of e, or y, and GRADIENT, and takes in what each product
 * and difference lacks: with all of their roundings it would err by 2.8 ULP.
 */
@unmanaged
@final
class SoftmaxGradient extends Exponential {
  /** e (scale + scaleRest) (d + dRest). */
  @inline product(e: v128, scale: v128, scaleRest: v128, d: v128, dRest: v128): v128 {
    const h = highHalf(e);
    const most = f64x2.mul(h, scale);
    const rest = scaledRest(e, h, scale, scaleRest);
    const y = f64x2.add(most, rest);
    const product = f64x2.mul(y, d);
    const lost = madd(y, dRest, double.lostOfProduct(y, d, product));
    return f64x2.add(product, finite(madd(double.lost(most, rest, y), d, lost)));
  }


  @inline term<L>(y: v128, dy: v128, _row: usize): v128 {
    return reals.mul(y, dy);
  }


  @inline value<L>(y: v128, dy: v128, row: usize): v128 {
    const mean = slot<L>(row, MEAN);
    const d = reals.sub(dy, mean);
    if (SIZE == 4) return this.sloped(reals.mul(y, d));
    const rest = f64x2.sub(double.lostOfAny(dy, negate(mean), d), slot<L>(row, MEAN_REST));
    return this.product(y, slot<L>(row, GRADIENT), slot<L>(row, GRADIENT_REST), d, rest);
  }
}
export function sumProducts(
  c: bool,
  state: usize,
  a: usize,
  b: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  sum<SoftmaxGradient, v128, void, void>(c, state, a, b, 0, height, width, pitch);
}
export function softmaxGradient(
  c: bool,
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  map<SoftmaxGradient, v128>(c, state, a, b, y, height, width, pitch);
}

/** The gradient (dy - e SCALE) / T, where SCALE is the sum of the dy over that of the e. */
@unmanaged
@final
class LogGradient extends Exponential {

  @inline term<L>(dy: v128, _b: v128, _row: usize): v128 {
    return dy;
  }


  @inline value<L>(x: v128, dy: v128, row: usize): v128 {
    const e = this.of<L>(x, row);
    return this.sloped(SIZE == 4 ? nmadd(e, slot<L>(row, SCALE), dy) : reals.sub(dy, scaled<L>(e, row)));
  }
}
export function sums(c: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  sum<LogGradient, void, void, void>(c, state, a, 0, 0, height, width, pitch);
}
export function logGradient(
  c: bool,
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  map<LogGradient, v128>(c, state, a, b, y, height, width, pitch);
}

// ---- sparsemax ----

/** Sum and number of the z = x - SHIFT above SCALE; then y = max(z - SCALE - REST, 0), the threshold in two parts. */
@unmanaged
@final
class Threshold {

  @inline counted<L>(x: v128, row: usize): v128 {
    return v128.not(reals.le(reals.sub(x, slot<L>(row, SHIFT)), slot<L>(row, SCALE)));
  }


  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    return v128.and(reals.sub(x, slot<L>(row, SHIFT)), this.counted<L>(x, row));
  }


  @inline value<L>(x: v128, _b: v128, row: usize): v128 {
    const above = reals.sub(reals.sub(x, slot<L>(row, SHIFT)), slot<L>(row, SCALE));
    return reals.pmax(reals.sub(above, slot<L>(row, REST)), zero());
  }
}
export function sumAbove(c: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  sum<Threshold, void, void, v128>(c, state, a, 0, 0, height, width, pitch);
}
export function aboveThreshold(
  c: bool,
  state: usize,
  a: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  map<Threshold, void>(c, state, a, 0, y, height, width, pitch);
}

/** Sum and number of the dy where y is not 0; then there dy - MEAN. */
@unmanaged
@final
class Support {

  @inline counted<L>(y: v128, _row: usize): v128 {
    return v128.not(reals.le(y, zero()));
  }


  @inline term<L>(y: v128, dy: v128, row: usize): v128 {
    return v128.and(dy, this.counted<L>(y, row));
  }


  @inline value<L>(y: v128, dy: v128, row: usize): v128 {
    return keepNaN(v128.and(reals.sub(dy, slot<L>(row, MEAN)), this.counted<L>(y, row)), y);
  }
}
export function sumSupport(c: bool, state: usize, a: usize, b: usize, height: usize, width: usize, pitch: usize): void {
  sum<Support, v128, void, v128>(c, state, a, b, 0, height, width, pitch);
}
export function supportGradient(
  c: bool,
  state: usize,
  a: usize,
  b: usize,
  y: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  map<Support, v128>(c, state, a, b, y, height, width, pitch);
}

// ---- hardmax ----

/** The index of the first of the largest among n elements `pitch` bytes apart; -1 if one is NaN. */
export function firstLargest(x: usize, n: usize, pitch: usize): isize {
  let largest = load<real>(x);
  let at: isize = 0;
  for (let i: usize = 0; i < n; i++) {
    const value = load<real>(x);
    if (value != value) return -1;
    if (value > largest) {
      largest = value;
      at = i;
    }
    x += pitch;
  }
  return at;
}

// ---- before the first stage ----

/** x -> sign (x + b). n is a multiple of 4, as of `hide`. */
export function combine(x: usize, b: usize, sign: real, n: usize): void {
  const factor = reals.splat(sign);
  for (; n > 0; n -= LANES) {
    v128.store(x, reals.mul(reals.add(v128.load(x), v128.load(b)), factor));
    x += VECTOR;
    b += VECTOR;
  }
}

/** x -> `value` where the byte of the mask is 0. */
export function hide(x: usize, mask: usize, value: real, n: usize): void {
  const hidden = reals.splat(value);
  for (; n > 0; n -= LANES) {
    const bytes = v128.load32_zero(mask);
    const words = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(i8x16.eq(bytes, i32x4.splat(0))));
    const lanes = SIZE == 4 ? words : i64x2.extend_low_i32x4_s(words);
    v128.store(x, select(lanes, hidden, v128.load(x)));
    x += VECTOR;
    mask += LANES;
  }
}
