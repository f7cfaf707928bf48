"""Tian's family: its field against the full gradient and the definition in 50 digits, its saddle in closed form."""

import mpmath as mp
import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import reduced

PROBLEMS = [("relu", "L2"), ("relu", "H1"), ("relu2", "L2"), ("relu2", "H2"), ("erf", "H1")]


def symmetric_student(width, x, y):
    return np.full((width, width), float(y)) + (x - y) * np.eye(width)


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize(("activation", "norm"), PROBLEMS)
def test_symmetric_velocity_is_minus_the_full_gradient(activation, norm, derivative):
    """To 1e-13 of the largest velocity: sums of up to 40 terms, each larger than the sum by less than ten times."""
    rng = np.random.default_rng(0)
    for width in (2, 3, 5, 40):
        teacher = st.Network.orthonormal(width, width, activation=activation)
        loss = st.PopulationLoss(teacher, norm, derivative=derivative)
        points = rng.normal(size=(4, 2))
        found = reduced.symmetric_velocity(width, *points.T, norm, activation=activation, derivative=derivative)
        for point, velocity in zip(points, found, strict=True):
            gradient = loss.gradient(st.Network(symmetric_student(width, *point), activation=activation))
            np.testing.assert_allclose(-symmetric_student(width, *velocity), gradient, atol=1e-13 * np.abs(found).max())


def relu_velocity(width, x, y, weights, exact):
    """The gradients of the theory's table, ``[(pi - angle) u + ..]/(2 pi)`` for each pair, summed over the family."""
    width, x, y = map(mp.mpf, (width, x, y))
    w, norm = (x, y), mp.sqrt(x**2 + (width - 1) * y**2)
    total = [sum(weights) * part / 2 for part in w]
    # rows as (multiplicity with sign, inner product with w_1, norm, part on v_1, mean part on the other v_k)
    others = (width - 1, 2 * x * y + (width - 2) * y**2, norm, y, (x + (width - 2) * y) / (width - 1))
    for count, product, q, *u in (others, (-1, x, mp.mpf(1), 1, 0), (1 - width, y, mp.mpf(1), 0, 1 / (width - 1))):
        cosine = product / (norm * q)
        angle, sine = mp.acos(cosine), mp.sqrt(1 - cosine**2)
        for k in range(2):
            radial, e = w[k] / norm, (u[k] / q - cosine * w[k] / norm) / sine
            terms = (q * sine * radial, q * cosine * e if exact else 0)
            total[k] += (
                count
                * sum(c * ((mp.pi - angle) * u[k] + term) for c, term in zip(weights, terms, strict=True))
                / (2 * mp.pi)
            )
    return [-part for part in total]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("weights", [(1, 0), (1, 1)])
@pytest.mark.parametrize("width", [2, 5, 10**6, 10**9])
def test_rounding_at_large_width(width, weights, exact):
    """Errors of x' and (K-1) y' below 1e-15 K (1 + |x| + (K-1)|y|), next to the teacher and the diagonal too."""
    root = width**-0.5
    points = [
        (0.3, root),
        (0.9, 0.1 / width),
        (root, 1.1 * root),
        (0.5, 0.3),
        (1 + 1e-6, 1e-6 / width),
        (2, -3 / width),
    ]
    with mp.workdps(50):
        for x, y in points:
            found = reduced.symmetric_velocity(width, x, y, weights, derivative="exact" if exact else "backprop")
            expected = relu_velocity(width, x, y, weights, exact)
            scale = width * (1 + abs(x) + (width - 1) * abs(y))
            assert abs(found[0] - expected[0]) < 1e-15 * scale
            assert abs(found[1] - expected[1]) * (width - 1) < 1e-15 * scale


def test_erf_at_large_width():
    """x' = -(dE/dx)/K and y' = -(dE/dy)/(K(K-1)) for the loss E, whose H1 kernel is asin(c) + c/sqrt(1 - c^2)."""
    width, x, y = 10**9, 0.3, 1e-5

    def energy_per_neuron(x, y):
        s, c_own = x**2 + (width - 1) * y**2, 2 * x * y + (width - 2) * y**2
        cosines = [s / (1 + s), c_own / (1 + s), x / mp.sqrt(2 * (1 + s)), y / mp.sqrt(2 * (1 + s))]
        own, other, near, far = (2 / mp.pi * (mp.asin(c) + c / mp.sqrt(1 - c**2)) for c in cosines)
        return (own + (width - 1) * other) / 2 - near - (width - 1) * far

    with mp.workdps(50):
        expected = [-mp.diff(energy_per_neuron, (x, y), n) for n in ((1, 0), (0, 1))]
        found = reduced.symmetric_velocity(width, x, y, "H1", activation="erf")
        assert abs(found[0] - expected[0]) < 1e-15 * width
        assert abs(found[1] - expected[1] / (width - 1)) * (width - 1) < 1e-15 * width * width * y


