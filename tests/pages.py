"""Pages of prose, README and ``docs``, as programs: their blocks of code, and what these are shown to print.

A fence of Python followed at once by one of text is code with all that it prints; other Python runs too. The blocks of
a page are one program, which runs in an empty folder. Of shell, lines that begin with ``sobolev-theory`` run, in
process. A page whose front matter has ``extras`` needs those packages.
"""

import re
import shlex
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from sobolev_theory.__main__ import main

ROOT = Path(__file__).parent.parent

BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
"""Language, code, and the text that follows."""

INSTALL = re.compile(r"(?:[A-Z_]+=\w+ )?python3? -m |git clone |npm |pip |# ")
"""Beginnings of lines of shell that do not run here: they install, or are a step of the gate."""


@dataclass(frozen=True)
class Page:
    """A file of Markdown."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        """What is written."""
        return self.path.read_text(encoding="utf-8")

    @property
    def extras(self) -> list[str]:
        """Packages beyond those of the tests that its code needs."""
        matter = re.match(r"---\n.*?^extras: \[(.*?)\]\n.*?^---\n", self.text, re.DOTALL | re.MULTILINE)
        return re.split(r", *", matter[1]) if matter else []

    @property
    def blocks(self) -> list[tuple[str, str, str]]:
        """Language, code, and what it is shown to print, or nothing."""
        return BLOCK.findall(self.text)

    def run(self) -> None:
        """Run the page in the folder where one is, and compare what it prints, but for white space.

        Raises
        ------
        AssertionError
            If a block prints something else than what is shown.
        """
        names: dict[str, Any] = {"__name__": "page"}
        for language, code, shown in self.blocks:
            printed = StringIO()
            with redirect_stdout(printed):
                if language == "python":
                    exec(compile(code, self.name, "exec"), names)
                else:
                    run_commands(code)
            if shown:
                assert printed.getvalue().split() == shown.split(), code


def run_commands(text: str) -> None:
    """Run the lines of a block of shell that call the package, each of which succeeds."""
    for line in text.replace("\\\n", "").splitlines():
        if not INSTALL.match(line):
            call, _, file = line.partition(" > ")
            program, *arguments = shlex.split(call)
            assert program == "sobolev-theory", line
            printed = StringIO()
            with redirect_stdout(printed):
                assert main(arguments) == 0, line
            if file:
                Path(file.strip()).write_text(printed.getvalue(), encoding="utf-8")
            else:
                print(printed.getvalue(), end="")


GENERATED = {"gallery", "node_modules", "theory"}
"""Folders of ``docs`` in which nothing is written by hand."""


def pages() -> list[Page]:
    """README, and what is written by hand in ``docs``."""
    docs = ROOT / "docs"
    found = sorted(path.relative_to(docs) for path in docs.glob("**/*.md"))
    return [Page(ROOT / "README.md"), *(Page(docs / path) for path in found if not GENERATED & {*path.parts})]
