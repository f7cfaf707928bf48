r"""Measured accuracy of the generated kernels; ``python -m tests.accuracy --update`` rewrites ``tests/accuracy.json``.

A case is one derived quantity, named as in the catalogue (``relu/order1/own/exact``; no convention where both agree).
Its kernel is evaluated at doubles; from the coefficients the number, vector or matrix ``Q`` is rebuilt in the
orthonormal frame ``(u^, e, n)`` in high precision, the bilinear part that was split off is added back, and the result
is compared with the oracle at the same doubles.

The error of a pair quantity is its largest absolute entry over the *natural scale*, the largest entry that ``Q``
reaches at these norms:

.. math:: N(p, q) = \max_\theta |Q(p, q, \theta)|_\infty .

For ``sigma = max(z, 0)^n`` every ``Q`` is homogeneous, so ``N`` is a constant times ``p^n q^n`` (value), ``p^(n-1)
q^n`` (field), ``p^(n-2) q^n`` (own block), ``(p q)^(n-1)`` (cross and Gauss-Newton blocks). Value and Gauss-Newton
block are largest at ``theta = 0``, where ``N`` is the Cauchy-Schwarz bound ``sqrt(self(u) self(v))``. For the error
function that bound is not sharp when the norms differ (for the value of order 3 it is too large by ``(q/p)^(5/2)``:
an error could hide below it), and the maximum over angles is used as it stands. Own and cross blocks of the order
that jumps diverge like ``1/sin(theta)`` in the exact convention; there ``N`` is the maximum of ``sin(theta) |Q|`` and
the natural scale is ``N / sin(theta)``. A quantity of one vector with itself does not vanish, and its error is
relative to its largest entry.

Arguments are made in high precision and rounded once. Products, sums, quotients and square roots are fixed by IEEE
754, so the measured errors are the same on every machine, except where a kernel calls ``arctan`` (`SLACK`). The error
with arguments made in plain double arithmetic, as the package makes them, is measured too and held to the requirement
only.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from sobolev_theory import activations
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.activations.registry import REGISTRY
from tests import oracles
from tests.oracles.committed import computed
from tests.oracles.pair import Derivative

FloatArray = NDArray[np.float64]
Call = Callable[..., Any]

ACCURACY = Path(__file__).with_name("accuracy.json")
REQUIREMENT = 1e-13
SLACK = {"polar": 0.0, "gram": 2.0**-52}
"""By chart: `arctan` may differ by one unit in the last place between machines; its value is at most the scale."""

DIGITS, ORACLE = 60, 1e-50
"""Digits carried here; an error below `ORACLE` is the oracle's own."""

COARSE = 10
"""The default run takes every so many-th of the points of the full sweep, whose errors are committed."""

POINTS = Path(__file__).parent / "oracles" / "points.json"

PAIR = ("value", "field", "own", "cross", "gauss_newton")
ITSELF = ("self_value", "self_field", "self_own", "self_gauss_newton")
QUANTITIES = PAIR + ITSELF
IN_FRAME = "field_in_frame"
"""A field comes on ``(u, v)``, or under this name on ``(f_1, f_2)`` where its coefficients on ``(u, v)`` diverge."""
WITHOUT_CONVENTION = {"value", "gauss_newton", "self_value", "self_gauss_newton"}
CONVENTIONS: tuple[Derivative, ...] = ("backprop", "exact")


class Point(NamedTuple):
    """Norms ``p = |u|``, ``q = |v|`` and angle, doubles that are taken as exact."""

    p: float
    q: float
    theta: float


class Errors(NamedTuple):
    """Worst error over a sweep, with arguments rounded once and with arguments made in double arithmetic."""

    rounded: float
    plain: float


@dataclass(frozen=True)
class Case:
    """One derived quantity of one activation; ``derivative`` is None where the two conventions agree."""

    activation: str
    quantity: str
    order: int
    derivative: Derivative | None

    @property
    def kernel(self) -> str:
        """Name of the quantity's kernel."""
        on_vectors = (self.quantity, self.order, self.convention) in activations.get(self.activation).kernels.KERNELS
        return IN_FRAME if self.quantity == "field" and not on_vectors else self.quantity

    @property
    def name(self) -> str:
        """Name in the catalogue."""
        return "/".join(filter(None, (self.activation, f"order{self.order}", self.kernel, self.derivative)))

    @property
    def convention(self) -> Derivative:
        """A convention to look the quantity up by."""
        return self.derivative or "exact"

    @property
    def slack(self) -> float:
        """By how much the measured error may differ between machines."""
        return SLACK[activations.get(self.activation).chart]

    @property
    def diverges(self) -> bool:
        """Whether the quantity diverges like ``1/sin(theta)``."""
        return self.derivative == "exact" and self.quantity in ("own", "cross")


