// Philox4x32-10 of src/random.ts, four blocks at a time: each of the four words of their counters is a vector.

import { ELEMENT, LANES, VECTOR } from './strided';
import * as wide from './wide';

const MULTIPLIER_0 = memory.data<u32>([0xd2511f53]);
const MULTIPLIER_1 = memory.data<u32>([0xcd9e8d57]);
const KEY_STEP_0 = memory.data<u32>([0x9e3779b9]);
const KEY_STEP_1 = memory.data<u32>([0xbb67ae85]);
const FIRST_FOUR = memory.data<u32>([0, 1, 2, 3]);
const TWO_TO_MINUS_24 = memory.data<f32>([5.9604645e-8]);
const ROUNDS = 10;

/** Four words as src/random.ts's uniform() makes numbers of them, scaled: low + u range, rounded twice in both binaries. */
@inline
function store(y: usize, words: v128, low: v128, range: v128): void {
  const u = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words, 8)), v128.load32_splat(TWO_TO_MINUS_24));
  if (LANES == 4) {
    v128.store(y, reals.add(low, reals.mul(u, range)));
  } else {
    v128.store(y, reals.add(low, reals.mul(wide.low(u), range)));
    v128.store(y, reals.add(low, reals.mul(wide.high(u), range)), VECTOR);
  }
}

/**
 * Numbers from low up to low + range of the words of the key's stream, from number `block` on, a multiple of 4. n is a multiple of 16. No
 * array is so long that the number would need a second word.
 */
export function uniforms(keyLow: u32, keyHigh: u32, block: u32, low: real, range: real, y: usize, n: usize): void {
  const multiplier0 = v128.load32_splat(MULTIPLIER_0);
  const multiplier1 = v128.load32_splat(MULTIPLIER_1);
  const lows = reals.splat(low);
  const ranges = reals.splat(range);
  for (; n > 0; n -= 16) {
    let c0 = i32x4.add(i32x4.splat(block), v128.load(FIRST_FOUR));
    let c1 = i32x4.splat(0);
    let c2 = i32x4.splat(0);
    let c3 = i32x4.splat(0);
    let k0 = i32x4.splat(keyLow);
    let k1 = i32x4.splat(keyHigh);
    for (let round = 0; round < ROUNDS; round++) {
      const a = i64x2.extmul_low_i32x4_u(c0, multiplier0);
      const b = i64x2.extmul_high_i32x4_u(c0, multiplier0);
      const c = i64x2.extmul_low_i32x4_u(c2, multiplier1);
      const d = i64x2.extmul_high_i32x4_u(c2, multiplier1);
      c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), k0);
      c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
      c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), k1);
      c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
      k0 = i32x4.add(k0, v128.load32_splat(KEY_STEP_0));
      k1 = i32x4.add(k1, v128.load32_splat(KEY_STEP_1));
    }
    // Words of one block lie side by side in the stream.
    const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    store(y, v128.shuffle<i64>(a, b, 0, 2), lows, ranges);
    store(y + 4 * ELEMENT, v128.shuffle<i64>(a, b, 1, 3), lows, ranges);
    store(y + 8 * ELEMENT, v128.shuffle<i64>(c, d, 0, 2), lows, ranges);
    store(y + 12 * ELEMENT, v128.shuffle<i64>(c, d, 1, 3), lows, ranges);
    y += 16 * ELEMENT;
    block += 4;
  }
}
