"""Advice: its predictions are those of gradient descent, its numbers those of the functions it asks, its words true."""

import json
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

import sobolev_theory as st
from sobolev_theory.advice.adam import RATES, counted
from sobolev_theory.advice.contraction import Contraction
from sobolev_theory.advice.data import Agreement
from sobolev_theory.advice.orders import Orders, require_size
from sobolev_theory.advice.scales import by_theory
from sobolev_theory.advice.verdict import verdict
from sobolev_theory.norms import Norm


def network(activation="tanh", width=3, dim=4, seed=1):
    """A network with biases and an output layer."""
    rng = np.random.default_rng(seed)
    weights, outputs, biases = rng.standard_normal((width, dim)), rng.standard_normal(width), rng.standard_normal(width)
    return st.Network(weights, outputs, biases, 0.3, activation)


def gaussian(n=600, dim=4, seed=2):
    """Gaussian samples of a mean and a covariance."""
    rng = np.random.default_rng(seed)
    return 0.5 + rng.standard_normal((n, dim)) @ rng.standard_normal((dim, dim)) / 2


@pytest.fixture(scope="module")
def on_data():
    """Of a tanh network on Gaussian samples, with all that it is asked of them."""
    net, X = network(), gaussian()
    return net, X, st.advise(net, X)


@pytest.fixture(scope="module")
def of_relu():
    """Of ReLU at an orthonormal teacher."""
    return st.advise(st.Network.orthonormal(3, 6), st.Inputs(), parameters="weights", accuracy=0.01)


# --- steps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symmetric", [True, False])
def test_the_loss_left_is_that_of_powers(symmetric):
    """``tr(M'^t G0 M^t) / tr G0`` with ``M = I - s G``: the mean over displacements, in powers of matrices.

    A matrix that is not symmetric is moved by 1e-12, which eigenvectors magnify; counts of steps have three digits.
    """
    rng = np.random.default_rng(0)
    g0, g1 = (a @ a.T for a in rng.standard_normal((2, 6, 6)))
    outside = [np.diag(rng.uniform(0.5, 1, 2)) for _ in range(2)]
    turning = rng.standard_normal((6, 6))
    g1 = g1 if symmetric else g1 + 3 * (turning - turning.T)  # eigenvalues are complex
    orders = Orders((((g0, g1), 1), (tuple(outside), 7)), symmetric)
    contraction = Contraction.of(orders, Norm.parse((1.0, 0.5)))
    assert np.iscomplexobj(contraction.parts[0][0]) is not symmetric
    step = 1.5 / contraction.ends[1]
    for time in (0, 1, 5, 40):
        left = start = 0.0
        for (judge, more), count in orders.parts:
            power = np.linalg.matrix_power(np.eye(len(judge)) - step * (judge + more / 2), time)
            left += count * np.trace(power.T @ judge @ power)
            start += count * np.trace(judge)
        assert contraction.left(step, time) == pytest.approx(left / start, rel=1e-9 if symmetric else 1e-6)
    fewest = contraction.tuned(1e-3)
    scanned = [contraction.time(length / contraction.ends[1], 1e-3) for length in np.linspace(1.2, 1.999, 400)]
    assert fewest == pytest.approx(min(scanned), rel=5e-3)  # the scan, and the search, are that fine


def test_a_matrix_without_eigenvectors():
    """One ReLU neuron in H1 follows a Jordan block of eigenvalue 1: two steps of length 1 arrive."""
    jordan = np.array([[1.0, 0.3], [0.0, 1.0]])
    contraction = Contraction.of(Orders((((np.eye(2) / 2, jordan - np.eye(2) / 2), 1),), False), Norm.parse("H1"))
    assert contraction.left(1.0, 1) == pytest.approx(0.3**2 / 2, rel=1e-5)
    assert contraction.left(1.0, 2) < 1e-9


@pytest.mark.long
def test_steps_are_those_of_gradient_descent():
    """Counted on exact gradients from starts near the teacher, in the mean within four standard errors, and a step."""
    teacher = st.Network.orthonormal(2, 4, activation="erf")
    advice = st.advise(teacher, st.Inputs(), ("L2", "H1"), parameters="weights", accuracy=1e-5)
    starts = [teacher.weights + 1e-3 * start for start in np.random.default_rng(3).standard_normal((8, 2, 4))]
    for row in st.steps_to(starts, teacher, ("L2", "H1"), accuracy=1e-5):
        predicted = next(found for found in advice.norms if found.norm == row.norm).training.steps
        assert abs(predicted - row.steps) < 4 * row.standard_error + 1


