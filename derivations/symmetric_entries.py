r"""Catalogue record of the curvature along the symmetric family, in ``K``, ``x`` and ``y``: the 15 entries from pairs.

Coefficients of pairs stay letters: the pair records of an activation, norm and convention give them at the lengths and
angles that are defined here. Vectors of the frames are verified for every ``K``, by counting equal coordinates.
"""

from collections.abc import Mapping, Sequence

import sympy as sp

from derivations.permutations import LETTERS, WIDTH, Pattern
from derivations.symmetric_records import ENTRY
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.latex import latex
from sobolev_theory.symbolic.catalogue.records import formula

X, Y, P = (sp.Symbol(name, real=True) for name in "xyp")
ZETA, CHI, OMEGA = (sp.Symbol(name, real=True) for name in ("zeta", "chi", "omega"))
SQUARED = X**2 + (WIDTH - 1) * Y**2
"""``p^2``."""

COSINES = {ZETA: (2 * X * Y + (WIDTH - 2) * Y**2) / P**2, CHI: X / P, OMEGA: Y / P}
SINES = {
    ZETA: sp.Abs(X - Y) * sp.sqrt((X + Y) ** 2 + 2 * (WIDTH - 2) * Y**2) / P**2,
    CHI: sp.Abs(Y) * sp.sqrt(WIDTH - 1) / P,
    OMEGA: sp.sqrt(X**2 + (WIDTH - 2) * Y**2) / P,
}
"""Of the angles of two students, of a student with its own teacher, and with another one."""

FIRST = X, Y, Y
SECOND = {
    ZETA: tuple(
        numerator / (P * sp.sin(ZETA))
        for numerator in (Y - X * sp.cos(ZETA), X - Y * sp.cos(ZETA), Y * (1 - sp.cos(ZETA)))
    ),
    CHI: (sp.sin(CHI), *[-Y * sp.cos(CHI) / (P * sp.sin(CHI))] * 2),
    OMEGA: (-X * sp.cos(OMEGA) / (P * sp.sin(OMEGA)), sp.sin(OMEGA), -Y * sp.cos(OMEGA) / (P * sp.sin(OMEGA))),
}
"""Second vector of a frame: along ``v_i``, along ``v_j`` of the partner, along each of the ``K - 2`` others."""

KINDS = {ZETA: "two students", CHI: "own teacher", OMEGA: "another teacher"}
NAMES = (
    *("a_0", "a_11", "b_0", "b_11", "b_12", "b_21", "b_22", "c_0", "c_11", "c_12", "c_21", "c_22"),
    *("d_0", "d_11", "d_12", "d_21", "d_22", "k_0", "k_11", "k_12", "k_21", "k_22"),
    *("u_1", "u_3", "m_1", "m_2", "m_3", "n_1", "n_3", "g_1", "g_2", "g_3"),
)
"""In the order of `symmetric.PairCoefficients`; an index of a coordinate is 1 at ``v_i``, 2 at ``v_j``, else 3."""

COEFFICIENTS, COORDINATES = (
    tuple(sp.Symbol(name, real=True) for name in NAMES if name[0] in letters) for letters in ("abcdk", "umng")
)

STATEMENT = (
    r"Curvature of $K$ students $w_i = x v_i + y \sum_{a \ne i} v_a$ on the span of the teacher, from the coefficients "
    r"on $I$, $f_1 f_1^\top$, $f_1 f_2^\top$, $f_2 f_1^\top$, $f_2 f_2^\top$ (index 0, 11, 12, 21, 22) of the pair "
    r"records of an activation, norm and convention, with lengths $p$ of students and $1$ of teachers, and angles "
    r"$\zeta$ of $(w_i, w_j)$, $\chi$ of $(w_i, v_i)$, $\omega$ of $(w_i, v_j)$. The frame of a pair at angle "
    r"$\theta$: $f_1$ (here $u$) is along the first vector, $f_2$ ($m$, $n$, $g$ for the three pairs) orthogonal to "
    r"it, and the second vector is its length times $f_1 \cos \theta + f_2 \sin \theta$; coordinates 1, 2, 3: along "
    r"$v_i$, $v_j$ and any other $v_l$. For Gauss--Newton matrices $a$ is from gauss_newton/self, $k$ from "
    "gauss_newton, and "
    r"$b = c = d = 0$"
)


def entries_record(entries: Mapping[Pattern, sp.Expr], letters: Sequence[sp.Symbol]) -> Formula:
    """The record of `entries`, in which `letters` are those of pairs and their frames."""
    proof = Derivation()
    _angles_and_frames(proof)
    short = dict(zip(letters, (sp.Symbol(name, real=True) for name in NAMES), strict=True))
    values = {}
    for key, entry in entries.items():
        given = entry.xreplace(short)
        value = collected(given)
        proof.check(f"Entry {LETTERS[key]} collected", given, value, sp.expand)
        values[latex(LETTERS[key])] = value
    return formula(
        "curvature/symmetric/entries",
        STATEMENT,
        "",
        values,
        domain=r"orthonormal teacher $v_1, \dots, v_K$; $K \ge 2$, angles in $(0, \pi)$: $x \ne y$, $y \ne 0$, and "
        r"for $K = 2$ also $x \ne 0$, $x \ne -y$; a pattern of more than $K$ indices has no entry",
        numeric="symmetric.spectrum(K, d, x, y).values",
        source="this derivation",
        derivation=proof,
        where=[ENTRY, *_coefficients(), *_geometry()],
    )  # fmt: skip


