"""Writes inputs of all magnitudes with values and derivatives of every activation, at its default options, for the float64 kernels.

    python3 scripts/reference-float64.py FILE N [NAME ...]

Needs mpmath. The file is compressed by gzip: a line of JSON with the names and N; then for each name the inputs, the values, what
the values lack in units in their last place, and the same two of the derivatives: as float64 and, for what is lacking, as float32.

    python3 scripts/reference-float64.py FILE N rows

writes N rows with what the functions of rows make of them: a line of JSON with the length and the temperature of each; then for each row x
and dy, and, in the same two parts as above, the results of `row_functions`.
"""

import array
import gzip
import json
import math
import random
import sys

from mpmath import mp, mpf

SCALE = "1.0507009873554805"
ALPHA = "1.6732632423543772"

# An exponent of this size is lost beside 1, and e to minus it beside every float64; mpmath would compute all of its digits.
FAR = 5000


def exp(x):
    return mp.exp(max(-FAR, min(FAR, x)))


def logistic(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return x if x > FAR else mp.log1p(exp(x))


def tanh(x):
    return mp.sign(x) if abs(x) > FAR else mp.tanh(x)


def sech_squared(x):
    return 1 / mp.cosh(min(abs(x), FAR)) ** 2


def erf(x):
    return mp.sign(x) if abs(x) > 200 else mp.erf(x)


def normal(x):
    return mp.erfc(-max(-200, min(200, x)) / mp.sqrt(2)) / 2


def gaussian(x):
    return exp(-min(abs(x), 200) ** 2 / 2) / mp.sqrt(2 * mp.pi)


def clip(x, low, high):
    return max(low, min(high, x))


def silu(beta):
    """`beta` in decimal digits, which are taken at the precision of the time."""

    def slope(x):
        z = mpf(beta) * x
        return logistic(z) + z * logistic(z) * logistic(-z)

    return lambda x: x * logistic(mpf(beta) * x), slope


def gelu_tanh_z(x):
    return 2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)


def gelu_tanh_slope(x):
    z = gelu_tanh_z(x)
    s = logistic(z)
    return s + s * logistic(-z) * 2 * mp.sqrt(2 / mp.pi) * (x + 3 * mpf("0.044715") * x**3)


def mish_slope(x):
    y = softplus(x)
    return tanh(y) + x * sech_squared(y) * logistic(x)


def squareplus(x):
    root = mp.sqrt(x * x + 4)
    return (x + root) / 2 if x > 0 else 2 / (root - x)


def squareplus_slope(x):
    root = mp.sqrt(x * x + 4)
    return (1 + x / root) / 2 if x > 0 else 2 / (root * (root - x))


def elu(scale, alpha):
    return (
        lambda x: mpf(scale) * x if x > 0 else mpf(scale) * mpf(alpha) * mp.expm1(max(x, -FAR)),
        lambda x: mpf(scale) if x > 0 else mpf(scale) * mpf(alpha) * exp(x),
    )


