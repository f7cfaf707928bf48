"""``sobolev-theory latex``: formulas and theorems of the catalogue as LaTeX."""

import argparse
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np

from .. import formulas
from .._runtime.checks import number
from .._runtime.terminal import print_entries
from .options import add_command, add_json, checked, print_json, refuse

EXAMPLES = """examples:
  sobolev-theory latex --list relu/H1
  sobolev-theory latex --search 'condition number'
  sobolev-theory latex relu/H1/gradient/backprop --teacher 'w^*' --vectors arrow
  sobolev-theory latex relu/K00 theorem/single_neuron_conditioning --document > paper.tex
  sobolev-theory latex --document > catalogue.tex
  sobolev-theory latex --bibtex > sobolev.bib
"""

OTHERS = ("list", "search", "document", "bibtex")
"""What can be asked for in place of formulas."""

points = checked(partial(number, required="a positive finite number of points", low=0, high=np.inf), float)


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "latex", "formulas and theorems as LaTeX", EXAMPLES)
    command.set_defaults(run=run)
    command.add_argument("names", nargs="*", metavar="NAME", help="names of formulas; with --document default: all")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--list", nargs="?", const="", metavar="PREFIX", help="list what there is (that begins so)")
    what.add_argument("--search", metavar="WORDS", help="list what has all the words in its name or statement")
    what.add_argument("--document", action="store_true", help="a standalone document with derivations and proofs")
    what.add_argument("--bibtex", action="store_true", help="the literature that documents cite, as a BibTeX file")
    command.add_argument("--style", choices=("inline", "align"), help="one line (default), or align* with line breaks")
    command.add_argument(
        "--linewidth", type=points, help=r"width of a line of align* in points, as \the\linewidth prints (default 472)"
    )
    notation = command.add_argument_group("notation")
    notation.add_argument("--student", help="letter of the student's vector (default w)")
    notation.add_argument("--teacher", help="letter of the teacher's vector (default v)")
    notation.add_argument("--vectors", choices=("bold", "arrow", "plain"), help="style of vectors (default bold)")
    notation.add_argument("--norm-symbol", dest="norm", help=r"norm with {} for the vector (default \lVert {} \rVert)")
    notation.add_argument("--angle", help=r"angle (default \theta)")
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Names, formulas one under another, a document, or the literature."""
    chosen = {field.name: getattr(options, field.name) for field in fields(formulas.Notation)}
    notation = formulas.Notation.of(None, {name: text for name, text in chosen.items() if text is not None})
    other = next((name for name in OTHERS if getattr(options, name) not in (None, False)), "")
    if other:
        refuse(options, ("style", "linewidth"), f"not together with --{other}")
    if other and other != "document" and options.names:
        raise ValueError(f"NAME: not together with --{other}")
    if other in ("list", "search"):
        _print_names(options, _found(options))
    elif other == "document":
        text = formulas.document(options.names or None, notation)
        print_json({"document": text}) if options.json else print(text)
    elif other == "bibtex":
        print_json({"bibtex": formulas.bibtex()}) if options.json else print(formulas.bibtex())
    elif not options.names:
        raise ValueError("NAME: at least one name is required; --list shows them, --document prints all")
    else:
        texts = {name: _latex(formulas.get(name), notation, options) for name in options.names}
        print_json(texts) if options.json else print("\n".join(texts.values()))
    return 0


def _found(options: argparse.Namespace) -> list[str]:
    """The names that are asked for, at least one."""
    if options.search is not None:
        found = formulas.search(options.search)
        required = "words of a name or statement are required, such as gradient or 'condition number'"
        given = f"--search {options.search}"
    else:
        found = formulas.names(options.list)
        required = "the beginning of a name is required, such as relu/H1 or theorem"
        given = f"--list {options.list}"
    if not found:
        raise ValueError(f"{given}: {required}")
    return found


def _print_names(options: argparse.Namespace, names: list[str]) -> None:
    """Each name with what it is."""
    if options.json:
        print_json({"names": names})
        return
    notation, records = formulas.Notation(), map(formulas.get, names)
    titles = [
        record.title if isinstance(record, formulas.Theorem) else notation.expand(record.statement)
        for record in records
    ]
    print_entries(list(zip(names, titles, strict=True)))


def _latex(
    record: formulas.Formula | formulas.Theorem, notation: formulas.Notation, options: argparse.Namespace
) -> str:
    """A formula or theorem in the style and width that are asked for."""
    style = options.style or "inline"
    if isinstance(record, formulas.Theorem) or options.linewidth is None:
        return record.latex(notation, style=style)
    return record.latex(notation, style=style, linewidth=options.linewidth)
