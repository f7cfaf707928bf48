"""From an activation's expression to its formulas, in the family to which it belongs.

What is proved and what is evidence: the integrals on which ``K_00`` rests are verified symbolically, step by step, and
so is Price's equation ``d K_00/d rho = K_11`` with ``K_11`` derived anew from ``sigma'``. That the pieces were put
together rightly is checked besides at two points, to 20 digits, against quadrature of the definition.
"""

from functools import cache
from typing import NamedTuple

import sympy as sp

from ..activation import ActivationFormulas, derive_activation
from ..algebra import kinds
from ..bounds import short
from ..charts import POLAR, GramChart
from ..proofs.steps import Derivation, DerivationError
from ..symbols import z
from . import evidence, expressions, gaussian_integrals, reading, rectifiers
from .expressions import NoClosedFormError

SMOOTH_ORDER, SLOW_ORDER = 3, 1
"""Highest Sobolev order of smooth activations by default; the second where a higher one takes minutes."""

AGREEMENT = 1e-18
"""Largest difference between closed form and quadrature, relative to ``sqrt(K_00(u, u) K_00(v, v))``."""


MOST_TERMS = 16
"""Of a smooth activation."""


class Found(NamedTuple):
    """The formulas of an activation, and the largest difference to quadrature that was found."""

    formulas: ActivationFormulas
    discrepancy: float


@cache
def formulas_of(expression: sp.Expr, name: str, max_order: int | None) -> Found:
    """The formulas of an expression as `reading.read` gives it; errors are those of `derive`."""
    if not expression.has(*expressions.KINKED):
        return _smooth(expression, name, max_order)
    right, left = expressions.branches(expression)
    if right.has(*expressions.KINKED) or left.has(*expressions.KINKED):
        reason = "it has a kink away from 0, where the bivariate normal distribution function enters"
        raise NoClosedFormError(expression, expression, reason)
    if sp.simplify(right - left) == 0:
        return _smooth(right, name, max_order)
    kinked = expressions.kinked(right, left)
    if kinked is None:
        for branch, side in ((right, sp.Interval(0, 10)), (left, sp.Interval(-10, 0))):
            expressions.require_square_integrable(branch, side)
        reason = f"it is {right} for z > 0 and {left} for z < 0, which are no multiples of one power z^n, n <= 3"
        raise NoClosedFormError(expression, expression, reason)
    return _kinked(kinked, name, max_order)


def _smooth(sigma: sp.Expr, name: str, max_order: int | None) -> Found:
    """An activation that is a sum of terms."""
    proof, sigma = Derivation(), sigma.rewrite(sp.erfc, sp.erf)
    terms = expressions.terms(sigma)
    if all(term.expression(coefficient=False) == 1 for term in terms):
        raise reading.constant(sigma)
    power = max(term.power for term in terms)
    if power > reading.HIGHEST_POWER:
        raise reading.too_high(sigma, z**power)
    if len(terms) > MOST_TERMS:
        raise ValueError(
            f"activation: at most {MOST_TERMS} terms z^n exp(a z^2 + b z) erf(k z) are allowed, whose pairs are "
            f"integrated one by one, got {len(terms)} in {short(sigma)}; use a shorter one"
        )
    if max_order is None:
        max_order = default_order(terms)
    summands = sp.Add(*(x.expression() for x in terms))
    proof.step("sigma as a sum of z^n exp(a z^2 + b z) erf(k z)", sigma, summands, _reduce)
    proof.steps += gaussian_integrals.proof_of_integral().steps
    if any(term.scale for term in terms):
        proof.steps += gaussian_integrals.proof_of_erf().steps
    kernel = _moment(sigma, terms)
    slope = sp.diff(sigma, z)
    if (first := expressions.terms(slope)) or slope == 0:
        statement = "Price: d K_00/d rho = K_11, from sigma' by the same integrals"
        proof.check(statement, sp.diff(kernel, GramChart.inner), _moment(slope, first), kinds.reduce_gram)
    formulas = derive_activation(
        name,
        sigma,
        kernel,
        GramChart(),
        proof,
        max_order=max_order,
        variation=gaussian_integrals.variation(terms),
    )
    return _with_evidence(formulas, power)


def default_order(terms: tuple[gaussian_integrals.Term, ...]) -> int:
    """Highest Sobolev order of a smooth activation by default; products of terms decide, so all are looked at."""
    functions = zip(*((x.square, x.slope, x.scale) for x in terms), strict=True)
    slow = sum(map(any, functions)) > 1 or any(term.scale != 0 and term.power > 1 for term in terms)
    return SLOW_ORDER if slow else SMOOTH_ORDER


def _reduce(difference: sp.Expr) -> sp.Expr:
    """Zero if it is, as a combination of exponentials."""
    return kinds.reduce_gram(expressions.in_exponentials(difference))


def _moment(sigma: sp.Expr, terms: tuple[gaussian_integrals.Term, ...]) -> sp.Expr:
    """``E[sigma(z_1) sigma(z_2)]`` from the terms of sigma."""
    try:
        return gaussian_integrals.closed_form(terms, terms)
    except gaussian_integrals.NoElementaryForm as error:
        left, right = error.args
        reason = f"it is part of K_00 of {sigma}, and involves erf at a complex number or of two shifted arguments"
        raise NoClosedFormError(left.expression(), right.expression(), reason) from None


def _kinked(kinked: expressions.Kinked, name: str, max_order: int | None) -> Found:
    """An activation ``a z_+^n + b (-z)_+^n``."""
    n, a, b = kinked
    if max_order is not None and max_order > n:
        raise ValueError(
            f"max_order: at most {n} is required, since the derivative of order {n} of this activation jumps and the "
            f"norm of order {n + 1} is infinite; got {max_order}"
        )
    proof = Derivation()
    kernel, split = rectifiers.kernel(n, a, b, proof)
    left = b * (-z) ** n
    formulas = derive_activation(
        name,
        left + sp.expand(a * z**n - left) * sp.Heaviside(z),
        kernel,
        POLAR,
        proof,
        degree=n,
        jump=sp.factorial(n) * (a - (-1) ** n * b),
        split=split,
        max_order=n if max_order is None else max_order,
    )
    return _with_evidence(formulas)


def _with_evidence(formulas: ActivationFormulas, power: int = 0) -> Found:
    """The result, if quadrature of the definition agrees."""
    discrepancy = evidence.discrepancy(formulas.sigma, formulas.kernel, formulas.degree, formulas.variation, power)
    if not discrepancy < AGREEMENT:
        raise DerivationError(
            f"K_00 of {formulas.sigma}: closed form and quadrature of the definition differ by {discrepancy:.1e} of "
            f"sqrt(K_00(u, u) K_00(v, v)), where at most {AGREEMENT:.0e} is allowed"
        )
    return Found(formulas, discrepancy)
