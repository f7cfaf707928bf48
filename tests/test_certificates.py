"""Certificates verify what they show and refuse what they do not; signs are those of numbers."""

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as hs

from sobolev_theory.symbolic import Derivation, DerivationError
from sobolev_theory.symbolic.proofs.signs import Signs
from sobolev_theory.symbolic.symbols import assumptions

T, Y = sp.Symbol("theta", positive=True), sp.Symbol("y", real=True)
X, Z = sp.Symbol("x", positive=True), sp.Symbol("z", positive=True)
N = sp.Symbol("n", integer=True)
BELOW_PI = (sp.Lt(T, sp.pi),)
UNMET = r"no point is found|equations letter = value are required"

POLE = 2 ** (1 / (X - 1))
FALSE = [
    ("simplify", sp.sin(T) ** 2, "=", sp.cos(T) ** 2, {}),
    ("normal form", sp.sin(T) ** 2 + sp.cos(T) ** 2, "=", 2, {}),
    ("terms", Y**2 - 2 * Y, ">=", 0, {"terms": [(Y - 1) ** 2]}),  # not the sum
    ("terms", Y, ">=", 0, {"terms": [Y]}),  # sign unknown
    ("terms", Y**2, ">", 0, {"terms": [Y**2]}),  # not strict
    ("terms", -Y, ">", 0, {"terms": [Y**2], "multiplier": -Y}),  # multiplier of unknown sign
    ("terms", 2 - T, ">", 0, {"terms": [2 - T]}),  # false beyond 2
    ("monotone", sp.sin(T) - T, ">", 0, {"letter": T, "end": 0, "slope": sp.cos(T) - 1}),  # wrong sign
    ("monotone", T - sp.sin(T) - 1, ">", 0, {"letter": T, "end": 0, "slope": 1 - sp.cos(T)}),  # negative at the end
    ("monotone", T**2, ">", 0, {"letter": T, "end": 0, "slope": T}),  # wrong derivative
    ("monotone", T, ">", 0, {"letter": T, "end": 1, "slope": 1}),  # no end of the interval
    ("monotone", sp.tan(T), ">", 0, {"letter": T, "end": 0, "slope": 1 + sp.tan(T) ** 2, "reduction": "simplify"}),
    ("monotone", 1 / (1 - T) - 1, ">", 0, {"letter": T, "end": 0, "slope": 1 / (1 - T) ** 2}),  # a pole between
    ("integral", sp.Integer(-2), ">", 0, {"letter": Y, "lower": [-1], "upper": [1], "integrands": [Y**-2],
                                          "antiderivatives": [-1 / Y]}),
    ("integral", -sp.Rational(1, 2), ">=", 0, {"letter": Z, "lower": [-1], "upper": [0], "integrands": [Z],
                                               "antiderivatives": [Z**2 / 2]}),  # a positive letter
    ("integral", -sp.pi, ">=", 0, {"letter": T, "lower": [sp.pi], "upper": [2 * sp.pi], "integrands": [sp.sin(T)],
                                   "antiderivatives": [-sp.cos(T)]}),  # a letter of the conditions
    ("monotone", sp.exp(-1 / Y) - 1, ">=", 0, {"letter": Y, "end": -sp.oo, "slope": sp.exp(-1 / Y) / Y**2}),
    ("terms", X ** (1 / Y), ">", 0, {"terms": [X ** (1 / Y)]}),  # no value at y = 0
    ("terms", X ** sp.tan(Y), ">", 0, {"terms": [X ** sp.tan(Y)]}),
    ("limit", sp.sin(T) / T, "->", 2, {"letter": T, "point": 0}),
    ("limit", 1 / T, "->", 0, {"letter": T, "point": 0}),
    ("integral", sp.Integer(1), ">", 0, {"letter": T, "lower": [0], "upper": [1], "integrands": [sp.Integer(2)],
                                         "antiderivatives": [2 * T]}),
    ("integral", sp.Integer(1), ">", 0, {"letter": T, "lower": [0], "upper": [1], "integrands": [sp.Integer(1)],
                                         "antiderivatives": [T**2]}),
    ("integral", sp.Integer(1), ">", 0, {"letter": N, "lower": [0], "upper": [1], "integrands": [sp.Integer(1)],
                                         "antiderivatives": [N]}),  # an integer
    ("integral", sp.Integer(0), ">=", 0, {"letter": Y, "lower": [-1], "upper": [1], "integrands": [2 * Y],
                                          "antiderivatives": [Y**2]}),
]  # fmt: skip

