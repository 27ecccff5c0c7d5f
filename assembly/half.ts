import { abs, select, splat, zero } from './lanes';

// float16 (IEEE 754 binary16) and bfloat16, from and to float32. A NaN keeps its sign and the high bits of its payload, and becomes a quiet
// one. n is a multiple of 16; a destination does not overlap its source.

const EXPONENT = memory.data<u32>([0x7f800000]);
const FRACTION = memory.data<u32>([0x007fffff]);
const QUIET = memory.data<u32>([0x00400000]);

// In both halves of 32 bits: the sign; a float16 but that; the last finite one; its sign and exponent three places to the right, where the
// high half of a float32 has its own; and the exponent there.
const SIGN_16 = memory.data<u32>([0x80008000]);
const MAGNITUDE_16 = memory.data<u32>([0x7fff7fff]);
const FINITE_16 = memory.data<u32>([0x7bff7bff]);
const SHIFTED_16 = memory.data<u32>([0x8fff8fff]);
const EXPONENT_16 = memory.data<u32>([0x7f807f80]);

/** 2^112, the quotient of the biases. */
const REBIAS = memory.data<u32>([0x77800000]);
/** The exponents of 2^-14, the smallest normal float16, and of 2^13; their sum's, where the steps are counted from. */
const SMALLEST = memory.data<u32>([0x38800000]);
const THIRTEEN = memory.data<u32>([0x06800000]);
const ORIGIN = memory.data<u32>([0x3f000000]);
/** Steps that a lane's low half is worth, and its high half: 1024 for each power of two. */
const STEPS = memory.data<i16>([1, 8]);
const INFINITY_16 = memory.data<u32>([0x7c007c00]);
const QUIET_FLOAT16 = memory.data<u32>([0x200]);

const ROUND = memory.data<u32>([0x7fff]);
const LAST = memory.data<u32>([1]);

