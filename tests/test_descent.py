"""Gradient descent: the iteration in plain NumPy, contraction by eigenvalues, and steps that are too long."""

import numpy as np
import pytest

import sobolev_theory as st
from tests.oracles.flows import relu_gradient


def near(teacher, size=0.1, seed=0):
    return teacher + size * np.random.default_rng(seed).standard_normal(teacher.shape)


@pytest.mark.parametrize(("norm", "lambdas"), [("L2", (1.0, 0.0)), ("H1", (1.0, 1.0)), ((0.5, 0.2), (0.5, 0.2))])
def test_iterates_are_those_of_plain_numpy(norm, lambdas):
    """Thirty gradients, each good to 1e-15, in an iteration that contracts; d = 13 is more than 2 (3 + 2)."""
    rng = np.random.default_rng(1)
    student, teacher = (rng.standard_normal((k, 13)) / 3 for k in (3, 2))
    a, b = np.array([1.0, 0.7, -0.5]), np.array([1.0, -0.8])
    loss = st.PopulationLoss(st.Network(teacher, b), norm)
    descent = st.gradient_descent(loss, st.Network(student, a), 30, step=0.4)
    expected = [student]
    for _ in range(30):
        expected.append(expected[-1] - 0.4 * relu_gradient(lambdas, expected[-1], teacher, a, b))
    assert descent.step == 0.4
    assert not descent.diverged
    np.testing.assert_allclose(descent.weights, expected, rtol=0, atol=1e-13)
    at = [st.Network(w, a) for w in expected]
    np.testing.assert_allclose(descent.loss, [loss.value(w) for w in at], rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        descent.gradient_norm, [np.linalg.norm(loss.gradient(w)) for w in at], rtol=0, atol=1e-13
    )
    assert np.isnan(descent.distance).all()


def test_on_the_ray_of_the_teacher():
    """``D`` is multiplied by ``1 - step/2``."""
    teacher = np.array([[0.6, 0.0, 0.8]])
    descent = st.gradient_descent(st.PopulationLoss(teacher, "L2"), 2 * teacher, 20, step=0.9)
    np.testing.assert_allclose(descent.distance, 0.55 ** np.arange(21.0), rtol=0, atol=2e-15)
    np.testing.assert_allclose(descent.loss, 0.25 * 0.55 ** (2 * np.arange(21.0)), rtol=0, atol=2e-15)


def test_many_dimensions():
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((4, 50_000)) / 220
    basis, triangle = np.linalg.qr(rows.T)
    many, few = (st.gradient_descent(st.PopulationLoss(w[2:], "H1"), w[:2], 5, step=0.5) for w in (rows, triangle.T))
    assert many.weights.shape == (6, 2, 50_000)
    np.testing.assert_allclose(many.weights, few.weights @ basis.T, rtol=0, atol=1e-13)
    np.testing.assert_allclose(many.distance, few.distance, rtol=0, atol=1e-13)


def test_the_best_step_of_a_spectrum():
    """``2/(lambda_min + lambda_max)`` and ``(kappa - 1)/(kappa + 1)`` at an orthonormal teacher, in numbers.

    L2, K = 2, span: 1/4 - 1/(2 pi) and 1/2 + 1/4 + 1/(2 pi) (diagonal 1/2, all others 1/4 or 1/(2 pi)).
    """
    curvature = st.PopulationLoss(np.eye(2), "L2").gauss_newton(np.eye(2))
    h = 1 / (2 * np.pi)
    # on (D_11, D_22, D_12, D_21)
    dense = np.array([[0.5, h, 0, 0.25], [h, 0.5, 0.25, 0], [0, 0.25, 0.5, h], [0.25, 0, h, 0.5]])
    low, *_, high = np.linalg.eigvalsh(dense)
    best = st.best_step(curvature)
    assert best.step == pytest.approx(2 / (low + high), rel=1e-14)
    kappa = high / low
    assert best.contraction == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-14)
    assert abs(1 - best.step * low) == pytest.approx(best.contraction, rel=1e-14)
    assert abs(1 - best.step * high) == pytest.approx(best.contraction, rel=1e-14)


