"""Labels that come in during the run: nobody knows them before, the student grows, resume works."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evokd.config import Config
from evokd.store.event_log import read_events
from evokd.store.events import Called, Seeded, Voted
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.continual import START, forgetting
from graph.core.student_store import StudentStore
from graph.session import resume, start
from student.manifest import read_manifest
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings
from tests.student.tiny import FILLER

LABELS = ["alpha", "bravo", "zulu", "yankee"]
SIGNS = {"alpha": "lovely", "bravo": "broken", "zulu": "flimsy", "yankee": "sturdy"}
LATE = ("zulu", "yankee")


@pytest.fixture(scope="module")
def lessons(shared: Path) -> Path:
    for name, count in (("train", 16), ("test", 24)):
        rows = []
        for i in range(count):
            label = LABELS[i % 4]
            filler = " ".join(FILLER[(i * 7 + j * j) % 10] for j in range(4 + i % 6))
            rows.append({"text": f"{name} {i} {filler} {SIGNS[label]}", "label": label})
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        (shared / f"lessons-{name}.jsonl").write_text(lines, encoding="utf-8")
    return shared


def config_of(shared: Path, *overrides: str) -> Config:
    task = {
        "labels": {name: f"about {name}" for name in LABELS},
        "introduce": {2: list(LATE)},
        "data": {"train": "lessons-train.jsonl", "test": "lessons-test.jsonl"},
        "shots": 2,
    }
    extra = ["loop.rounds=3", f"task={json.dumps(task)}", *overrides]
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, *extra)


def run(shared: Path, out: Path, *overrides: str) -> tuple[Config, RunDir]:
    config = config_of(shared, *overrides)
    assert start(config, out).status == "done"
    return config, RunDir.open(out)


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_before_its_round_a_label_is_nowhere(pack: str, lessons: Path, tmp_path: Path) -> None:
    _, directory = run(lessons, tmp_path / "run", f"prompts.pack={pack}")
    events = list(read_events(directory.events))
    early = [e for e in events if e.round < 2]
    said = json.dumps([e.model_dump(mode="json") for e in early])
    late_shots = [e for e in events if isinstance(e, Seeded) and e.label in LATE]
    assert "alpha" in said and not any(name in said for name in LATE)
    assert {e.round for e in late_shots} == {2} and len(late_shots) == 4
    assert not any(e.text in said for e in late_shots)
    asked = "".join(
        text for e in events if isinstance(e, Called) and e.round == 2 for _, text in e.messages
    )
    assert all(name in asked for name in LATE)
    assert any(e.label in LATE for e in events if isinstance(e, Voted) and e.round >= 2)


def test_the_student_grows_and_its_scores_come_by_group(lessons: Path, tmp_path: Path) -> None:
    config, directory = run(lessons, tmp_path / "run")
    lines = read_lines(directory.metrics)
    assert [sorted(line["class_f1"]) for line in lines[:2]] == [["alpha", "bravo"]] * 2
    assert sorted(lines[2]["class_f1"]) == sorted(LABELS)
    both = {START, "from round 2"}
    assert [set(line["groups"]) for line in lines] == [{START}, {START}, both, both]
    assert lines[1]["groups"][START]["accuracy"] == lines[1]["test"]["accuracy"]
    (lost,) = forgetting(config.task, lines)
    assert lost.introduced == 2
    assert lost.before == lines[1]["groups"][START]
    assert lost.after == lines[3]["groups"][START]
    assert read_manifest(directory.student, "student").labels == tuple(LABELS)


def test_what_was_learnt_stays_when_the_head_grows(lessons: Path, tmp_path: Path) -> None:
    config, directory = run(lessons, tmp_path / "run", "loop.rounds=2")
    students = StudentStore(config, LABELS, directory.student_states)
    student = students.after(1)
    assert student.labels == ("alpha", "bravo")
    before = {k: v.clone() for k, v in student.network.state_dict().items()}
    student.grow(["zulu", "bravo", "yankee", "alpha"])
    after = student.network.state_dict()
    for name, value in after.items():
        if name.startswith("classifier"):
            assert value.shape[0] == 4
            assert (value[[3, 1]] == before[name]).all()
        else:
            assert (value == before[name]).all()
    with pytest.raises(ValueError, match="further labels"):
        student.grow(["alpha", "zulu"])


@pytest.mark.parametrize("update", ["continue", "retrain"])
def test_a_resume_across_the_growth_ends_as_if_nothing_had_happened(
    update: str, lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = [f"student.update={update}"]
    _, whole = run(lessons, tmp_path / "whole", *extra)
    calls = 0
    train = StudentStore._train

    def die(self: StudentStore, *args: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:  # warm-up, round 1, then the round that grows the head
            raise RuntimeError("killed")
        return train(self, *args)  # type: ignore[arg-type]  # as called

    with monkeypatch.context() as patch:
        patch.setattr(StudentStore, "_train", die)
        with pytest.raises(RuntimeError, match="killed"):
            start(config_of(lessons, *extra), tmp_path / "cut")
    assert resume(tmp_path / "cut").status == "done"
    cut = RunDir.open(tmp_path / "cut")
    lines = [read_lines(one.metrics) for one in (whole, cut)]
    assert [line["test"] for line in lines[0]] == [line["test"] for line in lines[1]]
    assert [line["groups"] for line in lines[0]] == [line["groups"] for line in lines[1]]


def test_without_review_old_rows_are_not_seen_again(lessons: Path, tmp_path: Path) -> None:
    config, directory = run(lessons, tmp_path / "run", "loop.switches.review=false")
    assert forgetting(config.task, read_lines(directory.metrics))
    shutil.rmtree(directory.path)
