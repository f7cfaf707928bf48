r"""Catalogue records of the symmetric family: the split, and spectra at the teacher from its pairs at right angles.

At the teacher ``p = q = 1`` and all angles between different neurons are right, so that the entries of the
Gauss-Newton matrix, which is the Hessian there wherever that exists, are numbers, and blocks are polynomials in ``K``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from derivations.permutations import LETTERS, WIDTH, Pattern, Split, split
from derivations.right_angles import at_teacher
from derivations.theorems.width import LIMIT, LOWEST
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import ActivationFormulas, Derivation
from sobolev_theory.symbolic.catalogue.norm_sums import norm_name
from sobolev_theory.symbolic.catalogue.records import formula

SOURCE = "the split: Arjevani & Field 2020 (arXiv 2008.01805), who have L2 at the teacher; the rest: this derivation"
ORTHONORMAL = r"orthonormal teacher $v_1, \dots, v_K$ in dimension $d \ge K$"
AT_TEACHER = ORTHONORMAL + r"; student at the teacher, $K \ge 2$ (standard part for $K \ge 3$)"
ENTRY = (r"h_{i a \, j b}", r"e_i v_a^\top H e_j v_b^\top \text{ for indices with this pattern of equal ones}")
TRIVIAL = (r"\text{basis}", r"\textstyle\sum_i e_i v_i, \; \sum_{i \ne a} e_i v_a")
STANDARD = (
    r"\text{basis}",
    r"\textstyle\sum_i c_i e_i v_i, \; \sum_{i \ne a} (c_i + c_a) e_i v_a, \; \sum_{i \ne a} (c_i - c_a) e_i v_a, \;"
    r" \sum_i c_i = 0",
)
MULTIPLICITY = {
    "trivial": "each eigenvalue once",
    "standard": "each eigenvalue $K - 1$ times",
    "scalars": r"antisymmetric $(K - 1)(K - 2)/2$ times, symmetric $K (K - 3)/2$ times",
}
SCALARS = r"\lambda_{\mathrm{antisymmetric}}", r"\lambda_{\mathrm{symmetric}}"
OFF_SPAN = r"\lambda_{\mathrm{off, mean}}", r"\lambda_{\mathrm{off, rest}}"
ROOTS = r"\lambda_{\mathrm{trivial}}^{-}", r"\lambda_{\mathrm{trivial}}^{+}"
STANDARD_ROOTS = tuple(rf"\lambda_{{\mathrm{{standard}}}}^{{{mark}}}" for mark in ("0", "-", "+"))
Entries = dict[Pattern, sp.Expr]


@dataclass(frozen=True)
class Subject:
    """What the records of a spectrum are about: words for its parts and for all of it, letter, domain."""

    part: str
    whole: str
    letter: str
    domain: str


GAUSS_NEWTON = Subject(
    "Gauss--Newton matrix at an orthonormal teacher",
    "the Gauss--Newton matrix, and of the Hessian where it exists, at an orthonormal teacher",
    "N",
    AT_TEACHER,
)


@dataclass(frozen=True)
class IrreducibleParts:
    """The split with entries put in, and the two eigenvalues off the span."""

    trivial: sp.Matrix
    standard: sp.Matrix
    scalars: tuple[sp.Expr, sp.Expr]
    off_span: tuple[sp.Expr, sp.Expr]

    @classmethod
    def of(cls, entries: Entries) -> "IrreducibleParts":
        """The blocks of an operator with these entries; those not given are zero."""
        at = {letter: entries.get(key, sp.S.Zero) for key, letter in LETTERS.items()}
        parts = split()
        first, other = entries[0, 1, 0, 1], entries[0, 1, 2, 1]  # off the span as on directions apart from both neurons
        off_span = first + (WIDTH - 1) * other, first - other
        scalars = parts.antisymmetric.subs(at), parts.symmetric.subs(at)
        return cls(*(part.subs(at).applyfunc(short) for part in (parts.trivial, parts.standard)),
                   *(tuple(map(short, pair)) for pair in (scalars, off_span)))  # fmt: skip


def short(expression: sp.Expr) -> sp.Expr:
    """The shorter of the factored and the expanded form."""
    forms = sp.factor(expression), sp.expand(expression), sp.collect(sp.expand(expression), WIDTH)
    return min(forms, key=lambda form: (sp.count_ops(form), str(form)))


def split_records() -> Iterator[Formula]:
    """The blocks in the letters of the 15 entries, with the change of basis as their derivation."""
    parts = split()
    scalars = dict(zip(SCALARS, (parts.antisymmetric, parts.symmetric), strict=True))
    for name, symbol, value, where in (
        ("trivial", r"H_{\mathrm{trivial}}", parts.trivial, [ENTRY, TRIVIAL]),
        ("standard", r"H_{\mathrm{standard}}", parts.standard, [ENTRY, STANDARD]),
        ("scalars", "", scalars, [ENTRY]),
    ):
        yield formula(
            f"curvature/symmetric/{name}",
            f"Part of an operator on $K \\times K$ tensors that commutes with permutations; {MULTIPLICITY[name]}",
            symbol,
            value,
            domain=r"every $K \ge 4$; for less, without the parts of multiplicity zero",
            numeric="symmetric.spectrum(K, d, x, y).values",
            source=SOURCE,
            derivation=_part(parts, name),
            where=where,
        )


def _part(parts: Split, name: str) -> Derivation:
    """The steps that concern one part."""
    letter = {"trivial": "$B_", "standard": "$C_"}.get(name, "tensor")
    return Derivation([step for step in parts.derivation.steps if letter in step.statement])


def teacher_records(formulas: ActivationFormulas) -> Iterator[Formula]:
    """Blocks and eigenvalues at the teacher, for every norm of an activation."""
    for highest in range(formulas.max_order + 1):
        norm = norm_name(highest)
        blocks = IrreducibleParts.of(entries_at_teacher(formulas, highest))
        numeric = (
            f'symmetric.spectrum(K, d, norm="{norm}", activation="{formulas.name}", curvature="gauss_newton").values'
        )
        prefix = f"{formulas.name}/{norm}/symmetric/teacher"
        yield from block_records(prefix, f", {norm}, {formulas.name}", blocks, numeric, [])
        yield spectrum_record(f"{prefix}/spectrum", f"{norm}, {formulas.name}", blocks, numeric)


def block_records(
    prefix: str,
    ending: str,
    blocks: IrreducibleParts,
    numeric: str,
    where: list[tuple[str, str]],
    checks: Derivation | None = None,
    subject: Subject = GAUSS_NEWTON,
) -> Iterator[Formula]:
    """The 2 x 2 and the 3 x 3 block."""
    for name, value, basis in (("trivial", blocks.trivial, TRIVIAL), ("standard", blocks.standard, STANDARD)):
        yield formula(
            f"{prefix}/{name}",
            f"{subject.part}, {name} part: {MULTIPLICITY[name]}{ending}",
            rf"{subject.letter}_{{\mathrm{{{name}}}}}",
            value,
            domain=subject.domain,
            numeric=numeric,
            source=SOURCE,
            derivation=checks,
            where=[*where, basis],
        )


def spectrum_record(
    name: str, ending: str, blocks: IrreducibleParts, numeric: str, subject: Subject = GAUSS_NEWTON
) -> Formula:
    """All eigenvalues that have a short form; the standard ones where their polynomial has a root without roots."""
    proof = Derivation()
    values = dict(zip(ROOTS, _roots(proof, "trivial", blocks.trivial), strict=True))
    values |= zip(SCALARS, blocks.scalars, strict=True)
    values |= zip(OFF_SPAN, blocks.off_span, strict=True)
    simple = _rational_root(blocks.standard)
    standard = "those of the standard part are the eigenvalues of its matrix"
    if simple is not None:
        standard = "each of the standard part $K - 1$ times"
        values |= zip(STANDARD_ROOTS, _standard_roots(proof, blocks.standard, simple), strict=True)
    return formula(
        name,
        rf"Eigenvalues of {subject.whole}: those of the trivial part once, {MULTIPLICITY['scalars']}, off the span of "
        rf"the teacher $d - K$ times (mean) and $(K - 1)(d - K)$ times (rest); {standard}; {ending}",
        "",
        values,
        domain=subject.domain,
        numeric=numeric,
        source=SOURCE,
        derivation=proof,
    )


def _roots(proof: Derivation, name: str, m: sp.Matrix) -> tuple[sp.Expr, sp.Expr]:
    """Eigenvalues of a 2 x 2 matrix, put into its characteristic polynomial."""
    trace, determinant = short(m.trace()), sp.expand(m.det())
    square = short(sp.factor(sp.expand(trace**2 - 4 * determinant)))
    pair = [(trace + sign * sp.sqrt(square)) / 2 for sign in (-1, 1)]
    for root in pair:
        statement = f"A root of the characteristic polynomial of the {name} part"
        proof.step(statement, (root - m[0, 0]) * (root - m[1, 1]), sp.expand(m[0, 1] * m[1, 0]), sp.expand)
    return pair[0], pair[1]


def _rational_root(m: sp.Matrix) -> sp.Expr | None:
    """An eigenvalue that no root is needed for, of a matrix of polynomials in ``K``."""
    if any(not power.exp.is_integer for power in m.atoms(sp.Pow) if power.has(WIDTH)):
        return None
    letter = sp.Symbol("lambda")
    for factor, _ in sp.factor_list(m.charpoly(letter).as_expr(), letter)[1]:
        if sp.degree(factor, letter) == 1:
            return sp.factor(sp.solve(factor, letter)[0])
    return None


def _standard_roots(proof: Derivation, m: sp.Matrix, simple: sp.Expr) -> tuple[sp.Expr, ...]:
    """The rational eigenvalue, and the two others from trace and determinant."""
    proof.step("A root of the characteristic polynomial of the standard part",
               (m - simple * sp.eye(3)).det(), sp.Integer(0), sp.factor)  # fmt: skip
    rest = short(m.trace() - simple)
    quotient = sp.cancel(sp.expand(m.det()) / simple)
    root = sp.sqrt(short(sp.factor(sp.expand(rest**2 - 4 * quotient))))
    pair = (rest - root) / 2, (rest + root) / 2
    for value in pair:
        determinant = (m - value * sp.eye(3)).det()
        proof.check("Another one", sp.expand(determinant), sp.Integer(0), sp.simplify)
    proof.step("The two others have the rest of the trace", pair[0] + pair[1], m.trace() - simple, sp.expand)
    proof.step("and of the determinant", pair[0] * pair[1] * simple, m.det(), sp.expand)
    return simple, *pair


def entries_at_teacher(formulas: ActivationFormulas, highest: int) -> Entries:
    """Entries of the Gauss-Newton matrix at the teacher."""
    return entries_from_pairs(*at_teacher(formulas, highest))


def entries_from_pairs(
    own: sp.Expr, radial: sp.Expr, identity: sp.Expr, first: sp.Expr, across: sp.Expr, back: sp.Expr, second: sp.Expr
) -> Entries:
    """``own I + radial v_i v_i'`` on the diagonal, ``identity I + first v_i v_i' + ... + second v_k v_k'`` off it."""
    return {
        (0, 0, 0, 0): own + radial,
        (0, 1, 0, 1): own,
        (0, 0, 1, 0): identity + first,
        (0, 0, 1, 1): across,
        (0, 1, 1, 0): back,
        (0, 1, 1, 1): identity + second,
        (0, 1, 2, 1): identity,
    }


