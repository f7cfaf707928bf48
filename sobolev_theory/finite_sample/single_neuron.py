"""One ReLU neuron in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import activations
from .._kernels.finite_sample import edges
from .._runtime.checks import between
from ..norms import Norm, NormLike

FloatArray = NDArray[np.float64]

FEWEST, MOST = 1e-4, 1e6
"""Samples for each dimension."""


def single_neuron_edges(samples_per_dim: ArrayLike, norm: NormLike = "H1") -> FloatArray:
    r"""Lower and upper edge of the bulk for one ReLU neuron of output weight one; last axis of length 2.

    .. math:: \tfrac12 \lambda_0 (1 \mp \sqrt{2 \gamma})^2 + \tfrac12 \lambda_1, \quad \gamma = d/n

    Parameters
    ----------
    samples_per_dim
        ``n/d``, from 1e-4 to 1e6, of any shape. Below 2, a fraction ``1 - n/(2 d)`` of the eigenvalues is
        ``lambda_1/2``, and lies below the bulk.
    norm
        As in `PopulationLoss`.

    Raises
    ------
    ValueError, InfiniteNormError
        For numbers out of that range, and norms that ReLU has not.

    Examples
    --------
    >>> single_neuron_edges([8.0, 0.5], "L2")
    array([[0.125, 1.125],
           [0.5  , 4.5  ]])
    """
    lower, upper, _, _ = _edges(samples_per_dim, norm)
    return np.stack([lower, upper], axis=-1)


def single_neuron_condition_number(samples_per_dim: ArrayLike, norm: NormLike = "H1") -> FloatArray | float:
    r"""Condition number of the empirical Gauss-Newton matrix of one ReLU neuron, in the limit; of any shape.

    Upper edge over lower edge, or over ``lambda_1/2`` with fewer than ``2 d`` samples: infinite for L2.

    Arguments and errors are those of `single_neuron_edges`.

    Examples
    --------
    >>> single_neuron_condition_number([8.0, 2.0, 0.5], "H1"), float(single_neuron_condition_number(2.0, "L2"))
    (array([ 2.6,  5. , 10. ]), inf)
    """
    lower, upper, unseen, fraction = _edges(samples_per_dim, norm)
    with np.errstate(divide="ignore"):
        result: FloatArray = upper / np.where(fraction < 0, lower, unseen)
    return result[()]


def _edges(samples_per_dim: ArrayLike, norm: NormLike) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The kernel's: edges, the eigenvalue of what no sample sees, and what fraction that is, if positive."""
    given = between("samples_per_dim", samples_per_dim, f"numbers from {FEWEST:g} to {MOST:g}", FEWEST, MOST)
    weights = (*Norm.parse(norm, activations.get("relu")).weights, 0.0)
    lower, upper, unseen, fraction = edges(np, 1 / given, *weights[:2])
    return lower, upper, np.broadcast_to(unseen, given.shape), fraction
