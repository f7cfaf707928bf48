"""The numeric Sobolev operator: against the generated kernels, which are its fast path, and to many digits."""

import inspect
import re
from typing import Any

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

from sobolev_theory import activations
from sobolev_theory._special import damped_cosh, damped_sinh
from sobolev_theory.activations.moments import GramMoments, PolarMoments, moments
from sobolev_theory.pairs.operator import terms
from sobolev_theory.symbolic import derive
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.code.printer import FORMS, FUNCTIONS
from sobolev_theory.symbolic.symbols import cosine, g, p, q, rho, s, sine, t, theta
from sobolev_theory.symmetric.numbers import context
from tests import accuracy, oracles
from tests.accuracy import PAIR, Case, Point
from tests.oracles.committed import known

CASES = accuracy.cases()
EPS = 2.0**-52
TOLERANCE = 2 * EPS
"""On top of twice the kernel's committed error: its own, and as much for the operator, whose sums over moments have a
few roundings that a kernel's one closed form has not."""

GENERIC = [Point(*norms, angle) for norms in ((0.9, 1.7), (3.0, 0.2)) for angle in (0.3, 1.6, 2.9)]
EXTREME = [Point(*norms, angle) for norms in ((1e-30, 1e20), (1e25, 1e25)) for angle in (1e-150, 0.4, np.pi - 1e-15)]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def of_operator(case: Case, arguments: list[Any], xp: Any = np) -> list[list[Any]]:
    """What `accuracy.evaluate` gives, by the operator."""
    found = terms(xp, activations.get(case.activation), *arguments)
    values = found.coefficients(case.kernel, case.order, case.convention)
    values = values if isinstance(values, tuple) else (values,)
    if xp is not np:
        return [list(values)]
    columns = np.broadcast_arrays(arguments[0], *values)[1:]
    return [[float(x) for x in row] for row in zip(*columns, strict=True)]


def distance(case: Case, where: list[Point]) -> float:
    """Largest difference of what operator and kernel make at points, in units of the natural scale."""
    with mp.workdps(accuracy.DIGITS):
        arguments = accuracy.rounded_arguments(case, where)
        pairs = zip(where, of_operator(case, arguments), accuracy.evaluate(case, arguments), strict=True)
        apart = []
        for point, ours, theirs in pairs:
            kernel = accuracy.rebuild(case, point, theirs)
            difference = oracles.largest(accuracy.rebuild(case, point, ours) - kernel)
            apart.append(difference / accuracy.natural_scale(case, point, kernel, known))
        return float(max(apart))


@each_case
def test_is_the_generated_kernel(case: Case) -> None:
    assert distance(case, accuracy.points()[:: accuracy.COARSE]) <= 2 * accuracy.committed()[case.name] + TOLERANCE


@each_case
def test_is_the_generated_kernel_at_generic_and_extreme_points(case: Case) -> None:
    """Of erf no long vectors: what is built from coefficients on nearly parallel ones cancels, see test_kernels."""
    homogeneous = activations.get(case.activation).degree is not None
    assert distance(case, GENERIC + EXTREME * homogeneous) <= 2 * accuracy.committed()[case.name] + TOLERANCE