@pytest.mark.long
def test_steps_on_data_are_those_of_gradient_descent_there():
    """On skewed samples, with the best of a few steps: within a tenth, from six starts; theory is 14 percent off."""
    net, rng = network(), np.random.default_rng(7)
    X = rng.exponential(1, (300, 4)) - 1
    (_, h1, *_) = st.advise(net, X, ("L2", "H1")).norms
    loss, judge = (st.empirical.EmpiricalLoss(X, net, norm, parameters="all") for norm in ("H1", "L2"))

    def at(flat):
        parts = loss.split(flat)
        return st.Network(
            *(parts[name] for name in ("weights", "output_weights", "biases")), parts["output_bias"], "tanh"
        )

    there = np.concatenate([net.output_weights, net.weights.ravel(), net.biases, [net.output_bias]])
    starts = there + 1e-3 * rng.standard_normal((6, 19))

    def steps(length: float) -> int:
        students = list(starts)
        level = 1e-4 * sum(judge.value(at(student)) for student in students)
        for k in range(1, 400):
            students = [student - length * loss.gradient(at(student)) for student in students]
            if sum(judge.value(at(student)) for student in students) <= level:
                return k
        return 400

    fewest = min(steps(part / h1.data.largest) for part in (1.95, 1.97))
    assert fewest == pytest.approx(h1.data.steps, rel=0.1)
    assert h1.training.steps < 0.9 * h1.data.steps


def test_adam_is_counted():
    """By a loop over one learning rate at a time, written down from the paper."""
    matrix, judge, seed = np.diag([3.0, 1.0, 0.2]), np.diag([1.0, 0.5, 0.1]), 5
    starts = 67  # as many as give 200 numbers
    x0 = np.random.default_rng(seed).standard_normal((3, starts))

    def steps(rate):
        x, m, v = x0.copy(), 0.0, 0.0
        rates, start = rate * np.abs(x0).max(axis=0), np.einsum("is,ij,js->", x0, judge, x0)
        for k in range(1, 60):
            g = matrix @ x
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            x = x - rates * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
            if np.einsum("is,ij,js->", x, judge, x) <= 0.05 * start:
                return k
        return 60

    found = counted(matrix, judge, 0.05, seed)
    assert found.arrived
    assert found.steps == min(map(steps, RATES)) < 50  # up to 50 every step is looked at


# --- its numbers are those of the functions that it asks --------------------------------------------------------------


def test_theory_and_data_are_those_of_the_package(on_data):
    net, X, advice = on_data
    inputs = st.Inputs.from_data(X)
    for found in advice.norms:
        loss = st.PopulationLoss(
            net,
            Norm.parse(found.norm) if found.norm[0] != "(" else weights_of(found.norm),
            inputs=inputs,
            parameters="all",
        )
        theory = loss.gauss_newton(net).spectrum()
        assert (found.training.smallest, found.training.largest) == pytest.approx(
            (theory.smallest, theory.largest), rel=1e-8
        )
        data = st.empirical.curvature(net, X, loss.norm, parameters="all").spectrum()
        assert (found.data.smallest, found.data.largest) == pytest.approx((data.smallest, data.largest), rel=1e-8)
    assert "fewest steps on the data, smallest kappa by theory" in str(advice)
    assert advice.optimum.at_zero == pytest.approx(advice.norms[0].training.condition_number, rel=1e-8)


def weights_of(name):
    return tuple(map(float, name.strip("()").split(", ")))