def collected(entry: sp.Expr) -> sp.Expr:
    """Coefficients that multiply the same coordinates together, and among them those that occur equally often."""
    expanded = sp.expand(entry)
    groups: dict[sp.Expr, dict[sp.Expr, sp.Expr]] = {}  # products of coordinates, then counts
    for letter in COEFFICIENTS:
        number, factors = sp.factor_list(expanded.coeff(letter))
        counts = [base**n for base, n in factors if base.free_symbols == {WIDTH}]
        rest = [sp.collect(base, COORDINATES) ** n for base, n in factors if base.free_symbols != {WIDTH}]
        within = groups.setdefault(sp.Mul(*rest), {})
        count = sp.Mul(sp.Abs(number), *counts)
        within[count] = within.get(count, sp.S.Zero) + sp.sign(number) * letter
    return sp.Add(*(_times(x, sp.Add(*(_times(n, total) for n, total in y.items()))) for x, y in groups.items()))


def _times(factor: sp.Expr, total: sp.Expr) -> sp.Expr:
    """The product, with the sign of a sum of negative terms in front."""
    negative = all(term.could_extract_minus_sign() for term in sp.Add.make_args(total))
    return sp.Mul(-1, factor, -total) if negative and factor != 1 else factor * total


def _known(expression: sp.Expr) -> sp.Expr:
    """Cosines, squares of sines and ``p^2`` put in."""
    values = {sp.cos(angle): value for angle, value in COSINES.items()}
    values |= {sp.sin(angle): value for angle, value in SINES.items()}
    return sp.cancel(sp.expand(expression.subs(values)).subs(P, sp.sqrt(SQUARED)))


def _angles_and_frames(proof: Derivation) -> None:
    """Angles, and length and right angle of the vectors of each frame."""
    others = WIDTH - 2

    def inner(a: Sequence[sp.Expr], b: Sequence[sp.Expr]) -> sp.Expr:
        return a[0] * b[0] + a[1] * b[1] + others * a[2] * b[2]

    first = tuple(entry / P for entry in FIRST)
    partner = {ZETA: (Y / P, X / P, Y / P), CHI: (1, 0, 0), OMEGA: (0, 1, 0)}
    statement = "Square of the length of a student, by counting equal coordinates"
    proof.step(statement, inner(FIRST, FIRST), SQUARED, sp.expand)
    proof.step("Length of the first vector of every frame, squared", inner(first, first), sp.S.One, _known)
    for angle, kind in KINDS.items():
        other, second = partner[angle], SECOND[angle]
        record = proof.step if angle == ZETA else proof.check  # those of teachers are the same x/p, y/p twice
        record(f"Cosine for {kind}", inner(first, other), COSINES[angle], _known)
        proof.step(f"Cosine and sine for {kind}", COSINES[angle] ** 2 + SINES[angle] ** 2, sp.S.One, _known)
        proof.step(f"Length of the second vector for {kind}, squared", inner(second, second), sp.S.One, _known)
        proof.step("Its product with the first", inner(first, second), sp.S.Zero, _known)
        for k, name in enumerate(("v_i", "v_j", "another")):
            partly = sp.cos(angle) * first[k] + sp.sin(angle) * second[k]
            proof.check(f"Direction of the partner from the frame, along {name}", partly, other[k], _known)


def _coefficients() -> list[tuple[str, str]]:
    """Where the coefficients are from."""
    blocks = {"b": ("own", "w_i, w_j"), "c": ("own", "w_i, v_i"), "d": ("own", "w_i, v_j"), "k": ("cross", "w_i, w_j")}
    found = [("a_0, a_{11}", r"\text{hessian/own/self}(w_i)")]
    return found + [
        (rf"{letter}_0, \dots, {letter}_{{22}}", rf"\text{{hessian/{name}}}({pair})")
        for letter, (name, pair) in blocks.items()
    ]


def _geometry() -> list[tuple[str, str]]:
    """Lengths, angles and coordinates; words keep definitions apart from those that need no value of x and y."""
    found = [(r"\text{length } p", latex(sp.sqrt(SQUARED)))]
    for angle, kind in KINDS.items():
        found.append((rf"\text{{{kind}: }} {latex(sp.cos(angle))}", latex(COSINES[angle])))
        found.append((rf"\text{{and }} {latex(sp.sin(angle))}", latex(SINES[angle])))
    coordinates = {"u_1": X / P, "u_3": Y / P}
    for letter, angle in (("m", ZETA), ("n", CHI), ("g", OMEGA)):
        names = (f"{letter}_{index}" for index in (1, 2, 3))
        coordinates |= {name: value for name, value in zip(names, SECOND[angle], strict=True) if name in NAMES}
    return found + [(rf"\text{{coordinate }} {name}", latex(value)) for name, value in coordinates.items()]
