r"""Catalogue records of one activation: pair moments, and per norm the terms of loss, gradient and curvature.

A loss is ``1/2 sum_ij c_i c_j F(u_i, u_j)`` over the stacked rows ``u = [W; V]`` with ``c = [a; -b]``. The records give
``F`` of a pair ``(w, v)``, its field ``g``, the Jacobians of the field and the Gauss-Newton block, each for a pair and
for a vector with itself, summed over the orders of the norm.
"""

from collections.abc import Iterable, Iterator, Sequence

import sympy as sp

from ...formulas.records import Formula
from ...norms import Convention
from .. import sobolev
from ..activation import ActivationFormulas
from ..symbols import as_sympy, g, p, rho, s, t, theta
from .forms import DELTA, gram_form, polar_form, total
from .latex import readable
from .norm_sums import NormSum
from .records import Combination, Rule, formula

STUDENT, TEACHER, ALONG, TOWARDS, IDENTITY = r"\student", r"\teacher", r"\along", r"\towards", "I"
PAIR, ITSELF = r"\left(\student, \teacher\right)", r"\left(\student, \student\right)"
DOMAINS = {
    "polar": r"non-zero $\student$, $\teacher$; $0 < \weightangle < \pi$, radians",
    "gram": r"all $\student$, $\teacher$",
}
LENGTH = r"\vecnorm{\student}"
FRAME = (
    (ALONG, r"\student / \vecnorm{\student}"),
    (TOWARDS, r"\left(\teacher / \vecnorm{\teacher} - \cos \weightangle \, \along\right) / \sin \weightangle"),
)
ORDER_PARAMETERS = {s: r"\vecnorm{\student}^{2}", rho: r"\student \cdot \teacher", t: r"\vecnorm{\teacher}^{2}"}
DELTA_IS = (r"\Delta", r"\left(1 + s\right) \left(1 + t\right) - \rho^{2}")
QUANTITIES = {
    "loss": ("value", "F", r"Term of a pair in the loss $E = \tfrac12 \sum_{ij} c_i c_j F(u_i, u_j)$"),
    "gradient": ("field", "g", r"Field of a pair: the gradient in row $i$ is $a_i \sum_j c_j \, g(u_i, u_j)$"),
    "hessian/own": ("own", r"\partial_{\student} g", "Jacobian of the field of a pair in its first vector"),
    "hessian/cross": ("cross", r"\partial_{\teacher} g", "Jacobian of the field of a pair in its second vector"),
    "gauss_newton": ("gauss_newton", "N", "Block of a pair of students in the Gauss--Newton matrix"),
}
"""Name in the catalogue: quantity of `ActivationFormulas`, symbol, statement."""

GRAM_JACOBIAN = ("A", r"2 \, \partial_s A", r"\partial_\rho A", r"2 \, \partial_s B", r"\partial_\rho B")
"""Jacobian of the field ``g = A w + B v``."""

POLAR_GRADIENT = (
    rf"\partial F / \partial {LENGTH}",
    rf"- \left(\partial F / \partial \weightangle\right) / {LENGTH}",
)
BACKPROP_FIELD = (
    r"\sum_{m < n} 2 \, \partial_s F_m",
    r"\sum_{m < n} \partial_\rho F_m + n \, \rho^{n - 1} K_{nn}",
)
"""Fields: the gradient by polar calculus, and in the backprop convention of a norm whose order ``n`` jumps."""

POLAR_JACOBIAN = (
    rf"\tau = \left(\alpha - \beta \cot \weightangle\right) / {LENGTH}",
    rf"\partial \alpha / \partial {LENGTH} - \tau",
    rf"- \left(\partial \alpha / \partial \weightangle + \beta\right) / {LENGTH}",
    rf"\partial \beta / \partial {LENGTH}",
    rf"\left(\alpha - \partial \beta / \partial \weightangle\right) / {LENGTH} - \tau",
)
"""Jacobian of the field ``g = alpha f_1 + beta f_2`` in the frame."""


