"""One sampled quantity against its closed form: error bars for every entry, and one p-value."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._runtime.results import Column, Record, Value
from .moments import Moments, hotelling_test
from .rows import Array

Sizes = tuple[float, Array]
"""Of the residual and of its derivatives along the directions (q,), see `Residual.sizes`."""

GRANTED = 16.0
"""Every mean is granted the error of this many samples that decide it: n samples are never taken for certain.

A rare event that no sample has met (a sample between two nearly parallel weights; the tail of an exponential) leaves no
trace in the sampled covariance. Among n samples h such events put the mean off by about ``sqrt(h)/n`` of their size,
and with the allowance the error bar is ``sqrt(h + 16)/n``: for any expected number of events it is exceeded 3.3-fold
about as rarely as a normal one. Elsewhere the allowance is lost in ``1/sqrt(n)``.
"""

ROUNDING = 16 * float(np.finfo(float).eps)
"""Below this fraction of the terms before they cancel, nothing is judged."""

SMALLEST = 1e-150
"""Error bar of an entry that is zero in every sample; its square is still a normal number."""

COLUMNS = (
    Column("quantity"),
    Column("entries"),
    Column("p_value", "p-value", "{:.2g}"),
    Column("z", "worst z", "{:.2f}"),
    Column("at"),
    Column("estimate"),
    Column("closed_form", "closed form"),
    Column("standard_error", "std error", "{:.1e}"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Record, Value):
    """One quantity of the loss, entry by entry: shape () for the value, (q,) for the gradient, (q, q) for the matrices.

    Attributes
    ----------
    name
        "value", "gradient", "gauss_newton" or "hessian".
    estimate, closed_form, standard_error
        The sampled mean, what the loss returned, and the standard error of the difference.
    effective_samples
        Samples over kurtosis, of the entry for which it is least: how many equal events would decide its mean as well
        as those that were sampled.
    p_value
        Of all entries together, see `verify`.
    """

    name: str
    estimate: Array
    closed_form: Array
    standard_error: Array
    effective_samples: float
    p_value: float

    @property
    def z(self) -> Array:
        """``(estimate - closed form) / standard error`` of every entry."""
        return np.asarray((self.estimate - self.closed_form) / self.standard_error)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and nested lists, for JSON."""
        entries = {"estimate": self.estimate, "closed_form": self.closed_form, "standard_error": self.standard_error}
        numbers = {"p_value": self.p_value, "effective_samples": self.effective_samples}
        return numbers | {name: a.tolist() for name, a in (entries | {"z": self.z}).items()}

    @property
    def worst(self) -> tuple[Any, ...]:
        """What stands under `COLUMNS`: the entry with the largest ``|z|``, and the joint p-value."""
        worst = np.unravel_index(np.argmax(np.abs(self.z)), self.z.shape)
        entry = f"[{', '.join(map(str, worst))}]" if worst else ""
        numbers = (a[worst] for a in (self.z, self.estimate, self.closed_form, self.standard_error))
        z, *others = numbers
        return self.name, self.z.size, self.p_value, z, entry, *others


@np.errstate(all="ignore")
def judged(name: str, moments: dict[str, Moments], theory: Array, sizes: Sizes) -> Agreement:
    """Judge ``theory``, of the quantity's shape, by the moments of all sampled quantities and the residual's sizes."""
    test = hotelling_test(moments[name], theory.ravel(), _allowance(name, moments, sizes), GRANTED)
    estimate, error = (entries.reshape(theory.shape) for entries in (moments[name].mean, test.standard_error))
    return Agreement(name, estimate, theory, error, test.effective_samples, test.p_value)


def _allowance(name: str, moments: dict[str, Moments], sizes: Sizes) -> Array:
    """What the entries of a mean may be off beyond their spread: `GRANTED` samples of ordinary size, and `ROUNDING`.

    It is also what an exact theory may be off in directions in which nothing varies.

    Sizes are those of the terms before they cancel. An entry (a, b) of a matrix has size ``g_a g_b``, with ``g_a^2``
    the root mean square of entry (a, a). Near the teacher the residual T is small, but for an order that jumps it is
    not in rare samples; and by Cauchy-Schwarz a gradient is of size ``|T| g_a``, ``g_a`` of the Gauss-Newton matrix.
    Rounding is relative to what neurons that biases keep silent would give if they fired (`Residual.sizes`).
    """
    ordinary, share = moments[name].root_mean_square, GRANTED**0.5 / moments[name].count
    squares = moments["hessian" if name == "hessian" else "gauss_newton"].root_mean_square
    g = np.sqrt(squares[:: round(squares.size**0.5) + 1])  # the diagonal of a flattened matrix
    g = np.maximum(g, ROUNDING * g.max())
    rounded = np.maximum(g, sizes[1])
    if name in ("gauss_newton", "hessian"):
        return np.asarray((share * np.outer(g, g) + ROUNDING * np.outer(rounded, rounded)).ravel() + SMALLEST)
    whole, rare = np.sqrt(moments["size"].mean)  # |T| before it cancels, and in rare samples
    whole = max(whole, sizes[0])
    if name == "value":
        return np.asarray(share * (ordinary + rare**2) + ROUNDING * whole**2 + SMALLEST)
    return np.asarray(share * (ordinary + rare * g) + ROUNDING * whole * rounded + SMALLEST)
