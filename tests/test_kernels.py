"""Every generated kernel against the definition of its quantity: within 1e-13 of the natural scale, and never worse.

``tests/accuracy.py`` defines cases, points and natural scale, and says how the committed numbers are rewritten.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from sobolev_theory import activations
from sobolev_theory.activations.generated import BUILT_IN
from tests import accuracy, oracles
from tests.accuracy import CONVENTIONS, IN_FRAME, ITSELF, PAIR, QUANTITIES, REQUIREMENT, Case, Point
from tests.oracles.committed import committed, known

CASES = accuracy.cases()
ROOT = Path(__file__).parent.parent

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_error_is_at_most_the_committed_one(case: Case) -> None:
    errors = accuracy.measure(case, accuracy.points()[:: accuracy.COARSE], committed)
    assert max(errors) <= REQUIREMENT
    assert errors.rounded <= accuracy.committed()[case.name] + case.slack


@pytest.mark.long
@each_case
def test_committed_error_is_that_of_the_full_sweep(case: Case) -> None:
    """The committed number may neither be exceeded nor stay behind: after an improvement, rewrite the file."""
    errors = accuracy.measure(case, accuracy.points(), known)
    assert max(errors) <= REQUIREMENT
    assert errors.rounded <= accuracy.committed()[case.name] + case.slack
    assert accuracy.committed()[case.name] <= accuracy.rounded_up(errors.rounded + case.slack)


def test_every_case_is_committed_and_within_the_requirement() -> None:
    assert list(accuracy.committed()) == [case.name for case in CASES]
    assert max(accuracy.committed().values()) <= REQUIREMENT


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_activation_has_an_oracle(name: str) -> None:
    assert oracles.value(name, 0, 1, 1, 1) > 0


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_tables_hold_every_quantity_order_and_convention(name: str) -> None:
    """A field under exactly one of its two names."""
    activation = activations.get(name)
    expected = {
        (
            IN_FRAME if key == "field" and (IN_FRAME, order, derivative) in activation.kernels.KERNELS else key,
            order,
            derivative,
        )
        for key in QUANTITIES
        for order in range(activation.max_order + 1)
        for derivative in CONVENTIONS
    }
    assert set(activation.kernels.KERNELS) == expected


@pytest.mark.parametrize("case", [c for c in CASES if c.derivative is None], ids=lambda case: case.name)
def test_conventions_without_a_jump_share_a_kernel(case: Case) -> None:
    kernels = activations.get(case.activation).kernels.KERNELS
    assert kernels[case.kernel, case.order, "backprop"] is kernels[case.kernel, case.order, "exact"]


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if activations.get(c.activation).chart == "gram" and c.quantity in PAIR],
    ids=lambda case: case.name,
)
def test_large_nearly_parallel_weights_of_a_smooth_activation(case: Case) -> None:
    """The value keeps its digits. A known limit: so do coefficients on ``u, v``, but what is built from them cancels.

    For long vectors at a small angle ``c_11 u u' + ... + c_22 v v'`` is below its terms by up to ``min(p, q)^2``.
    """
    for norm in (30.0, 300.0):
        where = [Point(norm, 0.9 * norm, theta) for theta in (1e-12, 1e-3, 0.4, np.pi - 1e-3)]
        error = accuracy.measure(case, where, committed).rounded
        assert error <= (8e-16 if case.quantity == "value" else 64 * 2.0**-53 * norm**2)


@each_case
def test_a_changed_coefficient_is_seen(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement is sensitive to every coefficient: 1e-9 of any of them exceeds the requirement."""
    where = [Point(1.0, 1.0, theta) for theta in (0.4, 1.2)]
    with mp.workdps(accuracy.DIGITS):
        coefficients = np.array(accuracy.evaluate(case, accuracy.rounded_arguments(case, where)))
    for k in range(coefficients.shape[1]):
        changed = coefficients.copy()
        changed[:, k] += 1e-9
        monkeypatch.setattr(accuracy, "evaluate", lambda *_, rows=changed: rows.tolist())
        assert accuracy.measure(case, where, committed).rounded > REQUIREMENT


def test_a_wrong_convention_is_seen() -> None:
    """The two conventions of the order that jumps are told apart, in every pair quantity that has one."""
    for case in (c for c in CASES if c.derivative and c.quantity in PAIR):
        other = replace(case, derivative="exact" if case.derivative == "backprop" else "backprop")
        difference = accuracy.oracle(case, 1.0, 1.0, 0.3) - accuracy.oracle(other, 1.0, 1.0, 0.3)
        assert oracles.largest(difference) > 0.01


def test_points_reach_both_ends_and_all_ratios() -> None:
    for where in (accuracy.points(), accuracy.points()[:: accuracy.COARSE]):
        angles, ratios = [x.theta for x in where], [x.q / x.p for x in where]
        assert min(angles) == 1e-12
        assert 0 < np.pi - max(angles) < 1.001e-12
        assert (min(ratios), max(ratios)) == pytest.approx((1e-6, 1e6))
        middle = sum(0.1 < theta < np.pi - 0.1 for theta in angles)
        assert 0.4 < middle / len(where) < 0.65


@pytest.mark.long
@pytest.mark.parametrize("case", [c for c in CASES if c.quantity not in ITSELF], ids=lambda case: case.name)
def test_natural_scale_is_the_maximum_over_angles(case: Case) -> None:
    """Against the maximum of the kernel itself over a fine grid; only the error function is not homogeneous."""
    unequal: list[tuple[float, float]] = [(1e-6, 1.0), (1e6, 1.0), (1.0, 1e-6), (1.0, 1e6), (1.0, 30.0), (30.0, 1.0)]
    for p, q in [(1.0, 1.0), *(unequal if case.activation == "erf" else [])]:
        where = [Point(p, q, theta) for theta in np.linspace(1e-3, np.pi - 1e-3, 120)]
        with mp.workdps(30):
            rows = accuracy.evaluate(case, accuracy.plain_arguments(case, where))
            sizes: list[Any] = [
                oracles.largest(accuracy.rebuild(case, *pair)) for pair in zip(where, rows, strict=True)
            ]
            if case.diverges:
                sizes = [size * mp.sin(point.theta) for size, point in zip(sizes, where, strict=True)]
            scale = accuracy.largest_over_angles(case, p, q)
        assert 0.99 < max(sizes) / scale < 1.2


def test_errors_are_rounded_up() -> None:
    assert [accuracy.rounded_up(x) for x in (1.01e-16, 1.19e-16, 9.91e-15, 0.0)] == [1.1e-16, 1.2e-16, 1e-14, 0]


def test_the_page_quotes_the_committed_errors() -> None:
    assert accuracy.table() in (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
