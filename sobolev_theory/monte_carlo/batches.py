"""The gradient that automatic differentiation returns for the Sobolev loss of a batch of sampled inputs.

The notation is that of `residual`; of its sums over samples only the products with inputs and with weights are formed.
"""

from collections.abc import Iterator

import numpy as np

from .estimators import LEAST_BLOCK, NUMBERS
from .residual import Array, Factors, Residual


def summed_gradient(residual: Residual, x: Array) -> Array:
    """Gradient in the students of ``sum_x sum_m lambda_m/2 |T_m(x)|^2``, (K, d), over the inputs ``x`` (d, n):

        sum_x sum_m lambda_m ( c_i f'_i P_i x + c_i f_i sum_j [m]_1 c_j f_j u_j ),    P_i = sum_j [m]_0 c_j f_j.

    ``f'`` is the absolutely continuous derivative: what backpropagation through an activation with kinks returns.
    """
    K, z = residual.width, residual.weights @ x
    onto_inputs, onto_rows = np.zeros((K, x.shape[1])), np.zeros((K, len(residual.weights)))
    for m, weight in residual.norm.orders:
        at = Factors(residual, m, z, residual.output)
        onto_inputs += weight * at.slope[:K] * at.facing
        if m:
            onto_rows += weight * residual.pairing(m, 1) * (at.f[:K] @ at.f.T)
    return np.asarray(onto_inputs @ x.T + onto_rows @ residual.weights)


def batch_gradient(residual: Residual, rng: np.random.Generator, batch: int) -> Array:
    """The same over fresh Gaussian inputs, as a mean over a batch of them, drawn block by block: memory is bounded."""
    total = np.zeros((residual.width, dim := residual.weights.shape[1]))
    for n in _blocks(residual, batch):
        total += summed_gradient(residual, rng.standard_normal((dim, n)))
    return total / batch


def _blocks(residual: Residual, batch: int) -> Iterator[int]:
    """Numbers of inputs that are drawn at a time, fixed by the problem alone."""
    length = max(LEAST_BLOCK, NUMBERS // max(residual.weights.shape))
    return (min(length, batch - start) for start in range(0, batch, length))
