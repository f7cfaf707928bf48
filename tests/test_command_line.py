"""The command line: tables, JSON, files, errors with exit status 2."""

import json
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import sobolev_theory as st
from sobolev_theory.__main__ import _parse, main
from sobolev_theory._commands.arrays import ARRAYS, loss_options
from sobolev_theory._commands.networks import networks
from sobolev_theory._commands.options import _finite

MAGIC = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


def run_json(capsys, *arguments):
    status = main([*arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


NAMES = ("teacher", "student", "towards")
"""Options that name files of weights."""


def test_compare_one_neuron(capsys):
    status, data = run_json(capsys, "compare", "--angle", "0.5", "1.5", "--ratio", "1", "2")
    assert status == 0
    assert [(row["angle"], row["ratio"]) for row in data["rows"]] == [(0.5, 1), (1.5, 1), (0.5, 2), (1.5, 2)]
    for row in data["rows"]:
        with warnings.catch_warnings(action="ignore"):
            assert row["kappa H1/L2"] == st.single_neuron.condition_number_ratio(row["angle"], row["ratio"])
    assert [row["definite"] for row in data["rows"]] == [True, True, True, False]


def test_compare_says_what_is_not_definite(capsys):
    """Beside x = 1/2 and at it: yes, semi and no, kappa inf, quotients of infinities nan; what they mean is beneath."""
    angles = [str(angle) for angle in (1.0, np.pi / 2, 1.6)]
    ratio = str(np.pi / 2)
    assert main(["compare", "--angle", *angles, "--ratio", ratio, "2", "--norms", "L2", "1"]) == 0
    text = capsys.readouterr().out
    for word in ("inf", "nan", "yes", "semi", "no", "definite semi: eigenvalues are 0 to rounding", "rate are local"):
        assert word in text
    assert main(["compare", "--width", "3", "--dim", "20", "--seed", "1"]) == 0
    text = capsys.readouterr().out
    assert "L2, H1: errors grow along some direction" in text.replace("\n", " ")


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_compare_files(capsys, tmp_path, suffix):
    student, teacher = (st.Network.random(2, 6, rng=seed).weights for seed in (0, 1))
    for name, weights in (("w", student), ("v", teacher)):
        path = tmp_path / f"{name}.{suffix}"
        np.save(path, weights) if suffix == "npy" else np.savetxt(path, weights, delimiter=",", fmt="%.17g")
    files = ["--student", str(tmp_path / f"w.{suffix}"), "--teacher", str(tmp_path / f"v.{suffix}")]
    status, data = run_json(capsys, "compare", *files, "--norms", "L2", "H1", "1,0.5")
    assert status == 0
    expected = st.compare(student, teacher, norms=("L2", "H1", (1, 0.5)))
    assert data["rows"] == expected.as_dicts()


def test_compare_random_networks_prints_a_table(capsys):
    assert main(["compare", "--width", "3", "--dim", "20", "--seed", "1"]) == 0
    text = capsys.readouterr().out
    for word in ("L2", "H1", "kappa", "equal sharpness", "backprop"):
        assert word in text


@pytest.mark.parametrize(
    ("activation", "name"),
    [("leaky_relu(0.10)", "leaky_relu(0.1)"), ("hermite3", "hermite3"), ("z - tanh(z)", "z_tanh_z_")],
)
def test_activations_by_name_and_by_expression(capsys, activation, name):
    options = ["--width", "2", "--dim", "3", "--curvature", "gauss_newton", "--activation", activation]
    assert main(["compare", *options]) == 0
    assert capsys.readouterr().out.startswith(name)


def test_compare_along_directions(capsys, tmp_path):
    """At the teacher, of a file or random, unless the student is elsewhere; along one direction or random ones."""
    teacher, X = np.eye(3, 5), np.random.default_rng(0).standard_normal((3, 5))
    for name, weights in (("v", teacher), ("w", 2 * teacher), ("x", X)):
        np.save(tmp_path / f"{name}.npy", weights)
    v, w, x = ([f"--{name}", str(tmp_path / f"{file}.npy")] for name, file in zip(NAMES, "vwx", strict=True))
    _, data = run_json(capsys, "compare", *v, *x)
    assert data["rows"] == st.compare(teacher, teacher, towards=X).as_dicts()
    assert data["limit"] == "limit along a direction (training)"
    _, data = run_json(capsys, "compare", *v, *x, "--parameters", "weights", "biases")
    network, moving = st.Network(teacher, biases=np.zeros(3)), ("weights", "biases")
    assert data["rows"] == st.compare(network, network, towards=[*X.ravel(), 0, 0, 0], parameters=moving).as_dicts()
    few = ["--towards", "random", "--directions", "4", "--seed", "3"]
    options = {"towards": "random", "directions": 4, "rng": 3}
    _, data = run_json(capsys, "compare", *v, *w, *few)
    assert data["rows"] == st.compare(2 * teacher, teacher, **options).as_dicts()
    assert data["rows"][1]["standard_error"]["condition_number"] > 0
    assert main(["compare", "--width", "2", "--dim", "9", *few]) == 0
    text = capsys.readouterr().out
    for word in ("limit along 4 random directions (training)", "spread", "std error", "student 2 x 9, teacher 2 x 9"):
        assert word in text


PARTS = {
    "student_weights": np.array([[1.0, 0.5], [0.2, -1.0]]),
    "student_output_weights": np.array([1.0, 2.0]),
    "student_biases": np.array([0.25, -0.5]),
    "student_output_bias": np.array(0.5),
    "teacher_weights": np.array([[1.0, 0.0]]),
    "teacher_biases": np.array([0.125]),
    "mean": np.array([0.5, 0.0]),
    "covariance": np.array([[2.0, 1.0], [1.0, 3.0]]),
    "metric": np.array([1.0, 0.5]),
}
"""Arrays that make a problem, exact in decimals."""


def parsed(*arguments):
    """The options of a command line, the networks of which are two random ones unless it names them."""
    given = ["--width", "2", "--teacher-width", "1", "--dim", "2"] * ("--problem" not in arguments)
    return _parse(["compare", *given, *arguments])


def as_options(folder, suffix):
    """Options that are the parts of the problem, each with a file of its own; numbers where there is no suffix."""
    for key, array in PARTS.items():
        option = f"--{ARRAYS[key].replace('_', '-')}"
        path = folder / f"{key}.{suffix or 'npy'}"
        if not array.ndim or (suffix is None and array.ndim == 1):
            yield f"{option}={','.join(map(repr, array.ravel().tolist()))}"
        else:
            np.savetxt(path, array, delimiter=",") if suffix == "csv" else np.save(path, array)
            yield f"{option}={path}"


def test_a_problem_is_one_file_or_an_option_each(tmp_path):
    np.savez(tmp_path / "problem.npz", **PARTS)
    first = _parse(["compare", "--problem", str(tmp_path / "problem.npz")])
    student, teacher = networks(first)
    assert student == st.Network(PARTS["student_weights"], [1.0, 2.0], [0.25, -0.5], 0.5)
    assert teacher == st.Network([[1.0, 0.0]], None, [0.125])
    assert loss_options(first)["inputs"] == st.Inputs(PARTS["mean"], PARTS["covariance"])
    np.testing.assert_array_equal(loss_options(first)["metric"], PARTS["metric"])
    for suffix in (None, "npy", "csv"):
        options = _parse(["compare", *as_options(tmp_path, suffix)])
        assert networks(options) == (student, teacher)
        assert loss_options(options)["inputs"] == loss_options(first)["inputs"]
        np.testing.assert_array_equal(loss_options(options)["metric"], PARTS["metric"])


def test_random_networks_have_the_biases_and_output_layers_of_options():
    student, teacher = networks(parsed("--biases=-1,2", "--output-bias=-0.5", "--teacher-output-weights", "3"))
    plain = networks(parsed())
    assert student == st.Network(plain[0].weights, biases=[-1.0, 2.0], output_bias=-0.5)
    assert teacher == st.Network(plain[1].weights, [3.0])


def test_forms_on_the_command_line(tmp_path):
    (tmp_path / "row.csv").write_text("1,4\n")
    (tmp_path / "column.csv").write_text("1.5\n4\n")
    for text, covariance in (("2", 2.0), ("1,4", [1.0, 4.0]), ("row.csv", [1.0, 4.0]), ("column.csv", [1.5, 4.0])):
        value = str(tmp_path / text) if "csv" in text else text
        assert loss_options(parsed("--covariance", value)) == {"inputs": st.Inputs(covariance=covariance)}
    assert loss_options(parsed()) == {}
    assert loss_options(parsed("--parameters", "all")) == {"parameters": "all"}
    assert loss_options(parsed("--parameters", "biases", "weights")) == {"parameters": ("biases", "weights")}


def test_output_weights_are_those_of_the_networks(capsys):
    line = ["compare", "--width", "2", "--dim", "6", "--output-weights", "1,-2", "--teacher-output-weights", "0.5,3"]
    options = _parse(line)
    _, data = run_json(capsys, *line)
    plain = st.Network.random(2, 6, rng=np.random.default_rng(0))
    student, teacher = networks(options)
    assert student == st.Network(plain.weights, [1.0, -2.0])
    assert data["rows"] == st.compare(student, teacher).as_dicts()


def test_a_problem_is_compared_as_in_python(capsys, tmp_path):
    np.savez(tmp_path / "problem.npz", **PARTS)
    line = ["--problem", str(tmp_path / "problem.npz"), "--norms", "L2", "H1"]
    options = _parse(["compare", *line])
    given = {"inputs": st.Inputs(PARTS["mean"], PARTS["covariance"]), "metric": PARTS["metric"]}
    assert run_json(capsys, "compare", *line)[1]["rows"] == st.compare(*networks(options), **given).as_dicts()
    _, data = run_json(capsys, "compare", *line, "--curvature", "gauss_newton", "--parameters", "all")
    expected = st.compare(*networks(options), **given, parameters="all", curvature="gauss_newton")
    assert json.dumps(data["rows"]) == json.dumps(_finite(expected.as_dicts()))


def test_a_flow_on_other_inputs(capsys):
    line = ["flow", "--angle", "1", "--dim", "2", "--t-max", "1", "--covariance", "1,4", "--norms", "L2"]
    _, data = run_json(capsys, *line)
    student, teacher = st.Network([[np.cos(1.0), np.sin(1.0)]]), st.Network([[1.0, 0.0]])
    inputs = st.Inputs(covariance=[1.0, 4.0])
    expected = st.compare_flows(student, teacher, ["L2"], t_max=1.0, inputs=inputs).as_dicts()
    assert json.dumps(data["rows"]) == json.dumps(_finite(expected))


def test_a_problem_is_verified_and_drawn_as_in_python(monkeypatch, tmp_path):
    """What sampling and figures are asked for."""
    seen = []

    def asked(*arguments, **_):
        seen.append(arguments)
        raise ValueError("enough")

    monkeypatch.setattr(st.monte_carlo, "verify", asked)
    monkeypatch.setattr(st.plotting, "spectrum", asked)
    np.savez(tmp_path / "problem.npz", **PARTS)
    line = ["--problem", str(tmp_path / "problem.npz"), "--parameters", "all"]
    student, teacher = networks(_parse(["compare", *line]))
    given = {"inputs": st.Inputs(PARTS["mean"], PARTS["covariance"]), "metric": PARTS["metric"], "parameters": "all"}
    loss = st.PopulationLoss(teacher, "L2", **given)
    for command in (["verify", "--norm", "L2"], ["plot", "spectrum", "--norms", "L2", "--output", "x.svg"]):
        with pytest.raises(SystemExit):
            main([*command, *line])
    (sampled, at), (curvatures, names) = seen
    assert (sampled.inputs, sampled.moving, at) == (loss.inputs, loss.moving, student)
    assert sampled.value(at) == loss.value(student)
    np.testing.assert_array_equal(curvatures[0].to_dense(), loss.hessian(student).to_dense())
    assert names == ["L2"]


PROBLEMS = {
    "unknown": ({"student_bias": np.ones(2)}, "got one named 'student_bias'; did you mean 'student_biases'"),
    "text": ({"mean": np.array(["a", "b"])}, "argument --problem: {path}: mean: a number, or an array of numbers, is"),
    "infinite": ({"mean": np.array([1.0, np.inf])}, "{path}: mean: finite numbers are required"),
    "objects": ({"mean": np.array([print])}, "pickled objects, which are never loaded"),
    "twice": (PARTS, "--biases: not together with --problem, which holds student_biases"),
    "sizes": (PARTS | {"student_biases": np.ones(3)}, "--problem, student_biases: shape (K,) with K = 2 is required"),
    "mean": (PARTS | {"mean": np.ones(3)}, "covariance: shape (d, d) with d = 3 is required"),
    "width": (PARTS, "--width: not together with --student and --teacher"),
    "alone": ({"student_weights": np.eye(2)}, "name the networks by both --student and --teacher"),
    "nothing": ({}, "an archive|no NumPy file|name the networks"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_that_are_none(capsys, tmp_path, name):
    arrays, message = PROBLEMS[name]
    path = tmp_path / "problem.npz"
    np.savez(path, **arrays)
    more = {"twice": ["--biases", "1,2"], "width": ["--width", "2"]}.get(name, [])
    with pytest.raises(SystemExit) as stop:
        main(["compare", "--problem", str(path), *more])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert re.search("|".join(map(re.escape, message.format(path=path).split("|"))), error)
    assert error.count("\n") == 1


def test_verify(capsys):
    arguments = ["verify", "--width", "1", "--dim", "2", "--samples", "20000"]
    assert main(arguments) == 0
    assert "PASSED" in capsys.readouterr().out
    status, data = run_json(capsys, *arguments)
    assert status == 0
    assert data["passed"] is True
    assert set(data["quantities"]) == {"value", "gradient", "gauss_newton", "hessian"}


def test_verify_sampled_networks(capsys):
    arguments = ["verify", "--networks", "2", "--width", "1", "--dim", "2", "--norm", "L2", "--samples", "20000"]
    status, data = run_json(capsys, *arguments)
    assert status == 0
    assert len(data["reports"]) == 2


def test_sampled_networks_have_inputs_and_parameters_of_options(monkeypatch, capsys):
    seen = {}

    def asked(count, **options):
        seen.update(options)
        raise ValueError("seen")

    monkeypatch.setattr(st.monte_carlo, "verify_many", asked)
    line = ["verify", "--networks", "2", "--width", "1", "--dim", "2", "--parameters", "all", "--covariance", "1,2"]
    with pytest.raises(SystemExit):
        main(line)
    assert (seen["inputs"], seen["parameters"]) == (st.Inputs(covariance=[1.0, 2.0]), "all")


def test_flow_one_neuron(capsys):
    """One neuron at angle 1 with |w| = |w*|/2, as told in coordinates."""
    status, data = run_json(capsys, "flow", "--angle", "1", "--ratio", "2", "--t-max", "40", "--accuracy", "1e-4")
    assert status == 0
    student = 0.5 * np.array([[np.cos(1), np.sin(1), 0.0]])
    expected = st.compare_flows(student, [[1.0, 0.0, 0.0]], t_max=40.0, accuracy=1e-4)
    assert data["rows"] == expected.as_dicts()
    assert (data["t_max"], data["accuracy"], data["derivative"]) == (40.0, 1e-4, "backprop")


def test_optimal_weight(capsys):
    """What Python finds; infinity, which JSON lacks, is in CSV, and a note says what a warning does."""
    line = ["optimal-weight", "--width", "2", "--dim", "5", "--within", "0.1"]
    W, V = networks(_parse(line))
    with warnings.catch_warnings(action="ignore", category=st.ConditioningWarning):
        best = st.optimal_weight(W, V, within=0.1)
    status, data = run_json(capsys, *line)
    assert status == 0
    assert data["interval"] == [best.interval[0], None]
    assert (data["weight"], data["condition_number"]) == (None, best.condition_number)
    assert main([*line, "--format", "csv"]) == 0
    assert capsys.readouterr().out == best.to_csv()
    assert main(line) == 0
    assert capsys.readouterr().out == f"relu student 2 x 5, teacher 2 x 5\n{best}\n"


def test_optimal_weight_at_a_teacher(capsys, tmp_path, monkeypatch):
    np.save(tmp_path / "v.npy", np.eye(2))
    line = ["optimal-weight", "--teacher", str(tmp_path / "v.npy"), "--towards", "random", "--directions", "2"]
    best = st.optimal_weight(np.eye(2), np.eye(2), towards="random", directions=2, rng=0)
    assert run_json(capsys, *line)[1]["recommended"] == best.recommended
    monkeypatch.setenv("COLUMNS", "40")
    assert main(line) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 40
    assert text.split() == f"relu student 2 x 2, teacher 2 x 2 {best}".split()


def test_descent(capsys):
    options = ["--activation", "erf", "--accuracy", "0.1", "--method", "heavy_ball", "--norms", "L2", "1,0.5"]
    line = ["descent", "--width", "1", "--dim", "2", *options]
    W, V = networks(_parse(line))
    table = st.steps_to(W, V, ["L2", [1, 0.5]], activation="erf", accuracy=0.1, method="heavy_ball")
    status, data = run_json(capsys, *line)
    assert status == 0
    assert json.dumps(data["rows"]) == json.dumps(_finite(table.as_dicts()))
    assert data["method"] == "heavy_ball"


def test_search(capsys, tmp_path):
    """The same runs from a file of finished ones; in every format."""
    line = ["search", "--width", "1", "--dim", "2", "--norm", "L2", "--runs", "2"]
    teacher = networks(_parse(line))[1]
    found = st.find_critical_points(st.PopulationLoss(teacher, "L2"), 1, 2, rng=0)
    status, data = run_json(capsys, *line)
    assert status == 0
    assert json.dumps(data["points"]) == json.dumps(_finite([point.as_dict() for point in found.points]))
    assert data["counts"] == found.counts
    np.save(tmp_path / "v.npy", teacher.weights)
    file = ["--teacher", str(tmp_path / "v.npy"), "--checkpoint", str(tmp_path / "runs.jsonl")]
    line = ["search", "--width", "1", "--norm", "L2", "--runs", "2", *file]
    forms = {"text": str(found), "markdown": found.to_markdown(), "latex": found.to_latex(), "csv": found.to_csv()}
    for form, expected in forms.items():
        assert main([*line, "--format", form]) == 0
        assert capsys.readouterr().out == expected + "\n" * (form != "csv")


def test_exports_say_what_the_line_above_a_table_says(capsys):
    assert main(["compare", "--width", "1", "--dim", "2", "--format", "markdown"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("relu student 1 x 2, teacher 1 x 2\n\nHessian, backprop convention")
    assert main(["verify", "--width", "1", "--dim", "2", "--samples", "1000", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("quantity,entries,p_value,z,at,")


def test_flow_prints_tables_and_saves_the_curves(capsys, tmp_path):
    """Here L2 does not come near its end: what is not known is null in JSON and nan in tables."""
    arguments = ["flow", "--width", "2", "--dim", "6", "--norms", "L2", "1,0.5", "--t-max", "3"]
    figure = tmp_path / "curves.png"
    assert main([*arguments, "--figure", str(figure)]) == 0
    out, err = capsys.readouterr()
    for word in ("(1, 0.5)", "sharpness", "equal gain", "t_max", "nan"):
        assert word in out
    assert str(figure) in err
    assert figure.read_bytes().startswith(MAGIC["png"])
    _, data = run_json(capsys, *arguments)
    assert [row["rate"] for row in data["rows"]] == [None, None]


@pytest.mark.parametrize(
    ("suffix", "arguments"),
    [
        ("pdf", ["loss", "--angle", "1", "--t-max", "20"]),
        ("png", ["phase", "--norm", "L2"]),
        ("svg", ["condition", "--derivative", "exact"]),
        ("png", ["spectrum", "--width", "2", "--dim", "9", "--norms", "L2", "H1", "1,0.5"]),
        ("PNG", ["spectrum", "--angle", "0.5", "--dim", "9", "--curvature", "gauss_newton"]),
        ("pdf", ["distribution", "--width", "2", "--dim", "9", "--norms", "L2", "--seed", "1"]),
        ("png", ["weight", "--angle", "1", "--derivative", "exact"]),
        ("png", ["weight", "--width", "2", "--dim", "4", "--towards", "random", "--directions", "2"]),
        ("png", ["width", "--norms", "H1", "L2", "--activation", "erf"]),
        ("png", ["steps", "--angle", "1", "--norms", "L2", "--accuracies", "0.1", "0.01"]),
        ("png", ["samples", "--width", "1", "--dim", "3", "--norms", "L2"]),
        ("pdf", ["sgd", "--angle", "1", "--batch", "20", "--steps", "30", "--runs", "2", "--norms", "L2"]),
    ],
)
def test_plot_saves_a_figure(capsys, tmp_path, suffix, arguments):
    figure = tmp_path / f"figure.{suffix}"
    assert main(["plot", *arguments, "--output", str(figure)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"wrote {figure}\n")
    assert figure.read_bytes().startswith(MAGIC[suffix.lower()])


@pytest.mark.parametrize("figure", ["spectrum", "distribution"])
def test_spectra_along_a_direction(monkeypatch, tmp_path, figure):
    """At the teacher: of a file, or a random one, whose multiplicities are those of all dimensions."""
    drawn, kept = [], []
    function = {"spectrum": "spectrum", "distribution": "spectral_distribution"}[figure]
    draw = getattr(st.plotting, function)
    monkeypatch.setattr(st.plotting, function, lambda *given: drawn.append(given) or draw(*given))
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: kept.append(self))
    V, X = np.eye(2, 9), np.random.default_rng(0).standard_normal((2, 9))
    np.save(tmp_path / "v.npy", V)
    np.save(tmp_path / "x.npy", X)
    line = ["plot", figure, "--norms", "L2", "H1", "--output", str(tmp_path / "x.png")]
    at = ["--teacher", str(tmp_path / "v.npy")]
    for given in ([*at, "--towards", str(tmp_path / "x.npy")], [*at, "--towards", "random", "--seed", "3"]):
        assert main([*line, *given]) == 0
    first, second = ([each.spectrum() for each in curvatures] for curvatures, _ in drawn)
    for spectrum, norm in zip(first, ("L2", "H1"), strict=True):
        expected = st.PopulationLoss(V, norm).hessian(V, towards=X).spectrum()
        np.testing.assert_array_equal(np.asarray(spectrum), np.asarray(expected))
    assert second[1].size == first[1].size == 18
    assert second[1].smallest != first[1].smallest
    titles = [text.get_text() for text in kept[0].findobj(Text)]
    assert "Hessian, backprop convention, limit along a direction (training)" in [t.replace("\n", " ") for t in titles]


@pytest.mark.parametrize(("given", "inches"), [("column", 3.4), ("page", 6.8), ("5", 5.0), (None, 3.4)])
def test_figures_for_print(monkeypatch, given, inches):
    """In the style of a paper, and so wide; else with text of matplotlib's settings, in a column."""
    seen = []

    def shown(_, **__):
        (ax,) = st.plotting.styles.panels(None)
        seen.append((ax.figure.get_figwidth(), ax.xaxis.label.get_fontsize()))
        return ax

    monkeypatch.setattr(st.plotting, "phase_portrait", shown)
    monkeypatch.setattr(Figure, "savefig", lambda *_, dpi: seen.append(dpi))
    assert main(["plot", "phase", "--output", "x.png", *(["--paper", given] if given else [])]) == 0
    assert seen == [(inches, 9 if given else 10), 300 if given else 200]


def test_without_matplotlib_figures_have_status_two(tmp_path):
    code = "import sys; sys.modules['matplotlib'] = None; from sobolev_theory.__main__ import main; main()"
    for arguments in (["plot", "phase", "--output", "x.png"], ["flow", "--angle", "1", "--figure", "x.png"]):
        command = [sys.executable, "-c", code, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert result.returncode == 2
        assert "pip install 'sobolev_theory[plot]'" in result.stderr


def test_latex_prints_formulas_one_under_another(capsys):
    assert main(["latex", "relu/K11", "relu/L2/loss/self", "--student", "u", "--vectors", "plain"]) == 0
    expected = [st.formulas.get(name).latex(student="u", vectors="plain") for name in ("relu/K11", "relu/L2/loss/self")]
    assert capsys.readouterr().out.splitlines() == expected


def test_latex_notation_and_style(capsys):
    options = ["--teacher", "w^*", "--vectors", "arrow", "--angle", r"\phi", "--style", "align"]
    options += ["--norm-symbol", "|{}|"]
    assert main(["latex", "relu/L2/gradient", *options]) == 0
    notation = st.formulas.Notation(teacher="w^*", vectors="arrow", norm="|{}|", angle=r"\phi")
    assert capsys.readouterr().out == st.formulas.get("relu/L2/gradient").latex(notation, style="align") + "\n"


def test_latex_for_machines(capsys):
    status, data = run_json(capsys, "latex", "relu/K00", "theorem/exact_cone", "--angle", r"\phi")
    assert status == 0
    assert data == {name: st.formulas.get(name).latex(angle=r"\phi") for name in ("relu/K00", "theorem/exact_cone")}
    document = st.formulas.document(["relu/K00"])
    assert run_json(capsys, "latex", "--document", "relu/K00") == (0, {"document": document})
    assert run_json(capsys, "latex", "--list", "theorem/") == (0, {"names": st.formulas.names("theorem/")})


def test_latex_lists_names_and_what_they_are(capsys):
    for arguments, expected in (
        (["--list"], st.formulas.names()),
        (["--list", "relu/H1"], st.formulas.names("relu/H1")),
        (["--search", "Velocity EXACT"], ["relu/H1/single_neuron/velocity/exact"]),
        (["--search", "planar system"], st.formulas.search("planar system")),
    ):
        assert main(["latex", *arguments]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == expected
        assert all(line.split(maxsplit=1)[1] for line in lines)
    assert run_json(capsys, "latex", "--search", "velocity") == (0, {"names": st.formulas.search("velocity")})


def test_latex_of_a_column_and_the_literature(capsys):
    name = "relu/H1/hessian/own/backprop"
    options = ["--style", "align", "--linewidth", "246", "--norm-symbol", "|{}|"]
    assert main(["latex", name, "theorem/exact_cone", *options]) == 0
    printed = st.formulas.get(name).latex(style="align", linewidth=246, norm="|{}|")
    theorem = st.formulas.get("theorem/exact_cone").latex(style="align", norm="|{}|")
    assert capsys.readouterr().out == f"{printed}\n{theorem}\n"
    assert main(["latex", "--bibtex"]) == 0
    assert capsys.readouterr().out == st.formulas.bibtex() + "\n"
    assert run_json(capsys, "latex", "--bibtex") == (0, {"bibtex": st.formulas.bibtex()})


def test_latex_documents(capsys):
    assert main(["latex", "--document", "relu/K00", "theorem/exact_cone", "--vectors", "arrow"]) == 0
    notation = st.formulas.Notation(vectors="arrow")
    assert capsys.readouterr().out == st.formulas.document(["relu/K00", "theorem/exact_cone"], notation) + "\n"
    assert main(["latex", "--document"]) == 0
    assert capsys.readouterr().out == st.formulas.document() + "\n"


def test_a_reader_that_has_enough_ends_it_quietly():
    """As ``head`` does: no message, status 0."""
    command = [sys.executable, "-m", "sobolev_theory", "latex", "--document"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith(r"\documentclass")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


SPECTRUM = ["plot", "spectrum", "--width", "2", "--dim", "3", "--output", "x.png"]


def test_a_rejected_theory_has_status_one(capsys, monkeypatch):
    value = st.PopulationLoss.value
    monkeypatch.setattr(st.PopulationLoss, "value", lambda self, w: 1.2 * value(self, w))
    assert main(["verify", "--width", "1", "--dim", "2", "--samples", "100000"]) == 1
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare"], "--student and --teacher"),
        (["compare", "--width", "2"], "--dim"),
        (["compare", "--angle", "4"], "angle"),
        (["compare", "--angle", "1", "--curvature", "gauss_newton"], "--width 1"),
        (["compare", "--width", "2", "--dim", "3", "--norms", "H2"], "infinite"),
        (["compare", "--width", "2", "--dim", "3", "--norms", "1,x"], "weights"),
        (["compare", "--width", "0", "--dim", "3"], "width"),
        (["compare", "--student", "missing.npy", "--teacher", "missing.npy"], "missing.npy"),
        (["compare", "--student", "w.txt", "--teacher", "w.txt"], "--student w.txt"),
        (["compare", "--angle", "1", "--width", "2", "--dim", "3"], "--width, --dim: not together"),
        (["compare", "--ratio", "1", "--width", "2", "--dim", "3"], "only together with --angle"),
        (["compare", "--student", "w.npy", "--teacher", "w.npy", "--dim", "3"], "--dim: not together"),
        (["compare", "--width", "2", "--dim", "3", "--directions", "3"], "--directions: only together with --towards"),
        (["compare", "--towards", "random"], "--student and --teacher"),
        (["compare", "--angle", "1", "--biases", "1"], "--biases: not together with --angle"),
        (["compare", "--angle", "1", "--covariance", "2"], "--covariance: not together with --angle"),
        (["compare", "--teacher", "w.npy", "--towards", "random", "--biases", "1"], "--biases: not together with --to"),
        (
            ["compare", "--width", "2", "--dim", "3", "--biases", "1,2,3,4"],
            "--biases: shape (K,) with K = 2 is required",
        ),
        (["compare", "--width", "2", "--dim", "3", "--teacher-biases", "1"], "--teacher-biases: shape (K,) with K = 2"),
        (["compare", "--width", "2", "--dim", "3", "--biases", "1,x"], "argument --biases: numbers such as 0.5,-1, or"),
        (["compare", "--width", "2", "--dim", "3", "--biases", "\u0663,1"], "argument --biases: numbers such as 0.5,"),
        (["compare", "--width", "2", "--dim", "3", "--biases", "1,"], "argument --biases: numbers such as 0.5,-1, or"),
        (["compare", "--width", "2", "--dim", "3", "--mean", "m.npy"], "argument --mean: m.npy: No such file"),
        (["compare", "--width", "2", "--dim", "3", "--mean", "nan,1,1"], "mean: finite numbers are required, got nan"),
        (["compare", "--width", "2", "--dim", "3", "--covariance", "-1"], "covariance: a number >= 0 is required"),
        (["compare", "--width", "2", "--dim", "3", "--metric", "1,-1,1"], "metric: variances >= 0 are required"),
        (["compare", "--width", "2", "--dim", "3", "--covariance", "1,2"], "inputs: input dimension 3 of the networks"),
        (["compare", "--width", "2", "--dim", "3", "--output-bias", "1,2"], "argument --output-bias: a finite number"),
        (["compare", "--width", "2", "--dim", "3", "--parameters", "bias"], "invalid choice: 'bias' (choose from all,"),
        (["compare", "--problem", "9" * 5000 + ".npz"], "argument --problem: [...]"),
        (["compare", "--biases", "9" * 5000 + ".npz:w"], "argument --biases: [...]"),
        (["compare", "--biases", "{" * 1500], "argument --biases: numbers such as 0.5,-1, or"),
        (["compare", "--problem", "missing.npz"], "argument --problem: missing.npz: No such file or directory"),
        (["compare", "--problem", "problem.npy"], "in a .npz file, are required; got another kind of file, .npy"),
        (["flow", "--angle", "1", "--problem", "p.npz"], "argument --problem: p.npz: No such file"),
        (["verify", "--networks", "2", "--width", "1", "--dim", "2", "--biases", "1"], "--biases: not together with"),
        (["plot", "samples", "--biases", "1", "--output", "x.png"], "--biases: only the teacher is sampled"),
        (["compare", "--teacher", "w.npy"], "--teacher: a --student too is required, or --towards random"),
        (
            ["compare", "--width", "2", "--dim", "3", "--towards", "randm"],
            "--towards randm: the word random, or weights in a file, .npy,",
        ),
        (["compare", "--width", "2", "--dim", "3", "--towards", "Random"], "did you mean 'random'?"),
        (["compare", "--width", "2", "--dim", "3", "--towards", "missing.npy"], "--towards missing.npy: No such file"),
        (["compare", "--angle", "1", "--towards", "random"], "--towards: not together with --angle"),
        (["compare", "--teacher", "w.npy", "--towards", "random", "--dim", "3"], "--dim: not together with --teacher"),
        (["compare", "--width", "2", "--dim", "3", "--teacher-width", "2", "--towards", "random"], "--teacher-width"),
        (["verify", "--networks", "3", "--student", "w.npy"], "--student: not together"),
        (["verify", "--networks", "3"], "--width"),
        (["verify", "--width", "1", "--dim", "2", "--samples", "5"], "samples"),
        (["flow"], "--student and --teacher"),
        (["flow", "--angle", "4"], "--angle: radians"),
        (["flow", "--angle", "1", "--ratio", "0"], "--ratio: a positive"),
        (["flow", "--angle", "1", "--dim", "1"], "--dim: at least 2"),
        (["flow", "--angle", "1", "--width", "2"], "--width: not together with --angle"),
        (["flow", "--ratio", "1", "--width", "2", "--dim", "3"], "only together with --angle"),
        (["flow", "--angle", "1", "--t-max", "0"], "argument --t-max: a positive finite time"),
        (["flow", "--angle", "1", "--accuracy", "2"], "accuracy"),
        (["flow", "--angle", "1", "--figure", "x.nothing"], "--figure x.nothing: a suffix among ."),
        (["compare", "--angle", "1", "--json", "--format", "csv"], "argument --format: not allowed with argument --js"),
        (["flow", "--angle", "1", "--format", "xml"], "invalid choice: 'xml' (choose from text, json, markdown,"),
        (["optimal-weight", "--width", "2", "--dim", "3", "--within", "2"], "--within: a fraction between 0 and 1"),
        (["optimal-weight", "--width", "2", "--dim", "3", "--norms", "H1"], "no argument of this command"),
        (["descent", "--angle", "1", "--method", "sgd"], "invalid choice: 'sgd' (choose from gd, heavy_ball,"),
        (["descent", "--angle", "1", "--limit", "0"], "argument --limit: a positive integer"),
        (["search", "--runs", "3"], "--width: the width of the students is required, and a --teacher, or --dim"),
        (["search", "--width", "2", "--dim", "2", "--student", "w.npy"], "--student: students start at random"),
        (["search", "--width", "2", "--teacher", "v.npy", "--dim", "2"], "--dim: not together with --teacher"),
        (["search", "--width", "2", "--dim", "2", "--runs", "0"], "argument --runs: a positive integer"),
        (["plot"], "required"),
        (["plot", "phase"], "--output"),
        (["plot", "phase", "--output", "x.nothing"], "--output x.nothing: a suffix among ."),
        (["plot", "phase", "--output", "nowhere/x.png"], "an existing folder"),
        (["plot", "phase", "--output", "x.png", "--norm", "H2"], "infinite"),
        (["latex", "relu/K00", "--norm", "|{}|"], "no argument of this command; did you mean '--norm-symbol'?"),
        (["compare", "--wid", "2", "--dim", "3"], "no argument of this command; did you mean '--width'?"),
        (["plot", "weight", "--angle", "1", "--directions", "2", "--output", "x.png"], "--directions: only together"),
        (["plot", "weight", "--width", "2", "--dim", "3", "--ratio", "2", "--output", "x.png"], "--ratio: only"),
        (["plot", "samples", "--student", "w.npy", "--output", "x.png"], "--student: only the teacher is sampled"),
        (["plot", "sgd", "--angle", "1", "--step", "0", "--output", "x.png"], "--step: a positive finite number"),
        (["plot", "loss", "--angle", "0", "--output", "x.png"], "away from zero"),
        (["plot", "phase", "--output", "x.png", "--paper", "colum"], "--paper: one of 'column', 'page' is required"),
        (["plot", "phase", "--output", "x.png", "--paper", "0.5"], "a number of inches between 1 and 100 is required"),
        ([*SPECTRUM, "--towards", "randm"], "did you mean 'random'?"),
        (
            [*SPECTRUM, "--curvature", "gauss_newton", "--towards", "random"],
            "the Gauss-Newton matrix does not depend on a direction, leave out towards",
        ),
        ([*SPECTRUM, "--directions", "2"], "--directions 2: no argument of this command"),
        ([*SPECTRUM, "--ratio", "2"], "--ratio: only together with --angle"),
        (["latex"], "NAME: at least one name is required"),
        (["latex", "relu/K01"], "got 'relu/K01'; did you mean 'relu/K11' or 'relu/K00'"),
        (["latex", "relu/K00", "nothing at all"], "got 'nothing at all'"),
        (["latex", "--document", "relu/K01"], "did you mean"),
        (["latex", "relu/K00", "--teacher", "w^*^2"], "teacher: valid LaTeX"),
        (["latex", "relu/K00", "--student", "v"], "student, teacher: two different symbols"),
        (["latex", "relu/K00", "--norm-symbol", "|x|"], "norm: LaTeX with one {}"),
        (["latex", "--list", "--angle", "%"], "angle: valid LaTeX"),
        (["latex", "relu/K00", "--vectors", "italic"], "invalid choice: 'italic'"),
        (["latex", "--document", "--style", "align"], "--style: not together with --document"),
        (["latex", "relu/K00", "--list", "relu"], "NAME: not together with --list"),
        (["latex", "--list", "--style", "align"], "--style: not together with --list"),
        (["latex", "--search", "nothing at all"], "--search nothing at all: words of a name or statement are required"),
        (["latex", "--search", " "], "words: at least one word is required"),
        (["latex", "--bibtex", "--linewidth", "300"], "--linewidth: not together with --bibtex"),
        (["latex", "--bibtex", "--list"], "not allowed with argument"),
        (["latex", "relu/K00", "--linewidth", "30"], "linewidth: a width above 100 points"),
        (["latex", "--list", "nothing"], "--list nothing: the beginning of a name is required"),
        (
            ["compare", "--width", "2", "--dim", "3", "--activation", "swish"],
            "'swish' is not known; did you mean 'silu'?",
        ),
        (["compare", "--width", "2", "--dim", "3", "--activation", "elu(-1)"], "alpha: a positive number is required"),
        (["compare", "--width", "2", "--dim", "3", "--activation", "Max(z, sin(z))"], "decides where a kink is"),
        (["nothing"], "invalid choice"),
        (["comparee"], "did you mean 'compare'?"),
        (["compare", "--widht", "3", "--dim", "3"], "--widht 3: no argument of this command; did you mean '--width'?"),
        (["compare", "--width", "2", "--dim", "3", "--curvature", "Hessian"], "did you mean 'hessian'?"),
        (["compare", "--width", "2", "--dim", "3", "--norms", "h1"], "argument --norms: norm: .*; did you mean 'H1'?"),
        (["compare", "--seed", "-1"], "compare: error: argument --seed: a non-negative integer is required, got -1"),
        (["compare", "--width", "2.0"], "argument --width: a positive integer is required, got '2.0'"),
        (["compare", "--dim", "\u0663"], "argument --dim: a positive integer is required, got '\u0663'"),
        (["compare", "--width", "1" * 5000], "argument --width: a positive integer is required"),
        (["verify", "--networks", "2", "--width", "1", "--dim", "2", "--teacher-width", "0"], "--teacher-width: a pos"),
        (["compare", "--width", "1", "--dim", "2", "--teacher-width", "0"], "argument --teacher-width: a positive"),
        (["verify", "--width", "1", "--dim", "2", "--workers", "-2"], "argument --workers: a positive integer, or -1"),
        (["flow", "--angle", "nan"], "argument --angle: radians in [0, pi] are required, got nan"),
        (["flow", "--angle", "1", "--ratio", "1e999"], "argument --ratio: a positive norm ratio"),
        (["latex", "relu/K00", "--angle", "{" * 1500], "angle: LaTeX of a symbol, at most 200 characters"),
        (["latex", "relu/K00", "--student", "w" + "_{a" * 1500], "student: LaTeX of a symbol, at most 200"),
        (["latex", "relu/K00", "--vectors", "{" * 1500], "argument --vectors: invalid choice"),
        ([], "required"),
    ],
)
def test_usage_errors_have_status_two(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), error)
    assert error.startswith("sobolev-theory")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        *(
            "compare",
            "verify",
            "flow",
            "optimal-weight",
            "descent",
            "search",
            "latex",
            "plot",
            "plot loss",
            "plot phase",
            "plot condition",
            "plot spectrum",
        ),
        *("plot distribution", "plot weight", "plot width", "plot sgd", "plot steps", "plot samples"),
    ],
)
def test_help_has_examples(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([*command.split(), "--help"])
    assert stop.value.code == 0
    assert re.search(rf"^  sobolev-theory {command} .*--", capsys.readouterr().out, re.MULTILINE)


def test_the_module_runs():
    command = [sys.executable, "-m", "sobolev_theory", "compare", "--angle", "1"]
    assert "kappa" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("w.csv", "1,2\n3\n", "comma-separated numbers"),
        ("w.csv", "a,2\n1,2\n", "got 'a' in line 1, column 1"),
        ("w.csv", "", "one neuron a line"),
        ("w.csv", "1,nan\n", "finite"),
        ("w.npy", "text", "npy"),
    ],
)
def test_unreadable_files_are_named(capsys, tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SystemExit) as stop:
        main(["compare", "--student", str(path), "--teacher", str(path)])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert f"--student {path}" in error
    assert message in error


def test_figures_that_cannot_be_written_are_one_line(capsys, tmp_path, monkeypatch):
    """Told before anything is drawn, where that can be known; else when it is saved."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    (tmp_path / "folder.png").mkdir()
    monkeypatch.setattr(Figure, "savefig", full)
    for name, message in (("folder.png", "a file that may be written"), ("x.png", "x.png: No space left on device")):
        with pytest.raises(SystemExit) as stop:
            main(["plot", "spectrum", "--angle", "1", "--output", str(tmp_path / name)])
        assert stop.value.code == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_a_warning_is_one_line(capsys, monkeypatch):
    """Without the line of source text at which it was raised; Python's way of showing them is back afterwards."""

    def run(options):
        warnings.warn("no rate follows", st.ConditioningWarning, stacklevel=1)
        return 0

    monkeypatch.setattr("sobolev_theory._commands.latex.run", run)
    before = warnings.showwarning
    with warnings.catch_warnings(action="default"):
        assert main(["latex"]) == 0
        assert warnings.showwarning is before
    assert capsys.readouterr().err == "sobolev-theory latex: warning: no rate follows\n"


def test_tables_fit_eighty_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (
        ["compare", "--width", "3", "--dim", "20"],
        ["compare", "--angle", "0.5", "1", "--norms", "L2", "H1", "1,0.5"],
        ["flow", "--angle", "1", "--t-max", "40", "--norms", "L2", "H1", "1,0.5"],
    ):
        main(arguments)
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text  # no number is cut off


# --- sweeps -----------------------------------------------------------------------------------------------------------

GRID = ["--grid", "width=1,2", "--grid", "dim=4", "--grid", "norms=H1:L2", "--grid", "curvature=gauss_newton"]


def test_sweep_is_that_of_the_function(capsys, tmp_path):
    names = {"width": [1, 2], "dim": 4, "norms": [("H1", "L2")], "curvature": "gauss_newton"}
    expected = st.sweep("condition_number_ratio", names, repeats=3, rng=7)
    csv, figure, file = (str(tmp_path / name) for name in ("out.csv", "out.pdf", "file.jsonl"))
    some = ["--repeats", "3", "--seed", "7", "--checkpoint", file]
    status, data = run_json(capsys, "sweep", "condition_number_ratio", *GRID, *some, "--csv", csv, "--plot", figure)
    assert (status, data["repeats"]) == (0, 3)
    assert [row | {"norms": ("H1", "L2")} for row in data["rows"]] == expected.as_dicts()
    assert [row["condition_number_ratio"] for row in data["summary"]] == [
        row["condition_number_ratio"] for row in expected.summary()
    ]
    with open(csv, encoding="utf-8", newline="") as text:
        assert text.read() == expected.to_csv()
    with open(figure, "rb") as data:
        assert data.read().startswith(MAGIC["pdf"])
    assert main(["sweep", "condition_number_ratio", *GRID, *some]) == 0  # all of it from the file
    assert capsys.readouterr().out.rstrip() == str(expected.summary())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["condition_numbr", *GRID], "invalid choice: 'condition_numbr' .* did you mean 'condition_number'"),
        (["steps"], "required: --grid"),
        (
            ["steps", "--grid", "width"],
            "--grid: a parameter and its values, such as width=2,4,8, are required, got 'width'",
        ),
        (["steps", "--grid", "width=2", "--grid", "width=3"], "--grid: width: once is required"),
        (["steps", "--grid", "widht=2", "--grid", "dim=3"], "grid: steps takes width, .* did you mean 'width'"),
        (["steps", "--grid", "width=2,x", "--grid", "dim=3"], "grid: width: a positive integer is required, got 'x'"),
        (["steps", "--grid", "width=2", "--grid", "dim=3", "--grid", "activation=rulu"], "did you mean 'relu'"),
        (
            ["steps", "--grid", "width=2", "--grid", "dim=3", "--csv", "nowhere/x.csv"],
            "--csv nowhere/x.csv: an existing",
        ),
    ],
)
def test_sweep_names_what_is_wrong(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        main(["sweep", *arguments])
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert told.startswith("sobolev-theory sweep: error: ")
    assert re.search(message, told)


def test_sweep_reads_values_as_they_are_written():
    values = "a=1,0.5,-2e3,x,None,1:0.5,H1:L2,(1:0.5):L2,L2:(0:1:2),(1:2)"
    options = _parse(["sweep", "steps", "--grid", values, "--grid", "activation=leaky_relu(0.1),erf"])
    values, named = (dict(options.grid)[name] for name in ("a", "activation"))
    assert values[:7] == [1, 0.5, -2000.0, "x", None, (1, 0.5), ("H1", "L2")]
    assert values[7:] == [((1, 0.5), "L2"), ("L2", (0, 1, 2)), (1, 2)]
    assert type(values[0]) is int
    assert named == ["leaky_relu(0.1)", "erf"]


def test_flow_from_random_starts(capsys):
    few = ["--angle", "1", "--dim", "2", "--t-max", "4", "--accuracy", "0.1", "--norms", "L2"]
    status, data = run_json(capsys, "flow", *few, "--starts", "2", "--seed", "3")
    start = [[np.cos(1.0), np.sin(1.0)]]
    options = {"t_max": 4.0, "accuracy": 0.1, "starts": 2, "rng": 3}
    (row,) = st.compare_flows(start, [[1.0, 0.0]], ["L2"], **options)
    assert (status, data["rows"][0]["time"]) == (0, float(row.time))
    assert data["rows"][0]["standard_error"]["time"] == row.time.standard_error > 0
    with pytest.raises(SystemExit):
        main(["flow", *few, "--starts", "2", "--figure", "x.pdf"])
    assert "--figure: not together with --starts" in capsys.readouterr().err


def test_advise(capsys, tmp_path, monkeypatch):
    """What `st.advise` says of the same network and data, in words that fit, and as data."""
    monkeypatch.setenv("COLUMNS", "80")
    rng = np.random.default_rng(0)
    network, X = st.Network(rng.standard_normal((2, 2)), activation="erf"), rng.standard_normal((30, 2))
    model, data, values = (str(tmp_path / name) for name in ("model.npz", "X.npy", "y.csv"))
    network.save(model)
    np.save(data, X)
    np.savetxt(values, network(X), fmt="%.17g")
    given = ["advise", "--network", model, "--data", data, "--accuracy", "1e-2", "--norms", "L2", "H1"]
    report = st.advise(network, X, ("L2", "H1"), accuracy=1e-2)
    assert main(given) == 0
    text = capsys.readouterr().out
    assert text == f"{report}\n"
    assert max(map(len, text.splitlines())) <= 80
    assert main([*given, "--format", "markdown"]) == 0
    assert capsys.readouterr().out == f"{report.to_markdown()}\n"
    status, found = run_json(capsys, *given, "--targets", values, "--parameters", "weights", "--seed", "3")
    expected = st.advise(network, X, ("L2", "H1"), targets=network(X), parameters="weights", accuracy=1e-2, rng=3)
    assert (status, found) == (0, _finite(expected.to_dict()))
    for wrong, said in (
        (["advise", "--network", data], "--network"),
        ([*given, "--accuracy", "1"], "accuracy: a fraction"),
        ([*given, "--targets", data], "targets[0]: shape (n,)"),
        (["advise", "--data", data], "--network"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)
        assert said in capsys.readouterr().err
