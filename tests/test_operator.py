"""The numeric Sobolev operator: against the generated kernels, which are its fast path, and to many digits."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from sobolev_theory import activations
from sobolev_theory.activations.moments import GramMoments, PolarMoments, moments
from sobolev_theory.pairs.operator import terms
from sobolev_theory.symbolic import derive
from sobolev_theory.symbolic.code.printer import DAMPED, KernelPrinter
from sobolev_theory.symmetric.numbers import context
from tests import accuracy
from tests.accuracy import PAIR, Case, Point

CASES = accuracy.cases()
EPS = 2.0**-52
TOLERANCE = 2 * EPS
"""On top of twice the kernel's committed error: its own, and as much for the operator, whose sums over moments have a
few roundings that a kernel's one closed form has not."""

GENERIC = [Point(p, q, theta) for p, q in ((0.9, 1.7), (3.0, 0.2)) for theta in (0.3, 1.6, 2.9)]
EXTREME = [Point(p, q, theta) for p, q in ((1e-30, 1e20), (1e25, 1e25)) for theta in (1e-150, 0.4, np.pi - 1e-15)]

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
            difference = accuracy.largest(accuracy.rebuild(case, point, ours) - kernel)
            apart.append(difference / accuracy.natural_scale(case, point, kernel))
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
        p, q, theta = map(mp.mpf, point)
        sine, cosine = mp.sin(theta), mp.cos(theta)
        polar = (p, q, theta, sine, cosine)
        gram = (p * p, p * q * cosine, q * q, (p * q * sine) ** 2)
        arguments = polar if activations.get(case.activation).degree is not None else gram
        arguments = arguments if case.quantity in PAIR else arguments[:1]
        (coefficients,) = of_operator(case, [numbers.mpf(x) for x in arguments], numbers)
        exact = accuracy.oracle(case, *(point if case.quantity in PAIR else (point.p, None, None)))
        error = accuracy.largest(accuracy.rebuild(case, point, [mp.mpf(x) for x in coefficients]) - exact)
        assert error < 1e-37 * accuracy.natural_scale(case, point, exact)


DERIVED = {
    "leaky": "Max(z, z/10)",
    "sine": "sin(z)",
    "bell": "exp(-z**2/3)",
    "cubic": "z**3 - z/7",
    "stairs": "sign(z)/3",
}


@pytest.fixture(scope="module", params=DERIVED)
def derived(request: pytest.FixtureRequest) -> activations.Activation:
    return derive(DERIVED[request.param], request.param).activation


def every_quantity(activation: activations.Activation) -> Iterator[tuple[tuple[str, int, str], tuple[Any, ...]]]:
    """Keys of the kernels and arguments in exact numbers, as text."""
    numbers = context(80)
    p, q, theta = numbers.mpf("0.9"), numbers.mpf("1.7"), numbers.mpf("0.4")
    sine, cosine = numbers.sin(theta), numbers.cos(theta)
    gram = p * p, p * q * cosine, q * q, (p * q * sine) ** 2
    arguments = gram if activation.degree is None else (p, q, theta, sine, cosine)
    for key in activation.kernels.KERNELS:
        yield key, arguments[:1] if key[0].startswith("self") else arguments


def listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, tuple) else [values]


def test_derived_activations_have_the_operator_too(derived: activations.Activation) -> None:
    for key, arguments in every_quantity(derived):
        doubles = [np.float64(x) for x in arguments]
        kernel = np.array(listed(derived.kernel(*key)(np, *doubles)), dtype=float)
        ours = np.array(listed(terms(np, derived, *doubles).coefficients(*key)), dtype=float)
        np.testing.assert_allclose(ours, kernel, rtol=0, atol=2e-14 * max(1, np.abs(kernel).max()))


def test_derived_activations_keep_all_digits(derived: activations.Activation) -> None:
    """Evaluated with 40 and with 80 digits."""
    for key, arguments in every_quantity(derived):
        few, many = (
            listed(terms(numbers, derived, *map(numbers.mpf, arguments)).coefficients(*key))
            for numbers in (context(40), context(80))
        )
        scale = max(1, *map(abs, many))
        assert max(abs(a - context(80).mpf(b)) for a, b in zip(many, few, strict=True)) < scale * 1e-36


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
    code = " ".join([*KernelPrinter.FUNCTIONS.values(), *DAMPED.values()])
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
    s = np.linspace(0.5, 2, 7)
    found = terms(np, erf, s, 0.3 * s, s, s * s * 0.91)
    for quantity in ("own", "cross", "gauss_newton"):
        assert all(np.shape(c) == s.shape for c in found.coefficients(quantity, 1, "exact"))
    assert sorted(calls) == [(1, 1), (2, 2), (3, 1), (3, 1), (3, 3), (4, 2), (4, 2), (5, 1)]  # K_13 is K_31 of (v, u)
