"""What was derived is kept: another process has it at once, in files that are data, whatever became of them."""

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

import sobolev_theory as st
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import DerivedActivation, derive
from sobolev_theory.symbolic.derive import cache, families, reading
from sobolev_theory.symbolic.derive.derive import _kept
from sobolev_theory.symbolic.symbols import z

TEXT = "Max(z, z/7)"
WAVE = sp.sin(3 * z)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and nothing in memory."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    _kept.cache_clear()
    yield tmp_path / "kept"
    _kept.cache_clear()


def again(text: str | sp.Expr = TEXT, **options: Any) -> DerivedActivation:
    """As another process would have it."""
    _kept.cache_clear()
    return derive(text, **({"max_order": 0} | options))


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be derived."""
    families.formulas_of.cache_clear()
    monkeypatch.setattr(families, "_kinked", None)
    monkeypatch.setattr(families, "_smooth", None)


@pytest.mark.parametrize("text", [TEXT, pytest.param(WAVE, marks=pytest.mark.long)], ids=str)
def test_what_is_kept_is_what_was_derived(text: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = again(text)
    records = first.records
    (kept, others) = sorted(folder.iterdir())
    assert (kept.name.split("-")[0], others.name.split("-")[0]) == ("activation", "records")
    forbid(monkeypatch)
    second = again(text)
    assert second is not first
    for name in ("name", "expression", "sigma", "kernel", "max_order", "discrepancy", "source"):
        assert getattr(second, name) == getattr(first, name)
    assert second.records == records
    assert second.activation == first.activation
    assert second.moment(0) == first.kernel


def test_formulas_are_derived_when_they_are_asked_for(folder: Path) -> None:
    first, second = again(), again()
    assert second.formulas.kernel == first.kernel
    assert len(second.formulas.derivation.steps) == len(first.formulas.derivation.steps) > 3
    assert pickle.loads(pickle.dumps(second)).formulas.quantities == first.formulas.quantities


@pytest.mark.parametrize("text", ["sin(3*z)", pytest.param("z*(1+erf(z/sqrt(2)))/2", marks=pytest.mark.long)])
def test_another_process_has_it_at_once(text: str, folder: Path) -> None:
    """Well under a second beyond imports; deriving GELU takes eight."""
    order = 0 if text == "sin(3*z)" else None
    right = derive(text, max_order=order)
    code = f"""
import time
from sobolev_theory.symbolic import derive
from sobolev_theory.symbolic.derive import families
families._smooth = None
start = time.process_time()
print(derive({text!r}, max_order={order}).activation.derivative([0.7])[0].hex(), time.process_time() - start)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    value, seconds = result.stdout.split()
    assert value == right.activation.derivative([0.7])[0].hex()
    assert float(seconds) < 0.7


@pytest.mark.parametrize("where", ["", "key", "data", "hash", "source", "sigma", "kernel", "max_order"])
def test_damaged_files_are_written_anew(where: str, folder: Path) -> None:
    right = again()
    (file,) = folder.iterdir()
    written = file.read_bytes()
    kept = json.loads(written)
    damages: list[Any] = [None, 3, "x", [], {}, "__import__('os').system('touch m')"]
    if where:
        target = kept["data"] if where in kept["data"] else kept
        cases = []
        for damage in damages:
            target[where] = damage
            if target is kept["data"]:  # as one who knows the format would
                kept["hash"] = cache._hash(kept["key"], kept["data"])
            cases.append(json.dumps(kept).encode())
    else:
        half, changed = len(written) // 2, written.replace(b"0.", b"1.", 1)
        cases = [b"", written[:half], changed, written[:half] + b"\xff" + written[half + 1 :], b"[" * 10**5, b"null"]
    for case in cases:
        file.write_bytes(case)
        assert again().source == right.source
        assert file.read_bytes() == written


def test_a_module_in_the_cache_is_no_code(folder: Path, tmp_path: Path) -> None:
    again()
    (file,) = folder.iterdir()
    kept = json.loads(file.read_bytes())
    kept["data"]["source"] += f"\nopen({str(tmp_path / 'm')!r}, 'w')\n"
    kept["hash"] = cache._hash(kept["key"], kept["data"])
    file.write_text(json.dumps(kept))
    assert again().activation.degree == 1
    assert not (tmp_path / "m").exists()


def test_damaged_records_are_derived_anew(folder: Path) -> None:
    right = again().records
    (file,) = folder.glob("records-*")
    kept = json.loads(file.read_bytes())
    for damage in ([3], [right[0].to_dict() | {"symbol": r"\input{x}"}]):
        kept["data"] = damage
        kept["hash"] = cache._hash(kept["key"], damage)
        file.write_text(json.dumps(kept))
        assert again().records == right
    assert isinstance(right[0], Formula)


