"""The table of activations in ``docs/coverage.md``, made of them: ``python -m tests.activation_table --update``."""

import argparse
import re
from pathlib import Path

from sobolev_theory import activations
from sobolev_theory._kernels.activations import ACTIVATIONS

PAGE = Path(__file__).parent.parent / "docs" / "coverage.md"
TABLE = re.compile(r"(<!-- activations -->\n).*?(<!-- /activations -->)", re.DOTALL)
HEAD = "| name | of `z` | highest norm | jumps at order | moments | to |\n|---|---|---|---|---|---:|\n"


def table() -> str:
    """A row per activation or family; values of parameters are the defaults."""
    return HEAD + "".join(map(_row, sorted(ACTIVATIONS)))


def _row(name: str) -> str:
    row = ACTIVATIONS[name]
    known = activations.get(f"{name}3" if isinstance(row["data"], dict) else name)
    letters = ", ".join(f"{letter}={values[0]:g}" for letter, values in row.get("parameters", {}).items())
    shown = f"{name}<n>" if isinstance(row["data"], dict) else f"{name}({letters})" if letters else name
    expression = re.sub(r"\d\.\d{6,}", lambda number: f"{float(number[0]):.5g}", row["expression"])
    text = re.sub(r"[{}]", "", expression).replace("**", "^").replace("hermite_prob(n, z)", "He_n(z)")
    norm = f"H{known.max_order}" if known.max_order else "L2"
    jump = "none" if known.jump_order is None else known.jump_order
    return f"| `{shown}` | `{text}` | {norm} | {jump} | {known.definition.how} | {known.definition.accuracy:.0e} |\n"


def main() -> None:
    """Print the table; write it into the page if asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.activation_table")
    parser.add_argument("--update", action="store_true", help="write docs/coverage.md")
    if parser.parse_args().update:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(TABLE.sub(lambda match: match[1] + table() + match[2], text), encoding="utf-8")
    print(table())


if __name__ == "__main__":
    main()
