// Integers: the lane type is a parameter. n is any number of elements; a result does not depend on how it came about.

const VECTOR: usize = 16; // bytes

/** y[i] = min(max(x[i], low), high). */
function clip<T>(x: usize, y: usize, n: usize, low: T, high: T): void {
  const lows = v128.splat<T>(low);
  const highs = v128.splat<T>(high);
  const lanes = VECTOR / sizeof<T>();
  for (; n >= 4 * lanes; n -= 4 * lanes) {
    const a = v128.min<T>(v128.max<T>(v128.load(x), lows), highs);
    const b = v128.min<T>(v128.max<T>(v128.load(x, VECTOR), lows), highs);
    const c = v128.min<T>(v128.max<T>(v128.load(x, 2 * VECTOR), lows), highs);
    const d = v128.min<T>(v128.max<T>(v128.load(x, 3 * VECTOR), lows), highs);
    v128.store(y, a);
    v128.store(y, b, VECTOR);
    v128.store(y, c, 2 * VECTOR);
    v128.store(y, d, 3 * VECTOR);
    x += 4 * VECTOR;
    y += 4 * VECTOR;
  }
  for (; n > 0; n--) {
    store<T>(y, min<T>(max<T>(load<T>(x), low), high));
    x += sizeof<T>();
    y += sizeof<T>();
  }
}

export function clipInt8(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<i8>(x, y, n, <i8>low, <i8>high);
}
export function clipUint8(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<u8>(x, y, n, <u8>low, <u8>high);
}
export function clipInt16(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<i16>(x, y, n, <i16>low, <i16>high);
}
export function clipUint16(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<u16>(x, y, n, <u16>low, <u16>high);
}
export function clipInt32(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<i32>(x, y, n, low, high);
}
export function clipUint32(x: usize, y: usize, n: usize, low: i32, high: i32): void {
  clip<u32>(x, y, n, low, high);
}