@each_case
def test_a_changed_coefficient_is_seen(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    right = of_operator(case, accuracy.rounded_arguments(case, GENERIC))
    for k in range(len(right[0])):
        changed = [[x + 1e-9 * (i == k) for i, x in enumerate(row)] for row in right]
        monkeypatch.setattr("tests.test_operator.of_operator", lambda *_, rows=changed: rows)
        assert distance(case, GENERIC) > 2 * accuracy.committed()[case.name] + TOLERANCE


@each_case
def test_keeps_all_digits(case: Case) -> None:
    """In numbers of 40 digits, against the definition in 60: no constant is a double."""
    numbers, point = context(40), Point(0.9, 1.7, 0.3)
    with mp.workdps(accuracy.DIGITS):
        a, b, angle = map(mp.mpf, point)
        polar = (a, b, angle, mp.sin(angle), mp.cos(angle))
        gram = (a * a, a * b * mp.cos(angle), b * b, (a * b * mp.sin(angle)) ** 2)
        arguments = polar if activations.get(case.activation).degree is not None else gram
        arguments = arguments if case.quantity in PAIR else arguments[:1]
        (coefficients,) = of_operator(case, [numbers.mpf(x) for x in arguments], numbers)
        exact = accuracy.oracle(case, *(point if case.quantity in PAIR else (point.p, None, None)))
        error = oracles.largest(accuracy.rebuild(case, point, [mp.mpf(x) for x in coefficients]) - exact)
        assert error < 1e-37 * accuracy.natural_scale(case, point, exact)


DERIVED = {
    "leaky": "Max(z, z/10)",
    "sine": "sin(z)",
    "bell": "exp(-z**2/3)",
    "cubic": "z**3 - z/7",
    "stairs": "sign(z)/3",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in ("bell", "cubic") else name for name in DERIVED]
)
def test_derived_activations_keep_all_digits_too(name: str) -> None:
    """In doubles and in 40 digits, against the derived formulas in 60."""
    derived = derive(DERIVED[name], name, max_order=0 if name == "stairs" else 1)
    formulas, activation, numbers = derived.formulas, derived.activation, context(40)
    values = {p: "0.9", q: "1.7", s: "0.81", rho: "1.4", t: "2.89", g: "0.3809", theta: "0.4"}  # g = s t - rho^2
    known = {letter: sp.Rational(value) for letter, value in values.items()}
    known |= {sine: sp.sin(known[theta]), cosine: sp.cos(known[theta])}
    with mp.workdps(60):
        for quantity in formulas.quantities:
            exact = [mp.mpf(closed_forms(sp.sympify(c)).subs(known).evalf(60)) for c in quantity.coefficients]
            key = quantity.name, quantity.order, quantity.derivative or "exact"
            for xp, number, tolerance in ((np, np.float64, 1e-14), (numbers, numbers.mpf, 1e-37)):
                arguments = [number(mp.mpf(known[letter].evalf(60))) for letter in quantity.arguments]
                found = terms(xp, activation, *arguments).coefficients(*key)
                for ours, true in zip(found if isinstance(found, tuple) else [found], exact, strict=True):
                    assert abs(mp.mpf(ours) - true) <= tolerance * max(1, *map(abs, exact))


def test_the_chart_of_a_table_is_its_type() -> None:
    assert isinstance(moments(activations.get("erf")), GramMoments)
    assert isinstance(moments(activations.get("relu2")), PolarMoments)


def test_the_bilinear_part_is_exact() -> None:
    """Of leaky ReLU ``(1 + 1/100)/2``, in orders 0 and 1 only."""
    numbers = context(50)
    leaky = derive("Max(z, z/10)", "leaky").activation
    found = terms(numbers, leaky, numbers.mpf(1))
    assert abs(found.bilinear(0) - numbers.mpf(101) / 200) < numbers.mpf(10) ** -49
    assert (found.bilinear(1), found.bilinear(2)) == (found.bilinear(0), 0)
    assert terms(numbers, activations.get("erf"), numbers.mpf(1)).bilinear(0) == 0


def test_numbers_have_every_function_of_generated_code() -> None:
    code = " ".join([*FUNCTIONS.values(), *FORMS.values(), *map(inspect.getsource, (damped_sinh, damped_cosh))])
    numbers, x = context(30), 0.3
    for name in sorted(set(re.findall(r"xp\.(\w+)", code)) | {"sqrt", "pi"}):
        assert hasattr(numbers, name)
        if name not in ("pi", "divide", "copysign"):
            assert float(getattr(numbers, name)(numbers.mpf(x))) == pytest.approx(getattr(np, name)(x), rel=1e-15)
    assert float(numbers.copysign(2, numbers.mpf(-1))) == np.copysign(2, -1)
    assert float(numbers.copysign(2, numbers.mpf(0))) == np.copysign(2, 0)


def test_arrays_of_pairs_and_moments_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    erf = activations.get("erf")
    table = {key: lambda *a, f=f, key=key: calls.append(key) or f(*a) for key, f in erf.kernels.MOMENTS.items()}
    monkeypatch.setattr(erf.kernels, "MOMENTS", table)
    square = np.linspace(0.5, 2, 7)
    found = terms(np, erf, square, 0.3 * square, square, square**2 * 0.91)
    for quantity in ("own", "cross", "gauss_newton"):
        assert all(np.shape(c) == square.shape for c in found.coefficients(quantity, 1, "exact"))
    assert sorted(calls) == [(1, 1), (2, 2), (3, 1), (3, 1), (3, 3), (4, 2), (4, 2), (5, 1)]  # K_13 is K_31 of (v, u)
