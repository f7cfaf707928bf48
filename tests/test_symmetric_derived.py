"""Spectra along the symmetric family for activations that a user derived: every digit, at any width."""

from functools import cache
from itertools import product

import pytest
import sympy as sp
from mpmath import mp

from sobolev_theory import NotDifferentiableError, formulas, symmetric
from sobolev_theory.pairs.operator import Terms
from sobolev_theory.symbolic import DerivedActivation, derive
from sobolev_theory.symbolic.arc_cosine import closed_forms
from sobolev_theory.symbolic.symbols import cosine, sine, theta, z
from sobolev_theory.symmetric import spectra

HUGE = 10**9
DERIVED = {"sine": "sin(z)", "leaky": "Max(z, z/10)", "bell": "exp(-z**2/3)", "my_gelu": "z*(1 + erf(z/sqrt(2)))/2"}
each_derived = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in ("bell", "my_gelu") else name for name in DERIVED]
)  # these take longest to derive
CURVATURES = ({"curvature": "gauss_newton"}, {"derivative": "backprop"}, {"derivative": "exact"})
POINTS = [
    (HUGE, 1.0, 0.0),
    (HUGE, 1 + 1e-9, 1e-10),
    (HUGE, 0.3, -2e-5),
    (7, 1 - 1e-6, -1e-8),
    (5, 0.4, 0.4),
    (1, 0.9, 0.0),
]


@cache
def derived(name: str) -> DerivedActivation:
    return derive(DERIVED[name], name, max_order=1)


def spectrum(name, *arguments, **options):
    """Distinct eigenvalues, or none where the Hessian does not exist."""
    derived(name).register(overwrite=True)
    try:
        return symmetric.spectrum(*arguments, activation=name, **options).values.tolist()
    except NotDifferentiableError:
        return []


@cache
def evaluated(name, quantity, order, convention):
    """A derived formula as a function of mpmath numbers; with a name of None, the bilinear part."""
    formulas = derived(name).formulas
    arguments, values = (), (formulas.bilinear[order],)
    if quantity:
        (found,) = (q for q in formulas.quantities
                    if (q.name, q.order) == (quantity, order) and q.derivative in (None, convention))  # fmt: skip
        arguments, values = found.arguments, tuple(closed_forms(sp.sympify(c)) for c in found.coefficients)
    return sp.lambdify(arguments, [c.subs({sp.sin(theta): sine, sp.cos(theta): cosine}) for c in values], "mpmath")


class FormulaTerms(Terms):
    """The formulas of an activation themselves in place of the operator on its printed moments."""

    def __init__(self, numbers, activation, *arguments):
        self.numbers, self.name, self.arguments = numbers, activation.name, arguments

    def _value(self, *key, arguments=()):
        with mp.workdps(self.numbers.dps):
            return tuple(self.numbers.mpf(c) for c in evaluated(self.name, *key)(*arguments))

    def coefficients(self, quantity, order, convention):
        return self._value(quantity, order, convention, arguments=self.arguments)

    def bilinear(self, order):
        return self._value(None, order, None)[0]


@each_derived
@pytest.mark.parametrize("norm", ["L2", "H1"])
def test_the_formulas_in_many_digits_give_the_same(name, norm, monkeypatch):
    """To 1e-15 relative, with six times the digits."""
    for (width, x, y), options in product(POINTS, CURVATURES):
        found = spectrum(name, width, width + 1, x, y, norm, **options)
        with monkeypatch.context() as patch:
            patch.setattr("sobolev_theory.symmetric.eigenvalues.terms", FormulaTerms)
            patch.setattr(spectra, "DIGITS", 6 * spectra.DIGITS)
            patch.setattr(spectra, "SAME", 6 * spectra.SAME)
            assert found == pytest.approx(spectrum(name, width, width + 1, x, y, norm, **options), rel=1e-15, abs=0)


@cache
def one_dimensional_moments(name):
    """Letters of the records at the teacher, by integrals of the activation's derivatives in 60 digits."""
    once = sp.diff(derived(name).sigma, z).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
    twice = sp.diff(once, z).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
    forms = {"a_0": once, "a_1": z * once, "a_2": z**2 * once, "b_0": once**2, "b_2": (z * once) ** 2, "c_0": twice,
             "c_1": z * twice, "f_0": twice**2, "f_2": (z * twice) ** 2, "f_1": z * once * twice}  # fmt: skip
    functions = {letter: sp.lambdify(z, form, ["mpmath", {"Heaviside": lambda x, _: mp.mpf(x > 0)}])
                 for letter, form in forms.items()}  # fmt: skip
    with mp.workdps(60):
        return {letter: mp.quad(lambda x, f=f: f(x) * mp.npdf(x), [-16, -8, -4, -2, 0, 2, 4, 8, 16])
                for letter, f in functions.items()}  # fmt: skip


@each_derived
@pytest.mark.parametrize("norm", [pytest.param("L2", marks=pytest.mark.long), "H1"])
def test_at_the_teacher_against_integrals_in_one_dimension(name, norm):
    """Gauss-Newton matrices there need moments of one variable only, in which the catalogue has their parts."""
    with mp.workdps(60):
        letters = one_dimensional_moments(name) | {"K": mp.mpf(HUGE)}
        true = []
        for part in ("trivial", "standard", "scalars"):
            record = formulas.get(f"moments/{norm}/symmetric/teacher/{part}")
            value = sp.lambdify(record.arguments, record.sympy(), "mpmath")(*(letters[x] for x in record.arguments))
            true += mp.eig(value, left=False, right=False) if record.form == "matrix" else value
        found = spectrum(name, HUGE, HUGE + 1, norm=norm, curvature="gauss_newton")
        for value in found:
            assert min(abs(other - value) for other in true) <= 1e-15 * abs(value)
        for other in true:
            assert min(abs(other - value) for value in found) <= 1e-15 * abs(other)
