from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError, DataConfig, TaskConfig, load_config
from evokd.tasks.differences import Difference
from evokd.tasks.example import Example
from evokd.tasks.formats import task_format_of
from evokd.tasks.formats.ner import NerTask
from evokd.tasks.metrics import ClassScores
from evokd.tasks.spans import EntitySpan, decode, encode
from evokd.tasks.task import Task, draw_shots, load_task

REPOSITORY = Path(__file__).resolve().parents[3]
SHARED = REPOSITORY.parent / "shared" / "data"
CONLL2003 = Path(os.environ.get("EVOKD_CONLL2003") or SHARED / "conll2003")


def form(*types: str, language: str = "en", **data: Any) -> NerTask:
    names = dict.fromkeys(types or ("Peop", "Loc", "Org"), "")
    made = task_format_of(
        TaskConfig(kind="ner", labels=names, language=language, data=DataConfig(**data))
    )
    assert isinstance(made, NerTask)
    return made


def read(made: NerTask, tokens: Any, tags: Any) -> tuple[str, str]:
    return made.read({"tokens": tokens, "tags": tags}, "train.jsonl: row 3")


def test_types_that_differ_in_case_are_two() -> None:
    made = form("PER", "Per")
    _, found = read(made, ["Ann", "met", "Bo"], ["B-PER", "O", "B-Per\u00a0"])
    assert [span.type for span in decode(found)] == ["PER", "Per"]
    with pytest.raises(ConfigError, match=r"'per' is not in task\.labels.*did you mean 'PER'"):
        read(made, ["Ann"], ["B-per"])


def label(text: str, *named: tuple[str, str]) -> str:
    """Entities by surface, each at its first place."""
    return encode(text, [EntitySpan(text.index(s), text.index(s) + len(s), t) for s, t in named])


def test_tokens_and_tags_become_a_text_with_its_entities() -> None:
    tokens = ["Jack", "Ruby", "lived", "in", "Dallas", "Texas", "."]
    tags = ["B-Peop", "I-Peop", "O", "O", "B-Loc", "B-Loc", "O"]
    text, found = read(form(), tokens, tags)
    assert text == "Jack Ruby lived in Dallas Texas ."
    assert json.loads(found) == [
        [0, 9, "Peop", "Jack Ruby"],
        [19, 25, "Loc", "Dallas"],
        [26, 31, "Loc", "Texas"],
    ]
    assert form().words(found) == "Jack Ruby (Peop); Dallas (Loc); Texas (Loc)"
    assert form().classes(found) == ("Peop", "Loc")
    assert form().words("[]") == "no entity"
    assert form().classes("[]") == ()


def test_chinese_tokens_are_joined_without_spaces() -> None:
    text, found = read(
        form(language="zh-Hans"), ["我", "在", "北", "京"], ["O", "O", "B-Loc", "I-Loc"]
    )
    assert (text, found) == ("我在北京", '[[2,4,"Loc","北京"]]')


def test_types_may_be_renamed() -> None:
    made = form("person", label_map={"PER": "person"})
    assert made.words(read(made, ["Ann"], ["B-PER"])[1]) == "Ann (person)"


@pytest.mark.parametrize(
    ("tokens", "tags", "complaint"),
    [
        (
            ["Ann", "left"],
            ["I-Peop", "O"],
            r"ner_tags: tag 1 \(of 'Ann'\): I- opens an entity.*BIO2",
        ),
        (
            ["Ann", "Lee"],
            ["B-Peop", "I-Loc"],
            r"tag 2 \(of 'Lee'\): I- opens.*'I-Loc' after 'B-Peop'",
        ),
        (["a", "Lee"], ["O", "I-Loc"], r"tag 2.*after 'O'"),
        (["Ann"], ["E-Peop"], r"tag 1.*expected O, B-<type> or I-<type>, found str 'E-Peop'"),
        (["Ann"], ["B-"], "expected O, B-<type>"),
        (["Ann"], [1], r"found int '1' \(numbers need a hub data set"),
        (["Ann"], [None], r"found nothing \(null\)"),
        (["Ann"], ["B-Person"], r"'Person' is not in task.labels.*label_map"),
        (["Ann", "left"], ["O"], "1 tags for 2 tokens"),
        (["Ann"], "O", "expected a list of BIO2 tags, found str"),
        ("Ann left", ["O", "O"], "tokens: expected a list of words, found str"),
        ([], [], "expected a list of words, found an empty one"),
        (["Ann", ""], ["O", "O"], "token 2: expected a word, found str ''"),
        (["Ann", 5], ["O", "O"], "token 2: expected a word, found int '5'"),
        (["Ann Lee"], ["O"], "token 1: expected one word, found white space in 'Ann Lee'"),
        (["Ann", "a\u00a0b"], ["O", "O"], "token 2.*white space"),
        (["\ud800"], ["O"], "half a character"),
        (["\u200b"], ["B-Loc"], "an empty entity"),
    ],
)
def test_bad_input_names_the_row(tokens: Any, tags: Any, complaint: str) -> None:
    with pytest.raises(ConfigError, match=f"^train.jsonl: row 3: .*{complaint}"):
        read(form(), tokens, tags)