@pytest.mark.parametrize("width", [3, 4])
@pytest.mark.parametrize("share", [None, 0.5, 0.9])
def test_l2_contracts_by_its_eigenvalues(width, share):
    """``|1 - step lambda|``, the largest over the spectrum: by default the same at both ends. Four digits: next to the
    slowest mode others have not quite decayed.
    """
    teacher = np.eye(width, width + 1)
    loss = st.PopulationLoss(teacher, "L2")
    low, high = 1 / 4 - 1 / (2 * np.pi), loss.gauss_newton(teacher).spectrum().largest
    step = None if share is None else 2 * share / high
    descent = st.gradient_descent(loss, near(teacher), 130, step=step)
    contraction = max(abs(1 - descent.step * low), abs(1 - descent.step * high))
    if step is None:
        best = st.best_step(loss.gauss_newton(teacher))
        assert descent.step == pytest.approx(best.step, rel=1e-6)  # the Hessian is taken at 1e-6 from the teacher
        assert contraction == pytest.approx(best.contraction, rel=1e-6)
    observed = (descent.distance[130] / descent.distance[110]) ** (1 / 20)
    assert observed == pytest.approx(contraction, rel=1e-4)


def test_backprop_h1_contracts_by_its_own_jacobian():
    """Near an orthonormal teacher the field decays at ``1/2 - 1/pi`` (see `test_rates`), slower than any eigenvalue of
    the Gauss-Newton matrix: the best step for that contracts by ``1 - step (1/2 - 1/pi)``, not by ``best.contraction``.
    The direction, which the field depends on, still turns: two digits.
    """
    teacher = np.eye(3, 5)
    loss = st.PopulationLoss(teacher, "H1")
    best = st.best_step(loss.gauss_newton(teacher))
    for step in (best.step, None):
        descent = st.gradient_descent(loss, near(teacher), 120, step=step)
        observed = (descent.distance[120] / descent.distance[80]) ** (1 / 40)
        assert observed == pytest.approx(1 - descent.step * (1 / 2 - 1 / np.pi), rel=0.01)
        assert observed > best.contraction + 0.1


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_a_step_beyond_two_over_the_sharpness_does_not_converge(norm):
    teacher = np.eye(3)
    loss = st.PopulationLoss(teacher, norm)
    sharpness = loss.gauss_newton(teacher).spectrum().largest
    short, long = (st.gradient_descent(loss, near(teacher), 400, step=f / sharpness) for f in (1.7, 2.1))
    assert short.distance[-1] < 1e-8
    assert long.distance[-1] > 0.1


@pytest.mark.parametrize(
    ("activation", "norm", "step"),
    [("relu", "L2", 6.0), ("relu", "H1", 4.0), ("relu2", "L2", 2.0), ("relu2", "H2", 1.0)],
)
def test_divergence_is_a_status(activation, norm, step):
    """What is left is finite, and can be looked at without warnings."""
    teacher = st.Network(np.eye(2, 3), activation=activation)
    start = st.Network(near(teacher.weights, 0.3), activation=activation)
    descent = st.gradient_descent(st.PopulationLoss(teacher, norm), start, 5000, step=step)
    assert descent.diverged
    assert len(descent.weights) < 5001
    for quantity in (descent.weights, descent.loss, descent.gradient_norm, descent.distance):
        assert np.isfinite(quantity).all()
        assert len(quantity) == len(descent.weights)
    assert descent.loss[-1] > 1e3 * descent.loss[0]


def test_an_iterate_without_a_gradient_raises():
    """From ``-w*`` the step 2 leads to 0."""
    loss = st.PopulationLoss([[1.0, 0.0]], "L2")
    with pytest.raises(st.NotDifferentiableError, match="zero"):
        st.gradient_descent(loss, [[-1.0, 0.0]], 2, step=2.0)
    np.testing.assert_array_equal(st.gradient_descent(loss, [[-1.0, 0.0]], 1, step=2.0).weights[-1], [[0, 0]])


def test_the_best_step_of_a_complex_spectrum():
    """Backprop Hessians can have one. ``max |1 - step lambda|`` is convex in the step: no neighbour is better."""
    loss = st.PopulationLoss(np.eye(3), "H1")
    hessians = (loss.hessian(near(np.eye(3), 0.2, seed)) for seed in range(100))
    curvature = next(h for h in hessians if np.abs(np.imag(h.spectrum().values)).max() > 0.01)
    best, values = st.best_step(curvature), curvature.spectrum().values

    def contraction(step):
        return np.abs(1 - step * values).max()

    assert best.contraction == pytest.approx(contraction(best.step), rel=1e-14)
    assert best.contraction <= min(contraction(best.step * (1 + d)) for d in (-1e-3, -1e-6, 1e-6, 1e-3))


