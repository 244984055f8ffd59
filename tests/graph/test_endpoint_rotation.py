"""Several endpoints of one role, each with its own directive: turns, books, trace and lineage."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from evokd.ledger.totals import totals
from evokd.store.event_log import read_events
from evokd.store.events import Called, Drafted
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from tests.graph.test_loop import run

PERSONAS = ("Write like a teenager.", "Write like a lawyer.")
SEVERAL = json.dumps([{"scripted": True, "directive": text} for text in PERSONAS])


def calls(directory: RunDir, agent: str) -> list[Called]:
    events = read_events(directory.events, type="called")
    return [e for e in events if isinstance(e, Called) and e.agent == agent]


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_members_of_a_generator_take_turns_each_with_its_directive(
    pack: str, shared: Path, tmp_path: Path
) -> None:
    extra = [f"teachers.hard_generator={SEVERAL}", f"prompts.pack={pack}"]
    _, directory = run(shared, tmp_path / "run", *extra, "loop.calls_per_round=4")
    asked = calls(directory, "hard_generator")
    counts = Counter(call.voter for call in asked)
    assert set(counts) == {0, 1} and abs(counts[0] - counts[1]) <= 1
    for call in asked:
        said = "\n".join(text for _, text in call.messages)
        assert call.directive == PERSONAS[call.voter]
        assert [text in said for text in PERSONAS] == [call.voter == 0, call.voter == 1]
    others = calls(directory, "easy_generator")
    assert others and all(call.directive is None and call.voter == 0 for call in others)


@pytest.mark.parametrize("role", ["analyst", "labeler", "critic", "writer", "paraphraser"])
@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_every_role_gets_its_directive(role: str, pack: str, shared: Path, tmp_path: Path) -> None:
    method = {"writer": "zerogen", "paraphraser": "auggpt"}.get(role, "evokd")
    extra = [f"method={method}", f"prompts.pack={pack}", "loop.rounds=1"]
    _, directory = run(shared, tmp_path / "run", f"teachers.{role}={SEVERAL}", *extra)
    asked = calls(directory, role)
    assert asked or (role, pack) == ("critic", "small"), "its critic is a set of rules"
    for call in asked:
        said = "\n".join(text for _, text in call.messages)
        assert PERSONAS[call.voter] in said


def test_a_member_is_not_bound_to_a_class(shared: Path, tmp_path: Path) -> None:
    extra = [f"teachers.hard_generator={SEVERAL}", "prompts.pack=small", "loop.calls_per_round=4"]
    _, directory = run(shared, tmp_path / "run", *extra)
    by_call = {call.call: call.voter for call in calls(directory, "hard_generator")}
    met: defaultdict[int, set[str | None]] = defaultdict(set)
    for event in read_events(directory.events, type="drafted"):
        if isinstance(event, Drafted) and event.call in by_call:
            met[by_call[event.call]].add(event.intended_label)
    assert met == {0: {"negative", "positive"}, 1: {"negative", "positive"}}


def test_the_books_tell_endpoints_of_equal_models_apart(shared: Path, tmp_path: Path) -> None:
    _, directory = run(shared, tmp_path / "run", f"teachers.hard_generator={SEVERAL}")
    db = connect_read_only(directory.ledger)
    by_voter, by_agent = (totals(db, (), by) for by in ("voter", "agent"))
    db.close()
    rows = {(row["agent"], row["voter"]): row for row in by_voter["rows"]}
    assert {("hard_generator", 0), ("hard_generator", 1), ("labeler", 0)} <= set(rows)
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        assert sum(row[name] for row in rows.values()) == by_agent["billed"][name]
        both = sum(row[name] for key, row in rows.items() if key[0] == "hard_generator")
        one = next(row for row in by_agent["rows"] if row["agent"] == "hard_generator")
        assert both == one[name]


def test_a_rows_lineage_names_the_member(shared: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from evokd.cli.commands import app

    _, directory = run(shared, tmp_path / "run", f"teachers.hard_generator={SEVERAL}")
    hard = [row for row in read_lines(directory.synthetic) if row["kind"] == "hard"]
    by_call = {call.call: call.voter for call in calls(directory, "hard_generator")}
    for row in hard[:2]:
        voter = by_call[row["calls"][0]]
        shown = CliRunner().invoke(app, ["trace", str(directory.path), "--row", row["row"]])
        assert f"scripted #{voter + 1}" in shown.output
        assert PERSONAS[voter] in shown.output
    books = CliRunner().invoke(app, ["tokens", str(directory.path), "--by", "voter"])
    assert "hard_generator #2" in books.output
