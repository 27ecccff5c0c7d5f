// A dense layer of bytes, with sums of int32: y = bytes of (bias + x w) factor. Products come in pairs of neighbouring terms, which one
// `i32x4.dot_i16x8_s` multiplies and adds. All but numbers and sizes are byte addresses.
//
// The weights are packed by src/nn/quantized-dense.ts into panels of eight columns: eight int32 that the sums start from, the zero point of x
// being taken care of, eight float32 factors, then for each pair of terms its two weights of each column. Odd depths end with a weight of 0.

const VECTOR: usize = 16; // bytes
const COLUMNS: i32 = 8;
/** Bytes of a panel before its weights, and of the weights of a pair of terms. */
const HEAD: usize = 64;
const PAIR: usize = 16;
/** Rows of a tile: its eight sums, two vectors of weights, x and a product are in registers (V8 has fifteen on x64). */
const ROWS: i32 = 4;
/** Added to a float32 of up to 2^22, it leaves the nearest integer, of two the even one, in the low bits. */
const TO_INTEGER = memory.data<f32>([12582912.0]); // 1.5 * 2^23
const BYTE = memory.data<u16>([0xff]);

/** How sums become bytes; as vectors, each with four times the same. */
@unmanaged
@final
class Output {
  /** The least and the largest result, less the zero point, in float32. */
  low: v128;
  high: v128;
  /** The bits of TO_INTEGER less the zero point. */
  bits: v128;
}

/**
 * @param output - an `Output`
 * @param panels - those of n columns
 * @param xRow - bytes from one row of x to the next; so `yRow`
 * @param scratch - 16 bytes for each pair of terms, and 8 more
 */
export function denseInt8(
  m: i32,
  k: i32,
  n: i32,
  x: usize,
  xRow: usize,
  output: usize,
  panels: usize,
  y: usize,
  yRow: usize,
  scratch: usize,
): void {
  dense<i8>(m, k, n, x, xRow, output, panels, y, yRow, scratch);
}
/** The same where x is uint8. The type of y makes no difference but to `output`. */
export function denseUint8(
  m: i32,
  k: i32,
  n: i32,
  x: usize,
  xRow: usize,
  output: usize,
  panels: usize,
  y: usize,
  yRow: usize,
  scratch: usize,
): void {
  dense<u8>(m, k, n, x, xRow, output, panels, y, yRow, scratch);
}


@inline
function dense<T>(
  m: i32,
  k: i32,
  n: i32,
  x: usize,
  xRow: usize,
  output: usize,
  panels: usize,
  y: usize,
  yRow: usize,
  scratch: usize,
): void {
  const own = changetype<Output>(output);
  const pairs = (k + 1) >> 1;
  const last = scratch + PAIR * pairs;
  while (m > 0) {
    const isRow = m == 1;
    const rows = min(m, ROWS);
    if (isRow) widen<T>(k, x, scratch);
    else interleave<T>(k, x, rows, xRow, scratch);
    let panel = panels;
    for (let j = 0; j < n; j += COLUMNS) {
      const width = min(n - j, COLUMNS);
      if (isRow) tile(1, 1, pairs, scratch, panel, own, y + j, yRow, width, last);
      else tile(ROWS, rows, pairs, scratch, panel, own, y + j, yRow, width, last);
      panel += HEAD + PAIR * pairs;
    }
    m -= ROWS;
    x += ROWS * xRow;
    y += ROWS * yRow;
  }
}


@inline
function load8<T>(at: usize): v128 {
  return isSigned<T>() ? v128.load8x8_s(at) : v128.load8x8_u(at);
}

/** A row as int16. What is behind an odd number is multiplied by 0. */
@inline
function widen<T>(k: i32, x: usize, to: usize): void {
  for (; k >= 8; k -= 8) {
    v128.store(to, load8<T>(x));
    x += 8;
    to += VECTOR;
  }
  for (let p = 0; p < k; p++) store<i16>(to + 2 * p, load<T>(x + p));
}

