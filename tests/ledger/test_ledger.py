from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.config import Price
from evokd.ledger.call import CallEnd, CallStart, Usage
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.ledger.totals import KEYS, By, totals

EDGES = [("START", "analyst"), ("analyst", "easy_generator"), ("analyst", "hard_generator")]


def edge(source: str = "analyst", target: str = "hard_generator", **more: Any) -> Edge:
    return Edge(source, target, "run", more.get("task", "t1"), 1, more.get("round", 1))


def call_start(**changes: Any) -> CallStart:
    fields: dict[str, Any] = {
        "agent": "hard_generator",
        "model": "m",
        "voter": 0,
        "call_key": "text-0",
        "attempt": 1,
        "template": "evokd/en/hard_generator",
        "template_sha": "t",
        "prompt_sha": "p",
        "prompt_estimate": 100,
        "max_tokens": 50,
        "price": Price(prompt=1.0, completion=2.0),
    }
    return CallStart(**{**fields, **changes})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as books:
        yield books


def billed(ledger: Ledger) -> dict[str, Any]:
    result: dict[str, Any] = totals(ledger.db, (), "edge")["billed"]
    return result


def test_an_open_row_is_billed_with_an_estimate(ledger: Ledger) -> None:
    ledger.open(edge(), call_start())
    assert billed(ledger) == {
        "calls": 1,
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "estimated_prompt_tokens": 100,
        "estimated_completion_tokens": 50,
        "usd": pytest.approx(200e-6),
    }
    assert totals(ledger.db, (), "edge")["open_calls"] == 1


def test_reported_usage_replaces_the_estimate(ledger: Ledger) -> None:
    call = ledger.open(edge(), call_start())
    assert ledger.close(call, call_start(), CallEnd("ok", Usage(70, 9), reply="{}")) == (70, 9)
    assert billed(ledger)["estimated_prompt_tokens"] == 0
    assert billed(ledger)["usd"] == pytest.approx(88e-6)


@pytest.mark.parametrize(
    ("closing", "booked", "calls"),
    [
        (CallEnd("error"), (100, 50), 1),
        (CallEnd("cancelled"), (100, 50), 1),
        (CallEnd("rejected", completion_estimate=7), (100, 7), 1),
        (CallEnd("error", usage=Usage(0, 0)), (0, 0), 1),
        (CallEnd("unsent"), (0, 0), 0),
    ],
)
def test_what_each_ending_books(
    ledger: Ledger, closing: CallEnd, booked: tuple[int, int], calls: int
) -> None:
    call = ledger.open(edge(), call_start())
    assert ledger.close(call, call_start(), closing) == booked
    assert billed(ledger)["calls"] == calls
    assert billed(ledger)["prompt_tokens"] == booked[0]


def test_the_journal_replays_the_same_task_slot_and_prompt_only(ledger: Ledger) -> None:
    call = ledger.open(edge(), call_start())
    ledger.close(call, call_start(), CallEnd("ok", Usage(70, 9), reply='{"a": 1}'))
    assert ledger.replay(edge(), call_start()) == (call, '{"a": 1}')
    assert ledger.replay(edge(task="t2"), call_start()) is None
    assert ledger.replay(edge(), call_start(call_key="text-1")) is None
    assert ledger.replay(edge(), call_start(prompt_sha="other")) is None
    assert billed(ledger)["calls"] == 1
    assert totals(ledger.db, (), "edge")["replayed_calls"] == 1


def test_a_rejected_reply_is_never_replayed(ledger: Ledger) -> None:
    call = ledger.open(edge(), call_start())
    ledger.close(call, call_start(), CallEnd("rejected", Usage(70, 9), text="bad"))
    assert ledger.replay(edge(), call_start()) is None


def test_cached_prompt_tokens_have_a_price_of_their_own(ledger: Ledger) -> None:
    """A million prompt tokens of which 400,000 were cached: 0.6 x 3 + 0.4 x 0.3, and the reply."""
    price = Price(prompt=3, completion=15, cached_prompt=0.3)
    start = call_start(price=price)
    usage = Usage(1_000_000, 100_000, cached=400_000)
    ledger.close(ledger.open(edge(), start), start, CallEnd("ok", usage))
    assert billed(ledger)["usd"] == pytest.approx(1.8 + 0.12 + 1.5)
    without = call_start(price=Price(prompt=3, completion=15))
    assert without.usd(1_000_000, 0, 400_000) == 3
    assert start.usd(100, 0, 10**9) == pytest.approx(30e-6)  # no more than there are


