"""From one closed form ``K_00`` to every formula of an activation, in one chart of pair quantities."""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from .._checks import CONVENTIONS
from . import sobolev
from .charts import Chart
from .steps import Derivation


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

    @property
    def jump_order(self) -> int | None:
        """First order whose derivative jumps: ``n`` for ``z_+^n``, None for a smooth activation."""
        return self.degree


def derive_activation(
    name: str,
    sigma: sp.Expr,
    kernel: sp.Expr,
    chart: Chart,
    derivation: Derivation,
    *,
    degree: int | None = None,
    split: sp.Expr = sp.S.Zero,
    max_order: int,
) -> ActivationFormulas:
    """Derive all pair quantities of an activation from its closed form ``K_00``.

    Parameters
    ----------
    sigma
        The activation as an expression in ``z`` (piecewise ones by `Heaviside`).
    kernel
        ``K_00`` in the chart's coordinates.
    degree
        ``n`` if the activation is ``z_+^n`` (its n-th derivative is a step), None if it is smooth.
    split
        Coefficient of ``rho`` to split off from ``K_00``.
    max_order
        Highest Sobolev order to derive.
    """
    rest = kernel - split * chart.inner
    bilinear = tuple(split if order <= 1 else sp.S.Zero for order in range(max_order + 1))
    quantities = tuple(
        quantity
        for order in range(max_order + 1)
        for quantity in _quantities(chart, rest, order, jumps=order == degree)
    )
    return ActivationFormulas(name, sigma, kernel, chart, degree, bilinear, max_order, derivation, quantities)


def _quantities(chart: Chart, kernel: sp.Expr, order: int, *, jumps: bool) -> Iterator[Quantity]:
    """The quantities of one order, of a pair and of a vector with itself."""
    moment = sobolev.diagonal_moment(chart, kernel, order)
    term = sobolev.sobolev_term(chart, moment, order)
    yield _pair(chart, "value", order, None, (term,))
    yield _itself(chart, "self_value", order, None, (chart.self_value(term),))
    for derivative in CONVENTIONS if jumps else (None,):
        if derivative == "backprop":
            a, b = sobolev.jump_free_field(chart, moment, order)
        else:
            a, b = sobolev.exact_field(chart, term)
        in_frame = chart.field(a, b)
        radial = chart.self_field(in_frame)
        own = chart.block(sobolev.own_block(chart, a, b))
        cross = chart.block(sobolev.cross_block(chart, a, b))
        if chart.extends(a) and chart.extends(b):
            yield _pair(chart, "field", order, derivative, (a, b))
        else:
            yield _pair(chart, "field_in_frame", order, derivative, in_frame)
        yield _pair(chart, "own", order, derivative, own)
        yield _pair(chart, "cross", order, derivative, cross)
        yield _itself(chart, "self_field", order, derivative, (radial,))
        yield _itself(chart, "self_own", order, derivative, chart.self_block(radial))
    gauss_newton = chart.block(sobolev.gauss_newton_block(chart, moment, order, jumps=jumps))
    yield _pair(chart, "gauss_newton", order, None, gauss_newton)
    yield _itself(chart, "self_gauss_newton", order, None, chart.self_gauss_newton(gauss_newton))


def _pair(chart: Chart, name: str, order: int, derivative: str | None, coefficients: tuple[sp.Expr, ...]) -> Quantity:
    short = tuple(chart.short_form(c) for c in coefficients)
    return Quantity(name, order, derivative, chart.arguments, short, chart.is_singular(coefficients))


def _itself(chart: Chart, name: str, order: int, derivative: str | None, coefficients: tuple[sp.Expr, ...]) -> Quantity:
    short = tuple(sp.factor(sp.simplify(c)) for c in coefficients)
    return Quantity(name, order, derivative, (chart.self_argument,), short)
