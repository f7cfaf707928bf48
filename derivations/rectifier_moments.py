r"""Moments of powers of the rectifier, with means: ``N_ab(h, k) = E[(X + h)_+^a (r X + c Y + k)_+^b]``, and beyond.

``X, Y`` are independent standard normal, ``r = cos(theta)``, ``c = sin(theta)``. A power -1 stands for Dirac's delta,
-2 for its derivative, so that ``d_h N_ab = a N_(a-1)b`` where ``a > 0`` and ``N_(a-1)b`` elsewhere. With
``sigma(z) = max(z, 0)^n``, ``z_1 = p (X + h)``, ``z_2 = q (r X + c Y + k)``, ``E[sigma^(a)(z_1) sigma^(b)(z_2)]`` is
``p^(n-a) q^(n-b) n!^2 / ((n-a)! (n-b)!) N_(n-a)(n-b)``, where factorials of negative numbers count as 1; likewise for
two different powers, of which 0 is the step.

The letters, with ``v = (k - r h)/c`` and ``u = (h - r k)/c``: ``P = Phi_2(h, k; r)``, ``A = phi(h) Phi(v)``, ``B =
phi(k) Phi(u)``, ``G = phi(h) phi(v) = phi(k) phi(u)``, and ``Q = G/c``, the density ``phi_2(h, k; r)``. The derivatives
along the frame, ``D_1 = d_h + r d_k`` and ``D_2 = c d_k``, which are the products with Hermite polynomials,
``D_1^i D_2^j N = E[He_i(X) He_j(Y) ...]``, map polynomials in all letters to such polynomials: only Q divides by ``c``,
and it comes in only where two deltas meet.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import cosine as r
from sobolev_theory.symbolic.symbols import sine as c
from sobolev_theory.symbolic.symbols import theta

HIGHEST = 3
h, k, v = sp.symbols("h k v", real=True)
P, A, B, G, Q = LETTERS = sp.symbols("P A B G Q", positive=True)
Phi, phi = sp.symbols("Phi phi", positive=True)  # of h, for one neuron
ARGUMENTS = (h, k, v, c, r, *LETTERS, Phi, phi)

BELOW = sp.symbols("first second", positive=True)  # Phi(h), Phi(k)
TAILS, BETA = sp.symbols("tails beta", real=True)  # T(h, v/h) + T(k, u/k), and 1/2 between signs of h and k, or 0
OWEN = BELOW[0] / 2 + BELOW[1] / 2 - BETA - TAILS

Key = tuple[int, ...]
Pair = tuple[int, int, int, int]
Rules = dict[sp.Symbol, sp.Expr]
RATIO = (k - r * h) / c

ALONG: Rules = {h: 1, k: r, v: 0, P: A + r * B, A: -h * A, B: c * G - r * k * B, G: -h * G, Q: -h * Q}
ACROSS: Rules = {h: 0, k: c, v: 1, P: c * B, A: G, B: -c * k * B - r * G, G: -v * G, Q: -v * Q}
"""What ``D_1`` and ``D_2`` make of the letters."""


def derivative(value: sp.Expr, rules: Rules) -> sp.Expr:
    """Chain rule."""
    return normal(sp.Add(*(sp.diff(value, letter) * of for letter, of in rules.items())))


def normal(value: sp.Expr) -> sp.Expr:
    """Without ``c^2 = 1 - r^2``, ``c v = k - r h`` and ``c Q = G``."""
    terms = sp.Poly(sp.expand(value), c, v, Q).terms()
    return sp.Add(*(_normal_term(powers, of) for powers, of in terms))


def _normal_term(powers: tuple[int, int, int], rest: sp.Expr) -> sp.Expr:
    """Of ``rest c^i v^j Q^k`` with these powers."""
    sines, ratios, apexes = powers
    if sines and apexes:
        return _normal_term((sines - 1, ratios, apexes - 1), rest * G)
    if sines and ratios:
        return normal(_normal_term((sines - 1, ratios - 1, apexes), rest) * (k - r * h))
    if sines > 1:
        return _normal_term((sines - 2, ratios, apexes), sp.expand(rest * (1 - r**2)))
    return sp.expand(rest * c**sines * v**ratios * Q**apexes)


def reduce(difference: sp.Expr) -> sp.Expr:
    """Zero for what vanishes: a polynomial in all letters over a power of ``c``, in which ``v`` and ``Q`` are known."""
    numerator, _ = sp.fraction(sp.together(difference.subs({v: RATIO, Q: G / c})))
    return sp.expand(sp.rem(sp.expand(numerator), c**2 + r**2 - 1, c))


@cache
def unit(a: int, b: int) -> sp.Expr:
    """``N_ab`` by parts, ``x phi = -phi'``: down to ``P`` and to the lines on which one of the neurons bends."""
    if a == -2:  # d_h of what follows
        return normal(-h * unit(-1, b) - r * max(b, 1) * unit(-1, b - 1))
    if a < 0:  # phi(h) E[(c Y + k - r h)_+^b]
        if b < 1:
            return A if b == 0 else Q
        return normal((k - r * h) * unit(-1, b - 1) + c**2 * max(b - 1, 1) * unit(-1, b - 2))
    if b < 0:
        return unit(b, a).subs({h: k, k: h, A: B}, simultaneous=True)
    if a == b == 0:
        return P
    if a == 0:
        return normal(k * unit(0, b - 1) + max(b - 1, 1) * unit(0, b - 2) + r * unit(-1, b - 1))
    return normal(h * unit(a - 1, b) + max(a - 1, 1) * unit(a - 2, b) + r * max(b, 1) * unit(a - 1, b - 1))


