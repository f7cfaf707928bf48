r"""Spectra in closed form along ``w_j = x v_j + y sum_(k != j) v_k`` for an orthonormal teacher, for any width.

Curvature there commutes with permutations of neurons and teachers together, so it splits into a 2 x 2 block, a 3 x 3
block that occurs ``K - 1`` times, two numbers of multiplicities ``(K - 1)(K - 2)/2`` and ``K(K - 3)/2``, and, off the
span of the teacher, two numbers that occur ``d - K`` and ``(K - 1)(d - K)`` times. Nothing of size K is formed.

Everything is evaluated in mpmath numbers with as many digits as cancellations can take, and rounded once: every
eigenvalue is accurate to 1e-15 relative, near the teacher and at any width, and equal ones are recognised as such. The
planar gradient flow of the same family is offered by `reduced`.

Source: splitting: Arjevani & Field 2020 (arXiv 2008.01805), who have L2 at the teacher; family: Tian 2017 (arXiv
1703.00560); derivations: `permutations.py` and `symmetric.py` in `derivations/`.
"""

from .spectra import condition_number_ratio, spectrum

__all__ = ["condition_number_ratio", "spectrum"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
