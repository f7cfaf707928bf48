"""Symmetric positive semi-definite forms on R^d: input covariances and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array, as_numbers, as_semidefinite
from ._runtime.results import Record
from ._runtime.sizes import require_memory
from .matrix_roots import EPS, Root

FloatArray = NDArray[np.float64]

REQUIRED = "None, a number >= 0, variances (d,), or a symmetric positive semi-definite matrix (d, d), is required"
KINDS = ("scalar", "diagonal", "dense")


@dataclass(frozen=True, eq=False, repr=False)
class Form(Record):
    """``u' S v`` on R^d for a symmetric positive semi-definite ``S``: a number times I, a diagonal, or a dense matrix.

    A value: its array is read-only, and of the three kinds it is the simplest that is exactly the same form.

    Raises
    ------
    ValueError
        By `parse`, with the name of the argument: for what is not finite, not real, of another size, not symmetric or
        not positive semi-definite.

    Examples
    --------
    >>> Form.parse("covariance", [[4.0, 0.0], [0.0, 9.0]], 2) == Form.parse("covariance", [4.0, 9.0], 2)
    True
    >>> Form.parse("metric", np.eye(3), 3).is_identity
    True
    >>> spiked = Form.parse("covariance", [[2.0, 1.0], [1.0, 2.0]], 2)
    >>> spiked.apply(np.array([1.0, -1.0]))
    array([ 1., -1.])
    """

    dim: int  # d
    array: FloatArray  # S: of no axis, a multiple of I; of one, a diagonal; of two, a matrix

    def __post_init__(self) -> None:
        self.array.flags.writeable = False

    def __reduce__(self) -> tuple[Callable[..., Form], tuple[Any, ...]]:
        return Form, (self.dim, self.array)

    @classmethod
    def parse(cls, name: str, value: ArrayLike | None, dim: int) -> Form:
        """The form of an argument of that name; None is the identity."""
        if value is None:
            return cls(dim, np.array(1.0))
        given = as_numbers(name, value, REQUIRED)
        if given.ndim > 2:
            raise ValueError(f"{name}: {REQUIRED}, got shape {given.shape}")
        array = as_array(name, given, ("d",) * given.ndim, {"d": dim})
        if array.ndim < 2:
            if array.min() < 0:
                what = "variances >= 0 are" if array.ndim else "a number >= 0 is"
                raise ValueError(f"{name}: {what} required, got {array.min()}")
            return cls._simplest(dim, array)
        return cls._simplest(dim, as_semidefinite(name, array))

    @classmethod
    def _simplest(cls, dim: int, array: FloatArray) -> Form:
        """The form in the fewest numbers, exactly; a copy."""
        if array.ndim == 2 and np.count_nonzero(array) == np.count_nonzero(array.diagonal()):
            array = array.diagonal()
        if array.ndim == 1 and (array == array[0]).all():
            array = array[0]
        return cls(dim, np.array(array))

    def facts(self) -> dict[str, Any]:
        """Dimension, kind, and the numbers."""
        return {"dim": self.dim, "kind": self.kind, "array": self.array}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Form):
            return NotImplemented
        return self.dim == other.dim and np.array_equal(self.array, other.array)

    def __hash__(self) -> int:
        return hash((self.dim, (self.array + 0.0).tobytes()))  # -0.0 equals 0.0

    @property
    def kind(self) -> str:
        """``"scalar"``, ``"diagonal"`` or ``"dense"``."""
        return KINDS[self.array.ndim]

    @property
    def scalar(self) -> float | None:
        """The number that I is multiplied with, or None."""
        return None if self.array.ndim else float(self.array)

    @property
    def is_identity(self) -> bool:
        """Whether the form is the Euclidean product."""
        return self.scalar == 1

    @property
    def is_zero(self) -> bool:
        """Whether the form is zero."""
        return self.scalar == 0

    @cached_property
    def eigen(self) -> tuple[FloatArray, FloatArray]:
        """Of a dense form, the eigenvalues in ascending order and their vectors (d, d); rounding of zeros is zero."""
        values, vectors = np.linalg.eigh(self.array)
        values[values < self.dim * EPS * values[-1]] = 0.0
        return values, vectors

    @cached_property
    def _root(self) -> Root:
        """That of a dense form."""
        return Root.of(self.array)

    @property
    def factor(self) -> FloatArray:
        """``L`` with ``S = L L'``: of a dense form (d, rank), of others its diagonal."""
        return self._root.factor if self.array.ndim == 2 else np.sqrt(self.array)

    def apply(self, rows: FloatArray) -> FloatArray:
        """``rows @ S``, shape (..., d); the rows themselves for the identity."""
        return _product(rows, self.array)

    def root(self, rows: FloatArray) -> FloatArray:
        """``rows @ L`` with ``S = L L'``, shape (..., rank): the form's products are Euclidean ones of the results.

        Of a dense form it is a `Root`, whose rank is that up to rounding.
        """
        return self._root.apply(rows) if self.array.ndim == 2 else _product(rows, self.factor)

    def lift(self, vectors: FloatArray) -> FloatArray:
        """``vectors @ L'``, from the space of `root` back to R^d: ``lift(root(u)) = u S``."""
        return _product(vectors, self.factor.T)

    def restricted(self, basis: FloatArray) -> Form:
        """``Q' S Q``, the form in coordinates of the orthonormal columns of a basis ``Q`` (d, n)."""
        n = basis.shape[1]
        if not self.array.ndim:
            return Form(n, self.array)
        block = basis.T @ self.apply(basis.T).T
        return Form._simplest(n, (block + block.T) / 2)

    def to_dense(self) -> FloatArray:
        """The matrix ``S``, shape (d, d)."""
        if self.array.ndim == 2:
            return self.array
        require_memory(f"a dense form of dimension {self.dim}", self.dim**2, "its products need no matrix")
        return np.diag(self.diagonal)

    @property
    def diagonal(self) -> FloatArray:
        """The diagonal of ``S``, shape (d,)."""
        return self.array.diagonal() if self.array.ndim == 2 else np.broadcast_to(self.array, (self.dim,))


def _product(rows: FloatArray, factor: FloatArray) -> FloatArray:
    """Rows times a number, a diagonal or a matrix; the rows themselves if it is one."""
    if factor.ndim == 2:
        return rows @ factor
    return rows if not factor.ndim and factor == 1 else rows * factor
