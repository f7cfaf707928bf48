"""Sweeps: what quantities with names are, that results depend on their point alone, and that none is lost."""

import json
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory.sweeps import work
from sobolev_theory.sweeps.quantities import QUANTITIES

GRID = {"a": [1, 2.5], "b": ["x", "y", "z"]}


def drawn(rng: np.random.Generator, a: float, b: str) -> dict[str, float]:
    """What depends on the generator, to the last bit."""
    return {"first": a * rng.standard_normal(), "second": len(b) + rng.random()}


def by_point(table: st.Sweep) -> dict[Any, Any]:
    """Results by point and repeat, exactly."""
    return {(float(row["a"]), row["b"], row.repeat): repr(row.values) for row in table}


# What quantities are


def test_a_single_neuron_has_its_closed_form() -> None:
    """kappa_H1/kappa_L2 = (1 - 2x)/(1 - 3x/2), x = r sin(theta)/pi < 1/2; beyond, a Hessian is indefinite."""
    quantity = QUANTITIES["condition_number_ratio"](width=1, dim=3)
    definite = 0
    for seed in range(60):
        student, teacher, _ = quantity.draw(np.random.default_rng(seed))
        (w,), (v,) = student.weights, teacher.weights
        x = np.linalg.norm(np.cross(w, v)) / (w @ w) / np.pi
        if x < 0.5:
            found = quantity(np.random.default_rng(seed))
            # eigenvalues of a matrix of norm one err by 1e-15, the smallest is 1/2 - x
            np.testing.assert_allclose(found["condition_number_ratio"], (1 - 2 * x) / (1 - 1.5 * x), rtol=1e-10)
            np.testing.assert_allclose(found["kappa_L2"], 1 / (1 - 2 * x), rtol=1e-10)
            definite += 1
        else:
            with pytest.raises(ValueError, match="L2: the matrix is indefinite, and no rate follows"):
                quantity(np.random.default_rng(seed))
    assert 20 < definite < 60


@pytest.mark.parametrize("teacher", ["random", "orthonormal"])
def test_random_networks_are_what_they_are_said_to_be(teacher: str) -> None:
    options = {"width": 4, "dim": 900, "teacher": teacher, "scale": 2.0, "activation": st.activations.get("erf")}
    far = QUANTITIES["condition_number"](**options, teacher_width=3)
    near = QUANTITIES["steps"](**options, distance=0.25)
    W, V, _ = far.draw(np.random.default_rng(0))
    assert (W.width, V.width, W.activation.name, V.activation.name) == (4, 3, "erf", "erf")
    # a sum of 900 squares is off by sqrt(2/900) = 5 percent, its root by 2.4; five deviations of it
    rows = np.concatenate([np.linalg.norm(network.weights, axis=1) for network in (W, V)])
    np.testing.assert_allclose(rows, 2.0, rtol=0.12)
    if teacher == "orthonormal":
        np.testing.assert_array_equal(V.weights, 2 * np.eye(3, 900))
    W, V, _ = near.draw(np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(W.weights - V.weights, axis=1), 0.25, rtol=0.12)


def test_quantities_are_those_of_the_functions_they_name() -> None:
    seed, options = np.random.SeedSequence(3), {"width": 2, "dim": 5, "distance": 0.2}
    norms = {"norms": ("L2", (1, 0.5)), "activation": st.activations.get("erf")}
    quantity = QUANTITIES["condition_number_ratio"](**options, **norms, curvature="gauss_newton")
    W, V, _ = quantity.draw(np.random.default_rng(seed))
    found, first = quantity(np.random.default_rng(seed)), st.PopulationLoss(V, "L2").gauss_newton(W)
    ratio = st.condition_number_ratio(W, V, ("L2", (1, 0.5)), curvature="gauss_newton")
    assert found["condition_number_ratio"] == ratio
    assert found["kappa_L2"] / found["kappa_(1, 0.5)"] == ratio
    np.testing.assert_allclose(found["kappa_L2"], np.linalg.cond(first.to_dense()), rtol=1e-12)
    alone = QUANTITIES["condition_number"](**options, activation="erf", norm="L2", curvature="gauss_newton")
    assert alone(np.random.default_rng(seed)) == {"condition_number": found["kappa_L2"]}
    steps = QUANTITIES["steps"](width=2, dim=3, accuracy=1e-2, activation=st.activations.get("erf"))
    table = st.steps_to(*steps.draw(np.random.default_rng(seed))[:2], accuracy=1e-2)
    expected = {"gain": table["H1"].gain, "steps_L2": table["L2"].steps, "steps_H1": table["H1"].steps}
    assert steps(np.random.default_rng(seed)) == expected
    start = {"angle": float(np.arctan2(0.8, 0.5)), "ratio": float(1 / np.hypot(0.5, 0.8))}
    gains = QUANTITIES["acceleration"](**start, dim=2, t_max=25.0)(np.random.default_rng(0))
    assert round(gains["acceleration_equal_sharpness"], 4) == 0.9437  # compare_flows, its docstring
    assert round(gains["acceleration"], 4) == round(14.7554 / 7.8175, 4)


