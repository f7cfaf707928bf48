"""From one closed form ``K_00`` to every formula of an activation, in one chart of pair quantities."""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from ..norms import Convention
from . import sobolev
from .charts import Chart
from .moments import Table, gram_table, polar_table
from .proofs.steps import Derivation


@dataclass(frozen=True)
class Quantity:
    """One derived result: its coefficients as functions of ``arguments``, for one order ``m`` and convention.

    ``derivative`` is None where both conventions agree. ``singular`` tells whether a coefficient fails to extend
    continuously to parallel (``theta = 0``) or antiparallel (``theta = pi``) vectors.
    """

    name: str
    order: int
    derivative: str | None
    arguments: tuple[sp.Symbol, ...]
    coefficients: tuple[sp.Expr, ...]
    singular: bool = False


@dataclass(frozen=True)
class ActivationFormulas:
    """Everything derived for one activation; the generated kernels are a print-out of this object.

    ``bilinear[m]`` is the coefficient of ``rho`` split off from the term of order ``m``: summed over pairs it gives
    ``bilinear |sum_i c_i u_i|^2``, which is then computed without cancellation. ``quantities`` describe the rest.

    ``degree`` is ``n`` if the activation has a kink at 0 and is positively homogeneous, ``sigma(c z) = c^n sigma(z)``
    for ``c > 0``: its derivative of order ``n`` is the first that jumps, by ``jump``. ``moments`` are the table of the
    same rest, see there. ``variation`` is how fast ``K_00`` varies with the weights, 1 for ``erf(z/sqrt 2)``.
    """

    name: str
    sigma: sp.Expr
    kernel: sp.Expr
    chart: Chart
    degree: int | None
    bilinear: tuple[sp.Expr, ...]
    max_order: int
    derivation: Derivation
    quantities: tuple[Quantity, ...]
    moments: Table
    jump: sp.Expr = sp.S.Zero
    variation: sp.Expr = sp.S.One


def derive_activation(
    name: str,
    sigma: sp.Expr,
    kernel: sp.Expr,
    chart: Chart,
    derivation: Derivation,
    *,
    degree: int | None = None,
    jump: sp.Expr | None = None,
    split: sp.Expr = sp.S.Zero,
    max_order: int,
    variation: sp.Expr = sp.S.One,
) -> ActivationFormulas:
    """Derive all pair quantities of an activation from its closed form ``K_00``.

    Parameters
    ----------
    sigma
        The activation as an expression in ``z`` (piecewise ones by `Heaviside`).
    kernel
        ``K_00`` in the chart's coordinates.
    degree
        ``n`` if the activation is ``a z_+^n + b (-z)_+^n`` (its n-th derivative is a step), None if it is smooth.
    jump
        Height of that step; by default ``n!``, that of ``z_+^n``.
    split
        Coefficient of ``rho`` to split off from ``K_00``.
    max_order
        Highest Sobolev order to derive.
    variation
        How fast ``K_00`` varies with the weights, 1 for ``erf(z/sqrt 2)``; see `pairs.near_teacher`.
    """
    rest = kernel - split * chart.inner
    bilinear = tuple(split if order <= 1 else sp.S.Zero for order in range(max_order + 1))
    quantities = tuple(
        quantity
        for order in range(max_order + 1)
        for quantity in _quantities(chart, rest, order, jumps=order == degree)
    )
    moments = gram_table(chart, kernel, max_order) if degree is None else polar_table(kernel, split, degree)
    height = sp.factorial(degree) if degree is not None and jump is None else jump or sp.S.Zero
    return ActivationFormulas(
        name, sigma, kernel, chart, degree, bilinear, max_order, derivation, quantities, moments, height, variation
    )


def _quantities(chart: Chart, kernel: sp.Expr, order: int, *, jumps: bool) -> Iterator[Quantity]:
    """The quantities of one order, of a pair and of a vector with itself."""
    moment, on_vectors = sobolev.diagonal_moment(chart, kernel, order), False
    for name, derivative, coefficients in coefficients_of(chart, moment, sobolev.powers(chart, order), jumps=jumps):
        if name == "field":
            on_vectors = all(map(chart.extends, coefficients))
        if name in ("field", "field_in_frame") and on_vectors == (name == "field_in_frame"):
            continue  # a field is given on (u, v), or in the frame where that form diverges
        itself = name.startswith("self")
        arguments, singular = (
            ((chart.self_argument,), False) if itself else (chart.arguments, chart.is_singular(coefficients))
        )
        yield Quantity(name, order, derivative, arguments, tuple(map(chart.short_form, coefficients)), singular)


def coefficients_of(
    chart: Chart, moment: sp.Expr, powers: sobolev.Powers, *, jumps: bool
) -> Iterator[tuple[str, str | None, tuple[sp.Expr, ...]]]:
    """Name, convention and coefficients of every quantity of one order, from ``K_mm`` and the powers of ``rho``."""
    term = sobolev.sobolev_term(moment, powers)
    yield "value", None, (term,)
    yield "self_value", None, (chart.self_value(term),)
    for derivative in Convention if jumps else (None,):
        if derivative is Convention.BACKPROP:
            a, b = sobolev.jump_free_field(moment, powers)
        else:
            a, b = map(chart.factored, sobolev.exact_field(chart, term))
        in_frame = chart.field(a, b)
        radial = chart.self_field(in_frame)
        yield "field", derivative, (a, b)
        yield "field_in_frame", derivative, in_frame
        yield "own", derivative, chart.block(sobolev.own_block(chart, a, b))
        yield "cross", derivative, chart.block(sobolev.cross_block(chart, a, b))
        yield "self_field", derivative, (radial,)
        yield "self_own", derivative, chart.self_block(radial)
    gauss_newton = chart.block(sobolev.gauss_newton_block(chart, moment, powers, jumps=jumps))
    yield "gauss_newton", None, gauss_newton
    yield "self_gauss_newton", None, chart.self_gauss_newton(gauss_newton)
