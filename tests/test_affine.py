"""Losses with biases, any Gaussian input, any metric and every parameter, against numbers from the definition.

`tests/oracles/affine.json` holds them to 25 digits with the natural scale of each entry (`oracles/affine_scale.py`):
the sum over pairs and orders of `|c_i c_j| |u_i|_M^k |u_j|_M^k n_k(i) n_k(j)`, where `n_k = sqrt(E sigma^(k)(z)^2)` and
a ramp counts on both sides, and of the like for derivatives. A difference is measured in units of that.
"""

from typing import Any

import numpy as np
import pytest
from mpmath import mp

from sobolev_theory import Inputs, Network, NotDifferentiableError, PopulationLoss
from tests.oracles import affine_values
from tests.oracles.affine import Case, Net

BOUNDS = {"value": 1e-13, "gradient": 1e-13, "hessian": 1e-12, "gauss_newton": 1e-12}
"""What is promised."""

HELD = {"value": 1e-15, "gradient": 1e-15, "hessian": 2e-15, "gauss_newton": 2e-15}
"""What is reached, twice or more of the worst measured for other machines' libraries: it may not grow."""

ERF_GAUSS_NEWTON = 4e-13
"""Of erf eight deviations from its mean, where exponents near 60 lose what their rounding is: 1.1e-13 measured."""


def bound(case: Case, what: str) -> float:
    held = ERF_GAUSS_NEWTON if (case.activation, what) == ("erf", "gauss_newton") else HELD[what]
    return min(held, BOUNDS[what])


def loss_of(case: Case) -> PopulationLoss:
    return PopulationLoss(
        network(case.teacher, case.activation),
        case.norm,
        inputs=Inputs(case.mean, case.covariance),
        metric=case.metric,
        parameters="all",
        derivative=case.derivative,
    )


def network(net: Net, activation: str) -> Network:
    return Network(net.weights, net.output_weights, net.biases, net.output_bias, activation)


def quantity(case: Case, name: str) -> Any:
    loss, student = loss_of(case), network(case.student, case.activation)
    result = getattr(loss, name)(student)
    return np.asarray(result.to_dense() if name in ("hessian", "gauss_newton") else result)


def difference(actual: Any, expected: Any, scale: Any) -> float:
    """The largest difference of entries in units of their scales; entries of scale zero are zero."""
    with mp.workdps(30):
        wanted, scales, given = (_numbers(x) for x in (expected, scale, actual.tolist()))
        assert given.shape == wanted.shape
        error, live = np.abs(given - wanted), scales != 0
        assert not np.any(error[~live])
        return float(np.max(error[live] / scales[live], initial=0))


def _numbers(values: Any) -> Any:
    """Text or doubles as an array of `mpf`, of at least one dimension."""
    return np.vectorize(mp.mpf, otypes=[object])(np.atleast_1d(np.array(values, dtype=object)))


@pytest.mark.parametrize("name", affine_values.table())
def test_a_loss_is_what_its_definition_gives(name: str) -> None:
    entry = affine_values.table()[name]
    case = affine_values.case_of(entry)
    for what in BOUNDS:
        if entry[what] is not None:
            assert difference(quantity(case, what), entry[what], entry[f"{what} scale"]) < bound(case, what), what
        else:
            with pytest.raises(NotDifferentiableError):
                quantity(case, what)


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
def test_kinks_that_coincide_do_not_matter_where_only_output_weights_move(derivative: str) -> None:
    """The loss is a quadratic form in them: its Hessian is the Gauss-Newton matrix, and a step ends at the minimum."""
    teacher = Network([[0.75, -1.25]], [1.5], [0.5])
    moving = ("output_weights", "output_bias")
    loss = PopulationLoss(teacher, "H1", inputs=Inputs([0.5, -0.25]), parameters=moving, derivative=derivative)
    rows = [[0.75, -1.25], [0.3, 0.4]], [0.8, 0.5], [0.5, 0.1], 0.3
    hessian = loss.hessian(Network(*rows)).to_dense()
    np.testing.assert_array_equal(hessian, loss.gauss_newton(Network(*rows)).to_dense())
    step = np.linalg.solve(hessian, loss.gradient(Network(*rows)))
    np.testing.assert_allclose([0.8, 0.5, 0.3] - step, [1.5, 0.0, 0.0], atol=1e-14)


@pytest.mark.parametrize("derivative", ["backprop", "exact"])
@pytest.mark.parametrize("activation", ["relu", "relu2", "selu"])
def test_in_one_dimension_kinks_at_the_origin_rest(activation: str, derivative: str) -> None:
    """A neuron without bias bends at x = 0 whatever its weight: derivatives of both conventions are those of the value.

    Scaled to variance one they are those of the standard loss, whose kernels are others. Central differences of step h
    are off by h^2 and by rounding over h. Kinks that move, with a bias or away from zero, still may not coincide.
    """
    V, W = Network([[1.0], [-0.5]], [1.0, -2.0], activation=activation), np.array([[2.0], [-1.0], [1.0]])
    norm, step = "H2" if activation == "relu2" else "H1", 1e-5
    steps = step * np.eye(3)[:, :, None]

    def loss(inputs: Inputs, **options: Any) -> PopulationLoss:
        return PopulationLoss(V, norm, inputs=inputs, derivative=derivative, **options)

    inputs = Inputs([0.7], 2.0)
    general = loss(inputs, metric=3.0)
    slopes = [(general.value(W + e) - general.value(W - e)) / (2 * step) for e in steps]
    bends = [(general.gradient(W + e) - general.gradient(W - e)).ravel() / (2 * step) for e in steps]
    hessian = general.hessian(W)
    scale = np.abs(hessian.to_dense()).max()
    assert general.gradient(W).ravel() == pytest.approx(slopes, abs=1e-8 * scale)
    assert hessian.to_dense() == pytest.approx(np.array(bends), abs=1e-8 * scale)
    assert hessian.is_symmetric
    student = Network(W, np.ones(3), activation=activation)
    more = loss(inputs, metric=3.0, parameters=("weights", "output_weights")).hessian(student)
    assert np.asarray(more.block("weights", "weights").to_dense()) == pytest.approx(hessian.to_dense(), rel=1e-14)
    with pytest.raises(NotDifferentiableError):
        loss(inputs, parameters=("weights", "biases")).hessian(student)
    if activation != "selu":  # of which there are no kernels
        scaled = loss(Inputs(covariance=2.0), metric=2.0)
        standard = PopulationLoss(
            Network(2**0.5 * V.weights, V.output_weights, activation=activation), norm, derivative=derivative
        )
        assert scaled.gradient(W) == pytest.approx(2**0.5 * standard.gradient(2**0.5 * W), rel=1e-13)
        expected = 2 * standard.hessian(2**0.5 * W).to_dense()
        assert scaled.hessian(W).to_dense() == pytest.approx(expected, rel=1e-13, abs=1e-13)
    with pytest.raises(NotDifferentiableError):
        PopulationLoss(np.eye(1), "H1", inputs=Inputs(covariance=2.0), activation="hard_tanh").hessian(np.eye(1))
