"""The class of definitions to which an activation belongs: closed forms first, then mixtures, then the series."""

from itertools import pairwise
from typing import Any, NamedTuple

import sympy as sp

from ...activations.piecewise.polynomial import HIGHEST
from ..derive.expressions import NoClosedFormError, require_square_integrable, terms
from ..proofs.steps import Derivation
from ..symbols import z
from .pieces import KINKED, Pieces, UnknownKinkError, pieces
from .smoothed import smoothed

Data = tuple[Any, ...]
"""Numbers, and tuples of them within each other."""


class Classified(NamedTuple):
    """The name of a class of `activations`, what it is made of, and the steps that prove it."""

    kind: str
    data: Data
    proof: Derivation


def classify(expression: sp.Expr) -> Classified:
    """The first class that has the activation; parameters may be letters.

    - ``PiecewisePolynomial``: kinks, and coefficients by ascending powers between them;
    - ``ExponentialUnit``: ``alpha, scale, rate`` of ``scale (z_+ + alpha (exp(z/rate) - 1) 1(z < 0))``;
    - ``Entire``: ``(b, coefficients)`` of polynomials times ``exp(b z)``, numbers unless b is 0;
    - ``SmoothedRectifiers``: a polynomial, atoms, and atoms of the logistic mixture, see `smoothed`;
    - ``Series``: nothing; all that is used of the rest are derivatives.

    Raises
    ------
    NoClosedFormError
        For one with a kink that is of none of these.
    ValueError
        For one that is seen not to be square integrable.
    """
    proof = Derivation()
    if expression.has(*KINKED):
        return _kinked(expression, proof)
    if entire := _entire(expression, proof):
        return Classified("Entire", entire, proof)
    if found := smoothed(expression, proof):
        return Classified("SmoothedRectifiers", (found.polynomial, found.atoms, found.mixture), proof)
    require_square_integrable(expression)
    return Classified("Series", (), proof)


def _kinked(expression: sp.Expr, proof: Derivation) -> Classified:
    """A piecewise polynomial, or an exponential unit."""
    try:
        found = pieces(expression)
    except UnknownKinkError as error:
        raise NoClosedFormError(expression, expression, str(error)) from None
    _check_pieces(expression, found, proof)
    found = found.merged()
    if not found.kinks:
        return classify(found.branches[0])
    if all(branch.is_polynomial(z) and sp.Poly(branch, z).degree() <= HIGHEST for branch in found.branches):
        return Classified("PiecewisePolynomial", (found.kinks, tuple(map(_coefficients, found.branches))), proof)
    if unit := _exponential_unit(found, proof):
        return Classified("ExponentialUnit", unit, proof)
    for branch, (left, right) in zip(found.branches, pairwise([-10, *found.kinks, 10]), strict=True):
        require_square_integrable(branch, sp.Interval(left, right))
    shown = ", ".join(f"{branch} at {x}" for x, branch in found.at_middles())
    raise NoClosedFormError(
        expression, expression, f"it has kinks, and is {shown}, which are no polynomials of degree {HIGHEST}"
    )


def _check_pieces(expression: sp.Expr, found: Pieces, proof: Derivation) -> None:
    """Where no decision changes, which is so between kinks, a branch is right if it is so at enough points."""
    for x, branch in found.at_middles():
        degree = sp.degree(branch, z) if branch.is_polynomial(z) and branch.has(z) else 1
        width = min((abs(x - kink) for kink in found.kinks), default=sp.S.One)
        for k in range(int(degree) + 1):
            at = x + sp.nsimplify(width.evalf(5), rational=True) * sp.Rational(k, 2 * int(degree) + 1)
            proof.check(rf"$\sigma({sp.latex(at)})$", expression.subs(z, at), branch.subs(z, at))


def _coefficients(polynomial: sp.Expr) -> tuple[sp.Expr, ...]:
    """By ascending powers."""
    return tuple(reversed(sp.Poly(polynomial, z).all_coeffs())) if polynomial != 0 else (sp.S.Zero,)


def _exponential_unit(found: Pieces, proof: Derivation) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """``alpha, scale, rate``, verified; None if it is no such unit."""
    if found.kinks != (0,):
        return None
    left, right = found.branches
    scale, exponentials = sp.diff(right, z), list(left.atoms(sp.exp))
    exponentials = [x for x in exponentials if x.has(z)]
    if scale.has(z) or right.subs(z, 0) != 0 or len(exponentials) != 1 or scale == 0:
        return None
    rate = sp.cancel(z / exponentials[0].args[0])
    if rate.has(z) or not rate.is_positive:
        return None
    alpha = sp.simplify(sp.diff(left, z).subs(z, 0) * rate / scale)
    if sp.simplify(left - scale * alpha * (sp.exp(z / rate) - 1)) != 0:
        return None
    proof.step(r"$\sigma(z)$ for $z < 0$", left, scale * alpha * (sp.exp(z / rate) - 1))
    return alpha, scale, rate


def _entire(expression: sp.Expr, proof: Derivation) -> Data | None:
    """``(b, coefficients)`` of every exponential, and of the polynomial at 0; None if there is anything else."""
    try:
        found = terms(expression)
    except NoClosedFormError:
        return None
    if any(term.square != 0 or term.scale != 0 or (term.slope != 0 and term.power) for term in found):
        return None
    by_slope: dict[sp.Expr, dict[int, sp.Expr]] = {}
    for term in found:
        by_slope.setdefault(term.slope, {})[term.power] = term.coefficient
    total = sp.Add(*(term.expression() for term in found))
    proof.step(r"$\sigma$ as a polynomial and exponentials", expression.rewrite(sp.exp), total)
    return tuple(
        (slope, tuple(powers.get(n, sp.S.Zero) for n in range(max(powers) + 1))) for slope, powers in by_slope.items()
    )