def along_frame(value: sp.Expr, i: int, j: int) -> sp.Expr:
    """``D_1^i D_2^j``."""
    for rules, times in ((ALONG, i), (ACROSS, j)):
        for _ in range(times):
            value = derivative(value, rules)
    return value


@cache
def single(power: int, order: int) -> sp.Expr:
    """``d_h^order E[(X + h)_+^power]``, of one neuron."""
    if order:
        value = single(power, order - 1)
        return sp.expand(sp.diff(value, h) + sp.diff(value, Phi) * phi - sp.diff(value, phi) * h * phi)
    if power < 2:
        return (Phi, h * Phi + phi)[power]
    return sp.expand(h * single(power - 1, 0) + (power - 1) * single(power - 2, 0))


def pairs() -> Iterator[Pair]:
    """What Sobolev losses need, ``(a, b, i, j)``: powers of the two neurons, and times along the frame.

    Of two powers less a common order: neither derived; one, once; one, twice; both, once. And ``N_a(-2)`` alone.
    """
    found: dict[Pair, None] = {}
    for m, n in product(range(HIGHEST + 1), repeat=2):
        for a, b, most in ((m, n, 0), (m - 1, n, 1), (m, n - 1, 1), (m - 2, n, 2), (m - 1, n - 1, 2), (m, n - 2, 0)):
            found |= {(a, b, i, j): None for i in range(most + 1) for j in range(most + 1 - i)}
    yield from found


def _check_letters(proof: Derivation) -> None:
    """The rules are those of the functions: ``d_h P = A`` by definition, hence ``d_k P = B`` by ``d_k A = d_h B``."""
    root = sp.sqrt(1 - r**2)
    v_, u_ = (k - r * h) / root, (h - r * k) / root
    known = {A: _density(h) * _below(v_), B: _density(k) * _below(u_), G: _density(h) * _density(v_), v: v_}
    known[Q] = known[G] / root
    proof.step("Density where both neurons bend", known[G], _density(k) * _density(u_), _of_exponents)
    proof.step("Second derivative of P", sp.diff(known[A], k), sp.diff(known[B], h), _of_exponents)
    for letter, value in known.items():
        for rules, slope in ((ALONG, sp.diff(value, h) + r * sp.diff(value, k)), (ACROSS, root * sp.diff(value, k))):
            right = sp.sympify(rules[letter]).subs(c, root).subs(known)
            proof.step(f"Derivative of {letter} along the frame", slope, right, _of_exponents)


