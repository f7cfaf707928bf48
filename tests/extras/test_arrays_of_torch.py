"""Tensors of torch as weights, inputs and other arrays: exact, from any device and type, or refused with advice."""

import numpy as np
import pytest

import sobolev_theory as st

torch = pytest.importorskip("torch")

W = [[0.5, -2.0, 0.25], [4.0, 0.125, -6.0]]
"""Numbers that every type below has."""

TYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e5m2),
    *(torch.int8, torch.int64, torch.uint8, torch.uint16),
)


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_tensors_are_read_exactly(kind: object) -> None:
    weights = torch.tensor(W).abs().ceil().to(kind) if not kind.is_floating_point else torch.tensor(W).to(kind)
    read = st.Network(weights).weights
    assert read.dtype == np.float64
    assert np.array_equal(read, weights.double().numpy())
    assert np.array_equal(st.Network(list(weights)).weights, read)  # rows
    assert st.Network(np.eye(3))(weights).tolist() == st.Network(np.eye(3))(read).tolist()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_floats_are_not_rounded_on_the_way(kind: object) -> None:
    generic = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=kind)
    assert np.array_equal(st.Network(generic).weights, [[float(x) for x in row] for row in generic])


def test_a_plain_tensor_is_not_copied_by_the_door_and_not_shared_by_a_network() -> None:
    weights = torch.eye(2, dtype=torch.float64)
    net = st.Network(weights)
    weights[0, 0] = 7.0
    assert net.weights[0, 0] == 1.0


def test_lazily_negated_tensors() -> None:
    """The imaginary part of a conjugate is a view with a sign that is still to come."""
    view = torch.tensor([[1.0 + 2.0j, 3.0 - 1.0j]], dtype=torch.complex128).conj().imag
    assert view.is_neg()
    assert st.Network(view).weights.tolist() == [[-2.0, 1.0]]


REFUSED = {
    "requires grad": (
        lambda: torch.eye(2, requires_grad=True),
        r"that requires grad; pass x\.detach\(\), or, for gradi",
    ),
    "parameter": (
        lambda: torch.nn.Parameter(torch.eye(2)),
        r"Parameter that requires grad; .*sobolev_theory\.functional",
    ),
    "rows that require grad": (lambda: list(torch.eye(2, requires_grad=True)), "requires grad"),
    "complex": (lambda: torch.eye(2, dtype=torch.cfloat).conj(), r"complex numbers; pass x\.real"),
    "boolean": (lambda: torch.eye(2).bool(), "booleans"),
    "sparse": (lambda: torch.eye(2).to_sparse(), r"Tensor, a sparse one; pass x\.to_dense\(\)"),
    "no data": (lambda: torch.eye(2, device="meta"), "no data"),
    "quantised": (
        lambda: torch._empty_affine_quantized([2, 2], scale=0.1, zero_point=0, dtype=torch.qint8),
        r"quantised; pass x\.dequantize\(\)",
    ),
    "nan": (lambda: torch.full((2, 2), torch.nan), r"got nan at entry \(0, 0\)"),
    "three axes": (lambda: torch.ones(1, 2, 2), r"x\.squeeze\(\) would fit"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_what_is_no_array_of_weights(kind: str) -> None:
    make, told = REFUSED[kind]
    with pytest.raises(ValueError, match=rf"^weights: .*{told}"):
        st.Network(make())


def test_numbers() -> None:
    assert st.Network(W, output_bias=torch.tensor(0.5, dtype=torch.bfloat16)).output_bias == 0.5
    with pytest.raises(ValueError, match=r"^output_bias: .*requires_grad=True"):
        st.Network(W, output_bias=torch.tensor(0.5, requires_grad=True))


def test_transformed_functions_are_told_where_to_go() -> None:
    def value(weights: object) -> object:
        return torch.tensor(st.PopulationLoss(np.eye(2)).value(weights))

    for transformed in (torch.func.grad(value), torch.func.vmap(value)):
        with pytest.raises(ValueError, match=r"^student: .*sobolev_theory\.functional"):
            transformed(torch.eye(2, dtype=torch.float64).expand(3, 2, 2))


def test_of_another_device() -> None:
    """A GPU where there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = torch.tensor(W, device=device, dtype=torch.bfloat16)
    assert st.Network(weights).weights.tolist() == W
