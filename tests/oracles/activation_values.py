"""The committed moments of every activation: `activations.json` holds K_ab at generic pairs, with natural scales.

The pairs are doubles, and what is nearly singular is so to the last bit. Of the moments up to order 2 + 2 every second
one is kept, other ones at the next pair. `python -m tests.oracles.activation_values --update` writes the file, or what
it says of the activations that are named.
"""

import argparse
import json
import sys
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mpmath import mp

from .activation_moments import DIGITS, Moments, Pair, forget
from .activations import DOUBLING, SIGMAS, Sigma
from .quadrature import Number, precision

VALUES = Path(__file__).with_name("activations.json")

SIGNIFICANT = 22


def pairs() -> dict[int, Pair]:
    """By number: variances from 1e-6 to 1e4, correlations from -1 to 1, means of up to 8 standard deviations."""
    standard = {  # s, t, correlation, means over standard deviations
        0: (1.0, 1.0, 0.5, 0.0, 0.0),
        1: (1.0, 30.0, -0.7, 0.6, -1.3),
        2: (1e-6, 1.0, 0.5, 0.0, 0.0),
        3: (1e-6, 1e-6, 0.99, 0.4, -0.3),
        4: (1e-2, 1e-2, -0.7, 1.5, 2.5),
        5: (1e-2, 1e4, 0.99, -0.5, 0.8),
        6: (30.0, 30.0, 0.99, 8.0, 7.5),
        7: (1e4, 1.0, 0.0, -8.0, 3.0),
        8: (30.0, 1e-2, -0.7, -4.0, 8.0),
        10: (1e4, 30.0, -0.7, 0.2, -0.1),
        12: (1.0, 1.0, 1.0, 0.0, 0.0),  # from here on square roots of s t are exact
        13: (30.0, 30.0 / 4**5, -1.0, 0.0, 0.0),
        14: (1e4, 1e4 / 4**10, 1.0, 0.3, -2.0),
        17: (1.0, 1.0, 1 - 1e-14, 0.7, 0.7000001),
    }
    return {
        number: Pair(s, r * (s * t) ** 0.5, t, m * s**0.5, n * t**0.5) for number, (s, t, r, m, n) in standard.items()
    }


def asked(sigma: Sigma, pair: Pair) -> bool:
    """Whether the moments are doubles there, and the oracle takes seconds."""
    slow = pair.s * pair.t > 1e7 if len(sigma.panels) < 100 else pair.s * pair.t > 1e5
    spread = abs(pair.rho) < 0.9 * (pair.s * pair.t) ** 0.5
    return max(pair.s, pair.t) <= sigma.variance and not (sigma.panels != DOUBLING and slow and spread)


def orders(sigma: Sigma, index: int) -> Iterator[tuple[int, int]]:
    """(a, b) that are kept at a pair: up to order 2 + 2, or the order of the kink + 2; K_00 always."""
    most = min(sigma.order, 2)
    for a in range(most + 3):
        for b in range(min(most + 2, 2 * most + 2 - a) + 1):
            if a + b == 0 or (a * (most + 3) + b + index + a // 2) % 2 == 0:
                yield a, b


def entry(name: str, index: int) -> dict[str, str]:
    """Of an activation at a pair: number and scale by (a, b), and the means."""
    sigma, pair = SIGMAS[name], pairs()[index]
    with precision(DIGITS):
        moments = Moments(sigma, pair, min(sigma.order, 2) + 3)
        result = {}
        for a, b in orders(sigma, index):
            if (value := moments(a, b)) is not None:
                result[f"{a} {b}"] = f"{_text(value, moments.scale(a, b))} {mp.nstr(moments.scale(a, b), 3)}"
        for n, value in enumerate(moments.means()):
            result[f"{n}"] = f"{_text(value, sum(moments.norms(n)))} {mp.nstr(sum(moments.norms(n)), 3)}"
        return result


def _text(value: Number, scale: Number) -> str:
    """Digits as far as they say something: what is below `10^-30` of the scale is zero."""
    if abs(value) <= mp.mpf(10) ** -30 * scale:
        return "0"
    return str(mp.nstr(value, SIGNIFICANT, min_fixed=0, max_fixed=0)).replace(".0e", "e").replace("e+0", "")


@cache
def table() -> dict[str, dict[str, str]]:
    """The file: by activation and index of the pair."""
    result: dict[str, Any] = json.loads(VALUES.read_text(encoding="utf-8"))
    return result


def entries(names: Collection[str]) -> dict[str, dict[str, str]]:
    """What the file ought to say of activations; about a minute each."""
    result = {}
    for index, pair in pairs().items():
        result |= {f"{name} {index}": entry(name, index) for name in names if asked(SIGMAS[name], pair)}
        forget()
    return result


def written(values: dict[str, dict[str, str]]) -> str:
    """The text of the file: one entry a line."""
    order = sorted(values, key=lambda key: (key.split()[0], int(key.split()[1])))
    lines = (f"{json.dumps(key)}: {json.dumps(values[key], separators=(',', ':'))}" for key in order)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Compare the file with what comes out, or write it."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles.activation_values", description=main.__doc__)
    parser.add_argument("names", nargs="*", help="activations, all unless told")
    parser.add_argument("--update", action="store_true", help="write tests/oracles/activations.json")
    options = parser.parse_args()
    names = options.names or list(SIGMAS)
    known = {key: value for key, value in table().items() if key.split()[0] in SIGMAS} if VALUES.exists() else {}
    text = written({key: value for key, value in known.items() if key.split()[0] not in names} | entries(names))
    if options.update:
        VALUES.write_text(text, encoding="utf-8")
        return 0
    fresh = VALUES.exists() and VALUES.read_text(encoding="utf-8") == text
    print(f"tests/oracles/{VALUES.name} {'is' if fresh else 'is not'} up to date")
    return int(not fresh)


if __name__ == "__main__":
    sys.exit(main())
