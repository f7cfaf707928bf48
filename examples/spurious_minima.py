"""How often gradient flow ends in a spurious local minimum, for L2 and for H1.

ReLU students learn orthonormal teachers of the same width, K = M = d, from Gaussian starts. For L2, spurious minima
appear at K = 6, where they are rarely hit, and the fraction of runs that end in one grows with K (Safran & Shamir
2018). Every run is polished to a critical point and classified by the spectrum of the exact Hessian, and every fraction
has a 95 % interval: with few runs at K = 6 it says no more than that spurious minima are rare.

For H1 the field that training follows is not a gradient; a minimum is then an attractor, all eigenvalues of the
Jacobian having positive real part.
"""

import argparse
from collections.abc import Sequence

import numpy as np

import sobolev_theory as st

WIDTHS = (6, 7, 8, 9, 10)
RUNS = 6
ROW = "{:>3} {:>5} {:>6} {:>6} {:>9} {:>18} {:>10} {:>11} {:>6}"


def search(width: int, norm: str, runs: int, workers: int = 1) -> st.Search:
    """Gradient flows of one width and norm; the same starts for all norms."""
    return st.find_critical_points(st.PopulationLoss(np.eye(width), norm), width, runs, rng=width, workers=workers)


def main(widths: Sequence[int] = WIDTHS, runs: int = RUNS, workers: int = 1) -> None:
    """Print fractions, and value and smallest eigenvalue of each spurious minimum found; "other" ends are counted."""
    print(ROW.format("K", "norm", "runs", "other", "spurious", "95 % interval", "value", "smallest ev", "count"))
    for width in widths:
        for norm in ("L2", "H1"):
            found = search(width, norm, runs, workers)
            share = found.fraction("spurious minimum")
            other = runs - found.counts["global minimum"] - found.counts["spurious minimum"]
            line = [width, norm, runs, other, f"{share.estimate:.4f}", f"{share.low:.4f} to {share.high:.4f}"]
            minima = [group for group in found.groups if group.kind == "spurious minimum"]
            for group in minima:
                print(ROW.format(*line, f"{group.value:.6f}", f"{group.smallest:.5f}", group.count))
                line = [""] * len(line)
            if not minima:
                print(ROW.format(*line, "-", "-", 0))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fraction of gradient flows that end in a spurious minimum.")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs for each width and norm")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    main(runs=options.runs, workers=options.workers)
