r"""Curvature along ``w_j = x v_j + y sum_(k != j) v_k``, orthonormal teacher, as blocks that do not grow with ``K``.

A diagonal block is the self block of ``w_i`` plus own blocks of the pairs ``(w_i, w_k)`` minus those of ``(w_i, v_k)``;
another one is the cross block of ``(w_i, w_k)``. Three kinds of pairs occur, and each coefficient of a pair multiplies
vectors with at most three different coordinates: along ``v_i``, along ``v_k``, and along any other one. So the 15
entries of a permutation equivariant operator are sums of a few products, and `permutations` splits it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import sympy as sp

from derivations.catalogue import Output
from derivations.erf import error_function
from derivations.permutations import LETTERS, WIDTH, Pattern, pattern, split
from derivations.relu import POWERS, power_of_relu
from derivations.symmetric_entries import entries_record
from derivations.symmetric_limit import limit_records
from derivations.symmetric_moments import moment_records
from derivations.symmetric_records import limit_record, split_records, teacher_records
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header

Coordinates = tuple[sp.Expr, sp.Expr, sp.Expr]
"""Of a vector: along ``v_i``, along ``v_k`` and along each other ``v_l``."""


def _symbols(name: str, parts: Sequence[str]) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(f"{name}_{part}", real=True) for part in parts)


@dataclass(frozen=True)
class PairCoefficients:
    """Coefficients on ``(I, f1 f1', f1 f2', f2 f1', f2 f2')`` and the vectors of the frames."""

    itself: tuple[sp.Expr, ...] = _symbols("itself", ("0", "11"))
    students: tuple[sp.Expr, ...] = _symbols("students", ("0", "11", "12", "21", "22"))
    teacher: tuple[sp.Expr, ...] = _symbols("teacher", ("0", "11", "12", "21", "22"))
    others: tuple[sp.Expr, ...] = _symbols("others", ("0", "11", "12", "21", "22"))
    cross: tuple[sp.Expr, ...] = _symbols("cross", ("0", "11", "12", "21", "22"))
    first: tuple[sp.Expr, ...] = _symbols("first", ("i", "o"))
    to_student: tuple[sp.Expr, ...] = _symbols("to_student", ("i", "k", "o"))
    to_teacher: tuple[sp.Expr, ...] = _symbols("to_teacher", ("i", "o"))
    to_other: tuple[sp.Expr, ...] = _symbols("to_other", ("i", "k", "o"))

    @property
    def letters(self) -> tuple[sp.Symbol, ...]:
        """All of them, in order."""
        return tuple(letter for part in vars(self).values() for letter in part)


COEFFICIENTS = PairCoefficients()


def derive() -> Output:
    """The blocks, for numbers of any precision."""
    entries = {LETTERS[key]: value for key, value in operator_entries().items()}
    parts = split()
    blocks = [*parts.trivial, *parts.standard, parts.antisymmetric, parts.symmetric]
    doc = "Trivial 2 x 2 and standard 3 x 3 block, row by row; antisymmetric, symmetric; the two values off the span."
    blocks = [sp.sympify(block).subs(entries) for block in blocks] + list(transverse())
    body = function("blocks", doc, (WIDTH, *COEFFICIENTS.letters), tuple(blocks), exact=True)
    preamble = header(
        "Curvature along the symmetric family: the blocks of irreducible parts.", "derivations/symmetric.py"
    )
    return Output({"symmetric.py": "\n".join([preamble, "from typing import Any", "", "", body])}, list(_records()))


def _records() -> Iterator[Formula]:
    known = [*map(power_of_relu, POWERS), error_function()]
    yield from split_records()
    yield entries_record(operator_entries(), COEFFICIENTS.letters)
    for formulas in known:
        yield from teacher_records(formulas)
    for n in POWERS:
        yield from limit_records(power_of_relu(n), operator_entries(), COEFFICIENTS.letters)
    yield from moment_records(known)
    yield limit_record(power_of_relu(1))


@cache
def operator_entries() -> dict[Pattern, sp.Expr]:
    """The 15 entries ``h((i, a), (j, b))`` in the letters of the pairs, confirmed for K = 5 by explicit vectors."""
    c, first = COEFFICIENTS, (COEFFICIENTS.first[0], COEFFICIENTS.first[1], COEFFICIENTS.first[1])
    itself, teacher = [(c.itself[1], first, first)], _terms(c.teacher, first, _spread(c.to_teacher))
    students, others = _terms(c.students, first, c.to_student), _terms(c.others, first, c.to_other)
    cross = _terms(c.cross, first, c.to_student)
    on_diagonal = transverse_entries()[0]
    found: dict[Pattern, sp.Expr] = {}
    for key in LETTERS:
        i, a, j, b = key
        identity = (on_diagonal if i == j else c.cross[0]) if a == b else sp.S.Zero
        if i != j:
            places = [{i: 0, j: 1}.get(index, 2) for index in (a, b)]
            entry = sum((x * f[places[0]] * g[places[1]] for x, f, g in cross), sp.S.Zero)
        else:
            places = [0 if index == i else 2 for index in (a, b)]
            entry = sum((x * f[places[0]] * g[places[1]] for x, f, g in itself), sp.S.Zero)
            entry -= sum((x * f[places[0]] * g[places[1]] for x, f, g in teacher), sp.S.Zero)
            entry += sum((x * _over_partners(key, f, g) for x, f, g in students), sp.S.Zero)
            entry -= sum((x * _over_partners(key, f, g) for x, f, g in others), sp.S.Zero)
        found[key] = identity + entry
    _confirm(found)
    return found


def transverse_entries() -> tuple[sp.Expr, sp.Expr]:
    """Diagonal and other entry of the K x K matrix off the span of the weights."""
    c, k = COEFFICIENTS, WIDTH
    return c.itself[0] + (k - 1) * (c.students[0] - c.others[0]) - c.teacher[0], c.cross[0]


def transverse() -> tuple[sp.Expr, sp.Expr]:
    """Eigenvalues of ``a I + b (J - I)``: simple, and K - 1 times."""
    a, b = transverse_entries()
    return a + (WIDTH - 1) * b, a - b


def _spread(vector: Sequence[sp.Expr]) -> Coordinates:
    return vector[0], vector[1], vector[1]


def _terms(
    coefficients: Sequence[sp.Expr], first: Sequence[sp.Expr], second: Sequence[sp.Expr]
) -> list[tuple[sp.Expr, Sequence[sp.Expr], Sequence[sp.Expr]]]:
    """Coefficients with the two vectors of their outer product."""
    return [(c, f, g) for c, (f, g) in zip(coefficients[1:], product((first, second), repeat=2), strict=True)]


def _over_partners(key: Pattern, f: Sequence[sp.Expr], g: Sequence[sp.Expr]) -> sp.Expr:
    """Entry (a, b) of ``sum_(k != i) f_k g_k'``: partners that are a or b one by one, the others together."""
    i, a, _, b = key
    named = {a, b} - {i}
    total = sp.S.Zero
    for k in (*named, None):
        places = [0 if index == i else 1 if index == k else 2 for index in (a, b)]
        count = WIDTH - 1 - len(named) if k is None else sp.S.One
        total += count * f[places[0]] * g[places[1]]
    return total


