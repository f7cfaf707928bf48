"""The committed numbers of the oracles: what the calls give, and an error where a call is not among them."""

import json
from collections import defaultdict
from typing import Any

import pytest
from mpmath import mp

from tests.oracles import committed, quantity, single_neuron_block

KINDS: dict[str, list[str]] = defaultdict(list)
for _call in committed.table():
    KINDS[",".join(_call.split(",")[:3])].append(_call)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_call_gives_the_committed_number(kind: str) -> None:
    """But for the last two digits of the largest entry."""
    for call in KINDS[kind]:
        assert_equal(committed.decoded(committed.table()[call]), committed.computed_again(call))


def assert_equal(read: Any, again: Any) -> None:
    with mp.workdps(60):
        pairs = list(zip(numbers(read), numbers(again), strict=True))
        size = max(abs(x) for x, _ in pairs)
        assert all(abs(x - y) <= size * mp.mpf(10) ** -50 for x, y in pairs)


def numbers(value: Any) -> list[Any]:
    """Those of a matrix row by row, of a list, or the one."""
    return list(value) if isinstance(value, (mp.matrix, list, tuple)) else [value]


def test_the_file_is_written_as_the_command_writes_it() -> None:
    assert committed.VALUES.read_text(encoding="utf-8") == committed.written(committed.table())


@pytest.mark.parametrize(
    "value", [mp.mpf(1) / 3, mp.mpf(0), mp.mpc(1, -2) / 7, mp.matrix([[0, 1], [mp.mpf(1) / 7, -2]])]
)
def test_text_keeps_the_digits(value: Any) -> None:
    assert_equal(committed.decoded(json.loads(json.dumps(committed.encoded(value)))), value)


def test_a_changed_digit_is_seen() -> None:
    """In the last place but four of one entry of a matrix."""
    call = "single_neuron_block(1, 'exact', 1.0, 1.1)"
    (number, *row), *rows = committed.table()[call]
    digit = committed.DIGITS - 4
    changed = [[number, *row], *rows]
    assert_equal(committed.decoded(changed), committed.computed_again(call))
    last = rows[1][2]
    rows[1] = [*rows[1][:2], last[:digit] + ("1" if last[digit] != "1" else "2") + last[digit + 1 :]]
    with pytest.raises(AssertionError):
        assert_equal(committed.decoded([[number, *row], *rows]), committed.computed_again(call))


def test_a_call_that_is_not_committed_says_what_to_do() -> None:
    with pytest.raises(
        KeyError, match=r"not in tests/oracles/values.json: single_neuron_block\(1, 'exact', 1.5, 0.25\)"
    ):
        committed.committed(single_neuron_block, 1, "exact", 1.5, 0.25)
    with pytest.raises(KeyError, match=r"run `python -m tests.oracles --update`"):
        committed.committed(quantity, "own", "erf", 0, "exact", 1.0, 1.0, 0.123)
    with pytest.raises(TypeError, match="a number or a name"):
        committed.committed(single_neuron_block, 1, "exact", mp.mpf(1), 0.25)
