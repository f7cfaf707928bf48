r"""The catalogue as a standalone LaTeX document: statements, formulas, derivation steps, proofs, references."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .catalogue import get
from .catalogue import names as all_names
from .notation import Notation
from .records import Formula
from .tex.layout import aligned
from .tex.text import itemized, prose, verbatim
from .theorems import ProofStep, Theorem

HEAD = r"""\documentclass[10pt,a4paper]{article}
\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath,amssymb,graphicx}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 1pt}
\sloppy
\allowdisplaybreaks
\newcommand{\entry}[1]{\bigskip\pagebreak[2]\textbf{\texttt{#1}}\par\nopagebreak}
"""

REFERENCES = (
    "J. K. Oh, H. Lyu, H. Son, \\emph{Sobolev acceleration for neural networks}, arXiv:2509.19773, 2025.",
    "Y. Tian, \\emph{An analytical formula of population gradient for two-layered ReLU network}, "
    "arXiv:1703.00560, 2017.",
    "A. Brutzkus, A. Globerson, \\emph{Globally optimal gradient descent for a ConvNet with Gaussian inputs}, "
    "arXiv:1702.07966, 2017.",
    "I. Safran, O. Shamir, \\emph{Spurious local minima are common in two-layer ReLU neural networks}, "
    "arXiv:1712.08968, 2018.",
    "Y. Arjevani, M. Field, \\emph{Analytic characterization of the Hessian in shallow ReLU models}, "
    "arXiv:2008.01805, 2020.",
    "W. M. Czarnecki et al., \\emph{Sobolev training for neural networks}, arXiv:1706.04859, 2017.",
    "Y. Cho, L. K. Saul, \\emph{Kernel methods for deep learning}, NIPS, 2009.",
    "C. K. I. Williams, \\emph{Computing with infinite networks}, NIPS, 1997.",
    "D. Saad, S. A. Solla, \\emph{On-line learning in soft committee machines}, Physical Review E 52, 1995.",
    "R. Price, \\emph{A useful theorem for nonlinear devices having Gaussian inputs}, "
    "IRE Transactions on Information Theory 4, 1958.",
    "C. M. Stein, \\emph{Estimation of the mean of a multivariate normal distribution}, Annals of Statistics 9, 1981.",
)

SETTING = r"""Inputs are standard Gaussian, $x \sim N(0, I_d)$. A student
$f_S(x) = \sum_i a_i \, \sigma(w_i \cdot x)$ with weights $W = (w_1, \ldots, w_K)$ learns a teacher $f_T$ with
weights $V$ and output weights $b$ from the Sobolev loss
$E(W) = \tfrac12 \sum_m \lambda_m \, \mathbb{E} \, \lVert \nabla_x^m f_S - \nabla_x^m f_T \rVert^2$; the weights
$\lambda_m$ are all one in L2 ($m = 0$), H1 ($m \le 1$), \ldots. With the stacked rows $u = [W; V]$ and
$c = [a; -b]$ it is a sum over pairs. A pair is written $(\student, \teacher)$, its angle $\weightangle$. In the
\emph{backprop} convention derivatives that are Dirac deltas are left out, as automatic differentiation does; in the
\emph{exact} one they are kept."""


def document(
    names: Sequence[str | Formula | Theorem] | None = None, notation: Notation | None = None, **changes: str
) -> str:
    r"""A standalone LaTeX document with statement, formula, derivation steps, proofs and references.

    It needs the packages ``amsmath``, ``amssymb``, ``geometry`` and ``graphicx`` only.

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
    parts += [r"\section*{Setting}", SETTING] if len(chosen) > 1 else [SETTING]
    chapter = ""
    for record in chosen:
        if names is None and record.name.split("/")[0] != chapter:
            chapter = record.name.split("/")[0]
            parts.append(rf"\section*{{{verbatim(chapter)}}}")
        parts.append(_theorem(record) if isinstance(record, Theorem) else _formula(record))
    return "\n\n".join([*parts, _references(), r"\end{document}"])


def _records(given: Sequence[str | Formula | Theorem]) -> list[Formula | Theorem]:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise ValueError(f"names: a sequence of names, at least one, is required, got {given!r}")
    return [record if isinstance(record, Formula | Theorem) else get(record) for record in given]


def _formula(formula: Formula) -> str:
    parts = [rf"\entry{{{verbatim(formula.name)}}}", f"{prose(formula.statement)}:\n{aligned(formula.rows())}"]
    if formula.where:
        parts.append("where " + ", ".join(f"${letter} = {meaning}$" for letter, meaning in formula.where) + ".")
    parts.append(f"Domain: {prose(formula.domain)}. Source: {prose(formula.source)}.")
    if formula.deviations:
        parts.append(f"Deviation: {prose(formula.deviations)}")
    if formula.numeric:
        parts.append(rf"Computed by {{\small\texttt{{{verbatim(formula.numeric)}}}}}.")
    if formula.steps:
        parts.append(f"Derivation{_confirmed(formula.checks)}:")
        parts += _steps((step.statement, f"{step.left} = {step.right}") for step in formula.steps)
    return "\n\n".join(parts)


def _confirmed(checks: int) -> str:
    if not checks:
        return ""
    return f" ({checks} more identit{'y' if checks == 1 else 'ies'} checked, by a second route)"


def _theorem(theorem: Theorem) -> str:
    parts = [rf"\entry{{{verbatim(theorem.name)}}}", theorem.latex(style="align", macros=True)]
    parts.append(f"Source: {prose(theorem.source)}.")
    if theorem.numeric:
        parts.append(rf"Seen in {{\small\texttt{{{verbatim(theorem.numeric)}}}}}.")
    parts.append(r"\emph{Proof.} Every step is verified by the certificate named in brackets.")
    parts += _steps(map(_proof_step, theorem.proof))
    if theorem.counterexamples:
        parts += [r"\emph{Outside the hypotheses.}", *_steps(map(_proof_step, theorem.counterexamples))]
    return "\n\n".join(parts)


def _proof_step(step: ProofStep) -> tuple[str, str]:
    conditions = f", for ${step.conditions}$" if step.conditions else ""
    return f"{step.statement}{conditions} [{step.method}]", step.latex


def _steps(steps: Iterable[tuple[str, str]]) -> list[str]:
    """Words and the relation under them, one after another; identities of two sides that print alike say nothing."""
    steps = [(statement, relation) for statement, relation in steps if not _is_trivial(relation)]
    return [rf"{{\small {prose(statement)}" + "\n" + aligned([relation]) + "}" for statement, relation in steps]


def _is_trivial(relation: str) -> bool:
    left, _, right = relation.partition(" = ")
    return left == right


def _references() -> str:
    return "\\section*{References}\n" + itemized(REFERENCES)
