"""Which experiments there are, and what their docstrings say of the paper's claims."""

import ast
import re
from pathlib import Path

FOLDER = Path(__file__).parent

EXPERIMENTS = (
    "monte_carlo_of_gradients",
    "sgd_against_theory",
    "regression_1d",
    "differentiation_2d",
    "denoising_digits",
    "diffusion_digits",
)
STATEMENTS = ("Claim", "Set-up", "Fairness", "Verdict")
VERDICTS = ("reproduced", "partly", "not")


def statements(name: str) -> dict[str, str]:
    """What the docstring of an experiment says, by `STATEMENTS`; the module is not imported.

    Raises
    ------
    ValueError
        Where one of them is missing, or the verdict begins with none of `VERDICTS`.
    """
    text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    parts = dict(
        re.findall(rf"^({'|'.join(STATEMENTS)}): (.*?)(?=^(?:{'|'.join(STATEMENTS)}): |\Z)", text, re.M | re.S)
    )
    if missing := {*STATEMENTS} - parts.keys():
        raise ValueError(f"{name}: a docstring with paragraphs {', '.join(STATEMENTS)} is required, without {missing}")
    if not re.match(rf"({'|'.join(VERDICTS)})\. \S", parts["Verdict"]):
        raise ValueError(f"{name}: a verdict of {', '.join(VERDICTS)}, a point, and a sentence is required")
    return {key: part.strip() for key, part in parts.items()}
