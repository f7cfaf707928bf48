"""Sobolev training with PyTorch: the loss that the theory is about, on samples, for any model.

It needs PyTorch, ``pip install sobolev_theory[torch]``, which ``import sobolev_theory`` does not load.
"""

try:
    import torch  # noqa: F401  # before the modules that use it, so that its absence is told once and plainly
except ImportError as error:
    raise ImportError(f"training needs PyTorch: pip install 'sobolev_theory[torch]' ({error})") from error

from .loss import SobolevLoss

__all__ = ["SobolevLoss"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
