"""Closed-form theory of Sobolev training for student-teacher two-layer networks with Gaussian inputs.

Population loss, gradient, Hessian, Gauss-Newton matrix, spectrum and condition number, gradient flow and critical
points, for the L2 loss and for losses that also match derivatives. Everything is derived symbolically, evaluated at a
cost that does not grow with the input dimension, and checked by sampling.

>>> import sobolev_theory as st
>>> student, teacher = st.Network.random(3, 50, rng=0), st.Network.random(3, 50, rng=1)
>>> bool(st.condition_number_ratio(student, teacher, norms=("H1", "L2"), curvature="gauss_newton") < 1)
True

`functional` (array-api-compat), `plotting` (matplotlib), `symbolic` (SymPy) and `torch` (PyTorch) are loaded when they
are first used. Modules that are not listed here are internal.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from . import activations, empirical, finite_sample, formulas, kernels, monte_carlo, reduced, single_neuron, symmetric
from ._runtime.tables import Table
from .advice.advise import advise
from .advice.report import Advice
from .conditioning.compare import compare, condition_number_ratio
from .conditioning.comparison import Comparison
from .conditioning.optimal_weight import optimal_weight
from .conditioning.optimum import OptimalWeight
from .critical_points import CriticalPoint, critical_point
from .curvature.operator import Curvature
from .curvature.spectrum import Spectrum
from .descent.best_step import BestStep, best_step
from .descent.descent import Descent, gradient_descent
from .descent.steps_to import steps_to
from .descent.tuned_steps import TunedSteps
from .errors import (
    AccuracyError,
    AccuracyWarning,
    ConditioningWarning,
    InfiniteNormError,
    NotDifferentiableError,
    OverflowingError,
    SizeError,
    UnknownActivationError,
    WorkerError,
)
from .flow.compare import compare_flows
from .flow.comparison import FlowComparison
from .flow.integration import gradient_flow
from .flow.lyapunov import lyapunov_derivative
from .flow.rates import Rate
from .flow.solution import Flow
from .inputs import Inputs
from .losses import PopulationLoss
from .networks import Network
from .search.results import Search
from .search.search import find_critical_points
from .sweeps.results import Sweep
from .sweeps.sweep import sweep

__version__ = "0.1.0"

__all__ = [
    # networks, inputs and losses
    "Network",
    "Inputs",
    "PopulationLoss",
    # curvature
    "Comparison",
    "Curvature",
    "Spectrum",
    "compare",
    "condition_number_ratio",
    "OptimalWeight",
    "optimal_weight",
    # dynamics
    "Flow",
    "FlowComparison",
    "Rate",
    "compare_flows",
    "gradient_flow",
    "lyapunov_derivative",
    "BestStep",
    "Descent",
    "TunedSteps",
    "best_step",
    "gradient_descent",
    "steps_to",
    # critical points
    "CriticalPoint",
    "Search",
    "critical_point",
    "find_critical_points",
    # sweeps
    "Sweep",
    "sweep",
    # activations, closed forms, checks
    "activations",
    "empirical",
    "finite_sample",
    "formulas",
    "kernels",
    "monte_carlo",
    "reduced",
    "single_neuron",
    "symmetric",
    # from a network and data to an answer
    "Advice",
    "advise",
    # results as data, and as others take them
    "Table",
    # errors and warnings
    "AccuracyError",
    "AccuracyWarning",
    "ConditioningWarning",
    "InfiniteNormError",
    "NotDifferentiableError",
    "OverflowingError",
    "SizeError",
    "UnknownActivationError",
    "WorkerError",
]

ON_DEMAND = {"functional": "array_api_compat", "plotting": "matplotlib", "symbolic": "sympy", "torch": "torch"}


def __getattr__(name: str) -> ModuleType:
    """The rooms that need extras, when they are first asked for."""
    if name in ON_DEMAND:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What users call: internal modules are no names of the package, nor rooms whose extra is not installed.

    So `help` of the package, which takes every name, works without extras.
    """
    installed = (name for name, needed in ON_DEMAND.items() if find_spec(needed) is not None)
    return sorted([*__all__, *installed, "__version__", "__doc__"])
