"""Templates for sets of labels: every role, every language, every switch."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from agents.task_view import ShownRow, TaskView
from evokd.config import DataConfig, TaskConfig
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.teacher.request import Prompt
from prompts.pack import HERE, Pack, shipped

LABELS = {"甲": "子", "乙": "", "丙": "丑"}
LANGUAGES = ("en", "fr", "zh")
TARGETS = ("甲 + 乙", "丙", "no label")


def view(language: str) -> TaskView:
    config = TaskConfig(kind="multilabel", labels=dict(LABELS), data=DataConfig())
    seeds = (Example("s", "午未", '["甲","乙"]'), Example("t", "申酉", "[]"))
    return TaskView(task_format_of(config), LABELS, "寅", language, seeds, spoken=language)


def rendered(pack: Pack, language: str) -> Iterator[tuple[str, Prompt]]:
    common = view(language).variables("卯")
    wrong = (Difference("missed", "甲", ""), Difference("extra", "", "丙"))
    rows = [ShownRow("午未", "甲 + 乙", "乙 + 丙", wrong), ShownRow("申酉", "no label", "甲")]
    for on in (False, True):
        some = rows if on else []
        shown = {"right": some, "wrong": rows, "confident": some, "uncertain": some}
        yield "analyst", pack.prompt("analyst", {**common, **shown, "report": {"甲": 0.5}})
        for role, target, form in itertools.product(
            ("easy_generator", "hard_generator"), (*TARGETS, None), ("json", "line")
        ):
            if target is None and "small" in pack.name:
                continue  # it always tells what to write
            told: dict[str, Any] = {
                **{"n": 2, "target": target, "form": form, "turn": 4 * on, "opening": ""},
                **{"analysis": "辰" if on else None, "examples": some, "with_label": on},
                **{"rejected": [{"text": "巳", "reason": "卯"}] if on else [], "quota": {}},
                **{"hard": role == "hard_generator", "confusions": [], "mistaken": None},
                **{"level": 2 if on else None, "levels": 3},
            }
            yield role, pack.prompt(role, {**common, **told})
        for role, target in itertools.product(("writer", "paraphraser"), TARGETS):
            told = {"n": 2, "target": target, "examples": ("午未",), "turn": 1}
            yield role, pack.prompt(role, {**common, **told})
    if pack.manifest.critic.kind == "llm":
        yield "critic", pack.prompt("critic", {**common, "rows": rows})
    asked = {"texts": ["午未"], "words": LABELS, "letters": False, "shots": []}
    yield "labeler", pack.prompt("labeler", {**common, **asked, "constrained": True})
    if "small" in pack.name:
        own = {"labels": ("子", "丑"), "descriptions": {"甲": "子"}, "head": "甲"}
        words = {
            "words": {"子": "子", "丑": "丑"},
            "shots": [ShownRow("午", "子")],
            "constrained": False,
        }
        yield "labeler", pack.prompt("labeler", {**common, **asked, **own, **words})


@pytest.mark.parametrize(("name", "language"), list(itertools.product(shipped(), LANGUAGES)))
def test_every_role_renders_and_no_set_is_shown_by_its_code(name: str, language: str) -> None:
    pack = Pack.load(name, language, "multilabel")
    for role, prompt in rendered(pack, language):
        said = "\n".join(message.content for message in prompt.messages)
        assert "no label" not in said, role
        assert '["甲' not in said or "JSON" in said, role
        if language != "en":
            english = r"\b(?:the|of|and|label|labels|text|none|yes|no)\b"
            bare = re.sub(r'\{"texts".*|\{"weaknesses".*|\{"1".*|"accept".*|"re\w+".*', "", said)
            assert re.search(english, bare) is None, (role, said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_large_pack_has_templates_of_its_own(language: str) -> None:
    own = {file.stem for file in (HERE / "evokd" / language / "multilabel").glob("*.j2")}
    assert own >= {"analyst", "critic", "labeler", "brief", "writer", "paraphraser"}
    assert own >= {"easy_generator", "hard_generator"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_analyst_and_writers_see_what_was_missed_and_what_was_too_much(language: str) -> None:
    words = {"en": ("missed: 甲", "too much: 丙"), "fr": ("oubliée\u202f: 甲", "trop\u202f: 丙"),
             "zh": ("漏掉：甲", "多出：丙")}[language]  # fmt: skip
    pack = Pack.load("evokd", language, "multilabel")
    prompts = list(rendered(pack, language))
    seen = {role for role, one in prompts if all(w in one.messages[-1].content for w in words)}
    assert seen == {"analyst", "easy_generator", "hard_generator"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "It misses 甲 (1 of 3); it says 丙 where it does not apply (2)."),
        ("fr", "Il oublie 甲 (1 sur 3) ; il met 丙 à tort (2)."),
        ("zh", "它漏标甲（3 条中 1 条）；多标丙（2 条）。"),
    ],
)
@pytest.mark.parametrize("name", shipped())
def test_a_summary_by_rules_says_both(name: str, language: str, said: str) -> None:
    pack = Pack.load(name, language, "multilabel")
    told = {**view(language).variables(), "confusions": [], "of": {"甲": 3}, "uncertain": []}
    assert pack.summary({**told, "missed": {"甲": 1}, "extra": {"丙": 2}}) == said
    rest = pack.summary({**told, "missed": {}, "extra": {}, "uncertain": ["甲 + 乙", "no label"]})
    assert "甲 + 乙" in rest and "no label" not in rest
