// Functions of rows, stage by stage: a stage reduces each row to a number, or maps its elements by numbers of the row. What comes between,
// a step of scalar arithmetic per row, is the loader's.
//
// The elements of a row lie side by side; or those of all rows do, element by element, `pitch` bytes apart: columns, where each lane is a
// row of its own. `state` holds an operator's fields, one v128 each, and then slots: arrays of a number per row, to which reductions add
// and which maps read. src/row-kernels.ts lays it out.

import { keepNaN, madd, nmadd, select, splat, zero } from './lanes';
import { expm1Of, power } from './math';
import { high, low } from './wide';

const VECTOR: usize = 16; // bytes

/** A float64 in the state, behind the fields. */
const TEMPERATURE: usize = 112;
// Slots of float64, for 1024 rows each,
const SUM: usize = 128;
const COUNT: usize = SUM + 8192;
// and of float32.
const MAX: usize = COUNT + 8192;
const SHIFT: usize = MAX + 4096;
const LOW: usize = SHIFT + 4096;
const BIAS: usize = LOW + 4096;
const SCALE: usize = BIAS + 4096;
const REST: usize = SCALE + 4096;
const MEAN: usize = REST + 4096;

/** From 4 * n bytes before its middle on: all bits of the first n lanes. */
const FIRST_LANES = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0]);


@inline
function firstLanes(n: usize): v128 {
  return v128.load(FIRST_LANES + 16 - 4 * n);
}

/** The first n elements, at most 4; what lies behind them is not touched, for there the memory may end. */
@inline
function load(address: usize, n: usize): v128 {
  if (n >= 4) return v128.load(address);
  if (n == 1) return v128.load32_zero(address);
  const two = v128.load64_zero(address);
  return n == 2 ? two : v128.load32_lane(address + 8, two, 2);
}


@inline
function store(address: usize, x: v128, n: usize): void {
  if (n >= 4) v128.store(address, x);
  else if (n == 1) v128.store32_lane(address, x, 0);
  else {
    v128.store64_lane(address, x, 0);
    if (n == 3) v128.store32_lane(address + 8, x, 2);
  }
}

// Types as flags: L is f32 for rows, v128 for columns; B is v128 where there is a second operand, C where terms are counted, S where they
// are stored, M where the largest element is wanted; otherwise void.

/** A number of the row, or of each lane's row. */
@inline
function slot<L>(row: usize, offset: usize): v128 {
  return isVector<L>() ? v128.load(row + offset) : splat(row + offset);
}


@inline
function second<B>(address: usize, n: usize): v128 {
  return isVector<B>() ? load(address, n) : zero();
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
    for (; n >= 16; n -= 16) {
      m0 = f32x4.pmax(m0, v128.load(a));
      m1 = f32x4.pmax(m1, v128.load(a, VECTOR));
      m2 = f32x4.pmax(m2, v128.load(a, 2 * VECTOR));
      m3 = f32x4.pmax(m3, v128.load(a, 3 * VECTOR));
      a += 4 * VECTOR;
    }
    m0 = f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3));
    for (; n >= 4; n -= 4) {
      m0 = f32x4.pmax(m0, v128.load(a));
      a += VECTOR;
    }
    if (n > 0) m0 = f32x4.pmax(m0, select(firstLanes(n), load(a, n), m0));
    a += 4 * n;
    storeLargest(row + MAX, m0);
    row += 4;
  }
}


@inline
function storeLargest(address: usize, x: v128): void {
  const two = f32x4.pmax(x, v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  v128.store32_lane(address, f32x4.pmax(two, v128.shuffle<f32>(two, two, 1, 1, 1, 1)), 0);
}

function maxColumns(state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  for (let i: usize = 0; i < width; i += 4) {
    let m = v128.load(state + 4 * i + MAX);
    let x = a + 4 * i;
    for (let h = height; h > 0; h--) {
      m = f32x4.pmax(m, load(x, width - i));
      x += pitch;
    }
    v128.store(state + 4 * i + MAX, m);
  }
}

/** One vector's terms. */
@inline
function terms<Op, L, B, S>(op: Op, row: usize, a: usize, b: usize, y: usize, n: usize): v128 {
  const t = op.term<L>(load(a, n), second<B>(b, n), row);
  if (isVector<S>()) store(y, t, n);
  return t;
}

/** Adds both lanes to the float64 at `address`. */
@inline
function addTo(address: usize, s: v128): void {
  f64.store(address, f64.load(address) + (f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)));
}

