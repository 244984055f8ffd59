"""Labels for texts of a pool, end to end: what is picked, asked, booked, and when it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError
from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Called, Drafted
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import load_task
from graph.methods import SPENT, method_of
from graph.methods.pool import BLIND
from graph.plan import make_plan
from graph.session import check, resume, start
from prompts.pack import Pack
from student.selection.acquire import ACQUIRE
from tests.graph.test_loop import SCRIPTED
from tests.servers.audit import edges_are_drawn, same_result, sums_agree
from tests.servers.child import Death, run_in_child
from tests.servers.runs import settings
from tests.student.tiny import BAD, FILLER, GOOD

TEXTS = 40
SHORT = "Great!"


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def rows() -> list[dict[str, str]]:
    """Real texts, alike and short ones among them; their labels are wrong, should anyone look."""
    found = [SHORT]
    for i in range(TEXTS - 1):
        filler = " ".join(FILLER[(i * 3 + j) % len(FILLER)] for j in range(3 + i % 5))
        found.append(f"{filler} {(GOOD if i % 2 else BAD)[i % 5]} number {i} positive")
    return [{"text": text, "label": "secret-label"} for text in found]


def config(shared: Path, *more: str) -> Config:
    lines = "".join(f"{json.dumps(row)}\n" for row in rows())
    (shared / "pool.jsonl").write_text(lines, encoding="utf-8")
    extra = ("method=pool", "task.data.pool=pool.jsonl", "student.update=retrain")
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, *extra, *more)


def run(shared: Path, out: Path, *more: str) -> RunDir:
    assert start(config(shared, *more), out).status == "done"
    return RunDir.open(out)


def picked(directory: RunDir, number: int) -> list[dict[str, Any]]:
    return read_lines(directory.path / f"rounds/{number:03d}/picked.jsonl")


def prompts(directory: RunDir, agent: str) -> list[list[str]]:
    """What was said in each call of an agent, turn by turn."""
    called = (e for e in read_events(directory.events) if isinstance(e, Called))
    return [[text for _, text in e.messages] for e in called if e.agent == agent]


def test_the_least_sure_texts_get_a_label_and_are_trained_on(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.switches.critic=false")
    texts = [row["text"] for row in rows()]
    learnt = read_lines(directory.synthetic)
    assert {row["kind"] for row in learnt} == {"pool"} and len(learnt) == 16
    taken = [one for number in (1, 2) for one in picked(directory, number)]
    assert len({one["pool"] for one in taken}) == len(taken) == 16
    assert {row["row"] for row in learnt} == {one["row"] for one in taken}
    for one in taken:
        assert one["row"].endswith(f"-{one['pool']}")
        assert one["text"] == texts[int(one["pool"].removeprefix("pool-"))]
        assert (one["policy"], one["score"]) == ("margin", one["margin"])
    for number, left in ((1, TEXTS), (2, TEXTS - 8)):
        margins = [one["margin"] for one in picked(directory, number)]
        assert margins == sorted(margins) and len(margins) == 8
        assert {one["candidates"] for one in picked(directory, number)} == {left}
    edges_are_drawn(directory.path)
    sums_agree(directory.path)


def test_a_label_of_the_pool_reaches_nobody(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run")
    for path in directory.path.rglob("*"):
        assert path.is_dir() or b"secret-label" not in path.read_bytes(), path


def test_a_row_leads_back_to_its_text_in_the_pool(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run")
    drafted = [e for e in read_events(directory.events) if isinstance(e, Drafted)]
    assert {(e.kind, e.call, e.intended_label) for e in drafted} == {("pool", None, None)}
    row = picked(directory, 1)[0]["row"]
    with Lineage(directory) as lineage:
        found = lineage.row(row)
    assert found is not None and found.pool == row.removeprefix("r001-")
    assert found.votes and found.parents == ()


def test_short_and_similar_texts_are_rows(shared: Path, tmp_path: Path) -> None:
    """The rules that a writer's text must pass, and near-duplicates, are no matter of real ones."""
    whole = ("prompts.pack=small", "methods.pool.batch=40", "loop.rounds=1")
    directory = run(shared, tmp_path / "run", *whole)
    assert read_lines(directory.path / "rounds/001/rejected.jsonl") == []
    assert SHORT in [row["text"] for row in read_lines(directory.synthetic)]


def test_what_the_critic_would_have_written_again_is_rejected(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "loop.rounds=4", "loop.critic_retries=1")
    turned_down = [
        row
        for number in range(1, 5)
        for row in read_lines(directory.path / f"rounds/{number:03d}/rejected.jsonl")
    ]
    assert any("nobody wrote it" in row["reason"] for row in turned_down)
    assert {row["action"] for row in turned_down} == {"reject"}


def test_it_ends_with_the_pool(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "methods.pool.batch=15", "loop.rounds=9")
    assert directory.run()["reason"] == f"{SPENT}: all {TEXTS} texts of the pool are taken"
    assert [len(picked(directory, number)) for number in (1, 2, 3)] == [15, 15, 10]
    assert len(read_lines(directory.metrics)) == 4


