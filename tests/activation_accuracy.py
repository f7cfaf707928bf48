"""Measured accuracy of the moments of every activation; ``python -m tests.activation_accuracy --update`` rewrites
``tests/activation_accuracy.json``.

The error of a moment is its distance from the committed one of the oracle over its natural scale (`Moments.scale` of
`oracles.activation_moments`): arguments are the same doubles, covariances up to correlations of ``1 - 1e-14`` and of
exactly one, means up to 8 standard deviations, variances from 1e-6 to 1e4. The file has the worst of each activation,
and it may not grow.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from mpmath import mp

from sobolev_theory import activations
from tests.accuracy import rounded_up
from tests.oracles import activation_values
from tests.oracles.activations import SIGMAS

ACCURACY = Path(__file__).with_name("activation_accuracy.json")


def slack(name: str) -> float:
    """Functions of SciPy and of the C library may differ by a unit in the last place between machines."""
    return max(2.0**-51, committed()[name] / 4)


FAMILY = re.compile(r"(hermite|monomial)\d+")
"""Names of which some stand for all."""


def names() -> list[str]:
    """What is swept: the registry, of families those members that have an oracle, and other slopes and scales."""
    registered = [name for name in activations.names() if not FAMILY.fullmatch(name) or name in SIGMAS]
    return [*registered, *(name for name in SIGMAS if "(" in name)]


def requirement(name: str) -> float:
    """The accuracy that an activation states."""
    return activations.get(name).definition.accuracy


def measure(name: str, places: Iterable[int] | None = None) -> float:
    """Worst error of an activation over the pairs of those indices."""
    return max(error for index in places or indices(name) for error in errors(name, index))


def indices(name: str) -> list[int]:
    """Pairs that the oracle has of an activation."""
    return [index for index in activation_values.pairs() if f"{name} {index}" in activation_values.table()]


def errors(name: str, index: int) -> Iterator[float]:
    """Of each moment at a pair."""
    s, rho, t, first, second = activation_values.pairs()[index]
    activation = activations.get(name)
    for key, entry in activation_values.table()[f"{name} {index}"].items():
        truth, scale = (mp.mpf(x) for x in entry.split())
        orders = [int(order) for order in key.split()]
        if len(orders) == 2:
            found = activation.moments(first, second, s, rho, t, *orders)
        else:
            found = activation.definition.means(np.array([first]), np.array([s]))(*orders)[0]
        if not np.isfinite(found):
            yield float("inf")
        else:
            distance = abs(mp.mpf(float(found)) - truth)
            yield float(distance / scale) if scale else float(distance != 0)


def committed() -> dict[str, float]:
    """The committed errors by name."""
    result: dict[str, float] = json.loads(ACCURACY.read_text(encoding="utf-8"))
    return result


def main() -> None:
    """Measure everything and print it; write the file if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.activation_accuracy", description="accuracy of moments")
    parser.add_argument("--update", action="store_true", help="write tests/activation_accuracy.json")
    options, found = parser.parse_args(), {}
    for name in sorted(names()):
        worst = {index: max(errors(name, index)) for index in indices(name)}
        place = max(worst, key=lambda index: worst[index])
        found[name] = rounded_up(worst[place])
        verdict = "" if worst[place] <= requirement(name) else f"  exceeds {requirement(name)}"
        print(f"{name:20} {worst[place]:.1e} at pair {place}{verdict}", flush=True)
    if options.update:
        ACCURACY.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
