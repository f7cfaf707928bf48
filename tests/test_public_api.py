"""The door: what can be imported, what importing loads, and that the documented examples are true."""

import doctest
import importlib
import pkgutil
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sobolev_theory as st

ELSEWHERE = ("sobolev_theory.__main__", "sobolev_theory.torch")
"""Modules that run when imported, or need what is not here: the latter are tested in `extras`."""

MODULES = sorted(
    m.name for m in pkgutil.walk_packages(st.__path__, "sobolev_theory.") if not m.name.startswith(ELSEWHERE)
)


DOOR = """
Network Inputs PopulationLoss Comparison Curvature Spectrum compare condition_number_ratio OptimalWeight optimal_weight
Flow FlowComparison Rate compare_flows gradient_flow lyapunov_derivative
BestStep Descent TunedSteps best_step gradient_descent steps_to
CriticalPoint critical_point Search find_critical_points Sweep sweep
activations empirical finite_sample formulas kernels monte_carlo reduced single_neuron symmetric
Table Advice advise
AccuracyError AccuracyWarning ConditioningWarning InfiniteNormError NotDifferentiableError OverflowingError
SizeError UnknownActivationError WorkerError
"""


def test_the_door_is_a_list():
    assert sorted(st.__all__) == sorted(DOOR.split())
    assert all(hasattr(st, name) for name in st.__all__)


@pytest.mark.parametrize("name", ["sobolev_theory", *MODULES])
def test_docstrings_keep_their_section_lines(name):
    """An underline stands alone on its line."""
    source = Path(importlib.import_module(name).__file__).read_text(encoding="utf-8")
    assert not re.search(r"^\s*-{4,} +\w", source, re.MULTILINE)


def test_import_is_light():
    """Neither SymPy, matplotlib, PyTorch, scipy.stats, rich nor a cluster library is loaded by it or a computation.

    Two rooms of SciPy, which would take a sixth of its time, are loaded when one is computed with.
    """
    code = """
import sys, numpy as np, sobolev_theory as st
print(sorted({"scipy.interpolate", "scipy.optimize"} & set(sys.modules)))
st.condition_number_ratio(np.eye(2), np.array([[1.0, 1.0], [1.0, -0.5]]))
heavy = {"sympy", "matplotlib", "torch", "scipy.stats", "rich", "distributed", "derivations", "sobolev_theory.symbolic"}
print(sorted(heavy & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["[]", "[]"]


def test_help_needs_no_extra(monkeypatch):
    """`help` takes every name that `dir` lists, and an import that fails ends it."""
    for needed in ("array_api_compat", "matplotlib", "sympy", "torch"):
        monkeypatch.setitem(sys.modules, needed, None)
    assert set(dir(st)) == {*st.__all__, "__version__", "__doc__"}
    assert re.search(r"advise\(\s*network", pydoc.plain(pydoc.render_doc(st)))  # Python 3.13 folds long signatures


def test_a_room_without_its_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "sobolev_theory.torch", raising=False)
    with pytest.raises(ImportError, match=re.escape("training needs PyTorch: pip install 'sobolev_theory[torch]'")):
        importlib.import_module("sobolev_theory.torch")


EXAMPLES = [
    pytest.param(name, marks=pytest.mark.long if name.endswith((".flow.compare", ".plotting.sweeps")) else ())
    for name in ["sobolev_theory", *MODULES]
]
"""Modules with examples; long are those that follow several flows, as pages and tests of their own do."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings(name):
    failures, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0


def test_public_objects_are_documented_with_an_example():
    public = [st.Network, st.PopulationLoss, st.Curvature, st.Spectrum, st.compare, st.condition_number_ratio]
    public += [st.single_neuron.eigenvalues, st.single_neuron.condition_number, st.single_neuron.condition_number_ratio]
    public += [
        st.gradient_flow,
        st.compare_flows,
        st.lyapunov_derivative,
        st.gradient_descent,
        st.best_step,
        st.steps_to,
    ]
    public += [st.critical_point, st.find_critical_points, st.optimal_weight, st.sweep]
    public += [st.reduced.single_neuron_flow, st.reduced.symmetric_flow]
    public += [st.reduced.symmetric_velocity, st.reduced.symmetric_saddle]
    public += [st.single_neuron.velocity, st.single_neuron.lyapunov_derivative]
    public += [st.finite_sample.spectrum, st.finite_sample.single_neuron_edges]
    public += [st.empirical.EmpiricalLoss, st.empirical.curvature]
    public += [st.monte_carlo.descent, st.monte_carlo.verify, st.monte_carlo.verify_many]
    for thing in public:
        assert ">>>" in thing.__doc__, thing
