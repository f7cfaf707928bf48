"""The engine of any inputs and every parameter: against the one of standard inputs, and by what it must satisfy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.affine_point import AffinePoint

NORMS = {
    "relu": ("L2", "H1", (0.0, 2.0)),
    "relu2": ("L2", "H2"),
    "relu3": ("H3",),
    "erf": ("L2", "H1", (1.0, 0.5, 2.0)),
}
CASES = [(name, norm, d) for name, norms in NORMS.items() for norm in norms for d in ("exact", "backprop")]
HOMOGENEOUS = [case for case in CASES if case[0] != "erf"]
DEFAULT = [("relu", "H1", "exact"), ("relu", "H1", "backprop"), ("relu2", "H2", "backprop"), ("erf", "H1", "exact")]


def dear(cases: list[tuple[Any, ...]], default: list[tuple[Any, ...]]) -> list[Any]:
    """Cases, of which those that are not in the default run are long."""
    return [case if case in default else pytest.param(*case, marks=pytest.mark.long) for case in cases]


def network(rng: np.random.Generator, width: int, dim: int, activation: str) -> st.Network:
    """Generic, of unequal sizes."""
    scale = rng.uniform(0.3, 2.0, (width, 1))
    outputs, biases = rng.standard_normal((2, width))
    return st.Network(scale * rng.standard_normal((width, dim)), outputs, biases, rng.standard_normal(), activation)


def problem(seed: int, activation: str, norm: Any, derivative: str, **options: Any) -> tuple[st.PopulationLoss, Any]:
    """A loss of generic inputs and metric in every parameter, and a student."""
    rng = np.random.default_rng(seed)
    teacher, student = network(rng, 2, 3, activation), network(rng, 3, 3, activation)
    root, other = rng.standard_normal((2, 3, 3))
    about = {"inputs": st.Inputs(rng.standard_normal(3), root @ root.T), "metric": other @ other.T + np.eye(3)}
    about |= {"parameters": "all", "derivative": derivative}
    return st.PopulationLoss(teacher, norm, **about | options), student


def moved(loss: st.PopulationLoss, student: st.Network, by: np.ndarray) -> Any:
    """The student at other parameters."""
    layout, parameters = loss.layout(student.width), loss.parameters(student)
    return parameters.at_rows(layout, parameters.rows(layout) + layout.rows(by))


def error(found: Any, expected: Any) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize(("activation", "norm", "derivative"), dear(CASES, DEFAULT))
def test_both_engines_agree_at_standard_inputs(activation: str, norm: Any, derivative: str) -> None:
    """Rows in general position, nearly parallel and nearly antiparallel; each engine is accurate to 1e-14 or better."""
    rng = np.random.default_rng(1)
    W, V = rng.standard_normal((4, 3)), rng.standard_normal((3, 3))
    W[1], W[2] = 1.5 * V[0] + 1e-9 * rng.standard_normal(3), 1e-5 * rng.standard_normal(3) - V[1]
    teacher = st.Network(V, rng.standard_normal(3), activation=activation)
    loss = st.PopulationLoss(teacher, norm, derivative=derivative)
    fast = loss.at(st.Network(W, rng.standard_normal(4), activation=activation))
    general = AffinePoint(loss, fast.parameters)
    assert abs(general.value - fast.value) < 1e-14 * fast.value
    assert error(general.gradient, fast.gradient) < 1e-14
    assert error(general.hessian.to_dense(), fast.hessian.to_dense()) < 3e-14
    assert error(general.gauss_newton.to_dense(), fast.gauss_newton.to_dense()) < 1e-14


def require_differences(loss: st.PopulationLoss, student: st.Network) -> None:
    """Gradient and Hessian are central differences, of an error 1e-5^2 and 1e-16/1e-5."""
    layout, step = loss.layout(student.width), 1e-5
    pairs = [(moved(loss, student, step * e), moved(loss, student, -step * e)) for e in np.eye(layout.size)]
    gradient = loss.gradient(student)
    if loss.derivative == "exact" or not loss.norm.jumps_for(loss.activation):
        differences = [(loss.value(above) - loss.value(below)) / (2 * step) for above, below in pairs]
        assert error(gradient, np.array(differences)) < 1e-8
    differences = [(loss.gradient(above) - loss.gradient(below)) / (2 * step) for above, below in pairs]
    hessian = loss.hessian(student)
    assert error(hessian.to_dense(), np.array(differences).T) < 1e-8
    assert hessian.is_symmetric == (error(hessian.to_dense(), hessian.to_dense().T) < 1e-13)


@pytest.mark.parametrize(("activation", "norm", "derivative"), dear(CASES, DEFAULT))
def test_derivatives_are_those_of_what_they_derive_from(activation: str, norm: Any, derivative: str) -> None:
    require_differences(*problem(2, activation, norm, derivative))


@pytest.mark.parametrize(("activation", "norm", "derivative"), dear(HOMOGENEOUS, DEFAULT))
def test_rescalings(activation: str, norm: Any, derivative: str) -> None:
    """``xi = (w_i, b_i, -n a_i)``: null for Gauss-Newton, and ``H xi = -D grad``, ``D = (1, 1, -n)`` on the neuron."""
    loss, student = problem(3, activation, norm, derivative)
    n, layout = int(activation[4:] or 1), loss.layout(student.width)
    matrix, hessian, gradient = loss.gauss_newton(student), loss.hessian(student), loss.split(loss.gradient(student))
    size = np.abs(hessian.to_dense()).max()
    for i in range(student.width):
        rows = np.zeros((student.width + 1, 5))
        rows[i] = *student.weights[i], student.biases[i], -n * student.output_weights[i]
        xi = layout.flat(rows)
        rows[i] = *gradient["weights"][i], gradient["biases"][i], -n * gradient["output_weights"][i]
        assert np.abs(matrix @ xi).max() < 1e-13 * matrix.spectrum().largest * np.linalg.norm(xi)
        assert np.abs(hessian @ xi + layout.flat(rows)).max() < 1e-12 * size
    values = np.linalg.eigvalsh(matrix.to_dense())
    across = matrix.spectrum(quotient=True)
    np.testing.assert_allclose(np.asarray(across), values[student.width :], atol=1e-13 * values[-1])


MOVING = ("all", ("weights", "biases"), ("output_weights", "weights"), "weights")
JUMPING = [(f"relu{n}" if n > 1 else "relu", f"H{n}", moving) for n in (1, 2, 3) for moving in MOVING]


@pytest.mark.parametrize(("activation", "norm", "parameters"), dear(JUMPING, [("relu", "H1", "all")]))
def test_limits_at_the_teacher(activation: str, norm: str, parameters: Any) -> None:
    """The Hessian and the field just off a teacher, whose kinks coincide with the student's: off by about 1e-7."""
    loss, _ = problem(4, activation, norm, "backprop", parameters=parameters)
    teacher, rng = loss.teacher, np.random.default_rng(5)
    direction = rng.standard_normal(loss.layout(2).size)
    given = direction.reshape(2, 3) if parameters == "weights" else direction
    with pytest.raises(st.NotDifferentiableError, match="towards=X") as refused:
        loss.hessian(teacher)
    assert refused.value.pairs == [(0, 2), (1, 3)]
    beside, limit = loss.hessian(moved(loss, teacher, 1e-7 * direction)), loss.hessian(teacher, towards=given)
    assert error(limit.to_dense(), beside.to_dense()) < 2e-6
    field = loss.gradient(moved(loss, teacher, 1e-7 * direction)) / 1e-7
    assert error(loss.field_limit(teacher, given), field) < 2e-6
    np.testing.assert_allclose(loss.field_limit(teacher, given).ravel(), limit @ direction, rtol=1e-12)


