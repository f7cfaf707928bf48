"""The planar flow of one ReLU neuron and the decrease of ``|w - w*|^2``: the oracle, the machinery, the theorem."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as hs
from mpmath import mp

import sobolev_theory as st
from tests import oracles

velocity, lyapunov_derivative = st.single_neuron.velocity, st.single_neuron.lyapunov_derivative

ANGLES = [1e-12, 1e-9, 1e-4, 0.3, 1.0, np.pi / 2, 2.0, 2.5, np.pi - 0.02, np.pi - 1e-5, np.pi - 1e-8, np.pi - 1e-12]
RATIOS = [1e-3, 0.4, 1 - 1e-6, 1.0, 1 + 1e-9, 2.5, 1e3]
CASES = [("L2", "backprop"), ((0, 1), "backprop"), ((0, 1), "exact"), ("H1", "backprop"), ("H1", "exact")]
TERMS = [(0, "backprop"), (1, "backprop"), (1, "exact")]
THRESHOLD = np.pi - float(mp.findroot(lambda psi: psi * mp.tan(psi) - 0.5, 0.65))
"""Angle at which the exact H1 flow turns neither to nor from the teacher."""


def weights_of(norm):
    return {"L2": (1, 0), "H1": (1, 1)}.get(norm, norm)


@pytest.fixture(scope="module")
def gradients():
    """Per order, convention, angle and ratio: the oracle's gradient at ``w = (1/r, 0)``, ``w* = (cos, sin)``."""
    table = {}
    with mp.workdps(80):
        for (order, derivative), angle, ratio in product(TERMS, ANGLES, RATIOS):
            teacher = [mp.cos(mp.mpf(angle)), mp.sin(mp.mpf(angle))]
            norm = [0] * order + [1]
            gradient = oracles.gradient("relu", norm, derivative, [[1 / mp.mpf(ratio), 0]], [teacher], [1], [1])
            table[order, derivative, angle, ratio] = gradient
        table.update({(0, "exact", *key[2:]): value for key, value in table.items() if key[0] == 0})
    return table


def expected(gradients, norm, derivative, angle, ratio):
    """``(p', p theta')`` and ``-D . G`` of the definition; ``e = (0, 1)`` points to the teacher."""
    zero, one = weights_of(norm)
    gradient = zero * gradients[0, derivative, angle, ratio] + one * gradients[1, derivative, angle, ratio]
    difference = [1 / mp.mpf(ratio) - mp.cos(mp.mpf(angle)), -mp.sin(mp.mpf(angle))]
    return -gradient[0], gradient[1], -(difference[0] * gradient[0] + difference[1] * gradient[1])


@pytest.mark.parametrize(("norm", "derivative"), CASES)
def test_velocity_is_minus_the_gradient_of_the_oracle(norm, derivative, gradients):
    """``2 p' = (q - p) g - p (1 - g)``. The two terms, and those of ``p theta'``, are at most 4 times as long as ``w'``
    (swept over the plane: 1.4 in the backprop convention, 4.0 for exact H1 where ``theta' = 0``), each is wrong by less
    than 8 roundings of 1.1e-16, and ``q - p`` is exact in the given ratio: 4 * 8 * 1.1e-16 < 4e-15.
    """
    with mp.workdps(50):
        for angle, ratio in product(ANGLES, RATIOS):
            radial, turning, _ = expected(gradients, norm, derivative, angle, ratio)
            p_dot, theta_dot = velocity(angle, ratio, norm, derivative=derivative)
            error = mp.hypot(p_dot - radial, theta_dot / mp.mpf(ratio) - turning)
            assert error < 4e-15 * mp.hypot(radial, turning), (angle, ratio)


@pytest.mark.parametrize(("norm", "derivative"), CASES)
def test_lyapunov_derivative_is_that_of_the_oracle(norm, derivative, gradients):
    """A sum of terms of one sign, save one subtraction in each that at most doubles an error: 2 * 10 roundings of
    1.1e-16; plus ``1e-16 r^(1/3)``, 1e-15 here, from ``J_1(theta)``, which sees ``pi - theta`` rounded.
    """
    with mp.workdps(50):
        for angle, ratio in product(ANGLES, RATIOS):
            *_, rate = expected(gradients, norm, derivative, angle, ratio)
            actual = lyapunov_derivative(angle, ratio, norm, derivative=derivative)
            assert abs(actual - rate) < 4e-15 * abs(rate), (angle, ratio)


