"""What a model is to match: tensors, or a teacher, of which values and derivatives are taken as of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .._runtime.checks import shown
from ..networks import Network
from ..norms import Norm
from .derivatives import MODES, Frames, Jet, Model, along

Teacher = Model | Network


def require_sound(name: str, model: Model | None, mode: str, order: int) -> None:
    """Refuse what is no function, and modules with parts whose derivatives are known to be none of one input.

    Batch normalisation mixes inputs. ``torch.nn.functional.layer_norm`` forgets, where its own rules are differentiated
    once more, that mean and deviation depend on the input, and says nothing (PyTorch 2.13, issues 175754 and 196700).
    """
    if isinstance(model, Network):
        raise ValueError(f"{name}: a module, or a function of tensors, is required, got a Network; pass its to_torch()")
    if not callable(model):
        raise ValueError(f"{name}: a module, or a function of tensors, is required, got {shown(model)}")
    for part in model.modules() if isinstance(model, nn.Module) else ():
        if isinstance(part, _BatchNorm) and (part.training or part.running_mean is None):
            raise ValueError(
                f"{name}: a model that treats inputs one by one is required, got {type(part).__name__} with statistics "
                "of the batch, through which every output depends on every input; call eval(), or normalise each input "
                "by itself, as GroupNorm does"
            )
        if isinstance(part, nn.LayerNorm) and order >= (1 if mode == "forward" else 2):
            raise ValueError(
                f"{name}: another normalisation than LayerNorm is required here, which PyTorch differentiates wrongly "
                f'in mode "{mode}" at order {order}; nn.GroupNorm(1, K) is the same function of (n, K)'
            )


def of_teacher(
    teacher: Teacher,
    x: Tensor,
    order: int,
    frames: Frames,
    mode: str,
    given: Mapping[str, object],
) -> Jet:
    """Values and derivatives of a teacher in frames, without a graph: of a `Network` by NumPy, in double precision."""
    for name, target in given.items():
        if target is not None:
            raise ValueError(
                f"{name}: None is required where y is a teacher, which has derivatives of its own, got both"
            )
    if not isinstance(teacher, Network):
        require_sound("y", teacher, mode, order)
        return tuple(part.detach() for part in MODES[mode](teacher, x.detach(), order, frames))
    points = x.detach().cpu().double().numpy()
    methods = (teacher, teacher.input_gradient, teacher.input_hessian)[: order + 1]
    value, *others = (torch.from_numpy(method(points)).to(x) for method in methods)
    return value, *(in_frames(other, m, frames) for m, other in enumerate(others, 1))


def in_frames(derivative: Tensor, order: int, frames: Frames) -> Tensor:
    """A gradient (n, d) or Hessian (n, d, d) in frames."""
    if order == 1:
        return along(frames[0], derivative)
    return along(frames[1], along(frames[0], derivative.mT).mT)


@dataclass(frozen=True, eq=False)
class Given:
    """Targets as tensors, at inputs; ``roots`` are those of the weights of fixed directions."""

    x: Tensor
    frames: Frames
    roots: Tensor | None
    y: Tensor | None
    gradient: Tensor | None
    hessian: Tensor | None
    directional: Tensor | None

    def at(self, norm: Norm) -> dict[int, Tensor]:
        """Those that count, in frames, by order."""
        return {order: (self._value, self._first, self._second)[order]() for order, _ in norm.orders}

    def _value(self) -> Tensor:
        (n, _) = self.x.shape
        if isinstance(self.y, Tensor) and self.y.shape == (n, 1):
            return self._tensor("y", self.y[:, 0], (n,), "(n,)")
        return self._tensor("y", self.y, (n,), "(n,) or (n, 1)")

    def _first(self) -> Tensor:
        n, d = self.x.shape
        if self.directional is None:
            return in_frames(self._tensor("gradient", self.gradient, (n, d), "(n, d)"), 1, self.frames)
        if self.gradient is not None or self.roots is None:
            raise ValueError(
                "directional: fixed directions of the loss, and no gradient beside, are required for derivatives along "
                "them; pass gradient= alone"
            )
        return self._tensor("directional", self.directional, (n, len(self.roots)), "(n, L)") * self.roots.to(self.x)

    def _second(self) -> Tensor:
        n, d = self.x.shape
        return in_frames(self._tensor("hessian", self.hessian, (n, d, d), "(n, d, d)"), 2, self.frames)

    def _tensor(self, name: str, given: object, shape: tuple[int, ...], axes: str) -> Tensor:
        """A target of a shape, in the precision of the inputs."""
        if given is None:
            raise ValueError(
                f"{name}: a tensor of shape {axes} is required, as the norm counts it, got None; a teacher as y, a "
                "module or a function, has all derivatives"
            )
        if not isinstance(given, Tensor) or given.shape != shape:
            came = f"shape {tuple(given.shape)}" if isinstance(given, Tensor) else shown(given)
            raise ValueError(f"{name}: a tensor of shape {axes} = {shape} is required, got {came}")
        return given.to(self.x.dtype)
