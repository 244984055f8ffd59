"""What is read of a run directory: sums, rounds, texts, calls, data; damaged ones too."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from evokd.ledger.totals import totals
from evokd.runs.analysis import read_analysis
from evokd.runs.cache import FileCache
from evokd.runs.calls import list_calls, read_call
from evokd.runs.dataset import diversity, read_dataset, search
from evokd.runs.difference import edges, flat, only, settings
from evokd.runs.files import Unreadable, json_of, lines_of, own, reading, yaml_of
from evokd.runs.rounds import read_rounds
from evokd.runs.rows import Filter, read_texts
from evokd.runs.run import Run, is_held, read_run
from evokd.runs.run_index import RunIndex
from evokd.runs.totals import read_edges
from evokd.store.sqlite import connect_read_only
from tests.runs.made_run import Made, Maker, make_run


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A finished run in a folder of runs."""
    return make_run(tmp_path / "runs" / "one")


@pytest.fixture
def run(made: Made) -> Run:
    return read_run(made.path, "one")


def test_the_head_of_a_run(run: Run) -> None:
    assert (run.status, run.method, run.task) == ("done", "evokd", "product review, en, 2 labels")
    assert (run.score(0), run.score(-1), run.seconds) == (0.5, 0.7, 61.0)
    assert run.notes == []


def test_books_are_those_of_the_ledger(run: Run) -> None:
    books = read_edges(run)
    with reading(run.path, "events.sqlite") as db:
        tasks = {task for (task,) in db.execute("SELECT task FROM useful")}
    expected = totals(connect_read_only(run.path / "ledger.sqlite"), tasks, "edge")
    found = {
        (e.source, e.target): (e.calls, e.prompt, e.completion, e.freight) for e in books.edges
    }
    assert found == {
        (r["source"], r["target"]): (
            r["calls"], r["prompt_tokens"], r["completion_tokens"], r["freight_tokens"],
        )
        for r in expected["rows"]
    }  # fmt: skip
    useful = expected["useful"]
    assert books.tokens("useful") == useful["prompt_tokens"] + useful["completion_tokens"] == 150
    assert books.calls == expected["billed"]["calls"] == 10
    assert books.usd == pytest.approx(expected["billed"]["usd"])


def test_an_unknown_price_makes_the_cost_unknown_and_attempts_count(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "run")
    maker.round(1, ["a", "b"])
    maker.call(1, "analyst", "hard_generator", "?", status="rejected")
    maker.call(1, "analyst", "hard_generator", "?", status="replayed")
    maker.ledger.db.execute("UPDATE calls SET usd = NULL WHERE target = 'labeler'")
    books = read_edges(read_run(maker.end().path, "run"))
    by_edge = {edge.name: edge for edge in books.edges}
    writer = by_edge["analyst → hard_generator"]
    assert (writer.calls, writer.unusable, books.replayed) == (3, 1, 1)
    assert writer.usd is not None and by_edge["hard_generator → labeler"].usd is None
    assert books.usd is None


def test_rounds_say_why_rows_were_rejected(run: Run) -> None:
    rounds, notes = read_rounds(run)
    assert [(r.number, r.accepted, r.rejected, r.why) for r in rounds] == [
        (0, 0, 0, ""),
        (1, 1, 1, "1 × duplicate"),
        (2, 1, 1, "1 × duplicate"),
    ]
    assert notes == []


def test_a_round_in_progress_is_there_without_scores(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "run")
    maker.call(1, "warm_up", "analyst", "…")
    rounds, _ = read_rounds(read_run(maker.path, "run"))
    assert [(r.number, r.closed) for r in rounds] == [(0, True), (1, False)]
    maker.end()


def test_texts_carry_votes_verdict_and_what_the_student_said(run: Run) -> None:
    good, bad = read_texts(run, 1)
    assert (good.row, good.verdict, good.label, good.predicted, good.student_right) == (
        "r001-h001", "accept", "positive", "negative", False,
    )  # fmt: skip
    assert [(vote.label, vote.probability) for vote in good.votes] == [("positive", 0.9)]
    assert (bad.verdict, bad.reason, bad.student_right) == ("reject", "duplicate", None)


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (Filter(), ["r001-h001", "r001-h002"]),
        (Filter(verdict="reject"), ["r001-h002"]),
        (Filter(label="positive"), ["r001-h001"]),
        (Filter(words="GREAT"), ["r001-h001"]),
        (Filter(words="duplicate"), ["r001-h002"]),
        (Filter(agent="easy_generator"), []),
        (Filter(agent="hard_generator", label="negative", verdict="reject", words="phone"),
         ["r001-h002"]),
    ],
)  # fmt: skip
def test_texts_can_be_filtered(run: Run, wanted: Filter, rows: list[str]) -> None:
    assert [text.row for text in wanted.keep(read_texts(run, 1))] == rows


def test_the_analysis_knows_the_errors_it_saw(run: Run) -> None:
    found = read_analysis(run, 1)
    assert (found.text, [(s.row, s.text, s.mark, s.cited) for s in found.seen]) == (
        "It mixes both.", [("train-1", "Horrible phone.", "wrong", True)],
    )  # fmt: skip
    later = read_analysis(run, 2)
    assert [(s.row, s.text, s.predicted) for s in later.errors] == [
        ("r001-h001", "Great phone.", "negative")
    ]
    assert read_analysis(run, 0).text == ""


def test_calls_page_filter_and_order(run: Run) -> None:
    total, rows = list_calls(run, {"target": "labeler"}, "seq", True, 0, 3)
    assert total == 4 and len(rows) == 3
    assert [row["round"] for row in rows] == [2, 2, 1]
    assert list_calls(run, {"target": "labeler'; --"}, "seq", False, 0, 9) == (0, [])
    assert list_calls(run, {"1=1; --": "x"}, "seq", False, 0, 99)[0] == 10, "no such filter"


