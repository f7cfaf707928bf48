"""The logistic function, ``1/(1 + exp(-z)) = E Phi(z/T)``, as a mixture of normal laws: atoms of what is made of it."""

from __future__ import annotations

from ..._kernels.logistic_mixture import NODES
from .layers import Atom


def mixture(weight: float, power: int, width: float = 1.0, moment: int = 0) -> list[Atom]:
    """``weight E[T^moment R_power(z)]``, ``R_power`` of the width ``width T``, over the law of ``T``.

    Error of the sum as a function of z: for the logistic function itself 2e-17 times ``weight``, and for its
    derivatives as `_kernels.logistic_mixture.BOUNDS` says.

    Examples
    --------
    >>> from math import fsum
    >>> fsum(atom.weight for atom in mixture(1.0, 0))       # the limit of the sum as z grows
    1.0
    """
    return [Atom(weight * share * tau**moment, power, width * tau) for tau, share in NODES]
