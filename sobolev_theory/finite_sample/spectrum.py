"""The limit law of empirical Gauss-Newton matrices: its edges, condition number, density, and single eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, number
from .._runtime.results import Record, Rows, Value
from .._runtime.tables import Table
from ..activations import Activation
from ..errors import OverflowingError, SizeError
from ..losses import LossOptions, PopulationLoss, Student
from ..networks import Network
from ..norms import NormLike
from .fixed_point import Equation
from .patterns import Patterns, without_copies
from .single_neuron import FEWEST, MOST
from .support import Support

FloatArray = NDArray[np.float64]

WIDEST = 10
"""Neurons; one has ``2^K`` patterns, and Newton's method ``K (K + 1)/2`` unknowns."""

STEEPEST = 1e4
"""Weight of the derivative, in units of that of the function, above which samples leave nothing but rounding."""

NODES = 64
"""Nodes of the Chebyshev rule for the mass of an interval, whose density behaves like a root at its ends."""

SINGULAR = 1e-13
"""Smallest eigenvalue, of the largest, below which a matrix is singular."""


@dataclass(frozen=True, eq=False, repr=False)
class Part(Record, Value):
    """An interval of the bulk, an atom or an outlier: from ``low`` to ``high``, and what fraction of all eigenvalues.

    Those of intervals are integrals of the density, to 1e-6; if peaks or atoms are near, to a few percent.
    """

    kind: str
    low: float
    high: float
    mass: float


@dataclass(frozen=True, eq=False, repr=False)
class SampledSpectrum(Rows[Part], Value):
    """Eigenvalues of an empirical Gauss-Newton matrix, as ``d`` and ``n`` grow; rows are their parts, in rising order.

    Attributes
    ----------
    norm
        Name of the norm.
    samples_per_dim
        ``n/d``.
    smallest, largest
        Limits of the extreme eigenvalues, single ones among them; 0 if the matrix is singular.
    condition_number
        Their quotient; infinite if the matrix is singular.

    Examples
    --------
    >>> law = spectrum([[1.0, 0.0]], "H1", samples_per_dim=1.5)
    >>> [(part.kind, part.low, round(part.mass, 6)) for part in law][0]       # a quarter is seen by no sample
    ('atom', 0.5, 0.25)
    """

    norm: str
    samples_per_dim: float
    smallest: float
    largest: float
    _support: Support = field(repr=False)
    _unit: float = field(repr=False)
    _share: float = field(repr=False)

    @property
    def condition_number(self) -> float:
        """``largest/smallest``; infinite if the matrix is singular."""
        return self.largest / self.smallest if self.smallest > 0 else np.inf

    @property
    def mass_at_zero(self) -> float:
        """Fraction of all eigenvalues that are zero: directions that no sample sees."""
        return 1 - self._share + self._share * sum(atom.mass for atom in self._support.atoms if atom.value == 0)

    @property
    def intervals(self) -> FloatArray:
        """Ends of the intervals of the bulk, (n, 2); gaps narrower than a hundredth of the support may be missed."""
        return self._unit * self._support.intervals

    @property
    def outliers(self) -> FloatArray:
        """Eigenvalues off the bulk, of multiplicity one: they belong to the span of the rows."""
        return self._unit * self._support.outliers

    def density(self, x: ArrayLike) -> FloatArray:
        """Fraction of eigenvalues per unit of length at ``x``, of any shape; atoms and outliers are left out.

        Accurate to 1e-9 of its largest values, beside edges and atoms to about 1e-6.

        Examples
        --------
        >>> float(spectrum([[1.0, 0.0]], "L2", samples_per_dim=8.0).density(0.5).round(6))   # sqrt(15)/pi
        1.232809
        """
        points = as_numbers("x", x, "numbers are required")
        ends = self.intervals
        inside = ((points[..., None] > ends[:, 0]) & (points[..., None] < ends[:, 1])).any(axis=-1)
        values = np.zeros(points.shape)
        values[inside] = self._density(points[inside])
        return values

    @cached_property
    def _parts(self) -> list[Part]:
        unit, share, zero = self._unit, self._share, self.mass_at_zero
        atoms = [Part("atom", 0.0, 0.0, zero)] if zero else []
        atoms += [Part("atom", unit * a.value, unit * a.value, share * a.mass) for a in self._support.atoms if a.value]
        bulk = [Part("bulk", low, high, self._mass(low, high)) for low, high in self.intervals.tolist()]
        outliers = [Part("outlier", float(x), float(x), 0.0) for x in self.outliers]
        return sorted([*atoms, *bulk, *outliers], key=lambda part: (part.low, part.high))

    def named_rows(self) -> list[tuple[str | None, Part]]:
        """The parts, without names."""
        return [(None, part) for part in self._parts]

    def _mass(self, low: float, high: float) -> float:
        """Of an interval; at eigenvalues of ``lambda_1 E[s s']`` inside it the density can have a peak."""
        peaks = self._unit * self._support.equation.stays[0]
        breaks = np.unique([low, *peaks[(peaks > low) & (peaks < high)], high])
        angles = (np.arange(NODES) + 0.5) * np.pi / NODES
        x = breaks[:-1, None] + np.diff(breaks)[:, None] * (1 - np.cos(angles)) / 2
        values = self._density(x.ravel()).reshape(x.shape)
        return float(np.diff(breaks) @ (values @ np.sin(angles))) / 2 * np.pi / NODES

    def _density(self, points: FloatArray) -> FloatArray:
        """``Im tr Q/(pi K)``."""
        Q = self._support.equation.resolvents(points / self._unit)
        result: FloatArray = self._share / self._unit * np.einsum("nii->n", Q.imag) / (np.pi * Q.shape[-1])
        return result

    def table(self) -> Table:
        """A row for each part; below, what holds of the matrix."""
        numbers = [(p.kind, p.low, p.high, f"{p.mass:.4g}" if p.mass else "one") for p in self]
        rows = [[kind, f"{low:.6g}", f"{high:.6g}", mass] for kind, low, high, mass in numbers]
        title = f"Empirical Gauss-Newton matrix, {self.norm}, n/d = {self.samples_per_dim:g}"
        zero = self.mass_at_zero
        singular = f"singular: {zero:.4g} of all eigenvalues are 0" if zero else "singular: the bulk begins at 0"
        note = f"kappa = {self.condition_number:.6g}" if self.smallest > 0 else singular
        return Table(title, ("part", "from", "to", "fraction"), rows, (note,))


