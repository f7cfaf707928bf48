"""The spectrum of an empirical Gauss-Newton matrix in the limit: intervals, atoms, single eigenvalues, and density."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_numbers, positive_integer
from .._runtime.results import Column, Record, Rows, Value
from .._runtime.tables import Table
from .support import Support

FloatArray = NDArray[np.float64]


COLUMNS = (
    Column("kind", "part"),
    Column("low", "from"),
    Column("high", "to"),
    Column("mass", "fraction", "{:.4g}", {0.0: "one"}),
)


@dataclass(frozen=True, eq=False, repr=False)
class Part(Record, Value):
    """An interval of the bulk, an atom or an outlier: from ``low`` to ``high``, and what fraction of all eigenvalues.

    Fractions sum to one, and are as accurate as the probabilities of patterns of signs.
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
    >>> from sobolev_theory.finite_sample import spectrum
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

    def expected_extremes(self, dim: int) -> tuple[float, float]:
        """Smallest and largest eigenvalue in ``dim`` dimensions, on average, to leading order in ``dim``.

        Ends of the bulk lie inside those of the law by ``c d^(-2/3)``, with the mean of Tracy and Widom's law; single
        eigenvalues, and those that no sample moves, stay. At ``d = 400`` means over sampled matrices of H1 are within
        0.3 percent with 2.5 d samples and more, and 0.7 with 1.25 d. Two cases are less sure:

        - A smallest one that is multiple in the limit, as ``(K - 1)``-fold at orthogonal neurons, is split by
          ``n^(-1/2)``: with 1000 samples it is 3 percent lower for three of them, and 7 for five.
        - In L2, next to as few samples as make the matrix singular, the shift of the smallest one is an estimate: where
          it is 9 percent of the value, 13 were measured. The mean of quotients is above the quotient of means there.

        Raises
        ------
        ValueError
            For a ``dim`` that is no positive integer.

        Examples
        --------
        >>> from sobolev_theory.finite_sample import spectrum
        >>> law = spectrum([[1.0, 0.0]], "L2", samples_per_dim=8.0)
        >>> law.smallest, law.largest, [round(x, 4) for x in law.expected_extremes(400)]
        (0.125, 1.125, [0.1272, 1.1155])
        """
        unit = self._unit * exp(-2 / 3 * log(positive_integer("dim", dim)))
        low, high = self._support.shifts
        return self.smallest + unit * low * (self.smallest > 0), self.largest + unit * high

    @property
    def mass_at_zero(self) -> float:
        """Fraction of all eigenvalues that are zero: directions that no sample sees."""
        return 1 - self._share + self._share * sum(atom.mass for atom in self._support.atoms if atom.value == 0)

    @property
    def intervals(self) -> FloatArray:
        """Ends of the intervals of the bulk, (n, 2); gaps narrower than a hundredth of the support may be missed."""
        return self._unit * self._support.bulk[:, :2]

    @property
    def outliers(self) -> FloatArray:
        """Eigenvalues off the bulk, of multiplicity one: they belong to the span of the rows."""
        return self._unit * self._support.outliers

    def density(self, x: ArrayLike) -> FloatArray:
        """Fraction of eigenvalues per unit of length at ``x``, of any shape; atoms and outliers are left out.

        Accurate to 1e-9 of its largest values, beside edges and atoms to about 1e-6.

        Examples
        --------
        >>> from sobolev_theory.finite_sample import spectrum
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
        bulk = [Part("bulk", unit * low, unit * high, share * f) for low, high, f in self._support.bulk.tolist()]
        outliers = [Part("outlier", float(x), float(x), 0.0) for x in self.outliers]
        return sorted([*atoms, *bulk, *outliers], key=lambda part: (part.low, part.high))

    def named_rows(self) -> list[tuple[str | None, Part]]:
        """The parts, without names."""
        return [(None, part) for part in self._parts]

    def _density(self, points: FloatArray) -> FloatArray:
        """``Im tr Q/(pi K)``."""
        Q = self._support.equation.resolvents(points / self._unit)
        result: FloatArray = self._share / self._unit * np.einsum("nii->n", Q.imag) / (np.pi * Q.shape[-1])
        return result

    def table(self) -> Table:
        """A row for each part; below, what holds of the matrix."""
        title = f"Empirical Gauss-Newton matrix, {self.norm}, n/d = {self.samples_per_dim:g}"
        zero = self.mass_at_zero
        singular = f"singular: {zero:.4g} of all eigenvalues are 0" if zero else "singular: the bulk begins at 0"
        note = f"kappa = {self.condition_number:.6g}" if self.smallest > 0 else singular
        return Table.of(title, COLUMNS, self, (note,))
