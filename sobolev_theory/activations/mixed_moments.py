r"""Moments ``E[sigma^(a)(z_1) tau^(b)(z_2)]`` of two activations: in closed form where there is one, else a series."""

from __future__ import annotations

from functools import cache

from .definition import Definition, GaussianPairs, Kinked, KinkedPairs, Letters, Moments, Smooth, along_polar_frame
from .entire import Entire, of_two
from .mixed import Mixed


def mixed_moments(first: Definition, second: Definition, at: GaussianPairs) -> Moments:
    """``K_ab`` of two activations of which one at least is smooth; of two equal ones its own.

    Raises
    ------
    NotImplementedError
        For activations whose moments are known as kernels at standard inputs alone.
    """
    if isinstance(first, Smooth) and first.key == second.key:
        return first.pairs(at)
    if isinstance(first, Entire) and isinstance(second, Entire):
        return of_two(first, second, at)
    series = Mixed(first, second, at)
    return cache(lambda a, b: series.moment(a, b)[0])


def mixed_letters(first: Definition, second: Definition, at: KinkedPairs) -> Letters:
    """``D_1^i D_2^j K_ab`` of two activations in the polar frame."""
    if isinstance(first, Kinked) and first.key == second.key:
        return first.pairs(at)
    return along_polar_frame(mixed_moments(first, second, at.gaussian), at)
