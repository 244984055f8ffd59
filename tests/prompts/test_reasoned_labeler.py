"""The labeler that gives a reason: in every pack and language, and read as it was asked."""

from __future__ import annotations

import itertools

import pytest

from evokd.config import TaskKind
from evokd.tasks.label_names import find_label
from prompts.pack import REASONED_LABELER, Pack
from tests.prompts.test_languages import ENGLISH, LANGUAGES, WORDS, view

ENDINGS = {"en": "The answer is", "fr": "La réponse est", "zh": "答案是"}


@pytest.mark.parametrize(
    ("name", "language", "kind"),
    [*itertools.product(("small", "evokd"), LANGUAGES, ("classification", "pair"))],
)
def test_the_ending_that_is_asked_for_is_the_one_that_is_read(
    name: str, language: str, kind: TaskKind
) -> None:
    say, own = WORDS[language], view(language)
    pack = Pack.load(name, language, kind, reasoned=True)
    text = f"{say['text']}\n{say['text']}" if kind == "pair" else say["text"]
    for directive in (None, say["directive"]):
        variables = {**own.variables(directive), "kind": kind, "text": text}
        turns = pack.prompt(REASONED_LABELER, variables).messages
        said = "\n".join(turn.content for turn in turns)
        assert said.count(say["text"]) == (2 if kind == "pair" else 1)
        assert say["unhappy"] in said and (directive or say["happy"]) in said
        assert ENDINGS[language] in said
        assert language == "en" or not ENGLISH.search(said.replace("JSON", ""))
        assert turns[-1].role == "user" and "\n\n\n" not in said
    found = find_label(f"{say['text']} {ENDINGS[language]} {say['bad']}", own.labels)
    assert found is not None and found.value == say["bad"]


def test_it_is_loaded_where_it_is_needed_alone() -> None:
    """So that model cards and ids of cells are what they were."""
    assert REASONED_LABELER not in Pack.load("small", "en").hashes
