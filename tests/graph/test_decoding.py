"""Runs whose analyst and labeler take several paths: the books, the trace, what is refused."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from evokd.config import ConfigError
from evokd.runs.calls import read_call
from evokd.runs.run import read_run
from evokd.store.event_log import read_events
from evokd.store.events import Analysed, Decoded, Voted, Warned
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import load_task
from evokd.viewer.views.call import paths_of
from graph.checking.check import look_at
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import check, resume, start
from tests.graph.scripted_task import scripted_task
from tests.servers.audit import audit, books, calls, statuses
from tests.servers.child import run_in_child
from tests.servers.fake_chat import FakeChat, Mischief, Served
from tests.servers.mischief import cut
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
TASK = {
    "kind": "classification",
    "labels": {"negative": "an unhappy buyer", "positive": "a happy buyer"},
}
BOTH = "loop.decoding={analyst: cot_decoding, labeler: cot_decoding, k: 3}"
SMALL = "prompts.pack=small"


def decoded(run: Path) -> list[Decoded]:
    return [e for e in read_events(run / "events.sqlite") if isinstance(e, Decoded)]


def warnings(run: Path) -> list[str]:
    return [e.text for e in read_events(run / "events.sqlite") if isinstance(e, Warned)]


@pytest.fixture(scope="module")
def branched(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds of the small pack, every analysis and label out of three branches."""
    run = tmp_path_factory.mktemp("branched") / "run"
    assert start(scripted_task(shared, TASK, BOTH, SMALL), run).status == "done"
    return run


def test_paths_are_booked_on_an_edge_of_their_own(branched: Path) -> None:
    spent = {(row["source"], row["target"]): row for row in books(branched)["rows"]}
    votes = [e for e in read_events(branched / "events.sqlite") if isinstance(e, Voted)]
    assert spent["paths", "labeler"]["calls"] == 4 * len(votes)
    assert spent["paths", "analyst"]["calls"] == 4 * 2
    for edge, row in spent.items():
        if edge[1] in ("labeler", "analyst") and edge[0] != "paths":
            assert row["calls"] == 0 < row["freight_tokens"]
    slots = Counter(call.slot.rpartition("/")[2] for call in calls(branched) if "/" in call.slot)
    assert slots["first"] == slots["path-0"] == slots["path-2"] == len(votes) + 2


def test_the_path_taken_is_what_the_row_and_the_analysis_come_from(branched: Path) -> None:
    votes = {e.row: e for e in read_events(branched / "events.sqlite") if isinstance(e, Voted)}
    written = [e for e in read_events(branched / "events.sqlite") if isinstance(e, Analysed)]
    found = decoded(branched)
    assert {one.branched for one in found} == {True}
    assert {one.call for one in found if one.row is None} == {one.call for one in written}
    for one in found:
        assert one.chosen is not None and len(one.answers) == len(one.margins) == 3
        assert one.calls[one.chosen] == one.call and len(one.asked) == 4
        if one.row is not None:
            assert votes[one.row].label == one.answers[one.chosen]
    assert any(len(set(one.answers)) > 1 for one in found if one.row is not None)
    rows = read_lines(branched / "synthetic.jsonl")
    assert rows and all(0 < vote["confidence"] <= 1 for row in rows for vote in row["votes"])


def test_a_calls_page_shows_its_rivals(branched: Path) -> None:
    one = next(one for one in decoded(branched) if one.row is not None)
    for name in one.asked:
        call = read_call(read_run(branched), name)
        assert call is not None
        (event,) = (event for event in call.made if event.type == "decoded")
        shown = paths_of(event)
        assert [path.call for path in shown] == one.calls
        assert [path.taken for path in shown].index(True) == one.chosen
        assert shown[0].margin == f"{one.margins[0]:+.3f}"


def test_the_plan_counts_every_path(shared: Path) -> None:
    config = scripted_task(shared, TASK, BOTH, SMALL, rounds=1)
    plan = make_plan(config, load_task(config.task), pack_of(config))
    found = {edge: sums.calls for edge, sums in plan.course.by_edge().items()}  # type: ignore[union-attr]
    assert found["paths", "analyst"] == 4
    assert found["paths", "labeler"] % 4 == 0 and found["paths", "labeler"] >= 4