def _check_owen(proof: Derivation) -> None:
    """``P = Phi(h)/2 + Phi(k)/2 - T(h, v/h) - T(k, u/k) - beta`` (Owen 1956), ``beta`` constant between signs of h, k.

    ``T(x, a) = int_0^a exp(-x^2 (1 + y^2)/2) / (2 pi (1 + y^2)) dy``, so that ``T(x, y/x)`` has the derivatives
    ``-phi(x) (Phi(y) - 1/2) - y G/(x^2 + y^2)`` in x and ``x G/(x^2 + y^2)`` in y; where x changes sign it jumps.
    As h falls, the first ``T`` vanishes and the second tends to ``Phi(-|k|)/2``, with the sign of -k.
    """
    x, y, a = sp.symbols("x y a", positive=True)
    integrand = sp.exp(-(x**2) * (1 + a**2) / 2) / (2 * sp.pi * (1 + a**2))
    falls = sp.integrate(sp.diff(integrand, x), (a, 0, y / x))
    at_end = integrand.subs(a, y / x)
    together = _density(x) * _density(y) / (x**2 + y**2)
    in_x, in_y = -_density(x) * (_below(y) - sp.Rational(1, 2)) - y * together, x * together
    proof.step("T(x, y/x) in x", falls - at_end * y / x**2, in_x, _of_exponents)
    proof.step("T(x, y/x) in y", at_end / x, in_y, _of_exponents)
    root, square = sp.sqrt(1 - r**2), (h**2 - 2 * r * h * k + k**2) / (1 - r**2)
    v_, u_ = (k - r * h) / root, (h - r * k) / root
    proof.step("h^2 + v^2 = k^2 + u^2", h**2 + v_**2, square)
    proof.step("the other", k**2 + u_**2, square)
    first = -_density(h) * (Phi - sp.Rational(1, 2)) - v_ * G / square - r / root * h * G / square
    second = k * G / square / root
    in_h = sp.diff(OWEN, BELOW[0]) * _density(h) + sp.diff(OWEN, TAILS) * (first + second)
    proof.step("d_h P", in_h, _density(h) * Phi)


def _of_exponents(difference: sp.Expr) -> sp.Expr:
    """Simplified, with one exponential in each term, whose exponent is expanded."""
    merged = sp.powsimp(sp.expand(difference))
    return sp.simplify(merged.replace(sp.exp, lambda exponent: sp.exp(sp.expand(sp.cancel(exponent)))))


def _density(at: sp.Expr) -> sp.Expr:
    return sp.exp(-(at**2) / 2) / sp.sqrt(2 * sp.pi)


def _below(at: sp.Expr) -> sp.Expr:
    return (1 + sp.erf(at / sp.sqrt(2))) / 2


def _check_units(proof: Derivation) -> None:
    """``d_h N_ab = a N_(a-1)b`` and ``d_k N_ab = b N_a(b-1)``; 1 for a or b where that is not positive.

    These determine every ``N_ab`` of which ``N_00 = P``: all letters but ``v`` vanish faster than any power of h as h
    falls, and of k as k falls.
    """
    for a in range(-1, HIGHEST + 1):
        for b in range(-1, HIGHEST + 1):
            across = derivative(unit(a, b), ACROSS) / c
            along = derivative(unit(a, b), ALONG) - r * across
            if a + b > -2:
                proof.step(f"d_h N_({a})({b})", along, max(a, 1) * unit(a - 1, b), reduce)
            if b >= 0 or a >= 0:
                proof.step(f"d_k N_({a})({b})", across, max(b, 1) * unit(a, b - 1), reduce)


def _check_frame(proof: Derivation) -> None:
    """``D_1 = d_h + r d_k`` and ``D_2 = c d_k`` lower the powers."""
    for a, b, i, j in pairs():
        if min(a, b) >= 0 and i + j:
            times, before = (0, (i, j - 1)) if j else (1, (i - 1, j))
            lower = (r if times else c) * max(b, 1) * along_frame(unit(a, b - 1), *before)
            lower += times * max(a, 1) * along_frame(unit(a - 1, b), *before)
            proof.check(f"D_1^{i} D_2^{j} N_({a})({b})", along_frame(unit(a, b), i, j), lower, reduce)


def _check_polynomials(proof: Derivation) -> None:
    """``E[P(X + h) g(r X + c Y + k)] = sum_l r^l/l! E[P^(l)] d_k^l E[g]``, which ends with the degree of P.

    ``x^a = x_+^a + (-1)^a (-x)_+^a``, and where X is reflected, h and r change their signs: u does, v does not.
    """
    below, density = sp.symbols("below density", positive=True)  # Phi(k), phi(k)
    reflected = {h: -h, r: -r, P: below - P, B: density - B}
    for a, b in product(range(HIGHEST + 1), repeat=2):
        both = unit(a, b) + (-1) ** a * unit(a, b).subs(reflected, simultaneous=True)
        known = {h: k, Phi: below, phi: density}
        terms = (
            r**order / sp.factorial(order) * sp.diff(_of_power(a), h, order) * single(b, order).subs(known)
            for order in range(a + 1)
        )
        proof.step(f"(X + h)^{a} with a rectifier of power {b}", both, sp.Add(*terms), reduce)


def _of_power(a: int) -> sp.Expr:
    """``E[(X + h)^a]``."""
    return single(a, 0).subs({Phi: 1, phi: 0})