TRUE = [
    ("terms", Y**2 - 2 * Y + 1, ">=", 0, {"terms": [(Y - 1) ** 2]}),
    ("terms", sp.sin(T), ">", 0, {"terms": [sp.sin(T)]}),
    ("monotone", T - sp.sin(T), ">", 0, {"letter": T, "end": 0, "slope": 2 * sp.sin(T / 2) ** 2,
                                         "reduction": "simplify"}),
    ("terms", X ** (1 / X) + Z ** (1 / (1 + Y**2)), ">", 0, {"terms": [X ** (1 / X), Z ** (1 / (1 + Y**2))]}),
    ("limit", sp.sin(T) / T, "->", 1, {"letter": T, "point": 0}),
    ("integral", sp.Integer(2), ">", 0, {"letter": Y, "lower": [0], "upper": [sp.pi], "integrands": [sp.sin(Y)],
                                         "antiderivatives": [-sp.cos(Y)]}),
]  # fmt: skip

POLES = [
    (sp.Rational(1, 2) - POLE, sp.log(2) * POLE * 4 ** (-sp.log(sp.Abs(X - 1)) / sp.log(2)), "simplify"),
    (1 - sp.exp(1 / (X - 1)) - (1 - sp.exp(-1)), sp.exp(1 / (X - 1)) / (X - 1) ** 2, "simplify"),
    (-1 - 1 / (X - 1), (X - 1) ** -2, "simplify"),
    (sp.sin(-1 / (X - 1)) - sp.sin(1), sp.cos(1 / (X - 1)) / (X - 1) ** 2, "simplify"),
    (1 - sp.sqrt((X - 1) ** -2), sp.diff(-sp.sqrt((X - 1) ** -2), X), "simplify"),
]


@pytest.mark.parametrize("where", [
    (sp.Gt(X, 2), sp.Lt(X, 1)),
    (sp.Gt(X, 1), sp.Lt(X, 1)),
    (sp.Lt(X, -1),),
    (sp.Gt(Y**2, 2), sp.Lt(Y**2, 1)),
    (sp.Gt(X, Y), sp.Gt(Y, X)),
    (sp.Eq(X, -2),),
    (sp.Eq(X, 2), sp.Eq(X, 3)),
    (sp.Eq(X, 2), sp.Gt(X, 3)),
    (sp.Eq(X, Y), sp.Lt(Y, 0)),
    (sp.Eq(X, X**2),),
])  # fmt: skip
def test_conditions_that_cannot_be_met_are_refused(where):
    """From a contradiction everything would follow."""
    with pytest.raises(DerivationError, match=UNMET):
        Derivation().prove("false", sp.Integer(0), "=", 0, where=where)
    with pytest.raises(DerivationError, match=UNMET):
        Derivation().prove("false", sp.Integer(0), ">", 1, "terms", terms=[sp.Integer(1), sp.Integer(-2)], where=where)


@pytest.mark.parametrize("where", [
    (sp.Gt(X, 1), sp.Lt(X, 2)),
    (sp.Ge(X, 1), sp.Le(X, 1)),
    (sp.Ge(T, sp.pi / 4), sp.Le(T, 3 * sp.pi / 4)),
    (sp.Lt(T, sp.pi), sp.Lt(X * sp.sin(T) / sp.pi, sp.Rational(1, 2))),
    (sp.Gt(sp.Symbol("n", integer=True), 3),),
    (sp.Eq(T, sp.pi / 2),),
    (sp.Lt(T, sp.pi), sp.Eq(X, sp.sin(T))),
    (sp.Gt(Y, X),),
])  # fmt: skip
def test_conditions_that_can_be_met(where):
    proof = Derivation()
    proof.prove("true", sp.Integer(0), "=", 0, where=where)
    assert len(proof.steps) == 1


def test_equations_are_put_in_for_identities_only():
    right = (sp.Eq(T, sp.pi / 2),)
    proof = Derivation()
    proof.prove("true", sp.sin(T) + X, "=", 1 + X, where=right)
    for left in (sp.cos(T) + X, 1 / sp.cos(T), (T - sp.pi / 2) / sp.cos(T)):
        with pytest.raises(DerivationError, match="reduces to"):
            proof.prove("false", left, "=", 1 + X, where=right)
    with pytest.raises(DerivationError, match="an inequality is required"):
        proof.prove("no identity", T, ">", 0, "terms", terms=[T], where=right)