def test_a_type_that_seqeval_would_cut_is_refused() -> None:
    with pytest.raises(ConfigError, match="must not begin or end with a hyphen"):
        form("Loc-")


def test_strict_scores() -> None:
    text = "Ann Lee met Bo in Paris and Rome"
    gold = label(text, ("Ann Lee", "Peop"), ("Bo", "Peop"), ("Paris", "Loc"), ("Rome", "Loc"))
    # one right, one cut, one mistyped, one missed, one invented
    said = label(text, ("Ann", "Peop"), ("Bo", "Peop"), ("Paris", "Org"), ("met", "Org"))
    rows = [Example("a", text, gold), Example("b", "no", "[]")]
    scores = form().scores(rows, [said, "[]"])
    assert scores["f1"] == pytest.approx(1 / 4)
    assert scores["accuracy"] == 0.5
    # Peop 1/2, Loc 0, Org 0
    assert scores["macro_f1"] == pytest.approx(0.5 / 3)
    report = form().report(rows, [said, "[]"])
    assert report["Peop"] == ClassScores(0.5, 0.5, 0.5, 2)
    assert report["Loc"] == ClassScores(0.0, 0.0, 0.0, 2)
    assert report["Org"] == ClassScores(0.0, 0.0, 0.0, 0)


def test_scores_without_an_entity() -> None:
    rows = [Example("a", "none here", "[]")]
    assert form().scores(rows, ["[]"]) == {"f1": 0.0, "macro_f1": 0.0, "accuracy": 1.0}
    assert set(form().report(rows, ["[]"]).values()) == {ClassScores(0.0, 0.0, 0.0, 0)}


def test_an_entity_that_ends_inside_a_word_is_right_to_the_character_or_wrong() -> None:
    text = "pre2000s"
    gold = encode(text, [EntitySpan(3, 7, "Org")])
    rows = [Example("a", text, gold)]
    assert form().scores(rows, [gold])["f1"] == 1.0
    assert form().scores(rows, [encode(text, [EntitySpan(0, 8, "Org")])])["f1"] == 0.0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("Ann Lee", "Peop"), ("Paris", "Loc")], ()),
        ([("Paris", "Loc")], (Difference("missed", "Ann Lee (Peop)", ""),)),
        (
            [("Ann Lee", "Peop"), ("Paris", "Org")],
            (Difference("mistyped", "Paris (Loc)", "Paris (Org)"),),
        ),
        (
            [("Ann", "Peop"), ("Lee", "Org"), ("Paris", "Loc")],
            (Difference("cut", "Ann Lee (Peop)", "Ann (Peop), Lee (Org)"),),
        ),
        (
            [("Ann Lee", "Peop"), ("Paris", "Loc"), ("saw", "Org")],
            (Difference("invented", "", "saw (Org)"),),
        ),
    ],
)
def test_differences(said: list[tuple[str, str]], expected: tuple[Difference, ...]) -> None:
    text = "Ann Lee saw Paris"
    gold = label(text, ("Ann Lee", "Peop"), ("Paris", "Loc"))
    assert form().differences(text, gold, label(text, *said)) == expected


def test_differences_in_words() -> None:
    assert Difference("cut", "Ann Lee (Peop)", "Ann (Peop)").words == (
        "cut wrongly: Ann Lee (Peop) as Ann (Peop)"
    )
    assert Difference("missed", "Ann (Peop)", "").words == "missed: Ann (Peop)"


