"""Two processes against one, and what a sweep costs beside its quantity."""

import numpy as np

import sobolev_theory as st
from sobolev_theory.sweeps.quantities import QUANTITIES


def test_two_processes(ratio):
    """A thousand points of about 25 ms; each process begins with a second of imports."""
    grid = {"width": [24, 25, 26, 27], "dim": [50], "curvature": "gauss_newton"}

    def swept(workers: int) -> st.Sweep:
        return st.sweep("condition_number_ratio", grid, repeats=250, rng=0, workers=workers)

    ratio("sweep of 1000 points, two processes over one", lambda: swept(2), lambda: swept(1), 0.55, repetitions=1)


def test_a_sweep_beside_its_quantity(ratio):
    """A thousand cheap points, over as many calls."""
    grid = {"width": [2], "dim": [5], "curvature": "gauss_newton"}
    quantity = QUANTITIES["condition_number_ratio"](width=2, dim=5, curvature="gauss_newton")

    def swept() -> None:
        st.sweep("condition_number_ratio", grid, repeats=1000, rng=0)

    def called() -> None:
        for k in range(1000):
            quantity(np.random.default_rng(k))

    ratio("sweep of 1000 cheap points over calls of the quantity", swept, called, 1.1, repetitions=5)
