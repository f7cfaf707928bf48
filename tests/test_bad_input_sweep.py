"""A sweep of bad input over everything public, and random damage of files of weights; both small here, large on demand.

``SOBOLEV_BAD_INPUTS=4600`` and ``SOBOLEV_DAMAGED_FILES=2000`` set the sizes; the continuous check runs a tenth.
"""

import io
import os
import warnings
from inspect import isclass, isfunction

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.__main__ import main
from tests.bad_input import cases
from tests.bad_input.targets import TARGETS, Target
from tests.bad_input.values import NUMERIC

INPUTS = int(os.environ.get("SOBOLEV_BAD_INPUTS", "460"))
FILES = int(os.environ.get("SOBOLEV_DAMAGED_FILES", "200"))
QUICK = 60

ROOMS = {"": st} | {f"{name}.": getattr(st, name) for name in st.__all__ if type(getattr(st, name)) is type(st)}
ROOMS["functional."] = st.functional
RESULTS = {
    *(
        "Activation",
        "Advice",
        "Agreement",
        "BestStep",
        "Comparison",
        "CriticalPoint",
        "Curvature",
        "Descent",
        "Entry",
        "Flow",
    ),
    *(
        "FlowComparison",
        "Formula",
        "KernelComparison",
        "OptimalWeight",
        "PlanarFlow",
        "Rate",
        "Report",
        "SampledDescent",
    ),
    *(
        "SampledQuantity",
        "SampledSpectrum",
        "Search",
        "Spectrum",
        "SphereSpectrum",
        "Step",
        "Survey",
        "Sweep",
        "SymmetricSaddle",
        "Table",
        "Theorem",
        "TunedSteps",
    ),
    "Verified",
}
"""Classes of what functions return, whose methods are called on their results."""


def wrong(outcomes: list[cases.Outcome]) -> list[str]:
    return [f"{outcome.case}: {outcome.wrong}" for outcome in outcomes if outcome.wrong]


def test_bad_input() -> None:
    assert wrong(cases.sweep(range(QUICK))) == []


@pytest.mark.long
def test_much_bad_input() -> None:
    assert wrong(cases.sweep(range(QUICK, INPUTS))) == []


def test_everything_public_is_swept() -> None:
    """A new function or class is either called, or what another returns."""
    swept = {name.removesuffix("()").split(".")[-1] if "." in name else name for name in TARGETS}
    public = {
        name
        for room in ROOMS.values()
        for name in room.__all__
        if isfunction(getattr(room, name))
        or (isclass(getattr(room, name)) and not issubclass(getattr(room, name), Exception))
    }
    without_arguments, of_a_file = {"bibtex"}, {"load"}  # the latter: tests/test_security.py
    assert public - swept - RESULTS - without_arguments - of_a_file - {"names"} == set()


def test_the_classifier_sees_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of another kind, one that names nothing, a text taken for a number, NaN, and no end."""

    def accepts(x: object) -> object:
        return 1.0

    def meaningless(x: object) -> float:
        return float("nan")

    def unnamed(x: object) -> None:
        raise ValueError("that is no good")

    def another(x: object) -> None:
        raise KeyError(x)

    def endless(x: object) -> None:
        while True:
            pass

    monkeypatch.setattr(cases, "SECONDS", 0.05)
    rng = np.random.default_rng(0)
    for function, roles, said in (
        (accepts, "word", "accepted"),
        (meaningless, " ".join(NUMERIC), "nan"),
        (unnamed, "word", "names no argument"),
        (another, "word", "KeyError"),
        (endless, "word", "no end within"),
    ):
        monkeypatch.setattr(cases, "TARGETS", {"function": Target(function, {"x": (roles, 1.0)})})
        assert any(said in cases._call(rng)[1] for _ in range(3)), said


# --- damaged files ----------------------------------------------------------------------------------------------------


def weights_as(kind: str, rng: np.random.Generator) -> bytes:
    """Weights of random shape as the bytes of a file."""
    weights, stream = rng.standard_normal(rng.integers(1, 5, size=2)), io.BytesIO()
    if kind == "npy":
        np.save(stream, np.asfortranarray(weights) if rng.random() < 0.5 else weights)
    elif kind == "npz":
        (np.savez if rng.random() < 0.5 else np.savez_compressed)(stream, weights=weights)
    else:
        np.savetxt(stream, weights, delimiter=",")
    return stream.getvalue()


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Bits turned, bytes replaced, left out, doubled or put in; a part lost, zeroed or exchanged; most at the front."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        if not changed:
            break
        i, j = sorted(int(len(changed) * u ** rng.integers(1, 4)) for u in rng.random(2))
        kind = rng.integers(8)
        if kind == 0:
            changed[i] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[i] = int(rng.integers(256))
        elif kind == 2:
            del changed[i]
        elif kind == 3:
            changed[i:i] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 4:
            del changed[j:]
        elif kind == 5:
            changed[i:j] = bytes(j - i)
        elif kind == 6:
            changed[i:i] = changed[i:j]
        else:
            changed[i : i + 1] = rng.choice([*b"0123456789,;'\"(){}[]\n\t.-eLnaif# "]).astype(np.uint8).tobytes()
    return bytes(changed)


def what_is_wrong(path: os.PathLike[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command makes of a file: a result, or one line with the file's name and status 2."""
    with warnings.catch_warnings(action="error"):
        try:
            status = main(["compare", "--student", str(path), "--teacher", str(path), "--curvature", "gauss_newton"])
        except SystemExit as stop:
            said = capsys.readouterr().err
            return "" if stop.code == 2 and said.count("\n") == 1 and len(said) < 1200 else f"{stop.code}: {said}"
        except st.ConditioningWarning:
            return ""
    said = capsys.readouterr()
    return "" if status == 0 and not said.err else f"status {status}, {said.err}"


def sweep_files(numbers: range, folder: os.PathLike[str], capsys: pytest.CaptureFixture[str]) -> list[tuple[int, str]]:
    """Damaged files by number, and what is wrong with how they are met."""
    found = []
    for number in numbers:
        rng = np.random.default_rng([11, number])
        kind = ("npy", "npz", "csv")[number % 3]
        path = os.path.join(folder, f"w{number}.{kind}")
        with open(path, "wb") as file:
            file.write(damaged(weights_as(kind, rng), rng))
        if said := what_is_wrong(path, capsys):
            found.append((number, said))
    return found


def test_damaged_files(tmp_path, capsys) -> None:
    assert sweep_files(range(QUICK), tmp_path, capsys) == []


@pytest.mark.long
def test_many_damaged_files(tmp_path, capsys) -> None:
    assert sweep_files(range(QUICK, FILES), tmp_path, capsys) == []
