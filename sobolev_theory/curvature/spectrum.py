"""Spectra with multiplicities, and what rounding leaves of their signs."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ConditioningWarning


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues with multiplicities, sorted by real part.

    Attributes
    ----------
    values
        Eigenvalues, float64; complex128 when an eigenvalue of a non-symmetric curvature is complex. Shape (n,).
    multiplicities
        Their multiplicities, summing to the size of the matrix. Numerically equal eigenvalues are not merged.
    rounding
        What rounding does to an eigenvalue: one of at most this modulus is zero, and given as 0. It is 0 where every
        eigenvalue has all its digits.

    Examples
    --------
    >>> Spectrum(np.array([0.25, 1.0]), np.array([3, 1])).condition_number()
    4.0
    """

    values: NDArray[np.float64] | NDArray[np.complex128]
    multiplicities: NDArray[np.intp]
    rounding: float = 0.0

    def __post_init__(self) -> None:
        values = np.where(np.abs(self.values) <= self.rounding, 0.0, self.values)
        order = np.lexsort((values.imag, values.real))
        object.__setattr__(self, "values", values[order])
        object.__setattr__(self, "multiplicities", self.multiplicities[order])

    @property
    def smallest(self) -> float:
        """Smallest eigenvalue (smallest real part)."""
        return float(self.values[0].real)

    @property
    def largest(self) -> float:
        """Largest eigenvalue (largest real part)."""
        return float(self.values[-1].real)

    @property
    def definiteness(self) -> str:
        """``"definite"`` if all real parts are positive, ``"semidefinite"`` if some are 0, else ``"indefinite"``.

        Examples
        --------
        >>> one = np.array([1, 1])
        >>> [Spectrum(np.array([low, 2.0]), one, rounding=1e-15).definiteness for low in (1.0, -1e-16, -1.0)]
        ['definite', 'semidefinite', 'indefinite']
        """
        if self.smallest > self.rounding:
            return "definite"
        return "semidefinite" if self.smallest >= -self.rounding else "indefinite"

    @property
    def definite_part(self) -> "Spectrum":
        """The eigenvalues of positive real part: the curvature on the subspace where it pulls back.

        Examples
        --------
        >>> Spectrum(np.array([-1.0, 0.0, 1.0, 3.0]), np.array([1, 2, 1, 1])).definite_part.condition_number()
        3.0

        Raises
        ------
        ValueError
            If there are none.
        """
        positive = self.values.real > self.rounding
        if not positive.any():
            raise ValueError(f"spectrum: a positive eigenvalue is required, the largest is {self.largest:.6g}")
        return Spectrum(self.values[positive], self.multiplicities[positive], self.rounding)

    @property
    def modulus_ratio(self) -> float:
        """``max |lambda| / min |lambda|``, infinite if an eigenvalue is 0; of zeros alone it is NaN."""
        modulus = np.abs(self.values)
        low, high = float(modulus.min()), float(modulus.max())
        if not high:
            return np.nan
        with np.errstate(all="ignore"):
            return float(np.float64(high) / low) if low else np.inf

    def condition_number(self) -> float:
        """`modulus_ratio`, with a warning where it says nothing about a rate.

        Warns
        -----
        ConditioningWarning
            Unless the matrix is positive definite: along some direction errors do not decay. `definite_part` has a
            condition number that means a rate, on its subspace.
        """
        self.warn(stacklevel=3)
        return self.modulus_ratio

    def warn(self, *, stacklevel: int) -> None:
        """The warning of `condition_number`."""
        if self.definiteness == "definite":
            return
        if self.definiteness == "semidefinite":
            zeros = int(self.multiplicities[np.abs(self.values.real) <= self.rounding].sum())
            what = f"semidefinite to rounding ({zeros} of {len(self)} eigenvalues have the real part 0)"
        else:
            what = f"indefinite (smallest eigenvalue {self.smallest:.6g})"
        warnings.warn(
            f"condition_number: the matrix is {what}, so that no rate follows from a ratio of moduli. Meaningful are "
            'the condition number of gauss_newton, of spectrum().definite_part, and condition_number(kind="singular")',
            ConditioningWarning,
            stacklevel=stacklevel,
        )

    def __str__(self) -> str:
        """A line for eigenvalues that agree to six digits, with their joint multiplicity."""
        lines = [f"{f'{value:.6g}':>24}  x {count}" for value, count in self.grouped()]
        return "\n".join([f"{'eigenvalue':>24}  multiplicity", *lines])

    def grouped(self) -> list[tuple[complex, int]]:
        """Neighbours that print alike, with the sum of their multiplicities."""
        groups: list[tuple[complex, int]] = []
        for value, count in zip(self.values.tolist(), self.multiplicities.tolist(), strict=True):
            if groups and f"{groups[-1][0]:.6g}" == f"{value:.6g}":
                groups[-1] = (value, groups[-1][1] + count)
            else:
                groups.append((value, count))
        return groups

    def __len__(self) -> int:
        return int(self.multiplicities.sum())
