r"""The operator Marchenko-Pastur equation of empirical Gauss-Newton matrices, solved by Newton's method.

Away from the span of the rows, the empirical matrix of ``n`` samples is ``(1/n) sum_t s_t s_t' (x) (lambda_0 y_t y_t' +
lambda_1 I)`` with Gaussian ``y_t`` independent of the slopes ``s_t``. As ``d, n`` grow with ``d/n -> gamma``, its
resolvent at ``zeta`` tends to ``Q (x) I``, where (in units with ``lambda_0 = 1``)

.. math:: Q^{-1} = H(Q) - \zeta, \quad
    H(Q) = \mathbb{E}\Big[ \frac{s s^\top}{1 + \gamma s^\top Q s} \Big] + \lambda_1 \mathbb{E}[s s^\top] .

In the upper half plane there is one solution with positive imaginary part; on the real line off the support the
solution is real, and at an edge of the support the derivative of ``tr Q`` is infinite. The trace is therefore what a
real solution is followed by: ``zeta`` is a smooth function of it, with a maximum or a minimum at an edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .patterns import Patterns

FloatArray = NDArray[np.float64]
AnyArray = NDArray[Any]

DEPTH = 1e-12
"""Imaginary part, in units of the bound of the spectrum, at which a density is read off: at an edge one feels its root.
"""

DESCENT = 0.25
"""By what imaginary parts are multiplied on the way there; of the solution before, Newton's method takes few steps."""

ITERATIONS = 30
"""Newton steps after which one has not converged."""

CONVERGED = 1e-13
"""Relative change at which Newton's method, which converges quadratically, has ended."""

ROUNDING = 1e-8
"""Relative change below which one that falls no more is rounding: beside an atom the system is badly conditioned."""

CHUNK = 2**22
"""Numbers in an array over points and patterns."""


class State(NamedTuple):
    """A real solution ``Q`` at ``zeta``, and ``d zeta / d tr Q``."""

    Q: FloatArray
    zeta: float
    slope: float

    @property
    def trace(self) -> float:
        """``tr Q``."""
        return float(np.trace(self.Q))


