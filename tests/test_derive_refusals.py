"""Activations of users that are refused: every message names what is required, what came, and what to do."""

import numpy as np
import pytest
import sympy as sp

import sobolev_theory as st
from sobolev_theory.symbolic import NoClosedFormError, derive


@pytest.mark.parametrize(
    ("expression", "integral"),
    [
        ("tanh(z)", r"E\[\(tanh\(z_1\)\)\*\(tanh\(z_2\)\)\]"),
        ("1/(1 + exp(-z))", "is no factor of a known kind"),
        ("log(1 + exp(z))", "is no factor of a known kind"),
        ("exp(-z**4)", "exp"),
        ("log(Abs(z))", "no multiples of one power"),
        ("Max(z - 1, 0)", r"Max\(0, z_1 - 1\).*kink away from 0"),
        ("Min(Max(z, -1), 1)", "kink away from 0"),
        ("Max(z, 0) + z**2", "no multiples of one power"),
        ("Piecewise((z, z > 0), (exp(z) - 1, True))", "no multiples of one power"),
        ("Max(z, 0)**4", "n <= 3"),
        ("sin(z) + erf(z)", r"E\[\(exp\(-?I\*z_1\)\)\*\(erf\(z_2\)\)\]"),
        ("exp(z)*erf(z)", "two shifted arguments"),
        ("erf(z)**2", "is no factor of a known kind"),
        ("erf(z + 1)", "is no factor of a known kind"),
        ("cos(z**2)", "complex width"),
    ],
)
def test_the_integral_without_closed_form_is_named(expression: str, integral: str) -> None:
    with pytest.raises(NoClosedFormError, match=integral) as caught:
        derive(expression)
    assert caught.value.integral.startswith("E[(")


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
        ("Leaky_ReLU(z)", r"for Leaky_ReLU write Max\(z, z/100\)"),
        ("1 + gelu(z)", r"for gelu write z\*\(1 \+ erf\(z/sqrt\(2\)\)\)/2"),
        ("sigmoid(z)", r"sigmoid has no closed form; near to it is \(1 \+ erf\(z/sqrt\(2\)\)\)/2"),
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
    for name in ("softplus", "swish", "gelu", "step"):
        with pytest.raises(ValueError, match=r"near to it is|derive and register it") as by_name:
            st.Network.random(1, 1, activation=name)
        with pytest.raises(ValueError, match=r"near to it is|write") as in_text:
            derive(f"{name}(z)")
        advice = str(in_text.value).rpartition("write " if "write " in str(in_text.value) else "is ")[2]
        assert repr(advice) in str(by_name.value)
