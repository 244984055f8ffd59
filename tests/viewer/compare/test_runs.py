"""Runs side by side, over HTTP: scores, settings, edges, rows, and what is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from evokd.runs.comparison import CELL_PARTS, short_names
from tests.runs.made_run import Made, make_run
from tests.viewer.compared_runs import RUNS, read
from tests.viewer.conftest import Browse
from tests.viewer.test_files import take_all
from tests.viewer.test_web import HOSTILE


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


def test_cells_go_by_their_names(two: tuple[Made, Made], tmp_path: Path, browse: Browse) -> None:
    study = tmp_path / "runs" / "s"
    (study / "runs").mkdir(parents=True)
    (study / "study.yaml").write_text("name: s")
    cells = [
        {"cell": name, "run": f"runs/{name}", "method": "evokd", "task": "trec6", "shots": 1,
         "variant": variant, "seed": 1}
        for name, variant in (("c1", "evokd"), ("c2", "no_critic"), ("c3", "no_easy"))
    ]  # fmt: skip
    (study / "cells.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in cells))
    for made, name in zip(two, ("c1", "c2"), strict=True):
        made.path.rename(study / "runs" / name)
    make_run(study / "runs" / "c3")
    client = browse(tmp_path / "runs")
    pairs = (("run", "s/runs/c2"), ("run", "s/runs/c3"))
    said = read(client, "/compare", *pairs)
    assert "A: no_critic B: no_easy" in said
    assert "A evokd trec6 no_critic 1-shot seed 1 s/runs/c2" in said
    source = client.get("/compare?run=s/runs/c2&run=s/runs/c3").text
    assert '<option value="s/runs/c1">evokd trec6 1-shot seed 1</option>' in source
    seeds = short_names(["evokd trec6 seed 1 600 tokens", "evokd trec6 seed 2 600 tokens"],
                        CELL_PARTS, " ")  # fmt: skip
    assert seeds == ["seed 1", "seed 2"]
    call = two[0].calls[0]
    among = (("among", "s/runs/c1"), ("among", "s/runs/c2"))
    said = read(client, "/call", ("run", "s/runs/c1"), ("call", call), *among)
    assert "the same in evokd trec6 no_critic 1-shot seed 1" in said
    said = read(client, "/compare/calls", ("run", "s/runs/c1"), ("run", "s/runs/c2"),
                ("call", call), *among)  # fmt: skip
    assert "in evokd trec6 no_critic 1-shot seed 1" in said and "in s/runs/c2" not in said
    said = read(client, "/search", ("q", "lid"))
    assert "evokd trec6 1-shot seed 1 s/runs/c1" in said
    assert "<title>Calls of evokd trec6 no_critic" in client.get("/calls?run=s/runs/c2").text


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
