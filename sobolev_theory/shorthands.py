"""What a loss says at a student: shorthands for the views of its points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.results import Record
from .affine_point import AffinePoint
from .curvature.operator import Curvature
from .layout import InParameters
from .networks import Network
from .parameters import Parameters
from .points import Point

FloatArray = NDArray[np.float64]
Student = Network | ArrayLike
AnyPoint = Point | AffinePoint


class Shorthands(Record):
    """Value, gradient and curvatures of what has points, ``at(W)``."""

    def at(self, W: Student | Parameters | AnyPoint) -> AnyPoint:
        """The loss at one student."""
        raise NotImplementedError

    def value(self, W: Student | AnyPoint) -> float:
        r"""The loss at ``W``, a sum over pairs of rows of ``u = [W; V]`` with ``c = [a; -b]``.

        .. math:: E = \tfrac12 \sum_{ij} c_i c_j F(u_i, u_j), \quad F = \sum_m \lambda_m \rho^m K_{mm}

        At standard inputs the bilinear part of ``F`` is summed first, as a square, and where three digits cancel and
        the student's neurons match the teacher's, the value comes from differences of their weights
        (`pairs.near_teacher`). It is never negative.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> float(PopulationLoss([[1.0, 2.0]]).value([[1.0, 2.0]]))
        0.0
        """
        return self.at(W).value

    def gradient(self, W: Student | AnyPoint) -> FloatArray:
        """The gradient in what moves: shape (K, d) for hidden weights alone, else flat (P,); `split` gives its parts.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ReLU; in the exact convention, at parallel rows if the norm
            contains the order whose derivative jumps (the loss has a cone there).

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> PopulationLoss([[0.0, 1.0]], "L2").gradient([[1.0, 0.0]]) * 4      # w/2 - (pi w*/2 + |w*| w/|w|)/(2 pi)
        array([[ 1.36338023, -1.        ]])
        """
        return self.at(W).gradient

    def hessian(self, W: Student | AnyPoint, towards: InParameters | None = None) -> Curvature:
        r"""Jacobian of `gradient` at ``W``, shape (K d, K d); with ``towards=X``, (K, d), its limit at ``W + eps X``.

        Exact convention: the Hessian of the loss. Backprop: the Jacobian of the field that training follows, not
        symmetric if the norm contains the order whose derivative jumps. There, at parallel rows, as at the teacher, it
        has a limit for ``eps -> 0+`` only, which depends on ``X``: what training sees. Elsewhere that is the Hessian.
        With biases rows count as parallel if their hyperplanes are one. Of more parameters than hidden weights the
        matrix is (P, P), and ``X`` flat, as gradients are, or a dictionary of its parts, as that of `split`; parts left
        out rest.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ``max(z, 0)^n`` with n <= 2; at parallel rows if the norm
            contains the order whose derivative jumps: in the exact convention, without ``towards``, or if it keeps them
            parallel.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> round(PopulationLoss([[0.0, 1.0]], "L2").hessian([[1.0, 0.0]]).condition_number(), 6)  # 1/(1 - 2/pi)
        2.751938
        >>> PopulationLoss([[1.0, 0.0]]).hessian([[1.0, 0.0]], towards=[[0.0, 1.0]]).to_dense() * 2 * np.pi
        array([[6.28318531, 1.        ],
               [0.        , 6.28318531]])
        """
        return self.at(W).hessian if towards is None else self.at(W).hessian_towards(towards)

    def field_limit(self, W: Student | AnyPoint, X: InParameters) -> FloatArray:
        """``D(X) = lim (F(W + eps X) - F(W))/eps`` for ``eps -> 0+`` and the field ``F``, `gradient`; shape (K, d).

        Positively homogeneous in ``X``, and linear where `hessian` exists; at parallel rows it is not, and
        ``D(X) = hessian(W, towards=X) @ X`` (Euler). Errors decay like ``exp(-lambda t)`` where ``D(X) = lambda X``.

        Raises
        ------
        NotDifferentiableError
            At a zero student row, as `hessian`; in the exact convention at parallel rows, where ``F`` jumps.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> PopulationLoss([[1.0, 0.0]]).field_limit([[1.0, 0.0]], [[0.0, -2.0]]) * np.pi      # 1 for either sign
        array([[ 1.        , -6.28318531]])
        """
        return self.at(W).field_limit(X)

    def gauss_newton(self, W: Student | AnyPoint) -> Curvature:
        """``E[J' J]``, where ``J`` is the Jacobian in ``W`` of all Sobolev features; shape (K d, K d).

        Derivatives are the absolutely continuous ones. Symmetric positive semi-definite, independent of the teacher,
        equal to the Hessian at ``W = V`` where that exists. Else Gauss-Newton steps follow it, and training does not.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ReLU.

        Examples
        --------
        >>> from sobolev_theory import PopulationLoss
        >>> PopulationLoss([[0.0, 1.0]], "H1").gauss_newton([[0.0, 1.0]]).spectrum().values
        array([1., 1.])
        """
        return self.at(W).gauss_newton
