"""Population losses of Sobolev training between two-layer networks, with exact gradients and curvatures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import activations
from ._checks import as_array, one_of
from ._special import combine_rows
from .blocks import assemble
from .curvature import Curvature
from .errors import InfiniteNormError, NotDifferentiableError
from .networks import Network
from .pairs import Pairs

FloatArray = NDArray[np.float64]
Norm = str | Sequence[float] | FloatArray
Student = Network | ArrayLike


class PopulationLoss:
    r"""Sobolev population loss ``1/2 sum_m lambda_m E |grad_x^m f_S - grad_x^m f_T|^2`` for standard Gaussian inputs.

    Parameters
    ----------
    teacher
        A `Network`, or its weights ``V`` of shape (M, d).
    norm
        ``"L2"`` (weights (1)), ``"H1"`` ((1, 1)), ``"H2"`` ((1, 1, 1)), ..., or a sequence ``(lambda_0, lambda_1,
        ...)`` of non-negative weights.
    activation
        Name of the activation; default: the teacher's, or ``"relu"`` if the teacher is an array.
    derivative
        ``"backprop"``: the expectation of what automatic differentiation returns per sample (``ReLU'' = 0``), the
        field that training follows. ``"exact"``: the gradient of the population loss. They differ only at the order
        whose derivative jumps.
    covariance
        Not yet supported; inputs are standard Gaussian.

    Raises
    ------
    InfiniteNormError
        If the norm of the network is infinite, for instance H2 with ReLU.
    NotImplementedError
        For a covariance, or a teacher or student with biases.

    Notes
    ----- Cost is a few products of the stacked weights; nothing of size ``(K d)^2`` is formed. Results are accurate
    to about 1e-15 of the product of the norms involved; for one ReLU neuron, value and gradient are accurate to 1e-13
    relative however near the teacher is. Derivations: `derivations/`; source: Oh, Lyu & Son 2025 (arXiv 2509.19773).

    Examples
    --------
    >>> loss = PopulationLoss([[1.0, 0.0]], norm="L2")
    >>> round(loss.value([[0.0, 1.0]]), 12) == round(0.5 - 1 / (2 * np.pi), 12)
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
        name = activation or (teacher.activation if isinstance(teacher, Network) else "relu")
        self._activation = activations.get(name)
        self.teacher = self._network("teacher", teacher, None)
        self.weights = parse_norm(norm, self._activation)
        self.derivative = one_of("derivative", derivative, ("backprop", "exact"))
        # with d = 1 the surface {w . x = 0} is the origin, its Dirac terms carry a factor x = 0, and the two
        # conventions agree
        self._convention = "backprop" if self.teacher.dim == 1 else derivative

    @property
    def activation(self) -> str:
        """Name of the activation of student and teacher."""
        return self._activation.name

    def __repr__(self) -> str:
        return (
            f"PopulationLoss(teacher=<{self.teacher.width} x {self.teacher.dim}>, norm={self.weights}, "
            f"activation={self.activation!r}, derivative={self.derivative!r})"
        )

    def student(self, W: Student) -> Network:
        """The student as a network; an array gets output weights one."""
        return self._network("student", W, self.teacher.dim)

    def value(self, W: Student) -> float:
        """The loss at ``W``, never negative.

        ``1/2 sum_ij c_i c_j F(u_i, u_j)`` over the stacked weights, with the bilinear part of ``F`` summed first, as
        a square.
        """
        rows, c = self._stack(self.student(W))
        pairs = Pairs(rows, len(rows), self._activation)
        (terms,) = pairs.coefficients("value", self.weights, self._convention, c, c)
        (own,) = pairs.itself("value", self.weights, self._convention)
        mean = _linear_part(c, rows, pairs.norms)
        return max(0.0, float(self._bilinear * (mean @ mean) + terms.sum() + c**2 @ own) / 2)

    def gradient(self, W: Student) -> FloatArray:
        """The gradient in the student's hidden weights, shape (K, d); what it means for ReLU-like activations is the
        loss's `derivative`.

        Raises
        ------
        NotDifferentiableError
            At a zero student row of a ReLU-like network, and, in the exact convention, at parallel rows where the
            loss has a cone.
        """
        student = self.student(W)
        rows, c = self._stack(student)
        pairs = self._differentiable(rows, c, student.width, "gradient", ("field", "field_in_frame"), 1)
        a = c[: pairs.width]
        gradient = pairs.combine(self.weights, self._convention, c)
        gradient += self._bilinear * _linear_part(c, rows, pairs.norms)
        gradient *= a[:, None]
        return gradient

    def hessian(self, W: Student) -> Curvature:
        """Jacobian of `gradient` at ``W``: the Hessian of the loss (exact), or the Jacobian of the field that
        training follows (backprop).

        Raises
        ------
        NotDifferentiableError
            At a zero row, or at parallel rows where an order whose derivative jumps has no Jacobian; `gauss_newton`
            exists there.
        """
        student = self.student(W)
        rows, c = self._stack(student)
        pairs = self._differentiable(rows, c, student.width, "Hessian", ("own", "cross"), 2)
        a = c[: pairs.width]
        own = pairs.coefficients("own", self.weights, self._convention, a, c)
        cross = pairs.coefficients("cross", self.weights, self._convention, a, a)
        itself = pairs.itself("own", self.weights, self._convention)
        jump = self._activation.jump_order
        jumps = jump is not None and jump < len(self.weights) and self.weights[jump] > 0
        symmetric = self._convention == "exact" or not jumps or self.teacher.dim == 1
        return Curvature(assemble(pairs, a, own, cross, itself, self._bilinear), is_symmetric=symmetric)

    def gauss_newton(self, W: Student) -> Curvature:
        """``E[J' J]`` over all Sobolev features, absolutely continuous derivatives: symmetric positive semi-definite.

        Independent of the teacher's weights; equal to the Hessian at ``W = V`` wherever that exists.
        """
        student = self.student(W)
        rows, a = student.weights, student.output_weights
        pairs = self._differentiable(rows, a, student.width, "Gauss-Newton matrix", ("gauss_newton",), 1)
        cross = pairs.coefficients("gauss_newton", self.weights, self._convention, a, a)
        itself = pairs.itself("gauss_newton", self.weights, self._convention)
        return Curvature(assemble(pairs, a, None, cross, itself, self._bilinear), is_symmetric=True)

    @property
    def _bilinear(self) -> float:
        """Coefficient of ``u . v`` split off from the pair terms, summed over orders."""
        return float(sum(w * b for w, b in zip(self.weights, self._activation.kernels.BILINEAR, strict=False)))

    def _network(self, name: str, value: Student, dim: int | None) -> Network:
        network = value if isinstance(value, Network) else Network(value, activation=self.activation)
        if network.activation != self.activation:
            raise ValueError(
                f"{name}: activation {self.activation!r} is required, got {network.activation!r}; "
                "student and teacher share it"
            )
        if network.biases is not None and np.any(network.biases):
            raise NotImplementedError(
                f"{name}: biases are not supported yet in population losses; pass a network without biases"
            )
        if dim is not None and network.dim != dim:
            raise ValueError(
                f"{name}: input dimension {dim} of the teacher is required, "
                f"got weights of shape {network.weights.shape}"
            )
        return network

    def _stack(self, student: Network) -> tuple[FloatArray, FloatArray]:
        """``U = [W; V]`` and ``c = [a; -b]``."""
        rows = np.vstack([student.weights, self.teacher.weights])
        return rows, np.concatenate([student.output_weights, -self.teacher.output_weights])

    def _differentiable(
        self, rows: FloatArray, c: FloatArray, width: int, what: str, quantities: tuple[str, ...], derivatives: int
    ) -> Pairs:
        """The pairs of the student, after checking that the asked derivative exists."""
        pairs = Pairs(rows, width, self._activation)
        degree = self._activation.degree
        if degree is not None and derivatives >= degree and (zero := pairs.zero_rows()):
            raise NotDifferentiableError(
                what,
                zero,
                f"{self.activation} has a kink at a zero weight",
                "Remove the zero rows or move them off the origin.",
            )
        singular = any(
            weight and self._activation.is_singular(quantity, order, self._convention)
            for quantity in quantities
            for order, weight in enumerate(self.weights)
        )
        if singular and rows.shape[1] > 1:
            parallel = [(i, j) for i, j in pairs.parallel() if c[i] * c[j] != 0]
            if parallel:
                advice = (
                    "Use gauss_newton, which exists there."
                    if derivatives == 2
                    else 'Use derivative="backprop", which exists there.'
                )
                raise NotDifferentiableError(
                    f"{what} ({self.derivative})",
                    parallel,
                    "weights are parallel where a derivative of the activation jumps",
                    advice,
                )
        return pairs


