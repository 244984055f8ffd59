from __future__ import annotations

from typing import Any

from evokd.cli.meter import RunMeter
from evokd.config import Config, parse_config
from evokd.ledger.call import Amounts
from evokd.store.events import Called, NodeEnded, NodeStarted, Scored, Stepped

PRICED = {"model": "m", "base_url": "https://a.example/v1", "price": {"prompt": 1, "completion": 2}}


def config(teachers: Any = None, **other: Any) -> Config:
    data = {"train": "/nowhere/train.jsonl", "test": "/nowhere/test.jsonl"}
    given = teachers or {"default": {"scripted": True}}
    return parse_config({"task": {"labels": ["a", "b"], "data": data}, "teachers": given, **other})


def called(agent: str, tokens: int, usd: float | None = None, status: str = "ok") -> Called:
    return Called(
        agent=agent, source="START", model="m", slot="", attempt=1, status=status, template="",
        template_sha="", messages=[], reply=None, error=None, prompt_tokens=tokens,
        completion_tokens=0, seconds=0, usd=usd,
    )  # fmt: skip


def scored(number: int) -> Scored:
    test = {"macro_f1": 0.5, "accuracy": 0.6}
    return Scored(round=number, dev=None, test=test, billed_tokens=0, accepted=0, rejected=0)


def test_a_run_from_its_first_round_to_the_middle() -> None:
    meter = RunMeter(config(budget={"tokens": 6_000}))
    assert meter.rounds([]) == "0 · …"
    assert (meter.price, meter.scores) == ("", "")
    meter.hear(scored(0), 10)
    meter.hear(NodeStarted(round=1, node="analyst", source="warm_up", task="t"), 10)
    assert meter.rounds(["analyst"]) == "1 · analyst"
    meter.hear(called("analyst", 1_000), 12)
    meter.hear(called("analyst", 9_999, status="replayed"), 12)
    meter.hear(scored(1), 20)
    meter.hear(NodeStarted(round=2, node="trainer", source="review", task="t"), 20)
    meter.hear(Stepped(round=2, step=12, steps=40), 21)
    assert meter.rounds(["trainer"]) == "2 of about 6 · trainer · step 12 of 40"
    assert meter.calls(3) == "1, 3 in flight"
    assert meter.price == "local"
    assert meter.scores == "test macro-F1 0.500, accuracy 0.600"
    assert meter.time(25) == "00:25, about 00:45 left"
    meter.hear(NodeEnded(round=2, node="trainer", task="t", seconds=1), 22)
    assert meter.rounds([]) == "2 of about 6 · …"


def test_rounds_that_the_config_names_are_no_guess() -> None:
    meter = RunMeter(config(loop={"rounds": 4}, budget={"tokens": None}))
    meter.hear(NodeStarted(round=1, node="analyst", source="warm_up", task="t"), 0)
    assert meter.rounds(["labeler ×4"]) == "1 of 4 · labeler ×4"


def test_prices_of_several_teachers() -> None:
    mixed = config({"default": {"scripted": True}, "labeler": PRICED, "critic": {"model": "gpt"}})
    meter = RunMeter(mixed, {"labeler": Amounts(500, 0.25, 1)})
    assert meter.price == "USD 0.2500"
    meter.hear(called("analyst", 10), 0)
    meter.hear(called("labeler", 10, usd=0.5), 0)
    assert meter.price == "USD 0.7500"
    meter.hear(called("critic", 10), 0)
    assert meter.price == "unknown"
    assert meter.spent == Amounts(530, 0.75, 4)
