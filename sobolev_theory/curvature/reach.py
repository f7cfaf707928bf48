"""Results in doubles, computed in doubles, or in wide numbers where those do not reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..pairs.existence import are_finite, overflowing
from ..pairs.geometry import PairGeometry
from ..pairs.numbers import in_wide_numbers
from ..parameters import Origin
from .blocks import Blocks

FloatArray = NDArray[np.float64]
Result = TypeVar("Result", bound=FloatArray | Blocks)


def in_reach(
    what: str,
    formula: Callable[[PairGeometry], Result],
    geometry: PairGeometry,
    activation: Activation,
    origin: Origin | None,
) -> Result:
    """A function of pairs, in doubles.

    Raises
    ------
    OverflowingError
        Where it is no double, or left the range of wide numbers on the way.
    """
    if not geometry.is_wide:
        result = formula(geometry)
        if are_finite(*_numbers(result)):
            return result
        geometry = PairGeometry.of(in_wide_numbers(geometry.rows), geometry.width, geometry.chart, origin)
    try:
        with np.errstate(over="raise"):
            result = _in_doubles(formula(geometry))
    except FloatingPointError:  # an infinite denominator would make a zero of what is none
        raise overflowing(what, activation) from None
    if not are_finite(*_numbers(result)):
        raise overflowing(what, activation)
    return result


def _in_doubles(result: Any) -> Any:
    """Blocks of wide numbers in doubles: on unit vectors, with coefficients as large as the matrix is."""
    return result.on_units() if isinstance(result, Blocks) else result


def _numbers(result: FloatArray | Blocks) -> tuple[FloatArray, ...]:
    """The numbers that a result consists of."""
    return result.coefficients if isinstance(result, Blocks) else (result,)
