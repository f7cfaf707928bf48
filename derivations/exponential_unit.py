r"""Moments of exponential units, ``sigma(z) = z_+ + alpha (exp(z) - 1) 1(z < 0)``, with means, in the polar frame.

``z_1 = p (X + h)``, ``z_2 = q (r X + c Y + k)`` with ``X, Y`` independent standard normal, ``r = cos(theta)``, ``c =
sin(theta)``; ``v = (k - r h)/c``. The derivative of order a is a function ``R_a``, the pointwise derivative, and for
each lower order that jumps, by ``J_b = R_b(+0) - R_b(-0)``, a derivative of Dirac's delta:

.. math:: \sigma^{(a)} = R_a + \sum_{b < a} J_b \, \delta^{(a - 1 - b)},
    \quad R_2 = R_3 = \dots = \alpha e^z 1(z < 0), \quad J_0 = 0, \; J_1 = 1 - \alpha, \; J_2 = J_3 = \dots = -\alpha.

Closed forms in both arguments, `exponential_closed`, overflow where these are large and cancel where they are small.
Here are those in one argument. Given X, the moment of a function of ``z_2 = q c (Y + w)``, ``w = v + (r/c)(X + h)``, is
a polynomial in ``Phi(w)``, ``phi(w)`` and

.. math:: E = \mathbb{E}[e^{d (Y + w)}; Y + w < 0] = e^{d w + d^2/2} \, \Phi(-w - d),
    \quad M = \mathbb{E}[e^{d (Y + w)} - 1; Y + w < 0], \quad d = q c,

which are what a scaled error function and a function that does not cancel give. Where one argument meets a Dirac,
``X = -h`` and that is the moment; of two functions it is integrated over X. The derivatives ``D_1 = d_h + r d_k`` and
``D_2 = c d_k`` along the frame multiply by Hermite polynomials: ``D_1^i D_2^j E F = E[He_i(X) He_j(Y) F]``.
"""

from functools import partial
from itertools import pairwise, product

import sympy as sp

from derivations.catalogue import Output
from derivations.rectifier_moments import Key, Printed, Rules
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import cosine as r
from sobolev_theory.symbolic.symbols import sine as c

SMOOTH = 2  # R_a of this order and of all higher ones are one function
DIRACS = 2  # a delta and its derivative
FRAME = 2  # most derivatives along the frame
DERIVATIVES = 4  # most derivatives of moments of one argument in its mean
STRIP = 5  # terms of `strip`

alpha, h, k, v, w = sp.symbols("alpha h k v w", real=True)
p, q, d, other = sp.symbols("p q d other", positive=True)
Phi, phi, E, M = sp.symbols("Phi phi E M", real=True)
f, Q = sp.symbols("f Q", positive=True)  # the density of the argument at the Dirac, phi(h), and phi(h) phi(v)/c
MILLS = sp.symbols(f"I:{DERIVATIVES + 1}", positive=True)
FIRST_TILT = sp.symbols(f"E1_:{DERIVATIVES + 1}", real=True)
SECOND_TILT = sp.symbols(f"E2_:{DERIVATIVES + 1}", real=True)
M1, M2 = sp.symbols("M1 M2", real=True)
LETTERS = (alpha, h, v, w, p, d, other, c, r, f, Q, Phi, phi, E, M, M1, M2, *FIRST_TILT, *SECOND_TILT, *MILLS)

JUMPS = (sp.S.Zero, 1 - alpha, -alpha)
CONDITIONAL = (d * (w * Phi + phi) + alpha * M, Phi + alpha * E, alpha * E)
"""``E R_b(d (Y + w))``."""
SLOPES = {w: sp.S.One, Phi: phi, phi: -w * phi, E: d * E - phi, M: d * E}
"""What ``d_w`` makes of the letters."""


def slope(value: sp.Expr) -> sp.Expr:
    """``d_w``."""
    return sp.expand(sp.Add(*(sp.diff(value, letter) * of for letter, of in SLOPES.items())))


def conditional(b: int, j: int) -> sp.Expr:
    """``E[He_j(Y) R_b(d (Y + w))] = d_w^j E R_b``."""
    value = CONDITIONAL[min(b, SMOOTH)]
    for _ in range(j):
        value = slope(value)
    return value


