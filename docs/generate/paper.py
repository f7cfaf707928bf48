"""Directives of the page of the paper's claims: what experiments say in docstrings, and found in committed results."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from examples.paper import experiment
from examples.paper.claims import EXPERIMENTS, FOLDER, statements
from examples.paper.experiment import RESULTS, Result, committed


def provenance(result: Result) -> str:
    """With what a result was computed, and how it is again."""
    seeds = len(result.settings["seeds"])
    libraries = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    again = f"python -m examples.paper.{result.name} --seeds {seeds} --out results"
    spent = f"{result.processor_seconds:.0f} s of computing in {result.seconds:.0f} s on {result.cores} cores"
    return f"{seeds} seeds, {spent}; {libraries}. Again:\n\n```bash\n{again}\n```"


class Experiment(SphinxDirective):
    """``{experiment} NAME``: claim, set-up, fairness and verdict, figure, table, and where they come from."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """What the page shows."""
        (name,) = self.arguments
        for path in (FOLDER / f"{name}.py", RESULTS / f"{name}.json", Path(experiment.__file__)):
            self.env.note_dependency(str(path))
        said = statements(name)
        word, reason = verdict(said.pop("Verdict"))
        parts = [*(f"**{key}:** {text}" for key, text in said.items()), f"**Verdict: {word}.** {reason}"]
        found = self.parse_text_to_nodes("\n\n".join(parts))
        result = committed(name)
        numbers = self.parse_text_to_nodes(f"{result.table.to_markdown()}\n\n{provenance(result)}")
        for one in nodes.container("", *numbers).findall(nodes.table):
            one["classes"].append("of-numbers")
        return [*found, self.figure(result), *numbers]

    def figure(self, result: Result) -> nodes.image:
        """The figure of a result, drawn anew; the docstring of what draws it is read out in its place."""
        from matplotlib import pyplot as plt

        folder = Path(self.env.srcdir) / "figures"
        folder.mkdir(exist_ok=True)
        figure = result.figure()
        figure.savefig(folder / f"{result.name}.svg", metadata={"Date": None})
        plt.close(figure)
        return nodes.image(uri=f"figures/{result.name}.svg", alt=drawn(result.name))


def verdict(text: str) -> tuple[str, str]:
    """In words that stand alone, and what is said of it."""
    word, reason = text.split(". ", 1)
    return word if word == "reproduced" else f"{word} reproduced", reason


def drawn(name: str) -> str:
    """What a figure shows: the first line of the docstring of the function that draws it."""
    return str(import_module(f"examples.paper.{name}").draw.__doc__).split("\n")[0]


class Verdicts(SphinxDirective):
    """``{verdicts}``: the experiments' verdicts in one table."""

    def run(self) -> list[nodes.Node]:
        """What the page shows."""
        return self.parse_text_to_nodes("\n".join(rows()))


def rows() -> list[str]:
    """A table in Markdown."""
    found = ["| experiment | verdict | |", "|---|---|---|"]
    for name in EXPERIMENTS:
        word, reason = verdict(statements(name)["Verdict"].replace("\n", " "))
        found.append(f"| [](#{name.replace('_', '-')}) | {word} | {reason.split('. ')[0].rstrip('.')} |")
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("experiment", Experiment)
    app.add_directive("verdicts", Verdicts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
