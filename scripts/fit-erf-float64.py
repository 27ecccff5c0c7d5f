"""Prints the float64 coefficients of src/activations/reference.ts; needs mpmath.

erfcx(a) (1 + 2 a) for a >= 0 is a polynomial in t = (a - 4) / (a + 4), and erf(x) / x for |x| <= 1 one in x^2.
Both are Chebyshev interpolants computed with 40 digits, then rounded; the relative error is printed beside them.
"""

from mpmath import chebyfit, erf, erfc, exp, mp, mpf, nstr, pi, polyval, sqrt

mp.dps = 40


def scaled_erfc(t):
    a = 4 * (1 + t) / (1 - t) if t < 1 else mpf(10) ** 30
    if a > 1000:  # asymptotic series
        z = 1 / (2 * a * a)
        erfcx = (1 - z + 3 * z**2 - 15 * z**3 + 105 * z**4) / (a * sqrt(pi))
    else:
        erfcx = exp(a * a) * erfc(a)
    return erfcx * (1 + 2 * a)


def erf_ratio(z):
    return erf(sqrt(z)) / sqrt(z) if z > 0 else 2 / sqrt(pi)


def show(name, f, interval, terms):
    low, high = map(mpf, interval)
    highest_first = chebyfit(f, [low, high], terms)
    points = [low + (high - low) * k / 1000 for k in range(1001)]
    error = max(abs(polyval(highest_first, x) / f(x) - 1) for x in points)
    print(f"{name}: relative error {nstr(error, 3)}")
    for coefficient in reversed(highest_first):
        print(f"  {float(coefficient)!r},")


show("erfcx(a) (1 + 2 a)", scaled_erfc, (-1, 1), 22)
show("erf(x) / x", erf_ratio, (0, 1), 12)
