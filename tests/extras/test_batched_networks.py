"""The paper's experiments on functions of one and two inputs: derivatives, losses and steps against torch's own."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from examples.paper import batched, comparison, differentiation_2d, regression_1d
from examples.paper.adam import MOMENTA, SMALL
from examples.paper.batched import derivatives, losses, start, train
from examples.paper.experiment import committed

ROUNDING = 1e-12  # relative: sums of some hundred products in double precision

FAMILIES = {name: found.layers for name, found in regression_1d.architectures(6).items()}
FAMILIES["two inputs"] = (FAMILIES["tanh"][0]._replace(inputs=2), *FAMILIES["tanh"][1:])
NAMES = sorted(FAMILIES)


def by_hand(theta, layers):
    """One network of torch's own layers, with the parameters of a row, as a function of points."""
    used, parts = 0, []
    for layer in layers:
        weights, biases = theta[used : used + layer.size].split([layer.inputs * layer.outputs, layer.outputs])
        parts.append((layer, weights.reshape(layer.inputs, layer.outputs), biases))
        used += layer.size
    assert used == len(theta)

    def network(x):
        for layer, weights, biases in parts:
            z = torch.nn.functional.linear(x, weights.T, biases)
            x = {"tanh": torch.tanh(z), "sine": torch.sin(layer.frequency * z), "linear": z}[layer.activation]
        return x[:, 0]

    return network


def problem(name, order):
    layers, rng = FAMILIES[name], np.random.default_rng(3)
    x = rng.uniform(-1, 1, (7, layers[0].inputs))
    parts = 1 + order * layers[0].inputs
    theta = torch.tensor(np.stack([start(layers, seed) for seed in (0, 1)]))
    return layers, theta, x, rng.standard_normal((parts, len(x))), rng.uniform(0.5, 2, parts)


def by_autograd(theta, layers, x, order):
    """Values, gradients and the diagonals of Hessians, of reverse mode."""
    x = x.clone().requires_grad_()
    value = by_hand(theta, layers)(x)
    found = [value[None]]
    if order:
        (slope,) = torch.autograd.grad(value.sum(), x, create_graph=True)
        found.append(slope.T)
    if order > 1:
        bends = [torch.autograd.grad(slope[:, k].sum(), x, retain_graph=True)[0][:, k] for k in range(x.shape[1])]
        found.append(torch.stack(bends))
    return torch.cat(found).detach().numpy()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_derivatives_and_losses_are_those_of_autograd(name, order):
    """Of both rows, and every part; the loss is the sum over orders of weight times mean square of the error."""
    layers, theta, x, y, weights = problem(name, order)
    found, loss = (
        derivatives(theta, layers, torch.tensor(x), order),
        losses(theta, layers, *map(torch.tensor, (x, y, weights))),
    )
    for row in range(2):
        expected = by_autograd(theta[row], layers, torch.tensor(x), order)
        np.testing.assert_allclose(found[row], expected, rtol=ROUNDING, atol=ROUNDING * np.abs(expected).max())
        by_definition = sum(w * np.mean((u - f) ** 2) for w, u, f in zip(weights, expected, y, strict=True))
        assert loss[row] == pytest.approx(by_definition, rel=ROUNDING)


def test_steps_are_those_of_torchs_adam():
    """Each row by itself, with its own rate along half a cosine; Adam divides rounding by small numbers."""
    layers, _, x, y, weights = problem("SIREN", 1)
    rates, steps = np.array([1e-3, 1e-2]), 12
    found = train(layers, x, y, weights, (0, 1), rates, steps).theta
    for row, rate in enumerate(rates):
        theta = torch.tensor(start(layers, row)[None], requires_grad=True)
        adam = torch.optim.Adam([theta], lr=rate, betas=MOMENTA, eps=SMALL)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
        for _ in range(steps):
            adam.zero_grad()
            losses(theta, layers, *map(torch.tensor, (x, y, weights))).sum().backward()
            adam.step()
            falling.step()
        np.testing.assert_allclose(
            found[row], theta.detach()[0], rtol=1e-9, atol=1e-12
        )  # Adam divides by small numbers