@pytest.mark.long
def test_relu_is_judged_by_what_training_follows(of_relu):
    """Limits along random directions, of which the smallest eigenvalue of H1 is twice that of L2, whatever they are."""
    first, h1 = of_relu.norms[:2]
    assert h1.jumps
    assert h1.training.smallest == pytest.approx(2 * first.training.smallest, rel=1e-6)
    ratio = st.condition_number_ratio(np.eye(3, 6), np.eye(3, 6), towards="random", rng=0)
    assert h1.training.condition_number / first.training.condition_number == pytest.approx(ratio, abs=0.05)
    with_outputs = network("relu")
    X = gaussian(200)
    advice = st.advise(with_outputs, X, ("L2",), accuracy=1e-1)
    loss = st.PopulationLoss(with_outputs, "L2", inputs=st.Inputs.from_data(X), parameters="all")
    theory = loss.gauss_newton(with_outputs)
    data = st.empirical.curvature(with_outputs, X, "L2", parameters="all")
    for found, expected in ((advice.norms[0].training, theory), (advice.norms[0].data, data)):
        assert found.condition_number == pytest.approx(expected.condition_number(quotient=True), rel=1e-8)
    assert any("rescalings" in line for line in advice.outside)


@pytest.mark.long
def test_scales_give_weights_their_unit():
    """Of one neuron by quadrature; and a report in other units of the inputs recommends the same, free of units."""
    w, b, a, c = np.array([0.6, -0.8]), 0.4, 1.5, 0.2
    net, inputs = st.Network([w], [a], [b], c, "tanh"), st.Inputs(mean=[0.5, 0.1], covariance=[1.5, 0.7])
    x = np.linspace(-12, 12, 4001)  # the trapezoidal rule is exact to rounding here
    z, weight = w @ [0.5, 0.1] + b + np.sqrt(w**2 @ [1.5, 0.7]) * x, np.exp(-(x**2) / 2)
    weight = weight / weight.sum()
    f = a * np.tanh(z) + c
    scales = by_theory(net, {"inputs": inputs}, slopes=True)
    assert scales.variance == pytest.approx(weight @ f**2 - (weight @ f) ** 2, rel=1e-9)
    assert scales.slope == pytest.approx(a**2 * (w @ w) * (weight @ np.cosh(z) ** -4), rel=1e-9)
    lifted = by_theory(st.Network([w], [a], [b], 1e9, "tanh"), {"inputs": inputs}, slopes=True)  # variances ignore it
    assert (lifted.variance, lifted.slope) == pytest.approx((scales.variance, scales.slope), rel=1e-12)
    far = by_theory(st.Network([w], [a], [b], c), {"inputs": st.Inputs(mean=[1e9, 0.0])}, slopes=True)
    assert np.isnan(far.variance)  # the square of the mean is 1e18 times as large
    assert far.slope == pytest.approx(a**2 * (w @ w), rel=1e-9)
    X, options = gaussian(60, dim=2), {"norms": ("L2",), "parameters": "weights", "accuracy": 0.1}
    one = st.advise(st.Network(np.eye(2), activation="tanh"), X, **options)
    other = st.advise(st.Network(np.eye(2) / 3, activation="tanh"), 3 * X, **options)
    assert other.weight.recommended == pytest.approx(9 * one.weight.recommended, rel=1e-6)
    assert other.unit * other.weight.recommended == pytest.approx(one.unit * one.weight.recommended, rel=1e-6)


def test_the_recommended_weight_is_within_what_was_asked(on_data):
    """Its steps are the fewest and 5 percent; interpolation errs by less than a percent here."""
    _, _, advice = on_data
    best = advice.weight
    assert best.recommended_steps == pytest.approx(1.05 * best.steps, rel=0.01)
    assert best.interval[0] == best.recommended < best.weight < best.interval[1]


@pytest.mark.long
def test_samples_are_counted_as_equations_are(on_data):
    """To leave nothing open takes as many equations as parameters: 19; a sample with its gradient is five.

    With its Hessian, which is symmetric, it is 15.
    """
    net, X, _ = on_data
    advice = st.advise(net, X, accuracy=1e-9)
    assert [found.samples.needed for found in advice.norms[:3]] == [19, 4, 2]
    assert [found.samples.equations for found in advice.norms[:3]] == [19, 19 / 5, 19 / 15]


@pytest.mark.long
def test_few_neurons_have_the_law_of_sampled_matrices():
    """One ReLU neuron, by its closed form: with ``g = 2 d/n``, within the few percent of the search."""
    law = st.advise(st.Network([[1.0, 0.0, 0.0]]), st.Inputs(), ("L2", "H1"), parameters="weights", accuracy=0.1).law

    def l2(g):
        return ((1 + np.sqrt(g)) / (1 - np.sqrt(g))) ** 2

    def h1(g):
        return (1 + (1 + np.sqrt(g)) ** 2) / (1 + (1 - np.sqrt(g)) ** 2)

    for name, kappa in (("L2", l2), ("H1", h1)):
        assert law[name] == pytest.approx(2 / brentq(lambda g, kappa=kappa: kappa(g) - 2, 1e-6, 0.9), rel=0.04)


