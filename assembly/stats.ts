import { abs, HALF, madd, select, splat } from './lanes';
import * as wide from './wide';

// Statistics of the columns of a matrix, four neighbouring columns to a vector. Within a block of rows the differences from its first row
// are summed in float32; blocks are merged in float64. Where the first row is so far from the others that the sums would cancel, or where
// they leave the range of float32, the block is done again in float64, while it is still in the cache.

/** Rows of a block. Merging 64 instead costs 0.02 ns per element. The loader copies whole blocks. */
const BLOCK: i32 = 128;
/** Rows read side by side where they are long; the figures for 4, 8 and 16 are in docs/performance.md. */
const BAND: i32 = 8;
/** Rows up to this many columns are read a whole block of them at a time. */
const NARROW: usize = 16;

const VECTOR: usize = 16; // bytes
const INFINITE = memory.data<f32>([Infinity]);
const MINUS_INFINITE = memory.data<f32>([-Infinity]);
/** 2^-120: below this a sum of squares has lost bits to underflow. */
const TINY = memory.data<f32>([7.52316385e-37]);
/** How much of the sum of squares may cancel: a first row less than 3.9 standard deviations from the mean does not exceed it. */
const MOST_CANCELLED = memory.data<f32>([0.9375]);

/** What is known of four columns; the loader has cleared it. `count` is of finite elements, `squares` of differences from the mean. */
@unmanaged
@final
class Columns {
  countLow: v128;
  countHigh: v128;
  meanLow: v128;
  meanHigh: v128;
  squaresLow: v128;
  squaresHigh: v128;
  minimum: v128;
  maximum: v128;
  zeros: v128;
  nans: v128;
}
const RECORD = offsetof<Columns>();

/** The sums over the rows of a block so far. They lie apart from the records, so that a thousand columns stay in the first cache. */
@unmanaged
@final
class Sums {
  first: v128;
  sum: v128;
  squares: v128;
  minimum: v128;
  maximum: v128;
  zeros: v128;
}
const SUMS = offsetof<Sums>();

const COUNT = offsetof<Columns>('countLow');
const MEAN = offsetof<Columns>('meanLow');
const SQUARES = offsetof<Columns>('squaresLow');

/** Adds `count` numbers of mean `mean`, with the sum `squares` of squared differences from it, to half a record (Chan, Golub, LeVeque). */
@inline
function merge(half: usize, count: v128, mean: v128, squares: v128): void {
  const before = v128.load(half, COUNT);
  const total = f64x2.add(before, count);
  const share = f64x2.div(count, f64x2.pmax(wide.splat(wide.ONE), total));
  const delta = f64x2.sub(mean, v128.load(half, MEAN));
  const step = f64x2.mul(delta, share);
  v128.store(half, total, COUNT);
  v128.store(half, wide.madd(delta, share, v128.load(half, MEAN)), MEAN);
  const between = f64x2.mul(f64x2.mul(delta, step), before);
  v128.store(half, f64x2.add(f64x2.add(squares, between), v128.load(half, SQUARES)), SQUARES);
}

/** Merges half a block without NaN and infinities: its first row, and the sums of differences from that and of their squares. */
@inline
function mergeShifted(half: usize, count: v128, reciprocal: v128, first: v128, sum: v128, squares: v128): void {
  const offset = f64x2.mul(sum, reciprocal);
  const own = f64x2.sub(squares, f64x2.mul(sum, offset));
  merge(half, count, f64x2.add(first, offset), f64x2.pmax(wide.splat(wide.ZERO), own));
}

/** Whether all rows hold the same finite number in the lanes of `mask`. */
function areFlat(x: usize, rows: i32, stride: usize, mask: v128): bool {
  const first = v128.load(x);
  let same = f32x4.lt(abs(first), splat(INFINITE));
  for (; rows > 0; rows--) {
    same = v128.and(same, f32x4.eq(v128.load(x), first));
    x += stride;
  }
  return !v128.any_true(v128.andnot(mask, same));
}

