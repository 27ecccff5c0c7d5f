// The product of matrices, by tiles of 6 x 8 elements that stay in registers: twelve sums, two vectors of b and one element of a are
// the fifteen registers that V8 has on x64. Where products and sums are instructions of their own, tiles are of 4 x 8. An element of a
// is broadcast straight from where it lies, so that a is never packed and may be transposed; eight columns of b, 256 deep, are packed
// into 8 KiB, which the first-level cache holds while all rows of a pass by.
//
// Each element of the result is c = s + block 0 + block 1 + ..., where a block is the sum of up to 256 products in their order,
// added up from 0. So it depends on its row of a and its column of b alone.

import { madd } from './lanes';

const VECTOR: usize = 16; // bytes
const LANES: i32 = 4;
const COLUMNS: i32 = 8;
/** Bytes of so many elements. */
const WIDTH: usize = 4 * COLUMNS;
/**
 * Rows of the largest tile. By 6 / 4, % of the peak: with fused multiply-add Node 24 and 26 90 / 83, Node 22 44 / 72; without, where a
 * product takes one register more, 48 / 68 (Node 20 and 22 45 / 61).
 */
const ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Terms of a block. 128 and 512 are as fast within 2 %; more would leave the first-level cache too little room, and round more often. */
const DEPTH: i32 = 256;

const ZEROS = memory.data(128);

/**
 * c = s + a b, where c is m x n, a m x k and b k x n. What is added lies like c, with its own distance of rows: 0 for one row that is
 * added to all. At address 0 there is none, and `sRow` is 0. `s` may be `c`.
 *
 * @param aRow - bytes from one row of a to the next; `aColumn`, from one column to the next; likewise of b, c and s
 * @param scratch - 8 KiB for a panel of b, then 192 bytes for a tile
 */
export function matmul(
  m: i32,
  k: i32,
  n: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  s: usize,
  sRow: usize,
  c: usize,
  cRow: usize,
  scratch: usize,
): void {
  do {
    const depth = min(k, DEPTH);
    let j = 0;
    if (m == 1 && bColumn == 4) {
      for (; j <= n - 4 * COLUMNS; j += 4 * COLUMNS) {
        row(depth, a, aColumn, b + 4 * j, bRow, s == 0 ? ZEROS : s + 4 * j, c + 4 * j);
      }
    }
    for (; j < n; j += COLUMNS) {
      const width = min(n - j, COLUMNS);
      const isWhole = width == COLUMNS;
      let panel = b + j * bColumn;
      let panelRow = bRow;
      // For rows of a single tile, packing would be more work than it saves.
      if (!isWhole || bColumn != 4 || m > ROWS) {
        pack(depth, width, panel, bRow, bColumn, scratch);
        panel = scratch;
        panelRow = WIDTH;
      }
      const at = 4 * j;
      if (isWhole) rows(m, depth, a, aRow, aColumn, panel, panelRow, s == 0 ? ZEROS : s + at, sRow, c + at, cRow);
      else narrow(width, m, depth, a, aRow, aColumn, panel, s == 0 ? 0 : s + at, sRow, c + at, cRow, scratch);
    }
    s = c;
    sRow = cRow;
    a += DEPTH * aColumn;
    b += DEPTH * bRow;
    k -= DEPTH;
  } while (k > 0);
}

/** Copies `width` columns of b to a panel of eight, filled up with zeros. */
function pack(depth: i32, width: i32, b: usize, bRow: usize, bColumn: usize, panel: usize): void {
  if (width == COLUMNS && bColumn == 4) {
    for (; depth > 0; --depth) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, VECTOR), VECTOR);
      b += bRow;
      panel += WIDTH;
    }
    return;
  }
  if (width == COLUMNS && bRow == 4) {
    for (; depth >= LANES; depth -= LANES) {
      transpose(b, bColumn, panel);
      transpose(b + LANES * bColumn, bColumn, panel + VECTOR);
      b += VECTOR;
      panel += LANES * WIDTH;
    }
  }
  if (width < COLUMNS) memory.fill(panel, 0, depth * WIDTH);
  for (let j = 0; j < width; j++) {
    let from = b + j * bColumn;
    let to = panel + 4 * j;
    for (let p = depth; p > 0; --p) {
      store<f32>(to, load<f32>(from));
      from += bRow;
      to += WIDTH;
    }
  }
}

/** Four elements each of four columns of b, which lie together, to four rows of a panel. */
@inline
function transpose(b: usize, bColumn: usize, panel: usize): void {
  const x0 = v128.load(b);
  const x1 = v128.load(b + bColumn);
  const x2 = v128.load(b + 2 * bColumn);
  const x3 = v128.load(b + 3 * bColumn);
  const y0 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const y1 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const y2 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const y3 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(panel, v128.shuffle<f64>(y0, y1, 0, 2));
  v128.store(panel + WIDTH, v128.shuffle<f64>(y0, y1, 1, 3));
  v128.store(panel + 2 * WIDTH, v128.shuffle<f64>(y2, y3, 0, 2));
  v128.store(panel + 3 * WIDTH, v128.shuffle<f64>(y2, y3, 1, 3));
}