@pytest.mark.parametrize("weights", [(1, 0), (1, 1), (0, 1), (1, 3)])
def test_relu_saddle_in_closed_form(weights):
    """Tian 2017 for L2; the rest by hand: sums over equal angles. ``across`` is a difference of terms of size K."""
    for width in (2, 3, 4, 7, 10, 31, 100, 1000, 10**9):
        share, root = weights[0] / sum(weights), np.sqrt(width - 1)
        x = (root * share - np.arccos(width**-0.5) + np.pi) / (np.pi * width)
        saddle = reduced.symmetric_saddle(width, weights)
        assert saddle.x == pytest.approx(x, rel=4e-15)
        assert saddle.along == pytest.approx(-width * sum(weights) / 2, rel=1e-14)
        across = (width * weights[0] + weights[1]) / (2 * np.pi * x * root)
        assert saddle.across == pytest.approx(across, rel=1e-14, abs=1e-15 * width)
        assert saddle.is_saddle


def test_erf_saddle_in_closed_form():
    for width in (2, 3, 10, 1000):
        for norm in ("L2", "H1", "H2", (0, 0, 1)):
            saddle = reduced.symmetric_saddle(width, norm, activation="erf")
            assert saddle.x == pytest.approx((width * (2 * width - 1)) ** -0.5, rel=4e-15)
            assert saddle.is_saddle


@pytest.mark.parametrize("width", [2, 3, 10, 100])
@pytest.mark.parametrize(("activation", "norm"), PROBLEMS)
def test_rates_at_the_saddle_from_both_sides(activation, norm, width):
    """One-sided differences at 1e-6 of x, extrapolated: error 1e-12, rounding 1e-16/(1e-6 x), relative to along."""
    saddle = reduced.symmetric_saddle(width, norm, activation=activation)
    for modes, rate, part in (
        ((1.0, 1.0), saddle.along, lambda v: v[..., 0] + (width - 1) * v[..., 1]),
        ((1.0, -1 / (width - 1)), saddle.across, lambda v: v[..., 0] - v[..., 1]),
    ):
        for side in (1, -1):
            steps = side * 1e-6 * saddle.x * np.array([[1.0], [2.0]])
            points = saddle.x + steps * modes
            velocity = part(reduced.symmetric_velocity(width, *points.T, norm, activation=activation))
            slopes = velocity / (steps[:, 0] * part(np.array(modes)))
            assert 2 * slopes[0] - slopes[1] == pytest.approx(rate, abs=1e-7 * abs(saddle.along))


def test_refusals():
    velocity, saddle = reduced.symmetric_velocity, reduced.symmetric_saddle
    for call, message in [
        (lambda: velocity(1, 1.0, 0.0), "width: an integer between 2"),
        (lambda: velocity(2.5, 1.0, 0.0), "width: an integer between 2"),
        (lambda: saddle(10**16), "width: an integer between 2"),
        (lambda: velocity(2, [1.0, 2.0], [0.0] * 3), "x, y: shapes that broadcast"),
        (lambda: velocity(2, np.nan, 0.0), "x: finite numbers"),
        (lambda: velocity(2, 1.0, 0.5, derivative="autograd"), "derivative: one of"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    exact = {"norm": "H1", "derivative": "exact"}
    for call in (
        lambda: velocity(3, 0.5, 0.5, **exact),
        lambda: velocity(3, 0.5, 0.0, **exact),
        lambda: velocity(3, 0.0, 0.0),
        lambda: saddle(3, **exact),
    ):
        with pytest.raises(st.NotDifferentiableError):
            call()


def test_shapes():
    assert reduced.symmetric_velocity(3, np.ones((4, 1)), np.zeros(5)).shape == (4, 5, 2)
    assert reduced.symmetric_velocity(3, 1.0, 0.0).shape == (2,)
