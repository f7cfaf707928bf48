"""Modules of torch as networks, and back: exact, for every activation; and what is refused, with advice."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory import Network
from sobolev_theory.bridges.names import TORCH

torch = pytest.importorskip("torch")
nn = torch.nn

pytestmark = pytest.mark.filterwarnings(r"ignore:torch\.ao\.quantization:DeprecationWarning")


def module(activation: Any = None, d: int = 3, width: int = 4, **options: Any) -> Any:
    """``Sequential(Linear, activation, Linear)`` of generic weights."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(d, width, **options), activation or nn.Tanh(), nn.Linear(width, 1, **options))


def values(made: Any, x: np.ndarray) -> np.ndarray:
    """In float64."""
    with torch.no_grad():
        return np.asarray(made.double()(torch.tensor(x)).numpy())[:, 0]


ACTIVATIONS = {
    "relu": nn.ReLU(), "leaky_relu": nn.LeakyReLU(), "leaky_relu(0.3)": nn.LeakyReLU(0.3), "elu(0.7)": nn.ELU(0.7),
    "leaky_relu(0.25)": nn.PReLU(), "celu(1.5)": nn.CELU(1.5), "selu": nn.SELU(), "gelu": nn.GELU(), "tanh": nn.Tanh(),
    "gelu_tanh": nn.GELU("tanh"), "sigmoid": nn.Sigmoid(), "silu": nn.SiLU(inplace=True), "softplus": nn.Softplus(),
    "mish": nn.Mish(), "hard_tanh": nn.Hardtanh(), "relu6": nn.ReLU6(), "hard_sigmoid": nn.Hardsigmoid(),
    "hard_swish": nn.Hardswish(), "monomial1": nn.Identity(), "elu": nn.ELU(), "celu": nn.CELU(),
}  # fmt: skip


def test_every_activation_is_tried() -> None:
    assert {type(each).__name__ for each in ACTIVATIONS.values()} == {row.module for row in TORCH} | {"PReLU"}
    assert {row.name for row in TORCH} <= set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_module_is_its_network_and_back(name: str) -> None:
    """Arguments to 60, past 20, where softplus of torch is off by 2e-9; that of `to_torch` is not."""
    given = module(ACTIVATIONS[name])
    net = Network.from_torch(given)
    assert net.activation.name == name
    assert [net.width, net.dim] == [4, 3]
    x = np.random.default_rng(0).standard_normal((300, 3)) * 30
    scale = 1 + np.abs(x).max()
    np.testing.assert_allclose(values(given, x), net(x), rtol=0, atol=3e-9 if name == "softplus" else scale * 1e-14)
    back = net.to_torch()
    np.testing.assert_allclose(values(back, x), net(x), rtol=0, atol=scale * 1e-14)
    again = Network.from_torch(back)
    assert again == net
    assert [each.dtype for each in back.parameters()] == [torch.float64] * 4
    assert all(each.requires_grad for each in back.parameters())
    assert np.array_equal(again.weights, given[0].weight.detach().double().numpy())


def test_slopes_of_each_neuron() -> None:
    prelu = nn.PReLU(4)
    with torch.no_grad():
        prelu.weight.copy_(torch.tensor([0.5, -0.25, 0.125, 0.0]))
    net = Network.from_torch(module(prelu))
    assert [each.name for each in net.activations] == [f"leaky_relu({slope})" for slope in (0.5, -0.25, 0.125, 0.0)]


def test_layers_without_biases_stay_so() -> None:
    net = Network.from_torch(module(bias=False))
    assert net.biases is None
    assert [name for name, _ in net.to_torch().named_parameters()] == ["0.weight", "2.weight"]
    assert Network.from_torch(net.to_torch()) == net
    assert [name for name, _ in Network([[1.0]], biases=[2.0]).to_torch().named_parameters()][1] == "0.bias"


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_types_are_exact_and_modules_stay_as_they_were(kind: Any) -> None:
    given = module(nn.GELU()).to(kind)
    given[0].weight.requires_grad_(False)
    before = {key: value.clone() for key, value in given.state_dict().items()}
    net = Network.from_torch(given)
    assert np.array_equal(net.weights, before["0.weight"].double().numpy())
    assert net.output_bias == float(before["2.bias"])
    assert given.training
    assert all(torch.equal(value, before[key]) and value.dtype == kind for key, value in given.state_dict().items())


