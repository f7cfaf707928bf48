"""Series with a bound, and activations of callables: against closed forms, and the definition in longer numbers.

Accuracies are relative to the natural scale. The series stop at 1e-13 of the norms, which are below it; the tolerance
of the tests is that of the documentation, 1e-12, and 2e-13 where two series of 1e-13 are compared with closed forms.
"""

import math
import pickle

import mpmath
import numpy as np
import pytest
import sympy
from mpmath import mp
from scipy import special

import sobolev_theory as st
from sobolev_theory.activations import Activation, built_in, from_callable
from sobolev_theory.activations.arguments import gaussian_pairs
from sobolev_theory.activations.packaged import PACKAGED
from sobolev_theory.activations.series.coefficients import hermite_functions
from sobolev_theory.activations.series.mixed import Mixed
from sobolev_theory.activations.series.neurons import Neurons
from sobolev_theory.activations.series.series import Series

Z = sympy.Symbol("z", real=True)
LOGISTIC = 1 / (1 + sympy.exp(-2 * sympy.sqrt(2 / sympy.pi) * (Z + sympy.Rational("0.044715") * Z**3)))
TEXTS = {"mish": Z * (1 - 2 / ((1 + sympy.exp(Z)) ** 2 + 1)), "gelu_tanh": Z * LOGISTIC}
GATED = {name: built_in.definition_of(name) for name in TEXTS}
MISH = GATED["mish"]
ERF, RELU = PACKAGED["erf"], PACKAGED["relu"]
CORRELATIONS = (0.0, 0.3, -0.7, 0.95, 0.99, 1 - 1e-4, -1 + 1e-6, 1 - 1e-10, 1 - 1e-14, 1.0, -1.0)
WEIGHTS, TEACHER = np.array([[0.9, -0.4], [0.3, 0.7]]), np.array([[1.0, 0.2], [-0.5, 0.8]])


def erf_derivatives(z, order):
    """Of erf(z/sqrt 2): Hermite polynomials times a Gaussian."""
    density = np.sqrt(2 / np.pi) * np.exp(-z * z / 2)
    higher = [np.polynomial.hermite_e.hermeval(z, [0] * k + [(-1) ** k]) * density for k in range(order)]
    return [special.erf(z / np.sqrt(2)), *higher]


ERF_SERIES = Series("erf(z/sqrt(2))", erf_derivatives, 7, 3, "erf as a series")


def drawn(count, seed, largest=4.0):
    """Arguments: variances from 1e-6 to 10^largest, means up to 8 deviations, correlations toward both ends."""
    rng = np.random.default_rng(seed)
    s, t = 10 ** rng.uniform(-6, largest, (2, count))
    m1, m2 = (8 * rng.uniform(-1, 1, count) * np.sqrt(x) * rng.integers(0, 2, count) for x in (s, t))
    r = rng.permutation(np.resize(CORRELATIONS, count))
    return gaussian_pairs(m1, m2, s, r * np.sqrt(s) * np.sqrt(t) * (1 - 1e-16), t)


def check_erf(count, seed, orders):
    at = drawn(count, seed)
    exact, series = ERF.pairs(at), ERF_SERIES.pairs(at)
    for a, b in orders:
        scale = ERF.scale(a, at.m1, at.s) * ERF.scale(b, at.m2, at.t)
        error, bound = np.abs(series(a, b) - exact(a, b)), ERF_SERIES.error_bound(at, a, b)
        assert (error <= 2e-13 * scale).all()
        assert (error <= bound + 2e-15 * scale).all()  # closed forms err by that


def test_series_of_erf_are_its_closed_forms():
    check_erf(24, 1, [(0, 0), (2, 1)])


@pytest.mark.long
def test_series_of_erf_are_its_closed_forms_at_all_orders():
    check_erf(44, 2, [(a, b) for a in range(5) for b in range(5) if a + b <= 6])


def longer(name, order):
    """A derivative as SymPy forms it, of long doubles; far out it is that of 0 or z, to 1e-60."""
    inner = sympy.lambdify(Z, sympy.diff(TEXTS[name], Z, order), "numpy")
    far = {0: lambda z: np.maximum(z, 0), 1: lambda z: np.where(z > 0, 1.0, 0.0)}.get(order, np.zeros_like)
    reach = {"mish": 90, "gelu_tanh": 12}[name]
    return lambda z: np.where(np.abs(z) < reach, inner(np.clip(z, -reach, reach)), far(z))


