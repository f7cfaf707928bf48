"""Activations of users that are refused: every message names what is required, what came, and what to do."""

import pickle

import numpy as np
import pytest
import sympy as sp

import sobolev_theory as st
from sobolev_theory.symbolic import DerivedActivation, NoClosedFormError, derive
from sobolev_theory.symbolic.symbols import z


@pytest.mark.parametrize(
    ("expression", "integral"),
    [
        ("log(Abs(z))", "which are no polynomials"),
        (
            "Max(z, 0)*sin(z)",
            r"Max\(0, z_1\).*it has kinks, and is 0 at -1, z\*sin\(z\) at 1, which are no polynomials",
        ),
        ("Max(z, 0)**4", "no polynomials of degree 3"),
        ("Abs(sin(z))", r"sin\(z\) decides where a kink is, and is no polynomial"),
        ("z/(1 + Abs(z))", "which are no polynomials"),
        ("acosh(2 + z**2)", "generated code has no acosh, for the series neither"),
    ],
)
def test_the_integral_without_closed_form_is_named(expression: str, integral: str) -> None:
    with pytest.raises(NoClosedFormError, match=rf"{integral}.*from_callable\(") as caught:
        derive(expression)
    assert caught.value.integral.startswith("E[(")


@pytest.mark.parametrize(
    ("expression", "how"),
    [
        ("tanh(z)", "mixture of 33 normal laws"),
        ("1/(1 + exp(-z))", "mixture of 33 normal laws"),
        ("log(1 + exp(2*z)) - z", "mixture of 33 normal laws"),
        pytest.param("erf(z) - z*tanh(z)/3", "mixture of 34 normal laws", marks=pytest.mark.long),
        pytest.param("exp(-z**4)", "Hermite series", marks=pytest.mark.long),
        pytest.param("sin(z) + erf(z)", "Hermite series", marks=pytest.mark.long),
        pytest.param("exp(z)*erf(z)", "Hermite series", marks=pytest.mark.long),
        ("erf(z)**2", "Hermite series"),
        pytest.param("erf(z + 1)", "Hermite series", marks=pytest.mark.long),
        pytest.param("cos(z**2)/cosh(z)", "Hermite series", marks=pytest.mark.long),
        pytest.param("log(1 + z**2)", "Hermite series", marks=pytest.mark.long),
        pytest.param("asinh(z)", "Hermite series", marks=pytest.mark.long),
        ("Max(z - 1, 0)", "closed form"),
        ("Min(Max(z, -1), 1)", "closed form"),
        ("Max(z, 0) + z**2", "closed form"),
        ("Piecewise((z, z > 0), (exp(z) - 1, True))", "closed form, of long"),
    ],
)
def test_what_has_no_closed_form_is_handed_on(expression: str, how: str) -> None:
    """To what has its moments, against quadrature of the definition; it has no formulas, and travels as others do."""
    found = derive(expression)
    assert found.how.startswith(how)
    assert found.how in str(found.facts())
    assert found.kernel is None
    with pytest.raises(ValueError, match="moment: a closed form is required"):
        found.moment(0)
    with pytest.raises(NoClosedFormError):
        _ = found.records
    sigma = found.activation
    assert pickle.loads(pickle.dumps(found)).activation == pickle.loads(pickle.dumps(sigma)) == sigma
    assert sigma.moments(0.4, -0.3, 0.81, -0.648, 1.44) == pytest.approx(
        definition(found), abs=2e-3 * bool(sigma.jump_order) + 1e-11
    )