/**
 * The sums are in float64: first adding four vectors in float32 saves 4 % of the time of the exponentials, and costs 0.6 ULP of the softmax;
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
    sumRow<Op, B, S, C, void>(state, state + 4 * i, state + 8 * i, a, b, y, width);
    a += 4 * width;
    b += 4 * width;
    y += 4 * width;
  }
}

/** Elements that are added up before they come to SUM: the loader's pieces of a row are as long. */
const PIECE: usize = 16384;

/** The sums of one row, which are in float64 and so lie at `sums`; where M is v128, raises its MAX too. */
function sumRow<Op, B, S, C, M>(state: usize, row: usize, sums: usize, a: usize, b: usize, y: usize, n: usize): void {
  for (; n > PIECE; n -= PIECE) {
    sumPiece<Op, B, S, C, M>(state, row, sums, a, b, y, PIECE);
    a += 4 * PIECE;
    b += 4 * PIECE;
    y += 4 * PIECE;
  }
  sumPiece<Op, B, S, C, M>(state, row, sums, a, b, y, n);
}

function sumPiece<Op, B, S, C, M>(state: usize, row: usize, sums: usize, a: usize, b: usize, y: usize, n: usize): void {
  const op = changetype<Op>(state);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let counts = s0;
  let max = isVector<M>() ? splat(row + MAX) : s0;
  for (; n >= 16; n -= 16) {
    if (isVector<C>()) {
      counts = i32x4.sub(counts, op.counted<f32>(v128.load(a), row));
      counts = i32x4.sub(counts, op.counted<f32>(v128.load(a, VECTOR), row));
      counts = i32x4.sub(counts, op.counted<f32>(v128.load(a, 2 * VECTOR), row));
      counts = i32x4.sub(counts, op.counted<f32>(v128.load(a, 3 * VECTOR), row));
    }
    if (isVector<M>()) {
      const larger = f32x4.pmax(f32x4.pmax(max, v128.load(a)), v128.load(a, VECTOR));
      max = f32x4.pmax(f32x4.pmax(larger, v128.load(a, 2 * VECTOR)), v128.load(a, 3 * VECTOR));
    }
    const t = terms<Op, f32, B, S>(op, row, a, b, y, 4);
    const u = terms<Op, f32, B, S>(op, row, a + VECTOR, b + VECTOR, y + VECTOR, 4);
    const v = terms<Op, f32, B, S>(op, row, a + 2 * VECTOR, b + 2 * VECTOR, y + 2 * VECTOR, 4);
    const w = terms<Op, f32, B, S>(op, row, a + 3 * VECTOR, b + 3 * VECTOR, y + 3 * VECTOR, 4);
    s0 = f64x2.add(s0, low(t));
    s1 = f64x2.add(s1, high(t));
    s2 = f64x2.add(s2, low(u));
    s3 = f64x2.add(s3, high(u));
    s0 = f64x2.add(s0, low(v));
    s1 = f64x2.add(s1, high(v));
    s2 = f64x2.add(s2, low(w));
    s3 = f64x2.add(s3, high(w));
    a += 4 * VECTOR;
    b += 4 * VECTOR;
    y += 4 * VECTOR;
  }
  while (n > 0) {
    const m = min<usize>(n, 4);
    const lanes = firstLanes(m);
    if (isVector<C>()) counts = i32x4.sub(counts, v128.and(op.counted<f32>(load(a, m), row), lanes));
    if (isVector<M>()) max = f32x4.pmax(max, select(lanes, load(a, m), max));
    const t = v128.and(terms<Op, f32, B, S>(op, row, a, b, y, m), lanes);
    s0 = f64x2.add(s0, low(t));
    s1 = f64x2.add(s1, high(t));
    a += 4 * m;
    b += 4 * m;
    y += 4 * m;
    n -= m;
  }
  addTo(sums + SUM, f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3)));
  if (isVector<C>()) addTo(sums + COUNT, f64x2.add(countsLow(counts), countsHigh(counts)));
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
  for (let i: usize = 0; i < width; i += 4) {
    const row = state + 4 * i;
    const n = width - i;
    const sums = row + 4 * i + SUM;
    let s0 = v128.load(sums);
    let s1 = v128.load(sums, VECTOR);
    let counts = f64x2.splat(0);
    let at = 4 * i;
    for (let h = height; h > 0; h--) {
      if (isVector<C>()) counts = i32x4.sub(counts, op.counted<v128>(load(a + at, n), row));
      const t = terms<Op, v128, B, S>(op, row, a + at, b + at, y + at, n);
      s0 = f64x2.add(s0, low(t));
      s1 = f64x2.add(s1, high(t));
      at += pitch;
    }
    v128.store(sums, s0);
    v128.store(sums, s1, VECTOR);
    if (isVector<C>()) {
      const places = row + 4 * i + COUNT;
      v128.store(places, f64x2.add(v128.load(places), countsLow(counts)));
      v128.store(places, f64x2.add(v128.load(places, VECTOR), countsHigh(counts)), VECTOR);
    }
  }
}


