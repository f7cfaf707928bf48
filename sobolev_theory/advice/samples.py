r"""How many samples derivatives save: how much of the L2 error so many samples leave open, with and without them.

To first order ``n`` samples determine a displacement of the parameters on the row space of their Jacobian; a sample
is one equation for the function, ``d`` more for its gradient, ``d (d + 1)/2`` for its Hessian. Of a random displacement
the part of the L2 error that is left open, in the mean, is ``tr(G_0 (I - P_n)) / tr G_0`` with the projection ``P_n``
onto that space and the matrix ``G_0`` of theory. Labels without noise are meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..curvature.spectrum import rounding_of
from ..finite_sample.single_neuron import FEWEST, MOST
from ..finite_sample.spectrum import WIDEST, spectrum
from ..losses import PopulationLoss
from ..networks import Network
from ..norms import Norm
from .data import Question

FloatArray = NDArray[np.float64]

CLOSE = 1.03
"""Factor to which a number of samples is known."""

PER_NEURON = 4.0
"""Samples per dimension and neuron at which a search by the law begins."""

TWICE = 2.0
"""Condition numbers of sampled matrices up to so many times that of the population count as close to it."""


@dataclass(frozen=True)
class SamplesNeeded:
    """Samples that a norm needs; infinite, where `tried` are not enough. ``equations``: parameters over equations."""

    norm: str
    needed: float
    tried: int
    equations: float


def counted(question: Question, X: FloatArray, judge: FloatArray, norm: Norm, accuracy: float) -> SamplesNeeded:
    """Of the rows of X, taken in order, as many as leave a part of the error open."""
    total = float(np.trace(judge))

    def enough(n: int) -> bool:
        values, vectors = np.linalg.eigh(question.gauss_newton(X[:n], norm))
        seen = vectors[:, values > rounding_of(values)]
        return total - float(np.einsum("ij,ij->", seen, judge @ seen)) <= accuracy * total

    equations = len(judge) / norm.equations(X.shape[1])
    return SamplesNeeded(norm.name, _first(enough, len(X), equations), len(X), equations)


def _first(enough: Callable[[int], bool], most: int, near: float) -> float:
    """The least number that is enough, to a few percent; infinite if none is. It is looked for near one that may be."""
    low, high = 0, min(most, max(1, int(near)))
    while not enough(high):
        if high == most:
            return np.inf
        low, high = high, min(most, 2 * high)
    while high - low > 1 and high > CLOSE * low:
        middle = round(np.sqrt(low * high)) if low else high // 2
        middle = min(max(middle, low + 1), high - 1)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(high)


def has_law(network: Network, loss: PopulationLoss) -> bool:
    """Whether the law of sampled matrices covers a network: piecewise linear, few neurons, standard inputs."""
    standard = loss.is_standard and not network.has_biases
    return standard and network.activation.degree == 1 and network.width <= WIDEST


def by_law(network: Network, norm: Norm, limit: float) -> float:
    """Samples per dimension until the condition number is at most twice that of the population, `limit`."""

    def enough(logarithm: float) -> bool:
        law = spectrum(network, norm, samples_per_dim=float(np.exp(logarithm)))
        return law.condition_number <= TWICE * limit

    low = high = np.log(PER_NEURON * network.width)
    while not enough(high) and high < np.log(MOST) - 1:
        low, high = high, high + 1
    while low == high and enough(low - 1) and low > np.log(FEWEST) + 2:
        low = high = low - 1
    low = high - 1
    while high - low > np.log(CLOSE):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(np.exp(high))
