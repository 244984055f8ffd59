"""Labels of several heads by log-probability: a call a head, a distribution over whole answers."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from agents.ballot import calibrated
from agents.labeler import label
from agents.labeler_heads import fits, product
from agents.records import Draft, Vote
from agents.task_view import TaskView
from evokd.config import DataConfig, TaskConfig
from evokd.tasks.example import Example
from evokd.tasks.formats.multi import MultiTask, descriptions, join, split
from evokd.teacher.reply import Reply, TokenLogprob
from prompts.pack import Pack
from tests.agents.test_agents import FakeClient

TASK = TaskConfig.model_validate(
    {
        "kind": "multi",
        "heads": {
            "mood": {"labels": {"bad": "an unhappy guest", "good": "a happy guest"}},
            "topic": {"labels": ["room", "food", "staff"]},
        },
        "data": DataConfig(),
    }
)
VIEW = TaskView(MultiTask(TASK), descriptions(TASK), "review", "en", ())
SMALL = Pack.load("small", "en", "multi")


def said(**shares: float) -> Reply:
    top = tuple((word, math.log(share)) for word, share in shares.items())
    return Reply(top[0][0], "length", None, (TokenLogprob(*top[0], top),))


def draft(row: str) -> Draft:
    return Draft(row, 1, "hard", f"The bed of {row}.", None, "call-g", ())


async def test_each_head_is_asked_for_and_the_answer_is_whole() -> None:
    client = FakeClient(said(good=0.6, bad=0.2), said(food=0.5, room=0.3, staff=0.2))
    (vote,) = (await label(client, SMALL, VIEW, [draft("r1")], 0)).votes
    assert vote.label == join({"mood": "good", "topic": "food"})
    assert vote.logprobs is not None and len(vote.logprobs) == 6
    assert math.exp(vote.logprobs[vote.label]) == pytest.approx(0.75 * 0.5)
    assert sum(map(math.exp, vote.logprobs.values())) == pytest.approx(1)
    assert (vote.call, vote.more) == ("call-1", ("call-2",))
    assert [r.call_key for r in client.requests] == ["label-r1/mood", "label-r1/topic"]
    first, second = (r.prompt.messages[0].content for r in client.requests)
    assert "an unhappy guest" in first and "room" not in first
    assert "staff" in second and "guest" not in second


async def test_a_head_without_an_answer_leaves_the_text_without_a_label() -> None:
    client = FakeClient(said(good=0.6, bad=0.2), Reply("hm", "stop", None))
    (vote,) = (await label(client, SMALL, VIEW, [draft("r1")], 0)).votes
    assert vote.label is None and vote.call == "call-1"
    assert vote.reason is not None and "log-probabilities" in vote.reason


async def test_each_head_shows_a_shot_of_each_of_its_labels() -> None:
    rows = [("bad", "food"), ("good", "food"), ("good", "room")]
    seeds = tuple(
        Example(f"s{i}", f"seed {i}", join({"mood": mood, "topic": topic}))
        for i, (mood, topic) in enumerate(rows)
    )
    client = FakeClient(said(good=0.6, bad=0.2), said(food=0.5, room=0.3, staff=0.2))
    view = TaskView(VIEW.task_format, VIEW.descriptions, "review", "en", seeds)
    await label(client, SMALL, view, [draft("r1")], 0)
    mood, topic = ([m.content for m in r.prompt.messages[1:]] for r in client.requests)
    assert mood[:4] == ['Review: "seed 0"', "Mood: bad", 'Review: "seed 1"', "Mood: good"]
    assert topic[:4] == ['Review: "seed 2"', "Topic: room", 'Review: "seed 0"', "Topic: food"]
    assert (mood[-1], topic[-1]) == ("Mood:", "Topic:")


def test_calibration_takes_the_bias_out_of_each_head() -> None:
    votes = []
    for i in range(24):
        likes = 0.95 if i % 2 else 0.9  # it always says good, of even rows less
        mood = {"good": math.log(likes), "bad": math.log(1 - likes)}
        topic = {
            n: math.log(0.5 if k == i % 3 else 0.25)
            for k, n in enumerate(("room", "food", "staff"))
        }
        scores = product({"mood": mood, "topic": topic})
        votes.append(Vote(f"r{i}", 0, max(scores, key=scores.__getitem__), scores, "c"))
    assert {split(v.label)["mood"] for v in votes if v.label} == {"good"}
    found = Counter(
        (split(v.label)["mood"], i % 2)
        for i, v in enumerate(calibrated(votes, VIEW.labels))
        if v.label
    )
    assert found == {("good", 1): 12, ("bad", 0): 12}


def test_too_many_labels_or_answers_are_asked_for_in_one_call() -> None:
    assert fits(VIEW)
    many = {f"h{i}": {"labels": [f"{c}{i}" for c in "abcdefg"]} for i in range(3)}
    task = TaskConfig.model_validate({"kind": "multi", "heads": many, "data": DataConfig()})
    assert not fits(TaskView(MultiTask(task), {}, "review", "en", ()))
