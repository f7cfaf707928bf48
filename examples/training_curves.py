"""Training curves, as they are and at equal sharpness
===================================================

Gradient flow of five ReLU neurons in 1000 dimensions, from a student near its orthonormal teacher, with L2, with H1,
and with a norm that weighs derivatives by a quarter. In original time H1 is 2.3 times as fast as L2. Most of that is
scale: a loss added to itself is twice as fast, too. At equal sharpness, where time is stretched so that the largest
eigenvalues agree, as the best step of gradient descent does, a fifth is left.
"""

import sys

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting


def flows() -> st.FlowComparison:
    """Flows of L2, of H1, and of a norm in between."""
    teacher = st.Network.orthonormal(5, 1000)
    student = teacher.weights + 0.3 * st.Network.random(5, 1000, rng=0).weights
    return st.compare_flows(student, teacher, norms=("L2", "H1", (1.0, 0.25)), t_max=100.0)


def main(path: str = "training_curves.pdf") -> None:
    """Print the table behind the curves, and draw them."""
    comparison = flows()
    print(comparison)
    with plotting.style("paper", width="column"):
        plotting.loss_curves(comparison)
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
