"""Regressors of scikit-learn as networks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sobolev_theory import Network

pytest.importorskip("sklearn")

from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).standard_normal((60, 3))
Y = np.sin(X[:, 0]) + X[:, 1]


def regressor(*sizes: int, activation: str = "relu") -> Any:
    return MLPRegressor(hidden_layer_sizes=sizes, activation=activation, max_iter=3, random_state=0)


@pytest.mark.parametrize(
    ("activation", "name"), [("logistic", "sigmoid"), ("tanh", "tanh"), ("relu", "relu"), ("identity", "monomial1")]
)
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_regressor_is_its_network(activation: str, name: str, kind: Any) -> None:
    """In float64 to rounding; what was fitted in float32 is taken as it is."""
    fitted = regressor(5, activation=activation).fit(X.astype(kind), Y.astype(kind))
    net = Network.from_sklearn(fitted)
    assert (net.width, net.dim, net.activation.name) == (5, 3, name)
    assert np.array_equal(net.weights, fitted.coefs_[0].T.astype(np.float64))
    far = np.abs(net(X) - fitted.predict(X.astype(kind))).max()
    assert far < (1e-14 if kind is np.float64 else 3e-6)
    assert Network.from_arrays(*pairs(fitted), net.activation, layout="inputs") == net


def pairs(fitted: Any) -> tuple[Any, Any, Any, Any]:
    """Arguments in the order of `from_arrays`."""
    (weights, outer), (biases, bias) = fitted.coefs_, fitted.intercepts_
    return weights, outer, biases, bias


def fit(estimator: Any, Y: Any = Y) -> Any:
    return estimator.fit(X, Y)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "not fitted": (lambda: regressor(5), r"got one that is not; call x\.fit\(X, y\)"),
    "two layers": (
        lambda: fit(regressor(5, 4)),
        r"one hidden layer is required, .*got 2; networks of more",
    ),
    "no layer": (lambda: fit(regressor()), "one hidden layer is required, .*got 0"),
    "several outputs": (lambda: fit(regressor(5), np.stack([Y, Y], 1)), "one output is required, got 2"),
    "classifier": (
        lambda: fit(MLPClassifier(max_iter=3), Y > 0),
        "got MLPClassifier, whose output is a probability",
    ),
    "pipeline": (lambda: make_pipeline(StandardScaler(), MLPRegressor()), r"got Pipeline; pass its last step, x\[-1\]"),
    "search": (lambda: GridSearchCV(MLPRegressor(), {}), r"got GridSearchCV; pass x\.best_estimator_"),
    "class": (lambda: MLPRegressor, "a fitted MLPRegressor is required, got <class"),
    "another": (StandardScaler, "a fitted MLPRegressor is required, got StandardScaler$"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_estimators_that_are_no_networks(kind: str) -> None:
    make, told = REFUSED[kind]
    with pytest.raises(ValueError, match=rf"^estimator: .*{told}"):
        Network.from_sklearn(make())