def test_next_to_the_teacher():
    """At ``theta = 2^-30``, ``r = 1 + 2^-30`` the L2 Hessian is 1/2 to nine digits: ``w' = -D/2``, ``V' = -|D|^2/2``.

    Backprop J adds the same and ``-(theta / 2 pi) u^``, so that ``V' = -(1/2)(|D|^2 + theta (p - q)/pi)``.
    """
    angle = excess = 2.0**-30
    np.testing.assert_allclose(velocity(angle, 1 + excess, "L2"), [excess / 2, -angle / 2], rtol=1e-7)
    expected = [excess / 2 - angle / (2 * np.pi), -angle / 2]
    np.testing.assert_allclose(velocity(angle, 1 + excess, (0, 1)), expected, rtol=1e-7)
    assert lyapunov_derivative(angle, 1 + excess, "L2") == pytest.approx(-(angle**2 + excess**2) / 2, rel=1e-7)
    bracket = angle**2 + excess**2 - angle * excess / np.pi
    assert lyapunov_derivative(angle, 1 + excess, (0, 1)) == pytest.approx(-bracket / 2, rel=1e-7)
    assert lyapunov_derivative(0.0, 1.0) == 0


@given(hs.floats(0.01, np.pi - 0.01), hs.floats(0.1, 10), hs.sampled_from(CASES), hs.integers(0, 2**32 - 1))
def test_agreement_with_the_general_machinery(angle, ratio, case, seed):
    """K = M = 1 in four dimensions. The loss sees weights whose angle is rounded to 1e-15; its gradient, as a sum of
    terms of size ``p + q``, is accurate to 1e-14 of them.
    """
    norm, derivative = case
    frame, scale = np.linalg.qr(np.random.default_rng(seed).standard_normal((4, 4)))[0], 1.7
    w, teacher = scale / ratio * frame[0], scale * (np.cos(angle) * frame[0] + np.sin(angle) * frame[1])
    flow = -st.PopulationLoss(teacher[None, :], norm, derivative=derivative).gradient(w[None, :])[0] / scale
    size = 1 + 1 / ratio
    p_dot, theta_dot = velocity(angle, ratio, norm, derivative=derivative)
    np.testing.assert_allclose(frame @ flow, [p_dot, -theta_dot / ratio, 0, 0], rtol=0, atol=1e-14 * size)
    rate = lyapunov_derivative(angle, ratio, norm, derivative=derivative)
    assert rate == pytest.approx((w - teacher) @ flow / scale, rel=0, abs=2e-14 * size**2)


angles = hs.floats(0, np.pi) | hs.floats(-80, 0).map(lambda x: 10**x) | hs.floats(-15, 0).map(lambda x: np.pi - 10**x)
ratios = hs.floats(-100, 100).map(lambda x: 10**x) | hs.tuples(hs.sampled_from([-1, 1]), hs.floats(-15, -1)).map(
    lambda x: 1 + x[0] * 10 ** x[1]
)


@given(angles.filter(lambda angle: angle == 0 or angle > 1e-80), ratios, hs.sampled_from(["backprop", "exact"]))
@example(1e-9, 1 + 1e-9, "backprop")
@example(0.0, 1 + 2**-52, "exact")
@example(np.pi, 1.0, "backprop")
@example(np.pi, 1e100, "exact")
@example(1.2, 1 / (2 * np.cos(1.2)), "backprop")  # |w - w*| = |w*|: p = 2 q cos(theta)
@example(1.2, 1 / (2 * np.cos(1.2)), "exact")
@example(0.3, 1.2, "backprop")  # p < q cos(theta): one term of the form of J is negative
def test_both_norms_approach_the_teacher_from_everywhere_and_h1_faster(angle, ratio, derivative):
    """The theorem of Oh, Lyu & Son 2025, on the whole plane but for 0 and ``w*``: dV/dt(H1) < dV/dt(L2) < 0."""
    assume(angle > 0 or ratio != 1)
    l2, h1 = (lyapunov_derivative(angle, ratio, norm, derivative=derivative) for norm in ("L2", "H1"))
    assert h1 < l2 < 0