def test_no_best_step():
    """Indefinite, and singular."""
    loss = st.PopulationLoss([[0.0, 3.0, 0.0]], "L2")
    coincident = np.ones((2, 2))
    for curvature in (
        loss.hessian([[1.0, 0.0, 0.0]]),  # 1/2 - r sin(theta)/pi < 0
        st.PopulationLoss(np.eye(2, 3), "L2").gauss_newton(st.Network(np.eye(2, 3), [1.0, 0.0])),
    ):
        with pytest.raises(ValueError, match=r"curvature: eigenvalues of positive real part are required"):
            st.best_step(curvature)
    with pytest.raises(ValueError, match=r"step: a step is required if student and teacher differ"):
        st.gradient_descent(st.PopulationLoss(coincident[:1], "L2"), np.eye(2), 3)


@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_a_descent_that_came_to_rest_ends(norm):
    """Ten million steps: it stops where the weights return to where they were, up to 8 roundings."""
    descent = st.gradient_descent(st.PopulationLoss(np.eye(3), norm), near(np.eye(3)), 10**7)
    assert descent.status == "stationary"
    assert len(descent.loss) < 2000
    assert descent.distance[-1] < 1e-13
    still = st.gradient_descent(st.PopulationLoss(np.eye(3), norm), near(np.eye(3)), 10**7, step=1e-20)
    assert (still.status, len(still.loss)) == ("stationary", 2)  # no weight changes


def test_too_many_iterates_are_refused_before_work_begins():
    with pytest.raises(st.SizeError, match=r"steps: .* GiB are needed, .* take fewer steps"):
        st.gradient_descent(st.PopulationLoss(np.eye(3)), near(np.eye(3)), 10**30)


def test_progress_of_a_descent_goes_to_stderr(capsys):
    st.gradient_descent(st.PopulationLoss(np.eye(3)), near(np.eye(3)), 5, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "gradient descent" in captured.err


@pytest.mark.parametrize("quantity", ["loss", "gradient_norm", "distance"])
def test_time_to_a_level_is_counted_in_iterations(quantity):
    """The first iterate at or below a level; a descent until that level ends there, and says so."""
    loss, start = st.PopulationLoss(np.eye(3), "H1"), near(np.eye(3))
    descent = st.gradient_descent(loss, start, 60)
    values = getattr(descent, quantity)
    level = float(values[20] * values[21]) ** 0.5
    assert descent.time_to(**{quantity: level}) == np.flatnonzero(values <= level)[0] == 21
    assert descent.time_to(**{quantity: values[0]}) == 0
    assert descent.time_to(**{quantity: values.min() / 2}) == np.inf
    until = st.gradient_descent(loss, start, 60, until={quantity: level})
    assert until.status == quantity
    np.testing.assert_array_equal(until.weights, descent.weights[:22])
    other = st.gradient_descent(loss, start, 60, until={"loss": 1e-300, quantity: level})
    assert (other.status, len(other.loss)) == (quantity, 22)


def test_a_descent_of_short_steps_takes_the_time_of_the_flow():
    """Explicit Euler: rates are off by half of step times rate, here by at most ``0.05 / 4``."""
    loss, start = st.PopulationLoss([[1.0, 0.0]], "L2"), [[0.5, 0.8]]
    flow = st.gradient_flow(loss, start, np.inf, until={"loss": 1e-4})
    descent = st.gradient_descent(loss, start, 5000, step=0.05, until={"loss": 1e-4})
    assert 0.05 * descent.time_to(loss=1e-4) == pytest.approx(flow.time_to(loss=1e-4), rel=0.0125)


def test_levels_of_a_descent_are_checked():
    loss = st.PopulationLoss([[1.0, 0.0]], "L2")
    descent = st.gradient_descent(loss, [[0.5, 0.8]], 3)
    for level in (0.0, -1.0, np.nan, "1"):
        with pytest.raises(ValueError, match=r"until: loss: a positive finite level is required"):
            st.gradient_descent(loss, [[0.5, 0.8]], 3, until={"loss": level})
        with pytest.raises(ValueError, match=r"time_to: loss: a positive finite level is required"):
            descent.time_to(loss=level)
    with pytest.raises(ValueError, match=r"until: .*'time'"):
        st.gradient_descent(loss, [[0.5, 0.8]], 3, until={"time": 1.0})
    with pytest.raises(ValueError, match=r"time_to: one of loss, gradient_norm, distance is required, got none"):
        descent.time_to()
    wide = st.gradient_descent(loss, np.eye(2), 3, step=0.1)
    with pytest.raises(ValueError, match=r"time_to: a distance needs a student as wide"):
        wide.time_to(distance=1.0)
    with pytest.raises(ValueError, match=r"until: a distance needs a student as wide"):
        st.gradient_descent(loss, np.eye(2), 3, step=0.1, until={"distance": 1.0})
