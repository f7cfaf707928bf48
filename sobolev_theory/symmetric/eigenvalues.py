r"""Eigenvalues of curvature along the symmetric family, from the Sobolev operator and the generated blocks.

Numbers are mpmath's, of any precision; so are those of activations that users derive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._kernels import symmetric as kernels
from ..pairs.operator import Terms, terms
from ..pairs.sums import PairTerms, sum_over_orders
from .geometry import FamilyGeometry, PolarFamily
from .roots import roots_of_three, roots_of_two

if TYPE_CHECKING:
    from mpmath.ctx_mp import MPContext


def eigenvalues(mp: MPContext, geometry: FamilyGeometry, pair_terms: PairTerms, curvature: str) -> Iterator[Any]:
    """All eigenvalues in the order of `spectra._multiplicities`; those of multiplicity zero have no meaning."""
    if not geometry.norm and isinstance(geometry, PolarFamily):
        yield from [mp.mpf(0)] * 9  # homogeneous of degree above two, all terms vanish
        return
    K, hessian, nothing = geometry.K, curvature != "gauss_newton", [mp.mpf(0)] * 5
    activation, convention = pair_terms.activation, pair_terms.convention
    students, own, other = (terms(mp, activation, *pair) for pair in geometry.pairs)
    itself = terms(mp, activation, *geometry.itself)
    orders = [(mp.mpf(weight), m) for m, weight in pair_terms.norm.orders]

    def sums(of: Terms, quantity: str) -> list[Any]:
        """Coefficients, summed over the orders of the norm."""
        return [*sum_over_orders(mp, ((w, lambda _, m=m: of.coefficients(quantity, m, convention)) for w, m in orders))]

    diagonal = sums(itself, "self_own" if hessian else "self_gauss_newton")
    cross = sums(students, "cross" if hessian else "gauss_newton") if K > 1 else [*nothing]
    linear = sum(weight * itself.bilinear(m) for weight, m in orders)  # of u . v in the loss, split off
    diagonal[0] += linear
    cross[0] += linear
    on_student = sums(students, "own") if hessian and K > 1 else nothing
    on_own = sums(own, "own") if hessian else nothing
    on_other = sums(other, "own") if hessian and K > 1 else nothing
    blocks = kernels.blocks(mp, mp.mpf(K), *diagonal, *on_student, *on_own, *on_other, *cross, *geometry.vectors)
    trivial, standard, rest = blocks[:4], blocks[4:13], blocks[13:]
    yield from (trivial[0], trivial[0]) if K == 1 else roots_of_two(mp, *trivial)
    if K == 2:
        yield from roots_of_two(mp, standard[0], standard[2], standard[6], standard[8])
        yield mp.mpf(0)
    else:
        yield from roots_of_three(mp, standard)
    yield from rest