def cases() -> list[Case]:
    """Every quantity, order and convention of every registered activation."""
    result = []
    for name in sorted({*BUILT_IN, *REGISTRY}):
        activation = activations.get(name)
        for order in range(activation.max_order + 1):
            for quantity in QUANTITIES:
                jumps = order == activation.jump_order and quantity not in WITHOUT_CONVENTION
                result += [Case(name, quantity, order, d) for d in (CONVENTIONS if jumps else (None,))]
    return result


@cache
def points() -> list[Point]:
    """Angles half linear, half logarithmic toward 0 and pi; norm ratios logarithmic with p = 1 or q = 1.

    Angles run from 1e-12 to pi - 1e-12, ratios from 1e-6 to 1e6; they are no powers of ten, which are exact in doubles.
    They were spaced by `numpy.geomspace`, whose last digit is not the same on every machine, and are committed: numbers
    of the oracles are known by them.
    """
    return [Point(*point) for point in json.loads(POINTS.read_text(encoding="utf-8"))]


def measure(case: Case, sweep: Iterable[Point], call: Call = computed) -> Errors:
    """Worst error of a case in units of the natural scale; ``call`` makes the calls of the oracles, or reads them."""
    where = list(sweep)
    with mp.workdps(DIGITS):
        arguments = [point if case.quantity in PAIR else (point.p, None, None) for point in where]
        truth = [oracle(case, *point, call) for point in arguments]
        scales = [natural_scale(case, point, exact, call) for point, exact in zip(where, truth, strict=True)]
        worst = []
        for given in (rounded_arguments(case, where), plain_arguments(case, where)):
            values = [rebuild(case, *pair) for pair in zip(where, evaluate(case, given), strict=True)]
            error = max(oracles.largest(v - exact) / n for v, exact, n in zip(values, truth, scales, strict=True))
            worst.append(float(error) if error > ORACLE else 0.0)
    return Errors(*worst)


def oracle(case: Case, p: Any, q: Any, theta: Any, call: Call = computed) -> Any:
    """The quantity from its definition: a matrix of shape (1, 1), (3, 1) or (3, 3)."""
    return call(oracles.quantity, case.quantity, case.activation, case.order, case.convention, p, q, theta)


def natural_scale(case: Case, point: Point, truth: Any, call: Call = computed) -> Any:
    """The natural scale of the module docstring; ``truth`` is the oracle's value at the point."""
    if case.quantity in ITSELF:
        return oracles.largest(truth)
    n = activations.get(case.activation).degree
    p, q, theta = (mp.mpf(x) for x in point)
    if n is None:
        scale = largest_over_angles(case, point.p, point.q, call)
    else:
        in_p, in_q = {"value": (n, n), "field": (n - 1, n), "own": (n - 2, n)}.get(case.quantity, (n - 1, n - 1))
        scale = p**in_p * q**in_q * largest_over_angles(case, 1.0, 1.0, call)
    return scale / mp.sin(theta) if case.diverges else scale


def largest_over_angles(case: Case, p: float, q: float, call: Call = computed) -> Any:
    """``N(p, q)``, low by at most a fifth."""
    name = case.quantity, case.activation, case.order, case.convention
    return call(oracles.largest_over_angles, *name, p, q, case.diverges)


def rounded_arguments(case: Case, where: list[Point]) -> list[FloatArray]:
    """Kernel arguments by one rounding of their exact values."""
    rows: list[tuple[Any, ...]] = []
    for point in where:
        p, q, theta = (mp.mpf(x) for x in point)
        cosine, sine = mp.cos_sin(theta)
        if activations.get(case.activation).chart == "polar":
            rows.append((p, q, theta, sine, cosine) if case.quantity in PAIR else (p,))
        else:
            rows.append((p**2, p * q * cosine, q**2, (p * q * sine) ** 2) if case.quantity in PAIR else (p**2,))
    return [np.array([float(x) for x in column]) for column in zip(*rows, strict=True)]


