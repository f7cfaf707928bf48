"""Curvature on a million samples: products over the two matrix products that they need, and the peak of memory."""

import subprocess
import sys

import numpy as np
import pytest

import sobolev_theory as st

N, K, D = 10**6, 20, 50

PEAK = """
import sys
import numpy as np, sobolev_theory as st
n, K, d, parameters = *map(int, sys.argv[1:4]), sys.argv[4]
rng = np.random.default_rng(0)
X = rng.standard_normal((n, d))
net = st.Network(rng.standard_normal((K, d)) / d**0.5, rng.standard_normal(K), np.ones(K), activation="tanh")
matrix = st.empirical.curvature(net, X, "H1", parameters=parameters)
for _ in range(3):
    matrix @ np.ones(matrix.shape[0])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 2**20)
"""


@pytest.fixture(scope="module")
def samples():
    return np.random.default_rng(0).standard_normal((N, D))


@pytest.mark.parametrize(
    ("activation", "norm", "parameters"),
    [("tanh", "H1", "weights"), ("tanh", "H1", "all"), ("tanh", "L2", "all"), ("relu", "H1", "all")],
)
def test_product_over_two_matrix_products(ratio, rng, samples, activation, norm, parameters):
    w, a = rng.standard_normal((K, D)) / D**0.5, rng.standard_normal(K)
    matrix = st.empirical.curvature(
        st.Network(w, a, np.ones(K), activation=activation), samples, norm, parameters=parameters
    )
    x = rng.standard_normal(matrix.shape[0])
    matrix @ x  # keeps pointwise derivatives
    name = f"product over two matrix products, 10^6 samples, K = 20, d = 50, {activation} {norm}, {parameters}"
    ratio(name, lambda: matrix @ x, lambda: (samples @ w.T).T @ samples, 2)


@pytest.mark.parametrize("parameters", ["weights", "all"])
def test_peak_of_memory(benchmark, capsys, parameters):
    """Of a process that makes the samples and takes products; Linux tells it."""
    command = [sys.executable, "-c", PEAK, *map(str, (N, K, D)), parameters]
    result = benchmark.pedantic(lambda: subprocess.run(command, capture_output=True, text=True, check=True), rounds=1)
    with capsys.disabled():
        print(
            f"\npeak of memory, 10^6 samples, K = 20, d = 50, {parameters}: {float(result.stdout):.3f} GiB (target 1)"
        )
