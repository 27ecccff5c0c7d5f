// Sums as kernels keep them: of float32 elements one float64 for each column; of float64 elements, for each two columns, two sums, then what
// these lack.

/** Where the sum of a column of float64 elements is; what it lacks is `LACK` behind. */
export function pairedPlace(column: number): number {
  return 2 * column - (column & 1);
}
export const LACK = 2;

/** Adds a term to `sums[at]`, and what that loses to `sums[lack]` (Knuth). */
export function addTo(sums: Float64Array, at: number, lack: number, term: number): void {
  const sum = sums[at];
  const next = sum + term;
  const part = next - sum;
  sums[lack] += sum - (next - part) + (term - part);
  sums[at] = next;
}

/** What a product, rounded, lacks (Dekker); NaN where a factor is so large that its parts are not finite. */
export function lostOfProduct(a: number, b: number): number {
  const [c, d] = [highHalf(a), highHalf(b)];
  return (a - c) * (b - d) + (c * (b - d) + ((a - c) * d + (c * d - a * b)));
}

/** x to 26 bits (Veltkamp). */
function highHalf(x: number): number {
  const multiple = (2 ** 27 + 1) * x;
  return multiple - (multiple - x);
}
