r"""Where the eigenvalues of an empirical Gauss-Newton matrix are: edges of the bulk, atoms, and single ones outside.

Off the support the equation has a real solution, whose trace rises with ``zeta``. It is followed by its trace, from far
away and from every gap, to where ``zeta`` turns: an edge. If the trace grows without bound instead, there is an atom.

**Atoms.** Let ``U`` be a space of eigenvectors of ``lambda_1 E[s s']`` for one eigenvalue ``mu``. Of the ``dim(U) d``
dimensions of its products with inputs, ``n`` samples see ``n P(P_U s != 0)``, each of them one; on the rest the matrix
stays ``mu``. The space with the largest rest is the range of ``W = lim (mu - zeta) Q``: there ``W^-1 = I +
E[s s'/(gamma s' W s)]``, so that ``tr W = dim(U) - P(P_U s != 0)/gamma`` is that rest.

**Outliers.** In the span of the rows, with coordinates ``z``, slopes and inputs depend on one another. By leaving one
sample out, the Schur complement of the matrix there tends to ``T(zeta) - zeta``,

.. math:: T(\zeta) = \mathbb{E}\Big[ \frac{s s^\top}{1 + \gamma s^\top Q s} \otimes z z^\top \Big]
    + \lambda_1 \mathbb{E}[s s^\top] \otimes I ,

whose eigenvalues fall with ``zeta``; where one of them is zero off the support there is an eigenvalue, a single one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .fixed_point import Equation, State

FloatArray = NDArray[np.float64]

GRID = 48
"""Points in each segment between the outer edges at which gaps are looked for."""

DARK = 1e-4
"""Density, of its mean over the support, below which a point of the grid lies in a gap."""

SHALLOW = 1e-10
"""Imaginary part of the points of the grid, in units of the bound."""

ENDLESS = 1e6
"""Growth of a trace after which it has no bound."""

RANK = 1e-6
"""Eigenvalue of ``W``, of which the largest is at most 1, below which it is 0."""


class Atom(NamedTuple):
    """A multiple eigenvalue, and the fraction of all eigenvalues that equal it."""

    value: float
    mass: float


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

    @cached_property
    def gaps(self) -> list[list[State]]:
        """Solutions in every gap of the bulk that a grid sees, from its lower to its upper end."""
        starts = _gaps(self.equation, self.below[-1].zeta, self.above[-1].zeta)
        walks = [[walk(self.equation, start, sign, self.atoms) for sign in (-1, 1)] for start in starts]
        return [[*reversed(down), *up[1:]] for down, up in walks]

    @property
    def intervals(self) -> FloatArray:
        """Intervals (n, 2) of the bulk, in rising order."""
        inner = [end for gap in self.gaps for end in (gap[0].zeta, gap[-1].zeta)]
        ends = np.array([self.below[-1].zeta, *inner, self.above[-1].zeta]).reshape(-1, 2)
        return ends[np.diff(ends)[:, 0] > 1e-9 * ends[:, 1]]  # others are atoms

    @property
    def outliers(self) -> FloatArray:
        """Single eigenvalues outside the bulk (m,), in rising order."""
        branches = (self.below, *self.gaps, self.above[::-1])
        return np.array(sorted(root for branch in branches for root in _outliers(self.equation, branch)))


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
    at = min((atom.value for atom in found), key=lambda value: abs(value - states[-1].zeta), default=states[-1].zeta)
    return [*states[:-1], states[-1]._replace(zeta=at)]


def _continues(equation: Equation, before: State, state: State) -> bool:
    """Whether a solution is on the branch of the one before it: neither ``zeta`` nor a denominator leaps."""
    predicted = before.slope * (state.trace - before.trace)
    quotients = equation.denominators(state.Q) / equation.denominators(before.Q)
    return abs(state.zeta - before.zeta) < 1.5 * abs(predicted) and bool((quotients > 0.25).all())


def _turn(equation: Equation, before: State, after: State) -> State:
    """The edge between two solutions on its two sides, nearer to the first."""
    root = _root(equation, before, after, lambda state: state.slope)
    return equation.at_trace(root, before) or before


def _root(equation: Equation, one: State, other: State, value: Callable[[State], float]) -> float:
    """The trace between those of two solutions at which a function of a solution is zero."""

    def at(trace: float) -> float:
        state = equation.at_trace(trace, one) or equation.at_trace(trace, other)
        return value(state) if state else np.nan

    first, last = at(one.trace), at(other.trace)
    if not first * last < 0:  # rounding has the last word
        return one.trace if abs(first) <= abs(last) else other.trace
    return float(brentq(at, one.trace, other.trace, xtol=1e-300, rtol=1e-13))


def _gaps(equation: Equation, low: float, high: float) -> list[State]:
    """A real solution in every gap of the bulk that the grid sees."""
    grid = _grid(equation, low, high)
    Q = equation.above(grid, SHALLOW * equation.bound)
    density = np.einsum("nii->n", Q.imag)
    dark = density < DARK * np.trapezoid(density, grid) / (high - low)
    starts = np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]]).astype(int)))
    middles = [(first + last) // 2 for first, last in starts.reshape(-1, 2) if last < len(grid)]
    found = []
    for k in middles:
        guess = State(Q[k].real, float(grid[k]), 1.0)
        state = equation.at_trace(guess.trace, guess)
        found += [state] if state and state.slope > 0 else []
    return found


def _grid(equation: Equation, low: float, high: float) -> FloatArray:
    """Points between the ends, denser beside those where atoms can be, and where the bulk is if samples abound."""
    fixed = equation.stays[0]
    centres = np.linalg.eigvalsh(equation.patterns.second) + fixed
    breaks = np.unique([low, high, *(x for x in (*fixed, *centres) if low < x < high)])
    steps = (1 - np.cos((np.arange(GRID) + 0.5) * np.pi / GRID)) / 2
    inner = breaks[:-1, None] + np.diff(breaks)[:, None] * steps
    return np.unique([*inner.ravel(), *(x for x in centres if low < x < high)])


def atoms(equation: Equation) -> tuple[Atom, ...]:
    """Multiple eigenvalues that no sample moves."""
    values, vectors = equation.stays
    groups = np.flatnonzero(np.diff(values) > 1e-10 * max(1.0, values[-1])) + 1
    found = []
    for some in np.split(np.arange(len(values)), groups):
        slopes = equation.patterns.slopes @ vectors[:, some]
        mass = _unseen(slopes, equation.patterns.probabilities, equation.gamma) / len(values)
        found += [Atom(float(values[some].mean()), mass)] if mass > 0 else []
    return tuple(found)


def _unseen(slopes: FloatArray, probabilities: FloatArray, gamma: float) -> float:
    """``max_U (dim U - P(P_U s != 0)/gamma)`` over subspaces of the coordinates of the slopes."""
    U = _least_seen(slopes, probabilities, gamma) if slopes.shape[1] > 1 else np.eye(1)
    met = (np.abs(slopes @ U) > 1e-9 * np.abs(slopes).max()).any(axis=1)
    rest: float = U.shape[1] - float(probabilities[met].sum()) / gamma
    return max(0.0, rest)


def _least_seen(slopes: FloatArray, probabilities: FloatArray, gamma: float) -> FloatArray:
    """An orthonormal basis (k, dim U) of the range of ``W``."""
    W, unit = np.eye(slopes.shape[1]), np.eye(slopes.shape[1])
    for depth in np.geomspace(1, 1e-12, 40):
        for _ in range(100):
            seen = depth + gamma * np.einsum("pi,pi->p", slopes @ W, slopes)
            new = np.linalg.inv(unit + (slopes.T * (probabilities / seen)) @ slopes)
            change = np.abs(new - W).max()
            W = (W + new) / 2
            if change < 1e-9:
                break
    values, vectors = np.linalg.eigh(W)
    basis: FloatArray = vectors[:, values > RANK]
    return basis


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