def by_definition(name, at, a, b):
    """``E[f^(a)(z_1) f^(b)(z_2)]`` of one pair by the trapezoidal rule in two independent normal arguments."""
    m1, m2, s, rho, t, g = (np.longdouble(x[0]) for x in (at.m1, at.m2, at.s, at.rho, at.t, at.g))
    p, c = np.sqrt(s), np.sqrt(g / s)
    x, y = (np.longdouble(min(0.15, 0.18 / float(one))) * np.arange(-6000, 6001) for one in (max(p, np.sqrt(t)), c))
    x, y = x[np.abs(x) < 10], y[np.abs(y) < 10]
    weights = [(one[1] - one[0]) * np.exp(-one * one / 2) / np.sqrt(2 * np.longdouble(np.pi)) for one in (x, y)]
    first, second, total = weights[0] * longer(name, a)(m1 + p * x), longer(name, b), 0
    for k in range(0, len(x), 256):
        total += first[k : k + 256] @ (second(m2 + rho / s * p * x[k : k + 256, None] + c * y) @ weights[1])
    return float(total)


def check_gated(name, count, seed, largest, highest):
    definition, orders = GATED[name], np.random.default_rng(seed).integers(0, highest + 1, (count, 2))
    at = drawn(count, seed, largest)
    for k, (a, b) in enumerate(orders):
        one = gaussian_pairs(*([x[k]] for x in (at.m1, at.m2, at.s, at.rho, at.t)))
        scale = definition.scale(a, one.m1, one.s) * definition.scale(b, one.m2, one.t)
        error = abs(definition.pairs(one)(a, b) - by_definition(name, one, a, b))
        assert error <= 1e-12 * scale, (one, a, b, error / scale)
        of_correlation = definition.scale(a + 1, one.m1, one.s) * definition.scale(b + 1, one.m2, one.t)
        rounding = 1e-15 * scale + np.finfo(float).eps * np.sqrt(one.s * one.t) * of_correlation
        assert error <= definition.error_bound(one, a, b) + rounding


@pytest.mark.parametrize("name", GATED)
def test_moments_of_gated_activations(name):
    check_gated(name, 3, 7, 0.5, 1)


@pytest.mark.long
@pytest.mark.parametrize("name", GATED)
def test_moments_of_gated_activations_at_all_scales(name):
    check_gated(name, 44, 8, 2.0, 4)


@pytest.mark.long
def test_a_long_nearly_parallel_pair():
    """Standard deviations of 100 and 60: a common factor is taken out."""
    at = gaussian_pairs([30.0], [20.0], [1e4], [6e3 * (1 - 1e-9)], [3.6e3])
    for a, b in ((0, 0), (2, 1)):
        scale = MISH.scale(a, at.m1, at.s) * MISH.scale(b, at.m2, at.t)
        error = abs(MISH.pairs(at)(a, b) - by_definition("mish", at, a, b)) / scale
        assert error < 1e-12


@pytest.mark.long
def test_the_definition_on_a_grid_against_thirty_digits():
    """The oracle itself: the same double sum in mpmath numbers, to rounding of long doubles."""
    at = gaussian_pairs([0.3], [-0.2], [0.5], [0.2], [0.4])
    with mp.workdps(30):
        s, rho, t = (mp.mpf(x[0]) for x in (at.s, at.rho, at.t))
        p, c = mp.sqrt(s), mp.sqrt(t - rho**2 / s)

        def f(z):
            return z * mp.tanh(mp.log1p(mp.exp(z)))

        h = mp.mpf("0.25")
        nodes = [(h * k, h * mp.npdf(h * k)) for k in range(-40, 41)]
        total = mp.fsum(
            w * f(mp.mpf("0.3") + p * x) * mp.fsum(v * f(mp.mpf("-0.2") + rho / s * p * x + c * y) for y, v in nodes)
            for x, w in nodes
        )
    assert float(abs(by_definition("mish", at, 0, 0) - total)) < 1e-16
    assert float(abs(MISH.pairs(at)(0, 0)[0] - total)) < 1e-14


