r"""Where the eigenvalues of an empirical Gauss-Newton matrix are: edges of the bulk, atoms, and single ones outside.

Off the support the equation has a real solution, whose trace rises with ``zeta``. It is followed by its trace, from far
away and from every gap, to where ``zeta`` turns: an edge. If the trace grows without bound instead, there is an atom,
or a bulk too narrow to be told from one.

**Outliers.** In the span of the rows, with coordinates ``z``, slopes and inputs depend on one another. By leaving one
sample out, the Schur complement of the matrix there tends to ``T(zeta) - zeta``,

.. math:: T(\zeta) = \mathbb{E}\Big[ \frac{s s^\top}{1 + \gamma s^\top Q s} \otimes z z^\top \Big]
    + \lambda_1 \mathbb{E}[s s^\top] \otimes I ,

whose eigenvalues fall with ``zeta``; where one of them is zero off the support there is an eigenvalue, a single one.

**Fractions.** What lies between two gaps is counted there (`Equation.fraction_below`), without the density.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import scipy
from numpy.typing import NDArray

from .atoms import Atom, atoms
from .fixed_point import Equation, State
from .soft_edge import shift

FloatArray = NDArray[np.float64]

GRID = 48
"""Points in each segment between the outer edges at which gaps are looked for."""

DARK = 1e-4
"""Density, of its mean over the support, below which a point of the grid lies in a gap."""

SHALLOW = 1e-10
"""Imaginary part of the points of the grid, in units of the bound."""

ENDLESS = 1e6
"""Growth of a trace after which it has no bound."""

STRAIGHT = 0.3
"""Part of the change of ``zeta`` by which a step may differ from the rule of trapezia; beyond, it is another branch."""

ALIKE = 0.01
"""Part of the distance of all eigenvalues at an atom, for the last trace, within which the atom is its cause."""

TOLD = 1e-6
"""Relative distance from an end of the bulk up to which a single eigenvalue is not told from it."""


@dataclass(frozen=True, eq=False)
class Support:
    """The support of the limit law of an equation, and eigenvalues outside; what lies between its ends when asked for.

    Examples
    --------
    >>> from ..networks import Network
    >>> from .patterns import Patterns
    >>> relu = Network([[1.0, 0.0]])
    >>> support = Support(Equation(Patterns.of(relu, relu.activation), 0.02, 0.0))
    >>> support.smallest, support.largest                                         # (1 -+ sqrt(2/50))^2/2
    (0.32, 0.72)
    """

    equation: Equation

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """Multiple eigenvalues that no sample moves."""
        return atoms(self.equation)

    @cached_property
    def below(self) -> list[State]:
        """Solutions from far below up to the lower end of the bulk, which is not below ``lambda_1 E[s s']``."""
        states, least = walk(self.equation, self.equation.far(-1), 1, self.atoms), float(self.equation.stays[0][0])
        return [*states[:-1], states[-1]._replace(zeta=max(states[-1].zeta, least))]

    @cached_property
    def above(self) -> list[State]:
        """Solutions from far above down to its upper end."""
        return walk(self.equation, self.equation.far(1), -1, self.atoms)

    @property
    def smallest(self) -> float:
        """The smallest eigenvalue, of the bulk, an atom, or single."""
        return min([self.below[-1].zeta, *_outliers(self.equation, self.below)])

    @property
    def largest(self) -> float:
        """The largest eigenvalue, of the bulk or single."""
        return max([self.above[-1].zeta, *_outliers(self.equation, self.above[::-1])])

    @property
    def shifts(self) -> tuple[float, float]:
        """What finitely many dimensions add to the two on average, times ``d^(2/3)``: to edges, not to other ones."""
        fixed = {atom.value for atom in self.atoms}
        low, high = self.below[-1], self.above[-1]
        return (
            shift(self.equation, low) if low.zeta == self.smallest and low.zeta not in fixed else 0.0,
            shift(self.equation, high) if high.zeta == self.largest else 0.0,
        )

    @cached_property
    def gaps(self) -> list[list[State]]:
        """Solutions in every gap of the bulk that a grid sees, from its lower to its upper end."""
        starts = _gaps(self.equation, self.below[-1].zeta, self.above[-1].zeta)
        walks = [[walk(self.equation, start, sign, self.atoms) for sign in (-1, 1)] for start in starts]
        return [[*reversed(down), *up[1:]] for down, up in walks]

    @cached_property
    def bulk(self) -> FloatArray:
        """Lower and upper ends of the intervals of the bulk and what fraction of all eigenvalues they hold, (n, 3)."""
        gaps, rows = [self.below, *self.gaps, self.above[::-1]], []
        for low, high in pairwise(gaps):
            left, right = low[len(low) // 2], high[len(high) // 2]
            held = self.equation.fraction_below(right.Q) - self.equation.fraction_below(left.Q)
            held -= sum(atom.mass for atom in self.atoms if left.zeta < atom.value < right.zeta)
            rows.append((low[-1].zeta, high[0].zeta, held))
        return np.array([row for row in rows if row[1] - row[0] > 1e-9 * row[1] or row[2] > 1e-9])  # others are atoms

    @property
    def outliers(self) -> FloatArray:
        """Single eigenvalues outside the bulk (m,), in rising order."""
        branches = (self.below, *self.gaps, self.above[::-1])
        found = np.array(sorted(root for branch in branches for root in _outliers(self.equation, branch)))
        return found[(np.abs(found[:, None] - self.bulk[:, :2].ravel()) > TOLD * found[:, None]).all(axis=1)]


def walk(equation: Equation, start: State, sign: int, found: tuple[Atom, ...]) -> list[State]:
    """Real solutions of rising (sign 1) or falling traces, up to an edge, where ``zeta`` turns, or an atom."""
    states, step = [start], sign * min(abs(start.trace), equation.bound / abs(start.slope)) / 4
    limit = ENDLESS * (abs(start.trace) + 1 / equation.bound)
    while abs(states[-1].trace) < limit:
        before = states[-1]
        state = equation.at_trace(before.trace + step, before)
        if state is None or not _continues(equation, before, state):
            step /= 2
            if abs(step) < 1e-12 * abs(before.trace):
                break
        elif state.slope <= 0:
            return [*states, _turn(equation, before, state)]
        else:
            states.append(state)
            step = sign * max(abs(step), min(1.5 * abs(step), abs(state.trace) / 3))
    end, reach = states[-1].zeta, ALIKE * len(start.Q) / abs(states[-1].trace)
    at = min((atom.value for atom in found), key=lambda value: abs(value - end), default=end)
    return [*states[:-1], states[-1]._replace(zeta=at if abs(at - _pole(states)) < reach else end)]


def _pole(states: list[State]) -> float:
    """The eigenvalue that the last solutions come near to: traces are its mass, K times a fraction, over distances."""
    one, other = states[-2:] if len(states) > 1 else states * 2
    apart = one.trace - other.trace
    return (one.zeta * one.trace - other.zeta * other.trace) / apart if apart else one.zeta


def _continues(equation: Equation, before: State, state: State) -> bool:
    """Whether a solution is on the branch of the one before it: its slopes tell ``zeta``, and no denominator leaps."""
    step, rise = state.trace - before.trace, state.zeta - before.zeta
    told = abs(rise - (before.slope + state.slope) / 2 * step) < STRAIGHT * abs(step) * max(before.slope, -state.slope)
    quotients = equation.denominators(state.Q) / equation.denominators(before.Q)
    return told and bool((quotients > 0.25).all())


def _turn(equation: Equation, before: State, after: State) -> State:
    """The edge between two solutions on its two sides, nearer to the first."""
    root = _root(equation, before, after, lambda state: state.slope)
    return equation.at_trace(root, before) or before


def _root(equation: Equation, one: State, other: State, value: Callable[[State], float]) -> float:
    """The trace between those of two solutions at which a function of a solution is zero."""

    known = [one, other]

    def at(trace: float) -> float:
        nearest = min(known, key=lambda state: abs(state.trace - trace))
        state = equation.at_trace(trace, nearest) or nearest
        known.append(state)
        return value(state)

    first, last = at(one.trace), at(other.trace)
    if not first * last < 0:  # rounding has the last word
        return one.trace if abs(first) <= abs(last) else other.trace
    return float(scipy.optimize.brentq(at, one.trace, other.trace, xtol=1e-300, rtol=1e-13))


def _gaps(equation: Equation, low: float, high: float) -> list[State]:
    """A real solution in every gap of the bulk that the grid sees."""
    grid = _grid(equation, low, high)
    Q = equation.above(grid, SHALLOW * equation.bound)
    density = np.einsum("nii->n", Q.imag)
    known = np.isfinite(Q).all(axis=(1, 2))
    dark = np.flatnonzero(known & (density < DARK * np.trapezoid(density[known], grid[known]) / (high - low)))
    below = np.array([equation.fraction_below(Q[k].real) for k in dark])  # a number for each gap
    ends = np.flatnonzero((np.diff(dark) > 1) | (np.abs(np.diff(below)) > 1e-9)) + 1
    found: dict[float, State] = {}
    for some in np.split(dark, ends) if len(dark) else []:
        guess = State(Q[some[len(some) // 2]].real, float(grid[some[len(some) // 2]]), 1.0)
        state = equation.at_trace(guess.trace, guess)
        if state and state.slope > 0 and 0 < (fraction := round(equation.fraction_below(state.Q), 9)) < 1:
            found.setdefault(fraction, state)
    return [found[fraction] for fraction in sorted(found)]


def _grid(equation: Equation, low: float, high: float) -> FloatArray:
    """Points between the ends, denser beside those where atoms can be, and where the bulk is if samples abound."""
    fixed = equation.stays[0]
    centres = np.linalg.eigvalsh(equation.patterns.second) + fixed
    breaks = np.unique([low, high, *(x for x in (*fixed, *centres) if low < x < high)])
    steps = (1 - np.cos((np.arange(GRID) + 0.5) * np.pi / GRID)) / 2
    inner = breaks[:-1, None] + np.diff(breaks)[:, None] * steps
    return np.unique([*inner.ravel(), *(x for x in centres if low < x < high)])


def _outliers(equation: Equation, branch: list[State]) -> list[float]:
    """Zeros of eigenvalues of ``T - zeta`` between consecutive solutions."""
    curves = [_complement(equation, state) for state in branch]
    found = []
    for one, other, left, right in zip(branch, branch[1:], curves, curves[1:], strict=False):
        for j in np.flatnonzero((left > 0) & (right <= 0)):
            trace = _root(equation, one, other, partial(_eigenvalue, equation, int(j)))
            root = equation.at_trace(trace, one) or equation.at_trace(trace, other)
            found += [root.zeta] if root else []
    return found


def _eigenvalue(equation: Equation, j: int, state: State) -> float:
    """The eigenvalue of ``T(zeta) - zeta`` of some number."""
    return float(_complement(equation, state)[j])


def _complement(equation: Equation, state: State) -> FloatArray:
    """Eigenvalues of ``T(zeta) - zeta``."""
    patterns = equation.patterns
    K, r = patterns.slopes.shape[1], patterns.moments.shape[1]
    weights = 1 / equation.denominators(state.Q)
    T = np.einsum("p,pi,pj,pkl->ikjl", weights, patterns.slopes, patterns.slopes, patterns.moments, optimize=True)
    whole = T.reshape(K * r, K * r) + np.kron(equation.shift, np.eye(r))
    values: FloatArray = np.linalg.eigvalsh(whole - state.zeta * np.eye(K * r))
    return values
