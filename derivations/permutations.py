r"""Operators on K x K tensors that commute with all permutations, split into their irreducible parts.

``T_ia`` has a neuron ``i`` and a direction ``v_a``, permuted together. The entry ``h((i, a), (j, b))`` of such an
operator depends on which of its four indices are equal only: 15 numbers. The tensors split into

- trivial: ``B1 = sum_i e_i v_i`` and ``B2 = sum_(i != a) e_i v_a``, a 2 x 2 block;
- standard, for every ``c`` of sum zero: ``C1 = sum_i c_i e_i v_i``, ``C2 = sum_(i != a) (c_i + c_a) e_i v_a`` and
  ``C3 = sum_(i != a) (c_i - c_a) e_i v_a``, orthogonal, a 3 x 3 block that occurs K - 1 times;
- antisymmetric tensors with row sums zero, (K - 1)(K - 2)/2 of them, and symmetric ones with diagonal and row sums
  zero, K(K - 3)/2 of them: on each kind the operator is a number.

One tensor of each kind is enough. The operator is applied to it by counting: indices that are named are summed one by
one, and the ``K - m`` others contribute alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import sympy as sp

from sobolev_theory.symbolic import Derivation

WIDTH = sp.Symbol("K", positive=True)
Tensor = Callable[[int, int], int]
Pattern = tuple[int, ...]
FRESH = 90, 91
"""Two indices that occur in no tensor."""
CENTRE = (1, -1)
"""The vector ``c = e_1 - e_2``, later entries zero."""


def pattern(*indices: int) -> Pattern:
    """Which indices are equal: each is replaced by the place of its first occurrence among the different ones."""
    found = list(dict.fromkeys(indices))
    return tuple(found.index(index) for index in indices)


PATTERNS = tuple(sorted({pattern(*indices) for indices in product(range(4), repeat=4)}))
"""All 15; the first two indices are row (i, a), the last two column (j, b)."""


def letter(*indices: int) -> sp.Symbol:
    """The entry ``h((i, a), (j, b))`` as a letter, such as ``h_12_13`` for ``i = j`` and three different indices."""
    i, a, j, b = (index + 1 for index in pattern(*indices))
    return sp.Symbol(f"h_{i}{a}_{j}{b}", real=True)


LETTERS = {key: letter(*key) for key in PATTERNS}


def _c(index: int) -> int:
    return CENTRE[index] if index < len(CENTRE) else 0


TRIVIAL: tuple[Tensor, ...] = (lambda i, a: int(i == a), lambda i, a: int(i != a))
STANDARD: tuple[Tensor, ...] = (
    lambda i, a: int(i == a) * _c(i),
    lambda i, a: int(i != a) * (_c(i) + _c(a)),
    lambda i, a: int(i != a) * (_c(i) - _c(a)),
)
_CYCLE = {(0, 1): 1, (1, 2): 1, (2, 0): 1, (1, 0): -1, (2, 1): -1, (0, 2): -1}
_SQUARE = {(0, 2): 1, (0, 3): -1, (1, 2): -1, (1, 3): 1}


def antisymmetric(i: int, a: int) -> int:
    """A cycle of three: antisymmetric, row sums zero."""
    return _CYCLE.get((i, a), 0)


def symmetric(i: int, a: int) -> int:
    """``(e_1 - e_2)(e_3 - e_4)' `` and its transpose: diagonal and row sums zero."""
    return _SQUARE.get((min(i, a), max(i, a)), 0)


@dataclass(frozen=True)
class Split:
    """The parts of an operator, in the letters of its 15 entries and ``K``."""

    trivial: sp.Matrix
    standard: sp.Matrix
    antisymmetric: sp.Expr
    symmetric: sp.Expr
    derivation: Derivation


