"""What a user's functions must be: finite, elementwise, of bounded growth, smooth, and derivatives of one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..._quadrature import on_panels
from ..._runtime.checks import shown
from ..._special import normal_density
from ..series.frequencies import end_of_spectrum

FloatArray = NDArray[np.float64]


class Derivative(Protocol):
    """Pointwise derivatives by their orders."""

    def __call__(self, z: FloatArray, order: int) -> FloatArray:
        """``f^(order)(z)``."""


Jumps = Mapping[float, tuple[float, ...]]
"""Heights of the jumps by place, then by order."""

NEAR = np.linspace(-9.0, 9.0, 74)
FAR = np.exp2(np.arange(4.0, 7.0))
"""Arguments, of which growth is judged at the far ones, on both sides."""
GROWTH, SLACK = 1 / 8, 10.0
"""``log |f(z)|`` may be at most ``z^2`` times this, and so much more."""
PLACES = (0.0, 0.7, -0.7, 2.0, -2.0, 5.0, -5.0, 12.0, -12.0, 30.0, -30.0)
DEVIATIONS = (0.1, 0.5, 2.0)
"""Gaussians on which derivatives are compared."""
END, POINTS, FASTEST = 9.0, 20, 150.0
"""Of the Gaussian in its deviation, and points of Gauss-Legendre panels for waves up to a frequency."""
AGREE, FAINT = 1e-7, 1e-6
"""Of the norms of two functions, by how much ``E f'`` and ``E[f Z]/p`` may differ; of largest values, norms below are
taken for that."""


def values_of(function: Callable[[FloatArray], Any], z: FloatArray, order: int) -> FloatArray:
    """What a user's function returns, as numbers of the shape of its argument.

    Raises
    ------
    ValueError
        If it returns none, or NaN.
    """
    name = f"derivatives: the function of order {order}"
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(given := function(z.copy()))
    except Exception as error:
        raise ValueError(f"{name} must take an array of numbers, it raised {type(error).__name__}: {error}") from error
    if values.dtype.kind not in "fiu":
        raise ValueError(f"{name} must return real numbers, got {shown(given)}")
    if values.dtype.kind == "f" and values.dtype.itemsize < z.dtype.itemsize:
        raise ValueError(f"{name} must return the 16 digits of its argument, a float64, got {values.dtype}")
    if values.shape != z.shape:
        raise ValueError(
            f"{name} must return an array of the shape of its argument, {z.shape}, got {values.shape}; of a constant "
            "lambda z: np.full_like(z, 1.0)"
        )
    if np.isnan(values).any():
        raise ValueError(f"{name} must return numbers, got NaN at z = {z[np.isnan(values)][0]:.3g}")
    return values.astype(np.float64, copy=False)


def require_functions(derivative: Derivative, highest: int) -> None:
    """Refuse functions that are not elementwise, are infinite, or grow too fast."""
    for order in range(highest + 1):
        name, near = f"derivatives: the function of order {order}", derivative(NEAR, order)
        if not np.array_equal(derivative(NEAR[::-1].reshape(2, -1), order).ravel()[::-1], near):
            raise ValueError(f"{name} must be elementwise; at the same numbers in an array of two rows it differs")
        if not np.isfinite(near).all():
            raise ValueError(
                f"{name} must return finite numbers, got infinity at z = {NEAR[~np.isfinite(near)][0]:.6g}"
            )
        for z in (FAR, -FAR):
            with np.errstate(divide="ignore"):
                fast = np.log(np.abs(derivative(z, order))) > GROWTH * z * z + SLACK
            if fast.any():
                raise ValueError(
                    f"{name} must grow slower than a Gaussian falls, for its moments to exist; at z = "
                    f"{z[fast][0]:.0f} it is beyond exp(z^2/8)"
                )


def require_jumps(jumps: Jumps, largest: int) -> None:
    """Refuse kinks where nothing jumps, and jumps of high derivatives."""
    for place, heights in jumps.items():
        if not any(heights):
            raise ValueError(
                f"kinks: places where a derivative jumps are required, at {place:.6g} none of the functions given does"
            )
        if any(heights[largest + 1 :]):
            raise ValueError(
                f"kinks: jumps of derivatives up to order {largest} are subtracted in closed form, at {place:.6g} one "
                f"of order {np.flatnonzero(heights)[-1]} jumps; pass fewer functions, or derive it (symbolic.derive)"
            )


def require_smooth(derivative: Derivative, highest: int, jumps: Jumps) -> None:
    """Refuse a function with a kink; of kinks that were declared, it is what is left without the jumps."""
    for order in range(highest + 1):
        end, place = end_of_spectrum(partial(derivative, order=order))
        if not np.isfinite(end):
            raise ValueError(
                f"derivatives: near z = {place:.2g} the function of order {order} has a kink or a jump, or one of its "
                "derivatives has; declare it, kinks=[...]. (Or it is a wave shorter than 0.04, or has fewer than 11 "
                "digits.)"
                if not jumps
                else f"kinks: without the jumps of orders up to {highest} at {', '.join(f'{k:.6g}' for k in jumps)} a "
                f"smooth function must be left, for its series to reach its accuracy; near z = {place:.2g} that of "
                f"order {order} is not smooth; declare all kinks, pass more derivatives, or derive it (symbolic.derive)"
            )


def require_agreement(derivative: Derivative, highest: int, jumps: Jumps) -> None:
    """Refuse functions that are no derivatives of one another.

    ``E f^(k+1)(z) = E[f^(k)(z) Z]/p - sum J phi((kappa - m)/p)/p``, ``z = m + p Z``.
    """
    for order in range(highest):
        seen = FAINT * np.abs([derivative(NEAR, order), derivative(NEAR, order + 1)]).max()
        for m in PLACES:
            for p in DEVIATIONS:
                x, weights = _rule([(place - m) / p for place in jumps], p)
                lower, upper = derivative(m + p * x, order), derivative(m + p * x, order + 1)
                diracs = sum(heights[order] * normal_density((place - m) / p) / p for place, heights in jumps.items())
                by_parts, itself = weights @ (lower * x) / p - diracs, weights @ upper
                size = np.sqrt(weights @ upper**2) + AGREE * np.sqrt(weights @ lower**2) / p + seen
                if abs(by_parts - itself) > AGREE * size:
                    raise ValueError(
                        f"derivatives: the function of order {order + 1} is not the derivative of that of order "
                        f"{order}: near z = {m:g} its mean, at deviation {p:g}, is {itself:.6g}, and by parts "
                        f"{by_parts:.6g}"
                    )


def _rule(kinks: list[float], p: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights for a normal argument, panels ending at kinks."""
    panels = POINTS + int(2 * END * p * FASTEST / POINTS)
    cuts = np.unique(np.concatenate([np.linspace(-END, END, panels), np.clip(kinks, -END, END)]))
    x, weights = (each.ravel() for each in on_panels(cuts, POINTS))
    return x, weights * normal_density(x)
