"""Errors, every one a `ValueError`, and a warning; those that users catch by name are offered by the package."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any


class _Travelling(ValueError):
    """An error that is made from other things than its text, and is the same after a pickle."""

    def __reduce__(self) -> tuple[Callable[..., "_Travelling"], tuple[Any, ...], dict[str, Any]]:
        return _restored, (type(self), *self.args), self.__dict__


def _restored(kind: type[_Travelling], *args: object) -> _Travelling:
    """An error with its text and, by and by, its attributes."""
    return kind.__new__(kind, *args)


class NotDifferentiableError(_Travelling):
    """The asked derivative does not exist at these weights; `pairs` lists the rows responsible.

    A pair ``(i, j)`` names rows of the stacked weights ``[W; V]`` (students first) that are parallel; ``(i, i)`` is a
    zero row. Of kernels of wide networks it names inputs.
    """

    def __init__(
        self,
        quantity: str,
        pairs: Sequence[tuple[int, int]],
        reason: str,
        advice: str,
        of: str = "rows of the stacked weights [W; V]",
    ) -> None:
        self.pairs = list(pairs)
        shown = ", ".join(str(pair) for pair in self.pairs[:5]) + (", ..." if len(self.pairs) > 5 else "")
        super().__init__(f"the {quantity} does not exist: {reason}; {of}: {shown}. {advice}")


class InfiniteNormError(_Travelling):
    """The Sobolev norm of the network is infinite: a derivative it contains is not square integrable."""

    def __init__(self, activation: str, order: int, highest: int) -> None:
        super().__init__(
            f"norm: the term of order {order} is infinite for activation {activation!r}, whose derivative of order "
            f"{highest} jumps, so that the next one is a Dirac delta with E[delta^2] infinite; use weights up to order "
            f"{highest}, or a smoother activation"
        )


class AccuracyError(_Travelling):
    """A number cannot be had as accurate as was asked for; `bound` is that of its error, `tolerance` what was asked.

    Both are relative to the natural scale of the number.
    """

    def __init__(self, quantity: str, bound: float, tolerance: float, advice: str) -> None:
        self.bound, self.tolerance = bound, tolerance
        super().__init__(f"{quantity} is known to {bound:.1e} of its scale, {tolerance:.0e} is required; {advice}")


class OverflowingError(ValueError):
    """A result left the range of double precision on the way."""


class SizeError(ValueError):
    """What is asked for does not fit: judged before work begins, with what to ask for in its place."""


class WorkerError(ValueError, RuntimeError):
    """A worker process died or could not be reached."""


RESUME = "work with a checkpoint goes on from what was finished"
"""What a message about a dead worker ends with."""


class ConditioningWarning(UserWarning):
    """A condition number, or what is made of it, says nothing about a rate: the curvature is indefinite or singular."""


class AccuracyWarning(UserWarning):
    """Rounding has left fewer than three digits of a gradient or a curvature."""


class UnknownActivationError(_Travelling):
    """The activation is not registered; its name is that of what came, as a message shows it."""

    def __init__(self, name: str, known: Iterable[str], advice: str = "") -> None:
        advice = advice or (
            f"use one of {', '.join(sorted(known))}, or derive and register your own, "
            'sobolev_theory.symbolic.derive("sin(z)", "my_name").register(), or see activations.from_callable'
        )
        super().__init__(f"activation: {name} is not known; {advice}")
