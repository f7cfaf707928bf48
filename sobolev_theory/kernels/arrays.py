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
from .existence import require_parted
from .input_pairs import InputPairs, Points
from .prior import Orders, Prior

FloatArray = NDArray[np.float64]
PAIRS = 2**16
"""Evaluated at a time: twenty arrays of them stay near a core, and none is mapped from memory anew."""
ONE = 1.0
"""The factor that is none."""
Tables = dict[str, Any]
"""Coefficients of pairs by the letters of vectors, ``x, y``; of a multiple of the identity, ``I``; of a value, none."""


def kernel_array(
    kernel: str,
    prior: Prior,
    x: FloatArray,
    y: FloatArray,
    orders: Orders,
    of: Callable[[InputPairs], Letters] = lambda pairs: pairs.letters(pairs.prior.definition, pairs.prior.definition),
    *,
    places: tuple[float, ...] = (),
) -> FloatArray:
    """The kernel of all pairs, (n, m) and one axis of length d for each derivative; by letters ``of`` pairs.

    Raises
    ------
    OverflowingError
        If a number leaves the range of doubles.
    NotDifferentiableError
        If kinks at some ``places`` meet.
    """
    (n, d), m = x.shape, len(y)
    axes = (d,) * sum(orders)
    require_memory(f"x, y: the kernel of orders {orders} at {n} x {m} pairs", n * m * prod(axes), "take fewer inputs")
    out = np.empty((*axes, n, m))
    function, labels = BLOCKS[kernel, orders]
    first, second = Points.of(prior, x), Points.of(prior, y)
    products = np.matmul(first.units, second.units.T, out=out[(0,) * len(axes)])  # BLAS has threads of its own

    def block(part: slice) -> tuple[bool, list[tuple[int, int]]]:
        pairs, here = InputPairs.of(prior, first.part(part), second, products[part]), out[..., part, :]
        with np.errstate(all="ignore"):
            values = function(np, of(pairs), pairs.product, prior.weight_variance)
            values = values if isinstance(values, tuple) else (values,)
            _write(here, pairs, dict(zip(labels, values, strict=True)))
        return bool(np.isfinite(here).all()), [(part.start + i, j) for i, j in pairs.meeting(places)]

    finite, meeting = zip(*by_blocks(n, m, block, PAIRS), strict=True)
    require_parted(kernel, prior, orders, [pair for pairs in meeting for pair in pairs])
    if not all(finite):
        raise OverflowingError("x, y: the kernel overflows double precision at inputs of this size; rescale them")
    return np.moveaxis(out, (-2, -1), (0, 1))


def _write(out: FloatArray, pairs: InputPairs, tables: Tables) -> None:
    """The array of a block from coefficients on the frame; axes of inputs come last, and are contiguous."""
    if out.ndim == 2:
        out[...] = tables[""]
        return
    found: Tables = {}
    for label, table in tables.items():
        for name, factor in _on_inputs(label, pairs):
            term = table if factor is ONE else factor * table
            found[name] = found[name] + term if name in found else term
    x, y = pairs.x.T[:, :, None], pairs.y.T[:, None, :]
    if out.ndim == 3:
        _write_vector(out, found["x"], found["y"], x, y)
    else:
        _write_matrix(out, found, x, y)
    if pairs.explicit is not None:
        _add_explicit(out, pairs, tables)


def _write_vector(out: FloatArray, on_x: FloatArray, on_y: FloatArray, x: FloatArray, y: FloatArray) -> None:
    """``c_x x + c_y y``, a coordinate at a time."""
    term = np.empty(out.shape[1:])
    for k, coordinate in enumerate(out):
        np.multiply(on_y, y[k], out=term)
        np.multiply(on_x, x[k], out=coordinate)
        coordinate += term


def _write_matrix(out: FloatArray, found: Tables, x: FloatArray, y: FloatArray) -> None:
    """``x (c_xx x + c_xy y)' + y (c_yx x + c_yy y)' + c I``, likewise, columns of it outermost."""
    for k in range(len(out)):
        after_x, after_y = (found[f"{left}x"] * x[k] + found[f"{left}y"] * y[k] for left in "xy")
        _write_vector(out[:, k], after_x, after_y, x, y)
        out[k, k] += found["I"]


def _on_inputs(label: str, pairs: InputPairs) -> list[tuple[str, Any]]:
    """A letter, or two, as a combination of those of inputs."""
    if label == "I":
        return [("I", ONE)]
    along, across, on_second = pairs.frame
    second = [("y", on_second)] if across is None else [("x", across), ("y", on_second)]
    meaning: dict[str, list[tuple[str, Any]]] = {"1": [("x", along)], "2": second, "x": [("x", ONE)], "y": [("y", ONE)]}
    found = meaning[label[0]]
    for letter in label[1:]:
        found = [
            (name + more, one if two is ONE else two if one is ONE else one * two)
            for name, one in found
            for more, two in meaning[letter]
        ]
    return found


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
            found = left if len(label) == 1 else left[:, :, None] * vectors[label[1]][:, None, :]
            out[..., near.i, near.j] += np.moveaxis(found, 0, -1)