# --- data beside theory -----------------------------------------------------------------------------------------------


def test_gaussian_data_agree_with_theory(on_data):
    """Within the standard error of the data, which is of the size of the distance, for a fixed seed."""
    _, _, advice = on_data
    for found in advice.norms[:3]:
        agreement = found.agreement
        assert agreement.within_error
        assert 0.2 < agreement.distance / agreement.distance_error < 2
    assert "L2, H1, H2: data agree with Gaussian theory within their standard error" in advice.outside


def test_other_data_do_not():
    """Inputs in two clusters have the same mean and covariance, and other matrices: by how much is said."""
    rng = np.random.default_rng(0)
    X = rng.choice([-1.5, 1.5], (500, 1)) + 0.3 * rng.standard_normal((500, 4))
    advice = st.advise(network(), X, ("L2", "H1"), accuracy=1e-2)
    assert not any(found.agreement.within_error for found in advice.norms[:2])
    assert any(line.startswith("L2: inputs are not Gaussian") for line in advice.outside)


def test_what_is_peculiar_of_data_is_said():
    """Constant and collinear columns, fewer samples than dimensions, and than parameters; float32 is read as it is."""
    net, X = network("erf"), gaussian(40)
    words = {"norms": ("L2",), "accuracy": 0.1, "parameters": ("weights", "biases")}
    constant, collinear = X.copy(), X.copy()
    constant[:, 1], collinear[:, 2] = 2.0, X[:, 0] - 3 * X[:, 3]
    for samples, said in (
        (constant, "column 1 is constant"),
        (collinear, "columns are collinear, 4 of rank 3"),
        (X[:3], "3 samples in 4 dimensions"),
        (X[:10], "L2: 10 samples are fewer equations than the 15 parameters"),
    ):
        assert any(said in line for line in st.advise(net, samples, **words).outside), said
    single, double = st.advise(net, X.astype(np.float32), **words), st.advise(net, X, **words)
    assert single.norms[0].training.steps == pytest.approx(double.norms[0].training.steps, rel=1e-3)


@pytest.mark.long
def test_targets_leave_a_residual():
    """Of a noise on values and gradients; without gradients that is said, and units are those of the network."""
    net, X = network("erf"), gaussian(200)
    rng, words = np.random.default_rng(1), {"norms": ("L2", "H1"), "accuracy": 1e-2}
    y, G = net(X) + 0.1 * rng.standard_normal(200), net.input_gradient(X)
    advice = st.advise(net, X, targets=(y, G), **words)
    assert advice.residual.value == pytest.approx(0.1 / np.std(y), rel=0.15)  # 200 samples
    assert advice.residual.slope < 1e-12
    assert advice.unit == pytest.approx((G**2).sum() / 200 / np.var(y))
    (line,) = [line for line in advice.outside if line.startswith("with it Hessians")]
    H, GN = (
        st.empirical.curvature(net, X, "L2", curvature=kind, targets=(y,), parameters="all").to_dense()
        for kind in ("hessian", "gauss_newton")
    )
    assert f"L2 by {np.linalg.norm(H - GN) / np.linalg.norm(GN):.2g}," in line
    advice = st.advise(net, X, targets=y, **words)
    assert any("targets came without gradients" in line for line in advice.outside)
    assert advice.unit == advice.scales["data"].unit
    assert st.advise(net, X, targets=net, **words).residual.value == 0
    far, flat = (st.advise(net, X, targets=targets, **words) for targets in (y / 100, (0 * y, 0 * G)))
    assert f"the network is off by {100 * far.residual.value:.0f} percent of the targets' deviation" in str(far)
    assert "theory is at residual zero; the targets are constant" in str(flat)
    assert "nan percent" not in str(flat)
    assert "without gradients" not in str(flat)


# --- words ------------------------------------------------------------------------------------------------------------