@inline
function countsLow(counts: v128): v128 {
  return f64x2.convert_low_i32x4_u(counts);
}


@inline
function countsHigh(counts: v128): v128 {
  return f64x2.convert_low_i32x4_u(v128.shuffle<f64>(counts, counts, 1, 1));
}


@inline
function mapped<Op, L, B>(op: Op, row: usize, a: usize, b: usize, y: usize, n: usize): void {
  store(y, op.value<L>(load(a, n), second<B>(b, n), row), n);
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
    for (; n >= 8; n -= 8) {
      const t = op.value<f32>(v128.load(a), second<B>(b, 4), row);
      const u = op.value<f32>(v128.load(a, VECTOR), second<B>(b + VECTOR, 4), row);
      v128.store(y, t);
      v128.store(y, u, VECTOR);
      a += 2 * VECTOR;
      b += 2 * VECTOR;
      y += 2 * VECTOR;
    }
    while (n > 0) {
      const m = min<usize>(n, 4);
      mapped<Op, f32, B>(op, row, a, b, y, m);
      a += 4 * m;
      b += 4 * m;
      y += 4 * m;
      n -= m;
    }
    row += 4;
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
  for (let i: usize = 0; i < width; i += 4) {
    const row = state + 4 * i;
    let at = 4 * i;
    for (let h = height; h > 0; h--) {
      mapped<Op, v128, B>(op, row, a + at, b + at, y + at, width - i);
      at += pitch;
    }
  }
}

// ---- softmax ----

/**
 * e = e^((x - s) / T) 2^(32 - N), with a shift s and a power N of the row that leave the largest e near 2^32, so that none is subnormal.
 * A quotient of such numbers does not depend on s and N: with s = 0 no rounding of x - max enters, which for a small result would be
 * dozens of ULP. Only where the largest x / T is beyond 208 is s that x: then x - s is exact wherever the result is not zero.
 * x / T = n ln 2 + r, and the row's BIAS is that of n with 32 - N. LOW is where the result rounds to 0, 104.5 T below the largest.
 */
@unmanaged
class Exponential {
  /** 1 / (T ln 2) */
  perOctave: v128;
  /** T ln 2 in two parts, the first of 15 bits: 512 times it is exact */
  octaveHigh: v128;
  octaveLow: v128;
  /** 1 / T */
  perTemperature: v128;
  /** 1 / T, negative for softmin */
  slope: v128;


  @inline shifted<L>(x: v128, row: usize): v128 {
    return f32x4.pmax(f32x4.sub(x, slot<L>(row, SHIFT)), slot<L>(row, LOW));
  }


  @inline of<L>(z: v128, row: usize): v128 {
    const bias = slot<L>(row, BIAS);
    const k = madd(z, this.perOctave, bias);
    const n = f32x4.sub(k, bias);
    const y = nmadd(n, this.octaveLow, nmadd(n, this.octaveHigh, z));
    const s = power(k);
    return madd(s, expm1Of(f32x4.mul(y, this.perTemperature)), s);
  }
}

