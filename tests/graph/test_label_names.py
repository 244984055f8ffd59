"""A whole run over a label with a space at its end, and rows without any label."""

from __future__ import annotations

import json
from pathlib import Path

from evokd.store.event_log import read_events
from evokd.store.events import Voted, Warned
from evokd.store.run_dir import read_lines
from graph.session import start
from tests.graph.scripted_task import scripted_task

NAMES = ("sports ", "news")


def test_every_vote_is_read_and_rows_without_a_label_are_said(shared: Path, tmp_path: Path) -> None:
    for split, seed in (("train", 0), ("test", 20)):
        rows = [
            {"text": f"a note with the number {seed + n}", "label": [*NAMES, -1][n % 3]}
            for n in range(12)
        ]
        (shared / f"named-{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    task = {"kind": "classification", "labels": list(NAMES)}
    config = scripted_task(shared, task, "task.data.no_label=[-1]", split="named-{}", rounds=1)
    out = tmp_path / "run"
    assert start(config, out).status == "done"
    events = list(read_events(out / "events.sqlite"))
    said = [event.text for event in events if isinstance(event, Warned)]
    assert any("no_label: 4 rows of train, 4 rows of test have no label" in text for text in said)
    assert {event.label for event in events if isinstance(event, Voted)} == set(NAMES)
    assert {row["label"] for row in read_lines(out / "synthetic.jsonl")} == set(NAMES)
