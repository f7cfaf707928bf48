"""Networks from arrays as libraries keep them, from state dicts, and from files: what needs no other library."""

import io
import json
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import Network, _kernels, activations
from sobolev_theory.__main__ import main
from sobolev_theory.activations import Activation
from sobolev_theory.activations.texts import definition_from

W, A, B = np.array([[0.5, -2.0, 0.25], [4.0, 0.1, -6.0]]), np.array([1.5, -0.3]), np.array([0.2, 0.7])
NET = Network(W, A, B, 0.5, "tanh")


GENERATED = (Path(_kernels.__file__).parent / "relu2.py").read_text(encoding="utf-8")
"""A module as `symbolic.derive` generates them."""


# --- arrays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outer", [A, A[:, None], A[None, :]])
@pytest.mark.parametrize("bias", [0.5, [0.5], [[0.5]], np.float32(0.5)])
def test_arrays_of_both_layouts(outer: Any, bias: Any) -> None:
    assert Network.from_arrays(W, outer, B, bias, "tanh") == NET
    assert Network.from_arrays(W.T, outer, B[:, None], bias, "tanh", layout="inputs") == NET


def test_what_is_not_given_has_its_default() -> None:
    assert Network.from_arrays(W.T, layout="inputs") == Network(W)


REFUSED = {
    "layout": ({"layout": "rows"}, "layout: one of 'neurons', 'inputs' is required"),
    "transposed": (
        {"weights": W.T},
        r"output_weights: .*K = 3 by weights \(K, d\) of shape \(3, 2\), got shape \(2,\); the weights fit as those of "
        r"layout='inputs', \(d, K\)",
    ),
    "not transposed": ({"layout": "inputs"}, r"output_weights: .*fit as those of layout='neurons', \(K, d\)"),
    "transposed, without output weights": ({"weights": W.T, "output_weights": None}, "biases: .*layout='inputs'"),
    "neither": ({"output_weights": np.ones(5)}, r"output_weights: .*got shape \(5,\)$"),
    "several outputs": ({"output_weights": np.ones((4, 2))}, r"output_weights: .*4 outputs; take one, x\[0\]"),
    "in columns": ({"output_weights": np.ones((2, 4))}, r"output_weights: .*4 outputs; take one, x\[:, 0\]"),
    "output biases": ({"output_bias": [1.0, 2.0]}, r"output_bias: .*got shape \(2,\); take that of one output"),
    "no output bias": (
        {"output_bias": None},
        "output_bias: .* an array of one, is required, got None",
    ),
    "infinite": ({"output_bias": [np.inf]}, "output_bias: a finite number"),
    "nan": ({"biases": [np.nan, 1.0]}, "biases: finite numbers are required"),
    "vector": ({"weights": A}, r"weights: shape \(K, d\) is required, got shape \(2,\)"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_arrays_that_do_not_fit(kind: str) -> None:
    changed, told = REFUSED[kind]
    given: dict[str, Any] = {"weights": W, "output_weights": A, "biases": B, **changed}
    with pytest.raises(ValueError, match=f"^{told}"):
        Network.from_arrays(**given)


def test_a_network_names_the_layout_too() -> None:
    with pytest.raises(ValueError, match=r"^output_weights: .*layout='inputs' to Network\.from_arrays"):
        Network(W.T, A)


# --- other libraries, without them ------------------------------------------------------------------------------------


STATE = {"0.weight": W, "0.bias": B, "2.weight": A[None, :], "2.bias": np.array([0.5])}


def test_state_dicts_of_arrays() -> None:
    assert Network.from_torch(STATE, activation="tanh") == NET
    renamed = {key.replace("0.", "net.fc1.").replace("2.", "net.out."): value.tolist() for key, value in STATE.items()}
    assert Network.from_torch(renamed, activation="tanh") == NET
    without = {key: value for key, value in STATE.items() if "bias" not in key}
    assert Network.from_torch(without, activation="erf") == Network(W, A, activation="erf")


STATES = {
    "activation": (STATE, None, r"activation: a state dict does not say it; pass its name, such as activation='tanh'"),
    "one layer": ({"weight": W}, "tanh", r"module: .*got 1 layers: weight"),
    "three layers": (STATE | {"4.weight": W}, "tanh", r"module: .*got 3 layers: .*more than one hidden layer"),
    "normalisation": (STATE | {"1.running_mean": A}, "tanh", r"module: .*got one named '1\.running_mean'"),
    "checkpoint": ({"state_dict": STATE, "epoch": 3}, "tanh", r"module: .*'state_dict'; pass x\['state_dict'\]"),
    "epoch": ({"epoch": 3}, "tanh", "module: .*got one named 'epoch'"),
    "several outputs": (STATE | {"2.weight": np.ones((3, 2))}, "tanh", r"module: one output is required, got 3; the"),
    "no weights": ({"0.bias": B, "2.weight": A[None, :]}, "tanh", "module: .*got 2 layers: "),
    "no numbers": (STATE | {"0.bias": "x"}, "tanh", "module, '0.bias': an array of numbers is required, got 'x'"),
    "shapes": (
        STATE | {"0.weight": W.T},
        "tanh",
        r"module: .*of shapes .*, got \(3, 2\) and \(1, 2\)",
    ),
    "order": (dict(reversed(STATE.items())), "tanh", r"module: .*of shapes \(K, d\) and \(1, K\), got \(1, 2\) and "),
    "unknown": (STATE, "tahn", "activation: 'tahn' is not known; did you mean 'tanh'"),
    "nan": (STATE | {"0.weight": W * np.nan}, "tanh", "weights: finite numbers are required"),
}


@pytest.mark.parametrize("kind", STATES)
def test_state_dicts_of_other_modules(kind: str) -> None:
    state, activation, told = STATES[kind]
    with pytest.raises(ValueError, match=f"^{told}"):
        Network.from_torch(state, activation)


def test_what_is_of_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "sklearn", "sklearn.neural_network"):
        monkeypatch.setitem(sys.modules, name, None)
    for value in (W, None, NET, st):
        with pytest.raises(ValueError, match=r"^module: a module of torch, or its state dict, is required, got "):
            Network.from_torch(value)
        with pytest.raises(ValueError, match=r"^estimator: a fitted MLPRegressor is required, got "):
            Network.from_sklearn(value)
    with pytest.raises(ImportError, match=r"pip install 'sobolev_theory\[torch\]'"):
        NET.to_torch()


@pytest.mark.parametrize("activation", ["erf", "relu2", "hermite3", ["tanh", "relu"]])
def test_activations_that_torch_has_not(activation: Any) -> None:
    with pytest.raises(ValueError, match=r"^activation: torch has no module of .*, its own are celu, elu, "):
        Network(W, activation=activation).to_torch()


# --- files ------------------------------------------------------------------------------------------------------------


NETWORKS = {
    "plain": Network(W),
    "biases": NET,
    "a parameter": Network(W, A, B, -1e-300, "leaky_relu(0.1)"),
    "neurons": Network(W, A, activation=["elu(0.5)", "hermite3"]),
    "generic": Network.random(7, 5, rng=0, activation="gelu"),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_file_holds_a_network_in_every_bit(kind: str, tmp_path: Path) -> None:
    net, path = NETWORKS[kind], tmp_path / "net.npz"
    for _ in range(2):  # the second time in place of the first
        net.save(str(path))
        read = Network.load(path)
        assert read == net
        assert (read.biases is None) == (net.biases is None)
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]
    with np.load(path, allow_pickle=False) as data:
        assert set(data) <= {"weights", "output_weights", "biases", "output_bias", "activation"}
        assert np.array_equal(data["weights"], net.weights)
        assert data["activation"].tolist() == (
            net.activation.name if len(set(net.activations)) == 1 else [each.name for each in net.activations]
        )


def test_a_file_carries_derived_activations(tmp_path: Path) -> None:
    """As text, which is arithmetic; no registry is asked or altered."""
    derived, path = Activation("snake", definition_from("snake", GENERATED)), tmp_path / "net.npz"
    for net in (Network(W, activation=derived), Network(W, activation=["tanh", derived])):
        net.save(path)
        read = Network.load(path)
        assert read == net
        assert read.activations[-1].derivative(0.3, 1) == derived.derivative(0.3, 1)
    assert "snake" not in activations.names()


def test_activations_that_no_file_holds(tmp_path: Path) -> None:
    own = activations.from_callable([np.arctan, lambda z: 1 / (1 + z**2)], name="arctan")
    with pytest.raises(ValueError, match=r"^activation: 'arctan' cannot be saved"):
        Network(W, activation=own).save(tmp_path / "net.npz")
    twins = [Activation("twin", definition_from("twin", text)) for text in (GENERATED, GENERATED + "\n")]
    with pytest.raises(ValueError, match=r"^activation: different names are required"):
        Network(W, activation=twins).save(tmp_path / "net.npz")
    assert not list(tmp_path.iterdir())


def test_files_made_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, weights=W.astype(np.float32))
    assert Network.load(path) == Network(W.astype(np.float32))
    np.savez(path, weights=W, output_weights=A[:, None], output_bias=[0.5], activation="tanh", biases=B)
    assert Network.load(path) == NET


