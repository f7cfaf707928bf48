"""The pairs of a loss: those of its stacked rows, in numbers that hold what is made of them."""

import numpy as np
from numpy.typing import NDArray

from ..parameters import Origin
from .blocks_of_rows import require_pairs_fit
from .geometry import PairGeometry
from .numbers import LARGE, in_wide_numbers
from .sums import PairTerms

FloatArray = NDArray[np.float64]


def pairs_of(rows: FloatArray, width: int, terms: PairTerms, c: FloatArray, origin: Origin | None) -> PairGeometry:
    """The geometry of rows, in wide numbers also where output weights ``c`` or the weights of the norm need them."""
    require_pairs_fit(width, len(rows))
    if terms.is_extreme or not LARGE**-2 < c.dot(c) < LARGE**2:
        rows = in_wide_numbers(rows) if c.any() else rows
    return PairGeometry.of(rows, width, terms.chart, origin)
