import { activationOf, type Choice } from './lanewise';

export interface MapsRequest {
  readonly choice: Choice;
  /** RGBA. */
  readonly pixels: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

export interface FeatureMap {
  readonly name: string;
  /** RGBA, as many pixels as the source: blue below zero, orange above. */
  readonly before: Uint8ClampedArray<ArrayBuffer>;
  readonly after: Uint8ClampedArray<ArrayBuffer>;
  /** The fraction of zeros among the results. */
  readonly zeros: number;
}

export interface Maps {
  readonly maps: readonly FeatureMap[];
  /** What lanewise took for all of them, at best. */
  readonly milliseconds: number;
  readonly values: number;
}

/** How often the time is taken: the first run also compiles. */
const ROUNDS = 3;

/** 3 x 3 filters, row-major; null is the image's own brightness, less its mean. */
const filters: readonly (readonly [name: string, weights: readonly number[] | null])[] = [
  ['Brightness', null],
  ['Vertical edges', [-1, 0, 1, -2, 0, 2, -1, 0, 1]],
  ['Horizontal edges', [-1, -2, -1, 0, 0, 0, 1, 2, 1]],
  ['Diagonal edges', [-2, -1, 0, -1, 0, 1, 0, 1, 2]],
  ['Spots', [-1, -1, -1, -1, 8, -1, -1, -1, -1]],
  ['Relief', [-2, -1, 0, -1, 1, 1, 0, 1, 2]],
];

/** Feature maps of an image, each with mean square 1, before and after an activation. */
export function maps({ choice, pixels, width, height }: MapsRequest): Maps {
  const f = activationOf(choice);
  const n = width * height;
  const brightness = Float32Array.from({ length: n }, (_, i) => {
    const [red, green, blue] = [pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]];
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  });
  const before = filters.map(([, weights]) =>
    scaled(weights === null ? centred(brightness) : convolved(brightness, width, height, weights)),
  );
  const after = before.map((map) => new Float32Array(map.length));
  let milliseconds = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const [i, map] of before.entries()) f(map, { out: after[i] });
    milliseconds = Math.min(milliseconds, performance.now() - start);
  }
  return {
    maps: filters.map(([name], i) => ({
      name,
      before: coloured(before[i]),
      after: coloured(after[i]),
      zeros: n === 0 ? 0 : after[i].reduce((count, value) => count + (value === 0 ? 1 : 0), 0) / n,
    })),
    milliseconds,
    values: n * filters.length,
  };
}

/** The 3 x 3 correlation, the image's edge continued outwards. */
function convolved(image: Float32Array, width: number, height: number, weights: readonly number[]): Float32Array {
  const result = new Float32Array(image.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let tap = 0; tap < 9; tap++) {
        const y = Math.min(Math.max(row + Math.floor(tap / 3) - 1, 0), height - 1);
        const x = Math.min(Math.max(column + (tap % 3) - 1, 0), width - 1);
        sum += weights[tap] * image[y * width + x];
      }
      result[row * width + column] = sum;
    }
  }
  return result;
}

function centred(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.map((v) => v - mean);
}

function scaled(values: Float32Array): Float32Array {
  const meanSquare = values.reduce((sum, v) => sum + v * v, 0) / values.length;
  // Of an image of one colour, roundings are left.
  const scale = meanSquare > 1e-12 ? 1 / Math.sqrt(meanSquare) : 0;
  return values.map((v) => v * scale);
}

const BLUE = [43, 119, 201];
const ORANGE = [240, 136, 40];
const GROUND = [24, 27, 32];
/** The magnitude that has the full colour. */
const FULL = 2.5;

function coloured(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const strength = Math.min(Math.abs(values[i]) / FULL, 1);
    const colour = values[i] < 0 ? BLUE : ORANGE;
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = GROUND[c] + (colour[c] - GROUND[c]) * strength;
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
