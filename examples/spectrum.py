"""The spectrum of twenty neurons
==============================

All 2000 eigenvalues of the Hessian that training follows, of twenty ReLU neurons in 100 dimensions a tenth from their
orthonormal teacher, counted in bins. Twenty eigenvalues have multiplicity 60: those of the directions in which no
weight points. The small ones, on the left, are the slow modes that the condition number sees. H1 lifts them, and the
largest with them: what is left of the gain is in the titles.
"""

import sys

from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting


def hessians() -> list[st.Curvature]:
    """Those of L2 and H1."""
    teacher = st.Network.orthonormal(20, 100)
    student = teacher.weights + 0.1 * st.Network.random(20, 100, rng=0).weights
    return [st.PopulationLoss(teacher, norm).hessian(student) for norm in ("L2", "H1")]


def main(path: str = "spectrum.pdf") -> None:
    """Print the extreme eigenvalues, and draw all."""
    found = hessians()
    for norm, hessian in zip(("L2", "H1"), found, strict=True):
        spectrum = hessian.spectrum()
        extremes = f"{spectrum.smallest:.4f} to {spectrum.largest:.4f}"
        print(f"{norm}: {spectrum.size} eigenvalues from {extremes}, kappa {spectrum.condition_number():.2f}")
    with plotting.style("paper", width="column"):
        plotting.spectrum(found, ["L2", "H1"])
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
