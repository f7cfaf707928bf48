r"""One ReLU neuron ``w`` under gradient flow: the planar system of ``|w|`` and the angle, and ``|w - w*|^2`` along it.

With ``p = |w|``, ``q = |w*|``, ``D = w - w*`` and ``w' = -G``, ``G`` the gradient of order ``m``, in the frame ``(u^,
e)`` of the pair ``(w, w*)``:

- ``p' = -G . u^`` and ``theta' = G . e / p``, since ``e`` points to ``w*``;
- ``V = |D|^2 / 2`` has ``V' = -D . G``, where ``2 pi D . G`` is a quadratic form in ``(p, q)``: `theorems.lyapunov`
  proves that the forms of all orders are positive wherever ``w`` is neither ``0`` nor ``w*``.

The forms that are emitted are accurate at both ends of the angle and near ``w*``: they use ``psi = pi - theta``, ``1 -
cos`` and ``p - q``, which can be had without cancellation, and arc-cosine functions by name.
"""

from collections.abc import Iterator

import sympy as sp

from derivations.catalogue import Output
from derivations.relu import power_of_relu
from sobolev_theory.formulas.records import Formula
from sobolev_theory.norms import Convention
from sobolev_theory.symbolic import POLAR, ArcCosine, Derivation
from sobolev_theory.symbolic.algebra.reduction import reduce_polar, short_form
from sobolev_theory.symbolic.catalogue.forms import polar_form
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.code.modules import function, header
from sobolev_theory.symbolic.symbols import cosine, p, q, ratio, sine, theta

SOURCE = "Oh, Lyu & Son 2025 (arXiv 2509.19773)"
DOMAIN = r"$0 < \weightangle < \pi$, radians; $r > 0$"
RATIO = ("r", r"\vecnorm{\teacher} / \vecnorm{\student}")
VELOCITY_LABELS = (
    r"\frac{d}{dt} \frac{\vecnorm{\student}}{\vecnorm{\teacher}}",
    r"\frac{d \weightangle}{dt}",
)
LYAPUNOV = r"\frac{1}{\vecnorm{\teacher}^{2}} \frac{d}{dt} \frac{\vecnorm{\student - \teacher}^{2}}{2}"
CASES = ((0, None), (1, "backprop"), (1, "exact"))
PSI = sp.Symbol("psi", nonnegative=True)  # pi - theta
VERSINE = sp.Symbol("versine", nonnegative=True)  # 1 - cos(theta)
EXCESS = sp.Symbol("excess", real=True)  # p - q
ARGUMENTS = (ratio, theta, PSI, sine, cosine, VERSINE)
AT_RATIO = {EXCESS: (1 - ratio) / ratio, p: 1 / ratio, q: sp.Integer(1)}  # lengths in units of |w*|

J1, J1_SUPPLEMENT = ArcCosine(1, theta), ArcCosine(1, sp.pi - theta)  # sin + psi cos, sin - theta cos
ALONE = theta * sine**2 - cosine * J1_SUPPLEMENT  # theta - sin cos
TOGETHER = PSI * sine**2 + cosine * J1  # psi + sin cos
POSITIVE = (
    ("sin - theta cos", J1_SUPPLEMENT, theta * sine, 0),
    ("theta - sin cos", ALONE, 2 * sine**2, 0),
    ("psi - sin", PSI - sine, -1 - cosine, sp.pi),
    ("psi + sin cos", TOGETHER, -2 * sine**2, sp.pi),
)
"""Functions that are positive on (0, pi): name, emitted form, derivative of one sign, the end at which they vanish."""


