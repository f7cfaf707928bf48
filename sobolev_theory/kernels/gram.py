"""Sobolev regression in the lazy limit: the Gram matrix of values and gradients."""

from __future__ import annotations

from functools import cache
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import one_of
from .._runtime.sizes import require_memory
from ..activations import Activation
from ..activations.definition import Letters
from .arrays import kernel_array
from .existence import require_varying
from .input_pairs import InputPairs
from .prior import KERNELS, Prior, PriorOptions, as_inputs

FloatArray = NDArray[np.float64]


def sobolev_gram(
    x: ArrayLike,
    y: ArrayLike,
    activation: str | Activation,
    *,
    kernel: str = "ntk",
    **variances: Unpack[PriorOptions],
) -> FloatArray:
    r"""The kernel of ``(f, grad f)``: values and gradients of a wide network at inputs x with those at inputs y.

    .. math:: \begin{pmatrix}
        \Theta & \partial_y \Theta \\ \partial_x \Theta & \partial_x \partial_y \Theta \end{pmatrix}

    Rows are stacked as ``[f(x_1), ..., f(x_n) | grad f(x_1), ..., grad f(x_n)]``, columns likewise. With targets ``t =
    np.concatenate([values, gradients.ravel()])`` at x, and ``G = sobolev_gram(x, x, ...)``, values and gradients of the
    regression are ``sobolev_gram(x_new, x, ...) @ np.linalg.solve(G, t)``: those of a wide network of a smooth
    activation after Sobolev training that begins at zero; with ``kernel="nngp"``, of its output weights alone. The
    matrix of the same inputs is symmetric and positive semi-definite, and has the nonzero eigenvalues of the
    Gauss-Newton matrix.

    Derivatives of activations are pointwise, as backpropagation takes them: kinks rest. The tangent kernel's own second
    derivative is infinite where activations bend, as ReLU: see `ntk`.

    Parameters
    ----------
    x, y, activation, weight_variance, bias_variance
        As in `nngp`.
    kernel
        ``"ntk"``, of all parameters, or ``"nngp"``.

    Returns
    -------
    array
        Shape (n (1 + d), m (1 + d)).

    Raises
    ------
    ValueError
        As `nngp`.
    InfiniteNormError
        For an activation that jumps: its networks have no gradients to be trained.

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.5]])
    >>> G = sobolev_gram(x, x, "erf")
    >>> values, gradients = x[:, 0] * x[:, 1], x[:, ::-1]              # of x_1 x_2, whose parity erf does not share
    >>> solved = np.linalg.solve(G, np.concatenate([values, gradients.ravel()]))
    >>> bool(np.abs((sobolev_gram(x, x, "erf") @ solved)[:3] - [0.0, 0.48, -0.5]).max() < 1e-12)
    True
    """
    one_of("kernel", kernel, KERNELS)
    prior, first = Prior.parse(activation, **variances), as_inputs("x", x)
    second = as_inputs("y", y, first.shape[1])
    return gram(kernel, prior, first, second)


def gram(kernel: str, prior: Prior, x: FloatArray, y: FloatArray) -> FloatArray:
    """The same of arguments that were checked."""
    (n, d), m = x.shape, len(y)
    size = f"a matrix of {n * (1 + d)} x {m * (1 + d)}"
    require_memory(f"x, y: {size}", 2 * n * m * (1 + d) ** 2, "take fewer inputs, or fewer dimensions")
    prior.require_finite(1)
    require_varying(kernel, prior, x, y, (1, 1))

    def part(i: int, j: int) -> FloatArray:
        return kernel_array(kernel, prior, x, y, (i, j), pointwise)

    matrix = np.empty((n * (1 + d), m * (1 + d)))
    matrix[:n, :m] = part(0, 0)
    matrix[n:, :m] = part(1, 0).transpose(0, 2, 1).reshape(n * d, m)
    matrix[:n, m:] = part(0, 1).reshape(n, m * d)
    matrix[n:, m:] = part(1, 1).transpose(0, 2, 1, 3).reshape(n * d, m * d)
    return matrix


def pointwise(pairs: InputPairs) -> Letters:
    """Letters of pointwise derivatives: beyond a jump those of what the activation is on either side of its kinks."""
    definition = pairs.prior.definition
    if definition.jump_order != 1:
        return pairs.letters(definition, definition)
    beyond = definition.beyond
    kinds = (definition, beyond or definition)
    at = cache(lambda first, second: pairs.letters(kinds[first], kinds[second]))

    def letter(a: int, b: int, i: int, j: int) -> FloatArray:
        if beyond is None and max(a, b) > 1:
            return np.zeros(())
        return at(a > 1, b > 1)(a, b, i, j)

    return letter
