"""The class of definitions to which an activation belongs: closed forms first, then mixtures, then the series."""

from typing import Any, NamedTuple

import sympy as sp

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
    - ``Entire``: coefficients of a polynomial, ``(A, b)`` of exponentials of which the real part is added, and the
      variance for which the polynomial is one in powers, 0, or in Hermite polynomials, 1;
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
    if all(branch.is_polynomial(z) for branch in found.branches):
        return Classified("PiecewisePolynomial", (found.kinks, tuple(map(_coefficients, found.branches))), proof)
    if unit := _exponential_unit(found, proof):
        return Classified("ExponentialUnit", unit, proof)
    for branch in found.branches:
        require_square_integrable(branch)
    shown = ", ".join(f"{branch} at {x}" for x, branch in found.at_middles())
    raise NoClosedFormError(expression, expression, f"it has kinks, and is {shown}, which are no polynomials")


def _check_pieces(expression: sp.Expr, found: Pieces, proof: Derivation) -> None:
    """Where no decision changes, which is so between kinks, a branch is right if it is so at enough points."""
    for x, branch in found.at_middles():
        degree = sp.degree(branch, z) if branch.is_polynomial(z) and branch.has(z) else 1
        width = min((abs(x - kink) for kink in found.kinks), default=sp.S.One)
        for k in range(int(degree) + 1):
            at = x + sp.nsimplify(width.evalf(5), rational=True) * sp.Rational(k, 2 * int(degree) + 1)
            proof.check(f"sigma is {branch} at z = {at}", expression.subs(z, at), branch.subs(z, at))


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
    proof.step("sigma for z < 0", left, scale * alpha * (sp.exp(z / rate) - 1))
    return alpha, scale, rate


def _entire(expression: sp.Expr, proof: Derivation) -> Data | None:
    """Polynomial, exponentials, and the variance under which polynomials are orthogonal; None of anything else."""
    try:
        found = terms(expression)
    except NoClosedFormError:
        return None
    if any(term.square != 0 or term.scale != 0 or (term.slope != 0 and term.power) for term in found):
        return None
    powers = {term.power: term.coefficient for term in found if term.slope == 0}
    polynomial, variance = _shortest(sp.Add(*(c * z**n for n, c in powers.items())))
    exponentials = tuple(
        (term.coefficient * (1 if term.slope.is_real else 2), term.slope)
        for term in found
        if term.slope != 0 and not sp.im(term.slope).is_negative  # the real part of one has the conjugate too
    )
    basis = (sp.hermite_prob(n, z) if variance else z**n for n in range(len(polynomial)))
    total = sp.Add(*(c * x for c, x in zip(polynomial, basis, strict=True)))
    total += sp.Add(*(_real_part(*pair) for pair in exponentials))
    proof.step("sigma as a polynomial and exponentials", expression.rewrite(sp.exp), total.rewrite(sp.exp))
    return polynomial, exponentials, variance


def _shortest(polynomial: sp.Expr) -> tuple[tuple[sp.Expr, ...], sp.Expr]:
    """Coefficients of powers or of Hermite polynomials, whichever are fewer, and the variance of these."""
    powers = _coefficients(polynomial)
    rest, hermite = polynomial, [sp.S.Zero] * len(powers)
    for n in reversed(range(len(powers))):
        hermite[n] = sp.Poly(rest, z).coeff_monomial(z**n)
        rest = sp.expand(rest - hermite[n] * sp.hermite_prob(n, z))
    if sum(c != 0 for c in hermite) < sum(c != 0 for c in powers):
        return tuple(hermite), sp.S.One
    return (() if polynomial == 0 else powers), sp.S.Zero


def _real_part(amplitude: sp.Expr, slope: sp.Expr) -> sp.Expr:
    """``Re(A exp(b z))``."""
    whole = amplitude * sp.exp(slope * z)
    return whole if slope.is_real else (whole + sp.conjugate(amplitude) * sp.exp(sp.conjugate(slope) * z)) / 2
