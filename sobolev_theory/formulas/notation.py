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
from .._runtime.results import Record
from .tex.validity import is_mathematics

LONGEST = 200
"""Characters of a symbol: no more are ever meant."""

STYLES = {"bold": r"\mathbf{%s}", "arrow": r"\vec{%s}", "plain": "%s"}
BASE = re.compile(r"(\\[A-Za-z]+(?:\{[^{}]*\})*|[A-Za-z])((?:[\^_'].*)?)", re.DOTALL)
SCRIPT = re.compile(r"([\^_])([A-Za-z0-9]{2,})")

VALID = (
    "valid LaTeX for mathematics is required (commands that only draw, such as Greek letters, accents and fonts, with "
    "their arguments; balanced braces, single scripts, no $ # % & ~, ASCII)"
)
GREEK = "alpha beta zeta eta kappa lambda mu nu pi rho sigma tau chi omega Delta Phi Sigma partial"
TAKEN = {*"abcdefghkmpqrstxyzABCDEFGHIJKMNPRST", *(rf"\{name}" for name in GREEK.split())}
"""Letters that formulas and derivations use for something else: no angle, and no vector without a style, may be one."""

FRAME = "e"
"""Letter of the unit vector that spans the plane of a pair together with the student's."""


def grouped(symbol: str) -> str:
    r"""LaTeX with words in scripts as groups: TeX takes one character where there are no braces.

    Examples
    --------
    >>> grouped("w_hidden^12"), grouped(r"\bar{w}_1")
    ('w_{\\mathrm{hidden}}^{12}', '\\bar{w}_1')
    """

    def group(match: re.Match[str]) -> str:
        script, word = match.groups()
        return rf"{script}{{\mathrm{{{word}}}}}" if word.isalpha() else f"{script}{{{word}}}"

    return SCRIPT.sub(group, symbol)


@dataclass(frozen=True, repr=False)
class Notation(Record):
    r"""Symbols in which formulas are printed.

    Parameters
    ----------
    student, teacher
        Letters of the two vectors of a pair, with sub- or superscripts: ``"w"``, ``"w^*"``, ``r"\omega"``. Words in
        scripts are grouped: ``"w_hidden"`` is ``w_{\mathrm{hidden}}``.
    vectors
        ``"bold"``, ``"arrow"`` or ``"plain"``.
    norm
        LaTeX of a norm with ``{}`` for the vector.
    angle
        LaTeX of the angle between the two vectors.

    Raises
    ------
    ValueError
        For LaTeX that cannot be set (unbalanced braces, a double superscript, ``$``, ...), commands that are not listed
        in `tex.validity`, such as ``\input``, an unknown style, a norm without ``{}``, one letter for both vectors, or
        a letter that formulas use for something else: ``e`` is the frame, and the angle and vectors in plain style may
        be none of `TAKEN`.

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
        for name in ("norm", "angle", "student", "teacher"):
            text = getattr(self, name)
            if not is_mathematics(grouped(text.replace("{}", "{x}") if name == "norm" else text)):
                raise ValueError(f"{name}: {VALID}, got {shown(text)}")
        for name, text in (("student", self.student), ("teacher", self.teacher)):
            if not BASE.fullmatch(text) or text == FRAME:
                required = f"a letter other than {FRAME} or a command, with scripts, is required"
                raise ValueError(f"{name}: {required}, got {shown(text)}")
        plain = ("student", "teacher") if self.vectors == "plain" else ()
        for name in (*plain, "angle"):
            if getattr(self, name) in TAKEN:
                raise ValueError(
                    f"{name}: a letter that formulas do not use otherwise is required, got {shown(getattr(self, name))}"
                )
        if grouped(self.student) == grouped(self.teacher):
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
        angle = grouped(self.angle)
        return {
            "student": self._vector(self.student),
            "teacher": self._vector(self.teacher),
            "along": self._vector(self.student, r"\hat{%s}"),
            "towards": self._vector(FRAME),
            "weightangle": angle if is_mathematics(f"{angle}^2") else f"{{{angle}}}",
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
        norm = grouped(self.norm)
        text = norm.replace("{}", vector)
        raised = [norm.replace("{}", self._vector(symbol)) for symbol in (self.student, self.teacher)]
        return text if all(is_mathematics(f"{one}^2") for one in raised) else f"{{{text}}}"

    def _vector(self, symbol: str, accent: str = "%s") -> str:
        """A letter in the style of vectors, under an accent; scripts stay as they are."""
        match = BASE.fullmatch(grouped(symbol))
        assert match is not None  # checked when the notation was made
        base, scripts = match.groups()
        style = r"\boldsymbol{%s}" if self.vectors == "bold" and base.startswith("\\") else STYLES[self.vectors]
        accented = accent != "%s" or self.vectors == "arrow" or base.startswith("\\")
        # TeX takes the braces off a group that is one accented letter; an empty one behind the scripts keeps them
        end = "{}" if accented and re.search(r"[\^']", scripts) else ""
        return accent % (style % base) + scripts + end
