from __future__ import annotations

import math
from dataclasses import replace

import pytest

from agents.records import Candidate, Draft, Vote
from agents.rule_critic import fault_of, judge_all, margin
from agents.task_view import TaskView
from prompts.manifest import CriticStyle
from tests.agents.forms import classes

STYLE = CriticStyle(kind="rules", max_tokens=1)
VIEW = TaskView(classes("negative", "positive"), {}, "product review", "en", ())


def candidate(
    text: str = "The lid cracked after a week.",
    intended: str | None = "negative",
    negative: float | None = 0.9,
) -> Candidate:
    """A hard row whose only voter gives `negative` this probability."""
    draft = Draft("r001-h001", 1, "hard", text, intended, "call", ())
    if negative is None:
        return Candidate(draft, "negative", None, 1.0, ())
    scores = {"negative": math.log(negative), "positive": math.log(1 - negative)}
    label = max(scores, key=scores.__getitem__)
    vote = Vote(draft.row, 0, label, scores, "call")
    return Candidate(draft, label, max(negative, 1 - negative), 1.0, (vote,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Bad lid", "too short"),
        ("good good good", "too short"),
        ("word another third " * 50, "too long"),
        ("As an AI language model I have no opinion on lids.", "the model talks about its task"),
        ("Here is a complaint of an unhappy buyer", "the model talks about its task"),
        ("The unhappy buyer says this:", "the model talks about its task"),
        ("This is a negative review of a lid", "talks about a product review instead of being one"),
        ("it is good it is good it is good it is good", "repeats itself"),
        ("The kettle stands on top of Mt", "cut off"),
        ('The seller said "it will hold', "cut off"),
    ],
)
def test_texts_that_are_no_rows(text: str, reason: str) -> None:
    (verdict,) = judge_all(STYLE, VIEW, [candidate(text)])
    assert (verdict.action, verdict.reason) == ("reject", reason)


@pytest.mark.parametrize(
    "text", ['The 27" screen broke.', 'I read "1984" on it.', 'It said "new" on the box.']
)
def test_texts_that_only_look_cut_off(text: str) -> None:
    assert fault_of(STYLE, VIEW, text) is None


@pytest.mark.parametrize("text", ["Works.  Really well.", "这个灯很好用，推荐", "not bad at all"])
def test_texts_that_are_rows(text: str) -> None:
    assert judge_all(STYLE, VIEW, [candidate(text)])[0].action == "accept"


@pytest.mark.parametrize(
    ("negative", "action", "label"),
    [
        (0.90, "accept", "negative"),
        (0.51, "accept", "negative"),
        (0.47, "reject", None),
        (0.02, "accept", "positive"),
    ],
)
def test_whose_label_is_believed(negative: float, action: str, label: str | None) -> None:
    """The batch's spread is set by two rows the labeler is sure of."""
    batch = [candidate(negative=negative), candidate(negative=0.99), candidate(negative=0.98)]
    verdict = judge_all(STYLE, VIEW, batch)[0]
    assert (verdict.action, verdict.label) == (action, label)


def test_without_intention_or_probabilities_the_vote_decides() -> None:
    for row in (candidate(intended=None, negative=0.3), candidate(negative=None)):
        assert margin(row) is None
        verdict = judge_all(STYLE, VIEW, [row])[0]
        assert (verdict.action, verdict.label) == ("accept", row.label)


def test_margins_are_means_over_the_voters() -> None:
    row = candidate(negative=0.5)
    assert margin(row) == pytest.approx(0.0)


FRENCH = replace(VIEW, domain="avis sur un produit", language="fr", spoken="fr")
CHINESE = replace(VIEW, domain="商品评论", language="zh", spoken="zh")


@pytest.mark.parametrize(
    ("view", "text", "reason"),
    [
        (FRENCH, "Trop cher", "too short"),
        (FRENCH, "Voici un exemple d’avis négatif", "the model talks about its task"),
        (FRENCH, "Un acheteur déçu écrit\u202f:", "the model talks about its task"),
        (CHINESE, "很好用", "too short"),
        (CHINESE, "很好很好很好", "too short"),
        (CHINESE, "很好" * 12, "too short"),  # two pairs of characters, said again and again
        (CHINESE, "质量很好" * 9, "repeats itself"),
        (CHINESE, "一位失望的买家写道：", "the model talks about its task"),
        (
            CHINESE,
            "这是我写的商品评论，希望对你有用",
            "talks about a 商品评论 instead of being one",
        ),
    ],
)
def test_texts_that_are_no_rows_in_other_languages(view: TaskView, text: str, reason: str) -> None:
    (verdict,) = judge_all(STYLE, view, [candidate(text)])
    assert (verdict.action, verdict.reason) == ("reject", reason)


@pytest.mark.parametrize(
    ("view", "text"),
    [
        (FRENCH, "À mon avis, c’est le meilleur achat de l’année\u202f!"),
        (FRENCH, "Rien à redire, « parfait » comme dit mon fils."),
        (CHINESE, "水壶用了两个月，盖子就裂开了，客服也不理人。"),
        (
            CHINESE,
            "给老人买的血压计，操作简单，屏幕字大，声音清楚，数值跟医院量的差不多，值得推荐给有需要的家庭。",
        ),
    ],
)
def test_texts_that_are_rows_in_other_languages(view: TaskView, text: str) -> None:
    assert judge_all(STYLE, view, [candidate(text)])[0].action == "accept"


def test_a_hypothesis_may_repeat_what_the_premise_says() -> None:
    """The rule against repetition looks at each line: a pair says some things twice."""
    premise = "the lamp on the desk in the hall of the old house was sold by the owner"
    text = f"{premise}\nthe lamp on the desk in the hall of the house was sold"
    assert fault_of(STYLE, VIEW, text) is None
    assert fault_of(STYLE, VIEW, text.replace("\n", " ")) == "repeats itself"
