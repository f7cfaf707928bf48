"""Where nothing may skip: the gate says so in the environment, and there a skip is a failure."""

import os
from collections.abc import Generator

import pytest

REQUIRED = os.environ.get("SOBOLEV_THEORY_EXTRAS") == "required"

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
