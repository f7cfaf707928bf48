"""The SymPy engine: zero is decided, equal forms are equal, false statements refused, new activations go through."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from numpy.typing import NDArray
from sympy.core.function import ArgumentIndexError

from derivations import arc_cosine as arc_cosine_derivation
from derivations.relu import power_of_relu
from sobolev_theory import _special, activations
from sobolev_theory._kernels.arc_cosine import CLOSED_FORMS
from sobolev_theory.activations import Activation
from sobolev_theory.activations.registry import REGISTRY
from sobolev_theory.symbolic import (
    POLAR,
    ActivationFormulas,
    ArcCosine,
    Derivation,
    DerivationError,
    GramChart,
    derive_activation,
)
from sobolev_theory.symbolic.algebra import reduction
from sobolev_theory.symbolic.arc_cosine import closed_form_coefficients, supplement_series
from sobolev_theory.symbolic.code import modules as codegen
from sobolev_theory.symbolic.gaussian import BivariateNormal, Normal, density
from sobolev_theory.symbolic.symbols import cosine, g, p, q, rho, s, sine, t, theta, z
from tests import accuracy
from tests.accuracy import Case, Point

FloatArray = NDArray[np.float64]
SIN, COS = sp.sin(theta), sp.cos(theta)
J = ArcCosine

IDENTITIES = {
    "circle": SIN**2 + COS**2 - 1,
    "double angle": sp.sin(2 * theta) - 2 * SIN * COS,
    "removable": (1 - COS**2) / SIN - SIN,
    "partial fractions": 1 / SIN - SIN - COS**2 / SIN,
    "J_1": J(1, theta) - SIN - (sp.pi - theta) * COS,
    "J_1 of the supplement": J(1, sp.pi - theta) - SIN + theta * COS,
    "supplements": J(1, theta) - J(1, sp.pi - theta) - sp.pi * COS,
    "J_2, recursion": J(2, theta) - 3 * COS * J(1, theta) - SIN**2 * (sp.pi - theta),
    "J_3, recursion": J(3, theta) - 5 * COS * J(2, theta) - 4 * SIN**2 * J(1, theta),
    "J_3, derivative": sp.diff(J(3, theta), theta) + 9 * SIN * J(2, theta),
    "norms": (p * q * SIN) ** 2 / (p**2 * q) - q + q * COS**2,
}
NOT_QUITE = {
    "a millionth off": SIN**2 + COS**2 - 1 + sp.Rational(1, 10**6) * theta,
    "wrong sign": J(1, sp.pi - theta) - SIN - theta * COS,
    "wrong coefficient": J(2, theta) - 3 * COS * J(1, theta) - 2 * SIN**2 * (sp.pi - theta),
    "equal at one point only": theta - sp.pi / 2,
    "vanishes to order seven at pi": J(3, theta),
    "vanishes to order three at 0": J(1, sp.pi - theta),
    "wrong norm": p * SIN - q * SIN,
    "not removable": 1 / SIN - SIN,
}


def at_point(expression: sp.Expr, values: dict[sp.Symbol, sp.Expr]) -> Any:
    """Value with 40 digits, as an mpf; the letters sine and cosine are those of theta."""
    angle = values[theta]
    everything = values | {sine: sp.sin(angle), cosine: sp.cos(angle)}
    return mp.mpmathify(sp.sympify(expression).subs(everything).evalf(40))


POINTS = [
    {p: sp.Rational(13, 10), q: sp.Rational(3, 5), theta: sp.Rational(7, 10)},
    {p: sp.Rational(2, 7), q: sp.Rational(19, 10), theta: sp.Rational(27, 10)},
]

monomials = st.tuples(
    st.integers(-6, 6), st.integers(-2, 2), st.integers(-2, 2), st.integers(-3, 3), st.integers(0, 3), st.integers(0, 3)
)


@st.composite
def expressions(draw: st.DrawFn) -> sp.Expr:
    """Laurent polynomials in p, q, sin(theta) with polynomial dependence on cosine, angle and arc-cosine functions."""
    total = sp.Integer(0)
    for k, i, j, m, n, order in draw(st.lists(monomials, min_size=1, max_size=3)):
        supplement = draw(st.booleans())
        total += k * p**i * q**j * SIN**m * COS**n * J(order, sp.pi - theta if supplement else theta) / sp.pi
    return total


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_reduce_to_zero(name: str) -> None:
    assert reduction.reduce_polar(IDENTITIES[name]) == 0


@pytest.mark.parametrize("name", NOT_QUITE)
def test_what_is_not_zero_does_not_reduce_to_zero(name: str) -> None:
    assert reduction.reduce_polar(NOT_QUITE[name]) != 0


@given(expressions())
def test_reduction_and_short_form_keep_the_value_and_decide_zero(expression: sp.Expr) -> None:
    reduced, short = reduction.reduce_polar(expression), reduction.short_form(expression)
    assert short.free_symbols <= {p, q, theta, sine, cosine}
    with mp.workdps(30):
        values = [at_point(expression, point) for point in POINTS]
        for form in (reduced.subs(sp.Symbol("angle"), theta), short):
            for point, value in zip(POINTS, values, strict=True):
                assert abs(at_point(form, point) - value) < 1e-25 * (1 + abs(value))
    assert (reduced == 0) == all(abs(value) < 1e-30 for value in values)
    assert reduction.reduce_polar(expression * (SIN**2 + COS**2) - expression) == 0


@given(expressions())
def test_printed_code_computes_the_expression(expression: sp.Expr) -> None:
    """Both through the named arc-cosine functions and without them; to the rounding of the terms, which may cancel."""
    named = expression.subs({SIN: sine, COS: cosine})
    text = codegen.function("f", "doc", (p, q, theta, sine, cosine), (named,))
    names = vars(_special) | {"Any": Any}
    exec(text, names)
    terms = sp.Add.make_args(expression)
    for point in POINTS:
        norms_and_angle = [np.array([float(point[x])]) for x in (p, q, theta)]
        angle = norms_and_angle[-1]
        value = float(np.broadcast_to(names["f"](np, *norms_and_angle, np.sin(angle), np.cos(angle)), 1)[0])
        size = sum(abs(at_point(term, point)) for term in terms)
        assert abs(value - at_point(expression, point)) <= 1e-13 * size


@pytest.mark.parametrize(
    ("expression", "power"),
    [
        (SIN**2 / SIN, 0),
        ((1 - COS**2) / SIN**2, 0),
        ((1 - COS**2) / SIN**3, 1),
        ((1 - COS**4) / SIN**2, 0),
        (J(2, theta) / SIN - 3 * COS * J(1, theta) / SIN, 0),
        ((1 - COS) / SIN, 1),
        (theta / SIN, 1),
        (COS / SIN**2, 2),
        (IDENTITIES["circle"] / SIN**2, 0),
    ],
)
def test_removable_sines_are_removed_and_others_kept(expression: sp.Expr, power: int) -> None:
    assert reduction.normal_form(expression).power == power


@pytest.mark.parametrize("angle", [sp.Integer(0), sp.pi])
@pytest.mark.parametrize(
    "expression",
    [
        SIN / q,
        COS * p,
        theta / SIN,
        (sp.pi - theta) / SIN,
        J(1, sp.pi - theta) / SIN**2,
        J(1, sp.pi - theta) / SIN**3,
        J(2, theta) / SIN**5,
        (J(2, theta) - 3 * COS * J(1, theta)) / SIN**2,
        (1 - COS) / SIN**2,
        (1 + COS) / SIN,
        q / (p * SIN),
        COS / SIN**2,
        theta * (sp.pi - theta) / SIN,
        q * theta * (sp.pi - theta) / (p * SIN),
    ],
    ids=str,
)
def test_at_parallel_is_the_limit(expression: sp.Expr, angle: sp.Expr) -> None:
    """Against SymPy's limit from inside the interval; every divergence is ``zoo``."""
    closed = expression.replace(J, lambda n, x: J(n, x).closed_form())
    limit = sp.limit(closed, theta, angle, "+" if angle == 0 else "-")
    value = reduction.at_parallel(expression, angle)
    assert value == sp.zoo if limit.is_infinite else sp.simplify(value - limit) == 0


