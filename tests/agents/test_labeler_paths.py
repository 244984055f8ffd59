"""The labeler that reasons: the path taken, what it costs, and that it sees texts alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.decoding.asking import PathPlan
from agents.labeler_paths import label_by_paths
from agents.records import Draft
from evokd.config import Rule
from evokd.ledger.budget import BudgetReached
from evokd.teacher.reply import Reply
from prompts.pack import Pack
from tests.agents.decoding.desk import FakeDesk, first, spelt
from tests.agents.test_agents import BRIEF

DRAFTS = [Draft("r1", 1, "hard", "Fine lamp.", "positive", "call-g", ("train-1",))]
MOST = 64


def plan(rule: Rule = "aggregated", k: int = 3) -> PathPlan:
    return PathPlan(k, "llama.cpp", 0.7, rule)


def pack(name: str = "small") -> Pack:
    return Pack.load(name, "en", reasoned=True)


def paths(*said: tuple[str, float]) -> FakeDesk:
    """Each path's label, and by how much its token leads."""
    replies = {
        f"label-r1/path-{at}": spelt(f" thinks. The answer is {name}.", {name: lead})
        for at, (name, lead) in enumerate(said)
    }
    words = ("It", "She", "One", "He")[: len(said)]
    return FakeDesk({"label-r1/first": first(*words), **replies})


SAID = (("negative", 0.3), ("negative", 0.2), ("positive", 0.4))


@pytest.mark.parametrize(
    ("rule", "label", "call", "sure"),
    [
        ("max", "positive", 2, 0.4 / 0.9),
        ("aggregated", "negative", 0, 0.5 / 0.9),
        ("majority", "negative", 0, 2 / 3),
    ],
)
async def test_the_label_of_the_path_that_is_taken(
    rule: Rule, label: str, call: int, sure: float
) -> None:
    desk = paths(*SAID)
    found, (decided,) = await label_by_paths(desk, pack(), BRIEF, DRAFTS, 0, plan(rule), MOST)
    (vote,) = found.votes
    assert vote.label == label and vote.call == f"call-label-r1/path-{call}"
    assert vote.confidence == pytest.approx(sure, abs=1e-6)
    assert len(vote.more) == 3 and "call-label-r1/first" in vote.more
    assert decided.chosen == call and decided.row == "r1"
    assert [path.margin for path in decided.paths] == pytest.approx([0.3, 0.2, 0.4])


@pytest.mark.parametrize("name", ["small", "evokd"])
async def test_it_sees_the_text_and_no_more(name: str) -> None:
    desk = paths(*SAID)
    await label_by_paths(desk, pack(name), BRIEF, DRAFTS, 0, plan(), MOST)
    asked = "\n".join(m.content for m in desk.requests[0].prompt.messages)
    assert '"Fine lamp."' in asked and "The answer is" in asked
    assert "the buyer is unhappy" in asked
    for word in ("hard", "easy", "intended", "train-1", "r1"):
        assert word not in asked
    assert {r.max_tokens for r in desk.requests[1:]} == {MOST}


async def test_a_path_without_a_label_has_no_vote() -> None:
    desk = paths(("sideways", 0.9), ("positive", 0.1), ("negative or positive", 0.9))
    found, _ = await label_by_paths(desk, pack(), BRIEF, DRAFTS, 0, plan("max"), MOST)
    assert found.votes[0].label == "positive"
    desk = paths(("sideways", 0.9), ("up", 0.9))
    found, decided = await label_by_paths(desk, pack(), BRIEF, DRAFTS, 0, plan(k=2), MOST)
    (vote,) = found.votes
    assert vote.label is None and vote.reason is not None and "states no label" in vote.reason
    assert decided == ()


async def test_an_answer_that_the_tokens_do_not_spell_is_taken_by_majority_and_told() -> None:
    desk = paths(("negative", 0.3), ("positive", 0.2), ("positive", 0.1))
    other = spelt("something else altogether").logprobs
    for key, reply in desk.said.items():
        if "path" in key and isinstance(reply, Reply):
            desk.said[key] = replace(reply, logprobs=other)
    found, (decided,) = await label_by_paths(desk, pack(), BRIEF, DRAFTS, 0, plan(), MOST)
    assert found.votes[0].label == "positive"
    assert decided.reason is not None and "majority" in decided.reason


async def test_a_budget_leaves_the_text_without_a_label() -> None:
    desk = FakeDesk({"label-r1/first": BudgetReached("tokens", None)})
    found, _ = await label_by_paths(desk, pack(), BRIEF, DRAFTS, 0, plan(), MOST)
    assert found.votes[0].label is None and found.stopped is not None
