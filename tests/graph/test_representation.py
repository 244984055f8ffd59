"""Measures of representation in a run: what they say, of which rows, and that nothing hears it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evokd.config import StudentConfig
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.task import load_task
from graph.core import representation as module
from graph.core.student_store import StudentStore
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import resume
from student.encoder.base_embeddings import base_embeddings
from student.encoder.embeddings import Vectors, embeddings
from student.encoder.encoder import Encoder
from student.representation.measures import WrittenRows, measures
from student.representation.separability import separability
from student.unit import unit_vectors
from tests.graph.test_loop import SCRIPTED, run
from tests.servers.runs import settings

ON = "loop.representation=true"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def base(directory: RunDir, texts: list[str]) -> Vectors:
    config = directory.config()
    return unit_vectors(base_embeddings(config.student, config.task.kind, texts))


def close(found: Any, expected: Any) -> None:
    """Equal but for the last digit: texts were embedded beside others."""
    assert type(found) is type(expected)
    if isinstance(found, dict):
        assert found.keys() == expected.keys()
        for key, value in found.items():
            close(value, expected[key])
    else:
        assert found == pytest.approx(expected, abs=2e-4)


def test_each_round_is_measured_on_the_rows_so_far(shared: Path, tmp_path: Path) -> None:
    config, directory = run(shared, tmp_path / "run", ON)
    lines, accepted = read_lines(directory.metrics), read_lines(directory.synthetic)
    task = load_task(config.task)
    shots = {row["row"] for row in read_lines(directory.path / "rounds/000/predictions.jsonl")}
    real = base(directory, [row.text for row in task.train if row.id not in shots])
    assert len(shots) == 4 and len(real) == len(task.train) - 4
    test = base(directory, [row.text for row in task.test])
    for number, line in enumerate(lines):
        known = [row for row in accepted if row["round"] <= number]
        texts = [row["text"] for row in known]
        fresh = sum(row["round"] == number for row in known)
        rows = WrittenRows(texts, [(row["label"],) for row in known], base(directory, texts), fresh)
        expected = measures(rows, test, real, None)
        found = line["representation"]
        close({**found, "student": None}, expected)
    assert accepted and lines[-1]["representation"]["rows"] == len(accepted)
    assert lines[0]["representation"]["vendi"] is None


def test_the_trained_student_is_looked_at_too(shared: Path, tmp_path: Path) -> None:
    config, directory = run(shared, tmp_path / "run", ON)
    found = read_lines(directory.metrics)[-1]["representation"]["student"]
    accepted = read_lines(directory.synthetic)
    test = load_task(config.task).test
    student = Encoder.load(directory.student, StudentConfig(max_length=32))
    for name, rows in (
        ("separability", [(row["text"], row["label"]) for row in accepted]),
        ("test_separability", [(row.text, row.label) for row in test]),
    ):
        vectors = unit_vectors(embeddings(student, [text for text, _ in rows]))
        expected = separability(vectors, [(label,) for _, label in rows])
        assert expected is not None and found[name] == pytest.approx(expected, abs=2e-4)
    assert (found["rows"], found["test_rows"]) == (len(accepted), len(test))
    assert 0 < found["test_drift"] < 1


def outcome(directory: RunDir) -> dict[str, Any]:
    """All that a run leaves but its measures: prompts, rows, student, state."""
    db = connect_read_only(directory.ledger)
    asked = db.execute(
        "SELECT agent, round, slot, prompt_sha, text FROM calls ORDER BY slot, agent"
    )
    prompts = sorted(map(tuple, asked))
    db.close()
    weights = (directory.student / "model.safetensors").read_bytes()
    lines = [
        {key: value for key, value in line.items() if key != "representation"}
        for line in read_lines(directory.metrics)
    ]
    return {
        "prompts": prompts,
        "rows": [row["text"] for row in read_lines(directory.synthetic)],
        "artefacts": len(list(directory.path.glob("artefacts/*/*"))),
        "feedback": [
            file.read_text(encoding="utf-8")
            for file in sorted(directory.path.glob("rounds/*/predictions.jsonl"))
        ],
        "weights": hashlib.sha256(weights).hexdigest(),
        "lines": lines,
        "reason": directory.run()["reason"],
    }


def test_nothing_in_the_loop_hears_of_it(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured, not measured, and measured as something absurd: one and the same run."""
    _, off = run(shared, tmp_path / "off")
    _, on = run(shared, tmp_path / "on", ON)

    def absurd(*_: Any) -> dict[str, Any]:
        return {"rows": -1, "round": {"test_nearest": {"max": 1.0}}, "real": {"coverage": 0.0}}

    monkeypatch.setattr(module, "measures", absurd)
    _, lied = run(shared, tmp_path / "lied", ON)
    assert all(line["representation"]["rows"] == -1 for line in read_lines(lied.metrics))
    assert outcome(off) == outcome(on) == outcome(lied)
    assert len(outcome(off)["prompts"]) > 10 and outcome(off)["artefacts"] > 5
    assert not any("representation" in line for line in read_lines(off.metrics))


