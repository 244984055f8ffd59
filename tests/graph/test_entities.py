"""Named entities end to end with the scripted teacher, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evokd.cli.commands import app
from evokd.config import Config, ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.spans import decode, surfaces
from graph.session import check, start
from tests.graph.methods.names import ENCODER_METHODS, refused
from tests.graph.scripted_task import scripted_task
from tests.student.tiny import BAD, FILLER, GOOD, save_base

TYPES = {"Good": "a word of praise", "Bad": "a word of blame"}
ALLOWED = [m for m in ENCODER_METHODS if m not in refused("ner")]


def rows(count: int, offset: int) -> list[dict[str, Any]]:
    """Invented rows: one entity of a type, or of both, or none."""
    made = []
    for i in range(offset, offset + count):
        tokens = [FILLER[(i * 5 + j) % len(FILLER)] for j in range(3 + i % 3)]
        tags = ["O"] * len(tokens)
        if i % 5:
            tokens += [GOOD[i % 5], "Good"]
            tags += ["B-Good", "I-Good"]
        if i % 3:
            tokens = [BAD[i % 5], "Bad", *tokens]
            tags = ["B-Bad", "I-Bad", *tags]
        made.append({"tokens": [*tokens, str(i)], "ner_tags": [*tags, "O"]})
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entities")
    save_base(folder / "student")
    for split, part in (("train", rows(20, 0)), ("test", rows(10, 20))):
        text = "".join(f"{json.dumps(row)}\n" for row in part)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


def settings(shared: Path, *overrides: str) -> Config:
    return scripted_task(shared, {"kind": "ner", "labels": TYPES}, *overrides)


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    assert start(settings(shared, *overrides), out).status == "done"
    return RunDir.open(out)


def check_rows(directory: RunDir) -> int:
    """Every row's entities stand in its text."""
    found = read_lines(directory.synthetic)
    for row in found:
        for span, (surface, name) in zip(decode(row["label"]), surfaces(row["label"]), strict=True):
            assert row["text"][span.start : span.end] == surface
            assert name in TYPES
    return sum(row["label"] != "[]" for row in found)


@pytest.mark.parametrize("method", ALLOWED)
def test_every_method_that_is_allowed_runs(method: str, shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", f"method={method}")
    last = read_lines(directory.metrics)[-1]
    assert {"f1", "macro_f1", "accuracy"} <= set(last["test"])
    assert set(last["class_f1"]) == set(TYPES)
    assert bool(check_rows(directory)) == (method not in ("no_aug", "full_shot"))
    assert (directory.student / "model.safetensors").is_file()


@pytest.mark.parametrize("pack", ["evokd", "small"])
@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_every_pack_and_language(pack: str, language: str, shared: Path, tmp_path: Path) -> None:
    chosen = [f"prompts={{pack: {pack}, language: {language}}}", "loop.rounds=1"]
    directory = run(shared, tmp_path / "run", *chosen)
    assert check_rows(directory)
    assert check_rows(run(shared, tmp_path / "zerogen", *chosen, "method=zerogen"))


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_without_a_labelers_seat_the_writer_names_the_entities(
    pack: str, shared: Path, tmp_path: Path
) -> None:
    off = ["loop.switches.separate_labels=false", f"prompts.pack={pack}", "loop.rounds=1"]
    assert check_rows(run(shared, tmp_path / "run", *off))


@pytest.mark.parametrize("method", sorted(refused("ner")))
def test_what_makes_no_sense_is_refused(method: str, shared: Path) -> None:
    more = ["student.update=retrain"] if method == "llm2llm" else []
    with pytest.raises(ConfigError, match=f"method: {method} does not work with task.kind ner"):
        check(settings(shared, f"method={method}", *more))


def test_the_analyst_sees_what_was_missed(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "student.lr=1e-6")  # it stays wrong
    asked = [
        event.messages[-1][1]
        for event in read_events(directory.events)
        if isinstance(event, Called) and event.agent == "analyst"
    ]
    assert asked
    assert all("missed: " in text or "wrongly: " in text or "type: " in text for text in asked)


def test_paraphrases_that_lose_an_entity_are_rejected_and_counted(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(rng: Any, labels: tuple[str, ...]) -> str:
        return f"Nothing is left of it but the number {rng.randrange(10**6)}."

    monkeypatch.setattr("evokd.teacher.scripted.invent", forgetful)
    directory = run(shared, tmp_path / "run", "method=auggpt")
    rejected = read_lines(directory.path / "rounds" / "001" / "rejected.jsonl")
    assert rejected
    assert all("is not in the text" in row["reason"] for row in rejected)
    assert read_lines(directory.metrics)[-1]["rejected"] == len(rejected)
    assert not directory.synthetic.exists() or not read_lines(directory.synthetic)


def test_a_labeler_that_invents_entities_makes_no_row(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dreaming(text: str, types: list[str]) -> list[dict[str, str]]:
        return [{"text": "Atlantis", "type": types[0]}]

    monkeypatch.setattr("evokd.teacher.scripted.entities_in", dreaming)
    outcome = start(settings(shared, "loop.rounds=1"), tmp_path / "run")
    assert outcome.status == "failed" and "'Atlantis' is not in the text" in outcome.reason
    directory = RunDir.open(tmp_path / "run")
    rejected = read_lines(directory.path / "rounds" / "001" / "rejected.jsonl")
    assert rejected and all("'Atlantis' is not in the text" in row["reason"] for row in rejected)
    assert not read_lines(directory.path / "rounds" / "001" / "accepted.jsonl")


@pytest.mark.parametrize("method", ["evokd", "auggpt", "zerogen", "static"])
@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_plan(method: str, pack: str, shared: Path) -> None:
    settings(shared)
    result = CliRunner().invoke(
        app,
        [
            *("plan", str(shared / "ner.yaml"), "--format", "json"),
            *("--set", f"method={method}", "--set", f"prompts.pack={pack}"),
        ],
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)
