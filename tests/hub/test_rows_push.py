"""Rows on their way to the hub: as a data set, never a test row, real texts only when told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from evokd.store.run_dir import read_lines
from tests.hub.conftest import Push
from tests.hub.made_student import TEST_TEXT
from tests.servers.fake_hub import FakeHub

REPO = "lab/reviews"
DATA = "data/train-00000-of-00001.parquet"


def change_row(run: Path, **values: Any) -> None:
    """Of the first accepted row."""
    file = run / "synthetic.jsonl"
    first, *rest = read_lines(file)
    lines = [json.dumps(row) for row in (first | values, *rest)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_rows_go_as_a_data_set_with_its_card(push: Push, hub: FakeHub, made: Path) -> None:
    done = push(made, "--to", REPO, "--dataset", "--private", "--yes")
    assert done.exit_code == 0, done.output
    assert f"{hub.url}/datasets/{REPO}" in done.stdout and "private" in done.stdout
    repo = hub.repos[f"datasets/{REPO}"]
    assert repo.private and set(repo.files) == {"README.md", DATA}
    rows = pq.read_table(io.BytesIO(repo.files[DATA])).to_pylist()
    assert [row["text"] for row in rows] == ["Great phone.", "Lovely lid."]
    card = repo.files["README.md"].decode()
    assert DatasetCard(card, ignore_metadata_errors=False).data["license"] == "other"
    for part in (f'load_dataset("{REPO}")', "| hard\\_generator | 4 | 40 | 20 |", "2 rows"):
        assert part in card
    again = push(made, "--to", REPO, "--dataset", "--yes")
    assert "nothing new" in again.stdout and len(repo.messages) == 1
    assert "(private, commit" in again.stdout  # it stays so


@pytest.mark.parametrize("values", [{"kind": "pool"}, {"calls": []}])
def test_real_texts_go_only_when_told(
    push: Push, hub: FakeHub, made: Path, values: dict[str, Any]
) -> None:
    change_row(made, **values)
    refused = push(made, "--to", REPO, "--dataset", "--yes")
    assert refused.exit_code == 2 and "1 of 2 rows are texts that people wrote" in refused.stderr
    assert hub.steps == [] and "pushed" not in refused.stdout
    told = push(made, "--to", REPO, "--dataset", "--with-real-texts", "--yes")
    assert told.exit_code == 0 and hub.repos[f"datasets/{REPO}"].files


def test_a_test_row_never_goes(push: Push, hub: FakeHub, made: Path) -> None:
    change_row(made, text=TEST_TEXT.upper())
    for more in ((), ("--with-real-texts",), ("--yes", "--with-real-texts")):
        refused = push(made, "--to", REPO, "--dataset", *more)
        assert refused.exit_code == 2, refused.output
        assert "1 rows equal a test or dev row, and those never go: r001-h001" in refused.stderr
    assert hub.steps == []


def test_data_that_is_gone_is_told_not_passed_over(push: Push, hub: FakeHub, made: Path) -> None:
    (made.parent / "data" / "test.jsonl").unlink()
    shown = push(made, "--to", REPO, "--dataset")
    assert shown.exit_code == 0 and "note: rows were not compared with test rows again" in " ".join(
        shown.stdout.split()
    )


def test_parts_of_an_earlier_data_set_are_taken_away(push: Push, hub: FakeHub, made: Path) -> None:
    push(made, "--to", REPO, "--dataset", "--yes")
    repo = hub.repos[f"datasets/{REPO}"]
    repo.files |= {"data/train-00001-of-00002.parquet": b"old", "notes.md": b"a person's"}
    change_row(made, text="Another text.")
    push(made, "--to", REPO, "--dataset", "--yes")
    assert set(repo.files) == {"README.md", DATA, "notes.md"} and len(repo.messages) == 2


def test_the_document_of_a_dry_run(push: Push, hub: FakeHub, made: Path) -> None:
    change_row(made, kind="pool")
    shown = push(made, "--to", REPO, "--dataset", "--json")
    document = json.loads(shown.stdout)
    assert shown.exit_code == 2 and len(document["refused"]) == 1
    assert [file["path"] for file in document["files"]] == ["README.md", DATA]
    assert all(file["bytes"] > 0 for file in document["files"])
    assert (document["pushed"], document["commit"], document["token"]) == (False, None, "HF_TOKEN")
    assert document["card"].startswith("---\n") and hub.steps == []


def test_no_rows_no_run(push: Push, hub: FakeHub, made: Path) -> None:
    nowhere = push(made.parent, "--to", REPO, "--dataset")
    assert nowhere.exit_code == 2 and "holds no run" in nowhere.stderr
    (made / "synthetic.jsonl").unlink()
    nothing = push(made, "--to", REPO, "--dataset")
    assert nothing.exit_code == 2 and "accepted no row" in nothing.stderr
    wrong = push(made, "--to", REPO, "--with-real-texts")
    assert wrong.exit_code == 2 and "--dataset" in wrong.stderr
