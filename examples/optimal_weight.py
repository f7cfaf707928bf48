"""How much should derivatives weigh?
==================================

The condition number of the norm ``(1, lambda)`` against the weight ``lambda`` of the derivatives, and under it the rate
at equal sharpness: the Hessian that training follows, of five ReLU neurons in 1000 dimensions near their teacher. H1 is
``lambda = 1``, and nothing makes it the best. The recommended weight is the smallest whose condition number is within 5
percent of the best.
"""

import sys

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting


def main(path: str = "optimal_weight.pdf") -> None:
    """Print what is recommended, and draw all weights."""
    teacher = st.Network.orthonormal(5, 1000)
    student = teacher.weights + 0.3 * st.Network.random(5, 1000, rng=0).weights
    print(st.optimal_weight(student, teacher))
    with plotting.style("paper", width="column"):
        plotting.optimal_weight(student, teacher)
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