def derive() -> Output:
    """Velocity and Lyapunov derivative per order and convention; the theorem on their signs is in `theorems`."""
    functions, tables = [], {}
    shown: dict[tuple[str, int, str | None], tuple[tuple[sp.Expr, ...], Derivation]] = {}
    for name, form, doc in (
        ("velocity", _velocity, "d(|w|/|w*|)/dt and d theta/dt"),
        ("lyapunov_derivative", _lyapunov_derivative, "d/dt |w - w*|^2/2 in units of |w*|^2"),
    ):
        tables[name] = [f"{name.upper()} = {{"]
        for order, derivative in CASES:
            proof = Derivation()
            values, emitted = form(order, derivative, proof)
            shown[name, order, derivative] = values, proof
            called = "_".join(filter(None, (name, str(order), derivative)))
            where = f"order {order}{', ' + derivative if derivative else ''}"
            functions.append(function(called, f"{doc}, {where}.", ARGUMENTS, emitted))
            tables[name] += [f'    ({order}, "{d}"): {called},' for d in ((derivative,) if derivative else Convention)]
        tables[name].append("}")
    preamble = header("One ReLU neuron under gradient flow, per order m.", "derivations/planar_flow.py")
    imports = ["from typing import Any", "", "from .._special import arc_cosine, arc_cosine_of_supplement", "", ""]
    rows = [row for table in tables.values() for row in table]
    text = "\n".join([preamble, *imports, "\n\n".join(functions), "", *rows, ""])
    return Output({"planar_flow.py": text}, list(_records(shown)))


def _records(shown: dict[tuple[str, int, str | None], tuple[tuple[sp.Expr, ...], Derivation]]) -> Iterator[Formula]:
    """Velocity and Lyapunov derivative per norm and convention, from those per order."""
    for name, statement, labels in (
        ("velocity", "Planar system of one neuron under gradient flow", VELOCITY_LABELS),
        ("lyapunov_derivative", "Decrease of the squared distance to the teacher under gradient flow", None),
    ):
        for norm, convention in (("L2", None), ("H1", "backprop"), ("H1", "exact")):
            parts = [shown[name, 0, None]] + ([shown[name, 1, convention]] if convention else [])
            values = [polar_form(sp.Add(*terms)) for terms in zip(*(values for values, _ in parts), strict=True)]
            suffix = f", {norm}" + (f", {convention} convention" if convention else "")
            option = f', derivative="{convention}"' if convention else ""
            yield formula(
                "/".join(filter(None, ("relu", norm, "single_neuron", name, convention))),
                statement + suffix,
                "" if labels else LYAPUNOV,
                dict(zip(labels, values, strict=True)) if labels else values[0],
                domain=DOMAIN,
                numeric=f'single_neuron.{name}(angle, ratio, "{norm}"{option})',
                source=SOURCE,
                derivation=Derivation([step for _, proof in parts for step in proof.steps]),
                where=[RATIO],
            )


def _gradient(order: int, derivative: str | None) -> tuple[sp.Expr, sp.Expr]:
    """``G`` on ``(u^, e)``: bilinear part ``b D``, plus the self field of ``w``, minus the field of ``(w, w*)``."""
    formulas = power_of_relu(1)
    table = {(x.name, x.order, x.derivative): x.coefficients for x in formulas.quantities}
    if ("field", order, derivative) in table:
        along, across = POLAR.field(*table["field", order, derivative])
    else:
        along, across = table["field_in_frame", order, derivative]
    (itself,) = table["self_field", order, derivative]
    b = formulas.bilinear[order]
    return b * (p - q * cosine) + itself - along, -b * q * sine - across