def dirac(n: int, b: int) -> sp.Expr:
    """``p^(n+1) E[delta^(n)(z_1) R_b(z_2)]``, n <= 1: ``f S_b`` at ``w = v``, ``d = q c``, and its derivative ``d_h``.

    ``other`` stands for q. The jump of ``R_b`` gives the density ``Q`` where both arguments bend.
    """
    here = conditional(b, 0).subs(w, v)
    if n == 0:
        return f * here
    above = conditional(b + 1, 0).subs(w, v)
    return -h * f * here - r * (other * f * above + JUMPS[min(b, SMOOTH)] * Q)


FRAMES = {"FIRST": ((1, 0), (0, 1)), "SECOND": ((r, c), (c, -r))}
"""What ``D_1, D_2`` make of the place of the Dirac and of the other letter: ``h, v`` where the first argument meets
it, ``k`` and ``u = (h - r k)/c`` where the second does."""


def along(value: sp.Expr, of_h: sp.Expr, of_v: sp.Expr) -> sp.Expr:
    """A derivative along the frame, by the chain rule."""
    inner = sp.Add(*(sp.diff(value, letter) * of.subs(w, v) for letter, of in SLOPES.items() if letter != w))
    across = inner + sp.diff(value, v)
    density = -h * f * sp.diff(value, f) * of_h - (h * of_h + v * of_v) * Q * sp.diff(value, Q)
    return sp.expand(sp.diff(value, h) * of_h + across * of_v + density)


def dirac_along(frame: str, n: int, b: int, i: int, j: int) -> sp.Expr:
    """``D_1^i D_2^j`` of `dirac`; the Dirac is of the first argument or of the second.

    ``Q`` diverges as ``1/c``, and a slope that does not jump has none of it: the jump stays a factor.
    """
    value = dirac(n, b)
    for direction, times in zip(FRAMES[frame], (i, j), strict=True):
        for _ in range(times):
            value = along(value, *direction)
    smooth, apex = (sp.expand(value).coeff(Q, power) for power in (0, 1))
    if not apex.subs(alpha, 0):  # the curvature's jump alone
        return sp.expand(value)
    of_slope, of_curvature = sp.div(apex, 1 - alpha, alpha)
    return smooth + ((1 - alpha) * sp.expand(of_slope) + sp.expand(of_curvature)) * Q


def two_diracs(n: int, m: int, i: int, j: int) -> sp.Expr:
    """``p^(n+1) q^(m+1) D_1^i D_2^j E[delta^(n)(z_1) delta^(m)(z_2)]``: derivatives of the density where both bend."""
    value: sp.Expr = Q
    for direction, times in (((1, -r / c), n), ((0, 1 / c), m), ((1, 0), i), ((0, 1), j)):
        for _ in range(times):
            value = along(value, *direction)
    return sp.factor(value)


def density_at(at: sp.Expr) -> sp.Expr:
    """``phi``."""
    return sp.exp(-(at**2) / 2) / sp.sqrt(2 * sp.pi)


def _below(at: sp.Expr) -> sp.Expr:
    return (1 + sp.erf(at / sp.sqrt(2))) / 2


TILTED = sp.exp(d * w + d**2 / 2) * _below(-w - d)
KNOWN = {Phi: _below(w), phi: density_at(w), E: TILTED, M: TILTED - _below(-w)}
"""The letters as functions of ``w`` and ``d``."""


def of_exponents(difference: sp.Expr) -> sp.Expr:
    """Simplified, with one exponential in each term, whose exponent is expanded."""
    merged = sp.powsimp(sp.expand(difference))
    return sp.simplify(merged.replace(sp.exp, lambda exponent: sp.exp(sp.expand(sp.cancel(exponent)))))


def _check_letters(proof: Derivation) -> None:
    """``d_w`` of the letters, and of conditional moments: they are determined, all letters but M vanish as w falls."""
    for letter, value in KNOWN.items():
        proof.step(f"Slope of {letter}", sp.diff(value, w), SLOPES[letter].subs(KNOWN), of_exponents)
    for b, value in enumerate(CONDITIONAL):
        above = d * CONDITIONAL[min(b + 1, SMOOTH)] + JUMPS[b] * phi
        proof.step(f"Slope of the conditional moment {b}", slope(value), above, _of_letters)


def _of_letters(difference: sp.Expr) -> sp.Expr:
    """``M`` is ``E`` without the probability."""
    return sp.expand(difference.subs(M, E - (1 - Phi)))


