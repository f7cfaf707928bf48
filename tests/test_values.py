"""Activations, networks, norms, conventions and points are values: equal if they mean the same, in any process."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import activations
from sobolev_theory.activations.activation import restored
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.activations.registry import REGISTRY
from sobolev_theory.norms import Convention, Norm
from sobolev_theory.points import Point
from sobolev_theory.symbolic import derive

W, V = [[0.5, 0.6], [0.3, -0.8]], [[1.0, 0.2], [-0.1, 0.9]]


def test_a_network_holds_its_activation() -> None:
    """What a name is given to mean later changes no object that exists."""
    derive("Max(z, z/10)", "bent").register()
    teacher = st.Network(V, activation="bent")
    loss = st.PopulationLoss(teacher, "H1")
    before = loss.value(W), teacher(np.array([[-1.0, -2.0]]))
    derive("Max(z, z/2)", "bent").register(overwrite=True)
    assert (loss.value(W), teacher([[-1.0, -2.0]])) == before
    other = st.Network(V, activation="bent")
    assert other != teacher
    assert st.PopulationLoss(other, "H1").value(W) != before[0]
    with pytest.raises(ValueError, match=r"student: activation 'bent' is required, got 'bent' of another definition"):
        loss.value(st.Network(W, activation="bent"))


def test_an_activation_is_accepted_where_its_name_is() -> None:
    relu = activations.get("relu")
    assert activations.get(relu) is relu
    assert st.PopulationLoss(V, activation=relu).value(W) == st.PopulationLoss(V).value(W)
    assert st.Network(V, activation=relu) == st.Network(V)


@pytest.mark.parametrize("name", [*sorted(BUILT_IN), "bent"])
def test_pickles_carry_the_definition_and_alter_no_registry(name: str) -> None:
    activation = derive("Max(z, z/10)", "bent").activation if name == "bent" else activations.get(name)
    loss = st.PopulationLoss(st.Network(V, activation=activation), "L2")
    text = pickle.dumps((activation, loss.teacher, loss))
    before = dict(REGISTRY)
    copies = pickle.loads(text)
    assert before == REGISTRY
    assert copies[0] == activation
    assert copies[1] == loss.teacher
    assert copies[2].value(W) == loss.value(W)
    assert not copies[1].weights.flags.writeable


def test_a_pickle_travels_to_a_process_that_knows_no_names() -> None:
    loss = st.PopulationLoss(V, "L2", activation=derive("Max(z, z/10)", "bent").activation)
    code = f"""
import pickle, sobolev_theory as st
loss = pickle.loads({pickle.dumps(loss)!r})
print(loss.value({W}).hex(), "bent" in st.activations.names())
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == [loss.value(W).hex(), "False"]


def test_kernels_without_their_text_are_not_pickled_by_name() -> None:
    same = activations.Activation("mine", activations.get("relu").kernels)
    with pytest.raises(TypeError, match="'mine' cannot be pickled"):
        pickle.dumps(same)


def test_what_another_edition_pickled_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match=r"one written as version 2 is required, that of 'relu' has version 1"):
        restored(1, "relu", None)
    first = st.Network.__new__(st.Network)
    with pytest.raises(ValueError, match="a pickle of this edition is required, this one is of the first"):
        first.__setstate__({"weights": np.eye(2), "output_weights": np.ones(2), "biases": None, "activation": "relu"})
    # as the first edition wrote the name of a user's activation
    text = b"csobolev_theory.activations\n_arrived\n(Vbent\nVtext\ntR."
    with pytest.raises(ValueError, match="that of 'bent' is of the first one, which altered the registry"):
        pickle.loads(text)


def test_networks_are_equal_by_what_they_compute() -> None:
    net = st.Network(V, [1.0, 0.0], [0.0, 0.0])
    same = st.Network(np.array(V), [1.0, -0.0])
    assert net == same
    assert hash(net) == hash(same)
    for other in (st.Network(V), st.Network(V, [1.0, 0.0], [0.0, 0.1]), st.Network(V, [1.0, 0.0], activation="erf")):
        assert net != other
    assert net != "network"
    assert st.Network([[1.0, 2.0]]) != st.Network([[1.0], [2.0]])


