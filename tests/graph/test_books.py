"""The books are right, whatever the server does: every misbehaviour, through the whole loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Judged, Voted
from evokd.store.run_dir import read_lines
from evokd.teacher import transport
from graph.session import resume, start
from tests.servers.audit import audit, books, calls, holds_nothing_of, same_result, statuses
from tests.servers.fake_chat import FakeChat, Mischief, Plan, Served
from tests.servers.mischief import (
    FAULTS,
    HUGE,
    REPLIES,
    RETRIED,
    echo_key,
    echo_key_in_reply,
    every,
    said,
    slow,
    sometimes,
    status,
)
from tests.servers.runs import BRAIN, KEY, settings

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_a_quiet_run(shared: Path, run: Path, quiet: Path) -> None:
    with FakeChat(BRAIN) as server:
        outcome = start(settings(shared, server.url), run)
        assert (outcome.status, outcome.reason) == ("done", "2 rounds done")
        audit(run, server.bill)
        assert set(statuses(run)) == {"ok"}
        assert {one.authorization for one in server.bill.served} == {f"Bearer {KEY}"}
    doc = books(run)
    assert doc["useful"] == {name: doc["billed"][name] for name in doc["useful"]}
    holds_nothing_of(run, KEY)
    same_result(run, quiet)


def in_turn(faults: list[Mischief], every_nth: int) -> Plan:
    """Each of the faults in turn, at every n-th request."""

    def plan(served: Served) -> Mischief | None:
        turn, rest = divmod(served.number, every_nth)
        return None if rest else faults[turn % len(faults)]

    return plan


INSTANT = [name for name in FAULTS if name != "timeout"]


@pytest.mark.parametrize("names", [INSTANT[i::8] for i in range(8)], ids=" / ".join)
def test_faults_in_turn(
    names: list[str], shared: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)
    with FakeChat(BRAIN, in_turn([FAULTS[name] for name in names], 2)) as server:
        outcome = start(settings(shared, server.url), run)
        assert (outcome.status, outcome.reason) == ("done", "2 rounds done")
        audit(run, server.bill)
        assert len({one.number for one in server.bill.served}) > 2 * len(names)
    holds_nothing_of(run, KEY)


@pytest.mark.parametrize("seed", range(4))
def test_faults_by_chance(
    seed: int, shared: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_REPLY_BYTES", HUGE // 2)
    plan = sometimes(0.4, seed, list(FAULTS.values()))
    with FakeChat(BRAIN, plan) as server:
        config = settings(
            shared,
            server.url,
            # long, for a busy machine must not time out an answer that is on the bill
            "teachers.default.timeout_s=4",
            "teachers.default.retries=12",
            "budget.calls=200",
        )
        outcome = start(config, run)
        assert outcome.status == "done"
        audit(run, server.bill)
        assert server.bill.requests <= 200
    holds_nothing_of(run, KEY)


def test_faults_that_only_delay_change_nothing_useful(shared: Path, run: Path, quiet: Path) -> None:
    """Retries cost, but the run learns the same and its useful books are the same."""
    plan = sometimes(0.4, 7, [f for name, f in RETRIED.items() if name != "timeout"])
    with FakeChat(BRAIN, plan) as server:
        start(settings(shared, server.url, "teachers.default.retries=12"), run)
        audit(run, server.bill)
    assert statuses(run)["error"] > 3
    same_result(run, quiet)


@pytest.mark.parametrize(
    ("role", "fault", "reason"),
    [
        ("analyst", FAULTS["prose"], "1 rounds done"),
        ("critic", FAULTS["prose"], "1 rounds in a row without an accepted row"),
    ],
)
def test_a_role_that_is_of_no_use(
    role: str, fault: Mischief, reason: str, shared: Path, run: Path
) -> None:
    """Analyst and critic are passed over, or their rows rejected; others: `test_silence`."""
    with FakeChat(BRAIN, every(1, fault, role)) as server:
        config = settings(shared, server.url, "loop.rounds=1", "loop.barren_rounds=1")
        outcome = start(config, run)
        assert (outcome.status, outcome.reason) == ("done", reason)
        audit(run, server.bill)
    assert not [call for call in calls(run) if call.agent == role and call.status == "ok"]


WIRINGS: list[list[str]] = [
    ["loop.switches={easy: false, analysis: false}"],
    ["loop.switches={critic: false, separate_labels: false}"],
    ["loop.switches={review: false, correct: false}", "loop.rounds=2"],
    ["prompts.pack=small"],
]


@pytest.mark.parametrize("overrides", WIRINGS, ids=str)
def test_every_wiring_books_on_its_edges(overrides: list[str], shared: Path, run: Path) -> None:
    names = ["429", "503", "truncated", "empty content", "reset mid-body", "null content"]
    with FakeChat(BRAIN, sometimes(0.3, 3, [FAULTS[name] for name in names])) as server:
        config = settings(shared, server.url, "loop.rounds=1", *overrides)
        assert start(config, run).status == "done"
        audit(run, server.bill)


def test_labelers_at_two_servers_vote(shared: Path, run: Path) -> None:
    """The books of both add up, by model too, and a voter without sense only loses its votes."""
    senseless = every(1, said('{"1": "perhaps"}'), "labeler")
    with FakeChat(BRAIN) as server, FakeChat(BRAIN, senseless) as other:
        second = {"model": "other", "base_url": other.url, "retries": 1}
        config = settings(shared, server.url, "loop.rounds=1")
        first = config.teachers.default[0].model_dump(exclude_defaults=True)
        voters = f"teachers.labeler={[first, second, {**first, 'model': 'third'}]}"
        assert start(settings(shared, server.url, "loop.rounds=1", voters), run).status == "done"
        both = server.bill.requests + other.bill.requests
        by_model = {row["model"]: row["calls"] for row in books(run, "model")["rows"]}
        assert sum(by_model.values()) == books(run)["billed"]["calls"] == both
        assert by_model["other"] == other.bill.requests
    votes = [e for e in read_events(run / "events.sqlite", type="voted") if isinstance(e, Voted)]
    assert {vote.label for vote in votes if vote.voter == 1} == {None}
    assert {vote.label for vote in votes if vote.voter == 0} <= {"negative", "positive"}


def test_a_wrong_key_costs_nothing(shared: Path, run: Path) -> None:
    with FakeChat(BRAIN, models_status=401) as server:
        with pytest.raises(ConfigError, match="api_key_env") as caught:
            start(settings(shared, server.url), run)
        assert KEY not in str(caught.value)
        assert server.bill.requests == 0
    assert not run.exists()


def test_a_key_that_is_refused_at_work(shared: Path, run: Path) -> None:
    """Servers without a list of models show it with the first call: one is sent, none is paid."""
    with FakeChat(BRAIN, every(1, echo_key(401)), models_status=404) as server:
        outcome = start(settings(shared, server.url), run)
        assert outcome.status == "failed"
        assert "401" in outcome.reason and KEY not in outcome.reason
        audit(run, server.bill)
        assert server.bill.requests == 1
        assert books(run)["billed"]["prompt_tokens"] == 0
    holds_nothing_of(run, KEY)


@pytest.mark.parametrize("fault", [echo_key(400), echo_key(500), echo_key_in_reply])
def test_an_echoed_key_stays_out_of_the_run(fault: Mischief, shared: Path, run: Path) -> None:
    with FakeChat(BRAIN, in_turn([fault], 3)) as server:
        outcome = start(settings(shared, server.url, "loop.rounds=1"), run)
        assert outcome.status == "done"
        audit(run, server.bill)
        assert not any(KEY in one.key for one in server.bill.served)
    holds_nothing_of(run, KEY)


def test_a_cancelled_sibling_is_booked(
    shared: Path, run: Path, quiet: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One generator is refused for good while the other waits for its answer."""

    def plan(served: Served) -> Mischief | None:
        return {"easy_generator": status(401), "hard_generator": slow(0.3)}.get(served.role)

    with FakeChat(BRAIN, plan) as server:
        config = settings(shared, server.url)
        outcome = start(config, run)
        assert outcome.status == "failed"
        audit(run, server.bill)
        hard = [call for call in calls(run) if call.agent == "hard_generator"]
        assert [call.status for call in hard] == ["ok", "ok"]
        assert books(run)["useful"]["calls"] == 1  # the analyst's: the siblings' step is open

        server.plan = lambda _: None
        assert resume(run).status == "done"
        audit(run, server.bill)
        assert statuses(run)["replayed"] == 2
    same_result(run, quiet)
    assert not caplog.records