def definition(found: DerivedActivation) -> float:
    """``E sigma(z_1) sigma(z_2)`` at deviations 0.9 and 1.2 and correlation -0.6, by the trapezoidal rule.

    Its step leaves nothing of a smooth function, and its square of one with kinks.
    """
    sigma = sp.lambdify(z, found.expression, ["scipy", "numpy"])
    nodes = np.linspace(-9, 9, 401)
    x, y = nodes[:, None], nodes[None, :]
    density = np.exp(-(x**2 + y**2) / 2) * (nodes[1] - nodes[0]) ** 2 / (2 * np.pi)
    return float(np.sum(density * sigma(0.4 + 0.9 * x) * sigma(-0.3 + 1.2 * (-0.6 * x + 0.8 * y))))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("exp(z**2)", r"grows like exp\(z\*\*2\)"),
        ("sinh(z**2)", "grows like"),
        ("exp(z**3)", "grows like"),
        ("1/z", "pole at z = 0"),
        ("1/(z - 2)", "pole at z = 2"),
        ("tan(z)", "pole at z = "),
        ("1/Abs(z)", "pole at z = 0"),
    ],
)
def test_what_is_not_square_integrable_is_refused(expression: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"finite for weights of every norm is required.*{why}"):
        derive(expression)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("sin(", "does not parse"),
        ("", "does not parse"),
        ("3", "depends on z"),
        (sp.Integer(3), "depends on z"),
        ("sin(z)**2 + cos(z)**2 - z + z", "depends on z"),
        ("sin(2*z) - 2*sin(z)*cos(z)", "depends on z"),
        ("1 + sin(2*z) - 2*sin(z)*cos(z)", "depends on z"),
        ("a*z", "letter z alone is required, got a.z with a"),
        (sp.Symbol("x") ** 2, "with x"),
        ("I*z", "a real function is required"),
        ("sqrt(z)", "a real function is required"),
        ("log(z)", "a real function is required"),
        ("f(z)", "f is no known function"),
        ("oo*z", "finite numbers are required"),
        ("relu(z)", r"relu is no known function; for relu write Max\(z, 0\)"),
        ("Leaky_ReLU(z)", r"for Leaky_ReLU write Max\(z, 0\) \+ 0.01\*Min\(z, 0\)"),
        ("1 + gelu(z)", r"for gelu write z\*\(1 \+ erf\(z/sqrt\(2\)\)\)/2"),
        ("sigmoid(z)", r"for sigmoid write 1/\(1 \+ exp\(-z\)\)"),
        ("relu", r"with relu; for relu write Max\(z, 0\)"),
        ("|z|", r"does not parse.*for \|z\| write Abs\(z\)"),
        ("2z", r"does not parse.*for 2z write 2\*z"),
        ("1 + 0.5sin(z)", r"does not parse.*for 0.5sin write 0.5\*sin"),
        ("Piecewise((z, z > 0))", r"a number for every z is required.*which is nan at -17/10; give a Piecewise a last"),
        ("Heaviside(z)**z", "a number for every z is required, got .* at -17/10"),
        ("I*erf(I*z)", "a real function is required.*not seen to be one; write it without I"),
        ("z**200", r"powers up to 20 are required, got z\*\*200"),
        ("z**15*(z + 1)**6", r"powers up to 20 are required, got z\*\*21"),
        ("z > 0", "a SymPy expression in z or its text is required"),
        (3.0, "a SymPy expression in z or its text is required"),
        (np.sin, "a SymPy expression in z or its text is required"),
        (None, "a SymPy expression in z or its text is required"),
    ],
    ids=str,
)
def test_what_is_no_activation_is_refused(activation: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^activation: .*{message}"):
        derive(activation)  # type: ignore[arg-type]


def test_what_was_derived_in_place_of_an_activation_is_refused_with_the_name() -> None:
    new = derive("z/3", "third", max_order=0)
    with pytest.raises(st.UnknownActivationError, match=r"call .register\(\) and give its name, activation='third'"):
        st.PopulationLoss([[1.0, 0.0]], activation=new)  # type: ignore[arg-type]
    assert st.PopulationLoss([[1.0, 0.0]], "L2", activation=new.activation).activation == new.activation
    with pytest.raises(st.UnknownActivationError, match=r"'third' is not known; use one of .*symbolic.derive\("):
        st.PopulationLoss([[1.0, 0.0]], activation="third")


def test_bad_orders() -> None:
    for order in (-1, 1.5, "2"):
        with pytest.raises(ValueError, match="max_order: a positive integer"):
            derive("sin(z)", max_order=order)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_order: at most 9 is required, got 1000000000"):
        derive("sin(z)", max_order=10**9)
    with pytest.raises(ValueError, match="max_order: at most 1 is required"):
        derive("Abs(z)", max_order=2)
    with pytest.raises(ValueError, match="order: an integer from 0 to 3"):
        derive("sin(z)").moment(4)


@pytest.mark.parametrize("text", ["1e308*z", "1e-300*z", "1E400z", "0x10*z", "0b1*z", "1j*z"])
def test_a_number_that_is_not_allowed_is_not_taken_for_a_product(text: str) -> None:
    """As ``2z`` is, for which ``2*z`` is the advice."""
    with pytest.raises(ValueError, match="does not parse") as refused:
        derive(text)
    assert " write " not in str(refused.value)


def test_advice_is_the_same_by_name_and_in_an_expression() -> None:
    for name, meant in (
        ("swish", "silu"),
        ("Softplus", "softplus"),
        ("heaviside", "step"),
        ("Leaky_ReLU", "leaky_relu"),
    ):
        with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
            st.Network.random(1, 1, activation=name)
        with pytest.raises(ValueError, match="write") as in_text:
            derive(f"{name}(z)")
        text = str(in_text.value).rpartition("write ")[2]
        assert text == st.activations.get(meant).definition.expression