@cache
def split() -> Split:
    """Apply the operator to one tensor of each kind, read off the coordinates, and confirm all other entries."""
    proof = Derivation()
    trivial = _columns(proof, "B", TRIVIAL, (2, 2), [(0, 0), (0, 1)], sp.eye(2))
    # at (1, 1), (1, 3), (3, 1): C1 is 1, 0, 0; C2 is 0, 1, 1; C3 is 0, 1, -1
    readings = sp.Matrix([[1, 0, 0], [0, 1, 1], [0, 1, -1]])
    standard = _columns(proof, "C", STANDARD, (3, 3), [(0, 0), (0, 2), (2, 0)], readings)
    scalars = []
    for name, tensor, at in (("antisymmetric", antisymmetric, (0, 1)), ("symmetric", symmetric, (0, 2))):
        value = sp.collect(sp.expand(apply(tensor, *at)), WIDTH)
        statement = f"Image of a tensor that is {name}, at an entry where the tensor is 1"
        proof.step(statement, apply(tensor, *at), value, sp.expand)
        _confirm(proof, f"{name} tensor", tensor, [(value, tensor)])
        scalars.append(value)
    return Split(trivial, standard, scalars[0], scalars[1], proof)


def apply(tensor: Tensor, i: int, a: int) -> sp.Expr:
    """Entry (i, a) of the operator applied to a tensor, by counting."""
    named = sorted({i, a, 0, 1, 2, 3} if tensor in (symmetric, antisymmetric) else {i, a, 0, 1})
    others = WIDTH - len(named)
    total = sp.S.Zero
    for j, b in product([*named, FRESH[0]], [*named, *FRESH]):
        if value := tensor(j, b):
            total += value * _weight(j, b, others) * letter(i, a, j, b)
    return total


def _weight(j: int, b: int, others: sp.Expr) -> sp.Expr:
    """How many pairs of indices look like ``(j, b)``; a second fresh index exists beside the first only."""
    if FRESH[1] == b:
        return others * (others - 1) if j == FRESH[0] else sp.S.Zero
    return others if FRESH[0] in (j, b) else sp.S.One


def _columns(
    proof: Derivation,
    name: str,
    basis: Sequence[Tensor],
    shape: tuple[int, int],
    at: Sequence[tuple[int, int]],
    readings: sp.Matrix,
) -> sp.Matrix:
    """Matrix of the operator on a basis: column s holds the coordinates of the image of tensor s."""
    matrix = sp.zeros(*shape)
    inverse = readings.inv()
    for s, tensor in enumerate(basis):
        images = sp.Matrix([apply(tensor, *place) for place in at])
        coordinates = (inverse * images).applyfunc(lambda e: sp.collect(sp.expand(e), WIDTH))
        for r, value in enumerate(coordinates):
            matrix[r, s] = value
            left = (inverse[r, :] * images)[0]
            proof.step(f"Part of the image of ${name}_{s + 1}$ along ${name}_{r + 1}$", left, value, sp.expand)
        _confirm(proof, f"${name}_{s + 1}$", tensor, list(zip(coordinates, basis, strict=True)))
    return matrix


def _confirm(proof: Derivation, name: str, tensor: Tensor, image: Sequence[tuple[sp.Expr, Tensor]]) -> None:
    """All entries of the image, by counting and, for small K, by summation over all indices."""
    for i, a in product(range(6), repeat=2):
        claimed = sum((value * of(i, a) for value, of in image), sp.S.Zero)
        proof.check(f"Image of {name} at {i + 1}{a + 1}", apply(tensor, i, a), claimed, sp.expand)
    for width in (4, 5):
        for i, a in product(range(width), repeat=2):
            every = product(range(width), repeat=2)
            summed = sp.Add(*(tensor(j, b) * letter(i, a, j, b) for j, b in every if tensor(j, b)))
            claimed = sum((value * of(i, a) for value, of in image), sp.S.Zero).subs(WIDTH, width)
            proof.check(f"Image of {name} at {i + 1}{a + 1}, K = {width}", summed, claimed, sp.expand)