KINKED = [(name, n) for name in st.activations.names() if (n := st.activations.get(name).jump_order) is not None]


@pytest.mark.parametrize(("name", "order"), dear(KINKED, [("abs", 1), ("elu", 2), ("hard_tanh", 1), ("step", 0)]))
def test_limits_of_every_kinked_activation(name: str, order: int) -> None:
    """As above; students parallel to a teacher and antiparallel to it, so to one another, and one apart.

    The antiparallel neuron is the negative of the teacher's: of two kinks of equal moduli each lies on one of its own.
    """
    loss, other = problem(15, name, [1.0, 0.7, 0.4, 0.3][: order + 1], "backprop")
    (v, u), (b, c) = loss.teacher.weights, loss.teacher.biases
    biases = [b, -b, c, other.biases[2]]
    student = st.Network([v, -v, u, other.weights[2]], [0.7, -1.2, 0.4, 0.9], biases, 0.3, name)
    with pytest.raises(st.NotDifferentiableError, match="towards=X") as refused:
        loss.hessian(student)
    assert {(0, 4), (2, 5)} <= set(refused.value.pairs)
    direction = np.random.default_rng(16).standard_normal(loss.layout(4).size)
    limit, beside = loss.hessian(student, towards=direction), loss.hessian(moved(loss, student, 1e-7 * direction))
    assert error(limit.to_dense(), beside.to_dense()) < 2e-6
    field = (loss.gradient(moved(loss, student, 1e-7 * direction)) - loss.gradient(student)) / 1e-7
    assert error(loss.field_limit(student, direction), field) < 2e-6


