"""Spectra with multiplicities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues with multiplicities, sorted by real part.

    Attributes
    ----------
    values
        Eigenvalues, float64; complex128 when an eigenvalue of a non-symmetric curvature is complex. Shape (n,).
    multiplicities
        Their multiplicities, summing to the size of the matrix. Numerically equal eigenvalues are not merged.

    Examples
    --------
    >>> Spectrum(np.array([0.25, 1.0]), np.array([3, 1])).condition_number()
    4.0
    """

    values: NDArray[np.float64] | NDArray[np.complex128]
    multiplicities: NDArray[np.intp]

    def __post_init__(self) -> None:
        order = np.lexsort((self.values.imag, self.values.real))
        object.__setattr__(self, "values", self.values[order])
        object.__setattr__(self, "multiplicities", self.multiplicities[order])

    @property
    def smallest(self) -> float:
        """Smallest eigenvalue (smallest real part)."""
        return float(self.values[0].real)

    @property
    def largest(self) -> float:
        """Largest eigenvalue (largest real part)."""
        return float(self.values[-1].real)

    def condition_number(self) -> float:
        """``max |lambda| / min |lambda|``: infinite if an eigenvalue is 0, about 1e16 if it is 0 up to rounding."""
        modulus = np.abs(self.values)
        return float(modulus.max() / modulus.min()) if modulus.min() > 0 else np.inf

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
