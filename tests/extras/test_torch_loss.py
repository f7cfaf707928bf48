"""`st.torch.SobolevLoss`: against NumPy on the samples, against the theory in expectation, and what it refuses."""

import doctest
import importlib
import os
import pkgutil
import re
from collections.abc import Iterator

import numpy as np
import pytest

import sobolev_theory as st

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.filterwarnings(  # PyTorch 2.13 where it first loads rules of its own forward mode
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

SobolevLoss = st.torch.SobolevLoss
MODES = ("backward", "forward")
DEVICE = os.environ.get("SOBOLEV_THEORY_DEVICE", "cpu")
RNG = np.random.default_rng(14)

K, D, N = 4, 3, 6
METRIC = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
DIRECTIONS = RNG.standard_normal((2, D))
SHARES = np.array([0.7, 1.9])


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    """Everything is made on the device that the environment names."""
    with torch.device(DEVICE):
        yield


def tensor(array: np.ndarray) -> "torch.Tensor":
    return torch.from_numpy(array).to(DEVICE)


def network(seed: int, activation: str = "tanh", width: int = K, dim: int = D) -> st.Network:
    rng = np.random.default_rng(seed)
    W, a, b = rng.standard_normal((width, dim)), rng.standard_normal(width), rng.standard_normal(width)
    return st.Network(W, a, b, 0.3, activation=activation)


def module(net: st.Network) -> "nn.Module":
    """The same function for PyTorch."""
    act = {"tanh": nn.Tanh, "relu": nn.ReLU}[net.activation.name]()
    made = nn.Sequential(nn.Linear(net.dim, net.width), act, nn.Linear(net.width, 1)).double()
    with torch.no_grad():
        made[0].weight.copy_(tensor(net.weights.copy()))
        made[0].bias.copy_(tensor(net.biases.copy()))
        made[2].weight.copy_(tensor(net.output_weights[None].copy()))
        made[2].bias.fill_(net.output_bias)
    return made


def flat_gradient(loss: "torch.Tensor", model: "nn.Module") -> np.ndarray:
    """In the order of the package: output weights, weights, biases, output bias."""
    parts = (model[2].weight, model[0].weight, model[0].bias, model[2].bias)
    found = torch.autograd.grad(loss, parts, materialize_grads=True)
    return np.concatenate([part.detach().cpu().numpy().ravel() for part in found])


def by_hand(theta, X, targets, weights, metric):
    """1/2n sum_t sum_m lambda_m |T_m|_M^2 of tanh, terms (n,), in plain NumPy; theta (P,) may be complex."""
    a, W, b, c = theta[:K], theta[K : K + K * D].reshape(K, D), theta[K + K * D : -1], theta[-1]
    s = np.tanh(X @ W.T + b)
    mismatch = [
        s @ a + c - targets[0],
        (a * (1 - s**2)) @ W - targets[1],
        np.einsum("tk,ki,kj->tij", a * (-2 * s * (1 - s**2)), W, W) - targets[2],
    ]
    squares = [
        mismatch[0] ** 2,
        np.einsum("ti,ij,tj->t", mismatch[1], metric, mismatch[1]),
        np.einsum("tij,jk,tkl,li->t", mismatch[2], metric, mismatch[2], metric),
    ]
    return sum(weight * square for weight, square in zip(weights, squares, strict=False)) / 2


def flat(net: st.Network) -> np.ndarray:
    return np.concatenate([net.output_weights, net.weights.ravel(), net.biases, [net.output_bias]])


CASES = {
    "L2": ((1,), {}, np.eye(D)),
    "H1": ((1, 1), {}, np.eye(D)),
    "gradients alone": ((0, 2.0), {"metric": 3.0}, 3 * np.eye(D)),
    "H2": ((1, 1, 1), {}, np.eye(D)),
    "H2, diagonal": ((1, 0.5, 0.25), {"metric": [1.0, 0.0, 2.0]}, np.diag([1.0, 0.0, 2.0])),
    "H2, dense": ((0.5, 0, 0.25), {"metric": METRIC}, METRIC),
    "H2, equal shares": ((1, 1, 0.5), {"metric": [2.0] * D}, 2 * np.eye(D)),
    "directions": (
        (1, 2, 0.5),
        {"directions": DIRECTIONS, "direction_weights": SHARES},
        DIRECTIONS.T @ np.diag(SHARES) @ DIRECTIONS,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", MODES)
def test_value_and_gradient_are_those_of_numpy(case, mode):
    """To 1e-12 of the loss: sums of some ten terms of order one. The gradient by complex steps, exact to rounding."""
    weights, options, metric = CASES[case]
    net, teacher = network(1), network(2)
    X = np.random.default_rng(3).standard_normal((N, D))
    targets = teacher(X), teacher.input_gradient(X), teacher.input_hessian(X)
    terms = by_hand(flat(net), X, targets, weights, metric)
    P = flat(net).size
    steps = flat(net) + 1e-30j * np.eye(P)
    slopes = np.array([by_hand(theta, X, targets, weights, metric).mean().imag / 1e-30 for theta in steps])

    loss, model, x = SobolevLoss(weights, mode=mode, **options), module(net), tensor(X)
    given = dict(zip(("y", "gradient", "hessian"), map(tensor, targets), strict=True))
    for target in (given, {"y": teacher}, {"y": module(teacher)}, {"y": given["y"][:, None]} | given):
        found = loss(model, x, **target)
        assert found.item() == pytest.approx(terms.mean(), rel=1e-12)
        assert flat_gradient(found, model) == pytest.approx(slopes, rel=1e-12, abs=1e-12 * np.abs(slopes).max())
    still = module(teacher)  # a teacher learns nothing
    assert not any(torch.autograd.grad(loss(model, x, still), list(still.parameters()), allow_unused=True))
    each = SobolevLoss(weights, mode=mode, reduction="none", **options)(model, x, **given)
    assert each.detach().cpu().numpy() == pytest.approx(terms, rel=1e-12)
    total = SobolevLoss(weights, mode=mode, reduction="sum", **options)(model, x, **given)
    assert total.item() == pytest.approx(terms.sum(), rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_it_is_the_loss_on_samples_of_the_package(activation):
    """`st.empirical.EmpiricalLoss` and its gradient, to rounding, of a teacher and of given targets."""
    net, teacher, x = network(1, activation), network(2, activation), RNG.standard_normal((N, D))
    norm = "H2" if activation == "tanh" else "H1"
    targets = (teacher(x), teacher.input_gradient(x), teacher.input_hessian(x))[: int(norm[1]) + 1]
    for metric in (None, METRIC):
        model = module(net)
        ours = SobolevLoss(norm, metric=metric)(model, tensor(x), *map(tensor, targets))
        found = flat_gradient(ours, model)
        for given in (teacher, targets):
            options = {"metric": metric, "parameters": "all", "activation": activation}
            theirs = st.empirical.EmpiricalLoss(x, given, norm, **options)
            assert ours.item() == pytest.approx(theirs.value(net), rel=1e-12)
            gradient = theirs.gradient(net)
            assert found == pytest.approx(gradient, rel=1e-12, abs=1e-12 * np.abs(gradient).max())


@pytest.mark.parametrize("mode", MODES)
def test_directional_targets(mode):
    """Derivatives along fixed directions alone, in place of the gradient; with them, M = sum_l w_l v_l v_l'."""
    teacher, x = network(2), tensor(RNG.standard_normal((N, D)))
    y, gradient = tensor(teacher(x.cpu().numpy())), tensor(teacher.input_gradient(x.cpu().numpy()))
    model, V = module(network(1)), tensor(DIRECTIONS)
    loss = SobolevLoss("H1", directions=DIRECTIONS, direction_weights=SHARES, mode=mode)
    metric = SobolevLoss("H1", metric=DIRECTIONS.T @ np.diag(SHARES) @ DIRECTIONS, mode=mode)
    expected = metric(model, x, y, gradient).item()
    assert loss(model, x, y, gradient).item() == pytest.approx(expected, rel=1e-12)
    assert loss(model, x, y, directional=gradient @ V.T).item() == pytest.approx(expected, rel=1e-12)
    plain = SobolevLoss("H1", directions=DIRECTIONS, mode=mode)
    assert plain(model, x, y, directional=gradient @ V.T).item() == pytest.approx(
        SobolevLoss("H1", metric=DIRECTIONS.T @ DIRECTIONS)(model, x, y, gradient).item(), rel=1e-12
    )


def deep() -> "nn.Module":
    """What the package has no theory of: three layers, a normalisation within each sample, a product of inputs."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(D, 6), nn.GroupNorm(1, 6), nn.GELU(), nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 1))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = layers.double()

        def forward(self, x):
            return self.layers(x)[:, 0] * x[:, 0]

    return Model()


@pytest.mark.parametrize("norm", ["H1", "H2"])
@pytest.mark.parametrize("options", [{}, {"directions": DIRECTIONS}, {"directions": "random"}, {"metric": METRIC}])
def test_both_modes_are_one_loss_of_any_model(norm, options):
    """Value and gradients, in parameters and inputs; and the derivatives those of one sample at a time."""
    model, teacher = deep(), module(network(2))
    x = tensor(RNG.standard_normal((N, D))).requires_grad_()
    found = []
    for mode in MODES:
        torch.manual_seed(1)
        value = SobolevLoss(norm, mode=mode, **options)(model, x, teacher)
        gradients = torch.autograd.grad(value, [*model.parameters(), x])
        found.append(
            np.concatenate([value.detach().cpu().numpy().ravel(), *(g.cpu().numpy().ravel() for g in gradients)])
        )
    assert found[0] == pytest.approx(found[1], rel=1e-12, abs=1e-12 * np.abs(found[0]).max())
    if options == {}:
        one = torch.func.vmap(torch.func.jacrev(lambda x: (model(x[None]) - teacher(x[None])[:, 0])[0]))(x)
        two = torch.func.vmap(torch.func.hessian(lambda x: (model(x[None]) - teacher(x[None])[:, 0])[0]))(x)
        parts = [(model(x) - teacher(x)[:, 0]).square().mean(), one.square().sum() / N, two.square().sum() / N]
        assert found[0][0] == pytest.approx(sum(parts[: int(norm[1]) + 1]).item() / 2, rel=1e-12)


def sampled(net, loss, inputs, targets, batches=60, length=250):
    """Value and flat gradient of batches of fresh samples: means and standard errors."""
    model, rng, found = module(net), np.random.default_rng(5), []
    for _ in range(batches):
        x = tensor(inputs.sample(length, rng=rng))
        value = loss(model, x, targets)
        found.append(np.append(flat_gradient(value, model), value.item()))
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(batches)


INPUTS = st.Inputs(mean=[0.3, -0.2, 0.1], covariance=[[1.0, 0.4, 0.0], [0.4, 1.5, 0.2], [0.0, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("activation", "norm", "options", "metric"),
    [
        ("tanh", "L2", {}, None),
        ("tanh", "H1", {"metric": METRIC}, METRIC),
        ("tanh", "H2", {"mode": "forward"}, None),
        ("tanh", "H2", {"directions": "random"}, 1 / D),
        ("relu", "H1", {}, None),
        ("relu", "H1", {"directions": "random", "mode": "forward"}, 1 / D),
    ],
)
def test_expectation_is_the_theory(activation, norm, options, metric):
    """Mean over 15 000 samples, z of value and of 21 entries of the gradient below 4: one seed in 800 has a larger one.

    Of ReLU in the backprop convention: the gradient of the loss as a function is 10 standard errors away.
    """
    net, teacher = network(1, activation), network(2, activation)
    mean, error = sampled(net, SobolevLoss(norm, **options), INPUTS, teacher)
    theory = st.PopulationLoss(teacher, norm, inputs=INPUTS, metric=metric, parameters="all")
    expected = np.append(theory.gradient(net), theory.value(net))
    assert np.abs((mean - expected) / error).max() < 4
    if activation == "relu":
        exact = st.PopulationLoss(teacher, norm, inputs=INPUTS, metric=metric, parameters="all", derivative="exact")
        assert np.abs((mean[:-1] - exact.gradient(net)) / error[:-1]).max() > 10


@pytest.mark.parametrize("mode", MODES)
def test_precisions_and_places(mode):
    """float32 to its rounding, of 1e-7 of a loss of order ten; no_grad; a step in place; the loss moves as a module."""
    model, teacher, loss = module(network(1)), module(network(2)), SobolevLoss("H2", metric=METRIC, mode=mode)
    x = tensor(RNG.standard_normal((N, D)))
    exact = loss(model, x, teacher)
    with torch.no_grad():
        quiet = loss(model, x, teacher)
    assert not quiet.requires_grad
    assert quiet.item() == exact.item()
    single = loss(model.float(), x.float(), teacher.float())
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(exact.item(), rel=3e-6)
    assert loss(model, x.float(), network(2)).item() == pytest.approx(exact.item(), rel=3e-6)
    assert not x.requires_grad
    assert repr(loss) == f"SobolevLoss('H2', metric=(3, 3), mode={mode!r}, reduction='mean')"
    assert loss.float().frame.dtype == torch.float32


def test_it_is_half_of_mean_squares():
    """MSELoss of values and of gradients is twice the loss with lambda_1 = 1/d, as the docstring says."""
    model, teacher = module(network(1)), network(2)
    x = tensor(RNG.standard_normal((N, D))).requires_grad_()
    y, gradient = (tensor(part(x.detach().cpu().numpy())) for part in (teacher, teacher.input_gradient))
    (ours,) = torch.autograd.grad(model(x).sum(), x)
    mse = nn.MSELoss()(model(x)[:, 0], y) + nn.MSELoss()(ours, gradient)
    assert mse.item() == pytest.approx(2 * SobolevLoss((1, 1 / D))(model, x, y, gradient).item(), rel=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_what_does_not_bend(mode):
    """A linear model has a constant gradient and no Hessian; ReLU none either; a constant not even a gradient."""
    torch.manual_seed(0)
    x = torch.randn(N, D, dtype=torch.float64)
    linear = nn.Linear(D, 1).double().requires_grad_(False)
    relu = nn.Sequential(nn.Linear(D, 5), nn.ReLU(inplace=True), nn.Linear(5, 1)).double()
    square = SobolevLoss((0, 0, 1), mode=mode)
    for model in (linear, relu):
        assert square(model, x, lambda x: x.square().sum(dim=1)).item() == pytest.approx(2.0 * D, rel=1e-12)
    constant = SobolevLoss("H1", mode=mode)(linear, x, lambda x: 0 * x[:, 0] + 1)
    expected = ((linear(x) - 1).square().mean() + linear.weight.square().sum()) / 2
    assert constant.item() == pytest.approx(expected.item(), rel=1e-12)


def test_forward_mode_compiles():
    """A whole step: traced by `torch.compile`, differentiated in its own backward pass."""
    model, teacher, loss = module(network(1)), module(network(2)), SobolevLoss("H1", mode="forward")
    x = tensor(RNG.standard_normal((N, D)))
    compiled = torch.compile(lambda x: loss(model, x, teacher), backend="aot_eager", fullgraph=True)
    value = compiled(x)
    assert value.item() == pytest.approx(loss(model, x, teacher).item(), rel=1e-12)
    assert flat_gradient(value, model) == pytest.approx(flat_gradient(loss(model, x, teacher), model), rel=1e-12)


X = torch.zeros(N, D, dtype=torch.float64, device=DEVICE)
Y, G, H = X[:, 0], X, torch.zeros(N, D, D, dtype=torch.float64, device=DEVICE)
BATCH = nn.Sequential(nn.Linear(D, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
LAYER = nn.Sequential(nn.Linear(D, 4), nn.LayerNorm(4), nn.Linear(4, 1)).double()

REFUSED = {
    "H3": (lambda: SobolevLoss("H3"), "norm: orders up to 2 are required for a loss on samples, got 3"),
    "mode": (lambda: SobolevLoss(mode="reverse"), "mode: one of 'backward', 'forward' is required, got 'reverse'"),
    "reduction": (lambda: SobolevLoss(reduction="max"), "reduction: one of 'mean', 'sum', 'none' is required"),
    "word": (
        lambda: SobolevLoss(directions="rand"),
        "directions: one of 'random' is required, got 'rand'; did you mean",
    ),
    "both": (lambda: SobolevLoss(metric=2.0, directions=DIRECTIONS), "metric: None is required beside directions"),
    "alone": (lambda: SobolevLoss(direction_weights=[1.0]), "direction_weights: directions (L, d) are required"),
    "random": (
        lambda: SobolevLoss(directions="random", direction_weights=[1.0]),
        "direction_weights: directions (L, d) are required",
    ),
    "negative": (
        lambda: SobolevLoss(directions=DIRECTIONS, direction_weights=[1.0, -1.0]),
        "direction_weights: numbers >= 0 are required, got -1.0",
    ),
    "count": (
        lambda: SobolevLoss(directions=DIRECTIONS, direction_weights=[1.0]),
        "direction_weights: shape (L,) with L = 2 is required, got shape (1,)",
    ),
    "row": (lambda: SobolevLoss(directions=[1.0, 0.0]), "directions: shape (L, d) is required, got shape (2,)"),
    "form": (lambda: SobolevLoss(metric=[[1.0, 0.0], [1.0, 1.0]]), "metric: a symmetric matrix is required"),
    "no gradient": (
        lambda: SobolevLoss("H1")(module(network(1)), X, Y),
        "gradient: a tensor of shape (n, d) is required, as the norm counts it, got None; a teacher as y",
    ),
    "no hessian": (lambda: SobolevLoss("H2")(module(network(1)), X, Y, G), "hessian: a tensor of shape (n, d, d) is"),
    "no value": (lambda: SobolevLoss("H1")(module(network(1)), X, None, G), "y: a tensor of shape (n,) or (n, 1) is"),
    "array": (
        lambda: SobolevLoss("H1")(module(network(1)), X, Y, G.cpu().numpy()),
        "gradient: a tensor of shape (n, d) = (6, 3) is required, got array([[0.",
    ),
    "transposed": (
        lambda: SobolevLoss("H1")(module(network(1)), X, Y, G.T),
        "gradient: a tensor of shape (n, d) = (6, 3) is required, got shape (3, 6)",
    ),
    "long": (
        lambda: SobolevLoss("L2")(module(network(1)), X, Y[:3]),
        "y: a tensor of shape (n,) or (n, 1) = (6,) is required, got shape (3,)",
    ),
    "along none": (
        lambda: SobolevLoss("H1")(module(network(1)), X, Y, directional=G),
        "directional: fixed directions of the loss, and no gradient beside, are required",
    ),
    "twice": (
        lambda: SobolevLoss("H1", directions=DIRECTIONS)(module(network(1)), X, Y, G, directional=G),
        "directional: fixed directions of the loss, and no gradient beside, are required",
    ),
    "beside a teacher": (
        lambda: SobolevLoss("H1")(module(network(1)), X, module(network(2)), G),
        "gradient: None is required where y is a teacher",
    ),
    "integers": (
        lambda: SobolevLoss("H1")(module(network(1)), X.long(), Y),
        "x: a floating tensor of inputs (n, d) is required, got torch.int64 of shape (6, 3)",
    ),
    "one input": (lambda: SobolevLoss("H1")(module(network(1)), X[0], Y), "x: a floating tensor of inputs (n, d) is"),
    "array of inputs": (
        lambda: SobolevLoss("H1")(module(network(1)), X.cpu().numpy(), Y),
        "x: a floating tensor of inputs",
    ),
    "metric": (
        lambda: SobolevLoss("H1", metric=[1.0, 2.0])(module(network(1)), X, Y, G),
        "x: the d = 2 of metric is required, got shape (6, 3)",
    ),
    "equal shares": (
        lambda: SobolevLoss("H1", metric=[2.0, 2.0])(module(network(1)), X, Y, G),
        "x: the d = 2 of metric is required, got shape (6, 3)",
    ),
    "directions": (
        lambda: SobolevLoss("H1", directions=[[1.0, 2.0]])(module(network(1)), X, Y, G),
        "x: the d = 2 of directions is required, got shape (6, 3)",
    ),
    "outputs": (
        lambda: SobolevLoss("H1")(nn.Linear(D, 2).double(), X, Y, G),
        "model: one output for each input, shape (n,) or (n, 1) with n = 6, is required, got shape (6, 2)",
    ),
    "detached": (
        lambda: SobolevLoss("H1")(lambda x: x.detach().sum(dim=1), X, Y, G),
        "model: an output that autograd can differentiate in x is required, got one without a graph",
    ),
    "no model": (
        lambda: SobolevLoss("H1")(3, X, Y, G),
        "model: a module, or a function of tensors, is required, got 3",
    ),
    "a network of the package": (
        lambda: SobolevLoss("H1")(network(1), X, Y, G),
        "model: a module, or a function of tensors, is required, got a Network; pass its to_torch()",
    ),
    "no teacher": (lambda: SobolevLoss("H1")(module(network(1)), X, 3.0), "y: a module, or a function of tensors, is"),
    "batch normalisation": (
        lambda: SobolevLoss("H1")(BATCH, X, Y, G),
        "model: a model that treats inputs one by one is required, got BatchNorm1d with statistics of the batch",
    ),
    "layer normalisation": (
        lambda: SobolevLoss("H1", mode="forward")(LAYER, X, Y, G),
        "model: another normalisation than LayerNorm is required here, which PyTorch differentiates wrongly in mo",
    ),
    "layer normalisation, H2": (
        lambda: SobolevLoss("H2")(module(network(1)), X, LAYER),
        "y: another normalisation than LayerNorm is required here",
    ),
    "of a teacher": (
        lambda: SobolevLoss("L2")(module(network(1)), X, BATCH),
        "y: a model that treats inputs one by one is required, got BatchNorm1d with statistics of the batch",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    call, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_normalisations_that_are_functions_of_one_input():
    """By fixed statistics; by those of each sample, of which one spelling is differentiated wrongly by PyTorch."""
    model = nn.Sequential(nn.Linear(D, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double().eval()
    assert SobolevLoss("H1")(model, X, Y, G).item() > 0
    x, found = tensor(RNG.standard_normal((N, D))), []
    for norm in (nn.GroupNorm(1, 4), nn.LayerNorm(4)):
        torch.manual_seed(0)
        layer, output = nn.Linear(D, 4), nn.Linear(4, 1)
        value = SobolevLoss("H1")(nn.Sequential(layer, norm, output).double(), x, Y, G)
        found.append(torch.cat([g.ravel() for g in torch.autograd.grad(value, [layer.weight, output.weight])]))
    assert found[0].cpu().numpy() == pytest.approx(found[1].cpu().numpy(), rel=1e-12, abs=1e-13)


def names() -> list[str]:
    room = st.torch
    return [room.__name__, *(f"{room.__name__}.{found.name}" for found in pkgutil.iter_modules(room.__path__))]


@pytest.mark.parametrize("name", names())
def test_examples_in_docstrings(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_the_room_offers_its_names():
    assert dir(st.torch) == ["SobolevLoss"]
