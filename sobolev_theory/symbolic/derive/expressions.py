"""In which class an activation is: a sum of terms, or two branches of one power; whether it is square integrable."""

from typing import NamedTuple

import sympy as sp

from ..symbols import z
from .gaussian_integrals import Term

KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)


class NoClosedFormError(ValueError):
    """No closed form was found; ``integral`` names the one that failed."""

    def __init__(self, left: sp.Expr, right: sp.Expr, reason: str) -> None:
        x, y = sp.symbols("z_1 z_2", real=True)
        self.integral = f"E[({left.subs(z, x)})*({right.subs(z, y)})]"
        super().__init__(
            f"activation: no closed form was found for the integral {self.integral} over (z_1, z_2) = (u.x, v.x), "
            f"Gaussian with covariance [[s, rho], [rho, t]]: {reason}. There is one for sums of z^n exp(a z^2 + b z) "
            "(sines and hyperbolic functions are such) and z^n exp(a z^2) erf(k z), and for piecewise polynomials of "
            "degree 3; others with kinks have a series, activations.from_callable([...], kinks=[...])"
        )


class Kinked(NamedTuple):
    """``right z_+^power + left (-z)_+^power``."""

    power: int
    right: sp.Expr
    left: sp.Expr


def branches(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The activation for ``z > 0`` and for ``z < 0``, both as expressions in ``z``."""
    x = sp.Symbol("x", positive=True)
    right, left = expression.subs(z, x), expression.subs(z, -x)
    right, left = (sp.piecewise_fold(e) if e.has(sp.Piecewise) else e for e in (right, left))
    return sp.expand(right.doit()).subs(x, z), sp.expand(left.doit()).subs(x, -z)


def kinked(right: sp.Expr, left: sp.Expr) -> Kinked | None:
    """The two branches as powers of the same degree, if they are."""
    for power in range(4):
        a, b = sp.cancel(right / z**power), sp.cancel(left / (-z) ** power)
        if not a.has(z) and not b.has(z):
            return Kinked(power, a, b)
    return None


def terms(expression: sp.Expr) -> tuple[Term, ...]:
    """A smooth activation as a sum of `Term`.

    Raises
    ------
    NoClosedFormError
        For a summand that is no such term.
    ValueError
        If it is not square integrable.
    """
    collected: dict[tuple[int, sp.Expr, sp.Expr, sp.Expr], sp.Expr] = {}
    for summand in sp.Add.make_args(in_exponentials(expression)):
        if summand == 0:
            continue
        term = _term(summand, expression)
        kind = term.power, term.square, term.slope, term.scale
        collected[kind] = collected.get(kind, sp.S.Zero) + term.coefficient
    return tuple(Term(value, *kind) for kind, value in collected.items() if sp.simplify(value) != 0)


def in_exponentials(expression: sp.Expr) -> sp.Expr:
    """The expression as a sum, with exponentials for sines, hyperbolic functions and powers of numbers."""
    written = expression.rewrite([sp.sin, sp.cos, sp.sinh, sp.cosh], sp.exp).rewrite(sp.erfc, sp.erf)
    written = written.replace(
        lambda e: isinstance(e, sp.Pow) and e.exp.has(z) and not e.base.has(z),
        lambda e: sp.exp(e.exp * (1 if e.base == sp.E else sp.log(e.base))),
    )
    return sp.expand(written, power_exp=False)


def _term(summand: sp.Expr, activation: sp.Expr) -> Term:
    """One summand, taken apart."""
    coefficient, rest = summand.as_independent(z, as_Add=False)
    power, square, slope, scale = 0, sp.S.Zero, sp.S.Zero, sp.S.Zero
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if base == z and exponent.is_Integer and exponent > 0:
            power += int(exponent)
        elif isinstance(factor, sp.exp) and factor.args[0].is_polynomial(z) and sp.degree(factor.args[0], z) <= 2:
            polynomial = sp.Poly(factor.args[0], z)
            square, slope = square + polynomial.coeff_monomial(z**2), slope + polynomial.coeff_monomial(z)
            coefficient *= sp.exp(polynomial.coeff_monomial(1))
        elif isinstance(factor, sp.erf) and scale == 0 and not sp.cancel(factor.args[0] / z).has(z):
            scale = sp.cancel(factor.args[0] / z)
        elif factor == 1:
            continue
        else:
            require_square_integrable(activation)
            raise NoClosedFormError(activation, activation, f"{factor} is no factor of a known kind")
    if sp.re(square) > 0:
        raise not_square_integrable(activation, f"it grows like {sp.exp(sp.re(square) * z**2)}")
    if not square.is_real or not scale.is_real:
        raise NoClosedFormError(activation, activation, f"{rest} has a complex width")
    if scale.is_negative:
        coefficient, scale = -coefficient, -scale
    return Term(coefficient, power, square, slope, scale)


LINE = sp.Interval(-10, 10)
"""Where poles are looked for."""


def require_square_integrable(activation: sp.Expr, where: sp.Set = LINE) -> None:
    """Refuse poles in an interval and exponents that outgrow the Gaussian, as far as SymPy finds them."""
    for power in activation.atoms(sp.exp):
        exponent = power.args[0]
        if (
            exponent.is_polynomial(z)
            and sp.degree(exponent, z) > 2
            and sp.oo in (sp.limit(exponent, z, end) for end in (sp.oo, -sp.oo))
        ):
            raise not_square_integrable(activation, f"it grows like {power}")
    try:
        points = sp.singularities(activation, z, where)
        listed = list(points if isinstance(points, sp.FiniteSet) else points.intersect(sp.Interval(-2, 2)))[:4]
    except (NotImplementedError, TypeError, ValueError):
        return
    for point in listed:
        size = sp.limit(sp.Abs(activation) * sp.sqrt(z - point), z, point, "+")
        if size != 0:
            raise not_square_integrable(activation, f"it has a pole at z = {point}")


def not_square_integrable(activation: sp.Expr, why: str) -> ValueError:
    """The refusal of an activation whose loss is infinite."""
    return ValueError(
        f"activation: E sigma(w.x)^2 finite for weights of every norm is required, got {activation}: {why}, so that "
        "the loss is infinite; use a bounded function, or one that grows at most like exp(b*z)"
    )
