"""Students on the rows that a policy would have kept of a finished cell's, at no tokens.

`study.refit_keeps: {shapley: {policy: knn_shapley, share: 0.5}}` trains as many students on what
the policy keeps as on rows drawn at random, as many in each round, and on all rows: from the same
seeds, so that a difference is the choice's alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evokd.config import ConfigError, KeepConfig, RunError
from evokd.store.artefacts import dumps
from evokd.store.run_dir import read_lines
from evokd.studies.run.refits import FinishedCell, mean_and_sd, refit
from evokd.studies.run.would_keep import would_keep
from graph.methods import METHODS

KEEPS = "refit_keeps.jsonl"
"""In a run directory: a line a choice and refit."""
COLUMN = "keeps"
"""Of results: name → mean `score` of its refits and their `sd`, `rows` that stayed `of` so many,
`random` and `all` (mean score with as many random rows, with all), or the `reason` for none."""
CONTROL = "uniform"


def refit_keeps(cell: FinishedCell, keeps: Mapping[str, KeepConfig], count: int) -> dict[str, Any]:
    """Fit those that are not on record; gives the column of results.

    A policy that can't choose here stands there with the reason; the others are fitted.
    """
    found: dict[str, Any] = {}
    for name, keep in keeps.items():
        key, settings = f"study.refit_keeps.{name}", _settings(keep)
        reason = _nothing_to_choose(cell)
        try:
            if reason is not None:
                raise ConfigError(reason)
            scores, rows = _scores(cell, keep, key, count)
            chance, _ = _scores(cell, _control(keep), key, count)
            whole, _ = _scores(cell, None, key, count)
        except (ConfigError, RunError) as error:  # the walk's student may have diverged
            found[name] = {"settings": settings, "score": None, "reason": str(error)}
            continue
        told = mean_and_sd("score", scores)
        found[name] = {
            "settings": settings,
            "score": told["score"],
            "sd": told["score_sd"],
            "random": mean_and_sd("score", chance)["score"],
            "all": mean_and_sd("score", whole)["score"],
            "rows": rows,
            "of": len(cell.rows),
            "refits": count,
        }
    return {COLUMN: found}


def lacks_keeps(row: Mapping[str, Any], keeps: Mapping[str, KeepConfig], count: int) -> bool:
    """Whether the row of a finished cell lacks one of them, or some of its refits."""
    known = row.get(COLUMN) or {}
    for name, keep in keeps.items():
        one = known.get(name)
        if one is None or one["settings"] != _settings(keep):
            return True
        if one["score"] is not None and one["refits"] < count:
            return True
    return False


def _settings(keep: KeepConfig) -> dict[str, Any]:
    return keep.model_dump(mode="json", exclude_none=True)


def _control(keep: KeepConfig) -> KeepConfig:
    """Random rows, as many in each round."""
    return KeepConfig(policy=CONTROL, share=keep.share, per_class=keep.per_class)


def _nothing_to_choose(cell: FinishedCell) -> str | None:
    """Why there is nothing to choose from; None where there is."""
    if METHODS[cell.config.method].reference or not any(number for number, _ in cell.rows):
        return "the run has no rows to choose from"
    if cell.config.loop.keep is not None:
        return "the run chose its rows itself (loop.keep)"
    return None


def _scores(
    cell: FinishedCell, keep: KeepConfig | None, key: str, count: int
) -> tuple[list[float], int]:
    """Of each refit the task's metric, and how many rows stayed; each is on the disk when done.

    Without a `keep` all rows stay.
    """
    file, metric = cell.run.path / KEEPS, cell.config.task.metric
    lines = read_lines(file) if file.is_file() else []
    same = {"settings": None if keep is None else _settings(keep)}
    done = {one["refit"]: one for one in lines if same.items() <= one.items()}
    missing = [number for number in range(1, count + 1) if number not in done]
    if missing:
        chosen = cell if keep is None else replace(cell, only=would_keep(cell, keep, key))
        for number in missing:
            said = refit(chosen, cell.last, number)
            score = cell.form(cell.last).scores(cell.test(cell.last), said)[metric]
            done[number] = {**same, "refit": number, "score": score, "rows": len(chosen.rows)}
            with file.open("a", encoding="utf-8") as out:
                out.write(f"{dumps(done[number])}\n")
    return [done[number]["score"] for number in range(1, count + 1)], done[1]["rows"]
