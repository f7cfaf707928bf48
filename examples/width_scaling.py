"""The gain against the width of the network
=========================================

``kappa_H1 / kappa_L2`` at an orthonormal teacher: below 1, H1 is better conditioned. For ReLU there are two answers.
*Training* follows the field of backprop, whose derivative at the teacher depends on where the student comes from, here
along the symmetric family from the side of the mean of the teachers (inside) or from the other (outside): its gain
vanishes with the width K. The *Gauss-Newton matrix*, which steps of Gauss-Newton and natural-gradient methods see,
keeps it: the ratio tends to ``(pi - 2)/(pi - 1)``. For erf, as for every smooth activation, both agree, and the gain of
training is real at any width.
"""

import sys
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

import sobolev_theory as st
from sobolev_theory import plotting

WIDTHS = (2, 3, 5, 10, 30, 100, 10**3, 10**6, 10**9, np.inf)

COLUMNS: dict[str, dict[str, Any]] = {
    "relu, inside": {"curvature": "field", "towards": "inside"},
    "relu, outside": {"curvature": "field", "towards": "outside"},
    "relu, Gauss-Newton": {"curvature": "gauss_newton"},
    "erf, both": {"curvature": "gauss_newton", "activation": "erf"},
}
"""What is asked of `symmetric.condition_number_ratio`."""


def gains() -> dict[float, list[float]]:
    """``kappa_H1 / kappa_L2`` by width, the last one in the limit, for every column."""
    ratio = st.symmetric.condition_number_ratio
    return {width: [ratio(width, **column) for column in COLUMNS.values()] for width in WIDTHS}


def main(path: str = "width_scaling.pdf") -> None:
    """Print the table, and draw the curves of ReLU and of erf."""
    print("kappa of H1 over kappa of L2 at an orthonormal teacher; inside and outside are training")
    print(f"{'width':>10}" + "".join(f"{name:>20}" for name in COLUMNS))
    for width, row in gains().items():
        print(f"{width:>10}" + "".join(f"{gain:>20.9f}" for gain in row))
    with plotting.style("paper", width="column"):
        figure, panels = plt.subplots(2, 1, sharex=True)
        figure.set_figheight(4.8)
        for ax, activation in zip(panels, ("relu", "erf"), strict=True):
            plotting.width_scaling(activation=activation, ax=ax)
        panels[0].set_xlabel("")
        figure.savefig(path)
    print(f"wrote {path}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