def test_keys_tell_apart_what_is_different(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again()
    details = {"expression": str(reading.read(TEXT)), "name": again().name, "max_order": 0}
    assert cache.load(cache.key("activation", **details)) is not None
    for change in ({"expression": "Max(z, z/9)"}, {"name": "other"}, {"max_order": None}):
        assert cache.load(cache.key("activation", **details | change)) is None
    assert cache.load(cache.key("records", **details)) is None
    for name, value in (("_engine", lambda: "another"), ("__version__", "0.0.0")):
        with monkeypatch.context() as patch:
            patch.setattr(cache, name, value)
            assert cache.load(cache.key("activation", **details)) is None


def test_where_nothing_can_be_kept_all_the_same_is_derived(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in place of the folder, a device, off, no platformdirs; a folder in place of the file."""
    right = again()
    (file,) = folder.iterdir()
    file.unlink()
    file.mkdir()
    assert again().source == right.source
    (tmp_path / "file").write_text("")
    for where in (str(tmp_path / "file"), os.devnull, "off", "OFF", f"{os.devnull}/none"):
        monkeypatch.setenv(cache.VARIABLE, where)
        assert again().source == right.source
    assert cache.folder() is not None
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert cache.folder() is None
    assert again().source == right.source
    monkeypatch.undo()


def test_the_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv(cache.VARIABLE)
    assert cache.folder() == Path(platformdirs.user_cache_dir("sobolev_theory", appauthor=False))
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert cache.folder() is None


def test_a_pipe_in_place_of_a_file_ends(folder: Path) -> None:
    right = again()
    (file,) = folder.iterdir()
    file.unlink()
    os.mkfifo(file)
    start = time.monotonic()
    assert again().source == right.source
    assert time.monotonic() - start < 60


def test_derived_activations_are_pickled() -> None:
    """With what they are; the value of a loss is the same to the last digit."""
    bent = derive(TEXT, "bent", max_order=0)
    again = pickle.loads(pickle.dumps(bent))
    assert (again.name, again.expression, again.kernel) == (bent.name, bent.expression, bent.kernel)
    assert again.activation == bent.activation
    assert again.formulas is bent.formulas  # derived once in a process
    values = [
        st.PopulationLoss([[1.0, 0.0]], "L2", activation=x.activation).value([[0.5, 0.6]]).hex() for x in (bent, again)
    ]
    assert values[0] == values[1]


def test_constants_that_are_logarithms_are_computed() -> None:
    """``2^z = exp(z log 2)``."""
    power = derive("2**z", max_order=0).activation
    np.testing.assert_allclose(power.derivative([1.5, -2.0]), [2**1.5, 0.25], rtol=1e-15)
    value = st.PopulationLoss([[1.0, 0.0]], "L2", activation=power).value([[0.0, 1.0]])
    assert value == pytest.approx(np.exp(2 * np.log(2) ** 2) - np.exp(np.log(2) ** 2), rel=1e-14)


EXPRESSIONS = [
    "exp(z/2)", "exp(-z**2)", "exp(z)/2", "exp(-z/2)", "exp(2*z)", "exp(z**2)", "exp(-z)**2", "exp(z*2)*3", "z**2",
    "2*z",
    "z/2", "2/z", "z + 2", "z - 2", "-2*z", "-z/2", "Max(z, z/10)", "Max(z, z*10)", "Max(z, -z/10)", "Min(z, z/10)",
    "z", "-z",
    "sin(z)", "sin(2*z)", "sin(z/2)", "sin(z)/2", "sin(z)*2", "sin(z)**2", "sinh(z)", "Abs(z)", "Abs(z)*z",
    "z*Abs(z)**2",
    "z + sin(z)", "z - sin(z)", "z*sin(z)", "z/sin(z)", "sin(z)/z", "sin(-z + 1)", "sin(z + 1)", "erf(z)", "erfc(z)",
]  # fmt: skip


def test_default_names_tell_expressions_apart() -> None:
    """Those of ``exp(z/2)`` and of ``exp(-z**2)`` were one; all are words by which an activation can be registered."""
    read = {reading.GRAMMAR.read(text) for text in EXPRESSIONS}
    names = [reading.default_name(expression) for expression in read]
    assert len(set(names)) == len(read) >= len(EXPRESSIONS) - 3
    assert reading.default_name(sp.sin(z)) == "sin"
    for name in names:
        st.activations.activation.require_name(name)
