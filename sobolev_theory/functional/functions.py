"""The functions: arguments are checked, and the namespace is that of the weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from .._runtime.checks import instance_of
from ..activations import Activation
from ..activations.per_neuron import ActivationLike, chosen
from ..inputs import Inputs
from ..norms import Convention, Norm, NormLike
from ..pairs.affine_terms import AffineTerms
from ..pairs.ambient import Ambient
from ..pairs.blocks_of_rows import OF_A_MATRIX, require_pairs_fit
from ..pairs.sums import PairTerms
from .letters import LetterSums
from .moments import known
from .namespaces import Namespace, in_whole_precision, like, weights_of
from .sums import Sums


@in_whole_precision
def value(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    *,
    output_weights: Any = None,
    teacher_output_weights: Any = None,
    biases: Any = None,
    teacher_biases: Any = None,
    activation: ActivationLike = "relu",
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
) -> Any:
    r"""The Sobolev population loss of `PopulationLoss`, an array of shape ``()``.

    .. math:: E = \tfrac12 \sum_m \lambda_m \, \mathbb{E} \, \| \nabla_x^m f_S(x) - \nabla_x^m f_T(x) \|^2

    Automatic differentiation of it gives the gradient of the convention ``"exact"``, with the slope 0 at cones.

    Parameters
    ----------
    W
        Student weights (K, d), of double or single precision. They say what results are.
    V
        Teacher weights (M, d), of the same library, or numbers of NumPy, a list.
    norm
        As `PopulationLoss` takes it.
    output_weights, teacher_output_weights
        (K,) and (M,), likewise; ones if None.
    biases, teacher_biases
        (K,) and (M,), likewise; zeros if None. With them, as with inputs that have a mean, activations are smooth.
    activation
        One with generated kernels, relu, relu2, relu3, leaky_relu, abs, erf, or one that was derived; or tanh, sigmoid,
        softplus, silu, gelu, gaussian, as mixtures of up to 33 normal laws: a pair costs the square of that.
    inputs, metric
        As `PopulationLoss`, for smooth activations: numbers of NumPy, not differentiated.

    Raises
    ------
    ValueError
        For arrays of other shapes, libraries or precisions, and for a norm that makes no sense.
    InfiniteNormError, UnknownActivationError, NotImplementedError
        As `PopulationLoss`; the last also for activations that are not covered.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> W, V = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    >>> bool(np.isclose(functional.value(W, V, "L2"), 0.5 - 1 / (2 * np.pi)))
    True
    """
    teacher = V, teacher_output_weights, teacher_biases
    sums = _sums((W, output_weights, biases), teacher, norm, activation, inputs, metric)
    return replace(sums, width=sums.rows.shape[0]).value()


@in_whole_precision
def gradient(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    *,
    output_weights: Any = None,
    teacher_output_weights: Any = None,
    biases: Any = None,
    teacher_biases: Any = None,
    activation: ActivationLike = "relu",
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
    derivative: str = "backprop",
) -> Any:
    """The gradient in the hidden weights, (K, d); arguments as `value`, and the convention of `PopulationLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> functional.gradient(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0]]), "L2")
    array([[0.5, 0. ]])
    """
    teacher = V, teacher_output_weights, teacher_biases
    return _sums((W, output_weights, biases), teacher, norm, activation, inputs, metric, derivative).gradient()


@in_whole_precision
def hessian_vector_product(
    W: Any,
    V: Any,
    vector: Any,
    norm: NormLike = "H1",
    *,
    output_weights: Any = None,
    teacher_output_weights: Any = None,
    biases: Any = None,
    teacher_biases: Any = None,
    activation: ActivationLike = "relu",
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
    derivative: str = "backprop",
) -> Any:
    """The Jacobian of the gradient times a vector (K, d), of that shape; O(K (K + M) d) operations.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> W, V = np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> functional.hessian_vector_product(W, V, np.array([[0.0, 1.0, 0.0]]), "L2")
    array([[0. , 0.5, 0. ]])
    """
    teacher = V, teacher_output_weights, teacher_biases
    sums = _sums((W, output_weights, biases), teacher, norm, activation, inputs, metric, derivative)
    sizes = dict(zip(("neurons", "d"), W.shape, strict=True))
    return sums.hessian() @ like(sums.xp, "vector", vector, ("neurons", "d"), sizes)


@in_whole_precision
def hessian(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    *,
    output_weights: Any = None,
    teacher_output_weights: Any = None,
    biases: Any = None,
    teacher_biases: Any = None,
    activation: ActivationLike = "relu",
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
    derivative: str = "backprop",
) -> Any:
    """The Jacobian of the gradient as a dense matrix (K d, K d), row-major in (neuron, coordinate).

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> H = functional.hessian(np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0]]), "L2")
    >>> np.linalg.eigvalsh(H).round(6)              # 1/2 - 1/pi, 1/2 - 1/(2 pi), 1/2
    array([0.18169 , 0.340845, 0.5     ])
    """
    teacher = V, teacher_output_weights, teacher_biases
    sums = _sums((W, output_weights, biases), teacher, norm, activation, inputs, metric, derivative)
    return sums.hessian().to_dense()


@in_whole_precision
def gauss_newton(
    W: Any,
    norm: NormLike = "H1",
    *,
    output_weights: Any = None,
    biases: Any = None,
    activation: ActivationLike = "relu",
    inputs: Inputs | None = None,
    metric: ArrayLike | None = None,
) -> Any:
    """The Gauss-Newton matrix ``E[J' J]`` of a student, dense, (K d, K d); no teacher enters.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> functional.gauss_newton(np.array([[1.0, 0.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    return _sums((W, output_weights, biases), None, norm, activation, inputs, metric).gauss_newton().to_dense()


def _sums(
    student: tuple[Any, Any, Any],
    teacher: tuple[Any, Any, Any] | None,
    norm: NormLike,
    activation: ActivationLike,
    inputs: Inputs | None,
    metric: ArrayLike | None,
    derivative: str = "backprop",
) -> Sums | LetterSums:
    """The arguments, checked: networks are weights, output weights and biases, of which a teacher may be missing."""
    xp, W = weights_of("W", student[0])
    width, dim = W.shape
    rows, outputs, biases = [W], [_ones_or(xp, "output_weights", student[1], width)], [student[2]]
    if teacher is not None:
        rows.append(like(xp, "V", teacher[0], ("neurons", "d"), {"d": dim}))
        outputs.append(-_ones_or(xp, "teacher_output_weights", teacher[1], rows[1].shape[0]))
        biases.append(teacher[2])
    stacked = xp.concat(rows), xp.concat(outputs), width
    shifts = _biases(xp, biases, [array.shape[0] for array in rows])
    require_pairs_fit(width, stacked[0].shape[0], OF_A_MATRIX)
    of_students, parsed, convention = chosen(activation), Norm.parse(norm), Convention.parse(derivative)
    parsed.require_finite(of_students)
    ambient = Ambient.of(Inputs() if inputs is None else instance_of("inputs", inputs, Inputs), metric, dim)
    if of_students.has_kernels and ambient.is_standard and shifts is None:
        convention = Convention.BACKPROP if dim == 1 else convention  # as `PopulationLoss`
        return Sums(xp, PairTerms(of_students, parsed, convention, in_plane=dim == 2), *stacked)
    _require_moments(of_students, ambient.has_mean or shifts is not None)
    return LetterSums(xp, AffineTerms(of_students, parsed, convention, of_students), ambient, *stacked, shifts)


def _biases(xp: Namespace, given: list[Any], counts: list[int]) -> Any:
    """Those of all rows, zeros for a network without; None if none has any."""
    if all(one is None for one in given):
        return None
    names = ("biases", "teacher_biases")
    return xp.concat(
        [
            0.0 * xp.ones(count) if one is None else like(xp, name, one, ("neurons",), {"neurons": count})
            for name, one, count in zip(names, given, counts, strict=False)
        ]
    )


def _require_moments(activation: Activation, have_means: bool) -> None:
    """Refuse what only NumPy's engine covers."""
    if not known(activation.definition, have_means):
        raise NotImplementedError(
            "activation: erf, tanh, sigmoid, softplus, silu, gelu or gaussian, or generated kernels at standard inputs "
            "and metric without biases, are required for arrays of any library, got "
            f"{activation.name!r}; PopulationLoss takes it"
        )


def _ones_or(xp: Namespace, name: str, given: Any, count: int) -> Any:
    return xp.ones(count) if given is None else like(xp, name, given, ("neurons",), {"neurons": count})
