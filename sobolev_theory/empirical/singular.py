"""Why an empirical curvature is singular, as far as samples and neurons say: what a warning ends with."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .._runtime.checks import listed
from .samples import Data
from .setting import Setting

FloatArray = NDArray[np.float64]


def reasons(setting: Setting, data: Data, diagonal: FloatArray) -> str:
    """Sentences, each with a space before it; ``diagonal`` (R, D) is that of the matrix."""
    n, layout = len(data), setting.layout
    features = n * setting.norm.equations(layout.dim)
    found = []
    if features < layout.size:
        what = "values" if setting.norm.order == 0 else "values and derivatives"
        found.append(f"{n} samples have {features} {what}, fewer than the {layout.size} parameters that move.")
    if setting.norm.order == 0 and setting.bends:
        found += _of_columns(data, "biases" in layout.names)
    silent = np.flatnonzero(~diagonal[: layout.width].any(axis=1))
    if len(silent):
        one = len(silent) == 1
        found.append(f"{listed('Neuron', silent)} {'has' if one else 'have'} no share in the loss at any sample.")
    return "".join(f" {sentence}" for sentence in found)


def _of_columns(data: Data, with_one: bool) -> list[str]:
    """Which columns of the inputs are constant, and which are combinations of others, and of 1 if biases move."""
    low, high = (np.full(data.inputs.array.shape[1], end) for end in (np.inf, -np.inf))
    triangle = np.zeros((0, len(low) + with_one))
    for batch in data.batches():
        x = batch.inputs
        low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
        rows = np.column_stack([np.ones(len(x)), x]) if with_one else x
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]), mode="r"))
    constant = np.flatnonzero((low == high) & (with_one | (high == 0)))
    norms = np.linalg.norm(triangle, axis=0)
    units = np.divide(triangle, norms, out=np.zeros_like(triangle), where=norms > 0)
    _, r, order = scipy.linalg.qr(units, pivoting=True, mode="economic")
    rounding = len(data) ** 0.5 * units.shape[1] * np.finfo(np.float64).eps
    rank = int((np.abs(np.diagonal(r)) > rounding).sum())
    dependent = np.setdiff1d(order[rank:] - int(with_one), np.append(constant, -1))
    size = units.shape[1]
    if rank == size:
        return []
    said = (constant, "constant" if with_one else "zero"), (dependent, "a combination of others")
    parts = [f"{listed('column', of)} {_verb(of)} {what}" for of, what in said if len(of)]
    space = "inputs with a 1 for the bias" if with_one else "inputs"
    return [f"{space.capitalize()} span {rank} of {size} dimensions{': ' * bool(parts)}{', '.join(parts)}."]


def _verb(numbers: NDArray[np.intp]) -> str:
    return "are" if len(numbers) > 1 else "is"
