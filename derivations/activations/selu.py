"""ELU whose alpha and scale keep mean 0 and variance 1 of a standard normal z (Klambauer et al. 2017, 1706.02515)."""

from derivations.declared import Declared

E = "erfc(1/sqrt(2))*sqrt(E)"
MASS = f"2*erfc(sqrt(2))*E**2 + pi*({E})**2 - 2*(2 + pi)*{E} + pi + 2"

ACTIVATION = Declared(
    "lamda*(Max(z, 0) + alpha*(exp(Min(z, 0)) - 1))",
    constants={"alpha": f"sqrt(2/pi)/(1 - {E})", "lamda": f"(1 - {E})*sqrt(2*pi)/sqrt({MASS})"},
)
