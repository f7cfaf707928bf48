r"""Closed forms of moments of exponential units at pairs: the bivariate normal function at tilted means.

Letters as in `exponential_unit`; the two units may have different levels, alpha and beta. Completing the square tilts
the law: ``E[exp(a z_1 + b z_2)]`` where ``z_1, z_2`` have given signs, an *orthant*, is ``exp(a p h + b q k + (a^2 p^2
+ 2 a b p q r + b^2 q^2)/2)`` times ``Phi_2`` at ``h + a p + b q r, k + a p r + b q``; its derivative in h is ``a p``
times it and a *line*, ``phi(h) E[exp(b z_2) | z_1 = 0]`` where ``z_2`` has that sign. Rectifiers come in by parts. All
``E[R_a(z_1) R_b(z_2)]`` and their derivatives along the frame are polynomials in orthants, lines and ``G = phi(h)
phi(v)``, which lose the digits by which ``exp(p^2/2)`` exceeds its product with a tail, and those by which moments of
short arguments are below 1.
"""

from functools import cache
from itertools import product

import sympy as sp

from derivations.catalogue import Output
from derivations.exponential_unit import FRAME, JUMPS, SMOOTH, alpha, density_at, h, k, of_exponents, p, q, v
from derivations.rectifier_moments import G, Key, Printed, Q, Rules
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import header
from sobolev_theory.symbolic.symbols import cosine as r
from sobolev_theory.symbolic.symbols import sine as c

SIGNS = {"p": 1, "n": -1}
beta = sp.Symbol("beta", real=True)  # that of the second unit, where alpha is that of the first


def pieces(order: int, level: sp.Symbol) -> list[tuple[str, int, int, sp.Expr]]:
    """``R_a`` as a sum: the sign, the exponent, the power, and a factor."""
    above, below, constant = ("p", 0, int(order == 0), sp.S.One), ("n", 1, 0, level), ("n", 0, 0, -level)
    return [*([above] if order < SMOOTH else []), below, *([constant] if order == 0 else [])]


def orthant(left: str, a: int, right: str, b: int) -> sp.Symbol:
    """``E[exp(a z_1 + b z_2)]`` where ``z_1, z_2`` have the given signs."""
    return sp.Symbol(f"O{left}{a}{right}{b}", positive=True)


def line(which: int, side: str, b: int) -> sp.Symbol:
    """``phi(h) E[exp(b z_2) | z_1 = 0]`` where ``z_2`` has a sign; of the second argument likewise."""
    return sp.Symbol(f"L{which}{side}{b}", positive=True)


ORTHANTS = [orthant(x, a, y, b) for x, y in product(SIGNS, repeat=2) for a, b in product(range(2), repeat=2)]
LINES = [line(which, side, b) for which in (1, 2) for side in SIGNS for b in range(2)]
LETTERS = (alpha, beta, h, k, v, p, q, c, r, G, *ORTHANTS, *LINES)


@cache
def rules(letter: sp.Symbol) -> Rules:
    """What ``d_h`` or ``d_k`` makes of all letters."""
    found: Rules = {letter: sp.S.One, Q: -(h - r * k if letter == h else k - r * h) / (1 - r**2) * Q}
    for (left, one), (right, two) in product(SIGNS.items(), repeat=2):
        for a, b in product(range(2), repeat=2):
            of = orthant(left, a, right, b)
            found[of] = a * p * of + one * line(1, right, b) if letter == h else b * q * of + two * line(2, left, a)
    for (side, sign), b in product(SIGNS.items(), range(2)):
        first, second = line(1, side, b), line(2, side, b)
        across, along = b * q * first + sign * Q, b * p * second + sign * Q
        found[first] = -h * first - r * across if letter == h else across
        found[second] = along if letter == h else -k * second - r * along
    return found


def derivative(value: sp.Expr, letter: sp.Symbol) -> sp.Expr:
    """By the chain rule."""
    return sp.expand(sp.Add(*(sp.diff(value, x) * of for x, of in rules(letter).items())))


def closed(a: int, b: int) -> sp.Expr:
    """``E[R_a(z_1) R_b(z_2)]``, a, b <= 2."""
    terms = product(pieces(a, alpha), pieces(b, beta))
    return sp.expand(sp.Add(*(x * y * _ramps(m, n, orthant(s, i, t, j)) for (s, i, m, x), (t, j, n, y) in terms)))


def _ramps(m: int, n: int, value: sp.Expr) -> sp.Expr:
    """With ``z_1^m z_2^n``, m, n <= 1: ``E[X F] = (d_h + r d_k) E F``, by parts."""
    if n:
        value = q * (k * value + r * derivative(value, h) + derivative(value, k))
    if m:
        value = p * (h * value + derivative(value, h) + r * derivative(value, k))
    return value


