"""What a search found: where each run ended, and the distinct critical points with their frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._runtime.checks import one_of
from .._runtime.results import Column, Record, Rows, Value
from .._runtime.tables import Table
from ..critical_points import is_flat

FloatArray = NDArray[np.float64]

KINDS = ("global minimum", "spurious minimum", "saddle", "nonsmooth", "unconverged")
"""How a run can end; the first three are critical points. See `EndPoint`."""

SAME = 1e-6
"""Relative difference of values, and of eigenvalues to the largest, below which critical points count as one.

A gradient of 1e-12 leaves eigenvalues uncertain by 1e-12 over the smallest of them.
"""

QUANTILE = 1.959963984540054
"""Of the standard normal distribution, for 95 %."""


POINT = (Column("run"), Column("value"), Column("gradient_norm", "gradient norm"))

GROUP = (
    Column("value", "", "{:.6g}"),
    Column("count"),
    Column("fraction", "", "{:.4f}"),
    Column(("fraction_low", "fraction_high"), "95 % interval", "{:.4f} to {:.4f}"),
    Column("index", "", "{}"),
    Column("smallest", "smallest eigenvalue", "{:.6g}"),
    Column("kind"),
)


@dataclass(frozen=True, eq=False, repr=False)
class EndPoint(Record, Value):
    """Where one run ended.

    Attributes
    ----------
    run
        Number of the run, from 0.
    kind
        - ``"global minimum"``: the loss is zero to rounding;
        - ``"spurious minimum"``: a critical point of positive loss and index 0 (for a student too narrow for its
          teacher, the global minimum may be one);
        - ``"saddle"``: a critical point of positive loss with negative eigenvalues, to which the flow led;
        - ``"nonsmooth"``: rows became parallel or zero where gradient or Hessian do not exist: there is no index;
        - ``"unconverged"``: none of these within the time and the steps allowed; ``message`` says why.
    weights
        Hidden weights (K, d): of the critical point, or the last of the flow.
    value, gradient_norm
        Loss, and Frobenius norm of its gradient, NaN where that does not exist.
    eigenvalues, multiplicities
        Real parts of the Hessian's eigenvalues, ascending, in the convention of the loss; empty if there is no index.
    index
        Number of negative ones; None for ``"nonsmooth"`` and ``"unconverged"``, and for a global minimum at which the
        Hessian does not exist.
    message
        How the flow ended, in words.
    parameters
        The flat vector of all that moves, (P,); None if that is the hidden weights alone.
    """

    run: int
    kind: str
    weights: FloatArray
    value: float
    gradient_norm: float
    eigenvalues: FloatArray
    multiplicities: NDArray[np.intp]
    index: int | None
    message: str
    parameters: FloatArray | None = None

    @property
    def smallest(self) -> float:
        """Smallest eigenvalue, NaN if there is none."""
        return float(self.eigenvalues.min(initial=np.inf)) if len(self.eigenvalues) else np.nan

    def is_like(self, other: EndPoint) -> bool:
        """Whether two critical points have one kind, value and spectrum up to `SAME`, or lie in one valley."""
        if self.kind != other.kind or abs(self.value - other.value) > SAME * max(self.value, other.value):
            return False
        if is_flat(self.eigenvalues) and is_flat(other.eigenvalues):
            return True
        mine, theirs = (np.repeat(point.eigenvalues, point.multiplicities) for point in (self, other))
        return bool(np.abs(mine - theirs).max(initial=0.0) <= SAME * np.abs(mine).max(initial=0.0))

    def as_dict(self) -> dict[str, Any]:
        """The fields as numbers, texts and lists, from which `records.point_of` makes the same point, bit for bit."""
        fields = {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in vars(self).items()}
        if self.parameters is None:
            del fields["parameters"]
        return fields


@dataclass(frozen=True, eq=False, repr=False)
class Group(Rows[EndPoint], Value):
    """Runs that ended at one critical point up to permutation, or alike without one.

    Attributes
    ----------
    points
        Where they ended, in the order of the runs.
    """

    points: tuple[EndPoint, ...]

    def table(self) -> Table:
        """A row for each run."""
        index = "" if self.index is None else f" of index {self.index}"
        what = f"runs that ended at one {self.kind}{index}" if self.kind in KINDS[:3] else f"{self.kind} runs"
        return Table.of(f"{what}: {self.count}", POINT, self.points)

    def named_rows(self) -> list[tuple[str | None, EndPoint]]:
        """The ends of the runs, which have no names."""
        return [(None, point) for point in self.points]

    @property
    def representative(self) -> EndPoint:
        """The first of them; kind, value, index and smallest eigenvalue are its."""
        return self.points[0]

    @property
    def count(self) -> int:
        """Number of runs."""
        return len(self.points)

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return self.representative.kind

    @property
    def value(self) -> float:
        """The loss."""
        return self.representative.value

    @property
    def index(self) -> int | None:
        """Number of negative eigenvalues."""
        return self.representative.index

    @property
    def smallest(self) -> float:
        """Smallest eigenvalue."""
        return self.representative.smallest


class Share(NamedTuple):
    """A fraction of independent runs, with its 95 % confidence interval (Wilson's, sound for none and for all)."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> Share:
        r"""``(p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)`` with ``p = count/n``.

        Examples
        --------
        >>> Share.of(0, 100).high < 0.04
        True
        """
        p, z2 = count / total, QUANTILE**2 / total
        half = np.sqrt(z2 * p * (1 - p) + z2**2 / 4)
        low, high = ((p + z2 / 2 + sign * half) / (1 + z2) for sign in (-1, 1))
        return cls(p, float(max(low, 0.0)) if count else 0.0, float(min(high, 1.0)) if count < total else 1.0)


@dataclass(frozen=True, eq=False, repr=False)
class Search(Rows[Group], Value):
    """Where runs of gradient flow from random starts ended: a sequence of its `groups`; ``str()`` is a table.

    Attributes
    ----------
    subject
        What was searched.
    points
        One `EndPoint` per run, in order.
    """

    subject: str
    points: tuple[EndPoint, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of runs of each of `KINDS`."""
        return {kind: sum(point.kind == kind for point in self.points) for kind in KINDS}

    def fraction(self, kind: str) -> Share:
        """Fraction of the runs that ended so, with its 95 % interval."""
        return Share.of(self.counts[one_of("kind", kind, KINDS)], len(self.points))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Distinct critical points up to permutation by rising value; then the nonsmooth and the unconverged runs.

        Two critical points of positive loss count as one if values and sorted spectra agree to 1e-6: both are invariant
        under relabelling the neurons and under orthogonal maps that fix the teacher; a coincidence of both is not told
        from such a map. Where an eigenvalue is zero, as in a valley, along which the spectrum varies, the value decides
        alone. All global minima are one group, whatever valley they lie in. Index and smallest eigenvalue of a group
        are those of its first point.
        """
        groups: list[list[EndPoint]] = []
        for point in self.points:
            home = next((group for group in groups if _belongs(point, group[0])), None)
            if home is None:
                groups.append([point])
            else:
                home.append(point)
        return tuple(Group(tuple(group)) for group in sorted(groups, key=_order))

    def cells(self) -> list[list[str]]:
        """Groups as texts."""
        return [*map(list, self.table().rows)]

    def table(self) -> Table:
        """A row for each group."""
        return Table(self.subject, GROUP, [_values(group, len(self.points)) for group in self.groups])

    def named_rows(self) -> list[tuple[str | None, Group]]:
        """The groups, which have no names: several may be of one kind."""
        return [(None, group) for group in self.groups]


def _belongs(point: EndPoint, first: EndPoint) -> bool:
    """Whether a point is of the group that another began."""
    one_group = point.kind in ("global minimum", "nonsmooth", "unconverged")
    return point.kind == first.kind if one_group else point.is_like(first)


def _order(group: list[EndPoint]) -> tuple[int, float]:
    unfinished = group[0].kind in ("nonsmooth", "unconverged")
    return (KINDS.index(group[0].kind), 0.0) if unfinished else (0, group[0].value)


def _values(group: Group, total: int) -> tuple[Any, ...]:
    """What stands under `GROUP`; a value if there is one point, eigenvalues if there is an index."""
    estimate, *interval = Share.of(group.count, total)
    value = group.value if group.kind in KINDS[:3] else None
    smallest = None if group.index is None else group.smallest
    return value, group.count, estimate, tuple(interval), group.index, smallest, group.kind
