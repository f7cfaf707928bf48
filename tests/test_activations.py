"""The activations of the package: declared one by one in a folder, proved, generated, found by their names."""

import pickle
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp

from derivations import activations as folder
from derivations import built_in
from sobolev_theory import activations
from sobolev_theory._kernels.activations import ACTIVATIONS
from sobolev_theory.activations.kinds import KINDS, made
from sobolev_theory.symbolic.derive.reading import GRAMMAR
from sobolev_theory.symbolic.symbols import z

FILES = {path.stem: path for path in Path(folder.__file__).parent.glob("*.py") if path.stem != "__init__"}
SHOWN = [name for name in activations.names() if not name[-1].isdigit() or name in ("relu2", "relu3", "relu6")]
SHOWN += ["hermite3", "hermite20", "monomial1", "monomial7", "leaky_relu(-0.3)", "elu(0.5)", "celu(2.0)"]


def test_the_registry_is_the_folder() -> None:
    """A file declares an activation in at most 40 lines, and nothing else does."""
    assert set(ACTIVATIONS) == set(FILES) == set(built_in.declared())
    degrees = [f"{name}{n}" for name in ("hermite", "monomial") for n in range(1, 21)]
    assert activations.names() == sorted([*(set(FILES) - {"hermite", "monomial"}), *degrees])
    assert {row["kind"] for row in ACTIVATIONS.values()} == set(KINDS)
    for path in FILES.values():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


def test_a_new_file_is_all_that_a_new_activation_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the text of the file to a definition with moments."""
    text = '"""A ramp that ends at 2."""\n\nfrom derivations.declared import Declared\n\n'
    (tmp_path / "ramp.py").write_text(text + 'ACTIVATION = Declared("Max(0, Min(z, 2))")\n', encoding="utf-8")
    monkeypatch.setattr(folder, "__path__", [str(tmp_path)])
    namespace: dict[str, object] = {"__package__": "sobolev_theory._kernels"}
    exec(built_in.derive().files["activations.py"], namespace)
    monkeypatch.delitem(sys.modules, "derivations.activations.ramp")
    rows = namespace["ACTIVATIONS"]
    assert isinstance(rows, dict)
    assert rows["ramp"]["about"] == "A ramp that ends at 2."
    ramp = made(rows["ramp"]["kind"], rows["ramp"]["expression"], rows["ramp"]["data"])
    assert ramp.derivative(np.array([-1.0, 0.5, 7.0]), 0).tolist() == [0.0, 0.5, 2.0]


@pytest.mark.parametrize("name", SHOWN)
def test_an_activation_is_its_expression(name: str) -> None:
    check_expression(name, (0, 1))


@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_higher_derivatives_are_those_of_the_expression(name: str) -> None:
    check_expression(name, (2, activations.get(name).max_order + 2))


def check_expression(name: str, orders: tuple[int, int]) -> None:
    """Derivatives, to rounding of the largest one, against the expression that the activation shows, in 30 digits."""
    known = activations.get(name)
    points = np.array([-31.7, -3.3, -1.1, -0.013, 1e-6, 0.4, 2.9, 6.6, 25.2])
    expression = GRAMMAR.read(known.definition.expression)
    for order in orders:
        derivative = sp.diff(expression, z, order).replace(sp.DiracDelta, lambda *_: sp.S.Zero).doit()
        with mp.workdps(60):
            exact = sp.lambdify(z, derivative, "mpmath")
            truth = np.array([float(mpmath.mpf(exact(mp.mpf(float(x))))) for x in points])
        found = known.derivative(points, order)
        # a polynomial of degree 20 loses, where it changes its sign, what its terms exceed it by
        terms = sum((abs(c) * abs(points) ** n for n, c in enumerate(_coefficients(derivative))), np.max(abs(truth)))
        assert (abs(found - truth) <= 4e-15 * terms).all(), (order, found - truth, terms)


def _coefficients(expression: sp.Expr) -> list[float]:
    """Of a polynomial."""
    return [float(c) for c in reversed(sp.Poly(expression, z).all_coeffs())] if expression.is_polynomial(z) else []


def test_families_are_functions_of_their_parameters() -> None:
    """By position or by name; the name of what they make says them, and pickles and files carry it alone."""
    assert activations.leaky_relu() == activations.get("leaky_relu") == activations.get("leaky_relu(0.01)")
    assert activations.leaky_relu(0.1) == activations.leaky_relu(slope=0.1) == activations.get("leaky_relu( 1e-1 )")
    assert activations.leaky_relu(0.1).name == "leaky_relu(0.1)"
    assert activations.hermite(3) == activations.get("hermite3")
    assert activations.elu(1) == activations.get("elu") != activations.celu(1)
    for known in (activations.celu(0.5), activations.monomial(20), activations.get("tanh")):
        assert known.is_packaged
        assert len(pickle.dumps(known)) < 300
        assert pickle.loads(pickle.dumps(known)) == known
    assert "Maas" in str(activations.leaky_relu.__doc__)
    assert {"leaky_relu", "elu", "celu", "hermite", "monomial"} <= set(dir(activations))


@pytest.mark.parametrize(
    ("family", "arguments", "message"),
    [
        ("leaky_relu", (1,), "slope: a finite number other than 1 is required, got 1"),
        ("leaky_relu", (np.inf,), "slope: a finite number other than 1 is required, got inf"),
        ("elu", (0,), "alpha: a positive number is required, got 0"),
        ("celu", ("1",), "alpha: a positive number is required, got '1'"),
        ("hermite", (0,), "degree: a degree from 1 to 20 is required, got 0"),
        ("monomial", (21,), "degree: a degree from 1 to 20 is required, got 21"),
        ("monomial", (2.5,), "degree: a degree from 1 to 20 is required, got 2.5"),
    ],
)
def test_parameters_that_a_family_does_not_have(family: str, arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        getattr(activations, family)(*arguments)


@pytest.mark.long
def test_importing_makes_no_definition() -> None:
    """But that of ReLU, the default; they are made when they are asked for."""
    code = """
import sobolev_theory as st
from sobolev_theory.activations import built_in
before = built_in._definition.cache_info().currsize
st.activations.get("tanh")
print(before, built_in._definition.cache_info().currsize)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["1", "2"]
