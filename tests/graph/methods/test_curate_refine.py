"""Curate and refine: a dev set that nobody trains on says what is written next."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from agents.records import Analysis
from agents.weakness import Confusion
from agents.writer import WriteRequest
from evokd.config import ConfigError, RunError
from evokd.store.event_log import read_events
from evokd.store.events import Called, Examined
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import load_task
from evokd.tasks.text import normalise
from graph.core.feedback import mark
from graph.methods import method_of
from graph.methods.curate_refine import (
    NEAR,
    CurateRefine,
    both_ways,
    dev_requests,
    spread,
    stale,
    with_analysis,
)
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import check, resume, start
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.audit import audit
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, said, status
from tests.servers.runs import BRAIN, settings

CURATE = "method=curate_refine"
KEY = "methods.curate_refine"


def run(shared: Path, out: Path, *more: str) -> RunDir:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, CURATE, *more)
    assert start(config, out).status == "done"
    return RunDir.open(out)


def method(shared: Path, *more: str) -> CurateRefine:
    found = method_of(settings(shared, "http://127.0.0.1:1", SCRIPTED, CURATE, *more))
    assert isinstance(found, CurateRefine)
    return found


def test_pairs_are_ordered_in_both_directions_the_most_frequent_first() -> None:
    pairs = [Confusion("a", "b", 5), Confusion("c", "a", 2), Confusion("b", "a", 1)]
    assert both_ways(pairs) == [("a", "b"), ("b", "a"), ("c", "a"), ("a", "c")]


def test_a_dev_set_has_as_many_rows_of_each_class() -> None:
    asked = dev_requests(["a", "b", "c"], 20, 4)
    rows = {label: sum(one.n for one in asked if one.label == label) for label in "abc"}
    assert rows == {"a": 7, "b": 7, "c": 6} and max(one.n for one in asked) <= 6  # see `even_parts`
    assert not any(one.guided for one in asked)


def test_orders_take_turns_and_no_class_gets_more_than_is_left() -> None:
    orders = [("a", "b"), ("b", "a")]
    free = {"a": math.inf, "b": math.inf}
    assert (
        spread(orders, 4, 1, free)
        == [
            WriteRequest("a", 1, mistaken="b"),
            WriteRequest("b", 1, mistaken="a"),
        ]
        * 2
    )
    short = spread(orders, 8, 2, {"a": 3, "b": 1})
    assert {label: sum(o.n for o in short if o.label == label) for label in "ab"} == {
        "a": 3,
        "b": 1,
    }
    assert spread(orders, 8, 2, {"a": 0, "b": 0}) == []


def test_an_analysis_reaches_the_calls_for_its_classes() -> None:
    asked = [WriteRequest("a", 1), WriteRequest("b", 1)]
    told = with_analysis(asked, Analysis("Short ones.", ("r000-p001",), "call", ("b",)))
    assert told == [asked[0], replace(asked[1], analysis="Short ones.", parents=("r000-p001",))]
    assert all(one.analysis for one in with_analysis(asked, Analysis("x", (), None)))


@pytest.mark.parametrize(
    ("scores", "rounds"),
    [([], 0), ([0.5], 0), ([0.5, 0.5], 1), ([0.4, 0.6, 0.5, 0.6], 2), ([0.1, 0.2], 0)],
)
def test_rounds_since_the_best_score(scores: list[float], rounds: int) -> None:
    assert stale(scores) == rounds


def test_it_is_done_without_gain_or_without_a_class_to_write_for(shared: Path) -> None:
    one = method(shared, f"{KEY}.patience=2", f"{KEY}.class_rows=5")
    free = {"a": 1.0, "b": 0.0}
    assert one.done([0.5, 0.4], free) is None
    assert one.done([0.5, 0.4, 0.5], free) == (
        "no better score on the synthetic dev set for 2 rounds"
    )
    assert "class_rows" in str(one.done([0.5], {"a": 0.0, "b": -1.0}))
    one.stand_in()
    assert one.done([0.5, 0.4, 0.5], free) is None, "a plan can't know how scores will go"


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_the_dev_set_is_kept_apart(pack: str, shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", f"prompts.pack={pack}", f"{KEY}.dev_rows=10")
    dev = read_lines(directory.path / "rounds/000/dev_set.jsonl")
    assert len(dev) == 10 and {row["split"] for row in dev} == {"dev"}
    assert sorted(row["label"] for row in dev) == ["negative"] * 5 + ["positive"] * 5
    rows = read_lines(directory.synthetic)
    assert rows and not {row["row"] for row in dev} & {row["row"] for row in rows}
    texts = {normalise(row["text"]) for row in dev}
    assert not texts & {normalise(row["text"]) for row in rows}
    assert read_lines(directory.metrics)[0]["accepted"] == 0


def test_what_repeats_a_row_of_it_is_turned_down(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that has two texts: the dev set takes them, nothing is left to train on."""
    same = {"negative": "It broke after one day of use.", "positive": "It lasts and lasts."}
    from evokd.teacher import scripted

    monkeypatch.setattr(scripted, "invent", lambda _, labels: same[labels[0]])
    directory = run(shared, tmp_path / "run", "prompts.pack=small", "loop.barren_rounds=1")
    assert len(read_lines(directory.path / "rounds/000/dev_set.jsonl")) == 2
    fell = read_lines(directory.path / "rounds/001/rejected.jsonl")
    assert fell and {row["reason"] for row in fell} == {NEAR}
    assert not read_lines(directory.synthetic)