/** e times the row's SCALE. In one part the factor's rounding would add half a ULP, and the only e of a row would not give 1. */
@inline
function scaled<L>(e: v128, row: usize): v128 {
  return madd(e, slot<L>(row, SCALE), f32x4.mul(e, slot<L>(row, REST)));
}

/** e, and e SCALE. */
@unmanaged
@final
class Term extends Exponential {

  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    return this.of<L>(this.shifted<L>(x, row), row);
  }


  @inline value<L>(x: v128, _b: v128, row: usize): v128 {
    return scaled<L>(this.of<L>(this.shifted<L>(x, row), row), row);
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
/** Below the row's largest element by so many temperatures, the result rounds to 0. */
const VANISHING: f64 = 104.5;
/** Up to here the largest element over the temperature needs no shift: 512 octaves hold it and what is 104.5 below. */
const UNSHIFTED: f64 = 208;
const LN_2: f64 = 0.6931471805599453;


@inline
function setShift(state: usize, row: usize): void {
  const temperature = f64.load(state + TEMPERATURE);
  const max = <f64>f32.load(row + MAX);
  const exponent = max / temperature;
  // -Infinity less itself would be NaN, which is not for this to say: for logSumExp it is no error.
  const isLarge = abs(exponent) > UNSHIFTED && max != -Infinity;
  const rest: f64 = isLarge ? 0 : exponent;
  f32.store(row + SHIFT, isLarge ? <f32>max : 0);
  const hasLargest = abs(max) < Infinity;
  f32.store(row + LOW, hasLargest ? <f32>(rest * temperature - VANISHING * temperature) : 0);
  // Even, so that whatever the power is, a tie is rounded to the same.
  f32.store(row + BIAS, <f32>(NO_POWER - (hasLargest ? 2 * nearest(rest / LN_2 / 2) : 0)));
}


@inline
function setScale(row: usize, sums: usize): void {
  const isFinite = abs(f32.load(row + MAX)) < Infinity;
  const scale = isFinite ? 1 / f64.load(sums + SUM) : NaN;
  f32.store(row + SCALE, <f32>scale);
  f32.store(row + REST, <f32>(scale - <f32>scale));
}

/** SHIFT, LOW and BIAS of each row by its MAX. */
export function setShifts(state: usize, rows: usize): void {
  for (let i: usize = 0; i < rows; i++) setShift(state, state + 4 * i);
}

/** SCALE and REST of each row, 1 / SUM; NaN where MAX is not finite. */
export function setQuotients(state: usize, rows: usize): void {
  for (let i: usize = 0; i < rows; i++) setScale(state + 4 * i, state + 8 * i);
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
  f64.store(state + SUM, 0);
  sumRow<Op, void, v128, void, M>(state, state, state, a, 0, y, width);
}

/**
 * y = softmax of each row, with room for the exponentials of one at `e`, which may be y. Most rows need no pass for the largest element: a power
 * that will do is tried, unless `e` is where x is.
 */
export function softmax(state: usize, a: usize, e: usize, y: usize, height: usize, width: usize): void {
  const isUnscaled = f64.load(state + TEMPERATURE) == 1;
  for (; height > 0; height--) {
    f32.store(state + MAX, -Infinity);
    f32.store(state + LOW, FLOOR);
    f32.store(state + BIAS, USUAL_BIAS);
    const isTried = isUnscaled && e != a;
    if (isTried) exponentialsOf<Unscaled, v128>(state, a, e, width);
    const max = f32.load(state + MAX);
    if (!(isTried && max >= FROM && max <= TO)) {
      maxRows(state, a, 1, width);
      setShift(state, state);
      if (isUnscaled && f32.load(state + SHIFT) == 0) exponentialsOf<Unscaled, v128>(state, a, e, width);
      else exponentialsOf<Term, void>(state, a, e, width);
    }
    setScale(state, state);
    mapRows<Scale, void>(state, e, 0, y, 1, width);
    if (e == y) e += 4 * width;
    a += 4 * width;
    y += 4 * width;
  }
  // As it was, for the stages that add to it.
  f64.store(state + SUM, 0);
}

/** The sum of all but the largest, and how many these are: where one outweighs the others, the logarithm of the sum hangs on them. */
@unmanaged
@final
class Others extends Exponential {

  @inline counted<L>(x: v128, row: usize): v128 {
    return f32x4.eq(x, slot<L>(row, MAX));
  }


  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    const z = this.shifted<L>(x, row);
    const isLow = f32x4.eq(z, slot<L>(row, LOW));
    return v128.andnot(this.of<L>(z, row), v128.or(isLow, this.counted<L>(x, row)));
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
    return f32x4.sub(f32x4.mul(f32x4.sub(x, slot<L>(row, MAX)), this.perTemperature), slot<L>(row, SCALE));
  }
}
export function logarithms(c: bool, state: usize, a: usize, y: usize, height: usize, width: usize, pitch: usize): void {
  map<Logarithm, void>(c, state, a, 0, y, height, width, pitch);
}

