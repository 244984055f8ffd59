"""The control that reads another run's feedback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError
from evokd.ledger.totals import totals
from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Told, Warned
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.task import load_task
from graph.methods import METHODS
from graph.plan import make_plan
from graph.session import check, start
from prompts.pack import Pack
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings


def config(shared: Path, *more: str) -> Config:
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, *more)


@pytest.fixture(scope="module")
def other(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished EvoKD run of two rounds."""
    path = tmp_path_factory.mktemp("other") / "run"
    assert start(config(shared, "method=evokd", "seed=2"), path).status == "done"
    return path


def yoked(shared: Path, other: Path, *more: str) -> Config:
    return config(shared, "method=evokd_yoked", f"methods.evokd_yoked.run={other}", *more)


def test_each_round_reads_the_feedback_of_the_same_round(
    shared: Path, other: Path, tmp_path: Path
) -> None:
    assert start(yoked(shared, other), tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    told = [event for event in read_events(directory.events) if isinstance(event, Told)]
    assert [(event.round, event.source_round) for event in told] == [(0, 0), (1, 1), (2, 2)]
    assert {event.source for event in told} == {str(other)}
    for number in (0, 1, 2):
        theirs = read_lines(other / f"rounds/00{number}/predictions.jsonl")
        document = json.loads((directory.path / f"rounds/00{number}/told.json").read_text("utf-8"))
        said = [{**row, "row": row["row"].removeprefix("other-")} for row in document["rows"]]
        assert said == theirs
        assert all(row["row"].startswith("other-") for row in document["rows"])
    analysis = json.loads((directory.path / "rounds/002/analysis.json").read_text("utf-8"))
    assert analysis["rows"] and all(row["row"].startswith("other-") for row in analysis["rows"])


def test_when_the_other_run_has_ended_its_last_feedback_is_used_again_and_said_once(
    shared: Path, other: Path, tmp_path: Path
) -> None:
    assert start(yoked(shared, other, "loop.rounds=5"), tmp_path / "run").status == "done"
    events = list(read_events(RunDir.open(tmp_path / "run").events))
    sources = [event.source_round for event in events if isinstance(event, Told)]
    assert sources == [0, 1, 2, 2, 2, 2]
    said = [e.text for e in events if isinstance(e, Warned) and "used again" in e.text]
    assert said == [f"{other} has 2 rounds; its last feedback is used again"]


def test_a_round_without_rows_passes_on_what_its_readers_kept(
    shared: Path, other: Path, tmp_path: Path
) -> None:
    barren = shutil.copytree(other, tmp_path / "barren")
    (barren / "rounds/001/predictions.jsonl").write_text("", encoding="utf-8")
    assert start(yoked(shared, barren), tmp_path / "run").status == "done"
    events = read_events(RunDir.open(tmp_path / "run").events)
    assert [e.source_round for e in events if isinstance(e, Told)] == [0, 0, 2]


def test_rows_that_equal_a_held_out_row_are_not_shown(
    shared: Path, other: Path, tmp_path: Path
) -> None:
    leaky = shutil.copytree(other, tmp_path / "leaky")
    held_out = json.loads((shared / "test.jsonl").read_text("utf-8").splitlines()[0])["text"]
    file = leaky / "rounds/001/predictions.jsonl"
    rows = read_lines(file)
    rows[0]["text"] = f"{held_out} !"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert start(yoked(shared, leaky), tmp_path / "run").status == "done"
    document = json.loads((tmp_path / "run/rounds/001/told.json").read_text("utf-8"))
    assert len(document["rows"]) == len(rows) - 1
    assert all(held_out not in row["text"] for row in document["rows"])


def unfinished(path: Path) -> None:
    file = path / "run.json"
    file.write_text(file.read_text("utf-8").replace('"done"', '"interrupted"'), encoding="utf-8")


def of_another_method(path: Path) -> None:
    file = path / "config.yaml"
    text = file.read_text("utf-8").replace("method: evokd\n", "method: static\n")
    file.write_text(text, encoding="utf-8")


def of_other_labels(path: Path) -> None:
    file = path / "config.yaml"
    text = file.read_text("utf-8").replace("negative: an unhappy", "sad: an unhappy")
    file.write_text(text, encoding="utf-8")


def without_rounds(path: Path) -> None:
    shutil.rmtree(path / "rounds/001")
    shutil.rmtree(path / "rounds/002")


def with_a_gap(path: Path) -> None:
    shutil.rmtree(path / "rounds/001")


def broken(path: Path) -> None:
    (path / "rounds/001/predictions.jsonl").write_text('{"row": "r1"}\n', encoding="utf-8")


def no_run(path: Path) -> None:
    (path / "run.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (unfinished, "expected a finished run, its status is 'interrupted'"),
        (of_another_method, "expected a run of method evokd, it is one of static"),
        (of_other_labels, "is of another task: its task.labels differs"),
        (without_rounds, "at least one round"),
        (with_a_gap, "rounds are missing"),
        (broken, "predictions.jsonl, line 1: text: Field required"),
        (no_run, "holds no run"),
    ],
)
def test_a_run_that_cannot_be_followed_is_refused(
    spoil: Callable[[Path], Any], said: str, shared: Path, other: Path, tmp_path: Path
) -> None:
    bad = shutil.copytree(other, tmp_path / "bad")
    spoil(bad)
    with pytest.raises(ConfigError, match=f"methods.evokd_yoked.run: .*{said}"):
        check(yoked(shared, bad))