/** All rows of eight columns. */
function rows(
  m: i32,
  depth: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  s: usize,
  sRow: usize,
  c: usize,
  cRow: usize,
): void {
  for (; m >= ROWS; m -= ROWS) {
    tile(ROWS, depth, a, aRow, aColumn, b, bRow, s, sRow, c, cRow);
    a += ROWS * aRow;
    s += ROWS * sRow;
    c += ROWS * cRow;
  }
  if (ROWS > 4 && m >= 4) {
    tile(4, depth, a, aRow, aColumn, b, bRow, s, sRow, c, cRow);
    m -= 4;
    a += 4 * aRow;
    s += 4 * sRow;
    c += 4 * cRow;
  }
  if (m >= 2) {
    tile(2, depth, a, aRow, aColumn, b, bRow, s, sRow, c, cRow);
    m -= 2;
    a += 2 * aRow;
    s += 2 * sRow;
    c += 2 * cRow;
  }
  if (m > 0) tile(1, depth, a, aRow, aColumn, b, bRow, s, sRow, c, cRow);
}

/** A single row of 32 columns, as more sums hide the latency of an addition. */
function row(depth: i32, a: usize, aColumn: usize, b: usize, bRow: usize, s: usize, c: usize): void {
  let c0 = i32x4.splat(0);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let c4 = c0;
  let c5 = c0;
  let c6 = c0;
  let c7 = c0;
  for (; depth > 0; --depth) {
    const x = v128.load32_splat(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, VECTOR), c1);
    c2 = madd(x, v128.load(b, 2 * VECTOR), c2);
    c3 = madd(x, v128.load(b, 3 * VECTOR), c3);
    c4 = madd(x, v128.load(b, 4 * VECTOR), c4);
    c5 = madd(x, v128.load(b, 5 * VECTOR), c5);
    c6 = madd(x, v128.load(b, 6 * VECTOR), c6);
    c7 = madd(x, v128.load(b, 7 * VECTOR), c7);
    a += aColumn;
    b += bRow;
  }
  put(s, c, c0, c1);
  put(s + WIDTH, c + WIDTH, c2, c3);
  put(s + 2 * WIDTH, c + 2 * WIDTH, c4, c5);
  put(s + 3 * WIDTH, c + 3 * WIDTH, c6, c7);
}

/** All rows of fewer than eight columns: by way of a tile in scratch memory. */
function narrow(
  width: i32,
  m: i32,
  depth: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  panel: usize,
  s: usize,
  sRow: usize,
  c: usize,
  cRow: usize,
  scratch: usize,
): void {
  const whole = scratch + DEPTH * WIDTH;
  for (; m > 0; m -= ROWS) {
    const count = min(m, ROWS);
    if (s != 0) copy(count, width, s, sRow, whole, WIDTH);
    rows(count, depth, a, aRow, aColumn, panel, WIDTH, s == 0 ? ZEROS : whole, s == 0 ? 0 : WIDTH, whole, WIDTH);
    copy(count, width, whole, WIDTH, c, cRow);
    a += ROWS * aRow;
    if (s != 0) s += ROWS * sRow;
    c += ROWS * cRow;
  }
}

function copy(m: i32, width: i32, from: usize, fromRow: usize, to: usize, toRow: usize): void {
  for (; m > 0; --m) {
    for (let j = 0; j < 4 * width; j += 4) store<f32>(to + j, load<f32>(from + j));
    from += fromRow;
    to += toRow;
  }
}

/**
 * `m` rows, 1, 2, 4 or 6, which the compiler knows, of eight columns. The loop is not unrolled: by two, V8 (13.6 and 14.6) moves the
 * loads ahead, runs out of registers, and takes 1.4 times as long.
 */
@inline
function tile(
  m: i32,
  depth: i32,
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  s: usize,
  sRow: usize,
  c: usize,
  cRow: usize,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  let a4 = a3 + aRow;
  let a5 = a4 + aRow;
  let c00 = i32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  for (; depth > 0; --depth) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, VECTOR);
    b += bRow;
    const x0 = v128.load32_splat(a);
    c00 = madd(x0, b0, c00);
    c01 = madd(x0, b1, c01);
    a += aColumn;
    if (m > 1) {
      const x1 = v128.load32_splat(a1);
      c10 = madd(x1, b0, c10);
      c11 = madd(x1, b1, c11);
      a1 += aColumn;
    }
    if (m > 2) {
      const x2 = v128.load32_splat(a2);
      c20 = madd(x2, b0, c20);
      c21 = madd(x2, b1, c21);
      a2 += aColumn;
      const x3 = v128.load32_splat(a3);
      c30 = madd(x3, b0, c30);
      c31 = madd(x3, b1, c31);
      a3 += aColumn;
    }
    if (m > 4) {
      const x4 = v128.load32_splat(a4);
      c40 = madd(x4, b0, c40);
      c41 = madd(x4, b1, c41);
      a4 += aColumn;
      const x5 = v128.load32_splat(a5);
      c50 = madd(x5, b0, c50);
      c51 = madd(x5, b1, c51);
      a5 += aColumn;
    }
  }
  put(s, c, c00, c01);
  if (m > 1) put(s + sRow, c + cRow, c10, c11);
  if (m > 2) {
    put(s + 2 * sRow, c + 2 * cRow, c20, c21);
    put(s + 3 * sRow, c + 3 * cRow, c30, c31);
  }
  if (m > 4) {
    put(s + 4 * sRow, c + 4 * cRow, c40, c41);
    put(s + 5 * sRow, c + 5 * cRow, c50, c51);
  }
}

/** Eight elements of a row: what is there, and a block's sums. */
@inline
function put(s: usize, c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(s), low));
  v128.store(c, f32x4.add(v128.load(s, VECTOR), high), VECTOR);
}
