"""The paper's experiments: what is committed is of the full size, and says what the page says that it says."""

import numpy as np
import pytest

from examples.paper.claims import EXPERIMENTS, VERDICTS, statements
from examples.paper.experiment import RESULTS, committed
from tests.experiments import same_kind

LARGEST = 200_000


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_committed_results_are_of_the_full_size(name: str) -> None:
    """Five seeds at least, with versions and time, small, and from no machine that can be told."""
    result = committed(name)
    assert (result.name, result.settings["quick"]) == (name, False)
    assert len(result.settings["seeds"]) >= 5
    assert {"python", "numpy", "scipy", "sobolev_theory"} <= result.versions.keys()
    assert result.seconds > 1
    assert result.table.rows
    assert statements(name)["Verdict"].split(".")[0] in VERDICTS
    text = (RESULTS / f"{name}.json").read_text(encoding="utf-8")
    assert len(text) < LARGEST
    assert "/home" not in text
    assert "/tmp" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [("Claim: it is.", "paragraphs"), ("Claim: a\n\nSet-up: b\n\nFairness: c\n\nVerdict: partly.", "a sentence")],
)
def test_a_docstring_that_says_too_little_is_refused(text: str, said: str, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("examples.paper.claims.FOLDER", tmp_path)
    (tmp_path / "trial.py").write_text(f'"""Title.\n\n{text}\n"""')
    with pytest.raises(ValueError, match=said):
        statements("trial")


@pytest.mark.long
def test_monte_carlo_of_gradients() -> None:
    """In the committed table all slopes are -1/2 within 0.03, but that of a matrix which is not the one approached.

    At the quick size, on the same samples, derivatives of each sample's gradient are differences of gradients where the
    activation is smooth, up to their bias, which the table says; and errors fall already.
    """
    from examples.paper.monte_carlo_of_gradients import run

    full, quick = committed("monte_carlo_of_gradients"), run(quick=True, seeds=1)
    same_kind(quick, full)
    data = full.table.data()
    for dim in full.settings["dims"]:
        slopes = zip(data["activation"], data["sampled"], data[f"slope_{dim}"], data[f"slope_error_{dim}"], strict=True)
        for activation, sampled, slope, error in slopes:
            if (activation, sampled) == ("relu", "Hessian, automatic"):
                assert slope > -0.35
            else:
                assert slope == pytest.approx(-0.5, abs=0.03)
                assert error < 0.015
    errors = np.array(quick.data["errors"])
    smooth = [quick.data["cases"].index(["erf", norm, "Hessian, by differences"]) for norm in ("L2", "H1")]
    assert errors[:, smooth] == pytest.approx(errors[:, [case + 1 for case in smooth]], rel=0.02)
    assert (errors[:, smooth, -1] < 0.5 * errors[:, smooth, 0]).all()  # 10^(-1/2) = 0.32, of a single seed


def test_sgd_against_theory() -> None:
    """What its verdict says of the committed table: who stays with descent and flow, and how far down."""
    rows = committed("sgd_against_theory").table.data()
    cases = [*zip(rows["activation"], rows["norm"], rows["start"], strict=True)]
    generic = {case[:2]: k for k, case in enumerate(cases) if case[2] == "generic"}
    noisy = generic.pop(("relu", "H1"))
    for case in generic.values():
        assert rows["off"][case] <= 0.0205
        assert rows["mean"][case] == pytest.approx(rows["flow"][case], rel=0.1)  # and what the step does
    assert 5e-6 < rows["followed"][noisy] < 5e-5
    assert 30 < rows["mean"][noisy] / rows["flow"][noisy] < 36
    assert rows["steps"][generic["relu", "L2"]] / rows["steps"][noisy] == pytest.approx(2, abs=0.05)
    for near, far in zip(rows["from_planar_flow"], rows["from_planar_flow_of_other_norm"], strict=True):
        assert near is None or (near < 0.025 and far > 4 * near)
