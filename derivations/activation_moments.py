r"""Records of the activations that have no generated kernels: definitions, and pair moments in closed form.

Polynomials, exponentials and Gaussians by one Gaussian integral (`gaussian_integrals`), of ``sigma(z + m)`` where there
are means. Piecewise polynomials are a polynomial and ramps, ``sigma = P + sum_kappa c (z - kappa)_+^n``: a kink is a
bias, so pairs of ramps are moments of rectifiers; and ``E[P(z_1) f(z_2)] = sum_k rho^k/k! E[P^(k)] E[f^(k)]``.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import sympy as sp

from derivations import rectifier_moments
from derivations.affine_records import FORMS_OF, M1, M2, MEANS, OF_RECTIFIERS, rectifier
from derivations.affine_records import P as ABOVE
from derivations.built_in import declared
from derivations.catalogue import Output
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import POLAR, Derivation
from sobolev_theory.symbolic.catalogue.activation_records import DELTA_IS, DOMAINS, order_parameters
from sobolev_theory.symbolic.catalogue.forms import DELTA, gram_form, polar_form, total
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.catalogue.records import Rule, formula, used_definitions
from sobolev_theory.symbolic.classes.classify import classify
from sobolev_theory.symbolic.classes.pieces import Pieces, pieces
from sobolev_theory.symbolic.derive import gaussian_integrals, rectifiers
from sobolev_theory.symbolic.derive.expressions import kinked, terms
from sobolev_theory.symbolic.gaussian import BivariateNormal, Normal, density
from sobolev_theory.symbolic.sobolev import diagonal_moment
from sobolev_theory.symbolic.symbols import cosine, p, q, rho, s, sine, t, z

SOURCE = "derived here"
WITH_KERNELS = ("erf", "relu", "relu2", "relu3")
"""Those whose records are made with their kernels."""

PARAMETER = "a"
"""The letter of a parameter."""

SHOWN_DEGREES = (2, 3)
"""Of the families of polynomials."""


class Member(NamedTuple):
    """An activation with a letter for its parameter, and letters that stand for constants."""

    name: str
    sigma: sp.Expr
    constants: Mapping[sp.Symbol, sp.Expr]


def derive() -> Output:
    """Records; contributes no kernel."""
    return Output({}, [record for member in members() for record in _records(member)])


def members() -> Iterator[Member]:
    """Activations without kernels, of families of polynomials a few."""
    for name, of in declared().items():
        if of.degrees:
            yield from (Member(f"{name}{n}", of.read(n), {}) for n in SHOWN_DEGREES)
        elif name not in WITH_KERNELS:
            yield Member(name, *of.with_letters(PARAMETER))


def _records(of: Member) -> Iterator[Formula]:
    """Definition, and what its class has in closed form."""
    found = classify(of.sigma)
    yield _record(of, "definition", f"Activation {of.name.replace('_', ' ')}", r"\sigma(z)", of.sigma, found.proof)
    if found.kind == "PiecewisePolynomial":
        yield from _homogeneous(of)
        yield from _with_kinks(of)
    elif found.kind == "ExponentialUnit":
        yield from _exponential(of, *found.data)
    elif found.kind == "Entire" or of.name in ("gaussian", "gelu"):
        yield from _gaussian(of)


def _record(
    of: Member,
    name: str,
    statement: str,
    symbol: str,
    value: sp.Expr,
    proof: Derivation | None = None,
    domain: str = "real $z$",
    rules: Sequence[Rule] = (),
    where: Sequence[tuple[str, str]] = (),
    definitions: Mapping[sp.Symbol, sp.Expr] | None = None,
) -> Formula:
    """A record of an activation."""
    parameter = [(PARAMETER, r"\text{the parameter}")] if of.sigma.free_symbols - {z, *of.constants} else []
    asked = "derivative(z)" if name == "definition" else f"moments(m_1, m_2, s, rho, t, {name[-2]}, {name[-1]})"
    return formula(
        f"{of.name}/{name}",
        statement,
        symbol,
        value,
        domain=domain,
        numeric=f'activations.get("{of.name}").{asked}',
        source=SOURCE,
        derivation=proof,
        rules=rules,
        where=[*where, *parameter],
        definitions=definitions or of.constants,
    )


def _moment_record(of: Member, order: int, value: sp.Expr, *, means: bool, **others: Any) -> Formula:
    """``K_00`` or ``K_11``, at standard inputs or with means."""
    dots = f"^{{({order})}}" if order else ""
    arguments = ("z_1", "z_2") if means else (r"\student \cdot x", r"\teacher \cdot x")
    sides = r" \, ".join(rf"\sigma{dots}({x})" for x in arguments)
    statement = rf"Pair moment{' with means' if means else f' of order {order}'}, $\mathbb{{E}}[{sides}]$"
    pair = "" if means else r"\left(\student, \teacher\right)"
    name = f"affine/K{order}{order}" if means else f"K{order}{order}"
    statement += f"; {FORMS_OF}" if means else ""
    return _record(of, name, statement, f"K_{{{order}{order}}}{pair}", value, **others)


def _gaussian(of: Member) -> Iterator[Formula]:
    """Sums of ``z^n exp(a z^2 + b z) erf(k z)``; those with erf have no elementary moments with means."""
    known = _closed(of.sigma)
    shown = _shown(known)
    where = _where(shown)
    domain = DOMAINS["gram"]
    yield _moment_record(of, 0, shown, means=False, where=where, domain=domain, proof=_proof_of_gaussian(of.sigma))
    slope = _shown(_closed(sp.diff(of.sigma, z)))
    rule = Rule("Price's theorem", r"\partial_\rho K_{00}", sp.diff(known, rho), slope)
    yield _moment_record(of, 1, slope, means=False, where=_where(slope), domain=domain, rules=[rule])
    if of.sigma.has(sp.erf):
        return
    for order in (0, 1):
        function = sp.diff(of.sigma, z, order)
        moment = _shown(_closed(function.subs(z, z + M1), function.subs(z, z + M2)))
        where = [*MEANS, *_where(moment)]
        yield _moment_record(of, order, moment, means=True, where=where, domain="all pairs")


def _closed(first: sp.Expr, second: sp.Expr | None = None) -> sp.Expr:
    """``E[f(z_1) g(z_2)]`` of sums of terms."""
    return gaussian_integrals.closed_form(terms(first), terms(first if second is None else second))


def _shown(moment: sp.Expr) -> sp.Expr:
    """Term by term; exponents that are rational functions as one, over ``Delta``."""
    return total([_one_exponential(term) for term in sp.Add.make_args(moment)])


def _one_exponential(term: sp.Expr) -> sp.Expr:
    """The exponentials of a product as one."""
    factors = sp.Mul.make_args(term)
    exponent = sp.together(sp.Add(*(x.args[0] for x in factors if isinstance(x, sp.exp))))
    rest = gram_form(sp.Mul(*(x for x in factors if not isinstance(x, sp.exp))))
    numerator, denominator = sp.fraction(exponent)
    if not denominator.free_symbols:
        return gram_form(term)
    numerator = sp.collect(sp.factor(numerator, deep=False).expand(), (M1**2, M2**2, M1 * M2), gram_form)
    number, denominator = denominator.as_content_primitive()
    return rest * sp.exp(numerator / (number * denominator.subs(sp.expand((1 + s) * (1 + t) - rho**2), DELTA)))


def _proof_of_gaussian(sigma: sp.Expr) -> Derivation:
    """The steps on which the closed form rests."""
    proof = Derivation(list(gaussian_integrals.proof_of_integral().steps))
    if sigma.has(sp.erf):
        proof.steps += gaussian_integrals.proof_of_erf().steps
    return proof


def _where(shown: sp.Expr) -> list[tuple[str, str]]:
    """Definitions of the letters that occur."""
    letters = readable(shown).free_symbols
    return [*order_parameters(letters), *([DELTA_IS] if DELTA in shown.free_symbols else [])]


def _homogeneous(of: Member) -> Iterator[Formula]:
    """``a z_+^n + b (-z)_+^n`` at standard inputs, in the angle."""
    found = pieces(of.sigma).merged()
    one = kinked(found.branches[1], found.branches[0]) if found.kinks == (0,) else None
    if one is None:
        return
    proof = Derivation()
    kernel, _ = rectifiers.kernel(one.power, one.right, one.left, proof)
    domain = DOMAINS["polar"]
    yield _moment_record(of, 0, polar_form(kernel), means=False, domain=domain, proof=proof)
    if one.power:
        slope = polar_form(diagonal_moment(POLAR, kernel, 1))
        rule = Rule("Price's theorem", r"\partial_\rho K_{00}", diagonal_moment(POLAR, kernel, 1), slope)
        yield _moment_record(of, 1, slope, means=False, domain=domain, rules=[rule])


class Ramp(NamedTuple):
    """``height (z - kink)_+^power``."""

    kink: sp.Expr
    power: int
    height: sp.Expr


def ramps(found: Pieces) -> list[Ramp]:
    """What is added to the piece on the left at every kink."""
    rising = []
    for kink, (left, right) in zip(found.kinks, pairwise(found.branches), strict=True):
        jump = sp.Poly(sp.expand((right - left).subs(z, z + kink)), z)
        rising += [Ramp(kink, power, height) for (power,), height in reversed(jump.terms())]
    return rising


FEW = 2
"""Ramps whose pairs are written out for the value itself."""


def _with_kinks(of: Member) -> Iterator[Formula]:
    """With means: letters are numbered by the kinks of the first and of the second neuron."""
    found = pieces(of.sigma).merged()
    for order in (1,) if len(ramps(found)) > FEW else (0, 1):
        function = Pieces(found.kinks, tuple(sp.diff(branch, z, order) for branch in found.branches))
        if order and sum(jump.power < 0 or jump.power == 0 for jump in ramps(found)):
            return  # the derivative of a step
        shown, definitions = _moment_with_kinks(function)
        domain = r"$\student, \teacher \ne 0$; $0 < \weightangle < \pi$, radians"
        yield _moment_record(of, order, shown, means=True, where=MEANS, domain=domain, definitions=definitions)


def _moment_with_kinks(found: Pieces) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]:
    """``E[f(z_1) f(z_2)]`` of a piecewise polynomial, by letters, and these."""
    polynomial, definitions = found.branches[0], {}
    whole = _closed(polynomial.subs(z, z + M1), polynomial.subs(z, z + M2)) if polynomial != 0 else sp.S.Zero
    numbers = [f"_{n}" if found.kinks[1:] else "" for n in range(1, len(found.kinks) + 1)]
    rising = [(numbers[found.kinks.index(ramp.kink)], ramp) for ramp in ramps(found)]
    for m, of_ramp, size, letter in ((M1, M2, q, "k"), (M2, M1, p, "h")):
        for number, ramp in rising:
            offset = sp.Symbol(f"{letter}{number}", real=True)
            definitions[offset] = (of_ramp - ramp.kink) / size
            whole += ramp.height * _polynomial_with_ramp(polynomial.subs(z, z + m), ramp.power, offset, size)
    for (i, one), (j, other) in product(rising, repeat=2):
        h, k = sp.symbols(f"h{i} k{j}", real=True)
        letters = _letters(h, k, i + j.removeprefix("_"))
        moment = rectifier_moments.unit(one.power, other.power).subs({**letters.named, **letters.offsets})
        whole += one.height * other.height * p**one.power * q**other.power * moment
        definitions |= letters.definitions
    whole = whole.subs({s: p**2, t: q**2, rho: p * q * cosine})
    return whole, used_definitions([whole], definitions)


def _polynomial_with_ramp(polynomial: sp.Expr, power: int, offset: sp.Expr, size: sp.Expr) -> sp.Expr:
    """``E[P(m + z_1) (z_2 - kappa)_+^n]`` by ``sum_k rho^k/k! E[P^(k)] E[((z_2 - kappa)_+^n)^(k)]``."""
    whole, k = sp.S.Zero, 0
    while polynomial != 0:
        mean = _closed(polynomial, sp.S.One)
        written = {rectifier_moments.h: offset, rectifier_moments.Phi: Normal(offset)}
        written[rectifier_moments.phi] = density(offset)
        ramp = rectifier_moments.single(power, k).subs(written) * size ** (power - k)
        whole += rho**k / sp.factorial(k) * mean * ramp
        polynomial, k = sp.diff(polynomial, z), k + 1
    return whole


class _Letters(NamedTuple):
    """Those of `rectifier_moments` of a pair of kinks: offsets, names, and what the names stand for."""

    offsets: dict[sp.Symbol, sp.Expr]
    named: dict[sp.Symbol, sp.Symbol]
    definitions: dict[sp.Symbol, sp.Expr]


def _letters(h: sp.Symbol, k: sp.Symbol, numbers: str) -> _Letters:
    """With indices where there are several kinks."""
    first, second = (sp.Symbol(f"{name}{numbers}", real=True) for name in ("mu", "nu"))
    P, A, B, G = rectifier_moments.LETTERS[:4]
    named = {letter: sp.Symbol(f"{letter}{numbers}", positive=True) for letter in (P, A, B, G)}
    meanings = {
        P: BivariateNormal(h, k, cosine),
        A: density(h) * Normal(second),
        B: density(k) * Normal(first),
        G: density(h) * density(second),
    }
    definitions = {first: (h - k * cosine) / sine, second: (k - h * cosine) / sine}
    definitions |= {named[letter]: meaning for letter, meaning in meanings.items()}
    offsets = {rectifier_moments.h: h, rectifier_moments.k: k, rectifier_moments.v: second}
    return _Letters(offsets, named, definitions)


class Tilted(NamedTuple):
    """The law of ``z_1, z_2`` times ``exp(a z_1 + b z_2)``: its mass, and its means over the deviations, by letters."""

    mass: sp.Expr
    h: sp.Symbol
    k: sp.Symbol
    definitions: dict[sp.Symbol, sp.Expr]

    @classmethod
    def by(cls, a: sp.Expr, b: sp.Expr, name: str) -> "Tilted":
        """The square completed."""
        exponent = a * M1 + b * M2 + (a**2 * p**2 + 2 * a * b * p * q * cosine + b**2 * q**2) / 2
        h, k = sp.symbols(f"h_{name} k_{name}", real=True)
        mass = sp.Symbol(f"Z_{name}", positive=True) if exponent != 0 else sp.S.One
        means = {h: M1 / p + a * p + b * q * cosine, k: M2 / q + a * p * cosine + b * q}
        return cls(mass, h, k, means | ({mass: sp.exp(exponent)} if exponent != 0 else {}))

    def orthant(self, first: int, second: int) -> sp.Expr:
        """Where ``z_1, z_2`` have these signs."""
        return self.mass * BivariateNormal(first * self.h, second * self.k, first * second * cosine)

    def rectifier(self, which: int) -> sp.Expr:
        """``E max(z_1, 0)`` where ``z_2 < 0``, or with the arguments exchanged."""
        (size, h), (_, k) = ((p, self.h), (q, self.k)) if which == 1 else ((q, self.k), (p, self.h))
        inside = h * BivariateNormal(h, -k, -cosine) + density(h) * Normal((h * cosine - k) / sine)
        return self.mass * size * (inside - cosine * density(k) * Normal((h - k * cosine) / sine))


def _exponential(of: Member, alpha: sp.Expr, scale: sp.Expr, rate: sp.Expr) -> Iterator[Formula]:
    """``scale (z_+ + alpha (exp(z/rate) - 1) 1(z < 0))``: orthants of tilted laws, and rectifiers in them."""
    laws = {(i, j): Tilted.by(i / rate, j / rate, f"{i}{j}") for i, j in product((0, 1), repeat=2)}
    definitions = {letter: meaning for law in laws.values() for letter, meaning in law.definitions.items()}
    ramps_, first, second, plain_first, plain_second = sp.symbols("R C_1 C_2 D_1 D_2", real=True)
    right, left = sp.symbols("X_01 X_10", positive=True)
    lowest = {key: sp.Symbol("N_{}{}".format(*key), positive=True) for key in laws}
    definitions |= {letter: laws[key].orthant(-1, -1) for key, letter in lowest.items()}
    definitions |= {right: laws[0, 1].orthant(1, -1), left: laws[1, 0].orthant(-1, 1)}
    definitions |= {first: laws[0, 1].rectifier(1), plain_first: laws[0, 0].rectifier(1)}
    definitions |= {second: laws[1, 0].rectifier(2), plain_second: laws[0, 0].rectifier(2)}
    definitions |= {**OF_RECTIFIERS, ramps_: rectifier(1, 0, 0)}
    both = lowest[1, 1] - lowest[1, 0] - lowest[0, 1] + lowest[0, 0]
    value = scale**2 * (ramps_ + alpha * (first + second - plain_first - plain_second) + alpha**2 * both)
    level = alpha / rate
    slope = scale**2 * (ABOVE + level * (right + left) + level**2 * lowest[1, 1])
    domain = r"$\student, \teacher \ne 0$; $0 < \weightangle < \pi$, radians"
    options: dict[str, Any] = {
        "means": True,
        "where": MEANS,
        "domain": domain,
        "definitions": {**of.constants, **definitions},
    }
    yield _moment_record(of, 0, value, proof=_proof_of_gaussian(z), **options)
    yield _moment_record(of, 1, slope, **options)
