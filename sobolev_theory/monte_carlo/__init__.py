"""Sampling checks: does a population loss agree with the average of its networks over random inputs?

No pair kernel and no closed form is used here. Students and teachers are evaluated at weighted inputs (derivatives of
the activation at points, which the tests hold against its definition; Dirac terms on their surfaces), and what a
`PopulationLoss` returns is judged from outside.

`descent` trains such sampled networks by SGD, and puts beside the runs what the theory says of them.
"""

from .agreement import Agreement
from .descent import descent
from .reports import Report, Survey
from .trajectories import SampledDescent, SampledQuantity
from .verification import verify, verify_many

__all__ = ["Agreement", "Report", "SampledDescent", "SampledQuantity", "Survey", "descent", "verify", "verify_many"]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