def test_without_a_run_it_says_what_it_needs(shared: Path) -> None:
    with pytest.raises(ConfigError, match="directory of a finished `evokd` run"):
        check(config(shared, "method=evokd_yoked"))
    assert METHODS["evokd_yoked"].follows == "evokd"
    assert not any(m.follows for name, m in METHODS.items() if name != "evokd_yoked")


def test_a_run_of_the_same_seed_is_remarked_upon(shared: Path, other: Path) -> None:
    assert not check(yoked(shared, other)).remarks()
    (said,) = check(yoked(shared, other, "seed=2")).remarks()
    assert "has the same seed" in said


def test_a_path_is_relative_to_the_config(shared: Path, other: Path) -> None:
    (shared / "beside").symlink_to(other)
    found = config(shared, "method=evokd_yoked", "methods.evokd_yoked.run=beside")
    assert found.methods["evokd_yoked"]["run"] == str(other)
    (shared / "beside").unlink()


def test_its_plan_needs_no_other_run(shared: Path, tmp_path: Path) -> None:
    """A study plans a cell before the one that it follows has run."""
    one = config(shared, "method=evokd_yoked")
    pack = Pack.load(one.prompts.pack, one.prompts.language, one.task.kind)
    plan = make_plan(one, load_task(one.task), pack)
    assert plan.course is not None and plan.course.rounds == 2
    assert any(target == "analyst" for _, target in plan.course.by_edge())


def test_it_spends_on_the_edges_of_evokd(shared: Path, other: Path, tmp_path: Path) -> None:
    assert start(yoked(shared, other), tmp_path / "run").status == "done"

    def edges(path: Path) -> set[tuple[str, str]]:
        db = connect_read_only(RunDir.open(path).ledger)
        rows: list[dict[str, Any]] = totals(db, (), "edge")["rows"]
        db.close()
        return {(row["source"], row["target"]) for row in rows if row["calls"]}

    assert edges(tmp_path / "run") == edges(other)


def test_its_rows_can_be_followed_back_although_their_parents_are_elsewhere(
    shared: Path, other: Path, tmp_path: Path
) -> None:
    assert start(yoked(shared, other, "loop.rounds=1"), tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    row = read_lines(directory.synthetic)[0]
    assert row["parents"] and all(one.startswith("other-") for one in row["parents"])
    with Lineage(directory) as lineage:
        back = lineage.back(row["row"])
    assert back is not None and back.analysis is not None and not back.ancestors