/** Merges a block of any kind: with NaN and infinities, of any magnitude. All in float64, in two passes. */
function careful(x: usize, rows: i32, stride: usize, columns: Columns): void {
  const zero = f32x4.splat(0);
  const infinite = splat(INFINITE);
  const one = wide.splat(wide.ONE);
  let count = zero;
  let low = zero;
  let high = zero;
  for (let i = 0, at = x; i < rows; i++) {
    const v = v128.load(at);
    const finite = f32x4.lt(abs(v), infinite);
    const kept = v128.and(v, finite);
    count = i32x4.sub(count, finite);
    low = f64x2.add(low, wide.low(kept));
    high = f64x2.add(high, wide.high(kept));
    columns.minimum = select(finite, f32x4.pmin(columns.minimum, v), columns.minimum);
    columns.maximum = select(finite, f32x4.pmax(columns.maximum, v), columns.maximum);
    columns.zeros = i32x4.sub(columns.zeros, f32x4.eq(v, zero));
    columns.nans = i32x4.sub(columns.nans, f32x4.ne(v, v));
    at += stride;
  }
  const countLow = f64x2.convert_low_i32x4_s(count);
  const countHigh = f64x2.convert_low_i32x4_s(v128.shuffle<f64>(count, count, 1, 1));
  const meanLow = f64x2.div(low, f64x2.pmax(one, countLow));
  const meanHigh = f64x2.div(high, f64x2.pmax(one, countHigh));
  let squaresLow = zero;
  let squaresHigh = zero;
  for (let i = 0, at = x; i < rows; i++) {
    const v = v128.load(at);
    const finite = f32x4.lt(abs(v), infinite);
    const dLow = v128.and(f64x2.sub(wide.low(v), meanLow), i64x2.extend_low_i32x4_s(finite));
    const dHigh = v128.and(f64x2.sub(wide.high(v), meanHigh), i64x2.extend_high_i32x4_s(finite));
    squaresLow = wide.madd(dLow, dLow, squaresLow);
    squaresHigh = wide.madd(dHigh, dHigh, squaresHigh);
    at += stride;
  }
  const record = changetype<usize>(columns);
  merge(record, countLow, meanLow, squaresLow);
  merge(record + VECTOR, countHigh, meanHigh, squaresHigh);
}

/** Adds `rows` rows, of which the first may be the `start` of a block, to the sums of four columns. */
@inline
function band(x: usize, rows: i32, stride: usize, sums: Sums, start: bool): void {
  const zero = f32x4.splat(0);
  if (start) {
    sums.first = v128.load(x);
    sums.sum = zero;
    sums.squares = zero;
    sums.minimum = splat(INFINITE);
    sums.maximum = splat(MINUS_INFINITE);
    sums.zeros = zero;
  }
  const first = sums.first;
  let minimum = sums.minimum;
  let maximum = sums.maximum;
  let zeros = sums.zeros;
  let sum = sums.sum;
  let squares = sums.squares;
  // Two sums, so that an addition need not wait for the one before.
  let sum2 = zero;
  let squares2 = zero;
  for (; rows >= 2; rows -= 2) {
    const a = v128.load(x);
    const b = v128.load(x + stride);
    x += 2 * stride;
    const d = f32x4.sub(a, first);
    const e = f32x4.sub(b, first);
    sum = f32x4.add(sum, d);
    sum2 = f32x4.add(sum2, e);
    squares = madd(d, d, squares);
    squares2 = madd(e, e, squares2);
    minimum = f32x4.pmin(minimum, f32x4.pmin(a, b));
    maximum = f32x4.pmax(maximum, f32x4.pmax(a, b));
    zeros = i32x4.sub(zeros, i32x4.add(i32x4.eq(abs(a), zero), i32x4.eq(abs(b), zero)));
  }
  if (rows > 0) {
    const a = v128.load(x);
    const d = f32x4.sub(a, first);
    sum = f32x4.add(sum, d);
    squares = madd(d, d, squares);
    minimum = f32x4.pmin(minimum, a);
    maximum = f32x4.pmax(maximum, a);
    zeros = i32x4.sub(zeros, f32x4.eq(a, zero));
  }
  sums.sum = f32x4.add(sum, sum2);
  sums.squares = f32x4.add(squares, squares2);
  sums.minimum = minimum;
  sums.maximum = maximum;
  sums.zeros = zeros;
}

