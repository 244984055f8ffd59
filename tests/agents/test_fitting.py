"""Long texts: prompts show the beginnings that fit, rows stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from agents.analyst import analyse
from agents.critic import criticise
from agents.generator import GenerateRequest, write
from agents.labeler import label
from agents.records import Candidate, Marked
from agents.task_view import TaskView
from agents.translator import translate
from agents.writer import WriteRequest, WritingRole, compose
from evokd.config import BudgetConfig, DataConfig, Endpoint, TaskConfig, TaskKind
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.tasks.spans import EntitySpan, encode
from evokd.teacher.request import Prompt
from evokd.teacher.room import ENOUGH, SOME, Room, rooms
from evokd.teacher.tokens import count_messages
from prompts.pack import Pack
from tests.agents.test_agents import BRIEF, FakeClient, draft, marked

LONG = "The kettle whistles all night long and nobody sleeps. " * 230
"""12 kB."""
ANALYSIS = '{"weaknesses": [{"pattern": "irony", "examples": [1]}], "summary": "It reads words."}'


def room(tokens: int, least: int = SOME) -> Room:
    return Room(tokens, least, "a limit")


def view(kind: TaskKind, *seeds: Example) -> TaskView:
    labels = [] if kind == "choice" else ["no", "yes"]
    form = task_format_of(TaskConfig(kind=kind, labels=labels, data=DataConfig()))
    return TaskView(form, {}, "note", "en", seeds)


async def analysed(*limits: Room, texts: Sequence[str] = (LONG,) * 8) -> Prompt:
    client = FakeClient(ANALYSIS, rooms=limits)
    rows = [marked(f"r{number}", "wrong", text) for number, text in enumerate(texts)]
    await analyse(client, Pack.load("evokd", "en"), BRIEF, rows)
    return client.requests[0].prompt


async def asked(role: str, seen: TaskView, text: str, answer: str, tokens: int) -> Prompt:
    """What a role is asked about a text."""
    pack = Pack.load("evokd", "en", seen.task_format.kind)
    client, row = FakeClient("no use", rooms=[room(tokens)]), draft("d", text)
    match role:
        case "labeler":
            await label(client, pack, seen, [row], 0)
        case "critic":
            await criticise(client, pack, seen, [Candidate(row, answer, None, 1.0, ())])
        case "hard_generator":
            example = Marked("m", text, answer, answer, 0.5, "wrong")
            wanted = GenerateRequest("hard", 1, 0, 1, 1, None, (example,))
            await write(client, pack, seen, wanted)
        case "translator":
            await translate(client, pack, seen, [row])
        case _:
            order = WriteRequest(answer, 1, (text,))
            await compose(client, pack, seen, cast(WritingRole, role), 1, [order])
    return client.requests[0].prompt


def said(prompt: Prompt) -> str:
    return "\n".join(message.content for message in prompt.messages)


async def test_the_analyst_sees_the_beginnings_that_fit() -> None:
    whole, cut = await analysed(), await analysed(room(5_000))
    assert count_messages(whole.messages) > 20_000 and whole.cut is None
    assert 3_500 < count_messages(cut.messages) <= 5_000  # no more is cut than must be
    assert said(cut).count(' …" (class: negative') == 8
    assert cut.cut is not None and cut.cut.reason == "a limit"
    assert 0.05 < cut.cut.share < 0.25
    assert cut.template_sha == whole.template_sha


async def test_what_fits_is_the_same_to_the_byte() -> None:
    assert await analysed(room(5_000), texts=["It broke."]) == await analysed(texts=["It broke."])


async def test_short_texts_beside_a_long_one_stay_whole() -> None:
    cut = said(await analysed(room(2_000), texts=[LONG, "It broke at once."]))
    assert '"It broke at once." (class' in cut
    assert LONG[:1_000] in cut and LONG not in cut


async def test_the_tightest_limit_counts_and_leaves_what_it_must() -> None:
    budget = Room(100, ENOUGH, "a budget")
    by_budget = await analysed(room(4_000), budget)
    assert by_budget.cut is not None and by_budget.cut.reason == "a budget"
    assert LONG[:450] in said(by_budget)  # a budget takes no more, though it is tiny
    by_context = await analysed(room(100), budget)
    assert by_context.cut is not None and by_context.cut.reason == "a limit"
    assert LONG[:40] in said(by_context) and LONG[:70] not in said(by_context)


async def test_where_no_text_is_long_nothing_is_cut() -> None:
    """The instructions alone exceed the limit."""
    prompt = await analysed(room(10), texts=["It broke."])
    assert prompt.cut is None and '"It broke."' in said(prompt)


READERS = ["labeler", "critic", "writer", "paraphraser", "hard_generator"]


@pytest.mark.parametrize("role", READERS)
async def test_every_reader_sees_beginnings(role: str) -> None:
    prompt = await asked(role, BRIEF, LONG, "negative", 1_500)
    assert prompt.cut is not None and count_messages(prompt.messages) <= 1_500
    assert LONG[:SOME] in said(prompt) and LONG not in said(prompt)


@pytest.mark.parametrize("role", READERS)
async def test_the_parts_of_a_pair_are_cut_each_for_itself(role: str) -> None:
    prompt = await asked(role, view("pair"), f"Is it so?\n{LONG}", "no", 1_500)
    assert prompt.cut is not None and count_messages(prompt.messages) <= 1_500
    assert ('"Is it so?"' in said(prompt)) == (role != "paraphraser")  # which gets the other part
    assert LONG[:SOME] in said(prompt)


async def test_a_choice_keeps_its_letters() -> None:
    item = f"{LONG}\nA. a lid\nB. a lamp"
    prompt = said(await asked("labeler", view("choice"), item, "A", 1_500))
    assert r" …\nA. a lid\nB. a lamp" in prompt


async def test_what_is_translated_is_whole() -> None:
    """Its translation becomes the row."""
    assert LONG.strip() in said(await asked("translator", BRIEF, LONG, "negative", 1_500))


ENTITIES = encode(
    LONG,
    [EntitySpan(4, 10, "yes"), EntitySpan(LONG.rindex("kettle"), LONG.rindex("kettle") + 6, "no")],
)
"""A kettle at the beginning and one at the end."""


@pytest.mark.parametrize("role", ["labeler", "critic", "paraphraser"])
async def test_a_text_whose_entities_are_asked_for_is_whole(role: str) -> None:
    assert LONG.strip() in said(await asked(role, view("ner"), LONG, ENTITIES, 1_500))


async def test_entities_of_a_beginning_are_those_in_it() -> None:
    """Worked examples too: a shot that names what is not in it teaches to invent."""
    prompt = await asked("hard_generator", view("ner"), LONG, ENTITIES, 1_500)
    assert prompt.cut is not None
    assert "kettle (yes)" in said(prompt) and "kettle (no)" not in said(prompt)
    shot = replace(view("ner", Example("s", LONG, ENTITIES)), longest=100).variables()["seeds"][0]
    assert shot.listed == '[{"text": "kettle", "type": "yes"}]'
    assert shot.marked.startswith("The [kettle](yes) whistles") and shot.marked.endswith(" …")


async def test_a_long_shot_beside_a_text_whose_entities_are_asked_for() -> None:
    seen = view("ner", Example("s", LONG, ENTITIES))
    client = FakeClient('{"1": []}', rooms=[room(400)])
    await label(client, Pack.load("small", "en", "ner"), seen, [draft("d", LONG[:600])], 0)
    prompt = client.requests[0].prompt
    assert prompt.cut is not None and count_messages(prompt.messages) <= 400
    assert f'"{LONG[:600]}"' in said(prompt)
    assert '{"1": [{"text": "kettle", "type": "yes"}]}' in said(prompt)


async def test_a_row_is_kept_as_a_whole() -> None:
    pack, row = Pack.load("evokd", "en", "pair"), f"{LONG}\nIt is loud."
    client = FakeClient('{"texts": ["It is noisy."]}', rooms=[room(1_500)])
    order = WriteRequest("no", 1, (row,))
    found = await compose(client, pack, view("pair"), "paraphraser", 1, [order])
    assert [one.text for one in found.drafts] == [f"{LONG}\nIt is noisy."]


def limits(endpoint: Endpoint, **budget: object) -> list[tuple[int, int]]:
    found = rooms(endpoint, "analyst", BudgetConfig.model_validate(budget), 200)
    return [(one.tokens, one.least) for one in found]


def test_what_limits_a_prompt() -> None:
    remote, none = Endpoint(model="m"), {"tokens": None}
    assert limits(remote, **none) == []
    assert limits(remote, tokens=40_000) == [(5_000, ENOUGH)]
    own = {"per_agent": {"analyst": {"tokens": 8_000}, "critic": {"tokens": 80}}}
    assert limits(remote, tokens=40_000, **own) == [(5_000, ENOUGH), (1_000, ENOUGH)]
    assert limits(Endpoint(model="m", context=1_200), **none) == [(900, SOME)]
    assert limits(Endpoint(embedded="smollm2-135m"), **none) == [(1_663, SOME)]  # 2,048 a slot
    small = Endpoint.model_validate({"embedded": "smollm2-135m", "server": {"context": 1_200}})
    assert limits(small, **none) == [(900, SOME)]
