"""Parameters that a server refuses: left out by config, or by the client once it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evokd.config import Endpoint
from evokd.store.events import Event, Retried, Warned
from evokd.teacher.client import Answer, Asked
from evokd.teacher.dialect import Dialect
from evokd.teacher.faults import Refused, TeacherDown, Unusable
from evokd.teacher.request import Message, Prompt, Request
from tests.servers.fake_chat import FakeChat, Mischief
from tests.servers.mischief import RETRIED, sometimes, status
from tests.servers.picky import BODIES, openai, refusing, shape, system_message
from tests.servers.rig import BRAIN, parse, request, rigged

NAMES = ("seed", "temperature", "top_p", "stop", "logprobs", "min_p")
CHAT = (Message("system", "Be brief."), Message("user", "1. a fine lid"))


def full(number: int, name: str = "") -> Request:
    """A request with all that a server may refuse; log-probabilities, where it is about these."""
    more: dict[str, Any] = {"top_p": 0.9, "stop": ("\n\n",), "extra": {"min_p": 0.05}}
    asked = replace(request(number), **more, top_logprobs=2 if name == "logprobs" else 0)
    return replace(asked, prompt=replace(asked.prompt, messages=CHAT))


def warnings(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Warned)]


def payloads(server: FakeChat) -> list[dict[str, Any]]:
    return [json.loads(one.key) for one in server.bill.served]


async def served(
    folder: Path, mischief: Mischief, *requests: Request, **endpoint: Any
) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """What the server saw, what the books say, what the trace was warned of; all answered."""
    with FakeChat(BRAIN, lambda _: mischief) as server:
        async with rigged(folder, server, **endpoint) as rig:
            outcomes = await rig.ask(*requests)
            assert all(isinstance(one, Answer) for one in outcomes), outcomes
            rig.balances_with(server)
            return payloads(server), rig.statuses(), warnings(rig.events)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", BODIES)
async def test_what_is_refused_by_name_is_left_out_booked_and_said(
    name: str, form: str, tmp_path: Path
) -> None:
    mischief = refusing(name, body=BODIES[form])
    seen, statuses, told = await served(tmp_path, mischief, full(1, name))
    assert statuses == ["error", "ok"]
    gone = {name, "top_logprobs"} if name == "logprobs" else {name}
    assert seen[1] == {key: value for key, value in seen[0].items() if key not in gone}
    (text,) = told
    assert f"refuses `{name}` (HTTP 400: " in text and f"`omit: [{name}]`" in text


@pytest.mark.parametrize("name", NAMES)
async def test_what_the_config_omits_is_never_sent(name: str, tmp_path: Path) -> None:
    mischief = refusing(name)
    seen, statuses, told = await served(tmp_path, mischief, full(1), omit=[name])
    assert (name not in seen[0] and "top_logprobs" not in seen[0]) or name != "logprobs"
    assert (len(seen), statuses, told) == (1, ["ok"], [])


async def test_the_client_adds_nothing_of_its_own(tmp_path: Path) -> None:
    """LangChain knows o1, and would send it a temperature that nobody gave."""
    omit = ["temperature"]
    seen, *_ = await served(tmp_path, refusing(), full(1), omit=omit, model="o1-mini")
    assert "temperature" not in seen[0]


@pytest.mark.parametrize(
    "words",
    ["max_completion_tokens must be at most 4096", "`max_tokens` exceeds 2048"],
)
async def test_a_limit_that_is_too_large_names_its_setting(words: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: status(400, words)) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(full(1))
            assert f"{words}; `max_tokens` of the endpoint" in str(outcome)
            assert str(outcome) == rig.rows()[0]["error"]


async def test_what_was_learnt_holds_for_the_next_request(tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: refusing("seed")) as server:
        async with rigged(tmp_path, server, retries=0) as rig:
            for number in range(3):
                (outcome,) = await rig.ask(full(number))
                assert isinstance(outcome, Answer)
            assert rig.statuses() == ["error", "ok", "ok", "ok"]
            assert len(warnings(rig.events)) == 1
            assert [e.wait_s for e in rig.events if isinstance(e, Retried)] == [0.0]
            rig.balances_with(server)


async def test_many_at_once_are_refused_together_and_told_of_once(tmp_path: Path) -> None:
    requests = [full(number) for number in range(12)]
    seen, statuses, told = await served(
        tmp_path, refusing("seed", "temperature"), *requests, concurrency=4, retries=0
    )
    assert statuses.count("ok") == 12
    assert 2 <= statuses.count("error") <= 8
    assert len(told) == 2 and len(seen) == len(statuses)


@pytest.mark.parametrize(
    ("sent", "other"),
    [("max_completion_tokens", "max_tokens"), ("max_tokens", "max_completion_tokens")],
)
async def test_the_limit_goes_by_its_other_name(sent: str, other: str, tmp_path: Path) -> None:
    def body(name: str) -> Any:
        refused: dict[str, Any] = openai(name)
        refused["error"]["message"] += f" Use '{other}' instead."
        return refused

    mischief = refusing(sent, body=body)
    seen, statuses, told = await served(tmp_path, mischief, full(1), token_limit_field=sent)
    assert statuses == ["error", "ok"]
    assert seen[1][other] == 20 and sent not in seen[1]
    assert f"`token_limit_field: {other}`" in told[0]


async def test_a_server_that_takes_neither_limit_is_asked_twice(tmp_path: Path) -> None:
    mischief = refusing("max_completion_tokens", "max_tokens")
    with FakeChat(BRAIN, lambda _: mischief) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(request(1))
            assert isinstance(outcome, Unusable) and "max_tokens" in str(outcome)
            assert rig.statuses() == ["error", "error"]
            rig.balances_with(server)


@pytest.mark.parametrize(
    ("takes", "kept"), [(("json_object",), {"type": "json_object"}), ((), None)]
)
async def test_the_schema_gives_way_to_an_object_and_then_to_nothing(
    takes: tuple[str, ...], kept: Any, tmp_path: Path
) -> None:
    refused = [name for name in ("json_schema", "json_object") if name not in takes]
    said = "This response_format type is unavailable now"
    mischief = refusing(*refused, body=lambda _: {"error": {"message": said}}, there=shape)
    seen, statuses, told = await served(tmp_path, mischief, full(1))
    assert statuses == ["error"] * len(refused) + ["ok"]
    assert seen[-1].get("response_format") == kept
    assert f"`structured: {kept['type'] if kept else 'none'}`" in told[-1]


async def test_a_schema_that_is_refused_to_many_at_once_still_gives_way_to_an_object(
    tmp_path: Path,
) -> None:
    mischief = refusing("json_schema", body=lambda _: openai("response_format"), there=shape)
    requests = [full(number) for number in range(6)]
    seen, _, told = await served(tmp_path, mischief, *requests)
    assert seen[-1]["response_format"] == {"type": "json_object"}
    assert len(told) == 1


async def test_omitting_the_response_format_asks_for_none(tmp_path: Path) -> None:
    seen, *_ = await served(tmp_path, refusing(), full(1), omit=["response_format"])
    assert "response_format" not in seen[0]


SYSTEM_WORDS = {
    "gemma's template": "System role not supported",
    "OpenAI": "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    "Google": "Developer instruction is not enabled for models/gemma-3-1b-it",
    "mistral's template": "Conversation roles must alternate user/assistant/user/assistant/...",
}


@pytest.mark.parametrize("code", [400, 500])
@pytest.mark.parametrize("words", SYSTEM_WORDS.values(), ids=SYSTEM_WORDS)
async def test_a_model_without_a_system_message_gets_it_in_the_first_user_message(
    words: str, code: int, tmp_path: Path
) -> None:
    mischief = refusing(
        "system", status=code, body=lambda _: {"error": {"message": words}}, there=system_message
    )
    seen, statuses, told = await served(tmp_path, mischief, full(1))
    assert statuses == ["error", "ok"]
    assert seen[1]["messages"] == [{"role": "user", "content": "Be brief.\n\n1. a fine lid"}]
    assert "`system: user`" in told[0]


async def test_the_config_can_do_without_a_system_message(tmp_path: Path) -> None:
    seen, statuses, told = await served(tmp_path, refusing(), full(1), system="user")
    assert [one["role"] for one in seen[0]["messages"]] == ["user"]
    assert (statuses, told) == (["ok"], [])


@pytest.mark.parametrize(
    ("chat", "merged"),
    [
        ("su", ["S\n\nU"]),
        ("suau", ["S\n\nU", "A", "U"]),
        ("u", ["U"]),
        ("s", ["S"]),
        ("sa", ["S", "A"]),
        ("ssu", ["S\n\nS\n\nU"]),
    ],
)
def test_no_message_is_lost_where_the_system_s_is_put_elsewhere(
    chat: str, merged: list[str]
) -> None:
    roles: dict[str, Any] = {"s": "system", "u": "user", "a": "assistant"}
    messages = tuple(Message(roles[letter], letter.upper()) for letter in chat)
    asked = Request("labeler", "k", Prompt(messages, "t", "sha"), 0.0, 5)
    found = Dialect.of(Endpoint(model="m", system="user")).messages(asked)
    assert [one.content for one in found] == merged
    assert found[0].role == "user"


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens"
        " (2000 in the messages, 1000 in max_completion_tokens). Please reduce the length.",
        "max_completion_tokens must be at most 4096",
        "the request was stopped by our content policy",
        "top_k is not supported",  # was never sent
        "no",
    ],
)
async def test_a_refusal_that_names_nothing_that_can_go_stands(words: str, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: status(400, words)) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(full(1))
            assert isinstance(outcome, Unusable) and words[:40] in str(outcome)
            assert rig.statuses() == ["error"]
            assert warnings(rig.events) == []


@pytest.mark.parametrize("code", [401, 403, 404, 413, 429, 503])
async def test_other_refusals_teach_nothing_whatever_they_name(code: int, tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: status(code, "seed is not supported")) as server:
        async with rigged(tmp_path, server, retries=0) as rig:
            (outcome,) = await rig.ask(full(1))
            assert isinstance(outcome, (TeacherDown, Unusable))
            assert len(server.bill.served) == 1
            assert warnings(rig.events) == []


async def test_what_continues_a_beginning_is_never_left_out(tmp_path: Path) -> None:
    asked = replace(full(1), extra={"continue_final_message": True})
    with FakeChat(BRAIN, lambda _: refusing("continue_final_message")) as server:
        async with rigged(tmp_path, server) as rig:
            (outcome,) = await rig.ask(asked)
            assert isinstance(outcome, Unusable)
            assert rig.statuses() == ["error"]


async def test_a_resume_finds_what_was_answered_without_the_parameter(tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: refusing("seed")) as server:
        async with rigged(tmp_path, server) as rig:
            (first,) = await rig.ask(full(1))
            assert isinstance(first, Answer)
        sent = server.bill.requests
        async with rigged(tmp_path, server) as rig:  # a new process: nothing is learnt yet
            (again,) = await rig.ask(full(1))
            assert isinstance(again, Answer) and again.value == first.value
            assert server.bill.requests == sent
            assert rig.statuses() == ["error", "ok", "replayed"]


async def test_retries_left_for_faults_are_not_used_up(tmp_path: Path) -> None:
    seen: list[int] = []
    fault = RETRIED["500"]

    def react(payload: Any, answer: Any, one: Any) -> Any:
        seen.append(one.number)
        picky = refusing("seed", "temperature", "top_p")(payload, answer, one)
        return picky if picky.status == 400 or len(seen) > 5 else fault(payload, answer, one)

    _, statuses, _ = await served(tmp_path, react, full(1), retries=2)
    assert statuses == ["error"] * 5 + ["ok"]


async def test_several_completions_of_one_prompt_stay_one_request(tmp_path: Path) -> None:
    with FakeChat(BRAIN, lambda _: refusing("seed")) as server:
        async with rigged(tmp_path, server) as rig:
            same = [Asked(replace(full(1), call_key=f"text-{at}"), parse) for at in range(3)]
            came = await rig.client.ask_same(same)
            assert all(isinstance(one, Answer) for one in came)
            assert [one.get("n") for one in payloads(server)] == [3, 3]
            assert len(warnings(rig.events)) == 1  # nothing is said of `n`
            rig.balances_with(server)


@pytest.mark.parametrize("seed", range(6))
async def test_the_books_balance_where_faults_come_between(seed: int, tmp_path: Path) -> None:
    by_chance = sometimes(0.3, seed, [RETRIED[name] for name in ("429", "500", "reset mid-body")])
    picky = refusing("seed", "max_completion_tokens", "temperature", "min_p")
    with FakeChat(BRAIN, lambda one: by_chance(one) or picky) as server:
        async with rigged(tmp_path, server, retries=9) as rig:
            outcomes = await rig.ask(*map(full, range(20)))
            assert all(isinstance(one, Answer) for one in outcomes)
            assert len(warnings(rig.events)) == 4
            rig.balances_with(server)


def test_what_is_lost_with_the_log_probabilities_is_said() -> None:
    fault = Refused(400, "no logprobs")
    assert "`prompts: {pack: evokd}`" in Dialect.of(Endpoint(model="m")).told("logprobs", fault)


def test_what_is_set_and_omitted_is_refused() -> None:
    for name, value in {"logprobs": True, "temperature": 0.5}.items():
        with pytest.raises(ValidationError, match="leave one out"):
            Endpoint.model_validate({"model": "m", "omit": [name], name: value})
    with pytest.raises(ValidationError, match="omit"):
        Endpoint.model_validate({"model": "m", "omit": ["seeed"]})


@given(
    st.lists(st.sampled_from(["seed", "temperature", "top_p", "stop", "logprobs", "min_p"])),
    st.integers(400, 502),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_refusal_leaves_out_one_more_or_nothing(names: list[str], code: int) -> None:
    dialect = Dialect.of(Endpoint(model="m"))
    for name in names:
        found = dialect.refused(full(1, name), Refused(code, f"'{name}' is not supported"))
        assert found in (None, name)
        if found is not None:
            assert found not in dialect.left_out
            dialect = dialect.without(found)
            assert dialect.refused(full(1, name), Refused(code, f"'{name}' is no good")) is None
