"""The tables of a report."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._runtime.results import Column
from .._runtime.tables import Table
from .findings import BY_THEORY, Curved, Findings, OfNorm, ratio
from .verdict import judged, work_gain

SHORT = "{:.3g}"
"""Three digits: a prediction to first order has no more."""


def steps_table(advice: Findings) -> Table:
    """Predicted steps of gradient descent, counted ones of Adam, and what a step costs."""
    first = advice.norms[0]
    most = max((each.adam.steps for each in advice.norms if each.adam is not None), default=0)
    never = {np.inf: "never"}
    columns = [
        Column("norm"),
        Column("steps_theory", "theory", "{:.4g}", never),
        Column("steps_data", "data", "{:.4g}", never),
        Column("gain", form=SHORT),
        Column("adam", "Adam", "{:.0f}", {np.inf: f"> {most}"}),
        Column("cost", form=SHORT),
        Column("work_gain", "gain in work", form=SHORT),
    ]
    rows = []
    for each in advice.norms:
        counted = None if each.adam is None else float(each.adam.steps) if each.adam.arrived else np.inf
        data = None if each.jumps or each.data is None else each.data.steps
        gains = _known(ratio(*judged(first, each))), _known(work_gain(first, each))
        rows.append([each.norm, each.training.steps, data, gains[0], counted, each.cost, gains[1]])
    until = f"until the L2 loss is {advice.accuracy:g} of its start"
    gain = f"gain over {first.norm} {advice.ground}, cost of a step"
    title = f"Steps of gradient descent, predicted, and of Adam, counted, {until}; {gain}"
    return _without_empty(Table(title, columns, rows))


def conditioning_table(advice: Findings) -> Table:
    """Ends of spectra, by theory and on data; where a norm jumps also of what training does not follow."""
    first, rows = advice.norms[0], []
    for each in advice.norms:
        kinds = [("training", each.training, first.training)] * each.jumps
        kinds.append(("Gauss-Newton" if each.jumps else "theory", each.gauss_newton, first.gauss_newton))
        if each.data is not None and first.data is not None:
            kinds.append(("data", each.data, first.data))
        for kind, curved, reference in kinds:
            kappa, gain = curved.condition_number, _known(_at_equal_sharpness(curved, reference))
            rows.append([each.norm, kind, curved.smallest, curved.largest, _known(kappa), gain])
    columns = [
        Column("norm"),
        Column("of"),
        Column("smallest", "rate", form=SHORT),
        Column("largest", "sharpness", "{:.4g}"),
        Column("condition_number", "kappa", form=SHORT),
        Column("gain_equal_sharpness", "gain", form=SHORT),
    ]
    title = "Conditioning: the slowest rate, the largest eigenvalue, and their ratio; gain at equal sharpness"
    return Table(title, columns, rows, keys=2)


def weight_table(advice: Findings) -> Table | None:
    """The weight of fewest steps, in units of the target too, and that of the smallest condition number."""
    if advice.weight is None:
        return None
    best, unit = advice.weight, advice.unit
    numbers: dict[str, tuple[float, ...]] = {"fewest steps": (best.weight, best.recommended, *best.interval)}
    if not np.isnan(unit):
        numbers["in units of f"] = tuple(unit * number for number in numbers["fewest steps"])
    if advice.optimum is not None:
        numbers["smallest kappa"] = (advice.optimum.weight, advice.optimum.recommended, *advice.optimum.interval)
    columns = [Column("by"), *(Column(name, form=SHORT) for name in ("best", "recommended", "close from", "to"))]
    notes = [] if np.isnan(unit) else [f"in units of f: times E|grad f|^2 / Var f = {unit:.4g}"]
    if advice.optimum is not None and advice.ground != BY_THEORY:
        notes.append(f"fewest steps {advice.ground}, smallest kappa {BY_THEORY}")
    rows = [[name, *found] for name, found in numbers.items()]
    return Table("Weight lambda_1 of the derivatives", columns, rows, notes)


def samples_table(advice: Findings) -> Table | None:
    """How many samples are needed, and what counting equations and the law of sampled matrices say."""
    known = [each for each in advice.norms if each.samples is not None]
    if not known:
        return None
    rows = [[each.norm, *_needed(each), advice.law.get(each.norm)] for each in known]
    tried = max(each.samples.tried for each in known if each.samples is not None)
    columns = [
        Column("norm"),
        Column("needed", "", "{:.0f}", {np.inf: f"> {tried}"}),
        Column("equations", "parameters over equations", "{:.4g}"),
        Column("law", "law, per dimension", form=SHORT),
    ]
    title = f"Samples that leave {advice.accuracy:g} of the L2 error open"
    return _without_empty(Table(title, columns, rows))


def agreement_table(advice: Findings) -> Table | None:
    """Data against theory."""
    known = [each.agreement for each in advice.norms if each.agreement is not None]
    columns = [
        Column("norm"),
        Column("distance", form=SHORT),
        Column("distance_error", "by chance", "{:.2g}"),
        Column("trace", "trace ratio", "{:.4g}"),
        Column("trace_error", "+-", "{:.2g}"),
    ]
    title = "Gauss-Newton matrices of the data less those of theory, in units of these"
    return Table.of(title, columns, known) if known else None


def _needed(each: OfNorm) -> tuple[float | None, float | None]:
    return (None, None) if each.samples is None else (each.samples.needed, each.samples.equations)


def _at_equal_sharpness(curved: Curved, reference: Curved) -> float:
    return ratio(reference.condition_number, curved.condition_number)


def _known(value: float) -> float | None:
    """A number, or none."""
    return None if np.isnan(value) else value


def _without_empty(table: Table) -> Table:
    """Without columns that hold nothing."""
    held = [k for k in range(len(table.columns)) if any(row[k] is not None for row in table.values)]
    rows: list[list[Any]] = [[row[k] for k in held] for row in table.values]
    return Table(table.title, [table.columns[k] for k in held], rows, table.notes, table.keys)
