r"""Value and derivatives of a model at each input of a batch, in *frames*: ``<u, grad f>`` and ``u' (grad^2 f) v``.

A frame is a set of directions for a slot of a derivative, rows (L, d) for all inputs or (n, L, d), some for each; None
is the basis. The model treats inputs one by one, so that the gradient of the sum of its outputs has in row t that of
output t. Both modes give the same numbers, with the graph by which an optimiser differentiates them again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.func import jvp, vmap

from .._runtime.checks import shown

Model = Callable[[Tensor], Tensor]
Frames: TypeAlias = "tuple[Tensor | None, Tensor | None]"
Jet = tuple[Tensor, ...]  # orders 0, 1, 2: shapes (n,), (n, L), (n, L, L')


def along(frame: Tensor | None, vectors: Tensor) -> Tensor:
    """Components of the last axis of (n, d) or (n, k, d) along a frame."""
    if frame is None:
        return vectors
    if vectors.ndim == 2:
        return along(frame, vectors[:, None])[:, 0]
    return vectors @ frame.mT


def outputs(model: Model, x: Tensor) -> Tensor:
    """``f(x)`` of shape (n,), from a model that returns that or a column."""
    y = model(x)
    if not isinstance(y, Tensor) or y.shape not in ((len(x),), (len(x), 1)):
        came = f"shape {tuple(y.shape)}" if isinstance(y, Tensor) else shown(y)
        raise ValueError(
            f"model: one output for each input, shape (n,) or (n, 1) with n = {len(x)}, is required, got {came}"
        )
    return y.reshape(len(x))


def backward(model: Model, x: Tensor, order: int, frames: Frames) -> Jet:
    """By reverse mode, twice: a backward pass for all of the gradient, and one for each row of the Hessian."""
    if order == 0:
        return (outputs(model, x),)
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        f = outputs(model, x)
        if not f.requires_grad:
            raise ValueError(
                "model: an output that autograd can differentiate in x is required, got one without a graph; no "
                "detach(), NumPy or torch.inference_mode() on the way"
            )
        first = along(frames[0], _gradient(f, x))
        if order == 1:
            return f, first
        rows = torch.stack([_gradient(column, x) for column in first.unbind(1)], dim=1)
        return f, first, along(frames[1], rows)


def _gradient(y: Tensor, x: Tensor) -> Tensor:
    """That of each output in its input; zero where they do not depend on it."""
    if not y.requires_grad:
        return torch.zeros_like(x)
    (found,) = torch.autograd.grad(y.sum(), x, create_graph=True, materialize_grads=True)
    return found


def forward(model: Model, x: Tensor, order: int, frames: Frames) -> Jet:
    """By forward mode: a Jacobian-vector product for each direction, or for each pair of them."""

    if order == 0:
        return (outputs(model, x),)
    u, v = (_tangents(frame, x) for frame in frames)

    def slope(x: Tensor, u: Tensor) -> Any:
        return jvp(lambda x: outputs(model, x), (x,), (u,))

    if order == 1:
        f, first = _over(lambda u: slope(x, u), u)
        return f[0], first.mT

    def bend(u: Tensor, v: Tensor) -> Any:
        return jvp(lambda x: slope(x, u), (x,), (v,))

    (f, first), (_, second) = _over(lambda one: _over(lambda other: bend(one, other), v), u)
    return f[0, 0], first[:, 0].mT, second.permute(2, 0, 1)


def _tangents(frame: Tensor | None, x: Tensor) -> Tensor:
    """The directions of a frame at all inputs, (L, n, d)."""
    rows = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) if frame is None else frame
    return rows.expand(len(x), *rows.shape[-2:]).movedim(0, 1)


def _over(function: Callable[[Tensor], Any], tangents: Tensor) -> Any:
    """A function of a direction at each of them, on a new first axis; what is random is the same for all."""
    return vmap(function, randomness="same")(tangents)


MODES = {"backward": backward, "forward": forward}
