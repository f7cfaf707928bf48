"""Many small networks trained at once: what the experiments that compare losses of functions share.

Networks of one architecture, from several seeds and with several learning rates, are the rows of one matrix. Their
derivatives by the inputs go forward through the layers with the values, so that a loss of derivatives needs, like that
of values, one pass backward. Arithmetic is in double precision unless told, on one thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .adam import Adam, Tensor

Array = np.ndarray[Any, Any]


class Layer(NamedTuple):
    """A layer: weights start uniform in ``+-spread``, or normal of that deviation; biases in ``+-inputs^(-1/2)``."""

    inputs: int
    outputs: int
    spread: float
    normal: bool = False
    activation: str = "tanh"
    frequency: float = 1.0  # that of a sine

    @property
    def size(self) -> int:
        """The number of parameters."""
        return (self.inputs + 1) * self.outputs


def start(layers: Sequence[Layer], seed: int) -> Array:
    """Parameters at the start, flat: weights, then biases, layer by layer."""
    rng, parts = np.random.default_rng(seed), []
    for layer in layers:
        count = layer.inputs * layer.outputs
        parts.append(layer.spread * (rng.standard_normal(count) if layer.normal else rng.uniform(-1, 1, count)))
        parts.append(rng.uniform(-1, 1, layer.outputs) / math.sqrt(layer.inputs))
    return np.concatenate(parts)


def derivatives(theta: Tensor, layers: Sequence[Layer], x: Tensor, order: int) -> Tensor:
    """Values, first derivatives by each input, second derivatives by each: ``(networks, parts, points)``.

    ``theta`` are parameters ``(networks, all)``, ``x`` points ``(points, inputs)``; ``order`` is that of the last
    derivatives, 0, 1 or 2. Mixed second derivatives are left out.
    """
    import torch

    points, inputs = x.shape
    first = torch.eye(inputs, dtype=x.dtype)[:, None].expand(-1, points, -1)
    parts = torch.cat([x[None], first, torch.zeros_like(first)][: order + 1])
    z, used = parts.reshape(1, -1, inputs).expand(len(theta), -1, -1), 0
    for layer in layers:
        weights, biases = theta[:, used : used + layer.size].split([layer.inputs * layer.outputs, layer.outputs], dim=1)
        used += layer.size
        z = torch.bmm(z, weights.reshape(-1, layer.inputs, layer.outputs))
        z = list(z.reshape(len(theta), len(parts), points, layer.outputs).unbind(1))
        z[0] = z[0] + biases[:, None]
        if layer.activation != "linear":
            z = _chain_rule(layer, z, inputs)
        z = torch.cat(z, dim=1)
    return z.reshape(len(theta), len(parts), points)


def _chain_rule(layer: Layer, z: list[Tensor], inputs: int) -> list[Tensor]:
    """Of ``s(z)``: ``s``, ``s' z_k`` and ``s' z_kk + s'' z_k^2``."""
    import torch

    value, first, second = z[0], z[1 : 1 + inputs], z[1 + inputs :]
    if layer.activation == "tanh":
        s = torch.tanh(value)
        if not first:
            return [s]
        slope = 1 - s * s
        bends = -2 * s * slope if second else None
    else:
        w = layer.frequency
        s = torch.sin(w * value)
        if not first:
            return [s]
        slope = w * torch.cos(w * value)
        bends = -w * w * s if second else None
    return [s, *(slope * p for p in first), *(slope * q + bends * p * p for p, q in zip(first, second, strict=False))]


def losses(theta: Tensor, layers: Sequence[Layer], x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of the mean squares of errors, of each network: of those parts that ``y`` has."""
    order = (len(y) - 1) // x.shape[1]
    return (derivatives(theta, layers, x, order) - y).square().mean(dim=2) @ weights


class Trained(NamedTuple):
    """Parameters ``(networks, all)`` after training, and milliseconds of processor time of a step."""

    theta: Array
    milliseconds: float


def train(
    layers: Sequence[Layer],
    x: Array,
    y: Array,
    weights: Array,
    seeds: Sequence[int],
    rates: Array,
    steps: int,
    precision: str = "float64",
) -> Trained:
    """Adam on all points, for networks of seeds with learning rates that fall to zero along half a cosine."""
    import torch

    torch.set_num_threads(1)  # arrays are small: more threads wait for one another
    begin = np.stack([start(layers, seed) for seed in seeds])
    arrays = (x, y, weights, rates, begin)
    x, y, weights, rate, theta = (torch.tensor(array, dtype=getattr(torch, precision)) for array in arrays)
    adam, began = Adam([theta.requires_grad_()], rate, steps), time.process_time()
    for _ in range(steps):
        adam.step(losses(theta, layers, x, y, weights))
    spent = time.process_time() - began
    return Trained(theta.detach().double().numpy(), 1000 * spent / steps)


def values(theta: Array, layers: Sequence[Layer], x: Array, order: int = 0) -> Array:
    """Those of `derivatives` at points, as arrays."""
    import torch

    with torch.no_grad():
        found: Array = derivatives(torch.tensor(theta), layers, torch.tensor(x), order).numpy()
    return found


def relative(found: Array, true: Array) -> Array:
    """Relative L2 errors of networks, from values at points of a uniform grid; infinite where they are no numbers."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.sqrt(np.mean((found - true) ** 2, axis=-1) / np.mean(true**2))
    return np.where(np.isfinite(errors), errors, np.inf)


@dataclass(frozen=True)
class Budget:
    """What each loss gets: learning rates, seeds on which one is chosen, seeds that are reported, and steps."""

    rates: tuple[float, ...]
    tuning: tuple[int, ...]
    seeds: tuple[int, ...]
    steps: int


class Tuned(NamedTuple):
    """The learning rate chosen, errors that chose it by rate, and networks of the seeds reported, trained with it."""

    rate: float
    choice: Array
    trained: Trained


def tuned(
    layers: Sequence[Layer], x: Array, y: Array, weights: Array, budget: Budget, error: Callable[[Array], Array]
) -> Tuned:
    """The rate of the smallest geometric mean, over the seeds for tuning, of an error of parameters; and its networks.

    ``error`` is to be the same for all losses that are compared, and of other points than the errors reported. Rates
    are tried in single precision, which takes half the time.
    """
    seeds, rates = zip(*((seed, rate) for rate in budget.rates for seed in budget.tuning), strict=True)
    tried = train(layers, x, y, weights, seeds, np.array(rates), budget.steps, "float32").theta
    choice = np.exp(np.log(error(tried)).reshape(len(budget.rates), -1).mean(axis=1))
    rate = budget.rates[int(np.argmin(choice))]
    final = train(layers, x, y, weights, budget.seeds, np.full(len(budget.seeds), rate), budget.steps)
    return Tuned(rate, choice, final)
