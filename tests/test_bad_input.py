"""Every wrong input is refused at the door, with a message that names the argument and what to do."""

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.errors import OverflowingError
from sobolev_theory.symbolic import derive

V = np.array([[1.0, 0.0], [0.0, 1.0]])
W = np.array([[1.0, 1.0], [1.0, -1.0]])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "shape"),
        (np.ones((2, 2, 2)), "shape"),
        (np.ones((0, 3)), "empty"),
        ([[1.0, np.nan]], "finite"),
        ([[1.0, np.inf]], "finite"),
        ([[1.0 + 1j]], "real"),
        ([["a"]], "numbers"),
        ([[1.0], [1.0, 2.0]], "numbers"),
    ],
)
def test_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        st.Network(weights)
    with pytest.raises(ValueError, match=message):
        st.PopulationLoss(weights)
    with pytest.raises(ValueError, match=message):
        st.PopulationLoss(V).value(weights)
    with pytest.raises(ValueError, match="weights"):
        st.Network(weights)
    with pytest.raises(ValueError, match="teacher"):
        st.PopulationLoss(weights)
    with pytest.raises(ValueError, match="student"):
        st.PopulationLoss(V).gradient(weights)


def test_other_network_arguments():
    with pytest.raises(ValueError, match=r"output_weights.*K = 2"):
        st.Network(V, [1.0])
    with pytest.raises(ValueError, match="biases"):
        st.Network(V, biases=[0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match=r"x: .*d = 2"):
        st.Network(V)(np.ones((3, 3)))
    with pytest.raises(ValueError, match="width"):
        st.Network.orthonormal(3, 2)
    for width in (0, -1, 1.5, "2"):
        with pytest.raises(ValueError, match="width"):
            st.Network.random(width, 2)


def test_dimension_mismatch():
    with pytest.raises(ValueError, match=r"student|teacher"):
        st.PopulationLoss(V).gradient(np.ones((2, 3)))


@pytest.mark.parametrize("name", ["tahn", "ReLU", "", None, 3, {"relu"}])
def test_unknown_activation(name):
    with pytest.raises(st.UnknownActivationError, match="relu2"):
        st.Network(V, activation=name)
    with pytest.raises(ValueError, match="activation"):
        st.activations.get(name)


def test_students_have_the_activation_of_the_loss():
    with pytest.raises(ValueError, match="student: activation 'relu' is required, got 'erf'"):
        st.PopulationLoss(V).value(st.Network(W, activation="erf"))
    with pytest.raises(ValueError, match="student: activation 'relu' is required, got 'erf'"):
        st.PopulationLoss(st.Network(V, activation="erf"), activation="relu").value(st.Network(W, activation="erf"))


@pytest.mark.parametrize(
    "norm", ["l2", "H0", "H", "H1.5", "", 2.0, (), (-1.0,), (1.0, -1e-9), (0.0, 0.0), (1.0, np.nan), ("a",)]
)
def test_norms(norm):
    with pytest.raises(ValueError, match="norm"):
        st.PopulationLoss(V, norm)


def test_infinite_norms():
    for name, norm in (("relu", "H2"), ("relu", (1, 0, 1e-9)), ("relu2", "H3"), ("relu3", "H4")):
        with pytest.raises(st.InfiniteNormError, match=name):
            st.PopulationLoss(V, norm, activation=name)
    assert st.PopulationLoss(V, (1, 1, 0), activation="relu").sobolev_weights == (
        1,
        1,
    )  # a zero weight asks for nothing
    with pytest.raises(ValueError, match="orders up to 3"):
        st.PopulationLoss(V, "H4", activation="erf")


def test_words():
    with pytest.raises(ValueError, match="derivative"):
        st.PopulationLoss(V, derivative="autograd")
    with pytest.raises(ValueError, match="curvature"):
        st.condition_number_ratio(W, V, curvature="fisher")
    with pytest.raises(ValueError, match="kind"):
        st.PopulationLoss(V).hessian(W).condition_number("spectral")


def test_zero_biases_are_no_biases():
    assert st.PopulationLoss(st.Network(V, biases=[0.0, 0.0])).value(V) == 0


def test_limits_are_named():
    """Kernels alone, as of an older file, are closed forms for standard inputs, hidden weights and no biases."""
    bare = st.activations.Activation("quadratic", derive("z**2", "quadratic").activation.kernels)
    biased = st.Network(V, biases=[0.1, 0.0], activation=bare)
    standard = st.PopulationLoss(V, "L2", activation=bare)
    for refused in (
        lambda: st.PopulationLoss(biased, "L2"),
        lambda: standard.value(biased),
        lambda: st.PopulationLoss(V, "L2", activation=bare, inputs=st.Inputs(covariance=2.0)),
        lambda: st.PopulationLoss(V, "L2", activation=bare, metric=2.0),
        lambda: st.PopulationLoss(V, "L2", activation=bare, parameters="all"),
    ):
        with pytest.raises(NotImplementedError, match=r"^activation: "):
            refused()


def test_inputs_metrics_and_parameters():
    with pytest.raises(ValueError, match=r"^inputs: .*Inputs"):
        st.PopulationLoss(V, inputs=np.eye(2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"inputs: input dimension 2 of the networks is required, got 3"):
        st.PopulationLoss(V, inputs=st.Inputs(covariance=np.eye(3)))
    for metric, told in (
        ([[1.0, 2.0], [0.0, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "semi-?definite"),
        (np.eye(3), "d = 2 is required"),
        ([np.nan, 1.0], "finite"),
        (0.0, "not zero"),
    ):
        with pytest.raises(ValueError, match=f"^metric: .*{told}"):
            st.PopulationLoss(V, metric=metric)
    for names, told in (("weight", "'weights'"), ((), "is required"), (("weights", 3), "got 3"), (None, "is required")):
        with pytest.raises(ValueError, match=f"^parameters: .*{told}"):
            st.PopulationLoss(V, parameters=names)  # type: ignore[arg-type]


def test_what_moves_has_to_be_given():
    loss = st.PopulationLoss(V, parameters="all")
    with pytest.raises(ValueError, match=r"^student: a Network is required where output_weights, weights, biases"):
        loss.value(W)
    with pytest.raises(ValueError, match=r"^vector: output_weights, weights, biases, output_bias are required, 4 numb"):
        loss.split(np.ones(8))
    student = st.Network(W)
    with pytest.raises(ValueError, match=r"^vector: a flat vector of numbers is required, got Curvature"):
        loss.split(loss.gauss_newton(student))
    parts = r"9 numbers, output_weights \(2,\), weights \(2, 2\), biases \(2,\), output_bias \(\), is required, got "
    for towards, told in ((W, r"shape \(2, 2\); for weights alone pass {'weights': x}"), (student, "Network")):
        with pytest.raises(ValueError, match=f"^towards: a flat vector of {parts}{told}"):
            loss.hessian(student, towards=towards)
    for part, told in (
        ({"bias": [1.0, 2.0]}, "one of 'output_weights', .* is required, got 'bias'; did you mean 'biases'"),
        ({"biases": W}, r"shape \(K,\) with K = 2 is required, got shape \(2, 2\)"),
        ({"output_bias": np.nan}, "finite numbers"),
        ({}, "a direction that is not zero is required"),
    ):
        with pytest.raises(ValueError, match=f"^towards(, [a-z_]*)?: {told}"):
            loss.hessian(student, towards=part)


@pytest.mark.parametrize("options", [{}, {"parameters": "all"}])
def test_one_limit_is_along_one_direction(options):
    """Means over random ones are for others to take."""
    loss, student = st.PopulationLoss(V, **options), st.Network(V)
    for name, ask in (("towards", loss.hessian), ("X", loss.field_limit)):
        with pytest.raises(
            ValueError, match=f"^{name}: a displacement.* got 'random'; .* are for compare, condition_n"
        ):
            ask(student, "random")


def test_samples_are_no_covariance():
    with pytest.raises(ValueError, match=r"^covariance: a square .* got shape \(3, 2\); of samples.* Inputs.from_data"):
        st.Inputs(covariance=np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"^inputs: an Inputs is required, got ndarray"):
        st.PopulationLoss(V, inputs=np.eye(2))


def test_neurons_that_are_constant_on_all_inputs_are_named():
    loss = st.PopulationLoss(V, inputs=st.Inputs(covariance=[1.0, 0.0]))
    with pytest.raises(ValueError, match=r"^teacher: .* neuron 1 has w' Sigma w = 0"):
        loss.value(W)
    loss = st.PopulationLoss(V[:1], inputs=st.Inputs(covariance=[1.0, 0.0]))
    with pytest.raises(ValueError, match=r"^student: .* neuron 0 has w' Sigma w = 0"):
        loss.gradient(V[::-1])
    assert st.PopulationLoss(V, "H1", activation="erf", inputs=st.Inputs(covariance=[1.0, 0.0])).value(W) > 0


def test_zero_rows():
    student = np.array([[1.0, 2.0], [0.0, 0.0]])
    loss = st.PopulationLoss(V, "L2")
    assert loss.value(student) > 0  # the value exists
    for derivative in (loss.gradient, loss.hessian, loss.gauss_newton):
        with pytest.raises(st.NotDifferentiableError, match="zero") as caught:
            derivative(student)
        assert caught.value.pairs == [(1, 1)]


def test_zero_rows_of_smoother_activations():
    """z_+^2 has a gradient at a zero weight, z_+^3 a Hessian too, erf everything; a zero teacher row is no obstacle."""
    student = np.array([[1.0, 2.0], [0.0, 0.0]])
    assert (st.PopulationLoss(V, "L2", activation="relu2").gradient(student)[1] == 0).all()
    with pytest.raises(st.NotDifferentiableError):
        st.PopulationLoss(V, "L2", activation="relu2").hessian(student)
    for name in ("relu3", "erf"):
        assert np.isfinite(st.PopulationLoss(V, "L2", activation=name).hessian(student).to_dense()).all()
    padded = st.PopulationLoss(np.vstack([V, [[0.0, 0.0]]]), "H1")
    np.testing.assert_array_equal(padded.gradient(W), st.PopulationLoss(V, "H1").gradient(W))


def test_parallel_rows():
    """W = V: L2 works; H1 with ReLU has no Hessian, the exact convention no gradient; Gauss-Newton always exists."""
    loss = st.PopulationLoss(V, "H1")
    assert np.abs(loss.gradient(V)).max() < 1e-15
    with pytest.raises(st.NotDifferentiableError, match="gauss_newton") as caught:
        loss.hessian(V)
    assert caught.value.pairs == [(0, 2), (1, 3)]
    with pytest.raises(st.NotDifferentiableError, match="backprop") as caught:
        st.PopulationLoss(V, "H1", derivative="exact").gradient(V)
    assert caught.value.pairs == [(0, 2), (1, 3)]
    assert np.isfinite(loss.gauss_newton(V).to_dense()).all()
    assert np.isfinite(st.PopulationLoss(V, "L2").hessian(V).to_dense()).all()


@pytest.mark.parametrize("factor", [2.0, 1.1, -1.0, -0.3])
def test_parallel_but_not_equal_rows(factor):
    """The direction e is lost for every multiple, opposite ones included."""
    with pytest.raises(st.NotDifferentiableError):
        st.PopulationLoss(V, "H1").hessian(factor * V[:1])


def test_parallel_rows_without_weight_are_no_obstacle():
    student = st.Network(np.vstack([W, V[:1]]), [1.0, 1.0, 0.0])
    assert np.isfinite(st.PopulationLoss(V, "H1").hessian(student).to_dense()).all()


def test_coincident_students():
    twice = np.vstack([W[:1], W[:1]])
    with pytest.raises(st.NotDifferentiableError) as caught:
        st.PopulationLoss(V, "H1").hessian(twice)
    assert (0, 1) in caught.value.pairs
    assert np.isfinite(st.PopulationLoss(V, "L2").hessian(twice).to_dense()).all()


@pytest.mark.parametrize(
    ("angle", "ratio"), [(-0.1, 1), (3.2, 1), (np.nan, 1), (1, 0), (1, -1), (1, np.inf), (1, np.nan), ([], 1)]
)
def test_single_neuron_domain(angle, ratio):
    for function in (
        st.single_neuron.eigenvalues,
        st.single_neuron.condition_number,
        st.single_neuron.condition_number_ratio,
        st.single_neuron.velocity,
        st.single_neuron.lyapunov_derivative,
    ):
        with pytest.raises(ValueError, match=r"angle|ratio"):
            function(angle, ratio)


def test_single_neuron_norms():
    with pytest.raises(st.InfiniteNormError):
        st.single_neuron.eigenvalues(1.0, norm="H2")
    with pytest.raises(ValueError, match="norms"):
        st.single_neuron.condition_number_ratio(1.0, norms="H1")


def test_all_named_errors_are_value_errors():
    for error in (st.NotDifferentiableError, st.InfiniteNormError, st.UnknownActivationError):
        assert issubclass(error, ValueError)


def test_networks_are_frozen():
    net = st.Network(V)
    with pytest.raises(AttributeError):
        net.weights = W
    with pytest.raises(ValueError, match="read-only"):
        net.weights[0, 0] = 5.0
    own = V.copy()
    st.Network(own)
    own[0, 0] = 2.0  # the caller's array stays writable, and the network does not see the change


@pytest.mark.parametrize(
    ("activation", "size", "refused"),
    [
        ("relu", 1e200, ["value"]),
        ("relu2", 1e160, ["value", "gradient", "hessian", "gauss_newton"]),
        ("erf", 1e160, []),
    ],
)
def test_overflow_is_an_error_and_not_a_number(activation, size, refused):
    """The worst fit must not pass for a perfect one; what is a double is given, however large weights are."""
    loss = st.PopulationLoss(size * np.eye(2, 3), "H1", activation=activation)
    student = size * np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])
    for name in ("value", "gradient", "hessian", "gauss_newton"):
        quantity = getattr(loss, name)
        if name in refused:
            with pytest.raises(OverflowingError, match="overflows"):
                quantity(student)
        else:
            found = quantity(student)
            assert np.isfinite(found.to_dense() if hasattr(found, "to_dense") else found).all()


def test_a_divergent_pair_of_weight_zero_contributes_nothing():
    """A teacher row of output weight zero, parallel to a student, in the exact convention."""
    student = np.array([[2.0, 0.0, 0.0], [0.3, 0.4, 0.5]])
    teacher = st.Network([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.0, 1.0])
    with_row = st.PopulationLoss(teacher, "H1", derivative="exact").hessian(student).to_dense()
    without = st.PopulationLoss([[0.0, 1.0, 0.0]], "H1", derivative="exact").hessian(student).to_dense()
    np.testing.assert_allclose(with_row, without, rtol=1e-14)


DYNAMICS = {
    "gradient_flow": lambda student, loss: st.gradient_flow(loss, student, 1.0),
    "critical_point": lambda student, loss: st.critical_point(loss, student),
    "gradient_descent": lambda student, loss: st.gradient_descent(loss, student, 2, step=0.1),
    "lyapunov_derivative": lambda student, loss: st.lyapunov_derivative(loss, student),
    "compare_flows": lambda student, loss: st.compare_flows(student, loss.teacher, t_max=1.0),
}


@pytest.mark.parametrize("name", DYNAMICS)
@pytest.mark.parametrize(
    ("student", "message"),
    [
        (np.ones((2, 3)), "student: input dimension 2 of the teacher is required"),
        (np.ones(2), "student: shape .* is required"),
        ([[1.0, np.nan], [1.0, 1.0]], "student: finite numbers are required"),
        ("W", "student: an array of numbers"),
        (st.Network(W, activation="erf"), "student: activation 'relu' is required, got 'erf'"),
        ([[1.0, 2.0], [0.0, 0.0]], "kink at a zero weight"),
    ],
)
def test_starts_of_dynamics(name, student, message):
    with pytest.raises(ValueError, match=message):
        DYNAMICS[name](student, st.PopulationLoss(V, "L2"))


@pytest.mark.parametrize("name", DYNAMICS)
def test_starts_that_are_too_long_for_dynamics(name):
    """Descent says that it diverged; its gradient is a double."""
    student, loss = 1e200 * np.array(W), st.PopulationLoss(V, "L2")
    if name == "gradient_descent":
        assert DYNAMICS[name](student, loss).diverged
    else:
        with pytest.raises(ValueError, match=r"overflows|between 1e-100 and 1e100"):
            DYNAMICS[name](student, loss)


def test_dynamics_start_where_there_is_a_gradient():
    """Parallel to the teacher the exact field does not exist, and backprop has no Hessian for Newton's method."""
    start = np.array([[2.0, 0.0], [1.0, 1.0]])
    exact = st.PopulationLoss(V, "H1", derivative="exact")
    for function in ("gradient_flow", "critical_point", "gradient_descent", "lyapunov_derivative"):
        with pytest.raises(st.NotDifferentiableError, match="parallel"):
            DYNAMICS[function](start, exact)
    backprop = st.PopulationLoss(V, "H1")
    assert st.gradient_flow(backprop, start, 1.0).status == "t_max"
    with pytest.raises(st.NotDifferentiableError, match="gauss_newton"):
        st.critical_point(backprop, start)


NUMBERS = {
    "t_max": (
        lambda x: st.gradient_flow(st.PopulationLoss(V, "L2"), W, x),
        [0, -1.0, np.nan, np.inf, "1", None, [1.0]],
    ),
    "rtol": (lambda x: st.gradient_flow(st.PopulationLoss(V), W, 1.0, rtol=x), [0, 1e-16, 1.0, np.nan, "a", None]),
    "atol": (lambda x: st.gradient_flow(st.PopulationLoss(V), W, 1.0, atol=x), [-1e-9, np.inf, np.nan, "a", None]),
    "method": (lambda x: st.gradient_flow(st.PopulationLoss(V), W, 1.0, method=x), ["LSODA", "rk45", None, 3]),
    "until": (
        lambda x: st.gradient_flow(st.PopulationLoss(V), W, 1.0, until=x),
        [{"time": 1.0}, {"loss": 0.0}, {"loss": -1.0}, {"loss": np.nan}, {"loss": np.inf}, {"loss": "a"}, "loss", 3],
    ),
    "tol": (lambda x: st.critical_point(st.PopulationLoss(V, "L2"), W, tol=x), [0, -1.0, np.nan, np.inf, "a", None]),
    "max_iterations": (
        lambda x: st.critical_point(st.PopulationLoss(V, "L2"), W, max_iterations=x),
        [0, -1, 1.5, "a", None],
    ),
    "steps": (lambda x: st.gradient_descent(st.PopulationLoss(V), W, x), [0, -1, 1.5, "a", None]),
    "step": (lambda x: st.gradient_descent(st.PopulationLoss(V), W, 3, step=x), [0, -1.0, np.nan, np.inf, "a"]),
    "accuracy": (lambda x: st.compare_flows(W, V, t_max=1.0, accuracy=x), [0, 1, -1.0, np.nan, "a", None]),
    "norms": (lambda x: st.compare_flows(W, V, x, t_max=1.0), [[], None, 3, (1.0, 0.5)]),
    "norm": (lambda x: st.compare_flows(W, V, [x], t_max=1.0), ["L3", (-1.0,), ()]),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (_, values) in NUMBERS.items() for value in values]
)
def test_options_of_dynamics(name, value):
    with pytest.raises(ValueError, match=rf"^{name}: .* required"):
        NUMBERS[name][0](value)


@pytest.mark.parametrize("t_max", [0.0, -1.0, np.nan, np.inf, "1", None])
def test_comparisons_need_a_finite_time(t_max):
    with pytest.raises(ValueError, match=r"^t_max: .* required"):
        st.compare_flows(W, V, t_max=t_max)


def test_an_endless_flow_needs_a_level():
    with pytest.raises(ValueError, match=r"^t_max: .*inf only .* until"):
        st.gradient_flow(st.PopulationLoss(V, "L2"), W, np.inf, until={})


@pytest.mark.parametrize("t", [-1e-9, 1.1, np.nan, [0.0, 2.0], "a", None])
def test_times_outside_of_a_flow(t):
    flow = st.gradient_flow(st.PopulationLoss(V, "L2"), W, 1.0)
    with pytest.raises(ValueError, match=r"^t: times between 0 and the end of the flow, 1, are required"):
        flow(t)


@pytest.mark.parametrize(
    "levels", [{}, {"loss": 1.0, "distance": 1.0}, {"loss": 0.0}, {"loss": -1.0}, {"loss": np.nan}, {"distance": "a"}]
)
def test_levels_of_time_to(levels):
    flow = st.gradient_flow(st.PopulationLoss(V, "L2"), W, 1.0)
    with pytest.raises(ValueError, match=r"^time_to: .* required"):
        flow.time_to(**levels)


@pytest.mark.parametrize(("activation", "size"), [("relu", 1e80), ("relu2", 1e6), ("erf", 1e20), ("relu", 1e-90)])
def test_flows_between_scales(activation, size):
    """A student far larger or smaller than its teacher is followed: no overflow, no NaN, and the loss falls."""
    loss = st.PopulationLoss(st.Network(V, activation=activation), "L2")
    flow = st.gradient_flow(loss, st.Network(size * W, activation=activation), 0.1)
    assert np.isfinite(flow.weights).all()
    assert np.isfinite(flow.loss).all()
    assert flow.loss[-1] <= flow.loss[0]


@pytest.mark.parametrize(("activation", "length"), [("relu", 1e-105), ("relu2", 1e-160)])
def test_a_curvature_is_given_where_its_coefficients_are_no_doubles(activation, length):
    """Those of ReLU are ``1/length^3``; the matrix is homogeneous in the row: of degree -1, and 0."""
    loss = st.PopulationLoss(st.Network([[1.0, 0.0]], activation=activation), "L2")
    small, one = (loss.hessian(st.Network([[0.0, x]], activation=activation)).to_dense() for x in (length, 1e-20))
    power = {"relu": -1, "relu2": 0}[activation]
    np.testing.assert_allclose(small / length**power, one / 1e-20**power, rtol=1e-14, atol=1e-15)