LIMITS: list[tuple[str, Any]] = [
    *(("calls", n) for n in (1, 3, 6, 11)),
    *(("tokens", n) for n in (700, 2000, 3500)),
    ("usd", 0.004),
]


@pytest.mark.parametrize(("limit", "amount"), LIMITS)
def test_a_budget_ends_the_run_in_order(limit: str, amount: Any, shared: Path, run: Path) -> None:
    price = "teachers.default.price={prompt: 1, completion: 5}"
    with FakeChat(BRAIN) as server:
        config = settings(shared, server.url, "loop.rounds=null", f"budget.{limit}={amount}", price)
        outcome = start(config, run)
        assert (outcome.status, outcome.reason) == ("done", f"budget.{limit} is reached")
        audit(run, server.bill)
        billed = books(run)["billed"]
        billed["tokens"] = billed["prompt_tokens"] + billed["completion_tokens"]
        assert 0 < billed[limit] <= amount
    trained_what_passed(run)
    assert (run / "student" / "model.safetensors").is_file()


def test_a_budget_that_ends_in_the_midst_of_the_critic(shared: Path, run: Path) -> None:
    """Half the rows got a verdict before the budget was reached: those are trained on."""
    with FakeChat(BRAIN) as server:
        # 1 analysis, 2 x 4 texts of a turn, 2 labelings; the critic has two calls and gets one
        more = ("loop.calls_per_round=4", "loop.rounds=null", "budget.calls=12")
        outcome = start(settings(shared, server.url, *more), run)
        assert (outcome.status, outcome.reason) == ("done", "budget.calls is reached")
        audit(run, server.bill)
        assert server.bill.requests == 12
    assert 0 < len(read_lines(run / "synthetic.jsonl")) <= 8
    trained_what_passed(run)


