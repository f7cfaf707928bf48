"""From verified derivations to theorems as data, and back to verify them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from ...formulas.theorems import Conclusion, ProofStep, Theorem, Verified
from ..bounds import short
from ..grammar import Grammar
from ..proofs.steps import Claim, Derivation, DerivationError
from ..symbols import ASSUMPTIONS, assumptions
from .latex import latex, readable
from .parsing import grammar, parsed

RELATIONS = {"=": "=", "==": "=", ">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "->": r"\to", "!=": r"\ne"}


def theorem(
    name: str,
    title: str,
    statement: str,
    *,
    hypotheses: Sequence[str],
    conclusions: Iterable[Any],
    derivation: Derivation,
    source: str,
    remarks: Sequence[str] = (),
    numeric: str = "",
) -> Theorem:
    """A theorem, with the steps and counter-examples of a derivation for proof.

    Parameters
    ----------
    conclusions
        Words, or a tuple of words with a ``%s`` for each of the steps that follow: their LaTeX is printed there.
    derivation
        Steps whose two sides are printed alike, as ``1 = 1``, bind where they are made; they are not stored.

    Raises
    ------
    DerivationError
        If a step cannot be verified again from its text, or a conclusion rests on no step of the derivation.
    """
    steps = [step for step in derivation.steps if _says_something(step)]
    claims = [*steps, *derivation.counterexamples]
    letters = _letters(claims)
    of = grammar(namespace(letters))
    stored = [_stored(name, step, of) for step in claims]
    proof, counterexamples = stored[: len(steps)], stored[len(steps) :]
    return Theorem(
        name,
        title,
        statement,
        tuple(hypotheses),
        tuple(_conclusion(item, steps, proof) for item in conclusions),
        tuple(remarks),
        source,
        numeric,
        letters,
        tuple(proof),
        tuple(counterexamples),
    )


def verify(record: Theorem) -> Verified:
    """Verify every claim of a theorem from its text, in order; see `Theorem.verify`."""
    of, derivation = grammar(namespace(record.letters)), Derivation()
    for claims, accept in (
        (record.proof, derivation.accept),
        (record.counterexamples, derivation.accept_counterexample),
    ):
        for stored in claims:
            step, shown = read(record.name, stored, of), (stored.latex, stored.conditions)
            if (relation(step), conditions(step)) != shown:
                raise DerivationError(f"{step.statement}: what is printed, {shown}, is not what is verified")
            accept(step)
    for conclusion in record.conclusions:
        if not all(
            number < len(record.proof) and record.proof[number].latex in conclusion.text for number in conclusion.steps
        ):
            raise DerivationError(f"{conclusion.text}: it does not show the steps on which it rests")
    return Verified(len(record.proof), len(record.counterexamples))


def relation(step: Claim) -> str:
    """LaTeX of a claim."""
    return f"{latex(step.left)} {RELATIONS[step.relation]} {latex(step.right)}"


def conditions(step: Claim) -> str:
    """LaTeX of the conditions on the letters of a claim."""
    return ", ".join(
        f"{latex(x.lhs)} {RELATIONS[x.rel_op]} {latex(x.rhs)}" if x.is_Relational else latex(x) for x in step.where
    )


def _says_something(step: Claim) -> bool:
    """Whether it is no identity whose sides are printed alike."""
    return step.relation != "=" or latex(readable(step.left)) != latex(readable(step.right))


def _conclusion(item: Any, steps: Sequence[Claim], proof: Sequence[ProofStep]) -> Conclusion:
    if isinstance(item, str):
        return Conclusion(item)
    words, *shown = item
    numbers = tuple(next((i for i, step in enumerate(steps) if step is wanted), -1) for wanted in shown)
    if -1 in numbers:
        raise DerivationError(f"{words}: it rests on a step that is not in the proof")
    return Conclusion(words % tuple(f"${proof[number].latex}$" for number in numbers), numbers)


def _stored(name: str, step: Claim, of: Grammar) -> ProofStep:
    """As text; LaTeX is printed from what the text says, in which SymPy may have moved a factor."""
    stored = ProofStep(
        step.statement,
        str(readable(step.left)),
        step.relation,
        str(readable(step.right)),
        "",
        tuple(str(readable(condition)) for condition in step.where),
        step.method,
        tuple((key, tuple(str(readable(value)) for value in values)) for key, values in step.data.items()),
        step.check,
    )
    again = read(name, stored, of)
    same = all(_same(readable(getattr(step, side)), getattr(again, side)) for side in ("left", "right"))
    if not (same and step.method and again.where == tuple(map(readable, step.where))):
        raise DerivationError(f"{step.statement}: it cannot be verified again from its text")
    return replace(stored, latex=relation(again), conditions=conditions(again))


def read(name: str, stored: ProofStep, of: Grammar) -> Claim:
    """The claim that a stored step says, for the theorem of some name.

    Raises
    ------
    ValueError
        For text that is not of the grammar, and for sides or conditions that are none.
    """

    def expression(text: str) -> sp.Expr:
        found = parsed(name, text, of)
        if not isinstance(found, sp.Expr):
            raise ValueError(f"{name}: an expression is required, got {short(text)!r}")
        return found

    where = tuple(parsed(name, text, of) for text in stored.where)
    if stored.relation not in RELATIONS or not all(isinstance(x, sp.Rel) and x.rel_op in RELATIONS for x in where):
        raise ValueError(f"{name}: relations {' '.join(RELATIONS)} are required, got {short(stored.relation)!r}")
    data = {
        key: tuple(sp.Symbol(text) if key == "reduction" else expression(text) for text in texts)
        for key, texts in stored.data
    }
    left, right = expression(stored.left), expression(stored.right)
    return Claim(stored.statement, left, right, stored.check, stored.relation, stored.method, where, data)


def _letters(steps: Iterable[Claim]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: set[sp.Symbol] = set()
    for step in steps:
        for value in (step.left, step.right, *step.where):
            found |= readable(value).free_symbols
        for key, values in step.data.items():
            if key != "reduction":
                found |= set().union(*(readable(value).free_symbols for value in values))
    names = [str(letter) for letter in found]
    if len(set(names)) != len(names):
        raise DerivationError(f"two letters of one name among {sorted(names)}")
    return tuple((str(letter), assumptions(letter)) for letter in sorted(found, key=str))


def namespace(letters: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, sp.Symbol]:
    """The letters that the text may name, with their assumptions.

    Raises
    ------
    ValueError
        For assumptions that are not among `ASSUMPTIONS`.
    """
    for name, given in letters:
        if given not in ASSUMPTIONS:
            raise ValueError(
                f"letters: assumptions such as real or positive are required, got {short(given)} of {name}"
            )
    return {name: sp.Symbol(name, **dict.fromkeys(given, True)) for name, given in letters}


def _same(first: sp.Expr, second: sp.Expr) -> bool:
    return bool(first == second or sp.simplify(first - second) == 0)
