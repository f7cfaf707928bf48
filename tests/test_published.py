"""Figures that others published for networks with biases, reproduced.

MLPGradientFlow.jl (J. Brea et al., github.com/jbrea/MLPGradientFlow.jl, MIT license) integrates a teacher and a student
with ``sigmoid2(z) = erf(z/sqrt 2)``, biases and an output bias over standard normal inputs, and its loss is the mean
squared error without the factor 1/2: twice the one here. Of what is compared below,

- literal in the repository are the points at which ``test/runtests.jl`` (test set "fast integrals") holds its moments
  to a quadrature, and its bound 1e-14; there are no figures, so that the quadrature is made here again;
- literal on the documentation's built pages (branch ``gh-pages``, ``dev/normal`` and ``dev/tauinv``; the same in builds
  by Julia 1.11.4 to 1.12.6) are losses, a gradient norm, and the leading weights before and after a flow;
- not literal are the other weights: the pages print the seed of Julia's Xoshiro. The arrays here are its numbers, drawn
  in the order of the code on the page; the entries that it prints hold them fast.
"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import erf

from sobolev_theory import Network, PopulationLoss

FloatArray = NDArray[np.float64]
CORRELATION = 0.3


def sigmoid2(z: FloatArray, order: int = 0) -> FloatArray:
    return np.asarray(erf(z / np.sqrt(2)) if order == 0 else np.sqrt(2 / np.pi) * np.exp(-z * z / 2))


@pytest.mark.parametrize("r1", [-0.3, 0.3])
@pytest.mark.parametrize("b1", [-0.1, 0.0, 0.1])
@pytest.mark.parametrize("r2", [-0.4, 0.4])
@pytest.mark.parametrize("b2", [-0.2, 0.0, 0.2])
def test_integrals_of_two_error_functions(r1: float, b1: float, r2: float, b2: float) -> None:
    """`z_1 = r_1 x + b_1` and `z_2 = r_2 y + b_2`, x and y of correlation 0.3: the mean of the product, in all letters.

    At output weight 0 the derivative of the loss in it is `-E[sigma(z_1) sigma(z_2)]`; the Hessian has its derivatives
    in the weight and the bias. The rule of 40 nodes is exact to rounding: both arguments vary by less than 0.5.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    x, y = nodes[:, None], CORRELATION * nodes[:, None] + np.sqrt(1 - CORRELATION**2) * nodes
    z1, z2, measure = r1 * x + b1, r2 * y + b2, np.outer(weights, weights) / (2 * np.pi)
    mean = float((measure * sigmoid2(z1) * sigmoid2(z2)).sum())
    in_bias = float((measure * sigmoid2(z1, 1) * sigmoid2(z2)).sum())
    in_norm = float((measure * x * sigmoid2(z1, 1) * sigmoid2(z2)).sum())

    v = r2 * np.array([[CORRELATION, np.sqrt(1 - CORRELATION**2)]])
    loss = PopulationLoss(Network(v, biases=[b2], activation="erf"), "L2", parameters="all")
    student = Network([[r1, 0.0]], [0.0], [b1], activation="erf")
    mixed = loss.split(loss.hessian(student).to_dense()[0])
    found = [loss.gradient(student)[0], mixed["biases"][0], mixed["weights"][0, 0]]
    np.testing.assert_allclose(found, [-mean, -in_bias, -in_norm], rtol=0, atol=1e-14)  # the bound of the suite


def of_seed_12() -> tuple[Network, Network]:
    """Teacher and student of the page on standard normal input: no bias is other than 0, no output bias."""
    teacher = Network(
        [
            [-0.05336081819174791, -0.08262704816138657],
            [-0.4397679246763846, 0.6344225117475902],
            [0.046840190836697077, 0.23584384936270572],
            [0.04929096466040365, 0.5820297622576118],
            [-0.07772236224801982, -0.19905373325884104],
        ],
        [0.10764646584604326, 0.1077307972524293, 0.34454118276692525, 0.3963010824953489, 0.023572490212906597],
        activation="erf",
    )
    student = Network(
        [
            [0.23023498769476688, -0.23992949166020555],
            [-0.09324189642645891, 0.13650870809800983],
            [-0.23377027585664958, 0.15796217306060073],
            [-0.683777150797041, -0.5187667238215662],
        ],
        [-0.15881762716715225, -0.952231290097241, -0.2604627048374417, -0.9876904429754371],
        activation="erf",
    )
    return teacher, student


def of_seed_14() -> tuple[Network, Network]:
    """Teacher and student of the page on time scales: biases and an output bias, those of the student begin at 0."""
    teacher = Network(
        [
            [-0.5576191579269166, -1.149374429409872],
            [-0.04639776538694267, -1.6708327372632816],
            [-1.315635335566225, -0.895476372443998],
            [-0.43171244735767444, 0.5808014008880518],
            [0.07466796136053798, -1.253345554608566],
        ],
        [-0.30501372484760303, -0.13805543288898545, 0.2415021125227839, 1.1874519003409991, 0.9919159605560557],
        [-0.41417241937556265, -0.6080476062518655, 0.14382558606881451, -0.6271615648113644, -0.291221980559948],
        -0.5425370313881341,
        activation="erf",
    )
    student = Network(
        [
            [0.13724998334481855, 1.296468381334168],
            [-0.644227299639558, 0.48730657722510023],
            [0.11457128590847993, 0.5069567273218945],
            [0.672241153695284, -0.5906765359608983],
        ],
        [-0.5764382480761638, 0.4165627694296979, 0.4449018044025111, 0.07113008034944686],
        activation="erf",
    )
    return teacher, student


