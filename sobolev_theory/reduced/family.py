r"""Tian's family of students, ``w_j = x v_j + y sum_(k != j) v_k`` for orthonormal teachers: its field, and its saddle.

Field and family are unchanged by a permutation of neurons and teachers together, so gradient flow stays in the family:
it is a planar system in ``(x, y)``, whose cost does not depend on the number of neurons. It is offered by `reduced`.

Source: Tian 2017 (arXiv 1703.00560); Saad & Solla 1995.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_finite, integer, shown
from .._runtime.results import Record
from ..activations import Activation
from ..activations.per_neuron import chosen
from ..losses import LossOptions, PopulationLoss
from ..networks import Network
from ..norms import NormLike

FloatArray = NDArray[np.float64]

WIDEST = 10**15
"""Widths up to this are exact in double precision."""


@dataclass(frozen=True, repr=False)
class SymmetricSaddle(Record):
    """The critical point ``x = y > 0`` of the symmetric family, and the two rates of the planar field there.

    Attributes
    ----------
    x
        All neurons are ``x sum_k v_k``.
    along, across
        Eigenvalues of the Jacobian of ``(x', y')``: on the diagonal, and for the mode in which the neurons part,
        ``(K - 1, -1)``. A rate below zero attracts.
    """

    x: float
    along: float
    across: float

    @property
    def is_saddle(self) -> bool:
        """Whether the diagonal attracts and the mode across it repels."""
        return self.along < 0 < self.across


@np.errstate(all="ignore")
def symmetric_velocity(
    width: int,
    x: ArrayLike,
    y: ArrayLike,
    norm: NormLike = "L2",
    **loss_options: Unpack[LossOptions],
) -> FloatArray:
    r"""``(x', y')`` under gradient flow of ``w_j = x v_j + y sum_(k != j) v_k``, orthonormal teachers ``v_1 .. v_K``.

    The teacher is ``(1, 0)``. The cost does not depend on ``K``.

    Parameters
    ----------
    width
        ``K >= 2``, output weights one.
    x, y
        Coordinates; they broadcast.
    norm, **loss_options
        As in `PopulationLoss`.

    Returns
    -------
    array
        Array of the broadcast shape plus one axis of length 2. Sums over ``K`` neurons leave their rounding: the errors
        of ``x'`` and ``(K - 1) y'`` are below ``1e-15 K (1 + |x| + (K - 1) |y|)`` for ReLU, at ``K = 10^9`` too.

    Raises
    ------
    NotDifferentiableError
        In the exact convention of a norm whose highest derivative jumps, on the lines ``x = y`` (all neurons
        coincide) and ``y = 0``; for ReLU, at ``x = y = 0``.
    ValueError
        For arguments outside their domain.

    Examples
    --------
    >>> symmetric_velocity(10**6, [1.0, 0.5], 0.0)[:, 0] / 10**6     # K (1 - x)/(2 pi) for large K
    array([0.        , 0.07957764])
    """
    width = family_width(width)
    velocity = velocity_of(width, representative(width, norm, **loss_options))
    first, second = as_finite("x", x), as_finite("y", y)
    try:
        pairs = np.broadcast(first, second)
    except ValueError:
        raise ValueError(f"x, y: shapes that broadcast are required, got {first.shape} and {second.shape}") from None
    return np.reshape([velocity(*pair) for pair in pairs], (*pairs.shape, 2))


@np.errstate(all="ignore")
def symmetric_saddle(width: int, norm: NormLike = "L2", **loss_options: Unpack[LossOptions]) -> SymmetricSaddle:
    r"""The critical point ``x = y > 0``, all neurons equal, at which training from small symmetric weights lingers.

    For ReLU with weights ``(lambda_0, lambda_1)``, ``Lambda = lambda_0 + lambda_1``, it is a saddle at every width:

    .. math:: x = \frac{\pi - \arccos(1/\sqrt K) + \sqrt{K-1}\, \lambda_0/\Lambda}{\pi K}, \quad
              -\frac{\Lambda K}{2} \text{ along}, \quad
              \frac{K \lambda_0 + \lambda_1}{2 \pi x \sqrt{K - 1}} \text{ across}

    Tian 2017 gives ``x`` for L2. For erf ``x = 1/sqrt(K (2K - 1))`` (Saad & Solla 1995), and in every norm: there each
    order is a function of ``rho/sqrt((1+s)(1+t))``, which at this ``x`` is the same for two students as for a student
    and a teacher.

    Parameters
    ----------
    width, norm, **loss_options
        As in `symmetric_velocity`.

    Returns
    -------
    SymmetricSaddle
        ``x`` and ``along`` to 1e-15 relative, ``across`` to 1e-15 of ``along``.

    Raises
    ------
    NotDifferentiableError
        In the exact convention of a norm whose highest derivative jumps: the loss has a ridge where neurons coincide.
    ValueError
        For arguments outside their domain.

    Notes
    -----
    In the backprop convention of such a norm the field has a kink on the diagonal: ``|x - y|`` times a push along it.
    Each of the two one-sided Jacobians is triangular in (along, across), both with these eigenvalues.

    Examples
    --------
    >>> saddle = symmetric_saddle(2)
    >>> saddle.is_saddle, saddle.along, bool(np.isclose(saddle.x, (1 + 3 * np.pi / 4) / (2 * np.pi)))
    (True, -1.0, True)
    """
    width = family_width(width)
    # K equal neurons are one of output weight K and norm p = x sqrt(K); all teachers are at cos(angle) = 1/sqrt(K)
    direction = np.array([1.0, np.sqrt(width - 1), 0.0]) / np.sqrt(width)
    teacher = Network([direction], [width], activation=chosen(loss_options.get("activation")))
    loss = PopulationLoss(teacher, norm, **loss_options)
    loss.require_standard("the symmetric family")

    def student(size: float) -> Network:
        return Network([[size, 0.0, 0.0]], [width], activation=loss.activation)

    size = _first_zero(lambda p: loss.gradient(student(p))[0, 0], 1 / np.sqrt(width))
    x = float(size / np.sqrt(width))
    velocity_of(width, representative(width, norm, **loss_options))(x, x)  # refuses what does not exist
    # The Hessian of a mode that moves the neurons alike is that of the merged one, divided by K. In a mode whose
    # displacements sum to zero the products of first derivatives cancel, which leaves E[sigma''(w.x) (f_S - f_T) x x']:
    # Hessian minus Gauss-Newton matrix of the merged neuron, again over K. (At a jump order, where sigma'' := 0, the
    # difference lacks the pairs of students, which is right: their field, parallel to w, has no component across.)
    # The mean over teachers of (v . across)^2 is 1/K for a unit vector across; the one teacher here has it too.
    across = np.array([0.0, 1.0, np.sqrt(width - 2)]) / np.sqrt(width - 1)
    hessian, gauss_newton = (h(student(size)).to_dense() / width for h in (loss.hessian, loss.gauss_newton))
    return SymmetricSaddle(x, -float(hessian[0, 0]), -float(across @ (hessian - gauss_newton) @ across))


def family_width(width: int) -> int:
    """A number of neurons that the family can have."""
    required = f"an integer between 2 and {WIDEST:.0e}"
    if (given := integer("width", width, required, 2)) > WIDEST:
        raise ValueError(f"width: {required} is required, got {shown(width)}")
    return given


def student_rows(width: int, x: float, y: float, activation: str | Activation) -> Network:
    r"""Neurons 1 and 2 of the symmetric student, the second standing for ``K - 1``, in three coordinates.

    These are ``v_1``, ``v_2`` and the unit vector ``u`` of ``v_3 + ... + v_K``. In the gradient of ``w_1``,
    ``sum_j A(w_1, w_j) w_1 + B(w_1, w_j) w_j`` less the same over teachers, all ``j > 1`` share ``A`` and ``B``: only
    the sum of ``w_j`` enters. Its projections on ``v_1`` and ``s = v_2 + ... + v_K = v_2 + sqrt(K-2) u``, which is all
    that a permutation-symmetric vector has, are ``K - 1`` times those of ``w_2``; so are those of the teachers.
    """
    rest = y * np.sqrt(width - 2)
    return Network([[x, y, rest], [y, x, rest]], [1, width - 1], activation=activation)


def representative(width: int, norm: NormLike, **loss_options: Unpack[LossOptions]) -> PopulationLoss:
    """The loss of `student_rows`: teachers ``v_1`` and ``v_2``, the second standing for ``K - 1``."""
    activation = chosen(loss_options.get("activation"))
    loss = PopulationLoss(student_rows(width, 1.0, 0.0, activation), norm, **loss_options)
    loss.require_standard("the symmetric family")
    return loss


def velocity_of(width: int, loss: PopulationLoss) -> Callable[[float, float], tuple[float, float]]:
    """``(x', y')`` as a function of ``(x, y)``, from the representative's gradient in ``w_1``."""
    root = np.sqrt(width - 2)

    def velocity(x: float, y: float) -> tuple[float, float]:
        gradient = loss.gradient(student_rows(width, x, y, loss.activation))[0]
        return 0.0 - gradient[0], 0.0 - (gradient[1] + root * gradient[2]) / (width - 1)

    return velocity


def _first_zero(function: Callable[[float], float], scale: float) -> float:
    """The first zero above 0 of a function that is negative near 0 and positive far out."""
    low = scale
    while function(low) >= 0:
        low /= 2
    high = 2 * low
    while function(high) < 0:
        high *= 2
    real = np.finfo(np.float64)
    return float(scipy.optimize.brentq(function, high / 2, high, xtol=real.tiny, rtol=4 * real.eps))