# Who works, on what


def test_a_result_depends_on_its_point_and_repeat_alone(processes: Executor) -> None:
    """Neither on workers, nor on the order of names and values, nor on what else is swept."""
    alone = st.sweep(drawn, GRID, repeats=3, rng=5)
    assert [(row["a"], row["b"], row.repeat) for row in alone][:4] == [
        (1, "x", 0),
        (1, "x", 1),
        (1, "x", 2),
        (1, "y", 0),
    ]
    with ThreadPoolExecutor(3) as pool:
        for workers in (pool, map):
            assert st.sweep(drawn, GRID, repeats=3, rng=5, workers=workers) == alone
    others = st.sweep(drawn, {"b": ["w", "z", "x", "y"], "a": np.array([3, 2.5, 1])}, repeats=4, rng=5)
    assert by_point(others).items() >= by_point(alone).items()
    assert len({*by_point(others).values()}) == len(others) == 48  # and no two are the same
    assert not {*by_point(st.sweep(drawn, GRID, repeats=3, rng=6)).values()} & {*by_point(alone).values()}
    grid = {"width": [1, 2], "dim": [3, 4], "activation": ["relu", st.activations.leaky_relu(0.1)]}
    named = [st.sweep("condition_number_ratio", grid, repeats=2, rng=0, workers=workers) for workers in (1, processes)]
    assert named[0] == named[1]
    assert named[0][-1]["activation"] == "leaky_relu(0.1)"


