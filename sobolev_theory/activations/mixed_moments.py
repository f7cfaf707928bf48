r"""Moments ``E[sigma^(a)(z_1) tau^(b)(z_2)]`` of two activations: in closed form where there is one, else a series."""

from __future__ import annotations

from functools import cache

from .definition import Definition, GaussianPairs, Kinked, KinkedPairs, Letters, Moments, Smooth, along_polar_frame
from .entire import Entire, of_two
from .mixed import Mixed
from .packaged import Rectifier
from .pieces import Pieces
from .piecewise import PiecewisePolynomial, mixed_pairs


def mixed_moments(first: Definition, second: Definition, at: GaussianPairs) -> Moments:
    """``K_ab`` of two activations of which one at least is smooth; of two equal ones its own."""
    if isinstance(first, Smooth) and first.key == second.key:
        return first.pairs(at)
    if isinstance(first, Entire) and isinstance(second, Entire):
        return of_two(first, second, at)
    series = Mixed(first, second, at)
    return cache(lambda a, b: series.moment(a, b)[0])


def are_known(first: Definition, second: Definition) -> bool:
    """Whether there are letters of two activations: not of two different kinks, unless both are piecewise polynomials.

    Of one whose moments are kernels at standard inputs there are none either.
    """
    if not all(isinstance(each, Smooth | Kinked) for each in (first, second)):
        return False
    if first.key == second.key or isinstance(first, Smooth) or isinstance(second, Smooth):
        return True
    return pieces_of(first) is not None and pieces_of(second) is not None


def mixed_letters(first: Definition, second: Definition, at: KinkedPairs) -> Letters:
    """``D_1^i D_2^j K_ab`` in the polar frame of two activations of which they `are_known`."""
    if isinstance(first, Kinked) and first.key == second.key:
        return first.pairs(at)
    pieces, others = pieces_of(first), pieces_of(second)
    if pieces is not None and others is not None:
        return mixed_pairs(pieces, others, at)
    return along_polar_frame(mixed_moments(first, second, at.gaussian), at)


def pieces_of(definition: Definition) -> Pieces | None:
    """The polynomials of a piecewise one."""
    if isinstance(definition, PiecewisePolynomial):
        return definition.function
    if isinstance(definition, Rectifier):
        return Pieces((0.0,), ((0.0,), (*(0.0,) * definition.moments.n, 1.0)))
    return None
