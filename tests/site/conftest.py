"""Tests of the built site, in the folder that ``SOBOLEV_THEORY_SITE`` names (default: `site`).

They skip where there is none, which in the gate is a failure.
"""

import os
from pathlib import Path

import pytest

from tests.required import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport", "site"]

SITE = Path(os.environ.get("SOBOLEV_THEORY_SITE", "site"))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.skip(f"the site is not built: python -m sphinx -W --keep-going -b html docs {SITE}")
    return SITE.resolve()
