// What roundings of float64 lose.

/** Rounds to the 26 highest bits of a significand, by Veltkamp's method. */
export function highHalf(x: number): number {
  const scaled = x * (2 ** 27 + 1);
  return scaled - (scaled - x);
}

/** What `x * y` lacks once it is rounded (Dekker). */
export function lostOfProduct(x: number, y: number): number {
  const xHigh = highHalf(x);
  const yHigh = highHalf(y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xHigh * yHigh - x * y + xHigh * yLow + xLow * yHigh + xLow * yLow;
}

/** What `sum`, x + y rounded, lacks (Knuth). */
export function lostOfSum(x: number, y: number, sum: number): number {
  const part = sum - x;
  return x - (sum - part) + (y - part);
}