def test_only_who_writes_the_line_asks_for_it() -> None:
    """The layout: one module measures, two nodes hand its answer to `score_round`."""
    asking: dict[str, set[str]] = {"student.representation": set(), "core.representation": set()}
    for package in ("agents", "evokd", "graph", "prompts", "student"):
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for name, files in asking.items():
                if re.search(rf"(from|import) [\w.]*{re.escape(name)}", text):
                    files.add(str(file.relative_to(ROOT)))
    inside = {file for file in asking["student.representation"] if "student/rep" in file}
    assert asking["student.representation"] - inside == {"graph/core/representation.py"}
    assert asking["core.representation"] == {"graph/nodes/trainer.py", "graph/nodes/warm_up.py"}
    for node in asking["core.representation"]:
        source = (ROOT / node).read_text(encoding="utf-8")
        assert source.count("represented(") == source.count("**await represented(") == 1


def test_each_text_is_embedded_once(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    embed = StudentStore.base_embeddings

    async def counted(self: StudentStore, texts: Any, *, keep: bool = False) -> Vectors:
        asked.update(texts)
        return await embed(self, texts, keep=keep)

    monkeypatch.setattr(StudentStore, "base_embeddings", counted)
    config, directory = run(shared, tmp_path / "run", ON, "loop.rounds=3")
    task = load_task(config.task)
    texts = {row.text for row in (*task.train, *task.test)}
    texts |= {row["text"] for row in read_lines(directory.synthetic)}
    assert asked.keys() == texts and set(asked.values()) == {1}
    assert len(list((tmp_path / "cache/evokd/embeddings").iterdir())) == 2, "test and train rows"


def test_another_process_goes_on_with_the_same_numbers(shared: Path, tmp_path: Path) -> None:
    """It has no embedding in memory: those of earlier rounds are made once more."""
    _, whole = run(shared, tmp_path / "whole", ON)
    _, first = run(shared, tmp_path / "parts", ON, "loop.rounds=1")
    assert resume(first.path, limits=["loop.rounds=2"]).status == "done"
    found, expected = read_lines(first.metrics), read_lines(whole.metrics)
    assert len(found) == 3
    for line, other in zip(found, expected, strict=True):
        close(line["representation"], other["representation"])


def test_without_train_rows_beyond_the_shots(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", ON, "task.shots=6")
    found = read_lines(directory.metrics)[-1]["representation"]
    assert found["real"] is None and found["test_nearest"]["max"] is not None


def test_a_train_row_that_was_shown_or_held_out_is_no_real_row(
    shared: Path, tmp_path: Path
) -> None:
    """The file repeats its shots, and has test rows in it, in other letters."""
    rows = read_lines(shared / "train.jsonl")
    held = [{**row, "text": row["text"].upper()} for row in read_lines(shared / "test.jsonl")[:3]]
    twice = [{**row, "text": row["text"].upper()} for row in rows]
    file = shared / "repeated.jsonl"
    lines = (json.dumps(row) for row in (*rows, *twice, *held))
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _, directory = run(shared, tmp_path / "run", ON, f"task.data.train={file}", "loop.rounds=0")
    found = read_lines(directory.metrics)[-1]["representation"]
    assert found["real"]["rows"] == 2 * len(rows) - 2 * 4


def test_a_plan_measures_nothing(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(module, "measures", never)
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, ON)
    plan = make_plan(config, load_task(config.task), pack_of(config))
    assert plan.course is not None and plan.course.rounds == 2
