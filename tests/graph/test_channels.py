"""The channels of feedback as the roles meet them: whose prompt says what, and the books."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import graph.nodes.evaluator
from agents.records import Marked
from evokd.config import ConfigError
from evokd.ledger.totals import totals
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.example import Example
from graph.core.feedback import mark
from graph.session import check, start
from prompts.pack import HERE
from student.results import Prediction
from tests.servers.runs import settings

SCRIPTED = "teachers={default: {scripted: true}}"


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, "loop.rounds=3", *overrides)
    assert start(config, out).status == "done"
    return RunDir.open(out)


def prompts(directory: RunDir, agent: str) -> list[str]:
    """The user's turns of an agent's calls, in the order of the trace."""
    found = [event for event in read_events(directory.events) if isinstance(event, Called)]
    return ["\n".join(text for _, text in one.messages) for one in found if one.agent == agent]


def freight(directory: RunDir) -> dict[tuple[str, str], int]:
    db = connect_read_only(directory.ledger)
    rows: list[dict[str, Any]] = totals(db, (), "edge")["rows"]
    db.close()
    return {(row["source"], row["target"]): row["freight_tokens"] for row in rows}


@pytest.mark.parametrize("pack", ["small", "evokd"])
def test_the_analyst_sees_right_and_wrong_rows_and_what_the_student_said(
    shared: Path, tmp_path: Path, pack: str
) -> None:
    directory = run(shared, tmp_path / "run", f"prompts.pack={pack}")
    told = prompts(directory, "analyst")
    files = sorted((directory.path / "rounds").glob("*/analysis.json"))
    assert len(told) == len(files) == 3
    marks: Counter[str] = Counter()
    for prompt, file in zip(told, files, strict=True):
        document = json.loads(file.read_text("utf-8"))
        marks.update(row["mark"] for row in document["rows"])
        for row in document["rows"]:
            assert row["text"] in prompt
        wrong = [row for row in document["rows"] if row["mark"] == "wrong"]
        said = r"not (\w+)\)" if pack == "small" else r"the model said: (\w+)\)"
        assert Counter(re.findall(said, prompt)) == Counter(row["predicted"] for row in wrong)
    assert marks["right"] and marks["wrong"] + marks["uncertain"]


def test_both_writers_get_the_analysis_and_are_told_what_hard_and_easy_mean(
    shared: Path, tmp_path: Path
) -> None:
    for pack in ("small", "evokd"):
        directory = run(shared, tmp_path / pack, f"prompts.pack={pack}")
        document = json.loads(
            (directory.path / "rounds" / "001" / "analysis.json").read_text("utf-8")
        )
        hard, easy = (prompts(directory, f"{kind}_generator") for kind in ("hard", "easy"))
        assert document["text"] in hard[0] and document["text"] in easy[0]
        assert not set(hard) & set(easy)


def test_a_round_without_mistakes_still_shows_what_was_least_sure(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_right(row: Example, prediction: Prediction, kind: str = "") -> Marked:
        return replace(mark(row, prediction, kind), mark="right", predicted=row.label)

    monkeypatch.setattr(graph.nodes.evaluator, "mark", always_right)
    directory = run(shared, tmp_path / "run")
    for number in (2, 3):
        file = directory.path / f"rounds/{number:03d}/analysis.json"
        marks = {row["mark"] for row in json.loads(file.read_text("utf-8"))["rows"]}
        assert marks == {"right", "uncertain"}
    assert "least sure of" in prompts(directory, "analyst")[1]


def test_confusions_reach_the_writers_and_their_freight_is_booked(
    shared: Path, tmp_path: Path
) -> None:
    plain = run(
        shared, tmp_path / "plain", "loop.feedback.analysis=none", "loop.feedback.rows=false"
    )
    told = run(
        shared,
        tmp_path / "told",
        "loop.feedback.analysis=none",
        "loop.feedback.rows=false",
        "loop.feedback.confusions=true",
    )
    assert not any(
        "takes one class for another" in text for text in prompts(plain, "hard_generator")
    )
    named = [
        text for text in prompts(told, "hard_generator") if "takes one class for another" in text
    ]
    assert named and "taken for" in named[0]
    assert freight(plain)["trainer", "hard_generator"] == 0
    assert freight(told)["trainer", "hard_generator"] > 0


def test_rules_put_the_confusions_into_words_at_no_tokens(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.feedback.analysis=rules")
    assert prompts(directory, "analyst") == []
    said = [text for text in prompts(directory, "hard_generator") if "What makes it fail" in text]
    assert any(
        re.search(r"It (takes \w+ for \w+ \(\d+ of \d+\)|is least sure of)", text) for text in said
    )


def test_weak_classes_get_more_texts_and_even_ones_as_many(shared: Path, tmp_path: Path) -> None:
    even = run(shared, tmp_path / "even", "prompts.pack=small", "loop.n_hard=8", "loop.n_easy=8")
    weak = run(
        shared,
        tmp_path / "weak",
        *("prompts.pack=small", "loop.n_hard=8", "loop.n_easy=8"),
        "loop.feedback.allocation=weak",
    )
    for directory, alike in ((even, True), (weak, False)):
        uneven = 0
        for number in (1, 2, 3):
            drafts = read_lines(directory.path / f"rounds/{number:03d}/drafts.jsonl")
            counts = Counter(row["intended_label"] for row in drafts if "retry" not in row["row"])
            uneven += abs(counts["negative"] - counts["positive"]) > 0
        assert (uneven == 0) == alike


def test_levels_are_asked_for_and_stay_with_the_row(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.difficulty=[1, 2, 3, 4, 5]", "loop.rounds=4")
    levels: dict[str, set[int]] = {"easy": set(), "hard": set()}
    for row in read_lines(directory.synthetic):
        levels[row["kind"]].add(row["level"])
    assert max(levels["easy"]) <= 3 <= min(levels["hard"])
    assert len(levels["easy"]) > 1 < len(levels["hard"])
    assert all(
        re.search(r"experts hesitate\): [345]", t) for t in prompts(directory, "hard_generator")
    )


@pytest.mark.parametrize(
    ("method", "said"), [("evokd", 0), ("static", 1), ("loss_ranked", 1), ("zerogen", 1)]
)
def test_what_only_an_analyst_reads_is_said_to_change_nothing_without_one(
    shared: Path, method: str, said: int
) -> None:
    config = settings(
        *(shared, "http://127.0.0.1:1", SCRIPTED, f"method={method}"),
        *("loop.feedback.report=true", "loop.feedback.confident=2"),
    )
    found = [line for line in check(config).remarks() if "changes nothing" in line]
    assert len(found) == said
    assert all("loop.feedback.report and loop.feedback.confident" in line for line in found)


def test_an_old_switch_is_the_new_channel(shared: Path) -> None:
    off = settings(shared, "http://x", SCRIPTED, "loop.switches.analysis=false")
    assert off.loop.feedback.analysis == "none"
    assert settings(shared, "http://x", SCRIPTED).loop.feedback.analysis == "llm"
    with pytest.raises(ConfigError, match="older name"):
        settings(
            shared,
            "http://x",
            SCRIPTED,
            "loop.switches.analysis=false",
            "loop.feedback.analysis=rules",
        )


@pytest.mark.parametrize(
    ("overrides", "template", "message"),
    [
        (["loop.feedback.report=true"], "analyst", "loop.feedback.report"),
        (["loop.feedback.confident=2"], "analyst", "loop.feedback.confident"),
        (["loop.switches.correct=false"], "analyst", "loop.switches.correct: false"),
        (
            ["loop.feedback={analysis: none, rows: false, confusions: true}"],
            "hard_generator",
            "loop.feedback.confusions",
        ),
        (["loop.feedback.allocation=weak"], "easy_generator", "loop.feedback.allocation"),
        (["loop.difficulty=[1, 2]"], "easy_generator", "loop.difficulty"),
        ([], "hard_generator", "loop.feedback.analysis"),
    ],
)
def test_a_channel_that_a_pack_does_not_show_is_refused(
    shared: Path, tmp_path: Path, overrides: list[str], template: str, message: str
) -> None:
    own = shutil.copytree(HERE / "evokd", tmp_path / "own")
    shows = "{{ wrong }}" if template == "analyst" else "{{ n }}"
    text = "{% call user() %}{{ labels }} " + shows + "{% endcall %}"
    (own / "en" / f"{template}.j2").write_text(text, encoding="utf-8")
    config = settings(shared, "http://x", SCRIPTED, f"prompts.pack={own}", *overrides)
    with pytest.raises(ConfigError, match=message):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        ("{rows: false}", "shows the analyst nothing"),
        ("{report: true, analysis: none}", "goes to the analyst"),
        ("{confident: 2, rows: false, report: true}", "travels with the rows"),
    ],
)
def test_channels_that_lead_nowhere_are_refused(shared: Path, feedback: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        settings(shared, "http://x", SCRIPTED, f"loop.feedback={feedback}")
