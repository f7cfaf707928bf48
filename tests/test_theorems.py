"""Theorems prove, are verified again from their text, and agree with the numeric package; false claims do not pass."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as hs

import sobolev_theory as st
from derivations import planar_flow
from derivations.theorems import lyapunov, relu_squared
from sobolev_theory import formulas
from sobolev_theory.formulas.theorems import Theorem
from sobolev_theory.symbolic import Derivation, DerivationError
from sobolev_theory.symbolic.catalogue.parsing import grammar
from sobolev_theory.symbolic.catalogue.theorems import namespace, read

NAMES = {
    f"theorem/{name}"
    for name in (
        "single_neuron_conditioning",
        "lyapunov_comparison",
        "relu_squared",
        "hermite_degrees",
        "exact_cone",
        "large_width_gain",
        "derivatives_save_samples",
        "training_gain_vanishes",
        "erf_width_gain",
        "relu_squared_width_gain",
        "sampled_noise",
        "logistic_mixture",
    )
}
SHORT = {
    "single_neuron_conditioning",
    "lyapunov_comparison",
    "hermite_degrees",
    "exact_cone",
    "relu_squared_width_gain",
}
LONG = NAMES - {f"theorem/{name}" for name in SHORT}
SWEPT = [pytest.param(name, marks=pytest.mark.long if name in LONG else ()) for name in sorted(NAMES)]
LIMIT = (np.pi - 2) / (np.pi - 1)
SIDES = ("inside", "outside")
T, Y = sp.Symbol("theta", positive=True), sp.Symbol("y", real=True)
X, Z = sp.Symbol("x", positive=True), sp.Symbol("z", positive=True)
BELOW_PI = (sp.Lt(T, sp.pi),)


@pytest.fixture(scope="module")
def records() -> dict[str, Theorem]:
    """As committed; that proving gives them is a long test of the derivations."""
    return {name: formulas.get(name) for name in formulas.names("theorem/")}


def test_all_are_there_and_survive_json(records):
    assert set(records) == NAMES
    for record in records.values():
        assert Theorem.from_dict(json.loads(json.dumps(record.to_dict()))) == record
        assert record.proof
        assert record.counterexamples
        assert all((record.title, record.statement, record.hypotheses, record.conclusions, record.source))


@pytest.mark.parametrize("name", SWEPT)
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
    letters, proof = namespace(records[name].letters), Derivation()
    proved, refuted = records[name].proof, records[name].counterexamples
    for stored, accept in [(s, proof.accept) for s in proved] + [(s, proof.accept_counterexample) for s in refuted]:
        step = read(name, stored, grammar(letters))
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


def test_a_step_may_not_lean_on_one_that_was_removed(records):
    """``1 - cos(theta) > 0`` and ``sin - theta cos > 0`` are used by later steps."""
    record = records["theorem/lyapunov_comparison"]
    with pytest.raises(DerivationError, match="not known"):
        replace(record, proof=record.proof[1:]).verify()


@pytest.mark.long
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


@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")  # it is outside the domain
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


@pytest.mark.filterwarnings("ignore::sobolev_theory.ConditioningWarning")  # it is outside the domain
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


def limit_towards(directions):
    """The limit of the Hessian of H1 at an orthonormal teacher, written down from the statement of the theorem."""
    width, dim = directions.shape
    eye, epsilon = np.eye(dim), 1 / (2 * np.pi)
    matrix = np.zeros((width, dim, width, dim))
    for i, j in np.ndindex(width, width):
        if i == j:
            normal = directions[i] * (np.arange(dim) != i)
            matrix[i, :, i] = eye + epsilon * np.outer(eye[i], normal / np.linalg.norm(normal))
        else:
            matrix[i, :, j] = eye / 2 + epsilon * (np.outer(eye[i], eye[j]) + 2 * np.outer(eye[j], eye[i]))
    return matrix.reshape(width * dim, width * dim)


def largest_of_the_limit(width):
    """The upper eigenvalue without the blocks of the directions."""
    k, epsilon = width - 1, 1 / (2 * np.pi)
    return np.linalg.eigvalsh([[1 + k * epsilon, np.sqrt(k) / 2], [np.sqrt(k) / 2, (k + 1) / 2 + 2 * epsilon]])[1]


@pytest.mark.parametrize(("width", "dim"), [(3, 3), (4, 4), (4, 6), (5, 5), (7, 8), (20, 20)])
def test_training_gain_vanishes(width, dim):
    """Generic directions, and those in which each row moves towards one other teacher, or away from it."""
    rng = np.random.default_rng(width)
    teacher, low = np.eye(width, dim), (np.pi - 2) / (2 * np.pi)
    l2 = st.PopulationLoss(teacher, "L2").hessian(teacher).spectrum()
    assert 2 * l2.smallest == pytest.approx(low, rel=1e-12)
    one_partner = np.roll(np.eye(width, dim), 1, axis=0)
    for directions in (*rng.normal(size=(3, width, dim)), one_partner, np.roll(-one_partner, 1, axis=0)):
        matrix = limit_towards(directions)
        values = np.linalg.eigvals(matrix)
        at_low = np.abs(values - low) < 1e-6  # multiple, of a matrix that is not normal
        assert at_low.sum() == (width - 1) * (width - 2) // 2
        assert values[~at_low].real.min() > low
        if width == 3:
            continue
        top = values[np.argmax(np.abs(values))]
        assert top.imag == 0
        assert abs(top.real - largest_of_the_limit(width)) < 1 / (2 * np.pi)
        gain = 1 - top.real / low / (l2.largest / l2.smallest)
        assert 0 < gain < (np.pi / (np.pi - 2) + 1 / np.pi) / width


@pytest.mark.parametrize(("width", "dim"), [(3, 3), (5, 6), (8, 8)])
def test_the_gain_of_training_is_smallest_from_inside_and_largest_from_outside(width, dim):
    """Of those two directions, their neighbours, and random ones."""
    rng = np.random.default_rng(dim)
    bounds = [st.symmetric.condition_number_ratio(width, curvature="field", towards=side) for side in SIDES]
    l2 = st.symmetric.spectrum(width, width)
    towards = np.ones((width, dim)) * (np.arange(dim) < width)
    drawn = rng.normal(size=(9, width, dim))
    for directions in (towards, -towards, *drawn, *(towards + 0.1 * drawn[:3]), *(0.1 * drawn[:3] - towards)):
        moduli = np.abs(np.linalg.eigvals(limit_towards(directions)))
        ratio = moduli.max() / moduli.min() / (l2.largest / l2.smallest)
        assert bounds[1] - 1e-9 < ratio < bounds[0] + 1e-9


def test_a_search_for_a_larger_gain_finds_outside():
    """Along the gradient in the directions, by left and right eigenvectors; it comes near the bound and stays above."""
    width, rng = 4, np.random.default_rng(0)
    bound = st.symmetric.spectrum(width, width, norm="H1", curvature="field", towards="outside").largest
    directions = rng.normal(size=(width, width)) * (1 - np.eye(width))
    for _ in range(60):
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        values, left, right = scipy.linalg.eig(limit_towards(directions), left=True)
        top = np.argmax(values.real)
        assert bound - 1e-12 < values[top].real < largest_of_the_limit(width) + 1 / (2 * np.pi)
        slope = np.outer(left[:: width + 1, top].real, np.ones(width)) * right[:, top].real.reshape(width, width)
        slope *= np.sign(left[:, top].real @ right[:, top].real)
        directions -= 20 * slope * (1 - np.eye(width))
    assert values[top].real < bound + 1e-3


@pytest.mark.parametrize("width", [3, 6])
def test_column_sums_make_the_eigenvector_of_the_largest_eigenvalue(width):
    """They are of one sign, and its entries off the diagonal are ``p s_j + q s_i``."""
    values, vectors = np.linalg.eig(limit_towards(np.random.default_rng(width).normal(size=(width, width))))
    top = np.argmax(values.real)
    x, Y = values[top].real - 1 / 2, vectors[:, top].real.reshape(width, width)
    s, off = Y.sum(axis=0), ~np.eye(width, dtype=bool)
    assert (s * s[0] > 0).all()
    expected = (x * s[None, :] + s[:, None] / np.pi) / (2 * (x**2 - 1 / np.pi**2))
    np.testing.assert_allclose(Y[off], expected[off], rtol=1e-11)


def test_the_limit_of_the_theorem_is_that_of_hessians():
    """At a distance e = 1e-8, to O(e)."""
    directions = np.random.default_rng(1).normal(size=(5, 6))
    teacher = np.eye(5, 6)
    hessian = st.PopulationLoss(teacher, "H1").hessian(teacher + 1e-8 * directions).to_dense()
    np.testing.assert_allclose(hessian, limit_towards(directions), rtol=0, atol=1e-7)


def test_the_antisymmetric_part_decays_alone():
    """A left eigenvector: the field of H1 near the teacher, on antisymmetric Y with column sums zero."""
    rng = np.random.default_rng(2)
    teacher, x = np.eye(5), rng.normal(size=(5, 5))
    y = np.zeros((5, 5))
    y[[0, 1, 2], [1, 2, 0]], y[[1, 2, 0], [0, 1, 2]] = 1, -1
    field = st.PopulationLoss(teacher, "H1").gradient(teacher + 1e-8 * x) / 1e-8
    assert np.vdot(y, field) == pytest.approx((np.pi - 2) / (2 * np.pi) * np.vdot(y, x), rel=1e-6)


@pytest.mark.parametrize(("towards", "sign"), [(SIDES[0], 1), (SIDES[1], -1)])
def test_rate_at_which_the_gain_vanishes(towards, sign):
    """``c/K -+ K^(-3/2)/(pi - 1)``; what is left is of order 1/K^2."""
    for width in (10**4, 10**6):
        ratio = st.symmetric.condition_number_ratio(width, curvature="field", towards=towards)
        c = np.pi / ((np.pi - 1) * (np.pi - 2))
        assert width * (1 - ratio) - c == pytest.approx(-sign / (np.pi - 1) / np.sqrt(width), abs=30 / width)


def test_training_counterexamples():
    """Two neurons: the smallest eigenvalue is ``1/2 - 1/(2 pi)``; Gauss-Newton."""
    limit = st.symmetric.spectrum(2, 2, norm="H1", curvature="field", towards="inside")
    assert limit.smallest == pytest.approx(1 / 2 - 1 / (2 * np.pi), rel=1e-14)
    assert st.symmetric.condition_number_ratio(10**9) < 0.54


ROOT_3 = np.sqrt(3)


@pytest.mark.parametrize(
    ("activation", "norm", "limit"),
    [
        ("erf", "H1", (23 - 4 * ROOT_3) / 39),
        ("erf", "H2", (61 - 9 * ROOT_3) / 376),
        ("relu2", "H1", 4 * (np.pi - 2) / (np.pi * (3 * np.pi - 4))),
    ],
)
def test_gains_of_training_for_wide_networks(activation, norm, limit):
    """Hessians: what training follows. What is left at a finite width is 14/K for relu2, less for erf."""
    options = {"norms": (norm, "L2"), "activation": activation, "curvature": "hessian"}
    assert st.symmetric.condition_number_ratio(np.inf, **options) == pytest.approx(limit, rel=1e-14)
    assert st.symmetric.condition_number_ratio(10**9, **options) == pytest.approx(limit, rel=20 / 10**9)


@pytest.mark.parametrize("width", [3, 5, 8])
def test_smallest_and_largest_eigenvalues_of_smooth_networks(width):
    k, eye = width - 1, np.eye(width)
    for norm, low, bounds in (
        ("L2", 1 - 2 / np.pi, (k + 6, k + 6 + 4 * np.sqrt(k) / np.pi)),
        ("H1", 3 - 4 / np.pi, (9 + 4 * (k - 1) / np.pi, 13 + 4 * width / np.pi + 8 * np.sqrt(k) / np.pi)),
    ):
        spectrum = st.PopulationLoss(eye, norm, activation="relu2").hessian(eye).spectrum()
        assert spectrum.smallest == pytest.approx(low, rel=1e-12)
        assert bounds[0] <= spectrum.largest <= bounds[1]
    for norm, apart, weight in (("L2", 6 * ROOT_3, 1), ("H1", 14 * ROOT_3, 2), ("H2", 22 * ROOT_3, 2)):
        teacher = np.eye(width, width + 1)
        spectrum = st.PopulationLoss(teacher, norm, activation="erf").hessian(teacher).spectrum()
        alpha = (apart - 9 * weight) / (9 * np.pi)
        assert np.abs(spectrum.values - alpha).min() < 1e-14
        assert (spectrum.smallest < alpha - 1e-3) == (norm != "H2")
        assert spectrum.largest == pytest.approx(alpha + width * weight / np.pi, rel=1e-12)
