"""Packs in every language: all roles and switches render, and nothing English is left in them."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.task_view import ShownRow, TaskView
from agents.verbalizer import Verbalizer
from agents.weakness import Confusion
from evokd.config import TaskKind
from evokd.config.roles import ROLES as KNOWN
from evokd.tasks.example import Example
from evokd.teacher.request import Prompt
from prompts.pack import DEV_ANALYST, GUIDED_WRITER, HERE, ORDER, Pack, shipped
from tests.agents.forms import classes

LANGUAGES = ("en", "fr", "zh")
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "domain": "product review",
        "bad": "negative",
        "good": "positive",
        "unhappy": "the buyer is unhappy",
        "happy": "the buyer is happy",
        "text": "The lid broke.",
        "directive": "Write like a teenager.",
    },
    "fr": {
        "domain": "avis sur un produit",
        "bad": "négatif",
        "good": "positif",
        "unhappy": "l’acheteur est mécontent",
        "happy": "l’acheteur est content",
        "text": "Le couvercle a cassé.",
        "directive": "Écrivez comme un adolescent.",
    },
    "zh": {
        "domain": "商品评论",
        "bad": "负面",
        "good": "正面",
        "unhappy": "买家不满意",
        "happy": "买家满意",
        "text": "盖子裂了。",
        "directive": "请用年轻人的口吻。",
    },
}
ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|was|with|that|this|these|text|texts|class|label|write|reply|each|one|"
    r"what|in english|in french)\b",
    re.IGNORECASE,
)
JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def view(language: str, texts: str | None = None, written_in: str | None = None) -> TaskView:
    say = WORDS[language]
    return TaskView(
        task_format=classes(say["bad"], say["good"]),
        descriptions={say["bad"]: say["unhappy"], say["good"]: say["happy"]},
        domain=say["domain"],
        language=texts or language,
        seeds=(Example("train-1", say["text"], say["bad"]),),
        spoken=language,
        written_in=written_in,
    )


def variants(role: str, own: TaskView) -> Iterator[dict[str, Any]]:
    """Everything the roles may pass to a template, in every combination of presence."""
    say = WORDS[own.spoken]
    row = ShownRow(say["text"], say["bad"], say["good"])
    found = Verbalizer.of(own.labels)
    words = {"texts": [say["text"]], "words": found.words, "letters": found.letters}
    match role:
        case "analyst":
            return feedback(row, own)
        case "easy_generator" | "hard_generator":
            return orders(row, say["text"], own.labels, hard=role == "hard_generator")
        case "writer" | "paraphraser":
            shown = [(say["text"],), ()][: 2 if role == "writer" else 1]
            return (
                {"n": n, "target": own.labels[0], "examples": examples, "turn": 0}
                for n, examples in itertools.product((1, 3), shown)
            )
        case "labeler":
            return (
                {**words, "constrained": constrained, "shots": shots}
                for constrained, shots in ((True, []), (False, []), (False, [row]))
            )
        case "attribute_proposer":
            asked = ("dimensions", "subtopics", "fits")
            more = {"n": 10, "dimensions": 3, "target": own.labels[0], "value": say["text"]}
            return ({"ask": ask, **more} for ask in asked)
        case "guided_writer":
            return guided(say["text"], own.labels)
        case "order":
            return short_orders(own.labels)
        case "dev_analyst":
            return (
                {**one, "report": dict.fromkeys(own.labels, 0.5), **counted}
                for one in feedback(row, own)
                for counted in matrices(own.labels)
            )
        case "translator":
            return iter([{"texts": [say["text"]] * 2, "source": own.source}])
        case _:
            return iter([{"rows": [row]}])


def feedback(row: ShownRow, own: TaskView) -> Iterator[dict[str, Any]]:
    for right, wrong, confident, report in itertools.product((True, False), repeat=4):
        yield {
            "right": [row] * right,
            "wrong": [row] * wrong,
            "confident": [row] * confident,
            "uncertain": [] if wrong or confident else [row],
            "report": dict.fromkeys(own.labels, 0.5) if report else {},
        }


def guided(text: str, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What a writer is told beside its class."""
    common = {"target": labels[0], "examples": (), "turn": 0}
    attributes = (("subtopic", text), (labels[1], text))
    for n, told, drawn, mistaken in itertools.product(
        (1, 3), (None, text), ((), attributes), (None, labels[1])
    ):
        yield {**common, "n": n, "analysis": told, "attributes": drawn, "mistaken": mistaken}


