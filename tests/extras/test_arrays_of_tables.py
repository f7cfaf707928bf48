"""Frames of pandas and arrays of xarray as weights, inputs and other arrays."""

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._runtime.checks import arrays

pd = pytest.importorskip("pandas")
xr = pytest.importorskip("xarray")

W = np.array([[0.5, -2.0], [3.0, 0.25], [1.0, 1.0]])


def test_frames() -> None:
    """Of NumPy's types, of nullable ones, and of both."""
    frame = pd.DataFrame(W, columns=["a", "b"])
    counts = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]})
    for made in (frame, frame.convert_dtypes(), frame.astype("Float32"), frame.astype({"a": "Float64"})):
        assert np.array_equal(st.Network(made).weights, W)
    for made in (counts, counts.convert_dtypes(), counts.astype({"b": "UInt8"}), counts.astype(object)):
        assert np.array_equal(st.Network(made).weights, counts.to_numpy())
    for series in (pd.Series([1, 2, 3], index=[7, 8, 9]), pd.Series([1, 2, 3], dtype="Int8")):
        assert st.Network(W, series).output_weights.tolist() == [1, 2, 3]


def test_what_is_refused() -> None:
    hole = pd.DataFrame({"a": [1, None], "b": [1.0, 2.0]}).convert_dtypes()
    with pytest.raises(ValueError, match=r"^weights: finite numbers are required, got nan at entry \(1, 0\)"):
        st.Network(hole)
    for column in (pd.array([True, False], dtype="boolean"), ["x", "y"], pd.array(["x", "y"], dtype="string")):
        with pytest.raises(ValueError, match=r"^weights: an array of numbers of shape \(K, d\) is required"):
            st.Network(pd.DataFrame({"a": column, "b": [1.0, 2.0]}))


def test_nullable_columns_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as objects, one by one, which of a million takes seconds."""
    monkeypatch.setattr(arrays, "_from_objects", None)
    frame = pd.DataFrame(W, columns=["a", "b"]).convert_dtypes().astype({"b": "Float32"})
    assert np.array_equal(st.Network(frame).weights, W)
    assert np.array_equal(st.Inputs.from_data(frame).mean, W.mean(axis=0))


def test_xarray() -> None:
    array = xr.DataArray(W, dims=("neuron", "input"))
    assert np.array_equal(st.Network(array).weights, W)
    assert np.array_equal(st.Network(array.astype("float32")).weights, W)
    assert st.Network(W, array[:, 0]).output_weights.tolist() == W[:, 0].tolist()
    assert st.Network(W, output_bias=array[0, 0]).output_bias == 0.5
    with pytest.raises(ValueError, match=r"^x: .*its transpose, x\.T, would fit"):
        st.Network(W)(array.T)


def test_a_dataset_is_several_arrays() -> None:
    with pytest.raises(ValueError, match=r"^weights: .*got Dataset, several arrays; .*x\.to_dataarray\(\)"):
        st.Network(xr.Dataset({"a": ("n", [1.0, 2.0]), "b": ("n", [1.0, 2.0])}))
