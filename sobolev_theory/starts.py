"""Students from which training starts: one, several, or random ones about a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from ._runtime.checks import as_array, as_numbers, generator, positive_integer
from .losses import PopulationLoss, Student
from .networks import Network
from .parameters import Parameters
from .problem import matched

Starts = Student | Sequence[Student]


def several(W0: Starts, name: str = "W0") -> list[Student]:
    """The starts, one or more; errors speak of the argument by its name."""
    if isinstance(W0, Network):
        return [W0]
    if isinstance(W0, list | tuple) and any(isinstance(start, Network) for start in W0):
        return list(W0)
    required = "an array of numbers, weights (K, d) or those of several starts (n, K, d), or networks in a list"
    weights = as_numbers(name, cast(ArrayLike, W0), f"{required}, is required")
    if weights.ndim == 2:
        return [weights]
    return list(as_array(name, weights, ("starts", "neurons", "d")))


def around(loss: PopulationLoss, W0: Starts, count: int, rng: Any) -> list[Student]:
    """So many random students as far from the teacher as a start is, in uniformly random directions of all that moves.

    More of them begin with fewer from the same ``rng``.

    Raises
    ------
    ValueError
        For several starts, and for one that is not as wide as the teacher or differs from it in what does not move.
    """
    count, entropy = positive_integer("starts", count), generator(rng).integers(2**32, size=4).tolist()
    (start, *others) = several(W0)
    required = "starts: one start as wide as its teacher, and equal to it in what does not move, is required"
    if others:
        raise ValueError(f"{required}, got {1 + len(others)}; leave starts out")
    student, teacher = loss.parameters(start), Parameters.of_network(loss.teacher)
    rows, layout = matched(loss, student), loss.layout(student.width)
    if rows is None:
        raise ValueError(f"{required}; pass others as a list of several, W0=[...]")
    center = teacher.rows(layout)[rows]
    distance = np.linalg.norm(student.rows(layout) - center)

    def drawn(number: int) -> Network:
        seeds = np.random.SeedSequence(entropy, spawn_key=(number,))
        direction = layout.rows(np.random.default_rng(seeds).standard_normal(layout.size))
        p = student.at_rows(layout, center + distance / np.linalg.norm(direction) * direction)
        return Network(p.weights, p.output_weights, p.biases, p.output_bias, loss.activation)

    return [drawn(number) for number in range(count)]