def _check_single(proof: Derivation) -> None:
    """``E[(X + h)_+^l]``: its derivative of order l is ``l! Phi``, and it vanishes as h falls."""
    for power in range(2 * HIGHEST + 1):
        proof.step(f"Derivative of order {power}", single(power, power), sp.factorial(power) * Phi)


def derive() -> Output:
    """Prove the rules, and write the functions with means and without."""
    proof = Derivation()
    for check in (_check_letters, _check_owen, _check_units, _check_polynomials, _check_frame, _check_single):
        check(proof)
    bend = 1 / sp.sqrt(8 * sp.pi)
    centred = {h: 0, k: 0, v: 0, A: bend, B: bend, G: 1 / (2 * sp.pi), Q: 1 / (2 * sp.pi * c)}
    orthant = (sp.pi - theta) / (2 * sp.pi)
    proof.step("Plackett at h = k = 0; P vanishes at pi", sp.diff(orthant, theta), -c * centred[Q])
    alone = {h: 0, Phi: sp.Rational(1, 2), phi: 1 / sp.sqrt(2 * sp.pi)}
    moments: dict[Key, sp.Expr] = {key: along_frame(unit(*key[:2]), *key[2:]) for key in pairs()}
    singles: dict[Key, sp.Expr] = {(x, o): single(x, o) for x in range(2 * HIGHEST + 1) for o in range(_orders(x))}
    by_owen = function(
        "by_owen", "P by Phi(h), Phi(k), two of Owen's functions, and 1/2 or 0.", (*BELOW, TAILS, BETA), (OWEN,)
    )
    printed = Printed([function("orthant", "P at h = k = 0.", (theta,), (orthant,)), by_owen], ARGUMENTS)
    tables = [
        printed.table("PAIRS", "D_1^{2} D_2^{3} N_({0})({1})", {key: _collected(x) for key, x in moments.items()}),
        printed.table("CENTRED_PAIRS", "D_1^{2} D_2^{3} N_({0})({1}) at h = k = 0", _at(moments, centred)),
        printed.table("SINGLES", "d^{1} E[(X + h)_+^{0}]", singles),
        printed.table("CENTRED_SINGLES", "d^{1} E[(X + h)_+^{0}] at h = 0", _at(singles, alone)),
        printed.table("POWERS", "E[(X + h)^{0}]", {(x,): _of_power(x) for x in range(2 * HIGHEST + 1)}),
    ]
    title = "Moments of powers of the rectifier with means; letters in derivations/rectifier_moments.py."
    body = "\n\n".join(printed.functions)
    start = header(title, "derivations/rectifier_moments.py")
    return Output({"rectifier_moments.py": "\n".join([start, "from typing import Any", "", "", body, "", *tables])}, [])


def _orders(power: int) -> int:
    """Of derivatives: one neuron needs four; one with a polynomial of degree 3 two more than all orders, in a frame two
    more, and three by the polynomial.
    """
    return power + 8 if power <= HIGHEST else 5


def _collected(value: sp.Expr) -> sp.Expr:
    return sp.collect(value, LETTERS, factored)


def factored(value: sp.Expr) -> sp.Expr:
    """With ``c^2`` for ``1 - r^2``, which cancels where ``c`` is small."""
    return sp.factor(value).subs((r - 1) * (r + 1), -(c**2))


def _at(values: dict[Key, sp.Expr], known: Rules) -> dict[Key, sp.Expr]:
    return {key: _collected(value.subs(known)) for key, value in values.items()}


class Printed:
    """Functions, one for each expression, and tables of them with the letters that each takes."""

    def __init__(self, functions: list[str], letters: tuple[sp.Symbol, ...]) -> None:
        self.functions, self.letters = functions, letters
        self._names: dict[sp.Expr, str] = {}

    def table(self, name: str, doc: str, values: Mapping[Key, sp.Expr]) -> str:
        """Source of a table; the functions that it needs join those there are."""
        lines = [f"{name}: dict[tuple[int, ...], tuple[Any, tuple[str, ...]]] = {{"]
        for key, value in values.items():
            arguments = tuple(letter for letter in self.letters if letter in value.free_symbols)
            if value not in self._names:
                called = "_".join([name.lower(), *(str(x).replace("-", "m") for x in key)])
                self._names[value] = called
                self.functions.append(function(called, doc.format(*key) + ".", arguments, (value,)))
            letters = "".join(f'"{letter}", ' for letter in arguments).rstrip()
            lines.append(f"    {key}: ({self._names[value]}, ({letters})),")
        return "\n".join([*lines, "}", ""])
