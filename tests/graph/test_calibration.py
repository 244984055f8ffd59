"""A temperature after each training: fitted on dev or held-back rows, kept with the student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError, StudentConfig
from evokd.runs.calibration import read_calibration
from evokd.runs.run import read_run
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.example import Example
from evokd.tasks.task import load_task
from graph.session import start
from student.encoder.encoder import Encoder
from student.encoder.training_plan import TrainingPlan
from student.results import FitReport
from tests.servers.runs import settings
from tests.student.tiny import BAD, FILLER, GOOD

SCRIPTED = "teachers={default: {scripted: true}}"


@pytest.fixture
def dev(shared: Path) -> Path:
    """Sixty rows, every sixth with the other label, so that the student can't be right on all."""
    rows = []
    for i in range(60):
        good = i % 2 == 0
        word = (GOOD if good else BAD)[i % 5]
        text = f"{FILLER[i % len(FILLER)]} {FILLER[(7 * i) % len(FILLER)]} {i} {word}"
        rows.append({"text": text, "label": "positive" if good != (i % 6 == 0) else "negative"})
    file = shared / "dev.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def run(shared: Path, out: Path, *overrides: str) -> tuple[RunDir, list[dict[str, Any]]]:
    assert start(settings(shared, "http://127.0.0.1:1", SCRIPTED, *overrides), out).status == "done"
    directory = RunDir.open(out)
    return directory, read_lines(directory.metrics)


def test_on_dev_rows_by_default(shared: Path, tmp_path: Path, dev: Path) -> None:
    directory, lines = run(shared, tmp_path / "run", f"task.data.dev={dev}")
    for line in lines:
        found = line["calibration"]
        assert found["by"] == "dev" and found["rows"] == 60
        assert 0.1 <= found["temperature"] <= 10
        assert found["dev"]["after"]["nll"] <= found["dev"]["before"]["nll"] + 1e-6
        assert set(found["test"]["after"]) == {"ece", "brier", "nll"}
    last = lines[-1]["calibration"]
    student = Encoder.load(directory.student, StudentConfig())
    assert student.temperature == last["temperature"]
    assert f"Temperature {last['temperature']:.4f}" in (directory.student / "README.md").read_text()

    # the saved student's probabilities are those that were measured
    task = load_task(directory.config().task)
    _, logs = student.verdicts([row.text for row in task.test])
    assert logs is not None
    places = [task.labels.index(row.label) for row in task.test]
    nll = -sum(float(row[place]) for row, place in zip(logs, places, strict=True)) / len(places)
    assert nll == pytest.approx(last["test"]["after"]["nll"], abs=1e-4)

    said = read_calibration(read_run(directory.path))
    assert said is not None and said.curve[-1][0] == 1.0 and len(said.reliability) == 2
    assert said.curve[-1][1] == pytest.approx(lines[-1]["test"]["accuracy"], abs=1e-6)
    assert "fitted on 60 dev rows" in said.line


def test_held_back_rows_are_never_trained_on(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught: set[str] = set()

    from graph.core.student_store import StudentStore

    train = StudentStore.train

    async def watched(self: StudentStore, plan: TrainingPlan, number: int) -> FitReport:
        taught.update(row.id for phase in plan.phases for row in phase.rows)
        return await train(self, plan, number)

    monkeypatch.setattr(StudentStore, "train", watched)
    half = ("student.calibration=held_back", "student.held_back=0.5", "loop.calls_per_round=10")
    directory, lines = run(shared, tmp_path / "run", *half)
    written = {row["row"] for row in read_lines(directory.synthetic)}
    held = written - taught
    assert lines[-1]["calibration"]["by"] == "held_back"
    assert lines[-1]["calibration"]["rows"] == len(held) > 10
    assert written & taught and any(row.startswith("train-") for row in taught)


def test_without_rows_to_fit_on(shared: Path, tmp_path: Path) -> None:
    directory, lines = run(shared, tmp_path / "run")
    found = lines[-1]["calibration"]
    assert (found["by"], found["temperature"], found["rows"], found["dev"]) == (None, None, 0, None)
    assert found["test"]["before"]["nll"] > 0 and found["test"]["after"] is None
    manifest = json.loads((directory.student / "student.json").read_text(encoding="utf-8"))
    assert manifest["temperature"] is None
    said = read_calibration(read_run(directory.path))
    assert said is not None and "no temperature was fitted" in said.line


def test_the_pass_over_the_test_rows_is_one(
    shared: Path, tmp_path: Path, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    outputs = Encoder._outputs

    def counted(self: Encoder, rows: Any) -> Any:
        for chosen, logits in outputs(self, rows):
            seen.extend(map(str, (rows.ids[place] for place in chosen)))
            yield chosen, logits

    monkeypatch.setattr(Encoder, "_outputs", counted)
    directory, lines = run(shared, tmp_path / "run", f"task.data.dev={dev}")
    student = Encoder.load(directory.student, StudentConfig())
    task = load_task(directory.config().task)
    row: Example = task.test[0]
    (ids,) = student.encode([row]).ids
    assert seen.count(str(ids)) == len(lines)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["student.calibration=dev"], "needs a `task.data.dev`"),
        (["student.calibration=held"], "'dev'"),
        (["student.calibration=held_back", "student.held_back=1"], "student.held_back"),
    ],
)
def test_refusals(shared: Path, overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings(shared, "http://127.0.0.1:1", SCRIPTED, *overrides)
