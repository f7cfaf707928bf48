"""Population losses of Sobolev training between two-layer networks, with exact gradients and curvatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import activations
from ._runtime.checks import CONVENTIONS, as_array, one_of
from ._special import PARALLEL
from .curvature.blocks import assemble
from .curvature.operator import Curvature
from .networks import Displaced, Network
from .norms import Norm, parse_norm
from .pairs.existence import require_directions, require_finite, require_kinks_avoided
from .pairs.geometry import CANCELS, Pairs
from .pairs.near_teacher import value_near_teacher

FloatArray = NDArray[np.float64]
Student = Network | ArrayLike


class PopulationLoss:
    r"""Sobolev population loss between a student and a teacher, for standard Gaussian inputs ``x`` in R^d.

    .. math:: E(W) = \tfrac12 \sum_m \lambda_m \, \mathbb{E} \, \| \nabla_x^m f_S(x) - \nabla_x^m f_T(x) \|_F^2

    Parameters
    ----------
    teacher
        A `Network`, or its weights ``V`` of shape (M, d).
    norm
        ``"L2"``, ``"H1"``, ``"H2"``, ... for weights (1), (1, 1), (1, 1, 1), ..., or the non-negative weights
        ``(lambda_0, lambda_1, ...)`` themselves.
    activation
        Name of the activation; default: the teacher's, or ``"relu"`` if the teacher is an array.
    derivative
        ``"backprop"``: the gradient is the expectation of what automatic differentiation returns per sample
        (``ReLU'' = 0``), the field that training follows. ``"exact"``: it is the gradient of the population loss. They
        differ only at the order whose derivative jumps: H1 for ReLU, H2 for ReLU^2.
    covariance
        Not yet supported; inputs are standard Gaussian.

    Attributes
    ----------
    teacher
        The teacher as a `Network`.
    sobolev_weights
        ``(lambda_0, ..., lambda_s)``.
    derivative, activation
        As given.

    Raises
    ------
    InfiniteNormError
        If the norm of the network is infinite, for instance H2 with ReLU.
    UnknownActivationError
        For an activation that is not registered.
    ValueError
        For weights or a norm that make no sense; the message says what is required.
    NotImplementedError
        For a covariance, or a teacher or student with biases.

    Notes
    -----
    A student is an array of shape (K, d) or a `Network` everywhere. Cost is a few products of the stacked weights;
    nothing of size ``(K d)^2`` is formed. Kernels are accurate to 1e-14 of the product of the norms involved (table in
    the README). Sums over pairs cancel near the teacher, to an absolute error of 1e-16 of their terms; but if K = M and
    output weights agree up to order, the value is accurate to 1e-12 *relative* however near the teacher is, times the
    condition number of the Gauss-Newton matrix at worst (exceptions, such as parallel rows: `value_near_teacher`). For
    one ReLU neuron, value and gradient are accurate to 1e-13 relative.

    Source: Oh, Lyu & Son 2025 (arXiv 2509.19773) for ReLU with H1 and ReLU^2 with H2; derivations in `derivations/`.

    Examples
    --------
    >>> loss = PopulationLoss([[1.0, 0.0]], norm="L2")
    >>> bool(np.isclose(loss.value([[0.0, 1.0]]), 0.5 - 1 / (2 * np.pi)))
    True
    >>> loss.gradient([[2.0, 0.0]])
    array([[0.5, 0. ]])
    >>> loss.gauss_newton([[1.0, 0.0]]).to_dense()
    array([[0.5, 0. ],
           [0. , 0.5]])
    """

    def __init__(
        self,
        teacher: Student,
        norm: Norm = "H1",
        *,
        activation: str | None = None,
        derivative: str = "backprop",
        covariance: ArrayLike | None = None,
    ) -> None:
        if covariance is not None:
            raise NotImplementedError(
                "covariance: only standard Gaussian inputs are supported yet; whiten the inputs or pass None"
            )
        default = teacher.activation if isinstance(teacher, Network) else "relu"
        self._activation = activations.get(default if activation is None else activation)
        if not isinstance(teacher, Network):
            teacher = Network(as_array("teacher", teacher, ("neurons", "d")), activation=self.activation)
        self._check("teacher", teacher)
        self.teacher = teacher
        self.sobolev_weights = parse_norm(norm, self._activation)
        self.derivative = one_of("derivative", derivative, CONVENTIONS)
        # with d = 1 the surface {w . x = 0} is the origin, its Dirac terms carry a factor x = 0: the conventions agree
        self._convention = "backprop" if self.teacher.dim == 1 else derivative

    @property
    def activation(self) -> str:
        """Name of the activation of student and teacher."""
        return self._activation.name

    @property
    def jumps(self) -> bool:
        """Whether the norm contains the order whose derivative jumps, so that the conventions differ."""
        order = self._activation.jump_order
        return order is not None and order < len(self.sobolev_weights)

    @property
    def has_cones(self) -> bool:
        """Whether the gradient asked for is exact and jumps where rows are parallel."""
        return self.jumps and self._convention == "exact"

    def __repr__(self) -> str:
        return (
            f"PopulationLoss(teacher=<{self.teacher.width} x {self.teacher.dim}>, norm={self.sobolev_weights}, "
            f"activation={self.activation!r}, derivative={self.derivative!r})"
        )

    def student(self, W: Student) -> Network:
        """The student as a network; an array gets output weights one."""
        return Network(*self._student(W), activation=self.activation)

    def _student(self, W: Student) -> tuple[FloatArray, FloatArray]:
        """Weights and output weights of the student, checked and not copied."""
        if isinstance(W, Network):
            self._check("student", W)
            weights, output_weights = W.weights, W.output_weights
        else:
            weights = as_array("student", W, ("neurons", "d"))
            output_weights = np.ones(len(weights))
        if weights.shape[1] != self.teacher.dim:
            raise ValueError(
                f"student: input dimension {self.teacher.dim} of the teacher is required, "
                f"got weights of shape {weights.shape}"
            )
        return weights, output_weights

    @np.errstate(all="ignore")
    def value(self, W: Student) -> float:
        r"""The loss at ``W``, a sum over pairs of rows of ``u = [W; V]`` with ``c = [a; -b]``.

        .. math:: E = \tfrac12 \sum_{ij} c_i c_j F(u_i, u_j), \quad F = \sum_m \lambda_m \rho^m K_{mm}

        The bilinear part of ``F`` is summed first, as a square. Where three digits cancel and the student's neurons
        match the teacher's, the value comes from differences of their weights instead (`segment.value_near_teacher`).
        Where rounding makes a sum negative, 0 is returned, which is nearer to the truth.

        Examples
        --------
        >>> float(PopulationLoss([[1.0, 2.0]]).value([[1.0, 2.0]]))
        0.0
        """
        rows, c, _ = self._stack(W)
        pairs = Pairs(rows, len(rows), self._activation)
        (terms,) = pairs.coefficients("value", self.sobolev_weights, self._convention, c, c)
        (self_terms,) = pairs.self_terms("value", self.sobolev_weights, self._convention)
        np.fill_diagonal(terms, c**2 * self_terms)
        mean = pairs.linear_part(c)
        total = float(self._bilinear * (mean @ mean) + terms.sum()) / 2
        require_finite("value", total)
        if total < CANCELS * (self._bilinear * (c**2 @ pairs.norms**2) + np.trace(terms)) / 2:
            student = W if isinstance(W, Network) else self.student(W)
            near = value_near_teacher(
                student, self.teacher, terms, self._activation, self.sobolev_weights, self._bilinear
            )
            total = total if near is None else near
        return max(0.0, total)

    @np.errstate(all="ignore")
    def gradient(self, W: Student) -> FloatArray:
        """The gradient in the student's hidden weights, shape (K, d), in the convention of the loss.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ReLU; in the exact convention, at parallel rows if the norm
            contains the order whose derivative jumps (the loss has a cone there).

        Examples
        --------
        >>> PopulationLoss([[0.0, 1.0]], "L2").gradient([[1.0, 0.0]]) * 4      # w/2 - (pi w*/2 + |w*| w/|w|)/(2 pi)
        array([[ 1.36338023, -1.        ]])
        """
        pairs, c = self._pairs(W)
        self._require_differentiable(pairs, c, "gradient", ("field", "field_in_frame"), times=1)
        return self._gradient(pairs, c)

    @np.errstate(all="ignore")
    def sliding_gradient(self, W: Student) -> FloatArray:
        """The gradient without the pull of parallel rows on one another, (K, d): the cone's tip has the slope 0.

        It is the gradient where that exists, and what is left of it for rows that slide along one another's direction.
        """
        pairs, c = self._pairs(W)
        require_kinks_avoided(pairs, "gradient", 1)
        pairs.near.e[pairs.near.sine <= PARALLEL] = 0.0
        return self._gradient(pairs, c)

    def _gradient(self, pairs: Pairs, c: FloatArray) -> FloatArray:
        """``a_i sum_j c_j g(u_i, u_j)`` for the field ``g``."""
        gradient = pairs.combine(self.sobolev_weights, self._convention, c)
        gradient += self._bilinear * pairs.linear_part(c)
        if (c[: pairs.width] != 1).any():
            gradient *= c[: pairs.width, None]
        require_finite("gradient", gradient)
        return gradient

    @np.errstate(all="ignore")
    def hessian(self, W: Student) -> Curvature:
        """Jacobian of `gradient` at ``W``, shape (K d, K d).

        Exact convention: the Hessian of the loss. Backprop: the Jacobian of the field that training follows, not
        symmetric if the norm contains the order whose derivative jumps.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ``max(z, 0)^n`` with n <= 2; at parallel rows if the norm
            contains the order whose derivative jumps. `gauss_newton` exists there.

        Examples
        --------
        >>> round(PopulationLoss([[0.0, 1.0]], "L2").hessian([[1.0, 0.0]]).condition_number(), 6)  # 1/(1 - 2/pi)
        2.751938
        """
        pairs, c = self._pairs(W)
        self._require_differentiable(pairs, c, "Hessian", ("own", "cross"), times=2)
        a = c[: pairs.width]
        own = pairs.coefficients("own", self.sobolev_weights, self._convention, a, c)
        cross = pairs.coefficients("cross", self.sobolev_weights, self._convention, a, a)
        self_terms = pairs.self_terms("own", self.sobolev_weights, self._convention)
        symmetric = self._convention == "exact" or not self.jumps or self.teacher.dim == 1
        blocks = assemble(pairs, a, own, cross, self_terms, self._bilinear)
        require_finite("Hessian", blocks.identity)
        return Curvature(blocks, is_symmetric=symmetric)

    @np.errstate(all="ignore")
    def gauss_newton(self, W: Student) -> Curvature:
        """``E[J' J]``, where ``J`` is the Jacobian in ``W`` of all Sobolev features; shape (K d, K d).

        Derivatives are the absolutely continuous ones, as in the backprop convention.

        Symmetric positive semi-definite, independent of the teacher, and equal to the Hessian at ``W = V`` where that
        exists.

        Raises
        ------
        NotDifferentiableError
            At a zero student row if the activation is ReLU.

        Examples
        --------
        >>> PopulationLoss([[0.0, 1.0]], "H1").gauss_newton([[0.0, 1.0]]).spectrum().values
        array([1., 1.])
        """
        rows, a = self._student(W)
        pairs = Pairs(rows, len(rows), self._activation)
        self._require_differentiable(pairs, a, "Gauss-Newton matrix", ("gauss_newton",), times=1)
        cross = pairs.coefficients("gauss_newton", self.sobolev_weights, self._convention, a, a)
        self_terms = pairs.self_terms("gauss_newton", self.sobolev_weights, self._convention)
        blocks = assemble(pairs, a, None, cross, self_terms, self._bilinear)
        require_finite("Gauss-Newton matrix", blocks.identity)
        return Curvature(blocks, is_symmetric=True)

    @property
    def _bilinear(self) -> float:
        """Coefficient of ``u . v`` split off from the pair terms, summed over orders."""
        split = self._activation.kernels.BILINEAR
        return float(sum(weight * part for weight, part in zip(self.sobolev_weights, split, strict=False)))

    def _check(self, name: str, network: Network) -> None:
        """Refuse a network that the closed forms do not cover."""
        if network.activation != self.activation:
            raise ValueError(
                f"{name}: activation {self.activation!r} is required, got {network.activation!r}; "
                "student and teacher share it"
            )
        if network.biases is not None and np.any(network.biases):
            raise NotImplementedError(
                f"{name}: biases are not supported yet in population losses; pass a network without biases"
            )

    def _stack(self, W: Student) -> tuple[FloatArray, FloatArray, int]:
        """``U = [W; V]``, ``c = [a; -b]``, and the student's width K."""
        weights, output_weights = self._student(W)
        rows = np.vstack([weights, self.teacher.weights])
        return rows, np.concatenate([output_weights, -self.teacher.output_weights]), len(weights)

    def _pairs(self, W: Student) -> tuple[Pairs, FloatArray]:
        """Pairs of a student row with any row of ``U``, and ``c``."""
        rows, c, width = self._stack(W)
        return Pairs(rows, width, self._activation, W if isinstance(W, Displaced) else None), c

    def _require_differentiable(
        self, pairs: Pairs, c: FloatArray, what: str, quantities: tuple[str, ...], *, times: int
    ) -> None:
        """Refuse weights at which the loss cannot be differentiated so many times."""
        require_kinks_avoided(pairs, what, times)
        singular = any(
            weight and self._activation.is_singular(quantity, order, self._convention)
            for quantity in quantities
            for order, weight in enumerate(self.sobolev_weights)
        )
        if singular and self.teacher.dim > 1:
            require_directions(pairs, c, f"{what} ({self.derivative})", times)
