"""Roles that get nothing: the run has failed, says why, and goes on once the server is mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.store.event_log import read_events
from evokd.store.events import Warned
from evokd.store.run_dir import RunDir, read_lines
from evokd.teacher.trial import FIRST_CALLS
from graph.driving import Outcome
from graph.session import resume, start
from tests.servers.audit import audit, books, calls, same_result, statuses
from tests.servers.fake_chat import FakeChat, Mischief, Plan, Served
from tests.servers.mischief import FAULTS, every, slow, status
from tests.servers.runs import BRAIN, settings

pytestmark = pytest.mark.usefixtures("quick")
REFUSAL = "The model takes no such texts."
"""It names nothing that could be left out."""
CONCURRENCY = 4
"""Of the endpoint in `tests.servers.runs`: as many may have left when the fifth comes back."""
AT_ONCE = "loop.calls_per_round=8"
"""More calls of a writer in a round than it needs to prove silent."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


def grave(run: Path) -> list[Warned]:
    """What people see in red."""
    found = read_events(run / "events.sqlite", type="warned")
    return [event for event in found if isinstance(event, Warned) and event.grave]


def in_role(server: FakeChat, role: str) -> int:
    return sum(one.role == role for one in server.bill.served)


WRITERS = [
    ("evokd", "hard_generator"),
    ("evokd", "labeler"),
    ("static", "easy_generator"),
    ("evokd_init", "paraphraser"),
    ("auggpt", "paraphraser"),
    ("zerogen", "writer"),
    ("sungen", "writer"),
    ("progen", "writer"),
    ("llm2llm", "writer"),
    ("curate_refine", "writer"),
]


@pytest.mark.parametrize(("method", "role"), WRITERS)
def test_a_role_that_is_refused_fails_the_run_after_a_few_calls(
    method: str, role: str, shared: Path, run: Path
) -> None:
    many = [AT_ONCE, "loop.n_hard=1", "loop.n_easy=1", "prompts.pack=evokd"]
    with FakeChat(BRAIN, every(1, status(400, REFUSAL), role)) as server:
        retrain = ["student.update=retrain"] * (method == "llm2llm")
        config = settings(shared, server.url, f"method={method}", *many, *retrain)
        outcome = start(config, run)
        assert outcome.status == "failed"
        assert outcome.reason.startswith(f"{role}: none of its ")
        assert REFUSAL in outcome.reason and "`teachers.default.model`" in outcome.reason
        assert in_role(server, role) <= FIRST_CALLS + CONCURRENCY
        audit(run, server.bill)
    assert RunDir(run).run()["status"] == "failed"
    assert not RunDir(run).student.exists()


@pytest.mark.parametrize("fault", ["prose", "null choices", "empty content"])
def test_a_role_whose_replies_are_all_unreadable(fault: str, shared: Path, run: Path) -> None:
    """Each call has its repair turn; two attempts a call are all it may cost."""
    with FakeChat(BRAIN, every(1, FAULTS[fault], "hard_generator")) as server:
        config = settings(
            shared, server.url, AT_ONCE, "loop.n_hard=1", "teachers.default.retries=1"
        )
        outcome = start(config, run)
        assert outcome.status == "failed" and outcome.reason.startswith("hard_generator: none of")
        assert (
            "prompts.pack" in outcome.reason
            or "pack evokd is likely the wrong one" in (outcome.reason)
            or "teachers.default" in outcome.reason
        )
        assert in_role(server, "hard_generator") <= 2 * (FIRST_CALLS + CONCURRENCY)
        audit(run, server.bill)


def test_it_goes_on_once_the_server_is_mended(shared: Path, run: Path, quiet: Path) -> None:
    """Two rounds of two calls, so that only the end tells: all is done again, as if nothing."""
    with FakeChat(BRAIN, every(1, status(400, REFUSAL), "easy_generator")) as server:
        outcome = start(settings(shared, server.url), run)
        assert outcome.status == "failed"
        assert "easy_generator: none of its 4 calls could be used (fake): HTTP 400" in (
            outcome.reason
        )
        assert "(it ended with: 2 rounds done)" in outcome.reason
        again = resume(run)
        assert again.status == "failed", "the server is as it was"
        server.plan = lambda _: None
        assert resume(run) == Outcome("done", "2 rounds done")
        audit(run, server.bill)
        assert resume(run) == Outcome("done", "2 rounds done")
    same_result(run, quiet)


