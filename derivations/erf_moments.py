r"""Moments of the error function, ``sigma(z) = erf(z / sqrt 2)``, of arguments with means ``m_1, m_2``.

A moment solves Price's equations ``d K/ds = (1/2) d_1^2 K``, ``d K/d rho = d_1 d_2 K``, ``d K/dt = (1/2) d_2^2 K``,
and is ``sigma^(a)(m_1) sigma^(b)(m_2)`` where ``s = rho = t = 0``; in one variable likewise. That determines it, and is
all that is used. With ``h = m_1/sqrt(1+s)``, ``k = m_2/sqrt(1+t)``, ``r = rho/sqrt((1+s)(1+t))``, ``v = (k - r
h)/sqrt(1-r^2)`` and ``u = (h - r k)/sqrt(1-r^2)``:

- ``K_11 = 4 phi_2(h, k; r)/sqrt((1+s)(1+t))`` and ``K_10 = 2 phi(h) erf(v/sqrt 2)/sqrt(1+s)``;
- ``K_00`` is ``erf(h/sqrt 2) erf(k/sqrt 2)`` and an integral over ``[0, arcsin r]``, which loses no digits of short
  vectors; or ``+- 1 - 4 T(h, v/h) - 4 T(k, u/k)``, with the sign of ``h k`` and Owen's function ``T``, for any ``r``;
- ``K_00`` also is that at means zero, ``R(h, v)`` and ``R(k, u)``, of one analytic function in h and v that are not
  divided by: ``R(h, v) = (h/pi) int_0^v E((h^2 + y^2)/2) dy``, ``E(q) = (1 - exp(-q))/q``;
- all others by recurrences, which ``sigma^(a+1) = -z sigma^(a) - (a-1) sigma^(a-1)`` gives.

Moments of one neuron are written so that those of long vectors do not cancel: ``E[sigma^(k)(z)^2]`` is a Gaussian times
a sum of squares of Hermite polynomials.
"""

from itertools import product
from math import comb, factorial

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import g, rho, s, t, z

SQUARES = 4  # one more than the highest order of a norm: its Gauss-Newton matrix has the next derivative
MEAN_DERIVATIVES = 4
M, M1, M2 = sp.symbols("m m1 m2", real=True)
ANGLE, H, K, R, U, V, SINE, SIGN, SIDE, FIRST, SECOND = sp.symbols("y h k r u v sine sign side first second", real=True)
COMPLEMENT = sp.Symbol("c", positive=True)  # sqrt(1 - r^2)
A, B = sp.symbols("a b", integer=True, positive=True)
AVERAGE, X = sp.symbols("average x", real=True)
Y1, P11, P12 = sp.symbols("y1 p11 p12", real=True)
MOMENT, BEFORE, BESIDE = sp.symbols("moment before beside", real=True)  # neighbours of a moment in a recurrence
SIGMA = sp.erf(z / sp.sqrt(2))
S, T = 1 + s, 1 + t
D = 1 + s + t + g
SELF_D = 1 + 2 * s
AT_PAIR = {g: s * t - rho**2}
W, WIDTH = sp.symbols("w width", positive=True)  # the determinant (1+s)(1+t) - rho^2, and 1 + s


