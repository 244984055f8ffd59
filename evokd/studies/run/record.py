"""What a study keeps of a run, read from its directory: a row of results, and rows a round.

Only what the run wrote is read; a value that is not there stays None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Literal, TypedDict

from evokd.config import ConfigError
from evokd.runs.representation import flattened
from evokd.runs.run import read_run
from evokd.runs.totals import billed_by_round, read_totals
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.grid.cells import Cell
from evokd.studies.measures.area import BY_TOKENS, area, known_to_the_end
from evokd.tasks.formats import task_format_of
from graph.methods import METHODS

JsonRow = dict[str, Any]
LEAKED = "equals a held-out row"
"""Reason of the ballot for a generated row that a test or dev row equals."""


class Spent(TypedDict):
    """From the ledger."""

    billed_tokens: int
    useful_tokens: int
    calls: int
    """Useful ones, as a run that was never interrupted has them."""


def result_row(
    cell: Cell, run: RunDir, status: Literal["done", "failed"], reason: str, where: str
) -> JsonRow:
    """A line of results.jsonl.

    Args:
        cell: What was run.
        run: Its directory; of a failed cell it may be incomplete, or missing.
        status: How it ended.
        reason: Why it ended.
        where: Path of the directory, relative to the study's.
    """
    told = _told(run)
    by = cell.made_by
    row: JsonRow = {
        **_place(cell),
        "status": status,
        "reason": reason,
        **_spent(run),
        **dict.fromkeys((*_SCORED, *MEASURED)),
        "metric": cell.config.task.metric,
        "flat": status == "done" and METHODS[cell.config.method].goes_on_flat(reason),
        "switches": cell.config.loop.switches.model_dump()
        | {"analysis": cell.config.loop.feedback.analysis != "none"},
        "revision": by and by.revision,
        "pack_sha": by and by.pack,
        "follows": cell.follows,
        "wall_s": told.get("elapsed_s"),
        "versions": told.get("versions"),
        "run": where,
    }
    if status == "failed":
        return row
    return row | _scored(cell, run) | _over_budget(cell, run, row)


_SCORED = (
    *("area", "filled"),
    *("macro_f1", "accuracy", "start_macro_f1", "score", "start_score"),
    *("rounds", "accepted", "kept", "rejected", "leaked", "steps", "trained_tokens"),
    *("slice_recall", "start_slice_recall", "rest_recall", "start_rest_recall"),
    *("ece", "brier", "nll", "temperature", "scaled_ece", "scaled_brier", "scaled_nll"),
)
"""What only a finished run has; `steps` are those between base weights and the last student."""
MEASURED = (
    *("refits", "last_score", "last_sd", "refit_area", "refit_area_sd"),
    *("label_accuracy", "judge_accuracy", "reference"),
)
"""What `evokd.studies.run.measure` adds; null where it was not asked for."""


def _place(cell: Cell) -> JsonRow:
    """Where a cell stands in the grid, and what sets it apart there."""
    loop = cell.config.loop
    real = METHODS[cell.config.method].sees_real_texts or loop.pool_share > 0 or loop.rewrite > 0
    return {"cell": cell.id, **asdict(cell.axes), "real_texts": real}


def _told(run: RunDir) -> JsonRow:
    try:
        return run.run()
    except ConfigError:
        return {}


def _spent(run: RunDir) -> Spent | dict[str, None]:
    if not run.ledger.is_file():
        return dict.fromkeys(("billed_tokens", "useful_tokens", "calls"))
    books = read_totals(read_run(run.path), "edge")
    billed, useful = books["billed"], books["useful"]
    return Spent(
        billed_tokens=billed["prompt_tokens"] + billed["completion_tokens"],
        useful_tokens=useful["prompt_tokens"] + useful["completion_tokens"],
        calls=useful["calls"],
    )


def _scored(cell: Cell, run: RunDir) -> JsonRow:
    lines = read_lines(run.metrics)
    first, last = lines[0], lines[-1]
    sums = {
        name: sum(line[name] for line in lines)
        for name in ("accepted", "rejected", "trained_tokens")
    }
    return {
        "macro_f1": last["test"]["macro_f1"],
        "accuracy": last["test"]["accuracy"],
        "start_macro_f1": first["test"]["macro_f1"],
        "score": last["test"][cell.config.task.metric],
        "start_score": first["test"][cell.config.task.metric],
        "rounds": last["round"],
        **sums,
        "kept": sum(line.get("kept", line["accepted"]) for line in lines)
        if "kept" in last
        else None,
        "steps": last["student_steps"],
        "leaked": _leaked(run),
        **_calibrated(last),
        **{
            f"{when}{part}recall": line.get("slice", {}).get(f"{part.removeprefix('slice_')}recall")
            for when, line in (("", last), ("start_", first))
            for part in ("slice_", "rest_")
        },
    }


def _calibrated(line: JsonRow) -> JsonRow:
    """How sure the last student is on the test rows, as it is and with its temperature."""
    found = line.get("calibration") or {}
    test = found.get("test") or {}
    before, after = test.get("before") or {}, test.get("after") or {}
    return {
        "temperature": found.get("temperature"),
        **{name: before.get(name) for name in ("ece", "brier", "nll")},
        **{f"scaled_{name}": after.get(name) for name in ("ece", "brier", "nll")},
    }


def _over_budget(cell: Cell, run: RunDir, row: JsonRow) -> JsonRow:
    """The area under the curve, and how much of the budget was used; null where there is none.

    A method that no budget matters to spends nothing: its curve is one score.
    """
    budget, lines = cell.config.budget.tokens, read_lines(run.metrics)
    if budget is None or row["billed_tokens"] is None:
        return {}
    filled = row["billed_tokens"] / budget
    free = "budget" in METHODS[cell.config.method].indifferent
    if not free and not known_to_the_end(
        flat=row["flat"], by_tokens=row["reason"] == BY_TOKENS, filled=filled
    ):
        return {"filled": filled}
    metric = cell.config.task.metric
    scores = [line["test"][metric] for line in lines]
    tokens = [line["billed_tokens"] for line in lines]
    return {
        "area": area(tokens, scores, budget, scores[0]),
        "filled": None if free else filled,
    }


def _leaked(run: RunDir) -> int:
    files = sorted(run.path.glob("rounds/*/rejected.jsonl"))
    return sum(row["reason"] == LEAKED for file in files for row in read_lines(file))


PLACE = ("cell", "method", "task", "variant", "shots", "seed", "budget", "real_texts", "round")
CURVE = (
    *PLACE,
    *("billed_tokens", "useful_tokens", "score", "macro_f1", "accuracy"),
    *("accepted", "rejected", "steps", "dev_score"),
)
"""Columns of curves.csv; those of `evokd.runs.representation` follow where a run has them, and one
an edge."""
CLASS = (*PLACE, "class", "rows", "f1_before")
"""Columns of classes.csv."""


def curve_rows(cell: Cell, run: RunDir) -> Iterator[JsonRow]:
    """Lines of curves.csv, one a closed round; an edge's column holds its tokens so far."""
    by_round = billed_by_round(read_run(run.path))
    edges = list(dict.fromkeys(edge for spent in by_round.values() for edge in spent))
    so_far = dict.fromkeys(edges, 0)
    done = -1
    for line in read_lines(run.metrics):
        for number in range(done + 1, line["round"] + 1):
            for edge, tokens in by_round.get(number, {}).items():
                so_far[edge] += tokens
        done = line["round"]
        yield {
            **_place(cell),
            "round": line["round"],
            "billed_tokens": sum(so_far.values()),
            "useful_tokens": line["useful_tokens"],
            "score": line["test"][cell.config.task.metric],
            "macro_f1": line["test"]["macro_f1"],
            "accuracy": line["test"]["accuracy"],
            "accepted": line["accepted"],
            "rejected": line["rejected"],
            "steps": line["student_steps"],
            "dev_score": (line["dev"] or {}).get(cell.config.task.metric),
            **flattened(line),
            **{f"tokens:{source}→{target}": n for (source, target), n in so_far.items()},
        }


def class_rows(cell: Cell, run: RunDir) -> Iterator[JsonRow]:
    """Lines of classes.csv: what each round wrote for a class, and its F1 on test before that."""
    written: defaultdict[int, Counter[str]] = defaultdict(Counter)
    classes_of = task_format_of(cell.config.task).classes
    for row in read_lines(run.synthetic):
        written[row["round"]].update(classes_of(row["label"]))
    before: dict[str, float] = {}
    for line in read_lines(run.metrics):
        if line["round"]:
            for label in line["class_f1"]:
                yield {
                    **_place(cell),
                    "round": line["round"],
                    "class": label,
                    "rows": written[line["round"]][label],
                    "f1_before": before.get(label),
                }
        before = line["class_f1"]