/** The first four of eight 16-bit numbers as the high halves of 32 bits, those of `low` as the low ones. */
@inline
function interleaveLow(low: v128, high: v128): v128 {
  return v128.shuffle<u16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four likewise. */
@inline
function interleaveHigh(low: v128, high: v128): v128 {
  return v128.shuffle<u16>(low, high, 4, 12, 5, 13, 6, 14, 7, 15);
}


@inline
function isNaN(x: v128): v128 {
  return f32x4.ne(x, x);
}

/** 5 bits of exponent, 10 of fraction. */
@unmanaged
@final
class Float16 {
  /**
   * The high halves of eight float32, but for a factor. Infinities and NaN get float32's exponent for these, so that multiplication keeps
   * what they are; it makes normal numbers of subnormal ones too.
   */
  @inline high(h: v128): v128 {
    const special = i16x8.gt_s(v128.and(h, splat(MAGNITUDE_16)), splat(FINITE_16));
    return v128.or(v128.and(i16x8.shr_s(h, 3), splat(SHIFTED_16)), v128.and(special, splat(EXPONENT_16)));
  }


  @inline low(h: v128): v128 {
    return i16x8.shl(h, 13);
  }


  @inline finish(x: v128): v128 {
    return f32x4.mul(x, splat(REBIAS));
  }

  /**
   * |x| plus 2^13 times its own power of two loses just the bits that float16 has not, rounded to even: be the result normal or, as that
   * power is bounded below, subnormal. What is left in the sum's fraction counts the steps from the power's own float16, or from zero; the
   * sum's exponent, which is in the high half of a lane, tells how many steps come before these. 0x7c00 or more from 65520 on, infinite and
   * NaN alike.
   */
  @inline magnitude(x: v128): v128 {
    const power = i32x4.max_s(v128.and(x, splat(EXPONENT)), splat(SMALLEST));
    const sum = f32x4.add(abs(x), i32x4.add(power, splat(THIRTEEN)));
    return i32x4.dot_i16x8_s(i32x4.sub(sum, splat(ORIGIN)), splat(STEPS));
  }


  @inline withSign(magnitude: v128, a: v128, b: v128): v128 {
    const sign = v128.and(i16x8.narrow_i32x4_s(a, b), splat(SIGN_16));
    return v128.or(i16x8.min_u(magnitude, splat(INFINITY_16)), sign);
  }

  /** What makes a NaN of infinity. */
  @inline payload(x: v128): v128 {
    const bits = v128.or(i32x4.shr_u(v128.and(x, splat(FRACTION)), 13), splat(QUIET_FLOAT16));
    return v128.and(bits, isNaN(x));
  }


  @inline withPayload(bits: v128, a: v128, b: v128): v128 {
    return v128.or(bits, i16x8.narrow_i32x4_u(this.payload(a), this.payload(b)));
  }

  /** The bits of sixteen, at `h`. */
  @inline narrow(a: v128, b: v128, c: v128, d: v128, h: usize): void {
    const first = i16x8.narrow_i32x4_u(this.magnitude(a), this.magnitude(b));
    const second = i16x8.narrow_i32x4_u(this.magnitude(c), this.magnitude(d));
    const low = this.withSign(first, a, b);
    const high = this.withSign(second, c, d);
    // A NaN saturates, which sets the highest bit, an odd one of the bytes'; as an infinity or a large number does, too.
    if (i8x16.bitmask(v128.or(first, second)) & 0xaaaa) {
      v128.store(h, this.withPayload(low, a, b));
      v128.store(h, this.withPayload(high, c, d), 16);
    } else {
      v128.store(h, low);
      v128.store(h, high, 16);
    }
  }
}

/** The high half of a float32. */
@unmanaged
@final
class Bfloat16 {

  @inline high(h: v128): v128 {
    return h;
  }


  @inline low(_h: v128): v128 {
    return zero();
  }


  @inline finish(x: v128): v128 {
    return v128.or(x, v128.and(isNaN(x), splat(QUIET)));
  }


  @inline rounded(x: v128): v128 {
    const odd = v128.and(i32x4.shr_u(x, 16), splat(LAST));
    return i32x4.shr_u(i32x4.add(i32x4.add(x, splat(ROUND)), odd), 16);
  }


  @inline roundedOfAny(x: v128): v128 {
    return select(isNaN(x), i32x4.shr_u(v128.or(x, splat(QUIET)), 16), this.rounded(x));
  }


  @inline narrow(a: v128, b: v128, c: v128, d: v128, h: usize): void {
    // NaN if one of them is, and sometimes for infinities: one comparison instead of four.
    if (i32x4.bitmask(isNaN(f32x4.add(f32x4.add(a, b), f32x4.add(c, d))))) {
      v128.store(h, i16x8.narrow_i32x4_u(this.roundedOfAny(a), this.roundedOfAny(b)));
      v128.store(h, i16x8.narrow_i32x4_u(this.roundedOfAny(c), this.roundedOfAny(d)), 16);
    } else {
      v128.store(h, i16x8.narrow_i32x4_u(this.rounded(a), this.rounded(b)));
      v128.store(h, i16x8.narrow_i32x4_u(this.rounded(c), this.rounded(d)), 16);
    }
  }
}

function widen<Format>(h: usize, x: usize, n: usize): void {
  const format = changetype<Format>(0);
  for (; n > 0; n -= 16) {
    const a = v128.load(h);
    const b = v128.load(h, 16);
    const a0 = format.finish(interleaveLow(format.low(a), format.high(a)));
    const a1 = format.finish(interleaveHigh(format.low(a), format.high(a)));
    const b0 = format.finish(interleaveLow(format.low(b), format.high(b)));
    const b1 = format.finish(interleaveHigh(format.low(b), format.high(b)));
    v128.store(x, a0);
    v128.store(x, a1, 16);
    v128.store(x, b0, 32);
    v128.store(x, b1, 48);
    h += 32;
    x += 64;
  }
}

function narrow<Format>(x: usize, h: usize, n: usize): void {
  const format = changetype<Format>(0);
  for (; n > 0; n -= 16) {
    format.narrow(v128.load(x), v128.load(x, 16), v128.load(x, 32), v128.load(x, 48), h);
    x += 64;
    h += 32;
  }
}

export function fromFloat16(h: usize, x: usize, n: usize): void {
  widen<Float16>(h, x, n);
}
export function toFloat16(x: usize, h: usize, n: usize): void {
  narrow<Float16>(x, h, n);
}
export function fromBfloat16(h: usize, x: usize, n: usize): void {
  widen<Bfloat16>(h, x, n);
}
export function toBfloat16(x: usize, h: usize, n: usize): void {
  narrow<Bfloat16>(x, h, n);
}

/** y[i] = table[x[i]], for numbers of 16 bits; n is a multiple of 8. */
export function lookUpHalf(x: usize, y: usize, n: usize, table: usize): void {
  for (; n > 0; n -= 8) {
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x)));
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 2)), 2);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 4)), 4);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 6)), 6);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 8)), 8);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 10)), 10);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 12)), 12);
    store<u16>(y, load<u16>(table + 2 * <usize>load<u16>(x, 14)), 14);
    x += 16;
    y += 16;
  }
}

/** y[i] *= table[x[i]], for y and a table of float32; n is a multiple of 4. */
export function multiplyByTable(x: usize, y: usize, n: usize, table: usize): void {
  for (; n > 0; n -= 4) {
    let factors = v128.load32_zero(table + 4 * <usize>load<u16>(x));
    factors = v128.load32_lane(table + 4 * <usize>load<u16>(x, 2), factors, 1);
    factors = v128.load32_lane(table + 4 * <usize>load<u16>(x, 4), factors, 2);
    factors = v128.load32_lane(table + 4 * <usize>load<u16>(x, 6), factors, 3);
    v128.store(y, f32x4.mul(v128.load(y), factors));
    x += 8;
    y += 16;
  }
}
