"""Norms compared in the lazy limit: condition numbers of Sobolev regression on given inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import one_of
from .._runtime.results import Column, Frozen, Rows, Value
from .._runtime.sizes import require_spectrum
from .._runtime.tables import Table
from ..activations import Activation
from ..norms import Norm, NormLike, several_norms
from .arrays import kernel_array
from .gram import gram
from .prior import KERNELS, Prior, PriorOptions, as_inputs

FloatArray = NDArray[np.float64]

ROUNDING = float(np.finfo(np.float64).eps)
"""Times the number of equations, below which an eigenvalue of the largest is zero."""

COLUMNS = (
    Column("norm"),
    Column("equations"),
    Column("smallest", "smallest rate"),
    Column("largest", "largest rate"),
    Column("condition_number", "kappa"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Frozen, Value):
    """Gradient flow of a wide network in one norm: ``rates`` (equations,) at which parts of the residual decay.

    They are ascending; a rate that is zero to rounding is 0, and the condition number then infinite.
    """

    norm: str
    equations: int
    smallest: float
    largest: float
    condition_number: float
    rates: FloatArray

    def __post_init__(self) -> None:
        self.rates.flags.writeable = False


@dataclass(frozen=True, eq=False, repr=False)
class KernelComparison(Rows[Regression], Value):
    """One row per norm, by number or by the norm's name.

    Attributes
    ----------
    kernel, activation, inputs, dim
        Of what Gram matrices they are.
    rows
        The norms.
    notes
        What is to be known of their rates.

    Examples
    --------
    >>> from sobolev_theory.kernels import compare
    >>> comparison = compare([[1.0, 0.0], [0.0, 1.0]], "relu")
    >>> [row.norm for row in comparison], comparison["H1"].equations
    (['L2', 'H1'], 6)
    """

    kernel: str
    activation: str
    inputs: int
    dim: int
    rows: tuple[Regression, ...]
    notes: tuple[str, ...] = ()

    def named_rows(self) -> Sequence[tuple[str | None, Regression]]:
        """The norms by name."""
        return [(row.norm, row) for row in self.rows]

    def table(self) -> Table:
        """A row for each norm."""
        title = f"Sobolev regression, {self.kernel} of {self.activation}, {self.inputs} inputs in R^{self.dim}"
        return Table.of(title, COLUMNS, self.rows, ("rates of the mean over inputs", *self.notes))


def compare(
    x: ArrayLike,
    activation: str | Activation,
    norms: Sequence[NormLike] = ("L2", "H1"),
    *,
    kernel: str = "ntk",
    **variances: Unpack[PriorOptions],
) -> KernelComparison:
    r"""Rates and condition numbers of training a wide network on values, and on values and gradients, of given inputs.

    Gradient flow of ``sum_t (lambda_0 (f - f*)^2 + lambda_1 |grad (f - f*)|^2)(x_t)/(2 n)`` is linear in the lazy
    limit: the residual, each part times the root of its weight, decays by ``D G D/n`` with the matrix ``G`` of
    `sobolev_gram` and the roots ``D`` of the weights. Gradients are ``d`` more equations an input, and so the smallest
    rate of H1 is that of a finer function than the smallest of L2; function by function the two are compared by
    `sphere_spectrum`. Without biases networks of a homogeneous activation, as ReLU, obey Euler's relation: gradients
    say what values are, so that H1 has a rate 0 for each input, which nothing has to decay by.

    Parameters
    ----------
    x
        Inputs (n, d).
    activation, kernel, weight_variance, bias_variance
        As in `sobolev_gram`.
    norms
        Norms up to order 1.

    Returns
    -------
    KernelComparison
        Of each norm all rates, the extreme ones and the condition number.

    Raises
    ------
    ValueError
        As `sobolev_gram`; for norms of higher order.
    SizeError
        For so many equations that a dense spectrum would take a day.

    Examples
    --------
    >>> import numpy as np
    >>> print(compare(np.eye(3), "erf"))
    Sobolev regression, ntk of erf, 3 inputs in R^3
    norm  equations  smallest rate  largest rate    kappa
      L2          3       0.233629      0.233629        1
      H1         12      0.0102441      0.759215  74.1121
    rates of the mean over inputs
    """
    one_of("kernel", kernel, KERNELS)
    prior, inputs = Prior.parse(activation, **variances), as_inputs("x", x)
    parsed = [Norm.parse(norm, prior.activation) for norm in several_norms(norms)]
    for norm in parsed:
        if norm.order > 1:
            raise ValueError(f"norms: norms up to order 1 are required, got {norm.name}")
    n, d = inputs.shape
    derived = any(norm.order for norm in parsed)
    require_spectrum(n * (1 + d) if derived else n, symmetric=True, stacklevel=3)
    prior.require_finite(int(kernel == "ntk"))
    G = gram(kernel, prior, inputs, inputs) if derived else kernel_array(kernel, prior, inputs, inputs, (0, 0))
    rows = tuple(_regression(norm, G, n) for norm in parsed)
    related = [row.norm for row, norm in zip(rows, parsed, strict=True) if all((*norm.weights, 0.0)[:2])]
    return KernelComparison(kernel, prior.activation.name, n, d, rows, _of_relation(prior, related, n))


def _of_relation(prior: Prior, norms: Sequence[str], n: int) -> tuple[str, ...]:
    """Why rates of norms that contain values and gradients are zero."""
    degree = prior.activation.degree
    if degree is None or prior.bias_variance or not norms:
        return ()
    multiple = "" if degree == 1 else f"{degree} "
    relation = f"of {prior.activation.name} without biases x . grad f = {multiple}f"
    return (f"{relation}: {n} rates of {' and '.join(norms)} are 0, of equations that follow from the others",)


def _regression(norm: Norm, G: FloatArray, n: int) -> Regression:
    """The spectrum of a norm's equations, those of weight zero left out."""
    low, high = (*norm.weights, 0.0)[:2]
    roots: FloatArray = np.sqrt(np.where(np.arange(len(G)) < n, low, high))
    at = np.flatnonzero(roots)
    matrix = roots[at, None] * G[np.ix_(at, at)] * roots[at] / n
    rates = np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)
    rates[rates <= len(at) * ROUNDING * rates[-1]] = 0.0
    smallest, largest = float(rates[0]), float(rates[-1])
    return Regression(norm.name, len(at), smallest, largest, largest / smallest if smallest else np.inf, rates)
