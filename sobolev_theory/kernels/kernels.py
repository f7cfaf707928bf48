"""The two kernels of a wide network in function space, with derivatives in their inputs."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..activations import Activation
from .arrays import kernel_array
from .existence import meeting_places, require_varying
from .prior import Orders, Prior, PriorOptions, as_inputs, as_orders

FloatArray = NDArray[np.float64]


def nngp(
    x: ArrayLike,
    y: ArrayLike,
    activation: str | Activation,
    orders: Orders = (0, 0),
    **variances: Unpack[PriorOptions],
) -> FloatArray:
    r"""Covariance of a two-layer network of infinite width at random parameters, and its derivatives in the inputs.

    .. math:: f(x) = n^{-1/2} \sum_i a_i \sigma(w_i \cdot x + b_i), \quad K(x, y) = E[\sigma(z_1) \sigma(z_2)]

    of standard normal ``a_i``, weights of variance ``weight_variance`` in each coordinate and biases of
    ``bias_variance``: ``f`` is a Gaussian process, and derivatives of ``K`` are covariances of its derivatives.

    Parameters
    ----------
    x, y
        Inputs (n, d) and (m, d).
    activation
        A name or an `Activation`.
    orders
        Derivatives in x and in y: (0, 0), (1, 0), (0, 1) or (1, 1).
    weight_variance, bias_variance
        1 and 0 unless told. Those of neural-tangents, ``Dense(n, W_std, b_std)``, an activation, ``Dense(1)``, are
        ``W_std**2/d`` and ``b_std**2``: its weights are divided by ``sqrt(d)``.

    Returns
    -------
    array
        ``K`` (n, m); ``dK/dx`` or ``dK/dy`` (n, m, d); ``d2K/dx dy'`` (n, m, d, d), the axis of x first. Accurate to
        the accuracy of the activation's moments, also at equal, parallel and nearly parallel inputs.

    Raises
    ------
    ValueError
        For inputs that are not finite or of two dimensions, and orders that are none of the four.
    NotDifferentiableError
        Where the derivative does not exist: at an input without bias that is zero, for an activation that jumps or
        bends at 0; at parallel inputs, for a step.

    Notes
    -----
    By Price's theorem ``dK/dx = v (x K_20 + y K_11)`` with moments ``K_ab = E[sigma^(a)(z_1) sigma^(b)(z_2)]``, and so
    on; derivation: ``derivations/wide_network.py``.

    Source: Neal 1996; Williams 1997 (erf); Cho & Saul 2009 (rectifiers).

    Examples
    --------
    >>> x = [[1.0, 0.0], [0.0, 2.0]]
    >>> nngp(x, x, "relu") * np.pi                          # |x||y| (sin + (pi - angle) cos)/(2 pi)
    array([[1.57079633, 1.        ],
           [1.        , 6.28318531]])
    >>> nngp(x[:1], x[:1], "relu", orders=(1, 1))           # E[ww'; w.x > 0]
    array([[[[0.5, 0. ],
             [0. , 0.5]]]])
    """
    return _kernel("nngp", x, y, activation, orders, variances)


def ntk(
    x: ArrayLike,
    y: ArrayLike,
    activation: str | Activation,
    orders: Orders = (0, 0),
    **variances: Unpack[PriorOptions],
) -> FloatArray:
    r"""Neural tangent kernel of a two-layer network of infinite width, and its derivatives in the inputs.

    .. math:: \Theta(x, y) = E \langle \partial_\theta f(x), \partial_\theta f(y) \rangle = K_{00} + \rho K_{11}

    with ``rho = weight_variance x . y + bias_variance``; all of output weights, weights and biases are trained, the
    latter two in units of their standard deviations, ``w = sqrt(weight_variance) w'`` with gradient steps in ``w'``:
    the parametrisation that bears the kernel's name. As the width grows, gradient flow of ``sum_t (f(x_t) - y_t)^2/2``
    becomes linear, and residuals fall by ``Theta``.

    Arguments, results and errors are those of `nngp`, to which it is the sum of what the other layer learns. Of an
    activation that bends, as ReLU, it has a cone at parallel inputs, and so no derivative there; one that jumps has no
    such kernel (`InfiniteNormError`). What gradients by backpropagation make of such points is in `sobolev_gram`.

    Source: Jacot, Gabriel & Hongler 2018.

    Examples
    --------
    >>> x = [[1.0, 0.0], [0.0, 2.0]]
    >>> ntk(x, x, "relu")                                   # on the diagonal |x|^2 (1/2 + 1/2)
    array([[1.        , 0.31830989],
           [0.31830989, 4.        ]])
    >>> ntk(x, x, "erf", orders=(1, 0)).shape
    (2, 2, 2)
    """
    return _kernel("ntk", x, y, activation, orders, variances)


def _kernel(
    kernel: str,
    x: ArrayLike,
    y: ArrayLike,
    activation: str | Activation,
    orders: Orders,
    variances: PriorOptions,
) -> FloatArray:
    """Checked, and evaluated."""
    prior, given = Prior.parse(activation, **variances), as_orders(orders)
    first = as_inputs("x", x)
    second = as_inputs("y", y, first.shape[1])
    prior.require_finite(int(kernel == "ntk"))
    require_varying(kernel, prior, first, second, given)
    return kernel_array(kernel, prior, first, second, given, places=meeting_places(kernel, prior, given))
