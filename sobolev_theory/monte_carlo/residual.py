"""The residual of a Sobolev loss at sampled points: networks evaluated pointwise, and nothing else.

Students ``w_1..w_K`` and teachers are stacked, ``U = [W; V]``, ``c = [a; -b]``, and ``z_j = u_j . x``. The residual of
order m is the tensor

    T_m(x) = sum_j c_j f(z_j) u_j^(tensor m),    f = sigma^(m),

and the loss is ``sum_m lambda_m/2 E|T_m|^2``. It is differentiated along q directions ``Z_a`` of weight space; ``a_i``
is the part of ``Z_a`` that moves student i. Since ``<u^(tensor m), v^(tensor m)> = (u . v)^m``, only the functions
``rho_ij^m`` of the inner products and their derivatives enter, written ``[m]_k = d^k rho^m / d rho^k``.

Arrays of samples have them on their last axis, n of them: ``z`` (N, n), ``p_ai = a_i . x`` (q, K, n).
"""

from dataclasses import dataclass
from functools import cached_property
from math import perm

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..losses import PopulationLoss
from ..networks import Network
from ..norms import Convention, Norm
from ..parameters import Parameters

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Residual:
    """Student minus teacher, the Sobolev weights, and the directions of differentiation: what a worker is sent.

    Parameters
    ----------
    weights, output
        ``U`` (N, d) and ``c`` (N,).
    directions
        ``Z`` (q, K, d).
    norm
        Weights of the orders.
    activation
        The activation.
    exact
        Whether the gradient, and with it the rows of the Hessian, keep the Dirac parts (convention "exact").
    """

    weights: Array
    output: Array
    directions: Array
    norm: Norm
    activation: Activation
    exact: bool

    @classmethod
    def of(cls, loss: PopulationLoss, student: Network | Parameters, directions: Array) -> "Residual":
        """The residual of a loss at a student.

        In one dimension the surfaces ``w x = 0`` are the point ``x = 0``, Dirac terms vanish, and conventions agree.
        """
        return cls(
            weights=np.vstack([student.weights, loss.teacher.weights]),
            output=np.concatenate([student.output_weights, -loss.teacher.output_weights]),
            directions=directions,
            norm=loss.norm,
            activation=loss.activation,
            exact=loss.terms.convention is Convention.EXACT,
        )

    @property
    def width(self) -> int:
        """K, the number of students."""
        return int(self.directions.shape[1])

    @property
    def steepness(self) -> float:
        """How fast the activation varies with ``u . x``, 0 where it is homogeneous and so has no unit."""
        return self.activation.variation if self.activation.degree is None else 0.0

    @cached_property
    def gram(self) -> Array:
        """``u_i . u_j``, (N, N)."""
        return self.weights @ self.weights.T

    @cached_property
    def overlap(self) -> Array:
        """``a_i . u_j``, (q, K, N)."""
        return self.directions @ self.weights.T

    def pairing(self, order: int, k: int) -> Array:
        """``[m]_k = m (m-1) .. (m-k+1) rho_ij^(m-k)``, (K, N): students with everyone."""
        return perm(order, k) * self.gram[: self.width] ** max(order - k, 0)

    def jump(self, order: int) -> float:
        """Jump of ``sigma^(order)`` at 0."""
        return self.activation.jump(order)

    def tensor_coordinates(self, order: int) -> Array:
        """Coordinates of ``u_j^(tensor m)`` in an orthonormal basis of their span, (N, at most N).

        Through them ``T_m`` is a sum of vectors, and keeps its relative accuracy near the teacher where the pair sum
        ``sum_jk c_j c_k f_j f_k rho_jk^m`` would cancel.
        """
        rows = np.ones((len(self.weights), 1))
        for _ in range(order):
            products = rows[:, :, None] * self.weights[:, None, :]
            rows = np.asarray(np.linalg.qr(products.reshape(len(rows), -1).T, mode="r")).T
        return rows


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of order m at sampled points: what the value and its derivatives are products of.

    Parameters
    ----------
    residual, order
        The problem and m.
    z
        ``u_j . x``, (N, n).
    output
        ``c`` (N,); with an entry set to zero, the factors of everyone else.
    """

    residual: Residual
    order: int
    z: Array
    output: Array

    def _derivative(self, k: int) -> Array:
        return self.output[:, None] * self.residual.activation.derivative(self.z, self.order + k)

    @cached_property
    def f(self) -> Array:
        """``c_j f(z_j)``, (N, n)."""
        return self._derivative(0)

    @cached_property
    def slope(self) -> Array:
        """``c_j f'(z_j)``, absolutely continuous part, (N, n)."""
        return self._derivative(1)

    @cached_property
    def bend(self) -> Array:
        """``c_j f''(z_j)``, absolutely continuous part, (N, n)."""
        return self._derivative(2)

    @cached_property
    def facing(self) -> Array:
        """``P_i = sum_j [m]_0 c_j f_j = <u_i^(tensor m), T_m>``, (K, n)."""
        return self.residual.pairing(self.order, 0) @ self.f

    @cached_property
    def turning(self) -> Array:
        """``Y_ai = sum_j [m]_1 (a_i . u_j) c_j f_j = <d_a u_i^(tensor m), T_m>``, (q, K, n)."""
        return (self.residual.pairing(self.order, 1) * self.residual.overlap) @ self.f
