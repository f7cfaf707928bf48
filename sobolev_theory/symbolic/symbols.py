"""The letters of the theory, declared once with their assumptions (notation of the package documentation).

For a pair of weight vectors ``u, v``: norms ``p = |u|``, ``q = |v|``, squared norms ``s = p^2``, ``t = q^2``, inner
product ``rho = u . v``, angle ``theta`` in (0, pi), and the Gram determinant ``g = s t - rho^2 = |u ^ v|^2``.
"""

from functools import cache

import sympy as sp

p, q = sp.symbols("p q", positive=True)
s, t = sp.symbols("s t", positive=True)
rho = sp.Symbol("rho", real=True)
g = sp.Symbol("g", nonnegative=True)
theta = sp.Symbol("theta", positive=True)
z = sp.Symbol("z", real=True)
ratio = sp.Symbol("r", positive=True)

# sine and cosine of the angle as independent letters: generated kernels receive them ready-made
sine = sp.Symbol("sine", nonnegative=True)
cosine = sp.Symbol("cosine", real=True)

SIGNS = ("negative", "nonnegative", "nonpositive", "positive")
ASSUMPTIONS = ((), ("real",), ("integer",), *((sign,) for sign in SIGNS), *(("integer", sign) for sign in SIGNS))


def as_sympy(value: object) -> sp.Basic:
    """A number or a SymPy object as the latter; text, which SymPy would evaluate, is refused."""
    return sp.sympify(value, strict=True)


@cache
def assumptions(letter: sp.Symbol) -> tuple[str, ...]:
    """The words that say what is assumed of a letter, one of `ASSUMPTIONS`.

    Raises
    ------
    ValueError
        For a letter of which something else is assumed.
    """
    for words in ASSUMPTIONS:
        if sp.Symbol(letter.name, **dict.fromkeys(words, True)) == letter:
            return words
    raise ValueError(f"{letter}: a sign, integer or real is required as assumption, got {letter.assumptions0}")
