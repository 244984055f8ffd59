"""selector: which responses the student learns from, and as many by chance for its control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evokd.config.dasd import SelectionConfig
from evokd.dasd.choosing import by_chance, choose, thresholds_of
from evokd.dasd.rows import Judged, Row
from evokd.dasd.selection import Selection, kept_by_divergence
from evokd.store.events import Judged as Told
from evokd.store.events import Warned
from evokd.store.run_dir import read_lines
from graph.classroom import classroom
from graph.course import STAGE_OF
from graph.dasd_state import DasdState
from graph.visit import Visit


async def selector(state: DasdState, visit: Visit) -> dict[str, Any]:
    """Choose; a selection that keeps nothing is told, and the run goes on without."""
    bench, stage = visit.bench, STAGE_OF[state["round"]]
    config = bench.config.dasd.selection
    if stage == "mixed":  # published: all that pass the filters
        config = SelectionConfig(by="all")
    judged = visit.read(state["judged"][stage], Judged)
    rows = {row.id: row for row in visit.read(state["kept"][stage], Row)}
    candidates = tuple(one.candidate for one in judged)
    chosen = choose(config, candidates, bench.config.seed)
    chance = by_chance(config, candidates, chosen, bench.config.seed)
    if chosen.reason:
        visit.emit(Warned(text=f"{stage}: nothing was selected: {chosen.reason}"))
    taken = {one.id for one in chosen.kept}
    lines = [_line(one, config, taken, {c.id for c in chance.kept}) for one in judged]
    for line in lines:
        visit.emit(
            Told(
                row=line["row"],
                by="selector",
                action="accept" if line["chosen"] else "reject",
                label=rows[line["row"]].answer,
                reason=_reason(line),
            )
        )
    _write(visit, config, rows, lines, judged, chosen)
    picked = {
        "chosen": [one.id for one in chosen.kept],
        "chance": [one.id for one in chance.kept],
    }
    return {"chosen": {stage: bench.artefacts.put([picked])}}


def _line(
    one: Judged, config: SelectionConfig, taken: set[str], chance: set[str]
) -> dict[str, Any]:
    """What is known of a response, for people and figures."""
    limits, scored = thresholds_of(config), one.scored
    line: dict[str, Any] = {
        "row": one.row,
        "question": one.question,
        "stratum": one.stratum,
        "tokens": one.size,
        "score": None,
        "nll": one.nll,
        "rsr": one.rsr,
        "refused": one.refused,
        "chosen": one.row in taken,
        "by_chance": one.row in chance,
        "prompt_sha": one.prompt_sha,
    }
    if scored is None:
        return line
    by_byte = replace(limits, per="byte")
    return line | {
        "score": scored.score(config.weighting, limits),
        "divergence": scored.divergence("bytes", "token"),
        "divergence_by_byte": scored.divergence("bytes", "byte"),
        "teacher_share": scored.teacher_share(limits),
        "categories": dict(scored.categories(limits)),
        "categories_by_byte": dict(scored.categories(by_byte)),
        "sentences": len(scored.sentences),
        "unscored_sentences": scored.unscored,
        "straddlers": scored.straddlers,
    }


def _reason(line: Mapping[str, Any]) -> str:
    score = "" if line["score"] is None else f" (score {line['score']:.3f})"
    if line["chosen"]:
        return f"selected{score}"
    return f"no score: {line['refused']}" if line["refused"] else "not selected"


def _write(
    visit: Visit,
    config: SelectionConfig,
    rows: Mapping[str, Row],
    lines: Sequence[dict[str, Any]],
    judged: Sequence[Judged],
    chosen: Selection,
) -> None:
    bench, number, put = visit.bench, visit.hop.round, visit.bench.dir.write_round
    left = [
        {
            "row": line["row"],
            "action": "reject",
            "label": rows[line["row"]].answer,
            "reason": "no score: " + line["refused"] if line["refused"] else "not selected",
            "call": None,
            "text": rows[line["row"]].text,
            "kind": "plain",
        }
        for line in lines
        if not line["chosen"]
    ]
    dropped = read_lines(bench.dir.path / "rounds" / f"{number:03d}" / "dropped.jsonl")
    put(number, "rejected.jsonl", [*dropped, *left])
    put(number, "scores.jsonl", lines)
    accepted = [_synthetic(visit, rows[one["row"]], one) for one in lines if one["chosen"]]
    put(number, "accepted.jsonl", accepted)
    bench.dir.replace_lines(bench.dir.synthetic, number, accepted)
    put(number, "selection.json", [_summary(config, judged, chosen)])


def _summary(
    config: SelectionConfig, judged: Sequence[Judged], chosen: Selection
) -> dict[str, Any]:
    """The selection in numbers; with what thresholds would keep at other divergences."""
    candidates = [one.candidate for one in judged]
    by_delta = kept_by_divergence(candidates, thresholds_of(config))
    return {
        "by": config.by,
        "order": config.order,
        "of": chosen.of,
        "kept": len(chosen.kept),
        "unscored": sum(one.scored is None for one in judged),
        "refused": dict(Counter(one.refused for one in judged if one.refused)),
        "tokens": chosen.size,
        "reason": chosen.reason,
        "kept_by_thresholds": {f"{delta:g}": share for delta, share in by_delta.items()},
    }


def _synthetic(visit: Visit, row: Row, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of synthetic.jsonl: a response that is learnt, with its lineage."""
    asked = classroom(visit).course.by_id[row.question]
    return {
        "row": row.id,
        "round": visit.hop.round,
        "kind": "plain",
        "text": row.text,
        "label": row.answer,
        "intended_label": asked.label,
        "question": asked.text,
        "stratum": row.stratum,
        "score": line["score"],
        "probability": None,
        "agreement": 1.0,
        "votes": [],
        "calls": list(row.calls),
        "parents": [row.question],
    }
