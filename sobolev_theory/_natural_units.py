r"""Natural units of a training problem: lengths and gradients in which all numbers are of order one.

A neuron of weight ``w_i`` has the curvature ``kappa_i = a_i^2 E |sigma'(w_i . x)|^2`` (all orders summed), where more
moves than hidden weights the largest of its Gauss-Newton matrix's diagonal, and the smallest neuron of the teacher
alone the loss ``E_0``. By Cauchy-Schwarz its gradient is of the order of ``s_i = sqrt(kappa_i E_0)`` where that neuron
is not learnt. Lengths are ``sqrt(E_0/kappa_i)``, and gradients ``s_i``, whatever the sizes of rows are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .layout import Layout
from .losses import PopulationLoss
from .networks import Network, or_zeros
from .pairs.stacked import pairs_of
from .parameters import Parameters
from .problem import like
from .shorthands import AnyPoint

FloatArray = NDArray[np.float64]


@np.errstate(all="ignore")
def losses_alone(loss: PopulationLoss) -> FloatArray:
    """The loss of each neuron of the teacher without a student and the others, of those that do not vanish."""
    alone = _alone(loss) if loss.is_standard else _each_alone(loss)
    return alone[alone > 0]


def _alone(loss: PopulationLoss) -> FloatArray:
    """All of them at once, of neurons without biases at standard inputs."""
    rows, b, terms = loss.teacher.weights, loss.teacher.output_weights, loss.terms
    geometry = pairs_of(rows, len(rows), terms, b, None)
    (of_itself,) = terms.itself("value", geometry)
    alone: FloatArray = geometry.numbers(b) ** 2 * (terms.bilinear * geometry.norms**2 + of_itself) / 2
    return alone


def _each_alone(loss: PopulationLoss) -> FloatArray:
    """One after the other, of any neurons."""
    every = Parameters.of_network(loss.teacher)
    biases = or_zeros(every.biases, every.width)
    neurons = zip(every.weights[:, None], every.output_weights[:, None], biases[:, None], strict=True)
    activated = zip(neurons, loss.teacher.activations, strict=True)
    return np.array([loss_of_silence(loss, Network(*neuron, activation=each)) for neuron, each in activated])


def loss_of_silence(loss: PopulationLoss, teacher: Network) -> float:
    """The loss of no student at all, of another teacher."""
    return like(loss, teacher=teacher, activation=teacher.activation).at(Parameters.of_network(teacher).silent).value


def roots(at: AnyPoint) -> FloatArray:
    """Roots of the curvatures of neurons alone, (R,): lengths in natural units; of a neuron without curvature, one."""
    found = np.sqrt(at.stiffness)
    return np.where(found > 0, found, found.max() or 1.0)


def units(at: AnyPoint, layout: Layout) -> FloatArray:
    """The same of all that moves, (P,)."""
    return layout.flat(np.broadcast_to(roots(at)[:, None], layout.rows_shape))


def relative_gradient(at: AnyPoint, layout: Layout, scale: float) -> float:
    """The gradient relative to its natural scale, of which Cauchy-Schwarz knows; `scale_of` of the loss."""
    return float(np.linalg.norm(at.gradient.ravel() / units(at, layout) / scale))


def scale_of(loss: PopulationLoss) -> float:
    """Root of the loss of the smallest neuron of the teacher alone; one if there is none."""
    alone = losses_alone(loss)
    return float(np.sqrt(alone.min())) if len(alone) else 1.0
