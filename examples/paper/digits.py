"""What the two experiments on handwritten digits share: the images, losses of image derivatives, stacks of networks.

The losses are quadratic forms ``mean r' P r`` of residual images ``r``, with one fixed positive definite matrix ``P``:
derivatives are taken along rows and columns of the *output*. The Sobolev losses of theory take them along the *inputs*
of the network. With a fixed ``P`` the best unrestricted network is that of L2, the conditional mean of the target; what
changes is which part of the residual falls first, and what a network that is too small gives up.

Networks of several seeds and learning rates are trained at the same time: each parameter has a leading axis of models,
each model its own batches, and the start and the batches of a seed do not depend on what else is in the stack.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from .adam import Adam
from .experiment import rounded

SIZE = 8  # pixels of a side
TRAINING, VALIDATION = 1000, 297  # images; the other 500 are the test set

Array = np.ndarray[Any, Any]
Layer = tuple[tuple[int, ...], int, int]  # shape of the weights, inputs of a neuron, outputs
Models = Sequence[tuple[float, int]]  # learning rate and seed of each
Loss = Callable[[torch.Tensor], torch.Tensor]  # residual images (..., n, n) to a number each (...)


def images() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Digits of scikit-learn with grey values from 0 to 1, (n, 8, 8): for training, validation and test."""
    from sklearn.datasets import load_digits

    data = torch.from_numpy(load_digits().images / 16).to(torch.float32)
    shuffled = data[torch.randperm(len(data), generator=torch.Generator().manual_seed(0))]
    training, validation, test = shuffled.tensor_split((TRAINING, TRAINING + VALIDATION))
    return training, validation, test


def radians(size: int, *, folded: bool = True) -> torch.Tensor:
    """Frequencies of the discrete Fourier transform, without signs, in radians a pixel, (size,).

    On the pixels a wave of frequency ``2 pi j/n`` is one of ``2 pi (j - n)/n``: ``folded`` takes the slower of the two,
    the band-limited image. Unfolded, with ``0 <= j < n``, the two halves of a real wave have the squares ``a^2`` and
    ``(2 pi - a)^2``, on average ``pi^2 + (pi - a)^2``: least for the fastest wave ``a = pi``.
    """
    found = 2 * np.pi * torch.arange(size, dtype=torch.float64) / size
    return torch.minimum(found, 2 * np.pi - found) if folded else found


def squared_frequencies(size: int, *, folded: bool = True) -> torch.Tensor:
    """``|k|^2`` of an image, (size, size)."""
    found = radians(size, folded=folded) ** 2
    return found[:, None] + found


def fourier(weights: torch.Tensor) -> Loss:
    """``sum_k weights_k |r_k|^2`` over pixels, ``r_k`` the unitary Fourier transform: mean squares for weights 1."""
    return lambda residual: (weights.to(residual) * torch.fft.fft2(residual, norm="ortho").abs() ** 2).mean((-2, -1))


def mean_square(residual: torch.Tensor) -> torch.Tensor:
    """``sum r^2`` over pixels."""
    return (residual**2).mean((-2, -1))


def squared_differences(residual: torch.Tensor) -> torch.Tensor:
    """``sum |D r|^2`` over pixels, ``D`` the differences of neighbours inside the image."""
    down, across = residual.diff(dim=-2), residual.diff(dim=-1)
    return ((down**2).sum((-2, -1)) + (across**2).sum((-2, -1))) / (residual.shape[-2] * residual.shape[-1])


def of_public_code(residual: torch.Tensor) -> torch.Tensor:
    """Filters of rows and columns whose frequencies are not folded, back along rows; moduli, that are not squared."""
    gain = (1 + radians(residual.shape[-1], folded=False) ** 2).sqrt().to(residual)
    down, across = torch.fft.fft(residual, dim=-2) * gain[:, None], torch.fft.fft(residual, dim=-1) * gain
    return (torch.fft.ifft(down).abs() + torch.fft.ifft(across).abs()).mean((-2, -1))


def balance(data: torch.Tensor) -> float:
    """``Var f / E |grad (f - E f)|^2`` over images (N, n, n): with this weight derivatives count as much as values."""
    centred, slope = data - data.mean(0), fourier(squared_frequencies(data.shape[-1]))
    return float(mean_square(centred).mean() / slope(centred).mean())


def convolution(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int = 1) -> torch.Tensor:
    """3 x 3, for images (B, M C, n, n) and weights (M, K, C, 3, 3) of M models: (B, M K, n / stride, n / stride)."""
    return functional.conv2d(x, weight.flatten(0, 1), bias.flatten(), stride=stride, padding=1, groups=len(weight))


