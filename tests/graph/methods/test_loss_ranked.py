"""The control that shows the rows of highest loss, and the one that had its name."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.records import Marked
from evokd.config import Config, load_config
from evokd.store.event_log import read_events
from evokd.store.events import Called, Warned
from evokd.store.run_dir import RunDir, read_lines
from graph.methods import method_of, resolved
from graph.methods.loss_ranked import costliest
from graph.session import start
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.runs import settings


def config(shared: Path, *more: str) -> Config:
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, "method=loss_ranked", *more)


@given(
    st.lists(st.tuples(st.sampled_from(["right", "wrong"]), st.floats(0, 9)), max_size=40),
    st.integers(1, 20),
)
def test_the_costliest_come_first_and_at_most_half_of_them(
    kinds: list[tuple[str, float]], most: int
) -> None:
    rows = [
        Marked(f"row-{i}", f"text {i}", "a", "a" if mark == "right" else "b", 0.5, mark, loss)  # type: ignore[arg-type]
        for i, (mark, loss) in enumerate(kinds)
    ]
    best = costliest(rows, most)
    losses = [row.loss or 0.0 for row in best]
    assert len(best) == min(most, (len(rows) + 1) // 2)
    assert losses == sorted(losses, reverse=True)
    left = [row.loss or 0.0 for row in rows if row.row not in {one.row for one in best}]
    assert not best or not left or losses[-1] >= max(left)
    assert all((row.mark == "wrong") == (row.predicted != row.label) for row in best)
    assert not any(row.mark == "right" for row in best)


def test_writers_see_them_as_they_are_no_analyst_is_paid_and_all_rows_are_kept(
    shared: Path, tmp_path: Path
) -> None:
    most = 2
    assert start(config(shared, f"loop.show_wrong={most}"), tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    assert not any("analyst" in edge for edge in booked_edges(directory))
    before = read_lines(directory.path / "rounds/001/predictions.jsonl")
    ranked = sorted(before, key=lambda row: -row["loss"])[:most]
    written = [row for row in read_lines(directory.synthetic) if row["round"] == 2]
    assert written and all(row["parents"] == [one["row"] for one in ranked] for row in written)
    asked = [
        event.messages[-1][1]
        for event in read_events(directory.events)
        if isinstance(event, Called) and event.agent == "hard_generator" and event.round == 2
    ]
    assert asked and all(row["text"] in text for text in asked for row in ranked)
    for number in (1, 2):
        reasons = read_lines(directory.path / f"rounds/00{number}/rejected.jsonl")
        assert not any("hardest" in row["reason"] for row in reasons)


def test_the_first_round_has_losses_too(shared: Path, tmp_path: Path) -> None:
    assert start(config(shared, "loop.rounds=1"), tmp_path / "run").status == "done"
    rows = read_lines(RunDir.open(tmp_path / "run").path / "rounds/000/predictions.jsonl")
    assert rows and all(row["loss"] >= 0 for row in rows)


def test_other_methods_ask_for_no_loss(shared: Path, tmp_path: Path) -> None:
    one = config(shared, "method=evokd", "loop.rounds=1")
    assert start(one, tmp_path / "run").status == "done"
    rows = read_lines(RunDir.open(tmp_path / "run").path / "rounds/001/predictions.jsonl")
    assert rows and not any("loss" in row for row in rows)
    assert Marked.from_json(rows[0]).loss is None


def test_a_config_of_before_runs_as_it_did_and_is_told_its_new_name(
    shared: Path, tmp_path: Path
) -> None:
    old = config(shared, "rivals.loss_ranked_factor=3")
    assert start(old, tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    assert (directory.run()["method"], directory.config().method) == ("overgenerate",) * 2
    said = [event.text for event in read_events(directory.events) if isinstance(event, Warned)]
    assert any("is what `method: overgenerate` is now" in text for text in said)
    rejected = read_lines(directory.path / "rounds/001/rejected.jsonl")
    assert any("hardest" in row["reason"] for row in rejected)


def test_a_run_directory_of_before_resumes_as_overgenerate(shared: Path, tmp_path: Path) -> None:
    """Its resolved config holds the key, whatever the user had given."""
    file = tmp_path / "config.yaml"
    file.write_text(config(shared, "rivals.loss_ranked_factor=2").to_yaml(), encoding="utf-8")
    method = method_of(load_config(file))
    assert (method.name, method.settings.factor) == ("overgenerate", 2)


def test_a_resolved_config_never_takes_one_for_the_other(shared: Path) -> None:
    new = resolved(config(shared))
    assert method_of(new).name == "loss_ranked" and "loss_ranked_factor" not in new.rivals
    kept = resolved(config(shared, "rivals.loss_ranked_factor=5"))
    assert kept.method == "overgenerate"
    assert kept.methods["overgenerate"] == {"factor": 5}
    assert method_of(resolved(kept)).settings.factor == 5


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_drawn(seed: int, shared: Path) -> None:
    rows = [Marked(f"r{i}", f"t{i}", "a", "b", 0.5, "wrong", loss=i / 10) for i in range(8)]
    method = method_of(config(shared))
    shown = method.shown(rows, random.Random(seed))  # type: ignore[attr-defined]
    assert [row.row for row in shown] == ["r7", "r6", "r5", "r4"]
