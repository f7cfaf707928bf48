"""Spectra with multiplicities, and what rounding leaves of their signs."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import counted
from .._runtime.results import Column, Shown, Value
from .._runtime.sizes import require_memory
from .._runtime.tables import Table
from ..errors import ConditioningWarning, SizeError

COLUMNS = (Column("eigenvalue"), Column("multiplicity", "", "x {}"))


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum(Shown, Value):
    """Eigenvalues with multiplicities, sorted by real part.

    As a sequence (`len`, iteration, integers, slices, `numpy.asarray`) it has every eigenvalue as often as it occurs.

    Attributes
    ----------
    values
        Eigenvalues, float64; complex128 when an eigenvalue of a non-symmetric curvature is complex. Shape (n,).
    multiplicities
        Their multiplicities, summing to the size of the matrix. Numerically equal eigenvalues are not merged.
    rounding
        What rounding does to an eigenvalue: one of at most this modulus is zero, and given as 0. It is 0 where every
        eigenvalue has all its digits.
    structure
        Of which dense matrices these are the eigenvalues; empty where they come from elsewhere.

    Examples
    --------
    >>> spectrum = Spectrum(np.array([0.25, 1.0]), np.array([3, 1]))
    >>> spectrum.condition_number(), spectrum.size, spectrum[-1], np.asarray(spectrum)
    (4.0, 4, 1.0, array([0.25, 0.25, 0.25, 1.  ]))
    """

    values: NDArray[np.float64] | NDArray[np.complex128]
    multiplicities: NDArray[np.intp]
    rounding: float = 0.0
    structure: str = ""

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
        return definiteness_of(self.smallest, self.rounding)

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
        return Spectrum(self.values[positive], self.multiplicities[positive], self.rounding, self.structure)

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

    def warn(self, *, stacklevel: int, advice: str = "") -> None:
        """The warning of `condition_number`, and what else is meaningful."""
        if self.definiteness == "definite":
            return
        if self.definiteness == "semidefinite":
            zeros = int(self.multiplicities[np.abs(self.values.real) <= self.rounding].sum())
            what = f"semidefinite to rounding ({zeros} of {self.size} eigenvalues have the real part 0)"
        else:
            what = f"indefinite (smallest eigenvalue {self.smallest:.6g})"
        warnings.warn(
            f"condition_number: the matrix is {what}, so that no rate follows from a ratio of moduli. Meaningful are "
            'the condition number of gauss_newton, of spectrum().definite_part, and condition_number(kind="singular")'
            f"{advice}",
            ConditioningWarning,
            stacklevel=stacklevel,
        )

    def table(self) -> Table:
        """A row for eigenvalues that agree to six digits, with their joint multiplicity."""
        return self._table(self.grouped())

    def _whole(self) -> Table:
        """A row for each of `values`: data are what they are, not merged."""
        return self._table(zip(self.values.tolist(), self.multiplicities.tolist(), strict=True))

    def _table(self, counted: Iterable[tuple[complex, int]]) -> Table:
        rows = [(value if value.imag else value.real, count) for value, count in counted]
        return Table("", COLUMNS, rows, [self.structure] if self.structure else [])

    def grouped(self) -> list[tuple[complex, int]]:
        """Neighbours that print alike, with the sum of their multiplicities."""
        groups: list[tuple[complex, int]] = []
        for value, count in zip(self.values.tolist(), self.multiplicities.tolist(), strict=True):
            if groups and f"{groups[-1][0]:.6g}" == f"{value:.6g}":
                groups[-1] = (value, groups[-1][1] + count)
            else:
                groups.append((value, count))
        return groups

    @property
    def size(self) -> int:
        """Number of eigenvalues, the size of the matrix."""
        return int(self.multiplicities.sum())

    def __len__(self) -> int:
        if self.size >= 2**63:
            raise SizeError(f"len: fewer than 2^63 eigenvalues are required, got {self.size}; take spectrum.size")
        return self.size

    def __bool__(self) -> bool:
        return self.size > 0

    def __iter__(self) -> Iterator[Any]:
        for value, count in zip(self.values.tolist(), self.multiplicities.tolist(), strict=True):
            for _ in range(count):
                yield value

    def __getitem__(self, key: int | slice) -> Any:
        """The eigenvalue of a number, in ascending order, or those of a slice as an array."""
        last = np.cumsum(self.multiplicities) - 1
        try:
            numbers = range(self.size)[key]
        except IndexError:
            raise IndexError(f"spectrum: a number below {self.size} is required, got {key}") from None
        if isinstance(numbers, int):
            return self.values[np.searchsorted(last, numbers)].item()
        _require_room(abs(numbers.stop - numbers.start) // abs(numbers.step))
        return self.values[np.searchsorted(last, np.array(numbers, dtype=last.dtype))]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All eigenvalues; an array of its own, so that ``copy=False`` is refused."""
        if copy is False:
            raise ValueError("copy: a spectrum becomes an array by a copy only, got False; take spectrum.values")
        _require_room(self.size)
        return np.repeat(self.values, self.multiplicities.astype(np.intp)).astype(
            self.values.dtype if dtype is None else dtype
        )


def definiteness_of(smallest: float, rounding: float) -> str:
    """What the smallest eigenvalue (real part) says, known up to its rounding."""
    if smallest > rounding:
        return "definite"
    return "semidefinite" if smallest >= -rounding else "indefinite"


def rounding_of(values: NDArray[Any]) -> float:
    """What rounding does to eigenvalues: ``n eps`` of the largest of the ``n`` that were computed."""
    return float(len(values) * np.finfo(np.float64).eps * np.abs(values).max())


def structure_of(parts: list[tuple[NDArray[np.float64], int]]) -> str:
    """Which dense matrices a spectrum is of: the first on an invariant space, the others as often as is said.

    Examples
    --------
    >>> structure_of([(np.eye(10), 1), (np.eye(5), 90)])
    'of 10 x 10 on an invariant space, 5 x 5 (times 90) across it'
    """
    (inner, _), *others = parts
    if not others:
        return f"of {len(inner)} x {len(inner)}"
    across = ", ".join(f"{len(matrix)} x {len(matrix)} (times {count})" for matrix, count in others[:4])
    more = f" and {len(others) - 4} more" if len(others) > 4 else ""
    return f"of {len(inner)} x {len(inner)} on an invariant space, {across}{more} across it"


def _require_room(size: int) -> None:
    """Refuse an array of more eigenvalues, which may be complex, than memory holds."""
    require_memory(f"spectrum: an array of {counted(size)} eigenvalues", 2 * size, "take its values and multiplicities")
