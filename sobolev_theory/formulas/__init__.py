r"""The catalogue: every derived result as LaTeX, as a SymPy expression, and with its source and derivation.

Names are paths: ``relu/H1/gradient/backprop`` is the gradient of the H1 loss of ReLU networks in the backprop
convention, ``theorem/...`` a theorem. Nothing here needs SymPy but `Formula.sympy` and `Theorem.verify`.

>>> from sobolev_theory import formulas
>>> "relu/H1/gradient/backprop" in formulas.names()
True
>>> print(formulas.get("relu/K11").latex(student="u"))
K_{11}\left(\mathbf{u}, \mathbf{v}\right) = \frac{\pi - \theta}{2 \pi}
"""

from .catalogue import UnknownFormulaError, get, names, search
from .document import document
from .notation import Notation
from .records import Entry, Formula, Step
from .references import bibtex
from .theorems import Theorem

__all__ = [
    "Entry",
    "Formula",
    "Notation",
    "Step",
    "Theorem",
    "UnknownFormulaError",
    "bibtex",
    "document",
    "get",
    "names",
    "search",
]


def __dir__() -> list[str]:
    """What users call."""
    return sorted(__all__)
