"""How much better conditioned is H1 than L2 training of one ReLU neuron, over angle and norm ratio?

Prints kappa_H1 / kappa_L2: below 1, H1 is better conditioned. Where the L2 Hessian is not positive definite the entry
is a dash.
"""

import numpy as np

import sobolev_theory as st

ANGLES = np.array([0.1, 0.5, 1.0, np.pi / 2, 2.5, 3.0])
RATIOS = np.array([0.25, 0.5, 1.0, 1.5])


def condition_number_map() -> np.ndarray:
    """Ratios of shape (angles, ratios), NaN where L2 is not positive definite."""
    angle = ANGLES[:, None]
    ratios = st.single_neuron.condition_number_ratio(angle, RATIOS, norms=("H1", "L2"))
    definite = st.single_neuron.eigenvalues(angle, RATIOS, "L2").min(axis=-1) > 0
    return np.where(definite, ratios, np.nan)


def main() -> None:
    """Print the map as a table."""
    print("angle    " + "".join(f"r = {r:<8g}" for r in RATIOS))
    for angle, row in zip(ANGLES, condition_number_map(), strict=True):
        print(f"{angle:<9.4f}" + "".join(f"{'-' if np.isnan(x) else f'{x:.4f}':<12}" for x in row))


if __name__ == "__main__":
    main()
