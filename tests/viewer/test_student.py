"""The page of the student: what each part says, of every kind, and what a run doesn't have."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from evokd.runs.confusions import class_curves
from evokd.runs.run import read_run
from evokd.runs.tested_rows import read_answers
from evokd.tasks.formats.multi import join
from tests.runs.made_run import Made, make_run
from tests.runs.made_student import (
    TESTED,
    give_answers,
    give_config,
    give_hash,
    lines_of,
    make_student_run,
    write_lines,
)
from tests.viewer.conftest import Browse
from tests.viewer.test_files import take_all
from tests.viewer.test_web import HOSTILE, Page

ALL = ("What it takes for what", "Classes over the rounds", "the last student gets wrong", "Map",
       "Calibration and abstention", "Diversity and drift", "Value of rows",
       "Difficulty, asked for and measured")  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_student_run(tmp_path / "runs" / "one")


@pytest.fixture
def client(made: Made, browse: Browse) -> TestClient:
    return browse(made.path.parent)


def asked(client: TestClient, **values: object) -> str:
    answer = client.get(f"/student?{urlencode({'run': 'one', **values})}")
    assert answer.status_code == 200, answer.text[-900:]
    page = Page(answer.text)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert page.tags.count("table") == page.tags.count("caption")
    assert page.tags.count("h1") == 1
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_run_with_all_of_it(client: TestClient) -> None:
    said = asked(client)
    for head in ALL:
        assert head in said, head
    assert "After round 2, the last" in said and "3 of 5 are wrong" in said
    assert "To look at, not to steer by." in said and "3 wrong of 5 test rows." in said
    assert "It sings." in said and "Best lid ever" not in said, "only wrong ones are listed"
    assert "90 %" not in said and "100 % 75.0 % 0.500" in said and "80 % 80.0 % 0.600" in said
    assert "“loss” gave 2 accepted rows; higher is kept, 1 were not." in said
    assert "r001-h001 Great phone. 0.5 yes" in said and "r002-h001 Lovely lid. -0.5 no" in said
    assert "1 1 1.000 0.250 1.500" in said, "level, rows, error, margin, loss"


def test_all_of_it_can_be_taken(client: TestClient) -> None:
    taken = take_all(client, "/student?run=one&kind=test", by_hand=1)  # best rows and worst rows
    assert taken["csv"] >= 7 and taken["svg"] >= 7
    counts = client.get("/download/student?run=one&table=tested.file&format=csv").text
    assert "positive,negative,2" in counts


def test_counts_lead_to_the_rows_behind_them(client: TestClient) -> None:
    html = client.get("/student?run=one").text
    assert "gold=positive&amp;said=negative#wrong" in html
    said = asked(client, gold="positive", said="negative")
    assert "2 of 3 wrong of 5 test rows" in said and "I return it." not in said
    assert "1 of 3 wrong" in asked(client, find="SINGS")
    html = client.get("/student?run=one&round=1").text
    assert "said=negative#wrong" not in html, "the answers that are kept are the last student's"


def test_a_round_in_the_address(client: TestClient) -> None:
    said = asked(client, round=1)
    assert "After round 1" in said and "Rows of round 1" in said and "Map" in said
    assert "Where the student after round 1 puts" in said
    said = asked(client, round=0)
    assert "the student after the warm-up" in said
    assert "After round 2" in asked(client, round=77)
    assert "After round 2" in asked(client, round="x")


def test_points_are_picked_by_words_line_kind_and_nearness(client: TestClient) -> None:
    said = asked(client, q="lovely")
    assert "1 picked" in said and "r002-h001" in said.split("1 picked")[1]
    assert "5 picked" in asked(client, kind="test")
    assert "2 picked" in asked(client, kind="test", label="negative")
    left = asked(client, area="0-0_200-0_200-520_0-520")
    assert "5 picked inside the line" in left and "It sings." in left
    assert "negative ✗ (wrong)" in left and "negative ✓ (right)" in left
    assert "8 picked near train-1" in asked(client, near="train-1")
    assert "0 picked" in asked(client, area="0-0_5-5")
    assert "0 picked" in asked(client, near="nobody")
    assert "Nothing is picked" in asked(client)
    html = client.get("/student?run=one&area=0-0_200-0_200-520_0-520").text
    assert 'class="lasso"' in html and html.count('class="ring"') == 5
    assert html.count('class="faded"') == 3


def test_what_a_run_does_not_have_is_not_there(tmp_path: Path, browse: Browse) -> None:
    make_run(tmp_path / "runs" / "one")
    said = asked(browse(tmp_path / "runs"))
    for head in ("the last student gets wrong", "Map", "Calibration", "Value of rows"):
        assert head not in said
    assert "Classes over the rounds" in said, "of its F1 alone"
    assert "precision" not in said and "What it takes for what" not in said
    (tmp_path / "runs" / "one" / "metrics.jsonl").unlink()
    (tmp_path / "runs" / "one" / "events.sqlite").unlink()
    assert "No round has been scored yet." in asked(browse(tmp_path / "runs"))


def test_old_lines_have_f1_alone(made: Made) -> None:
    lines = lines_of(made.path / "metrics.jsonl")
    del lines[0]["confusion"]
    lines[1]["confusion"] = {"classes": 3}
    write_lines(made.path / "metrics.jsonl", lines)
    found = class_curves(read_run(made.path))
    assert found is not None
    assert len(found.curve("positive", "f1")) == 3 and len(found.curve("positive", "recall")) == 1


def test_many_classes_are_cut_and_the_cut_is_said(made: Made, browse: Browse) -> None:
    names = [f"class {n:02d}" for n in range(30)]
    data = made.path.parent.parent / "many.jsonl"
    rows = [("text", name, names[(n + (n % 3 == 0)) % 30]) for n, name in enumerate(names)]
    write_lines(data, [{"text": text, "label": label} for text, label, _ in rows])
    task = {"labels": dict.fromkeys(names, ""), "data": {"train": str(data), "test": str(data)}}
    give_answers(made.path, give_config(made.path, task), rows)
    said = asked(browse(made.path.parent), **{"class": "class 29"})
    assert "14 of 30 classes, those with most errors" in said
    assert "Most frequent: class 00 taken for class 01 (1)" in said
    assert "The 7 classes that are weakest at the end, and the chosen one." in said
    assert "class 29" in said


DATA = {"train": "/nowhere.jsonl", "test": "/nowhere.jsonl"}
JACK = '[[0,4,"Peop","Jack"]]'
KINDS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]], list[str], list[str]]] = {
    "ner": (
        {"kind": "ner", "labels": {"Peop": "people", "Loc": "places"}},
        [("Jack is here.", JACK, "[]"), ("Jack left.", JACK, JACK)],
        ["(none)", "1 of 2 entities are wrong", "Jack (Peop)"],
        [],
    ),
    "multilabel": (
        {"kind": "multilabel", "labels": {"late": "", "refund": ""}},
        [("x", '["late","refund"]', '["late"]'), ("y", "[]", '["refund"]')],
        ["label by label", "late 1 0 0", "refund 0 1 1", "late + refund", "2 of 3 labels"],
        ["right ↓ said →"],
    ),
    "multi": (
        {
            "kind": "multi",
            "heads": {
                "topic": {"column": "t", "labels": {"sport": "", "news": ""}},
                "mood": {"column": "m", "labels": {"good": "", "bad": ""}},
            },
        },
        [("x", join({"topic": "sport", "mood": "good"}), join({"topic": "news", "mood": "good"}))],
        ["topic: Test rows", "mood: Test rows", "heads counted each by itself", "topic: sport"],
        [],
    ),
    "choice": (
        {"kind": "choice"},
        [("q\nA) a\nB) b", "A", "B")],
        ["Letters are places, not classes"],
        [],
    ),
    "pair": (
        {"kind": "pair", "labels": {"yes": "", "no": ""}},
        [("a\nb", "yes", "no")],
        ["1 of 1 are wrong"],
        [],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds(made: Made, browse: Browse, kind: str) -> None:
    task, rows, there, absent = KINDS[kind]
    for file in (made.path / "rounds").rglob("predictions.jsonl"):
        file.unlink()
    give_answers(made.path, give_config(made.path, {"data": DATA, **task}), rows)
    said = asked(browse(made.path.parent))
    for words in there:
        assert words in said, words
    for words in absent:
        assert words not in said, words
    assert "The texts are not shown: /nowhere.jsonl can't be read" in said


def test_texts_are_those_that_the_run_read(made: Made) -> None:
    file = made.path.parent.parent / "one-test.jsonl"
    found = read_answers(read_run(made.path))
    assert found is not None and [row.text for row in found.rows] == [text for text, *_ in TESTED]
    lines = lines_of(file)
    lines[0]["label"] = "positive"
    write_lines(file, lines)
    changed = read_answers(read_run(made.path))
    assert changed is not None and not any(row.text for row in changed.rows)
    assert "is not the file that the run read" in changed.remark
    give_hash(made.path, file)
    other = read_answers(read_run(made.path))
    assert other is not None and "is not as it was when the run read it" in other.remark
    file.write_text('{"text": "x"}\n{', encoding="utf-8")
    give_hash(made.path, file)
    broken = read_answers(read_run(made.path))
    assert broken is not None and "can't be read as the run read it" in broken.remark
    write_lines(file, [{"text": text, "label": label} for text, label, _ in TESTED])


@pytest.mark.parametrize("ending", ["csv", "tsv", "json"])
def test_data_files_of_other_kinds(made: Made, ending: str) -> None:
    file = made.path.parent.parent / f"data.{ending}"
    if ending == "json":
        rows = [{"text": text, "label": label} for text, label, _ in TESTED]
        file.write_text(json.dumps(rows), encoding="utf-8")
    else:
        mark = "," if ending == "csv" else "\t"
        lines = [("text", "label"), *((f'"{text}"', label) for text, label, _ in TESTED)]
        file.write_text("\n".join(mark.join(line) for line in lines) + "\n", encoding="utf-8")
    config = json.loads((made.path / "config.yaml").read_text(encoding="utf-8"))
    config["task"]["data"] |= {"test": str(file), "train": str(file)}
    (made.path / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    give_hash(made.path, file)
    found = read_answers(read_run(made.path))
    assert found is not None and [row.text for row in found.rows] == [text for text, *_ in TESTED]


def test_damaged_answers_are_passed_over(made: Made, client: TestClient) -> None:
    for text in ("", "{", "[]", '{"rows": []}'):
        (made.path / "test_predictions.json").write_text(text, encoding="utf-8")
        assert "the last student gets wrong" not in asked(client)
    (made.path / "calibration.json").write_text('{"round": 2, "curve": [{"x": 1}, 3]}', "utf-8")
    asked(client)


def test_what_was_written_never_acts(tmp_path: Path, browse: Browse) -> None:
    made = make_student_run(tmp_path / "runs" / "one", texts=[[HOSTILE, "a"], [HOSTILE, "b"]])
    rows = [(HOSTILE, "negative", "positive")]
    data = tmp_path / "one-test.jsonl"
    write_lines(data, [{"text": HOSTILE, "label": "negative"}])
    config = json.loads((made.path / "config.yaml").read_text(encoding="utf-8"))
    give_answers(made.path, give_config(made.path, config["task"]), rows)
    give_hash(made.path, data)
    client = browse(made.path.parent)
    for query in ("", "&kind=synthetic", f"&{urlencode({'q': HOSTILE, 'near': HOSTILE})}"):
        html = client.get(f"/student?run=one{query}").text
        assert "<img src=x" not in html and "\u202e" not in html and "<svg onload" not in html
