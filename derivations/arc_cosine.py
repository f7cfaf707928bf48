r"""The arc-cosine functions ``J_n``: derivative, recursion, and a table for the end of the angle.

Near ``theta = pi`` the closed form ``a_n(cos) (pi - theta) + b_n(cos) sin`` is a difference of terms that agree to
order ``(pi - theta)^(2n+1)``. There ``J_n(pi - x) = x^(2n+1) sum_k c_k x^(2k)`` with exact rational ``c_k`` is used.
"""

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.formulas.records import Formula
from sobolev_theory.symbolic import ArcCosine, Derivation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar
from sobolev_theory.symbolic.arc_cosine import closed_form_coefficients, defining_integral, supplement_series
from sobolev_theory.symbolic.catalogue.forms import polar_form
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import cosine, sine, theta

SOURCE = "Cho & Saul 2009, eq. (4) and (5)"
HIGHEST = 3
SWITCH = sp.Rational(5, 4)  # series below, closed form above; at the switch neither loses more than two bits


def derive() -> Output:
    """Prove the rules that `ArcCosine` uses, and write the series table."""
    proofs = {n: Derivation() for n in range(HIGHEST + 1)}
    c, n_sin = sp.cos(theta), sp.sin(theta)
    for n, proof in proofs.items():
        closed = ArcCosine(n, theta).closed_form() if n else sp.pi - theta
        proof.step("Closed form of the defining integral", defining_integral(n), closed)
        if n >= 1:
            lower = ArcCosine(n - 1, theta)
            rule = sp.diff(ArcCosine(n, theta), theta)
            proof.check(f"J_{n}': the rule by which SymPy differentiates", sp.diff(closed, theta), rule, reduce_polar)
            factor = n**2 if n > 1 else ""
            derivative = f"Derivative $J_{n}' = -{factor} \\sin \\weightangle \\, J_{n - 1}$"
            proof.step(derivative, sp.diff(closed, theta), -(n**2) * n_sin * lower, reduce_polar)
        if n >= 2:
            recursion = (2 * n - 1) * c * ArcCosine(n - 1, theta) + (n - 1) ** 2 * n_sin**2 * ArcCosine(n - 2, theta)
            proof.step(f"Recursion from $J_{n - 1}$ and $J_{n - 2}$", closed, recursion, reduce_polar)
    table = Derivation()
    module = _module(table)
    return Output({"arc_cosine.py": module}, [_record(n, proof) for n, proof in proofs.items() if n])


def _record(n: int, proof: Derivation) -> Formula:
    power = f"^{n}" if n > 1 else ""
    factor = f"{n}! \\, " if n > 1 else ""
    integral = rf"{factor}\int_0^{{\pi - \weightangle}} (\cos \weightangle + \cos \alpha){power} \, d\alpha"
    return formula(
        f"arc_cosine/J{n}",
        f"Arc-cosine function of degree {n}, ${integral}$",
        rf"J_{n}(\weightangle)",
        polar_form(ArcCosine(n, theta)),
        domain=r"$0 \le \weightangle \le \pi$, radians",
        numeric="_special.arc_cosine",
        source=SOURCE,
        derivation=proof,
    )


def _terms(n: int) -> int:
    """Number of series terms that leave a relative remainder below 2^-58 at the switch.

    The series alternates and decreases there, so the first term left out bounds the remainder.
    """
    terms = 2
    while True:
        coefficients = supplement_series(n, terms + 1)
        if abs(coefficients[-1]) * SWITCH ** (2 * terms) < coefficients[0] / 2**58:
            return terms
        terms += 1


def _module(proof: Derivation) -> str:
    x = sp.Symbol("x", nonnegative=True)
    functions, rows = [], []
    for n in range(HIGHEST + 1):
        a, b = closed_form_coefficients(n)
        closed = sp.factor(a.subs(cosine, -cosine)) * x + sp.factor(b.subs(cosine, -cosine)) * sine
        series = supplement_series(n, _terms(n))
        taylor = sp.series(closed.subs({cosine: sp.cos(x), sine: sp.sin(x)}), x, 0, 2 * n + 6).removeO()
        start = sum(c * x ** (2 * n + 1 + 2 * k) for k, c in enumerate(series[:3]))
        proof.step(f"J_{n}(pi - x): the table begins like SymPy's own series", taylor, start)
        functions.append(function(f"supplement_{n}", f"Closed form of J_{n}(pi - x).", (x, sine, cosine), (closed,)))
        rows.append("    (" + ", ".join(f"{c.p} / {c.q}" for c in series) + ",),")
    body = "\n\n".join(functions)
    names = ", ".join(f"supplement_{n}" for n in range(HIGHEST + 1))
    tables = "\n".join(
        [
            f"SWITCH = {float(SWITCH)}",
            f"CLOSED_FORMS = ({names})",
            "# c_k of J_n(pi - x) = x^(2n+1) sum_k c_k x^(2k)",
            "SERIES = (",
            *rows,
            ")",
        ]
    )
    title = "Arc-cosine functions of the supplement: J_n(pi - x), closed forms and series at x = 0."
    return "\n".join(
        [header(title, "derivations/arc_cosine.py"), "from typing import Any", "", "", body, "", tables, ""]
    )
