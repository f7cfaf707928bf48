r"""Quadratic forms of perturbations at an orthonormal teacher of K neurons, and their largest eigenvalues, for every K.

At ``W = V``, of a perturbation ``X`` (row i: of neuron i, in coordinates that begin with the teachers), with

- ``N = |X|^2 = D + R + Z`` (squares of diagonal, other and transverse coordinates), ``C = |sum_i X_i|^2``,
- ``T = (tr X)^2``, ``S = sum_(i<j) (X_ij + X_ji)^2``,

``sum_(i != j) X_i.X_j = C - N``, ``sum_(i != j) X_ii X_jj = T - D`` and ``sum_(i != j) X_ij X_ji = S - R``. The forms
of ReLU are ``f (N + C) + (T - D)/(2 pi) + h (S - R)``.
"""

import sympy as sp

from derivations.relu import power_of_relu
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.catalogue.latex import latex, readable
from sobolev_theory.symbolic.symbols import p, q, theta

D, R, Z, C, T, S = sp.symbols("D R Z C T S", nonnegative=True)
K = sp.Symbol("k", positive=True)  # k = K - 1 >= 1
DIFFERENCE = sp.Symbol("j", nonnegative=True)  # k - 1 or k - 3
WIDTH = sp.Symbol("K", positive=True)
N, PI, ROOT = D + R + Z, sp.pi, sp.sqrt(K)
QUARTER, HALF = sp.Rational(1, 4), sp.Rational(1, 2)
EPSILON = 1 / (2 * PI)
A, B = sp.symbols("a b", real=True)
DEFINITIONS = (
    "of a perturbation $X$ whose row $X_i$ is that of neuron $i$, in coordinates that begin with the teachers: $D$, "
    "$R$ and $Z$ are the sums of the squares of its diagonal entries $X_{ii}$, of the others $X_{ij}$, $j \\le K$, and "
    "of the transverse ones, $j > K$; $N = D + R + Z = |X|^2$, $C = |\\sum_i X_i|^2$, $T = (\\sum_i X_{ii})^2$, "
    "$S = \\sum_{i<j} (X_{ij} + X_{ji})^2$"
)
SPLITTING = (
    "the forms do not change if neurons and teachers are permuted alike, nor if the transverse coordinates are "
    "rotated. So they split along invariant subspaces: the matrices $a I + b (J - I)$; those made of one vector $u$ "
    "with sum zero (diagonal $u_i$, entries $u_i + u_j$ and $u_i - u_j$; without the second for $K = 2$), $K - 1$ "
    "times the same form in three coordinates; the rest, with zero diagonal, row and column sums, where $C = T = 0$ "
    "and $S \\le 2 R$; and the transverse ones, where $T = S = 0$ and $C \\le K Z$"
)


def at_right_angles(quantity: str, order: int) -> list[sp.Expr]:
    """Coefficients of the block (i, j) of two ReLU neurons on ``I, v_i v_i', v_i v_j', v_j v_i', v_j v_j'``.

    Of two kernels of one name, the first is that of the backprop convention.
    """
    formulas = power_of_relu(1)
    found = next(x.coefficients for x in formulas.quantities if (x.name, x.order) == (quantity, order))
    coefficients = [closed_forms(readable(x).subs({p: 1, q: 1})) for x in found]
    coefficients[0] += formulas.bilinear[order]
    return coefficients


def pair_term(blocks: tuple[sp.Expr, ...]) -> sp.Expr:
    """The form of ``sum_(i != j)`` over blocks with these coefficients; the last one and the second vanish."""
    identity, _, along, across, _ = map(sp.sympify, blocks)
    return identity * (C - N) + along * (T - D) + across * (S - R)


def prove_blocks(proof: Derivation, quantity: str, order: int, expected: tuple[sp.Expr, ...], ending: str = "") -> None:
    """Coefficients of a block at right angles."""
    names = ("I", "v_i v_i'", "v_i v_j'", "v_j v_i'", "v_j v_j'")
    for name, left, right in zip(names, at_right_angles(quantity, order), map(sp.sympify, expected), strict=True):
        proof.prove(f"Order {order}: block (i, j) of two neurons on ${name}$, at right angles{ending}", left, "=",
                    right, where=(sp.Eq(theta, PI / 2),))  # fmt: skip


def form(factor: sp.Expr, swap: sp.Expr) -> sp.Expr:
    """``f (N + C) + (T - D)/(2 pi) + h (S - R)``."""
    return factor * (N + C) + (T - D + S - R) * EPSILON + (S - R) * (swap - EPSILON)