def _phi(x: sp.Expr) -> sp.Expr:
    """The standard normal density."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


STANDARDISED = (
    M1 / sp.sqrt(S),
    M2 / sp.sqrt(T),
    rho / sp.sqrt(S * T),
    (S * M2 - rho * M1) / sp.sqrt(S * D),
    (T * M1 - rho * M2) / sp.sqrt(T * D),
)
"""``h, k, r, v, u``."""
INVERSE = ((T * M1 - rho * M2) / D, (S * M2 - rho * M1) / D, T / D, -rho / D, S / D)
"""``y = P m`` and the entries of ``P = (C + I)^-1``."""
LETTERS = dict(zip((H, K, R, V, U), STANDARDISED, strict=True))
K_11 = 4 * _phi(H) * _phi(V) / sp.sqrt(D)
K_10 = 2 * _phi(H) * sp.erf(V / sp.sqrt(2)) / sp.sqrt(S)
INDEPENDENT = sp.erf(H / sp.sqrt(2)) * sp.erf(K / sp.sqrt(2))
INTEGRAND = 2 / sp.pi * sp.exp(-(H**2 - 2 * H * K * SINE + K**2) / (2 * (1 - SINE**2)))
SLOPES = tuple(
    (other - SIDE * one) / (one * COMPLEMENT) + SIDE * COMPLEMENT / (1 + SIDE * R) for one, other in ((H, K), (K, H))
)
"""``v/h`` and ``u/k`` by ``sqrt(1-r^2)`` and the sign of r, at strong correlation: roundings of ``h`` and ``k``, which
are large there, cancel in ``K_00``."""
COMPLEMENT_OF_PAIR = sp.sqrt(D / (S * T))
BY_OWEN = SIGN - 4 * FIRST - 4 * SECOND
EXPONENT = (H**2 + V**2) / 2
SHARE = H * V * AVERAGE / sp.pi
"""``R(h, v)`` by the average of ``E((h^2 + (x v)^2)/2)`` over x in [0, 1]."""
MIXED = -(Y1 * MOMENT + (A - 1) * P11 * BEFORE + (B - 1) * P12 * BESIDE)
"""``K_(a+1)b``, a, b >= 1, by ``K_ab``, ``K_(a-1)b`` and ``K_a(b-1)``."""
ONE_SIDED = -(M1 * MOMENT + (A - 1) * BEFORE + rho * BESIDE) / S
"""``K_(a+1)0``, a >= 1, by ``K_a0``, ``K_(a-1)0`` and ``K_a1``."""


class Moment(sp.Function):
    """``K_ab(m_1, m_2)``, which a derivative in a mean raises."""

    nargs = 4

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """``d_1 K_ab = K_(a+1)b``, ``d_2 K_ab = K_a(b+1)``."""
        a, b, *means = self.args
        return Moment(a + int(argindex == 3), b + int(argindex == 4), *means)


class OwenT(sp.Function):
    r"""``T(h, a) = (1/2 pi) int_0^a exp(-h^2 (1 + x^2)/2)/(1 + x^2) dx``."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Of the integral."""
        h, a = self.args
        if argindex == 1:
            return -_phi(h) * sp.erf(h * a / sp.sqrt(2)) / 2
        return sp.exp(-(h**2) * (1 + a**2) / 2) / (2 * sp.pi * (1 + a**2))


def _decay(q: sp.Expr) -> sp.Expr:
    """``E``."""
    return (1 - sp.exp(-q)) / q


class Share(sp.Function):
    """``R(h, v)``, which vanishes at ``h = 0`` and at ``v = 0``."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Of the integral; in h what integration by parts makes of it."""
        h, v = self.args
        q = EXPONENT.subs({H: h, V: v}, simultaneous=True)
        if argindex == 1:
            return 2 * _phi(h) * sp.erf(v / sp.sqrt(2)) - v * _decay(q) / sp.pi
        return h * _decay(q) / sp.pi


