"""The Dirac terms of which the mean needs only the mean and the covariance of inputs on the surfaces of kinks.

The notation is that of `surfaces`: ``z_i`` and its mean are counted from a kink. These are constants, of a student with
itself and of two surfaces that meet.

*Of itself.* ``f^2`` is a function of one ``z``; with ``(f^2)' = 2 f f'_ac + jump(f^2) delta`` and
``jump(f^2) = 2 k f_0``, where ``f_0`` is the mean of the limits of f from both sides, all terms are those of `surfaces`
with ``c_i f_0`` and ``c_i f'_0`` in the place of the factors of another neuron, and nothing has two deltas.

*Of two.* The density of ``(z_i, z_j)`` at 0 is ``exp(-|y_ij|^2/2) / (2 pi |L'u_i||L'u_j| sin(theta))`` for the foot
``y_ij`` of the perpendicular from the mean, in the coordinates of `rows`.
"""

from functools import lru_cache
from itertools import product
from math import pi

import numpy as np
from numpy.typing import NDArray

from ..activations.per_neuron import of_neurons
from .residual import Residual
from .rows import Array

TINY = float(np.finfo(float).tiny)


@lru_cache(maxsize=8)
def of_itself(residual: Residual) -> tuple[Array, Array]:
    """Dirac terms of every student with itself, of the gradient (q,) and of the Hessian (q, q).

    With ``e_a = E p_ai`` and ``E_ab = E p_ai p_bi`` on the surface, ``P = [m]_0 c_i f_0``, ``D = [m]_0 c_i f'_0``, and
    the covariance ``A_ai`` of ``p_ai`` and ``z_i``, they are the sum over students and orders of

        gradient   density_i c_i k P e_a                                                                   [exact]
        Hessian    L_a e_b + [exact] e_a L_b + density_i c_i (k D + k' P - [exact] k m_i P / s_i) E_ab,
        L_a      = density_i k (2 c_i [m]_1 (a_i . u_i) c_i f_0 + 2 alpha_ai P - [exact] c_i A_ai P / s_i).
    """
    q, K = residual.moves.output.shape
    gradient, hessian = np.zeros(q), np.zeros((q, q))
    variances = np.diagonal(residual.covariance)
    for i, kink in product(map(int, np.flatnonzero(variances[:K])), residual.kinks):
        s, m, c = variances[i], residual.rows.offsets[i] - kink, residual.output[i]
        density = np.exp(-(m**2) / (2 * s)) / np.sqrt(2 * pi * s)
        A, along = residual.reach[:, i, i], residual.moves.rows.along[:, i]
        e = residual.moves.rows.offsets[:, i] - m / s * A
        both = np.outer(e, e) + along @ along.T - np.outer(A, A) / s
        for order, weight in residual.norm.orders:
            k, bent = (weight * density * residual.jumps(order + n, kink)[i] for n in range(2))
            value, slope = (residual.pairing(order, derivative)[i, i] for derivative in range(2))
            here, rising = (c * _at_kink(residual, order + derivative, kink, i) for derivative in range(2))
            P = value * here
            turn = k * (2 * c * slope * here * residual.overlap[:, i, i] + 2 * P * residual.moves.output[:, i])
            bend = c * (k * value * rising + bent * P)
            if residual.exact:
                turn -= k * c * P / s * A
                bend -= k * c * P * m / s
                gradient += k * c * P * e
                hessian += np.outer(e, turn)
            hessian += np.outer(turn, e) + bend * both
    return gradient, hessian


def _at_kink(residual: Residual, order: int, kink: float, i: int) -> float:
    """Mean of the limits of ``sigma_i^(order)`` from both sides."""
    step = max(TINY, float(np.spacing(abs(kink))))
    activation = of_neurons(residual.activation, len(residual.output))[i]
    return float(activation.derivative([kink - step, kink + step], order).mean())


@lru_cache(maxsize=8)
def edges(residual: Residual) -> Array:
    """Terms with a delta on two surfaces (convention "exact"), (q, q), summed over the kinks of both:

        sum_i sum_(j != i) S_ij E[p_ai (p_bj - (C_ij / s_i) p_bi)],    p_bj = 0 for a teacher,
        S_ij = c_i c_j sum_m lambda_m k_i k_j [m]_0 exp(-|y_ij|^2/2) / (2 pi |L'u_i||L'u_j| sin(theta)).

    The first part is in ``<d_a T, d_b T>``, the second in the ``delta'`` of ``<T, d_b d_a T>``. In one dimension no two
    surfaces meet.
    """
    U, K = residual.rows.along, residual.width
    q = len(residual.moves.output)
    total = np.zeros((q, q))
    kinked = np.flatnonzero(np.diagonal(residual.covariance))
    for kink, other in product(residual.kinks, repeat=2) if residual.exact and U.shape[1] > 1 else ():
        pairing = np.zeros((K, len(U)))
        for order, weight in residual.norm.orders:
            jumps = np.outer(residual.jumps(order, kink)[:K], residual.jumps(order, other))
            pairing += weight * jumps * residual.pairing(order, 0)
        pairing *= residual.output[:K, None] * residual.output
        for i in kinked[kinked < K] if pairing.any() else ():
            others = kinked[kinked != i]
            total += _edges_of(residual, i, others, pairing[i, others], kink, other)
    return total


def _edges_of(residual: Residual, i: int, others: NDArray[np.intp], pairing: Array, kink: float, other: float) -> Array:
    """Those of a kink of student i with a kink of N' others, (q, q)."""
    U, m = residual.rows.along, residual.rows.offsets
    Z, offsets = residual.moves.rows.along, residual.moves.rows.offsets
    plane, triangle = np.linalg.qr(np.stack(np.broadcast_arrays(U[i], U[others]), axis=-1))  # (N', r, 2), (N', 2, 2)
    first = (kink - m[i]) / triangle[:, 0, 0]
    second = (other - m[others] - triangle[:, 0, 1] * first) / triangle[:, 1, 1]
    height = np.exp(-(first**2 + second**2) / 2)
    meet = (pairing != 0) & (height > 0)  # parallel surfaces do not
    foot = plane @ np.where(meet, [first, second], 0.0).T[..., None]
    area = np.abs(triangle[:, 0, 0] * triangle[:, 1, 1])
    strength = np.divide(pairing * height, 2 * pi * area, out=np.zeros_like(area), where=meet)
    within = strength[:, None, None] * (Z[:, i] - Z[:, i] @ plane @ plane.transpose(0, 2, 1))  # (N', q, r)
    mean = Z[:, i] @ foot[..., 0].T + offsets[:, i, None]  # E p_ai where they meet, (q, N')
    through = residual.covariance[i, others] / residual.covariance[i, i]
    students = others[others < residual.width]
    S = len(students)
    mean_of_others = np.einsum("bjr,jr->bj", Z[:, students], foot[:S, :, 0]) + offsets[:, students]
    total = np.einsum("jar,bjr->ab", within[:S], Z[:, students]) + (strength[:S] * mean[:, :S]) @ mean_of_others.T
    total -= np.tensordot(through, within, 1) @ Z[:, i].T + (through * strength * mean) @ mean.T
    return np.asarray(total)
