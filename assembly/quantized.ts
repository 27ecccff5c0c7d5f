// Bytes that stand for numbers: x = (q - zero) scale. Scales and zero points lie in memory as float32, one for each element, so that one loop
// serves a whole array, its rows and its channels. n is a multiple of 16.

/** q[i] = round(x[i] / scale[i]) + zero[i], halves to even, at the ends of the type where it is beyond them; zero[i] for NaN. */
@inline
function steps(x: usize, scale: usize, zero: usize, at: usize): v128 {
  const quotient = f32x4.nearest(f32x4.div(v128.load(x + at), v128.load(scale + at)));
  const known = v128.and(quotient, f32x4.eq(quotient, quotient));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(known, v128.load(zero + at)));
}


@inline
function quantize<T>(x: usize, q: usize, n: usize, scale: usize, zero: usize): void {
  for (let at: usize = 0; at < 4 * n; at += 64) {
    const low = i16x8.narrow_i32x4_s(steps(x, scale, zero, at), steps(x, scale, zero, at + 16));
    const high = i16x8.narrow_i32x4_s(steps(x, scale, zero, at + 32), steps(x, scale, zero, at + 48));
    if (isSigned<T>()) v128.store(q, i8x16.narrow_i16x8_s(low, high));
    else v128.store(q, i8x16.narrow_i16x8_u(low, high));
    q += 16;
  }
}

export function quantizeInt8(x: usize, q: usize, n: usize, scale: usize, zero: usize): void {
  quantize<i8>(x, q, n, scale, zero);
}
export function quantizeUint8(x: usize, q: usize, n: usize, scale: usize, zero: usize): void {
  quantize<u8>(x, q, n, scale, zero);
}

/** x[i] = (q[i] - zero[i]) scale[i] for four. */
@inline
function number<T>(q: usize, x: usize, scale: usize, zero: usize, at: usize): void {
  const lanes = v128.load32_zero(q + at / 4);
  const pairs = isSigned<T>() ? i16x8.extend_low_i8x16_s(lanes) : i16x8.extend_low_i8x16_u(lanes);
  const whole = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(pairs));
  v128.store(x + at, f32x4.mul(f32x4.sub(whole, v128.load(zero + at)), v128.load(scale + at)));
}


@inline
function dequantize<T>(q: usize, x: usize, n: usize, scale: usize, zero: usize): void {
  for (let at: usize = 0; at < 4 * n; at += 64) {
    number<T>(q, x, scale, zero, at);
    number<T>(q, x, scale, zero, at + 16);
    number<T>(q, x, scale, zero, at + 32);
    number<T>(q, x, scale, zero, at + 48);
  }
}

export function dequantizeInt8(q: usize, x: usize, n: usize, scale: usize, zero: usize): void {
  dequantize<i8>(q, x, n, scale, zero);
}
export function dequantizeUint8(q: usize, x: usize, n: usize, scale: usize, zero: usize): void {
  dequantize<u8>(q, x, n, scale, zero);
}

/**
 * y[i] = table[x[i]]. A byte at a time takes 0.32 ns; sixteen tables of sixteen entries, by i8x16.swizzle, take 0.38, eight bytes in a register
 * of 64 bits 0.41 (Node 26).
 */
export function lookUp(x: usize, y: usize, n: usize, table: usize): void {
  for (; n > 0; n -= 8) {
    store<u8>(y, load<u8>(table + load<u8>(x)));
    store<u8>(y, load<u8>(table + load<u8>(x, 1)), 1);
    store<u8>(y, load<u8>(table + load<u8>(x, 2)), 2);
    store<u8>(y, load<u8>(table + load<u8>(x, 3)), 3);
    store<u8>(y, load<u8>(table + load<u8>(x, 4)), 4);
    store<u8>(y, load<u8>(table + load<u8>(x, 5)), 5);
    store<u8>(y, load<u8>(table + load<u8>(x, 6)), 6);
    store<u8>(y, load<u8>(table + load<u8>(x, 7)), 7);
    x += 8;
    y += 8;
  }
}

/** A function of two slopes that meet at 0, in fixed point; the fields are all lanes of a vector. Bytes are worked on as int8. */
@unmanaged
@final
class Ramp {
  /** 0x80 in bytes where x is uint8, else 0; and of y. */
  flipX: v128;
  flipY: v128;
  /** The zero point of x as int8, in int16; of y. */
  zeroX: v128;
  zeroY: v128;
  /** A power of two up to 2^7, in int16. */
  scale: v128;
  /** Minus the slope right of 0 by the power of two, in units of 2^-15: so that 1 is among them, which int16 has only as -1. */
  right: v128;
  /** The ends of y as int8. */
  low: v128;
  high: v128;


  @inline
  half(x: v128, turn: v128): v128 {
    const d = i16x8.sub(x, this.zeroX);
    const slope = v128.xor(this.right, v128.and(i16x8.shr_s(d, 15), turn));
    const scaled = i16x8.mul(d, this.scale);
    // The relaxed product differs from the other for twice -2^15 alone, and `scaled` is at least -255 2^7.
    const y = ASC_FEATURE_RELAXED_SIMD ? i16x8.relaxed_q15mulr_s(scaled, slope) : i16x8.q15mulr_sat_s(scaled, slope);
    return i16x8.sub_sat_s(this.zeroY, y);
  }


  @inline
  of(x: v128, low: v128, high: v128): v128 {
    const q = v128.xor(x, this.flipX);
    const y = i8x16.narrow_i16x8_s(
      this.half(i16x8.extend_low_i8x16_s(q), low),
      this.half(i16x8.extend_high_i8x16_s(q), high),
    );
    return v128.xor(i8x16.min_s(i8x16.max_s(y, this.low), this.high), this.flipY);
  }
}

/**
 * y[i] = low..high of round((x[i] - zero) slope) + zero, halves down, for any number of elements. Left of 0 the slope is right ^ turns[i],
 * turns being int16. A table takes twice the time: ns per element at 10^6, relaxed / simd, Node 26: 0.15 / 0.19 and 0.32.
 *
 * @param params - a `Ramp`, and 16 bytes for what remains of x
 * @param step - 32, or 0 where turns are 16 for all
 */
export function ramp(params: usize, x: usize, y: usize, n: isize, turns: usize, step: usize): void {
  const op = changetype<Ramp>(params);
  for (; n >= 16; n -= 16) {
    v128.store(y, op.of(v128.load(x), v128.load(turns), v128.load(turns, 16)));
    x += 16;
    y += 16;
    turns += step;
  }
  if (n == 0) return;
  const rest = params + offsetof<Ramp>();
  for (let i = 0; i < n; i++) store<u8>(rest + i, load<u8>(x + i));
  v128.store(rest, op.of(v128.load(rest), v128.load(turns), v128.load(turns, 16)));
  for (let i = 0; i < n; i++) store<u8>(y + i, load<u8>(rest + i));
}

/** y[i] = table[offsets[i] + x[i]], for any number of elements. */
export function lookUpEach(x: usize, y: usize, n: usize, table: usize, offsets: usize): void {
  for (let i: usize = 0; i < n; i++) store<u8>(y + i, load<u8>(table + load<u32>(offsets + 4 * i) + load<u8>(x + i)));
}