def transposed_convolution(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The adjoint of a convolution with stride 2, for weights (M, C, K, 3, 3): (B, M C, n, n) to (B, M K, 2n, 2n)."""
    flat = weight.flatten(0, 1), bias.flatten()
    return functional.conv_transpose2d(x, *flat, stride=2, padding=1, output_padding=1, groups=len(weight))


def dense(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """``x W + b``, for x (M, B, C), weights (M, C, K), biases (M, K)."""
    return torch.baddbmm(bias[:, None], x, weight)


class Streams:
    """A stream of random numbers for each seed, the same whatever other seeds there are."""

    def __init__(self, seeds: Iterable[int]) -> None:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(self, *shape: int) -> torch.Tensor:
        """Standard normal numbers, (seeds, *shape)."""
        return torch.stack([torch.randn(shape, generator=each) for each in self.generators])

    def uniform(self, *shape: int) -> torch.Tensor:
        """From 0 to 1, (seeds, *shape)."""
        return torch.stack([torch.rand(shape, generator=each) for each in self.generators])

    def batches(self, data: torch.Tensor, size: int) -> torch.Tensor:
        """Images drawn from all with replacement, (seeds, size, n, n)."""
        return torch.stack([data[torch.randint(len(data), (size,), generator=each)] for each in self.generators])


def start(layers: Sequence[Layer], seeds: Sequence[int]) -> list[torch.Tensor]:
    """Weights of variance ``2 / inputs`` and zero biases for each layer."""
    streams, found = Streams(seeds), []
    for shape, inputs, outputs in layers:
        found += [streams.normal(*shape) * (2 / inputs) ** 0.5, torch.zeros(len(seeds), outputs)]
    return [part.requires_grad_() for part in found]


class Stack:
    """Models, learning rate and seed each, as one: parameters with a leading axis, and a stream for each seed."""

    def __init__(self, layers: Sequence[Layer], models: Models) -> None:
        rates, of_models = zip(*models, strict=True)
        seeds = sorted({*of_models})
        self.rates, self.of_model = torch.tensor(rates), [seeds.index(seed) for seed in of_models]
        self.parameters = start(layers, of_models)
        self.streams = Streams(seed + 1_000_000 for seed in seeds)

    def train(
        self, loss: Callable[[], torch.Tensor], observe: Callable[[], Array], record: Sequence[int]
    ) -> tuple[Array, float]:
        """Adam on each model's own loss, (M,), up to the last of the numbers of steps to record.

        Returns what is observed after these, stacked, and the seconds of one core that a step of a model takes.
        """
        adam, spent = Adam(self.parameters, self.rates, record[-1]), 0.0
        found = [observe()] if 0 in record else []
        for step in range(1, record[-1] + 1):
            began = time.process_time()
            adam.step(loss())
            spent += time.process_time() - began
            if step in record:
                found.append(observe())
        return np.stack(found), spent / (record[-1] * len(self.rates))


class Budget(NamedTuple):
    """What each loss gets: learning rates to choose from, seeds to choose with, steps of each run."""

    rates: tuple[float, ...]
    tuning_seeds: tuple[int, ...]
    steps: int
    records: int


class Trained(NamedTuple):
    """Runs of one loss with the rate that suits it best."""

    rate: float
    tuning: Array  # validation errors, (rates, tuning seeds)
    observed: Array  # what was observed, (records, seeds, ...)
    seconds: float  # of a step of a model on one core

    def data(self) -> dict[str, Any]:
        """For a file."""
        return {name: rounded(value) for name, value in self._asdict().items()}


def tuned(run: Callable[[Models, Sequence[int]], tuple[Array, float]], budget: Budget, seeds: int) -> Trained:
    """Runs of models, (rate, seed) each, with records after numbers of steps: first to choose the rate, by the mean
    over seeds of what is observed first at the end, then with other seeds.
    """
    candidates = [(rate, seed) for rate in budget.rates for seed in budget.tuning_seeds]
    errors = run(candidates, [budget.steps])[0][-1, :, 0].reshape(len(budget.rates), -1)
    rate = budget.rates[int(np.argmin(np.where(np.isfinite(errors), errors, np.inf).mean(axis=1)))]
    return Trained(rate, errors, *run([(rate, seed) for seed in range(seeds)], recorded(budget)))


def recorded(budget: Budget) -> list[int]:
    """Numbers of steps after which runs are observed, from 0 to all."""
    return [budget.steps * k // budget.records for k in range(budget.records + 1)]
