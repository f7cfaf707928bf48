"""Extreme eigenvalues and the condition number of a curvature, from no more of its spectrum than they need."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

from ..curvature.operator import Curvature
from ..curvature.spectrum import definiteness_of
from ..errors import ConditioningWarning

WHOLE = 256
"""Size on the span up to which the whole spectrum costs no more than an iteration."""

SYMMETRIC = 4
"""How many times larger a symmetric matrix may be: its eigenvalues take a twentieth of the operations."""

AFFORDED = 1024
"""Size up to which it is computed where extreme eigenvalues do not do: a second symmetric, some seconds if not."""

ITERATED = 1e-10
"""Accuracy of `Curvature.extreme_eigenvalues`, in units of the largest: smaller ones are 0 as far as it can tell."""

DOUBTED = 1e-4
"""Part of the largest eigenvalue from which the smallest keeps six digits at that accuracy."""


@dataclass(frozen=True)
class Extremes:
    """Smallest and largest eigenvalue (real parts), condition number, `Spectrum.definiteness`.

    ``reason`` says why a condition number is NaN.
    """

    smallest: float
    largest: float
    condition_number: float
    definiteness: str
    reason: str = ""

    @property
    def state(self) -> str:
        """The definiteness in words, with the eigenvalue that shows it."""
        shown = {"semidefinite": "singular to rounding", "indefinite": f"indefinite ({self.smallest:.3g})"}
        return shown.get(self.definiteness, self.definiteness)


def extremes(curvature: Curvature) -> Extremes:
    """From the whole spectrum where that is small, else by iteration; across rescalings where the network has any.

    A positive definite matrix has its condition number at the ends of its spectrum. That of an indefinite one is a
    ratio of moduli which takes the whole spectrum: above `AFFORDED` it is NaN.

    Examples
    --------
    >>> from sobolev_theory import PopulationLoss
    >>> extremes(PopulationLoss([[1.0, 0.0]], "H1").gauss_newton([[1.0, 0.0]]))
    Extremes(smallest=1.0, largest=1.0, condition_number=1.0, definiteness='definite', reason='')
    """
    size = curvature.on_span.shape[0]
    if size <= WHOLE * (SYMMETRIC if curvature.is_symmetric else 1) or curvature.has_quotient:
        return _of_spectrum(curvature)
    try:
        low, high = curvature.extreme_eigenvalues()
        sure = low > DOUBTED * high
        if not sure and size <= AFFORDED:
            return _of_spectrum(curvature)
        accuracy = ITERATED if curvature.is_symmetric or low > 0 else ITERATED**0.5  # zeros in Jordan blocks of size 2
        definiteness = definiteness_of(low, accuracy * max(abs(low), abs(high)))
        if definiteness == "semidefinite":
            return Extremes(0.0, high, np.inf, definiteness)
        if definiteness == "indefinite":
            reason = f"which beyond size {AFFORDED} takes the whole spectrum, and of an indefinite matrix means no rate"
            return Extremes(low, high, np.nan, definiteness, reason)
        moduli = (low, high) if curvature.is_symmetric else _moduli(curvature, low, high)
    except ArpackError:
        raise ValueError(
            f"student: extreme eigenvalues that an iteration finds are required at size {size}, it did not converge; "
            "take fewer neurons or dimensions"
        ) from None
    if moduli is None:
        if size <= AFFORDED:
            return _of_spectrum(curvature)
        reason = f"which of complex eigenvalues takes the whole spectrum, beyond size {AFFORDED}"
        return Extremes(low, high, np.nan, definiteness, reason)
    return Extremes(low, high, moduli[1] / moduli[0], definiteness)


def _of_spectrum(curvature: Curvature) -> Extremes:
    spectrum = curvature.spectrum(quotient=curvature.has_quotient)
    return Extremes(spectrum.smallest, spectrum.largest, spectrum.modulus_ratio, spectrum.definiteness)


def _moduli(curvature: Curvature, low: float, high: float) -> tuple[float, float] | None:
    """Extreme moduli of a matrix that is not symmetric, all of whose eigenvalues have a positive real part.

    If no eigenvalue is further from ``high`` than ``low`` is, all lie in the disc around ``high`` whose rim meets the
    real line at ``low``, and none is nearer to 0 than ``low``. Else the smallest modulus may be a complex one's: None.
    """
    inner = curvature.on_span
    outer = np.concatenate([np.linalg.eigvals(matrix) for matrix, _ in curvature.outside] or [np.array([high])])
    flipped = LinearOperator(inner.shape, lambda x: high * x - inner @ x)
    largest = max(_largest_modulus(inner), float(np.abs(outer).max()))
    furthest = max(_largest_modulus(flipped), float(np.abs(high - outer).max()))
    return (low, largest) if furthest <= (high - low) * (1 + ITERATED) + ITERATED * low else None


def _largest_modulus(operator: LinearOperator) -> float:
    start = np.random.default_rng(0).standard_normal(operator.shape[0])
    found = eigs(operator, k=1, which="LM", v0=start, ncv=30, maxiter=2000, tol=ITERATED, return_eigenvectors=False)
    return float(np.abs(found[0]))


SUBSPACE = (
    "the condition number of the subspace on which errors decay, H.spectrum().definite_part.condition_number() with "
    "H = PopulationLoss(V, norm).hessian(W) or .gauss_newton(W)"
)
ELSEWHERE = (
    'curvature="gauss_newton", which is never indefinite, singular values, H.condition_number(kind="singular"), '
)
"""What is meaningful where the matrix is not positive definite; where it is indefinite."""


def warn(what: str, states: Iterable[tuple[str, Extremes]], *, stacklevel: int = 3) -> None:
    """The warning of condition numbers from which no rate follows."""
    wrong = {norm: found for norm, found in states if found.definiteness != "definite"}
    if wrong:
        elsewhere = ELSEWHERE if any(found.definiteness == "indefinite" for found in wrong.values()) else ""
        warnings.warn(
            f"{what}: no rate follows from a condition number of a matrix that is not positive definite, and "
            f"{', '.join(f'that of {norm} is {found.state}' for norm, found in wrong.items())}. "
            f"Meaningful are {elsewhere}{SUBSPACE}",
            ConditioningWarning,
            stacklevel=stacklevel,
        )
