"""Whole runs with several completions of one prompt, replies in lines, and replies of no use."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evokd.cli.summary import show_summary
from evokd.store.event_log import read_events
from evokd.store.events import Mended, Voted, Warned
from evokd.store.run_dir import read_lines
from evokd.viewer.report import report
from graph.session import start
from tests.servers.audit import audit, books, calls, same_result
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import changed, every, said
from tests.servers.runs import BRAIN, KEY_NAME, LABELS, settings

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def warnings(run: Path) -> list[str]:
    return [e.text for e in read_events(run / "events.sqlite") if isinstance(e, Warned)]


def test_writers_ask_once_for_both_turns(shared: Path, run: Path, quiet: Path) -> None:
    with FakeChat(BRAIN) as server:
        config = settings(shared, server.url, "loop.completions=2")
        assert start(config, run).status == "done"
        audit(run, server.bill)
    asked = Counter(call.agent for call in calls(run))
    before = Counter(call.agent for call in calls(quiet))
    assert asked["hard_generator"] == before["hard_generator"] / 2
    assert asked["labeler"] == before["labeler"]
    drafts = [len(read_lines(one / "rounds/001/drafts.jsonl")) for one in (run, quiet)]
    assert drafts[0] == drafts[1]
    assert books(run)["billed"]["prompt_tokens"] < books(quiet)["billed"]["prompt_tokens"]
    assert any("labels with one vote" in text for text in warnings(run))


def test_voters_cast_several_votes_where_they_are_not_all_the_same(shared: Path, run: Path) -> None:
    with FakeChat(BRAIN) as server:
        labeler = (
            f"{{model: fake, base_url: {server.url}, api_key_env: {KEY_NAME}, temperature: 1}}"
        )
        config = settings(shared, server.url, "loop.completions=3", f"teachers.labeler={labeler}")
        assert start(config, run).status == "done"
        audit(run, server.bill)
    votes = Counter(e.row for e in read_events(run / "events.sqlite") if isinstance(e, Voted))
    assert votes and set(votes.values()) == {3}
    assert not any("labels with one vote" in text for text in warnings(run))


def test_a_server_without_n_gives_the_run_that_it_gives_without_it(
    shared: Path, run: Path, quiet: Path
) -> None:
    with FakeChat(replace(BRAIN, most=1)) as server:
        assert start(settings(shared, server.url, "loop.completions=2"), run).status == "done"
        audit(run, server.bill)
    assert sum("one by one" in text for text in warnings(run)) == 1
    same_result(run, quiet)


@pytest.mark.parametrize("tokenizes", [True, False])
def test_a_server_that_counts_one_completion(tokenizes: bool, shared: Path, run: Path) -> None:
    with FakeChat(replace(BRAIN, counts_one=True), tokenizes=tokenizes) as server:
        assert start(settings(shared, server.url, "loop.completions=2"), run).status == "done"
        audit(run, server.bill)
        told = sum(one.usage[1] for one in server.bill.served if one.usage)
    assert books(run)["billed"]["completion_tokens"] > told


def test_writers_that_answer_in_lines(shared: Path, run: Path, quiet: Path) -> None:
    with FakeChat(BRAIN) as server:
        config = settings(shared, server.url, "prompts.forms={generator: lines}")
        assert start(config, run).status == "done"
        audit(run, server.bill)
    drafts = [len(read_lines(one / "rounds/001/drafts.jsonl")) for one in (run, quiet)]
    assert drafts[0] == drafts[1] == 8


def test_what_was_mended_is_told_and_shown(
    shared: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut(answer: dict[str, object]) -> None:
        message = answer["choices"][0]["message"]  # type: ignore[index]
        message["content"] = message["content"][:-4]
        answer["choices"][0]["finish_reason"] = "length"  # type: ignore[index]

    with FakeChat(BRAIN, every(1, changed(cut), "hard_generator")) as server:
        assert start(settings(shared, server.url), run).status == "done"
        audit(run, server.bill)
    told = [e for e in read_events(run / "events.sqlite") if isinstance(e, Mended)]
    assert {(e.agent, *e.how) for e in told} == {("hard_generator", "cut")}
    show_summary(run, "done", "x")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    (line,) = (one for one in lines if one[:1] == ["hard_generator"] and "→" not in one)
    assert "100%" in line and line[-1] == "cut"
    assert "Replies that could be used" in report(run)


def test_too_few_usable_replies_are_warned_of_once(
    shared: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled = 0

    def plan(served: Served) -> Mischief | None:
        nonlocal labelled
        labelled += served.role == "labeler"
        refuses = served.role == "labeler" and labelled > 1
        return said("I would rather not.") if refuses else None

    with FakeChat(Brain(LABELS), plan) as server:
        assert start(settings(shared, server.url), run).status == "done"
    (text,) = (text for text in warnings(run) if text.startswith("labeler: only 1 of"))
    assert "no JSON at all" in text
    show_summary(run, "done", "x")
    assert "warning: labeler: only 1 of" in " ".join(capsys.readouterr().out.split())
