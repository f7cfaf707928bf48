"""Where curvature of the symmetric family exists, and the directions along which its limit does where it does not."""

from __future__ import annotations

from .._runtime.checks import one_of, shown
from ..errors import NotDifferentiableError
from ..norms import Convention
from ..pairs.existence import require_directions, require_kinks_avoided
from ..pairs.sums import PairTerms
from .geometry import Direction, FamilyGeometry

CURVATURES = ("hessian", "gauss_newton", "field")

DIRECTIONS: dict[str, Direction] = {"inside": (-1, 1), "outside": (-1, -1)}
"""Signs of the steps of ``x`` and ``y``."""

BOTH = 'towards="inside" or towards="outside"'
LIMIT = f'curvature="field" with {BOTH}, the limit that training follows'
GAUSS_NEWTON = 'curvature="gauss_newton"'


def direction(curvature: str, towards: str | None) -> Direction | None:
    """The direction of a limit, from arguments to be checked."""
    one_of("curvature", curvature, CURVATURES)
    if towards is None:
        return None
    if curvature != "field":
        raise ValueError(
            f'towards: curvature="field" is required, the only one that depends on a direction, got {shown(towards)} '
            f"with curvature={curvature!r}"
        )
    return DIRECTIONS[one_of("towards", towards, tuple(DIRECTIONS))]


def require_existence(geometry: FamilyGeometry, terms: PairTerms, curvature: str, d: int) -> None:
    """Refuse what `PopulationLoss` refuses, for the same reasons; a limit, without a direction that leads away."""
    second, K = curvature != "gauss_newton", geometry.K
    what = "Hessian" if second else "Gauss-Newton matrix"
    if not geometry.norm:
        require_kinks_avoided(terms.activation, range(min(K, 5)), what, 2 if second else 1, "Move x or y off zero.")
    elif second and d > 1 and terms.is_singular("own", "cross"):
        partners = zip([(0, 1), (0, K), (0, K + 1)], geometry.slopes, strict=True)
        parallel = dict(pair for pair, found in zip(partners, geometry.parallel, strict=True) if found)
        if curvature == "field" and terms.convention is Convention.BACKPROP:
            _require_limit(geometry, parallel)
        else:
            limit = f"{LIMIT}, or " if terms.convention is Convention.BACKPROP else ""
            require_directions([*parallel], what, terms.convention, f"Use {limit}{GAUSS_NEWTON}, which exists there.")


def _require_limit(geometry: FamilyGeometry, parallel: dict[tuple[int, int], int]) -> None:
    """Refuse parallel pairs that no direction is given for, or whose slope along it is zero."""
    what = "limit of the Hessian (backprop)"
    if parallel and geometry.direction is None:
        reason = "weights are parallel where a derivative of the activation jumps, and the limit depends on a direction"
        raise NotDifferentiableError(what, [*parallel], reason, f"Pass {BOTH}.")
    staying = [pair for pair, slope in parallel.items() if not slope]
    if staying:
        reason = "along the direction that towards names, weights stay parallel where a derivative of the activation "
        advice = "Take the other direction, or one that leaves, in PopulationLoss.hessian(W, towards=X)."
        raise NotDifferentiableError(what, staying, reason + "jumps", advice)
