"""Activations of one's own
========================

Three activations, derived from their expressions, and condition numbers of their Gauss-Newton matrices. At the teacher,
where they are taken, training follows this matrix for the smooth ones. It does not for leaky ReLU in H1, whose Hessian
has a limit there that depends on where the student comes from: ``loss.hessian(teacher, towards=X)``.
"""

import numpy as np

import sobolev_theory as st
from sobolev_theory.symbolic import derive

ACTIVATIONS = {"sine": "sin(z)", "leaky": "Max(z, z/10)", "hump": "z*exp(-z**2/2)"}


def condition_numbers(activation: str, norms: tuple[str, ...] = ("L2", "H1")) -> list[float]:
    """Condition numbers of the Gauss-Newton matrix at an orthonormal teacher of 4 neurons in 20 dimensions."""
    teacher = np.eye(4, 20)
    losses = (st.PopulationLoss(teacher, norm, activation=activation) for norm in norms)
    return [loss.gauss_newton(teacher).condition_number() for loss in losses]


def main(activations: dict[str, str] | None = None) -> None:
    """Derive, register, compare, and print K_00 of each."""
    print(f"{'activation':12}{'kappa L2':>10}{'kappa H1':>10}   K_00")
    for name, expression in (activations or ACTIVATIONS).items():
        derived = derive(expression, name, max_order=1).register()
        l2, h1 = condition_numbers(name)
        print(f"{name:12}{l2:10.3f}{h1:10.3f}   {derived.kernel}")


if __name__ == "__main__":
    main()
