"""Inputs that visit the tails of the weights' rows more often than Gaussian ones do, and the weight of each.

Losses are means of what may grow like ``z^6`` (relu3) or ``exp(4 z)`` along a row: of a million Gaussian inputs a
handful would decide them. Half of the inputs are therefore stretched along one row, chosen at random, and every input
has the ratio of the Gaussian density to its own as a weight (importance sampling with a defensive mixture):

    w(x) = 1 / (1/2 + 1/2 mean_j exp((1 - tau^-2) (e_j . x)^2 / 2) / tau),    e_j = u_j / |u_j|,    E_own[w h] = E[h].

``w`` decays like ``exp(-(1 - tau^-2) z^2 / 2)`` along every row, and ``w <= 2 tau / (tau + 1)`` everywhere, so that the
variance of no estimate grows by more than that factor.
"""

import numpy as np

from .residual import Array

STRETCH = 3.0
"""``tau``: an exponent k of ``exp(k z)`` moves what counts to ``k / (1 - tau^-2)`` of standard deviation tau."""


def weighted_inputs(rng: np.random.Generator, rows: Array, n: int) -> tuple[Array, Array]:
    """Inputs (d, n) and their weights (n,), for the rows ``U`` (N, d); zero rows are left out.

    Examples
    --------
    >>> x, weight = weighted_inputs(np.random.default_rng(0), np.array([[3.0, 4.0]]), 100_000)
    >>> bool(abs(np.mean(weight * x[0] ** 2) - 1) < 0.01), bool(weight.max() < 3 / 2)
    (True, True)
    """
    x = rng.standard_normal((rows.shape[1], n))
    sizes = np.abs(rows).max(axis=1)
    scaled = rows[sizes > 0] / sizes[sizes > 0, None]
    units = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    if not len(units):
        return x, np.ones(n)
    along = units[rng.integers(len(units), size=n)].T
    along[:, rng.random(n) < 0.5] = 0.0
    x += (STRETCH - 1) * np.einsum("dn,dn->n", along, x) * along
    ratio = np.exp((1 - STRETCH**-2) / 2 * (units @ x) ** 2).mean(axis=0) / STRETCH
    return x, 2 / (1 + ratio)
