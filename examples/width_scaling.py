"""How does the gain in conditioning of H1 over L2 scale with the width of the network?

Prints the condition numbers of the Gauss-Newton matrices at an orthonormal teacher of ReLU neurons, and their ratio.
Both condition numbers grow with the width K; the ratio tends to (pi - 2)/(pi - 1) from below, so that the gain of
derivatives is a constant factor, about 1.88, for wide networks and larger for narrow ones. With matplotlib (``pip
install sobolev_theory[plot]``) the curve is saved as ``width_scaling.pdf`` in the folder ``figures``, or the one named.
"""

import sys
from pathlib import Path

import numpy as np

import sobolev_theory as st

WIDTHS = (2, 3, 5, 10, 30, 100, 10**3, 10**6, 10**9)


def gains() -> dict[float, float]:
    """``kappa_H1 / kappa_L2`` by width, the last one in the limit."""
    return {width: st.symmetric.condition_number_ratio(width) for width in (*WIDTHS, np.inf)}


def draw(path: Path) -> None:
    """The ratio over the width, and its limit."""
    from matplotlib import pyplot as plt

    ratios = gains()
    limit = ratios.pop(np.inf)
    figure, ax = plt.subplots(figsize=(3.4, 3.0), layout="constrained")
    ax.semilogx(list(ratios), list(ratios.values()), "o-", label="orthonormal ReLU teacher")
    ax.axhline(limit, color="black", linestyle="--", label=r"limit $(\pi - 2)/(\pi - 1)$")
    ax.set(xlabel="width $K$", ylabel=r"$\kappa$ of H1 / $\kappa$ of L2")
    ax.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"pdf.fonttype": 42}):
        figure.savefig(path)
    plt.close(figure)


def main(folder: Path = Path("figures")) -> None:
    """Print the table, and save the curve if there is matplotlib."""
    print(f"{'width':>12}{'kappa L2':>14}{'kappa H1':>14}{'ratio':>10}")
    for width, gain in gains().items():
        kappas = [np.inf, np.inf]
        if width < np.inf:
            spectra = (
                st.symmetric.spectrum(int(width), int(width), norm=n, curvature="gauss_newton") for n in ("L2", "H1")
            )
            kappas = [spectrum.condition_number() for spectrum in spectra]
        print(f"{width:>12}{kappas[0]:>14.6g}{kappas[1]:>14.6g}{gain:>10.6f}")
    try:
        draw(folder / "width_scaling.pdf")
    except ImportError:
        print("no curve, which needs matplotlib: pip install 'sobolev_theory[plot]'")
    else:
        print(f"wrote {folder / 'width_scaling.pdf'}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