class Largest:
    r"""The largest eigenvalue of such a form: that of its upper 2 x 2 block.

    Three kinds of X: ``a I + b (J - I)``; the K - 1 dimensional ones; the rest, where ``C = 0``. On the first, with
    orthonormal coordinates, the form is a 2 x 2 matrix M; its upper eigenvalue exceeds ``(K + 1) f``, the largest
    transverse one, since ``det((K + 1) f - M) < 0``; all others are below that.
    """

    def __init__(self, proof: Derivation, name: str, factor: sp.Expr, swap: sp.Expr) -> None:
        self.proof, self.name, self.factor, self.swap = proof, name, factor, swap
        self.form = form(factor, swap)
        self.first = 2 * factor + K * EPSILON
        self.second = factor + swap + K * factor
        self.coupling = factor * ROOT
        spread = (factor - EPSILON) * (K - 1) + swap - EPSILON  # second - first
        self.root = sp.sqrt(spread**2 + 4 * self.coupling**2)
        self.top = (self.first + self.second + self.root) / 2
        self.bound = (K + 2) * factor
        self._block()

    def _block(self) -> None:
        """On ``X = (a I + b (J - I)/sqrt(k))/sqrt(K)``, ``K = k + 1``: sums over K and K k entries."""
        a, b, proof, name = A, B, self.proof, self.name
        at = {D: a**2, R: b**2, Z: 0, C: (a + ROOT * b) ** 2, T: (K + 1) * a**2, S: 2 * b**2}
        proof.step(f"{name}, on $X = (a I + b (J - I)/\\sqrt k)/\\sqrt K$, $k = K - 1$, $J$ all ones, "
                   "$a^2 + b^2 = |X|^2$: a 2 x 2 matrix", self.form.subs(at),
                   self.first * a**2 + 2 * self.coupling * a * b + self.second * b**2, sp.expand)  # fmt: skip
        proof.step(f"{name}: its upper eigenvalue is a root of the characteristic polynomial",
                   (self.top - self.first) * (self.top - self.second), self.coupling**2, sp.expand)  # fmt: skip

    def exceeds(self, words: str, excess: sp.Expr, term: sp.Expr, k: sp.Expr = K) -> None:
        """The upper eigenvalue is larger than the bound by more than an excess: ``4 (coupling^2 - ...)`` is a term."""
        bound = self.bound + excess
        (letter,) = k.free_symbols
        slope, at_zero = sp.Poly((2 * bound - self.first - self.second).subs(K, k), letter).all_coeffs()
        rest = slope * letter + sp.together(at_zero)
        self.proof.prove(f"{self.name}: it exceeds {words}", self.top.subs(K, k), ">", bound.subs(K, k), "terms",
                         multiplier=2 * (self.root.subs(K, k) + rest), terms=[term],
                         reduction="expand")  # fmt: skip

    def others(self, least: int, checked: bool) -> None:
        """All eigenvalues but the two of the block are below the bound, for ``K = j + least``."""
        proof, name, f, h = self.proof, self.name, self.factor, self.swap
        c = sp.Symbol("c", real=True)
        column = A + sp.sqrt((K - 1) / 2) * B - sp.sqrt((K + 1) / 2) * c
        kind = {D: A**2, R: B**2 + c**2, Z: 0, C: column**2, T: 0, S: 2 * B**2}
        proof.step(f"{name}, on diagonal $u_i$, entries $u_i + u_j$ and $u_i - u_j$ for one $u$ with sum zero "
                   "(normalised, coordinates a, b, c): diagonal plus rank one", self.form.subs(kind),
                   (f - EPSILON) * (A**2 + c**2) + (f + h) * B**2 - (h - EPSILON) * c**2 + f * column**2,
                   sp.expand)  # fmt: skip
        for width in (3, 4, 5) if checked else ():
            _check_invariants(proof, width, kind, (A, B, c))
        k = DIFFERENCE + least - 1
        m = (k + 1) * f  # the bound less f
        secular = f * (1 / (m + EPSILON) + (k - 1) / 2 / (m - h) + (k + 1) / 2 / (m + h))
        proof.prove(f"{name}: on the $K - 1$ dimensional kind the form is diagonal plus rank one, and its secular "
                    f"function, with $K = j + {least}$, at $(K + 1)$ times ${latex(f)}$ is below one: all eigenvalues "
                    "are smaller",
                    secular, "<", 1, "terms", multiplier=(m + EPSILON) * (m - h) * (m + h),
                    terms=[m * (f * EPSILON - h**2 + f * h), h * (f * h + f * EPSILON - h * EPSILON)])  # fmt: skip
        proof.prove(f"{name}: so are those on the rest, where $C = 0$", f + h, "<", (k + 2) * f, "terms",
                    terms=[(k + 1) * f - h])  # fmt: skip


def _check_invariants(
    proof: Derivation, width: int, kind: dict[sp.Symbol, sp.Expr], coordinates: tuple[sp.Symbol, ...]
) -> None:
    """Column sums and symmetric part of an actual ``X`` of the second kind."""
    a, b, c = coordinates
    u = [1 / sp.sqrt(2), -1 / sp.sqrt(2)] + [sp.Integer(0)] * (width - 2)

    def entry(i: int, j: int) -> sp.Expr:
        if i == j:
            return a * u[i]
        return b * (u[i] + u[j]) / sp.sqrt(2 * (width - 2)) + c * (u[i] - u[j]) / sp.sqrt(2 * width)

    x = sp.Matrix(width, width, entry)
    for name, letter, value in (
        ("N", D, sum(e**2 for e in x) - sum(kind[letter] for letter in (R, Z))),
        ("C", C, sum(sum(x[:, j]) ** 2 for j in range(width))),
        ("S", S, sum((x[i, j] + x[j, i]) ** 2 for i in range(width) for j in range(i))),
    ):
        proof.check(f"The invariant {name} on such X, K = {width}", value, kind[letter].subs(K, width - 1))