def test_it_goes_on_where_it_was_stopped_in_the_middle(shared: Path, run: Path) -> None:
    """Enough calls in one round: the labeler alone is asked again."""
    many = (AT_ONCE, "loop.rounds=1", "loop.n_hard=4", "loop.n_easy=4")
    with FakeChat(BRAIN, every(1, status(422, "no"), "labeler")) as server:
        assert start(settings(shared, server.url, *many), run).status == "failed"
        written = in_role(server, "hard_generator")
        server.plan = lambda _: None
        assert resume(run).status == "done"
        assert statuses(run)["replayed"] == 0
        assert {call.agent for call in calls(run) if call.status == "error"} == {"labeler"}
        waves = [call for call in calls(run) if call.agent == "hard_generator"]
        assert len([call for call in waves if "wave-0" in call.slot]) == written
        audit(run, server.bill)


def test_a_run_whose_first_student_is_gone_begins_anew(shared: Path, run: Path) -> None:
    """Three rounds of one refused call: the states before the second are no longer kept."""
    one = ("method=zerogen", "loop.rounds=4", "loop.calls_per_round=1", "loop.barren_rounds=3")
    texts = ("loop.n_hard=4", "loop.switches.easy=false")
    with FakeChat(BRAIN, every(1, status(400, "no"), "writer")) as server:
        outcome = start(settings(shared, server.url, *one, *texts), run)
        assert outcome.status == "failed"
        assert "3 rounds in a row without an accepted row" in outcome.reason
        server.plan = lambda _: None
        assert resume(run) == Outcome("done", "4 rounds done")
        audit(run, server.bill)
    lines = read_lines(run / "metrics.jsonl")
    assert [line["round"] for line in lines] == [0, 1, 2, 3, 4]
    assert all(line["accepted"] for line in lines[1:])


def test_a_budget_that_ends_before_anything_was_usable(shared: Path, run: Path) -> None:
    with FakeChat(BRAIN, every(1, FAULTS["prose"], "labeler")) as server:
        config = settings(shared, server.url, "budget.calls=9", "loop.rounds=null")
        outcome = start(config, run)
        assert outcome.status == "failed"
        assert outcome.reason.startswith("labeler: ") and "budget.calls" in outcome.reason
        server.plan = lambda _: None
        again = resume(run)  # nothing is left to ask with: it has failed still, and ends
        assert again.status == "failed" and "budget.calls" in again.reason
        audit(run, server.bill)


def test_a_budget_that_leaves_a_role_no_call_is_said_in_red(shared: Path, run: Path) -> None:
    with FakeChat(BRAIN) as server:
        outcome = start(settings(shared, server.url, "budget.calls=5"), run)
        assert outcome.status == "done" and "budget.calls" in outcome.reason
    assert [e.text for e in grave(run)] == [f"labeler was never asked: {outcome.reason}"]


def test_one_endpoint_of_several_is_a_warning(shared: Path, run: Path) -> None:
    refused = every(1, status(400, REFUSAL), "labeler")
    with FakeChat(BRAIN) as server, FakeChat(BRAIN, refused) as other:
        config = settings(shared, server.url)
        first = config.teachers.default[0].model_dump(exclude_defaults=True)
        both = f"teachers.labeler={[{**first, 'base_url': other.url, 'model': 'bad'}, first]}"
        many = ("loop.rounds=1", "loop.calls_per_round=8", "loop.n_hard=4", "loop.n_easy=4")
        assert start(settings(shared, server.url, both, *many), run).status == "done"
        assert other.bill.requests >= FIRST_CALLS
    (told,) = grave(run)
    assert told.text.startswith("labeler, endpoint 1 of `teachers.labeler`: none of its ")
    assert "(bad): HTTP 400" in told.text and REFUSAL in told.text


