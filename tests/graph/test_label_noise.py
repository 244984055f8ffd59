"""`student.noise`: an auditor that lists doubtful labels and hands on weights. No tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evokd.config import Config, ConfigError, NoiseConfig, parse_config
from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Audited, Retested
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.example import Example
from graph.core import label_doubts
from graph.core.label_doubts import confident_doubts, left_out, weights_of
from graph.core.student_store import StudentStore
from graph.draw import mermaid
from graph.methods import method_of
from graph.session import start
from student.encoder.training_plan import TrainingPlan
from student.results import FitReport
from student.selection.co_training import CoTraining
from tests.graph.scripted_task import scripted_task
from tests.graph.test_wirings import config as wired

TASK = {"kind": "classification", "labels": {"negative": "unhappy", "positive": "happy"}}
LABELS = ("negative", "positive")
DOUBTED: set[str] = {"r001-h003", "r001-e001"}


def run_of(shared: Path, *overrides: str) -> Config:
    return scripted_task(shared, TASK, *overrides)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[int, TrainingPlan]:
    """The training plans by round; co-training doubts two rows in round 1, one in round 2."""
    found: dict[int, TrainingPlan] = {}
    train = StudentStore.train

    async def noted(self: StudentStore, plan: TrainingPlan, number: int) -> FitReport:
        found[number] = plan
        return await train(self, plan, number)

    async def co_train(
        self: StudentStore, rows: Any, trusted: Any, round_number: int
    ) -> CoTraining:
        assert {row.id for row in trusted} and not {row.id for row in trusted} & {
            row.id for row in rows
        }
        now = DOUBTED if round_number == 1 else {"r001-h003"}
        weights = tuple(0.25 if row.id in now else 1.0 for row in rows)
        even = np.full((len(rows), 2), 0.5, dtype=np.float32)
        return CoTraining(weights, 4, even)

    monkeypatch.setattr(StudentStore, "train", noted)
    monkeypatch.setattr(StudentStore, "co_train", co_train)
    return found


def trained_on(plan: TrainingPlan) -> dict[str, float]:
    """Weight of each row of the last phase."""
    phase = plan.phases[-1]
    weights = phase.weights or (1.0,) * len(phase.rows)
    return {row.id: weight for row, weight in zip(phase.rows, weights, strict=True)}


def test_dropped_rows_are_not_trained_on_and_come_back(
    shared: Path, tmp_path: Path, plans: dict[int, TrainingPlan]
) -> None:
    settings = run_of(
        shared, "student.noise={method: co_training, action: drop}", "student.update=retrain"
    )
    run = tmp_path / "run"
    assert start(settings, run).status == "done"
    assert not DOUBTED & {*trained_on(plans[1])}
    later = trained_on(plans[2])
    assert "r001-e001" in later and "r001-h003" not in later

    lines = {
        number: read_lines(run / "rounds" / f"00{number}" / "suspects.jsonl") for number in (1, 2)
    }
    assert {line["row"] for line in lines[1]} == DOUBTED
    assert [line["row"] for line in lines[2]] == ["r001-h003"]
    assert lines[1][0].keys() == {
        "row", "text", "label", "likelier", "probabilities", "weight", "reason",
    }  # fmt: skip
    audits = [event for event in read_events(run / "events.sqlite") if isinstance(event, Audited)]
    assert [(e.round, e.row, e.suspect) for e in audits if e.row == "r001-e001"] == [
        (1, "r001-e001", True),
        (2, "r001-e001", False),
    ]
    told = [event for event in read_events(run / "events.sqlite") if isinstance(event, Retested)]
    assert not any(e.trained for e in told if e.row in DOUBTED and e.round == 1)
    with Lineage(RunDir.open(run)) as lineage:
        out, back = lineage.row("r001-h003"), lineage.row("r001-e001")
    assert out is not None and back is not None
    assert (out.fate, back.fate) == ("left out", "trained")
    assert [audit.round for audit in back.audits] == [1, 2]


def test_weighed_rows_have_less_weight_and_listed_ones_their_own(
    shared: Path, tmp_path: Path, plans: dict[int, TrainingPlan]
) -> None:
    for action, weight in (("weigh", 0.25), ("list", 1.0)):
        settings = run_of(shared, f"student.noise={{method: co_training, action: {action}}}")
        assert start(settings, tmp_path / action).status == "done"
        weights = trained_on(plans[1])
        assert {weights[row] for row in DOUBTED} == {weight}
        assert {w for row, w in weights.items() if row not in DOUBTED} == {1.0}
        first = read_lines(tmp_path / action / "rounds" / "001" / "suspects.jsonl")
        assert {line["weight"] for line in first} == {weight}


def test_between_audits_the_last_word_stands(
    shared: Path, tmp_path: Path, plans: dict[int, TrainingPlan]
) -> None:
    settings = run_of(
        shared, "student.noise={method: co_training, action: drop, every: 2}", "loop.rounds=3",
        "student.update=retrain",
    )  # fmt: skip
    assert start(settings, tmp_path / "run").status == "done"
    assert {*trained_on(plans[1])} >= DOUBTED
    for number in (2, 3):
        assert "r001-h003" not in trained_on(plans[number])
    assert not (tmp_path / "run" / "rounds" / "003" / "suspects.jsonl").exists()


@pytest.mark.parametrize("method", ["evokd", "zerogen"])
def test_a_real_audit_changes_neither_tokens_nor_the_students_state(
    method: str, shared: Path, tmp_path: Path
) -> None:
    runs = {}
    for noise in ("none", "confident_learning"):
        settings = run_of(
            shared, f"method={method}", f"student.noise={noise}", "loop.rounds=2",
        )  # fmt: skip
        if settings.student.noise is not None:  # list: what is trained on stays as it was
            quiet = settings.student.noise.model_copy(update={"action": "list", "folds": 2})
            student = settings.student.model_copy(update={"noise": quiet})
            settings = settings.model_copy(update={"student": student})
        assert start(settings, tmp_path / noise).status == "done"
        runs[noise] = read_lines(tmp_path / noise / "metrics.jsonl")
    for plain, audited in zip(runs["none"], runs["confident_learning"], strict=True):
        assert (plain["billed_tokens"], plain["test"]) == (
            audited["billed_tokens"],
            audited["test"],
        )
    assert (tmp_path / "confident_learning" / "rounds" / "002" / "suspects.jsonl").exists()


def test_the_auditor_is_drawn_only_where_it_works() -> None:
    for method in ("evokd", "zerogen", "sungen", "eda"):
        plain = wired({}, method)
        student = plain.student.model_copy(update={"noise": NoiseConfig()})
        drawn = mermaid(plain.model_copy(update={"student": student}))
        assert "auditor --> trainer" in drawn and "auditor" not in mermaid(plain)


def test_a_row_that_cant_be_judged_is_no_suspect() -> None:
    rows = [Example(f"r{at}", "text", label) for at, label in enumerate((*LABELS, *LABELS))]
    said = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [np.nan] * 2], dtype=np.float32)
    found = confident_doubts(rows, LABELS, said, NoiseConfig(weight=0.5))
    assert [doubt.suspect for doubt in found] == [False, False, True, False]
    assert found[2].likelier == "positive" and "give positive 0.90" in found[2].reason
    assert found[3].probabilities is None
    assert weights_of(rows, found, "weigh") == {"r2": 0.5}
    assert weights_of(rows, found, "list") == {}
    assert left_out(weights_of(rows, found, "drop")) == {"r2"}


def test_nobody_doubts_nothing() -> None:
    assert label_doubts.left_out(None) == frozenset()


def settings_with(noise: Any, kind: str = "classification") -> Config:
    data = {"train": "/nowhere/train.jsonl", "test": "/nowhere/test.jsonl"}
    task: dict[str, Any] = {"kind": kind, "data": data}
    if kind not in ("choice", "reasoning"):
        task["labels"] = ["a", "b"]
    return parse_config({"task": task, "student": {"noise": noise}})


def test_who_learns_gold_labels_alone_is_told_that_nobody_doubts_them() -> None:
    asked = settings_with("co_training")
    (said,) = method_of(asked.model_copy(update={"method": "no_aug"})).remarks()
    assert "student.noise" in said and "changes nothing" in said
    assert method_of(asked).remarks() == []


def test_the_short_form_is_the_long_one() -> None:
    short, long = settings_with("co_training"), settings_with({"method": "co_training"})
    assert short.student.noise == long.student.noise == NoiseConfig(method="co_training")
    for nothing in (None, "none", {"method": "none"}):
        assert settings_with(nothing).student.noise is None
    dumped = settings_with("co_training").to_yaml()
    assert json.dumps("co_training").strip('"') in dumped


@pytest.mark.parametrize("kind", ["ner", "choice", "reasoning"])
def test_kinds_without_one_distribution_a_text_are_refused(kind: str) -> None:
    with pytest.raises(
        ConfigError, match=r"student\.noise.*does not work with `task\.kind: " + kind
    ):
        settings_with("confident_learning", kind)


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        ("confidence", "student.noise"),
        ({"method": "co_training", "rate": 1.5}, "student.noise.rate"),
        ({"folds": 1}, "student.noise.folds"),
        ({"fold": 3}, "student.noise"),
    ],
)
def test_what_cant_be_is_refused_by_name(noise: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings_with(noise)
