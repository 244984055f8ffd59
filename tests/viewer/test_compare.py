"""Pages of comparison over HTTP: runs, rounds, calls, templates, test rows."""

from __future__ import annotations

import hashlib
import html
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from evokd.runs.comparison import short_names
from evokd.tasks.predictions import TestPredictions
from tests.runs.made_run import Made, make_run
from tests.viewer.conftest import Browse
from tests.viewer.test_files import take_all
from tests.viewer.test_web import HOSTILE, Page

ANALYST = "evokd/en/analyst"


def say(made: Made, call: str, *messages: str) -> None:
    """Give a call other messages: system and user in turns."""
    roles = ("system", "user") * len(messages)
    said = json.dumps(list(zip(roles, messages, strict=False)))
    with sqlite3.connect(made.path / "events.sqlite") as db:
        db.execute(
            "UPDATE events SET body = json_set(body, '$.messages', json(?))"
            " WHERE call = ? AND type = 'called'",
            (said, call),
        )
    db.close()


def ask_with(made: Made, template: str, sha: str) -> None:
    """Book another hash for a template."""
    with sqlite3.connect(made.path / "ledger.sqlite") as db:
        db.execute("UPDATE calls SET template_sha = ? WHERE template = ?", (sha, template))
    db.close()


def answers(made: Made, said: Sequence[str], gold: Sequence[str], file: Path | None) -> None:
    """Keep answers to test rows, and which file they are of."""
    rows = [f"test-{n}" for n in range(len(gold))]
    kept = TestPredictions.of("macro_f1", rows, gold, {"final": said, "refit-1": gold})
    kept.write(made.path / "test_predictions.json")
    if file is None:
        return
    info = json.loads((made.path / "run.json").read_text())
    info["data"] = {"test": hashlib.sha256(file.read_bytes()).hexdigest()}
    (made.path / "run.json").write_text(json.dumps(info))
    config = made.path / "config.yaml"
    lines = config.read_text().replace(
        "  kind:", f"  data: {{train: {file}, test: {file}}}\n  kind:"
    )
    config.write_text(lines)


def make_two(root: Path) -> tuple[Made, Made]:
    """Two runs that differ in a round, a method, an analyst's prompt and their answers."""
    one = make_run(root / "one", name="first")
    two = make_run(
        root / "two",
        [["Great phone.", "It is a phone."], ["A kettle.", "Lid."], ["Loud.", "Dim."]],
        name="second", method="evokd_init",
    )  # fmt: skip
    say(one, one.calls[0], "You look at errors.", "Look at the lid.\nIt cracked.")
    say(two, two.calls[0], "You look at errors.", "Look at the old lid.\nIt held.", "And this.")
    ask_with(two, ANALYST, "u" * 64)
    test = root / "test.jsonl"
    texts = ["Fine lid.", HOSTILE, "Bad lid.", "Loud."]
    gold = ["positive", "negative", "negative", "negative"]
    rows = [{"text": text, "label": label} for text, label in zip(texts, gold, strict=True)]
    test.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    answers(one, ["positive", "negative", "positive", "positive"], gold, test)
    answers(two, ["positive", "positive", "negative", "positive"], gold, test)
    return one, two


@pytest.fixture
def two(tmp_path: Path) -> tuple[Made, Made]:
    return make_two(tmp_path / "runs")


@pytest.fixture
def client(two: tuple[Made, Made], browse: Browse) -> TestClient:
    return browse(two[0].path.parent)