def test_the_verdict_is_of_the_numbers(on_data, of_relu):
    """ReLU gains little, and the report says so; tanh gains much; and what is infinite is left out with the reason."""
    _, _, advice = on_data
    first, *others = advice.norms
    costs = [2.5, 7.5, 2.5]  # in four dimensions: 2 products of matrices for L2, 5 for H1, 15 for H2
    work = [first.data.steps / each.data.steps / cost for each, cost in zip(others, costs, strict=True)]
    assert advice.tables()[0].data()["work_gain"] == pytest.approx([1.0, *work])
    assert advice.verdict.norm == others[int(np.argmax(work))].norm
    assert max(work) > 1.5
    assert advice.verdict.answer == "pay"
    assert str(advice).splitlines()[2].startswith("Derivatives pay, most with")
    assert of_relu.verdict.answer == "do not pay"
    assert "Derivatives do not pay in computing: the gain in steps is small." in of_relu.lines[0]
    assert [found.norm for found in of_relu.norms[:2]] == ["L2", "H1"]
    assert "H2 is left out: it is infinite, as derivatives of relu jump below its order" in of_relu.outside
    assert any("training follows limits of the Hessian" in line for line in of_relu.outside)
    twice = st.advise(network("erf"), st.Inputs(), ("L2", (2,)), parameters="weights")
    assert "(2): as many steps of gradient descent as L2, each at the same cost." in str(twice)
    blind = st.advise(network("erf"), st.Inputs(), ((0, 1), (0, 1, 1)))  # an output bias has no derivative
    assert blind.verdict.answer == "open"
    assert "Gradient descent does not arrive at the accuracy with (0, 1)." in blind.lines
    assert blind.lines[0] == "Whether norms other than (0, 1) pay in computing is open."


def test_the_verdict_of_other_norms(on_data):
    """A reference with derivatives of its own, a loss of steps, a tie, one that does not arrive: sentences are true."""
    first, h1, h2 = on_data[2].norms[:3]

    def said(*norms, steps=None):
        *others, last = norms
        last = last if steps is None else replace(last, data=replace(last.data, steps=steps))
        found = verdict([*others, last])
        return found.sentence, *found.reasons

    sentence, *_ = said(h1, replace(first, cost=0.4))
    assert sentence.startswith("Norms other than H1 do not pay in computing: they take more steps.")
    assert said(h2, replace(h1, cost=1 / 3), steps=h2.data.steps)[0].startswith(
        "Norms other than H2 pay, most with H1."
    )
    assert "Derivatives do not pay in computing: they take more steps." in said(first, h1, steps=1e9)[0]
    tie = "L2: as many steps of gradient descent as L2, each at the same cost."
    assert said(first, first)[1] == tie
    assert said(h1, first, steps=np.inf)[:2] == (
        "Whether norms other than H1 pay in computing is open.",
        "Gradient descent does not arrive at the accuracy with any other.",
    )


def test_words_at_edges_of_what_is_given():
    """Matrices that do not depend on inputs, few batches, kinks that nothing moves, targets without a scale."""
    net, X = network("relu"), gaussian(60)
    huge = st.advise(
        st.Network(net.weights, 1e100 * net.output_weights), X, ("L2",), parameters="weights", accuracy=0.1
    )
    small = st.advise(st.Network(net.weights, net.output_weights), X, ("L2",), parameters="weights", accuracy=0.1)
    sizes = [(a.norms[0].agreement.distance, a.norms[0].agreement.trace_error) for a in (huge, small)]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-9)
    of_bias = st.advise(net, X, ("L2", (0, 1)), parameters="output_bias")  # of which the gradient is zero
    assert not re.search(r"\bnan\b|not Gaussian", str(of_bias))
    assert "L2: data agree with Gaussian theory within their standard error" in of_bias.outside
    assert Agreement("L2", 0.9, 0.05, 0.4, 1.0, batches=2).within_error  # two numbers and their mean
    assert not Agreement("L2", 0.9, 0.04, 0.4, 1.0, batches=10).within_error
    words = {"norms": ("L2", "H1"), "parameters": "output_weights", "accuracy": 0.1}
    linear = st.advise(net, X, targets=(np.ones(60), np.zeros((60, 4))), **words)
    assert not any(found.jumps for found in linear.norms)
    loss = st.PopulationLoss(net, "H1", inputs=st.Inputs.from_data(X), parameters="output_weights")
    spectrum = loss.hessian(net).spectrum()
    assert (linear.norms[1].training.smallest, linear.norms[1].training.largest) == pytest.approx(
        (spectrum.smallest, spectrum.largest), rel=1e-8
    )
    assert linear.ground == "on the data"
    assert not re.search(r"\bnan\b|without gradients", str(linear))
    assert "theory is at residual zero; the targets are constant" in linear.outside


