"""Every wrong input is refused at the door, with a message that names the argument and what to do."""

import numpy as np
import pytest

import sobolev_theory as st

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


@pytest.mark.parametrize("name", ["tanh", "ReLU", "", None, 3, ["relu"]])
def test_unknown_activation(name):
    with pytest.raises(st.UnknownActivationError, match="relu2"):
        st.Network(V, activation=name)
    with pytest.raises(ValueError, match="activation"):
        st.activations.get(name)


def test_activations_of_student_and_teacher_agree():
    with pytest.raises(ValueError, match="student and teacher"):
        st.PopulationLoss(V).value(st.Network(W, activation="erf"))
    with pytest.raises(ValueError, match="student and teacher"):
        st.PopulationLoss(st.Network(V, activation="erf"), activation="relu")


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


def test_limits_are_named():
    with pytest.raises(NotImplementedError, match="covariance"):
        st.PopulationLoss(V, covariance=np.eye(2))
    biased = st.Network(V, biases=[0.1, 0.0])
    with pytest.raises(NotImplementedError, match="biases"):
        st.PopulationLoss(biased)
    with pytest.raises(NotImplementedError, match="biases"):
        st.PopulationLoss(V).value(biased)
    assert st.PopulationLoss(st.Network(V, biases=[0.0, 0.0])).value(V) == 0  # zero biases are no biases


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


@pytest.mark.parametrize(("activation", "size"), [("relu", 1e200), ("relu2", 1e160), ("erf", 1e160)])
def test_overflow_is_an_error_and_not_a_number(activation, size):
    """The worst fit must not pass for a perfect one."""
    loss = st.PopulationLoss(size * np.eye(2, 3), "H1", activation=activation)
    student = size * np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])
    for quantity in (loss.value, loss.gradient, loss.hessian, loss.gauss_newton):
        with pytest.raises(ValueError, match=r"overflows|zero"):
            quantity(student)


def test_a_divergent_pair_of_weight_zero_contributes_nothing():
    """A teacher row of output weight zero, parallel to a student, in the exact convention."""
    student = np.array([[2.0, 0.0, 0.0], [0.3, 0.4, 0.5]])
    teacher = st.Network([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.0, 1.0])
    with_row = st.PopulationLoss(teacher, "H1", derivative="exact").hessian(student).to_dense()
    without = st.PopulationLoss([[0.0, 1.0, 0.0]], "H1", derivative="exact").hessian(student).to_dense()
    np.testing.assert_allclose(with_row, without, rtol=1e-14)