def test_it_ends_with_the_budget_which_is_used_up(shared: Path, tmp_path: Path) -> None:
    spent = ("budget.tokens=1500", "loop.rounds=null", "methods.pool.batch=6")
    directory = run(shared, tmp_path / "run", *spent)
    assert directory.run()["reason"] == "budget.tokens is reached"
    last = read_lines(directory.metrics)[-1]
    assert 1200 < last["billed_tokens"] <= 1500
    for number in range(1, last["round"] + 1):
        rejected = read_lines(directory.path / f"rounds/{number:03d}/rejected.jsonl")
        assert not any("unlabelled" in row["reason"] for row in rejected)


@pytest.mark.parametrize("policy", ACQUIRE)
def test_every_policy_picks_as_many_as_are_wanted(
    policy: str, shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", f"methods.pool.policy={policy}", "loop.rounds=1")
    assert [one["policy"] for one in picked(directory, 1)] == [policy] * 8
    assert list((tmp_path / "cache").rglob("*.safetensors")) or policy in BLIND


def test_another_policy_begins(shared: Path, tmp_path: Path) -> None:
    begun = ("methods.pool.cold_start=typicality", "methods.pool.cold_rounds=2", "loop.rounds=3")
    directory = run(shared, tmp_path / "run", *begun)
    used = [{one["policy"] for one in picked(directory, number)} for number in (1, 2, 3)]
    assert used == [{"typicality"}, {"typicality"}, {"margin"}]


@pytest.mark.parametrize("death", [Death("writes", 4), Death("checkpoint", 4), Death("scored", 1)])
def test_a_killed_run_picks_the_same_texts(death: Death, shared: Path, tmp_path: Path) -> None:
    quiet = run(shared, tmp_path / "quiet")
    child = run_in_child(config(shared), tmp_path / "run", death)
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert resume(tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    assert [picked(directory, n) for n in (1, 2)] == [picked(quiet, n) for n in (1, 2)]
    same_result(directory.path, quiet.path)


def test_the_labeler_sees_the_nearest_labelled_rows(shared: Path, tmp_path: Path) -> None:
    made = config(shared)
    directory = run(shared, tmp_path / "run", "prompts.pack=small", "methods.pool.demonstrations=3")
    rows = {row.id: (row.text, row.label) for row in method_of(made).shots(load_task(made.task))}
    rows |= {row["row"]: (row["text"], row["label"]) for row in read_lines(directory.synthetic)}
    asked = {turns[-2]: turns[:-2] for turns in prompts(directory, "labeler")}
    later = picked(directory, 2)
    assert any(one.startswith("r001-pool-") for line in later for one in line["shown"])
    for line in later:
        _, *turns = asked[f"Product review: {json.dumps(line['text'])}"]
        shown = [rows[one] for one in line["shown"]]
        assert turns == [
            said
            for text, label in shown
            for said in (f"Product review: {json.dumps(text)}", f"Label: {label}")
        ]


def test_a_pack_that_shows_no_rows_can_have_no_demonstrations(shared: Path) -> None:
    with pytest.raises(ConfigError, match=r"methods\.pool\.demonstrations: .*`shots`"):
        check(config(shared, "methods.pool.demonstrations=3"))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("task.data.pool=null",), r"needs `task\.data\.pool`"),
        (("loop.switches.separate_labels=false",), r"separate_labels: true"),
        (("methods.pool.batch=9", "methods.pool.candidates=8"), r"methods\.pool\.batch: 9"),
        (("methods.pool.policy=margins",), r"methods\.pool\.policy: .*expected one of .*margin"),
        (("methods.pool.cold_start=x",), r"methods\.pool\.cold_start"),
        (("task.data.pool=nowhere.jsonl",), r"task\.data\.pool: .*no such file"),
    ],
)
def test_what_can_not_be_is_one_message(
    overrides: tuple[str, ...], said: str, shared: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        check(config(shared, *overrides))


def test_a_pool_of_seed_shots_alone_is_refused(shared: Path) -> None:
    made = config(shared)
    shots = method_of(made).shots(load_task(made.task))
    lines = "".join(f"{json.dumps({'text': row.text})}\n" for row in shots)
    (shared / "pool.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"task\.data\.pool: every text in it equals a seed shot"):
        check(made)


def test_the_plan_has_the_calls_of_the_run(shared: Path, tmp_path: Path) -> None:
    made = config(shared, "prompts.pack=small", "loop.rounds=9", "methods.pool.batch=15")
    plan = make_plan(made, load_task(made.task), Pack.of(made))
    assert plan.course is not None
    assert (plan.course.rounds, plan.course.ends_by) == (3, "method")
    directory = run(shared, tmp_path / "run", "prompts.pack=small", "loop.rounds=9",
                    "methods.pool.batch=15")  # fmt: skip
    assert plan.course.total.calls == len(prompts(directory, "labeler")) == TEXTS
