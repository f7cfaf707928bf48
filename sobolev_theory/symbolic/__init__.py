"""The SymPy engine: from ``K_00`` to formulas, their proofs, their LaTeX and their kernels.

- formulas: `charts`, `sobolev`, `activation`, `moments`, `arc_cosine`;
- ``algebra``: zero tests and short forms, `reduction` (polar chart) and `kinds` (Gram chart);
- ``proofs``: `steps`, claims verified by `certificates` with `signs`, `conditions`, `enclosure`;
- ``catalogue``: `records`, `activation_records`, `norm_sums`, `theorems`, printed by `latex` in the forms of `forms`,
  read back by `parsing`;
- ``code``: kernels, `modules` and `printer`;
- ``derive``: activations of users, `derive`, `derived`, `expressions`, `gaussian_integrals`, `rectifiers`, `evidence`.

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
from .derive.derive import derive
from .derive.derived import DerivedActivation
from .derive.expressions import NoClosedFormError
from .proofs.steps import Derivation, DerivationError

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


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
