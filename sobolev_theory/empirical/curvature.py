"""The curvature of an empirical loss in one call."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from .._runtime.checks import instance_of, one_of
from .._runtime.parallel import Workers
from ..curvature.operator import Curvature
from ..networks import Network
from ..norms import NormLike
from .loss import EmpiricalLoss
from .samples import Samples
from .targets import Targets


def curvature(
    network: Network,
    X: ArrayLike,
    norm: NormLike = "H1",
    *,
    curvature: str = "gauss_newton",
    targets: Targets | None = None,
    metric: ArrayLike | None = None,
    parameters: str | Sequence[str] = "weights",
    workers: Workers = 1,
) -> Curvature:
    """The curvature matrix of a network's Sobolev loss on samples: what theory is for Gaussian inputs, on data.

    Parameters
    ----------
    network
        The student.
    X, norm, metric, parameters, workers
        As of `EmpiricalLoss`.
    curvature
        ``"gauss_newton"`` or ``"hessian"``.
    targets
        As of `EmpiricalLoss`; None for a network that fits its data, where the two curvatures are one.

    Returns
    -------
    Curvature
        Of the same layout as those of `PopulationLoss`, so that ``curvature(net, X) - loss.gauss_newton(net)`` is what
        theory misses of the data.

    Raises
    ------
    ValueError
        As of `EmpiricalLoss`.

    Examples
    --------
    >>> from sobolev_theory import Inputs, Network, PopulationLoss
    >>> net = Network([[1.0, 0.0], [1.0, 1.0]], activation="tanh")
    >>> X = Inputs(covariance=[4.0, 1.0]).sample(100_000, rng=0)
    >>> on_data = curvature(net, X, "H1")
    >>> theory = PopulationLoss(net, "H1", inputs=Inputs.from_data(X)).gauss_newton(net)
    >>> bool(abs(on_data.condition_number() / theory.condition_number() - 1) < 0.02)
    True
    """
    one_of("curvature", curvature, ("gauss_newton", "hessian"))
    instance_of("network", network, Network, "; Network.from_torch, from_sklearn and from_arrays make one")
    samples = Samples.parse("X", X, ("n", "d"), {"d": network.dim})
    given = network if targets is None else targets
    loss = EmpiricalLoss(
        samples, given, norm, metric=metric, parameters=parameters, activation=network.activation, workers=workers
    )
    point = loss.at(network)
    return point.gauss_newton if targets is None or curvature == "gauss_newton" else point.hessian