def test_an_unknown_price_makes_the_total_unknown(ledger: Ledger) -> None:
    for price in (Price(prompt=1, completion=1), None):
        call = ledger.open(edge(), call_start(price=price))
        ledger.close(call, call_start(price=price), CallEnd("ok", Usage(1, 1)))
    assert billed(ledger)["usd"] is None


def test_useful_counts_ok_calls_of_the_given_tasks(ledger: Ledger) -> None:
    for task, status in (("kept", "ok"), ("kept", "rejected"), ("lost", "ok")):
        call = ledger.open(edge(task=task), call_start())
        ledger.close(call, call_start(), CallEnd(status, Usage(5, 2)))  # type: ignore[arg-type]
    useful = totals(ledger.db, {"kept"}, "edge")["useful"]
    assert useful == {"calls": 1, "prompt_tokens": 5, "completion_tokens": 2}


def test_freight_of_a_repeated_execution_counts_once(ledger: Ledger) -> None:
    ledger.freight(edge(), 30)
    ledger.freight(edge(), 40)
    ledger.freight(edge(target="trainer", source="review", task="t9"), 5)
    rows = totals(ledger.db, (), "edge")["rows"]
    moved = {(r["source"], r["target"]): r["freight_tokens"] for r in rows}
    assert moved == {("analyst", "hard_generator"): 40, ("review", "trainer"): 5}


CALLS = st.lists(
    st.tuples(
        st.sampled_from(EDGES),
        st.sampled_from(["m1", "m2"]),
        st.integers(1, 3),
        st.sampled_from(["ok", "rejected", "error", "cancelled", "open", "unsent", "replayed"]),
        st.one_of(st.none(), st.tuples(st.integers(0, 999), st.integers(0, 999))),
    ),
    max_size=25,
)


@given(calls=CALLS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_agree_whatever_they_are_keyed_by(calls: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    path.unlink(missing_ok=True)
    with Ledger(path) as books:
        for number, ((source, target), model, round_number, status, usage) in enumerate(calls):
            where = edge(source, target, task=str(number), round=round_number)
            entry = call_start(agent=target, model=model)
            call = books.open(where, entry)
            if status != "open":
                reported = Usage(*usage) if usage and status not in ("unsent", "replayed") else None
                books.close(call, entry, CallEnd(status, reported))
        whole = totals(books.db, (), "edge")["billed"]
        for by in KEYS:
            rows = totals(books.db, (), by)["rows"]
            for column in ("calls", "prompt_tokens", "completion_tokens"):
                assert sum(row[column] for row in rows) == whole[column], (by, column)
        reported_tokens = sum(
            sum(usage)
            for *_, status, usage in calls
            if usage and status not in ("unsent", "replayed", "open")
        )
        known = (
            whole["prompt_tokens"]
            + whole["completion_tokens"]
            - whole["estimated_prompt_tokens"]
            - whole["estimated_completion_tokens"]
        )
        assert known == reported_tokens
        path.unlink()


@pytest.mark.parametrize("by", list(KEYS))
def test_rows_carry_their_keys(ledger: Ledger, by: By) -> None:
    ledger.open(edge(), call_start())
    (row,) = totals(ledger.db, (), by)["rows"]
    assert set(KEYS[by]) <= set(row)


def test_an_open_row_is_found_again_by_its_request(ledger: Ledger) -> None:
    call = ledger.open(edge(), call_start(attempt=2, max_tokens=20))
    asked = call_start(prompt_estimate=7)
    assert ledger.left_open(edge(), asked) == (
        call,
        call_start(attempt=2, prompt_estimate=100, max_tokens=20),
    )
    assert ledger.left_open(edge(task="t2"), asked) is None
    assert ledger.left_open(edge(), call_start(prompt_sha="q")) is None
    ledger.close(call, asked, CallEnd("ok", usage=Usage(5, 6), reply="{}"))
    assert ledger.left_open(edge(), asked) is None