def short_orders(labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    for n, style, mistaken in itertools.product((1, 4), ("", labels[1]), (None, labels[1])):
        yield {"n": n, "target": labels[0], "mistaken": mistaken, "style": style}


def matrices(labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield {"confusions": [Confusion(labels[0], labels[-1], 3)], "of": {labels[0]: 5}}
    yield {"confusions": [], "of": {}}


def channels(labels: Sequence[str], *, on: bool, hard: bool) -> dict[str, Any]:
    """What a generator's brief asks for, with all channels on or all off."""
    pair = [Confusion(labels[0], labels[-1], 3)]
    return {
        "hard": hard,
        "confusions": pair if on else [],
        "mistaken": labels[-1] if on else None,
        "quota": {labels[0]: 2, labels[-1]: 1} if on else {},
        "level": 4 if on else None,
        "levels": 5 if on else None,
    }


def orders(
    row: ShownRow, text: str, labels: Sequence[str], *, hard: bool
) -> Iterator[dict[str, Any]]:
    on = (True, False)
    for analysis, examples, rejected, label, n, turn in itertools.product(
        on, on, on, on, (1, 3), (0, 2)
    ):
        yield {
            "analysis": text if analysis else None,
            "examples": [row] * examples,
            "rejected": [{"text": text, "reason": text}] * rejected,
            "with_label": label,
            "n": n,
            "target": labels[0],
            "opening": "",
            "turn": turn,
            **channels(labels, on=rejected, hard=hard),
        }


def prompts(pack: Pack, role: str, own: TaskView) -> Iterator[Prompt]:
    for directive in (None, WORDS[own.spoken]["directive"]):
        for more in variants(role, own):
            yield pack.prompt(role, {**own.variables(directive), **more})


ROLES = [
    *(name for name, spec in KNOWN.items() if spec.folder is None),
    GUIDED_WRITER,
    DEV_ANALYST,
    ORDER,
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", shipped())
def test_every_role_renders_whatever_it_is_given(name: str, language: str, role: str) -> None:
    pack = Pack.load(name, language)
    said = [p for p in prompts(pack, role, view(language)) if p.messages]
    assert said
    for prompt in said:
        assert prompt.template == f"{name}/{language}/{role}"
        for message in prompt.messages:
            assert "None" not in message.content
            assert not re.search(r"\S- ", JSON_STRING.sub("", message.content))  # lost line


@pytest.mark.parametrize("role", [*ROLES, "repair"])
@pytest.mark.parametrize("language", ["fr", "zh"])
@pytest.mark.parametrize("name", shipped())
def test_no_english_is_left(name: str, language: str, role: str) -> None:
    pack = Pack.load(name, language)
    if role == "repair":
        texts = [pack.repair(WORDS[language]["text"])]
    else:
        own = view(language)
        texts = [m.content for p in prompts(pack, role, own) for m in p.messages]
    for text in texts:
        found = ENGLISH.findall(JSON_STRING.sub("", text))
        assert not found, f"{found} in {text}"


def name_of(path: Path) -> str:
    return "/".join(path.parts[-3:])


def words_of(path: Path) -> str:
    """What stands in a template besides Jinja and the JSON form at the end of a line."""
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return JSON_STRING.sub("", re.sub(r"\{.*", "", text))


@pytest.mark.parametrize("path", sorted(HERE.glob("*/fr/*.j2")), ids=name_of)
def test_french_marks_have_their_spaces(path: Path) -> None:
    """A narrow no-break space before ; : ! ? and inside « », and typographic apostrophes."""
    text = words_of(path)
    assert not re.search(r"[^\u202f][;:!?»]", text)
    assert not re.search(r"«[^\u202f]", text)
    assert "'" not in text


@pytest.mark.parametrize("path", sorted(HERE.glob("*/zh/*.j2")), ids=name_of)
def test_chinese_marks_are_full_width(path: Path) -> None:
    assert not re.search(r"[\u4e00-\u9fff]\s*[,;:!?()]", words_of(path))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_packs_of_a_language_have_the_same_turns_and_json_keys(language: str) -> None:
    """A translated template asks for the same thing in the same shape."""
    pack, english = Pack.load("evokd", language), Pack.load("evokd", "en")
    for role in ROLES:
        mine = list(prompts(pack, role, view(language)))
        theirs = list(prompts(english, role, view("en")))
        for one, other in zip(mine, theirs, strict=True):
            assert [m.role for m in one.messages] == [m.role for m in other.messages]
            assert keys(one.messages[-1].content) == keys(other.messages[-1].content), role


def keys(text: str) -> list[str]:
    return re.findall(r'"(\w+)":', text.splitlines()[-1])


@pytest.mark.parametrize(
    ("spoken", "texts", "expected"),
    [("en", "fr", "in French"), ("fr", "fr", "en français"), ("fr", "en", "en anglais"),
     ("zh", "fr", "用法语"), ("zh", "zh", "用中文"), ("en", "zh-Hant", "in Chinese (zh-Hant)")],
)  # fmt: skip
def test_prompts_in_one_language_ask_for_texts_in_another(
    spoken: str, texts: str, expected: str
) -> None:
    own = view(spoken, texts)
    pack = Pack.load("evokd", spoken)
    for role in ("easy_generator", "hard_generator", "writer"):
        for prompt in prompts(pack, role, own):
            assert expected in prompt.messages[-1].content


@pytest.mark.parametrize(("spoken", "texts"), [("en", "fr"), ("fr", "zh"), ("zh", "en")])
def test_the_small_pack_names_the_language_only_where_it_is_another(
    spoken: str, texts: str
) -> None:
    pack = Pack.load("small", spoken)
    for role in ("easy_generator", "hard_generator", "writer", "paraphraser"):
        name = view(spoken, texts).variables()["language"]
        for prompt in prompts(pack, role, view(spoken, texts)):
            assert name in prompt.messages[-1].content
        home = view(spoken).variables()["language"]
        for prompt in prompts(pack, role, view(spoken)):
            assert home not in prompt.messages[-1].content


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_with_a_translator_writers_write_in_the_other_language(spoken: str, name: str) -> None:
    own = view(spoken, texts="fr", written_in="en")
    writing = own.to_write()
    assert (writing.language, writing.written_in) == ("en", None)
    (prompt, *_) = prompts(Pack.load(name, spoken), "translator", own)
    text = " ".join(message.content for message in prompt.messages)
    assert own.variables()["language"] in text
    assert name == "small" or own.source in text


def test_a_directive_reaches_every_role_that_a_large_model_plays() -> None:
    for language in LANGUAGES:
        pack = Pack.load("evokd", language)
        for role in ROLES:
            directive = WORDS[language]["directive"]
            own = view(language)
            (more, *_) = variants(role, own)
            prompt = pack.prompt(role, {**own.variables(directive), **more})
            assert directive in json.dumps([m.content for m in prompt.messages], ensure_ascii=False)


@pytest.mark.parametrize(("name", "language"), list(itertools.product(shipped(), LANGUAGES)))
def test_the_writers_are_told_what_hard_and_easy_mean(name: str, language: str) -> None:
    for kind in ("classification", "ner", "pair", "choice", "multi"):
        pack = Pack.load(name, language, kind)
        labels = [WORDS[language]["bad"], WORDS[language]["good"]]
        plain = {"kind": kind, "target": labels[0], **channels(labels, on=False, hard=False)}
        easy = pack.templates["brief"].text(plain)
        hard = pack.templates["brief"].text({**plain, "hard": True})
        assert easy and hard and easy != hard
        told = pack.templates["brief"].text({**plain, **channels(labels, on=True, hard=True)})
        assert labels[1] in told and "4" in told
        assert {"analysis", "brief"} <= pack.templates["easy_generator"].variables


@pytest.mark.parametrize(("name", "language"), list(itertools.product(shipped(), LANGUAGES)))
def test_the_confusions_in_words(name: str, language: str) -> None:
    pack, labels = Pack.load(name, language), [WORDS[language]["bad"], WORDS[language]["good"]]
    common = {"of": {labels[0]: 5}, "confusions": [], "uncertain": []}
    pair = {**common, "confusions": [Confusion(labels[0], labels[1], 3)]}
    said = pack.summary(pair)
    assert said.index(labels[0]) < said.index(labels[1])
    assert "3" in said and "5" in said and "\n" not in said
    assert labels[1] in pack.summary({**common, "uncertain": [labels[1]]})
    assert pack.summary(common) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["classification", "ner", "pair", "choice", "multi"])
def test_the_brief_begins_a_line_of_its_own(language: str, kind: TaskKind) -> None:
    pack, labels = Pack.load("evokd", language, kind), view(language).labels
    asked = next(orders(ShownRow("a\nb", "b"), "c\nd", labels, hard=True))
    variables = {**view(language).variables(), **asked, "kind": kind, "form": "json"}
    brief = pack.templates["brief"].text(variables)
    said = pack.prompt("hard_generator", variables).messages[-1].content
    assert f"\n{brief}\n" in said


def test_the_brief_is_part_of_the_prompts_hash(tmp_path: Path) -> None:
    own = shutil.copytree(HERE / "small", tmp_path / "own")
    labels = view("en").labels
    variables = {
        **view("en").variables(),
        **next(orders(ShownRow("a", "b"), "c", labels, hard=True)),
    }
    one = Pack.load("small", "en").prompt("hard_generator", variables)
    brief = own / "en" / "brief.j2"
    brief.write_text(brief.read_text() + "{# other #}")
    other = Pack.load(str(own), "en").prompt("hard_generator", variables)
    assert one.messages == other.messages and one.template_sha != other.template_sha
