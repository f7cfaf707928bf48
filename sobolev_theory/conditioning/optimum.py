"""What the search for the best derivative weight finds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._runtime.results import Record


class _Optimum(NamedTuple):
    """What an `OptimalWeight` unpacks to."""

    weight: float
    condition_number: float


class OptimalWeight(Record, _Optimum):
    """The best weight of the derivatives and its condition number, a pair that also knows what to take in its place.

    The best weight is often infinite while a moderate one is nearly as good: that is the *recommended* one.

    Attributes
    ----------
    weight
        ``lambda_1`` in [0, inf], for the norm ``(1, lambda_1)``; infinity stands for ``(0, 1)``, derivatives alone.
    condition_number
        ``kappa`` there.
    interval
        ``(low, high)``: the weights around the best whose ``kappa`` is at most 1 percent above. ``high`` may be
        infinite. For a symmetric positive definite curvature these are all such weights.
    at_zero, at_one, at_infinity
        ``kappa`` of L2, of H1, and of derivatives alone.
    definite
        Whether all eigenvalues at the best weight have positive real part. If not, ``kappa`` is a ratio of moduli from
        which no rate of convergence follows.
    recommended, recommended_condition_number
        The smallest weight whose rate at equal sharpness, ``min Re lambda / max Re lambda``, is within ``within`` of
        the best that a weight attains, and ``kappa`` there; 0 if derivatives do not pay. NaN if no weight makes the
        curvature positive definite.
    gain, gain_equal_sharpness
        The rate at the recommended weight over that of L2, as is and at equal sharpness; NaN where L2 has none.
    within
        As asked for.
    matrix
        Of which matrix all that is: its convention, the limit that it is, and what of inputs, metric and moving
        parameters is not standard.

    Examples
    --------
    >>> import sobolev_theory as st
    >>> print(st.optimal_weight([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], curvature="gauss_newton"))
    Gauss-Newton matrix
    lambda_1 = inf, kappa = 3; at most 1 percent above for lambda_1 from 84.5 to inf
    recommended: lambda_1 = 15.8, kappa = 3.15789; rate 44.4 times that of L2, 3.17 times at equal sharpness
    kappa of L2 10.0078, H1 4.86777, derivatives alone 3
    """

    interval: tuple[float, float]
    at_zero: float
    at_one: float
    at_infinity: float
    definite: bool
    recommended: float
    recommended_condition_number: float
    gain: float
    gain_equal_sharpness: float
    within: float
    matrix: str

    def __new__(cls, weight: float, condition_number: float, **sensitivity: Any) -> OptimalWeight:
        """The pair, with the other attributes by name; copying and unpickling fill them in afterwards."""
        pair = super().__new__(cls, weight, condition_number)
        pair.__dict__.update(sensitivity)
        return pair

    def facts(self) -> dict[str, Any]:
        """The pair, and how sensitive it is."""
        return self._asdict() | vars(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has no meaning here, and why."""
        lines = [] if self.definite else ["not positive definite at the best weight: no rate follows from kappa"]
        if np.isnan(self.recommended):
            lines.append("no weight is recommended: none makes the curvature positive definite")
        elif np.isnan(self.gain):
            lines.append("no gain is given: the curvature of L2 is not positive definite, and has no rate")
        return tuple(lines)

    def __str__(self) -> str:
        low, high = self.interval
        lines = [
            self.matrix,
            f"lambda_1 = {self.weight:.6g}, kappa = {self.condition_number:.6g}; "
            f"at most 1 percent above for lambda_1 from {low:.3g} to {high:.3g}",
        ]
        if not np.isnan(self.recommended):
            gains = f"; rate {self.gain:.3g} times that of L2, {self.gain_equal_sharpness:.3g} times at equal sharpness"
            lines.append(
                f"recommended: lambda_1 = {self.recommended:.3g}, kappa = {self.recommended_condition_number:.6g}"
                + ("" if np.isnan(self.gain) else gains)
            )
        kappas = f"kappa of L2 {self.at_zero:.6g}, H1 {self.at_one:.6g}, derivatives alone {self.at_infinity:.6g}"
        return "\n".join([*lines, kappas, *self.notes])
