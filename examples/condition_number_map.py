"""Where is H1 better conditioned than L2?
=======================================

``kappa_H1 / kappa_L2`` of the Hessian that training follows, for one ReLU neuron over its angle to the teacher and its
norm: below 1, H1 is better conditioned. It is, at every angle but 0 and pi, and the more so the smaller the norm is,
until the Hessian of L2 is no longer positive definite: there, hatched and a dash in the table, no rate follows from a
condition number. In the table ``r = |w*|/|w|``. (In the exact convention, where derivatives of the loss see the kink,
H1 is nowhere better: ``plotting.condition_number_map(derivative="exact")``.)
"""

import sys

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

ANGLES = np.array([0.1, 0.5, 1.0, np.pi / 2, 2.5, 3.0])
RATIOS = np.array([0.25, 0.5, 1.0, 1.5])


def condition_number_map() -> np.ndarray:
    """Ratios of shape (angles, ratios), NaN where L2 is not positive definite."""
    angle = ANGLES[:, None]
    ratios = st.single_neuron.condition_number_ratio(angle, RATIOS, norms=("H1", "L2"))
    definite = st.single_neuron.eigenvalues(angle, RATIOS, "L2").min(axis=-1) > 0
    return np.where(definite, ratios, np.nan)


def main(path: str = "condition_number_map.pdf") -> None:
    """Print some of the map as a table, and draw it."""
    print("angle    " + "".join(f"r = {r:<8g}" for r in RATIOS))
    for angle, row in zip(ANGLES, condition_number_map(), strict=True):
        print(f"{angle:<9.4f}" + "".join(f"{'-' if np.isnan(x) else f'{x:.4f}':<12}" for x in row))
    with plotting.style("paper", width="column"):
        plotting.condition_number_map(("H1", "L2"))
        plt.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
