"""How does the gain in conditioning of H1 over L2 scale with the width of the network?

Prints the condition numbers of the Gauss-Newton matrices at an orthonormal teacher of ReLU neurons, and their ratio.
Both condition numbers grow with the width K; the ratio tends to (pi - 2)/(pi - 1) from below, so that the gain of
derivatives is a constant factor, about 1.88, for wide networks and larger for narrow ones.
"""

import numpy as np

import sobolev_theory as st

WIDTHS = (2, 3, 5, 10, 30, 100, 10**3, 10**6, 10**9)


def gains() -> dict[float, float]:
    """``kappa_H1 / kappa_L2`` by width, the last one in the limit."""
    return {width: st.symmetric.condition_number_ratio(width) for width in (*WIDTHS, np.inf)}


def main() -> None:
    """Print the table."""
    print(f"{'width':>12}{'kappa L2':>14}{'kappa H1':>14}{'ratio':>10}")
    for width, gain in gains().items():
        kappas = [np.inf, np.inf]
        if width < np.inf:
            spectra = (
                st.symmetric.spectrum(int(width), int(width), norm=n, curvature="gauss_newton") for n in ("L2", "H1")
            )
            kappas = [spectrum.condition_number() for spectrum in spectra]
        print(f"{width:>12}{kappas[0]:>14.6g}{kappas[1]:>14.6g}{gain:>10.6f}")


if __name__ == "__main__":
    main()