def test_directions_are_what_gradients_products_and_parts_are() -> None:
    """Bit by bit; parts that are left out rest."""
    for parameters in ("weights", "all"):
        loss, _ = problem(4, "relu", "H1", "backprop", parameters=parameters)
        teacher, layout = loss.teacher, loss.layout(2)
        flat = np.random.default_rng(5).standard_normal(layout.size)
        expected = loss.hessian(teacher, towards=flat).to_dense()
        along = loss.field_limit(teacher, flat)
        assert along.shape == loss.gradient(teacher).shape
        for form in (layout.given(flat), loss.split(flat), loss.split(layout.given(flat))):
            np.testing.assert_array_equal(loss.hessian(teacher, towards=form).to_dense(), expected)
            np.testing.assert_array_equal(loss.field_limit(teacher, form), along)
        for again in (along, loss.hessian(teacher, towards=flat) @ flat, loss.split(along)):
            assert loss.field_limit(teacher, again).shape == along.shape
    weights = loss.split(flat)["weights"]
    only = layout.rows(flat * 0)
    only[:2, :3] = weights
    found = st.compare(teacher, teacher, "H1", towards={"weights": weights}, parameters="all", inputs=loss.inputs)
    same = st.compare(teacher, teacher, "H1", towards=layout.flat(only), parameters="all", inputs=loss.inputs)
    assert found["H1"] == same["H1"]


def test_limits_at_a_teacher_whose_biases_are_zero() -> None:
    """Biases that move shift kinks off the mean of the inputs, in which they all meet at the teacher; as above."""
    rng = np.random.default_rng(14)
    loss = st.PopulationLoss(rng.standard_normal((2, 3)), "H1", parameters="all")
    direction = rng.standard_normal(loss.layout(2).size)
    beside = moved(loss, loss.teacher, 1e-7 * direction)
    limit = loss.hessian(loss.teacher, towards=direction)
    assert error(limit.to_dense(), loss.hessian(beside).to_dense()) < 2e-6
    assert error(loss.field_limit(loss.teacher, direction), loss.gradient(beside) / 1e-7) < 2e-6


@pytest.mark.parametrize(("activation", "norm"), [("relu", "H1"), ("selu", "H1"), ("elu", "H2")])
def test_biases_alone_part_kinks(activation: str, norm: str) -> None:
    """Kinks on parallel hyperplanes never meet: the limit is that of ``v = +-inf``, and one-sided in the bias."""
    loss, _ = problem(6, activation, norm, "backprop", parameters=("weights", "biases"))
    shift = np.concatenate([np.zeros(6), [1.0, -2.0]])
    for sign in (1.0, -1.0):
        beside = loss.hessian(moved(loss, loss.teacher, sign * 1e-7 * shift)).to_dense()
        assert error(loss.hessian(loss.teacher, towards=sign * shift).to_dense(), beside) < 2e-6
    with pytest.raises(st.NotDifferentiableError, match="towards keeps parallel rows parallel"):
        loss.hessian(
            loss.teacher, towards=loss.layout(2).flat(np.column_stack([loss.teacher.weights, loss.teacher.biases]))
        )


def test_neurons_that_move_little_part_kinks_as_well() -> None:
    """At a teacher the limit does not know how far each neuron moves: 1e-300 of another is no rounding of it."""
    loss, _ = problem(6, "relu", "H1", "backprop", parameters="all")
    layout, direction = loss.layout(2), np.random.default_rng(7).standard_normal((3, 5))
    expected = loss.hessian(loss.teacher, towards=layout.flat(direction)).to_dense()
    for little in (1e-17, 1e-300):
        towards = layout.flat(direction * [[1.0], [little], [1.0]])
        assert error(loss.hessian(loss.teacher, towards=towards).to_dense(), expected) < 1e-14


