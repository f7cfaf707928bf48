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


def mixed_letters(first: Definition, second: Definition, at: KinkedPairs) -> Letters:
    """``D_1^i D_2^j K_ab`` of two activations in the polar frame; of two with kinks, piecewise polynomials.

    Raises
    ------
    NotImplementedError
        For two different ones with kinks, of which one is no piecewise polynomial.
    """
    if isinstance(first, Kinked) and first.key == second.key:
        return first.pairs(at)
    if not (isinstance(first, Kinked) and isinstance(second, Kinked)):
        return along_polar_frame(mixed_moments(first, second, at.gaussian), at)
    pieces = [pieces_of(each) for each in (first, second)]
    if pieces[0] is None or pieces[1] is None:
        raise NotImplementedError
    return mixed_pairs(pieces[0], pieces[1], at)


def pieces_of(definition: Definition) -> Pieces | None:
    """The polynomials of a piecewise one."""
    if isinstance(definition, PiecewisePolynomial):
        return definition.function
    if isinstance(definition, Rectifier):
        return Pieces((0.0,), ((0.0,), (*(0.0,) * definition.moments.n, 1.0)))
    return None
