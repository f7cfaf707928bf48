"""Blocks of standard inputs from frame coefficients of pairs: multiples of the identity, and outer products of weights.

Block ``(i, k)`` is a combination of ``I`` and of products of ``u_i, u_k``, block ``(i, i)`` of ``u_i, u_j`` for all
rows ``u_j`` besides; near pairs have their explicit directions ``e``, which are further vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..pairs.geometry import PairGeometry
from ..pairs.sums import on_rows
from .blocks import Blocks, Multiple
from .spaces import Space
from .terms import Outer, Reference, Sparse

FloatArray = NDArray[np.float64]

FIRST, SECOND = Reference(0, "first"), Reference(0, "second")
PRODUCTS = (FIRST, FIRST), (FIRST, SECOND), (SECOND, FIRST), (SECOND, SECOND)
"""Of ``u_i, u_j``, in the order of coefficients."""


def assemble(
    geometry: PairGeometry,
    a: FloatArray,
    own: tuple[FloatArray, ...] | None,
    cross: tuple[FloatArray, ...],
    self_terms: tuple[FloatArray, ...],
    bilinear: float,
) -> Blocks:
    """Blocks from frame coefficients ``(I, 11, 12, 21, 22)`` of own and cross blocks, and ``(I, 11)`` of self terms.

    Near pairs keep their explicit frame vectors; for all others the frame is expanded into weight rows.
    """
    k, dim = geometry.width, geometry.rows.shape[1]
    identity = cross[0] + bilinear * np.outer(a, a)
    identity[np.diag_indices(k)] += a**2 * self_terms[0]
    radial = a**2 * self_terms[1] * geometry.scale[:k] ** 2  # f_1 = nu_i u_i
    outer = [Outer(c, *vectors) for c, vectors in zip(on_rows(geometry, cross[1:]), PRODUCTS, strict=True)]
    sparse = [_near_terms(geometry, cross[1:], own=False)]
    if own is not None:
        identity[np.diag_indices(k)] += own[0].sum(axis=1)
        o11, *others = on_rows(geometry, own[1:])
        radial = radial + o11.sum(axis=1)
        outer += [Outer(c, *vectors, own=True) for c, vectors in zip(others, PRODUCTS[1:], strict=True)]
        sparse.append(_near_terms(geometry, own[1:], own=True))
    outer.append(Outer(radial[:, None], FIRST, FIRST, own=True))
    vectors = np.vstack([geometry.rows, geometry.framed.e]) if len(geometry.framed.i) else geometry.rows
    space = Space.whole(dim)
    multiples = (Multiple(identity, space.metric),)
    return Blocks(k, vectors, multiples, tuple(outer), Sparse.joined(sparse), space)


def _near_terms(geometry: PairGeometry, frame: tuple[FloatArray, ...], *, own: bool) -> Sparse:
    """Terms with ``e`` of the near pairs, in block (i, i) or (i, j); the one on ``f_1 f_1'`` is one of rows."""
    framed = geometry.framed
    pair = np.flatnonzero(framed.j < frame[0].shape[1])
    i, j = framed.i[pair], framed.j[pair]
    _, c12, c21, c22 = (c[i, j] for c in frame)
    first, e = geometry.scale[i], len(geometry.rows) + pair
    row, column = np.tile(i, 3), np.tile(i if own else j, 3)
    coefficient = np.concatenate([first * c12, first * c21, c22])
    return Sparse(row, column, np.concatenate([i, e, e]), np.concatenate([e, i, e]), coefficient)
