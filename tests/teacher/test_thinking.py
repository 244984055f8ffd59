"""What was thought never counts as what was answered, and an answer arrives unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replies import json_object, one_text
from evokd.dasd.rows import response_of
from evokd.teacher.message import Said, read_message
from evokd.teacher.reply import Reply
from evokd.teacher.request import Message, Prompt, Request
from evokd.teacher.thinking import Thought, split_thinking
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, said
from tests.servers.rig import BRAIN, request, rigged

ANSWER = '{"1": "yes"}'


@pytest.mark.parametrize(
    ("text", "thinking"),
    [
        (f"<think>\nHm.\n</think>\n\n{ANSWER}", "Hm."),
        (f"  <think>Hm.</think>{ANSWER}", "Hm."),
        (f"<think>\n\n</think>\n\n{ANSWER}", ""),
        (f"<THINKING>Hm.</thinking>{ANSWER}", "Hm."),
        (f"<reasoning>Hm.</reasoning>{ANSWER}", "Hm."),
        (f"[THINK]Hm.[/THINK]{ANSWER}", "Hm."),
        (f"<think>a</think>\n<think>b</think>{ANSWER}", "a\n\nb"),
        (f"Hm.\n</think>\n\n{ANSWER}", "Hm."),  # the template wrote its beginning
        (f"</think>{ANSWER}", ""),
        (f'<think>Is it {{"1": "no"}} or {{?</think>{ANSWER}', 'Is it {"1": "no"} or {?'),
        (f'{{"1": "no"}} or "what?\n</think>{ANSWER}', '{"1": "no"} or "what?'),
        (f"<think>no <think> in here</think>{ANSWER}", "no <think> in here"),
        (
            f"<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>{ANSWER}",
            "<|channel|>analysis<|message|>Hm.<|end|>",
        ),
    ],
)
def test_the_answer_is_what_stands_behind(text: str, thinking: str) -> None:
    assert split_thinking(text) == Thought(thinking, ANSWER)


@pytest.mark.parametrize("text", ["<think>Hm. {", "<think>", "<|channel|>analysis<|message|>{}"])
def test_a_thought_without_end_has_no_answer(text: str) -> None:
    assert split_thinking(text).answer == ""


@pytest.mark.parametrize(
    "text",
    [
        '{"texts": ["a <think>b</think> c", "</think>"]}',
        '{"texts": ["the tag </think> is odd", "{", "```json"]}',
        '```json\n{"texts": ["</think>"]}\n```',
        'Sure [ok]: {"texts": ["the </think> tag"]}',
        '{"texts": ["the </think> tag", "and it was cut o',
        '{"texts": ["line\nbreak </think>"]}',
        "1. He wrote <think>hm</think> in his post",
        "I <think> so",
        "no tag at all { ``` ",
        "",
    ],
)
def test_an_answer_that_talks_of_tags_arrives_unchanged(text: str) -> None:
    assert split_thinking(text) == Thought("", text)
    behind = split_thinking(f"<think>{{ hm ```</think>\n{text}")
    assert behind.answer == text.lstrip()


@given(st.lists(st.text(st.sampled_from('a<think>/{}[]"\\`\n'), max_size=30) | st.text()))
def test_any_text_inside_json_arrives_unchanged(texts: list[str]) -> None:
    whole = json.dumps({"texts": texts})
    assert split_thinking(whole) == Thought("", whole)
    assert split_thinking(f"<think>{{</think>{whole}").answer == whole


@given(st.text(st.sampled_from('think<>/{}["x\n'), max_size=200) | st.text())
def test_no_text_breaks_it(text: str) -> None:
    split_thinking(text)


def test_brackets_without_end_do_not_take_long() -> None:
    assert split_thinking("[" * 100_000 + "</think>{}").answer == "{}"
    assert split_thinking("<think></think>" * 20_000 + "{}").answer == "{}"


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, ("ab", "")),
        ({"content": ["a", {"text": "b"}]}, ("ab", "")),
        ({"content": {"type": "text", "text": "a"}}, ("a", "")),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "a"},
                ]
            },
            ("a", "hm"),
        ),
        ({"content": [{"type": "reasoning", "text": "hm"}, {"text": "a"}]}, ("a", "hm")),
        ({"content": "a", "reasoning_content": "hm"}, ("a", "hm")),
        ({"content": "<think>b</think>a", "reasoning": "hm"}, ("a", "hm\n\nb")),
        ({"content": [12, None, {"type": "image_url"}]}, ("", "")),
        ({"content": 12}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_content_in_its_forms(message: dict[str, Any], read: tuple[str, str]) -> None:
    assert read_message(message)[:2] == read


def test_a_refusal_is_no_text() -> None:
    assert read_message({"content": None, "refusal": "No."}) == Said("", "", "No.")
    parts = [{"type": "refusal", "refusal": "No."}]
    assert read_message({"content": parts}) == Said("", "", "No.")


FORMS: dict[str, Any] = {
    "closed": f'<think>Perhaps {{"1": "no"}}, or {{…</think>{ANSWER}',
    "only its end": f'Perhaps {{"1": "no"}}, or {{…\n</think>\n{ANSWER}',
    "parts": [{"type": "thinking", "thinking": "{"}, {"type": "text", "text": ANSWER}],
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
async def test_a_reply_with_thinking_is_read_and_replayed(content: Any, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, said(content))) as server:
        async with rigged(tmp_path, server) as rig:
            answers = []
            for _ in range(2):
                answers.append(await rig.client.ask(request(1), lambda reply: reply))
            first, again = (one.value for one in answers)
            assert first == again and first.text == ANSWER and first.reasoning
            assert rig.statuses() == ["ok", "replayed"]
            rig.balances_with(server)


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_thinking_never_becomes_a_training_row_nor_hides_the_json(content: Any) -> None:
    found = read_message({"content": content})
    assert json_object(Reply(found.text, "stop", None)) == {"1": "yes"}
    thought = read_message({"content": "<think>The user wants a text.\n</think>\nIt broke."})
    assert one_text(Reply(thought.text, "stop", None)) == "It broke."


async def test_who_teaches_thinking_gets_it_as_it_was_written(tmp_path: Path) -> None:
    prompt = Prompt((Message("user", "Why?"),), "t", "sha")
    asked = Request("teacher_reasoner", "q", prompt, 0.3, 50, keeps_thinking=True)
    text = "<think>Hm.</think>\nThe answer is A."
    with FakeChat(BRAIN, every(1, said(text))) as server:
        async with rigged(tmp_path, server) as rig:
            found = (await rig.client.ask(asked, lambda reply: reply)).value
            assert (found.text, found.reasoning) == (text, "")
            assert response_of(found)[0] == text