def test_cheap_results_are_handed_over_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first one; then as many as were found in some time; those for which there was none left come again.

    By a clock that results alone move. The first 256 are asked for before it is known how long one takes; then all that
    are left fit, but two of the slow ones at their end take the time.
    """
    now, sizes = 0.0, list[int]()
    monkeypatch.setattr(work, "WHILE", 0.02)
    monkeypatch.setattr(work, "time", SimpleNamespace(perf_counter=lambda: now))

    def mapping(function: Any, chunks: Any) -> list[Any]:
        sizes.extend(len(chunk) for _, chunk in chunks)
        return [function(chunk) for chunk in chunks]

    def slow(rng: np.random.Generator, n: int) -> float:
        nonlocal now
        now += 0.011 if n >= 1000 else 1e-5
        return rng.random()

    grid = {"n": range(1005)}
    assert st.sweep(slow, grid, rng=0, workers=mapping) == st.sweep(slow, grid, rng=0)
    assert sizes == [1] * 256 + [749, 3, 1]


def test_at_a_teacher_is_the_limit_of_near_it() -> None:
    """Along the same displacements: off by the distance, times what curvatures change by in one."""
    options = {"width": 3, "dim": 5, "scale": 2.0}
    for teacher in ("random", "orthonormal"):
        sides = [QUANTITIES["condition_number_ratio"](**options, teacher=teacher, distance=x) for x in (0, 1e-7)]
        at, near = (side(np.random.default_rng(1)) for side in sides)
        assert at.keys() == near.keys()
        np.testing.assert_allclose([*at.values()], [*near.values()], rtol=1e-5)


@pytest.mark.long
def test_a_dask_cluster_gives_the_same_bits() -> None:
    """Of a function of this file, which it sends along."""
    distributed = pytest.importorskip("distributed")
    alone = st.sweep(drawn, GRID, repeats=50, rng=5)
    named = {"width": [1, 2], "dim": 5, "curvature": "gauss_newton"}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        assert (
            st.sweep(lambda rng, a, b: drawn(rng, a, b), GRID, repeats=50, rng=5, workers=executor).rows == alone.rows
        )
        found = st.sweep("condition_number_ratio", named, repeats=3, rng=1, workers=executor)
        assert found == st.sweep("condition_number_ratio", named, repeats=3, rng=1)
        assert executor.submit(abs, -1).result() == 1  # still open


# What has no value, and what ends a sweep


def sometimes(rng: np.random.Generator, a: float) -> float:
    """Half of its values do not exist."""
    if a > 1 and rng.random() < 0.5:
        raise st.NotDifferentiableError("Hessian", [(0, 1)], "rows are parallel", "move one")
    return a * rng.random()


def test_a_result_that_does_not_exist_is_a_row_with_a_reason() -> None:
    table = st.sweep(sometimes, {"a": [1, 2, 3]}, repeats=20, rng=0)
    lost = [row for row in table if row.reason]
    assert {row["a"] for row in lost} == {2, 3}
    assert 8 < len(lost) < 32
    assert all(row.values == () and row.reason.startswith("the Hessian does not exist") for row in lost)
    assert all(np.isnan(record["sometimes"]) == bool(record["reason"]) for record in table.as_dicts())
    assert f"{len(lost)} of 60 have no value: the Hessian does not exist" in str(table)
    infinite = st.sweep(
        "condition_number", {"width": 1, "dim": 3, "norm": ["H1", "H2"], "curvature": "gauss_newton"}, rng=0
    )
    assert [bool(row.reason) for row in infinite] == [False, True]
    assert "norm: the term of order 2 is infinite for activation 'relu'" in infinite[1].reason


def test_a_summary_is_of_the_repeats_that_have_values() -> None:
    table = st.sweep(sometimes, {"a": [1, 2, 3]}, repeats=20, rng=0)
    for a, row in zip((1, 2, 3), table.summary(), strict=True):
        values = np.array([found["sometimes"] for found in table if found["a"] == a and not found.reason])
        assert (row["a"], row["count"]) == (a, len(values))
        np.testing.assert_allclose(row["sometimes"], values.mean(), rtol=1e-14)
        error = np.sqrt(np.sum((values - values.mean()) ** 2) / (len(values) - 1) / len(values))
        np.testing.assert_allclose(row["sometimes_error"], error, rtol=1e-13)
    (row,) = st.sweep(strange, {"a": 1.0}, repeats=2).summary()
    assert (row["itself"], row["none"], row["count"]) == (pytest.approx(np.nan, nan_ok=True),) * 2 + (0,)
    never = st.sweep("condition_number", {"width": 1, "dim": 3, "norm": "H2"}, rng=0)
    (row,) = never.summary()
    assert (never.names, row["count"], np.isnan(row["condition_number"])) == (("condition_number",), 0, True)


def mixed(rng: np.random.Generator, a: int, c: str) -> dict[str, float]:
    """Names that differ from point to point."""
    return {"x": 1.0, **({"y": 2.0} if a else {})}


def test_tables_are_tidy() -> None:
    table = st.sweep(mixed, {"a": [0, 1], "c": ["t"]}, repeats=2, rng=0)
    assert [*table.as_dicts()[0]] == ["a", "c", "repeat", "x", "y", "reason"]
    assert [record["y"] for record in table.as_dicts()[1:]] == [pytest.approx(np.nan, nan_ok=True), 2.0, 2.0]
    assert str(table).splitlines()[:3] == ["mixed over a, c t; 2 repeats", "a  repeat  x    y", "0       0  1  nan"]
    assert str(table.summary()).splitlines()[1:3] == ["a  x  +-    y   +-  count", "0  1   0  nan  nan      2"]
    assert pickle.loads(pickle.dumps(table)) == table
    assert pickle.loads(pickle.dumps(table.summary())) == table.summary()
    assert "<table>" in table._repr_html_()
    assert repr(table[0]) == "SweepRow(a=0, c='t', repeat=0, x=1)"


def wrong(rng: np.random.Generator, a: Any) -> Any:
    """No number."""
    if a == "error":
        raise TypeError("a fault of the programme")
    return {
        "text": "1", "none": None, "complex": 1j, "array": np.ones(2), "empty": {}, "parameter": {"a": 1.0},
        "number": {1: 1.0}, "error": None, "both": {"x": 1.0, "x_error": 2.0}, "truth": True,
    }[a]  # fmt: skip


@pytest.mark.parametrize("a", ["text", "none", "complex", "array", "empty", "parameter", "number", "both", "truth"])
def test_results_that_are_no_numbers_end_a_sweep(a: str) -> None:
    with pytest.raises(
        ValueError, match=r"^quantity: a number, or numbers by names, .* is required as its result, got"
    ):
        st.sweep(wrong, {"a": a})


def test_a_fault_ends_a_sweep_and_says_where() -> None:
    with pytest.raises(TypeError, match="a fault of the programme") as caught:
        st.sweep(wrong, {"a": "error"})
    assert caught.value.__notes__ == ["in a sweep, at a='error', repeat 0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grid": {}}, "grid: names of parameters with lists of their values"),
        ({"grid": None}, "grid: names of parameters"),
        ({"grid": {"a": [], "b": "x"}}, r"grid: a: at least one value is required, got \[\]"),
        ({"grid": {"a": [1, 1.0], "b": "x"}}, "grid: a: values that differ are required, got 1.0 twice"),
        ({"grid": {"a": [np.nan], "b": "x"}}, "grid: a: numbers, texts, .* are required, got nan"),
        ({"grid": {"a": [{1}], "b": "x"}}, r"grid: a: numbers, .* got \{1\}"),
        ({"grid": {"a": [[[[1]]]], "b": "x"}}, r"grid: a: numbers, .* got \[1\]"),
        ({"grid": {"a": 10**30, "b": "x"}}, "grid: a: numbers, .* got 1000"),
        ({"grid": {"a": 1, "rng": 1}}, "grid: names of parameters, other than rng, repeat, .* got 'rng'"),
        ({"grid": {"a b": 1}}, "grid: names of parameters, other than .* got 'a b'"),
        ({"grid": {"a": 1}}, "quantity: a function that takes rng and a by name is required, .*missing .* 'b'"),
        ({"grid": {"a": 1, "b": "x", "c": 1}}, "quantity: a function that takes rng and a, b, c by name"),
        ({"repeats": 0}, "repeats: a positive integer is required, got 0"),
        ({"repeats": 10**30}, r"grid, repeats: about 10\^30.78 results: .* take fewer"),
        ({"rng": -1}, "rng: "),
        ({"workers": 0}, "workers: "),
        ({"progress": 2}, "progress: "),
        ({"quantity": 3}, r"quantity: a function f\(rng=..., \*\*point\), or one of 'condition_number_ratio', .* 3"),
        ({"quantity": "stepz"}, "quantity: one of .* got 'stepz'; did you mean 'steps'"),
        ({"quantity": lambda rng, a, b: 1.0, "workers": 2}, "quantity: a function of a module is .* cannot be pickled"),
        ({"quantity": partial(drawn, b="x"), "grid": {"a": 1}, "checkpoint": "f"}, "checkpoint: a quantity that"),
    ],
)  # fmt: skip
def test_bad_input(arguments: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"^{message}"):
        st.sweep(**{"quantity": drawn, "grid": GRID, **arguments})
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("quantity", "grid", "message"),
    [
        ("condition_number", {"widht": [2], "dim": 3}, "condition_number takes width, .* did you mean 'width'"),
        ("steps", {"width": [2]}, "steps needs dim too, got width"),
        ("condition_number", {"width": [2, 3.0], "dim": 3}, r"width: a pos.* got 3.0 \(at width=3.0, dim=3\)"),
        ("condition_number", {"width": 4, "dim": 3, "teacher": "orthonormal"}, "dim: at least 4, for rows that are"),
        ("condition_number", {"width": 4, "dim": 3, "norm": ["H1", "h2"]}, "norm: .* did you mean 'H2'"),
        ("condition_number", {"width": 4, "dim": 3, "curvature": "hesian"}, "curvature: .* did you mean 'hessian'"),
        ("condition_number", {"width": 4, "dim": 3, "distance": "far"}, "distance: a finite number or None is"),
        ("steps", {"width": 4, "dim": 3, "teacher_width": 5}, "teacher_width: the width of "),
        ("steps", {"width": 4, "dim": 3, "accuracy": [0.1, 1.5]}, "accuracy: a fraction between 0 and 1"),
        ("steps", {"width": 4, "dim": 3, "norms": ["L2", 5]}, "norm"),
        ("condition_number_ratio", {"width": 4, "dim": 3, "norms": ["L2", "H1"]}, "norms: two norms, first "),
        ("acceleration", {"angle": [1.0, 4.0]}, r"angle: .* got 4.0 \(at angle=4.0\)"),
        ("acceleration", {"angle": 1.0, "dim": 1}, "dim: at least 2"),
    ],
)  # fmt: skip
def test_parameters_of_quantities_are_checked_before_work_begins(
    quantity: str, grid: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work.Work, "__call__", None)
    with pytest.raises(ValueError, match=f"^grid: {message}"):
        st.sweep(quantity, grid)


def test_unknown_activations_are_refused_with_those_that_are_known() -> None:
    with pytest.raises(st.UnknownActivationError, match="did you mean 'relu'"):
        st.sweep("condition_number", {"width": 1, "dim": 2, "activation": ["erf", "Relu"]})


def test_a_function_of_the_main_script_is_refused_by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be pickled, and not be read where the main script is not imported."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec("def own(rng, a, b): return 1.0", names)
    monkeypatch.setattr(sys.modules["__main__"], "own", names["own"], raising=False)
    with pytest.raises(ValueError, match="is one of the main script, which they do not import; move it into a module"):
        st.sweep(names["own"], GRID, workers=2)


# The file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A complete file."""
    path = tmp_path / "sweep.jsonl"
    assert st.sweep(drawn, GRID, repeats=3, rng=5, checkpoint=path) == st.sweep(drawn, GRID, repeats=3, rng=5)
    return path


