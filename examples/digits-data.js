// The handwritten digits of examples/data.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export const PIXELS = 64;

/** The pixel values 0..16, 64 a digit, and the labels. */
export function readDigits() {
  const file = readFileSync(new URL('data/digits.csv.gz', import.meta.url));
  const digits = gunzipSync(file)
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return {
    pixels: Float32Array.from(digits.flatMap((digit) => digit.slice(0, PIXELS))),
    labels: Uint8Array.from(digits, (digit) => digit[PIXELS]),
  };
}
