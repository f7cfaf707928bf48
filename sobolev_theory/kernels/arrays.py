"""Kernels of all pairs of inputs as arrays: coefficients on the frame of a pair become vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._kernels.wide_network import BLOCKS
from .._runtime.sizes import require_memory
from ..activations.definition import Letters
from ..errors import OverflowingError
from ..pairs.blocks_of_rows import by_blocks
from .input_pairs import InputPairs
from .prior import Orders, Prior

FloatArray = NDArray[np.float64]
Tables = dict[str, Any]
"""Coefficients of pairs by the letters of vectors, ``x, y``; of a multiple of the identity, ``I``; of a value, none."""


def kernel_array(
    kernel: str,
    prior: Prior,
    x: FloatArray,
    y: FloatArray,
    orders: Orders,
    of: Callable[[Prior, Letters], Letters] = lambda prior, letters: letters,
) -> FloatArray:
    """The kernel of all pairs, (n, m) and one axis of length d for each derivative; ``of`` its letters or a part.

    Raises
    ------
    OverflowingError
        If a number leaves the range of doubles.
    """
    (n, d), m = x.shape, len(y)
    shape = (n, m) + (d,) * sum(orders)
    require_memory(f"x, y: the kernel of orders {orders} at {n} x {m} pairs", prod(shape), "take fewer inputs a time")
    out = np.empty(shape)
    function, labels = BLOCKS[kernel, orders]

    def block(part: slice) -> None:
        pairs = InputPairs.of(prior, x[part], y)
        with np.errstate(over="ignore", invalid="ignore"):
            values = function(np, of(prior, pairs.letters), pairs.product, prior.weight_variance)
            values = values if isinstance(values, tuple) else (values,)
            _write(out[part], pairs, dict(zip(labels, values, strict=True)))

    by_blocks(n, m, block)
    if not np.isfinite(out).all():
        raise OverflowingError("x, y: the kernel overflows double precision at inputs of this size; rescale them")
    return out


def _write(out: FloatArray, pairs: InputPairs, tables: Tables) -> None:
    """The array of a block from coefficients on the frame."""
    if out.ndim == 2:
        out[...] = tables[""]
        return
    found = dict.fromkeys(("x", "y") if out.ndim == 3 else ("xx", "xy", "yx", "yy", "I"), np.zeros(out.shape[:2]))
    for label, table in tables.items():
        for name, factor in _on_inputs(label, pairs):
            found[name] = found[name] + factor * table
    (_write_vectors if out.ndim == 3 else _write_matrices)(out, pairs, found)
    if pairs.explicit is not None:
        _add_explicit(out, pairs, tables)


def _on_inputs(label: str, pairs: InputPairs) -> list[tuple[str, Any]]:
    """A letter, or two, as a combination of those of inputs."""
    if label == "I":
        return [("I", 1.0)]
    along, across, on_second = pairs.frame
    meaning = {"1": [("x", along)], "2": [("x", across), ("y", on_second)], "x": [("x", 1.0)], "y": [("y", 1.0)]}
    found: list[tuple[str, Any]] = [("", 1.0)]
    for letter in label:
        found = [(name + more, one * two) for name, one in found for more, two in meaning[letter]]
    return found


def _write_vectors(out: FloatArray, pairs: InputPairs, found: Tables) -> None:
    """``c_x x + c_y y``, a row of pairs at a time."""
    for i, (row, on_x, on_y) in enumerate(zip(out, found["x"], found["y"], strict=True)):
        np.multiply(on_y[:, None], pairs.y, out=row)
        row += on_x[:, None] * pairs.x[i]


def _write_matrices(out: FloatArray, pairs: InputPairs, found: Tables) -> None:
    """``x (c_xx x + c_xy y)' + y (c_yx x + c_yy y)' + c I``, likewise."""
    columns = {name: table[..., None] for name, table in found.items()}
    diagonal = np.einsum("nmdd->nmd", out)
    for i, row in enumerate(out):
        x = pairs.x[i]
        after_x = columns["xx"][i] * x + columns["xy"][i] * pairs.y
        after_y = columns["yx"][i] * x + columns["yy"][i] * pairs.y
        np.multiply(pairs.y[:, :, None], after_y[:, None, :], out=row)
        row += x[:, None] * after_x[:, None, :]
        diagonal[i] += columns["I"][i]


def _add_explicit(out: FloatArray, pairs: InputPairs, tables: Tables) -> None:
    """Terms with the second vector of near pairs, which are missing in the combinations of inputs."""
    near, (along, _, _) = pairs.near, pairs.frame
    at, x = (near.i, near.j), pairs.x[near.i]
    first = np.broadcast_to(along, pairs.cosine.shape)[at][:, None] * x
    vectors = {"1": first, "2": near.second, "x": x, "y": pairs.y[near.j]}
    for label, table in tables.items():
        if "2" in label:
            coefficient = np.broadcast_to(table, pairs.cosine.shape)[at][:, None]
            left = coefficient * vectors[label[0]]
            out[at] += left if len(label) == 1 else left[:, :, None] * vectors[label[1]][:, None, :]