def test_of_another_device() -> None:
    """A GPU where there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    given = module(nn.SiLU())
    assert Network.from_torch(given.to(device)) == Network.from_torch(given.state_dict(), "silu")
    assert next(given.parameters()).device.type == device


class Plain(nn.Module):  # type: ignore[misc, unused-ignore]
    """Layers in the usual order, an activation as a function, or as a module registered after them."""

    def __init__(self, function: Any, forward: Callable[[Any, Any], Any] | None = None, width: int = 4) -> None:
        super().__init__()
        self.fc1, self.fc2, self.function = nn.Linear(3, width), nn.Linear(width, 1), function
        self.computes = forward

    def forward(self, x: Any) -> Any:
        return self.computes(self, x) if self.computes else self.fc2(self.function(self.fc1(x)))


class Sine(nn.Module):  # type: ignore[misc, unused-ignore]
    def forward(self, x: Any) -> Any:
        return torch.sin(x)


ACCEPTED: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "nested": (lambda: nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Linear(4, 1)), None, "relu"),
    "inside": (lambda: nn.ModuleDict({"net": module()})["net"], None, "tanh"),
    "registered last": (lambda: Plain(nn.ELU()), None, "elu"),
    "a function": (lambda: Plain(torch.tanh), "tanh", "tanh"),
    "squeezed": (lambda: Plain(nn.SiLU(), lambda net, x: net.fc2(net.function(net.fc1(x))).squeeze(-1)), None, "silu"),
    "own module": (lambda: module(Sine()), "sin", "sin"),
    "weight norm": (lambda: weight_normed(), None, "tanh"),
    "compiled": (lambda: torch.compile(module(), backend="eager"), None, "tanh"),
    "parallel": (lambda: nn.DataParallel(module()), None, "tanh"),
    "evaluated": (lambda: module().eval(), None, "tanh"),
    "frozen": (lambda: module().requires_grad_(False), None, "tanh"),
    "clipped": (lambda: module(nn.Hardtanh(-2, 1)), st.symbolic.derive("Max(-2, Min(z, 1))").activation, "Max_2_"),
}


def weight_normed() -> Any:
    given = module(dtype=torch.float64)  # the weights are computed in it
    nn.utils.parametrizations.weight_norm(given[0])
    return given


@pytest.mark.parametrize("kind", ACCEPTED)
def test_modules_of_these_layers(kind: str) -> None:
    make, activation, name = ACCEPTED[kind]
    torch.manual_seed(0)
    given = make()
    net = Network.from_torch(given, activation)
    assert net.activation.name.startswith(name)
    x = np.random.default_rng(0).standard_normal((20, 3))
    with torch.no_grad():
        told = given.double()(torch.tensor(x)).cpu().numpy().ravel()
    np.testing.assert_allclose(told, net(x), rtol=0, atol=1e-14)


def residual(net: Any, x: Any) -> Any:
    return net.fc2(torch.tanh(net.fc1(x))) + x[:, :1]


SEVERAL = "networks of more than one hidden layer are outside the theory"
REFUSED: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "dropout": (lambda: nn.Sequential(*module()[:2], nn.Dropout(), nn.Linear(4, 1)), None, "module: .*Dropout.*leave"),
    "batch norm": (lambda: nn.Sequential(module()[0], nn.BatchNorm1d(4), *module()[1:]), None, "module: .*fuse_"),
    "layer norm": (lambda: module(nn.LayerNorm(4)), None, "module: .*networks that normalise are outside the theory"),
    "more layers": (lambda: nn.Sequential(module(width=4)[0], nn.Tanh(), *module(d=4)), None, f"module: .*{SEVERAL}"),
    "one layer": (lambda: nn.Linear(3, 1), None, "module: Linear, an activation and Linear are required.*got Linear$"),
    "two activations": (lambda: nn.Sequential(*module(), nn.Tanh()), None, "module: .*got Linear, Tanh, Linear, Tanh$"),
    "convolution": (lambda: nn.Sequential(nn.Conv1d(1, 3, 1), *module()[1:]), None, "module: .*convolutions"),
    "several outputs": (lambda: nn.Sequential(*module()[:2], nn.Linear(4, 2)), None, "module: one output .* got 2"),
    "lazy": (lambda: nn.Sequential(nn.LazyLinear(4), *module()[1:]), None, "module: lazy layers .*; call the module"),
    "quantised": (lambda: quantised(), None, "module: .*; pass the module as it was before it was quantised"),
    "scripted": (lambda: torch.jit.script(module()), None, "module: .*; pass the module of which it was made"),
    "no module": (lambda: nn.Tanh, None, "module: a module of torch, or its state dict, is required, got <class"),
    "unknown activation": (lambda: module(nn.Softsign()), None, "activation: 'Softsign' is not known; use one of abs"),
    "tanhshrink": (lambda: module(nn.Tanhshrink()), None, r"activation: 'Tanhshrink' .*derive\('z - tanh\(z\)'"),
    "beta": (lambda: module(nn.Softplus(2.0)), None, r"activation: .*derive\('log\(1 \+ exp\(2\.0\*z\)\)/2\.0'\)"),
    "threshold": (lambda: module(nn.Softplus(1, 3)), None, r"activation: .*threshold>=20\.0 is required.*\)$"),
    "clipped": (lambda: module(nn.Hardtanh(-2, 1)), None, r"activation: .*derive\('Max\(-2, Min\(z, 1\)\)'\)"),
    "slope": (lambda: module(nn.LeakyReLU(1.0)), None, "activation: .*slope: a finite number other than 1"),
    "another activation": (module, "erf", "module: what its forward computes is not Linear, erf, Linear, "),
    "no activation": (lambda: Plain(None, residual), None, "activation: the module has none among"),
    "residual": (lambda: Plain(None, residual), "tanh", "module: what its forward computes is not Linear, tanh"),
    "layers alone": (lambda: Plain(nn.Tanh(), lambda net, x: x), None, r"module: a number for each input .*\(32, 3\)"),
    "own error": (lambda: Plain(nn.Tanh(), lambda net, x: 1 / 0), None, r"module: .*got ZeroDivisionError.*state_dict"),
    "hook": (lambda: hooked(), None, "module: what its forward computes is not Linear, tanh, Linear"),
    "nan": (lambda: spoiled(torch.nan), None, r"weights: finite numbers are required, got nan at entry \(0, 1\)"),
    "infinite": (lambda: spoiled(torch.inf), None, "weights: finite numbers are required, got inf"),
    "no data": (lambda: module(device="meta"), None, "weights: .*no data"),
    "complex": (lambda: module(dtype=torch.cfloat), None, "weights: .*complex numbers"),
    "no fit": (lambda: nn.Sequential(*module()[:2], nn.Linear(5, 1)), None, r"output_weights: .*got shape \(1, 5\)"),
    "state dict": (lambda: module().state_dict(), None, "activation: a state dict does not say it"),
    "checkpoint": (lambda: {"model": module().state_dict()}, "tanh", r"module: .*pass x\['model'\]"),
    "normalised": (lambda: module(nn.BatchNorm1d(4)).state_dict(), "tanh", "module: .*running_mean"),
}  # fmt: skip


def quantised() -> Any:
    return torch.ao.quantization.quantize_dynamic(module())


def hooked() -> Any:
    given = module()
    given[0].register_forward_hook(lambda layer, inputs, output: 2 * output)
    return given


def spoiled(number: float) -> Any:
    given = module()
    with torch.no_grad():
        given[0].weight[0, 1] = number
    return given


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_modules_of_others(kind: str) -> None:
    make, activation, told = REFUSED[kind]
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=f"^{told}") as caught:
        Network.from_torch(make(), activation)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_checkpoint_of_a_trainer_keeps_its_gradients() -> None:
    """Parameters that require grad, as `named_parameters` gives them."""
    given = module()
    assert Network.from_torch(dict(given.named_parameters()), "tanh") == Network.from_torch(given)


def test_a_forward_in_single_precision_is_the_same_network() -> None:
    given = Plain(nn.Tanh(), lambda net, x: net.float().fc2(net.function(net.fc1(x.float()))))
    assert Network.from_torch(given).activation.name == "tanh"


def test_what_single_precision_loses_near_the_teacher() -> None:
    """As the docstring states it: a rounded teacher is at 3e-8 of itself, and torch has 6e-8/delta of a difference.

    The theory of the rounded network has its loss to 10 digits, against the sum over 10^5 inputs of the difference of
    both networks in float64; torch in single precision, at the same inputs, is off by a quarter or more of it.
    """
    teacher = Network.random(4, 3, rng=0, activation="tanh")
    rounded = Network.from_torch(teacher.to_torch().float())
    away = np.linalg.norm(rounded.weights - teacher.weights) / np.linalg.norm(teacher.weights)
    assert 1e-8 < away < 6e-8
    loss = st.PopulationLoss(teacher, "L2")
    assert 0 < loss.value(rounded) < away**2 * np.linalg.norm(teacher.weights) ** 2 * teacher.width
    x = np.random.default_rng(0).standard_normal((100_000, 3))
    for delta in (1e-2, 1e-4):
        student = Network(rounded.weights * (1 + delta), activation="tanh")
        exact = student(x) - teacher(x)
        single = module_difference(student, teacher, x)
        lost = np.sqrt(np.mean((single - exact) ** 2) / np.mean(exact**2))
        assert 6e-8 / delta / 10 < lost < 10 * 6e-8 / delta
        sampled = 0.5 * np.mean(exact**2)
        error = 0.5 * np.std(exact**2) / np.sqrt(len(x))
        assert abs(loss.value(student) - sampled) < 4 * error


def module_difference(student: Network, teacher: Network, x: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        points = torch.tensor(x, dtype=torch.float32)
        difference = student.to_torch().float()(points) - teacher.to_torch().float()(points)
        return np.asarray(difference.double().numpy())[:, 0]
