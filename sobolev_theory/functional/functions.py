"""The functions: arguments are checked, and the namespace is that of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack

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


class StudentOptions(TypedDict, total=False):
    """Options of all functions; see `value`."""

    output_weights: Any
    biases: Any
    activation: ActivationLike
    inputs: Inputs | None
    metric: ArrayLike | None


class Options(StudentOptions, total=False):
    """Those of functions of a student and a teacher."""

    teacher_output_weights: Any
    teacher_biases: Any


class FieldOptions(Options, total=False):
    """Those of functions that depend on the convention."""

    derivative: str


@in_whole_precision
def value(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    **options: Unpack[Options],
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
    sums = _sums("value", Options, W, V, norm, options)
    return replace(sums, width=sums.rows.shape[0]).value()


@in_whole_precision
def gradient(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    **options: Unpack[FieldOptions],
) -> Any:
    """The gradient in the hidden weights, (K, d); arguments as `value`, and the convention of `PopulationLoss`.

    Examples
    --------
    >>> import numpy as np
    >>> from sobolev_theory import functional
    >>> functional.gradient(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0]]), "L2")
    array([[0.5, 0. ]])
    """
    return _sums("gradient", FieldOptions, W, V, norm, options).gradient()


@in_whole_precision
def hessian_vector_product(
    W: Any,
    V: Any,
    vector: Any,
    norm: NormLike = "H1",
    **options: Unpack[FieldOptions],
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
    sums = _sums("hessian_vector_product", FieldOptions, W, V, norm, options)
    sizes = dict(zip(("neurons", "d"), W.shape, strict=True))
    return sums.hessian() @ like(sums.xp, "vector", vector, ("neurons", "d"), sizes)


@in_whole_precision
def hessian(
    W: Any,
    V: Any,
    norm: NormLike = "H1",
    **options: Unpack[FieldOptions],
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
    return _sums("hessian", FieldOptions, W, V, norm, options).hessian().to_dense()


@in_whole_precision
def gauss_newton(
    W: Any,
    norm: NormLike = "H1",
    **options: Unpack[StudentOptions],
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
    return _sums("gauss_newton", StudentOptions, W, None, norm, options).gauss_newton().to_dense()


def _sums(name: str, taken: Any, W: Any, V: Any, norm: NormLike, given: Mapping[str, Any]) -> Sums | LetterSums:
    """The arguments of a function, checked, and its options, those of a typed dictionary; V of none is missing."""
    for option in given:
        if option not in taken.__annotations__:
            raise TypeError(f"{name}() got an unexpected keyword argument {option!r}")
    xp, W = weights_of("W", W)
    width, dim = W.shape
    rows, outputs = [W], [_ones_or(xp, "output_weights", given.get("output_weights"), width)]
    if V is not None:
        rows.append(like(xp, "V", V, ("neurons", "d"), {"d": dim}))
        teacher = given.get("teacher_output_weights")
        outputs.append(-_ones_or(xp, "teacher_output_weights", teacher, rows[1].shape[0]))
    stacked = xp.concat(rows), xp.concat(outputs), width
    shifts = _biases(xp, given, [array.shape[0] for array in rows])
    require_pairs_fit(width, stacked[0].shape[0], OF_A_MATRIX)
    of_students, parsed = chosen(given.get("activation", "relu")), Norm.parse(norm)
    convention = Convention.parse(given.get("derivative", "backprop"))
    parsed.require_finite(of_students)
    inputs = given.get("inputs")
    inputs = Inputs() if inputs is None else instance_of("inputs", inputs, Inputs)
    ambient = Ambient.of(inputs, given.get("metric"), dim)
    if of_students.has_kernels and ambient.is_standard and shifts is None:
        convention = Convention.BACKPROP if dim == 1 else convention  # as `PopulationLoss`
        return Sums(xp, PairTerms(of_students, parsed, convention, in_plane=dim == 2), *stacked)
    _require_moments(of_students, ambient.has_mean or shifts is not None)
    return LetterSums(xp, AffineTerms(of_students, parsed, convention, of_students), ambient, *stacked, shifts)


def _biases(xp: Namespace, given: Mapping[str, Any], counts: list[int]) -> Any:
    """Those of all rows, zeros for a network without; None if none has any."""
    found = [(name, given.get(name), count) for name, count in zip(("biases", "teacher_biases"), counts, strict=False)]
    if all(one is None for _, one, _ in found):
        return None
    return xp.concat(
        [
            0.0 * xp.ones(count) if one is None else like(xp, name, one, ("neurons",), {"neurons": count})
            for name, one, count in found
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
