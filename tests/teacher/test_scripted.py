from __future__ import annotations

import json
from typing import Any

import pytest

from agents.critic import _schema as critic_schema
from agents.formats.classes import ClassFormat
from agents.labeler import _schema as label_schema
from evokd.config import Role
from evokd.teacher.request import Message, Prompt, Request
from evokd.teacher.scripted import scripted_reply

LABELS = ("negative", "positive")


def request(role: Role, text: str, **more: Any) -> Request:
    prompt = Prompt((Message("user", text),), "t", "sha")
    return Request(role, more.pop("slot", "s"), prompt, 0.0, 10, choices=LABELS, **more)


def test_the_same_request_and_seed_get_the_same_reply() -> None:
    asked = request("hard_generator", "Write.")
    assert scripted_reply(asked, 1) == scripted_reply(asked, 1)
    assert scripted_reply(asked, 1) != scripted_reply(asked, 2)


def test_a_batch_of_texts_is_labelled_by_what_each_names() -> None:
    text = 'Classes:\n- negative\n- positive\n\n1. "a positive one"\n2. "a negative one"'
    schema = label_schema(["a positive one", "a negative one"], ClassFormat(LABELS), closed=False)
    reply = scripted_reply(request("labeler", text, schema=schema), 1)
    assert json.loads(reply.text) == {"1": "positive", "2": "negative"}


def test_log_probabilities_favour_what_the_text_names() -> None:
    reply = scripted_reply(request("labeler", "all positive", top_logprobs=20), 1)
    assert max(reply.logprobs[0].top, key=lambda item: item[1])[0] == "positive"


@pytest.mark.parametrize("seed", range(20))
def test_critics_mostly_accept_and_keep_to_the_schema(seed: int) -> None:
    reply = scripted_reply(
        request("critic", "x", schema=critic_schema(3, ClassFormat(LABELS))), seed
    )
    verdicts = json.loads(reply.text)
    assert set(verdicts) == {"1", "2", "3"}
    assert all(v["action"] in ("accept", "relabel", "retry", "reject") for v in verdicts.values())