def test_a_wrong_answer_for_controls_is_wrong_and_an_answer() -> None:
    made, text = form(), "Ann Lee saw Paris"
    gold = label(text, ("Ann Lee", "Peop"), ("Paris", "Loc"))
    found = {made.other(text, gold, random.Random(seed)) for seed in range(60)}
    assert gold not in found
    faults = {d.fault for other in found for d in made.differences(text, gold, other)}
    assert faults == {"missed", "mistyped", "cut"}
    assert len(decode(made.other("none here", "[]", random.Random(1)))) == 1


TEXT = "Ann Lee saw Paris and Rome"
A, B, C = ("Ann Lee", "Peop"), ("Paris", "Loc"), ("Rome", "Loc")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[A, B]], [A, B]),
        ([[A, B], [A, B], [A]], [A, B]),
        ([[A, B], [B, C], [A, C]], [A, B, C]),  # each missed another one
        ([[A], [B], []], []),  # nobody agrees with anybody
        ([[A, B], [A]], None),  # Paris is tied
        ([[A], [("Ann", "Peop")]], None),
        ([], None),
        ([[], []], []),
    ],
)
def test_majority(
    answers: list[list[tuple[str, str]]], expected: list[tuple[str, str]] | None
) -> None:
    found = form().majority([label(TEXT, *answer) for answer in answers])
    assert found == (None if expected is None else label(TEXT, *expected))


def test_entities_are_carried_to_another_wording_or_lost() -> None:
    gold = label(TEXT, A, B)
    assert (
        form().carried(gold, "In Paris was Ann Lee")
        == '[[3,8,"Loc","Paris"],[13,20,"Peop","Ann Lee"]]'
    )
    with pytest.raises(ValueError, match="'Ann Lee' is not in the text"):
        form().carried(gold, "In Paris was Anne Lee")


def test_shots_have_the_type_they_are_drawn_for() -> None:
    rows: list[tuple[str, list[Any]]] = [
        ("none at all", []),
        ("Ann Lee saw Paris", [A, B]),
        ("Ann Lee slept", [A]),
        ("Paris slept", [B]),
        ("Rome slept", [C]),
    ]
    train = tuple(
        Example(f"train-{i}", text, label(text, *named)) for i, (text, named) in enumerate(rows)
    )
    made = form("Peop", "Loc")
    task = Task(made, {}, "en", "text", "f1", train, (), None)
    for seed in range(20):
        drawn = draw_shots(task, 1, seed)
        assert len(drawn) == 2
        assert "train-0" not in {row.id for row in drawn}
        assert [
            name in made.classes(row.label) for name, row in zip(made.labels, drawn, strict=True)
        ]
        assert "Peop" in made.classes(drawn[0].label) and "Loc" in made.classes(drawn[1].label)


# entities by type: train, dev, test
SETS = {
    "conll2004": (855, 223, 286, {"Peop": 319, "Loc": 424, "Org": 198, "Other": 133}),
    "wnut17": (1200, 500, 700, None),
    "quaero_fr_med": (1516, 1451, 1350, None),
}


@pytest.mark.parametrize("name", SETS)
def test_set(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"skipped: ../shared/data/{name} not found")
    task = load_task(load_config(REPOSITORY / "examples" / f"{name}.yaml").task)
    train, dev, test, counts = SETS[name]
    assert (len(task.train), len(task.dev or ()), len(task.test)) == (train, dev, test)
    found = Counter(span.type for row in task.test for span in decode(row.label))
    assert set(found) == set(task.labels)
    assert counts is None or found == counts
    for k in (1, 3):
        assert len(draw_shots(task, k, seed=1)) == k * len(task.labels)


OFFICIAL = {
    "train": (14041, {"PER": 6600, "ORG": 6321, "LOC": 7140, "MISC": 3438}),
    "dev": (3250, {"PER": 1842, "ORG": 1341, "LOC": 1837, "MISC": 922}),
    "test": (3453, {"PER": 1617, "ORG": 1661, "LOC": 1668, "MISC": 702}),
}


def test_conll2003_has_the_published_counts() -> None:
    if not (CONLL2003 / "train.jsonl").is_file():
        pytest.skip(f"skipped: {CONLL2003} not found (EVOKD_CONLL2003 names the folder)")
    files = [f"task.data.{split}={CONLL2003 / split}.jsonl" for split in OFFICIAL]
    task = load_task(load_config(REPOSITORY / "examples" / "conll2003.yaml", files).task)
    for split, (sentences, counts) in OFFICIAL.items():
        rows = getattr(task, split)
        assert len(rows) == sentences
        assert Counter(span.type for row in rows for span in decode(row.label)) == counts