def swept(path: Path, **changes: Any) -> st.Sweep:
    """The sweep of the file."""
    return st.sweep(**{"quantity": drawn, "grid": GRID, "repeats": 3, "rng": 5, "checkpoint": path, **changes})


def test_a_complete_file_is_only_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, alone = file.read_bytes(), st.sweep(drawn, GRID, repeats=3, rng=5)
    monkeypatch.setattr(work.Work, "__call__", None)
    for changes in ({}, {"rng": None}):  # the generators are those of the file
        assert swept(file, **changes) == alone
    fewer = swept(file, repeats=2, grid={"b": ["y"], "a": [2.5, 1.0]})
    assert by_point(alone).items() > by_point(fewer).items()
    assert file.read_bytes() == content
    header = json.loads(content.splitlines()[0])
    assert header["quantity"].startswith(f"{__name__}.drawn ")
    assert (header["parameters"], len(header["entropy"])) == (["a", "b"], 4)


def test_a_longer_sweep_goes_on_from_a_shorter_one(file: Path) -> None:
    content = file.read_bytes()
    longer = {"repeats": 5, "grid": {"a": [2.5, 4, 1], "b": ["y", "w", "x", "z"]}}
    assert swept(file, rng=None, **longer) == st.sweep(drawn, rng=5, **longer)  # the generators are those of the file
    assert file.read_bytes().startswith(content)
    assert len(file.read_bytes().splitlines()) == 1 + 5 * 12