@pytest.mark.parametrize(("method", "left", "relation", "right", "data"), FALSE)
def test_certificates_refuse_what_they_do_not_show(method, left, relation, right, data):
    proof = Derivation()
    with pytest.raises(DerivationError):
        proof.prove("false", left, relation, right, method, where=BELOW_PI, **data)
    assert not proof.steps


@pytest.mark.parametrize(("method", "left", "relation", "right", "data"), TRUE)
def test_certificates_accept_what_they_show(method, left, relation, right, data):
    assert Derivation().prove("true", left, relation, right, method, where=BELOW_PI, **data).method == method


@pytest.mark.parametrize(("left", "slope", "reduction"), POLES)
def test_poles_anywhere_between_are_seen(left, slope, reduction):
    """All begin at zero for x = 0 and rise where they are defined, but have a pole at x = 1."""
    assert left.subs(X, 0) == 0
    with pytest.raises(DerivationError, match="no poles"):
        Derivation().prove("false", left, ">=", 0, "monotone", where=(sp.Lt(X, 2),), letter=X, end=0, slope=slope,
                           reduction=reduction)  # fmt: skip


def test_conditions_on_two_letters_are_no_interval():
    """The derivative is positive where x > y only, but it begins at x = 0."""
    with pytest.raises(DerivationError, match="an interval is required"):
        Derivation().prove("false", X**2 / 2 - X * Z, ">=", 0, "monotone", where=(sp.Gt(X, Z),), letter=X, end=0,
                           slope=X - Z)  # fmt: skip


@pytest.mark.parametrize(("left", "relation", "right", "at"), [
    (T, ">", 2, {T: sp.Integer(1)}),
    (sp.sqrt(2) * T, "=", sp.Rational(14142, 10000), {T: sp.Integer(1)}),
    (T, "<", 2, {T: sp.Integer(-1)}),  # not a value of the letter
    (T * Y, "<", 2, {T: sp.Integer(1)}),  # no number
    (sp.gamma(T), ">", 0, {T: sp.Rational(1, 3)}),  # no enclosure
    (T, "<", 2, {T: sp.Float(1)}),  # floating point is refused
])  # fmt: skip
def test_false_counterexamples(left, relation, right, at):
    with pytest.raises(DerivationError):
        Derivation().counterexample("false", left, relation, right, at)


def test_facts_hold_under_their_conditions_only():
    signs = Signs().having((sp.Lt(T, 1),), Y - T, ">", 0)
    assert not signs.positive(Y - T)
    assert signs.under((sp.Lt(T, sp.Rational(1, 2)),)).positive(2 * Y - 2 * T)
    assert not signs.under((sp.Lt(T, 2),)).positive(Y - T)


@pytest.mark.parametrize(
    "words", [(), ("real",), ("positive",), ("nonnegative",), ("integer",), ("integer", "nonnegative")]
)
def test_assumptions_are_said_in_words(words):
    assert assumptions(sp.Symbol("x", **dict.fromkeys(words, True))) == words
    assert assumptions(sp.Symbol("x", positive=True, real=True)) == ("positive",)


def test_assumptions_without_a_word_are_refused():
    with pytest.raises(ValueError, match="a sign, integer or real is required"):
        assumptions(sp.Symbol("x", prime=True))
    with pytest.raises(DerivationError, match="a sign, integer or real is required"):
        Derivation().prove("words", sp.Integer(1), ">", 0, "terms", where=(sp.Gt(sp.Symbol("x", prime=True), 2),),
                           terms=[sp.Integer(1)])  # fmt: skip


@given(hs.floats(-10, 10), hs.floats(0.01, 3.13))
def test_signs_are_those_of_numbers(y, angle):
    """Random expressions of one angle and one real number: a sign that is claimed is that of the value."""
    signs = Signs(BELOW_PI)
    s, c, psi = sp.sin(T), sp.cos(T), sp.pi - T
    pool = [Y, Y**2, s, -s, c, psi * s, -psi * s**3, Y**2 + s, T - 4, T - sp.pi, s * Y, -(Y**2) - psi, 1 / s,
            -1 / psi**2, sp.sin(T + sp.pi),
            sp.sin(2 * T), sp.cos(T / 2), (c - 2) ** 2, sp.sqrt(s), Y * s**2, 3 - T]  # fmt: skip
    for x in pool:
        value = float(x.subs({Y: y, T: angle}))
        assert not signs.positive(x) or value > 0
        assert not signs.nonnegative(x) or value >= 0
        assert not signs.nonnegative(-x) or value <= 0