def test_a_slow_endpoint_is_waited_for(shared: Path, run: Path) -> None:
    """One endpoint refuses at once, the other needs longer for its first reply."""

    def late(served: Served) -> Mischief | None:
        return slow(0.5) if served.role == "hard_generator" else None

    refused = every(1, status(400, REFUSAL), "hard_generator")
    with FakeChat(BRAIN, late) as server, FakeChat(BRAIN, refused) as other:
        first = settings(shared, server.url).teachers.default[0].model_dump(exclude_defaults=True)
        both = f"teachers.hard_generator={[{**first, 'base_url': other.url, 'model': 'b'}, first]}"
        many = ("loop.rounds=1", "loop.calls_per_round=24", "loop.n_hard=1", "loop.n_easy=1")
        assert start(settings(shared, server.url, both, *many), run).status == "done"


def test_refusals_among_replies_that_are_on_their_way(shared: Path, run: Path) -> None:
    """Five calls are refused at once while one that is good takes its time: nothing has failed."""
    seen = 0

    def plan(served: Served) -> Mischief | None:
        nonlocal seen
        if served.role != "hard_generator":
            return None
        seen += 1
        return slow(0.5) if seen == 1 else status(400, "too long") if seen <= 7 else None

    with FakeChat(BRAIN, plan) as server:
        many = ("loop.rounds=1", "loop.calls_per_round=24", "loop.n_hard=1", "loop.n_easy=1")
        assert start(settings(shared, server.url, *many), run).status == "done"
    hard = [call.status for call in calls(run) if call.agent == "hard_generator"]
    assert hard.count("error") >= FIRST_CALLS and hard.count("ok") >= 2


@pytest.mark.parametrize("role", ["analyst", "critic"])
def test_a_role_that_can_be_done_without_is_said_in_red(role: str, shared: Path, run: Path) -> None:
    with FakeChat(BRAIN, every(1, status(400, REFUSAL), role)) as server:
        outcome = start(settings(shared, server.url), run)
        assert outcome.status == "done"
    told = {event.round: event.text for event in grave(run)}
    assert set(told) == {1, 2}
    assert told[1].startswith(f"{role} got nothing in round 1: ") and REFUSAL in told[1]


def test_a_round_that_a_role_got_nothing_in_is_said_in_red(shared: Path, run: Path) -> None:
    """The first round's texts are lost, the second's are not: the run is done."""
    refused = 0

    def plan(served: Served) -> Mischief | None:
        nonlocal refused
        refused += served.role == "hard_generator"
        return status(400, "busy") if served.role == "hard_generator" and refused <= 2 else None

    with FakeChat(BRAIN, plan) as server:
        assert start(settings(shared, server.url), run).status == "done"
    (told,) = grave(run)
    assert told.round == 1
    assert told.text.startswith("hard_generator got nothing in round 1: none of its 2 calls")


def test_without_a_seat_nobody_misses_it(shared: Path, run: Path) -> None:
    """Writers that label their own texts: no labeler is asked, and none is missed."""
    off = "loop.switches={separate_labels: false, critic: false, analysis: false}"
    with FakeChat(BRAIN) as server:
        assert start(settings(shared, server.url, off), run).status == "done"
        assert not in_role(server, "labeler")
    assert not grave(run)


def test_a_repair_turn_that_helps_is_no_failure(shared: Path, run: Path) -> None:
    """Every second reply is prose; the turn after it is usable: nothing is silent."""
    plan: Plan = every(2, FAULTS["prose"], "labeler")
    with FakeChat(BRAIN, plan) as server:
        assert start(settings(shared, server.url), run).status == "done"
        assert books(run)["billed"]["calls"] == server.bill.requests
    assert not grave(run)


def test_servers_that_know_no_n_are_not_taken_for_silent(shared: Path, run: Path) -> None:
    """A refused `n` is asked again one by one, however many prompts there were."""

    def plan(served: Served) -> Mischief | None:
        return status(400, "n must be 1") if '"n": 8' in served.key else None

    with FakeChat(BRAIN, plan) as server:
        many = ("loop.completions=8", "loop.rounds=1", "loop.calls_per_round=24")
        small = ("prompts.pack=small", "method=zerogen", "loop.n_hard=4", "loop.n_easy=4")
        outcome = start(settings(shared, server.url, *many, *small), run)
        assert outcome.status == "done"
        assert any(call.status == "error" for call in calls(run))
