r"""The value of a loss near its teacher without cancellation, from differences of matched weights.

Near the teacher, ``W = V + D`` with small rows ``D_i`` after a permutation. Then the loss is a sum of mixed differences
of the pair values ``F``, each of second order in ``D`` while its terms are not:

.. math:: E = \tfrac12 \sum_{ij} a_i a_j \Delta_{ij}, \qquad
          \Delta_{ij} = F(w_i, w_j) - F(w_i, v_j) - F(v_i, w_j) + F(v_i, v_j)

Along the segments ``u_i(s) = v_i + s D_i`` it is an integral in which nothing cancels:

.. math:: \Delta_{ij} = \int_0^1\!\!\int_0^1 D_i^T \, (\partial_u \partial_v F)(u_i(s), u_j(t)) \, D_j \, ds \, dt

The integrand is analytic unless the segments meet a kink of ``F``: Gauss-Legendre points converge geometrically. A
neuron with itself meets the kink of ``a z_+^n + b (-z)_+^n``, at ``s = t``; its difference is an integral over the
angle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._quadrature import gauss_legendre
from .._runtime.sizes import slices
from ..networks import Network
from ..norms import Convention
from ..parameters import Parameters, matching
from .angles import angle_and_direction
from .blocks_of_rows import BLOCK
from .gauss_points import points_between_kinks, points_of_smooth
from .geometry import PairGeometry
from .sums import PairTerms, coefficients

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

TURN = 20
"""Points on a turn: exact to rounding on [0, pi] for trigonometric polynomials of degree six, that of ReLU^3."""


@np.errstate(all="ignore")
def value_near_teacher(
    student: Parameters, teacher: Network, terms: PairTerms, numbers: DTypeLike = np.float64
) -> FloatArray | None:
    """The loss of a student near its teacher, to about 1e-15 of the sum of the losses of its single neurons.

    That sum is the loss times a condition number, at most about that of the Gauss-Newton matrix. For `erf`, weights of
    norm ``p > 1`` cost up to ``p^4`` roundings more. Some differences are summed directly, with an error of 1e-16 of
    their terms: for homogeneous activations where ``|D_i|/|v_i|`` exceeds a fifth of the sine of the angle between
    ``v_i`` and ``v_j`` (so always at parallel rows), for smooth ones where ``|D_i|`` times `Activation.variation`
    exceeds a fifth (of polynomials, too), or ``|D_i|/|v_i|`` does and weights are not small (`points_of_smooth`).

    Parameters
    ----------
    student, teacher
        Of the same activation. The digits of a student's `Origin` are used.
    terms
        The pair quantities of the loss.
    numbers
        The type of numbers to compute with.

    Returns
    -------
    scalar of that type, or None
        None if widths or output weights differ, or if a product overflows.

    Examples
    --------
    >>> from sobolev_theory import activations, norms
    >>> terms = PairTerms(activations.get("relu"), norms.Norm.parse("L2"), Convention.EXACT)
    >>> teacher, e = Network(np.eye(2)), 1e-20
    >>> student = Parameters(np.array([[1.0, e], [e, 1.0]]), np.ones(2))
    >>> loss = value_near_teacher(student, teacher, terms)
    >>> print(round(loss / (e**2 * (1 / 2 + 1 / (2 * np.pi))), 12))                      # 1/2 D' G D
    1.0
    """
    a, b = student.output_weights, teacher.output_weights
    if student.origin is not None:
        rows, step = student.origin.rows, student.origin.displacement
        if len(rows) != len(b) or len(set(rows)) < len(rows) or (a != b[rows]).any():
            return None
    else:
        matched = matching(student, teacher)
        if matched is None:
            return None
        rows = matched
        step = np.asarray(student.weights, dtype=numbers) - teacher.weights[rows]  # exact, or one rounding (Sterbenz)
    moved = np.flatnonzero(step.any(axis=1) & (a != 0))  # the others contribute nothing
    if not len(moved):
        return np.asarray(0.0)
    v, d, w, c = (
        np.asarray(part, dtype=numbers)
        for part in (teacher.weights[rows[moved]], step[moved], student.weights[moved], a[moved])
    )
    value = Segments(v, d, w, c, terms).value()
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class Segments:
    """Rows ``v_i`` of the teacher, nonzero ``D_i``, their sums ``w_i``, output weights ``a_i``, and the pair terms."""

    teacher: FloatArray
    step: FloatArray
    student: FloatArray
    output_weights: FloatArray
    terms: PairTerms

    def value(self) -> FloatArray:
        """The loss, of every difference by as many points as it needs."""
        homogeneous = self.terms.activation.degree is not None
        i, j = np.triu_indices(len(self.step), 1 if homogeneous else 0)
        half, points = np.where(i == j, 0.5, 1.0), self._points()[i, j]
        output = np.outer(self.output_weights, self.output_weights)
        far = points == 0
        bilinear = self.terms.bilinear * output * self._products[1]
        total = half[far] @ (self._direct() + bilinear)[i, j][far] if far.any() else self.step.dtype.type(0)
        for count in np.unique(points[~far]):
            at = points == count
            total += self._quadrature(int(count), i[at], j[at], half[at] * output[i, j][at])
        return np.asarray(total + (self._single() if homogeneous else 0.0))

    def _direct(self) -> FloatArray:
        """``a_i a_j Delta_ij`` without the bilinear part, as sums of four terms."""
        n, signs = len(self.step), np.concatenate([self.output_weights, -self.output_weights])
        geometry = PairGeometry.of(np.concatenate([self.student, self.teacher]), 2 * n, self.terms.chart)
        (values,) = coefficients(geometry, self.terms, "value", signs, signs)
        (of_itself,) = self.terms.itself("value", geometry)
        np.fill_diagonal(values, signs**2 * of_itself)
        direct: FloatArray = values.reshape(2, n, 2, n).sum(axis=(0, 2))
        return direct

    @cached_property
    def _geometry(self) -> PairGeometry:
        """Norms, cosines and nearly parallel pairs of the teacher's rows."""
        return PairGeometry.of(self.teacher, len(self.teacher), self.terms.chart)

    @cached_property
    def _products(self) -> tuple[FloatArray, FloatArray]:
        """``v_i . D_j`` and ``D_i . D_j``."""
        return self.teacher @ self.step.T, self.step @ self.step.T

    @cached_property
    def _sines(self) -> FloatArray:
        """Sines of the angles between rows of the teacher; those of nearly parallel rows not from the cosine."""
        sines: FloatArray = np.sqrt(1 - self._geometry.cosines**2)
        sines[self._geometry.near.i, self._geometry.near.j] = self._geometry.near.sine
        np.fill_diagonal(sines, 0.0)
        return sines

    def _points(self) -> IntArray:
        """Gauss-Legendre points that ``Delta_ij`` needs in each direction; 0 if more than `POINTS`."""
        activation, length, norms = self.terms.activation, np.linalg.norm(self.step, axis=1), self._geometry.norms
        if activation.jump_order is not None:
            return points_between_kinks(length / norms, self._sines)
        values = [
            self.terms("self_value", self.terms.chart.self_argument(size * (norms + length)))[0] for size in (1, 0.5)
        ]
        power = np.broadcast_to(np.log2(values[0] / values[1]) / 2, norms.shape)  # F(u, u) is like |u|^(2 power)
        return points_of_smooth(length, norms, activation.variation, power.astype(np.float64))

    def _single(self) -> FloatArray:
        r"""``1/2 sum_i a_i^2 Delta_ii`` for activations homogeneous of degree n, where ``F = |u|^n |v|^n phi(theta)``.

        .. math:: \tfrac12 \Delta_{ii} = \tfrac12 \phi(0) (|w|^n - |v|^n)^2 + |w|^n |v|^n \int_0^\theta (-\phi')

        ``-phi'(theta) = e . d_u F`` at unit vectors: a field ``A u + B v`` has the component ``B sin(theta)``.
        """
        n, bilinear = self.terms.activation.degree or 0, self.terms.bilinear
        p, q = self._geometry.norms, np.linalg.norm(self.teacher + self.step, axis=1)
        difference = np.einsum("nd,nd->n", self.step, 2 * self.teacher + self.step) / (p + q)  # q - p
        difference *= sum(p**k * q ** (n - 1 - k) for k in range(n))  # q^n - p^n
        at_zero = bilinear + self._exact("self_value", 1.0)[0]
        direction, sine, _ = angle_and_direction(self.teacher, self.step)
        length = np.linalg.norm(self.step, axis=1)
        angle = np.where(p > 0, np.arctan2(length * sine, p + length * np.cos(direction)), 0.0)  # of v + D to v
        x, omega = gauss_legendre(TURN)
        tau = angle[:, None] * x
        one, sine = np.ones_like(tau), np.sin(tau)
        arguments = one, one, tau, sine, np.cos(tau)
        on_rows, in_frame = self._exact("field", *arguments), self._exact("field_in_frame", *arguments)
        slope = (bilinear + (on_rows[1] if on_rows else 0.0)) * sine + (in_frame[1] if in_frame else 0.0)
        parts = at_zero / 2 * difference**2 + (p * q) ** n * angle * (slope @ omega)
        return np.asarray(self.output_weights**2 @ parts)

    def _quadrature(self, count: int, i: IntArray, j: IntArray, weights: FloatArray) -> FloatArray:
        """Sum of ``Delta_ij`` with weights, by ``count x count`` points."""
        x, omega = gauss_legendre(count)
        s, t = (grid.reshape(-1, 1) for grid in np.meshgrid(x, x))
        step, total = BLOCK // count**2, np.zeros((), dtype=weights.dtype)
        for part in slices(len(i), step):
            total += np.outer(omega, omega).ravel() @ self._form(i[part], j[part], s, t) @ weights[part]
        return total

    @cached_property
    def _decomposition(self) -> tuple[FloatArray, ...]:
        """``alpha, |r|^2, r.D_i, r.D_j, v_i.D_j, D_i.D_j`` of ``v_j = alpha v_i + r``, ``r`` orthogonal to ``v_i``."""
        norms, near = self._geometry.norms, self._geometry.near
        inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
        along, between = self._products
        alpha, height = self._geometry.cosines * inverse[:, None] * norms, norms * self._sines
        np.fill_diagonal(alpha, 1.0)
        own = np.diagonal(along)
        on_i, on_j = along.T - alpha * own[:, None], own - alpha * along
        for on, rows in ((on_i, near.i), (on_j, near.j)):  # r of nearly parallel rows as a vector
            on[near.i, near.j] = height[near.i, near.j] * np.einsum("nd,nd->n", near.e, self.step[rows])
        return alpha, height**2, on_i, on_j, along, between

    def _form(self, i: IntArray, j: IntArray, s: FloatArray, t: FloatArray) -> FloatArray:
        """``D_i' (d_u d_v F)(u_i(s), u_j(t)) D_j`` for pairs and points; shape (points, pairs).

        With ``u_j(t) = alpha u_i(s) + R``, ``R = r + t D_j - alpha s D_i``, nearly parallel rows lose no digits.
        """
        along, between = self._products
        alpha, rr, on_i, on_j, vi_dj, di_dj = (x[i, j] for x in self._decomposition)
        vi_di, vj_dj, di_di, dj_dj = along[i, i], along[j, j], between[i, i], between[j, j]
        shift = alpha * s
        big_i, big_j = on_i + t * di_dj - shift * di_di, on_j + t * dj_dj - shift * di_dj  # R . D_i, R . D_j
        rr = rr + t * (on_j + big_j) - shift * (on_i + big_i)  # R . R
        ru = t * vi_dj - shift * vi_di + s * big_i  # R . u_i
        i1, j1 = vi_di + s * di_di, vi_dj + s * di_dj  # u_i . D_i, u_i . D_j
        pp = self._geometry.norms[i] ** 2 + s * (vi_di + i1)  # u_i . u_i
        if self._geometry.chart.has_frames:  # frame (u^_i, e), e along the part of R orthogonal to u_i
            p = np.sqrt(pp)
            r1, i1, j1 = ru / p, i1 / p, j1 / p
            cosine, sine = alpha * p + r1, np.sqrt(rr - r1**2)  # times q
            i2, j2 = (big_i - r1 * i1) / sine, (big_j - r1 * j1) / sine
            q = np.hypot(cosine, sine)
            c = self._exact("cross", p, q, np.arctan2(sine, cosine), sine / q, cosine / q)
        else:  # frame (u_i, u_j)
            i2, j2 = along[j, i] + t * di_dj, vj_dj + t * dj_dj
            qq = self._geometry.norms[j] ** 2 + t * (vj_dj + j2)
            c = self._exact("cross", pp, alpha * pp + ru, qq, np.maximum(pp * rr - ru**2, 0.0))
        form: FloatArray = (self.terms.bilinear + c[0]) * di_dj
        form += i1 * (c[1] * j1 + c[2] * j2) + i2 * (c[3] * j1 + c[4] * j2)
        return form

    @cached_property
    def _exact(self) -> PairTerms:
        """The pair quantities whose derivatives are those of the value."""
        return replace(self.terms, convention=Convention.EXACT, in_plane=False)