def _check_diracs(proof: Derivation) -> None:
    """The derivative of a delta, and the densities along the frame."""
    ratio = {v: (k - r * h) / c, d: other * c}
    for b in range(SMOOTH + 1):
        value = conditional(b, 0).subs(w, v)
        slope_in_h = -h * f * value - r / c * f * slope(conditional(b, 0)).subs(w, v)
        left = sp.expand(slope_in_h.subs(d, other * c))
        right = dirac(1, b).subs({Q: f * phi / c, d: other * c})
        proof.step(f"The derivative of a delta with R_{b}", left, right, _of_letters)
    u = (h - r * k) / c
    root, bend = {c: sp.sqrt(1 - r**2)}, density_at(h) * density_at(ratio[v]) / c
    for n, m in product(range(DIRACS), repeat=2):
        left, right = sp.diff(sp.diff(bend, h, n), k, m) / bend, two_diracs(n, m, 0, 0).subs(ratio) / Q
        proof.step(f"Derivatives {n}, {m} of the density where both bend", left.subs(root), right.subs(root))
    frames = (("FIRST", {h: h, v: ratio[v]}), ("SECOND", {h: k, v: u}))
    for frame, places in frames:
        for n, (of_h, of_v) in enumerate(FRAMES[frame]):
            for letter, of in ((h, of_h), (v, of_v)):
                place = places[letter]
                moved = (sp.diff(place, h) + r * sp.diff(place, k), c * sp.diff(place, k))[n]
                proof.step(f"D_{n + 1} of a letter of {frame}", moved.subs(root), sp.sympify(of).subs(root))


def tilt(n: int) -> sp.Expr:
    """``d_h^n E[exp(d (X + h)); X + h < 0]`` by that itself."""
    value: sp.Expr = E
    for _ in range(n):
        value = sp.expand(sp.diff(value, E) * (d * E - phi) + _of_density(value))
    return value


def _of_density(value: sp.Expr) -> sp.Expr:
    """The part of ``d_h`` that explicit h, ``phi(h)`` and ``Phi(h)`` make."""
    return sp.diff(value, h) - h * phi * sp.diff(value, phi) + phi * sp.diff(value, Phi)


def mills(n: int) -> sp.Expr:
    """The same by ``I_j = int_0^oo y^j exp(-x y - y^2/2) dy`` at ``x = h + scale``: no large terms where x is large."""
    value: sp.Expr = phi * MILLS[0]
    for _ in range(n):
        below = (sp.diff(value, one) * -above for one, above in pairwise(MILLS))
        value = sp.expand(_of_density(value) + sp.Add(*below))
    return value


def mean(n: int) -> sp.Expr:
    """``d_m^n E sigma(z)``, m = p h: the jump of the slope apart, that what is continuous does not cancel."""
    if n < SMOOTH:
        return (p * (h * Phi + phi) + alpha * M1, Phi + alpha * FIRST_TILT[0])[n]
    return (1 - alpha) * _densities(n - SMOOTH) / p ** (n - 1) + alpha * FIRST_TILT[n - SMOOTH] / p ** (n - SMOOTH)


def square(order: int, n: int) -> sp.Expr:
    """``d_m^n E[R_k(z)^2]``, likewise."""
    first, second, jump = FIRST_TILT, SECOND_TILT, 1 - alpha**2
    if order >= SMOOTH:
        return alpha**2 * second[n] / p**n
    if order == 1:
        if n == 0:
            return Phi + alpha**2 * second[0]
        return jump * _densities(n - 1) / p**n + 2 * alpha**2 * second[n - 1] / p ** (n - 1)
    if n < 3:
        ramp = p**2 * ((1 + h**2) * Phi + h * phi) + alpha**2 * (M2 - 2 * M1)
        slope_ = 2 * p * (h * Phi + phi) + 2 * alpha**2 * (M2 - M1)
        return (ramp, slope_, 2 * Phi + 2 * alpha**2 * (2 * second[0] - first[0]))[n]
    smooth = 2 * alpha**2 * (4 * second[n - 3] - first[n - 3]) / p ** (n - 3)
    return 2 * jump * _densities(n - 3) / p ** (n - 2) + smooth


def _densities(n: int) -> sp.Expr:
    """``d_h^n phi(h)``."""
    value: sp.Expr = phi
    for _ in range(n):
        value = sp.expand(_of_density(value))
    return value


