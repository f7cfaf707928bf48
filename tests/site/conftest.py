"""Tests of the built site, in the folder that ``SOBOLEV_THEORY_SITE`` names.

They skip where none is named, or is no browser, which in the gate is a failure: there a site is built while other tests
run, and only those that come after it may look at it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.required import pytest_make_collect_report, pytest_runtest_makereport
from tests.site.browser import chromium, launched, served

__all__ = ["address", "browser", "pytest_make_collect_report", "pytest_runtest_makereport", "site"]

SITE = os.environ.get("SOBOLEV_THEORY_SITE", "")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not SITE:
        pytest.skip("SOBOLEV_THEORY_SITE names no site: python -m sphinx -W --keep-going -b html docs site")
    return Path(SITE).resolve(strict=True)


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
