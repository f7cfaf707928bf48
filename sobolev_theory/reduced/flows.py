"""The planar gradient flows: one ReLU neuron, and Tian's symmetric students."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from .. import single_neuron
from .._runtime.checks import number
from ..activations import get
from ..losses import LossOptions
from ..norms import Norm, NormLike
from ..single_neuron.arguments import TINY
from .family import family_width, representative, student_rows, velocity_of
from .integrate import PlanarFlow, Sides, integrate

FloatArray = NDArray[np.float64]

RESOLVED = 1e-13
"""Size, relative to the teacher, below which coordinates that go through zero are not resolved."""

RESTING = 1e-14
"""Change of such coordinates in the fastest time constant that is not told from rest: a sum over the neurons."""

DECAYED = 1e-30
"""Size of an exponentially decaying angle or norm down to which it keeps its digits."""

BESIDE = 1e-12
"""Angle, radians, at which the field beside a line is taken for its one-sided limit."""


@np.errstate(all="ignore")
def single_neuron_flow(
    angle: float,
    ratio: float,
    t_max: float,
    norm: NormLike = "H1",
    *,
    derivative: str = "backprop",
    rtol: float = 1e-10,
) -> PlanarFlow:
    r"""Gradient flow of one ReLU neuron, in any dimension: ``|w|/|w*|`` and the angle, by `single_neuron.velocity`.

    Parameters
    ----------
    angle, ratio
        Start: the angle between student and teacher, radians in [0, pi], and ``|w*| / |w| > 0``.
    t_max
        Positive end time.
    norm, derivative
        As in `PopulationLoss`, for ReLU.
    rtol
        Bound of the local errors, relative to either coordinate.

    Returns
    -------
    PlanarFlow
        From where it is at rest to rounding it stays there, however long ``t_max`` is (``status``). In the exact
        convention of H1 the angle vanishes at the finite ``alignment_time`` and stays zero: the field turns the student
        to the ray of ``w*`` from all sides. Near angle pi (H1: above 2.488) it is the opposite ray.

    Raises
    ------
    ValueError
        For arguments outside their domain.
    InfiniteNormError
        For a norm of order 2 or more.

    Notes
    -----
    For L2, ``((pi - theta) r - pi cos(theta)) / sin(theta)`` is constant along the flow.

    Examples
    --------
    >>> flow = single_neuron_flow(np.pi / 2, 2.0, 10.0, derivative="exact")
    >>> flow.names, round(flow.alignment_time, 6), flow.states[-1].round(4)
    (('|w|/|w*|', 'angle'), 1.792404, array([0.9999, 0.    ]))
    """
    weights = Norm.parse(norm, get("relu")).weights
    angle, ratio = (number(name, x, "one number", -np.inf, np.inf) for name, x in (("angle", angle), ("ratio", ratio)))
    single_neuron.velocity(angle, ratio, weights, derivative=derivative)  # refuses what is out of its domain
    jumps = derivative == "exact" and len(weights) > 1

    def field(state: FloatArray, sides: Sides) -> FloatArray:
        angle, ratio = np.clip(state[1], 0.0, np.pi), 1 / max(state[0], TINY)
        velocity = single_neuron.velocity(angle, ratio, weights, derivative=derivative)
        velocity *= (sides[2], -sides[0] * sides[1])  # beyond the rays and beyond the origin is the mirror image
        return velocity

    flow = integrate(
        ("|w|/|w*|", "angle"),
        field,
        np.array([1 / ratio, angle], dtype=np.float64),
        t_max,
        rtol=rtol,
        atol=np.array([DECAYED, rtol if jumps else DECAYED]),
        rest=np.full(2, DECAYED),
        sharpness=sum(weights),
        lines=[(1, 0.0), (1, np.pi), (0, 0.0)],
    )
    return flow if jumps else replace(flow, alignment_time=np.inf)  # at rest on a ray, which does not pull


@np.errstate(all="ignore")
def symmetric_flow(
    width: int,
    x: float,
    y: float,
    t_max: float,
    norm: NormLike = "L2",
    *,
    rtol: float = 1e-10,
    **loss_options: Unpack[LossOptions],
) -> PlanarFlow:
    r"""Gradient flow of Tian's family from ``(x, y)``: the field of `symmetric_velocity`.

    The line ``x = y``, on which all neurons coincide, cannot be crossed. From ``x > y`` the flow goes to the teacher
    ``(1, 0)`` in all cases tried; from ``x < y`` it ends, for two neurons, at ``(0, 1)``, the teacher with its neurons
    exchanged, for more, at another critical point (ReLU, large K: near ``(-1 + 2/K, 2/K)``, Arjevani & Field 2020).
    The family is invariant, not attracting: where that point is unstable, as for ReLU^2 with H2, rounding drives
    `gradient_flow` in all weights away from it in the end.

    Parameters
    ----------
    width, norm, **loss_options
        As in `symmetric_velocity`.
    x, y
        Start.
    t_max
        Positive end time; rates are of size ``K``.
    rtol
        Bound of the local errors, relative to either coordinate.

    Returns
    -------
    PlanarFlow
        Computed by DOP853, or by Radau where ``t_max`` is many time constants; from where it is at rest to rounding it
        stays there (``status``). In the exact convention of a norm whose highest derivative jumps it crosses the line
        ``y = 0`` or, from its ``alignment_time`` on, slides on it.

    Raises
    ------
    NotDifferentiableError
        As in `symmetric_velocity`, if the start is ``x = y``.
    ValueError
        For arguments outside their domain, or a flow that overflows.

    Examples
    --------
    >>> flow = symmetric_flow(1000, 0.3, 0.01, 1.0)
    >>> flow.names, bool(np.abs(flow.states[-1] - [1, 0]).max() < 1e-12)
    (('x', 'y'), True)
    """
    width = family_width(width)
    loss = representative(width, norm, **loss_options)
    velocity = velocity_of(width, loss)
    start = np.array([number(name, value, "a finite number", -np.inf, np.inf) for name, value in (("x", x), ("y", y))])
    # w_j is parallel to v_j where y = 0; for two neurons, to the other teacher where x = 0
    lines = ([(1, 0.0)] if width > 2 else [(0, 0.0), (1, 0.0)]) if loss.has_cones else []
    beside = BESIDE / np.sqrt(width - 1)

    def field(state: FloatArray, sides: Sides) -> FloatArray:
        point = state.copy()
        for (axis, _), side in zip(lines, sides, strict=True):
            point[axis] = side * max(side * state[axis], beside * abs(state[1 - axis]))
        return np.array(velocity(*point))

    if start[0] == start[1]:
        velocity(*start)  # refuses a start where the field does not exist
    ends = (student_rows(width, a, b, loss.activation) for a, b in (start, (1.0, 0.0)))
    sharpness = max(loss.gauss_newton(rows).extreme_eigenvalues()[1] for rows in ends) / width
    return integrate(
        ("x", "y"),
        field,
        start,
        t_max,
        rtol=rtol,
        atol=RESOLVED / np.array([1, width - 1]),
        rest=RESTING / np.array([1, width - 1]),
        sharpness=sharpness,
        lines=lines,
    )
