"""Two runs that differ, for the pages that hold runs against each other; what such a page says."""

from __future__ import annotations

import hashlib
import html
import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from starlette.testclient import TestClient

from evokd.tasks.predictions import TestPredictions
from tests.runs.made_run import Made, make_run
from tests.viewer.test_web import HOSTILE, Page

ANALYST = "evokd/en/analyst"
RUNS = (("run", "one"), ("run", "two"))


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


def read(client: TestClient, path: str, *pairs: tuple[str, str]) -> str:
    """The words of a page, on one line."""
    answer = client.get(f"{path}?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text[:600]
    page = Page(answer.text)
    assert page.tags.count("script") == 1 and "img" not in page.tags and page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption")
    body = re.sub("<[^>]*>", " ", answer.text.partition("<main")[2])
    return " ".join(html.unescape(body).split())


def changes(client: TestClient, path: str, *pairs: tuple[str, str]) -> tuple[list[str], list[str]]:
    """What stands in <del> and in <ins>, of texts (not of the key above them)."""
    source = client.get(f"{path}?{urlencode(pairs)}").text
    body = source.partition('class="diff"')[2]

    def inside(tag: str) -> list[str]:
        return [part.split(f"</{tag}>")[0] for part in body.split(f"<{tag}>")[1:]]

    return inside("del"), inside("ins")
