r"""Own activations: from an expression in ``z`` to ``K_00``, every formula, and numeric kernels.

``derive`` proves closed forms, of two families:

- sums of ``z^n exp(a z^2 + b z)`` with ``Re a <= 0`` (polynomials, sines, exponentials, Gaussians, and products) and of
  ``z^n exp(a z^2) erf(k z)`` (GELU is ``z (1 + erf(z/sqrt 2))/2``): see `gaussian_integrals`;
- ``a z_+^n + b (-z)_+^n``, n <= 3 (step, sign, ReLU, leaky ReLU, ``|z|``): see `rectifiers`.

`families` derives them. The rest is handed on (`classes`) to what has moments without formulas: kinks anywhere,
exponential units, the logistic mixture (``tanh``), and the series, whose bound is computed. What was derived is kept in
a `cache`.
"""

from functools import cache

import sympy as sp

from ..._runtime.checks import positive_integer
from ...activations.activation import require_name
from ...activations.built_in import definition_of
from ...activations.registry import require_free
from ..bounds import short
from . import reading
from .derived import DerivedActivation

HIGHEST_ORDER = 9
"""Of Sobolev norms: formulas of higher ones take hours."""


def derive(activation: sp.Expr | str, name: str | None = None, *, max_order: int | None = None) -> DerivedActivation:
    """Derive an activation from its expression: closed forms where there are, else what makes its moments.

    Of closed forms with one kink at most, at 0, ``K_00``, losses, gradients, Hessians and kernels are derived. Others
    have moments by closed forms with kinks elsewhere, a mixture, or a series with a bound, as `DerivedActivation.how`
    says; formulas and records of these there are none. Everything else works alike.

    Parameters
    ----------
    activation
        A SymPy expression in the letter ``z``, or its text, which is parsed by a grammar of its own and never
        evaluated: numbers, ``pi``, ``E``, ``I``, ``+ - * / **`` and the functions of `grammar.FUNCTIONS`. Kinks by
        ``Abs``, ``Max``, ``Min``, ``Heaviside``, ``sign`` or ``Piecewise``; ``hermite(n, z)`` is the physicists'
        polynomial ``H_n``, as in SymPy, ``hermite_prob(n, z)`` the probabilists' ``He_n`` of the theorems:
        ``H_n(z) = 2^(n/2) He_n(sqrt(2) z)``. Floats are taken as the rational numbers they are written as.
    name
        A word of letters, digits and ``_ . -``, none of an activation of the package; by default from the expression,
        ``"sin"`` for ``sin(z)`` and another one for every other expression.
    max_order
        Highest Sobolev order; lower is faster. By default the order that jumps, or 3 for smooth activations (1 for
        those with ``z^2 erf(k z)``, or with two of ``exp(a z^2), exp(b z), erf(k z)``, in one term or in several: they
        need half a minute or more, and minutes or hours for order 3).

    Returns
    -------
    DerivedActivation
        Not yet registered: ``derive("sin(z)").register()`` makes ``activation="sin"`` known everywhere.

    Raises
    ------
    NoClosedFormError
        If an integral has no closed form that is known here, and kinks, or functions that code does not have, keep it
        from the series; the integral is named.
    ValueError
        For an activation that is not a real, square integrable, nonconstant function of ``z``; for a bad name or order.
    DerivationError
        If a closed form fails its verification; nothing unverified is returned.

    Notes
    -----
    Accuracy: kinked activations equal ReLU's, 1e-15 of the natural scale. Smooth ones 1e-14 of it for weights of norm
    about 1 in units of the scale on which sigma varies, growing like the norm squared for nearly parallel weights.
    Kernels with ``exp(b z)`` overflow where the moment does.

    What was derived is kept in the user's folder for caches (package ``platformdirs``), for this version of the package
    and of SymPy, so that another process has it at once. The environment variable ``SOBOLEV_THEORY_CACHE`` names
    another folder, or is ``off``.

    Examples
    --------
    >>> derive("sin(z)").kernel
    exp(-s/2 - t/2)*sinh(rho)
    >>> leaky = derive("Max(z, z/10)", "leaky")
    >>> leaky.activation.jump_order, round(leaky.activation.jump(1), 12)
    (1, 0.9)
    >>> derive("tanh(z)").how
    'mixture of 33 normal laws'
    """
    expression = reading.read(activation)
    if name is None:
        name = require_name(reading.default_name(expression))
    elif not _is_packaged(expression, require_name(name)):
        require_free(name)
    if max_order is not None and max_order != 0:
        max_order = positive_integer("max_order", max_order)
        if max_order > HIGHEST_ORDER:
            raise ValueError(f"max_order: at most {HIGHEST_ORDER} is required, got {short(max_order)}")
    return _kept(expression, name, max_order)


def _is_packaged(expression: sp.Expr, name: str) -> bool:
    """Whether the package has the activation of that expression under that name."""
    packaged = definition_of(name)
    return packaged is not None and sp.simplify(reading.read(packaged.expression) - expression) == 0


@cache
def _kept(expression: sp.Expr, name: str, max_order: int | None) -> DerivedActivation:
    """`derive` of checked arguments, once in a process."""
    return DerivedActivation.of(expression, name, max_order)