# Values, derivatives and, for the inputs, where the function bends or its derivative is zero.
ROWS = {
    "celu": (*elu(1, 1), [0]),
    "elu": (*elu(1, 1), [0]),
    "erf": (erf, lambda x: 2 / mp.sqrt(mp.pi) * exp(-min(abs(x), 200) ** 2), [1, 5.9]),
    "exp": (exp, exp, [0, 709.78, -708.4, -745.1]),
    "gelu": (lambda x: x * normal(x), lambda x: normal(x) + x * gaussian(x), [-0.7517915246935645, 1, -38]),
    "geluTanh": (lambda x: x * logistic(gelu_tanh_z(x)), gelu_tanh_slope, [-0.7524, -21]),
    "hardShrink": (lambda x: x if abs(x) > 0.5 else 0 * x, lambda x: mpf(abs(x) > 0.5), [0.5, -0.5]),
    "hardSigmoid": (
        lambda x: clip(x / 6 + 0.5, 0, 1),
        lambda x: mpf(-3 < x < 3) / 6,
        [3, -3],
    ),
    "hardSwish": (
        lambda x: x * clip(x + 3, 0, 6) / 6,
        lambda x: mpf(0) if x <= -3 else mpf(1) if x >= 3 else (2 * x + 3) / 6,
        [3, -3, -1.5, -1],
    ),
    "hardTanh": (lambda x: clip(x, -1, 1), lambda x: mpf(-1 < x < 1), [1, -1]),
    "leakyRelu": (
        lambda x: x if x > 0 else x * mpf(0.01),
        lambda x: mpf(1) if x > 0 else mpf(0.01),
        [0],
    ),
    "logSigmoid": (lambda x: -softplus(-x), lambda x: logistic(-x), [0, 36, 745, -37]),
    "mish": (lambda x: x * tanh(softplus(x)), mish_slope, [-1.1924, 20, -745]),
    "quickGelu": (*silu("1.702"), [-0.7512, -437, 22]),
    "relu": (lambda x: max(x, 0), lambda x: mpf(x > 0), [0]),
    "relu6": (lambda x: clip(x, 0, 6), lambda x: mpf(0 < x < 6), [6]),
    "reluSquared": (lambda x: max(x, 0) ** 2, lambda x: 2 * max(x, 0), [1e-160]),
    "selu": (*elu(SCALE, ALPHA), [0, -1, -37]),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x), [0, 37, -37, -709, -745]),
    "silu": (*silu("1"), [-1.27846, -745, 37]),
    "softplus": (softplus, logistic, [0, 37, -37, -709, -745]),
    "softShrink": (lambda x: mp.sign(x) * max(abs(x) - 0.5, 0), lambda x: mpf(abs(x) > 0.5), [0.5, -0.5]),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2, [1, -1]),
    "sparsePlus": (
        lambda x: mpf(0) if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
        lambda x: clip((x + 1) / 2, 0, 1),
        [1, -1],
    ),
    "sparseSigmoid": (lambda x: clip((x + 1) / 2, 0, 1), lambda x: mpf(-1 < x < 1) / 2, [1, -1]),
    "squareplus": (squareplus, squareplus_slope, [2, -2]),
    "step": (lambda x: mpf(x > 0), lambda x: mpf(0), [0]),
    "tanh": (tanh, sech_squared, [0.25, 0.6, 19, 372]),
    "tanhShrink": (lambda x: x - tanh(x), lambda x: tanh(x) ** 2, [1, 0.5, 19]),
    "threshold": (lambda x: x if x > 0 else mpf(0), lambda x: mpf(x > 0), [0]),
    "thresholdedRelu": (lambda x: x if x > 1 else mpf(0), lambda x: mpf(x > 1), [1]),
}

SPECIALS = [0.0, 2.0**-1074, 2.0**-1022, 2.0**-1023, 2.0**-53, 0.5, 1.0, 2.0, 3.0, 6.0, 1e10, 1e154, 1e300, sys.float_info.max]


def inputs(n, points):
    """Of ordinary size, of every magnitude, in the tails, and next to `points`."""
    draw = random.Random(1)
    sign = lambda: draw.choice((-1, 1))
    kinds = (
        (30, lambda: sign() * 2 ** draw.uniform(-40, 10)),
        (30, lambda: draw.uniform(-10, 10)),
        (10, lambda: draw.uniform(-50, 50)),
        (12, lambda: draw.uniform(-760, 760)),
        (8, lambda: sign() * 2 ** draw.uniform(-1074, 1024)),
        (10, lambda: draw.choice(points) * (1 + sign() * 2 ** draw.uniform(-50, -3))),
    )
    weights = [weight for weight, _ in kinds]
    xs = [s * x for x in SPECIALS for s in (1, -1)]
    return xs + [draw.choices(kinds, weights)[0][1]() for _ in range(n - len(xs))]


