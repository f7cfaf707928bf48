"""Figures of the theory: training curves, a phase portrait, condition numbers over angle, weight and width, spectra.

``python examples/figures.py FOLDER`` saves them as PDF, by default in ``figures``, and prints the table behind the
curves. Needs matplotlib: ``pip install sobolev_theory[plot]``.
"""

import sys
from pathlib import Path
from typing import Any

import sobolev_theory as st
from sobolev_theory import plotting


def near_orthonormal() -> tuple[st.Network, st.Network]:
    """Five ReLU neurons in 1000 dimensions, near their orthonormal teacher."""
    teacher = st.Network.orthonormal(5, 1000)
    return st.Network(teacher.weights + 0.3 * st.Network.random(5, 1000, rng=0).weights), teacher


def flows() -> st.FlowComparison:
    """Flows of L2, of H1, and of a norm in between."""
    return st.compare_flows(*near_orthonormal(), norms=("L2", "H1", (1.0, 0.25)), t_max=100.0)


def figures(comparison: st.FlowComparison) -> dict[str, Any]:
    """Figures by name."""
    student, teacher = near_orthonormal()
    hessians = [st.PopulationLoss(teacher, norm).hessian(student) for norm in ("L2", "H1")]
    return {
        "loss": plotting.loss_curves(comparison)[0].figure,
        "phase": plotting.phase_portrait("H1").figure,
        "condition": plotting.condition_number_map(("H1", "L2")).figure,
        "spectrum": plotting.spectrum(hessians, ["L2", "H1"])[0].figure,
        "distribution": plotting.spectral_distribution(hessians, ["L2", "H1"]).figure,
        "weight": plotting.optimal_weight(student, teacher)[0].figure,
        "width": plotting.width_scaling(("H1", "L2")).figure,
    }


def main(folder: Path = Path("figures")) -> None:
    """Print the table behind the curves, save the figures, and say where."""
    comparison = flows()
    print(comparison)
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures(comparison).items():
        path = folder / f"{name}.pdf"
        figure.savefig(path)
        print(f"wrote {path}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
