"""What the tests of the paper's experiments share."""

import importlib

from matplotlib import pyplot as plt

from examples.paper.experiment import Result


def same_kind(quick: Result, full: Result) -> None:
    """The same columns, settings and data, and a figure of each; of a single seed no error is said."""
    assert quick.table.data().keys() == full.table.data().keys()
    assert quick.settings.keys() == full.settings.keys()
    assert quick.data.keys() == full.data.keys()
    assert "nan" not in str(quick.table)
    for result in (quick, full):
        plt.close(result.figure())
    assert importlib.import_module(f"examples.paper.{full.name}").draw.__doc__