def test_errors_on_it_say_what_is_written(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student that takes all for positive: pairs in both directions, told with the analysis."""
    from graph.nodes import dev_examiner

    monkeypatch.setattr(
        dev_examiner, "mark", lambda row, one: mark(row, replace(one, label="positive"))
    )
    directory = run(shared, tmp_path / "run", "loop.rounds=3", f"{KEY}.dev_rows=10")
    asked = [e for e in read_events(directory.events) if isinstance(e, Called)]
    analysts = [e.messages[-1][1] for e in asked if e.agent == "analyst"]
    assert len(analysts) == 2
    for text in analysts:
        assert "negative, taken for positive: 5 of 5" in text and "F1" in text
        assert text.count("the model said: positive") == 5
    writers = [(e.round, e.messages[-1][1]) for e in asked if e.agent == "writer"]
    assert not any("looks at first like" in text for number, text in writers if number < 2)
    later = [text for number, text in writers if number > 1]
    assert any("like a text of the class positive" in text for text in later)
    assert any("like a text of the class negative" in text for text in later)
    dev = {row["row"] for row in read_lines(directory.path / "rounds/000/dev_set.jsonl")}
    parents = {p for row in read_lines(directory.synthetic) for p in row["parents"]}
    assert parents and parents <= dev
    assert booked_edges(directory) == {
        ("START", "writer"),
        ("warm_up", "writer"),
        ("dev_examiner", "analyst"),
        ("analyst", "writer"),
    }


def test_it_ends_after_rounds_without_gain(shared: Path, tmp_path: Path) -> None:
    more = ("loop.rounds=9", "student.lr=1e-9", f"{KEY}.patience=2")  # it stays as it is
    directory = run(shared, tmp_path / "run", *more)
    scores = [e.score for e in read_events(directory.events) if isinstance(e, Examined)]
    assert stale(scores) == 2 and directory.run()["reason"] == (
        "no better score on the synthetic dev set for 2 rounds"
    )
    assert len(read_lines(directory.metrics)) == len(scores) + 1
    assert (directory.student / "model.safetensors").is_file()


def test_a_class_has_its_budget(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.rounds=9", f"{KEY}.class_rows=5")
    labels = [row["label"] for row in read_lines(directory.synthetic)]
    assert {name: labels.count(name) for name in set(labels)} == {"negative": 5, "positive": 5}
    assert "every class has its 5 rows" in directory.run()["reason"]


def test_without_an_analyst_pairs_alone_are_ordered(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.feedback.analysis=none")
    assert booked_edges(directory) == {
        ("START", "writer"),
        ("warm_up", "writer"),
        ("dev_examiner", "writer"),
    }


@pytest.mark.usefixtures("quick")
def test_without_a_dev_set_the_run_has_failed(shared: Path, tmp_path: Path) -> None:
    bad = '{"texts": ["```", "<p>no</p>", "```", "```"]}'
    with FakeChat(BRAIN, every(1, said(bad), "writer")) as server:
        with pytest.raises(RunError, match="synthetic dev set"):
            start(settings(shared, server.url, CURATE, f"{KEY}.dev_rows=4"), tmp_path / "run")
        audit(tmp_path / "run", server.bill)
    assert RunDir(tmp_path / "run").run()["status"] == "failed"


@pytest.mark.usefixtures("quick")
def test_a_resumed_run_writes_no_dev_set_twice(shared: Path, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(400, "no"), "analyst")) as server:
        config = settings(shared, server.url, CURATE, f"{KEY}.dev_rows=4", "loop.rounds=2")
        server.plan = lambda one: status(400, "no") if one.number == 4 else None
        start(config, tmp_path / "run")
        asked = len(server.bill.served)
        assert resume(tmp_path / "run").status == "done"
        assert len(server.bill.served) == asked
        audit(tmp_path / "run", server.bill)


@pytest.mark.parametrize(
    ("more", "said_"),
    [
        (f"{KEY}.dev_rows=1", "dev_rows"),
        (f"{KEY}.patience=0", "patience"),
        (f"{KEY}.class_rows=0", "class_rows"),
        ("loop.feedback.analysis=rules", "llm or none"),
        (f"{KEY}.devrows=9", "devrows"),
    ],
)
def test_settings_that_can_not_be(more: str, said_: str, shared: Path) -> None:
    with pytest.raises(ConfigError, match=said_):
        check(settings(shared, "http://127.0.0.1:1", SCRIPTED, CURATE, more))


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_the_plan_counts_the_dev_set(pack: str, shared: Path) -> None:
    more = (f"prompts.pack={pack}", f"{KEY}.dev_rows=12", "loop.rounds=6")
    config = settings(shared, "http://127.0.0.1:1", CURATE, *more)
    course = make_plan(config, load_task(config.task), pack_of(config)).course
    assert course is not None and course.rounds == 6, "patience does not end a plan"
    each = 1 if pack == "small" else 2
    assert course.by_edge()["START", "writer"].calls == 12 / each
