"""How many samples a derivative saves: spectra of empirical Gauss-Newton matrices in the limit of many dimensions.

For piecewise linear activations, standard Gaussian inputs, a fixed number of neurons, and parameters that do not depend
on the samples.
"""

from .law import SampledSpectrum
from .single_neuron import single_neuron_condition_number, single_neuron_edges
from .spectrum import spectrum

__all__ = ["SampledSpectrum", "single_neuron_condition_number", "single_neuron_edges", "spectrum"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