def test_numbers_and_reasons_come_back_bit_for_bit(tmp_path: Path) -> None:
    """Infinities and NaN too."""
    special = {"a": [np.inf, -np.inf, 0.1 + 0.2, 5e-324, -0.0]}
    for quantity, grid in ((strange, special), (sometimes, {"a": [2, 3]})):
        path = tmp_path / quantity.__name__
        tables = [st.sweep(quantity, grid, repeats=4, rng=0, checkpoint=path) for _ in range(2)]
        assert repr(tables[0].as_dicts()) == repr(tables[1].as_dicts())
        assert tables[0] == tables[1]


def strange(rng: np.random.Generator, a: float) -> dict[str, float]:
    """Numbers that are no reals, and one that is barely."""
    return {"itself": a, "none": float("nan")}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rng": 6}, "entropy = "),
        ({"quantity": wrong, "grid": {"a": ["text"]}}, "quantity = .*drawn"),
        ({"quantity": "steps", "grid": {"width": 1, "dim": 2}}, "quantity = .*drawn.* instead of steps"),
        ({"grid": {"a": 1, "b": "x", "c": 2}, "quantity": lambda rng, a, b, c: 1.0}, "parameters = "),
    ],
)  # fmt: skip
def test_the_file_of_another_sweep_is_refused_untouched(file: Path, changes: dict[str, Any], named: str) -> None:
    content = file.read_bytes()
    with pytest.raises(ValueError, match=f"^checkpoint: a file of this problem is required, .*{named}"):
        swept(file, **changes)
    assert file.read_bytes() == content


def test_a_function_of_other_code_is_another_one(tmp_path: Path) -> None:
    """Though its name is the same; not so one that stands elsewhere."""
    path, codes = (
        tmp_path / "file",
        ("return a * a", "return a * a", "return a + a", "return a * a + 0", "return (lambda: a)()"),
    )
    for number, code in enumerate(codes):
        names: dict[str, Any] = {"__name__": "mine"}
        exec("\n" * number + f"def f(rng, a): {code}", names)
        if number < 2:
            assert st.sweep(names["f"], {"a": 1}, rng=0, checkpoint=path)[0]["f"] == 1
        else:
            with pytest.raises(ValueError, match=r"checkpoint: a file of this problem .* quantity = mine\.f "):
                st.sweep(names["f"], {"a": 1}, rng=0, checkpoint=path)


