"""The door: from a network and inputs or data to a report."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._runtime.checks import as_array, generator, instance_of, number
from .._runtime.threads import one_blas_thread
from ..conditioning.directions import RANDOM
from ..conditioning.optimal_weight import optimal_weight
from ..conditioning.optimum import OptimalWeight
from ..empirical.targets import AXES
from ..inputs import Inputs
from ..layout import NAMES, moving
from ..losses import LossOptions, PopulationLoss
from ..networks import Network
from ..norms import Norm, NormLike, several_norms
from .case import Case, kept
from .data import columns_in_words
from .orders import jump_order, require_size
from .outside import ACROSS, HYPOTHESES, WORK, of_agreement, of_conditioning, of_jumps, of_residual, of_samples
from .report import Advice
from .scales import Residual, Scales, by_theory, on_data, residual
from .verdict import LITTLE, PAYS, verdict
from .weight import BestWeight, best_weight

FloatArray = NDArray[np.float64]
Targets = Network | Sequence[ArrayLike] | ArrayLike | None

ROWS = 10_000
"""Samples that are looked at, drawn at random if there are more."""

SEARCHED = 300
"""Size up to which the weight of the smallest condition number is searched for; a third where matrices are limits."""

H1 = Norm.parse("H1")


def advise(
    network: Network,
    X: ArrayLike | Inputs,
    norms: Sequence[NormLike] = ("L2", "H1", "H2"),
    *,
    targets: Targets = None,
    parameters: str | Sequence[str] = "all",
    metric: ArrayLike | None = None,
    accuracy: float = 1e-4,
    within: float = 0.05,
    rng: Any = 0,
    workers: Any = 1,
) -> Advice:
    r"""Whether derivative supervision pays for a network on its inputs, how much it gives, and with which weight.

    The network is taken as its own teacher: matrices are those of a fit without residual, in theory with Gaussian
    inputs of the mean and the covariance of the data, and on the data themselves. From them follow steps of gradient
    descent with its best step, the derivative weight with the fewest, how many samples are needed, and a verdict, which
    weighs steps against what a step costs. What lies outside the theory is said, and measured where it can be.

    Parameters
    ----------
    network
        The network, trained or as it is to be.
    X
        Samples (n, d), or `Inputs`.
    norms
        Norms as in `PopulationLoss`; the first is the reference. Those that are infinite for the network, as H2 with
        ReLU, are left out, and the report says why.
    targets
        What the network is fitted to: a `Network`, or arrays at the rows of X by order, ``y``, ``(y,)`` or ``(y, G)``
        with gradients ``G`` (n, d). They give the derivative weight its unit, and the residual, which theory has not.
    parameters
        What moves, as in `PopulationLoss`.
    metric
        Of input gradients, as in `PopulationLoss`.
    accuracy
        Part of its start to which the L2 loss is to fall, in (0, 1).
    within
        Part of the fewest steps that the recommended weight may lose, in (0, 1).
    rng
        Seed or generator of directions, displacements and the order of samples.
    workers
        As in `empirical.curvature`.

    Returns
    -------
    Advice
        A report: ``print`` it, or take ``to_dict()``.

    Raises
    ------
    ValueError
        For samples that are not finite, of another dimension, or fewer than two; for targets of other shapes.
    InfiniteNormError
        If no norm is left.
    SizeError
        For networks of more than 3000 parameters, but at inputs whose covariance is a number.
    NotDifferentiableError, UnknownActivationError
        As `PopulationLoss.gauss_newton`.

    Warns
    -----
    UserWarning
        If it takes minutes.

    Notes
    -----
    Predictions are to first order at the network, from displacements of independent Gaussian entries in all that moves:
    see `steps_to` for counts on exact gradients from a start. Those of Adam are counted on the same quadratic. Work is
    steps times the products of matrices that a gradient takes, in ``d`` dimensions 2 for L2 and 5 for H1, `advice.cost`
    has all orders; what targets with derivatives cost is not in it. Verdicts: ``"pay"`` if work is 1.5 times less with
    derivatives, ``"pay little"`` from 1.1 times less on, else ``"do not pay"``. A norm with the recommended weight,
    rounded to two digits, is judged too. Samples needed are those that leave a part `accuracy` of the L2 error open, in
    the mean over the same displacements, if labels have no noise. Of ReLU^n numbers are those at the network as it is
    given, across rescalings; ``network.balanced()`` is another place among equal networks.

    Examples
    --------
    >>> advice = advise(Network.orthonormal(5, 10, activation="erf"), Inputs(), parameters="weights", accuracy=1e-8)
    >>> [(found.norm, round(found.training.steps)) for found in advice.norms]
    [('L2', 142), ('H1', 65), ('H2', 23), ('(1, 13)', 45)]
    >>> print(advise(Network.orthonormal(2, 4), Inputs(), parameters="weights").verdict.sentence)
    Derivatives do not pay in computing: the gain in steps is small. They save samples.
    """
    network = instance_of("network", network, Network, "; Network.from_torch, from_sklearn and from_arrays make one")
    parameters, generated = moving(parameters), generator(rng)
    accuracy = number("accuracy", accuracy, "a fraction between 0 and 1", 0, 1)
    within = number("within", within, "a part of the fewest steps, between 0 and 1,", 0, 1)
    if isinstance(X, Inputs):
        inputs, samples = X, None
    else:
        samples = as_array("X", X, ("n", "d"), {"d": network.dim})
        inputs = Inputs.from_data(samples)
    options: LossOptions = {"inputs": inputs, "metric": metric, "parameters": parameters}
    finite, left_out = kept(network, [Norm.parse(norm) for norm in several_norms(norms)])
    given = _targets(targets, samples, network)
    rows = _rows(samples, generated)
    notes = [] if samples is None else columns_in_words(samples)
    if rows is not None and samples is not None:
        if len(rows) < len(samples):
            notes.append(f"data are {ROWS} of the {len(samples)} samples, drawn at random")
        samples, given = samples[rows], given if isinstance(given, Network) else tuple(each[rows] for each in given)
    case = Case(network, samples, options, finite, accuracy, generated, workers)
    if not case.curvatures[0].trace() > 0:
        raise ValueError(
            f"parameters: some with which the function changes are required, got {' and '.join(parameters)} of "
            f"{network.activation}, in which its derivative is zero"
        )
    jump = jump_order(network, options)
    smooth = jump is None or all(norm.order < jump for norm in finite)
    require_size(case.curvatures[0].on_span.shape[0], symmetric=smooth)
    with one_blas_thread(), np.errstate(all="ignore"):
        return _advice(case, given, within, left_out + notes)


def _advice(case: Case, targets: Any, within: float, notes: list[str]) -> Advice:
    """The report of a case, and what was noted of its arguments."""
    has_slopes = len(case.curvatures) > 1
    weight = best_weight(case.judged, case.accuracy, within) if has_slopes else None
    found = tuple(case.of(norm) for norm in (*case.norms, *_of_weight(weight)))
    scales, left = _scales(case, targets, slopes=has_slopes)
    shares = case.residual_shares(targets) if left is not None else []
    outside = [
        *of_agreement(found),
        *of_jumps(found, len(case.model.limits)),
        *of_conditioning(found),
        *(of_samples(found, len(case.X), case.size) if case.X is not None else []),
        *of_residual(left, scales.get("targets"), shares),
        *notes,
        *[ACROSS] * (case.curvatures[0].rescalings is not None),
        HYPOTHESES.format(accuracy=case.accuracy),
        WORK.format(pays=PAYS, little=LITTLE),
    ]
    return Advice(
        subject=_subject(case),
        verdict=verdict(found),
        norms=found,
        weight=weight,
        optimum=_optimum(case, within) if has_slopes else None,
        scales=scales,
        law=case.law(),
        accuracy=case.accuracy,
        within=within,
        residual=left,
        outside=tuple(outside),
    )


def _of_weight(weight: BestWeight | None) -> list[Norm]:
    """The norm of a recommended weight, with two digits, if there is one."""
    known = weight is not None and 0 < weight.recommended < np.inf
    return [Norm.parse((1.0, float(f"{weight.recommended:.2g}")))] if known and weight is not None else []


def _targets(targets: Targets, X: FloatArray | None, network: Network) -> Any:
    """A network, or checked arrays by order; empty if there are none."""
    if targets is None:
        return ()
    if X is None:
        raise ValueError("targets: samples X at which they are given are required, got Inputs; leave out targets")
    if isinstance(targets, Network):
        if targets.dim != network.dim:
            raise ValueError(f"targets: input dimension {network.dim} of the network is required, got {targets.dim}")
        return targets
    several = isinstance(targets, tuple | list) and not np.isscalar(targets[0] if targets else 0.0)
    orders: Any = targets if several else (targets,)
    if len(orders) > len(AXES):
        raise ValueError(f"targets: arrays of orders 0 to 2, (y, G, H), are required, got {len(orders)} of them")
    sizes = {"n": len(X), "d": network.dim}
    return tuple(as_array(f"targets[{m}]", each, AXES[m], sizes) for m, each in enumerate(orders))


def _rows(X: FloatArray | None, rng: np.random.Generator) -> NDArray[np.intp] | None:
    """Numbers of the samples that are looked at, in random order."""
    return None if X is None else rng.permutation(len(X))[:ROWS]


def _scales(case: Case, targets: Any, *, slopes: bool) -> tuple[dict[str, Scales], Residual | None]:
    """Of the network and of the targets, and what it leaves of them."""
    scales = {"theory": by_theory(case.network, case.options, slopes=slopes)}
    metric = PopulationLoss(case.network, "L2", **case.options).ambient.metric
    left = None
    if case.X is not None:
        scales["data"] = on_data(case.network, case.X, metric, slopes=slopes)
        if targets != ():
            scales["targets"], left = residual(case.network, case.X, targets, metric)
    return scales, left


def _optimum(case: Case, within: float) -> OptimalWeight | None:
    """The weight of the smallest condition number, where that is a result and the search takes a second or some."""
    limits = case.model.limits if H1.jumps_for(case.network.activation) else ()
    if case.model.smooth.size > SEARCHED / (3 if limits else 1):
        return None
    along: dict[str, Any] = {"curvature": "gauss_newton"}
    if limits:
        along = {"curvature": "hessian", "towards": RANDOM, "directions": len(limits), "rng": case.rng}
    with warnings.catch_warnings(action="ignore"):
        try:
            return optimal_weight(case.network, case.network, within=within, **along, **case.options)
        except ValueError:  # singular for every weight
            return None


def _subject(case: Case) -> str:
    """The network, what of it moves, and the inputs."""
    network, names = case.network, case.options["parameters"]
    size = case.size
    what = f"all {size} parameters" if names == NAMES else f"{size} {' and '.join(names).replace('_', ' ')}"
    inputs = PopulationLoss(network, "L2", **case.options).inputs
    on = f"{len(case.X)} samples" if case.X is not None else "standard inputs" if inputs.is_standard else inputs.line()
    shape = f"{network.width} neuron{'s' * (network.width > 1)} in {network.dim} dimension{'s' * (network.dim > 1)}"
    return f"{network.activation} network of {shape}; {what}; {on}"
