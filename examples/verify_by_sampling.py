"""A formula checked by sampling
=============================

As a property test of your own would do it. The formula: for one ReLU neuron the backprop H1 gradient is the L2 gradient
plus ``w/2 - (pi - theta)/(2 pi) w*`` (Oh, Lyu & Son 2025).
"""

import numpy as np

import sobolev_theory as st


def derivative_part(w: np.ndarray, teacher: np.ndarray) -> np.ndarray:
    """``w/2 - (pi - theta)/(2 pi) w*``."""
    cosine = w @ teacher / (np.linalg.norm(w) * np.linalg.norm(teacher))
    angle: float = np.arccos(cosine)
    return w / 2 - (np.pi - angle) / (2 * np.pi) * teacher


def largest_mismatch(trials: int = 20) -> float:
    """Largest difference between the formula and the package over random pairs."""
    rng = np.random.default_rng(0)
    mismatch = 0.0
    for _ in range(trials):
        w, teacher = rng.standard_normal((2, 5))
        parts = [st.PopulationLoss(teacher[None], norm).gradient(w[None])[0] for norm in ("H1", "L2")]
        mismatch = max(mismatch, float(np.abs(parts[0] - parts[1] - derivative_part(w, teacher)).max()))
    return mismatch


def report() -> st.monte_carlo.Report:
    """The package's own formulas at one pair, judged by 200 000 samples."""
    rng = np.random.default_rng(1)
    loss = st.PopulationLoss(rng.standard_normal((1, 3)), norm="H1")
    return st.monte_carlo.verify(loss, rng.standard_normal((1, 3)), samples=200_000, rng=2)


def main() -> None:
    """Print both checks."""
    print(f"formula against package: largest mismatch {largest_mismatch():.1e}")
    print(report())


if __name__ == "__main__":
    main()
