"""Records of derived results, as written to the catalogue data from which formulas are printed."""

import json
from dataclasses import asdict, dataclass, field

import sympy as sp

from sobolev_theory.symbolic import ActivationFormulas, Derivation
from sobolev_theory.symbolic.codegen import STATEMENTS
from sobolev_theory.symbolic.symbols import cosine, sine, theta

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


def readable(expression: sp.Expr) -> sp.Expr:
    """Sine and cosine as functions of theta again."""
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
    shown = [readable(e) for e in expressions]
    steps = (
        [[s.statement, sp.latex(readable(s.left)), sp.latex(readable(s.right))] for s in derivation.steps]
        if derivation
        else []
    )
    names = [str(a) for a in arguments if a not in (sine, cosine)]
    latex = [sp.latex(e) for e in shown]
    return Record(name, statement, names, [str(e) for e in shown], latex, domain, source, deviations, steps)


def activation_records(formulas: ActivationFormulas, source: str) -> list[Record]:
    """The closed form ``K_00`` with its derivation, and one record per derived quantity."""
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
        if (
            quantity.name in ("value", "field", "field_in_frame", "cross", "gauss_newton")
            and formulas.bilinear[quantity.order] != 0
        ):
            statement += f"; less the bilinear part {formulas.bilinear[quantity.order]} u.v of the term"
        records.append(record(name, statement, quantity.arguments, quantity.coefficients, domain, source))
    return records


def catalogue_file(records: list[Record]) -> str:
    """The catalogue as JSON text, sorted by name, a record a line."""
    ordered = sorted(records, key=lambda r: r.name)
    return "[\n" + ",\n".join(json.dumps(asdict(r), ensure_ascii=True) for r in ordered) + "\n]\n"
