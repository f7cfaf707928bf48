"""Kernels of infinitely wide networks with derivatives in their inputs: Sobolev training in the lazy limit."""

from .comparison import KernelComparison, compare
from .gram import sobolev_gram
from .kernels import nngp, ntk
from .sphere import SphereSpectrum, sphere_spectrum

__all__ = ["KernelComparison", "SphereSpectrum", "compare", "nngp", "ntk", "sobolev_gram", "sphere_spectrum"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