def network_of(loss: PopulationLoss) -> Callable[[FloatArray], Network]:
    """The network of a flat vector."""

    def network(x: FloatArray) -> Network:
        parts = loss.split(x)
        biases, output_bias = parts.get("biases"), float(parts.get("output_bias", 0.0))
        return Network(parts["weights"], parts["output_weights"], biases, output_bias, activation="erf")

    return network


def flat(student: Network, *, biases: bool) -> FloatArray:
    """Output weights, weights, and zeros for biases and the output bias."""
    zeros = np.zeros((student.width + 1) * biases)
    return np.concatenate([student.output_weights, student.weights.ravel(), zeros])


def test_the_weights_are_those_of_the_pages() -> None:
    (_, twelve), (_, fourteen) = of_seed_12(), of_seed_14()
    np.testing.assert_allclose(twelve.weights[0], [0.230235, -0.239929], rtol=0, atol=5e-7)  # as many digits as printed
    assert round(twelve.weights[1, 0], 7) == -0.0932419
    np.testing.assert_allclose(fourteen.weights[:2], [[0.13725, 1.29647], [-0.644227, 0.487307]], rtol=0, atol=5e-6)


def test_losses() -> None:
    """0.2684784458335493 is 2.3e-15 below the value in 30 digits, 0.26847844583355159; terms of the sum are up to 1."""
    teacher, student = of_seed_12()
    assert abs(2 * PopulationLoss(teacher, "L2").value(student) - 0.2684784458335493) < 5e-15
    teacher, student = of_seed_14()
    assert f"{2 * PopulationLoss(teacher, 'L2').value(student):.6g}" == "1.12621"


def test_the_minimum_with_biases() -> None:
    """Where the flow in all 17 parameters ends: one step of Newton's method from the first 5 digits finds the point.

    The end is that of `test_the_flow_with_biases`; of it the page prints the loss, the row of one neuron with its bias,
    and the number after.
    """
    teacher, _ = of_seed_14()
    loss = PopulationLoss(teacher, "L2", parameters="all")
    network = network_of(loss)
    outputs, biases = [-0.89585, 1.22132, 0.22962, 0.29961], [0.22692, -0.62122, 0.15001, 0.44427]
    weights = [[-0.09332, 1.18814], [-0.42501, 0.5877], [-1.34651, -0.90109], [0.54658, 1.20083]]
    x = np.concatenate([outputs, np.ravel(weights), biases, [-0.54053]])
    for _ in range(4):
        x = x - np.linalg.solve(loss.hessian(network(x)).to_dense(), loss.gradient(network(x)))
    assert np.abs(2 * loss.gradient(network(x))).max() < 2.5e-14  # printed is 2.43641e-14
    assert f"{2 * loss.value(network(x)):.6g}" == "2.27038e-06"
    first, second = loss.split(x)["weights"][:2]
    assert [f"{number:.6g}" for number in (*first, second[0])] == ["-0.0933173", "1.18814", "-0.425007"]
    assert f"{loss.split(x)['biases'][0]:.6g}" == "0.226924"
    assert loss.hessian(network(x)).spectrum()[0] > 0


@pytest.mark.long
def test_the_flow_to_time_10000() -> None:
    """`dx/dt = -grad` of the mean squared error; the page's solver has relative and absolute tolerance 1e-6."""
    teacher, student = of_seed_12()
    loss = PopulationLoss(teacher, "L2", parameters=["output_weights", "weights"])
    network = network_of(loss)

    def field(_: float, x: FloatArray) -> FloatArray:
        return -2 * loss.gradient(network(x))

    end = solve_ivp(field, (0, 1e4), flat(student, biases=False), method="LSODA", rtol=1e-6, atol=1e-9).y[:, -1]
    assert 2 * loss.value(network(end)) == pytest.approx(1.87845e-6, rel=1e-4)
    assert np.abs(field(0, end)).max() == pytest.approx(3.80456e-6, rel=1e-4)
    first, second = loss.split(end)["weights"][:2]
    np.testing.assert_allclose([*first, second[0]], [0.307694, -0.446489, 0.0180284], rtol=0, atol=2e-6)


@pytest.mark.long
def test_the_flow_with_biases() -> None:
    """In all parameters, until it rests: the smallest curvature at its end is 7e-5, so that time 10^6 is enough."""
    teacher, student = of_seed_14()
    loss = PopulationLoss(teacher, "L2", parameters="all")
    network = network_of(loss)
    end = solve_ivp(
        lambda _, x: -2 * loss.gradient(network(x)),
        (0, 1e6),
        flat(student, biases=True),
        method="LSODA",
        jac=lambda _, x: -2 * loss.hessian(network(x)).to_dense(),
        rtol=1e-4,
        atol=1e-7,
    ).y[:, -1]
    assert f"{2 * loss.value(network(end)):.6g}" == "2.27038e-06"
    first, second = loss.split(end)["weights"][:2]
    assert [f"{number:.6g}" for number in (*first, second[0])] == ["-0.0933173", "1.18814", "-0.425007"]
    assert f"{loss.split(end)['biases'][0]:.6g}" == "0.226924"
