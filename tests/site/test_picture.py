"""The picture of the first page shows what the package computes today."""

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from docs.generate.picture import PICTURE, picture


def curves(svg: str) -> dict[str, np.ndarray]:
    """Coordinates of every curve, in points."""
    groups = re.findall(r'<g id="((?:relu|erf)_\d)">\s*<path d="([^"]*)"', svg)
    return {name: np.array(re.findall(r"-?\d+\.?\d*", path), float) for name, path in groups}


def test_picture_is_what_is_computed():
    """Within a point, by which layouts of several versions of matplotlib differ."""
    shown, computed = curves(PICTURE.read_text(encoding="utf-8")), curves(picture())
    assert [*shown] == ["relu_0", "relu_1", "relu_2", "relu_3", "erf_0", "erf_1"]
    for name, curve in computed.items():
        np.testing.assert_allclose(shown[name], curve, rtol=0, atol=1.0, err_msg=name)