def _velocity(
    order: int, derivative: str | None, proof: Derivation
) -> tuple[tuple[sp.Expr, sp.Expr], tuple[sp.Expr, sp.Expr]]:
    r"""``p' = (q g - p)/2`` with ``g`` a function of the angle, emitted as ``p' = ((q - p) g - p (1 - g))/2``."""
    _moving_frame(proof)
    along, across = _gradient(order, derivative)
    if order == 0:
        g, rest = J1 / sp.pi, VERSINE - J1_SUPPLEMENT / sp.pi
    else:
        g, rest = PSI * cosine / sp.pi, VERSINE + theta * cosine / sp.pi
    turning = -ratio * (PSI * sine + (cosine if derivative == "exact" else 0)) / (2 * sp.pi)
    proof.step(
        r"$\dot\weightangle = G \cdot \towards / \vecnorm{\student}$",
        (across / p).subs(AT_RATIO),
        written_out(turning),
        reduce_polar,
    )
    closed = ((sp.pi - theta) * cosine + (sine if order == 0 else 0)) / sp.pi
    growing = proof.step(
        r"Growth of $\vecnorm{\student}$, $- G \cdot \along$", -along, (q * closed - p) / 2, reduce_polar
    )
    proof.step(r"What vanishes at $\weightangle = 0$", 1 - closed, written_out(rest), reduce_polar)
    benign = (-EXCESS * g - p * rest) / 2
    proof.step(r"Growth without cancellation near the teacher", growing, written_out(benign), reduce_polar)
    radial = ((ratio - 1) * g - rest) / (2 * ratio)
    proof.step(r"The same in units of $\vecnorm{\teacher}$", written_out(benign).subs(AT_RATIO), written_out(radial))
    return (growing.subs(AT_RATIO), written_out(turning)), (radial, turning)


def _moving_frame(proof: Derivation) -> None:
    """``w' = p' u^ - p theta' e`` for ``w = p (cos, sin)``, ``w*`` along the first axis, ``e = (sin, -cos)``."""
    time = sp.Symbol("t", real=True)
    norm, angle = sp.Function("p")(time), sp.Function("theta")(time)
    cos, sin = sp.cos(angle), sp.sin(angle)
    for name, unit, e in (("first", cos, sin), ("second", sin, -cos)):
        moved = norm.diff(time) * unit - norm * angle.diff(time) * e
        proof.step(f"Velocity in the moving frame, {name} component", (norm * unit).diff(time), moved)


def _lyapunov_derivative(
    order: int, derivative: str | None, proof: Derivation
) -> tuple[tuple[sp.Expr], tuple[sp.Expr]]:
    """``V' = -D . G`` and the form that is emitted."""
    form = dissipation(order, derivative)
    statement = r"$2 \pi (\student - \teacher) \cdot G$, and its form without cancellation"
    proof.step(statement, form, written_out(without_cancellation(order, derivative)), reduce_polar)
    shown, emitted = (-f.subs(AT_RATIO) / (2 * sp.pi) for f in (form, without_cancellation(order, derivative)))
    return (shown,), (emitted,)


def dissipation(order: int, derivative: str | None) -> sp.Expr:
    """``2 pi D . G``, a quadratic form in ``(p, q)``."""
    along, across = _gradient(order, derivative)
    form = sp.Poly(short_form(2 * sp.pi * ((p - q * cosine) * along - q * sine * across)), p, q)
    return sum(coefficient * p**i * q**j for (i, j), coefficient in form.terms())


def without_cancellation(order: int, derivative: str | None) -> sp.Expr:
    r"""The same without cancellation, by ``p - q``, ``1 - cos`` and functions of the angle with all their digits.

    - L2: ``E[(D.x)^2; both active] + E[(w.x)(D.x); w alone active]`` times ``2 pi``, every term non-negative.
    - J, exact: the same plus ``p q sin``.
    - J, backprop: the second term is negative for ``p < q cos``, and then at most ``1/pi`` of the first: with ``y = q
      cos - p``, ``theta p y <= theta cos q y <= theta cot(theta) (y^2 + q^2 sin^2)/2 <= |D|^2/2``, and ``psi > pi/2``.
    """
    if derivative == "backprop":
        square = EXCESS**2 + 2 * p * q * VERSINE  # |D|^2
        return PSI * square + theta * p * (EXCESS + q * VERSINE)
    together = TOGETHER * EXCESS**2 + 2 * p * q * (PSI - sine) * VERSINE
    alone = p**2 * ALONE + p * q * J1_SUPPLEMENT
    return together + alone + (p * q * sine if order else 0)


def written_out(form: sp.Expr) -> sp.Expr:
    """The letters of forms without cancellation written out."""
    return form.subs({PSI: sp.pi - theta, VERSINE: 1 - cosine, EXCESS: p - q})
