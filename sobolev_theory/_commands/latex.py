"""``sobolev-theory latex``: formulas and theorems of the catalogue as LaTeX."""

import argparse
from dataclasses import fields
from typing import Any

from .. import formulas
from .options import add_command, add_json, print_json, refuse

EXAMPLES = """examples:
  sobolev-theory latex --list relu/H1
  sobolev-theory latex relu/H1/gradient/backprop --teacher 'w^*' --vectors arrow
  sobolev-theory latex relu/K00 theorem/single_neuron_conditioning --document > paper.tex
  sobolev-theory latex --document > catalogue.tex
"""


def add(commands: Any) -> None:
    """Declare the command."""
    command = add_command(commands, "latex", "formulas and theorems as LaTeX", EXAMPLES)
    command.set_defaults(run=run)
    command.add_argument("names", nargs="*", metavar="NAME", help="names of formulas; with --document default: all")
    command.add_argument("--list", nargs="?", const="", metavar="PREFIX", help="list the names (that begin so)")
    command.add_argument("--document", action="store_true", help="a standalone document with derivations and proofs")
    command.add_argument("--style", choices=("inline", "align"), help="one line (default), or align* with line breaks")
    notation = command.add_argument_group("notation")
    notation.add_argument("--student", help="letter of the student's vector (default w)")
    notation.add_argument("--teacher", help="letter of the teacher's vector (default v)")
    notation.add_argument("--vectors", choices=("bold", "arrow", "plain"), help="style of vectors (default bold)")
    notation.add_argument("--norm", help=r"norm with {} for the vector (default \lVert {} \rVert)")
    notation.add_argument("--angle", help=r"angle (default \theta)")
    add_json(command)


def run(options: argparse.Namespace) -> int:
    """Names, formulas one under another, or a document."""
    chosen = {field.name: getattr(options, field.name) for field in fields(formulas.Notation)}
    notation = formulas.Notation.of(None, {name: text for name, text in chosen.items() if text is not None})
    if options.list is not None:
        refuse(options, ("style",), "not together with --list")
        if options.names:
            raise ValueError("NAME: not together with --list, which has a prefix of its own")
        found = formulas.names(options.list)
        if not found:
            raise ValueError(f"--list {options.list}: the beginning of a name is required, such as relu/H1 or theorem")
        print_json({"names": found}) if options.json else print("\n".join(found))
    elif options.document:
        refuse(options, ("style",), "not together with --document")
        text = formulas.document(options.names or None, notation)
        print_json({"document": text}) if options.json else print(text)
    elif not options.names:
        raise ValueError("NAME: at least one name is required; --list shows them, --document prints all")
    else:
        texts = {name: formulas.get(name).latex(notation, style=options.style or "inline") for name in options.names}
        print_json(texts) if options.json else print("\n".join(texts.values()))
    return 0