def test_how_much_faster():
    """J decreases ``V`` at least as fast as L2 in the exact convention, at least 0.82 times as fast in backprop: the
    strict inequality has room for rounding.
    """
    angle, ratio = np.linspace(0.01, np.pi, 400)[:, None], np.geomspace(1e-6, 1e6, 1200)
    l2, backprop = (lyapunov_derivative(angle, ratio, norm) for norm in ("L2", (0, 1)))
    assert (lyapunov_derivative(angle, ratio, (0, 1), derivative="exact") / l2).min() > 1 - 4e-15
    assert 0.82 < (backprop / l2).min() < 0.83


@given(hs.floats(0.01, np.pi - 0.01), hs.floats(0.1, 10))
def test_who_is_ahead_at_equal_sharpness(angle, ratio):
    """H1 at half speed, backprop: ahead of L2 exactly where ``w . (w - w*) > 0``, that is ``p > q cos(theta)``."""
    l2, h1 = lyapunov_derivative(angle, ratio, "L2"), lyapunov_derivative(angle, ratio, "H1") / 2
    margin = np.sin(angle) * (1 / ratio - np.cos(angle)) / (4 * np.pi)
    assert l2 - h1 == pytest.approx(margin, rel=0, abs=1e-14 * abs(l2))


def test_the_exact_convention_aligns_in_finite_time():
    """``theta' -> -r/(2 pi)`` as ``theta -> 0``, where the backprop angle only decays."""
    assert velocity(1e-300, 3.0, "H1", derivative="exact")[1] == pytest.approx(-3 / (2 * np.pi), rel=1e-15)
    assert velocity(1e-300, 3.0, "H1")[1] == pytest.approx(-3e-300, rel=1e-15)


def test_the_exact_convention_turns_away_near_pi():
    """Exact H1: ``theta'`` changes sign at `THRESHOLD`; backprop turns to the teacher from everywhere."""
    below, above = velocity([THRESHOLD - 1e-5, THRESHOLD + 1e-5], derivative="exact")[:, 1]
    assert below < 0 < above
    assert (velocity(np.linspace(0.01, 3.14, 50))[:, 1] < 0).all()


def test_end_points_of_the_angle():
    """Parallel: ``p' = (q - p)/2`` per order. At the double nearest to pi: ``p' = -p/2``, and no turning."""
    np.testing.assert_array_equal(velocity(0.0, 0.5, "H1"), [-1, 0])
    np.testing.assert_array_equal(velocity(np.pi, 0.5, "H1"), [-2, 0])
    assert lyapunov_derivative(0.0, 0.5, "L2") == pytest.approx(-0.5, rel=1e-15)  # -(p - q)^2/2
    assert lyapunov_derivative(np.pi, 0.5, "H1") == pytest.approx(-6, rel=1e-15)  # -p (p + q)


def test_shapes_broadcast():
    angle, ratio = np.full((4, 1), 0.3), np.ones(5)
    assert velocity(angle, ratio).shape == (4, 5, 2)
    assert lyapunov_derivative(angle, ratio).shape == (4, 5)
    assert velocity(0.3).shape == (2,)
    assert lyapunov_derivative(0.3).shape == ()
    np.testing.assert_array_equal(velocity(angle, ratio)[2, 3], velocity(0.3))


def test_extreme_ratios_overflow_nowhere():
    """The velocity is linear in the ratio or its inverse; the Lyapunov derivative has its square, and says so."""
    assert np.isfinite(velocity(1.0, [1e-300, 9e299])).all()
    assert np.isfinite(lyapunov_derivative(1.0, [1e-150, 9e149])).all()
    with pytest.raises(ValueError, match=r"ratio: .* between 1e-150 and 1e\+150 are required, got 1e-151"):
        lyapunov_derivative(1.0, 1e-151)
