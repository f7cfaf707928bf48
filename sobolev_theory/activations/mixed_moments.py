r"""Moments ``E[sigma^(a)(z_1) tau^(b)(z_2)]`` of two activations: in closed form where there is one, else a series."""

from __future__ import annotations

from functools import cache

from .definition import Definition, GaussianPairs, Kinked, KinkedPairs, Letters, Moments, Smooth, along_polar_frame
from .entire import Entire, of_two
from .exponential.unit import ExponentialUnit
from .packaged import Rectifier
from .piecewise.pieces import Pieces
from .piecewise.polynomial import PiecewisePolynomial, mixed_pairs
from .series.mixed import Mixed


def mixed_moments(first: Definition, second: Definition, at: GaussianPairs) -> Moments:
    """``K_ab`` of two activations of which one at least is smooth; of two equal ones its own."""
    if isinstance(first, Smooth) and first.key == second.key:
        return first.pairs(at)
    if isinstance(first, Entire) and isinstance(second, Entire):
        return of_two(first, second, at)
    series = Mixed(first, second, at)
    return cache(lambda a, b: series.moment(a, b)[0])


def are_known(first: Definition, second: Definition) -> bool:
    """Whether there are letters of two activations.

    Of two with different kinks there are those of piecewise polynomials, and of exponential units, of which a rectifier
    is one; of one whose moments are kernels at standard inputs there are none.
    """
    if not all(isinstance(each, Smooth | Kinked) for each in (first, second)):
        return False
    if first.key == second.key or isinstance(first, Smooth) or isinstance(second, Smooth):
        return True
    return any(all(kind(each) is not None for each in (first, second)) for kind in (pieces_of, unit_of))


def mixed_letters(first: Definition, second: Definition, at: KinkedPairs) -> Letters:
    """``D_1^i D_2^j K_ab`` in the polar frame of two activations of which they `are_known`."""
    if isinstance(first, Kinked) and first.key == second.key:
        return first.pairs(at)
    units = unit_of(first), unit_of(second)
    if units[0] is not None and units[1] is not None:
        return units[0].pairs_with(units[1], at)
    pieces = pieces_of(first), pieces_of(second)
    if pieces[0] is not None and pieces[1] is not None:
        return mixed_pairs(pieces[0], pieces[1], at)
    return along_polar_frame(mixed_moments(first, second, at.gaussian), at)


def unit_of(definition: Definition) -> ExponentialUnit | None:
    """An exponential unit."""
    if isinstance(definition, Rectifier) and definition.moments.n == 1:
        return ExponentialUnit(0.0)
    return definition if isinstance(definition, ExponentialUnit) else None


def pieces_of(definition: Definition) -> Pieces | None:
    """The polynomials of a piecewise one."""
    if isinstance(definition, PiecewisePolynomial):
        return definition.function
    if isinstance(definition, Rectifier):
        return Pieces((0.0,), ((0.0,), (*(0.0,) * definition.moments.n, 1.0)))
    return None
