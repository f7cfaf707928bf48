"""Where the spectrum of a function ends, as far as doubles tell: what step integrates it, and whether it has a kink."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CENTRES = (0.0, 1.0, -1.0, 3.0, -3.0, 6.0, -6.0, 10.0, -10.0, 20.0, -20.0)
"""Middles of Gaussian windows of width 1 through which a function is seen."""
STEP, NODES = 2.0**-7, 3 * 2**10
"""Of the grid of a window, +-12."""
FALLEN, ROUNDING = 1e-11, 1e-16
"""Where a spectrum, relative to its largest value, is read; and where it ends, if it falls on as it did."""
UNSEEN = 1e-14
"""What of the largest value at any window does not count."""
FASTEST = 150.0
"""Frequency by which that of a smooth function has fallen."""


def end_of_spectrum(function: Callable[[FloatArray], FloatArray]) -> tuple[float, float]:
    """The frequency at which the spectrum reaches rounding, infinite if it does not fall; and where it is so fast.

    Of a function with a kink it falls like a power of the frequency.
    """
    offsets: FloatArray = STEP * np.arange(-NODES // 2, NODES // 2, dtype=np.float64)
    windows = np.exp(-(offsets**2) / 2)
    frequencies = 2 * np.pi * np.arange(NODES // 2 + 1) / (STEP * NODES)
    values = np.array([function(centre + offsets) for centre in CENTRES])
    if not np.isfinite(values).all():
        k, n = np.argwhere(~np.isfinite(values))[0]
        return np.inf, float(CENTRES[k] + offsets[n])
    spectra = np.abs(np.fft.rfft(values * windows))
    largest = np.max(spectra)
    high = [np.flatnonzero(one > FALLEN * one.max() + UNSEEN * largest) for one in spectra]
    end, k = max((frequencies[at[-1]] if len(at) else 0.0, -k) for k, at in enumerate(high))
    if end < FASTEST:
        return float(end * np.log(ROUNDING) / np.log(FALLEN)), CENTRES[-k]
    fast = np.fft.irfft(np.where(frequencies > FASTEST / 2, np.fft.rfft(function(CENTRES[-k] + offsets) * windows), 0))
    return np.inf, float(CENTRES[-k] + offsets[np.argmax(np.abs(fast))])


def bandwidth_of(derivative: Callable[[FloatArray, int], FloatArray], highest: int) -> float:
    """The largest of the ends of derivatives up to an order."""

    def end(order: int) -> float:
        return end_of_spectrum(lambda z: derivative(z, order))[0]

    return max(map(end, range(highest + 1)))