@pytest.mark.parametrize("expression", [1 / (1 + COS), sp.exp(SIN) / COS, J(1, 2 * theta), 1 / (p + q * COS)])
def test_reduction_refuses_what_has_no_normal_form(expression: sp.Expr) -> None:
    with pytest.raises(ValueError, match=r"not a Laurent polynomial|expected theta or pi - theta"):
        reduction.reduce_polar(expression)


def test_reduction_of_a_wrong_arc_cosine_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: with ``J_n`` off by a sign in its cosine part, the recursion is no identity any more."""
    right = closed_form_coefficients
    monkeypatch.setattr(reduction, "closed_form_coefficients", lambda n: (-right(n)[0], right(n)[1]))
    assert reduction.reduce_polar(IDENTITIES["J_2, recursion"]) != 0


def test_arc_cosine_is_a_function_of_one_angle() -> None:
    x = sp.Symbol("x")
    assert J(0, x) == sp.pi - x
    assert sp.diff(J(2, x), x) == -4 * sp.sin(x) * J(1, x)
    with pytest.raises(ArgumentIndexError):
        J(2, x).fdiff(1)
    assert sp.latex(J(2, theta) ** 2) == r"J_{2}^{2}\left(\theta\right)"


def test_supplement_series_is_the_taylor_series() -> None:
    x = sp.Symbol("x", positive=True)
    for n in range(5):
        series = sp.series(J(n, sp.pi - x).closed_form() if n else x, x, 0, 2 * n + 6).removeO()
        terms = supplement_series(n, 3)
        assert sp.expand(series - sum(c * x ** (2 * n + 1 + 2 * k) for k, c in enumerate(terms))) == 0


def test_a_step_is_recorded_only_if_it_holds() -> None:
    proof = Derivation()
    assert proof.step("Circle", SIN**2 + COS**2, sp.Integer(1)) == 1
    assert [step.statement for step in proof.steps] == ["Circle"]
    with pytest.raises(DerivationError, match=r"^Half a circle: left - right reduces to .*, not to 0$"):
        proof.step("Half a circle", SIN**2 + COS**2, sp.Rational(1, 2))
    with pytest.raises(DerivationError, match="J_1"):
        proof.step("J_1", J(1, theta), SIN + (sp.pi - theta) * COS + theta**7 / 10**9, reduction.reduce_polar)
    assert len(proof.steps) == 1


def test_sums_of_positive_terms_in_the_gram_determinant_are_written_so() -> None:
    """``(1+s)(1+t) - rho^2`` cancels for nearly parallel vectors of large norm, ``1 + s + t + g`` does not."""
    short = GramChart().short_form
    assert short(1 / sp.sqrt((1 + s) * (1 + t) - rho**2)) == 1 / sp.sqrt(1 + s + t + g)
    assert short(3 + 3 * s * t - 2 * rho**2) == 3 + s * t + 2 * g
    assert short(1 + s - 2 * rho) == 1 + s - 2 * rho


@pytest.mark.parametrize(
    "expression",
    [
        sp.Function("h")(theta),
        sp.Function("sin")(theta),
        sp.LambertW(theta),
        sp.DiracDelta(cosine),
        J(1, 2 * theta),
        sp.gamma(theta),
        sp.log(theta),
        sp.tan(theta),
        sp.acos(cosine),
        sp.sign(cosine),
        sp.Max(cosine, 0),
        sp.Piecewise((1, theta > 1), (0, True)),
        sp.Derivative(sp.sin(theta), theta),
        sp.Integral(sp.exp(-(z**2)), (z, 0, theta)),
        sp.Symbol("undeclared"),
    ],
    ids=str,
)
def test_printer_refuses_what_generated_code_could_not_evaluate(expression: sp.Expr) -> None:
    """Functions are those that generated modules import or take from ``xp``; letters are the arguments."""
    with pytest.raises(ValueError, match=r"generated code|expected theta|no arguments of the kernel"):
        codegen.function("f", "doc", (theta, sine, cosine), (expression,))


def test_constants_inside_sums_are_those_of_the_namespace() -> None:
    names: dict[str, Any] = {"Any": Any}
    exec(codegen.function("f", "doc", (z,), (z + sp.E + sp.pi,)), names)
    assert names["f"](np, 1.0) == pytest.approx(1 + np.e + np.pi, rel=1e-15)


@pytest.mark.parametrize("exponent", [sp.Rational(k, 2) for k in range(-15, 16)], ids=str)
def test_powers_are_printed_as_products_and_roots(exponent: sp.Expr) -> None:
    names: dict[str, Any] = {"Any": Any}
    exec(codegen.function("power", "doc", (p, q), (p**exponent * q - (p + q) ** exponent,)), names)
    assert names["power"](np, 1.7, 0.6) == pytest.approx(
        1.7 ** float(exponent) * 0.6 - 2.3 ** float(exponent), rel=1e-14
    )


def test_constants_are_printed_to_the_last_digit() -> None:
    text = codegen.function("f", "doc", (p,), (3 * p / (2 * sp.pi),))
    assert f"return {3 / (2 * np.pi)!r}*p" in text
    assert text == codegen.function("f", "doc", (p,), (3 * p / (2 * sp.pi),))


def executed(formulas: ActivationFormulas) -> ModuleType:
    """The generated module of an activation, run from its text."""
    module = ModuleType(f"sobolev_theory._kernels.{formulas.name}")
    module.__package__ = "sobolev_theory._kernels"
    exec(codegen.activation_module(formulas, "tests/test_symbolic.py"), module.__dict__)
    return module


@dataclass(frozen=True)
class Sine:
    """The pair quantities of ``sigma = sin`` from their definition, by Gauss-Hermite quadrature over the plane."""

    order: int
    u: FloatArray
    v: FloatArray

    def moment(self, a: int, b: int, rank: int) -> FloatArray:
        """``E[sigma^(a)(u.x) sigma^(b)(v.x) x^(tensor rank)]`` in R^3, the third coordinate independent."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(80)
        x = np.stack([*np.meshgrid(nodes, nodes), np.zeros((80, 80))])
        density = np.outer(weights, weights) / (2 * np.pi)
        density = density * self._derivative(a, self.u, x) * self._derivative(b, self.v, x)
        mean: FloatArray = np.einsum("ij,kij->k", density, x) if rank == 1 else density.sum()
        if rank < 2:
            return mean
        return np.asarray(np.einsum("ij,kij,lij->kl", density, x, x) + np.diag([0.0, 0.0, density.sum()]))

    @staticmethod
    def _derivative(k: int, w: FloatArray, x: FloatArray) -> FloatArray:
        return np.asarray(np.sin(np.tensordot(w, x, 1) + k * np.pi / 2))

    @property
    def powers(self) -> tuple[float, float, float]:
        """``rho^m`` and its first two derivatives."""
        rho, m = float(self.u @ self.v), self.order
        return rho**m, m * rho ** (m - 1) if m else 0.0, m * (m - 1) * rho ** (m - 2) if m > 1 else 0.0

    def value(self) -> FloatArray:
        return np.array([[self.powers[0] * self.moment(self.order, self.order, 0)]])

    def field(self) -> FloatArray:
        m, (power, first, _) = self.order, self.powers
        return (power * self.moment(m + 1, m, 1) + first * self.moment(m, m, 0) * self.v)[:, None]

    def own(self) -> FloatArray:
        m, (power, first, second) = self.order, self.powers
        mixed = np.outer(self.moment(m + 1, m, 1), self.v)
        both = np.outer(self.v, self.v) * self.moment(m, m, 0)
        return power * self.moment(m + 2, m, 2) + first * (mixed + mixed.T) + second * both

    def cross(self) -> FloatArray:
        m, (power, first, second) = self.order, self.powers
        once = np.outer(self.moment(m + 1, m, 1), self.u) + np.outer(self.v, self.moment(m, m + 1, 1))
        mass = self.moment(m, m, 0)
        return (
            power * self.moment(m + 1, m + 1, 2)
            + first * (once + mass * np.eye(3))
            + second * mass * np.outer(self.v, self.u)
        )

    gauss_newton = cross

    def self_own(self) -> FloatArray:
        """Total derivative along ``v = u``."""
        return self.own() + self.cross()


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[ActivationFormulas], list[Case]]:
    """Put a derived activation into the registry for the length of a test; returns its cases."""

    def register(formulas: ActivationFormulas) -> list[Case]:
        monkeypatch.setitem(REGISTRY, formulas.name, Activation(formulas.name, executed(formulas)))
        return [case for case in accuracy.cases() if case.activation == formulas.name]

    return register