def test_norms_are_equal_by_their_weights() -> None:
    assert Norm.parse("H2") == Norm.parse((1, 1, 1)) == Norm.parse(Norm.parse("H2"))
    assert hash(Norm.parse("L2")) == hash(Norm.parse([1.0]))
    assert Norm.parse("H1") != Norm.parse("L2")
    assert [Norm.parse(norm).name for norm in ("H1", [0, 0.25])] == ["H1", "(0, 0.25)"]
    assert Norm.parse((0, 2.0, 0)).orders == [(1, 2.0)]
    loss = st.PopulationLoss(V, Norm.parse("H1"))
    assert (loss.norm, loss.sobolev_weights, loss.derivative) == (Norm.parse("H1"), (1.0, 1.0), "backprop")


JUMPS = [("relu", "H1"), ("relu2", "H2"), ("relu3", "H3")]
SMOOTH = [("relu", "L2"), ("relu2", "H1"), ("erf", "H3")]


@pytest.mark.parametrize(("name", "norm"), [*JUMPS, *SMOOTH])
def test_one_place_says_whether_conventions_differ(name: str, norm: str) -> None:
    jumps = (name, norm) in JUMPS
    assert Norm.parse(norm).jumps_for(activations.get(name)) is jumps
    gradients = [
        st.PopulationLoss(st.Network(V, activation=name), norm, derivative=d).gradient(st.Network(W, activation=name))
        for d in Convention
    ]
    assert (not np.array_equal(*gradients)) is jumps


def test_points_are_what_the_methods_say() -> None:
    loss = st.PopulationLoss(V, "H1")
    point = loss.at(W)
    assert isinstance(point, Point)
    assert loss.at(point) is point
    assert point.value == loss.value(W) == loss.value(point)
    np.testing.assert_array_equal(point.gradient, loss.gradient(W))
    np.testing.assert_array_equal(point.hessian.to_dense(), loss.hessian(W).to_dense())
    np.testing.assert_array_equal(point.gauss_newton.to_dense(), loss.gauss_newton(W).to_dense())
    assert point.geometry is point.geometry


def test_the_geometry_of_a_point_cannot_be_written_on() -> None:
    """Gradients come from it without a copy; the gradient itself is the caller's to change."""
    point = st.PopulationLoss(V, "H1").at(W)
    before = point.gradient
    near = st.PopulationLoss(V, "H1").at(np.array(V) + 1e-3).geometry.near
    assert len(near.i)
    geometry = point.geometry
    arrays = (
        geometry.cosines,
        geometry.norms,
        geometry.rows,
        geometry.scale,
        point.outputs,
        near.e,
        near.angle,
        near.i,
    )
    for array in (*arrays, point.loss.minus_teacher):
        with pytest.raises(ValueError, match="read-only"):
            array *= 2
    with pytest.raises(AttributeError):
        point.geometry.width = 1  # type: ignore[misc]
    point.gradient[:] = 0.0
    np.testing.assert_array_equal(point.gradient, before)


def test_a_subclass_is_judged_by_its_own_methods() -> None:
    class Doubled(st.PopulationLoss):
        def gradient(self, student):  # type: ignore[no-untyped-def]
            return 2 * super().gradient(student)

    report = st.monte_carlo.verify(Doubled(V, "L2"), W, samples=20_000, rng=0)
    assert not report.passed
    assert report.quantities["value"].p_value > 1e-3


def test_a_point_belongs_to_its_loss() -> None:
    """Another loss takes the student from it, and refuses one of another dimension."""
    point = st.PopulationLoss(V, "L2").at(W)
    for other in (st.PopulationLoss(V, "H1"), st.PopulationLoss(V, "L2", activation="erf")):
        assert other.value(point) == other.value(W)
        np.testing.assert_array_equal(other.at(point).gradient, other.gradient(W))
    wide = st.PopulationLoss([[1.0, 2.0, 3.0]])
    for student in (point, point.parameters):
        with pytest.raises(ValueError, match="student: input dimension 3 of the teacher is required"):
            wide.at(student)


def test_a_point_is_a_snapshot() -> None:
    weights = np.array(W)
    loss = st.PopulationLoss(V, "H1")
    point = loss.at(weights)
    weights[:] = V
    assert point.value == loss.value(W)
    np.testing.assert_array_equal(point.gradient, loss.gradient(W))
    np.testing.assert_array_equal(point.gauss_newton.to_dense(), loss.gauss_newton(W).to_dense())


def test_a_norm_made_by_hand_is_checked() -> None:
    for weights in ((-1.0,), (0.0,), (1.0, 0.0), (), (1.0, np.inf), (np.nan,)):
        with pytest.raises(ValueError, match="norm: non-negative weights, the last of them positive"):
            Norm(weights, "mine")
