r"""The catalogue as a standalone LaTeX document: statements, formulas, derivation steps, proofs, references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .._runtime.checks import shown
from .catalogue import get
from .catalogue import names as all_names
from .notation import Notation
from .records import Formula
from .references import REFERENCES, bibliography, with_citations
from .tex.layout import aligned
from .tex.text import prose, verbatim
from .theorems import ProofStep, Theorem

HEAD = r"""\documentclass[10pt,a4paper]{article}
\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath,amssymb,amsthm,graphicx}
\usepackage[hidelinks,bookmarksnumbered]{hyperref}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 1pt}
\sloppy
\allowdisplaybreaks
\newcommand{\entry}[1]{\texttt{#1}}
\theoremstyle{definition}
\newtheorem{formula}{Formula}[section]
\newtheorem{theorem}[formula]{Theorem}
\newtheorem*{remarks}{Remarks}
"""

TITLE = r"""\title{Closed forms of Sobolev training}
\author{The catalogue of \texttt{sobolev\_theory}}
\date{}
\maketitle
\tableofcontents"""

MOMENT = re.compile(r"\w+/K\d\d")

SETTING = r"""Inputs are standard Gaussian, $x \sim N(0, I_d)$. A student
$f_S(x) = \sum_i a_i \, \sigma(w_i \cdot x)$ with weights $W = (w_1, \ldots, w_K)$ learns a teacher $f_T$ with
weights $V$ and output weights $b$ from the Sobolev loss~\cite{czarnecki2017}
$E(W) = \tfrac12 \sum_m \lambda_m \, \mathbb{E} \, \lVert \nabla_x^m f_S - \nabla_x^m f_T \rVert^2$; the weights
$\lambda_m$ are all one in L2 ($m = 0$), H1 ($m \le 1$), \ldots. With the stacked rows $u = [W; V]$ and
$c = [a; -b]$ it is a sum over pairs. A pair is written $(\student, \teacher)$, its angle $\weightangle$. In the
\emph{backprop} convention derivatives that are Dirac deltas are left out, as automatic differentiation does; in the
\emph{exact} one they are kept. Formulas called \emph{affine} are for any Gaussian input, $x \sim N(\mu, \Sigma)$, any
metric $M$ of gradients, and neurons $a \, \sigma(z)$ with biases, $z_1 = \student \cdot x + b$ and
$z_2 = \teacher \cdot x + b'$."""


def document(
    names: Sequence[str | Formula | Theorem] | None = None, notation: Notation | None = None, **changes: str
) -> str:
    r"""A standalone LaTeX document with statement, formula, derivation steps, proofs and references.

    Formulas and theorems are numbered environments; their names are labels, ``\ref{relu/K00}``. Of several, sections by
    activation and norm stand in a table of contents. References are those that are cited. It needs the packages
    ``amsmath``, ``amssymb``, ``amsthm``, ``geometry``, ``graphicx`` and ``hyperref``, and TeX run twice.

    Parameters
    ----------
    names
        Names of formulas and theorems, in the order to print, or these themselves, such as the ``records`` of a derived
        activation; default: the whole catalogue.
    notation, changes
        A `Notation`, and its fields given by keyword.

    Raises
    ------
    UnknownFormulaError
        If a name is not in the catalogue.

    Examples
    --------
    >>> text = document(["relu/K00"])
    >>> text.splitlines()[0], text.splitlines()[-1]
    ('\\documentclass[10pt,a4paper]{article}', '\\end{document}')
    """
    chosen = _records(all_names() if names is None else names)
    parts = [HEAD + Notation.of(notation, dict(changes)).preamble(), r"\begin{document}"]
    parts += [TITLE, r"\section{Setting}", SETTING] if len(chosen) > 1 else [SETTING]
    place: tuple[str, str] | None = None
    for record in chosen:
        if len(chosen) > 1 and place_of(record.name) != place:
            parts += _headings(place, place_of(record.name))
            place = place_of(record.name)
        parts.append(_theorem(record) if isinstance(record, Theorem) else _formula(record))
    text = "\n\n".join(parts)
    used = [reference for reference in REFERENCES if rf"\cite{{{reference.key}}}" in text]
    return "\n\n".join([text, bibliography(used), r"\end{document}"])


def place_of(name: str) -> tuple[str, str]:
    """Section and subsection of a record: its activation and norm, or ``moments``."""
    section, *rest = name.split("/")
    return section, "moments" if MOMENT.fullmatch(name) else rest[0] if len(rest) > 1 else ""


def _headings(before: tuple[str, str] | None, now: tuple[str, str]) -> list[str]:
    """The heading of a section where it changes, and of a subsection where there is one."""
    section = [rf"\section{{{prose(now[0])}}}"] if before is None or before[0] != now[0] else []
    return [*section, rf"\subsection{{{prose(' / '.join(now))}}}"] if now[1] else section


def _records(given: Sequence[str | Formula | Theorem]) -> list[Formula | Theorem]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise ValueError(f"names: a sequence of names, at least one, is required, got {shown(given)}")
    return [record if isinstance(record, Formula | Theorem) else get(record) for record in given]


def _formula(formula: Formula) -> str:
    parts = [
        rf"\begin{{formula}}[\entry{{{verbatim(formula.name)}}}]\label{{{formula.name}}}",
        f"{prose(formula.statement)}:\n{aligned(formula.rows())}",
    ]
    if formula.where:
        parts.append("where " + ", ".join(f"${letter} = {meaning}$" for letter, meaning in formula.where) + ".")
    parts.append(f"Domain: {prose(formula.domain)}. Source: {with_citations(formula.source)}.")
    if formula.deviations:
        parts.append(f"Deviation: {prose(formula.deviations)}")
    if formula.numeric:
        parts.append(rf"Computed by {{\small\texttt{{{verbatim(formula.numeric)}}}}}.")
    parts.append(r"\end{formula}")
    if formula.steps:
        parts.append(f"Derivation{_confirmed(formula.checks)}:")
        parts += _steps((step.statement, f"{step.left} = {step.right}") for step in formula.steps)
    return "\n\n".join(parts)


def _confirmed(checks: int) -> str:
    if not checks:
        return ""
    return f" ({checks} more identit{'y' if checks == 1 else 'ies'} checked, by a second route)"


def _theorem(theorem: Theorem) -> str:
    name = rf"\label{{{theorem.name}}}\entry{{{verbatim(theorem.name)}}}"
    parts = [theorem.environment(name), f"Source: {with_citations(theorem.source)}."]
    if theorem.numeric:
        parts.append(rf"Seen in {{\small\texttt{{{verbatim(theorem.numeric)}}}}}.")
    parts += [r"\begin{proof}", "Every step is verified by the certificate named in brackets."]
    parts += [*_steps(map(_proof_step, theorem.proof)), r"\end{proof}"]
    if theorem.counterexamples:
        parts += [r"\emph{Outside the hypotheses.}", *_steps(map(_proof_step, theorem.counterexamples))]
    return "\n\n".join(parts)


def _proof_step(step: ProofStep) -> tuple[str, str]:
    conditions = f", for ${step.conditions}$" if step.conditions else ""
    return f"{step.statement}{conditions} [{step.method}]", step.latex


def _steps(steps: Iterable[tuple[str, str]]) -> list[str]:
    """Words and the relation under them, one after another; identities of two sides that print alike say nothing."""
    steps = [(statement, relation) for statement, relation in steps if not is_trivial(relation)]
    return [rf"{{\small {prose(statement)}" + "\n" + aligned([relation]) + "}" for statement, relation in steps]


def is_trivial(relation: str) -> bool:
    """Whether both sides print alike."""
    left, _, right = relation.partition(" = ")
    return left == right
