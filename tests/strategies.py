"""Random problems: activation, norm, convention, student and teacher, swept over the registry."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from sobolev_theory import Network, PopulationLoss, activations
from sobolev_theory.activations.generated import BUILT_IN

CONVENTIONS = ("backprop", "exact")


@dataclass(frozen=True)
class Problem:
    """A student and a teacher with a loss between them."""

    student: Network
    loss: PopulationLoss

    @property
    def size(self) -> int:
        return self.student.weights.size

    def at(self, weights: np.ndarray) -> Network:
        """The student with other hidden weights."""
        return Network(weights, self.student.output_weights, activation=self.student.activation)


@st.composite
def problems(draw: st.DrawFn, activation: str | None = None, min_dim: int = 1) -> Problem:
    """A problem in general position: weights are Gaussian with row norms over four decades."""
    name = activation or draw(st.sampled_from(sorted(BUILT_IN)))
    known = activations.get(name)
    order = draw(st.integers(0, known.max_order))
    weights = [draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])) for _ in range(order)] + [1.0]
    width, teacher_width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    dim = draw(st.integers(min_dim, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    student, teacher = (_network(rng, k, dim, name) for k in (width, teacher_width))
    return Problem(student, PopulationLoss(teacher, weights, derivative=draw(st.sampled_from(CONVENTIONS))))


def _network(rng: np.random.Generator, width: int, dim: int, activation: str) -> Network:
    rows = rng.standard_normal((width, dim)) * 10 ** rng.uniform(-1, 0.5, (width, 1))
    return Network(rows, rng.standard_normal(width), activation=activation)


def scale(problem: Problem) -> float:
    """Natural scale of every pair term: the largest entry of the Gauss-Newton matrix of all rows together, students
    and teachers.

    By Cauchy-Schwarz it bounds the terms of a gradient (times a row norm) and of a value (times two) before they
    cancel; rounding errors are a few units of 1e-16 of it for each of the pairs that are summed.
    """
    teacher = problem.loss.teacher
    rows = np.vstack([problem.student.weights, teacher.weights])
    together = Network(
        rows, np.concatenate([problem.student.output_weights, teacher.output_weights]), activation=teacher.activation
    )
    largest = np.abs(problem.loss.gauss_newton(together).to_dense()).max()
    norms = np.linalg.norm(rows, axis=1)
    return float(largest * max(1.0, norms.max()) ** 2 * len(rows))
