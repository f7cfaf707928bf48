"""The residual of a Sobolev loss at sampled points: networks evaluated pointwise, and nothing else.

Students ``w_1..w_K`` and teachers are stacked, ``U = [W; V]``, ``c = [a; -b]``, and ``z_j = u_j . x + b_j``. The
residual of order m is the tensor

    T_m(x) = sum_j c_j f(z_j) u_j^(tensor m),    f = sigma^(m),

and the loss is ``sum_m lambda_m/2 E|T_m|^2``. A difference of output biases is the ``c_j`` of one more student, the
constant neuron: ``sigma = 1`` and ``u_j = 0``. The loss is differentiated along q directions ``Z_a`` of what moves:
``a_i`` is the part of ``Z_a`` that moves the weights of student i, and it moves ``z_i`` by ``p_ai`` and ``c_i`` by
``alpha_ai``. Since ``<u^(tensor m), v^(tensor m)> = g^m`` for the product ``g = u'M v`` of the metric, which is written
``u . v`` below, only the functions ``g_ij^m`` and their derivatives enter, ``[m]_k = d^k g^m / d g^k``.

Arrays of samples have them on their last axis, n of them: ``z`` (N, n). A student moves in its ``z_i`` and, in a second
layer, in its ``c_i``: ``(p_ai, alpha_ai)`` is (q, layers, K, n), of one layer where no output weight moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import perm

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..activations.per_neuron import groups, of_layer, of_neurons
from ..losses import PopulationLoss
from ..networks import Network, or_zeros
from ..norms import Convention, Norm
from ..parameters import Parameters
from .rows import Array, Moves, Rows


@dataclass(frozen=True, eq=False)
class Residual:
    """Student minus teacher, the Sobolev weights, and the directions of differentiation: what a worker is sent.

    Parameters
    ----------
    rows, output
        ``U`` with biases, and ``c`` (N,): students, the constant neuron if there is one, and teachers.
    moves
        The directions ``Z``, q of them, of the first K rows.
    norm
        Weights of the orders.
    activation
        The activation of all rows, or one of a layer with one for each; the constant neuron has any.
    exact
        Whether the gradient, and with it the rows of the Hessian, keep the Dirac parts (convention "exact").
    constant
        Whether the last student is the constant neuron.
    """

    rows: Rows
    output: Array
    moves: Moves
    norm: Norm
    activation: Activation
    exact: bool
    constant: bool = False

    @classmethod
    def of(cls, loss: PopulationLoss, student: Network | Parameters, directions: Array) -> Residual:
        """The residual of a loss at a student, with flat directions (q, P) of what moves."""
        layout = loss.layout(student.width)
        constant = student.output_bias != loss.teacher.output_bias or "output_bias" in layout.names
        rows, output = _stacked(loss, student, constant)
        moves = Moves.of(loss.ambient, layout, directions, student.width + constant)
        students = of_neurons(loss.activation, student.width)
        activation = of_layer([*students, *students[: int(constant)], *loss.teacher.activations])
        return cls(rows, output, moves, loss.norm, activation, loss.derivative is Convention.EXACT, constant)

    def at(self, loss: PopulationLoss, student: Network | Parameters) -> Residual:
        """The residual at another student, in which no more moves."""
        rows, output = _stacked(loss, student, self.constant)
        return replace(self, rows=rows, output=output)

    @property
    def width(self) -> int:
        """K, the number of students."""
        return int(self.moves.output.shape[1])

    @property
    def steepness(self) -> float:
        """How fast the activation varies with ``z``, 0 where it is homogeneous and so has no unit."""
        return self.activation.variation if self.activation.degree is None else 0.0

    @cached_property
    def gram(self) -> Array:
        """``u_i . u_j``, (N, N)."""
        return np.asarray(self.rows.measured @ self.rows.measured.T)

    @cached_property
    def overlap(self) -> Array:
        """``a_i . u_j``, (q, K, N)."""
        return np.asarray(self.moves.rows.measured @ self.rows.measured.T)

    @cached_property
    def covariance(self) -> Array:
        """``C_ij``, that of ``z_i`` and ``z_j``, (N, N)."""
        return np.asarray(self.rows.along @ self.rows.along.T)

    @cached_property
    def reach(self) -> Array:
        """Covariances ``A_aij`` of ``p_ai`` and ``z_j``, (q, K, N)."""
        return np.asarray(self.moves.rows.along @ self.rows.along.T)

    @cached_property
    def sizes(self) -> tuple[float, Array]:
        """What T and its derivatives along ``Z``, (q,), would be of size if all neurons of degree n fired.

        Closed forms are rounded relative to it where biases keep neurons silent. With the mean square ``zeta^2`` of z,
        ``f`` is of size ``zeta^(n-m) n!/(n-m)!``. Zeros for an activation that is not homogeneous.
        """
        K, n = self.width, self.activation.degree
        if n is None:
            return 0.0, np.zeros(len(self.moves.output))
        zeta = np.sqrt(self.rows.offsets**2 + np.diagonal(self.covariance))
        lengths, moved = np.sqrt(np.diagonal(self.gram)), np.linalg.norm(self.moves.rows.measured, axis=2)
        p = np.sqrt(self.moves.rows.offsets**2 + np.sum(self.moves.rows.along**2, axis=2))
        whole, reach, c = 0.0, np.zeros(len(p)), np.abs(self.output)
        for m, weight in self.norm.orders:
            f, slope = (perm(n, m + k) * zeta ** max(n - m - k, 0) for k in range(2))
            whole += weight * float(c * f @ lengths**m) ** 2
            rates = (c * slope)[:K] * p + f[:K] * np.abs(self.moves.output)
            turned = m * (c * f)[:K] * moved * lengths[:K] ** max(m - 1, 0)
            reach += weight * (rates @ lengths[:K] ** m + turned.sum(axis=1)) ** 2
        return whole**0.5, np.sqrt(reach)

    def pairing(self, order: int, k: int) -> Array:
        """``[m]_k = m (m-1) .. (m-k+1) g_ij^(m-k)``, (K, N): students with everyone."""
        return np.asarray(perm(order, k) * self.gram[: self.width] ** max(order - k, 0))

    def sigma(self, z: Array, order: int) -> Array:
        """``sigma^(order)(z_j)`` of all rows or of students, (.., n); of the constant neuron 1 or 0."""
        if len(self.groups) == 1:
            values = self.activation.derivative(z, order)
        else:
            values = np.empty(z.shape)
            for activation, rows in self.groups:
                some = rows[rows < len(z)]
                values[some] = activation.derivative(z[some], order)
        if self.constant:
            values = values.copy()
            values[self.width - 1] = order == 0
        return values

    @cached_property
    def groups(self) -> list[tuple[Activation, NDArray[np.intp]]]:
        """Different activations, and the rows that have them."""
        return groups(of_neurons(self.activation, len(self.output)))

    @cached_property
    def kinks(self) -> tuple[float, ...]:
        """Places where a derivative that the norm contains jumps, or the next one, of any row."""
        orders = [m + k for m, _ in self.norm.orders for k in range(2)]
        return tuple(sorted({jump.place for order in orders for jump in self.activation.jumps(order)}))

    def jumps(self, order: int, kink: float) -> Array:
        """Jumps of ``sigma_j^(order)`` at a place, (N,)."""
        heights = np.empty(len(self.output))
        for activation, rows in self.groups:
            heights[rows] = sum(jump.height for jump in activation.jumps(order) if jump.place == kink)
        return heights

    def tensor_coordinates(self, order: int) -> Array:
        """Coordinates of ``u_j^(tensor m)`` in an orthonormal basis of their span, (N, at most N).

        Through them ``T_m`` is a sum of vectors, and keeps its relative accuracy near the teacher where the pair sum
        ``sum_jk c_j c_k f_j f_k g_jk^m`` would cancel.
        """
        rows = np.ones((len(self.output), 1))
        for _ in range(order):
            products = rows[:, :, None] * self.rows.measured[:, None, :]
            rows = np.asarray(np.linalg.qr(products.reshape(len(rows), -1).T, mode="r")).T
        return rows


def _stacked(loss: PopulationLoss, student: Network | Parameters, constant: bool) -> tuple[Rows, Array]:
    """The rows of students, of the constant neuron if there is one, and of the teacher, and their output weights."""
    teacher, zero = loss.teacher, np.zeros(int(constant))
    gap = student.output_bias - teacher.output_bias
    weights = np.concatenate([student.weights, np.zeros((len(zero), teacher.dim)), teacher.weights])
    of_student, of_teacher = (or_zeros(network.biases, network.width) for network in (student, teacher))
    biases = np.concatenate([of_student, zero, of_teacher])
    output = np.concatenate([student.output_weights, zero + gap, -teacher.output_weights])
    return Rows.of(loss.ambient, weights, biases), output


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of order m at sampled points: what the value and its derivatives are products of.

    Parameters
    ----------
    residual, order
        The problem and m.
    z
        ``z_j``, (N, n).
    """

    residual: Residual
    order: int
    z: Array

    @cached_property
    def f(self) -> Array:
        """``c_j f(z_j)``, (N, n)."""
        return self.residual.output[:, None] * self.sigma

    @cached_property
    def slope(self) -> Array:
        """``c_j f'(z_j)``, absolutely continuous part, (N, n)."""
        return self.residual.output[:, None] * self.residual.sigma(self.z, self.order + 1)

    @cached_property
    def sigma(self) -> Array:
        """``f(z_j)``, (N, n)."""
        return self.residual.sigma(self.z, self.order)

    @cached_property
    def rates(self) -> Array:
        """Derivatives of students' ``c_i f(z_i)`` in ``(z_i, c_i)``, (layers, K, n)."""
        K, layers = self.residual.width, self.residual.moves.layers
        return np.stack([self.slope[:K], self.sigma[:K]][:layers])

    @cached_property
    def bends(self) -> Array:
        """Second derivatives of students' ``c_i f(z_i)`` in ``(z_i, c_i)``, (layers, layers, K, n)."""
        K, layers = self.residual.width, self.residual.moves.layers
        bends = np.zeros((layers, layers, *self.z[:K].shape))
        bends[0, 0] = self.residual.output[:K, None] * self.residual.sigma(self.z[:K], self.order + 2)
        if layers == 2:
            bends[0, 1] = bends[1, 0] = self.residual.sigma(self.z[:K], self.order + 1)
        return bends

    @cached_property
    def facing(self) -> Array:
        """``P_i = sum_j [m]_0 c_j f_j = <u_i^(tensor m), T_m>``, (K, n)."""
        return np.asarray(self.residual.pairing(self.order, 0) @ self.f)

    @cached_property
    def turning(self) -> Array:
        """``Y_ai = sum_j [m]_1 (a_i . u_j) c_j f_j = <d_a u_i^(tensor m), T_m>``, (q, K, n)."""
        return np.asarray((self.residual.pairing(self.order, 1) * self.residual.overlap) @ self.f)
