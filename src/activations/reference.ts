// Helpers of the table's float64 functions. All are accurate relatively, in the tails too.

/** `y`, or NaN where `x` is NaN. */
export function keepNaN(x: number, y: number): number {
  return Number.isNaN(x) ? x : y;
}

/** 1 / (1 + e^-x). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** x y, where y tends to 0 faster than x to infinity: the limit is a zero with the sign of x. */
export function timesVanishing(x: number, y: number): number {
  return y === 0 ? 0 * Math.sign(x) : x * y;
}

// Coefficients: python3 scripts/fit-erf-float64.py

/** erfcx(a) (1 + 2 a) as a polynomial in (a - 4) / (a + 4), lowest degree first; relative error 1e-15. */
const ERFCX = [
  1.2329951186255532, -0.139621116840562, 0.015379652102422313, 0.06809705425457126, -0.1010390660283861,
  0.09373283500322417, -0.06633036593637169, 0.03716751546084509, -0.016197733057153725, 0.005031970598279671,
  -0.0007577780037062747, -0.00019925963516393932, 0.0001506355541525296, -2.4390486829861422e-5,
  -1.1248303689857036e-5, 5.693021036482572e-6, 3.2578206723686485e-7, -8.047794759057995e-7, 5.0511969022145394e-8,
  9.417723720342785e-8, -7.699101189697329e-9, -7.2254063057956135e-9,
];

/** erf(x) / x as a polynomial in x^2, for |x| <= 1; relative error 1e-17. */
const ERF = [
  1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777, 0.0052239776071164225,
  -0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-5, 1.6447424703317362e-6, -1.6208483801871705e-7,
  1.3720064546777686e-8, -7.795898827002142e-10,
];

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

/** e^(a^2) (1 - erf(a)) for a >= 0. */
function erfcx(a: number): number {
  return polynomial(ERFCX, (a - 4) / (a + 4)) / (1 + 2 * a);
}

/** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function errorFunction(x: number): number {
  const a = Math.abs(x);
  if (a <= 1) return x * polynomial(ERF, x * x);
  if (a > 6) return Math.sign(x); // 1 to float64
  return Math.sign(x) * (1 - Math.exp(-a * a) * erfcx(a));
}

/** The normal distribution: (1 + erf(x / sqrt 2)) / 2. */
export function normalCdf(x: number): number {
  const a = Math.abs(x);
  if (a <= 1) return (1 + errorFunction(x * Math.SQRT1_2)) / 2;
  if (a > 40) return x < 0 ? 0 : 1; // below the smallest float64
  // The square of a float32 is exact in float64; that of x / sqrt 2 is not, which e to its power would show.
  const tail = (Math.exp(-0.5 * x * x) * erfcx(a * Math.SQRT1_2)) / 2;
  return x < 0 ? tail : 1 - tail;
}
