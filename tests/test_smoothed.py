"""Smoothed rectifiers and logistic mixtures: against integrals of the definition, and the mixture against the function.

The integrals know no mixture, no series and no error function of a pair: they are sums of pointwise derivatives, which
are compared with numbers of many digits.
"""

import math
from collections.abc import Callable
from functools import cache
from itertools import product
from math import comb
from typing import Any, NamedTuple

import numpy as np
import pytest
from mpmath import mp
from numpy.typing import NDArray

import sobolev_theory as st
from derivations import logistic_mixture as derivation
from sobolev_theory._kernels.logistic_mixture import BOUNDS, NODES
from sobolev_theory.activations import get
from sobolev_theory.activations.definition import GaussianPairs
from sobolev_theory.activations.smoothed import rectifiers as smoothed
from sobolev_theory.activations.smoothed.layers import Arguments, Atom, Layers
from sobolev_theory.activations.smoothed.rectifiers import SmoothedRectifiers
from sobolev_theory.activations.smoothed.series import PriceSeries
from sobolev_theory.symbolic import DerivationError

FloatArray = NDArray[np.float64]
Function = Callable[[Any], list[Any]]
"""``sigma^(a)(z)`` for all a, of numbers of mpmath."""

DIGITS = 25
ORDERS = 5
"""Derivatives that a norm of order 3 takes."""
TOLERANCE = 5e-15
"""Of the natural scale; the bound of the fifth derivative of a mixture is 2e-15, other errors are at most 2e-15."""
OF_SQUARES = 1e-14
"""Fourth derivatives of squares have those of order seven, and terms of Leibniz' rule that cancel."""
REACH = 10.5
"""Standard deviations."""
ATOMS = ((0.7, 0, 0.6), (-1.3, 1, 1.7), (0.4, -1, 0.6))
POLYNOMIAL = (0.9, -0.6, 0.25, 0.1)

WITH_POLYNOMIAL = SmoothedRectifiers(ATOMS, POLYNOMIAL, "mixed")


