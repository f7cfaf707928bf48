"""Closed-form theory of Sobolev training for student-teacher two-layer networks with Gaussian inputs.

Population loss, gradient, Hessian, Gauss-Newton matrix, spectrum and condition number, for the L2 loss and for losses
that also match derivatives. Everything is derived symbolically, evaluated at a cost that does not grow with the input
dimension, and checked by sampling.

>>> import sobolev_theory as st
>>> student, teacher = st.Network.random(3, 50, rng=0), st.Network.random(3, 50, rng=1)
>>> bool(st.condition_number_ratio(student, teacher, norms=("H1", "L2")) < 1)
True
"""

from . import activations, monte_carlo, single_neuron
from .comparison import Comparison, compare, condition_number_ratio
from .curvature import Curvature
from .errors import InfiniteNormError, NotDifferentiableError, UnknownActivationError
from .losses import PopulationLoss
from .networks import Network
from .spectrum import Spectrum

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
    # activations, closed forms, checks
    "activations",
    "monte_carlo",
    "single_neuron",
    # errors
    "InfiniteNormError",
    "NotDifferentiableError",
    "UnknownActivationError",
]
