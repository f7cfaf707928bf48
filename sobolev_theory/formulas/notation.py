r"""What the letters of the catalogue are printed as.

LaTeX is stored with macros: ``\student`` and ``\teacher`` for the two vectors of a pair, ``\along`` and ``\towards``
for the orthonormal frame of their plane, ``\vecnorm{...}`` for a norm and ``\weightangle`` for their angle. A
`Notation` expands them, or defines them in a preamble.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from .._runtime.checks import instance_of, one_of, shown
from .tex.validity import is_mathematics

LONGEST = 200
"""Characters of a symbol: no more are ever meant, and groups within groups are read by recursion."""

STYLES = {"bold": r"\mathbf{%s}", "arrow": r"\vec{%s}", "plain": "%s"}
BASE = re.compile(r"(\\[A-Za-z]+(?:\{[^{}]*\})*|[A-Za-z])((?:[\^_'].*)?)", re.DOTALL)
VALID = (
    "valid LaTeX for mathematics is required (balanced braces, single scripts, no $ # % & ~, arguments for commands, "
    "ASCII)"
)
GREEK = "alpha beta zeta eta kappa lambda mu pi rho sigma tau chi omega Delta Sigma partial"
TAKEN = {*"abcdefghpqrstxyzCDEFGHIJKNRST", *(rf"\{name}" for name in GREEK.split())}
"""Letters that formulas and derivations use for something else: no angle, and no vector without a style, may be one."""

FRAME = "e"
"""Letter of the unit vector that spans the plane of a pair together with the student's."""


@dataclass(frozen=True)
class Notation:
    r"""Symbols in which formulas are printed.

    Parameters
    ----------
    student, teacher
        Letters of the two vectors of a pair, with sub- or superscripts: ``"w"``, ``"w^*"``, ``r"\omega"``.
    vectors
        ``"bold"``, ``"arrow"`` or ``"plain"``.
    norm
        LaTeX of a norm with ``{}`` for the vector.
    angle
        LaTeX of the angle between the two vectors.

    Raises
    ------
    ValueError
        For LaTeX that cannot be set (unbalanced braces, a double superscript, ``$``, ...), an unknown style, a norm
        without ``{}``, one letter for both vectors, or a letter that formulas use for something else: ``e`` is the
        frame, and the angle and vectors in plain style may be none of `TAKEN`.

    Examples
    --------
    >>> Notation(teacher="w^*", norm=r"|{}|").expand(r"\vecnorm{\teacher} \sin \weightangle")
    '|\\mathbf{w}^*| \\sin \\theta'
    """

    student: str = "w"
    teacher: str = "v"
    vectors: str = "bold"
    norm: str = r"\lVert {} \rVert"
    angle: str = r"\theta"

    def __post_init__(self) -> None:
        for field in fields(self):
            if not isinstance(getattr(self, field.name), str) or not getattr(self, field.name).strip():
                raise ValueError(f"{field.name}: LaTeX is required, got {shown(getattr(self, field.name))}")
            if len(getattr(self, field.name)) > LONGEST:
                raise ValueError(f"{field.name}: LaTeX of a symbol, at most {LONGEST} characters, is required")
        one_of("vectors", self.vectors, STYLES)
        if self.norm.count("{}") != 1:
            raise ValueError(f"norm: LaTeX with one {{}} for the vector is required, got {shown(self.norm)}")
        for name, text in (("norm", self.norm.replace("{}", "{x}")), ("angle", self.angle)):
            if not is_mathematics(text):
                raise ValueError(f"{name}: {VALID}, got {shown(getattr(self, name))}")
        for name, text in (("student", self.student), ("teacher", self.teacher)):
            if not is_mathematics(text):
                raise ValueError(f"{name}: {VALID}, got {shown(text)}")
            if not BASE.fullmatch(text) or text == FRAME:
                required = f"a letter other than {FRAME} or a command, with scripts, is required"
                raise ValueError(f"{name}: {required}, got {shown(text)}")
        plain = ("student", "teacher") if self.vectors == "plain" else ()
        for name in (*plain, "angle"):
            if getattr(self, name) in TAKEN:
                raise ValueError(
                    f"{name}: a letter that formulas do not use otherwise is required, got {shown(getattr(self, name))}"
                )
        if self.student == self.teacher:
            raise ValueError(f"student, teacher: two different symbols are required, got {self.student!r} for both")

    @classmethod
    def of(cls, notation: Notation | None, changes: dict[str, Any]) -> Notation:
        """A notation with some symbols changed."""
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise ValueError(f"notation: {', '.join(known)} can be chosen, got {', '.join(unknown)}")
        if not isinstance(notation, Notation | None):
            raise ValueError(f"notation: a Notation is required, got {shown(notation)}")
        return replace(notation or cls(), **changes)

    def macros(self) -> dict[str, str]:
        """LaTeX of every macro that stands for a symbol; ``\\vecnorm`` has an argument besides."""
        return {
            "student": self._vector(self.student),
            "teacher": self._vector(self.teacher),
            "along": self._vector(self.student, r"\hat{%s}"),
            "towards": self._vector(FRAME),
            "weightangle": self.angle if is_mathematics(f"{self.angle}^2") else f"{{{self.angle}}}",
        }

    def expand(self, latex: str) -> str:
        """LaTeX without macros."""
        instance_of("latex", latex, str)
        latex = re.sub(r"\\vecnorm\{([^{}]*)\}", lambda match: self._norm(match[1]), latex)
        for name, meaning in self.macros().items():
            latex = re.sub(rf"\\{name}(?![A-Za-z])", meaning.replace("\\", r"\\"), latex)
        return latex

    def preamble(self) -> str:
        r"""Definitions of the macros, for a document that uses ``latex(macros=True)``.

        Examples
        --------
        >>> print(Notation(vectors="arrow").preamble().splitlines()[0])
        \newcommand{\student}{\vec{w}}
        """
        lines = [rf"\newcommand{{\{name}}}{{{meaning}}}" for name, meaning in self.macros().items()]
        return "\n".join([*lines, rf"\newcommand{{\vecnorm}}[1]{{{self._norm('#1')}}}"])

    def _norm(self, vector: str) -> str:
        """The norm of a vector, in braces where its power would be a second superscript."""
        text = self.norm.replace("{}", vector)
        raised = [self.norm.replace("{}", self._vector(symbol)) for symbol in (self.student, self.teacher)]
        return text if all(is_mathematics(f"{norm}^2") for norm in raised) else f"{{{text}}}"

    def _vector(self, symbol: str, accent: str = "%s") -> str:
        """A letter in the style of vectors, under an accent; scripts stay as they are."""
        match = BASE.fullmatch(symbol)
        assert match is not None  # checked when the notation was made
        base, scripts = match.groups()
        style = r"\boldsymbol{%s}" if self.vectors == "bold" and base.startswith("\\") else STYLES[self.vectors]
        accented = accent != "%s" or self.vectors == "arrow" or base.startswith("\\")
        # TeX takes the braces off a group that is one accented letter; an empty one behind the scripts keeps them
        end = "{}" if accented and re.search(r"[\^']", scripts) else ""
        return accent % (style % base) + scripts + end
