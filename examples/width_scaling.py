"""How does the gain in conditioning of H1 over L2 scale with the width of the network?

Prints ``kappa_H1 / kappa_L2`` at an orthonormal teacher. For ReLU there are two answers. *Training* follows the field
of backprop, whose derivative at the teacher depends on where the student comes from, here along the symmetric family
from the side of the mean of the teachers (inside) or from the other (outside): its gain vanishes with the width K. The
*Gauss-Newton matrix*, which steps of Gauss-Newton and natural-gradient methods see, keeps it: the ratio tends to
(pi - 2)/(pi - 1). For erf both agree, and the gain of training is real at any width. With matplotlib (``pip install
sobolev_theory[plot]``) both are drawn, in ``width_scaling.pdf`` in the folder ``figures``, or the one named.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import sobolev_theory as st

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


def draw(path: Path) -> None:
    """The curves of ReLU and those of erf side by side."""
    from matplotlib import pyplot as plt

    from sobolev_theory import plotting

    figure, panels = plt.subplots(1, 2, figsize=(6.8, 3.0), layout="constrained", sharey=True)
    for ax, activation in zip(panels, ("relu", "erf"), strict=True):
        plotting.width_scaling(activation=activation, ax=ax)
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)


def main(folder: Path = Path("figures")) -> None:
    """Print the table, and save the curves if there is matplotlib."""
    print("kappa of H1 over kappa of L2 at an orthonormal teacher; inside and outside are training")
    print(f"{'width':>12}" + "".join(f"{name:>20}" for name in COLUMNS))
    for width, row in gains().items():
        print(f"{width:>12}" + "".join(f"{gain:>20.9f}" for gain in row))
    try:
        draw(folder / "width_scaling.pdf")
    except ImportError:
        print("no curves, which need matplotlib: pip install 'sobolev_theory[plot]'")
    else:
        print(f"wrote {folder / 'width_scaling.pdf'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
