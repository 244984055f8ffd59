"""selector: which responses the student learns from, and as many by chance for its control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evokd.dasd.choosing import by_chance, by_tokens, choose, thresholds_of
from evokd.dasd.rows import ResponseRow, ScoredResponse
from evokd.dasd.selection import Selection, kept_by_divergence
from evokd.dasd.settings import SelectionConfig
from evokd.store.events import Judged as Told
from evokd.store.events import Warned
from graph.core.node_context import NodeContext
from graph.dasd.curriculum import STAGE_OF
from graph.dasd.services import DasdServices
from graph.dasd.state import DasdState


async def selector(state: DasdState, node: NodeContext, services: DasdServices) -> dict[str, Any]:
    """Choose; a selection that keeps nothing is told, and the run goes on without."""
    run, stage = node.run, STAGE_OF[state["round"]]
    config = services.settings.selection
    if stage == "mixed":  # published: all that pass the filters
        config = SelectionConfig(by="all")
    judged = node.read(state["judged"][stage], ScoredResponse)
    rows = {row.id: row for row in node.read(state["kept"][stage], ResponseRow)}
    candidates = tuple(one.candidate for one in judged)
    chosen = choose(config, candidates, run.config.seed)
    chance = by_chance(config, candidates, chosen, run.config.seed)
    if chosen.reason:
        node.emit(Warned(text=f"{stage}: nothing was selected: {chosen.reason}"))
    taken = {one.id for one in chosen.kept}
    lines = [_line(one, config, taken, {c.id for c in chance.kept}) for one in judged]
    for line in lines:
        node.emit(
            Told(
                row=line["row"],
                by="selector",
                action="accept" if line["chosen"] else "reject",
                label=rows[line["row"]].answer,
                reason=_reason(line),
            )
        )
    dropped = run.artefacts.get(state["dropped"][stage])
    _write(node, services, config, rows, lines, judged, chosen, dropped)
    picked = {
        "chosen": [one.id for one in chosen.kept],
        "chance": [one.id for one in chance.kept],
        "tokens": [one.id for one in by_tokens(candidates, chosen, run.config.seed).kept],
    }
    return {"chosen": {stage: run.artefacts.put([picked])}}


def _line(
    one: ScoredResponse, config: SelectionConfig, taken: set[str], chance: set[str]
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
    node: NodeContext,
    services: DasdServices,
    config: SelectionConfig,
    rows: Mapping[str, ResponseRow],
    lines: Sequence[dict[str, Any]],
    judged: Sequence[ScoredResponse],
    chosen: Selection,
    dropped: Sequence[dict[str, Any]],
) -> None:
    run, number, put = node.run, node.edge.round, node.run.dir.write_round
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
    put(number, "rejected.jsonl", [*dropped, *left])
    put(number, "scores.jsonl", lines)
    accepted = [_synthetic(node, services, rows[one["row"]], one) for one in lines if one["chosen"]]
    put(number, "accepted.jsonl", accepted)
    run.dir.replace_lines(run.dir.synthetic, number, accepted)
    put(number, "selection.json", [_summary(config, judged, chosen)])


def _summary(
    config: SelectionConfig, judged: Sequence[ScoredResponse], chosen: Selection
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


def _synthetic(
    node: NodeContext, services: DasdServices, row: ResponseRow, line: Mapping[str, Any]
) -> dict[str, Any]:
    """A line of synthetic.jsonl: a response that is learnt, with its lineage."""
    asked = services.curriculum.by_id[row.question]
    return {
        "row": row.id,
        "round": node.edge.round,
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