@pytest.mark.parametrize("name", GATED)
def test_pointwise_derivatives(name):
    """To rounding of the largest within a few, up to the seventh."""
    z = np.array([-30.0, -3.0, -0.5, 0.0, 0.5, 3.0, 30.0])
    formula = sympy.lambdify(Z, TEXTS[name], "mpmath")
    for order in range(GATED[name].highest_derivative + 1):
        with mp.workdps(60):
            exact = [mpmath.diff(formula, mp.mpf(x), order) for x in z]
        found = GATED[name].derivative(z, order)
        errors = [float(abs(x - y)) for x, y in zip(found, exact, strict=True)]
        assert max(errors) < 3e-14 * float(max(map(abs, exact))), (order, errors)


def test_hermite_functions():
    """By Rodrigues' sums in mpmath numbers, far beyond where the density leaves the doubles."""
    z = np.array([0.3, 5.0, 40.0, 62.0])
    found = hermite_functions(z, 1000)
    for x, row in zip(z, found, strict=True):
        with mp.workdps(60):
            for n in (0, 7, 200, 999):
                exact = mp.hermite(n, mp.mpf(x) / mp.sqrt(2)) * mp.exp(-(mp.mpf(x) ** 2) / 4)
                exact /= mp.sqrt(mp.factorial(n) * mp.mpf(2) ** n) * (2 * mp.pi) ** mp.mpf("0.25")
                assert abs(row[n] - exact) < 2e-14


def test_the_bound_is_one_and_is_tight():
    """Cut early, series err by less than the bound, and at full correlation by more than a hundredth of it."""
    coarse = Series("mish", MISH.evaluate, 7, 3, "coarse mish", tolerance=1e-5)
    at = drawn(60, 5, 0.5)
    for a, b in ((0, 0), (1, 2)):
        error = np.abs(coarse.pairs(at)(a, b) - MISH.pairs(at)(a, b))
        bound = coarse.error_bound(at, a, b)
        assert (error <= bound + MISH.error_bound(at, a, b)).all()
        assert (error > bound / 100).any()


def test_tails_are_sums_of_coefficients():
    """What is left after 40 and 300 terms is that of 1000, and what is left of those, but for where two rules meet."""
    neurons = Neurons(MISH, np.array([0.4]), np.array([3.0]))
    longest = neurons.coefficients(1, 1000)
    for n in (40, 300):
        assert neurons.coefficients(1, n).tail[n] == pytest.approx(longest.tail[n], rel=1e-3)
    assert longest.tail[1000] < 1e-9 * longest.tail[300]


def test_mixed_moments():
    """Of ReLU with erf, Diracs included, against integrals over one argument of closed conditional means."""
    points, weights = np.polynomial.legendre.leggauss(20)
    for m1, m2, s, r, t in ((0.4, -0.3, 0.7, 0.6, 1.5), (-3.0, 2.0, 30.0, -0.9999, 4.0)):
        at = gaussian_pairs([m1], [m2], [s], [r * np.sqrt(s * t)], [t])
        p, slope = np.sqrt(s), at.rho / s
        high = max(m1 + 10 * p, 10 * p)
        cuts = np.linspace(0.0, high, 600)
        x = (cuts[:-1, None] + np.diff(cuts)[:, None] * (1 + points) / 2).ravel()
        w = np.repeat(np.diff(cuts) / 2, 20) * np.tile(weights, len(cuts) - 1)
        mixed, zero = Mixed(RELU, ERF, at), np.zeros(1)

        def density(z, m1=m1, s=s):
            return np.exp(-((z - m1) ** 2) / (2 * s)) / np.sqrt(2 * np.pi * s)

        def given(z, b, at=at, slope=slope, m1=m1, m2=m2, s=s):
            return ERF.means(m2 + slope * (z - m1), np.full_like(z, at.g[0] / s))(b)

        for b in range(3):
            step = (w * density(x)) @ given(x, b)
            exact = [(w * density(x) * x) @ given(x, b), step, density(zero) * given(zero, b)]
            exact.append(-density(zero) * (m1 / s * given(zero, b) + slope * given(zero, b + 1)))
            for a, value in enumerate(exact):
                scale = RELU.scale(a, at.m1, at.s) * ERF.scale(b, at.m2, at.t)
                assert abs(mixed.moment(a, b)[0] - value) <= 2e-13 * scale
            turned = Mixed(ERF, RELU, gaussian_pairs([m2], [m1], [t], at.rho, [s]))
            assert abs(turned.moment(b, 2)[0] - exact[2]) <= 2e-13 * RELU.scale(2, at.m1, at.s) * ERF.scale(
                b, at.m2, at.t
            )


