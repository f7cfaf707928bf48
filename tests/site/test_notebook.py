"""The notebook runs from top to bottom, shows what is committed, and stands on the site with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbconvert")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).parent.parent.parent
NOTEBOOK = ROOT / "docs" / "tutorials" / "notebook.ipynb"


def outputs(text: str) -> list[list[dict[str, Any]]]:
    """Of each cell of code what it put out; of figures that there is one."""
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return [[shown(output) for output in cell["outputs"]] for cell in cells]


def shown(output: dict[str, Any]) -> dict[str, Any]:
    """What is the same on any machine."""
    assert output["output_type"] != "error", output
    if output["output_type"] == "stream":
        assert output["name"] == "stdout", output["text"]  # stderr is where warnings are
        return {"stdout": "".join(output["text"])}
    data = {kind: "".join(content) for kind, content in output["data"].items()}
    return data | {"image/png": "a figure"} if "image/png" in data else data


def test_it_runs_and_shows_what_is_committed() -> None:
    """In a kernel of its own, from the first cell to the last."""
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", str(NOTEBOOK)]
    environment = os.environ | {"JUPYTER_PLATFORM_DIRS": "1", "PYTHONPATH": str(ROOT)}
    environment.pop("MPLBACKEND", None)  # of the tests: figures are those of a notebook here
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert outputs(ran.stdout) == outputs(NOTEBOOK.read_text(encoding="utf-8"))


def test_it_is_a_page_and_a_file_of_the_site(site: Path) -> None:
    """With its table, its formulas and its figure, and the notebook to take away."""
    page = (site / "tutorials" / "notebook.html").read_text(encoding="utf-8")
    assert "<caption>Hessian, backprop convention" in page
    assert page.count('<div class="formula">') >= 2
    assert "data:image/png;base64," in page
    (copy,) = site.glob("_downloads/*/notebook.ipynb")
    assert copy.read_bytes() == NOTEBOOK.read_bytes()
