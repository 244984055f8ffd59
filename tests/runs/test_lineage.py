"""A run of two rounds, made of events alone: every way through it, known in advance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evokd.config import Config
from evokd.runs.chain_document import document
from evokd.runs.lineage import Lineage
from evokd.store.event_log import EventLog
from evokd.store.events import (
    Analysed,
    Audited,
    Called,
    Drafted,
    Evaluated,
    Event,
    Judged,
    Retested,
    Scored,
    Seeded,
    Voted,
)
from evokd.store.run_dir import RunDir
from tests.runs.made_run import Maker


def called(
    number: int, node: str, call: str, slot: str, status: str = "ok", tokens: int = 10
) -> Called:
    return Called(
        round=number, node=node, call=call, agent=node, source="x", model="m", slot=slot, attempt=1,
        status=status, template="t", template_sha="s", messages=[("user", "?")], reply="!",
        error=None, prompt_tokens=tokens, completion_tokens=tokens, seconds=0.1,
    )  # fmt: skip


def drafted(
    row: str, number: int, call: str, *parents: str, rewrites: list[str] | None = None
) -> Drafted:
    return Drafted(
        round=number, node="hard_generator", row=row, call=call, text=f"text of {row}", kind="hard",
        intended_label="a", parents=list(parents), rewrites=rewrites or [],
    )  # fmt: skip


def judged(row: str, number: int, action: str) -> Judged:
    return Judged(
        round=number, node="critic", row=row, by="critic", action=action,
        label="a" if action == "accept" else None, reason=f"{action}, because",
    )  # fmt: skip


def evaluated(row: str, number: int, predicted: str) -> Evaluated:
    return Evaluated(
        round=number, node="evaluator", row=row, label="a", predicted=predicted, confidence=0.6
    )


def retested(row: str, number: int, predicted: str, *, trained: bool) -> Retested:
    return Retested(
        round=number, node="trainer", row=row, label="a", predicted=predicted, confidence=0.7,
        trained=trained,
    )  # fmt: skip


def scored(number: int, f1: float) -> Scored:
    return Scored(
        round=number, node="trainer", dev=None, test={"macro_f1": f1, "accuracy": f1},
        billed_tokens=number * 100, accepted=1, rejected=1,
    )  # fmt: skip


EVENTS: list[Event] = [
    Seeded(node="warm_up", row="train-1", text="seed one", label="a"),
    Seeded(node="warm_up", row="train-2", text="seed two", label="a"),
    retested("train-1", 0, "b", trained=True),
    scored(0, 0.4),
    called(1, "analyst", "c-analyst", "analysis"),
    Analysed(round=1, node="analyst", call="c-analyst", text="weak at b", right=["train-2"],
             wrong=["train-1"], cited=["train-1"]),
    called(1, "hard_generator", "c-bad", "wave-0/text-0", "rejected", tokens=3),
    called(1, "hard_generator", "c-repair", "wave-0/text-0/repair-1", tokens=5),
    called(1, "hard_generator", "c-other", "wave-0/text-01", tokens=50),
    drafted("r001-h001", 1, "c-repair", "train-1"),
    drafted("r001-h002", 1, "c-repair", "train-1"),
    drafted("r001-h003", 1, "c-other", "train-1"),
    called(1, "labeler", "c-label", "label-r001-h001"),
    *(Voted(round=1, node="labeler", row=f"r001-h00{n}", call="c-label", voter=0, label="a")
      for n in (1, 2, 3)),
    judged("r001-h001", 1, "accept"),
    judged("r001-h002", 1, "reject"),
    judged("r001-h003", 1, "retry"),
    called(1, "hard_generator", "c-again", "wave-1/text-0"),
    drafted("r001-h001-retry1", 1, "c-again", "train-1", rewrites=["r001-h003"]),
    judged("r001-h001-retry1", 1, "accept"),
    evaluated("r001-h001", 1, "b"),
    evaluated("r001-h001-retry1", 1, "a"),
    retested("train-1", 1, "a", trained=False),
    retested("r001-h001", 1, "b", trained=True),
    scored(1, 0.5),
    Analysed(round=2, node="analyst", call=None, text="still", right=["r001-h001-retry1"],
             wrong=["r001-h001"], cited=["r001-h001"]),
    drafted("r002-h001", 2, "c-2", "r001-h001"),
    judged("r002-h001", 2, "accept"),
    evaluated("r002-h001", 2, "a"),
    retested("r001-h001", 2, "a", trained=False),
    scored(2, 0.6),
    Analysed(round=3, node="analyst", call=None, text="?", right=["r002-h001"], wrong=[], cited=[]),
    drafted("r003-h001", 3, "c-3"),
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    task = {"labels": {"a": "", "b": ""}, "data": {"train": "t.jsonl", "test": "t.jsonl"}}
    directory = RunDir.create(tmp_path / "run", Config.model_validate({"task": task}), {"id": "x"})
    log = EventLog(directory.events)
    for event in EVENTS:
        log.add(event)
    log.close()
    return directory


@pytest.fixture
def lineage(run: RunDir) -> Iterator[Lineage]:
    with Lineage(run) as opened:
        yield opened


def test_back_to_the_analysis_the_calls_and_the_errors(lineage: Lineage) -> None:
    back = lineage.back("r001-h001")
    assert back is not None and back.analysis is not None
    assert back.analysis.text == "weak at b"
    assert [one.call for one in back.exchanges] == ["c-analyst", "c-repair", "c-label"]
    writer = back.exchanges[1]
    assert [call.call for call in writer.calls] == ["c-bad", "c-repair"], "its attempts, no other's"
    assert (writer.tokens, writer.rows, writer.share) == (16, 2, 8)
    assert back.exchanges[0].rows == 4, "all that was written from the analysis shares its cost"
    assert back.tokens == pytest.approx(20 / 4 + 16 / 2 + 20 / 3)
    assert [[row.id for row in group] for group in back.ancestors] == [["train-1"]]
    assert [event.test["macro_f1"] for event in back.scores] == [0.4, 0.5]


def test_back_is_transitive_to_the_seed(lineage: Lineage) -> None:
    back = lineage.back("r002-h001")
    assert back is not None and not back.cut
    assert [[row.id for row in group] for group in back.ancestors] == [["r001-h001"], ["train-1"]]
    short = lineage.back("r002-h001", most=1)
    assert short is not None and short.cut and len(short.ancestors) == 1


def test_back_from_a_rewriting_to_what_was_sent_back(lineage: Lineage) -> None:
    row = lineage.row("r001-h001-retry1")
    assert row is not None and row.rewrites == ("r001-h003",)
    old = lineage.forward("r001-h003")
    assert old is not None and old.rewritten == ("r001-h001-retry1",)
    assert old.row.fate == "sent back" and old.row.verdicts[-1].reason == "retry, because"


def test_forward_from_an_error_to_what_was_done_about_it(lineage: Lineage) -> None:
    ahead = lineage.forward("train-1")
    assert ahead is not None
    (seen,) = ahead.analyses
    assert seen.analysis.round == 1 and set(seen.how) == {"wrong", "cited"}
    fates = {row.id: row.fate for row in ahead.answers}
    assert fates == {
        "r001-h001": "trained",
        "r001-h002": "rejected",
        "r001-h003": "sent back",
        "r001-h001-retry1": "trained",
    }
    assert [(v.round, v.predicted) for v in ahead.row.after] == [(0, "b"), (1, "a")]
    assert [event.round for event in ahead.scores] == [0, 1]
    short = lineage.forward("train-1", most=1)
    assert short is not None and (len(short.answers), short.more) == (1, 3)


def test_how_a_training_row_fared(lineage: Lineage) -> None:
    row = lineage.row("r001-h001")
    assert row is not None and row.before is not None
    assert (row.before.predicted, row.fate, row.label) == ("b", "trained", "a")
    assert [(v.round, v.predicted, v.trained) for v in row.after] == [
        (1, "b", True),
        (2, "a", False),
    ]


@pytest.mark.parametrize(
    ("row", "fate"), [("train-2", "seed"), ("r003-h001", "open"), ("r001-h002", "rejected")]
)
def test_fates(lineage: Lineage, row: str, fate: str) -> None:
    found = lineage.row(row)
    assert found is not None and found.fate == fate


def test_an_unknown_row_is_none(lineage: Lineage) -> None:
    assert lineage.row("nobody") is None
    assert lineage.back("nobody") is None and lineage.forward("nobody") is None


def test_what_a_resume_repeats_is_said_once(run: RunDir) -> None:
    log = EventLog(run.events)
    for event in EVENTS:
        if event.round == 2:
            log.add(event)
    log.close()
    with Lineage(run) as lineage:
        row, ahead = lineage.row("r002-h001"), lineage.forward("r001-h001")
    assert row is not None and len(row.verdicts) == 1
    assert ahead is not None and [one.id for one in ahead.answers] == ["r002-h001"]
    assert [seen.analysis.round for seen in ahead.analyses] == [2]
    assert len(ahead.row.after) == 2


def test_every_question_goes_through_an_index(lineage: Lineage) -> None:
    asked: list[str] = []
    lineage._db.set_trace_callback(asked.append)
    lineage.back("r002-h001")
    lineage.forward("train-1")
    lineage._db.set_trace_callback(None)
    assert asked
    for query in asked:
        plan = [row[3] for row in lineage._db.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not any(step.startswith("SCAN") for step in plan), (query, plan)


def test_an_audit_is_told_on_every_page_and_does_nothing(tmp_path: Path) -> None:
    """The last word on a row that was doubted and dropped in round 2, after its own round."""
    maker = Maker(tmp_path / "run")
    maker.round(1, ["Great phone."])
    audit = Audited(
        row="r001-h001", label="positive", suspect=True, likelier="negative", weight=0.0,
        reason="<script>alert(1)</script>",
    )  # fmt: skip
    maker.emit(audit, 2, "auditor")
    maker.round(2, ["Lovely lid."])
    made = maker.end()
    with Lineage(RunDir.open(made.path)) as lineage:
        back, forward = lineage.back("r001-h001"), lineage.forward("r001-h001")
    assert back is not None and forward is not None
    assert back.row.fate == "left out" and [one.round for one in back.row.audits] == [2]
    told = document(back, forward)
    assert [one["reason"] for one in told["audits"]] == [audit.reason]
    assert "audited" in {event["type"] for event in told["events"]}
