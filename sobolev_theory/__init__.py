"""Closed-form theory of Sobolev training for student-teacher two-layer networks with Gaussian inputs.

Population loss, gradient, Hessian, Gauss-Newton matrix, spectrum and condition number, gradient flow and critical
points, for the L2 loss and for losses that also match derivatives. Everything is derived symbolically, evaluated at a
cost that does not grow with the input dimension, and checked by sampling.

>>> import sobolev_theory as st
>>> student, teacher = st.Network.random(3, 50, rng=0), st.Network.random(3, 50, rng=1)
>>> bool(st.condition_number_ratio(student, teacher, norms=("H1", "L2")) < 1)
True
"""

from . import activations, formulas, monte_carlo, reduced, single_neuron, symmetric
from .conditioning.comparison import Comparison, compare, condition_number_ratio
from .conditioning.optimal_weight import OptimalWeight, optimal_weight
from .critical_points import CriticalPoint, critical_point
from .curvature.operator import Curvature
from .curvature.spectrum import Spectrum
from .errors import InfiniteNormError, NotDifferentiableError, UnknownActivationError
from .flow.comparison import FlowComparison, compare_flows
from .flow.descent import BestStep, Descent, best_step, gradient_descent
from .flow.lyapunov import lyapunov_derivative
from .flow.rates import Rate
from .flow.solution import Flow, gradient_flow
from .losses import PopulationLoss
from .networks import Network
from .search.results import Search
from .search.search import find_critical_points

__version__ = "0.1.0"

__all__ = [
    # networks and losses
    "Network",
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
    "best_step",
    "gradient_descent",
    # critical points
    "CriticalPoint",
    "Search",
    "critical_point",
    "find_critical_points",
    # activations, closed forms, checks
    "activations",
    "formulas",
    "monte_carlo",
    "reduced",
    "single_neuron",
    "symmetric",
    # errors
    "InfiniteNormError",
    "NotDifferentiableError",
    "UnknownActivationError",
]
