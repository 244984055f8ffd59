"""What is rejected as no row, with which reason; and what real texts may say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.clean.cleaner import REASONS, Cleaner
from agents.formats.classes import ClassFormat
from agents.replies import clean_text
from agents.task_view import TaskView
from evokd.teacher.faults import Unusable
from tests.agents.forms import classes

NEWS = Cleaner(("World", "Sports", "Business", "Sci/Tech"), "en")
TREC = Cleaner(
    ("abbreviation", "entity", "location"),
    "en",
    ("asks for a city, a country, a mountain or any other place on a map",),
)
LISTS = Cleaner(
    ("human", "World"),
    "en",
    (
        "asks for a person, a group, an organisation, or who somebody is",
        "politics, conflicts, diplomacy, disasters and elections, in the USA and abroad",
    ),
)
FRENCH = Cleaner(("positif", "négatif"), "fr")
CHINESE = Cleaner(("体育", "财经"), "zh")
LETTERS = Cleaner(("A", "B", "C", "D"), "en")
ODD = Cleaner(("re\u0301sume\u0301", "New\u00a0York"), "fr")
JSON, MARKUP, NAMES, META, ANALYSIS, CLASS, COPY = REASONS


@pytest.mark.parametrize(
    ("cleaner", "text", "reason"),
    [
        (NEWS, '{"first": "one", "second": "two"}', JSON),
        (NEWS, '["One goal won it.", "The other', JSON),
        (NEWS, 'A late goal won it."}', JSON),
        (NEWS, 'A late goal", "class": "Sports"}', JSON),
        (NEWS, "```json", MARKUP),
        (NEWS, "<html><body>Goal!</body></html>", MARKUP),
        (NEWS, "<p>A late goal won it.</p>", MARKUP),
        (NEWS, "Text 1: A late goal won it.", MARKUP),
        (NEWS, "**Text 2:** A late goal won it.", MARKUP),
        (NEWS, "Text: A late goal won it. Label: Sports", NAMES),
        (FRENCH, "Exemple 3 : le couvercle a cassé", MARKUP),
        (CHINESE, "文本：盖子裂了", MARKUP),
        (NEWS, "Shares rose by a third. This is a Business news item.", NAMES),
        (NEWS, "A late goal won it (class: Sports)", NAMES),
        (NEWS, "A late goal won it. (Sports)", NAMES),
        (NEWS, "Sports: A late goal won it.", NAMES),
        (NEWS, "[Sports] A late goal won it.", NAMES),
        (NEWS, "A late goal won it. Category: Sports", NAMES),
        (NEWS, "The goal belongs to the Sports category.", NAMES),
        (TREC, "What does NATO mean? (abbreviation)", NAMES),
        (TREC, "This question is about a location.", NAMES),
        (FRENCH, "Ceci est un avis positif.", NAMES),
        (FRENCH, "Le couvercle a cassé. Catégorie : négatif", NAMES),
        (ODD, "Un match. Catégorie : résumé", NAMES),
        (ODD, "Two flats are let. (New York)", NAMES),
        (CHINESE, "昨晚的比赛很精彩。类别：体育", NAMES),
        (LETTERS, "What boils?\nA. water\nB. sand. Answer: A", NAMES),
        (NEWS, "The model frequently misclassifies short headlines.", META),
        (NEWS, "Articles on tennis are often misclassified by the classifier.", META),
        (NEWS, "The model struggles with texts that mention both.", META),
        (NEWS, "Here is a headline about a merger:", META),
        (NEWS, "Here are four new news items that show the weakness", META),
        (NEWS, "As an AI language model, I can't watch games.", META),
        (NEWS, "Write a news item about a match.", META),
        (NEWS, 'Mark the texts with their classes as "World", "Sports".', META),
        (TREC, "A question that asks for a place", META),
        (FRENCH, "Le modèle se trompe souvent sur les avis courts.", META),
        (FRENCH, "Voici un avis négatif :", META),
        (CHINESE, "以下是一条关于比赛的新闻", META),
        (CHINESE, "模型容易误判这类标题", META),
        (TREC, "a city, a country, a mountain or any other place", CLASS),
        (LISTS, "Who is the person, group or organisation you are asking about?", CLASS),
        (LISTS, "Global politics, conflicts, diplomacy, disasters, and elections go on.", CLASS),
        (LISTS, "Please provide a specific number for my task.", META),
    ],
)
def test_texts_that_are_no_rows(cleaner: Cleaner, text: str, reason: str) -> None:
    assert cleaner.fault(text) == reason


@pytest.mark.parametrize(
    ("cleaner", "text"),
    [
        (TREC, "What is a classifier?"),
        (LISTS, "What group did the person who led the organisation belong to in 1920?"),
        (LISTS, "Conflicts over fishing end in a court."),
        (TREC, "What is a language model?"),
        (TREC, "What class of animals do frogs belong to?"),
        (TREC, "What is the location of the smallest entity?"),
        (NEWS, "The new model of the camera takes sharper pictures."),
        (NEWS, "This model fails after a month."),
        (NEWS, "The format war: JSON has all but replaced XML on the web."),
        (NEWS, "Sports and business mix badly, says the world's best player."),
        (NEWS, "AP - The company said its <b>profit</b> rose by 3 percent."),
        (NEWS, "REVIEW: The new phone is thin, but costs too much."),
        (NEWS, "Here is what you need to know about the vote."),
        (NEWS, "Here's a look at the week in business."),
        (FRENCH, "Voici un produit que je recommande à mes amis."),
        (FRENCH, "Cet avis va être positif : tout marche."),
        (FRENCH, "À mon avis, le modèle précédent chauffait mieux."),
        (CHINESE, "新模型手机发布，价格不变"),
        (CHINESE, "体育彩票今晚开奖"),
        (LETTERS, "What is the answer to a riddle?\nA. a word\nB. a sum"),
    ],
)
def test_texts_that_are_rows(cleaner: Cleaner, text: str) -> None:
    assert cleaner.fault(text) is None


def test_the_analysis_may_not_come_back() -> None:
    short = replace(NEWS, analysis="They say the lid cracked after a while.", loosely=True)
    assert short.fault("The lid cracked after a week.") == ANALYSIS
    assert replace(short, loosely=False).fault("After a while they cracked the lid.") is None
    chinese = replace(CHINESE, analysis="它们都说盖子用了一周就裂了。", loosely=True)
    assert chinese.fault("水壶的盖子用了一周就裂了") == ANALYSIS
    # in a long one the words of any text stand somewhere: what counts is their order
    line = "Headlines that name a company next to a player are taken for business."
    long = replace(NEWS, analysis=f"{line} " + "Other patterns are rarer but matter as well. " * 9)
    assert long.fault("Headlines that name a company next to a player are rare.") == ANALYSIS
    assert long.fault("A company may name the next player for other business.") is None


def test_a_shown_example_may_not_come_back() -> None:
    cleaner = replace(NEWS, examples=("A late goal won it.",))
    assert cleaner.fault("A late goal won it") == COPY
    assert cleaner.fault("A late goal never won it.") is None


def test_a_buyer_may_say_what_the_class_says() -> None:
    cleaner = Cleaner(("negative",), "en", ("the buyer is unhappy with the product",))
    assert cleaner.fault("I am unhappy with the product.") is None
    said = Cleaner((), "en", ("the buyer was charged a fee for a cash withdrawal that failed",))
    assert said.fault("Why was I charged for a failed cash withdrawal?") is None


def test_names_of_entity_types_say_nothing() -> None:
    view = TaskView(classes("Org", "Other"), {"Org": "a firm"}, "news sentence", "en", ())
    assert Cleaner.of(view).labels == ("Org", "Other")
    assert Cleaner.of(view, analysis="It mixes both.").descriptions == ("a firm",)


CLEANERS = st.sampled_from((NEWS, TREC, FRENCH, CHINESE, LETTERS))
PARTS = st.lists(
    st.sampled_from(
        (
            "```",
            "<p>",
            "Text 1:",
            "the model ",
            "Sports",
            "(",
            ")",
            "This is a ",
            "{",
            "类别：",
            "\n",
        )
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)


@given(CLEANERS, PARTS, PARTS)
def test_it_never_raises_and_says_why(cleaner: Cleaner, text: str, analysis: str) -> None:
    given = replace(cleaner, analysis=analysis, examples=(analysis,), descriptions=(analysis,))
    assert given.fault(text) in (None, *REASONS)


@given(st.text(alphabet=st.characters(categories=("L", "Nd", "Zs")), max_size=80))
def test_plain_words_come_through_a_format_as_they_were(text: str) -> None:
    try:
        expected = clean_text(text)
    except Unusable:
        return
    assert ClassFormat(()).text(text) == expected
