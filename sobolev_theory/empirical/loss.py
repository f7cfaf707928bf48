"""Empirical losses of Sobolev training on given samples, with exact gradients and curvatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.parallel import Workers, ordered_map
from ..activations import Activation
from ..activations.per_neuron import ActivationLike, chosen
from ..curvature.operator import Curvature
from ..forms import Form
from ..layout import moving
from ..networks import Network
from ..norms import Norm, NormLike
from ..parameters import Parameters
from ..students import OfStudents
from .point import EmpiricalPoint
from .samples import Samples
from .targets import Targets, parsed

FloatArray = NDArray[np.float64]
Student = Network | ArrayLike


class EmpiricalLoss(OfStudents):
    r"""Sobolev loss of a student on samples ``x_t`` in R^d, whatever their distribution.

    .. math:: E = \frac{1}{2n} \sum_t \sum_m \lambda_m \, \| \nabla_x^m f_S(x_t) - Y_{m,t} \|^2

    Parameters
    ----------
    X
        Samples (n, d), of any real type; an array in memory, or a `numpy.memmap` of any size. It is not copied.
    targets
        A `Network`, whose values and derivatives are the targets, or a tuple of arrays: ``(y,)`` of shape (n,), with
        gradients ``(y, G)``, (n, d), with Hessians ``(y, G, H)``, (n, d, d); one that the norm does not need may be
        None.
    norm, metric, parameters, activation
        As of `PopulationLoss`. If targets are arrays the activation is that of students, ``"relu"`` if None.
    workers
        Who adds up sums over samples; those of products with vectors are added here. See Notes.

    Attributes
    ----------
    norm, metric, moving
        As given, as values.
    count
        Number of samples ``n``.

    Raises
    ------
    ValueError
        For samples or targets that are not finite, with the place of the first; for shapes that do not fit; for targets
        without the derivatives that the norm compares.
    InfiniteNormError
        For a norm that neither student nor teacher has, as H2 with ReLU: derivatives that are Dirac deltas are zero at
        samples.

    Notes
    -----
    Derivatives in parameters are pointwise at every sample, as automatic differentiation returns them. For a smooth
    activation the Hessian is the second derivative of the loss, its expectation that of the population. For one with
    kinks (ReLU) it is the second derivative almost everywhere, and symmetric; the population's Hessian has besides what
    moving kinks contribute, which no sample shows. Gauss-Newton matrices have no such part: their expectation is
    always `PopulationLoss.gauss_newton`.

    A product with a vector streams over the samples, and takes about as long as two matrix products with them, while
    samples and pointwise derivatives are less than 880 MiB together: then these are kept. Of more, those that do not
    fit are computed anew. `to_dense`, `spectrum` and others that form a matrix do so once.

    Sums are added in one order, and are the same, bit for bit, for any ``workers``. Threads share the samples; to
    processes they are sent, part by part, but of a `numpy.memmap` its file name goes there alone.

    Examples
    --------
    >>> from sobolev_theory import Network
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> loss = EmpiricalLoss(X, Network([[1.0, 1.0]], activation="tanh"), norm="H1", parameters="all")
    >>> round(loss.value(Network([[1.0, 1.0]], [0.5], activation="tanh")), 6)
    0.117144
    >>> EmpiricalLoss(X, (np.array([1.0, 2.0, 2.0]),), "L2").gradient([[1.0, 1.0]])
    array([[0., 0.]])
    """

    def __init__(
        self,
        X: ArrayLike | Samples,
        targets: Targets,
        norm: NormLike = "H1",
        *,
        metric: ArrayLike | None = None,
        parameters: str | Sequence[str] = "weights",
        activation: ActivationLike | None = None,
        workers: Workers = 1,
    ) -> None:
        with ordered_map(workers):  # refuses what is none
            self.workers = workers
        self.samples = Samples.parse("X", X, ("n", "d"), {})
        self.count, d = self.samples.array.shape
        self.norm = Norm.parse(norm)
        found = parsed(targets, self.norm, {"n": self.count, "d": d})
        self.teacher = found if isinstance(found, Network) else None
        self.arrays = {} if isinstance(found, Network) else found
        own = None if self.teacher is None else self.teacher.activation
        self._activation = chosen(own if activation is None else activation)
        for each in {self._activation, self._activation if own is None else own}:
            self.norm.require_finite(each)
        self.metric = Form.parse("metric", metric, d)
        if self.metric.is_zero:
            raise ValueError("metric: one that is not zero is required; without derivatives take norm L2")
        self.moving = moving(parameters)

    @property
    def activation(self) -> Activation:
        """The activation of students."""
        return self._activation

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return int(self.samples.array.shape[1])

    def facts(self) -> dict[str, Any]:
        """Sizes and the arguments that are not standard."""
        facts: dict[str, Any] = {"samples": self.count, "dim": self.dim, "norm": self.norm.argument}
        facts["targets"] = "arrays" if self.teacher is None else self.teacher
        facts |= {} if self.metric.is_identity else {"metric": self.metric.array}
        facts |= {} if self.moving == ("weights",) else {"parameters": self.moving}
        return facts | {"activation": self.activation.name}

    @property
    def setting(self) -> str:
        """What is not standard of metric and moving parameters, in words; empty if all is."""
        words = {
            "a metric of input gradients": not self.metric.is_identity,
            self._moved: self.moving != ("weights",),
        }
        return "; ".join(word for word, said in words.items() if said)

    def parameters(self, W: Student | Parameters | EmpiricalPoint) -> Parameters:
        """The parameters of the student, checked and not copied."""
        student = W.parameters if isinstance(W, EmpiricalPoint) else W
        return Parameters.of(student, self.activation, self.dim, self.moving, "X")

    def at(self, W: Student | Parameters | EmpiricalPoint) -> EmpiricalPoint:
        """The loss at one student: value, gradient and curvatures are its views."""
        if isinstance(W, EmpiricalPoint) and W.loss is self:
            return W
        return EmpiricalPoint(self, self.parameters(W))

    def value(self, W: Student | EmpiricalPoint) -> float:
        """The loss at ``W``, from the residual at every sample: accurate near a fit too."""
        return self.at(W).value

    def gradient(self, W: Student | EmpiricalPoint) -> FloatArray:
        """The gradient in what moves: shape (K, d) for hidden weights alone, else flat (P,); `split` gives its parts.

        Examples
        --------
        >>> loss = EmpiricalLoss([[1.0, 2.0]], (np.array([1.0]), np.array([[1.0, 0.0]])))
        >>> loss.gradient([[1.0, 1.0]])                    # 2 x + w - (1, 0)
        array([[2., 5.]])
        """
        return self.at(W).gradient

    def hessian(self, W: Student | EmpiricalPoint) -> Curvature:
        """The second derivative of the loss where it exists, almost everywhere; symmetric.

        Examples
        --------
        >>> loss = EmpiricalLoss([[1.0, 2.0]], (np.array([1.0]),), "L2", activation="monomial2")
        >>> loss.hessian([[1.0, 0.0]]).to_dense()           # (2 z)^2 x x' + 2 (z^2 - y) x x'
        array([[ 4.,  8.],
               [ 8., 16.]])
        """
        return self.at(W).hessian

    def gauss_newton(self, W: Student | EmpiricalPoint) -> Curvature:
        """The mean of ``J' J`` over samples, with the Jacobian of all Sobolev features; independent of the targets.

        Examples
        --------
        >>> EmpiricalLoss([[1.0, 2.0]], (np.array([1.0]),), "L2").gauss_newton([[1.0, 0.0]]).to_dense()
        array([[1., 2.],
               [2., 4.]])
        """
        return self.at(W).gauss_newton
