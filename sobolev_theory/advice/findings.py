"""What advice is made of, norm by norm, and in which words its numbers are put."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..conditioning.optimum import OptimalWeight
from .adam import Count
from .data import Agreement
from .samples import SamplesNeeded
from .scales import Residual, Scales
from .weight import BestWeight

BY_THEORY = "by theory"
"""What numbers go by that do not go by the data."""

SLOW = 1e8
"""Condition number from which its slowest directions are put in words: nobody waits for them."""


@dataclass(frozen=True)
class Curved:
    """The ends of a spectrum, and the predicted steps of gradient descent; means over directions."""

    smallest: float
    largest: float
    steps: float

    @property
    def condition_number(self) -> float:
        """``kappa``; infinite for a singular matrix, NaN for one that is not semidefinite."""
        if self.smallest < 0:
            return np.nan
        return self.largest / self.smallest if self.smallest else np.inf

    def as_dict(self) -> dict[str, Any]:
        """With the condition number."""
        return asdict(self) | {"condition_number": self.condition_number}


@dataclass(frozen=True)
class OfNorm:
    """What was found of a norm.

    Attributes
    ----------
    norm, order, jumps
        Its name and highest order; whether that is the one whose derivative jumps, so that training follows a limit of
        the Hessian.
    training, spread
        What training follows, by theory, in the mean over directions; and the standard deviation of its steps, 0 for a
        single one.
    growing
        Directions along which some errors grow, and which have no part in the mean, unless half of them do.
    gauss_newton
        The Gauss-Newton matrix of theory: the same, unless the norm jumps.
    data
        The Gauss-Newton matrix on data; None without data.
    adam
        Steps of Adam, counted on the quadratic; None if that is too large.
    cost
        Products of matrices of a gradient, in units of those of the first norm.
    agreement, samples
        Data against theory, and how many samples are needed; None where that is not known.
    """

    norm: str
    order: int
    jumps: bool
    training: Curved
    spread: float
    growing: int
    gauss_newton: Curved
    data: Curved | None
    adam: Count | None
    cost: float
    agreement: Agreement | None
    samples: SamplesNeeded | None

    @property
    def judged(self) -> Curved:
        """What verdicts go by: the data, unless training follows another matrix there."""
        return self.training if self.jumps or self.data is None else self.data

    def as_dict(self) -> dict[str, Any]:
        """All of it."""
        kinds = {name: getattr(self, name) for name in ("training", "gauss_newton", "data")}
        plain = {
            "norm": self.norm,
            "order": self.order,
            "jumps": self.jumps,
            "spread": self.spread,
            "growing": self.growing,
            "cost": self.cost,
        }
        plain |= {name: None if kind is None else kind.as_dict() for name, kind in kinds.items()}
        parts = {"adam": self.adam, "agreement": self.agreement, "samples": self.samples}
        return plain | {name: None if part is None else asdict(part) for name, part in parts.items()}


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """The numbers of a report; see `Advice`."""

    norms: tuple[OfNorm, ...]
    weight: BestWeight | None
    optimum: OptimalWeight | None
    scales: dict[str, Scales]
    law: dict[str, float]
    accuracy: float
    within: float
    residual: Residual | None

    @property
    def unit(self) -> float:
        """``E |grad f|^2 / Var f`` of the targets, or else of the network, on data or else by theory."""
        known = [self.scales[name].unit for name in ("targets", "data", "theory") if name in self.scales]
        return next((unit for unit in known if not np.isnan(unit)), np.nan)

    @property
    def ground(self) -> str:
        """What gains go by."""
        on_data = self.norms[0].data is not None and not any(each.jumps for each in self.norms)
        return "on the data" if on_data else BY_THEORY


def ratio(first: float, second: float) -> float:
    """A gain; NaN where either is none."""
    return first / second if np.isfinite(first) and np.isfinite(second) and second > 0 else np.nan


AS_MANY = "as many steps"


def two_digits(x: float) -> str:
    """A positive number in words: two digits, or all those before the point.

    Examples
    --------
    >>> two_digits(1.46), two_digits(146.2), two_digits(0.0123)
    ('1.5', '146', '0.012')
    """
    return f"{x:.0f}" if 100 <= x < 1e6 else f"{x:.2g}"


def saving(gain: float) -> str:
    """A gain in steps, in words.

    Examples
    --------
    >>> saving(6.68), saving(1.08), saving(0.99), saving(0.5)
    ('6.7 times fewer steps', '7 percent fewer steps', 'as many steps', '2 times more steps')
    """
    if gain >= 1.5:
        return f"{two_digits(gain)} times fewer steps"
    if gain <= 1 / 1.5:
        return f"{two_digits(1 / gain)} times more steps"
    percent = round(100 * (1 - 1 / gain)) if gain > 1 else round(100 * (1 / gain - 1))
    return f"{percent} percent {'fewer' if gain > 1 else 'more'} steps" if percent > 1 else AS_MANY