def trained_what_passed(run: Path) -> None:
    """Every row that the critic let through is in the data and in the scores' counts."""
    judged = [e for e in read_events(run / "events.sqlite", type="judged") if isinstance(e, Judged)]
    passed = {e.row for e in judged if e.by == "critic" and e.action in ("accept", "relabel")}
    assert {row["row"] for row in read_lines(run / "synthetic.jsonl")} == passed
    lines = read_lines(run / "metrics.jsonl")
    assert sum(line["accepted"] for line in lines) == len(passed)
    assert [line["round"] for line in lines] == list(range(len(lines)))
    billed = books(run)["billed"]
    assert lines[-1]["billed_tokens"] == billed["prompt_tokens"] + billed["completion_tokens"]


def test_retries_are_within_the_budget_too(shared: Path, run: Path) -> None:
    names = ["502", "no usage", "reset mid-body", "429", "truncated"]
    with FakeChat(BRAIN, sometimes(0.5, 5, [FAULTS[name] for name in names])) as server:
        more = ("loop.rounds=null", "budget.tokens=6000", "teachers.default.retries=12")
        outcome = start(settings(shared, server.url, *more), run)
        assert outcome.reason == "budget.tokens is reached"
        audit(run, server.bill)
    billed = books(run)["billed"]
    assert billed["prompt_tokens"] + billed["completion_tokens"] <= 6000
    trained_what_passed(run)


def test_a_budget_in_seconds(shared: Path, run: Path) -> None:
    with FakeChat(BRAIN, delay_s=0.2) as server:
        config = settings(shared, server.url, "loop.rounds=null", "budget.seconds=2")
        outcome = start(config, run)
        assert (outcome.status, outcome.reason) == ("done", "budget.seconds is reached")
        audit(run, server.bill)
    trained_what_passed(run)


@pytest.mark.parametrize("agent", ["analyst", "hard_generator", "labeler", "critic"])
def test_an_agents_own_budget_passes_it_over(agent: str, shared: Path, run: Path) -> None:
    with FakeChat(BRAIN) as server:
        config = settings(
            shared, server.url, "loop.n_hard=1", f"budget.per_agent={{{agent}: {{calls: 1}}}}"
        )
        outcome = start(config, run)
        assert (outcome.status, outcome.reason) == ("done", "2 rounds done")
        audit(run, server.bill)
        spent = {row["agent"]: row["calls"] for row in books(run, "agent")["rows"]}
        assert spent[agent] == 1 < max(spent.values())
    trained_what_passed(run)


def test_replies_are_booked_as_what_they_are(shared: Path, run: Path) -> None:
    """A useless reply is paid: its tokens stand in a rejected row, and nothing of it is trained."""
    with FakeChat(BRAIN, every(2, REPLIES["prose"])) as server:
        start(settings(shared, server.url, "loop.rounds=1"), run)
        audit(run, server.bill)
    rejected = [call for call in calls(run) if call.status == "rejected"]
    assert rejected and all(call.completion_tokens > 0 for call in rejected)
    assert not any(call.estimated for call in rejected)
    assert not any(
        row["text"] == "I would rather not." for row in read_lines(run / "synthetic.jsonl")
    )
