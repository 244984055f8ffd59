"""Texts of 12 kB: cut in prompts to what fits, said once, planned so, and whole in every row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import Config, load_config
from evokd.store.event_log import read_events
from evokd.store.events import Called, Warned
from evokd.store.run_dir import RunDir
from evokd.tasks.task import load_task
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import start
from tests.student.tiny import BAD, FILLER, GOOD, save_base

WORDS = 3_000


def text(word: str, number: int) -> str:
    """12 kB whose class one word in twelve gives away."""
    said = [FILLER[(number * 5 + at * 7) % len(FILLER)] for at in range(WORDS)]
    said[::12] = [word] * len(said[::12])
    return " ".join([str(number), *said])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    save_base(folder / "student")
    made = [("positive", GOOD[i % 5], i) for i in range(12)]
    made += [("negative", BAD[i % 5], 100 + i) for i in range(12)]
    rows = [json.dumps({"text": text(word, i), "label": label}) for label, word, i in made]
    for name, part in (("train", rows[:10] + rows[12:22]), ("test", rows[10:12] + rows[22:])):
        (folder / f"{name}.jsonl").write_text("\n".join(part) + "\n", encoding="utf-8")
    return folder


def settings(folder: Path, *overrides: str, teacher: str = "{scripted: true}") -> Config:
    file = folder / "long.yaml"
    file.write_text(
        f"""\
name: long
task:
  labels: {{negative: unhappy, positive: happy}}
  domain: note
  data: {{train: train.jsonl, test: test.jsonl}}
  shots: 8
teachers: {{default: {teacher}}}
prompts: {{pack: evokd}}
loop: {{rounds: 2, n_hard: 2, n_easy: 2, calls_per_round: 1}}
student: {{model: student, max_length: 32, warm_up_epochs: 1, epochs: 1, threads: 1}}
budget: {{tokens: 40000}}
""",
        encoding="utf-8",
    )
    return load_config(file, overrides)


def told(directory: RunDir) -> list[str]:
    return [
        event.text
        for event in read_events(directory.events)
        if isinstance(event, Warned) and "are cut in prompts" in event.text
    ]


def longest(directory: RunDir, agent: str) -> int:
    """Prompt tokens of the longest call of an agent."""
    calls = [e for e in read_events(directory.events) if isinstance(e, Called) and e.agent == agent]
    return max(call.prompt_tokens for call in calls)


def test_a_run_gets_through_its_rounds(folder: Path, tmp_path: Path) -> None:
    outcome = start(settings(folder), tmp_path / "run")
    assert (outcome.status, outcome.reason) == ("done", "2 rounds done")
    directory = RunDir.open(tmp_path / "run")
    assert 3_000 < longest(directory, "analyst") <= 5_000
    (said,) = told(directory)  # of two rounds
    assert said.startswith("analyst: long texts are cut in prompts, ")
    assert "1/8 of budget.tokens (40,000)" in said
    share = int(said.split("prompts, ")[1].split("%")[0])
    assert 3 <= share <= 25
    file = directory.path / "rounds" / "001" / "analysis.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert rows and all(len(row["text"]) > 10_000 for row in rows)


def test_what_is_planned_is_what_is_asked(folder: Path, tmp_path: Path) -> None:
    config = settings(folder)
    plan = make_plan(config, load_task(config.task), pack_of(config))
    assert plan.course is not None and plan.course.rounds == 2
    sums = {agent: one for (agent, _), one in plan.first.by_agent().items()}
    assert 3_000 < sums["analyst"].prompt_tokens <= 5_000
    assert [said.partition(":")[0] for said in plan.cuts] == ["analyst"]
    short = settings(folder, "loop.rounds=null")
    many = make_plan(short, load_task(short.task), pack_of(short))
    assert many.course is not None and many.course.rounds > 3  # the last one is cut as the first
    assert 40_000 * 0.8 < many.course.total.tokens <= 40_000


@pytest.mark.parametrize(
    ("teacher", "setting"),
    [
        ("{model: m, base_url: 'http://127.0.0.1:9/v1', context: 3000}", "context (3,000 tokens)"),
        ("{embedded: smollm2-135m, server: {context: 3000}}", "server.context (3,000 tokens)"),
    ],
)
def test_a_context_that_is_known(
    folder: Path, teacher: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evokd.teacher.tokenizer import Estimate

    monkeypatch.setattr("graph.dry_run.teacher.tokenizer_of", lambda _: Estimate())
    monkeypatch.setattr("graph.dry_run.run.tokenizer_of", lambda _: Estimate())
    config = settings(folder, "budget.tokens=null", teacher=teacher)
    plan = make_plan(config, load_task(config.task), pack_of(config))
    sums = {agent: one for (agent, _), one in plan.first.by_agent().items()}
    analyst = sums["analyst"]
    assert analyst.prompt_tokens + analyst.max_completion_tokens <= 3_000
    assert len(plan.cuts) == 1 and f"must fit teachers.analyst: {setting}" in plan.cuts[0]
