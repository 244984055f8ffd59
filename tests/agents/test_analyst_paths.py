"""The analyst by several paths: what stands for its answer, and which analysis is taken."""

from __future__ import annotations

import json

import pytest

from agents.analyst import Question, question
from agents.analyst_paths import analyse_by_paths, structured_part
from agents.decoding.asking import PathPlan
from agents.records import Marked
from evokd.ledger.budget import BudgetReached
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply
from prompts.pack import Pack
from tests.agents.decoding.desk import FakeDesk, first, spelt
from tests.agents.test_agents import BRIEF

ROWS = [Marked(name, f"Text {name}.", "negative", "positive", 0.5, "wrong") for name in "abc"]


def asked(desk: FakeDesk, pack: str) -> Question:
    return question(desk, Pack.load(pack, "en"), BRIEF, ROWS)


def written(*patterns: tuple[str, list[int]]) -> str:
    found = [{"pattern": name, "examples": numbers} for name, numbers in patterns]
    return json.dumps({"weaknesses": found, "summary": f"It reads {patterns[0][0]}."})


def sampled(*texts: str, **margins: float) -> FakeDesk:
    replies = {f"analysis/path-{at}": spelt(text, margins) for at, text in enumerate(texts)}
    return FakeDesk(replies)


def test_the_answer_of_a_json_analysis_is_the_rows_it_cites() -> None:
    text = written(("irony", [3, 1]), ("7 words", [9]))
    answer, spans = structured_part(asked(FakeDesk({}), "evokd"), text)
    assert answer == "a c"
    assert [text[start:end] for start, end in spans] == ["3", "1"]  # 9 is no row


def test_the_answer_of_a_plain_analysis_is_the_pattern_that_it_names_first() -> None:
    text = " Broken lids and late parcels. They also are short."
    answer, spans = structured_part(asked(FakeDesk({}), "small"), text)
    assert answer == "and broken late lids parcels"
    assert [text[start:end] for start, end in spans] == ["Broken lids and late parcels"]
    assert structured_part(asked(FakeDesk({}), "small"), " … ") == ("", [])


async def test_the_analysis_that_is_surest_of_its_rows_is_taken() -> None:
    texts = [written(("irony", [1])), written(("length", [2])), written(("names", [3]))]
    desk = sampled(*texts)
    for at, lead in enumerate((0.2, 0.8, 0.5)):
        key, number = f"analysis/path-{at}", str(at + 1)
        desk.said[key] = spelt(texts[at], {number: lead})
    plan = PathPlan(3, "llama.cpp", 0.7, "max", together=True)
    analysis, decided, stopped = await analyse_by_paths(desk, asked(desk, "evokd"), plan)
    assert analysis.cited == ("b",) and analysis.text.startswith("length.")
    assert analysis.call == "call-together" and stopped is None
    assert decided.chosen == 1 and not decided.branched and decided.places == (0, 1, 2)
    assert [path.margin for path in decided.paths] == pytest.approx([0.2, 0.8, 0.5])


async def test_self_consistency_takes_what_most_agree_with() -> None:
    texts = [written(("irony", [3])), written(("length", [1, 2])), written(("tone", [1]))]
    desk = sampled(*texts)
    plan = PathPlan(3, "samples", 0.7, "majority", weighed=False, together=True)
    analysis, decided, _ = await analyse_by_paths(desk, asked(desk, "evokd"), plan)
    assert decided.chosen == 1 and analysis.cited == ("a", "b")
    assert {request.top_logprobs for request in desk.requests} == {0}


async def test_branches_of_the_small_pack_go_on_from_what_it_begins() -> None:
    desk = FakeDesk(
        {
            "analysis/first": first(" lids", " rooms"),
            "analysis/path-0": spelt(" that break.", {"that": 0.1, "break": 0.1}),
            "analysis/path-1": spelt(" too small.", {"too": 0.8, "small": 0.8}),
        }
    )
    analysis, decided, _ = await analyse_by_paths(
        desk, asked(desk, "small"), PathPlan(2, "llama.cpp", 0.7, "max")
    )
    assert desk.requests[2].prompt.messages[-1].content == "They are about rooms"
    assert analysis.text == "rooms too small." and decided.branched and decided.chosen == 1
    assert analysis.call == "call-analysis/path-1"


async def test_analyses_that_cite_nothing_are_taken_as_they_come() -> None:
    desk = sampled(written(("irony", [])), written(("tone", [])))
    plan = PathPlan(2, "samples", 0.7, together=True)
    analysis, decided, _ = await analyse_by_paths(desk, asked(desk, "evokd"), plan)
    assert analysis.cited == ("a", "b", "c") and decided.chosen == 0
    assert decided.reason == "no path has an answer: the first was taken"


async def test_without_a_path_there_is_no_analysis() -> None:
    desk = FakeDesk({"analysis/path-0": Reply("{}", "stop", None)})
    desk.said["analysis/path-1"] = desk.said["analysis/path-0"]
    plan = PathPlan(2, "samples", 0.7, "majority", weighed=False, together=True)
    with pytest.raises(Unusable):
        await analyse_by_paths(desk, asked(desk, "evokd"), plan)
    poor = FakeDesk({"analysis/first": BudgetReached("tokens", None)})
    with pytest.raises(BudgetReached):
        await analyse_by_paths(poor, asked(poor, "small"), PathPlan(2, "llama.cpp", 0.7))