@pytest.mark.parametrize("parameters", ["biases", "output_weights", "output_bias", ("weights", "output_bias")])
def test_what_rests_is_left_out(parameters: Any) -> None:
    """Parts of the derivatives in all parameters."""
    whole, student = problem(7, "relu", "H1", "exact")
    some, _ = problem(7, "relu", "H1", "exact", parameters=parameters)
    flat, layout = np.arange(whole.layout(3).size, dtype=float), some.layout(3)
    at = np.concatenate([whole.split(flat)[name].ravel() for name in layout.names]).astype(int)
    np.testing.assert_allclose(some.gradient(student), whole.gradient(student)[at], rtol=1e-13)
    for name in ("hessian", "gauss_newton"):
        expected = getattr(whole, name)(student).to_dense()[np.ix_(at, at)]
        np.testing.assert_allclose(
            getattr(some, name)(student).to_dense(), expected, atol=1e-13 * np.abs(expected).max()
        )


def test_kinks_that_rest_leave_the_hessian_symmetric() -> None:
    """It is the Gauss-Newton matrix then: the network is linear in output weights and output bias."""
    loss, student = problem(7, "relu", "H1", "backprop", parameters=("output_weights", "output_bias"))
    hessian = loss.hessian(student)
    assert hessian.is_symmetric
    assert error(hessian.to_dense(), loss.gauss_newton(student).to_dense()) < 1e-14
    assert hessian.eigenpairs(4)[0] == pytest.approx(np.linalg.eigvalsh(hessian.to_dense()), rel=1e-13)


def test_a_mixture_of_directions_is_a_metric() -> None:
    """``M = sum_l w_l v_l v_l'``: the loss is that sum of losses of single directional derivatives."""
    rng = np.random.default_rng(8)
    directions, weights = rng.standard_normal((4, 3)), rng.uniform(0.5, 2.0, 4)
    teacher, student = network(rng, 2, 3, "erf"), network(rng, 3, 3, "erf")

    def gradient(metric: np.ndarray) -> np.ndarray:
        return st.PopulationLoss(teacher, (0.0, 1.0), metric=metric, parameters="all").gradient(student)

    parts = sum(w * gradient(np.outer(v, v)) for w, v in zip(weights, directions, strict=True))
    np.testing.assert_allclose(gradient(directions.T @ (weights[:, None] * directions)), parts, rtol=1e-12)


def test_units_of_the_inputs() -> None:
    """``x = s y`` with ``|grad_x f| = |grad_y f|/s``: inputs of variance s^2 in the metric s^2 are standard ones."""
    rng, s = np.random.default_rng(9), 2.5
    W, V = rng.standard_normal((2, 3, 4))
    standard = st.PopulationLoss(s * V, "H1")
    scaled = st.PopulationLoss(V, "H1", inputs=st.Inputs(covariance=s**2), metric=s**2)
    assert abs(scaled.value(W) - standard.value(s * W)) < 1e-14 * standard.value(s * W)
    np.testing.assert_allclose(scaled.gradient(W), s * standard.gradient(s * W), rtol=1e-13)


def test_kinks_through_the_mean_of_the_inputs() -> None:
    """``b = -w . mu`` up to rounding, with either sign of what is left: the multiple of a neuron is off by a multiple.

    ``E (s z_+ - z_+)^2 = (s - 1)^2 |w|^2/2``; the place of the kink is known to 1e-15 standard deviations.
    """
    rng = np.random.default_rng(10)
    for _ in range(20):
        w, mean = rng.standard_normal((2, 8))
        s = rng.uniform(1.5, 3)
        loss = st.PopulationLoss(st.Network([w], biases=[-w @ mean]), "L2", inputs=st.Inputs(mean))
        for side in (1, -1):  # z_+ of a multiple, and of its negative: (s z_+ - z_+)^2 or s^2 z_+^2 + z_-^2
            student = st.Network([side * s * w], biases=[-side * s * (w @ mean)])
            expected = (w @ w) / 4 * ((s - 1) ** 2 if side == 1 else s**2 + 1)
            assert abs(loss.value(student) - expected) < 1e-13 * (w @ w)


