r"""Students beside what they are compared with, and what their pointwise derivatives are at samples.

Students ``w_1..w_K``, the constant neuron of the output bias, and the neurons of a teacher are stacked, ``U``, with
``c = [a; gap; -a*]``, ``z_j = u_j . x + b_j`` and ``s_j = sigma^(m)(z_j)``. The residual of order m at a sample is

.. math:: T_m = \sum_j c_j s_j u_j^{\otimes m} - Y_m

with the target ``Y_m``, if those are arrays. Products of tensors are taken in the metric ``M``: with ``g = w' M u``

.. math:: \langle w^{\otimes m}, u^{\otimes m} \rangle = g^m, \quad
          \langle D w^{\otimes m}[v], u^{\otimes m} \rangle = m g^{m-1} v' M u,

.. math:: \langle D w^{\otimes m}[v], D u^{\otimes m}[p] \rangle = m g^{m-1} v' M p + m (m-1) g^{m-2} (v' M u)(w' M p)

so that only ``[m]_k = m (m-1) .. (m-k+1) g_ij^(m-k)`` enters. Arrays of samples have them on their first axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import perm

import numpy as np
from numpy.typing import NDArray

from ..activations import Activation
from ..activations.per_neuron import of_layer, of_neurons
from ..forms import Form
from ..layout import Layout
from ..networks import Network, or_zeros
from ..norms import Norm
from ..parameters import Parameters
from .samples import Batch

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Setting:
    """What sums over samples need beside the samples: what a worker is sent.

    Attributes
    ----------
    weights, biases, outputs
        ``U`` (N, d), ``b`` and ``c`` (N,): students, the constant neuron if there is one, and teachers.
    constant
        Whether neuron K is the constant one: ``s = 1`` of order 0, ``u = 0``.
    activation
        Of all of them; the constant neuron has any.
    norm, metric, layout
        Weights of the orders, ``M``, and what moves.
    """

    weights: FloatArray
    biases: FloatArray
    outputs: FloatArray
    constant: bool
    activation: Activation
    norm: Norm
    metric: Form
    layout: Layout

    @classmethod
    def of(
        cls,
        student: Parameters,
        teacher: Network | None,
        activation: Activation,
        norm: Norm,
        metric: Form,
        layout: Layout,
    ) -> Setting:
        """Students, and teachers if there are any."""
        K, others = student.width, list[Network]() if teacher is None else [teacher]
        gap = student.output_bias - sum(each.output_bias for each in others)
        constant = "output_bias" in layout.names or gap != 0
        middle, of_students = np.zeros(int(constant)), of_neurons(activation, K, "student")
        biases = [or_zeros(student.biases, K), *(or_zeros(each.biases, each.width) for each in others)]
        return cls(
            np.concatenate([student.weights, np.zeros((len(middle), layout.dim)), *(each.weights for each in others)]),
            np.concatenate([biases[0], middle, *biases[1:]]),
            np.concatenate([student.output_weights, middle + gap, *(-each.output_weights for each in others)]),
            constant,
            of_layer([*of_students, *of_students[: len(middle)], *(a for each in others for a in each.activations)]),
            norm,
            metric,
            layout,
        )

    def alone(self) -> Setting:
        """Those that move, beside nobody."""
        R = self.width
        activations = of_neurons(self.activation, len(self.weights))[:R]
        arrays = self.weights[:R], self.biases[:R], self.outputs[:R]
        shared = self.norm, self.metric, self.layout
        return Setting(*arrays, self.layout.width < R, of_layer(activations), *shared)

    @property
    def width(self) -> int:
        """Number ``R`` of neurons that move: students, and the constant neuron if the output bias does."""
        return self.layout.rows_shape[0]

    @property
    def bends(self) -> bool:
        """Whether ``z_i`` of students move."""
        return not {"weights", "biases"}.isdisjoint(self.layout.names)

    @property
    def speaks(self) -> bool:
        """Whether their output weights, or the output bias, move."""
        return not {"output_weights", "output_bias"}.isdisjoint(self.layout.names)

    @cached_property
    def images(self) -> FloatArray:
        """``M u_j``, (N, d)."""
        return self.metric.apply(self.weights)

    @cached_property
    def gram(self) -> FloatArray:
        """``g_ij = w_i' M u_j``, (R, N)."""
        return np.asarray(self.weights[: self.width] @ self.images.T)

    def power(self, order: int, k: int) -> FloatArray:
        """``[m]_k``, (R, N); zero for ``k > m``."""
        return np.asarray(perm(order, k) * self.gram ** max(order - k, 0))

    def needed(self, *, second: bool) -> list[int]:
        """Orders of pointwise derivatives that first derivatives in what moves need, and second ones."""
        return sorted({m + k for m, _ in self.norm.orders for k in range(1 + self.bends + second)})

    def operations(self, width: int) -> float:
        """About how many a sample takes: of pointwise derivatives, and of products with so many columns of neurons."""
        N, d = self.weights.shape
        return float(len(self.norm.orders) * N * (100 + 2 * d + 4 * width))

    def at(self, batch: Batch, orders: list[int]) -> Chunk:
        """The neurons at some samples."""
        z = batch.inputs @ self.weights.T + self.biases
        K = self.layout.width
        found = {}
        for order in orders:
            found[order] = self.activation.derivative(z, order)
            if self.constant:
                found[order] = np.array(found[order])
                found[order][:, K] = order == 0
        return Chunk(self, batch.inputs, batch.targets, found)

    def full(self, rows: FloatArray) -> FloatArray:
        """Columns ``(w, b, a)`` of rows of neurons (R, D), those that do not move zero, (R, d + 2)."""
        full = np.zeros((len(rows), self.layout.dim + 2), dtype=rows.dtype)
        full[:, self.layout.columns] = rows
        return full


@dataclass(frozen=True, eq=False)
class Chunk:
    """The neurons at some samples: inputs (c, d), targets by order, and ``sigma^(order)(z_j)`` (c, N) by order."""

    setting: Setting
    inputs: FloatArray
    targets: dict[int, FloatArray]
    sigma: dict[int, FloatArray]

    @cached_property
    def extended(self) -> FloatArray:
        """Inputs, and 1: ``(x, 1)``, (c, d + 1)."""
        return np.column_stack([self.inputs, np.ones(len(self.inputs))])

    def of_students(self, order: int) -> FloatArray:
        """``sigma^(order)(z_i)`` of those that move, (c, R)."""
        return self.sigma[order][:, : self.setting.width]
