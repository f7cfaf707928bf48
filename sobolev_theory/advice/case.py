"""A network on its inputs: what is known of it norm by norm, by theory and on data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InfiniteNormError
from ..inputs import Inputs
from ..losses import LossOptions, PopulationLoss
from ..networks import Network
from ..norms import Norm
from . import adam, samples
from .contraction import Contraction
from .cost import units
from .data import Agreement, Question, matrices_on_data, weighted
from .findings import Curved, OfNorm
from .orders import LARGEST, Model, Orders, across_rescalings, gauss_newton, jump_order, model, of_matrices

FloatArray = NDArray[np.float64]

DENSE = 1500
"""Parameters up to which Adam is run, and samples are counted."""

DRAWN = 4
"""Samples that are drawn of given inputs, in units of the number of parameters."""


@dataclass
class Case:
    """A network that is its own teacher, in theory and on the rows of X, shuffled; without data X is None."""

    network: Network
    X: FloatArray | None
    options: LossOptions
    norms: tuple[Norm, ...]
    accuracy: float
    rng: np.random.Generator
    workers: Any

    @cached_property
    def curvatures(self) -> list[Any]:
        """Gauss-Newton matrices of theory, by order; of the first derivatives too, whatever is asked, if finite."""
        jump, most = self.network.activation.jump_order, self.network.activation.max_order
        least = 1 if most >= 1 and (jump is None or jump >= 1) else 0
        return gauss_newton(self.network, max(least, *(norm.order for norm in self.norms)), self.options)

    @cached_property
    def model(self) -> Model:
        """What training follows."""
        return model(self.network, self.curvatures, self.options, self.rng)

    @property
    def size(self) -> int:
        """Number of parameters that move."""
        return int(self.curvatures[0].shape[0])

    @cached_property
    def theory(self) -> list[FloatArray]:
        """The same matrices, dense."""
        return [curvature.to_dense() for curvature in self.curvatures]

    @cached_property
    def question(self) -> Question:
        """What is asked of samples."""
        options = self.options
        return Question(self.network, options.get("metric"), options.get("parameters", "weights"), self.workers)

    @cached_property
    def on_data(self) -> tuple[Orders, dict[str, Agreement]] | None:
        """Matrices on data, and how far they are from theory."""
        if self.X is None or self.size > LARGEST:
            return None
        found, agreements = matrices_on_data(self.question, self.X, self.theory, self.norms)
        orders = of_matrices(found, across_rescalings(self.curvatures[0]))
        return orders, {each.norm: each for each in agreements}

    @cached_property
    def judged(self) -> Model:
        """What verdicts go by: the matrices on data, unless training follows others."""
        return self.model if self.on_data is None or self.model.limits else Model(self.on_data[0])

    def of(self, norm: Norm) -> OfNorm:
        """What was found of a norm."""
        jump = jump_order(self.network, self.options)
        jumps = jump is not None and jump <= norm.order
        each = [self._curved(orders, norm) for orders in self.model.followed(norm)]
        found = [one for one in each if np.isfinite(one.steps)]
        arriving = found if 2 * len(found) > len(each) else each
        names = ("smallest", "largest", "steps")
        training = Curved(*(float(np.mean([getattr(one, name) for one in arriving])) for name in names))
        steps = [one.steps for one in arriving]
        data = self.on_data
        return OfNorm(
            norm=norm.name,
            order=norm.order,
            jumps=jumps,
            training=training,
            spread=float(np.std(steps)) if np.isfinite(steps).all() else np.nan,
            growing=sum(one.smallest < 0 for one in each),
            gauss_newton=self._curved(self.model.smooth, norm) if jumps else training,
            data=None if data is None else self._curved(data[0], norm),
            adam=self._adam(norm, jumps),
            cost=units(norm, self.network.dim) / units(self.norms[0], self.network.dim),
            agreement=None if data is None else data[1].get(norm.name),
            samples=self._samples(norm),
        )

    def _curved(self, orders: Orders, norm: Norm) -> Curved:
        contraction = Contraction.of(orders, norm)
        return Curved(*contraction.ends, float(np.ceil(contraction.tuned(self.accuracy))))

    def _adam(self, norm: Norm, jumps: bool) -> adam.Count | None:
        """Counted on the matrix that training follows, along one direction where it depends on that."""
        if self.size > DENSE:
            return None
        matrix = weighted(self.theory, norm)
        if jumps:
            at = PopulationLoss(self.network, norm, **self.options).at(self.network)
            towards = self.rng.standard_normal(self.size)
            matrix = at.hessian_towards(at.layout.given(towards)).to_dense()
        return adam.counted(matrix, self.theory[0], self.accuracy, seed=int(self.rng.integers(2**32)))

    @cached_property
    def _rows(self) -> FloatArray:
        """Samples that are counted: the data, or draws of the inputs."""
        if self.X is not None:
            return self.X
        inputs, d = self.options.get("inputs") or Inputs(), self.network.dim
        mean = np.zeros(d) if inputs.mean is None else inputs.mean
        return Inputs(mean, inputs.covariance).sample(DRAWN * self.size, self.rng)

    def _samples(self, norm: Norm) -> samples.SamplesNeeded | None:
        if self.size > DENSE or norm not in self.norms:
            return None
        return samples.counted(self.question, self._rows, self.theory[0], norm, self.accuracy)

    def law(self) -> dict[str, float]:
        """Samples per dimension, by norm, of networks that the law of sampled matrices covers."""
        found: dict[str, float] = {}
        for norm in self.norms:
            loss = PopulationLoss(self.network, norm, **self.options)
            if samples.has_law(self.network, loss) and norm.weights[0] > 0:
                low, high = Contraction.of(self.model.smooth, norm).ends
                found[norm.name] = samples.by_law(self.network, norm, high / low) if low > 0 else np.inf
        return found

    def residual_shares(self, targets: Any) -> list[tuple[str, float]]:
        """By how much the residual of targets changes the Hessian on data, of the norm of the Gauss-Newton matrix."""
        shares: list[tuple[str, float]] = []
        if self.X is None or self.size > DENSE:
            return shares
        known = self.network.activation.max_order if isinstance(targets, Network) else len(targets) - 1
        for norm in self.norms:
            if norm.order <= known:
                matrix = self.question.gauss_newton(self.X, norm)
                change = self.question.hessian(self.X, norm, targets) - matrix
                shares.append((norm.name, float(np.linalg.norm(change) / np.linalg.norm(matrix))))
        return shares


def kept(network: Network, norms: Sequence[Norm]) -> tuple[tuple[Norm, ...], list[str]]:
    """The norms that are finite, and have moments, for a network, and of the others why they are left out.

    Raises
    ------
    ValueError
        The last reason, if none is left.
    """
    found, reasons, name = [], [], network.activation.name
    for norm in norms:
        try:
            norm.require_finite(network.activation)
        except InfiniteNormError:
            reasons.append(f"{norm.name} is left out: it is infinite, as derivatives of {name} jump below its order")
        except ValueError as error:
            reasons.append(f"{norm.name} is left out: {str(error).removeprefix('norm: ')}")
        else:
            found.append(norm)
    if not found:
        norms[-1].require_finite(network.activation)
    return tuple(found), reasons