def derive() -> Output:
    """The kernels; every form in them is verified."""
    proof = Derivation()
    _pairs(proof)
    _recurrences(proof)
    _kernel(proof)
    _shares(proof)
    itself, means = _of_one_neuron(proof), _means(proof)
    pair = (M1, M2, s, rho, t, g)
    functions = [
        function("standardised", "h, k, r, v, u.", pair, STANDARDISED),
        function("inverse", "y_1, y_2, P_11, P_12, P_22 of P = (C + I)^-1, y = P m.", pair, INVERSE),
        function("moment_1_1", "K_11.", (H, V, s, t, g), (K_11,)),
        function("moment_1_0", "K_10.", (H, V, s), (K_10,)),
        function("independent", "K_00 at rho = 0.", (H, K), (INDEPENDENT,)),
        function("integrand", "K_00 beyond it: over [0, arcsin r], of the sine.", (H, K, SINE), (INTEGRAND,)),
        function("complement", "sqrt(1 - r^2).", (s, t, g), (COMPLEMENT_OF_PAIR,)),
        function("slopes", "v/h and u/k, by sqrt(1 - r^2) and the sign of r.", (H, K, R, COMPLEMENT, SIDE), SLOPES),
        function("by_owen", "K_00 by the sign of h k, T(h, v/h) and T(k, u/k).", (SIGN, FIRST, SECOND), (BY_OWEN,)),
        function("exponent", "(h^2 + v^2)/2.", (H, V), (EXPONENT,)),
        function("share", "R(h, v), by the average of (1 - exp(-q))/q.", (H, V, AVERAGE), (SHARE,)),
        function(
            "mixed",
            "K_(a+1)b, a, b >= 1, by K_ab, K_(a-1)b, K_a(b-1).",
            (A, B, Y1, P11, P12, MOMENT, BEFORE, BESIDE),
            (MIXED,),
        ),
        function(
            "one_sided",
            "K_(a+1)0, a >= 1, by K_a0, K_(a-1)0, K_a1.",
            (A, M1, s, rho, MOMENT, BEFORE, BESIDE),
            (ONE_SIDED,),
        ),
        function("means", "E sigma and its derivatives in m.", (M, s), means),
        *(
            function(
                f"self_{k}",
                f"K_{k}{k} at v = u{', but for k = 0,' if not k else ''} and its derivatives in m.",
                (M, s),
                forms,
            )
            for k, forms in enumerate(itself)
        ),
    ]
    title = header("Moments of erf(sqrt(2)*z/2) of arguments with means.", "derivations/erf_moments.py")
    imports = ["from typing import Any", "", "from .._special import erf", "", ""]
    table = f"SELF = ({', '.join(f'self_{k}' for k in range(SQUARES + 1))})"
    return Output({"erf_moments.py": "\n".join([title, *imports, "\n\n".join(functions), "", table, ""])}, [])


def _pairs(proof: Derivation) -> None:
    """``K_11`` and ``K_10``: Price's equations, and the values where the arguments are constant or independent."""
    k_11, k_10 = (form.subs(LETTERS).subs(AT_PAIR) for form in (K_11, K_10))
    heat = ((s, M1, M1, sp.Rational(1, 2)), (rho, M1, M2, sp.S.One), (t, M2, M2, sp.Rational(1, 2)))
    for letter, one, other, factor in heat:
        left, right = sp.diff(k_11, letter), factor * sp.diff(k_11, one, other)
        proof.step(f"Price's equation of $K_{{11}}$ in ${sp.latex(letter)}$", left / k_11, right / k_11, gaussians)
    slope = sp.diff(SIGMA, z)
    at_constants = k_11.subs({s: 0, t: 0}).subs(rho, 0)
    proof.step("$K_{11}$ of constants", at_constants, slope.subs(z, M1) * slope.subs(z, M2))
    left, right = sp.diff(k_10, rho), sp.diff(k_11, M1)
    proof.step(r"$\partial_\rho K_{10} = K_{21} = \partial_1 K_{11}$", left / k_11, right / k_11, gaussians)
    (mean, first), (other, _) = (_mean(m, x) for m, x in ((M1, s), (M2, t)))
    proof.step("$K_{10}$ of independent arguments", k_10.subs(rho, 0), first * other, gaussians)
    proof.step("Mean of the derivative", sp.diff(mean, M1), first)


