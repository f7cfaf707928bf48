"""Theorems as data: hypotheses, conclusions, a proof whose every step can be verified again, and counter-examples.

Needs no SymPy until `Theorem.verify` is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from .._runtime.checks import one_of
from .._runtime.results import Record
from .._runtime.terminal import headline
from . import checks
from .engine import engine
from .notation import Notation
from .records import STYLES
from .tex.text import itemized, prose
from .tex.validity import require_mathematics, require_words

Ingredients = tuple[tuple[str, tuple[str, ...]], ...]


class Verified(NamedTuple):
    """How many claims were verified."""

    steps: int
    counterexamples: int


@dataclass(frozen=True, repr=False)
class ProofStep(Record):
    r"""A claim ``left REL right`` for all values of its letters, and by what it is verified.

    Attributes
    ----------
    statement
        What it says, in words; mathematics in dollars.
    left, relation, right
        SymPy text; one of ``= > >= < <= -> !=`` (``->``: tends to).
    latex
        Both sides and the relation.
    where
        Conditions on the letters beyond their assumptions, SymPy text.
    conditions
        The same as LaTeX, without dollars: ``left REL right`` holds for these letters; empty if there are none.
    method, data
        Certificate and its ingredients; see `symbolic.proofs.certificates`.
    check
        Whether it only confirms a result by a second route.
    """

    statement: str
    left: str
    relation: str
    right: str
    latex: str
    where: tuple[str, ...]
    method: str
    data: Ingredients
    check: bool = False
    conditions: str = ""


@dataclass(frozen=True, repr=False)
class Conclusion(Record):
    """What is asserted, in words with mathematics in dollars; numbers (from 0) of the steps whose LaTeX it shows."""

    text: str
    steps: tuple[int, ...] = ()


@dataclass(frozen=True, repr=False)
class Theorem:
    r"""A theorem, with a proof whose steps are verified claims.

    The claims are verified (`verify`); that they add up to the theorem is said in words, for a reader to judge.

    Attributes
    ----------
    name, title
        Path in the catalogue, for instance ``theorem/single_neuron_conditioning``, and heading.
    statement
        In words; mathematics in dollars.
    hypotheses, conclusions
        What is assumed, and what follows.
    remarks
        In which convention it holds, and where it departs from the literature.
    source, numeric
        Where it is from; the public function with which it can be seen.
    letters
        Letters of the proof and their assumptions, for all values of which its steps hold.
    proof, counterexamples
        Verified claims; the latter hold at a point outside the hypotheses, where a conclusion fails.

    Examples
    --------
    >>> step = ProofStep("a square", "x**2", ">=", "0", r"x^{2} \ge 0", (), "terms", (("terms", ("x**2",)),))
    >>> theorem = Theorem("theorem/square", "Squares", "A square is not negative.", ("$x$ is real",),
    ...     (Conclusion(r"$x^{2} \ge 0$", (0,)),), (), "folklore", "", (("x", ("real",)),), (step,), ())
    >>> theorem.verify()
    Verified(steps=1, counterexamples=0)
    """

    name: str
    title: str
    statement: str
    hypotheses: tuple[str, ...]
    conclusions: tuple[Conclusion, ...]
    remarks: tuple[str, ...]
    source: str
    numeric: str
    letters: tuple[tuple[str, tuple[str, ...]], ...]
    proof: tuple[ProofStep, ...]
    counterexamples: tuple[ProofStep, ...]

    def __post_init__(self) -> None:
        checks.require_name("name", self.name)
        require_words("title", self.title)
        require_words("statement", self.statement)
        require_words("source", self.source)
        require_words("hypotheses", *checks.require_tuple("hypotheses", self.hypotheses))
        require_words("remarks", *checks.require_tuple("remarks", self.remarks))
        checks.require_plain("numeric", self.numeric)
        for conclusion in checks.require_tuple("conclusions", self.conclusions, Conclusion):
            require_words("conclusions", conclusion.text)
            for number in checks.require_tuple("conclusions", conclusion.steps):
                checks.require_count("conclusions", number)
        for letter, assumed in checks.require_pairs("letters", self.letters):
            checks.require_letters("letters", (letter, *checks.require_tuple("letters", assumed)))
        for name in ("proof", "counterexamples"):
            for step in checks.require_tuple(name, getattr(self, name), ProofStep):
                _require_step(name, step)

    def latex(
        self, notation: Notation | None = None, *, style: str = "inline", macros: bool = False, **changes: str
    ) -> str:
        r"""Statement, hypotheses, conclusions and remarks as LaTeX text, mathematics in dollars.

        Arguments and errors are those of `Formula.latex`: ``"inline"`` gives one paragraph, ``"align"`` environments
        ``theorem`` and ``remarks``, for a document that declares them (``\newtheorem``, package ``amsthm``). The proof
        is printed by `document`.
        """
        text = self._paragraph() if one_of("style", style, STYLES) == "inline" else self.environment()
        chosen = Notation.of(notation, dict(changes))
        return text if macros else chosen.expand(text)

    def _paragraph(self) -> str:
        """All in one paragraph."""
        parts = [
            ("Hypotheses", self.hypotheses),
            ("Conclusions", [conclusion.text for conclusion in self.conclusions]),
            *([("Remarks", self.remarks)] if self.remarks else []),
        ]
        said = [
            rf"\emph{{{head}.}} " + "; ".join(prose(text).rstrip(".") for text in texts) + "." for head, texts in parts
        ]
        return " ".join([rf"\textbf{{{prose(self.title)}.}} {prose(self.statement)}", *said])

    def environment(self, head: str = "") -> str:
        """The environments ``theorem`` and ``remarks``, with macros; `head` is put before the statement."""
        lists = [("Hypotheses", self.hypotheses), ("Conclusions", [conclusion.text for conclusion in self.conclusions])]
        parts = [
            rf"\begin{{theorem}}[{prose(self.title)}]{head}",
            prose(self.statement),
            *(rf"\emph{{{name}.}}" + "\n" + itemized(map(prose, texts)) for name, texts in lists),
            r"\end{theorem}",
        ]
        if self.remarks:
            parts += [r"\begin{remarks}\leavevmode", itemized(map(prose, self.remarks)), r"\end{remarks}"]
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return headline("Theorem", self.name, self.title)

    def __str__(self) -> str:
        """Statement, hypotheses, conclusions and remarks, to be read."""
        parts = [
            ("Hypotheses", self.hypotheses),
            ("Conclusions", [c.text for c in self.conclusions]),
            ("Remarks", self.remarks),
        ]
        lines = [f"{self.name}: {self.title}", self.statement]
        for head, texts in parts:
            lines += [f"{head}:", *(f"- {text}" for text in texts)] if texts else []
        return Notation().expand("\n".join(lines))

    def _repr_markdown_(self) -> str:
        """For notebooks."""
        sentences = [("Hypotheses", self.hypotheses), ("Conclusions", [c.text for c in self.conclusions])]
        lists = "\n\n".join(f"*{head}*\n\n" + "\n".join(f"- {text}" for text in texts) for head, texts in sentences)
        return Notation().expand(f"**{self.title}.** {self.statement}\n\n{lists}")

    def verify(self) -> Verified:
        """Verify every step and counter-example again, from the stored text alone; loads SymPy.

        Checked are: each step, for all values of its letters that satisfy its conditions, by its certificate and the
        signs that earlier steps prove; each counter-example, at its point; that LaTeX and conditions as printed are
        those that are verified; and that a conclusion that refers to steps shows them.

        Not checked are words: hypotheses, statements of steps, remarks, conclusions that refer to no step, and what
        the others say around the steps that they show; nor that the steps suffice for the conclusions.

        The text is parsed by a grammar of its own and never evaluated, so that no record runs code; one made to waste
        time can do that.

        Raises
        ------
        ValueError
            For text that is not of the catalogue's grammar, or letters with other assumptions.
        DerivationError
            If a claim is not verified, if what is printed is not what is verified, or if a conclusion does not show
            its steps.
        """
        verified: Verified = engine("catalogue.theorems").verify(self)
        return verified

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Theorem:
        """The theorem that `to_dict` came from; lists stand for tuples.

        Raises
        ------
        ValueError
            For missing or unknown fields, for fields that are not what is said above, and for LaTeX with commands
            beyond those that draw mathematics.

        Examples
        --------
        >>> theorem = Theorem("a", "b", "c", ("d",), (Conclusion("e"),), (), "", "", (), (), ())
        >>> Theorem.from_dict(theorem.to_dict()) == theorem
        True
        """
        fields = checks.fields_of(cls, data)
        for key, kind in (("conclusions", Conclusion), ("proof", ProofStep), ("counterexamples", ProofStep)):
            fields[key] = checks.many(kind, key, data[key])
        return cls(**fields)


def _require_step(name: str, step: ProofStep) -> None:
    """What can be printed, and tuples of text."""
    require_words(name, step.statement, step.method)
    require_mathematics(name, step.latex, step.conditions)
    checks.require_plain(name, step.left, step.relation, step.right, *checks.require_tuple(name, step.where))
    for key, texts in checks.require_pairs(name, step.data):
        checks.require_plain(name, key, *checks.require_tuple(name, texts))
