from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from evokd.viewer.report import report, write_report
from tests.runs.made_run import Made, make_run
from tests.viewer.test_web import HOSTILE, Page


def test_one_file_that_asks_nothing_of_the_network(made: Made) -> None:
    write_report(made.path, made.path / "report.html")
    html = (made.path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert "script" not in page.tags and "link" not in page.tags and "img" not in page.tags
    assert all(link.startswith("#") for link in page.links)
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert {link[1:] for link in page.links} <= targets, "every anchor is there"
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html
    for words in ("It mixes both.", "Great phone.", "1 × duplicate", "0.700", "labeler"):
        assert words in page.text


def test_what_a_model_wrote_does_nothing_there_either(tmp_path: Path) -> None:
    html = report(make_run(tmp_path / "run", [[HOSTILE, HOSTILE]]).path)
    page = Page(html)
    assert "script" not in page.tags and "img" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert "⟨RLO⟩" in html and "\u202e" not in html


def test_a_damaged_run_gets_a_report_that_says_so(made: Made) -> None:
    (made.path / "ledger.sqlite").write_bytes(b"nothing")
    (made.path / "synthetic.jsonl").unlink()
    html = report(made.path)
    assert "ledger.sqlite" in html and "0.700" in html


def test_a_run_of_rounds_enough_has_a_forecast_and_a_short_one_says_why_not(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run", [("Great phone.", "It is a phone.")] * 6)
    long = Page(report(made.path))
    assert "By the test curve so far the next 1,000 tokens add" in long.text
    assert "test, fitted" in long.text
    short = Page(report(make_run(tmp_path / "short").path))
    assert "No forecast: it takes 5 rounds" in short.text


def test_analyses_and_row_weights_have_their_tables(tmp_path: Path) -> None:
    made = make_run(tmp_path / "run")
    plain = Page(report(made.path))
    assert "Row weights" not in plain.text, "where nothing was weighed"
    lines = [json.loads(line) for line in (made.path / "metrics.jsonl").read_text().splitlines()]
    part = {"rows": 1, "weight": 1.0, "before": 1.25, "after": 0.5}
    spread = dict.fromkeys(("min", "q1", "median", "q3", "max"), 1.0)
    for line in lines[1:]:
        line["weights"] = {"rows": 4, "effective": 3.5, "quarters": [part] * 4, **spread}
        line["faithful"] = {"cited_loss": 1.75}
        row = {"row": "x", "label": "negative", "predicted": "positive", "mark": "wrong"}
        folder = made.path / f"rounds/{line['round']:03d}"
        folder.mkdir(parents=True)
        said = {"cited": ["x"], "rows": [{**row, "label": HOSTILE}], "patterns": []}
        (folder / "analysis.json").write_text(json.dumps(said), encoding="utf-8")
        verdict = json.dumps({**row, "kind": "hard"})
        (folder / "predictions.jsonl").write_text(f"{verdict}\n", encoding="utf-8")
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (made.path / "metrics.jsonl").write_text(text, encoding="utf-8")
    page = Page(report(made.path))
    assert "1.250 → 0.500" in page.text and "1.750" in page.text
    assert "No two analyses of this run name different errors" in page.text
    assert "script" not in page.tags and "img" not in page.tags