def _check_singles(proof: Derivation) -> None:
    """Each is the derivative of the one before; the first ones are sums over the pieces of the definition."""
    known: Rules = {}
    for letters, scale, beyond in ((FIRST_TILT, p, M1), (SECOND_TILT, 2 * p, M2)):
        known |= {letter: tilt(n).subs({E: letters[0], d: scale}) for n, letter in enumerate(letters)}
        known[beyond] = letters[0] - (1 - Phi)

    def grown(value: sp.Expr) -> sp.Expr:
        tilted = (sp.diff(value, of[0]) * known[of[1]] for of in (FIRST_TILT, SECOND_TILT))
        return sp.expand(sp.Add(*tilted) + _of_density(value))

    forms = {"mean": mean} | {f"square of R_{order}": partial(square, order) for order in range(SMOOTH + 1)}
    for name, form in forms.items():
        for n in range(DERIVATIVES):
            left, right = grown(form(n).subs(known)), p * form(n + 1).subs(known)
            proof.step(f"Derivative {n + 1} of the {name}", left, right, sp.expand)
    for n in range(DERIVATIVES + 1):
        value = mills(n)
        for m in range(n, 0, -1):  # by parts
            before = (m - 1) * MILLS[m - 2] if m > 1 else 1
            value = sp.expand(value.subs(MILLS[m], before - (h + d) * MILLS[m - 1]))
        proof.step(f"Derivative {n} of a tilt by Mills' ratio", value, tilt(n).subs(E, phi * MILLS[0]), sp.expand)


def strip() -> sp.Expr:
    """``int_(w - d/2)^(w + d/2) phi``, by the derivatives of phi in the middle; to rounding of it for ``d <= 1/10``."""
    terms = (_even_derivative(2 * n) * 2 * (d / 2) ** (2 * n + 1) / sp.factorial(2 * n + 1) for n in range(STRIP))
    return phi * sp.collect(sp.expand(sp.Add(*terms)), d)


def _even_derivative(n: int) -> sp.Expr:
    """``phi^(n)/phi``: a Hermite polynomial."""
    return sp.expand(sp.diff(density_at(w), w, n) / density_at(w))


def derive() -> Output:
    """Prove the rules, and write the functions that numbers are made of."""
    proof = Derivation()
    for check in (_check_letters, _check_diracs, _check_singles):
        check(proof)
    orders, powers = range(SMOOTH + 1), [(i, j) for i in range(FRAME + 1) for j in range(FRAME + 1 - i)]
    diracs: dict[str, dict[Key, sp.Expr]] = {
        frame: {(n, b, i, j): dirac_along(frame, n, b, i, j) for n in range(DIRACS) for b in orders for i, j in powers}
        for frame in FRAMES
    }
    printed = Printed(
        [function("strip", "The integral of phi over w - d/2 < y < w + d/2.", (w, d, phi), (strip(),))], LETTERS
    )
    given: dict[Key, sp.Expr] = {(b, j): conditional(b, j) for b in orders for j in range(FRAME + 1)}
    counts, bends = range(DERIVATIVES + 1), list(product(range(DIRACS), repeat=2))
    both: dict[Key, sp.Expr] = {
        (n, m, i, j): two_diracs(n, m, i, j) for n, m in bends for i, j in powers if not (n + m and i + j)
    }
    squares: dict[Key, sp.Expr] = {(order, n): square(order, n) for order in orders for n in counts if order + n}
    tables = [
        printed.table("CONDITIONAL", "E[He_{1}(Y) R_{0}(d (Y + w))]", given),
        printed.table("FIRST", "p^{0} p D_1^{2} D_2^{3} E[delta^({0})(z_1) R_{1}(z_2)]", diracs["FIRST"]),
        printed.table("SECOND", "q^{0} q D_1^{2} D_2^{3} E[R_{1}(z_1) delta^({0})(z_2)]", diracs["SECOND"]),
        printed.table("BOTH", "p^{0} p q^{1} q D_1^{2} D_2^{3} E[delta^({0})(z_1) delta^({1})(z_2)]", both),
        printed.table("TILT", "d_h^{0} E", {(n,): tilt(n) for n in counts}),
        printed.table("MILLS", "d_h^{0} E, at large arguments", {(n,): mills(n) for n in counts}),
        printed.table("MEANS", "d_m^{0} E sigma", {(n,): mean(n) for n in counts}),
        printed.table("SQUARES", "d_m^{1} E R_{0}^2", squares),
    ]
    title = "Moments of exponential units with means; letters in derivations/exponential_unit.py."
    body = "\n\n".join(printed.functions)
    start = header(title, "derivations/exponential_unit.py")
    return Output({"exponential_unit.py": "\n".join([start, "from typing import Any", "", "", body, "", *tables])}, [])
