"""What to do, in words, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .findings import AS_MANY, OfNorm, ratio, saving, two_digits
from .weight import BestWeight

PAYS, LITTLE = 1.5, 1.1
"""Work without derivatives over work with them from which on they pay, and pay little."""

SAVED = 1.5
"""Steps, or samples, without derivatives over those with them from which on they are saved."""


@dataclass(frozen=True)
class Verdict:
    """The answer, and the reasons.

    Attributes
    ----------
    answer
        ``"pay"``, ``"pay little"``, ``"do not pay"``, of the work of gradient descent; ``"open"`` if nothing is known.
    norm
        The norm with the largest gain.
    saves_steps, saves_samples
        Whether there is one with a half more steps without derivatives, and of samples.
    costs_steps
        Whether they take more steps, all of them.
    reference
        The norm that gains are over, where it has derivatives itself; else empty.
    reasons
        A sentence each.
    """

    answer: str
    norm: str
    saves_steps: bool
    saves_samples: bool
    costs_steps: bool
    reference: str
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The answer in words."""
        who = f"norms other than {self.reference}" if self.reference else "derivatives"
        small = "they take more steps" if self.costs_steps else "the gain in steps is small"
        small = "they save steps, but not work" if self.saves_steps else small
        words = {
            "pay": f"{who} pay, most with {self.norm}.",
            "pay little": f"{who} pay a little, most with {self.norm}.",
            "do not pay": f"{who} do not pay in computing: {small}.",
            "open": f"whether {who} pay in computing is open.",
        }
        said = words[self.answer]
        return said[0].upper() + said[1:] + " They save samples." * self.saves_samples


def work_gain(first: OfNorm, other: OfNorm) -> float:
    """Work of gradient descent without the derivatives of a norm, over that with them."""
    return ratio(judged(first, other)[0], judged(first, other)[1]) / other.cost


def judged(first: OfNorm, other: OfNorm) -> tuple[float, float]:
    """Steps of two norms on the same ground: data, unless training follows another matrix there."""
    if first.jumps or other.jumps:
        return first.training.steps, other.training.steps
    return first.judged.steps, other.judged.steps


def verdict(found: Sequence[OfNorm]) -> Verdict:
    """Of norms over the first of them."""
    first, others = found[0], found[1:]
    gains = [work_gain(first, other) for other in others]
    known = [k for k, gain in enumerate(gains) if not np.isnan(gain)]
    needed = [ratio(_needed(first), _needed(other)) for other in others]
    saves_samples = any(gain >= SAVED for gain in needed)
    words, reference = _of_adam(first, others) + _of_samples(found), first.norm if first.order else ""
    if not known:
        arriving = np.isfinite(first.judged.steps)
        why = f"Gradient descent does not arrive at the accuracy with {'any other' if arriving else first.norm}"
        why = why if others else "There is no second norm"
        return Verdict("open", first.norm, False, saves_samples, False, reference, (f"{why}.", *words))
    best = max(known, key=lambda k: gains[k])
    answer = "pay" if gains[best] >= PAYS else "pay little" if gains[best] >= LITTLE else "do not pay"
    saved = max(ratio(*judged(first, others[k])) for k in known)
    reasons = (*(_reason(first, each) for each in others), *words)
    return Verdict(answer, others[best].norm, saved >= SAVED, saves_samples, saved <= 1 / LITTLE, reference, reasons)


def _needed(each: OfNorm) -> float:
    """Samples needed; at least so many where those at hand are not enough."""
    return np.nan if each.samples is None else min(each.samples.needed, each.samples.tried)


def _reason(first: OfNorm, other: OfNorm) -> str:
    gain, work = ratio(*judged(first, other)), work_gain(first, other)
    if np.isnan(gain):
        return f"{other.norm}: gradient descent does not arrive, no gain is known."
    saved = saving(gain)
    steps = f"{saved} of gradient descent {'as' if saved == AS_MANY else 'than'} {first.norm}"
    if other.cost == first.cost:
        return f"{other.norm}: {steps}, each at the same cost."
    less = f"{two_digits(work)} times less work" if work >= 1 else f"{two_digits(1 / work)} times more work"
    less = "as much work" if less.startswith("1 ") else less
    return f"{other.norm}: {steps}, at {other.cost:.3g} times the cost: {less}."


def _of_adam(first: OfNorm, others: Sequence[OfNorm]) -> tuple[str, ...]:
    """What remains with Adam."""
    counts = [(other.norm, other.adam) for other in others if other.adam is not None and other.adam.arrived]
    if first.adam is None or not counts:
        return ()
    if not first.adam.arrived:
        listed = ", ".join(f"{norm} {count.steps}" for norm, count in counts)
        return (f"Steps of Adam: {first.norm} more than {first.adam.steps}, {listed}.",)
    words = ", ".join(f"{norm} {saving(first.adam.steps / count.steps)}" for norm, count in counts)
    return (f"With Adam, against {first.norm}: {words}.",)


def _of_samples(found: Sequence[OfNorm]) -> tuple[str, ...]:
    """How many are needed; with derivatives each is more numbers."""
    needed = [each.samples for each in found if each.samples is not None]
    if not needed:
        return ()
    words = [
        f"{each.norm} {each.needed:.0f}" if np.isfinite(each.needed) else f"{each.norm} more than {each.tried}"
        for each in needed
    ]
    return (f"Samples needed, each with its derivatives: {', '.join(words)}.",)


def of_weight(best: BestWeight, pays: bool, unit: float, within: float) -> str:
    """The weight to take, in the units of the target; whether a norm with derivatives is one to take."""
    if not np.isfinite(best.steps):
        return "Weight: with none does gradient descent arrive."
    percent = f"within {100 * within:.3g} percent of the fewest steps"
    if best.recommended == 0:
        return f"Weight: none; L2 alone is {percent}."
    high = "on" if best.interval[1] == np.inf else f"to {best.interval[1]:.3g}"
    take = "take" if pays else "if at all,"
    known = "" if np.isnan(unit) else f" (in units of f {best.recommended * unit:.2g})"
    return f"Weight: {take} lambda_1 = {best.recommended:.2g}{known}; from there {high} it is {percent}."
