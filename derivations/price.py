r"""Price's theorem and Stein's lemma, verified on the Gaussian density itself.

For ``z = (u . x, v . x)``, a centred Gaussian with covariance ``[[s, rho], [rho, t]]`` and density ``phi``, the heat
identities ``d phi/d rho = d_1 d_2 phi`` and ``d phi/d s = d_1^2 phi / 2`` give, after two integrations by parts, ``d
K_ab/d rho = K_(a+1)(b+1)`` and ``d K_ab/d s = K_(a+2)b / 2``. The identity ``z phi = - Sigma grad phi`` gives Stein's
lemma.
"""

import sympy as sp

from derivations.catalogue import Output
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.catalogue.activation_records import order_parameters
from sobolev_theory.symbolic.catalogue.records import formula
from sobolev_theory.symbolic.symbols import rho, s, t

SOURCE = "Price 1958; Stein 1981"


def derive() -> Output:
    """Prove the density identities; contributes no kernel."""
    x, y = sp.symbols("z_1 z_2", real=True)
    determinant = s * t - rho**2
    phi = sp.exp(-(t * x**2 - 2 * rho * x * y + s * y**2) / (2 * determinant)) / (2 * sp.pi * sp.sqrt(determinant))

    density = sp.Function("mu")(x, y, s, rho, t)

    def reduce(difference: sp.Expr) -> sp.Expr:
        return sp.simplify(difference.subs(density, phi).doit() / phi)

    def d(*letters: sp.Symbol) -> sp.Expr:
        return sp.Derivative(density, *letters)

    proof = Derivation()
    proof.step(r"Heat identity in $\rho$", d(rho), d(x, y), reduce)
    proof.step("Heat identity in $s$", d(s), d(x, x) / 2, reduce)
    proof.step("Heat identity in $t$", d(t), d(y, y) / 2, reduce)
    proof.step(r"Stein: $z \mu = - \Sigma \nabla \mu$", x * density, -s * d(x) - rho * d(y), reduce)
    statement = (
        r"Density of $(\student \cdot x, \teacher \cdot x)$. Integrated by parts, its identities give Price's theorem, "
        r"$\partial_\rho K_{ab} = K_{a+1, b+1}$ and $\partial_s K_{ab} = \tfrac12 K_{a+2, b}$, and Stein's lemma, "
        r"$\mathbb{E}[x \, h(\student \cdot x, \teacher \cdot x)] "
        r"= \mathbb{E}[\partial_1 h] \, \student + \mathbb{E}[\partial_2 h] \, \teacher$"
    )
    entry = formula(
        "gaussian/price_stein",
        statement,
        r"\mu(z_1, z_2)",
        phi,
        domain=r"$s t > \rho^{2}$",
        numeric="",
        source=SOURCE,
        derivation=proof,
        where=order_parameters({s, rho, t}),
    )
    return Output({}, [entry])
