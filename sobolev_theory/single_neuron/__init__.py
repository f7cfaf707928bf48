r"""One ReLU neuron ``w`` learning another, ``w*``: closed forms in the angle and the ratio ``r = |w*| / |w|``.

The curvature has three distinct eigenvalues: radial (along ``w``), in-plane (orthogonal to ``w`` in span(w, w*)) and
transverse (multiplicity ``d - 2``). With ``x = r sin(theta)/pi``, in the backprop convention,

.. math:: L2: \tfrac12,\ \tfrac12 - x,\ \tfrac12 - \tfrac{x}{2}; \qquad H1: 1,\ 1 - \tfrac{3x}{2},\ 1 - \tfrac{x}{2}

so that for ``x < 1/2`` the condition numbers are ``1/(1 - 2x)`` and ``1/(1 - 3x/2)``, and H1 is never worse
conditioned than L2. For ``x >= 1/2`` the L2 Hessian is singular or indefinite, for ``x >= 2/3`` the H1 one: the
condition number is then still the ratio of extreme moduli, but no rate of convergence follows from it. In the exact
convention the transverse H1 eigenvalue is ``1 + r cos(2 theta)/(2 pi sin(theta))``, which diverges at ``theta -> 0``:
the true H1 loss has a cone at the teacher.

Gradient flow never leaves span(w, w*): `velocity` is its planar system, `lyapunov_derivative` the decrease of
``|w - w*|^2``.

Source: Oh, Lyu & Son 2025 (arXiv 2509.19773); derivations: `single_neuron.py` and `planar_flow.py` in `derivations/`.
"""

from .motion import lyapunov_derivative, velocity
from .spectrum import condition_number, condition_number_ratio, eigenvalues

__all__ = ["condition_number", "condition_number_ratio", "eigenvalues", "lyapunov_derivative", "velocity"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