def parse_norm(norm: Norm, activation: activations.Activation) -> tuple[float, ...]:
    """Sobolev weights ``(lambda_0, ..., lambda_s)`` with ``lambda_s > 0``, checked against the activation.

    Examples
    --------
    >>> parse_norm("H1", activations.get("relu"))
    (1.0, 1.0)
    """
    if isinstance(norm, str):
        if norm == "L2":
            weights = np.ones(1)
        elif norm[:1] == "H" and norm[1:].isdecimal() and int(norm[1:]) in range(1, 100):
            weights = np.ones(int(norm[1:]) + 1)
        else:
            raise ValueError(f'norm: "L2", "H1", "H2", ... or a sequence of weights is required, got {norm!r}')
    else:
        weights = as_array("norm", norm, ("s",))
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "norm: non-negative Sobolev weights, at least one of them positive, are required, "
            f"got {tuple(map(float, weights))}"
        )
    weights = np.trim_zeros(weights, "b")
    order = len(weights) - 1
    if activation.jump_order is not None and order > activation.jump_order:
        raise InfiniteNormError(activation.name, order, activation.jump_order)
    if order > activation.max_order:
        raise ValueError(
            f"norm: orders up to {activation.max_order} are derived for {activation.name!r}, got order {order}"
        )
    return tuple(map(float, weights))


def _linear_part(c: FloatArray, rows: FloatArray, norms: FloatArray) -> FloatArray:
    """``sum_i c_i u_i``, with compensated summation where it cancels."""
    total: FloatArray = c @ rows
    return combine_rows(c, rows) if np.linalg.norm(total) < 1e-3 * (np.abs(c) @ norms) else total