def erf_0(z):
    return special.erf(z / math.sqrt(2))


def erf_1(z):
    return np.exp(-z * z / 2) * math.sqrt(2 / math.pi)


def erf_2(z):
    return -z * erf_1(z)


def erf_3(z):
    return (z * z - 1) * erf_1(z)


def ramp(z):
    return np.maximum(z, 0)


def step(z):
    return np.where(z > 0, 1.0, 0.0)


MINE = from_callable([erf_0, erf_1, erf_2, erf_3], name="my_erf")
MY_RELU = from_callable([ramp, step, np.zeros_like], name="my_relu", kinks=[0.0])
"""The activations of the package, as a user writes them."""


@pytest.mark.parametrize(("mine", "norm"), [(MINE, "H2"), (MINE, "L2"), (MY_RELU, "H1")])
def test_losses_of_callables(mine, norm):
    """Value, gradient and curvature in all parameters are those of the closed forms."""
    its_name = "erf" if mine is MINE else "relu"
    students = [st.Network(WEIGHTS, [1.0, -0.7], [0.3, -0.2], 0.1, name) for name in (mine, its_name)]
    losses = [st.PopulationLoss(TEACHER, norm, parameters="all", activation=name) for name in (mine, its_name)]
    values, gradients, *curvatures = zip(
        *(
            (loss.value(net), loss.gradient(net), loss.hessian(net).to_dense(), loss.gauss_newton(net).to_dense())
            for loss, net in zip(losses, students, strict=True)
        ),
        strict=True,
    )
    for found, exact in (values, gradients, *curvatures):
        np.testing.assert_allclose(found, exact, rtol=0, atol=2e-12 * np.abs(exact).max())


def test_a_callable_at_its_teacher():
    """A neuron with itself and a teacher's copy of it, with as few derivatives as the norm takes."""
    few = from_callable([erf_0, erf_1, erf_2], name="few")
    (found, exact) = (
        st.PopulationLoss(st.Network(WEIGHTS, activation=name), "H1", parameters="all")
        .hessian(st.Network(WEIGHTS, activation=name))
        .to_dense()
        for name in (few, "erf")
    )
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-12 * np.abs(exact).max())


def test_a_callable_with_kinks_and_a_smooth_part():
    """max(z, 0) + tanh(z) at a kink moved to 0.4: its loss against sampling-free differences, and a plain sum."""

    def bent(z):
        return np.maximum(z - 0.4, 0) + np.tanh(z)

    functions = [bent, lambda z: step(z - 0.4) + np.cosh(z) ** -2.0, lambda z: -2 * np.tanh(z) / np.cosh(z) ** 2]
    activation = from_callable(functions, name="bent", kinks=[0.4])
    ((place, height),) = activation.jumps(1)
    assert (place, height) == (0.4, pytest.approx(1, abs=1e-14))
    assert activation.max_order == 1
    loss, h = st.PopulationLoss(TEACHER, "H1", activation=activation, derivative="exact"), 1e-5
    gradient = loss.gradient(WEIGHTS)
    along = np.array([[0.6, -0.5], [0.3, 0.9]])
    difference = (loss.value(WEIGHTS + h * along) - loss.value(WEIGHTS - h * along)) / (2 * h)
    assert abs(np.sum(gradient * along) - difference) < 1e-9  # h^2 and rounding/h
    m, s = np.array([0.2]), np.array([0.7])
    squares, pairs = activation.definition.squares(m, s), activation.moments
    for k in (0, 1):
        assert abs(squares(k, 0)[0] - pairs(0.2, 0.2, 0.7, 0.7, 0.7, k, k)) < 1e-12
    second = 2 * (pairs(0.2, 0.2, 0.7, 0.7, 0.7, 2, 0) + pairs(0.2, 0.2, 0.7, 0.7, 0.7, 1, 1))
    assert abs(squares(0, 2)[0] - second) < 1e-12
    x, w = np.polynomial.hermite_e.hermegauss(200)  # errs by the kink, as 1/200
    mean = w @ (bent(x) * bent(x)) / np.sqrt(2 * np.pi)
    assert abs(activation.moments(0, 0, 1, 1, 1) - mean) < 1e-3


