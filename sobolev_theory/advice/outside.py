"""How far theory applies, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .findings import SLOW, OfNorm, two_digits
from .scales import Residual, Scales


def of_agreement(found: Sequence[OfNorm]) -> list[str]:
    """Whether data contradict Gaussian inputs, and by how much."""
    known = [each for each in found if each.agreement is not None]
    agreeing = [each.norm for each in known if each.agreement is not None and each.agreement.within_error]
    lines = [f"{', '.join(agreeing)}: data agree with Gaussian theory within their standard error"] if agreeing else []
    for each in known:
        if each.agreement is not None and not each.agreement.within_error:
            one = each.agreement
            by = "" if np.isnan(one.distance_error) else f" (by chance alone {one.distance_error:.2g})"
            spread = "" if np.isnan(one.trace_error) else f" +- {one.trace_error:.1g}"
            lines.append(
                f"{each.norm}: inputs are not Gaussian. Gauss-Newton matrices of data and theory differ by "
                f"{one.distance:.2g} of their norm{by}, their traces have the ratio {one.trace:.4g}{spread}"
            )
    return lines


def of_jumps(found: Sequence[OfNorm], directions: int) -> list[str]:
    """What training follows where an order jumps."""
    names = [each.norm for each in found if each.jumps]
    if not names:
        return []
    spread = max((each.spread for each in found if each.jumps and not np.isnan(each.spread)), default=np.nan)
    scatter = "" if np.isnan(spread) else f", among which steps scatter by {spread:.2g}"
    lines = [
        f"{', '.join(names)}: training follows limits of the Hessian (backprop convention), here means over "
        f"{directions} random directions{scatter}; Gauss-Newton matrices, of theory "
        "and data, are others, and say nothing of its steps"
    ]
    for each in found:
        if each.growing:
            out = "which are left out" if 2 * each.growing < directions else "so that steps do not arrive"
            lines.append(f"{each.norm}: along {each.growing} of these directions some errors grow, {out}")
    return lines


def of_conditioning(found: Sequence[OfNorm]) -> list[str]:
    """What a condition number beyond any rate means."""
    curved = [each.training for each in found] + [each.data for each in found if each.data is not None]
    if all(each.condition_number <= SLOW for each in curved):
        return []
    return [
        f"kappa above {SLOW:.0e}, or infinite: along some directions errors decay slower than anyone waits for, and no "
        "rate is told from there; steps count each direction as much as it is error"
    ]


def of_samples(found: Sequence[OfNorm], samples: int, size: int) -> list[str]:
    """Where there are fewer equations than parameters."""
    few = [each.norm for each in found if each.samples is not None and samples * size / each.samples.equations < size]
    if not few:
        return []
    return [f"{', '.join(few)}: {samples} samples are fewer equations than the {size} parameters: data leave some open"]


def of_residual(residual: Residual | None, targets: Scales | None, shares: Sequence[tuple[str, float]]) -> list[str]:
    """What the network leaves of its targets, and what that does to Hessians."""
    if residual is None or targets is None:
        return []
    parts = {"the targets' deviation": residual.value, "their gradients": residual.slope}
    off = ", ".join(f"{two_digits(100 * part)} percent of {name}" for name, part in parts.items() if not np.isnan(part))
    changes = ", ".join(f"{norm} by {share:.2g}" for norm, share in shares)
    lines = ["theory is at residual zero; " + (f"the network is off by {off}" if off else "the targets are constant")]
    if changes:
        lines.append(f"with it Hessians on the data differ from Gauss-Newton matrices, of their norm: {changes}")
    if np.isnan(targets.slope):
        lines.append("targets came without gradients: what the network leaves of those is not known")
    return lines


HYPOTHESES = (
    "to first order around the network, as if it were the teacher: predicted steps are of gradient descent with its "
    "best step, until the L2 loss is {accuracy:g} of its start, in the mean over random displacements of all "
    "that moves; those of Adam are counted on the quadratic of theory, from some of them, with the best rate to a "
    "factor of 2"
)
"""What every number is of."""

WORK = (
    "work: steps times the products of matrices that a gradient takes (L2 2, H1 5), without what the targets' "
    "derivatives cost; derivatives pay where it is {pays:g} times less with them, and a little from {little:g} on"
)
"""What verdicts are of."""

ACROSS = "numbers are those across the rescalings (w_i, b_i, -n a_i) of each neuron, and depend on its scale"