@dataclass(frozen=True, eq=False)
class Equation:
    """The equation for slopes of unit size, ``gamma`` and ``lambda_1`` in units of ``lambda_0``."""

    patterns: Patterns
    gamma: float
    weight: float

    @cached_property
    def shift(self) -> FloatArray:
        """``lambda_1 E[s s']``."""
        return self.weight * self.patterns.second

    @cached_property
    def stays(self) -> tuple[FloatArray, FloatArray]:
        """Eigenvalues of ``lambda_1 E[s s']``, none below zero, and its eigenvectors."""
        values, vectors = np.linalg.eigh(self.shift)
        return np.maximum(values, 0), vectors

    @cached_property
    def entries(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the ``m = K (K + 1)/2`` entries that a symmetric matrix has."""
        return np.triu_indices(len(self.shift))

    @cached_property
    def squares(self) -> FloatArray:
        """``s_i s_j`` of each pattern, (P, m)."""
        i, j = self.entries
        result: FloatArray = self.patterns.slopes[:, i] * self.patterns.slopes[:, j]
        return result

    @cached_property
    def forms(self) -> FloatArray:
        """What entries of ``Q`` are multiplied by in ``s' Q s``, (P, m)."""
        i, j = self.entries
        return self.squares * np.where(i == j, 1, 2)

    @cached_property
    def bound(self) -> float:
        """What no eigenvalue exceeds: ``max |s|^2 ((1 + sqrt(gamma))^2 + lambda_1)``."""
        largest = np.einsum("pi,pi->p", self.patterns.slopes, self.patterns.slopes).max()
        return float(largest * ((1 + self.gamma**0.5) ** 2 + self.weight))

    def listed(self, matrices: AnyArray) -> AnyArray:
        """The entries of symmetric matrices, (..., m)."""
        i, j = self.entries
        return matrices[..., i, j]

    def matrix(self, entries: AnyArray) -> AnyArray:
        """Symmetric matrices of their entries, (..., K, K)."""
        K, (i, j) = len(self.shift), self.entries
        result = np.empty((*entries.shape[:-1], K, K), dtype=entries.dtype)
        result[..., i, j] = result[..., j, i] = entries
        return result

    def denominators(self, Q: AnyArray) -> AnyArray:
        """``1 + gamma s' Q s`` of each pattern, (..., P)."""
        return 1 + self.gamma * (self.listed(Q) @ self.forms.T)

    def right_side(self, Q: AnyArray) -> AnyArray:
        """``H(Q)``."""
        return self.matrix((self.patterns.probabilities / self.denominators(Q)) @ self.squares) + self.shift

    def linearised(self, Q: AnyArray) -> AnyArray:
        """``X -> X + Q H'(Q)[X] Q`` on symmetric matrices, (..., m, m)."""
        u, (i, j) = self.patterns.slopes @ Q, self.entries
        factors = self.gamma * self.patterns.probabilities / self.denominators(Q) ** 2
        outer = factors[..., None] * u[..., i] * u[..., j]
        result: AnyArray = np.eye(len(i)) - np.swapaxes(outer, -1, -2) @ self.forms
        return result

    def fraction_below(self, Q: FloatArray) -> float:
        r"""Fraction of all eigenvalues below a real solution: ``(n_-(Q) - P(1 + gamma s' Q s < 0)/gamma)/K``.

        ``n_-`` counts negative eigenvalues. For the mean of ``log(lambda - zeta)`` is, per neuron, the value of

        .. math:: -\log\det Q + \tfrac1\gamma \mathbb{E} \log(1 + \gamma s^\top Q s)
            - \mathbb{E} \frac{s^\top Q s}{1 + \gamma s^\top Q s}

        at the solution: its derivative in ``zeta`` is ``-tr Q``. Its imaginary part is ``-pi`` times the fraction.
        """
        negative = np.count_nonzero(np.linalg.eigvalsh(Q) < 0)
        turned = self.patterns.probabilities[self.denominators(Q) < 0].sum()
        return float(negative - turned / self.gamma) / len(Q)

    # --- real solutions, by their trace -------------------------------------------------------------------------------

    def bordered(self, Q: FloatArray) -> FloatArray:
        """The derivatives of the equation, times ``Q`` from both sides, and of the trace, in ``Q`` and in ``zeta``."""
        m = len(self.entries[0])
        result = np.zeros((m + 1, m + 1))
        result[:-1, :-1], result[:-1, -1] = self.linearised(Q), -self.listed(Q @ Q)
        result[-1, :-1] = self.listed(np.eye(len(Q)))
        return result

    def tangent(self, state: State) -> FloatArray:
        """``dQ/d tr Q``."""
        bordered = self.bordered(state.Q)
        result: FloatArray = self.matrix(np.linalg.solve(bordered, np.eye(len(bordered))[-1])[:-1])
        return result

    @np.errstate(all="ignore")
    def at_trace(self, trace: float, guess: State) -> State | None:
        """The real solution of that trace near another; None where Newton's method does not converge to one."""
        Q, zeta, last = np.array(guess.Q), guess.zeta, np.inf
        unit, sides = np.eye(len(Q)), np.zeros((len(self.entries[0]) + 1, 2))
        for _ in range(ITERATIONS):
            wrong = Q - Q @ (self.right_side(Q) - zeta * unit) @ Q
            sides[:-1, 0], sides[-1] = self.listed(wrong), (trace - np.trace(Q), 1.0)
            try:
                step, tangent = np.linalg.solve(self.bordered(Q), sides).T
            except np.linalg.LinAlgError:
                return None
            change = self.matrix(step[:-1])
            Q += change
            zeta += float(step[-1])
            if not np.isfinite(zeta):
                return None
            size = np.abs(change).max() / np.abs(Q).max()
            if size <= CONVERGED or last / 2 < size < ROUNDING:
                return State(Q, zeta, float(tangent[-1]))
            last = size
        return None

    def far(self, sign: int) -> State:
        """The solution far above (sign 1) or far below (-1) the spectrum."""
        zeta = 3.0 * sign * self.bound
        Q: AnyArray = np.linalg.inv(self.patterns.second + self.shift - zeta * np.eye(len(self.shift)))
        state = self.at_trace(float(np.trace(Q)), State(Q, zeta, 0.0))
        assert state is not None  # a contraction so far away
        return state

    # --- complex solutions --------------------------------------------------------------------------------------------

    @np.errstate(all="ignore")
    def resolvents(self, points: FloatArray) -> AnyArray:
        """``Q`` at real points (n,), approached from above, (n, K, K); real off the support."""
        Q = self.above(points, DEPTH * self.bound)
        arrived = self._newton(points[:, None, None] * np.eye(Q.shape[-1]), Q)
        inside = (np.einsum("nii->ni", arrived.imag) > 0).all(axis=1)
        Q[inside] = arrived[inside]
        return Q

    @np.errstate(all="ignore")
    def above(self, points: FloatArray, height: float) -> AnyArray:
        """``Q`` at points ``x + i height``, (n, K, K)."""
        K, many = len(self.shift), max(1, CHUNK // self.squares.size)
        parts = [self._above(points[k : k + many], height) for k in range(0, len(points), many)]
        return np.concatenate([np.zeros((0, K, K), dtype=np.complex128), *parts])

    def _above(self, points: FloatArray, height: float) -> AnyArray:
        """From far above the real line, where the equation is a contraction, by falling imaginary parts."""
        unit, here = np.eye(len(self.shift)), self.bound
        zeta = (points + 1j * here)[:, None, None] * unit
        Q: AnyArray = -np.linalg.inv(zeta)
        for _ in range(8):
            Q = np.linalg.inv(self.right_side(Q) - zeta)
        while here > height:
            lower = max(DESCENT * here, height)
            Q, here = self._fall(points, Q, here, lower), lower
        return Q

    def _fall(self, points: FloatArray, Q: AnyArray, height: float, lower: float, halvings: int = 6) -> AnyArray:
        """Solutions at a lower imaginary part; where Newton's method fails, over the geometric mean of the two."""
        found = self._newton((points + 1j * lower)[:, None, None] * np.eye(Q.shape[-1]), Q)
        failed = ~(np.einsum("nii->ni", found.imag) > 0).all(axis=1)
        if failed.any() and halvings:
            middle = (height * lower) ** 0.5
            half = self._fall(points[failed], Q[failed], height, middle, halvings - 1)
            found[failed] = self._fall(points[failed], half, middle, lower, halvings - 1)
        return found

    def _newton(self, zeta: AnyArray, Q: AnyArray) -> AnyArray:
        """Newton's method from solutions nearby; NaN where it does not converge."""
        for _ in range(ITERATIONS):
            wrong = Q - Q @ (self.right_side(Q) - zeta) @ Q
            step = self.matrix(_solved(self.linearised(Q), self.listed(wrong)))
            Q = Q + step
            change = np.abs(step).max(axis=(1, 2)) / np.abs(Q).max(axis=(1, 2))
            if (change < ROUNDING).all():
                break
        Q[~(change < 1e-3)] = np.nan
        return Q


def _solved(matrices: AnyArray, sides: AnyArray) -> AnyArray:
    """Solutions of linear systems, (n, m); NaN of those that are singular."""
    try:
        result: AnyArray = np.linalg.solve(matrices, sides[..., None])[..., 0]
    except np.linalg.LinAlgError:  # of one of them
        if len(sides) == 1:
            return np.full_like(sides, np.nan)
        half = len(sides) // 2
        result = np.concatenate([_solved(matrices[:half], sides[:half]), _solved(matrices[half:], sides[half:])])
    return result
