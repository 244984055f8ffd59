"""A person in the graph, from the command line: waits, is answered, goes on, repeats no call."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import evokd as api
from evokd.cli.review import label_of
from evokd.config import ConfigError
from evokd.runs.review import read_review
from evokd.store.run_dir import RunDir, read_lines
from tests.cli.conftest import Evokd

HUMAN = "loop.human={rows: 3, pick: random}"


@pytest.fixture(scope="module")
def stopped(evokd: Evokd, config: Path) -> Path:
    """A run that waits in round 1; read only."""
    out = config.parent / "stopped"
    result = evokd("run", config, "--out", out, "--set", HUMAN)
    assert result.exit_code == 0, result.output
    assert f"evokd review {out}" in " ".join(result.output.split())
    return out


@pytest.fixture
def waiting(stopped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stopped, tmp_path / "run"))


def calls(run: Path) -> list[tuple[int, str, str]]:
    with closing(sqlite3.connect(run / "ledger.sqlite")) as db:
        found = db.execute("SELECT round, target, slot FROM calls WHERE status = 'ok'").fetchall()
    return sorted(found)


def test_all_is_saved_while_it_waits(stopped: Path) -> None:
    about = RunDir(stopped).run()
    assert about["status"] == "waiting" and about["waiting"]["round"] == 1
    rows = read_lines(stopped / "rounds" / "001" / "review.jsonl")
    assert len(rows) == 3 and {"text", "label", "votes", "critic", "student"} <= rows[0].keys()
    assert not (stopped / "student").exists()


def test_the_whole_way_with_verdicts_in_trace_lineage_and_exports(
    evokd: Evokd, waiting: Path, tmp_path: Path
) -> None:
    names = [row["row"] for row in read_review(waiting).rows]
    label = str(read_review(waiting).rows[1]["label"])
    other = "positive" if label == "negative" else "negative"
    asked = evokd("review", waiting, stdin=b"a\nzz\nr\nb\n" + other[:3].encode() + b"\nr\n")
    assert asked.exit_code == 0 and "'zz': no such key or label" in asked.stderr
    assert "All 3 rows decided" in asked.output
    before = calls(waiting)
    again = evokd("resume", waiting, "--json")
    assert again.exit_code == 0 and json.loads(again.stdout)["status"] == "waiting"
    judges = {tuple(one["judges"]): one for one in json.loads(again.stdout)["person"]}
    assert judges["person", "labeler"]["rows"] == 3
    assert judges["person", "critic"]["share"] == pytest.approx(1 / 3)
    later = calls(waiting)
    assert [call for call in later if call[0] < 2] == before and len(later) == len(set(later))
    rows = {row["row"]: row for row in read_lines(waiting / "synthetic.jsonl")}
    assert rows[names[0]]["person"] == rows[names[0]]["label"]
    assert (rows[names[1]]["person"], rows[names[1]]["label"]) == (other, other)
    assert rows[names[1]]["votes"][-1]["voter"] == -1 and names[2] not in rows
    (turned_down,) = read_lines(waiting / "rounds" / "001" / "rejected.jsonl")
    assert (turned_down["row"], turned_down["reason"]) == (names[2], "rejected by a person")
    traced = " ".join(evokd("trace", waiting, "--row", names[1]).output.split())
    assert f"person: relabel as {other}" in traced
    assert evokd("resume", waiting, "--skip-open").exit_code == 0
    assert RunDir(waiting).run()["status"] == "done"
    assert "person and labeler" in evokd("resume", waiting).output
    assert "person and critic agree" in (waiting / "report.html").read_text(encoding="utf-8")
    evokd("export", waiting, "--format", "dataset", "--out", tmp_path / "set")
    import pyarrow.parquet as pq

    (shard,) = (tmp_path / "set" / "data").glob("*.parquet")
    people = {row["row"]: row["person"] for row in pq.read_table(shard).to_pylist()}
    assert people[names[1]] == other and None in people.values()


def test_it_goes_on_as_if_nobody_had_been_asked_when_all_is_accepted(
    evokd: Evokd, waiting: Path, finished: tuple[Path, object]
) -> None:
    for _ in range(2):
        evokd("review", waiting, stdin=b"a\n" * 3)
        assert evokd("resume", waiting).exit_code == 0
    assert RunDir(waiting).run()["status"] == "done"
    assert calls(waiting) == calls(finished[0])
    kept = [
        [row["text"] for row in read_lines(run / "synthetic.jsonl")]
        for run in (waiting, finished[0])
    ]
    assert kept[0] == kept[1]


def test_open_rows_are_refused_and_nothing_changes(evokd: Evokd, waiting: Path) -> None:
    evokd("review", waiting, stdin=b"a\nq\n")
    before = (waiting / "ledger.sqlite").read_bytes(), (waiting / "run.json").read_bytes()
    refused = evokd("resume", waiting)
    said = " ".join(refused.stderr.split())
    assert refused.exit_code == 2 and "2 of 3 rows of round 1 without a verdict" in said
    assert "--skip-open" in said
    assert before == ((waiting / "ledger.sqlite").read_bytes(), (waiting / "run.json").read_bytes())


def test_a_kill_while_it_waits_or_goes_on_changes_nothing(evokd: Evokd, waiting: Path) -> None:
    run = RunDir(waiting)
    about = run.run()
    run.save_run(about | {"status": "running", "reason": None})  # killed before it was closed
    assert evokd("resume", waiting).exit_code == 0  # waits again
    assert RunDir(waiting).run()["status"] == "waiting"
    evokd("review", waiting, stdin=b"a\n" * 3)
    run.save_run(about | {"status": "running", "reason": None})  # killed as it took the answer
    before = calls(waiting)
    assert evokd("resume", waiting).exit_code == 0
    assert RunDir(waiting).run()["waiting"]["round"] == 2
    assert [call for call in calls(waiting) if call[0] < 2] == before


def test_a_broken_verdict_file_that_a_resume_meets_is_no_success(
    evokd: Evokd, waiting: Path
) -> None:
    run, before = RunDir(waiting), calls(waiting)
    evokd("review", waiting, stdin=b"a\n" * 3)
    file = read_review(waiting).file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[:-20], encoding="utf-8")
    run.save_run(run.run() | {"status": "running", "reason": None})  # killed as it went on
    for _ in range(2):
        refused = evokd("resume", waiting)
        assert refused.exit_code == 2, refused.output
        assert f"{file}, line 3: is no JSON" in " ".join(refused.stderr.split()).replace("- ", "-")
        assert run.run()["status"] == "waiting" and run.run()["waiting"]["round"] == 1
        assert "line 3: is no JSON" in run.run()["reason"] and calls(waiting) == before
    file.write_text(whole, encoding="utf-8")
    assert evokd("resume", waiting).exit_code == 0
    assert run.run()["waiting"]["round"] == 2
    assert [call for call in calls(waiting) if call[0] < 2] == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "line 1: is no JSON"),
        ('{"row": "r009-x001", "action": "accept"}', "did not ask about row 'r009-x001'"),
        (
            '{"row": "ROW", "action": "relabel", "label": "happy"}',
            "'happy' is no label of this row",
        ),
    ],
)
def test_a_verdict_file_edited_wrongly(evokd: Evokd, waiting: Path, line: str, said: str) -> None:
    review = read_review(waiting)
    review.file.write_text(line.replace("ROW", review.open[0]) + "\n", encoding="utf-8")
    for command in ("review", "resume"):
        refused = evokd(command, waiting)
        words = " ".join(refused.stderr.split())
        assert refused.exit_code == 2 and said in words and "verdicts.jsonl, line 1" in words
    assert RunDir(waiting).run()["status"] == "waiting"
    review.file.unlink()
    assert evokd("review", waiting, stdin=b"a\n" * 3).exit_code == 0


def test_an_edited_copy_of_the_rows_is_found_out_and_comes_back(
    evokd: Evokd, waiting: Path
) -> None:
    copy = waiting / "rounds" / "001" / "review.jsonl"
    whole = copy.read_text(encoding="utf-8")
    copy.write_text("".join(whole.splitlines(keepends=True)[:2]), encoding="utf-8")
    refused = evokd("resume", waiting)
    assert refused.exit_code == 2 and "line 3: a row is missing" in " ".join(refused.stderr.split())
    copy.unlink()
    assert evokd("review", waiting, "--list").exit_code == 0
    assert copy.read_text(encoding="utf-8") == whole


def test_a_run_that_waits_for_nobody(evokd: Evokd, finished: tuple[Path, object]) -> None:
    refused = evokd("review", finished[0])
    assert refused.exit_code == 2 and "waits for no verdict" in refused.stderr


def test_the_list_in_json(evokd: Evokd, waiting: Path) -> None:
    evokd("review", waiting, stdin=b"r\nq\n")
    told = json.loads(evokd("review", waiting, "--json").stdout)
    assert told["labels"] == ["negative", "positive"] and len(told["open"]) == 2
    assert told["rows"][0]["verdict"]["action"] == "reject" and told["rows"][1]["verdict"] is None


def test_the_api_gives_a_run_that_waits(config: Path, tmp_path: Path) -> None:
    run = api.run(str(config), out=tmp_path / "run", set=[HUMAN])
    assert run.status == "waiting"
    with pytest.raises(ConfigError, match="without a verdict"):
        api.resume(run.directory)
    for row in (review := read_review(run.directory)).open:
        review.decide(row, "accept")
    assert api.resume(run.directory).status == "waiting"  # round 2
    assert api.resume(run.directory, skip_open=True).status == "done"


def test_new_limits_while_it_waits_keep_the_round(
    evokd: Evokd, config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    evokd("run", config, "--out", out, "--set", HUMAN, "--set", "loop.rounds=1")
    evokd("review", out, stdin=b"a\n" * 3)
    assert evokd("resume", out, "--set", "loop.rounds=2").exit_code == 0
    assert RunDir(out).run()["waiting"]["round"] == 2
    assert len(read_lines(out / "metrics.jsonl")) == 2


def test_where_nobody_can_be_asked_it_is_refused(
    evokd: Evokd, config: Path, tmp_path: Path
) -> None:
    none = evokd("run", config, "--out", tmp_path / "run", "--set", HUMAN, "--set", "method=no_aug")
    assert none.exit_code == 2 and "no place for a person" in " ".join(none.stderr.split())
    study = tmp_path / "study.yaml"
    grid = {"kind": "token_curve", "name": "s", "base": str(config), "grid": {"seed": [1, 2]}}
    study.write_text(json.dumps(grid | {"set": {"loop.human": {}}}), encoding="utf-8")
    refused = evokd("study", study, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert " ".join(refused.stderr.split()).count("nobody can answer in a study") == 1


@pytest.mark.parametrize(
    ("said", "label"), [("2", "beta"), ("alpha", "alpha"), ("b", "beta"), ("ALPHA", "alpha")]
)
def test_a_label_by_number_or_letters(said: str, label: str) -> None:
    assert label_of(said, ["alpha", "beta", "alphabet"]) == label


@pytest.mark.parametrize(("said", "why"), [("al", "begin so"), ("9", "no such"), ("", "no such")])
def test_letters_that_say_too_little(said: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        label_of(said, ["alpha", "beta", "alphabet"])