@cache
def frame_rules(n: int) -> Rules:
    """What ``D_1`` or ``D_2`` makes of the letters, with ``G, v`` for ``Q``: there is no division by ``c``."""
    found: Rules = {v: sp.Integer(n - 1), G: -h * G if n == 1 else -v * G}
    for letter in (h, k, *ORTHANTS, *LINES):
        in_h, in_k = (rules(x).get(letter, sp.S.Zero) for x in (h, k))
        found[letter] = normal(in_h + r * in_k if n == 1 else c * in_k)
    return found


def along_frame(value: sp.Expr, i: int, j: int) -> sp.Expr:
    """``D_1^i D_2^j``."""
    value = normal(value)
    for n, times in ((1, i), (2, j)):
        for _ in range(times):
            value = normal(sp.Add(*(sp.diff(value, x) * of for x, of in frame_rules(n).items())))
    return sp.collect(value, [*ORTHANTS, *LINES, G])


def normal(value: sp.Expr) -> sp.Expr:
    """Without higher powers of ``r`` than the first, ``c v``, and a division by ``c``."""
    powers = sp.Poly(sp.expand(value.subs(Q, G / c) * c), r).terms()
    lowered = sp.Add(*(of * r ** (n % 2) * (1 - c**2) ** (n // 2) for (n,), of in powers))
    terms = sp.Poly(sp.expand(lowered / c), c, v).terms()
    return sp.expand(sp.Add(*(of * _places(n, m) for (n, m), of in terms)))


def _places(sines: int, ratios: int) -> sp.Expr:
    """``c^n v^m`` without ``c v``."""
    both = min(sines, ratios)
    value: sp.Expr = c ** (sines - both) * v ** (ratios - both) * (k - r * h) ** both
    return value


def _check_tilts(proof: Derivation) -> None:
    """An orthant of exponentials is ``Phi_2`` at tilted means: the derivative, and the density where both bend."""
    a, b = sp.symbols("a b", real=True)
    root = sp.sqrt(1 - r**2)
    tilt = a * p * h + b * q * k + (a**2 * p**2 + 2 * a * b * p * q * r + b**2 * q**2) / 2
    h_, k_ = h + a * p + b * q * r, k + a * p * r + b * q
    v_, ratio, scale = (k_ - r * h_) / root, (k - r * h) / root, b * q * root
    proof.step("The tilted place", v_, ratio + scale)
    left, right = sp.exp(tilt) * density_at(h_), density_at(h) * sp.exp(scale * ratio + scale**2 / 2)
    proof.step("d_h of exp(..) Phi_2, less a p times it: a line", left, right, of_exponents)
    proof.step("and d_k of that: the density", left * density_at(v_), density_at(h) * density_at(ratio), of_exponents)


def _check_closed(proof: Derivation) -> None:
    """``d_h K_ab = p K_(a+1)b`` and the jump, and in k: with the decay in h and k, all are determined by one."""
    for a, b in product(range(SMOOTH), range(SMOOTH + 1)):
        grown = p * closed(a + 1, b) + JUMPS[a] * _on_line(1, b)
        proof.step(f"d_h K_{a}{b}", derivative(closed(a, b), h), grown, _rational)
        grown = q * closed(b, a + 1) + JUMPS[a].subs(alpha, beta) * _on_line(2, b)
        proof.step(f"d_k K_{b}{a}", derivative(closed(b, a), k), grown, _rational)


def _on_line(which: int, b: int) -> sp.Expr:
    """``phi(h) E[R_b(z_2) | z_1 = 0]``, or with the arguments exchanged."""
    level = beta if which == 1 else alpha
    ramp, below = line(which, "p", 0), level * line(which, "n", 1)
    if b:
        return below + (ramp if b == 1 else 0)
    deviation, mean = (q, k - r * h) if which == 1 else (p, h - r * k)
    return deviation * (mean * ramp + (1 - r**2) * Q) + below - level * line(which, "n", 0)


def _rational(difference: sp.Expr) -> sp.Expr:
    return sp.expand(sp.fraction(sp.together(difference))[0])


def derive() -> Output:
    """Prove the rules, and write the moments of functions."""
    proof = Derivation()
    _check_tilts(proof)
    _check_closed(proof)
    printed = Printed([], LETTERS)
    forms: dict[Key, sp.Expr] = {
        (a, b, i, j): along_frame(closed(a, b), i, j)
        for a, b in product(range(SMOOTH + 1), repeat=2)
        for i in range(FRAME + 1)
        for j in range(FRAME + 1 - i)
    }
    table = printed.table("CLOSED", "D_1^{2} D_2^{3} E[R_{0}(z_1) R_{1}(z_2)]", forms)
    title = "Closed moments of exponential units; letters in derivations/exponential_closed.py."
    start = header(title, "derivations/exponential_closed.py")
    body = "\n\n".join(printed.functions)
    return Output({"exponential_closed.py": "\n".join([start, "from typing import Any", "", "", body, "", table])}, [])