@pytest.mark.parametrize("target", regression_1d.TARGETS)
def test_targets_of_one_input_have_their_derivatives(target):
    """By complex steps, which know no cancellation: each entry is the derivative of the one before."""
    x, step = np.linspace(-0.95, 0.95, 41), 1e-30
    found = regression_1d.FUNCTIONS[target](x)
    shifted = np.imag(regression_1d.FUNCTIONS[target](x + 1j * step)) / step
    for k in (1, 2):
        np.testing.assert_allclose(found[k], shifted[k - 1], rtol=ROUNDING, atol=ROUNDING * np.abs(found[k]).max())


@pytest.mark.parametrize("target", differentiation_2d.TARGETS)
@pytest.mark.parametrize("name", differentiation_2d.GRIDS)
def test_losses_on_a_grid_know_the_same_values(target, name):
    """Exact derivatives are those of complex steps; computed ones are a function of the values alone."""
    function, grid, step = differentiation_2d.FUNCTIONS[target], differentiation_2d.GRIDS[name], 1e-30
    of_kind = {kind: differentiation_2d.data(function, grid, 10, kind) for kind in ("", "exact", "computed")}
    x, exact = of_kind["exact"]
    for points, y in of_kind.values():
        np.testing.assert_array_equal(points, x)
        np.testing.assert_array_equal(y[0], exact[0])
    assert of_kind[""][1].shape == (1, 100)
    for k in range(2):
        shifted = np.imag(function(*(x + 1j * step * np.eye(2)[k]).T)[0]) / step
        np.testing.assert_allclose(exact[1 + k], shifted, rtol=ROUNDING, atol=ROUNDING * np.abs(shifted).max())
    again = grid.derivatives(exact[0].reshape(10, 10), grid.nodes(10))
    np.testing.assert_array_equal(of_kind["computed"][1][1:], again.reshape(2, -1))


def test_spectral_derivatives_of_polynomials_are_exact():
    """Of degree below the number of nodes in each input; rounding grows like its square."""
    x = differentiation_2d.chebyshev_nodes(9)
    X, Y = np.meshgrid(x, x, indexing="ij")
    found = differentiation_2d.spectral(X**8 * Y**3 - 2 * X * Y**7, x)
    np.testing.assert_allclose(found, [8 * X**7 * Y**3 - 2 * Y**7, 3 * X**8 * Y**2 - 14 * X * Y**6], atol=1e-12)


def test_spectral_derivatives_do_not_converge_beside_a_cone():
    """At Ackley's tip they are off by as much with 32 nodes as with 48, in fewer places; the waves are resolved."""
    worst, mean = [], []
    for nodes in (32, 48):
        grid = differentiation_2d.GRIDS["Chebyshev"]
        exact, computed = (
            differentiation_2d.data(differentiation_2d.ackley, grid, nodes, k)[1] for k in ("exact", "computed")
        )
        worst.append(np.abs(computed - exact).max())
        mean.append(np.sqrt(np.mean((computed[1:] - exact[1:]) ** 2)))
    assert worst == pytest.approx([0.36, 0.36], abs=0.01)
    assert mean[0] / mean[1] == pytest.approx(48 / 32, rel=0.02)


def test_finite_differences_are_of_second_order():
    """Half the distance, a quarter of the greatest error, at the border too; exact for a quadratic."""
    errors = []
    for count in (81, 161):
        x = differentiation_2d.uniform_nodes(count)
        exact = differentiation_2d.bump(*np.meshgrid(x, x, indexing="ij"))
        errors.append(np.abs(differentiation_2d.finite_differences(exact[0], x) - exact[1:]).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.02)  # the next term is of relative size h^2
    X, Y = np.meshgrid(x, x, indexing="ij")
    found = differentiation_2d.finite_differences(X**2 - 3 * X * Y, x)
    np.testing.assert_allclose(found, [2 * X - 3 * Y, -3 * X], atol=1e-11)