def test_conditioning_beyond_any_rate_is_put_in_words():
    """Rows 1e-6 apart: no digit is left of the smallest eigenvalue, which is printed as 0, and kappa as infinite."""
    net = st.Network([[1.0, 0.0], [1.0, 1e-6]], activation="tanh")
    advice = st.advise(net, st.Inputs(), ("L2", "H1"), parameters="weights")
    assert advice.norms[0].training.smallest == 0
    assert any(line.startswith("kappa above 1e+08, or infinite") for line in advice.outside)
    assert advice.norms[0].training.steps < 1000  # and steps are what they are


@pytest.mark.parametrize("width", [80, 40])
def test_the_report_is_readable(on_data, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    _, _, advice = on_data
    lines = str(advice).splitlines()
    assert max(map(len, lines)) <= width
    assert len(repr(advice).splitlines()) <= 8
    assert len(lines) < (70 if width == 80 else 160)


def test_the_report_goes_elsewhere(on_data):
    """HTML, data, Markdown, LaTeX, one tidy table, a pickle."""
    _, _, advice = on_data
    page = advice._repr_html_()
    assert page.count("<table>") == len(advice.tables()) == 5
    assert (
        json.loads(json.dumps(advice.to_dict()))["norms"]["H1"]["training"]["steps"] == advice.norms[1].training.steps
    )
    assert advice.lines[0] in advice.to_markdown()
    assert advice.to_latex().count(r"\toprule") == 5
    line = next(line for line in advice.to_csv().splitlines() if line.startswith("H1,training.smallest,"))
    assert float(line.rsplit(",", 1)[1]) == advice.norms[1].training.smallest
    assert pickle.loads(pickle.dumps(advice)) == advice
    again = st.advise(*on_data[:2])
    assert str(again) == str(advice)


def test_many_dimensions_cost_nothing_by_theory():
    """At inputs whose covariance is a number; what is dense in them is left out. What takes minutes says so."""
    advice = st.advise(st.Network.random(3, 10_000, rng=0, activation="erf"), st.Inputs(), parameters="weights")
    assert advice.norms[1].training.steps < advice.norms[0].training.steps
    assert advice.norms[0].adam is None
    assert advice.norms[0].samples is None
    with pytest.warns(UserWarning, match="advice on a matrix of size 2000: this takes minutes"):
        require_size(2000, symmetric=True)
    with pytest.raises(st.SizeError, match="a matrix of size 3000 at most"):
        st.advise(
            st.Network.random(3, 2000, rng=0), st.Inputs(covariance=np.linspace(1, 2, 2000)), parameters="weights"
        )


def test_what_does_not_fit_is_refused():
    net, X = network("relu"), gaussian(10)
    holed = X.copy()
    holed[3, 1] = np.nan
    for call, said in (
        (lambda: st.advise(net, holed), "X: finite numbers are required, got nan at entry (3, 1)"),
        (lambda: st.advise(net, X[:, :3]), "X: shape (n, d) with d = 4"),
        (lambda: st.advise(net, X[:1]), "X: at least 2 samples"),
        (lambda: st.advise(net, X, ("H2",)), "norm: the term of order 2 is infinite"),
        (lambda: st.advise(net, X, ("L3",)), "norm:"),
        (lambda: st.advise(net, X, targets=np.ones(9)), "targets[0]: shape (n,) with n = 10"),
        (lambda: st.advise(net, X, targets=(np.ones(10), np.ones((10, 3)))), "targets[1]: shape (n, d)"),
        (lambda: st.advise(net, st.Inputs(), targets=net), "targets: samples X"),
        (lambda: st.advise(net, X, accuracy=1), "accuracy: a fraction"),
        (lambda: st.advise(net, X[:0]), "X: shape (n, d) with d = 4 is required, got shape (0, 4); it is empty"),
        (lambda: st.advise(net.weights, X), "network: a Network is required, got ndarray; Network.from_torch"),
    ):
        with pytest.raises(ValueError, match=re.escape(said)):
            call()
