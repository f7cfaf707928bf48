r"""The distance to the teacher as a Lyapunov function of gradient flow."""

from __future__ import annotations

import numpy as np

from .._runtime.checks import instance_of
from ..losses import PopulationLoss, Student
from ..pairs.existence import overflowing
from ..parameters import Parameters


def lyapunov_derivative(loss: PopulationLoss, W: Student) -> float:
    r"""``d/dt 1/2 |W - V|^2 = -<W - V, gradient>`` along the gradient flow of a loss, at ``W``.

    ``W`` and ``V`` are all that moves. Negative where training approaches the teacher, its neurons taken in the order
    given. For one ReLU neuron it is negative everywhere but at 0 and at the teacher, and lower for H1 than for L2:
    closed forms and the proof are those of `single_neuron.lyapunov_derivative`.

    Parameters
    ----------
    loss
        Norm and convention of the field.
    W
        Weights (K, d) or a `Network`, as many neurons as the teacher has.

    Raises
    ------
    NotDifferentiableError
        Where the gradient does not exist.
    ValueError
        If student and teacher differ in width or activation.

    Notes
    -----
    As accurate as the gradient: 1e-13 relative for one ReLU neuron; for several, 1e-16 of the natural scale times the
    distance. Source: Oh, Lyu & Son 2025 (arXiv 2509.19773).

    Examples
    --------
    >>> l2, h1 = (lyapunov_derivative(PopulationLoss([[0.0, 1.0]], norm), [[1.0, 0.0]]) for norm in ("L2", "H1"))
    >>> print(f"{l2:.6f} {h1:.6f}")                                 # 1/(2 pi) - 3/4 and 1/(2 pi) - 3/2
    -0.590845 -1.340845
    """
    point, teacher = instance_of("loss", loss, PopulationLoss).at(W), loss.teacher
    if point.width != teacher.width:
        raise ValueError(f"student: the width of the teacher, {teacher.width}, is required, got {point.width}")
    if not loss.affine_terms.is_shared:
        raise ValueError(
            f"student: the activation of the teacher, {teacher.activation.name!r}, is required, got "
            f"{loss.activation.name!r}: no distance of weights is one of these networks"
        )
    layout = loss.layout(point.width)
    away = point.parameters.rows(layout) - Parameters.of_network(teacher).rows(layout)
    derivative = -float(np.vdot(away, point.gradient_rows))
    if not np.isfinite(derivative):
        raise overflowing("derivative of the distance", loss.activation)
    return derivative
