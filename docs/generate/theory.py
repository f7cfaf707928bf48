"""The pages of the theory, written from the catalogue into `docs/theory`: one an activation, topic or theorem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from sobolev_theory import formulas
from sobolev_theory.formulas.document import SETTING, is_trivial, place_of
from sobolev_theory.formulas.records import Formula
from sobolev_theory.formulas.references import REFERENCES, Reference
from sobolev_theory.formulas.tex.layout import aligned
from sobolev_theory.formulas.theorems import ProofStep, Theorem

LINEWIDTH = 370.0
"""Width of a line of a page, in points of a text of 10 pt."""

LARGEST = 20
"""Records of a page; sections that have more are a page for each norm."""

TOPICS = {
    "affine": "Biases, and any Gaussian input",
    "arc_cosine": "Arc-cosine functions",
    "curvature": "Curvature of symmetric students",
    "gauss_newton": "The Gauss-Newton block of a pair",
    "moments": "Any activation at an orthonormal teacher",
    "polar": "Polar coordinates of a pair",
}
"""Headings of the sections that are not those of an activation."""

PARTS = {"gauss_newton": "Gauss-Newton matrix", "hessian": "Hessian", "mean": "inputs of another mean"}
"""Headings of parts of sections, where these are not their names."""

WORDS = ((r"~\\cite\{(\w+)\}", r" ([reference](#\1))"), (r"\\emph\{(\w+)\}", r"*\1*"), (r"\\ldots\.", "and so on."))
"""Commands of LaTeX outside of mathematics, and what they are in MyST."""

SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~^])")

NOTATION = formulas.Notation()

INTRODUCTION = """These pages are printed from the catalogue of the package, whose formulas were derived by computer
algebra; the steps that are shown under a formula or a theorem are verified ones. `st.formulas.names()` lists the names,
`st.formulas.search("words")` finds some, and `st.formulas.get(name)` has the formula as LaTeX in your notation,
`.latex()`, and as a SymPy expression, `.sympy()`. `st.formulas.document()` is all of it, or what you choose, as a LaTeX
document to print. [Formulas and theorems](../tutorials/formulas.md) says how, and what each theorem says in a line."""

LETTERS = "Letters and conventions are those of the [setting](#theory-setting)."
"""Where a reader who comes from elsewhere finds them."""


def words(text: str) -> str:
    """Words with mathematics in dollars as MyST; names of records and publications become links."""
    parts = NOTATION.expand(text).split("$")
    parts[::2] = map(_linked, parts[::2])
    return "$".join(parts)


def _linked(text: str) -> str:
    """Words outside of mathematics."""
    targets = {name: f"[`{name}`](#{name})" for name in formulas.names()}
    targets |= {one.mention: f"[{_escaped(one.mention)}](#{one.key})" for one in REFERENCES}
    found = sorted((target for target in targets if target in text), key=len, reverse=True)
    if not found:
        return _escaped(text)
    before, _, after = text.partition(found[0])
    return f"{_linked(before)}{targets[found[0]]}{_linked(after)}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def display(rows: Iterable[str]) -> str:
    """Formulas under one another, over several lines where they are wide."""
    return f"```{{math}}\n{NOTATION.expand(aligned(rows, LINEWIDTH))}\n```"


def steps(given: Iterable[tuple[str, str]]) -> list[str]:
    """Words, and the relation under them."""
    return [f"{words(statement)}\n\n{display([latex])}" for statement, latex in given if not is_trivial(latex)]


def folded(title: str, parts: list[str]) -> str:
    """What a reader unfolds."""
    return "\n\n".join([f"::::{{dropdown}} {title}", *parts, "::::"])


def formula(record: Formula) -> str:
    """A formula with its definitions, domain, source, call and derivation."""
    parts = [f"({record.name})=\n## `{record.name}`", f"{words(record.statement)}:", display(record.rows())]
    if record.where:
        parts.append(words("where " + ", ".join(f"${letter} = {meaning}$" for letter, meaning in record.where) + "."))
    parts.append(f"**Domain:** {words(record.domain)}. **Source:** {words(record.source)}.")
    if record.deviations:
        parts.append(f"**Deviation:** {words(record.deviations)}")
    computed = f" Computed by `{record.numeric}`." if record.numeric else ""
    parts.append(f'**In Python:** `st.formulas.get("{record.name}")`.{computed}')
    if record.steps:
        more = f", and {record.checks} more identities checked, by a second route" if record.checks else ""
        derivation = steps((step.statement, f"{step.left} = {step.right}") for step in record.steps)
        parts.append(folded(f"Derivation: {len(record.steps)} verified steps{more}", derivation))
    return "\n\n".join(parts)


def theorem(record: Theorem) -> str:
    """A theorem with hypotheses, conclusions, remarks, proof and counterexamples."""
    parts = [f"({record.name})=\n# {words(record.title)}", words(record.statement)]
    conclusions = [conclusion.text for conclusion in record.conclusions]
    lists = {"Hypotheses": record.hypotheses, "Conclusions": conclusions, "Remarks": record.remarks}
    for heading, texts in lists.items():
        if texts:
            parts += [f"## {heading}", "\n".join(f"- {words(text)}" for text in texts)]
    seen = f" Seen in `{record.numeric}`." if record.numeric else ""
    parts.append(f"{LETTERS} **Source:** {words(record.source)}.")
    parts.append(f'**In Python:** `st.formulas.get("{record.name}")`; `.verify()` proves it again.{seen}')
    parts += ["## Proof", "Every step is verified by the certificate named in brackets.", *_claims(record.proof)]
    if record.counterexamples:
        parts += ["## Outside the hypotheses", *_claims(record.counterexamples)]
    return "\n\n".join(parts)


def _claims(claims: Iterable[ProofStep]) -> list[str]:
    conditions = {claim: f", for ${claim.conditions}$" if claim.conditions else "" for claim in claims}
    return steps((f"{claim.statement}{when} [{claim.method}]", claim.latex) for claim, when in conditions.items())


def reference(record: Reference) -> str:
    """A publication, with its entry of a BibTeX file."""
    names = ", ".join(" ".join(reversed(author.split(", "))) for author in record.authors)
    arxiv = f" [arXiv {record.arxiv}](https://arxiv.org/abs/{record.arxiv})." if record.arxiv else ""
    where = ", ".join(filter(None, (record.venue, str(record.year))))
    title = f"({record.key})=\n## {_escaped(record.mention)}"
    text = f"{words(names)}. *{words(record.title)}*. {words(where)}.{arxiv}"
    return f"{title}\n\n{text}\n\n```bibtex\n{record.bibtex()}\n```"


def pages() -> dict[str, str]:
    """Text of every page by its name below `theory`."""
    result: dict[str, str] = {}
    for section, names in groupby(formulas.names(), lambda name: name.split("/")[0]):
        records = [formulas.get(name) for name in names]
        if section == "theorem":
            result |= {record.name: theorem(record) for record in records if isinstance(record, Theorem)}
            continue
        found = [record for record in records if isinstance(record, Formula)]
        title = TOPICS.get(section, f"Activation {section}")
        if len(found) <= LARGEST:
            result[section] = _page(title, found)
        else:
            for (_, norm), part in groupby(found, lambda record: place_of(record.name)):
                result[f"{section}/{norm}"] = _page(f"{title}: {PARTS.get(norm, norm.replace('_', ' '))}", list(part))
    return result


def _page(title: str, records: list[Formula]) -> str:
    return "\n\n".join([f"# {words(title)}", LETTERS, *map(formula, records)])


def index(names: Iterable[str]) -> str:
    """The page from which all others are reached."""
    kinds: dict[str, list[str]] = {"Theorems": [], "Formulas of a topic": [], "Formulas of an activation": []}
    theorems, topics, activations = kinds.values()
    for name in names:
        section = name.split("/")[0]
        (theorems if section == "theorem" else topics if section in TOPICS else activations).append(name)
    setting = NOTATION.expand(SETTING)
    for command, text in WORDS:
        setting = re.sub(command, text, setting)
    parts = ["# Catalogue of formulas", INTRODUCTION, "(theory-setting)=\n## Setting", setting]
    for kind, found in kinds.items():
        parts += [f"## {kind}", "\n".join(["```{toctree}", ":maxdepth: 1", "", *found, "```"])]
    return "\n\n".join([*parts, "## References", "```{toctree}\nreferences\n```"])


def write(app: Sphinx) -> None:
    """The pages as files; those that say the same are left as they are, and not read again."""
    texts = pages()
    texts["index"] = index(texts)
    texts["references"] = "\n\n".join(["# References", *map(reference, REFERENCES)])
    for name, text in texts.items():
        path = Path(app.srcdir) / "theory" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """The extension of Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