def spectrum(
    V: Student, norm: NormLike = "H1", *, samples_per_dim: float, **loss_options: Unpack[LossOptions]
) -> SampledSpectrum:
    r"""The law of the empirical Gauss-Newton matrix of a piecewise linear network, as ``d, n`` grow at fixed ``n/d``.

    .. math:: \frac1n \sum_t s_t s_t^\top \otimes (\lambda_0 x_t x_t^\top + \lambda_1 I), \quad
        s_t = (a_i \sigma'(v_i \cdot x_t))_i

    of ``n`` samples ``x_t`` of a standard Gaussian input, at parameters that do not depend on them and whose number of
    neurons stays fixed. Labels do not matter, nor does their noise. The bulk solves an operator Marchenko-Pastur
    equation; the single eigenvalues that the span of the rows adds outside are found as well. Edges of one matrix are
    off by ``d^(-2/3)``, the upper one on average 1 to 2 percent low at ``d = 400`` and ``n = 1.25 d``, and fluctuate by
    ``n^(-1/2)`` because the frequencies of patterns do; next to zero an L2 edge is off by more, in proportion.

    Parameters
    ----------
    V
        The network at which the matrix is taken, or its weights (K, d) with output weights one; at most ten neurons.
        Only angles between rows matter, not ``d``.
    norm
        As in `PopulationLoss`, with a positive weight of the function itself: derivatives alone have no such law, as
        their matrix is that of the population.
    samples_per_dim
        ``n/d``, from 1e-4 to 1e6.
    **loss_options
        ``activation``: one that is linear on either side of zero, ReLU or, derived by `symbolic.derive`, leaky ReLU or
        the modulus.

    Returns
    -------
    SampledSpectrum
        Extreme eigenvalues, condition number, mass at zero, intervals, outliers and density.

    Raises
    ------
    ValueError
        For other activations and norms, and rows that are nearly parallel, or opposite; `SizeError` for more than ten
        neurons.
    NotDifferentiableError
        If a row is zero.

    Notes
    -----
    Edges are accurate to 1e-10 of the largest for up to three neurons and for orthogonal rows. For other rows
    probabilities of the patterns of signs are counted at points, which leaves about 1e-3. Extreme eigenvalues take
    milliseconds, of ten neurons seconds; intervals, fractions and densities follow when they are asked for, and take
    a second for five neurons, and minutes for ten.

    With L2 the matrix is singular if ``n`` is below ``2 d`` for one ReLU neuron, ``8 d/3`` for two orthogonal ones, and
    about ``K d`` for many; with H1 its smallest eigenvalue is never below that of ``lambda_1 E[s s']``.

    Source: Marchenko & Pastur 1967; Silverstein & Bai 1995; the operator form and the outliers: this derivation.

    Examples
    --------
    >>> print(spectrum([[1.0, 0.0]], "L2", samples_per_dim=8.0))               # (1 -+ 1/2)^2 / 2
    Empirical Gauss-Newton matrix, L2, n/d = 8
    part   from     to  fraction
    bulk  0.125  1.125         1
    kappa = 9
    >>> spectrum([[1.0, 0.0]], "L2", samples_per_dim=1.5).mass_at_zero         # 1 - n/(2 d)
    0.25
    >>> round(spectrum([[1.0, 0.0]], "H1", samples_per_dim=1.5).condition_number, 6)
    5.642734
    """
    loss = PopulationLoss(V, norm, **loss_options)
    required, ends = f"a number from {FEWEST:g} to {MOST:g}", (np.nextafter(FEWEST, 0), np.nextafter(MOST, np.inf))
    given = number("samples_per_dim", samples_per_dim, required, *ends)
    network = _reduced(loss)
    equation, unit = _equation(network, loss, 1 / given)
    support = Support(equation)
    smallest, largest = (unit * value for value in (support.smallest, support.largest))
    if not 0 < largest < np.inf:
        raise OverflowingError("V: output weights are out of the range of double precision; smaller ones are required")
    share = network.width / loss.teacher.width
    smallest = 0.0 if share < 1 or smallest < SINGULAR * largest else smallest
    return SampledSpectrum(loss.norm.name, given, smallest, largest, support, unit, share)


