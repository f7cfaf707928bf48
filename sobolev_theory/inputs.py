"""Gaussian inputs: a mean and a covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array, as_finite, counted, generator, positive_integer
from ._runtime.results import Frozen
from ._runtime.sizes import require_memory
from .errors import OverflowingError
from .forms import Form

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Inputs(Frozen):
    r"""The distribution of the inputs, ``x ~ N(mu, Sigma)`` in R^d.

    Parameters
    ----------
    mean
        ``mu``, shape (d,); zero if None.
    covariance
        ``Sigma``: a number ``tau >= 0`` for ``tau I``, variances (d,), or a symmetric positive semi-definite matrix
        (d, d), singular ones included: a Gaussian on a subspace. The identity if None.

    Attributes
    ----------
    mean, covariance
        As given, arrays as read-only copies; of a matrix, its symmetric part.
    dim
        ``d``, or None where none of them says: such inputs go with networks of any dimension.

    form
        The covariance as a `Form`, of dimension 1 where none was given.

    Notes
    -----
    A value: inputs are equal if they are the same distribution, and a diagonal matrix is the vector of its diagonal.

    Raises
    ------
    ValueError
        For a covariance that is not symmetric or not positive semi-definite beyond rounding, is of another size than
        the mean, or is zero; for values that are not finite.

    Examples
    --------
    >>> inputs = Inputs(mean=[1.0, 0.0], covariance=[[2.0, 1.0], [1.0, 2.0]])
    >>> inputs.dim, inputs.sample(3, rng=0).shape
    (2, (3, 2))
    >>> Inputs(covariance=[4.0, 9.0]) == Inputs(covariance=[[4.0, 0.0], [0.0, 9.0]])
    True
    """

    mean: FloatArray | None
    covariance: float | FloatArray | None
    dim: int | None
    form: Form

    def __init__(self, mean: ArrayLike | None = None, covariance: ArrayLike | None = None) -> None:
        mu = None if mean is None else as_array("mean", mean, ("d",)).copy()
        sigma = np.array(1.0) if covariance is None else as_finite("covariance", covariance)
        if sigma.ndim == 2 and len(sigma) != len(sigma.T):
            raise ValueError(
                f"covariance: a square matrix (d, d) is required, got shape {sigma.shape}; of samples, rows of shape "
                "(n, d), Inputs.from_data takes mean and covariance"
            )
        dim = len(mu) if mu is not None else len(sigma) if sigma.ndim else None
        form = Form.parse("covariance", sigma, dim or 1)
        if form.is_zero:
            raise ValueError("covariance: one that is not zero is required, inputs that do not vary have no theory")
        if sigma.ndim:
            given: float | FloatArray = form.array if sigma.ndim == form.array.ndim else sigma.copy()
        else:
            given = float(sigma)
        self._set({"mean": mu, "covariance": None if covariance is None else given, "dim": dim, "form": form})

    def facts(self) -> dict[str, Any]:
        """What was given."""
        facts = {"mean": self.mean, "covariance": self.covariance}
        return {name: value for name, value in facts.items() if value is not None}

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Inputs) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[int | None, bytes, Form]:
        """What equal distributions share; -0.0 equals 0.0, and no mean is zero."""
        mean = np.zeros(self.dim or 0) if self.mean is None else self.mean
        return self.dim, (mean + 0.0).tobytes(), self.form

    @property
    def is_standard(self) -> bool:
        """Whether ``x ~ N(0, I)``."""
        return self.form.is_identity and (self.mean is None or not self.mean.any())

    @classmethod
    def from_data(cls, X: ArrayLike) -> Inputs:
        r"""The Gaussian of the mean and the covariance of samples, ``Sigma = sum (x - mean)(x - mean)' / (n - 1)``.

        Parameters
        ----------
        X
            Samples, shape (n, d), n at least 2. Columns may be constant, and fewer samples than dimensions are enough:
            the covariance is then singular.

        Raises
        ------
        ValueError
            For fewer samples, values that are not finite, or samples that are all equal.
        OverflowingError
            For samples whose squares are beyond double precision.

        Examples
        --------
        >>> inputs = Inputs.from_data([[0.0, 1.0], [2.0, 3.0], [4.0, 2.0]])
        >>> inputs.mean, inputs.covariance
        (array([2., 2.]), array([[4., 1.],
               [1., 1.]]))
        """
        samples = as_array("X", X, ("n", "d"))
        n, d = samples.shape
        if n < 2:
            raise ValueError(f"X: at least 2 samples, rows of shape (n, d), are required, got shape {samples.shape}")
        require_memory(f"X: a covariance of shape ({d}, {d})", 3 * d * d, "pass Inputs(mean, variances) in its place")
        with np.errstate(over="ignore", invalid="ignore"):
            centred = samples - samples[0]  # exactly zero in a column that is constant
            shift = centred.mean(axis=0)
            centred -= shift
            covariance = centred.T @ centred / (n - 1)
            mean = samples[0] + shift
        if not (np.isfinite(covariance).all() and np.isfinite(mean).all()):
            raise OverflowingError("X: the covariance overflows double precision; X in a larger unit is required")
        if not covariance.any():
            raise ValueError(f"X: samples that vary are required, got {n} whose covariance is zero")
        return cls(mean, covariance)

    def at(self, dim: int) -> tuple[FloatArray, Form]:
        """The mean, shape (d,), and the covariance of inputs of a dimension.

        Raises
        ------
        ValueError
            If these inputs have another one.

        Examples
        --------
        >>> mean, covariance = Inputs(covariance=4.0).at(3)
        >>> mean, covariance.scalar
        (array([0., 0., 0.]), 4.0)
        """
        dim = positive_integer("dim", dim)
        if self.dim not in (None, dim):
            raise ValueError(f"inputs: input dimension {dim} of the networks is required, got {self.dim}")
        if self.mean is None:
            require_memory(f"dim: a mean of shape ({counted(dim)},)", dim, "lower dim")
        mean = np.zeros(dim) if self.mean is None else self.mean
        return mean, self.form if self.dim else Form(dim, self.form.array)

    def sample(self, n: int, rng: Any = None) -> FloatArray:
        """``n`` independent inputs, shape (n, d).

        Raises
        ------
        ValueError
            If no dimension was given, as for ``Inputs(covariance=2.0)``.
        SizeError
            For more numbers than half of the memory holds.

        Examples
        --------
        >>> Inputs(covariance=[1.0, 0.0]).sample(2, rng=0)
        array([[0.12573022, 0.        ],
               [0.64042265, 0.        ]])
        """
        n = positive_integer("n", n)
        if self.dim is None:
            raise ValueError("inputs: a dimension is required, got none; pass a mean (d,) or variances (d,)")
        require_memory(f"n: inputs of shape ({counted(n)}, {self.dim})", 2 * n * self.dim, "lower n")
        mean, form = self.at(self.dim)
        rank = form.factor.shape[1] if form.kind == "dense" else self.dim
        return mean + form.lift(generator(rng).standard_normal((n, rank)))
