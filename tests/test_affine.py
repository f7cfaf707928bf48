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
    for what, bound in BOUNDS.items():
        if entry[what] is not None:
            assert difference(quantity(case, what), entry[what], entry[f"{what} scale"]) < bound, what
        else:
            with pytest.raises(NotDifferentiableError):
                quantity(case, what)
