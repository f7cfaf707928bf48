"""Classes of definitions by the names that the generated table, and texts of derived activations, give them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .definition import Definition
from .entire import Entire
from .exponential.unit import ExponentialUnit
from .piecewise.polynomial import PiecewisePolynomial
from .series.series import Series
from .smoothed.logistic import mixture
from .smoothed.rectifiers import SmoothedRectifiers

FloatArray = NDArray[np.float64]
Derivatives = tuple[Callable[[Any, Any], Any], ...]
"""Functions of an array namespace and ``z``, by their order."""
Maker = Callable[[str, Any, Derivatives], Definition]


def _entire(expression: str, terms: Any, _: Derivatives) -> Entire:
    """Complex numbers come as pairs."""
    return Entire(tuple((complex(*b), tuple(complex(*c) for c in cs)) for b, cs in terms), expression)


def _series(expression: str, _: Any, derivatives: Derivatives) -> Series:
    """As far as the derivatives go: curvature of a norm takes four more."""

    def evaluate(z: FloatArray, order: int) -> list[FloatArray]:
        return [np.asarray(derivative(np, z) + np.zeros_like(z)) for derivative in derivatives[: order + 1]]

    highest = len(derivatives) - 1
    return Series(expression, evaluate, highest, highest - 4, ("series", expression))


def _smoothed(expression: str, data: Any, derivatives: Derivatives) -> SmoothedRectifiers:
    """Atoms of the logistic mixture are written out over the law."""
    polynomial, atoms, mixtures = data
    over_the_law = [atom for weight, n, width, moment in mixtures for atom in mixture(weight, n, width, moment)]
    return SmoothedRectifiers([*(atom[:3] for atom in atoms), *over_the_law], polynomial, expression, derivatives)


def _exponential_unit(expression: str, numbers: Any, _: Derivatives) -> ExponentialUnit:
    """Of ``alpha, scale, rate``."""
    alpha, scale, rate = numbers
    return ExponentialUnit(alpha, scale, rate, expression)


def _piecewise(expression: str, data: Any, _: Derivatives) -> PiecewisePolynomial:
    """Kinks and pieces."""
    return PiecewisePolynomial(*data, expression=expression)


KINDS: dict[str, Maker] = {
    "Entire": _entire,
    "ExponentialUnit": _exponential_unit,
    "PiecewisePolynomial": _piecewise,
    "Series": _series,
    "SmoothedRectifiers": _smoothed,
}
"""From an expression, data of the class, and pointwise derivatives where there are some, to a definition."""


def made(kind: str, expression: str, data: Any, derivatives: Derivatives = ()) -> Definition:
    """A definition of a class of `KINDS`."""
    return KINDS[kind](expression, data, derivatives)
