"""Fits the coefficients of assembly/ that Sollya's fpminimax does not: weighted errors and mapped variables.

    python3 scripts/fit.py [NAME ...]

Needs mpmath and NumPy. Remez' exchange on a dense grid, then one coefficient after another is rounded to the float32 that leaves the
smallest error, and the others are fitted again. Each set is printed lowest degree first, with the base-2 logarithm of its error.
"""

import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def chebyshev_grid(low, high, n):
    low, high = mp.mpf(low), mp.mpf(high)
    return [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * k / (n - 1)) for k in range(n)]


def alternating_extrema(error, m):
    """Indices of m extrema of `error` with alternating signs, the largest that there are."""
    extrema, current = [], 0
    for k in range(1, len(error)):
        if (error[k] >= 0) == (error[current] >= 0):
            if abs(error[k]) > abs(error[current]):
                current = k
        else:
            extrema.append(current)
            current = k
    extrema.append(current)
    while len(extrema) > m:
        if len(extrema) == m + 1:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
            continue
        j = min(range(len(extrema)), key=lambda j: abs(error[extrema[j]]))
        if j in (0, len(extrema) - 1):
            extrema.pop(j)
        else:  # with the smaller neighbour, so that the signs still alternate
            left = abs(error[extrema[j - 1]]) < abs(error[extrema[j + 1]])
            first = j - 1 if left else j
            del extrema[first : first + 2]
    return extrema


def minimax(target, basis, weight, rounds=40):
    """Coefficients that minimise the largest |target - sum c_k basis_k| * weight on the grid, and that error."""
    n, size = len(basis), len(target)
    if n == 0:
        return [], max(abs(f) * w for f, w in zip(target, weight))
    points = [round((size - 1) * k / n) for k in range(n + 1)]
    best = None
    for _ in range(rounds):
        system, right = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
        for row, i in enumerate(points):
            for k in range(n):
                system[row, k] = basis[k][i]
            system[row, n] = (-1) ** row / weight[i]
            right[row] = target[i]
        solution = mp.lu_solve(system, right)
        c = [solution[k] for k in range(n)]
        error = [(target[i] - sum(c[k] * basis[k][i] for k in range(n))) * weight[i] for i in range(size)]
        largest = max(map(abs, error))
        if best is None or largest < best[1]:
            best = c, largest
        following = alternating_extrema(error, n + 1)
        if largest <= abs(solution[n]) * mp.mpf("1.002") or len(following) < n + 1 or following == points:
            break
        points = following
    return best


def fit(name, target, basis, weight):
    size, fixed = len(target), {}

    def rest(values):
        return [target[i] - sum(v * basis[k][i] for k, v in values.items()) for i in range(size)]

    for k in range(len(basis)):
        free = [j for j in range(len(basis)) if j not in fixed]
        c, _ = minimax(rest(fixed), [basis[j] for j in free], weight)
        nearest = np.float32(float(c[free.index(k)]))
        candidates = []
        for value in (nearest, np.nextafter(nearest, np.float32(np.inf)), np.nextafter(nearest, np.float32(-np.inf))):
            trial = {**fixed, k: mp.mpf(float(value))}
            _, error = minimax(rest(trial), [basis[j] for j in free if j != k], weight)
            candidates.append((error, float(value)))
        fixed[k] = mp.mpf(min(candidates)[1])
    error = max(abs(r) * w for r, w in zip(rest(fixed), weight))
    print(f"{name}, error 2^{float(mp.log(error, 2)):.2f}")
    for k in range(len(basis)):
        print("  ", np.float32(float(fixed[k])), flush=True)


def fit_float64(name, target, basis, weight):
    """Each coefficient to the nearest float64."""
    c, _ = minimax(target, basis, weight, 200)
    error = max(abs(f - sum(mp.mpf(float(v)) * b[i] for v, b in zip(c, basis))) * w for i, (f, w) in enumerate(zip(target, weight)))
    print(f"{name}, error 2^{float(mp.log(error, 2)):.2f}", *(f"   {float(v)!r}" for v in c), sep="\n", flush=True)


def powers(xs, lowest, highest):
    return [[x**k for x in xs] for k in range(lowest, highest + 1)]


def erf():
    """-log(erfc(a)) = a + a p(a), the error weighted as it shows in erf."""
    xs = [max(x, mp.mpf("1e-20")) for x in chebyshev_grid(0, 4, 700)]
    fit("ERF", [-mp.log(mp.erfc(x)) - x for x in xs], powers(xs, 1, 9), [mp.erfc(x) / mp.erf(x) for x in xs])


def one_less_exp():
    """1 - e^-r = r - r^2 q(r), relative to itself."""
    xs = [x if abs(x) > 1e-9 else mp.mpf("1e-9") for x in chebyshev_grid(-0.3475, 0.3475, 600)]
    fit("ONE_LESS_EXP", [mp.expm1(-x) + x for x in xs], powers(xs, 2, 6), [1 / abs(mp.expm1(-x)) for x in xs])


