"""Every example runs, and says what it is known to say."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt

import sobolev_theory as st

ROOT = Path(__file__).parent.parent

SHORTER = {
    "acceleration": {"angles": 2, "norms": 2},
    "finite_samples": {"dim": 60, "runs": 2},
    "random_initialisation": {"widths": (2, 3), "repeats": 2},
    "sampled_density": {"dim": 40},
    "sgd_against_theory": {"runs": 2, "steps": 20},
    "spurious_minima": {"widths": (6,), "runs": 2},
    "symmetric_starts": {"runs": 2, "steps": 20},
    "tuned_training": {"starts": 1},
    "tuned_steps": {"width": 2, "starts": 1, "wide": 3, "wide_starts": 1, "accuracies": (0.3, 0.1)},
}
"""Arguments with which an example that takes long is run here; as it is by default the gallery of the site runs it."""

QUICK = ("compare_norms", "condition_number_map", "tuned_training", "verify_by_sampling")
"""Examples that the default run runs; of others it tests numbers. The gallery, where all run, is `tests/site`."""

SHARED = {
    "compare_norms": "comparison",
    "condition_number_map": "condition_number_map",
    "spurious_minima": "search",
    "training_curves": "flows",
    "verify_by_sampling": "report",
}
"""What an example computes; the example and the test of its numbers use one result."""


@pytest.fixture(scope="module", autouse=True)
def computed_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, function in SHARED.items():
            module = importlib.import_module(f"examples.{name}")
            patch.setattr(module, function, cache(getattr(module, function)))
        yield


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.long) for name in SHORTER if name not in QUICK)]
)
def test_examples_run(name, capsys, tmp_path, monkeypatch):
    """They print, and those that draw say which file they leave; the figure stays open, for the gallery."""
    monkeypatch.chdir(tmp_path)
    main = importlib.import_module(f"examples.{name}").main
    main(**SHORTER.get(name, {}))
    printed = capsys.readouterr().out
    assert printed
    files = [f"{name}.pdf"] if "path" in signature(main).parameters else []
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert len(plt.get_fignums()) == len(files)
    for file in files:
        assert printed.endswith(f"wrote {file}\n")
        assert b"/Type3" not in (tmp_path / file).read_bytes()


@pytest.mark.long
def test_the_file_of_an_example_can_be_another(tmp_path):
    file = tmp_path / "map.svg"
    example = ROOT / "examples" / "condition_number_map.py"
    subprocess.run([sys.executable, example, file], check=True, cwd=tmp_path)
    assert b"<text" in file.read_bytes()


def test_condition_number_map():
    """x = r sin(theta)/pi: (1 - 2x)/(1 - 3x/2) at theta = pi/2, r = 1; undefined where x >= 1/2."""
    from examples.condition_number_map import ANGLES, RATIOS, condition_number_map

    table, x = condition_number_map(), 1 / np.pi
    assert table[list(ANGLES).index(np.pi / 2), list(RATIOS).index(1.0)] == pytest.approx((1 - 2 * x) / (1 - 1.5 * x))
    assert (np.isnan(table) | (table < 1)).all()


def test_compare_norms():
    """Near an orthonormal teacher H1 is better conditioned than L2, and a quarter of derivative weight in between."""
    from examples.compare_norms import comparison

    kappa = {row.norm: row.condition_number for row in comparison().rows}
    assert kappa["H1"] < kappa["(1, 0.25)"] < kappa["L2"]


def test_verify_by_sampling():
    from examples.verify_by_sampling import largest_mismatch, report

    assert largest_mismatch() < 1e-14
    assert report().passed


def test_random_initialisation():
    """The Gauss-Newton matrix of one neuron has no gain; rows of high dimensions are as good as orthonormal."""
    from examples.random_initialisation import ratios

    table, _ = ratios((1, 2), 3).values()
    gains = {(row["width"], row["dim"]): row["condition_number_ratio"] for row in table.summary()}
    assert all(gains[1, dim] == pytest.approx(1) for dim in (10, 30, 100))
    assert gains[2, 100] == pytest.approx(st.symmetric.condition_number_ratio(2), rel=0.1)  # off by 1/sqrt(d)


def test_finite_samples():
    """Of L2 singular below 2 d, of H1 near the law; what H1 has with 2 d samples takes L2 (7 + 3 sqrt 5) d."""
    from examples.finite_samples import SAMPLES, condition_numbers, samples_for

    found = condition_numbers(dim=80, runs=4)
    assert [np.isinf(mean) for mean in found["L2"][0]] == [n < 2 for n in SAMPLES]
    law = st.finite_sample.single_neuron_condition_number(SAMPLES, "H1")
    assert found["H1"][0][2:] == pytest.approx(law[2:], rel=0.1)  # d^(-2/3) = 0.05, and n^(-1/2) below 0.1
    assert samples_for(5, "H1") == pytest.approx(2, rel=1e-6)
    assert samples_for(5, "L2") == pytest.approx(7 + 3 * 5**0.5, rel=1e-6)


@pytest.mark.long
def test_training_curves():
    """Near this teacher H1 is faster at equal sharpness too: 1.209 in the table's digits."""
    from examples.training_curves import flows

    gain = {row.norm: row.acceleration_equal_sharpness for row in flows().rows}
    assert gain["H1"] == pytest.approx(1.209, abs=0.0005)
    assert gain["L2"] < gain["(1, 0.25)"] < gain["H1"]


