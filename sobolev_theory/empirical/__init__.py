"""The Sobolev loss on given samples, of any distribution: its value, gradient and curvature, beside theory.

What `PopulationLoss` is for Gaussian inputs, with means over samples in the place of expectations.
"""

from .curvature import curvature
from .loss import EmpiricalLoss

__all__ = ["EmpiricalLoss", "curvature"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