def archive(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def no_text() -> bytes:
    """An archive whose text has a number that no letter has."""
    stream, letters = io.BytesIO(), np.array(["tanh"])
    letters.view(np.uint32)[0] = 2**31
    np.savez(stream, weights=W, activation=letters)
    return stream.getvalue()


PAYLOAD = np.array([["snake", "import os\nos.mkdir('m')\n"]])
FILES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "an empty file"),
    "text": (b"0.5,1\n", "damaged, or its suffix is wrong"),
    "damaged": (archive(weights=W)[:-30], "a damaged archive"),
    "no network": (archive(V=W), "one named 'V'"),
    "misspelt": (archive(weight=W), "did you mean 'weights'"),
    "without weights": (archive(biases=B), "an array named weights is required, got biases"),
    "pickled": (archive(weights=np.array([[None]])), "pickled objects"),
    "no numbers": (archive(weights=np.array([["1"]])), "weights: an array of numbers .*text"),
    "shapes": (archive(weights=W.T, biases=B), r"biases: .*K = 3"),
    "infinite": (archive(weights=W * np.inf), "weights: finite numbers"),
    "numbers": (archive(weights=W, activation=3), "activation: a name is required, or one for each neuron"),
    "table": (archive(weights=W, activation=[["relu", "erf"]]), "activation: a name is required"),
    "unknown": (archive(weights=W, activation="tahn"), "activation: 'tahn' is not known; did you mean 'tanh'"),
    "too few": (archive(weights=W, activation=["relu", "erf", "erf"]), "activation: one for each of the 2 neurons"),
    "no text": (no_text(), "activation: "),
    "source": (archive(weights=W, activation="snake", sources=PAYLOAD), "arithmetic alone"),
    "source of no name": (archive(weights=W, activation="1", sources=np.array([["1", ""]])), "a letter followed by"),
    "sources": (archive(weights=W, sources="x"), r"sources: pairs of a name and a text are required, got shape \(\)"),
}