def activation_records(formulas: ActivationFormulas, source: str) -> list[Formula]:
    """All records of an activation: ``<name>/K00``, ..., ``<name>/<norm>/<quantity>[/self][/<convention>]``."""
    records = [*_moments(formulas, source)]
    for highest in range(formulas.max_order + 1):
        for name in QUANTITIES:
            jumps = highest == formulas.degree and name in ("gradient", "hessian/own", "hessian/cross")
            for convention in Convention if jumps else (None,):
                sums = NormSum(formulas, highest, convention)
                records.append(_record(sums, name, source))
                if name != "hessian/cross":
                    records.append(_record(sums, name, source, itself=True))
    return records


def _moments(formulas: ActivationFormulas, source: str) -> Iterator[Formula]:
    """``K_mm = E[sigma^(m)(w . x) sigma^(m)(v . x)]``."""
    chart, moment = formulas.chart, formulas.kernel
    for order in range(formulas.max_order + 1):
        shown = _added(formulas, (moment,))
        lower = f"K_{{{order - 1}{order - 1}}}"
        rules = [Rule("Price's theorem", rf"\partial_\rho {lower}", moment, shown)] if order else []
        dots = f"^{{({order})}}" if order else ""
        unit = tuple(int(m == order) for m in range(order + 1))
        yield formula(
            f"{formulas.name}/K{order}{order}",
            f"Pair moment of order {order}, "
            rf"$\mathbb{{E}}[\sigma{dots}(\student \cdot x) \, \sigma{dots}(\teacher \cdot x)]$",
            f"K_{{{order}{order}}}{PAIR}",
            shown,
            domain=DOMAINS[chart.name],
            numeric=f'PopulationLoss(V, {unit}, activation="{formulas.name}").value(W)',
            source=source,
            derivation=None if order else formulas.derivation,
            rules=rules,
            where=_where([shown]),
        )
        moment = sobolev.diagonal_moment(chart, moment, 1)


def _record(sums: NormSum, name: str, source: str, *, itself: bool = False) -> Formula:
    """One quantity of a norm, of a pair or of a vector with itself."""
    formulas, (quantity, symbol, statement) = sums.formulas, QUANTITIES[name]
    orders = sums.orders(f"self_{quantity}" if itself else quantity)
    polar = formulas.chart.name == "polar"
    if itself and quantity == "field" and polar:
        orders = [(sp.cancel(radial / p),) for (radial,) in orders]
    coefficients = [_added(formulas, parts) for parts in zip(*orders, strict=True)]
    framed = polar and (sums.in_frame or quantity != "field") and not (itself and quantity == "field")
    value = coefficients[0] if quantity == "value" else Combination(_labelled(quantity, coefficients, framed))
    convention = f", {sums.convention} convention" if sums.convention else ""
    labels = list(value) if isinstance(value, Combination) else []
    call = {"value": "value", "field": "gradient", "gauss_newton": "gauss_newton"}.get(quantity, "hessian")
    option = f', derivative="{sums.convention}"' if sums.convention else ""
    return formula(
        "/".join(filter(None, (formulas.name, sums.norm, name, "self" if itself else "", sums.convention))),
        f"{statement}, {sums.norm}{convention}" + ("; a vector with itself" if itself else ""),
        symbol + (ITSELF if itself else PAIR),
        value,
        domain=r"$\student \ne 0$" if itself and polar else DOMAINS["gram" if itself else formulas.chart.name],
        numeric=f'PopulationLoss(V, "{sums.norm}", activation="{formulas.name}"{option}).{call}(W)',
        source=source,
        rules=[] if itself else _rules(sums, quantity, coefficients),
        where=_where(coefficients, labels),
    )


def _labels(quantity: str, framed: bool) -> list[str]:
    """Basis elements of a field or a block; those of blocks start with the identity."""
    first, second = (ALONG, TOWARDS) if framed else (STUDENT, TEACHER)
    if quantity == "field":
        return [first, second]
    return [IDENTITY, *(rf"{a} {{{b}}}^\top" for a in (first, second) for b in (first, second))]


def _labelled(quantity: str, coefficients: list[sp.Expr], framed: bool) -> dict[str, sp.Expr]:
    """Coefficients that are not zero by their basis elements."""
    labels = _labels(quantity, framed)
    return {label: c for label, c in zip(labels, coefficients, strict=False) if c != 0} or {labels[0]: sp.S.Zero}


