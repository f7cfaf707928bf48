"""Inputs that visit more often than Gaussian ones what decides a mean, and the weight of each.

Losses are means of what may grow like ``z^6`` (relu3) or ``exp(4 z)`` with the length of x, or, for a smooth activation
with long rows of weights, of what happens in a slab ``|u . x| < 1`` only: of a million Gaussian inputs a handful would
decide. A part of the inputs is therefore stretched, one half of it in all directions of the span of the rows, the other
along one row, ``e_k = u/|u|``, chosen at random. Every input has the ratio of the Gaussian density to its own as its
weight (importance sampling with a defensive mixture; alpha is the part that stays):

    w(x) = 1 / (alpha + (1 - alpha)/2 (r_span(x) + mean_k r_k(x))),    E_own[w h] = E[h],
    r_k(x) = exp((1 - t_k^-2) (e_k . x)^2 / 2) / t_k,    r_span(x) = exp((1 - t^-2) |P x|^2 / 2) / t^dim.

In a span of n dimensions ``t^2 = 1 + (tau^2 - 1)/n``, for which ``t^n`` is bounded. There is a scale ``t_k = tau`` for
every row, and one of ``tau/|u|`` for the long rows of a smooth activation. So w decays like a Gaussian wherever
anything grows, and ``w <= 1/alpha``: no variance grows by more than that factor over that of Gaussian inputs.
"""

from dataclasses import dataclass

import numpy as np

from .residual import Array

STRETCH = 3.0
"""``tau``: ``exp(k z)`` is decided near ``z = k / (1 - tau^-2)``, which inputs reach for k up to about ``2 tau``."""

UNCHANGED = 0.75
"""``alpha``: no variance grows by more than a third."""

LONG = STRETCH**2
"""Rows of this length, in units on which the activation varies, are sampled in their slab as well."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """What inputs are stretched by: along ``e`` (C, d) by ``t`` (C,), and in the span (d, n) of the rows."""

    units: Array
    scales: Array
    span: Array

    @classmethod
    def of(cls, rows: Array, steepness: float) -> "Stretches":
        """For the rows ``U`` (N, d), of which zero ones count nothing.

        ``steepness`` is that of the activation (`Activation.variation`), 0 if it is homogeneous and so has no unit.
        """
        sizes = np.abs(rows).max(axis=1)
        scaled = rows[sizes > 0] / sizes[sizes > 0, None]
        lengths = np.linalg.norm(scaled, axis=1)
        units, steep = scaled / lengths[:, None], steepness * lengths * sizes[sizes > 0]
        long = steep > LONG
        scales = STRETCH / np.concatenate([np.ones(len(units)), steep[long]])
        return cls(np.vstack([units, units[long]]), scales, np.linalg.qr(units.T)[0])

    def inputs(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        """Inputs (d, n) and their weights (n,).

        Examples
        --------
        >>> stretches = Stretches.of(np.array([[3.0, 4.0]]), 0.0)
        >>> x, weight = stretches.inputs(np.random.default_rng(0), 100_000)
        >>> bool(abs(np.mean(weight * x[0] ** 2) - 1) < 0.01), bool(weight.max() < 4 / 3)
        (True, True)
        """
        x = rng.standard_normal((self.units.shape[1], n))
        if not len(self.units):
            return x, np.ones(n)
        kind, chosen = rng.random(n), rng.integers(len(self.units), size=n)
        dimensions = self.span.shape[1]
        t = (1 + (STRETCH**2 - 1) / dimensions) ** 0.5
        along = self.units[chosen].T
        change = (self.scales[chosen] - 1) * (kind > (1 + UNCHANGED) / 2)
        everywhere = (t - 1) * ((kind > UNCHANGED) & (kind <= (1 + UNCHANGED) / 2))
        x += change * np.einsum("dn,dn->n", along, x) * along + everywhere * (self.span @ (self.span.T @ x))
        z, squares = self.units @ x, np.sum((self.span.T @ x) ** 2, axis=0)
        of_rows = np.exp((z**2 - (z / self.scales[:, None]) ** 2) / 2) / self.scales[:, None]
        of_span = np.exp((1 - t**-2) / 2 * squares) / t**dimensions
        return x, 1 / (UNCHANGED + (1 - UNCHANGED) / 2 * (of_span + of_rows.mean(axis=0)))