def test_missing_derivatives_are_integrals_by_parts():
    """With two functions the L2 loss has its gradient, and its Hessian unless weights are short."""
    few = from_callable([erf_0, erf_1], name="few")
    assert few.max_order == 0
    loss, exact = (st.PopulationLoss(TEACHER, "L2", activation=name) for name in (few, "erf"))
    np.testing.assert_allclose(loss.gradient(WEIGHTS), exact.gradient(WEIGHTS), rtol=0, atol=1e-12)
    np.testing.assert_allclose(loss.hessian(WEIGHTS).to_dense(), exact.hessian(WEIGHTS).to_dense(), rtol=0, atol=1e-11)
    with pytest.raises(st.AccuracyError, match=r"give its derivative of order 2 as well, or use longer") as raised:
        loss.hessian(1e-4 * WEIGHTS)
    assert raised.value.bound > raised.value.tolerance


def test_one_line():
    assert st.PopulationLoss(TEACHER, activation=from_callable([np.sin, np.cos, lambda z: -np.sin(z)], name="x")).value(
        TEACHER
    ) == pytest.approx(0, abs=1e-15)


def waves(z):
    return np.sin(40 * z)


def test_accuracy_errors():
    """A wave that is long beyond every cap, and growth beyond the Gaussian's: the error carries the numbers."""
    fast = from_callable([waves, lambda z: 40 * np.cos(40 * z)], name="fast")
    assert abs(fast.moments(0, 0, 1e-2, 5e-3, 1e-2) - math.exp(-16) * math.sinh(8)) < 1e-13
    with pytest.raises(st.AccuracyError) as raised:
        fast.moments(0, 0, 1e4, 1e4 * (1 - 1e-9), 1e4)
    assert raised.value.bound > raised.value.tolerance
    assert f"{raised.value.tolerance:.0e} is required" in str(raised.value)
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.bound, str(again)) == (raised.value.bound, str(raised.value))
    with pytest.raises(st.AccuracyError, match="too many oscillations"):
        MINE.moments(0, 0, 1e12, 1e11, 1e12)
    growing = from_callable([lambda z: np.exp(z * z / 12), lambda z: z / 6 * np.exp(z * z / 12)], name="growing")
    with pytest.raises(st.AccuracyError, match="grows too fast"):
        growing.moments(0, 0, 9, 0, 9)


def far_bump(z):
    return np.tanh(z) + np.exp(-(((z - 60.7) / 0.05) ** 2))


def far_slope(z):
    return 1 / np.cosh(z) ** 2 - 800 * (z - 60.7) * np.exp(-(((z - 60.7) / 0.05) ** 2))


def test_what_one_of_several_neurons_sees():
    """A bump beyond what is looked at when functions are given: 1 and its Gaussian integral, not 1 +- 3e-3.

    A neuron beside it has another deviation, and another mean that is larger.
    """
    bump = from_callable([far_bump, far_slope], name="far_bump")
    m, s = np.array([60.0, 200.0]), np.array([4.0, 5.0])
    width = s + 0.05**2 / 2
    exact = 1 + 0.05 / np.sqrt(2 * width) * np.exp(-((m - 60.7) ** 2) / (2 * width))
    value, bound = bump.moments(m, 200, s, 0, 1, error_bound=True)
    assert (bound < 1e-13).all()
    assert (np.abs(value - exact) <= bound + 4e-16).all()  # and rounding of this formula


def nan_at_left(z):
    return np.sqrt(z)