def test_a_call_knows_what_came_of_it(made: Made, run: Run) -> None:
    call = read_call(run, made.calls[1])
    assert call is not None
    assert call.messages == [("system", "be brief"), ("user", "write a review")]
    assert call.reply == "Great phone."
    assert [event.row for event in call.made] == ["r001-h001"]
    assert call.book["template_sha"] == "t" * 64
    assert read_call(run, "nobody") is None


def test_the_data_set_is_searched_and_measured(run: Run) -> None:
    rows, remark = read_dataset(run)
    assert remark is None
    assert [row.row for row in search(rows, words="LID")] == ["r002-h001"]
    assert search(rows, label="negative") == []
    assert [row.row for row in search(rows, where="1")] == ["r001-h001"]
    first, second = diversity(rows)
    assert (first.words, first.distinct_1, first.fresh) == (2.0, 1.0, 1.0)
    assert second.rows == 1


def test_two_runs_differ_in_settings_edges_and_rows(tmp_path: Path) -> None:
    left = read_run(make_run(tmp_path / "a").path, "a")
    texts = [["great  PHONE!", "b"], ["Another.", "b"], ["Third.", "b"]]
    right = read_run(make_run(tmp_path / "b", texts, method="zerogen").path, "b")
    found = {one.name: one.values for one in settings(left.config, right.config)}
    assert found == {"loop.rounds": ("2", "3"), "method": ("evokd", "zerogen")}
    pairs = {
        pair.name: tuple(side.calls for side in pair.sides)
        for pair in edges(read_edges(left), read_edges(right))
    }
    assert pairs["trainer → analyst"] == (1, 2)
    mine, theirs = read_dataset(left)[0], read_dataset(right)[0]
    assert [row.text for row in only(mine, theirs)] == ["Lovely lid."]
    assert [row.text for row in only(theirs, mine)] == ["Another.", "Third."]
    assert flat({"a": [], "b": None, "c": {"d": [1]}}) == {"a": "[]", "b": "null", "c.d.0": "1"}


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"a": 1}')
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(Unreadable, match="leads out"):
        json_of(folder, "run.json")
    with pytest.raises(Unreadable, match="leads out"):
        own(folder, "../secret.json")


def test_half_written_files_say_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"a": ')
    (tmp_path / "config.yaml").write_text("a: [")
    (tmp_path / "synthetic.jsonl").write_text('{"row": "r1"}\n{"row": \n[]\n')
    with pytest.raises(Unreadable, match="no JSON"):
        json_of(tmp_path, "run.json")
    with pytest.raises(Unreadable, match="no YAML"):
        yaml_of(tmp_path, "config.yaml")
    assert lines_of(tmp_path, "synthetic.jsonl") == (
        [{"row": "r1"}], "synthetic.jsonl: 2 lines can't be read and stay out",
    )  # fmt: skip
    (tmp_path / "events.sqlite").write_bytes(b"no database" * 99)
    with (
        pytest.raises(Unreadable, match=r"events\.sqlite: can't be read"),
        reading(tmp_path, "events.sqlite") as db,
    ):
        db.execute("SELECT 1 FROM events")


def test_the_shelf_names_runs_and_studies_and_follows_no_link(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("one", "deep/er/two", "study/runs/cell", ".hidden/three"):
        (root / name).mkdir(parents=True)
        (root / name / "run.json").write_text("{}")
    (root / "study" / "study.yaml").write_text("name: s")
    (root / "one" / "inner").mkdir()
    (root / "one" / "inner" / "run.json").write_text("{}")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "run.json").write_text("{}")
    (root / "link").symlink_to(outside)
    found = RunIndex(root).look()
    assert sorted(found.runs) == ["deep/er/two", "one", "study/runs/cell"]
    assert sorted(found.studies) == ["study"]
    run_index = RunIndex(root)
    for name in ("../outside", "link", "one/inner", "/etc", "", "one/../one"):
        assert run_index.run(name) is None
    assert list(RunIndex(root / "one").look().runs) == ["one"], "a run itself can be served"


def test_a_run_that_nobody_works_on_is_not_running(tmp_path: Path) -> None:
    import fcntl

    maker = Maker(tmp_path / "run")
    lock = tmp_path / "run" / ".lock"
    run = read_run(maker.path, "run")
    assert run.status == "killed"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert is_held(lock) and run.status == "running"
    assert run.status == "killed"
    maker.end()


def test_what_was_read_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    file, query = tmp_path / "f", []
    file.write_text("1")
    memory = FileCache(2)

    def make() -> int:
        query.append(1)
        return len(query)

    assert memory.get("a", [file], make) == memory.get("a", [file], make) == 1
    file.write_text("22")
    os.utime(file, ns=(1, 1))
    assert memory.get("a", [file], make) == 2
    memory.get("b", [], make)
    memory.get("c", [], make)
    assert memory.get("a", [file], make) == 5, "the one asked for longest ago was let go"


def test_sqlite_lays_nothing_beside_a_finished_run(made: Made, run: Run) -> None:
    before = sorted(made.path.rglob("*"))
    read_edges(run)
    read_rounds(run)
    read_call(run, made.calls[0])
    assert sorted(made.path.rglob("*")) == before
    with pytest.raises(Unreadable), reading(made.path, "events.sqlite") as db:
        db.execute("DELETE FROM events")
    assert (
        sqlite3.connect(made.path / "events.sqlite")
        .execute("SELECT COUNT(*) FROM events")
        .fetchone()[0]
    )
