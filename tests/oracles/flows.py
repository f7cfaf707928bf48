"""Gradient flows of ReLU networks: the field in plain NumPy, and one neuron in closed form at high precision.

The field is `relu_gradient`, pair by pair in R^d, no span, no frames; `test_integration` holds it against the mpmath
oracle. One neuron with norm weights `lambda`, `s = lambda_0 + lambda_1`, backprop convention, teacher `(1, 0)`, in
polar coordinates `w = p (cos(theta), sin(theta))`:

    p' = [s (pi - theta) cos(theta) + lambda_0 sin(theta)]/(2 pi) - s p/2,
    theta' = -s (pi - theta) sin(theta)/(2 pi p).

With `y = p sin(theta)`: `(log y)' = lambda_0 sin(theta)/(2 pi p) - s/2`, `(log(pi - theta))' = s sin(theta)/(2 pi p)`,
so that `Q = (pi - theta)^k / y`, `k = lambda_0/s`, grows like `e^(st/2)` exactly. With `c = cot(theta)` the orbit is

    dQ/dc = pi (pi - theta)^(k-1),

hence `Q_0 (e^(st/2) - 1) = pi int_(c_0)^(c(t)) (pi - arccot(c))^(k-1) dc`, which gives the angle, and then `p` follows
from `Q`. For L2, `k = 1`: `cot(theta) - cot(theta_0) = Q_0 (e^(t/2) - 1)/pi`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from .quadrature import Number, gauss_legendre, precision

FloatArray = NDArray[np.float64]

DIGITS = 60
"""Digits carried by `one_neuron`; displacements down to 1e-40 keep twenty of them."""


def relu_gradient(
    lambdas: tuple[float, float], W: FloatArray, V: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Gradient of the loss (L2) and backprop field (H1) of a ReLU student, shape (K, d).

    `a_i sum_j c_j [lambda_0 ((pi - theta) u_j + |u_j| sin(theta) u^_i) + lambda_1 (pi - theta) u_j]/(2 pi)` over all
    rows of `u = [W; V]`, `c = [a; -b]`; `theta = 0` for a row with itself.
    """
    rows, c = np.vstack([W, V]), np.concatenate([a, -b])
    norms = np.linalg.norm(rows, axis=1)
    unit, result = rows / norms[:, None], np.zeros_like(W)
    for i in range(len(W)):
        for j in range(len(rows)):
            theta = 2 * np.arctan2(np.linalg.norm(unit[i] - unit[j]), np.linalg.norm(unit[i] + unit[j]))  # Kahan
            pair = sum(lambdas) * (np.pi - theta) * rows[j] + lambdas[0] * norms[j] * np.sin(theta) * unit[i]
            result[i] += a[i] * c[j] * pair / (2 * np.pi)
    return result


def one_neuron(lambdas: Sequence[float], start: tuple[float, float], time: Number) -> tuple[Number, Number]:
    """`w(time)` of the backprop flow of one ReLU neuron to the teacher `(1, 0)`, from off the line of the teacher."""
    with precision(DIGITS):
        zero, one = (*map(mp.mpf, lambdas), mp.zero)[:2]
        s, k = zero + one, zero / (zero + one)
        theta = mp.atan2(abs(start[1]), start[0])
        growth = (mp.pi - theta) ** k / abs(mp.mpf(start[1])) / mp.pi
        q = mp.pi * growth * mp.exp(s * mp.mpf(time) / 2)
        growth *= mp.expm1(s * mp.mpf(time) / 2)

        def slope(c: Number) -> Number:
            return (mp.pi - mp.atan2(1, c)) ** (k - 1)

        def integral(low: Number, high: Number) -> Number:
            x, y = mp.asinh(low), mp.asinh(high)  # c = sinh(x): analytic within |Im x| < pi/2
            panels = max(1, int(mp.ceil(abs(y - x))))
            edges = mp.linspace(x, y, panels + 1)
            rules = (gauss_legendre(e, f, DIGITS) for e, f in pairwise(edges))
            return mp.fsum(w * slope(mp.sinh(x)) * mp.cosh(x) for rule in rules for x, w in rule)

        c = mp.cot(theta)
        reached, step = mp.zero, growth / slope(c)
        while abs(step) > mp.mpf(10) ** (5 - DIGITS) * (1 + abs(c)):  # Newton's method
            reached += integral(c, c + step)
            c += step
            step = (growth - reached) / slope(c)
        theta = mp.atan2(1, c)
        p = (mp.pi - theta) ** k / (q * mp.sin(theta))
        return p * mp.cos(theta), mp.sign(start[1]) * p * mp.sin(theta)
