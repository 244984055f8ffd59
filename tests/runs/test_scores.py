"""Every face leads with the task's own metric, for each kind of task."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console
from starlette.testclient import TestClient

from evokd.cli.lines import scores_line
from evokd.cli.overview import RoundTrace
from evokd.cli.summary import rounds_table, scores_table
from evokd.config import TaskKind
from evokd.config.task import METRICS
from evokd.runs.rounds import read_rounds
from evokd.runs.run import read_run
from evokd.runs.scores import all_names, metric_name, score_names
from evokd.store.event_log import read_events
from evokd.store.events import Scored
from evokd.viewer.app import application
from evokd.viewer.report import write_report
from tests.runs.made_run import Made, make_run

KINDS: tuple[TaskKind, ...] = get_args(TaskKind)
TITLES = {
    "classification": "macro-F1", "pair": "macro-F1", "multi": "macro-F1",
    "multilabel": "macro-F1", "choice": "accuracy", "reasoning": "accuracy", "ner": "F1",
}  # fmt: skip


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[TaskKind, Made]:
    kind: TaskKind = request.param
    return kind, make_run(tmp_path / "runs" / kind, kind=kind)


def test_no_kind_is_missed() -> None:
    assert set(TITLES) == set(KINDS) == set(METRICS)
    for kind in KINDS:
        assert metric_name(score_names(kind, None)[0]) == TITLES[kind]


def test_the_metric_of_the_config_outranks_the_kinds() -> None:
    assert score_names("ner", "accuracy") == ("accuracy", "f1", "macro_f1")
    assert all_names(("f1", "accuracy"), {"accuracy": 0, "topic.accuracy": 0, "f1": 0}) == [
        "f1", "accuracy", "topic.accuracy",
    ]  # fmt: skip


def test_the_reader(made: tuple[TaskKind, Made]) -> None:
    kind, run = made
    head = read_run(run.path)
    assert (head.score(0), head.score(-1)) == (0.5, 0.7)  # of the metric, not of macro-F1
    rounds, _ = read_rounds(head)
    assert rounds[-1].scores["test"].keys() == set(METRICS[kind])


def test_the_terminal(made: tuple[TaskKind, Made]) -> None:
    kind, run = made
    names, title = read_run(run.path).score_names, TITLES[kind]
    scored = [e for e in read_events(run.path / "events.sqlite") if isinstance(e, Scored)][-1]
    assert scores_line(scored, names).startswith(f"test {title} 0.700, ")
    told = RoundTrace(2, names)
    told.take(scored)
    assert f"test {title} 0.700" in told.remarks[-1]
    rounds, _ = read_rounds(read_run(run.path))
    screen = Console(width=120, color_system=None)
    with screen.capture() as capture:
        screen.print(scores_table(rounds, names))
        screen.print(rounds_table(rounds, names[0]))
    said = [" ".join(line.split()) for line in capture.get().splitlines()]
    heads = said.index("score before after change")
    assert said.index(f"test {title} 0.500 0.700 +0.200") == heads + 2
    assert any(line.endswith(f"test {title} tokens") for line in said)


def test_the_pages_and_the_report(made: tuple[TaskKind, Made]) -> None:
    kind, run = made
    title = TITLES[kind]
    client = TestClient(application(run.path.parent, 7860), "http://127.0.0.1:7860")
    page = client.get(f"/run?run={kind}").text
    assert f">test {title}</" in page and f"test {title}: 0.700 at" in page
    assert f">{title}</td>" in client.get("/").text
    assert f"test {title}" in client.get(f"/round?run={kind}&round=2").text
    assert f"Test {title} before and after" in client.get(f"/row?run={kind}&row=r002-h001").text
    assert f"Test {title} against tokens" in client.get(f"/compare?run={kind}&run={kind}").text
    client.close()
    file = run.path / "report.html"
    write_report(run.path, file)
    assert f"test {title}" in file.read_text(encoding="utf-8")