def test_another_activation_of_a_name_is_another_value(tmp_path: Path) -> None:
    """Files have definitions, and refuse one that has none: that of functions."""
    path, grid = tmp_path / "file", {"width": 1, "dim": 3, "curvature": "gauss_newton"}
    own = st.activations.from_callable([np.sin, np.cos, lambda z: -np.sin(z)], name="mine")
    with pytest.raises(ValueError, match="checkpoint: an activation that carries its definition is required, 'mine'"):
        st.sweep("condition_number", {**grid, "activation": [own]}, rng=0, checkpoint=path)
    assert st.sweep("condition_number", {**grid, "activation": [own]}, rng=0)[0]["activation"] == "mine"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("point", {"a": 1}), ("point", [1, "x"]), ("point", None), ("repeat", -1), ("repeat", 1.0), ("repeat", True),
        ("values", {"first": 1}), ("values", {"first": "1.0"}), ("values", [1.0]), ("values", {}), ("reason", None),
        ("reason", "none"), ("check", 1), ("extra", 1),
    ],
)  # fmt: skip
def test_what_a_line_says_is_checked(file: Path, field: str, value: Any) -> None:
    lines = file.read_text().splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), field: value})
    file.write_text("\n".join(lines) + "\n")
    content = file.read_bytes()
    named = "values" if field == "reason" and value else field
    with pytest.raises(ValueError, match=rf"^checkpoint: line 3 of {file}: '?{named}'?: .*; remove that line, or"):
        swept(file)
    assert file.read_bytes() == content


def test_what_was_finished_is_kept_where_a_quantity_fails(tmp_path: Path) -> None:
    """Lines are whole, nothing is computed twice, and the result is that of a sweep that nothing stopped."""
    path, calls = tmp_path / "file", []

    def fails(rng: np.random.Generator, n: int) -> float:
        calls.append(n)
        if n == stop[0]:
            raise RuntimeError("the lights went out")
        return rng.random()

    stop = [12]
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the lights"):
            st.sweep(fails, {"n": range(30)}, rng=0, checkpoint=path)
    assert [json.loads(line)["point"]["n"] for line in path.read_text().splitlines()[1:]] == [*range(12)]
    stop[0] = -1
    found = st.sweep(fails, {"n": range(30)}, rng=0, checkpoint=path)
    assert calls == [*range(13), 12, *range(12, 30)]
    assert found == st.sweep(fails, {"n": range(30)}, rng=0)


KILLS = """
import os, random, signal, sys, time
from pathlib import Path
from test_sweeps import thousand
path, workers, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(7)
def on_disk():
    return path.read_bytes() if path.exists() else b""
for kill in range(4):
    child, begun = os.fork(), on_disk().count(b"\\n")
    if not child:
        thousand(path, workers)
        os._exit(0)
    deadline = time.monotonic() + 30
    while on_disk().count(b"\\n") <= begun + 1 and time.monotonic() < deadline:
        time.sleep(0.001)  # a result more than before
    time.sleep(rng.uniform(0.0, 0.1))
    before = on_disk()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert on_disk().startswith(before[: before.rfind(b"\\n") + 1]), kill
finished = on_disk().count(b"\\n") - 1
assert thousand(path, workers) == thousand(None)
print(finished)
"""


def a_millisecond(rng: np.random.Generator, n: int) -> float:
    """Some work."""
    time.sleep(0.001)
    return rng.standard_normal()


def thousand(path: Path | None, workers: Any = 1) -> st.Sweep:
    """A sweep of a thousand points."""
    return st.sweep(a_millisecond, {"n": range(1000)}, rng=1, checkpoint=path, workers=workers)


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_no_kill_loses_a_finished_result(tmp_path: Path, workers: int) -> None:
    """A thousand points, killed at four random times: bit for bit the table of a sweep that nobody killed."""
    path = tmp_path / "file"
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", KILLS, str(path), str(workers)]
    result = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert 4 <= int(result.stdout) < 1000
    numbers = [json.loads(line)["point"]["n"] for line in path.read_bytes().splitlines()[1:]]
    assert sorted(numbers) == [*range(1000)]  # and nothing was computed twice
