"""Tables as frames of pandas, and CSV as pandas reads it."""

import io
import json

import numpy as np
import pytest

import sobolev_theory as st
from sobolev_theory._commands.options import _finite

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


def test_infinity_and_nan_go_as_pandas_has_them():
    """CSV keeps them; JSON of commands has null for both, as that of pandas."""
    table = st.Table("", ("x", "index"), [(np.inf, 1), (-np.inf, 2), (np.nan, 3), (0.5, None)])
    again = pandas.read_csv(io.StringIO(table.to_csv()))
    pandas.testing.assert_frame_equal(table.to_pandas(), again)
    in_json = json.loads(table.to_pandas().to_json(orient="values"))
    assert in_json == _finite([*map(list, table.values)]) == [[None, 1], [None, 2], [None, 3], [0.5, None]]