def rounded(exact):
    """The nearest float64, and what it lacks in units in its last place."""
    if abs(exact) >= mpf(2) ** 1024 * (1 - mpf(2) ** -54):
        return math.copysign(math.inf, exact), 0.0
    unit = mpf(2) ** (max(mp.frexp(exact)[1], -1021) - 53) if exact else mpf(2) ** -1074
    near = mp.nint(exact / unit)
    return float(near * unit), float(exact / unit - near)


def row_functions(x, dy, t):
    """softmax and logSoftmax, the gradients of the two, logSumExp and sparsemax."""
    top = max(x)
    # The logarithm of a sum is near 0 where one element outweighs the others by as much as float64 can tell.
    mp.prec = 1300
    others = sorted(x)[:-1]
    log = mp.log1p(mp.fsum(exp((v - top) / t) for v in others))
    log_at_1 = mp.log1p(mp.fsum(exp(v - top) for v in others))
    sparse = sparsemax(x)
    y = [exp((v - top) / t - log) for v in x]
    mp.prec = 200
    mean = mp.fdot(y, dy)
    total = mp.fsum(dy)
    return [
        y,
        [(v - top) / t - log for v in x],
        [p * (d - mean) / t for p, d in zip(y, dy)],
        [(d - p * total) / t for p, d in zip(y, dy)],
        [top + log_at_1],
        sparse,
    ]


def sparsemax(x):
    total, threshold = mpf(0), mpf(0)
    for i, v in enumerate(sorted(x, reverse=True)):
        total += v
        if (total - 1) / (i + 1) >= v:
            break
        threshold = (total - 1) / (i + 1)
    return [max(v - threshold, 0) for v in x]


def random_row(draw):
    """Of elements spread over so much about so much, some of which may be the same."""
    n = 1 + int(40 * draw.random() ** 2)
    spread = draw.choice((0.01, 1, 10, 60, 300, 760))
    about = draw.choice((0, 0, 1, -30, 90, -200, 700, -1e4, 1e8, -1e30, 1e300))
    steps = draw.choice((2, 2**53, 2**53))
    x = [about + spread * (2 * draw.randrange(steps) / steps - 1) for _ in range(n)]
    return x, [draw.uniform(-1, 1) for _ in x], draw.choice((1, 1, 0.7, 3.1))


def main_rows(path, n):
    draw = random.Random(1)
    rows = [random_row(draw) for _ in range(n)]
    with gzip.GzipFile(path, "wb", 9, mtime=0) as file:
        file.write(json.dumps([[len(x), t] for x, _, t in rows]).encode() + b"\n")
        for x, dy, t in rows:
            columns = [("d", x), ("d", dy)]
            for exact in row_functions(list(map(mpf, x)), list(map(mpf, dy)), mpf(t)):
                results = list(map(rounded, exact))
                columns += [("d", [y for y, _ in results]), ("f", [rest for _, rest in results])]
            for code, column in columns:
                file.write(array.array(code, column).tobytes())


def main(path, n, *names):
    names = names or list(ROWS)
    with gzip.GzipFile(path, "wb", 9, mtime=0) as file:
        file.write(json.dumps({"names": names, "n": n}).encode() + b"\n")
        for name in names:
            value, derivative, points = ROWS[name]
            xs = inputs(n, [p for p in points if p] or [1])
            columns = []
            for f in (value, derivative):
                results = []
                for x in xs:
                    # Some functions cancel to the third power of a small x, where they are that small.
                    mp.prec = 200 + 3 * max(0, -math.frexp(x)[1]) if x else 200
                    results.append(rounded(f(mpf(x))))
                columns += [("d", [y for y, _ in results]), ("f", [rest for _, rest in results])]
            for code, column in [("d", xs), *columns]:
                file.write(array.array(code, column).tobytes())


if sys.argv[3:] == ["rows"]:
    main_rows(sys.argv[1], int(sys.argv[2]))
else:
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