def read(client: TestClient, path: str, *pairs: tuple[str, str]) -> str:
    """The words of a page, on one line."""
    answer = client.get(f"{path}?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text[:600]
    page = Page(answer.text)
    assert page.tags.count("script") == 1 and "img" not in page.tags and page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption")
    body = re.sub("<[^>]*>", " ", answer.text.partition("<main")[2])
    return " ".join(html.unescape(body).split())


RUNS = (("run", "one"), ("run", "two"))


def changes(client: TestClient, path: str, *pairs: tuple[str, str]) -> tuple[list[str], list[str]]:
    """What stands in <del> and in <ins>, of texts (not of the key above them)."""
    source = client.get(f"{path}?{urlencode(pairs)}").text
    body = source.partition('class="diff"')[2]

    def inside(tag: str) -> list[str]:
        return [part.split(f"</{tag}>")[0] for part in body.split(f"<{tag}>")[1:]]

    return inside("del"), inside("ins")


def test_scores_stand_with_their_rounds(client: TestClient) -> None:
    said = read(client, "/compare", *RUNS)
    assert "test macro-F1, last 0.700 (2) 0.800 (3)" in said
    assert "test macro-F1, first 0.500 (0) 0.500 (0)" in said
    assert "test macro-F1, best in hindsight 0.700 (2) 0.800 (3)" in said
    assert "A: first" in said and "B: second" in said


@pytest.mark.parametrize(
    ("page", "tables"),
    [("", 6), ("/rounds", 4), ("/answers", 4), ("/templates", 1), ("/calls", 1)],
)
def test_all_of_it_can_be_taken(client: TestClient, page: str, tables: int) -> None:
    three = urlencode([*RUNS, ("run", "one"), ("role", "labeler")])
    assert take_all(client, f"/compare{page}?{three}")["csv"] == tables


def test_files_say_what_the_pages_say(client: TestClient) -> None:
    def taken(page: str, table: str) -> list[dict[str, object]]:
        pairs = urlencode([*RUNS, ("table", table), ("format", "jsonl"), ("measure", "calls")])
        lines = client.get(f"/download/compare{page}?{pairs}").text.splitlines()
        return [json.loads(line) for line in lines]

    best = next(one for one in taken("", "beside") if str(one["name"]).endswith("in hindsight"))
    assert (best["A"], best["B"], best["B_remark"]) == (0.7, 0.8, "(3)")
    assert taken("", "edges")[-1].keys() == {"name", "A", "B", "difference"}
    (row,) = taken("/answers", "table")
    assert row == {"row": "test-1", "label": "negative", "a": "negative", "b": "positive",
                   "text": HOSTILE}  # fmt: skip


def test_settings_that_differ_alone_and_all_by_a_fold(client: TestClient) -> None:
    source = client.get("/compare?run=one&run=two").text
    differ, every = source.split('id="settings"')[1].split("<details>")[:2]
    assert "evokd_init" in differ and "loop.rounds" in differ and "task.language" not in differ
    assert "task.language" in every and "method" in every


def test_tokens_by_edge_one_measure_at_a_time(client: TestClient) -> None:
    said = read(client, "/compare", *RUNS)
    assert "hard_generator → labeler 60 90 +30" in said and "all 150 225 +75" in said
    said = read(client, "/compare", *RUNS, ("measure", "calls"))
    assert "hard_generator → labeler 4 6 +2" in said
    said = read(client, "/compare", *RUNS, ("run", "one"), ("measure", "freight"))
    assert "hard_generator → labeler 28 42 28" in said, "no difference of three"


def test_eight_runs_at_most_and_any_two_of_them(client: TestClient) -> None:
    eight = [("run", name) for name in ("one", "two", "one", "one", "two", "one", "one", "two")]
    said = read(client, "/compare", *eight, ("pair", "BD"), ("run", "one"), ("run", "two"))
    assert "8 runs at most stand side by side: 2 more were left out" in said
    assert "Accepted rows that only B has" in said and "only B (2)" in said
    svg = client.get(f"/compare?{urlencode(eight)}").text.split("<svg")[1]
    curves = [one for one in svg.split("<path")[1:] if 'class="curve"' in one and "h24" not in one]
    looks = {(one.split('stroke="')[1][:7], one.partition("dasharray=")[2][:9]) for one in curves}
    assert len(curves) == len(looks) == 8, "no two curves look alike"
    dashes = {one.partition('dasharray="')[2].split('"')[0] for one in curves}
    assert len(dashes) == 8, "nor without colour"
    assert svg.count("h24") == 8
    for number in range(len(eight)):
        without = client.get(f"/compare?{urlencode(eight[:number] + eight[number + 1 :])}")
        assert without.status_code == 200


def test_many_rows_are_read_when_somebody_asks(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evokd.viewer.views.compare.AT_ONCE", 10)
    said = read(client, "/compare", *RUNS)
    assert "only A only B The runs have many rows" in said and "Lovely lid." not in said
    assert "only A (1) only B (2)" in read(client, "/compare", *RUNS, ("only", "a"))


def test_addresses_of_before_go_on_working(client: TestClient) -> None:
    said = read(client, "/compare", *RUNS, ("only", "b"))
    assert "Settings that differ" in said and "Accepted rows that only B has" in said
    assert "A kettle." in said and "Lovely lid." not in said
    assert "Choose two runs" in read(client, "/compare")
    assert "Choose two runs" in read(client, "/compare", ("run", "one"))
    assert client.get("/compare?run=one&run=nobody").status_code == 404


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["pool-trec-random-1", "pool-trec-margin-1"], ["random", "margin"]),
        (["a/b/c", "a/b/d"], ["c", "d"]),
        (["same", "same"], ["same", "same"]),
        (["run", "run-2"], ["run", "run-2"]),
        ([], []),
    ],
)
def test_names_without_what_they_share(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short


def test_two_rounds_of_a_run(client: TestClient) -> None:
    said = read(client, "/compare/rounds", ("run", "two"), ("round", "1"), ("round", "3"))
    assert "test macro-F1 after it 0.600 0.800" in said
    assert "rejected because 1 × duplicate 1 × duplicate" in said
    assert "Great phone." in said and "Loud." in said
    assert "labeler 30 30 0" in said and "all 75 75 0" in said
    assert "The two prompts, word by word" in said
    said = read(client, "/compare/rounds", ("run", "two"), ("fate", "accepted"))
    assert "round 2 round 3" in said, "the last two by default"
    assert "accepted (1 and 1)" in said and "Loud." in said and "Dim." not in said
    said = read(client, "/compare/rounds", ("run", "two"), ("round", "0"), ("round", "1"))
    assert "No analysis in this round." in said


def test_a_round_of_each_of_two_runs(client: TestClient) -> None:
    said = read(client, "/compare/rounds", *RUNS)
    assert "A, round 2" in said and "B, round 2" in said, "the last that both have"
    said = read(client, "/compare/rounds", *RUNS, ("round", "1"), ("round", "1"))
    assert "Texts of B, round 1 that stand in A, round 1 as well: 2" in said
    source = client.get("/compare/rounds?run=one&run=two&round=1&round=1").text
    assert 'rel="next">both one later' in source and 'rel="prev">both one earlier' in source
    source = client.get("/compare/rounds?run=one&run=two&round=2&round=3").text
    assert 'rel="next"' not in source


@pytest.mark.parametrize(
    "address",
    ["/compare/rounds", "/compare/rounds?run=one&round=9", "/compare/rounds?run=one&round=x",
     "/compare/rounds?run=one&round=1&round=%F0%9D%9F%99", "/compare/calls",
     "/compare/calls?run=no", "/compare/calls?run=one&call=no", "/compare/templates?run=one",
     "/compare/answers?run=one",
     "/compare/templates", "/compare/answers?run=one&run=../two"],
)  # fmt: skip
def test_what_is_not_there(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_two_prompts_word_by_word(client: TestClient, two: tuple[Made, Made]) -> None:
    calls = [("call", two[0].calls[0]), ("call", two[1].calls[0])]
    went, came = changes(client, "/compare/calls", *RUNS, *calls)
    assert went == ["cracked"] and came == ["old ", "held", "And this."]
    said = read(client, "/compare/calls", *RUNS, *calls)
    assert "hash of the template" in said and "only in B" in said
    assert "no difference (words: 5)" in said, "the system message is the same"


def test_a_call_s_counterpart(client: TestClient, two: tuple[Made, Made]) -> None:
    one, other = two
    said = read(client, "/compare/calls", *RUNS, ("call", one.calls[0]))
    assert "the same place of round 1" in said and other.calls[0][:8] in said
    said = read(client, "/compare/calls", ("run", "one"), ("call", one.calls[5]))
    assert "the one before it of its role" in said and one.calls[0][:8] in said
    said = read(client, "/compare/calls", ("run", "one"), ("call", one.calls[0]))
    assert "this is the first of its role" in said
    said = read(client, "/compare/calls", *RUNS, ("role", "labeler"))
    assert one.calls[2][:8] in said and other.calls[2][:8] in said
    last = other.calls[-1]
    said = read(client, "/compare/calls", ("run", "two"), ("run", "one"), ("call", last))
    assert "the first of its role in round 1" in said, "there is no round 3"
    said = read(client, "/compare/calls", *RUNS, ("role", "nobody"))
    assert "has no call of nobody" in said
    assert "Other calls" in read(client, "/compare/calls", ("run", "one"))


def test_a_call_offers_what_to_hold_it_against(client: TestClient, two: tuple[Made, Made]) -> None:
    call = two[0].calls[5]
    page = Page(client.get(f"/call?run=one&call={call}&among=one&among=two").text)
    ways = [link for link in page.links if link.startswith("/compare/calls")]
    assert len(ways) == 3 and "run=one&run=two" in ways[1] and "among=two" in ways[1]
    for way in ways:
        assert client.get(way).status_code == 200
    assert "the same in two" in page.text and "the analyst before" in page.text
    page = Page(client.get(ways[1]).text)
    assert any("/call?run=two" in link and "among=one" in link for link in page.links)


def test_long_prompts_are_folded_and_cut(client: TestClient, two: tuple[Made, Made]) -> None:
    long = " ".join(f"w{n}" for n in range(25_000))
    say(two[0], two[0].calls[0], "s", f"{long} x")
    say(two[1], two[1].calls[0], "s", f"new {long} y")
    calls = [*RUNS, ("call", two[0].calls[0])]
    said = read(client, "/compare/calls", *calls)
    assert "words the same" in said and "w12000" not in said
    assert re.search(
        "Too long to be compared whole: [0-9]{2},[0-9]{3} characters of the first", said
    )
    assert "w12000" in read(client, "/compare/calls", *calls, ("whole", "1"))


def test_an_example_more_moves_no_other_message(client: TestClient, two: tuple[Made, Made]) -> None:
    say(two[0], two[0].calls[0], "s", "shot 1", "t", "shot 3", "u", "ask this")
    say(two[1], two[1].calls[0], "s", "shot 1", "t", "shot 2", "t", "shot 3", "u", "ask that")
    went, came = changes(client, "/compare/calls", *RUNS, ("call", two[0].calls[0]))
    assert went == ["this"] and sorted(came) == ["shot 2", "t", "that"]


def test_hostile_prompts_are_shown_and_do_nothing(
    client: TestClient, two: tuple[Made, Made]
) -> None:
    say(two[0], two[0].calls[0], HOSTILE, "a </pre><ins>b")
    say(two[1], two[1].calls[0], f"{HOSTILE} \u202e", "a \x00 b")
    source = client.get(f"/compare/calls?run=one&run=two&call={two[0].calls[0]}").text
    page = Page(source)
    assert page.tags.count("script") == 1 and "img" not in page.tags and "svg" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "\u202e" not in source and "\x00" not in source and "⟨RLO⟩" in page.text
    assert "a </pre><ins>b" in page.text.replace("\n", "") or "</pre>" in page.text


def test_templates_by_role_and_by_hash(client: TestClient) -> None:
    said = read(client, "/compare/templates", *RUNS)
    assert "not the same" in said and "Source of analyst" in said, "the one that differs is shown"
    assert "keeps the hash of a template, not its source" in said
    assert "with the hash of A and B" in said
    labeler = read(client, "/compare/templates", *RUNS, ("which", "2"))
    assert "The hashes are equal" in labeler and "Source of labeler" in labeler


def test_sources_that_a_pack_still_has_are_compared(
    client: TestClient, two: tuple[Made, Made], tmp_path: Path
) -> None:
    pack = tmp_path / "evokd"
    (pack / "en").mkdir(parents=True)
    (pack / "pack.yaml").write_text("extends: small\n")
    (pack / "en" / "analyst.j2").write_text("Say what is wrong.")
    from prompts.pack import HERE

    shipped = (HERE / "evokd" / "en" / "analyst.j2").read_text()
    ask_with(two[0], ANALYST, hashlib.sha256(shipped.encode()).hexdigest())
    ask_with(two[1], ANALYST, hashlib.sha256(b"Say what is wrong.").hexdigest())
    config = two[1].path / "config.yaml"
    config.write_text(f"{config.read_text()}prompts: {{pack: {pack}}}\n")
    went, came = changes(client, "/compare/templates", *RUNS)
    assert "Say what is wrong." in came[-1] and went


def test_who_got_which_test_row(client: TestClient) -> None:
    said = read(client, "/compare/answers", *RUNS)
    assert "Nothing may be steered by them" in said
    assert "A right 1 1 2" in said and "A wrong 1 1 2" in said and "all 2 2 4" in said
    assert "A − B +0.000" in said and "p 1 McNemar" in said
    assert "only A (1) only B (1) both (1) neither (1)" in said
    assert "test-1 negative negative positive <script>" in said, "its text, which does nothing"
    said = read(client, "/compare/answers", *RUNS, ("who", "b"))
    assert "test-2 negative positive negative Bad lid." in said and "test-1 " not in said
    said = read(client, "/compare/answers", *RUNS, ("who", "neither"), ("label", "positive"))
    assert "Nothing to show here." in said
    said = read(client, "/compare/answers", *RUNS, ("student", "refit-1"))
    assert "both (4)" in said


def test_test_rows_without_their_texts_or_answers(
    client: TestClient, two: tuple[Made, Made]
) -> None:
    test = two[0].path.parent / "test.jsonl"
    test.write_text('{"text": "other"}')
    said = read(client, "/compare/answers", *RUNS)
    assert "is not the file that the run read" in said and "other" not in said.split("Rows")[-1]
    answers(two[1], ["x"], ["positive"], None)
    assert "3 rows of A and 0 of B have no counterpart" in read(client, "/compare/answers", *RUNS)
    (two[1].path / "test_predictions.json").write_text("[")
    assert "is no JSON" in read(client, "/compare/answers", *RUNS)
    (two[1].path / "test_predictions.json").unlink()
    said = read(client, "/compare/answers", *RUNS)
    assert "two: test_predictions.json: is not there" in said
    said = read(client, "/compare/answers", *RUNS, ("run", "one"))
    assert "All pairs" in said and "A and C 0 0 +0.000" in said


def test_cells_of_a_study_are_ticked_and_compared(
    two: tuple[Made, Made], tmp_path: Path, browse: Browse
) -> None:
    study = tmp_path / "runs" / "s"
    study.mkdir()
    (study / "study.yaml").write_text("name: s")
    lines = "".join(
        f'{{"cell": "{n}", "run": "runs/{n}", "method": "evokd"}}\n' for n in ("a", "b")
    )
    (study / "cells.jsonl").write_text(lines)
    (study / "runs").mkdir()
    kept = []
    for name, made in zip(("a", "b"), two, strict=True):
        target = study / "runs" / name
        made.path.rename(target)
        kept.append({"cell": name, **json.loads((target / "test_predictions.json").read_text())})
        (target / "test_predictions.json").unlink()
    (study / "predictions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in kept))
    client = browse(tmp_path / "runs")
    source = client.get("/study?study=s").text
    assert 'action="/compare"' in source and source.count('name="run" value="s/runs/') == 2
    pairs = (("run", "s/runs/a"), ("run", "s/runs/b"))
    assert "A right 1 1 2" in read(client, "/compare/answers", *pairs), "by the study's file"


def test_comparing_loads_no_student(two: tuple[Made, Made]) -> None:
    code = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from evokd.viewer.app import application
client = TestClient(application(Path({str(two[0].path.parent)!r}), 7860), "http://127.0.0.1:7860")
for page in ("", "/rounds", "/calls", "/templates", "/answers"):
    assert client.get(f"/compare{{page}}?run=one&run=two&role=labeler").status_code == 200, page
heavy = {{"torch", "transformers", "datasets", "langgraph", "scipy"}} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
