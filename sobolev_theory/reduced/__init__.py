r"""Gradient flow where symmetry leaves two unknowns: one ReLU neuron, and the permutation-symmetric students of Tian.

Both are planar systems, cheap at any input dimension and any width. Their velocity functions give phase portraits,
their flows trajectories, those of the full `gradient_flow` from the same start.

In the exact convention a norm whose highest derivative jumps has a cone where a student is parallel to a teacher: the
field jumps across a line of the plane, and points to the line from both sides where the student is held. There the
exact loss is a smooth function plus a convex cone, its flow is unique (a subgradient flow), and its velocity on the
line is the tangential part, common to both sides: the sliding motion of Filippov. The flows here follow it.

Source: Tian 2017 (arXiv 1703.00560); Saad & Solla 1995; Oh, Lyu & Son 2025 (arXiv 2509.19773).
"""

from .family import SymmetricSaddle, symmetric_saddle, symmetric_velocity
from .flows import single_neuron_flow, symmetric_flow
from .integrate import PlanarFlow

__all__ = [
    "PlanarFlow",
    "SymmetricSaddle",
    "single_neuron_flow",
    "symmetric_flow",
    "symmetric_saddle",
    "symmetric_velocity",
]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
