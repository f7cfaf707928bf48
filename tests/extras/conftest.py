"""Tests of what needs torch, JAX, pandas, xarray or scikit-learn: each file begins with `pytest.importorskip`.

The gate runs them where all of these are installed, and says so in the environment: there a skip is a failure.
"""

from tests.required import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]
