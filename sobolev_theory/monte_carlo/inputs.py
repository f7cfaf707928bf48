"""Inputs that visit more often than Gaussian ones what decides a mean, and the weight of each.

Losses are means of what may grow like ``z^6`` (relu3) or ``exp(4 z)`` along a row of weights, or, for a smooth
activation with long rows, of what happens in a slab ``|u . x| < 1`` only: of a million Gaussian inputs a handful would
decide. A part of the inputs is therefore stretched along one row, by a scale ``t_k`` along ``e_k = u/|u|`` chosen at
random, and every input has the ratio of the Gaussian density to its own as its weight (importance sampling with a
defensive mixture; alpha is the part that stays):

    w(x) = 1 / (alpha + (1 - alpha) mean_k exp((1 - t_k^-2) (e_k . x)^2 / 2) / t_k),    E_own[w h] = E[h].

There is a scale ``tau`` for every row, which makes w decay like ``exp(-(1 - tau^-2) z^2 / 2)`` along it; and one of
``tau/|u|`` for the long rows of a smooth activation. Since ``w <= 1/alpha``, no variance grows by more than that factor
over that of Gaussian inputs.
"""

import numpy as np

from .residual import Array

STRETCH = 3.0
"""``tau``: ``exp(k z)`` is decided near ``z = k / (1 - tau^-2)``, which inputs reach for k up to about ``2 tau``."""

UNCHANGED = 0.75
"""``alpha``: no variance grows by more than a third."""

LONG = STRETCH**2
"""Rows of this length, in units on which the activation varies, are sampled in their slab as well."""


def scales(rows: Array, steepness: float) -> tuple[Array, Array]:
    """Unit vectors ``e_k`` and scales ``t_k`` for the rows ``U`` (N, d); zero rows have none.

    ``steepness`` is that of the activation (`Activation.variation`), 0 if it is homogeneous and so has no unit.
    """
    sizes = np.abs(rows).max(axis=1)
    scaled = rows[sizes > 0] / sizes[sizes > 0, None]
    lengths = np.linalg.norm(scaled, axis=1)
    units, steep = scaled / lengths[:, None], steepness * lengths * sizes[sizes > 0]
    long = steep > LONG
    return np.vstack([units, units[long]]), STRETCH / np.concatenate([np.ones(len(units)), steep[long]])


def weighted_inputs(rng: np.random.Generator, units: Array, stretch: Array, n: int) -> tuple[Array, Array]:
    """Inputs (d, n) and their weights (n,), for the `scales` ``e`` (C, d) and ``t`` (C,).

    Examples
    --------
    >>> units, stretch = scales(np.array([[3.0, 4.0]]), 0.0)
    >>> x, weight = weighted_inputs(np.random.default_rng(0), units, stretch, 100_000)
    >>> bool(abs(np.mean(weight * x[0] ** 2) - 1) < 0.01), bool(weight.max() < 4 / 3)
    (True, True)
    """
    x = rng.standard_normal((units.shape[1], n))
    if not len(units):
        return x, np.ones(n)
    chosen = rng.integers(len(units), size=n)
    change = (stretch[chosen] - 1) * (rng.random(n) >= UNCHANGED)
    along = units[chosen].T
    x += change * np.einsum("dn,dn->n", along, x) * along
    z = units @ x
    ratio = np.exp((z**2 - (z / stretch[:, None]) ** 2) / 2) / stretch[:, None]
    return x, 1 / (UNCHANGED + (1 - UNCHANGED) * ratio.mean(axis=0))