def parts(picture: str) -> tuple[list[str], list[float]]:
    """Texts of an SVG file, and where its marks are."""
    marks = re.findall(r'<use xlink:href="#\w+" x="([\d.]+)" y="([\d.]+)"', picture)
    return re.findall(r"<t(?:ext|span)[^>]*>([^<]*)</", picture), [float(number) for mark in marks for number in mark]


@pytest.mark.long
def test_the_picture_of_the_landing_page_is_what_the_example_draws(tmp_path):
    """``python examples/tuned_steps.py docs/_static/steps.svg``; sizes of text differ by less than 3 points of 331
    between versions of matplotlib, which moves the axes by as much."""
    from examples.tuned_steps import ACCURACIES, draw

    draw(str(tmp_path / "steps.svg"), 5, 3, ACCURACIES)
    kept = (ROOT / "docs" / "_static" / "steps.svg").read_text(encoding="utf-8")
    (texts, marks), (kept_texts, kept_marks) = parts((tmp_path / "steps.svg").read_text(encoding="utf-8")), parts(kept)
    assert texts == kept_texts
    assert len(marks) > 60
    assert marks == pytest.approx(kept_marks, abs=3)


def test_tuned_steps():
    """Three neurons, one start: derivatives save half of the steps with erf, one with ReLU. As predicted."""
    from examples.tuned_steps import table

    for activation, low, high in (("erf", 1.8, 2.4), ("relu", 1.0, 1.2)):
        found = table(activation, 3, 1, 1e-3)["H1"]
        assert low < found.gain < high
        assert found.predicted_steps == pytest.approx(found.steps, rel=0.1)


@pytest.mark.long
def test_tuned_steps_by_default():
    """What pages say in words, and how much less a wider ReLU network gains."""
    from examples.tuned_steps import table

    expected = {"relu": (78, 74), "relu2": (115, 47, 31), "erf": (144, 65, 24)}
    for activation, counts in expected.items():
        found = table(activation, 5, 3, 1e-8)
        assert [row.steps for row in found] == pytest.approx(counts, abs=1.5)
        assert [row.predicted_steps for row in found] == pytest.approx([row.steps for row in found], rel=0.1)
    (relu, relu_h1), relu2, erf = expected.values()
    wide, others = (246, 236), {"heavy_ball": 22, "adam": 165}
    for page, said in (
        ("index", "ReLU {} with L2, {} with H1; erf {} with L2, {} with H1, {} with H2".format(relu, relu_h1, *erf)),
        ("paper", f"take {relu_h1} steps of gradient descent with H1 and {relu} with L2"),
        ("paper", "{} steps with L2, {} with H1 and {} with H2; with `erf` {}, {} and {}".format(*relu2, *erf)),
        ("tutorials/dynamics", "with 20 neurons in 40 dimensions, where L2 takes {} and H1 {})".format(*wide)),
        ("tutorials/dynamics", "heavy ball takes {} steps and Adam some {}, with either norm".format(*others.values())),
    ):
        assert said in " ".join((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8").split())
    assert 1.03 < table("relu", 20, 1, 1e-8)["H1"].gain < table("relu", 5, 3, 1e-8)["H1"].gain
    assert [row.steps for row in table("relu", 20, 1, 1e-8)] == pytest.approx(wide, abs=1.5)
    for (method, steps), within in zip(others.items(), (1, 2), strict=True):
        assert [row.steps for row in table("relu", 5, 1, 1e-8, method)] == pytest.approx([steps, steps], abs=within)
    assert table("relu", 5, 1, 1e-8, "adam")["H1"].gain == pytest.approx(1, abs=0.03)


def test_symmetric_starts():
    """Means over 8 runs stay within 0.02 of their planar flow, and leave that of the other norm by twice as much."""
    from examples.symmetric_starts import STARTS, trajectories

    found = {norm: trajectories(norm, STARTS[3], runs=8, steps=40) for norm in ("L2", "H1")}
    for norm, (runs, _) in found.items():
        off = {other: np.linalg.norm(runs.mean(axis=0) - theory, axis=-1).max() for other, (_, theory) in found.items()}
        assert off.pop(norm) < 0.02
        assert min(off.values()) > 0.04


def test_sgd_against_theory():
    from examples.sgd_against_theory import curves

    for result in curves(runs=6, steps=40).values():
        assert np.nanmax(np.abs(result.error.over_descent - 1)) < 0.05


@pytest.mark.long
def test_sgd_against_theory_by_default():
    """L2 stays within 3 per cent of the flow over four decades; H1 leaves it, by more than a factor of two."""
    from examples.sgd_against_theory import curves

    found = curves()
    assert found["L2"].error.flow[-1] < 1e-4 * found["L2"].error.flow[0]
    assert np.abs(found["L2"].error.over_flow - 1).max() < 0.03
    assert found["H1"].error.over_flow[-1] > 2


@pytest.mark.long
def test_spurious_minima(capsys):
    """Eight flows at K = 8 find the teacher and one spurious minimum, less curved than the teacher, 1/4 - 1/(2 pi)."""
    from examples.spurious_minima import main, search

    teacher, spurious = search(8, "L2", 8, 1).groups
    assert teacher.smallest == pytest.approx(1 / 4 - 1 / (2 * np.pi), abs=1e-9)
    assert 0 < spurious.smallest < teacher.smallest
    main(widths=(8,), runs=8)
    printed = capsys.readouterr().out
    assert f"{spurious.value:.6f}" in printed
    assert "K = 8: the most frequent spurious minimum is steeper for H1" in printed
