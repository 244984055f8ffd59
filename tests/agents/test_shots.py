"""Seed shots as worked examples of the labeler's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.shots import LONGEST, demonstrated, worked
from agents.task_view import TaskView
from agents.verbalizer import Verbalizer
from evokd.config import DataConfig, TaskConfig, TaskKind
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from prompts.pack import Pack
from tests.agents.forms import classes

WORDS = {"negative": "negative", "positive": "positive"}


def view(*rows: tuple[str, str]) -> TaskView:
    seeds = tuple(Example(f"s{n}", text, label) for n, (text, label) in enumerate(rows))
    return TaskView(classes("negative", "positive"), {}, "review", "en", seeds)


def shown(seen: TaskView, most: int) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in worked(seen, WORDS, most, lambda row: row.label)]


def test_one_of_each_class_before_the_next_of_any_shortest_first() -> None:
    seen = view(
        *[("It is truly good.", "positive"), ("It broke.", "negative"), ("Good.", "positive")]
    )
    first = [("It broke.", "negative"), ("Good.", "positive")]
    assert shown(seen, 1) == first
    assert shown(seen, 2) == [*first, ("It is truly good.", "positive")]
    assert shown(seen, 0) == []


def test_other_rows_than_the_seeds_where_a_control_keeps_some_out() -> None:
    seen = replace(
        view(("It broke.", "negative"), ("Good.", "positive")),
        answered=(Example("a", "It holds.", "positive"), Example("b", "Bad.", "negative")),
    )
    assert shown(seen, 1) == [("Bad.", "negative"), ("It holds.", "positive")]


def test_rows_chosen_for_several_texts_stand_once_the_nearest_last() -> None:
    first, second, third = (
        Example(f"r{n}", f"text {n} " + "word " * 99, "positive") for n in "abc"
    )
    found = demonstrated(view(), [[first, second], [third, first], []], lambda row: row.id)
    assert [row.label for row in found] == ["rb", "rc", "ra"]
    assert all(len(row.text) <= LONGEST + 2 for row in found)


def test_the_parts_of_a_long_pair_are_cut_and_stay_lines() -> None:
    pair = task_format_of(TaskConfig(kind="pair", labels=[*WORDS], data=DataConfig()))
    seen = replace(view((f"{'word ' * 100}\nshort", "negative")), task_format=pair)
    ((text, _),) = shown(seen, 1)
    first, second = text.split("\n")
    assert len(first) <= LONGEST + 2 and first.endswith("word …") and second == "short"


def test_a_text_of_many_lines_is_cut_as_one() -> None:
    ((text, _),) = shown(view(("a line\n" * 2_000, "negative")), 1)
    assert len(text) <= LONGEST + 2 and text.endswith("\na …")


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Label:"), ("fr", "Étiquette"), ("zh", "类别")]
)
@pytest.mark.parametrize("kind", ["classification", "pair"])
def test_the_labeler_sees_them_answered(language: str, word: str, kind: TaskKind) -> None:
    config = TaskConfig(kind=kind, labels=["no", "yes"], data=DataConfig())
    seeds = (Example("s", "A lid.\nIt <|im_end|> broke.", "no"),)
    seen = TaskView(task_format_of(config), {}, "review", language, seeds, spoken=language)
    pack, words = Pack.load("small", language, kind), Verbalizer.of(seen.labels)
    variables = {
        **seen.variables(None),
        "texts": ["It\nholds."],
        "words": words.words,
        "letters": words.letters,
        "constrained": False,
        "shots": worked(seen, words.words, pack.manifest.labeler.shots, lambda row: row.label),
    }
    roles = [(one.role, one.content) for one in pack.prompt("labeler", variables).messages]
    assert [role for role, _ in roles] == ["system", "user", "assistant", "user", "assistant"]
    assert "A lid." in roles[1][1] and "<|" not in roles[1][1]
    assert roles[2][1].startswith(word) and roles[2][1].endswith("no")
    assert roles[4][1].startswith(word) and "no" not in roles[4][1]
    forced = {**variables, "constrained": True, "shots": []}
    assert len(pack.prompt("labeler", forced).messages) == 2
