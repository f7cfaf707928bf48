"""Population losses of Sobolev training between two-layer networks, with exact gradients and curvatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._runtime.checks import as_array, instance_of
from .activations import Activation
from .activations.per_neuron import ActivationLike, chosen
from .affine_point import AffinePoint
from .inputs import Inputs
from .layout import moving
from .networks import Network
from .norms import Convention, Norm, NormLike
from .pairs.affine_sums import value_of_network
from .pairs.affine_terms import AffineTerms
from .pairs.ambient import Ambient
from .pairs.stacked import pairs_of
from .pairs.sums import PairTerms, value_sum
from .parameters import Parameters
from .points import Point
from .shorthands import AnyPoint, Shorthands
from .shorthands import Student as Student
from .students import OfStudents

FloatArray = NDArray[np.float64]


class LossOptions(TypedDict, total=False):
    """Options of `PopulationLoss` that functions which make losses pass on to it."""

    inputs: Inputs | None
    metric: ArrayLike | None
    parameters: str | Sequence[str]
    activation: ActivationLike | None
    derivative: str


class PopulationLoss(OfStudents, Shorthands):
    r"""Sobolev population loss between a student and a teacher, for Gaussian inputs ``x`` in R^d.

    .. math:: E = \tfrac12 \sum_m \lambda_m \, \mathbb{E} \, \| \nabla_x^m f_S(x) - \nabla_x^m f_T(x) \|^2

    Parameters
    ----------
    teacher
        A `Network`, or its weights ``V`` of shape (M, d).
    norm
        ``"L2"``, ``"H1"``, ``"H2"``, ... for weights (1), (1, 1), (1, 1, 1), ..., or the non-negative weights
        ``(lambda_0, lambda_1, ...)`` themselves.
    inputs
        The distribution of ``x``, an `Inputs`; standard if None.
    metric
        ``M`` with ``|grad f|^2 = grad f' M grad f``, in every slot of a tensor: a number, (d,) or (d, d); the identity
        if None. ``sum_l w_l v_l v_l'`` is supervision of directional derivatives, ``I/d`` that of a random one.
    parameters
        What moves: ``"weights"``, the hidden ones; ``"all"``, or some of ``"output_weights"``, ``"weights"``,
        ``"biases"``, ``"output_bias"``. If it is more than the weights, gradients are flat vectors in that order
        (`split`), and students are networks.
    activation
        That of students, or a list, one for each neuron; default: the teacher's, which may be another, or ``"relu"``.
    derivative
        ``"backprop"``: the gradient is the expectation of what automatic differentiation returns per sample
        (``ReLU'' = 0``), the field that training follows. ``"exact"``: it is the gradient of the population loss. They
        differ only at the order whose derivative jumps: H1 for ReLU, H2 for ReLU^2.

    Attributes
    ----------
    teacher
        The teacher as a `Network`.
    norm, derivative
        As given, as values (`norms.Norm`, `norms.Convention`).
    moving
        Names of what moves, in the order of a flat vector.
    ambient, terms
        Inputs and metric in the dimension of the teacher; the pair quantities that it is a sum of.

    Raises
    ------
    InfiniteNormError, UnknownActivationError, NotImplementedError
        If the norm of the network is infinite, as H2 with ReLU; for an activation that is not registered; for two with
        kinks without mixed moments, and kernels alone with biases, other inputs or metrics, or other parameters.
    ValueError
        For weights or a norm that make no sense; the message says what is required.

    Notes
    -----
    A student is an array (K, d) or a `Network`; ``loss.at(W)`` parses it and builds the geometry once, other methods
    are shorthands. Nothing of size ``(K d)^2`` is formed. Kernels are accurate to 1e-14 of the product of the norms
    (`docs/accuracy.md`), moments of other activations as these print, or an `AccuracyError` says why not. Sums over
    pairs cancel near the teacher, to 1e-16 of their terms; but if K = M and output weights agree up to order, the value
    is accurate to 1e-12 *relative* however near the teacher is, times the condition number of the Gauss-Newton matrix
    at worst (exceptions: `value_near_teacher`), and for one ReLU neuron value and gradient are to 1e-13. This, and
    weights of any size, for activations with kernels at standard inputs, the identity as metric, and hidden weights
    alone without biases. Else sums cancel at every teacher, norms in the covariance are within what a refusal states,
    and means that cancel cost ``(|w|.|mu| + |b|)/p`` roundings, ``p`` the deviation of ``w . x + b``.
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
        norm: NormLike = "H1",
        *,
        inputs: Inputs | None = None,
        metric: ArrayLike | None = None,
        parameters: str | Sequence[str] = "weights",
        activation: ActivationLike | None = None,
        derivative: str = "backprop",
    ) -> None:
        own = teacher.activation if isinstance(teacher, Network) else None
        of_students = chosen(own if activation is None else activation)
        if not isinstance(teacher, Network):
            teacher = Network(as_array("teacher", teacher, ("neurons", "d")), activation=of_students)
        self.teacher, self.minus_teacher = teacher, -teacher.output_weights
        self.minus_teacher.flags.writeable = False
        self.inputs = Inputs() if inputs is None else instance_of("inputs", inputs, Inputs)
        self.ambient = Ambient.of(self.inputs, metric, teacher.dim)
        self.moving = moving(parameters)
        self.norm = Norm.parse(norm)
        self.derivative = Convention.parse(derivative)
        self.affine_terms = AffineTerms(of_students, self.norm, self.derivative, teacher.activation)
        if not self.is_standard:
            self.affine_terms.require_moments()
        # with d = 1 the surface {w . x = 0} is the origin, its Dirac terms carry a factor x = 0: the conventions agree
        convention = Convention.BACKPROP if teacher.dim == 1 else self.derivative
        self.terms = PairTerms(of_students, self.norm, convention, in_plane=teacher.dim == 2)

    @property
    def activation(self) -> Activation:
        """The activation of students."""
        return self.affine_terms.activation

    @property
    def dim(self) -> int:
        """Input dimension ``d``."""
        return self.teacher.dim

    @cached_property
    def is_standard(self) -> bool:
        """Whether hidden weights alone move, inputs and metric are standard, there are no biases, but fast kernels."""
        has_kernels = self.affine_terms.are_of_kernels and not self.teacher.has_biases
        return has_kernels and self.moving == ("weights",) and self.ambient.is_standard

    def require_standard(self, what: str) -> None:
        """Refuse what a theory does not cover that is one of standard inputs and hidden weights.

        Raises
        ------
        NotImplementedError
            With the argument that is not standard.
        """
        kernels = "take relu, relu2, relu3, erf, abs, leaky_relu or another with generated kernels, for both"
        advice = {"teacher": "take one without", "activation": kernels}
        facts = {"inputs": self.inputs.is_standard, "metric": self.ambient.metric.is_identity}
        facts |= {"parameters": self.moving == ("weights",), "teacher": not self.teacher.has_biases}
        facts |= {"activation": self.affine_terms.are_of_kernels}
        for name, is_standard in facts.items():
            if not is_standard:
                raise NotImplementedError(
                    f"{name}: {what} is known for standard inputs, the identity as metric, hidden weights alone, a "
                    "teacher without biases and one activation with kernels of its own; "
                    f"{advice.get(name, f'leave {name} as it is by default')}"
                )

    @property
    def sobolev_weights(self) -> tuple[float, ...]:
        """``(lambda_0, ..., lambda_s)``."""
        return self.norm.weights

    @property
    def has_cones(self) -> bool:
        """Whether the gradient asked for is exact and jumps where rows are parallel."""
        terms = self.terms if self.is_standard else self.affine_terms
        return terms.jumps and terms.convention is Convention.EXACT

    @property
    def has_kinks(self) -> bool:
        """Whether the first derivative of the activation jumps: the loss has a kink where a row is zero."""
        return self.activation.jump_order == 1

    @cached_property
    @np.errstate(all="ignore")
    def value_of_teacher(self) -> float:
        """``sum_ij b_i b_j F(v_i, v_j)`` over different rows of the teacher, without its bilinear part."""
        rows, b = self.teacher.weights, self.teacher.output_weights
        geometry = pairs_of(rows, len(rows), self.terms, b, None)
        return value_sum(geometry, self.terms, geometry.numbers(b))

    @cached_property
    def affine_value_of_teacher(self) -> float:
        """``sum_ij a*_i a*_j F(v_i, v_j)`` over all rows of the teacher, for any inputs."""
        return value_of_network(self.teacher, self.ambient, self.affine_terms)

    def facts(self) -> dict[str, Any]:
        """The arguments that made it; of inputs, metric and parameters those that are not standard."""
        facts: dict[str, Any] = {"teacher": self.teacher.weights, "norm": self.norm.argument}
        facts |= {} if self.inputs.is_standard else {"inputs": self.inputs}
        facts |= {} if self.ambient.metric.is_identity else {"metric": self.ambient.metric.array}
        facts |= {} if self.moving == ("weights",) else {"parameters": self.moving}
        facts |= {} if self.affine_terms.is_shared else {"activation_of_teacher": self.teacher.activation.name}
        return facts | {"activation": self.activation.name, "derivative": str(self.derivative)}

    @property
    def setting(self) -> str:
        """What is not standard of inputs, metric and moving parameters, in words; empty if all is."""
        words = {
            f"{self.inputs.line()}": not self.inputs.is_standard,
            "a metric of input gradients": not self.ambient.metric.is_identity,
            self._moved: self.moving != ("weights",),
        }
        return "; ".join(word for word, said in words.items() if said)

    def parameters(self, W: Student | Parameters | AnyPoint) -> Parameters:
        """The parameters of the student, checked and not copied."""
        student = W.parameters if isinstance(W, AnyPoint) else W
        return Parameters.of(student, self.activation, self.teacher.dim, self.moving)

    def at(self, W: Student | Parameters | AnyPoint) -> AnyPoint:
        """The loss at one student: parsed once, its geometry built once; value, gradient and curvatures are its views.

        >>> point = PopulationLoss([[0.0, 1.0]], "L2").at([[1.0, 0.0]])
        >>> round(point.value, 6), round(point.hessian.condition_number(), 6)
        (0.340845, 2.751938)
        """
        if isinstance(W, AnyPoint) and W.loss is self:
            return W
        parameters = self.parameters(W)
        return (AffinePoint if parameters.has_biases or not self.is_standard else Point)(self, parameters)


def each_loss(V: Student, norms: Sequence[NormLike], options: Mapping[str, Any]) -> list[PopulationLoss]:
    """A loss for each norm, equal in all else.

    Raises
    ------
    TypeError
        If ``norm`` is among the options, beside the norms.
    """
    if "norm" in options:
        raise TypeError("norm: norms, a list of norms, is required in its place")
    return [PopulationLoss(V, norm, **options) for norm in norms]