def plain_arguments(case: Case, where: list[Point]) -> list[FloatArray]:
    """Kernel arguments as the package makes them, in double arithmetic."""
    p, q, theta = np.array(where).T
    sine, cosine = np.sin(theta), np.cos(theta)
    if activations.get(case.activation).chart == "polar":
        return [p, q, theta, sine, cosine] if case.quantity in PAIR else [p]
    return [p * p, p * q * cosine, q * q, (p * q * sine) ** 2] if case.quantity in PAIR else [p * p]


def evaluate(case: Case, arguments: list[FloatArray]) -> list[list[float]]:
    """Coefficients of the kernel at each point."""
    values = activations.get(case.activation).kernel(case.kernel, case.order, case.convention)(np, *arguments)
    columns = np.broadcast_arrays(arguments[0], *(values if isinstance(values, tuple) else (values,)))[1:]
    return [[float(x) for x in row] for row in zip(*columns, strict=True)]


def rebuild(case: Case, point: Point, coefficients: list[float]) -> Any:
    """The number, vector or matrix of frame coefficients, with the bilinear part, in the frame ``(u^, e, n)``."""
    activation = activations.get(case.activation)
    p, q, theta = (mp.mpf(x) for x in point)
    u, v = mp.matrix([p, 0, 0]), q * mp.matrix([mp.cos(theta), mp.sin(theta), 0])
    on_vectors = activation.chart == "gram" or case.kernel == "field"
    first, second = (u, v) if on_vectors else (mp.matrix([1, 0, 0]), mp.matrix([0, 1, 0]))
    bilinear = mp.mpf(activation.kernels.BILINEAR[case.order])
    match case.quantity, [mp.mpf(c) for c in coefficients]:
        case "value", (c,):
            return mp.matrix([[c + bilinear * (u.T * v)[0]]])
        case "self_value", (c,):
            return mp.matrix([[c + bilinear * p**2]])
        case "field", (a, b):
            return a * first + b * second + bilinear * v
        case "self_field", (a,):
            return a * first + bilinear * u
        case "own", (i, c11, c12, c21, c22):
            return i * mp.eye(3) + (c11 * first + c21 * second) * first.T + (c12 * first + c22 * second) * second.T
        case "cross" | "gauss_newton", (i, c11, c12, c21, c22):
            in_plane = (c11 * first + c21 * second) * first.T + (c12 * first + c22 * second) * second.T
            return (i + bilinear) * mp.eye(3) + in_plane
        case "self_own" | "self_gauss_newton", (i, c11):
            return (i + bilinear) * mp.eye(3) + c11 * first * first.T
    raise ValueError(f"{case.name}: {len(coefficients)} coefficients")


def rounded_up(error: float) -> float:
    """To two significant digits, upward."""
    return float(Context(prec=2, rounding=ROUND_CEILING).create_decimal_from_float(error))


def committed() -> dict[str, float]:
    """The committed errors by case name."""
    errors: dict[str, float] = json.loads(ACCURACY.read_text(encoding="utf-8"))
    return errors


def table() -> str:
    """The committed errors as a Markdown table, quantity by activation, worst over orders and conventions."""
    names, errors = sorted(BUILT_IN), committed()
    worst = dict.fromkeys(((quantity, name) for quantity in QUANTITIES for name in names), 0.0)
    for case in cases():
        key = case.quantity, case.activation
        worst[key] = max(worst[key], errors[case.name])
    lines = ["| quantity | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for quantity in QUANTITIES:
        cells = (f"{worst[quantity, name]:.1e}" if worst[quantity, name] else "0" for name in names)
        lines.append(f"| {quantity.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure everything and print it; write the file if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description="measure the accuracy of the kernels")
    parser.add_argument("--update", action="store_true", help="write tests/accuracy.json")
    options = parser.parse_args()
    errors = {}
    for case in cases():
        rounded, plain = measure(case, points())
        errors[case.name] = rounded_up(rounded)
        verdict = "" if max(rounded, plain) <= REQUIREMENT else f"  exceeds {REQUIREMENT}"
        print(f"{case.name:40} {rounded:.1e} {plain:.1e}{verdict}", flush=True)
    if options.update:
        ACCURACY.write_text(json.dumps(errors, indent=1) + "\n", encoding="utf-8")
        print(table())


if __name__ == "__main__":
    main()