def test_rates_are_chosen_on_other_seeds_and_points(monkeypatch):
    """The rate of the smallest geometric mean over the tuning seeds; the reported ones are trained with it alone."""
    trained = []

    def counted(layers, x, y, weights, seeds, rates, steps, precision="float64"):
        trained.append((seeds, tuple(rates), precision))
        return batched.Trained(np.log10(rates)[:, None], 1.0)

    monkeypatch.setattr(batched, "train", counted)
    budget = batched.Budget((1e-3, 1e-2, 1e-1), (7, 8), (0, 1, 2), 10)
    found = batched.tuned((), None, None, None, budget, lambda theta: 1 + (theta[:, 0] + 2) ** 2)
    assert found.rate == 1e-2
    np.testing.assert_allclose(found.choice, [2, 1, 2])
    assert trained == [
        ((7, 8) * 3, (1e-3, 1e-3, 1e-2, 1e-2, 1e-1, 1e-1), "float32"),
        ((0, 1, 2), (1e-2,) * 3, "float64"),
    ]


def test_gains_are_ratios_of_medians():
    """A run without a finite error counts as infinite, and leaves the median of five alone."""
    losses = {"L2": {"errors": [0.5, 0.1, None, 0.2, 0.4]}, "H1": {"errors": [0.1, 0.05, 0.2, 0.3, 0.01]}}
    assert comparison.quartiles(losses["L2"]["errors"]) == (0.4, 0.2, 0.5)
    assert comparison.gain(losses, "H1", "L2") == pytest.approx(4)
    losses |= {comparison.LONGER: {"errors": [0.05]}}
    said = comparison.sentences({"target": {"network": losses}})
    assert said[0].startswith("H1: a smaller error than L2 in 1 of 1 cases; L2 / H1 is 4 to 4")
    assert said[1].startswith("H1: a smaller error than L2 of 3 x steps in 0 of 1 cases")


@pytest.mark.parametrize("experiment", [regression_1d, differentiation_2d])
def test_unknown_targets_and_no_seeds_are_refused(experiment):
    with pytest.raises(ValueError, match=r"targets: one of .* is required, got 'cosine'"):
        experiment.run(quick=True, targets=["cosine"])
    with pytest.raises(ValueError, match="seeds: a positive integer is required, got 0"):
        experiment.run(quick=True, seeds=0)


def gains(name):
    """Of a committed result, by case and loss: how many times smaller than L2's, and than L2's of thrice the steps."""
    data = committed(name).table.data()
    keys = zip(data["target"], data[[*data][1]], data["loss"], strict=True)
    return dict(zip(keys, zip(data["gain"], data["gain_equal_time"], strict=True), strict=True)), data


def slow_and_fast(data):
    """No step of H1 takes thrice the time of one of L2 in its case; it was hardly alone on its processor."""
    cases = [*zip(data["target"], data[[*data][1]], strict=True)]
    steps = dict(zip(zip(cases, data["loss"], strict=True), data["milliseconds"], strict=True))
    assert all(spent < 3 * steps[case, "L2"] for (case, loss), spent in steps.items() if loss.startswith("H1"))


def test_differentiation_found_what_it_says():
    """Spectral derivatives are worth exact ones, finite differences beat L2 at equal steps alone."""
    found, data = gains("differentiation_2d")
    for target in differentiation_2d.TARGETS:
        for loss in ("H1 exact", "H1 computed"):
            assert min(found[target, "Chebyshev", loss]) > 2
            assert found[target, "Chebyshev", loss][0] > 7
        assert found[target, "uniform", "H1 exact"][1] > 2
        assert found[target, "uniform", "H1 computed"][0] == pytest.approx(2.3, abs=0.05)
        assert found[target, "uniform", "H1 computed"][1] < 1
    slow_and_fast(data)


def test_regression_found_what_it_says():
    """H1 wins where anything learns, H2 of weights one loses, and scaled it is best in seven of nine cases."""
    found, data = gains("regression_1d")
    cases = sorted({key[:2] for key in found})
    learnt = [case for case in cases if case != ("waves", "tanh")]
    slow_and_fast(data)
    assert len(learnt) == 8
    assert all(found[*case, "H1"][0] > 3 and found[*case, "H1"][1] > 2 for case in learnt)
    assert max(found["waves", "tanh", "H1"]) < 1
    assert sum(found[*case, "H2"][0] < 1 for case in cases) == 8
    scaled = [found[*case, "H2 scaled"] for case in cases if found[*case, "H2 scaled"][1] > 1]
    assert len(scaled) == 7
    assert min(scaled) > (20, 9)
    assert sum(found[*case, "H1 scaled"] > found[*case, "H1"] for case in cases) == 4