/** Merges a block into the record of four columns; `count` is its number of rows, `reciprocal` 1 / count. */
@inline
function close(x: usize, rows: i32, stride: usize, sums: Sums, columns: Columns, count: v128, reciprocal: v128): void {
  const sum = sums.sum;
  const squares = sums.squares;
  const cancelled = f32x4.mul(f32x4.mul(sum, sum), f32x4.splat(1.0 / f32(rows)));
  const good = f32x4.lt(cancelled, f32x4.mul(squares, splat(MOST_CANCELLED)));
  const within = v128.and(f32x4.gt(squares, splat(TINY)), f32x4.lt(squares, splat(INFINITE)));
  const bad = v128.not(v128.and(good, within));
  if (v128.any_true(bad) && !areFlat(x, rows, stride, bad)) {
    careful(x, rows, stride, columns);
    return;
  }
  const first = sums.first;
  const record = changetype<usize>(columns);
  mergeShifted(record, count, reciprocal, wide.low(first), wide.low(sum), wide.low(squares));
  mergeShifted(record + VECTOR, count, reciprocal, wide.high(first), wide.high(sum), wide.high(squares));
  columns.minimum = f32x4.pmin(columns.minimum, sums.minimum);
  columns.maximum = f32x4.pmax(columns.maximum, sums.maximum);
  columns.zeros = i32x4.add(columns.zeros, sums.zeros);
}

/**
 * Adds a matrix to the statistics of its columns: `rows` rows, `stride` bytes apart, of `width` elements, a multiple of 4; a record for
 * every four columns at `records`, and as many places for sums at `sums`.
 */
export function statistics(x: usize, rows: i32, width: usize, stride: usize, records: usize, sums: usize): void {
  const vectors = width / 4;
  const step = width <= NARROW ? BLOCK : BAND;
  for (; rows > 0; rows -= BLOCK) {
    const height = min(rows, BLOCK);
    for (let row = 0; row < height; row += step) {
      const own = min(height - row, step);
      let at = x + usize(row) * stride;
      for (let i: usize = 0; i < vectors; i++) {
        band(at, own, stride, changetype<Sums>(sums + i * SUMS), row == 0);
        at += VECTOR;
      }
    }
    const count = f64x2.splat(f64(height));
    const reciprocal = f64x2.splat(1.0 / f64(height));
    for (let i: usize = 0; i < vectors; i++) {
      const columns = changetype<Columns>(records + i * RECORD);
      close(x + i * VECTOR, height, stride, changetype<Sums>(sums + i * SUMS), columns, count, reciprocal);
    }
    x += BLOCK * stride;
  }
}

/** 2^23: added to an integer, it leaves that in the low bits. */
const UNIT_23 = memory.data<f32>([8388608.0]);

/**
 * Counts `n` elements, a multiple of 4, in `bins` bins from `low` to `high`: one table a lane at `tables`, each of `bins` + 1 counts, the
 * last for what lies in no bin. The bin is floor((x / 2 - low / 2) scale), which cannot overflow; `high` itself is in the last one. `scale`
 * is 2 bins / (high - low).
 */
export function histogram(x: usize, n: usize, low: f32, high: f32, scale: f32, bins: i32, tables: usize): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  const half = splat(HALF);
  const halfLows = f32x4.mul(lows, half);
  const scales = f32x4.splat(scale);
  const last = f32x4.splat(f32(bins - 1));
  const none = f32x4.splat(f32(bins));
  const size = 4 * (bins + 1);
  // The bits of 2^23 leave the word when a number becomes a distance in bytes, but for these.
  const start = i32(tables) - (0x4b000000 << 2);
  let starts = i32x4.splat(start);
  starts = i32x4.replace_lane(starts, 1, start + size);
  starts = i32x4.replace_lane(starts, 2, start + 2 * size);
  starts = i32x4.replace_lane(starts, 3, start + 3 * size);
  for (; n > 0; n -= 4) {
    const v = v128.load(x);
    const inside = v128.and(f32x4.ge(v, lows), f32x4.le(v, highs));
    const t = f32x4.floor(f32x4.mul(f32x4.sub(f32x4.mul(v, half), halfLows), scales));
    const bin = select(inside, f32x4.pmin(t, last), none);
    const addresses = i32x4.add(i32x4.shl(f32x4.add(bin, splat(UNIT_23)), 2), starts);
    const a = i64x2.extract_lane(addresses, 0);
    const b = i64x2.extract_lane(addresses, 1);
    increment(usize(a));
    increment(usize(a >> 32));
    increment(usize(b));
    increment(usize(b >> 32));
    x += VECTOR;
  }
}


@inline
function increment(address: usize): void {
  store<i32>(address, load<i32>(address) + 1);
}