/** Two terms of one row, then of the next of four, as int16; what rows are missing of four is anything. */
@inline
function interleave<T>(k: i32, a: usize, rows: i32, row: usize, to: usize): void {
  const b = a + row;
  const c = rows > 2 ? b + row : b;
  const d = rows > 3 ? c + row : c;
  let p: usize = 0;
  for (; k >= 8; k -= 8) {
    const a8 = load8<T>(a + p);
    const b8 = load8<T>(b + p);
    const c8 = load8<T>(c + p);
    const d8 = load8<T>(d + p);
    const ab = v128.shuffle<i32>(a8, b8, 0, 4, 1, 5);
    const cd = v128.shuffle<i32>(c8, d8, 0, 4, 1, 5);
    const ab2 = v128.shuffle<i32>(a8, b8, 2, 6, 3, 7);
    const cd2 = v128.shuffle<i32>(c8, d8, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), VECTOR);
    v128.store(to, v128.shuffle<i64>(ab2, cd2, 0, 2), 2 * VECTOR);
    v128.store(to, v128.shuffle<i64>(ab2, cd2, 1, 3), 3 * VECTOR);
    p += 8;
    to += 4 * VECTOR;
  }
  for (; k > 0; k -= 2) {
    pair<T>(a + p, k, to);
    pair<T>(b + p, k, to + 4);
    pair<T>(c + p, k, to + 8);
    pair<T>(d + p, k, to + 12);
    p += 2;
    to += VECTOR;
  }
}


@inline
function pair<T>(x: usize, k: i32, to: usize): void {
  store<i16>(to, load<T>(x));
  store<i16>(to + 2, k > 1 ? load<T>(x + 1) : 0);
}

/** `m` rows, 1 or 4, which the compiler knows, of eight columns; `rows` and `width` of them are stored. */
@inline
function tile(
  m: i32,
  rows: i32,
  pairs: i32,
  x: usize,
  panel: usize,
  output: Output,
  y: usize,
  yRow: usize,
  width: i32,
  scratch: usize,
): void {
  let c00 = v128.load(panel);
  let c01 = v128.load(panel, VECTOR);
  let c10 = c00;
  let c11 = c01;
  let c20 = c00;
  let c21 = c01;
  let c30 = c00;
  let c31 = c01;
  let w = panel + HEAD;
  for (; pairs > 0; --pairs) {
    const w0 = v128.load8x8_s(w);
    const w1 = v128.load8x8_s(w, 8);
    const x0 = v128.load32_splat(x);
    c00 = i32x4.add(c00, i32x4.dot_i16x8_s(x0, w0));
    c01 = i32x4.add(c01, i32x4.dot_i16x8_s(x0, w1));
    if (m > 1) {
      const x1 = v128.load32_splat(x, 4);
      c10 = i32x4.add(c10, i32x4.dot_i16x8_s(x1, w0));
      c11 = i32x4.add(c11, i32x4.dot_i16x8_s(x1, w1));
      const x2 = v128.load32_splat(x, 8);
      c20 = i32x4.add(c20, i32x4.dot_i16x8_s(x2, w0));
      c21 = i32x4.add(c21, i32x4.dot_i16x8_s(x2, w1));
      const x3 = v128.load32_splat(x, 12);
      c30 = i32x4.add(c30, i32x4.dot_i16x8_s(x3, w0));
      c31 = i32x4.add(c31, i32x4.dot_i16x8_s(x3, w1));
    }
    w += PAIR;
    x += 4 * m;
  }
  put(y, bytes(c00, c01, panel, output), width, scratch);
  if (m > 1) {
    put(y + yRow, bytes(c10, c11, panel, output), width, scratch);
    if (rows > 2) put(y + 2 * yRow, bytes(c20, c21, panel, output), width, scratch);
    if (rows > 3) put(y + 3 * yRow, bytes(c30, c31, panel, output), width, scratch);
  }
}

/** Eight sums as bytes: times the columns' factors, cut off, rounded, plus the zero point. */
@inline
function bytes(low: v128, high: v128, panel: usize, output: Output): v128 {
  const a = integer(low, v128.load(panel, 2 * VECTOR), output);
  const b = integer(high, v128.load(panel, 3 * VECTOR), output);
  const low8 = v128.and(i16x8.narrow_i32x4_s(a, b), v128.load16_splat(BYTE));
  return i8x16.narrow_i16x8_u(low8, low8);
}


@inline
function integer(sum: v128, factor: v128, output: Output): v128 {
  const y = f32x4.mul(f32x4.convert_i32x4_s(sum), factor);
  const inside = f32x4.pmin(f32x4.pmax(y, output.low), output.high);
  return i32x4.sub(f32x4.add(inside, v128.load32_splat(TO_INTEGER)), output.bits);
}

/** Stores the first `width` bytes of eight, by way of scratch memory where they are less. */
@inline
function put(y: usize, bytes: v128, width: i32, scratch: usize): void {
  if (width == COLUMNS) {
    v128.store64_lane(y, bytes, 0);
  } else {
    v128.store64_lane(scratch, bytes, 0);
    for (let j = 0; j < width; j++) store<u8>(y + j, load<u8>(scratch + j));
  }
}
