"""The empirical Sobolev loss as a module for training loops."""

from __future__ import annotations

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from .._runtime.checks import one_of, shown
from ..norms import Norm, NormLike
from .derivatives import MODES, Frames, Model
from .frames import of_directions, of_metric, require_one
from .targets import Given, Teacher, of_teacher, require_sound

HIGHEST = 2
"""Order of the highest derivative that a target is given for."""

REDUCTIONS = {"mean": torch.mean, "sum": torch.sum, "none": lambda terms: terms}

RANDOM = "random"


class SobolevLoss(nn.Module):
    r"""Half the mean over samples of squared mismatches of values and input derivatives, for any scalar model.

    .. math:: E = \frac{1}{2n} \sum_t \sum_m \lambda_m \| \nabla_x^m f(x_t) - \nabla_x^m f^*(x_t) \|_M^2

    It is the loss whose expectation for Gaussian inputs is `PopulationLoss`, and its gradient by autograd that
    of ``PopulationLoss.gradient`` in the backprop convention: derivatives are those almost everywhere, and the second
    one of a ReLU is zero.

    Parameters
    ----------
    norm
        ``"L2"``, ``"H1"``, ``"H2"``, or weights ``(lambda_0, lambda_1, lambda_2)``, of which some may be zero.
    metric
        ``M`` with ``|g|^2 = g' M g``, in every slot of a derivative: a number, (d,) or (d, d); the identity if None.
    directions
        In place of a metric: (L, d), derivatives along these alone, ``M = sum_l w_l v_l v_l'``; or ``"random"``, for
        each sample and call one unit vector, for each slot, from PyTorch's global generator: in expectation ``M = I/d``
        (Czarnecki et al. 2017; ``norm=(1, d)`` is H1 in expectation).
    direction_weights
        ``w_l >= 0``, (L,); ones if None.
    mode
        ``"backward"``: ``torch.autograd.grad`` with its graph, one more pass for the gradient, and one for each row of
        a Hessian. ``"forward"``: ``torch.func.jvp``, a Jacobian-vector product for each of the directions, d without
        them, at once; the one that `torch.compile` takes. The numbers are the same.
    reduction
        ``"mean"`` or ``"sum"`` over samples, or ``"none"``: the terms, (n,).

    Raises
    ------
    ValueError
        For a norm above H2, or what makes no sense; the message says what is required.

    Notes
    -----
    `nn.MSELoss` has no half, and over gradients is a mean over the d components too: ``mse(f, y) + mse(grad f, g)`` is
    twice this loss with ``norm=(1, 1/d)``. Everything is in the precision and on the device of the inputs; nothing is
    checked for NaN. In float64 values agree with those of NumPy to rounding; in float32 a loss is known to about 1e-7
    of what values and derivatives would give without their targets, and near a teacher not better.

    Examples
    --------
    >>> model, x = nn.Linear(2, 1, bias=False), torch.tensor([[1.0, 2.0]])
    >>> with torch.no_grad(): _ = model.weight.copy_(torch.tensor([[3.0, 1.0]]))
    >>> loss = SobolevLoss("H1")
    >>> loss(model, x, torch.tensor([4.0]), torch.tensor([[3.0, 3.0]])).item()  # 1/2 (1^2 + 2^2)
    2.5
    >>> loss(model, x, lambda x: x.prod(dim=1)).item()  # a teacher: 1/2 (3^2 + 1^2 + 0^2)
    5.0
    """

    frame: Tensor | None  # rows of F with M = F' F up to the scale
    roots: Tensor | None  # of the weights of fixed directions

    def __init__(
        self,
        norm: NormLike = "H1",
        *,
        metric: ArrayLike | None = None,
        directions: ArrayLike | str | None = None,
        direction_weights: ArrayLike | None = None,
        mode: str = "backward",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.norm = Norm.parse(norm)
        if self.norm.order > HIGHEST:
            raise ValueError(f"norm: orders up to {HIGHEST} are required for a loss on samples, got {self.norm.order}")
        self.mode = one_of("mode", mode, tuple(MODES))
        self.reduction = one_of("reduction", reduction, tuple(REDUCTIONS))
        require_one(metric, directions, direction_weights)
        if isinstance(directions, str):
            one_of("directions", directions, (RANDOM,))
        self.random = isinstance(directions, str)
        self.scale, frame = of_metric(metric)
        roots = None
        if directions is not None and not self.random:
            frame, roots = of_directions(directions, direction_weights)
        self.register_buffer("frame", frame)
        self.register_buffer("roots", roots)

    def forward(
        self,
        model: Model,
        x: Tensor,
        y: Tensor | Teacher | None = None,
        gradient: Tensor | None = None,
        hessian: Tensor | None = None,
        *,
        directional: Tensor | None = None,
    ) -> Tensor:
        """The loss of a model on samples.

        Parameters
        ----------
        model
            A module or function from (n, d) to (n,) or (n, 1) that treats inputs one by one.
        x
            Inputs, (n, d).
        y
            Values of the target, (n,) or (n, 1); or a teacher, a module, a function of tensors or a `Network`, whose
            values and derivatives are the targets. None where values do not count.
        gradient, hessian
            Derivatives of the target, (n, d) and (n, d, d), where the norm has their order.
        directional
            In place of the gradient, with fixed directions: derivatives of the target along them, (n, L).

        Raises
        ------
        ValueError
            For targets that the norm needs and that are not given, wrong shapes, and batch normalisation in training,
            with which outputs are no function of one input.
        """
        if not isinstance(x, Tensor) or x.ndim != 2 or not len(x) or not x.is_floating_point():
            came = f"{x.dtype} of shape {tuple(x.shape)}" if isinstance(x, Tensor) else shown(x)
            raise ValueError(f"x: a floating tensor of inputs (n, d) is required, got {came}")
        order, frames = self.norm.order, self._frames(x)
        require_sound("model", model, self.mode, order)
        given = {"gradient": gradient, "hessian": hessian, "directional": directional}
        if y is None or isinstance(y, Tensor):
            theirs = Given(x, frames, self.roots, y, **given).at(self.norm)
        else:
            theirs = dict(enumerate(of_teacher(y, x, order, frames, self.mode, given)))
        ours = MODES[self.mode](model, x, order, frames)
        terms = torch.zeros_like(ours[0])
        for m, weight in self.norm.orders:
            mismatch = (ours[m] - theirs[m]).reshape(len(x), -1)
            terms = terms + weight * self.scale**m / 2 * mismatch.square().sum(dim=1)
        return REDUCTIONS[self.reduction](terms)

    def _frames(self, x: Tensor) -> Frames:
        """The directions of each slot."""
        if self.random:
            u, v = (functional.normalize(torch.randn_like(x), dim=1)[:, None] for _ in range(2))
            return u, v
        frame = None if self.frame is None else self.frame.to(x)
        if frame is not None and frame.shape[1] != x.shape[1]:
            name = "metric" if self.roots is None else "directions"
            raise ValueError(f"x: the d = {frame.shape[1]} of {name} is required, got shape {tuple(x.shape)}")
        return frame, frame

    def extra_repr(self) -> str:
        """What is shown of it in a model."""
        name = "directions" if self.random or self.roots is not None else "metric"
        rows = RANDOM if self.random else self.scale if self.frame is None else tuple(self.frame.shape)
        return f"{self.norm.argument!r}, {name}={rows!r}, mode={self.mode!r}, reduction={self.reduction!r}"
