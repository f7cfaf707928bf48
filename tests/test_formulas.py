"""The catalogue: what is printed is what the package computes; all results are there, by name, without SymPy."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

import sobolev_theory as st
from sobolev_theory import activations, formulas
from sobolev_theory.activations.generated import BUILT_IN
from sobolev_theory.formulas import Formula, Theorem, UnknownFormulaError
from sobolev_theory.symbolic.catalogue.parsing import DIMENSION, VECTORS
from tests.catalogue_values import FORMULAS, SWEPT, Point, assembled, computed, exact_values

ROOT = Path(__file__).parent.parent
NAMES = formulas.names()
CONVENTIONS = ("backprop", "exact")


@cache
def points() -> list[Point]:
    return [Point.random(seed, dim) for seed, dim in ((0, 3), (1, 4), (2, 3))]


@pytest.mark.parametrize("name", SWEPT)
def test_what_is_printed_is_what_is_computed(name: str) -> None:
    """To 1e-12 of the numbers that are computed: the term of a pair is the difference of two losses."""
    formula = formulas.get(name)
    for point in points():
        with mp.workdps(30):
            expected = assembled(formula, exact_values(formula, point), point)
        value, scale = computed(formula, point)
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-12 * scale)


def test_a_record_that_nothing_computes_is_an_error() -> None:
    unknown = formulas.get("relu/K00").to_dict() | {"name": "relu/L2/new_quantity"}
    with pytest.raises(KeyError, match="new_quantity"):
        computed(Formula.from_dict(unknown), points()[0])


def expected_names(activation: str) -> set[str]:
    """What every activation has: moments, and per norm the terms of loss, gradient and curvature."""
    known = activations.get(activation)
    found = {f"{activation}/K{m}{m}" for m in range(known.max_order + 1)}
    for order in range(known.max_order + 1):
        norm = f"{activation}/{f'H{order}' if order else 'L2'}"
        endings = [f"/{name}" for name in CONVENTIONS] if order == known.jump_order else [""]
        found |= {f"{norm}/{quantity}{itself}" for quantity in ("loss", "gauss_newton") for itself in ("", "/self")}
        for quantity in ("gradient", "gradient/self", "hessian/own", "hessian/own/self", "hessian/cross"):
            found |= {f"{norm}/{quantity}{ending}" for ending in endings}
        found |= {f"{norm}/limit/{block}" for block in ("own", "cross") if order == known.jump_order}
        found |= {f"{activation}/affine/K{moment}" for moment in ("00", "10", "11", "20")}
        found |= {f"{norm}/symmetric/teacher/{part}" for part in ("trivial", "standard", "spectrum")}
    return found


ONE_NEURON = {
    f"relu/{norm}/single_neuron/{quantity}{convention}"
    for quantity in ("eigenvalues", "velocity", "lyapunov_derivative")
    for norm, convention in (("L2", ""), ("H1", "/backprop"), ("H1", "/exact"))
}
PARAMETERS = ("output_weights", "biases", "weights")
AFFINE = {
    *(f"affine/{of}gradient/{name}" for of in ("", "mean/") for name in PARAMETERS),
    *(
        f"affine/{of}/{first}/{second}"
        for of in ("hessian/own", "hessian/cross", "mean/hessian")
        for j, second in enumerate(PARAMETERS)
        for first in PARAMETERS[: j + 1]
        if of == "hessian/cross" or second != "output_weights"
    ),
    "affine/gradient/weights/backprop",
    *(
        f"affine/{of}/{first}/{second}/backprop"
        for of in ("hessian/own", "hessian/cross", "gauss_newton")
        for first, second in product(PARAMETERS, repeat=2)
        if first != "biases" and not (of == "gauss_newton" and second == "biases")
        if of != "hessian/own" or (first, second) != ("output_weights", "output_weights")
    ),
}
OTHERS = {
    *("relu/single_neuron/sampled_edges", "relu/single_neuron/sampled_density"),
    *(f"relu/{norm}/single_neuron/sampled_condition_number" for norm in ("L2", "H1")),
    *("relu/single_neuron/condition_number_ratio", "relu/L2/single_neuron/condition_number"),
    *("relu/H1/single_neuron/condition_number", "gaussian/price_stein", "gauss_newton/block", "polar/inner_product"),
    *("arc_cosine/J1", "arc_cosine/J2", "arc_cosine/J3", "relu/symmetric/condition_number_ratio/limit"),
    *(f"curvature/symmetric/{part}" for part in ("entries", "trivial", "standard", "scalars")),
    *(
        f"{jumping}/symmetric/limit/{side}/{part}"
        for jumping in ("relu/H1", "relu2/H2", "relu3/H3")
        for side in ("inside", "outside")
        for part in ("trivial", "standard", "spectrum")
    ),
    *(
        f"moments/{norm}/symmetric/teacher/{part}"
        for norm in ("L2", "H1")
        for part in ("trivial", "standard", "scalars")
    ),
}


BENT, HARD = {"abs", "leaky_relu"}, {"hard_sigmoid", "hard_swish", "hard_tanh", "relu6"}
UNITS = {"elu", "celu", "selu"}
ENTIRE = {"cos", "exp", "sin", "gaussian", "hermite2", "hermite3", "monomial2", "monomial3"}
OF_CLASSES = {
    *(f"{name}/{means}K{m}{m}" for name in BENT | ENTIRE for means in ("", "affine/") for m in (0, 1)),
    *(f"{name}/{means}K00" for name in ("sign", "step") for means in ("", "affine/")),
    *(f"{name}/affine/K{m}{m}" for name in HARD | UNITS for m in (0, 1) if (name, m) != ("hard_swish", 0)),
    *(f"gelu/K{m}{m}" for m in (0, 1)),
}
"""Moments of activations without generated kernels; of the families of polynomials those of two degrees."""


def defined() -> set[str]:
    """Every activation without generated kernels has its definition; of families of polynomials two."""
    plain = {name for name in activations.names() if not re.match("hermite|monomial", name)} - set(BUILT_IN)
    return {f"{name}/definition" for name in plain | {name for name in ENTIRE if name[-1] in "23"}}


def test_every_activation_norm_and_convention_is_there() -> None:
    with_kernels = map(expected_names, sorted(BUILT_IN))
    assert set(FORMULAS) == set().union(OTHERS, AFFINE, ONE_NEURON, OF_CLASSES, defined(), *with_kernels)


def test_names_are_unique_sorted_and_found_by_prefix() -> None:
    assert sorted(set(NAMES)) == NAMES
    assert formulas.names("relu/H1/gradient/") == [
        "relu/H1/gradient/backprop",
        "relu/H1/gradient/exact",
        "relu/H1/gradient/self/backprop",
        "relu/H1/gradient/self/exact",
    ]
    assert formulas.names("nothing") == []
    assert len(formulas.names("theorem/")) == 12
    stored = json.loads((Path(st.__file__).parent / "_kernels" / "catalogue.json").read_text(encoding="utf-8"))
    assert [record["name"] for record in stored] == NAMES


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("relu/H1/gradient", ["relu/H1/gradient/backprop", "relu/H1/gradient/exact"]),
        ("relu/H1/gradient/backprob", ["relu/H1/gradient/backprop"]),
        ("RELU/k00", ["relu/K00"]),
        ("relu/K01", ["relu/K00"]),
        ("theorem/lyapunov", ["theorem/lyapunov_comparison"]),
        ("exact_cone", ["theorem/exact_cone"]),
    ],
)
def test_unknown_names_suggest_near_ones(name: str, suggested: list[str]) -> None:
    with pytest.raises(UnknownFormulaError) as error:
        formulas.get(name)
    assert str(error.value).startswith(f"name: the name of a formula is required, got {name!r}; did you mean ")
    assert all(repr(near) in str(error.value) for near in suggested)


@pytest.mark.parametrize("name", ["", "zzz", 7, None, ["relu/K00"]])
def test_names_that_are_near_to_nothing(name: object) -> None:
    with pytest.raises(UnknownFormulaError, match=r"got .*; formulas\.names\(\) lists all"):
        formulas.get(name)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="prefix"):
        formulas.names(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_records_are_complete_and_survive_json(name: str) -> None:
    record = formulas.get(name)
    assert record.name == name
    again = type(record).from_dict(json.loads(json.dumps(record.to_dict())))
    assert again == record
    assert hash(again) == hash(record)  # there is no list left
    assert record.statement
    assert record.source
    assert record.statement.count("$") % 2 == 0
    if isinstance(record, Theorem):
        return
    assert record.domain.count("$") % 2 == 0
    assert record.domain
    assert record.entries
    assert all(entry.label for entry in record.entries) if record.form in ("listing", "combination") else record.symbol
    assert all(entry.latex and entry.expression for entry in record.entries)
    assert all(step.statement and step.left and step.right for step in record.steps)
    assert all(letter and meaning for letter, meaning in record.where)


@pytest.mark.parametrize("name", SWEPT)
def test_the_numeric_function_named_in_a_record_exists(name: str) -> None:
    """The call as it is written, with weights and angles put in."""
    formula = formulas.get(name)
    if formula.numeric and "(" not in formula.numeric:
        module, _, function = f"sobolev_theory.{formula.numeric}".rpartition(".")
        assert callable(getattr(import_module(module), function))
    elif formula.numeric:
        activation = name.split("/")[0] if name.split("/")[0] in sorted(BUILT_IN) else "relu"
        w, v = (st.Network([x], activation=activation) for x in (points()[0].w, points()[0].v))
        angles, family = {"angle": 1.0, "ratio": 0.5}, {"K": 5, "d": 7, "x": 0.8, "y": 0.1, "inf": np.inf}
        samples = {"samples_per_dim": 8.0, "lambda_0": 1.0, "lambda_1": 0.5, "zeta": 0.7}
        samples |= {"m_1": 0.3, "m_2": -0.2, "s": 1.0, "rho": 0.5, "t": 1.2, "z": 0.7}
        result = eval(formula.numeric, vars(st) | {"W": w, "V": v.weights, "X": w.weights} | angles | family | samples)
        assert np.all(np.isfinite(result.to_dense() if isinstance(result, st.Curvature) else result))
    else:
        assert name in ("gaussian/price_stein", "gauss_newton/block")


@pytest.mark.parametrize("name", SWEPT)
def test_sympy_objects(name: str) -> None:
    """Of the type of the form; its letters are the arguments, the vectors and the dimension."""
    formula = formulas.get(name)
    value = formula.sympy()
    kind = {"scalar": sp.Expr, "listing": sp.Tuple, "matrix": sp.MatrixBase, "combination": sp.MatrixExpr}[formula.form]
    assert isinstance(value, kind)
    if formula.form == "combination":
        blocks = any("top" in entry.label or entry.label == "I" for entry in formula.entries)
        assert value.shape == (DIMENSION, DIMENSION if blocks else 1)
    others = {DIMENSION}.union(*(vector.free_symbols for vector in VECTORS.values()))
    assert {str(letter) for letter in value.free_symbols - others} == set(formula.arguments)


def test_sympy_letters_keep_their_assumptions() -> None:
    """``theta`` is positive and a norm too, so that SymPy can simplify."""
    letters = {str(x): x for x in formulas.get("relu/K00").sympy().free_symbols}
    assert all(letters[name].is_positive for name in ("p", "q", "theta"))


def test_sympy_takes_values_by_name() -> None:
    formula = formulas.get("relu/K00")
    assert formula.sympy(p=2, q=3, theta=sp.pi / 2) == 3 / sp.pi
    assert {str(letter) for letter in formula.sympy(p=2).free_symbols} == {"q", "theta"}
    with pytest.raises(ValueError, match=r"s: a letter of relu/K00 is required, one of p, q, theta"):
        formula.sympy(s=1)


def test_a_formula_can_be_read() -> None:
    """No macro of the catalogue is left in what is shown."""
    for name in NAMES:
        record = formulas.get(name)
        if isinstance(record, formulas.Formula):
            text = str(record)
            assert text.startswith(f"{name}: ")
            assert "domain: " in text
            assert not re.search(r"\\(student|teacher|along|towards|weightangle|vecnorm)(?![A-Za-z])", text)


def test_names_and_latex_load_no_sympy() -> None:
    """Times are printed by ``tests/benchmarks/test_formulas.py``."""
    code = """
import sys
from sobolev_theory import formulas
assert formulas.names()
assert "align" in formulas.get("relu/H1/gradient/backprop").latex(student="u", style="align")
assert formulas.document(["relu/K00"])
print("sympy" in sys.modules or "sobolev_theory.symbolic" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


@pytest.mark.long
def test_an_installed_wheel_needs_no_repository(tmp_path: Path) -> None:
    """The wheel alone, in a folder of its own; `sys.path` holds neither the checkout nor its editable install."""
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(ROOT)]
    subprocess.run(install, check=True)
    code = f"""
import sys
sys.path = [{str(target)!r}, *(path for path in sys.path if path != {str(ROOT)!r})]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
import sobolev_theory
assert sobolev_theory.__file__.startswith({str(target)!r}), sobolev_theory.__file__
from sobolev_theory import formulas
for name in formulas.names():
    assert formulas.get(name).latex()
assert formulas.get("relu/K11").sympy().free_symbols
assert formulas.document()
print(len(formulas.names()))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(result.stdout) == len(NAMES)
