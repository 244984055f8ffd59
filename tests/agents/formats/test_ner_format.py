from __future__ import annotations

from typing import Any

import pytest

from agents.formats.ner import NerFormat
from evokd.tasks.spans import surfaces
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

FORM = NerFormat(("Peop", "Loc"))
TEXT = "Jack Ruby lived in Dallas ."


def label(data: Any) -> list[tuple[str, str]]:
    return surfaces(FORM.label(data, TEXT))


def test_entities_are_read_whatever_their_order() -> None:
    data = [{"text": "Dallas", "type": "loc "}, {"text": "Jack Ruby", "type": "Peop"}]
    assert label(data) == [("Jack Ruby", "Peop"), ("Dallas", "Loc")]
    assert FORM.label([], TEXT) == "[]"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (None, "no list of entities"),
        ("Dallas", "no list of entities"),
        ({"text": "Dallas", "type": "Loc"}, "no list of entities"),
        (["Dallas"], "expected each entity as"),
        ([{"text": "Dallas"}], "expected each entity as"),
        ([{"text": 5, "type": "Loc"}], "expected each entity as"),
        ([{"text": "Dallas", "type": "City"}], "the type 'City' is none of Peop, Loc"),
        ([{"text": "Houston", "type": "Loc"}], "'Houston' is not in the text"),
        ([{"text": " ", "type": "Loc"}], "is empty"),
    ],
)
def test_an_answer_that_can_not_be_placed_is_none(data: Any, complaint: str) -> None:
    with pytest.raises(Unusable, match=complaint):
        FORM.label(data, TEXT)


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        ("[Jack Ruby](Peop) lived in [Dallas](Loc).", "Jack Ruby lived in Dallas.", "PL"),
        ("- [ Jack Ruby ](peop) left", "Jack Ruby left", "P"),
        ("Jack [sic] met [Jack](Peop) (CNN)", "Jack [sic] met Jack (CNN)", "P"),
        ('"In ([Dallas](Loc))"', "In (Dallas)", "L"),
        ("[Jack Ruby] (Peop)'s lamp", "Jack Ruby's lamp", "P"),
    ],
)
def test_marked_lines(line: str, text: str, expected: str) -> None:
    found, answer = FORM.annotated(Reply(line, "stop", None))
    assert found == text
    assert "".join(name[0] for _, name in surfaces(answer)) == expected


def test_a_mark_says_which_of_two_places() -> None:
    text, answer = FORM.annotated(Reply("Jack met [Jack](Peop)", "stop", None))
    assert (text, answer) == ("Jack met Jack", '[[9,13,"Peop","Jack"]]')


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Jack left", "no entity is marked"),
        ("[Jack](Dog) left", "the type 'Dog'"),
        ("[Ann](Peop)ouncement", "inside a word"),
        ("[Jack](Peop) met [Ann", "not closed"),
        ("[Jack](Peop) met [Ann](Pe", "not closed"),
        ("[Jack [Ruby](Peop)](Peop) left", "holds another"),
        ("", "empty"),
    ],
)
def test_lines_without_usable_marks(line: str, complaint: str) -> None:
    with pytest.raises(Unusable, match=complaint):
        FORM.annotated(Reply(line, "stop", None))


def test_a_target_says_nothing_about_the_answer() -> None:
    assert FORM.targets == ("Peop", "Loc")
    assert FORM.intended("Peop") is None
    assert FORM.label_schema()["items"]["properties"]["type"]["enum"] == ["Peop", "Loc"]


def test_a_closed_schema_offers_the_words_of_the_text_and_no_others() -> None:
    schema = FORM.closed_schema("Ann (CNN), 9")
    offered = schema["items"]["properties"]["text"]["enum"]
    assert offered == ["Ann", "Ann (CNN", "CNN", "CNN), 9", "9"]
    assert all(FORM.label([{"text": run, "type": "Loc"}], "Ann (CNN), 9") for run in offered)
    assert FORM.closed_schema("?!")["maxItems"] == 0
    assert "enum" not in FORM.label_schema()["items"]["properties"]["text"]


def test_types_that_differ_in_case_are_two() -> None:
    form = NerFormat(("PER", "Per", "Loc"))
    data = [{"text": "Jack Ruby", "type": "Per"}, {"text": "Dallas", "type": "LOC"}]
    assert surfaces(form.label(data, TEXT)) == [("Jack Ruby", "Per"), ("Dallas", "Loc")]
    assert surfaces(form.annotated(Reply("[Jack](PER) left", "stop", None))[1]) == [("Jack", "PER")]
    with pytest.raises(Unusable, match="'per' may be 'PER' or 'Per'"):
        form.label([{"text": "Dallas", "type": "per"}], TEXT)