def _confirm(found: dict[Pattern, sp.Expr], width: int = 5) -> None:
    """Blocks (1, 1) and (1, 2) of five neurons, from matrices."""
    c, proof = COEFFICIENTS, Derivation()
    first = _vector(_spread(c.first), 0, 0, width)

    def block(coefficients: Sequence[sp.Expr], second: sp.Matrix) -> sp.Matrix:
        zero, *rest = coefficients
        outer = [f * g.T for f, g in product((first, second), repeat=2)]
        return zero * sp.eye(width) + sum((x * m for x, m in zip(rest, outer, strict=True)), sp.zeros(width))

    diagonal = c.itself[0] * sp.eye(width) + c.itself[1] * first * first.T
    diagonal -= block(c.teacher, _vector(_spread(c.to_teacher), 0, 0, width))
    for k in range(1, width):
        diagonal += block(c.students, _vector(c.to_student, 0, k, width))
        diagonal -= block(c.others, _vector(c.to_other, 0, k, width))
    other = block(c.cross, _vector(c.to_student, 0, 1, width))
    for j, matrix in ((0, diagonal), (1, other)):
        for a, b in product(range(width), repeat=2):
            proof.check("Entry of a block", matrix[a, b], found[pattern(0, a, j, b)].subs(WIDTH, width), sp.expand)


def _vector(coordinates: Sequence[sp.Expr], i: int, k: int, width: int) -> sp.Matrix:
    at_i, at_k, elsewhere = coordinates
    return sp.Matrix([at_i if a == i else at_k if a == k else elsewhere for a in range(width)])