def test_json_replies_are_sampled_and_the_user_is_told(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert start(scripted_task(shared, TASK, BOTH, rounds=1), run).status == "done"
    found = decoded(run)
    assert {(one.row is None, one.branched) for one in found} == {(True, False), (False, True)}
    assert any("loop.decoding.analyst" in text and "samples" in text for text in warnings(run))


def test_a_budget_ends_such_a_run_in_order(shared: Path, tmp_path: Path) -> None:
    outcome = start(scripted_task(shared, TASK, BOTH, SMALL, "budget.calls=21"), tmp_path / "run")
    assert outcome.status == "done" and "budget.calls" in outcome.reason
    assert len(calls(tmp_path / "run")) == 21


SAMPLES = "loop.decoding={analyst: self_consistency, k: 3}"


def test_samples_share_one_request_and_the_bill_agrees(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with FakeChat(BRAIN) as server:
        assert start(settings(shared, server.url, SAMPLES), run).status == "done"
        audit(run, server.bill)
    asked = [call for call in calls(run) if call.agent == "analyst"]
    assert len(asked) == 2 and {call.source for call in asked} == {"paths"}
    for one in decoded(run):
        assert one.rule == "majority" and one.completions == [0, 1, 2]
        assert one.margins == [None] * 3 and len(set(one.calls)) == 1


def test_finished_paths_are_not_paid_again_after_a_kill(shared: Path, tmp_path: Path) -> None:
    """Of three paths (the server knows no `n`) two were answered when the process was killed."""
    run, asked = tmp_path / "run", 0

    def plan(served: Served) -> Mischief | None:
        nonlocal asked
        asked += served.role == "analyst"
        return cut("never answer") if served.role == "analyst" and asked == 3 else None

    single = type(BRAIN)(BRAIN.labels, most=1)
    with FakeChat(single, plan) as server:
        child = run_in_child(settings(shared, server.url, SAMPLES), run)
        until = time.monotonic() + 120
        while asked < 3 or statuses(run)["ok"] < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        assert resume(run).status == "done"
        doc = books(run)
        assert (doc["replayed_calls"], doc["open_calls"]) == (2, 1)
        assert 0 <= doc["billed"]["calls"] - server.bill.requests <= doc["open_calls"]
    assert len([one for one in decoded(run) if one.round == 1]) == 1
    assert RunDir.open(run).run()["status"] == "done"


REMOTE = "teachers.{}={{model: m, base_url: http://127.0.0.1:9/v1}}"


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([BOTH, REMOTE.format("labeler")], "teachers.labeler: m: .*cot_decoding.*logprobs: true"),
        ([BOTH, REMOTE.format("analyst")], "teachers.analyst: m: .*self_consistency, which needs"),
        ([BOTH, "loop.decoding.temperature=0"], "loop.decoding.temperature: 0 .*analyst.*JSON"),
        ([BOTH, "loop.confidence=true"], "loop.confidence: .*leave it out"),
    ],
)
def test_what_can_not_work_is_refused_before_anything_is_spent(
    overrides: list[str], said: str, shared: Path, tmp_path: Path
) -> None:
    config = scripted_task(shared, TASK, *overrides)
    with pytest.raises(ConfigError, match=said):
        check(config)
    with pytest.raises(ConfigError, match=said):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_check_says_it_too(shared: Path) -> None:
    config = scripted_task(shared, TASK, BOTH, REMOTE.format("labeler"))
    failed = [one.text for one in look_at(config) if one.state == "failed"]
    assert any("cot_decoding` weighs paths by log-probabilities" in text for text in failed)


def test_self_consistency_needs_no_log_probabilities(shared: Path) -> None:
    both = "loop.decoding={analyst: self_consistency, labeler: self_consistency}"
    check(scripted_task(shared, TASK, both, *(REMOTE.format(r) for r in ("analyst", "labeler"))))
    with pytest.raises(ConfigError, match="temperature: 0"):
        scripted_task(shared, TASK, "loop.decoding={analyst: self_consistency, temperature: 0}")


def test_whoever_is_not_asked_is_said(shared: Path) -> None:
    method = check(scripted_task(shared, TASK, BOTH, "loop.feedback.analysis=none"))
    assert any("no analyst is asked here" in remark for remark in method.remarks())


def test_kinds_without_one_name_for_an_answer_keep_the_plain_labeler(shared: Path) -> None:
    task = {
        "kind": "multi",
        "heads": {name: {"labels": ["bad", "good"]} for name in ("mood", "tone")},
    }
    config = scripted_task(shared, task, "loop.decoding.labeler=self_consistency", split="t-{}")
    for name in ("train", "test"):
        lines = [
            f'{{"text": "{name} {n} {word}", "mood": "{word}", "tone": "{word}"}}\n'
            for n in range(4)
            for word in ("bad", "good")
        ]
        (shared / f"t-{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"loop\.decoding\.labeler: .*not for multi"):
        check(config)
