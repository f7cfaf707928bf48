"""Theorems, one file each: hypotheses, conclusions, a proof whose steps are certificates, and counter-examples."""

from derivations.theorems import (
    exact_cone,
    finite_sample,
    hermite,
    logistic_mixture,
    lyapunov,
    relu_squared,
    sampled_noise,
    single_neuron,
    training,
    width,
    width_erf,
    width_relu_squared,
)
from sobolev_theory.formulas.theorems import Theorem

FILES = (
    single_neuron,
    lyapunov,
    relu_squared,
    hermite,
    exact_cone,
    width,
    training,
    width_erf,
    width_relu_squared,
    sampled_noise,
    finite_sample,
    logistic_mixture,
)


def theorems() -> list[Theorem]:
    """All theorems, proved."""
    return [file.prove() for file in FILES]
