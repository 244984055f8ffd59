"""Soft targets and row weights, end to end: kept with the row, trained on, refitted, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Warned
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.run.refits import FinishedCell, refit
from evokd.tasks.task import load_task
from graph.checking.rehearsal import refuse_what_cannot_work
from graph.session import check, start
from student.encoder import training_plan as plans
from student.encoder.training_plan import Phase
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings

SOFT = "student.targets=soft"
SURE = "loop.confidence=true"
SMALL = "prompts.pack=small"
THREE = "teachers.labeler=[{scripted: true}, {scripted: true}, {scripted: true}]"


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, *overrides)
    refuse_what_cannot_work(config)
    assert start(config, out).status == "done"
    return RunDir.open(out)


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> list[Phase]:
    """Every phase that a student is taught, in order."""
    seen: list[Phase] = []
    taught = plans.run_plan

    def told(plan: Any, *args: Any, **more: Any) -> Any:
        seen.extend(plan.phases)
        return taught(plan, *args, **more)

    monkeypatch.setattr("graph.core.student_store.run_plan", told)
    return seen


@pytest.mark.parametrize("source", [SMALL, SURE, THREE])
def test_every_source_of_probabilities_reaches_the_fit(
    source: str, shared: Path, tmp_path: Path, phases: list[Phase]
) -> None:
    directory = run(shared, tmp_path / "run", SOFT, source, "student.temperature=2")
    rows = {row["row"]: row for row in read_lines(directory.synthetic)}
    assert rows
    for row in rows.values():
        assert sum(row["distribution"].values()) == pytest.approx(1, abs=1e-5)
        assert set(row["distribution"]) <= {"negative", "positive"}
    warm_up, *taught = phases
    assert warm_up.soft is None and taught
    for phase in taught:
        assert phase.soft is not None
        for one, told in zip(phase.rows, phase.soft, strict=True):
            assert told == (rows[one.id]["distribution"] if one.id in rows else None)
    accepted = read_lines(directory.path / "rounds" / "001" / "accepted.jsonl")
    assert all(row["distribution"] for row in accepted)


def test_the_labeler_is_asked_how_sure_it_is_only_where_it_is_to_say(
    shared: Path, tmp_path: Path
) -> None:
    asked, plain = (run(shared, tmp_path / str(i), *more) for i, more in enumerate([[SURE], []]))
    votes = [vote for row in read_lines(asked.synthetic) for vote in row["votes"]]
    assert votes and all(0 <= vote["confidence"] <= 1 for vote in votes)
    lines = read_lines(plain.synthetic)
    assert lines and not any("distribution" in row for row in lines)
    assert not any("confidence" in vote for row in lines for vote in row["votes"])


@pytest.mark.parametrize(
    "given",
    [
        ["student.weights=confidence", SMALL],
        ["student.weights=difficulty"],
        ["student.weights=difficulty", "student.update=retrain"],
        ["student.weights=kind", "student.weight_of={hard: 3}"],
        ["student.weights=level", "loop.difficulty=[1, 2, 3]"],
        ["student.weights=value"],
    ],
)
def test_weights_of_mean_one_are_trained_with_and_on_record(
    given: list[str], shared: Path, tmp_path: Path, phases: list[Phase]
) -> None:
    directory = run(shared, tmp_path / "run", *given)
    files = sorted(directory.path.glob("rounds/*/weights.json"))
    assert len(files) == 2
    last = json.loads(files[-1].read_text(encoding="utf-8"))
    own = [last[row.id] for row in phases[-1].rows if row.id in last]
    assert sum(own) / len(own) == pytest.approx(1, abs=1e-3)
    taught = dict(zip((row.id for row in phases[-1].rows), phases[-1].weights or (), strict=True))
    assert last == {row: taught[row] for row in last}
    rounds = {row["round"] for row in read_lines(directory.synthetic) if row["row"] in last}
    assert rounds == {1, 2}, "rows of history keep their weights"


def test_a_hard_row_counts_as_often_as_it_was_told_to(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "student.weights=kind", "student.weight_of={hard: 3}")
    weights = json.loads((directory.path / "rounds/001/weights.json").read_text("utf-8"))
    kinds = {row["row"]: row["kind"] for row in read_lines(directory.synthetic)}
    by_kind = {kinds[row]: weight for row, weight in weights.items()}
    assert by_kind["hard"] == pytest.approx(3 * by_kind["easy"], rel=1e-4)


def test_stored_rows_are_refitted_with_other_targets_and_weights(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(
        shared, tmp_path / "run", SMALL, "student.weights=difficulty", "student.lr=0.01"
    )
    config = directory.config()

    def said(**changes: Any) -> list[str]:
        student = config.student.model_copy(update=changes)
        changed = config.model_copy(update={"student": student})
        return refit(FinishedCell(changed, load_task(config.task), directory), 2, 1)

    assert len(said(targets="soft")) == len(said(weights="none"))
    for weights in ("confidence", "difficulty"):
        assert said(weights=weights)
    with pytest.raises(ConfigError, match=r"student.weights: value: .* 'value'"):
        said(weights="value")


def test_soft_refits_of_rows_without_probabilities_are_refused(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run")
    config = directory.config()
    soft = config.model_copy(
        update={"student": config.student.model_copy(update={"targets": "soft"})}
    )
    with pytest.raises(ConfigError, match=r"student.targets: soft: .*synthetic.jsonl"):
        refit(FinishedCell(soft, load_task(config.task), directory), 2, 1)


def test_rows_whose_votes_told_nothing_teach_their_labels_and_the_trace_says_so(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.labeler.stated_confidence", lambda data: None)
    directory = run(shared, tmp_path / "run", SOFT, SURE)
    said = [one.text for one in read_events(directory.events) if isinstance(one, Warned)]
    assert any("student.targets: soft: " in text and "no distribution" in text for text in said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([SOFT], "nobody tells probabilities"),
        ([SOFT, "method=zerogen"], "no labeler votes"),
        ([SOFT, "loop.switches.separate_labels=false"], "no labeler votes"),
        ([SOFT, "loop.completions=3"], "nobody tells probabilities"),
        (["student.weights=confidence"], "student.weights: confidence: nobody"),
        (["student.weights=level"], "needs `loop.difficulty`"),
        (["student.temperature=2"], "set `student.targets: soft`"),
        ([SURE, SMALL], "loop.confidence: the labeler of pack small/en answers in log-prob"),
        ([SURE, "method=zerogen"], "loop.confidence: no labeler is asked"),
    ],
)
def test_refused_before_anything_is_spent(given: list[str], said: str, shared: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        check(settings(shared, "http://127.0.0.1:1", SCRIPTED, *given))


def test_a_method_that_writes_nothing_needs_no_probabilities(shared: Path) -> None:
    check(settings(shared, "http://127.0.0.1:1", SCRIPTED, SOFT, "method=no_aug"))
    warm = "teachers.labeler={scripted: true, temperature: 0.7}"
    check(settings(shared, "http://127.0.0.1:1", SCRIPTED, SOFT, "loop.completions=3", warm))


@pytest.mark.parametrize("kind", ["ner", "choice"])
def test_kinds_without_soft_targets(kind: str, shared: Path) -> None:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, SOFT)
    task = config.task.model_copy(update={"kind": kind})
    from graph.core.soft_labels import check_settings

    with pytest.raises(ConfigError, match=rf"student.targets: soft .* task.kind {kind}"):
        check_settings(config.model_copy(update={"task": task}))
