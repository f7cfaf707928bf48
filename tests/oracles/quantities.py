"""The derived quantities by their names, each as a matrix: of shape (1, 1), (3, 1) or (3, 3)."""

from functools import cache
from typing import Any

import mpmath
from mpmath import mp

from .pair import Derivative, cross_block, field, gauss_newton_block, own_block, value
from .quadrature import Number
from .self_terms import self_block, self_field, self_gauss_newton, self_value


@cache
def quantity(
    name: str, activation: str, order: int, derivative: Derivative, p: Any, q: Any = None, theta: Any = None
) -> mpmath.matrix:
    """A quantity of a pair, or of one vector of norm p with itself, from its definition."""
    result: Any
    match name:
        case "value":
            result = value(activation, order, p, q, theta)
        case "field":
            result = field(activation, order, derivative, p, q, theta)
        case "own":
            result = own_block(activation, order, derivative, p, q, theta)
        case "cross":
            result = cross_block(activation, order, derivative, p, q, theta)
        case "gauss_newton":
            result = gauss_newton_block(activation, order, p, q, theta)
        case "self_value":
            result = self_value(activation, order, p)
        case "self_field":
            result = mp.matrix([self_field(activation, order, derivative, p), 0, 0])
        case "self_own":
            result = self_block(activation, order, derivative, p)
        case "self_gauss_newton":
            result = self_gauss_newton(activation, order, p)
        case _:
            raise ValueError(f"no oracle for the quantity {name}")
    return result if isinstance(result, mp.matrix) else mp.matrix([[result]])


def largest(matrix: Any) -> Number:
    """Largest absolute entry."""
    return max(abs(entry) for entry in matrix)


@cache
def largest_over_angles(
    name: str, activation: str, order: int, derivative: Derivative, p: float, q: float, diverges: bool
) -> Number:
    """Largest entry at any angle, of `sin(theta)` times a quantity that diverges; low by at most a fifth.

    Each quantity comes that close to its maximum at one of three angles.
    """
    return max(
        largest(quantity(name, activation, order, derivative, p, q, angle)) * (mp.sin(angle) if diverges else 1)
        for angle in (0.001, 0.4, 1.2)
    )