def erf_slope():
    """2 / sqrt(pi) e^-v = 1.125 (1 + p(v))."""
    xs = chebyshev_grid(-0.41, 0.41, 600)
    values = [2 / mp.sqrt(mp.pi) * mp.exp(-x) / mp.mpf("1.125") - 1 for x in xs]
    fit("ERF_SLOPE", values, powers(xs, 0, 6), [mp.exp(x) for x in xs])


def expm1_half():
    """e^(-v / 2) - 1 = -v / 2 + v^2 p(v)."""
    xs = [x if abs(x) > 1e-9 else mp.mpf("1e-9") for x in chebyshev_grid(-0.8, 0.8, 400)]
    fit("EXPM1_HALF", [mp.expm1(-x / 2) + x / 2 for x in xs], powers(xs, 2, 6), [mp.exp(x / 2) for x in xs])


def mills(a):
    """e^(a^2 / 2) Phi(-a)."""
    return mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / 2


def gelu():
    """
    R(a) = D / (a S D + N) with D = 1 + a d(a) and N = 2 + a n(a), relative to R, or to a subnormal result. For a given S by least
    squares, weighted anew until the error is level (Lawson's method); S by search.
    """
    end, degree = 14.3, 3
    t = (1 - np.cos(np.linspace(0, np.pi, 400))) / 2
    a = 2 * t * end / (end + 2 - t * end)  # denser near 0
    r = np.array([float(mills(mp.mpf(x))) for x in a])
    seen = np.minimum(1, a * r * np.exp(-a * a / 2) * 2.0**126) + 1e-9
    powers_of_a = np.vander(a, degree + 2, increasing=True)[:, 1:]

    def error(s, d, n):
        numerator = 1 + powers_of_a @ d
        return np.abs(numerator / (s * a * numerator + 2 + powers_of_a[:, :degree] @ n) / r - 1) * seen

    def lawson(s):
        weight, numerator, best = np.ones(len(a)), np.ones(len(a)), None
        for _ in range(200):
            scale = np.sqrt(weight) * seen / numerator
            system = np.hstack([(1 - s * a * r)[:, None] * powers_of_a, -r[:, None] * powers_of_a[:, :degree]]) * scale[:, None]
            size = np.abs(system).max(0)
            c = np.linalg.lstsq(system / size, (s * a * r + 2 * r - 1) * scale, rcond=None)[0] / size
            d, n = np.split(c, [degree + 1])
            numerator = 1 + powers_of_a @ d
            e = error(s, d, n)
            if best is None or e.max() < best[0]:
                best = e.max(), d, n
            weight *= e / e.max() + 1e-3
            weight /= weight.mean()
        return best

    low, high = np.sqrt(2 * np.pi) * np.array([1, 1 + 6e-6])
    for _ in range(12):
        trials = np.linspace(low, high, 5)
        k = int(np.argmin([lawson(s)[0] for s in trials]))
        low, high, s = trials[max(k - 1, 0)], trials[min(k + 1, 4)], trials[k]
    _, d, n = lawson(s)
    d, n = np.float32(d), np.float32(n)
    print(f"GELU, error 2^{np.log2(error(s, np.float64(d), np.float64(n)).max()):.2f}")
    for title, c in (("D", d), ("N", (np.float32(2), *n)), ("S", (float(s),))):
        print("  ", title, *c)


def gelu_slope():
    """R(a) - a / sqrt(2 pi) = (root - a) (1 + p(q - 0.375)) / 2 with q = a / (a + 3.5): the derivative's zero is a factor."""
    root = mp.findroot(lambda a: mills(a) - a / mp.sqrt(2 * mp.pi), 0.7518)
    print("ROOT", float(root))
    qs = chebyshev_grid(0, mp.mpf("14.75") / mp.mpf("18.25"), 300)
    xs = [mp.mpf("3.5") * q / (1 - q) for q in qs]
    values = [2 * (mills(a) - a / mp.sqrt(2 * mp.pi)) / (root - a) for a in xs]
    fit("GELU_SLOPE", [v - 1 for v in values], powers([q - mp.mpf("0.375") for q in qs], 0, 8), [1 / v for v in values])


def cosh():
    """cosh(r) = 1 + r^2 / 2 + r^4 p(r^2)."""
    xs = chebyshev_grid(0, 0.3475, 400)
    values = [mp.cosh(x) - 1 - x * x / 2 for x in xs]
    fit("COSH", values, [[x**k for x in xs] for k in (4, 6)], [mp.mpf(1)] * len(xs))


def sinh():
    """sinh(r) = r + r^3 p(r^2)."""
    xs = chebyshev_grid(0, 0.3475, 400)
    fit("SINH", [mp.sinh(x) - x for x in xs], [[x**k for x in xs] for k in (3, 5)], [mp.mpf(1)] * len(xs))


def tanh_shrink():
    """(x - tanh(x)) / x = 9 / 32 w + w p(w) with w = x^2, relative to itself."""
    ws = [max(w, mp.mpf("1e-12")) for w in chebyshev_grid(0, mp.mpf("0.94") ** 2, 500)]
    values = [1 - mp.tanh(mp.sqrt(w)) / mp.sqrt(w) for w in ws]
    fit("TANH_SHRINK", [v - mp.mpf(9) / 32 * w for v, w in zip(values, ws)], powers(ws, 1, 8), [1 / v for v in values])


