r"""Where kinks that coincide come apart along a displacement: the frames and places that a limit depends on.

Of neurons ``(w_j, b_j) = c (w_i, b_i)``, offsets less the places of the kinks, that move by ``(X, x)`` the difference
``(X_j, x_j) - c (X_i, x_i)`` has a part ``(r, r_b)`` with ``r`` orthogonal to ``w_i`` in the covariance. For ``eps ->
0+`` the second vector of the frame tends to ``Sigma r/|r|``, and the place along it where the kinks meet to ``v = (r .
mu + r_b)/|r|``, infinite where only the biases move apart.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .affine import AffinePairs
from .angles import PARALLEL, components
from .approach import differences
from .near_pairs import NOBODY, kinks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def kinks_approached(geometry: AffinePairs, displacement: FloatArray) -> tuple[AffinePairs, IntArray]:
    """The geometry of neurons just off their places, and which near pairs coincide still.

    Parameters
    ----------
    geometry
        Of the neurons.
    displacement
        ``(X, x)`` of the first neurons, (width, d + 1), none of its entries beyond 1 in modulus; the others rest.
    """
    pairs, near, e = geometry.pairs, geometry.near, geometry.near.e.copy()
    meetings = {(0.0, 0.0): near.meeting(0.0, 0.0)}
    unparted: list[IntArray] = [NOBODY]
    for places in geometry.meetings:
        numbers = geometry.coincident_at(*places)
        v, lag = (array.copy() for array in near.meeting(*places))
        lag[numbers] = 0.0
        v[numbers], e[numbers], together = _parted(geometry, displacement, numbers, places[0])
        meetings[places] = v, lag
        unparted.append(numbers[together])
    moved = replace(near, e=e, meetings=meetings)
    means = np.zeros(len(pairs.norms)) if geometry.means is None else geometry.means  # with none there is no v
    moved_geometry = replace(geometry, pairs=replace(pairs, near=moved), means=means)
    return moved_geometry, np.unique(np.concatenate(unparted))


def _parted(
    geometry: AffinePairs, displacement: FloatArray, numbers: IntArray, place: float
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """``v`` and ``e`` of near pairs whose kinks, that of the first neuron at a place, coincide; and which are no more.

    With kinks the neurons are ``(w, b - kappa)``, of which displacements are the same.
    """
    i, apart = geometry.near.i[numbers], differences(geometry.pairs, displacement, numbers)
    first = np.column_stack([geometry.neurons.weights, geometry.neurons.biases - place])[i]
    apart[_are_along(first, apart)] = 0.0
    _, _, v, _, e, together = kinks(first, apart, geometry.ambient.mean, geometry.ambient.covariance)
    return v, e, together


def _are_along(neurons: FloatArray, apart: FloatArray) -> NDArray[np.bool_]:
    """Which rows are multiples of neurons up to the rounding of the difference that made them."""
    _, residual = components(neurons, apart)
    return np.asarray(np.abs(residual).max(axis=1, initial=0.0) <= PARALLEL * neurons.shape[1] ** 0.5)
