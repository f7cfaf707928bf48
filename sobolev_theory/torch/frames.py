"""Frames of a metric and of directions: rows ``F`` with ``M = F' F``, so that ``|g|_M = |F g|``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._runtime.checks import as_array, as_numbers, between
from ..forms import REQUIRED, Form


def of_metric(metric: ArrayLike | None) -> tuple[float, Tensor | None]:
    """``c`` and ``F`` with ``M = c F' F``; no rows, the basis, for a multiple of the identity."""
    if metric is None:
        return 1.0, None
    given = as_numbers("metric", metric, REQUIRED)
    form = Form.parse("metric", given, given.shape[-1] if given.ndim else 1)
    if form.scalar is not None:
        return form.scalar, None if not given.ndim else torch.eye(form.dim, dtype=torch.float64)
    factor = form.factor
    return 1.0, torch.from_numpy(np.diag(factor) if factor.ndim == 1 else factor.T.copy())


def of_directions(directions: ArrayLike, weights: ArrayLike | None) -> tuple[Tensor, Tensor]:
    """``F`` with the rows ``sqrt(w_l) v_l``, and the roots."""
    rows = as_array("directions", directions, ("L", "d"))
    given = np.ones(len(rows)) if weights is None else as_array("direction_weights", weights, ("L",), {"L": len(rows)})
    roots = np.sqrt(between("direction_weights", given, "numbers >= 0", 0, np.inf))
    return torch.from_numpy(roots[:, None] * rows), torch.from_numpy(roots)


def require_one(metric: object, directions: object, weights: object) -> None:
    """Refuse a metric beside directions, and weights of directions that are not given."""
    if metric is not None and directions is not None:
        raise ValueError("metric: None is required beside directions, which are one, got both")
    if weights is not None and (directions is None or isinstance(directions, str)):
        raise ValueError("direction_weights: directions (L, d) are required for them, got weights alone")