def test_a_new_smooth_activation_needs_its_kernel_only(register: Callable[[ActivationFormulas], list[Case]]) -> None:
    """``sin``, with ``K_00 = exp(-(s+t)/2) sinh(rho)``: every quantity against quadrature, and the derivatives."""
    kernel = sp.exp(-(s + t) / 2) * sp.sinh(rho)
    cases = register(derive_activation("sin", sp.sin(z), kernel, GramChart(), Derivation(), max_order=3))
    assert len(cases) == 4 * len(accuracy.QUANTITIES)
    points = [Point(1.3, 0.6, 0.7), Point(0.4, 1.7, 2.5)]
    for case in cases:
        rows = accuracy.evaluate(case, accuracy.plain_arguments(case, points))
        for point, coefficients in zip(points, rows, strict=True):
            u, v = np.array([point.p, 0, 0]), point.q * np.array([np.cos(point.theta), np.sin(point.theta), 0])
            alone = case.quantity in accuracy.ITSELF
            definition = Sine(case.order, u, u if alone else v)
            name = case.quantity if hasattr(definition, case.quantity) else case.quantity.removeprefix("self_")
            built = np.array(accuracy.rebuild(case, point, coefficients).tolist(), dtype=float)
            np.testing.assert_allclose(built, getattr(definition, name)(), rtol=0, atol=1e-13, err_msg=case.name)
    x = np.linspace(-3, 3, 7)
    for k in range(6):
        np.testing.assert_allclose(activations.get("sin").derivative(x, k), np.sin(x + k * np.pi / 2), atol=1e-15)


