"""The gradient that automatic differentiation returns for the Sobolev loss of a batch of sampled inputs.

The notation is that of `residual`; of its sums over samples only the products with inputs and with weights are formed.
"""

from collections.abc import Iterator

import numpy as np

from ..losses import PopulationLoss
from .estimators import LEAST_BLOCK, NUMBERS
from .residual import Factors, Residual
from .rows import Array


def summed_gradient(loss: PopulationLoss, residual: Residual, y: Array) -> Array:
    """Gradient of ``sum_x sum_m lambda_m/2 |T_m(x)|^2`` over the inputs of y (r, n), (K, d + 2), in ``w_i, b_i, c_i``:

        w_i   sum_x sum_m lambda_m ( c_i f'_i P_i x + c_i f_i sum_j [m]_1 c_j f_j M u_j ),    P_i = sum_j [m]_0 c_j f_j,
        b_i   sum_x sum_m lambda_m c_i f'_i P_i,        c_i   sum_x sum_m lambda_m f_i P_i.

    ``f'`` is the absolutely continuous derivative: what backpropagation through an activation with kinks returns.
    """
    K, z, ambient = residual.width, residual.rows(y), loss.ambient
    onto_inputs, onto_rows, outputs = np.zeros((K, y.shape[1])), np.zeros((K, len(z))), np.zeros(K)
    for m, weight in residual.norm.orders:
        at = Factors(residual, m, z)
        onto_inputs += weight * at.slope[:K] * at.facing
        outputs += weight * np.einsum("in,in->i", at.sigma[:K], at.facing)
        if m:
            onto_rows += weight * residual.pairing(m, 1) * (at.f[:K] @ at.f.T)
    biases = onto_inputs.sum(axis=1)
    weights = ambient.covariance.lift(onto_inputs @ y.T) + np.outer(biases, ambient.mean)
    weights += onto_rows @ ambient.metric.lift(residual.rows.measured)
    return np.column_stack([weights, biases, outputs])


def batch_gradient(loss: PopulationLoss, residual: Residual, rng: np.random.Generator, batch: int) -> Array:
    """What moves of the same over fresh inputs, as a mean over a batch of them, in rows of neurons (R, D).

    Inputs are drawn block by block: memory is bounded.
    """
    layout = loss.layout(residual.width - residual.constant)
    total = np.zeros((residual.width, layout.dim + 2))
    for n in _blocks(residual, batch):
        total += summed_gradient(loss, residual, rng.standard_normal((residual.rows.along.shape[1], n)))
    return layout.rows(layout.flat(total[: layout.rows_shape[0], layout.columns])) / batch


def _blocks(residual: Residual, batch: int) -> Iterator[int]:
    """Numbers of inputs that are drawn at a time, fixed by the problem alone."""
    length = max(LEAST_BLOCK, NUMBERS // max(residual.rows.along.shape))
    return (min(length, batch - start) for start in range(0, batch, length))