BAD = {
    "list of functions": (np.sin,),
    "two at least": ([np.sin],),
    "of an array is required": ([np.sin, 3.0],),
    "order 0 must return numbers, got NaN at z = -9": ([nan_at_left, np.cos],),
    r"shape of its argument, \(74,\), got \(\)": ([np.sin, lambda z: 1.0],),
    "order 0 must be elementwise": ([lambda z: z / len(z), np.ones_like],),
    "order 1 must return real numbers": ([np.sin, lambda z: z + 1j],),
    "order 1 must take an array of numbers, it raised IndexError": ([np.sin, lambda z: z[10**6]],),
    "order 1 is not the derivative of that of order 0": ([np.sin, lambda z: 1.1 * np.cos(z)],),
    "order 1 must return the 16 digits of its argument": ([np.sin, lambda z: np.cos(z).astype(np.float32)],),
    "near z = 0 the function of order 0 has a kink": ([lambda z: np.log(np.abs(z)), lambda z: 1 / z],),
    "order 2 is not the derivative of that of order 1": ([np.sin, np.cos, np.sin],),
    r"near z = 3.3 the function of order 0 has a kink .* kinks=\[\.\.\.\]": (
        [lambda z: np.abs(z - 3.3), lambda z: np.sign(z - 3.3)],
    ),
    "order 0 must grow slower than a Gaussian falls": ([lambda z: np.exp(z * z), lambda z: 2 * z * np.exp(z * z)],),
    "at 1 none of the functions given does": ([np.sin, np.cos], [1.0]),
    "a smooth function must be left": (
        [
            lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
            lambda z: np.exp(np.minimum(z, 0)),
            lambda z: np.where(z > 0, 0, np.exp(np.minimum(z, 0))),
        ],
        [0.0],
    ),
    "kinks: finite numbers": ([np.abs, np.sign], [np.nan]),
    "kinks: ": ([np.abs, np.sign], "a"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_callables(message):
    derivatives, *kinks = BAD[message]
    with pytest.raises(ValueError, match=message):
        from_callable(derivatives, name="bad", kinks=kinks[0] if kinks else ())


def test_names_orders_and_files():
    with pytest.raises(ValueError, match="'relu' is an activation of the package"):
        from_callable([np.sin, np.cos], name="relu")
    with pytest.raises(ValueError, match="name: a letter"):
        from_callable([np.sin, np.cos], name="two words")
    with pytest.raises(ValueError, match="a, b: orders up to 4 are known for 'my_erf', got 5, 0"):
        MINE.moments(0, 0, 1, 0, 1, 5, 0)
    with pytest.raises(ValueError, match=r"norm: orders up to 2 .*'my_erf'"):
        st.PopulationLoss(TEACHER, "H3", activation=MINE)
    with pytest.raises(TypeError, match="'my_erf' cannot be saved"):
        MINE.save("my_erf.json")
    for activation in (MINE, MY_RELU):
        again = pickle.loads(pickle.dumps(activation))
        assert again == activation
        assert again.moments(0, 0, 1, 0.5, 1) == activation.moments(0, 0, 1, 0.5, 1)
    with pytest.raises(TypeError, match=r"order 1 cannot be pickled .* define it by name in a module"):
        pickle.dumps(from_callable([np.sin, lambda z: np.cos(z)], name="nameless"))
    assert from_callable([erf_0, erf_1, erf_2, erf_3], name="my_erf") == MINE
    assert Activation("my_mish", MISH) == Activation("my_mish", MISH)


def naive(z):
    return z * (1 + np.tanh(z)) / 2


def naive_1(z):
    return (1 + np.tanh(z) + z / np.cosh(np.minimum(np.abs(z), 300)) ** 2) / 2


def test_dead_neurons_of_a_function_with_rounding():
    """Far to the left 1 + tanh z is rounding: moments are accurate in the natural scale, here 1."""
    activation = from_callable([naive, naive_1], name="naive")
    for m, s in ((-16.5, 1e-2), (-40.0, 1e-2), (-400.0, 2500.0)):
        assert abs(activation.moments(m, m, s, s / 2, s)) < 1e-13 * m * m
        assert abs(activation.moments(m, 1.0, s, s / 2, s)) < 1e-13 * abs(m)
        assert abs(activation.definition.means(np.array([m]), np.array([s]))(1)) < 1e-12
        assert abs(activation.definition.squares(np.array([m]), np.array([s]))(0, 0)) < 1e-13 * m * m
