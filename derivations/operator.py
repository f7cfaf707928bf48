r"""The numeric Sobolev operator, printed from `operator_letters`: every quantity of every order, for any activation.

Checked first: that the letters obey Price's theorem, and that the operator on the tables of ReLU^n and erf gives the
formulas that were derived from their closed forms.
"""

from typing import Any

import sympy as sp

from derivations.catalogue import Output
from derivations.erf import error_function
from derivations.operator_letters import (
    ARGUMENTS,
    SIZE,
    SLOPE,
    D,
    Diagonal,
    G,
    J,
    K,
    Moment,
    N,
    Power,
    S,
    beyond,
    gram,
    in_plane,
    polar,
)
from derivations.relu import POWERS, power_of_relu
from sobolev_theory.symbolic import POLAR, ActivationFormulas, Derivation
from sobolev_theory.symbolic.activation import Quantity
from sobolev_theory.symbolic.algebra import kinds, reduction
from sobolev_theory.symbolic.catalogue.latex import readable
from sobolev_theory.symbolic.code.modules import STATEMENTS, function, header
from sobolev_theory.symbolic.symbols import cosine, g, p, q, rho, s, sine, t, theta


def _rules(proof: Derivation) -> None:
    """Those of the letters, on moments of ``exp(alpha z) + exp(beta z)``, which stand for all by superposition."""
    alpha, beta = sp.symbols("alpha beta", real=True)

    def moment(i: int, j: int, *at: sp.Expr) -> sp.Expr:
        first, cross, second = at
        return sum(
            (a**i * b**j * sp.exp((a**2 * first + 2 * a * b * cross + b**2 * second) / 2))
            for a in (alpha, beta) for b in (alpha, beta)
        )  # fmt: skip

    def known(value: sp.Expr) -> sp.Expr:
        value = value.replace(Diagonal, lambda i, k, at: sp.diff(moment(i, i, at, at, at), at, k))
        return value.replace(Moment, moment).replace(Power, lambda k, at: sp.diff(rho**3, rho, k).subs(rho, at))

    for i, j in ((0, 0), (2, 0), (1, 1), (1, 3)):
        for letter in (s, rho, t):
            of = Moment(i, j, s, rho, t)
            proof.check("Price's theorem", sp.diff(known(of), letter), known(sp.diff(of, letter)))
        of = Moment(i, j, s, s, s)
        proof.check("Moments at u = v", moment(i, j, s, s, s), known(of))
        proof.check("their derivatives", sp.diff(known(of), s), known(sp.diff(of, s)))
    for k in range(2):
        proof.check("Powers of rho", sp.diff(known(Power(k, rho)), rho), known(sp.diff(Power(k, rho), rho)))


def _on_gram_table(formulas: ActivationFormulas, quantity: Quantity) -> list[sp.Expr]:
    """The operator's coefficients with the moments of a smooth activation."""
    m, at = quantity.order, s if quantity.name.startswith("self") else rho

    def moment(i: int, j: int) -> sp.Expr:
        (value,) = formulas.moments[m + max(i, j), m + min(i, j)]
        return value if i >= j else value.subs({s: t, t: s}, simultaneous=True)

    return [
        value.replace(K, moment)
        .replace(D, lambda i, k: formulas.moments[m + i,][k])
        .replace(G, lambda k: sp.ff(m, k) * at ** (m - k))
        for value in gram()[quantity.name]
    ]


def _on_polar_table(formulas: ActivationFormulas, quantity: Quantity) -> list[sp.Expr]:
    """The same for ``a z_+^n + b (-z)_+^n``."""
    m, n, itself = quantity.order, formulas.degree or 0, quantity.name.startswith("self")
    moments, cos = _angular(formulas), sp.S.One if itself else sp.cos(theta)

    def moment(i: int) -> sp.Expr:
        return reduction.at_parallel(moments[m + i], sp.S.Zero) if itself else moments[m + i]

    return [
        value.replace(J, moment)
        .replace(S, lambda i: sp.sin(theta) ** i * moment(i))
        .replace(G, lambda k: sp.ff(m, k) * cos ** (m - k))
        .subs({SIZE: (p * (p if itself else q)) ** n, N: n})
        for value in polar("backprop" if m == n and quantity.derivative != "exact" else "exact")[quantity.name]
    ]