@pytest.mark.parametrize("kind", FILES)
def test_files_of_something_else(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, told = FILES[kind]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.npz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"^path .*net\.npz: .*{told}") as caught:
        Network.load(path)
    assert "\n" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["net.npz"]


@pytest.mark.parametrize("name", ["net.npy", "net", "missing/net.npz", ""])
def test_names_of_files(name: str, tmp_path: Path) -> None:
    for path in (tmp_path / name, 3, None, b"net.npz"):
        with pytest.raises(ValueError, match=r"^path"):
            NET.save(path)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"^path"):
            Network.load(path)  # type: ignore[arg-type]


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """Whatever byte is off, there is a network, or an error that names the file."""
    path, rng = tmp_path / "net.npz", np.random.default_rng(0)
    Network(W, A, B, 0.5, activation=["tanh", "erf"]).save(path)
    good = path.read_bytes()
    for _ in range(100):
        bad = bytearray(good)
        bad[rng.integers(len(bad))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        try:
            with warnings.catch_warnings(action="ignore"):
                assert Network.load(path).width == 2
        except ValueError as error:
            assert str(error).startswith("path ")  # noqa: PT017
    assert zipfile.is_zipfile(io.BytesIO(good))


# --- files of networks on the command line ----------------------------------------------------------------------------


def rows(capsys: pytest.CaptureFixture[str], *line: str) -> Any:
    assert main([*line, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def kappa(student: Network, teacher: Network) -> Any:
    return st.compare(student, teacher, ["L2"], activation=student.activation).as_dicts()[0]["condition_number"]


def test_commands_read_whole_networks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    teacher, of_silu = Network(W[::-1], activation="erf"), Network(W, biases=B, activation="silu")
    NET.save("s.npz")
    teacher.save("t.npz")
    np.save("w.npy", W)
    np.savez("layers.npz", weights=W, biases=B)
    pair = ("--student", "s.npz", "--teacher", "t.npz", "--norms", "L2")
    [found] = rows(capsys, "compare", *pair)["rows"]
    assert found["condition_number"] == kappa(NET, teacher)
    assert rows(capsys, "compare", *pair)["activation"] == "tanh"
    main(["compare", *pair])
    assert capsys.readouterr().out.startswith("tanh student 2 x 3, erf teacher 2 x 3")
    for line, of_student, of_teacher in (
        ("--student s.npz --teacher w.npy", NET, Network(W, activation="tanh")),
        ("--student w.npy --teacher t.npz", Network(W, activation="erf"), teacher),
        ("--student layers.npz --teacher w.npy", Network(W, None, B), Network(W)),
        ("--student layers.npz --teacher w.npy --activation silu", of_silu, Network(W, activation="silu")),
        ("--student s.npz:weights --teacher w.npy --activation erf", *(Network(W, activation="erf"),) * 2),
    ):
        [found] = rows(capsys, "compare", *line.split(), "--norms", "L2")["rows"]
        assert found["condition_number"] == kappa(of_student, of_teacher), line
    for more, told in (
        ("--activation tanh", "--activation: not together with --student s.npz, which is a whole network"),
        ("--biases 1,2 --teacher-output-bias 1", "--biases: not together with --student s.npz"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(["compare", *pair, *more.split()])
        assert told in capsys.readouterr().err


@pytest.mark.long
def test_other_commands_take_both_activations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Network([[0.5, -0.25]], activation="tanh").save("s.npz")
    Network([[1.0, 0.5]], activation="erf").save("t.npz")
    pair = ("--student", "s.npz", "--teacher", "t.npz")
    assert rows(capsys, "verify", *pair, "--samples", "2000")["passed"]
    assert main(["plot", "spectrum", *pair, "--output", "spectrum.svg"]) == 0