def limit_record(relu: ActivationFormulas) -> Formula:
    """The gain of H1 over L2 for wide networks; which eigenvalues are extreme is proved in `theorems.width`."""
    proof, kappas = Derivation(), []
    for order in (0, 1):
        blocks = IrreducibleParts.of(entries_at_teacher(relu, order))
        lowest = proof.step("The smallest eigenvalue is the antisymmetric one", blocks.scalars[0], LOWEST[order])
        top = _roots(Derivation(), "trivial", blocks.trivial)[1]
        kappas.append(top / lowest)
    limit = proof.step(
        "Largest over smallest eigenvalue, H1 over L2, for wide networks",
        sp.Limit(kappas[1] / kappas[0], WIDTH, sp.oo),
        LIMIT,
        lambda e: sp.simplify(e.doit().replace(lambda x: x.is_Pow, lambda x: sp.factor(x.base) ** x.exp)),
    )
    return formula(
        "relu/symmetric/condition_number_ratio/limit",
        "Gain in conditioning of H1 over L2 at an orthonormal teacher in the limit of wide networks, Gauss--Newton "
        "matrices",
        r"\lim_{K \to \infty} \kappa_{H^1} / \kappa_{L^2}",
        limit,
        domain=ORTHONORMAL + "; student at the teacher",
        numeric="symmetric.condition_number_ratio(inf)",
        source="this derivation",
        derivation=proof,
    )
