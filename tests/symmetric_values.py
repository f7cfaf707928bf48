"""Parts of permutation equivariant curvature from dense matrices: what records of the symmetric family must be.

A tensor ``T_ia`` has a neuron ``i`` and a direction ``v_a``. A part of an operator is its matrix on tensors that it
maps into their span: column ``j`` holds the coordinates of the image of the ``j``-th tensor.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from mpmath import mp

import sobolev_theory as st
from sobolev_theory import formulas
from sobolev_theory.symbolic import derive

WIDTH, DIM = 5, 7
NAME = re.compile(
    r"(?P<activation>\w+)/(?P<norm>L2|H\d)/symmetric/(?P<place>teacher|limit/inside|limit/outside)/(?P<part>\w+)"
)
STAND_IN = "z**3 + z**2"
"""The activation whose moments stand for those of any other: neither even nor odd, nor homogeneous."""

EYE, ONES = np.eye(WIDTH), np.ones((WIDTH, WIDTH))
CENTRED = np.array([3.0, -1.0, 0.5, -2.0, -0.5])
"""Coefficients that sum to zero."""

OUTSIDE = ONES - EYE
CYCLE, SQUARE = np.zeros((2, WIDTH, WIDTH))
CYCLE[[0, 1, 2], [1, 2, 0]] = 1
SQUARE[[0, 0, 1, 1], [2, 3, 2, 3]] = 1, -1, -1, 1
TENSORS = {
    "trivial": (EYE, OUTSIDE),
    "standard": (
        np.diag(CENTRED),
        (CENTRED[:, None] + CENTRED) * OUTSIDE,
        (CENTRED[:, None] - CENTRED) * OUTSIDE,
    ),
    "antisymmetric": (CYCLE - CYCLE.T,),
    "symmetric": (SQUARE + SQUARE.T,),
}
"""Tensors that span the parts; those of the standard part belong to one vector of sum zero."""


def letters(seed: int) -> dict[str, mp.mpf]:
    """``K``, the 15 entries of an equivariant operator, coefficients and vectors of pairs, and moments of `STAND_IN`.

    Some letters of pairs are those of moments, whose values they have.
    """
    names = {name for record in map(formulas.get, formulas.names("curvature/")) for name in record.arguments} - {"K"}
    drawn = np.random.default_rng(seed).uniform(-1, 1, size=len(names))
    return {"K": mp.mpf(WIDTH)} | dict(zip(sorted(names), map(mp.mpf, drawn), strict=True)) | moments()


@cache
def moments() -> dict[str, mp.mpf]:
    """Of `STAND_IN`, by integrals; the density at 13 is below 1e-37."""
    first, second = (lambda z: 3 * z**2 + 2 * z), (lambda z: 6 * z + 2)
    integrands = {
        "a_0": first,
        "a_1": lambda z: z * first(z),
        "a_2": lambda z: z**2 * first(z),
        "b_0": lambda z: first(z) ** 2,
        "b_2": lambda z: z**2 * first(z) ** 2,
        "c_0": second,
        "c_1": lambda z: z * second(z),
        "f_0": lambda z: second(z) ** 2,
        "f_1": lambda z: z * first(z) * second(z),
        "f_2": lambda z: z**2 * second(z) ** 2,
    }
    with mp.workdps(30):
        return {name: mp.quad(lambda z, f=f: f(z) * mp.npdf(z), [-13, -4, 0, 4, 13]) for name, f in integrands.items()}


def computed(name: str, values: Sequence[float], entries: dict[str, mp.mpf]) -> np.ndarray:
    """A record of the family from a dense matrix; a `KeyError` for one that nothing here computes.

    Of the three roots of the standard part, which the record names by signs, the first is known by the value given.
    """
    if name == "relu/symmetric/condition_number_ratio/limit":
        return np.array(st.symmetric.condition_number_ratio(np.inf))
    if name == "curvature/symmetric/entries":
        return _entries_from_pairs(entries)
    if name.startswith("curvature/symmetric/"):
        operator = _operator(entries)
        return _scalars(operator) if name.endswith("/scalars") else _part(operator, name.rpartition("/")[2])
    match = NAME.fullmatch(name)
    if match is None:
        raise KeyError(f"{name}: not computed by tests/symmetric_values.py")
    activation, norm, place, part = match.groups()
    matrix = _gauss_newton(activation, norm) if place == "teacher" else _limit(activation, norm, place)
    operator = matrix[:, :WIDTH, :, :WIDTH].reshape(WIDTH**2, WIDTH**2)
    if part in ("trivial", "standard"):
        return _part(operator, part)
    off_span = np.linalg.eigvalsh(matrix[:, WIDTH, :, WIDTH])  # simple, and K - 1 times
    mean = off_span[[-1, 0]] if off_span[-1] - off_span[1] > off_span[-2] - off_span[0] else off_span[[0, -1]]
    if part == "scalars":
        return np.array([*_scalars(operator), *mean])
    if part != "spectrum":
        raise KeyError(f"{name}: not computed by tests/symmetric_values.py")
    found = [*np.sort(np.linalg.eigvals(_part(operator, "trivial")).real), *_scalars(operator), *mean]
    if len(values) > len(found):
        roots = sorted(np.linalg.eigvals(_part(operator, "standard")).real)
        found += [roots.pop(int(np.argmin(np.abs(np.array(roots) - float(values[len(found)]))))), *roots]
    return np.array(found)


@cache
def _gauss_newton(activation: str, norm: str) -> np.ndarray:
    """At the teacher, as an array of neuron, coordinate, neuron, coordinate."""
    if activation == "moments":
        activation = derive(STAND_IN, "stand_in", max_order=1).register(overwrite=True).name
    teacher = st.Network.orthonormal(WIDTH, DIM, activation=activation)
    return st.PopulationLoss(teacher, norm).gauss_newton(teacher).to_dense().reshape(WIDTH, DIM, WIDTH, DIM)


@cache
def _limit(activation: str, norm: str, place: str) -> np.ndarray:
    """Of the Hessian at the teacher, along ``X_i = -v_i +- sum_(a != i) v_a``, likewise."""
    teacher = st.Network.orthonormal(WIDTH, DIM, activation=activation)
    directions = np.eye(WIDTH, DIM)
    directions[:, :WIDTH] = (OUTSIDE if place.endswith("inside") else -OUTSIDE) - EYE
    limit = st.PopulationLoss(teacher, norm).hessian(teacher, towards=directions)
    return limit.to_dense().reshape(WIDTH, DIM, WIDTH, DIM)


def _entries_from_pairs(letters: dict[str, mp.mpf]) -> np.ndarray:
    """The 15 entries of an operator whose blocks are those of pairs in frames that need not be orthonormal."""

    def vector(name: str, i: int, k: int) -> np.ndarray:
        at_i, at_k, elsewhere = (float(letters.get(f"{name}_{index}", 0)) for index in (1, 2, 3))
        result = np.full(WIDTH, elsewhere)
        result[k], result[i] = at_k, at_i
        return result

    def block(name: str, *frame: np.ndarray) -> np.ndarray:
        result = float(letters[f"{name}_0"]) * EYE
        for (r, f), (s, g) in product(enumerate(frame, 1), repeat=2):
            result = result + float(letters[f"{name}_{r}{s}"]) * np.outer(f, g)
        return result

    operator = np.empty((WIDTH,) * 4)
    for i in range(WIDTH):
        first = vector("u", i, i)
        diagonal = block("a", first) - block("c", first, vector("n", i, i))
        for k in {*range(WIDTH)} - {i}:
            towards = vector("m", i, k)
            diagonal += block("b", first, towards) - block("d", first, vector("g", i, k))
            operator[i, :, k] = block("k", first, towards)
        operator[i, :, i] = diagonal
    names = sorted(name for name in letters if name.startswith("h_"))
    found = {name: operator[tuple(int(index) - 1 for index in re.findall(r"\d", name))] for name in names}
    np.testing.assert_allclose(_operator(found), operator.reshape(WIDTH**2, WIDTH**2), rtol=0, atol=1e-12)
    return np.array(list(found.values()))


def _operator(entries: Mapping[str, Any]) -> np.ndarray:
    """The matrix of entries ``h((i, a), (j, b))`` that depend on which indices are equal."""
    operator = np.empty((WIDTH,) * 4)
    for index in product(range(WIDTH), repeat=4):
        first_seen = list(dict.fromkeys(index))
        i, a, j, b = (first_seen.index(k) + 1 for k in index)
        operator[index] = float(entries[f"h_{i}{a}_{j}{b}"])
    return operator.reshape(WIDTH**2, WIDTH**2)


def _part(operator: np.ndarray, name: str) -> np.ndarray:
    """The matrix on the tensors of a part, after checking that they are mapped into their span."""
    basis = np.stack([tensor.ravel() for tensor in TENSORS[name]], axis=1)
    image = operator @ basis
    coordinates = np.linalg.lstsq(basis, image)[0]
    np.testing.assert_allclose(basis @ coordinates, image, rtol=0, atol=1e-12 * np.abs(image).max())
    return coordinates


def _scalars(operator: np.ndarray) -> np.ndarray:
    """The eigenvalues on antisymmetric and on symmetric tensors without row sums."""
    return np.array([_part(operator, name)[0, 0] for name in ("antisymmetric", "symmetric")])
