"""Every method end to end with the scripted teacher: its graph, its books, what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import ROLES, Config
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from graph.core.wiring import drawn_edges, givers
from graph.draw import compiled
from graph.methods import SPENT
from graph.session import start
from tests.graph.methods.names import ENCODER_METHODS
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.runs import settings

WRITERS = [m for m in ENCODER_METHODS if m not in ("no_aug", "full_shot", "eda")]


def run(shared: Path, out: Path, method: str, *overrides: str) -> tuple[Config, RunDir]:
    if method == "llm2llm":
        overrides = (*overrides, "student.update=retrain")
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, f"method={method}", *overrides)
    assert start(config, out).status == "done"
    return config, RunDir.open(out)


@pytest.mark.parametrize("method", ENCODER_METHODS)
def test_every_method_runs_and_books_on_its_own_edges(
    method: str, shared: Path, tmp_path: Path
) -> None:
    config, directory = run(shared, tmp_path / "run", method, "loop.rounds=3")
    known = givers(drawn_edges(compiled(config)))
    booked = booked_edges(directory)
    assert all(source in known[target] for source, target in booked)
    assert {target for _, target in booked} <= set(ROLES)
    assert bool(booked) == (method in WRITERS) or method == "llm2llm"
    lines = read_lines(directory.metrics)
    assert [line["round"] for line in lines] == list(range(len(lines)))
    assert (directory.student / "model.safetensors").is_file()


@pytest.mark.parametrize("method", ["no_aug", "full_shot", "eda", "auggpt"])
def test_a_method_that_has_nothing_left_to_do_says_so(
    method: str, shared: Path, tmp_path: Path
) -> None:
    _, directory = run(shared, tmp_path / "run", method)
    assert directory.run()["reason"].startswith(SPENT)


def test_auggpt_repeated_goes_on_until_the_budget_ends_it(shared: Path, tmp_path: Path) -> None:
    extra = ["rivals.auggpt_repeat=true", "loop.rounds=null", "budget.tokens=3000"]
    _, directory = run(shared, tmp_path / "run", "auggpt", *extra)
    lines = read_lines(directory.metrics)
    assert len(lines) > 3 and lines[-1]["billed_tokens"] >= 0.9 * 3000
    assert not directory.run()["reason"].startswith(SPENT)


# full_shot is a reference, not a rival: it trains by epochs
@pytest.mark.parametrize("method", [m for m in ENCODER_METHODS if m != "full_shot"])
def test_with_equal_steps_every_last_student_took_as_many(
    method: str, shared: Path, tmp_path: Path
) -> None:
    extra = ["student.steps=13", "student.update=retrain", "loop.rounds=2"]
    _, directory = run(shared, tmp_path / "run", method, *extra)
    assert read_lines(directory.metrics)[-1]["student_steps"] == 13


@pytest.mark.parametrize("update", ["retrain", "continue"])
def test_without_a_single_row_the_last_student_took_as_many(
    update: str, shared: Path, tmp_path: Path
) -> None:
    extra = ["student.steps=13", f"student.update={update}", "budget.calls=2"]
    _, directory = run(shared, tmp_path / "run", "evokd", *extra)
    lines = read_lines(directory.metrics)
    assert not any(line["accepted"] for line in lines)
    assert lines[0]["student_steps"] < lines[-1]["student_steps"] == 13


def test_llm2llm_takes_its_steps_before_it_looks_for_errors(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "llm2llm", "student.steps=13")
    assert {line["student_steps"] for line in read_lines(directory.metrics)} == {13}


@pytest.mark.parametrize(
    "method", [m for m in ENCODER_METHODS if m not in ("full_shot", "llm2llm")]
)
def test_a_student_that_goes_on_takes_its_steps_by_the_tokens_spent(
    method: str, shared: Path, tmp_path: Path
) -> None:
    extra = ["student.steps=40", "student.update=continue", "budget.tokens=6000", "loop.rounds=4"]
    _, directory = run(shared, tmp_path / "run", method, *extra)
    lines = read_lines(directory.metrics)
    taken = [line["student_steps"] for line in lines]
    assert taken == sorted(taken)
    assert taken[-1] == 40
    for line in lines[1:-1]:
        share = line["billed_tokens"] / 6000
        assert line["student_steps"] <= taken[0] + (40 - taken[0]) * share


@pytest.mark.parametrize("method", ["eda", "auggpt", "evokd_init"])
def test_rows_made_from_a_seed_row_keep_its_label_and_name_it(
    method: str, shared: Path, tmp_path: Path
) -> None:
    _, directory = run(shared, tmp_path / "run", method, "loop.rounds=1")
    rows = [row for row in read_lines(directory.synthetic) if row["kind"] == "plain"]
    assert rows
    labels = {"positive": 0, "negative": 0}
    for row in rows:
        (parent,) = row["parents"]
        labels[row["label"]] += 1
        assert parent.startswith("train-")
        # even rows of the fixture's file are positive
        assert row["label"] == ("positive" if int(parent.split("-")[1]) % 2 == 0 else "negative")
    assert all(labels.values())


def test_sungen_weighs_every_row_of_every_round(shared: Path, tmp_path: Path) -> None:
    extra = ["loop.rounds=2", "rivals.sungen.iterations=2", "student.update=retrain"]
    _, directory = run(shared, tmp_path / "run", "sungen", *extra)
    rows = {row["row"]: row["round"] for row in read_lines(directory.synthetic)}
    for number in (1, 2):
        file = directory.path / "rounds" / f"{number:03d}" / "weights.json"
        weights = json.loads(file.read_text(encoding="utf-8"))
        assert set(weights) == {row for row, made in rows.items() if made <= number}
        assert all(0 < weight < 1 for weight in weights.values())


def test_progen_shows_rows_of_the_class_that_is_written(shared: Path, tmp_path: Path) -> None:
    extra = ["loop.rounds=3", "rivals.progen.start_rows=4", "rivals.progen.share=1.0"]
    _, directory = run(shared, tmp_path / "run", "progen", *extra)
    rows = {row["row"]: row for row in read_lines(directory.synthetic)}
    fed = [row for row in rows.values() if row["parents"]]
    assert fed
    assert not any(row["parents"] for row in rows.values() if row["round"] == 1)
    for row in fed:
        for parent in row["parents"]:
            assert rows[parent]["label"] == row["label"]
            assert rows[parent]["round"] < row["round"]


def test_llm2llm_writes_after_wrong_seed_rows_only(shared: Path, tmp_path: Path) -> None:
    extra = ["loop.rounds=6", "student.lr=1e-6", "student.update=retrain"]  # it stays wrong
    _, directory = run(shared, tmp_path / "run", "llm2llm", *extra)
    rows = read_lines(directory.synthetic)
    assert rows
    assert all(parent.startswith("train-") for row in rows for parent in row["parents"])


def test_overgenerate_keeps_one_in_two(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "overgenerate", "methods.overgenerate.factor=2")
    for number in (1, 2):
        folder = directory.path / "rounds" / f"{number:03d}"
        easy = [row for row in read_lines(folder / "rejected.jsonl") if "hardest" in row["reason"]]
        kept = len(read_lines(folder / "accepted.jsonl"))
        assert kept and abs(kept - len(easy)) <= 1


@pytest.mark.parametrize("method", ["static", "overgenerate"])
def test_without_guidance_no_prompt_holds_a_student_error(
    method: str, shared: Path, tmp_path: Path
) -> None:
    _, directory = run(shared, tmp_path / "run", method)
    rows = read_lines(directory.synthetic)
    assert rows and not any(row["parents"] for row in rows)


def test_the_analyst_can_see_the_report_and_the_confident_mistakes(
    shared: Path, tmp_path: Path
) -> None:
    extra = ["loop.feedback={report: true, confident: 2}", "prompts.pack=evokd"]
    _, directory = run(shared, tmp_path / "run", "evokd", *extra)
    asked = [
        event.messages[-1][1]
        for event in read_events(directory.events)
        if isinstance(event, Called) and event.agent == "analyst"
    ]
    assert asked and all("class by class" in text for text in asked)
    document = json.loads((directory.path / "rounds/002/analysis.json").read_text("utf-8"))
    marks = [row["mark"] for row in document["rows"]]
    assert marks.count("confident") == min(2, marks.count("confident") + marks.count("wrong"))


def test_paraphrases_are_counted_once(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", "evokd_init", "loop.rounds=1")
    paraphrased = {row["row"] for row in read_lines(directory.path / "rounds/000/drafts.jsonl")}
    later = {row["row"] for row in read_lines(directory.path / "rounds/001/drafts.jsonl")}
    assert paraphrased and later and not paraphrased & later