def _mean(m: sp.Symbol, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """``E sigma(z)`` and ``E sigma'(z)`` for ``z ~ N(m, x)``."""
    h = m / sp.sqrt(1 + x)
    return sp.erf(h / sp.sqrt(2)), 2 * _phi(h) / sp.sqrt(1 + x)


def _kernel(proof: Derivation) -> None:
    """``K_00`` in two forms, by ``d K_00/d rho = K_11`` and the product of means at ``rho = 0``."""
    k_11 = K_11.subs(LETTERS).subs(AT_PAIR)
    h, k, r = (letter.subs(AT_PAIR) for letter in STANDARDISED[:3])
    growth = INTEGRAND.subs({H: h, K: k, SINE: r}) / sp.sqrt(1 - r**2) * sp.diff(r, rho)
    proof.step(r"The integral over $[0, \arcsin r]$ grows by $K_{11}$", growth / k_11, sp.S.One, gaussians)
    means = _mean(M1, s)[0] * _mean(M2, t)[0]
    proof.step("The product of means", INDEPENDENT.subs({H: h, K: k}), means)
    proof.step("The complement of the correlation", COMPLEMENT_OF_PAIR.subs(AT_PAIR) ** 2, 1 - r**2)
    sine, cosine = sp.sin(ANGLE), sp.cos(ANGLE)
    slopes = (K - sine * H) / (cosine * H), (H - sine * K) / (cosine * K)
    for side, (slope, benign) in product((1, -1), zip(slopes, SLOPES, strict=True)):
        proof.step("Arguments of it", benign.subs({R: sine, COMPLEMENT: cosine, SIDE: side}), slope)
    owen = BY_OWEN.subs({FIRST: OwenT(H, slopes[0]), SECOND: OwenT(K, slopes[1])})
    left, right = sp.diff(owen, ANGLE), INTEGRAND.subs(SINE, sine)
    proof.step("The form by Owen's function grows by the integrand", left, right, _by_half_angle)
    apart = BY_OWEN.subs({FIRST: OwenT(H, K / H), SECOND: OwenT(K, H / K)})
    proof.step("At $r = 0$ it grows as the product does", sp.diff(apart, H), sp.diff(INDEPENDENT, H))
    at_zero = BY_OWEN.subs({FIRST: SIGN * sp.Rational(1, 4), SECOND: 0})  # T(0, +-oo) and T(k, 0)
    proof.step("and vanishes at $h = 0$ with it", at_zero, INDEPENDENT.subs(H, 0))


def _shares(proof: Derivation) -> None:
    """``K_00`` by that at means zero: its slopes are ``K_10`` and ``K_01``, which differ by names."""
    in_h, in_v = (Share(H, V).fdiff(index) for index in (1, 2))
    proof.step("Slopes of $R$ are those of a function", sp.diff(in_h, V), sp.diff(in_v, H))
    proof.step("$R(0, v)$ is constant, zero", in_v.subs(H, 0), sp.S.Zero)
    scaled = _decay(EXPONENT.subs(V, X * V))
    proof.step("Its integrand on $[0, 1]$", sp.diff(SHARE.subs(AVERAGE, scaled), V), sp.diff(X * H * scaled / sp.pi, X))
    both = sp.diff(Share(H, V) + Share(V, H), H)
    proof.step("$R(h, v) + R(v, h)$ grows as a product", both, sp.diff(INDEPENDENT.subs(K, V), H))
    sine, cosine = sp.sin(ANGLE), sp.cos(ANGLE)
    v, u = (K - sine * H) / cosine, (H - sine * K) / cosine
    proof.step("One exponent", EXPONENT.subs(V, v), EXPONENT.subs({H: K, V: u}, simultaneous=True))
    q = sp.Dummy("q", positive=True)
    slope = [Share(H, V).fdiff(1), Share(H, V).fdiff(2) * sp.diff(v, H), Share(K, U).fdiff(2) * sp.diff(u, H)]
    slope = [term.subs({EXPONENT: q, EXPONENT.subs({H: K, V: U}, simultaneous=True): q}) for term in slope]
    left = sp.Add(*slope).subs({V: v, U: u})
    proof.step("$K_{00}$ grows by $K_{10}$", left, (K_10 * sp.sqrt(S)).subs(V, v))


def _recurrences(proof: Derivation) -> None:
    """By induction: derivatives of a recurrence are the next ones, and the first follow from ``K_11`` and ``K_10``."""
    k_11, k_10 = (form.subs(LETTERS).subs(AT_PAIR) for form in (K_11, K_10))
    y1, _, p11, p12, p22 = (entry.subs(AT_PAIR) for entry in INVERSE)
    y2 = INVERSE[1].subs(AT_PAIR)
    for letter, y, of, entry in ((M1, y1, "11", p11), (M2, y1, "12", p12), (M2, y2, "22", p22), (M1, y2, "12", p12)):
        proof.step(f"$P_{{{of}}}$", sp.diff(y, letter), entry)
    proof.step("The first mixed moment", sp.diff(k_11, M1) / k_11, -y1, gaussians)
    first = ONE_SIDED.subs({A: 1, MOMENT: k_10, BESIDE: k_11})
    proof.step("The first one-sided moment", (sp.diff(k_10, M1) - first) / k_11, sp.S.Zero, gaussians)
    y = sp.Function("y")(M1, M2)
    slopes = {sp.Derivative(y, M1): P11, sp.Derivative(y, M2): P12}
    for letter, a, b in ((M1, A + 1, B), (M2, A, B + 1)):
        grown = sp.diff(_with_moments(MIXED, A, B).subs(Y1, y), letter).subs(slopes)
        proof.step("The next mixed moment", grown, _with_moments(MIXED, a, b).subs(Y1, y), sp.expand)
    grown = sp.diff(_with_moments(ONE_SIDED, A, sp.S.Zero), M1)
    proof.step("The next one-sided moment", grown, _with_moments(ONE_SIDED, A + 1, sp.S.Zero))


def _with_moments(recurrence: sp.Expr, a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """A recurrence with its moments."""
    below = Moment(a, 1, M1, M2) if b == 0 else Moment(a, b - 1, M1, M2)
    moments = {MOMENT: Moment(a, b, M1, M2), BEFORE: Moment(a - 1, b, M1, M2), BESIDE: below}
    return recurrence.subs({A: a, B: b}, simultaneous=True).subs(moments)


def _means(proof: Derivation) -> tuple[sp.Expr, ...]:
    """``E sigma`` and its derivatives, each by the two before."""
    mean, first = _mean(M, s)
    _solves_heat_equation(proof, "mean", mean, SIGMA)
    forms = [mean, first]
    for n in range(1, MEAN_DERIVATIVES):
        forms.append(-(M * forms[n] + (n - 1) * (forms[n - 1] if n > 1 else 0)) / S)
    for n, form in enumerate(forms):
        proof.step(f"Derivative {n} of the mean", sp.diff(mean, M, n), form)
    return tuple(forms)


def _of_one_neuron(proof: Derivation) -> list[tuple[sp.Expr, ...]]:
    """``E[sigma^(k)(z)^2]`` and its derivatives in the mean; for k = 0 the latter alone."""
    slope = 4 * _phi(M / sp.sqrt(S)) * sp.erf(M / sp.sqrt(2 * S * SELF_D)) / sp.sqrt(S)
    _solves_heat_equation(proof, "slope of $K_{00}$", slope, sp.diff(SIGMA**2, z))
    forms = [_slopes(slope, proof)]
    for k in range(1, SQUARES + 1):
        moment = _square(k)
        _solves_heat_equation(proof, f"$K_{{{k}{k}}}$", moment, sp.diff(SIGMA, z, k) ** 2)
        forms.append(tuple(_derivative(k, n) for n in range(MEAN_DERIVATIVES + 1)))
        for n, form in enumerate(forms[-1]):
            proof.step(f"Derivative {n} of $K_{{{k}{k}}}$", sp.diff(moment, M, n), form, gaussians)
    return forms


def _solves_heat_equation(proof: Derivation, name: str, moment: sp.Expr, initial: sp.Expr) -> None:
    """``d/ds = (1/2) d_m^2``, and the function of the mean at s = 0."""
    proof.step(f"Heat equation of {name}", sp.diff(moment, s), sp.diff(moment, M, 2) / 2, gaussians)
    proof.step(f"The {name} of a constant", moment.subs(s, 0), initial.subs(z, M))


def _slopes(slope: sp.Expr, proof: Derivation) -> tuple[sp.Expr, ...]:
    """Derivatives of ``K_00``: ``d_m`` of ``phi(h)`` and of ``erf`` give ``-m/(1+s)`` and a Gaussian, ``source``."""
    source = 4 / (sp.pi * S * sp.sqrt(SELF_D)) * sp.exp(-(M**2) / SELF_D)
    forms, sources = [slope], [source, -2 * M / SELF_D * source]
    for n in range(1, MEAN_DERIVATIVES):
        sources.append(-2 / SELF_D * (M * sources[n] + n * sources[n - 1]))
        forms.append(sources[n - 1] - (M * forms[n - 1] + (n - 1) * (forms[n - 2] if n > 1 else 0)) / S)
    for n, form in enumerate(forms):
        proof.step(f"Derivative {n + 1} of $K_{{00}}$", sp.diff(slope, M, n), form, gaussians)
    return tuple(forms)


GAUSSIAN = 2 / sp.pi * sp.exp(-(M**2) / SELF_D) / sp.sqrt(SELF_D)
"""``K_11`` of a vector with itself: ``(2/pi) E exp(-z^2)``, the mass of ``N(m/(1+2s), s/(1+2s))``."""


def _hermite(n: int) -> sp.Expr:
    """``E He_n`` under that law."""
    forms = [sp.S.One, M / SELF_D]
    for k in range(1, n):
        forms.append(M / SELF_D * forms[k] - k * S / SELF_D * forms[k - 1])
    return forms[n]


def _weight(k: int, j: int) -> sp.Expr:
    """``E He_n^2 = sum_j weight_j (E He_(n-j))^2``, n = k - 1: the expansion in Hermite polynomials of the law."""
    return comb(k - 1, j) ** 2 * factorial(j) * (s / SELF_D) ** j


def _square(k: int) -> sp.Expr:
    """``E[sigma^(k)(z)^2] = (4/2 pi) E[He_(k-1)(z)^2 exp(-z^2)]``."""
    return GAUSSIAN * sp.Add(*(_weight(k, j) * _hermite(k - 1 - j) ** 2 for j in range(k)))


def _derivative(k: int, n: int) -> sp.Expr:
    """By Leibniz' rule from those of the Gaussian and of the squares, ``d_m E He_n = n E He_(n-1)/(1+2s)``."""
    factors = [sp.S.One, -2 * M / SELF_D]
    for i in range(1, n):
        factors.append(-2 / SELF_D * (M * factors[i] + i * factors[i - 1]))
    terms = (
        comb(n, i) * factors[n - i] * _weight(k, j) * comb(i, e) * _raised(k - 1 - j, e) * _raised(k - 1 - j, i - e)
        for i in range(n + 1)
        for j in range(k)
        for e in range(i + 1)
    )
    return GAUSSIAN * sp.Add(*terms)


def _raised(n: int, order: int) -> sp.Expr:
    """A derivative of ``E He_n``."""
    if order > n:
        return sp.S.Zero
    return sp.Integer(factorial(n) // factorial(n - order)) / SELF_D**order * _hermite(n - order)


def gaussians(difference: sp.Expr) -> sp.Expr:
    """Gaussians times rational functions, roots and error functions, over one denominator, sorted by the exponents.

    The determinant ``w`` and ``1 + s`` are letters, so that radicands are products of them.
    """
    difference = difference.subs({s: WIDTH - 1, t: (rho**2 + W) / WIDTH - 1}, simultaneous=True)
    difference = difference.replace(_is_root, lambda x: sp.factor(x.base) ** x.exp)
    difference = difference.replace(sp.erf, lambda x: sp.erf(sp.cancel(x)))
    letters = {gaussian: sp.Dummy() for gaussian in sorted(difference.atoms(sp.exp), key=sp.default_sort_key)}
    numerator = sp.expand(sp.fraction(sp.together(difference.xreplace(letters)))[0])
    by_exponent: dict[sp.Expr, sp.Expr] = {}
    for powers, coefficient in sp.Poly(numerator, *letters.values()).terms() if letters else [((), numerator)]:
        exponent = sp.factor(sp.Add(*(n * x.args[0] for n, x in zip(powers, letters, strict=True))))
        by_exponent[exponent] = by_exponent.get(exponent, sp.S.Zero) + coefficient
    return sp.Add(*(sp.expand(rest) * sp.exp(exponent) for exponent, rest in by_exponent.items()))


def _by_half_angle(difference: sp.Expr) -> sp.Expr:
    """The same, sine and cosine being rational functions of the tangent of half the angle."""
    x = sp.Dummy("tangent", positive=True)
    return gaussians(difference.subs({sp.sin(ANGLE): 2 * x / (1 + x**2), sp.cos(ANGLE): (1 - x**2) / (1 + x**2)}))


def _is_root(x: sp.Expr) -> bool:
    return bool(x.is_Pow and x.exp.is_Rational and not x.exp.is_Integer)