def test_a_wrong_kernel_of_a_new_activation_is_seen(register: Callable[[ActivationFormulas], list[Case]]) -> None:
    """Sabotage: with ``cosh`` for ``sinh`` (the kernel of the cosine) the comparison above fails."""
    kernel = sp.exp(-(s + t) / 2) * sp.cosh(rho)
    cases = register(derive_activation("sin", sp.sin(z), kernel, GramChart(), Derivation(), max_order=0))
    point = Point(1.3, 0.6, 0.7)
    coefficients = accuracy.evaluate(cases[0], accuracy.plain_arguments(cases[0], [point]))[0]
    definition = Sine(0, np.array([1.3, 0, 0]), 0.6 * np.array([np.cos(0.7), np.sin(0.7), 0]))
    assert abs(float(accuracy.rebuild(cases[0], point, coefficients)[0]) - definition.value()[0, 0]) > 0.1


@pytest.mark.long
def test_a_fourth_power_needs_its_kernel_only(
    register: Callable[[ActivationFormulas], list[Case]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``max(z, 0)^4``, order 0, against the oracle, at angles where ``J_4`` is its closed form."""
    a, b = (c.subs(cosine, -cosine) for c in closed_form_coefficients(4))
    closed: dict[str, Any] = {"Any": Any}
    exec(codegen.function("supplement_4", "doc", (theta, sine, cosine), (a * theta + b * sine,)), closed)
    monkeypatch.setattr(_special, "CLOSED_FORMS", (*CLOSED_FORMS[:4], closed["supplement_4"]))
    kernel = (p * q) ** 4 * J(4, theta) / (2 * sp.pi)
    formulas = derive_activation("relu4", z**4 * sp.Heaviside(z), kernel, POLAR, Derivation(), degree=4, max_order=0)
    check_fourth_power(register(formulas), [0.7, 1.8, 1e-3])
    np.testing.assert_array_equal(activations.get("relu4").derivative([-1.0, 2.0], 2), [0, 48])


@pytest.mark.long
def test_a_fourth_power_goes_through_the_derivations(
    register: Callable[[ActivationFormulas], list[Case]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All orders of ``max(z, 0)^4`` by the derivations there are; the highest ``J_n`` is one constant of theirs."""
    monkeypatch.setattr(arc_cosine_derivation, "HIGHEST", 4)
    tables: dict[str, Any] = {}
    exec(arc_cosine_derivation.derive().files["arc_cosine.py"], tables)
    monkeypatch.setattr(_special, "CLOSED_FORMS", tables["CLOSED_FORMS"])
    monkeypatch.setattr(_special, "SERIES", tables["SERIES"])
    check_fourth_power(register(power_of_relu(4)), [0.7, 2.5, 1e-3, 3.0, np.pi - 1e-3])


def check_fourth_power(cases: list[Case], angles: list[float]) -> None:
    assert len(cases) >= len(accuracy.QUANTITIES)
    for case in cases:
        errors = accuracy.measure(case, [Point(p, q, theta) for theta in angles for p, q in ((1.3, 0.6), (0.4, 1.7))])
        assert max(errors) < accuracy.REQUIREMENT, case.name


def test_bivariate_normal_probabilities() -> None:
    """Values from the conditional law, independence, and derivatives, of which those in r are by differences."""
    h, k, r = sp.symbols("h k r", real=True)
    at = {h: sp.Rational(1, 2), k: sp.Rational(-3, 4), r: sp.Rational(2, 3)}
    value = BivariateNormal(h, k, r)
    with mp.workdps(30):
        x, y, c = mp.mpf(1) / 2, -mp.mpf(3) / 4, mp.mpf(2) / 3
        expected = mp.quad(lambda z: mp.npdf(z) * mp.ncdf((y - c * z) / mp.sqrt(1 - c * c)), [-16, -6, -2, x])
        assert abs(mp.mpf(str(value.subs(at).evalf(30))) - expected) < 1e-26
        step = sp.Rational(1, 10**8)
        for index, letter in enumerate((h, k, r), start=1):
            difference = value.subs(letter, letter + step).subs(at) - value.subs(letter, letter - step).subs(at)
            slope = sp.diff(value, letter).subs(at)
            assert abs(difference.evalf(30) / (2 * step) - slope.evalf(30)) < 1e-14, index
    assert BivariateNormal(h, k, 0) == Normal(h).written_out() * Normal(k).written_out()
    assert sp.diff(Normal(h), h) == density(h)
    assert value.evalf() == value
    with pytest.raises(ArgumentIndexError):
        value.fdiff(4)
