"""Catalogue records: blocks of the symmetric family at the teacher for any activation, from one-dimensional moments."""

from collections.abc import Iterator

import sympy as sp

from derivations.permutations import LETTERS
from derivations.symmetric_records import (
    AT_TEACHER,
    MULTIPLICITY,
    OFF_SPAN,
    SCALARS,
    SOURCE,
    IrreducibleParts,
    block_records,
    entries_at_teacher,
    entries_from_pairs,
)
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import ActivationFormulas, Derivation
from sobolev_theory.symbolic.catalogue.norm_sums import norm_name
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.symbols import z

MOMENTS = {
    "a_0": r"\mathbb{E}[\sigma'(z)]",
    "a_1": r"\mathbb{E}[z \sigma'(z)]",
    "a_2": r"\mathbb{E}[z^2 \sigma'(z)]",
    "b_0": r"\mathbb{E}[\sigma'(z)^2]",
    "b_2": r"\mathbb{E}[z^2 \sigma'(z)^2]",
    "c_0": r"\mathbb{E}[\sigma''(z)]",
    "c_1": r"\mathbb{E}[z \sigma''(z)]",
    "f_0": r"\mathbb{E}[\sigma''(z)^2]",
    "f_2": r"\mathbb{E}[z^2 \sigma''(z)^2]",
    "f_1": r"\mathbb{E}[z \sigma'(z) \sigma''(z)]",
}
"""Moments of a standard normal ``z``; derivatives are the absolutely continuous ones."""


def moment_records(known: list[ActivationFormulas]) -> Iterator[Formula]:
    """The blocks at the teacher of any activation, from moments in one dimension.

    Inputs along different neurons are independent. Off the diagonal, order 0 gives ``E[s'(x_i) s'(x_k) x x']``; order 1
    has ``v_i . v_k = 0`` and gives ``a_0^2 I + c_1 a_0 v_i v_i' + 2 c_0 a_1 v_k v_i' + a_0 c_1 v_k v_k'``.
    """
    a0, a1, a2, b0, b2, c0, c1, f0, f2, f1 = map(sp.Symbol, MOMENTS)
    zeroth = [b0, b2 - b0, a0**2, a0 * (a2 - a0), a1**2, a1**2, a0 * (a2 - a0)]
    first = [f0 + b0, f2 - f0 + 2 * f1, a0**2, a0 * c1, sp.S.Zero, 2 * c0 * a1, a0 * c1]
    moments = [_moments(formulas) for formulas in known]
    for order, parts in enumerate((zeroth, [x + y for x, y in zip(zeroth, first, strict=True)])):
        norm = norm_name(order)
        entries, proof = entries_from_pairs(*parts), Derivation()
        for formulas, values in zip(known, moments, strict=True):
            if formulas.max_order >= order:
                for key, value in entries_at_teacher(formulas, order).items():
                    statement = f"Entry {LETTERS[key]} of {formulas.name} from its moments"
                    proof.check(statement, entries[key].subs(values), value)
        blocks = IrreducibleParts.of(entries)
        used = blocks.standard.free_symbols | blocks.trivial.free_symbols
        where = [(letter, text) for letter, text in MOMENTS.items() if sp.Symbol(letter) in used]
        numeric = f'symmetric.spectrum(K, d, norm="{norm}", curvature="gauss_newton").values'
        ending = f", {norm}, any activation"
        yield from block_records(f"moments/{norm}/symmetric/teacher", ending, blocks, numeric, where, proof)
        yield formula(
            f"moments/{norm}/symmetric/teacher/scalars",
            "Eigenvalues of the Gauss--Newton matrix at an orthonormal teacher: "
            rf"{MULTIPLICITY['scalars']}, off the span $d - K$ times (mean) and $(K - 1)(d - K)$ times (rest){ending}",
            "",
            dict(zip((*SCALARS, *OFF_SPAN), (*blocks.scalars, *blocks.off_span), strict=True)),
            domain=AT_TEACHER,
            numeric=numeric,
            source=SOURCE,
            derivation=proof,
            where=where,
        )


def _moments(formulas: ActivationFormulas) -> dict[sp.Symbol, sp.Expr]:
    """Moments in one dimension by integration; on the half-line where the activation vanishes on the other."""
    kinked = formulas.sigma.has(sp.Heaviside)
    once = sp.diff(formulas.sigma.subs(sp.Heaviside(z), 1), z)
    twice = sp.diff(once, z)

    def mean(expression: sp.Expr) -> sp.Expr:
        density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
        return sp.simplify(sp.integrate(sp.expand(expression) * density, (z, 0 if kinked else -sp.oo, sp.oo)))

    forms = [once, z * once, z**2 * once, once**2, z**2 * once**2]
    forms += [twice, z * twice, twice**2, z**2 * twice**2, z * once * twice]
    return {sp.Symbol(letter): mean(form) for letter, form in zip(MOMENTS, forms, strict=True)}
