"""Tests of the built site, in the folder that ``SOBOLEV_THEORY_SITE`` names (default: `site`).

As in `extras`, they skip where there is none, and the gate says in the environment that there a skip is a failure.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

REQUIRED = os.environ.get("SOBOLEV_THEORY_EXTRAS") == "required"
SITE = Path(os.environ.get("SOBOLEV_THEORY_SITE", "site"))

Report = pytest.CollectReport | pytest.TestReport


def required(report: Report) -> Report:
    """A report in which a skip is a failure."""
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped where nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, Report]:
    return required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Report]:
    return required((yield))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.skip(f"the site is not built: python -m sphinx -W --keep-going -b html docs {SITE}")
    return SITE.resolve()
