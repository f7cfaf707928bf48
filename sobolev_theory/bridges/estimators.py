"""Fitted regressors of scikit-learn with one hidden layer."""

from __future__ import annotations

import sys
from typing import Any

from .._runtime.checks import shown_kind
from .layers import Layers, of_arrays
from .names import SKLEARN

ADVICE = {
    "MLPClassifier": ", whose output is a probability of each class; fit an MLPRegressor",
    "Pipeline": "; pass its last step, x[-1], and inputs as that sees them, x[:-1].transform(X)",
    "TransformedTargetRegressor": "; pass x.regressor_, whose targets are transformed",
    "GridSearchCV": "; pass x.best_estimator_",
    "RandomizedSearchCV": "; pass x.best_estimator_",
}
"""What to do about other estimators."""


def of_estimator(estimator: Any) -> Layers:
    """The layers of a fitted `sklearn.neural_network.MLPRegressor`; see `Network.from_sklearn`."""
    regressor = getattr(sys.modules.get("sklearn.neural_network"), "MLPRegressor", None)
    if regressor is None or not isinstance(estimator, regressor):
        kind = shown_kind(estimator)
        raise ValueError(f"estimator: a fitted MLPRegressor is required, got {kind}{ADVICE.get(kind, '')}")
    if not hasattr(estimator, "coefs_"):
        raise ValueError("estimator: a fitted MLPRegressor is required, got one that is not; call x.fit(X, y)")
    if len(estimator.coefs_) != 2:
        raise ValueError(
            f"estimator: one hidden layer is required, hidden_layer_sizes=(K,), got {len(estimator.coefs_) - 1}; "
            "networks of more layers are outside the theory"
        )
    if (outputs := estimator.coefs_[1].shape[1]) != 1:
        raise ValueError(
            f"estimator: one output is required, got {outputs}; the network of output j is Network.from_arrays(W, "
            "A[:, j], b, c[j], activation, layout='inputs') of W, A = x.coefs_ and b, c = x.intercepts_"
        )
    (weights, outer), (biases, bias) = estimator.coefs_, estimator.intercepts_
    return of_arrays(weights, outer, biases, bias, SKLEARN[estimator.activation], "inputs")