def _added(formulas: ActivationFormulas, parts: tuple[sp.Expr, ...]) -> sp.Expr:
    """A sum over orders as it is shown: in one form in the polar chart, order by order for smooth activations."""
    if formulas.chart.name == "polar":
        return polar_form(sp.Add(*parts))
    return total([gram_form(part) for part in parts if part != 0])


def order_parameters(letters: set[sp.Symbol]) -> list[tuple[str, str]]:
    """Definitions of those of ``s, rho, t`` that occur."""
    return [(r"\rho" if x == rho else str(x), text) for x, text in ORDER_PARAMETERS.items() if x in letters]


def _where(expressions: Sequence[sp.Expr], labels: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Definitions of the letters that occur."""
    shown = set().union(*(as_sympy(e).free_symbols for e in expressions))
    written = set().union(*(readable(as_sympy(e)).free_symbols for e in expressions))
    defined = [*order_parameters(written), *([DELTA_IS] if DELTA in shown else [])]
    return defined + [(letter, text) for letter, text in FRAME if any(letter in label for label in labels)]


def _plain(sums: NormSum, quantity: str) -> list[sp.Expr]:
    """Coefficients summed over orders, in coordinates only: ready to be differentiated."""
    added = (sp.Add(*parts) for parts in zip(*sums.orders(quantity), strict=True))
    return [readable(coefficient).subs(g, s * t - rho**2) for coefficient in added]


def _rules(sums: NormSum, quantity: str, coefficients: list[sp.Expr]) -> list[Rule]:
    """How the coefficients follow from ``F``, verified."""
    chart = sums.formulas.chart
    (term,) = _plain(sums, "value")
    field = _plain(sums, "field")
    rules: Iterable[tuple[str, sp.Expr]] = ()
    framed = chart.name == "polar" and (sums.in_frame or quantity != "field")
    labels = [f"Coefficient of ${label}$" for label in _labels(quantity, framed)]
    if quantity == "value":
        rules, labels = [(r"\sum_m \rho^m K_{mm}", term)], ["Sum over orders"]
    elif quantity == "field" and sums.in_frame:
        rules = zip(POLAR_GRADIENT, (sp.diff(term, p), -sp.diff(term, theta) / p), strict=True)
    elif quantity == "field" and sums.convention == "backprop":
        rules = zip(BACKPROP_FIELD, _backprop_field(sums), strict=True)
    elif quantity == "field":
        rules = zip((r"2 \, \partial_s F", r"\partial_\rho F"), sobolev.exact_field(chart, term), strict=True)
    elif quantity == "own" and chart.name == "gram":
        rules = zip(GRAM_JACOBIAN, sobolev.own_block(chart, *field), strict=True)
    elif quantity == "own":
        rules = zip(POLAR_JACOBIAN, _polar_jacobian(*(field if sums.in_frame else chart.field(*field))), strict=True)
    return [Rule(says, *rule, shown) for says, rule, shown in zip(labels, rules, coefficients, strict=False)]


def _backprop_field(sums: NormSum) -> tuple[sp.Expr, sp.Expr]:
    """Lower orders by the gradient of their terms; of the order ``n`` that jumps ``n rho^(n-1) K_nn v`` only."""
    chart, n = sums.formulas.chart, sums.highest
    *lower, highest = sums.terms()
    along, towards = sobolev.exact_field(chart, sp.Add(*lower))
    return along, towards + n * highest / chart.inner if n else towards


def _polar_jacobian(alpha: sp.Expr, beta: sp.Expr) -> tuple[sp.Expr, ...]:
    """Of the field ``alpha f_1 + beta f_2``, by plain polar calculus; see `POLAR_JACOBIAN`."""
    transverse = (alpha - beta * sp.cos(theta) / sp.sin(theta)) / p
    return (
        transverse,
        sp.diff(alpha, p) - transverse,
        -(sp.diff(alpha, theta) + beta) / p,
        sp.diff(beta, p),
        (alpha - sp.diff(beta, theta)) / p - transverse,
    )
