"""Three norms compared
====================

Eight ReLU neurons in 1000 dimensions, near their orthonormal teacher: L2, H1, and a norm that weighs derivatives by a
quarter. H1 is better conditioned, by a tenth; the other is between. The last line says what the numbers are good for.
"""

import numpy as np

import sobolev_theory as st


def comparison() -> st.Comparison:
    """Extreme eigenvalues, condition numbers and rates at a student one tenth away from an orthonormal teacher."""
    teacher = st.Network.orthonormal(8, 1000)
    rng = np.random.default_rng(0)
    student = teacher.weights + 0.1 * st.Network.random(8, 1000, rng=rng).weights
    return st.compare(student, teacher, norms=("L2", "H1", (1.0, 0.25)))


def main() -> None:
    """Print the table."""
    print(comparison())


if __name__ == "__main__":
    main()