def _reduced(loss: PopulationLoss) -> Network:
    """The neurons that decide, if there is a law of them."""
    weights = (*loss.norm.weights, 0.0)
    _require_piecewise_linear(loss.activation)
    if not weights[0] * STEEPEST >= weights[1]:
        raise ValueError(
            f"norm: a weight of order 0 that is not below {1 / STEEPEST:g} of that of order 1 is required, got "
            f"{loss.norm.name}; the matrix of derivatives alone is that of the population"
        )
    if (K := loss.teacher.width) > WIDEST:
        raise SizeError(f"V: at most {WIDEST} neurons, with 2^{WIDEST} patterns, are supported, got {K}")
    loss.gauss_newton(loss.teacher)  # refuses zero rows
    return without_copies(loss.teacher)


def _equation(network: Network, loss: PopulationLoss, gamma: float) -> tuple[Equation, float]:
    """The equation in units of the largest slope and of ``lambda_0``, and that unit."""
    weights, patterns = (*loss.norm.weights, 0.0), Patterns.of(network, loss.activation)
    size = float(np.abs(patterns.slopes).max())
    scaled = Patterns(patterns.slopes / size, patterns.probabilities, patterns.moments)
    return Equation(scaled, gamma, weights[1] / weights[0]), weights[0] * size**2


def _require_piecewise_linear(activation: Activation) -> None:
    if activation.degree != 1:
        raise ValueError(
            f"activation: one that is linear on either side of zero, as relu, is required, got {activation.name!r}"
        )
