"""python3 python.py numpy|torch: a peer in Python, which answers the requests that worker.js describes."""

import json
import os
import sys
import time

ROW = 1000  # elements of each row of which softmax is taken

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")


def numpy_peer():
    import numpy as np

    try:
        from scipy.special import erf
    except ImportError:
        erf = None

    np.seterr(all="ignore")
    scale, alpha = np.float32(1.0507009873554805), np.float32(1.6732632423543772)

    # The usual expressions, each giving a new array.
    expressions = {
        "relu": lambda x: np.maximum(x, 0),
        "leakyRelu": lambda x: np.where(x > 0, x, 0.01 * x),
        "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
        "selu": lambda x: scale * np.where(x > 0, x, alpha * np.expm1(x)),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "tanh": np.tanh,
        "silu": lambda x: x / (1 + np.exp(-x)),
        "softplus": lambda x: np.log1p(np.exp(x)),
        "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    }

    def softmax_rows(x):
        rows = x.reshape(-1, ROW)
        e = np.exp(rows - rows.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    expressions["softmax"] = softmax_rows
    if erf:
        expressions["gelu"] = lambda x: 0.5 * x * (1 + erf(x * np.float32(0.5**0.5)))

    # The same by `out`, in y and a second array, where NumPy's users save the new ones.
    def relu(x, y, t):
        np.maximum(x, 0, out=y)

    def leaky_relu(x, y, t):
        np.multiply(x, 0.01, out=y)
        np.maximum(x, y, out=y)

    def elu(x, y, t):
        np.minimum(x, 0, out=y)
        np.expm1(y, out=y)
        np.maximum(x, 0, out=t)
        np.add(y, t, out=y)

    def selu(x, y, t):
        np.minimum(x, 0, out=y)
        np.expm1(y, out=y)
        np.multiply(y, alpha, out=y)
        np.maximum(x, 0, out=t)
        np.add(y, t, out=y)
        np.multiply(y, scale, out=y)

    def exp_plus_1(x, y):
        np.negative(x, out=y)
        np.exp(y, out=y)
        np.add(y, 1, out=y)

    def sigmoid(x, y, t):
        exp_plus_1(x, y)
        np.reciprocal(y, out=y)

    def silu(x, y, t):
        exp_plus_1(x, y)
        np.divide(x, y, out=y)

    def softplus(x, y, t):
        np.exp(x, out=y)
        np.log1p(y, out=y)

    def mish(x, y, t):
        softplus(x, y, t)
        np.tanh(y, out=y)
        np.multiply(x, y, out=y)

    def gelu(x, y, t):
        np.multiply(x, np.float32(0.5**0.5), out=y)
        erf(y, out=y)
        np.add(y, 1, out=y)
        np.multiply(x, y, out=y)
        np.multiply(y, 0.5, out=y)

    def softmax(x, y, t):
        rows, e = x.reshape(-1, ROW), y.reshape(-1, ROW)
        np.subtract(rows, rows.max(axis=1, keepdims=True), out=e)
        np.exp(e, out=e)
        np.divide(e, e.sum(axis=1, keepdims=True), out=e)

    in_place = {
        "relu": relu,
        "leakyRelu": leaky_relu,
        "elu": elu,
        "selu": selu,
        "sigmoid": sigmoid,
        "tanh": lambda x, y, t: np.tanh(x, out=y),
        "silu": silu,
        "softplus": softplus,
        "mish": mish,
        "gelu": gelu,
        "softmax": softmax,
    }

    def prepare(activation, path):
        if activation not in expressions:
            return None
        x = np.fromfile(path, np.float32)
        y, t = np.empty_like(x), np.empty_like(x)
        return {
            "resident": lambda: in_place[activation](x, y, t),
            "endToEnd": lambda: expressions[activation](x),
        }

    return "NumPy", np.__version__, prepare


def torch_peer():
    import numpy as np
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    aten = torch.ops.aten
    scale, alpha = 1.0507009873554805, 1.6732632423543772

    # The functions of torch.nn.functional, and the kernels under them, which take `out`.
    functions = {
        "relu": (F.relu, aten.relu.out),
        "leakyRelu": (F.leaky_relu, aten.leaky_relu.out),
        "elu": (F.elu, aten.elu.out),
        "selu": (F.selu, lambda x, out: aten.elu.out(x, alpha, scale, 1, out=out)),
        "sigmoid": (torch.sigmoid, aten.sigmoid.out),
        "tanh": (torch.tanh, aten.tanh.out),
        "gelu": (F.gelu, aten.gelu.out),
        "silu": (F.silu, aten.silu.out),
        "softplus": (F.softplus, aten.softplus.out),
        "mish": (F.mish, aten.mish.out),
        "softmax": (
            lambda x: F.softmax(x.view(-1, ROW), dim=-1),
            lambda x, out: aten._softmax.out(x.view(-1, ROW), -1, False, out=out.view(-1, ROW)),
        ),
    }

    def prepare(activation, path):
        x = np.fromfile(path, np.float32)
        own = torch.from_numpy(x.copy())
        out = torch.empty_like(own)
        f, kernel = functions[activation]
        return {
            "resident": lambda: kernel(own, out=out),
            "endToEnd": lambda: f(torch.from_numpy(x)).numpy(),
        }

    return "PyTorch", torch.__version__, prepare


def measure(once, milliseconds):
    def sample(calls):
        start = time.perf_counter_ns()
        for _ in range(calls):
            once()
        return (time.perf_counter_ns() - start) / calls

    end = time.perf_counter_ns() + milliseconds * 1e6
    samples = []
    calls = 1
    while time.perf_counter_ns() < end or not samples:
        each = sample(calls)
        if each * calls < 20e3:
            calls *= 2
        else:
            samples.append(each)
    samples.sort()
    return samples[len(samples) // 2]


def answer(message):
    print(json.dumps(message), flush=True)


def main():
    try:
        name, version, prepare = {"numpy": numpy_peer, "torch": torch_peer}[sys.argv[1]]()
    except ImportError as error:
        return answer({"missing": str(error)})
    answer({"name": name, "version": version})
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            prepared = prepare(request["prepare"], request["x"])
            answer({"supported": prepared is not None})
        elif "result" in request:
            prepared["endToEnd"]().tofile(request["result"])
            answer({})
        else:
            answer({"nanoseconds": measure(prepared[request["measure"]], request["milliseconds"])})


main()