def logistic(z: Any) -> list[Any]:
    """By the polynomials in ``v = tanh(z/2)`` that ``v' = (1 - v^2)/2`` gives."""
    v, values, c = mp.tanh(z / 2), [], [mp.mpf(1) / 2, mp.mpf(1) / 2]
    for _ in range(ORDERS + 5):
        values.append(mp.polyval(c[::-1], v))
        slope = [k * x for k, x in enumerate(c)][1:]
        c = [(a - b) / 2 for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return values


def of_tanh(z: Any) -> list[Any]:
    """``2 sigma(2 z) - 1``."""
    return [2 * mp.mpf(2) ** k * x - (k == 0) for k, x in enumerate(logistic(2 * z))]


def of_softplus(z: Any) -> list[Any]:
    """Its derivative is the logistic function."""
    return [mp.log1p(mp.exp(z)), *logistic(z)[:-1]]


def times_z(of: Function) -> Function:
    """Leibniz' rule."""

    def product_rule(z: Any) -> list[Any]:
        values = of(z)
        return [z * x + k * (values[k - 1] if k else 0) for k, x in enumerate(values)]

    return product_rule


def rectifier(power: int, width: float) -> Function:
    """``R_power`` of a width, by Hermite polynomials."""

    def values(z: Any) -> list[Any]:
        x, tau = z / mp.mpf(width), mp.mpf(width)
        density = mp.npdf(x)
        chain = [density / tau, -z * density / tau**3]
        for n in range(2, ORDERS + 8):
            chain.append(-(z * chain[-1] + (n - 1) * chain[-2]) / tau**2)
        return [z * mp.ncdf(x) + tau * density, mp.ncdf(x), *chain][1 - power :]

    return values


def summed(terms: list[tuple[float, Function]], polynomial: tuple[float, ...] = ()) -> Function:
    """Functions with weights, and a polynomial."""

    def values(z: Any) -> list[Any]:
        rows = [[mp.mpf(weight) * x for x in of(z)] for weight, of in terms]
        total = [mp.fsum(column) for column in zip(*rows, strict=False)]
        for power, c in enumerate(polynomial):
            for k in range(power + 1):
                total[k] += mp.mpf(c) * mp.ff(power, k) * z ** (power - k)
        return total

    return values


def built_in(name: str) -> SmoothedRectifiers:
    """The definition of an activation of the package."""
    definition = get(name).definition
    assert isinstance(definition, SmoothedRectifiers)
    return definition


DEFINITIONS: dict[str, tuple[SmoothedRectifiers, Function]] = {
    "tanh": (built_in("tanh"), of_tanh),
    "sigmoid": (built_in("sigmoid"), logistic),
    "softplus": (built_in("softplus"), of_softplus),
    "silu": (built_in("silu"), times_z(logistic)),
    "gelu": (built_in("gelu"), times_z(rectifier(0, 1.0))),
    "gaussian": (built_in("gaussian"), summed([(math.sqrt(2 * math.pi), rectifier(-1, 1.0))])),
    "normal_cdf": (SmoothedRectifiers([(1.0, 0, 1.0)]), rectifier(0, 1.0)),
    "mixed": (WITH_POLYNOMIAL, summed([(w, rectifier(n, tau)) for w, n, tau in ATOMS], POLYNOMIAL)),
}


class Case(NamedTuple):
    """Means, standard deviations and the angle of a pair."""

    m1: float
    m2: float
    p: float
    q: float
    angle: float


CASES = [
    Case(0.0, 0.0, 1e-3, 2e-3, 1.0),
    Case(2e-3, -1e-3, 1e-3, 1e-3, 1e-7),
    Case(0.0, 0.0, 1.0, 1.2, 1.1),
    Case(1.0, 0.7, 1.3, 0.8, 0.9),
    Case(8.0, -7.0, 1.0, 1.0, 1.9),
    Case(0.0, 0.0, 1.0, 1.0, 1.4e-7),
]
LONG = [
    Case(0.0, 0.0, 3.0, 5.0, 0.1),
    Case(-800.0, -800.0, 100.0, 100.0, 1e-5),
    Case(0.0, 0.0, 100.0, 100.0, 1e-4),
    Case(0.3, 0.299, 30.0, 30.0, np.pi - 1e-4),
    Case(1.0, 0.0, 100.0, 1e-3, 0.7),
]


def rule(p: float, least: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """The trapezoidal rule for ``p X``, X standard normal, and functions with poles no nearer than ``pi/2``: 1e-19.

    Its error is that of the density, ``exp(-2 pi^2/h^2)``, and of the poles, ``exp(-pi^2/(p h))`` times a power of h.
    Another argument may vary on the scale ``least``.
    """
    h = min(0.45, 0.13 / max(p, least))
    x = h * np.arange(-int(REACH / h), int(REACH / h) + 1)
    return p * x, h * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def pointwise(definition: SmoothedRectifiers, z: FloatArray) -> FloatArray:
    """All derivatives, (6, ...)."""
    return np.array([definition.derivative(z, order) for order in range(ORDERS + 1)])


def pair_table(definition: SmoothedRectifiers, case: Case) -> FloatArray:
    """``K_ab``: the outer integral over ``z_1``, the inner one over ``z_2`` given ``z_1``."""
    m1, m2, p, q, angle = case
    z1, weights = rule(p, q)
    centre = m2 + q * np.cos(angle) / p * z1
    y, inner = rule(q * np.sin(angle))
    second = [pointwise(definition, part[:, None] + y) @ inner for part in np.array_split(centre, len(z1) // 200 + 1)]
    table: FloatArray = (pointwise(definition, m1 + z1) * weights) @ np.concatenate(second, axis=1).T
    return table


@cache
def natural_scale(definition: SmoothedRectifiers, size: float) -> FloatArray:
    """``sqrt(E sigma^(a)(y)^2)``, ``y`` centred of that size."""
    z, weights = rule(size)
    scale: FloatArray = np.sqrt(pointwise(definition, z) ** 2 @ weights)
    return scale


def arguments(cases: list[Case]) -> GaussianPairs:
    """Rounded from many digits."""
    with mp.workdps(40):
        exact = [[mp.mpf(x) for x in case] for case in cases]
        rows = [(m1, m2, p * p, p * q * mp.cos(a), q * q, (p * q * mp.sin(a)) ** 2) for m1, m2, p, q, a in exact]
    return GaussianPairs(*np.array([[float(x) for x in row] for row in rows]).T)


def worst_of_pairs(definition: SmoothedRectifiers, cases: list[Case]) -> float:
    """Largest error in natural scales of ``K_ab``, ``a, b <= 5``, ``a + b <= 8``."""
    moment, worst = definition.pairs(arguments(cases)), 0.0
    for index, case in enumerate(cases):
        exact = pair_table(definition, case)
        scale = np.outer(
            *(natural_scale(definition, math.hypot(x, p)) for x, p in ((case.m1, case.p), (case.m2, case.q)))
        )
        for a, b in product(range(ORDERS + 1), repeat=2):
            if a + b <= 2 * definition.max_order + 2:
                worst = max(worst, abs(moment(a, b)[index] - exact[a, b]) / scale[a, b])
    return worst


SWEPT = [
    name if name in ("silu", "gelu", "mixed") else pytest.param(name, marks=pytest.mark.long) for name in DEFINITIONS
]
"""By default a mixture, a closed form, and a sum with every kind of atom and a polynomial."""


@pytest.mark.parametrize("name", SWEPT)
def test_pairs_are_the_integrals(name: str) -> None:
    """From short arguments to long ones, apart and nearly parallel."""
    assert worst_of_pairs(DEFINITIONS[name][0], CASES) < TOLERANCE


@pytest.mark.long
def test_pairs_of_long_arguments_are_the_integrals() -> None:
    """Up to standard deviations of 100, means of eight of them, and angles of 1e-5; and pairs at random."""
    rng = np.random.default_rng(5)
    p, q = 10 ** rng.uniform(-3, 0.5, (2, 5))
    m1, m2 = rng.uniform(-8, 8, (2, 5)) * np.where(rng.random(5) < 0.5, np.maximum(p, q), 1)
    angles = np.where(rng.random(5) < 0.5, rng.uniform(0, np.pi, 5), 10 ** rng.uniform(-9, 0, 5))
    drawn = [Case(*map(float, row)) for row in zip(m1, m2, p, q, angles, strict=True)]
    for name, (definition, _) in DEFINITIONS.items():
        assert worst_of_pairs(definition, LONG + drawn) < TOLERANCE, name


@pytest.mark.long
@pytest.mark.parametrize(("name", "case"), [("silu", CASES[0]), ("tanh", CASES[1]), ("tanh", CASES[5])])
def test_pairs_are_the_integrals_in_many_digits(name: str, case: Case) -> None:
    """Of short arguments, and of parallel ones, ``1 - r = 1e-14``."""
    definition, of = DEFINITIONS[name]
    moment = definition.pairs(arguments([case]))
    scale = np.outer(*(natural_scale(definition, math.hypot(x, p)) for x, p in ((case.m1, case.p), (case.m2, case.q))))
    with mp.workdps(DIGITS):
        for (a, b), value in table_of_many_digits(of, case).items():
            assert abs(mp.mpf(float(moment(a, b)[0])) - value) < TOLERANCE * scale[a, b], (a, b)


def table_of_many_digits(of: Function, case: Case) -> dict[tuple[int, int], Any]:
    """``K_ab`` by trapezoidal rules, of an error 1e-24."""
    m1, m2, p, q, angle = map(mp.mpf, case)
    inner, total = trapezoidal(q * mp.sin(angle)), dict.fromkeys(product(range(5), repeat=2), mp.mpf(0))
    for x, w in trapezoidal(p):
        centre = m2 + q * mp.cos(angle) * x / p
        rows = [(v, of(centre + y)) for y, v in inner]
        second = [mp.fsum(v * row[b] for v, row in rows) for b in range(5)]
        for a, value in enumerate(of(m1 + x)[:5]):
            for b in range(5):
                total[a, b] += w * value * second[b]
    return total


def trapezoidal(p: Any) -> list[tuple[Any, Any]]:
    """Points and weights for ``p X``; see `rule`."""
    h = min(mp.mpf("0.55"), mp.mpf("0.14") / p)
    return [(p * k * h, h * mp.npdf(k * h)) for k in range(-int(10.5 / h), int(10.5 / h) + 1)]


def one_table(definition: SmoothedRectifiers, m: float, p: float) -> list[FloatArray]:
    """``d_m^n E``, n <= 4, of squares of the derivatives up to the third, and of the function.

    Of long arguments by products with Hermite polynomials, of short ones by Leibniz' rule as far as there are
    derivatives: so that nothing cancels.
    """
    z, weights = rule(p)
    values = pointwise(definition, m + z)
    if p >= 1:
        x = z / p
        hermite = np.array([x**0, x, x**2 - 1, x**3 - 3 * x, x**4 - 6 * x**2 + 3]) / p ** np.arange(5)[:, None]
        return [hermite @ (f * weights) for f in (*values[:4] ** 2, values[0])]
    tables = []
    for k in range(4):
        products = [
            [comb(n, i) * values[k + i] * values[k + n - i] for i in range(n + 1)] for n in range(min(5, 6 - k))
        ]
        tables.append(np.array([np.sum(terms, axis=0) @ weights for terms in products]))
    return [*tables, values[:5] @ weights]


def worst_of_one(definition: SmoothedRectifiers, m: float, p: float) -> float:
    """Largest error, derivatives in the mean in units of ``sqrt(1 + s)``, over the largest or the natural scale."""
    scale = natural_scale(definition, math.hypot(m, p))
    square, mean = (of(np.array([m]), np.array([p * p])) for of in (definition.squares, definition.means))
    worst = 0.0
    for k, exact in enumerate(one_table(definition, m, p)):
        found = np.array([mean(n)[0] if k == 4 else square(k, n)[0] for n in range(len(exact))])
        units = math.hypot(1, p) ** np.arange(len(exact))
        size = max(scale[0] if k == 4 else scale[k] ** 2, *np.abs(exact * units))
        worst = max(worst, *np.abs(found - exact) * units / size)
    return worst


@pytest.mark.parametrize("name", SWEPT)
def test_moments_of_one_neuron_are_the_integrals(name: str) -> None:
    """Squares, means, and their derivatives."""
    for m, p in ((2e-3, 1e-3), (0.3, 0.4), (-0.7, 1.3)):
        assert worst_of_one(DEFINITIONS[name][0], m, p) < OF_SQUARES


@pytest.mark.long
@pytest.mark.parametrize("name", DEFINITIONS)
def test_moments_of_long_and_centred_neurons_are_the_integrals(name: str) -> None:
    """Likewise."""
    for m, p in ((0.0, 1e-3), (0.0, 1.0), (-20.0, 3.0), (0.0, 100.0), (200.0, 100.0)):
        assert worst_of_one(DEFINITIONS[name][0], m, p) < OF_SQUARES, (m, p)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_pointwise_derivatives(name: str) -> None:
    """Against many digits, to rounding of what they are made of; in the tails to rounding of themselves."""
    definition, of = DEFINITIONS[name]
    z = np.array([-300.0, -40.0, -12.3, -5.7, -2.2, -0.81, -1e-3, 0.0, 1e-9, 0.37, 1.9, 4.4, 20.0, 200.0])
    with mp.workdps(300):
        exact = np.array([[float(x) for x in of(mp.mpf(float(x)))[: ORDERS + 1]] for x in z]).T
    for order, values in enumerate(exact):
        found, size = definition.derivative(z, order), np.abs(exact[order : order + 2]).max(axis=0)
        np.testing.assert_array_less(np.abs(found - values), 1e-13 * size + 1e-300, err_msg=f"{order}")


def largest_errors(nodes: tuple[tuple[float, float], ...], arguments: range) -> FloatArray:
    """Of the mixture and its derivatives, over arguments; it is odd but for a constant."""
    with mp.workdps(DIGITS):
        errors = []
        for z in map(mp.mpf, arguments):
            rows = [[mp.mpf(w) * x for x in rectifier(0, tau)(z)[: ORDERS + 1]] for tau, w in nodes]
            sums = [mp.fsum(column) for column in zip(*rows, strict=True)]
            errors.append([float(abs(x - y)) for x, y in zip(sums, logistic(z), strict=False)])
    return np.max(errors, axis=0)


def test_the_mixture_is_the_logistic_function() -> None:
    """Up to the bounds and the rounding of weights and widths, which is relative; one broken digit shows."""
    within = np.array(BOUNDS) + 2.0**-53 * np.array([1.0, 1.0, 1.0, 2.0, 4.0, 8.0])
    assert (largest_errors(NODES, range(0, 24, 2)) <= within).all()
    tau, w = NODES[15]
    for broken in ((tau * (1 + 1e-13), w), (tau, w * (1 + 1e-13))):
        assert (largest_errors((*NODES[:15], broken, *NODES[16:]), range(1, 3)) > within).any()
    nodes = (*NODES[:15], (tau, w * (1 + 1e-13)), *NODES[16:])
    with pytest.raises(DerivationError, match="do not sum to 1"):
        derivation.check(nodes, BOUNDS)


def test_parts_that_cancel_are_zero() -> None:
    """``R_1 - tau^2 R_(-1) = z Phi(z/tau)``, of a square that is rounded otherwise: small arguments would show it."""
    atoms = [Atom(1.0, 1, 0.7), Atom(-np.nextafter(0.7**2, 1), -1, 0.7), Atom(2.0, 0, 3.0)]
    layers = Layers.of(atoms, (-1.0,))
    assert layers.densities.tolist() == [0.0, 0.0]
    assert layers.polynomial.coef.tolist() == [0.0, 0.5]


def test_series_and_sum_agree_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many pairs the series is taken; cut short it errs by at most its bound."""
    rng = np.random.default_rng(3)
    m1, m2 = rng.standard_normal((2, 12))
    s, t = np.exp(rng.uniform(-3, 2, (2, 12)))
    r, product = rng.uniform(-0.9, 0.9, (12, 12)), np.outer(s, t)
    at = GaussianPairs(m1[:, None], m2, s[:, None], r * np.sqrt(product), t, product * (1 - r) * (1 + r))
    orders, by_series = ((0, 0), (1, 0), (3, 3)), {name: DEFINITIONS[name][0].pairs(at) for name in ("tanh", "silu")}
    tanh = built_in("tanh")
    series = PriceSeries(tanh.layers, Arguments.of(at))
    values = {(name, *order): of(*order) for name, of in by_series.items() for order in orders}
    monkeypatch.setattr(smoothed, "TERMS", ())
    for name in by_series:
        by_sum = DEFINITIONS[name][0].pairs(at)
        for a, b in orders:
            size = np.outer(tanh.scale(a, m1, s), tanh.scale(b, m2, t)) if name == "tanh" else 1.0
            np.testing.assert_array_less(np.abs(values[name, a, b] - by_sum(a, b)), TOLERANCE * np.add(size, 1.0))
    alone = [tanh.pairs(GaussianPairs.of_one(m, x)) for m, x in ((m1, s), (m2, t))]
    exact = tanh.pairs(at)
    for (a, b), count in [(order, count) for order in orders for count in (4, 8, 16)]:
        size = np.sqrt(np.outer(alone[0](a, a), alone[1](b, b)))
        left = np.abs(series.sum(a, b, count) - exact(a, b))
        np.testing.assert_array_less(left, (series.left_out(a, b, count) + TOLERANCE) * size)


def test_losses_of_smoothed_rectifiers() -> None:
    """Central differences, of an error ``1e-5^2``; close to the teacher a loss is its quadratic form."""
    rng = np.random.default_rng(2)
    student, teacher, direction = rng.standard_normal((3, 2, 4))
    for name in ("tanh", "silu", "gelu"):
        loss = st.PopulationLoss(teacher, "H1", activation=name)
        slope = (loss.value(student + 1e-5 * direction) - loss.value(student - 1e-5 * direction)) / 2e-5
        assert abs(np.sum(loss.gradient(student) * direction) - slope) < 1e-8 * abs(slope)
        form = direction.ravel() @ loss.gauss_newton(teacher).to_dense() @ direction.ravel() / 2
        assert abs(loss.value(teacher + 1e-4 * direction) / 1e-8 - form) < 1e-3 * form
