"""Records of derived results, as written to the catalogue data from which formulas are printed."""

import json
from dataclasses import asdict, dataclass, field

import sympy as sp

from sobolev_theory.symbolic import ActivationFormulas, Derivation
from sobolev_theory.symbolic.symbols import cosine, sine, theta

STATEMENTS = {
    "value": "Term F_m = E <grad^m sigma(u.x), grad^m sigma(v.x)> of a pair",
    "field": "Derivative in u of the term of order m, on (u, v)",
    "field_in_frame": "Derivative in u of the term of order m, on the frame (f_1, f_2)",
    "own": "Jacobian of the field in u, on (I, f1 f1', f1 f2', f2 f1', f2 f2')",
    "cross": "Jacobian of the field in v, on (I, f1 f1', f1 f2', f2 f1', f2 f2')",
    "gauss_newton": "E <d_u grad^m sigma(u.x), d_v grad^m sigma(v.x)>, on (I, f1 f1', f1 f2', f2 f1', f2 f2')",
    "self_value": "Term of order m at v = u",
    "self_field": "Field of order m at v = u, on f_1",
    "self_own": "Jacobian of the field at v = u along the diagonal, on (I, f1 f1')",
    "self_gauss_newton": "Gauss-Newton block at v = u, on (I, f1 f1')",
}
DOMAINS = {"polar": "p > 0, q > 0, 0 < theta < pi; radians", "gram": "s >= 0, t >= 0, rho^2 <= s t"}


@dataclass(frozen=True)
class Record:
    """One derived result: what it says, its expressions, where it holds, where it comes from."""

    name: str
    statement: str
    arguments: list[str]
    expressions: list[str]
    latex: list[str]
    domain: str
    source: str
    deviations: str = ""
    steps: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Output:
    """What one derivation file contributes: generated files by name, and catalogue records."""

    files: dict[str, str]
    records: list[Record]


def _readable(expression: sp.Expr) -> sp.Expr:
    return expression.subs({sine: sp.sin(theta), cosine: sp.cos(theta)})


def record(
    name: str,
    statement: str,
    arguments: tuple[sp.Symbol, ...],
    expressions: tuple[sp.Expr, ...],
    domain: str,
    source: str,
    derivation: Derivation | None = None,
    deviations: str = "",
) -> Record:
    """A record with expressions as SymPy text and as LaTeX."""
    readable = [_readable(e) for e in expressions]
    steps = (
        [[s.statement, sp.latex(_readable(s.left)), sp.latex(_readable(s.right))] for s in derivation.steps]
        if derivation
        else []
    )
    names = [str(a) for a in arguments if a not in (sine, cosine)]
    latex = [sp.latex(e) for e in readable]
    return Record(name, statement, names, [str(e) for e in readable], latex, domain, source, deviations, steps)


def activation_records(formulas: ActivationFormulas, source: str) -> list[Record]:
    """The closed form ``K_00`` with its derivation, and one record per derived quantity (after the bilinear part is
    split off).
    """
    domain = DOMAINS[formulas.chart.name]
    kernel = record(
        f"{formulas.name}/K00",
        "K_00 = E[sigma(u.x) sigma(v.x)]",
        formulas.chart.arguments,
        (formulas.kernel,),
        domain,
        source,
        formulas.derivation,
    )
    records = [kernel]
    for quantity in formulas.quantities:
        name = "/".join(filter(None, (formulas.name, f"order{quantity.order}", quantity.name, quantity.derivative)))
        statement = STATEMENTS[quantity.name]
        if quantity.name in ("value", "field", "cross", "gauss_newton") and formulas.bilinear[quantity.order] != 0:
            statement += f"; less the bilinear part {formulas.bilinear[quantity.order]} u.v of the term"
        records.append(record(name, statement, quantity.arguments, quantity.coefficients, domain, source))
    return records


def catalogue_file(records: list[Record]) -> str:
    """The catalogue as JSON text, sorted by name."""
    ordered = sorted(records, key=lambda r: r.name)
    return json.dumps([asdict(r) for r in ordered], indent=1, ensure_ascii=True) + "\n"
