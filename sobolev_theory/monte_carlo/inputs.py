"""Inputs that visit more often than Gaussian ones what decides a mean, and the weight of each.

Losses are means of what may grow like ``z^6`` (relu3) or ``exp(4 z)`` with the length of the input, or, for a smooth
activation with long rows of weights, of what happens in a slab ``|z| < 1`` only, or beyond the kink of a neuron that
its bias keeps silent: of a million Gaussian inputs a handful would decide. In the coordinates y of `rows`, in which
inputs are standard normal, a part of them is therefore stretched: one half of it in all directions of the span of the
rows, the other along one row, ``e_k = L'u/|L'u|``, chosen at random. Every input has the ratio of the Gaussian density
to its own as its weight (importance sampling with a defensive mixture; alpha is the part that stays):

    w(y) = 1 / (alpha + (1 - alpha)/2 (r_span(y) + mean_k r_k(y))),    E_own[w h] = E[h],
    r_k(y) = exp(((e_k . y)^2 - (e_k . y - o_k)^2 / t_k^2) / 2) / t_k,
    r_span(y) = exp((1 - t^-2) |P y|^2 / 2) / t^dim.

In a span of n dimensions ``t^2 = 1 + (tau^2 - 1)/n``, for which ``t^n`` is bounded. There is a scale ``t_k = tau`` for
every row, about its kink if the activation is homogeneous, at ``o_k = -m/|L'u|``, and about the mean, ``o_k = 0``, if
it is smooth; and for the long rows of a smooth one a scale of ``tau/|L'u|`` about ``-m/|L'u|``. So w decays like a
Gaussian wherever anything grows, and ``w <= 1/alpha``: no variance grows by more than that factor over that of Gaussian
inputs.
"""

from dataclasses import dataclass

import numpy as np

from .rows import Array, Rows

STRETCH = 3.0
"""``tau``: ``exp(k z)`` is decided near ``z = k / (1 - tau^-2)``, which inputs reach for k up to about ``2 tau``."""

UNCHANGED = 0.75
"""``alpha``: no variance grows by more than a third."""

LONG = STRETCH**2
"""Rows of this length, in units on which the activation varies, are sampled in their slab as well."""

REACH = 38.0
"""Standard deviations beyond which a Gaussian density is zero in double precision."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """What inputs are stretched by: along ``e`` (C, r) by ``t`` about ``o`` (C,), and in the rows' span (r, n)."""

    units: Array
    scales: Array
    centres: Array
    span: Array

    @classmethod
    def of(cls, rows: Rows, steepness: float) -> "Stretches":
        """For N rows, of which those that do not vary count nothing.

        ``steepness`` is that of the activation (`Activation.variation`), 0 if it is homogeneous and so has no unit.
        """
        sizes = np.abs(rows.along).max(axis=1)
        vary = sizes > 0
        sizes, scaled = sizes[vary], rows.along[vary] / sizes[vary, None]
        lengths = np.linalg.norm(scaled, axis=1)
        units, steep = scaled / lengths[:, None], steepness * lengths * sizes
        long = steep > LONG
        scales = STRETCH / np.concatenate([np.ones(len(units)), steep[long]])
        with np.errstate(all="ignore"):
            zeros = -rows.offsets[vary] / (lengths * sizes)
        zeros[~(np.abs(zeros) < REACH)] = 0.0
        centres = np.concatenate([np.zeros_like(zeros) if steepness else zeros, zeros[long]])
        return cls(np.vstack([units, units[long]]), scales, centres, np.linalg.qr(units.T)[0])

    def inputs(self, rng: np.random.Generator, n: int) -> tuple[Array, Array]:
        """Inputs (r, n) and their weights (n,).

        Examples
        --------
        >>> rows = Rows(np.array([[3.0, 4.0]]), np.array([-10.0]), np.array([[3.0, 4.0]]))
        >>> y, weight = Stretches.of(rows, 0.0).inputs(np.random.default_rng(0), 100_000)
        >>> bool(abs(np.mean(weight * y[0] ** 2) - 1) < 0.01), bool(weight.max() < 4 / 3)
        (True, True)
        """
        y = rng.standard_normal((self.units.shape[1], n))
        if not len(self.units):
            return y, np.ones(n)
        kind, chosen = rng.random(n), rng.integers(len(self.units), size=n)
        dimensions = self.span.shape[1]
        t = (1 + (STRETCH**2 - 1) / dimensions) ** 0.5
        along = self.units[chosen].T
        of_a_row = kind > (1 + UNCHANGED) / 2
        change = (self.scales[chosen] - 1) * np.einsum("dn,dn->n", along, y) + self.centres[chosen]
        everywhere = (t - 1) * ((kind > UNCHANGED) & ~of_a_row)
        y += change * of_a_row * along + everywhere * (self.span @ (self.span.T @ y))
        z, squares = self.units @ y, np.sum((self.span.T @ y) ** 2, axis=0)
        scaled = (z - self.centres[:, None]) / self.scales[:, None]
        of_rows = np.exp((z**2 - scaled**2) / 2) / self.scales[:, None]
        of_span = np.exp((1 - t**-2) / 2 * squares) / t**dimensions
        return y, 1 / (UNCHANGED + (1 - UNCHANGED) / 2 * (of_span + of_rows.mean(axis=0)))
