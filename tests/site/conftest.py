"""Tests of the built site, in the folder that ``SOBOLEV_THEORY_SITE`` names (default: `site`).

They skip where there is none, or no browser, which in the gate is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.required import pytest_make_collect_report, pytest_runtest_makereport
from tests.site.browser import chromium, launched, served

__all__ = ["address", "browser", "pytest_make_collect_report", "pytest_runtest_makereport", "site"]

SITE = Path(os.environ.get("SOBOLEV_THEORY_SITE", "site"))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.skip(f"the site is not built: python -m sphinx -W --keep-going -b html docs {SITE}")
    return SITE.resolve()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served, on this machine."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium."""
    pytest.importorskip("playwright")
    executable = chromium()
    if executable is None:
        pytest.skip("chromium is not installed")
    with launched(executable) as browser:
        yield browser