def _angular(formulas: ActivationFormulas) -> list[sp.Expr]:
    """``j_0, ..., j_(n+2)``."""
    _, slope, *moments = formulas.moments[()]
    known = {SLOPE: slope, sine: sp.sin(theta), cosine: sp.cos(theta)}
    return moments + [beyond()[e, i].subs(known) / sp.sin(theta) ** i for e, i in ((1, 0), (2, 2))]


def _check(formulas: ActivationFormulas, proof: Derivation) -> None:
    """The operator on a table against the formulas of the activation."""
    if formulas.degree is None:
        on_table, reduce = _on_gram_table, kinds.reduce_gram
    else:
        on_table, reduce = _on_polar_table, reduction.reduce_polar
        n, moments = formulas.degree, _angular(formulas)
        for m in range(n + 2):
            left, right = ((p * q) ** (n - k) * moments[k] for k in (m, m + 1))
            proof.check("Price's theorem on the table", POLAR.d_rho(left), right, reduce)
    for quantity in formulas.quantities:
        for x, y in zip(on_table(formulas, quantity), quantity.coefficients, strict=True):
            left, right = (readable(sp.sympify(value)).subs(g, s * t - rho**2) for value in (x, y))
            proof.check(f"Operator ({formulas.name}, {quantity.name} {quantity.order})", left, right, reduce)
    if formulas.degree is not None:
        _check_in_plane(formulas, formulas.degree, proof)


def _check_in_plane(formulas: ActivationFormulas, n: int, proof: Derivation) -> None:
    """The coefficients in a plane against those in the frame."""
    moments = _angular(formulas)
    exact = {q.name: q.coefficients for q in formulas.quantities if (q.order, q.derivative) == (n, "exact")}
    for name in ("own", "cross"):
        identity, first, *mixed, second = exact[name]
        known = {SIZE: (p * q) ** n, N: n, sine: sp.sin(theta), cosine: sp.cos(theta)}
        for x, y in zip(in_plane()[f"{name}_in_plane"], (0, first + identity, *mixed, second + identity), strict=True):
            on_table = (
                sp.sympify(x)
                .replace(J, lambda i: moments[n + i])
                .replace(S, lambda i: sp.sin(theta) ** i * moments[n + i])
            )
            on_table = on_table.subs(known).replace(G, lambda k: sp.ff(n, k) * sp.cos(theta) ** (n - k))
            left, right = (readable(sp.sympify(value)) for value in (on_table, y))
            proof.check(f"In a plane ({formulas.name}, {name})", left, right, reduction.reduce_polar)


def derive() -> Output:
    """Print the operator, after its calculus and its results for the activations of the package were checked."""
    proof = Derivation()
    _rules(proof)
    for formulas in (*map(power_of_relu, POWERS), error_function()):
        _check(formulas, proof)
    functions: dict[tuple[Any, ...], tuple[str, str]] = {}  # by arguments and results: name and text

    def printed(name: str, doc: str, *content: tuple[Any, ...]) -> str:
        if content not in functions:
            functions[content] = name, function(name, doc, *content, exact=True)
        return functions[content][0]

    registries = []
    tables = {
        "GRAM": ("gram", gram()),
        "EXACT": ("polar", polar("exact") | in_plane()),
        "BACKPROP": ("backprop", polar("backprop")),
    }
    for registry, (prefix, quantities) in tables.items():
        registries.append(f"{registry} = {{")
        for name, values in quantities.items():
            letters = "polar" if prefix != "gram" else "self" if name.startswith("self") else "gram"
            statement = STATEMENTS[name.removesuffix("_in_plane")] + ", at the jump in a plane" * name.endswith("plane")
            function_name = printed(f"{prefix}_{name}", f"{statement}.", ARGUMENTS[letters], values)
            registries.append(f'    "{name}": {function_name},')
        registries.append("}")
    registries.append("BEYOND = {")
    for (e, i), value in beyond().items():
        function_name = printed(f"beyond_{e}_{i}", f"sin^{i} j_(n+{e}).", (SLOPE, sine, cosine), (value,))
        registries.append(f"    ({e}, {i}): {function_name},")
    title = "The Sobolev operator on a table of moments; letters in derivations/operator_letters.py."
    body = "\n\n".join(text for _, text in functions.values())
    lines = [header(title, "derivations/operator.py"), "from typing import Any", "", "", body, "", *registries, "}", ""]
    return Output({"operator.py": "\n".join(lines)}, [])
