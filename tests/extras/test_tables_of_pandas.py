"""Tables as frames of pandas, and CSV as pandas reads it."""

import io

import numpy as np
import pytest

import sobolev_theory as st

pandas = pytest.importorskip("pandas")


def test_numbers_are_numbers():
    comparison = st.compare(np.eye(2) + 0.1, np.eye(2), ("L2", "H1", (1, 0.25)))
    frame = comparison.to_pandas()
    assert [*frame] == [*comparison.table().data()]
    assert frame["condition_number"].to_numpy().tolist() == [row.condition_number for row in comparison]
    assert frame["condition_number"].dtype == np.float64
    assert frame.attrs == {"title": comparison.title, "notes": [*comparison.notes]}
    again = pandas.read_csv(io.StringIO(comparison.to_csv()))
    pandas.testing.assert_frame_equal(frame, again, rtol=1e-15)  # its reader may be off by a unit in the last place


def test_what_is_missing_infinite_or_an_array():
    table = st.Table("", ("x", "index", "array"), [(np.inf, 1, np.eye(2)), (np.nan, None, np.eye(2))])
    frame = table.to_pandas()
    assert frame["x"].tolist()[0] == np.inf
    assert frame.isna().to_numpy().tolist() == [[False] * 3, [True, True, False]]
    assert frame["array"][1].shape == (2, 2)