def tanh_squared():
    """tanh(x)^2 / w = 1 + w p(w) with w = x^2, relative to itself."""
    ws = [max(w, mp.mpf("1e-12")) for w in chebyshev_grid(0, mp.mpf("0.8815") ** 2, 500)]
    values = [mp.tanh(mp.sqrt(w)) ** 2 / w for w in ws]
    fit("TANH_SQUARED", [v - 1 for v in values], powers(ws, 1, 8), [1 / v for v in values])


def erf_float64():
    """-log(erfc(a)) = a + a p(a), the error weighted as it shows in erf."""
    xs = [max(x, mp.mpf("1e-25")) for x in chebyshev_grid(0, 6, 900)]
    weight = [x * mp.erfc(x) / mp.erf(x) for x in xs]
    fit_float64("ERF_FLOAT64", [-mp.log(mp.erfc(x)) / x - 1 for x in xs], powers(xs, 0, 23), weight)


def gelu_slope_float64():
    """2 R(a) - 2 a / sqrt(2 pi) = (root - a) (1 + p(a / (a + 5) - 1 / 2)), relative to itself."""
    root = mp.findroot(lambda a: mills(a) - a / mp.sqrt(2 * mp.pi), 0.7518)
    print("ROOT", float(root), float(root - float(root)))
    us = chebyshev_grid(mp.mpf(-1) / 2, mp.mpf(39) / 44 - mp.mpf(1) / 2, 400)
    xs = [5 * (u + mp.mpf(1) / 2) / (mp.mpf(1) / 2 - u) for u in us]
    values = [2 * (mills(a) - a / mp.sqrt(2 * mp.pi)) / (root - a) for a in xs]
    fit_float64("GELU_SLOPE_FLOAT64", [v - 1 for v in values], powers(us, 0, 20), [1 / v for v in values])


def exp_ratio_float64():
    """tanh(r / 2) / r = (1 / 2 + w (c0 + c1 w)) / (1 + w (d0 + d1 w)) with w = r^2 at Chebyshev's nodes: e^r is (1 + tanh) / (1 - tanh)."""
    size = mp.log(2) / 2 * mp.mpf("1.0001")
    ratio = lambda w: mp.tanh(mp.sqrt(w) / 2) / mp.sqrt(w)
    ws = [size**2 * (1 + mp.cos(mp.pi * (2 * k + 1) / 8)) / 2 for k in range(4)]
    system = mp.matrix([[w, w**2, -w * ratio(w), -(w**2) * ratio(w)] for w in ws])
    c = [mp.mpf(float(v)) for v in mp.lu_solve(system, mp.matrix([ratio(w) - mp.mpf("0.5") for w in ws]))]
    error = mp.mpf(0)
    for r in chebyshev_grid(mp.mpf("1e-9"), size, 300):
        w = r * r
        t = r * (mp.mpf("0.5") + w * (c[0] + c[1] * w)) / (1 + w * (c[2] + c[3] * w))
        error = max(error, abs((1 + t) / (1 - t) / mp.exp(r) - 1))
    print(f"EXP_RATIO_FLOAT64, error 2^{float(mp.log(error, 2)):.2f}", *(f"   {float(v)!r}" for v in c), sep="\n")


def near_root_float64(name, slope, guess, size):
    """slope(root - q) / q for |q| <= size, relative to itself; its first coefficient in two parts."""
    root = mp.findroot(slope, guess)
    first = -mp.diff(slope, root)
    for title, number in (("root", root), ("first coefficient", first)):
        print(f"{name}, {title}", float(number), float(number - float(number)))
    qs = [q for q in chebyshev_grid(-size, size, 400) if abs(q) > 1e-9]
    values = [slope(root - q) / q for q in qs]
    fit_float64(name, [v - first for v in values], powers(qs, 1, 13), [1 / v for v in values])


def logistic_slope_float64():
    near_root_float64("LOGISTIC_SLOPE_FLOAT64", lambda p: mp.exp(-p) * (1 - p + mp.exp(-p)) / (1 + mp.exp(-p)) ** 2, 1.278, mp.mpf("0.26"))


def gelu_tanh_slope_float64():
    def slope(a):
        b = 2 * mp.sqrt(2 / mp.pi)
        w = mp.exp(-b * (a + mp.mpf("0.044715") * a**3))
        return w * (1 - b * (a + 3 * mp.mpf("0.044715") * a**3) + w) / (1 + w) ** 2

    near_root_float64("GELU_TANH_SLOPE_FLOAT64", slope, 0.752, mp.mpf("0.15"))


sets = {f.__name__.upper(): f for f in (
    erf, one_less_exp, erf_slope, expm1_half, gelu, gelu_slope, cosh, sinh, tanh_shrink, tanh_squared, erf_float64,
    gelu_slope_float64, exp_ratio_float64, logistic_slope_float64, gelu_tanh_slope_float64,
)}
for chosen in sys.argv[1:] or sets:
    sets[chosen]()
