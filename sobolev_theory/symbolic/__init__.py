"""The SymPy engine: Gaussian moments, the Sobolev operator, charts of pair quantities, and code generation.

Nothing on the numeric side imports this package; it needs SymPy and is loaded only when formulas are asked for or
derived.
"""

try:
    import sympy  # noqa: F401  # before the modules that compute with it, so that its absence is told once and plainly
except ImportError as error:
    advice = "pip install 'sobolev_theory[formulas]'"
    raise ImportError(f"formulas as expressions need SymPy: {advice} ({error})") from error

from .activation import ActivationFormulas, derive_activation
from .arc_cosine import ArcCosine
from .charts import POLAR, GramChart
from .derive import DerivedActivation, derive
from .expressions import NoClosedFormError
from .steps import Derivation, DerivationError

__all__ = [
    "POLAR",
    "ActivationFormulas",
    "ArcCosine",
    "Derivation",
    "DerivationError",
    "DerivedActivation",
    "GramChart",
    "NoClosedFormError",
    "derive",
    "derive_activation",
]
