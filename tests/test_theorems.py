"""Theorems prove, are verified again from their text, and agree with the numeric package; false claims do not pass."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as hs

import sobolev_theory as st
from derivations import planar_flow
from derivations.theorems import lyapunov, relu_squared, theorems
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation, DerivationError
from sobolev_theory.symbolic.signs import Signs
from sobolev_theory.symbolic.theorems import _namespace, _parsed

NAMES = {
    f"theorem/{name}"
    for name in (
        "single_neuron_conditioning",
        "lyapunov_comparison",
        "relu_squared",
        "hermite_degrees",
        "exact_cone",
        "large_width_gain",
    )
}
LONG = {"theorem/relu_squared", "theorem/large_width_gain"}
SWEPT = [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in sorted(NAMES)]
LIMIT = (np.pi - 2) / (np.pi - 1)
T, Y = sp.Symbol("theta", positive=True), sp.Symbol("y", real=True)
X, Z = sp.Symbol("x", positive=True), sp.Symbol("z", positive=True)
BELOW_PI = (sp.Lt(T, sp.pi),)


@pytest.fixture(scope="module")
def records() -> dict[str, Theorem]:
    return {record.name: record for record in theorems()}


def test_all_are_there_and_survive_json(records):
    assert set(records) == NAMES
    for record in records.values():
        assert Theorem.from_dict(json.loads(json.dumps(record.to_dict()))) == record
        assert record.proof
        assert record.counterexamples
        assert all((record.title, record.statement, record.hypotheses, record.conclusions, record.source))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_verified_again_from_the_text(name, records):
    record = records[name]
    assert record.verify() == (len(record.proof), len(record.counterexamples))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_texts_have_balanced_mathematics(name, records):
    record = records[name]
    texts = [record.statement, *record.hypotheses, *record.remarks, *(c.text for c in record.conclusions)]
    texts += [step.statement for step in (*record.proof, *record.counterexamples)]
    for text in texts:
        assert text.count("$") % 2 == 0, text
        assert text.count("{") == text.count("}"), text


def spoiled(record: Theorem, number: int, **changes: object) -> Theorem:
    proof = list(record.proof)
    proof[number] = replace(proof[number], **changes)
    return replace(record, proof=tuple(proof))


@pytest.mark.parametrize("name", SWEPT)
def test_a_changed_claim_is_caught_wherever_it_is(name, records):
    """Every identity and limit with another right-hand side, every inequality turned round: no certificate accepts it,
    though all earlier steps hold.
    """
    letters, proof = _namespace(records[name].letters), Derivation()
    proved, refuted = records[name].proof, records[name].counterexamples
    for stored, accept in [(s, proof.accept) for s in proved] + [(s, proof.accept_counterexample) for s in refuted]:
        step = _parsed(stored, letters)
        turned = {">": "<", ">=": "<", "<": ">", "<=": ">", "!=": "="}.get(step.relation)
        other = step.right / 3 + 1 if step.right.is_finite else sp.Integer(0)
        false = replace(step, relation=turned) if turned else replace(step, right=other)
        with pytest.raises(DerivationError):
            accept(false)
        accept(step)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_changed_records_are_caught(name, records):
    record = records[name]
    with pytest.raises(DerivationError, match="what is printed"):
        spoiled(record, 0, latex="1 = 2").verify()
    with pytest.raises(DerivationError, match="no certificate is called"):
        spoiled(record, 0, method="trust me").verify()
    first = record.counterexamples[0]
    turned = {">": "<", "<": ">", "=": "!=", "!=": "="}[first.relation]
    latex = first.latex
    for old, new in ((" > ", " < "), (" < ", " > ")) if turned in "<>" else ():
        if old in first.latex and first.relation in old:
            latex = first.latex.replace(old, new)
    alone = replace(record, proof=(), conclusions=())  # counter-examples stand by themselves
    assert alone.verify() == (0, len(record.counterexamples))
    with pytest.raises(DerivationError):
        replace(alone, counterexamples=(replace(first, relation=turned, latex=latex),)).verify()


def test_a_conclusion_must_show_its_step(records):
    record = records["theorem/exact_cone"]
    number = next(i for i, c in enumerate(record.conclusions) if c.steps)
    conclusions = list(record.conclusions)
    conclusions[number] = replace(conclusions[number], text="$1 = 2$")
    with pytest.raises(DerivationError, match="does not show"):
        replace(record, conclusions=tuple(conclusions)).verify()


def test_a_point_proves_nothing_for_all_letters(records):
    """An evaluation in place of a proof; the sign of a counter-example in a proof."""
    record = records["theorem/single_neuron_conditioning"]
    (number,) = (i for i, step in enumerate(record.proof) if step.statement.startswith("Strictly below one"))
    step, data = record.proof[number], (("letters", ("x",)), ("values", ("1",)))
    latex = step.latex.replace(" < ", " > ")
    tampered = spoiled(record, number, relation=">", latex=latex, where=(), conditions="", method="evaluation",
                       data=data)  # fmt: skip
    assert latex != step.latex
    with pytest.raises(DerivationError, match="at a point shows nothing"):
        replace(tampered, conclusions=()).verify()
    alone = replace(tampered, proof=(), counterexamples=(tampered.proof[number],), conclusions=())
    assert alone.verify() == (0, 1)  # what it says at the point is true
    proof = Derivation()
    with pytest.raises(DerivationError, match="at a point shows nothing"):
        proof.prove("false", Y, ">", 1, "evaluation", letters=[Y], values=[2])
    proof.counterexample("true", Y, ">", 1, {Y: sp.Integer(2)})
    with pytest.raises(DerivationError, match="not known"):
        proof.prove("false", Y**3, ">", 0, "terms", terms=[Y**3])
    proof.prove("numbers", sp.pi, ">", 3, "evaluation", letters=[], values=[])


def test_a_counterexample_is_at_a_point(records):
    record = records["theorem/exact_cone"]
    first = replace(record.counterexamples[0], where=("theta < pi",), conditions=r"\weightangle < \pi")
    for changed in (first, record.proof[1]):
        with pytest.raises(DerivationError, match="evaluated at a point"):
            replace(record, counterexamples=(changed,)).verify()


def test_conditions_are_printed_and_verified(records):
    record = records["theorem/exact_cone"]
    (number,) = (i for i, step in enumerate(record.proof) if step.where == ("theta < pi/6",) and step.right == "1/2")
    assert record.proof[number].conditions == r"\weightangle < \frac{\pi}{6}"
    for changes in ({"conditions": ""}, {"where": ()}, {"where": ("theta < pi/8",)}):
        with pytest.raises(DerivationError, match="what is printed"):
            spoiled(record, number, **changes).verify()
    blocks = [step for step in records["theorem/large_width_gain"].proof if step.where == ("Eq(theta, pi/2)",)]
    assert blocks
    assert {step.conditions for step in blocks} == {r"\weightangle = \frac{\pi}{2}"}


def test_stored_steps_say_something(records):
    for record in records.values():
        for step in record.proof:
            left, _, right = step.latex.partition(" = ")
            assert left != right, step.statement


UNMET = r"no point is found|equations letter = value are required"


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
    Derivation().prove("true", sp.Integer(0), "=", 0, where=where)


def test_equations_are_put_in_for_identities_only():
    right = (sp.Eq(T, sp.pi / 2),)
    proof = Derivation()
    proof.prove("true", sp.sin(T) + X, "=", 1 + X, where=right)
    for left in (sp.cos(T) + X, 1 / sp.cos(T), (T - sp.pi / 2) / sp.cos(T)):
        with pytest.raises(DerivationError, match="reduces to"):
            proof.prove("false", left, "=", 1 + X, where=right)
    with pytest.raises(DerivationError, match="an inequality is required"):
        proof.prove("no identity", T, ">", 0, "terms", terms=[T], where=right)


def test_a_step_may_not_lean_on_one_that_was_removed(records):
    """``1 - cos(theta) > 0`` and ``sin - theta cos > 0`` are used by later steps."""
    record = records["theorem/lyapunov_comparison"]
    with pytest.raises(DerivationError, match="not known"):
        replace(record, proof=record.proof[1:]).verify()


def test_a_false_derivation_proves_nothing(monkeypatch):
    """A derivative of the other sign, a form with a sign changed, a wrong coefficient."""
    name, form, slope, end = planar_flow.POSITIVE[1]
    with monkeypatch.context() as patch:
        patch.setattr(planar_flow, "POSITIVE", ((name, form, -slope, end),))
        with pytest.raises(DerivationError, match="the derivative is not the one given"):
            lyapunov.prove()
    with monkeypatch.context() as patch:
        right = planar_flow.without_cancellation
        patch.setattr(
            planar_flow, "without_cancellation", lambda *case: right(*case).subs(planar_flow.PSI, 2 * planar_flow.PSI)
        )
        with pytest.raises(DerivationError, match="is not the sum of the terms"):
            lyapunov.prove()
    scale, square, cube = relu_squared.SHOWN[0, None]
    monkeypatch.setitem(relu_squared.SHOWN, (0, None), (scale, 2 * square, cube))
    with pytest.raises(DerivationError, match="reduces to"):
        relu_squared.prove()


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
    ("interval", sp.cos(T), ">", -sp.Rational(9, 10), {}),
    ("interval", sp.sin(T), ">", 0, {}),  # true inside, zero at an end of the closed box
    ("limit", sp.sin(T) / T, "->", 2, {"letter": T, "point": 0}),
    ("limit", 1 / T, "->", 0, {"letter": T, "point": 0}),
    ("integral", sp.Integer(1), ">", 0, {"letter": T, "lower": [0], "upper": [1], "integrands": [sp.Integer(2)],
                                         "antiderivatives": [2 * T]}),
    ("integral", sp.Integer(1), ">", 0, {"letter": T, "lower": [0], "upper": [1], "integrands": [sp.Integer(1)],
                                         "antiderivatives": [T**2]}),
    ("integral", sp.Integer(0), ">=", 0, {"letter": Y, "lower": [-1], "upper": [1], "integrands": [2 * Y],
                                          "antiderivatives": [Y**2]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "left", "relation", "right", "data"), FALSE)
def test_certificates_refuse_what_they_do_not_show(method, left, relation, right, data):
    proof = Derivation()
    with pytest.raises(DerivationError):
        proof.prove("false", left, relation, right, method, where=BELOW_PI, **data)
    assert not proof.steps


TRUE = [
    ("terms", Y**2 - 2 * Y + 1, ">=", 0, {"terms": [(Y - 1) ** 2]}),
    ("terms", sp.sin(T), ">", 0, {"terms": [sp.sin(T)]}),
    ("monotone", T - sp.sin(T), ">", 0, {"letter": T, "end": 0, "slope": 2 * sp.sin(T / 2) ** 2,
                                         "reduction": "simplify"}),
    ("terms", X ** (1 / X) + Z ** (1 / (1 + Y**2)), ">", 0, {"terms": [X ** (1 / X), Z ** (1 / (1 + Y**2))]}),
    ("interval", 2 + sp.cos(T) + T * sp.sin(T), ">", sp.Rational(1, 2), {}),
    ("limit", sp.sin(T) / T, "->", 1, {"letter": T, "point": 0}),
    ("integral", sp.Integer(2), ">", 0, {"letter": Y, "lower": [0], "upper": [sp.pi], "integrands": [sp.sin(Y)],
                                         "antiderivatives": [-sp.cos(Y)]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "left", "relation", "right", "data"), TRUE)
def test_certificates_accept_what_they_show(method, left, relation, right, data):
    assert Derivation().prove("true", left, relation, right, method, where=BELOW_PI, **data).method == method


POLE = 2 ** (1 / (X - 1))
POLES = [
    (sp.Rational(1, 2) - POLE, sp.log(2) * POLE * 4 ** (-sp.log(sp.Abs(X - 1)) / sp.log(2)), "simplify"),
    (1 - sp.exp(1 / (X - 1)) - (1 - sp.exp(-1)), sp.exp(1 / (X - 1)) / (X - 1) ** 2, "simplify"),
    (-1 - 1 / (X - 1), (X - 1) ** -2, "rational"),
    (sp.sin(-1 / (X - 1)) - sp.sin(1), sp.cos(1 / (X - 1)) / (X - 1) ** 2, "simplify"),
    (1 - sp.sqrt((X - 1) ** -2), sp.diff(-sp.sqrt((X - 1) ** -2), X), "simplify"),
]


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


angles, ratios = hs.floats(0.01, np.pi - 0.01), hs.floats(0.05, 20)


@given(angles, ratios)
def test_single_neuron_conditioning(angle, ratio):
    x = ratio * np.sin(angle) / np.pi
    assume(x < 0.499)
    values = [st.single_neuron.eigenvalues(angle, ratio, norm) for norm in ("L2", "H1")]
    np.testing.assert_allclose(values, [[0.5, 0.5 - x, 0.5 - x / 2], [1, 1 - 1.5 * x, 1 - x / 2]], rtol=1e-12)
    actual = st.single_neuron.condition_number_ratio(angle, ratio)
    assert actual == pytest.approx((1 - 2 * x) / (1 - 1.5 * x), rel=1e-11)
    assert actual < 1


def test_single_neuron_counterexamples():
    at = np.pi / 2, 0.75 * np.pi  # x = 3/4
    l2, h1 = (st.single_neuron.condition_number(*at, norm) for norm in ("L2", "H1"))
    assert (l2, h1) == (pytest.approx(4), pytest.approx(8))
    assert st.single_neuron.condition_number_ratio(np.pi / 6, derivative="exact") > 1


@given(angles, ratios)
def test_exact_cone(angle, ratio):
    x = ratio * np.sin(angle) / np.pi
    assume(x < 0.499)
    radial, plane, transverse = st.single_neuron.eigenvalues(angle, ratio, derivative="exact")
    assert transverse > plane > 0
    quotient = st.single_neuron.condition_number_ratio(angle, ratio, derivative="exact")
    if np.pi / 4 <= angle <= 3 * np.pi / 4:
        assert quotient == pytest.approx(1, rel=1e-12)
    elif abs(np.cos(2 * angle)) > 1e-9:
        assert quotient == pytest.approx(transverse / radial, rel=1e-9)
        assert quotient > 1
    if angle < np.pi / 6:
        assert transverse > 1 + ratio / (4 * np.pi * angle)


def test_rate_of_the_cone_and_its_counterexample():
    angle = 1e-7
    kappa = st.single_neuron.condition_number(angle, 1.7, derivative="exact")
    assert angle * kappa == pytest.approx(1.7 / (2 * np.pi), rel=1e-5)
    assert st.single_neuron.condition_number(angle, 1.7) == pytest.approx(1, abs=1e-6)
    at = np.pi / 2, 0.75 * np.pi
    assert st.single_neuron.condition_number_ratio(*at, derivative="exact") == pytest.approx(0.5)


@given(angles, ratios, hs.sampled_from(["backprop", "exact"]))
def test_lyapunov_comparison(angle, ratio, derivative):
    l2, h1 = (st.single_neuron.lyapunov_derivative(angle, ratio, n, derivative=derivative) for n in ("L2", "H1"))
    assert h1 < l2 < 0


def test_lyapunov_counterexamples():
    l2, h1 = (st.single_neuron.lyapunov_derivative(np.pi / 4, 4.0, norm) for norm in ("L2", "H1"))
    assert h1 / 2 > l2
    l2, h1 = (st.single_neuron.lyapunov_derivative(np.pi / 3, 2.0, norm) for norm in ("L2", "H1"))
    assert h1 / 2 == pytest.approx(float(l2), rel=1e-14)
    assert st.single_neuron.lyapunov_derivative(0.0, 1.0, "H1") == 0


def squared(angle: float, ratio: float, norm: object, derivative: str) -> float:
    w, v = np.array([[1.0, 0.0, 0.0]]), ratio * np.array([[np.cos(angle), np.sin(angle), 0.0]])
    return st.lyapunov_derivative(st.PopulationLoss(v, norm, activation="relu2", derivative=derivative), w)


@given(hs.floats(0.01, np.pi / 2), ratios, hs.sampled_from(["backprop", "exact"]))
def test_relu_squared(angle, ratio, derivative):
    l2, h1, h2 = (squared(angle, ratio, norm, derivative) for norm in ("L2", "H1", "H2"))
    assert h2 < h1 < l2 < 0


@given(angles, ratios)
def test_relu_squared_l2_everywhere(angle, ratio):
    assert squared(angle, ratio, "L2", "backprop") < 0


@given(hs.floats(np.pi / 2 + 0.01, np.pi - 0.01), hs.floats(0.05, 50), hs.sampled_from(["backprop", "exact"]))
def test_relu_squared_at_obtuse_angles(angle, ratio, derivative):
    """Ordered if and only if the term of order 2 is positive."""
    second = squared(angle, ratio, (0, 0, 1), derivative)
    assume(abs(second) > 1e-9 * ratio**3)
    l2, h1, h2 = (squared(angle, ratio, norm, derivative) for norm in ("L2", "H1", "H2"))
    assert (h2 < h1 < l2 < 0) == (second < 0)


def test_relu_squared_counterexamples_and_curvature():
    for derivative in ("backprop", "exact"):
        assert squared(2 * np.pi / 3, 3.0, (0, 0, 1), derivative) > 0
        assert squared(2 * np.pi / 3, 0.1, (0, 0, 1), derivative) < 0
    assert squared(2.8, 100.0, "H1", "backprop") > squared(2.8, 100.0, "L2", "backprop")
    for norm, expected in (("L2", 3), ("H1", 7 / 3), ("H2", 11 / 5)):
        loss = st.PopulationLoss([[0.0, 1.0, 0.0]], norm, activation="relu2")
        assert loss.gauss_newton([[0.0, 1.0, 0.0]]).condition_number() == pytest.approx(expected, rel=1e-14)


@given(hs.floats(-0.99, 0.99), hs.floats(0, 2), hs.floats(0, 2))
def test_hermite_degrees(rho, first, second):
    """erf at unit weights: the series of (2/pi) arcsin(rho/2), degree by degree."""
    degrees = 2 * np.arange(40) + 1
    k = np.arange(40)
    central = np.cumprod(np.concatenate([[1.0], (2 * k[1:] - 1) / (2 * k[1:])]))
    h = 2 / np.pi * central * 0.5**degrees / degrees
    factors = 1 + first * degrees + second * degrees * (degrees - 1)
    expected = np.sum(h * factors * (1 - rho**degrees))  # (F(1) + F(1) - 2 F(rho))/2
    w, v = [[1.0, 0.0]], [[rho, np.sqrt(1 - rho**2)]]
    value = st.PopulationLoss(v, [1.0, first, second + 1e-300], activation="erf").value(w)
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_hermite_counterexample():
    """Weights of squared norm 2: the erf loss of H1 is not the series at unit weights."""
    w = np.array([[np.sqrt(2), 0.0]])
    l2, j = (st.PopulationLoss([[0.0, np.sqrt(2)]], norm, activation="erf").value(w) for norm in ("L2", (0, 1)))
    unit = [st.PopulationLoss([[0.0, 1.0]], norm, activation="erf").value([[1.0, 0.0]]) for norm in ("L2", (0, 1))]
    assert abs(j / l2 - unit[1] / unit[0]) > 0.01


@pytest.mark.parametrize("extra", [0, 2])
@pytest.mark.parametrize("width", [2, 3, 4, 6, 9])
def test_large_width_gain(width, extra):
    teacher = np.eye(width, width + extra)
    k = width - 1
    kappas = []
    for norm, f in (("L2", 0.25), ("H1", 0.5)):
        spectrum = st.PopulationLoss(teacher, norm).gauss_newton(teacher).spectrum()
        low = f - 1 / (2 * np.pi)
        first, second = 2 * f + k / (2 * np.pi), f + 1 / (2 * np.pi) + k * f
        top = (first + second + np.sqrt((low * (k - 1)) ** 2 + 4 * f**2 * k)) / 2
        assert (spectrum.smallest, spectrum.largest) == (pytest.approx(low, rel=1e-12), pytest.approx(top, rel=1e-12))
        assert spectrum.multiplicities[-1] == 1
        kappas.append(top / low)
    assert LIMIT * (1 - 3.2 / (width + 1)) < kappas[1] / kappas[0] < LIMIT


def test_large_width_counterexamples():
    for teacher in ([[1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]]):
        kappas = [st.PopulationLoss(teacher, norm).gauss_newton(teacher).condition_number() for norm in ("L2", "H1")]
        assert kappas == pytest.approx([1, 1])