/** The gradient y (dy - MEAN) / T, where MEAN is the sum of the y dy. */
@unmanaged
@final
class SoftmaxGradient extends Exponential {

  @inline term<L>(y: v128, dy: v128, _row: usize): v128 {
    return f32x4.mul(y, dy);
  }


  @inline value<L>(y: v128, dy: v128, row: usize): v128 {
    return f32x4.mul(f32x4.mul(y, f32x4.sub(dy, slot<L>(row, MEAN))), this.slope);
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
    return f32x4.mul(nmadd(this.of<L>(this.shifted<L>(x, row), row), slot<L>(row, SCALE), dy), this.slope);
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
    return v128.not(f32x4.le(f32x4.sub(x, slot<L>(row, SHIFT)), slot<L>(row, SCALE)));
  }


  @inline term<L>(x: v128, _b: v128, row: usize): v128 {
    return v128.and(f32x4.sub(x, slot<L>(row, SHIFT)), this.counted<L>(x, row));
  }


  @inline value<L>(x: v128, _b: v128, row: usize): v128 {
    const above = f32x4.sub(f32x4.sub(x, slot<L>(row, SHIFT)), slot<L>(row, SCALE));
    return f32x4.pmax(f32x4.sub(above, slot<L>(row, REST)), zero());
  }
}
export function sumAbove(c: bool, state: usize, a: usize, height: usize, width: usize, pitch: usize): void {
  sum<Threshold, void, void, v128>(c, state, a, 0, 0, height, width, pitch);
}
export function threshold(c: bool, state: usize, a: usize, y: usize, height: usize, width: usize, pitch: usize): void {
  map<Threshold, void>(c, state, a, 0, y, height, width, pitch);
}

/** Sum and number of the dy where y is not 0; then there dy - MEAN. */
@unmanaged
@final
class Support {

  @inline counted<L>(y: v128, _row: usize): v128 {
    return v128.not(f32x4.le(y, zero()));
  }


  @inline term<L>(y: v128, dy: v128, row: usize): v128 {
    return v128.and(dy, this.counted<L>(y, row));
  }


  @inline value<L>(y: v128, dy: v128, row: usize): v128 {
    return keepNaN(v128.and(f32x4.sub(dy, slot<L>(row, MEAN)), this.counted<L>(y, row)), y);
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
  let largest = f32.load(x);
  let at: isize = 0;
  for (let i: usize = 0; i < n; i++) {
    const value = f32.load(x);
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
export function combine(x: usize, b: usize, sign: f32, n: usize): void {
  const factor = f32x4.splat(sign);
  for (; n > 0; n -= 4) {
    v128.store(x, f32x4.mul(f32x4.add(v128.load(x), v128.load(b)), factor));
    x += VECTOR;
    b += VECTOR;
  }
}

/** x -> `value` where the byte of the mask is 0. */
export function hide(x: usize, mask: usize, value: f32, n: usize): void {
  const hidden = f32x4.splat(value);
  for (; n > 0; n -= 4) {
    const bytes = v128.load32_zero(mask);
    const words = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(i8x16.eq(bytes, i32x4.splat(0))));
    v128.store(x, select(words, hidden, v128.load(x)));
    x += VECTOR;
    mask += 4;
  }
}
