"""Adam for many networks at once, each with a learning rate of its own, which falls to zero along half a cosine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Tensor = Any  # of torch, which is loaded where something is trained

MOMENTA, SMALL = (0.9, 0.999), 1e-8


class Adam:
    """Steps of parameters, each with a leading axis of networks, as are the rates (networks,); changed in place."""

    def __init__(self, parameters: Sequence[Tensor], rates: Tensor, steps: int) -> None:
        import torch

        self.parameters, self.rates, self.steps, self.done = parameters, rates, steps, 0
        self.means, self.squares = ([torch.zeros_like(part) for part in parameters] for _ in range(2))

    def step(self, losses: Tensor) -> None:
        """Down the gradients of the losses of all networks, (networks,)."""
        import torch

        gradients = torch.autograd.grad(losses.sum(), self.parameters)
        first, second = MOMENTA
        falling = self.rates * (1 + math.cos(math.pi * self.done / self.steps)) / 2
        self.done += 1
        rates = falling / (1 - first**self.done)
        with torch.no_grad():
            for part, gradient, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
                mean.lerp_(gradient, 1 - first)
                square.lerp_(gradient**2, 1 - second)
                root = (square / (1 - second**self.done)).sqrt() + SMALL
                part -= rates.reshape(-1, *[1] * (part.ndim - 1)) * mean / root