@pytest.mark.parametrize("bias", [5e-324, 1e-320, 1e-300, 1e-20])
def test_a_bias_that_vanishes(bias: float) -> None:
    """Continuity of everything where the general engine takes over, also among numbers that have lost their digits."""
    W, V = np.random.default_rng(11).standard_normal((2, 3, 3))
    loss = st.PopulationLoss(V, "H1")
    beside, at = loss.at(st.Network(W, biases=[bias, -bias, 0.0])), loss.at(W)
    assert isinstance(beside, AffinePoint)
    assert error(beside.gradient, at.gradient) < 1e-14
    assert error(beside.hessian.to_dense(), at.hessian.to_dense()) < 1e-14


@pytest.mark.parametrize(("bias", "mean"), [(0.4, 0.0), (100.0, 0.0), (0.5, 100.0)])
@pytest.mark.parametrize("is_singular", [False, True])
def test_multiples_of_neurons_bend_where_those_do(bias: float, mean: float, is_singular: bool) -> None:
    """Also those whose weights and biases are multiples up to rounding only, which parts kinks by many deviations."""
    rng = np.random.default_rng(12)
    w, mu = rng.standard_normal((2, 20, 3))
    mu *= mean
    offsets = bias - (w * mu).sum(axis=1)
    normal = np.array([2.0, 1.0, -1.0]) / 6**0.5
    covariance = np.eye(3) - np.outer(normal, normal) if is_singular else 1.5
    for weight, at, b, s in zip(w, mu, offsets, rng.uniform(1.5, 3, 20), strict=True):
        loss = st.PopulationLoss(st.Network([weight], biases=[b]), "H1", inputs=st.Inputs(at, covariance))
        across = is_singular * normal  # one more weight on what is constant, and less of a bias
        student = st.Network([s * weight + across], biases=[s * b - across @ at])
        with pytest.raises(st.NotDifferentiableError):
            loss.hessian(student)
    apart = loss.hessian(st.Network([s * weight], biases=[s * b + 1e-9]))
    assert np.isfinite(apart.to_dense()).all()


def test_inputs_on_a_plane() -> None:
    """They have the loss of two dimensions, with the weights within them; there are no nearly parallel ones."""
    rng, plane = np.random.default_rng(13), np.array([[2.0, -1.0, 2.0], [1.0, 2.0, 0.0]]) / [[3.0], [5**0.5]]
    nets = [network(rng, 1, 3, "relu") for _ in range(2)]
    inside = [st.Network(net.weights @ plane.T, net.output_weights, net.biases, net.output_bias) for net in nets]
    options: dict[str, Any] = {"parameters": "all", "derivative": "exact"}
    whole = st.PopulationLoss(nets[0], inputs=st.Inputs(covariance=plane.T @ plane), metric=plane.T @ plane, **options)
    within = st.PopulationLoss(inside[0], **options)
    found, expected = whole.split(whole.gradient(nets[1])), within.split(within.gradient(inside[1]))
    expected["weights"] = expected["weights"] @ plane
    for name, part in expected.items():
        np.testing.assert_allclose(found[name], part, rtol=1e-12)


def test_means_that_round_to_zero() -> None:
    """Of nearly parallel neurons the kinks still meet where their exact means say, those at inputs of mean zero."""
    mean = np.array([0.1, 0.3])
    rows = np.array([[1.0, 1.0], [1.0 + 1e-12, 1.0 - 1e-12]])
    biases = -(rows @ mean)
    exact = [sum(Fraction(x) * Fraction(y) for x, y in zip(w, mean, strict=True)) for w in rows]
    left = np.array([float(z + Fraction(b)) for z, b in zip(exact, biases, strict=True)])
    assert not (rows @ mean + biases).any()
    assert left.any()

    def hessian(offsets: np.ndarray, inputs: st.Inputs) -> np.ndarray:
        teacher, student = (st.Network([w], biases=[b]) for w, b in zip(rows, offsets, strict=True))
        return (
            st.PopulationLoss(teacher, inputs=inputs, parameters=("biases", "output_weights"))
            .hessian(student)
            .to_dense()
        )

    assert error(hessian(biases, st.Inputs(mean)), hessian(left, st.Inputs())) < 1e-14
