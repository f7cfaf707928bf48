r"""Price's theorem and Stein's lemma, verified on the Gaussian density itself.

For ``z = (u . x, v . x)``, a centred Gaussian with covariance ``[[s, rho], [rho, t]]`` and density ``phi``, the heat
identities ``d phi/d rho = d_1 d_2 phi`` and ``d phi/d s = d_1^2 phi / 2`` give, after two integrations by parts, ``d
K_ab/d rho = K_(a+1)(b+1)`` and ``d K_ab/d s = K_(a+2)b / 2``. The identity ``z phi = - Sigma grad phi`` gives Stein's
lemma.
"""

import sympy as sp

from derivations.catalogue import Output, record
from sobolev_theory.symbolic import Derivation
from sobolev_theory.symbolic.symbols import rho, s, t

SOURCE = "Price 1958; Stein 1981"


def derive() -> Output:
    """Prove the density identities; contributes no kernel."""
    x, y = sp.symbols("z_1 z_2", real=True)
    determinant = s * t - rho**2
    phi = sp.exp(-(t * x**2 - 2 * rho * x * y + s * y**2) / (2 * determinant)) / (2 * sp.pi * sp.sqrt(determinant))

    def reduce(difference: sp.Expr) -> sp.Expr:
        return sp.simplify(difference / phi)

    proof = Derivation()
    proof.step("Heat identity in rho: d phi/d rho = d_1 d_2 phi", sp.diff(phi, rho), sp.diff(phi, x, y), reduce)
    proof.step("Heat identity in s: d phi/d s = d_1^2 phi / 2", sp.diff(phi, s), sp.diff(phi, x, 2) / 2, reduce)
    proof.step("Heat identity in t: d phi/d t = d_2^2 phi / 2", sp.diff(phi, t), sp.diff(phi, y, 2) / 2, reduce)
    gradient = s * sp.diff(phi, x) + rho * sp.diff(phi, y)
    proof.step("Stein: z_1 phi = -(s d_1 phi + rho d_2 phi)", x * phi, -gradient, reduce)
    statement = "d K_ab/d rho = K_(a+1)(b+1), d K_ab/d s = K_(a+2)b / 2, E[x h(u.x, v.x)] = u E[d_1 h] + v E[d_2 h]"
    return Output({}, [record("gaussian/price_stein", statement, (s, rho, t), (phi,), "s t > rho^2", SOURCE, proof)])
