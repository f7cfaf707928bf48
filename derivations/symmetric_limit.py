r"""Catalogue records: the limit of the Hessian at an orthonormal teacher along the symmetric family, in ``K``.

The 15 entries from pairs at ``x = 1 - e``, ``y = +e`` (inside) and ``y = -e`` (outside), ``e -> 0+``, in the backprop
convention: coefficients of pairs are continuous, and so are the frames, but for the second vector of a student and its
own teacher, which tends to ``-+ sum_(a != i) v_a / sqrt(K - 1)``.
"""

from collections.abc import Iterator, Mapping, Sequence

import sympy as sp

from derivations.permutations import WIDTH, Pattern
from derivations.right_angles import values_at
from derivations.symmetric_records import ORTHONORMAL, IrreducibleParts, Subject, block_records, spectrum_record
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import ActivationFormulas
from sobolev_theory.symbolic.catalogue.norm_sums import NormSum, norm_name
from sobolev_theory.symbolic.symbols import p, q, theta

SIDES = {"inside": (1, "towards the mean of the teachers"), "outside": (-1, "away from the mean of the teachers")}


def limit_records(
    formulas: ActivationFormulas, entries: Mapping[Pattern, sp.Expr], letters: Sequence[sp.Symbol]
) -> Iterator[Formula]:
    """Blocks and eigenvalues for the norm whose last order jumps, from both sides."""
    norm, coefficients = norm_name(formulas.max_order), _coefficients(formulas)
    for side, (sign, words) in SIDES.items():
        values = dict(zip(letters, [*coefficients, *_frames(sign)], strict=True))
        blocks = IrreducibleParts.of({key: entry.xreplace(values) for key, entry in entries.items()})
        where = rf"${'+' if sign > 0 else '-'}\varepsilon$"
        whole = (
            r"limit of the Hessian (backprop) at $x v_i + y \sum_{a \ne i} v_a$, $x = 1 - \varepsilon$, "
            rf"$y =$ {where}, $\varepsilon \to 0^+$ ({words})"
        )
        subject = Subject(
            whole[0].upper() + whole[1:],
            f"the {whole}",
            "H",
            ORTHONORMAL + r", $K \ge 2$ (standard part for $K \ge 3$)",
        )
        numeric = (
            f'symmetric.spectrum(K, d, norm="{norm}", activation="{formulas.name}", curvature="field", '
            f'towards="{side}").values'
        )
        prefix = f"{formulas.name}/{norm}/symmetric/limit/{side}"
        yield from block_records(prefix, f", {norm}, {formulas.name}", blocks, numeric, [], subject=subject)
        yield spectrum_record(f"{prefix}/spectrum", f"{norm}, {formulas.name}", blocks, numeric, subject)


def _coefficients(formulas: ActivationFormulas) -> list[sp.Expr]:
    """Values of the letters of `symmetric.PairCoefficients` before those of the frames, in their order."""
    sums = NormSum(formulas, formulas.max_order, "backprop")
    right, parallel = {p: 1, q: 1, theta: sp.pi / 2}, {p: 1, q: 1, theta: 0}
    own, cross = values_at(sums, "own", right), values_at(sums, "cross", right)
    itself, teacher = values_at(sums, "self_own", {p: sp.Integer(1)}), values_at(sums, "own", parallel)
    return [*itself, *own, *teacher, *own, *cross]


def _frames(sign: int) -> list[sp.Expr]:
    """Values of the letters of the frames, in their order; the sign tells inside from outside."""
    first, to_partner = [sp.S.One, sp.S.Zero], [sp.S.Zero, sp.S.One, sp.S.Zero]
    return [*first, *to_partner, sp.S.Zero, -sign / sp.sqrt(WIDTH - 1), *to_partner]
