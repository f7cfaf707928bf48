r"""One ReLU neuron and its teacher: eigenvalues in the angle and the norm ratio ``r = |w*| / |w|``.

The curvature of ``1/2 E |grad^m f_S - grad^m f_T|^2`` is the self block of ``w`` minus the own block of the pair
``(w, w*)``. In the frame ``(u^, e)`` its in-plane part is triangular for every order and convention, so eigenvalues
of a sum of orders are sums of eigenvalues.
"""

from collections.abc import Iterator

import sympy as sp

from derivations.catalogue import Output
from derivations.planar_flow import DOMAIN, RATIO
from derivations.relu import power_of_relu
from sobolev_theory.formulas.records import Formula
from sobolev_theory.norms import Convention
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.algebra.reduction import short_form
from sobolev_theory.symbolic.catalogue.forms import polar_form
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import cosine, p, q, ratio, sine

SOURCE = "Oh, Lyu & Son 2025 (arXiv 2509.19773)"
DEVIATION = (
    r"A secondary source prints the factor $\vecnorm{\teacher}^{2} / (2 \pi \vecnorm{\student} \sin \weightangle)$; "
    "homogeneity of degree 0 of the ReLU Hessian forces "
    r"$\vecnorm{\teacher} / (2 \pi \vecnorm{\student} \sin \weightangle)$."
)
LABELS = tuple(rf"\lambda_{{\mathrm{{{name}}}}}" for name in ("radial", "plane", "transverse"))


def derive() -> Output:
    """Eigenvalues per order and convention, and the condition numbers that follow."""
    proof = Derivation()
    functions, table = [], []
    eigenvalues: dict[tuple[int, str | None], tuple[sp.Expr, ...]] = {}
    for order, derivative in ((0, None), (1, "backprop"), (1, "exact")):
        values = _eigenvalues(order, derivative, proof)
        name = "_".join(filter(None, ("eigenvalues", str(order), derivative)))
        doc = f"Radial, in-plane and transverse eigenvalue, order {order}{', ' + derivative if derivative else ''}."
        functions.append(function(name, doc, (ratio, sine, cosine), values))
        table += [f'    ({order}, "{d}"): {name},' for d in ((derivative,) if derivative else Convention)]
        eigenvalues[order, derivative] = values
    title = "One ReLU neuron: eigenvalues of the curvature of order m in the norm ratio r and the angle."
    preamble = header(title, "derivations/single_neuron.py")
    body = "\n\n".join(functions)
    text = "\n".join([preamble, "from typing import Any", "", "", body, "", "EIGENVALUES = {", *table, "}", ""])
    return Output({"single_neuron.py": text}, [*_spectra(eigenvalues, proof), *_condition_numbers(eigenvalues)])


def _spectra(eigenvalues: dict[tuple[int, str | None], tuple[sp.Expr, ...]], proof: Derivation) -> Iterator[Formula]:
    """The three eigenvalues per norm and convention."""
    for norm, convention in (("L2", None), ("H1", "backprop"), ("H1", "exact")):
        parts = [eigenvalues[0, None]] + ([eigenvalues[1, convention]] if convention else [])
        values = [polar_form(sp.Add(*terms)) for terms in zip(*parts, strict=True)]
        suffix = f", {norm}" + (f", {convention} convention" if convention else "")
        option = f', derivative="{convention}"' if convention else ""
        yield formula(
            "/".join(filter(None, ("relu", norm, "single_neuron/eigenvalues", convention))),
            f"Eigenvalues of the Hessian of one neuron: radial, in the plane, and transverse ($d - 2$ times){suffix}",
            "",
            dict(zip(LABELS, values, strict=True)),
            domain=DOMAIN,
            numeric=f'single_neuron.eigenvalues(angle, ratio, "{norm}"{option})',
            source=SOURCE,
            derivation=proof,
            deviations=DEVIATION,
            where=[RATIO],
        )


def _eigenvalues(order: int, derivative: str | None, proof: Derivation) -> tuple[sp.Expr, ...]:
    """Self block of ``w`` minus own block of ``(w, w*)`` at ``|w| = 1``, ``|w*| = r``."""
    formulas = power_of_relu(1)
    table = {(x.name, x.order, x.derivative): x.coefficients for x in formulas.quantities}
    identity, radial = (c.subs(p, 1) for c in table["self_own", order, derivative])
    own = [c.subs({p: 1, q: ratio}) for c in table["own", order, derivative]]
    proof.step(f"Order {order} {derivative or ''}: the in-plane block is triangular", own[3], sp.Integer(0))
    bulk = formulas.bilinear[order] + identity - own[0]
    return tuple(sp.expand(short_form(x)) for x in (bulk + radial - own[1], bulk - own[4], bulk))


def _condition_numbers(eigenvalues: dict[tuple[int, str | None], tuple[sp.Expr, ...]]) -> Iterator[Formula]:
    r"""The condition numbers of L2 and backprop H1, and their ratio, in ``x = r sin(theta)/pi < 1/2``.

    That the radial eigenvalue is the largest and the in-plane one the smallest is proved in `theorems.single_neuron`.
    """
    x = sp.Symbol("x", nonnegative=True)
    at_x = {sine: sp.pi * x / ratio}
    backprop = zip(eigenvalues[0, None], eigenvalues[1, "backprop"], strict=True)
    kappas = {}
    for norm, values in (("L2", eigenvalues[0, None]), ("H1", tuple(a + b for a, b in backprop))):
        radial, in_plane, _ = (sp.simplify(value.subs(at_x)) for value in values)
        proof = Derivation()
        kappas[norm] = 1 / sp.expand(in_plane / radial)
        proof.step("Radial over in-plane eigenvalue", radial / in_plane, kappas[norm])
        statement = f"Condition number of the Hessian of one neuron, {norm}"
        name, symbol = f"{norm}/single_neuron/condition_number", rf"\kappa_{{{norm[0]}^{norm[1]}}}"
        yield _in_x(name, statement, symbol, kappas[norm], f'condition_number(angle, ratio, "{norm}")', proof)
    proof = Derivation()
    gain = proof.step("Ratio", kappas["H1"] / kappas["L2"], (1 - 2 * x) / (1 - 3 * x / 2))
    proof.step("What is gained; positive for $0 < x < 1/2$", 1 - gain, (x / 2) / (1 - 3 * x / 2))
    name, numeric = "single_neuron/condition_number_ratio", 'condition_number_ratio(angle, ratio, ("H1", "L2"))'
    statement = "Gain in conditioning of H1 over L2 for one neuron"
    yield _in_x(name, statement, r"\kappa_{H^1} / \kappa_{L^2}", gain, numeric, proof)


def _in_x(name: str, statement: str, symbol: str, value: sp.Expr, numeric: str, proof: Derivation) -> Formula:
    """A record in the letter ``x``."""
    return formula(
        f"relu/{name}",
        f"{statement}, backprop convention",
        symbol,
        value,
        domain=r"$0 \le x < \tfrac12$; beyond, the $L^2$ Hessian is singular or indefinite",
        numeric=f"single_neuron.{numeric}",
        source=SOURCE,
        derivation=proof,
        where=[("x", r"r \sin \weightangle / \pi"), RATIO],
    )
