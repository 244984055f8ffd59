"""AttrPrompt: what is proposed, drawn, shown and kept; without a proposal the run has failed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from agents.attributes import Dimension
from agents.writer import WriteRequest
from evokd.config import ConfigError, RunError
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import load_task
from graph.methods import method_of
from graph.methods.attrprompt import with_attributes
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import check, resume, start
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.audit import audit
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import FAULTS, every, said, status
from tests.servers.runs import BRAIN, settings

ATTR = "method=attrprompt"
ROLE = "attribute_proposer"


def run(shared: Path, out: Path, *more: str) -> RunDir:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, ATTR, *more)
    assert start(config, out).status == "done"
    return RunDir.open(out)


def proposed(directory: RunDir) -> list[Dimension]:
    lines = read_lines(directory.path / "rounds/000/attributes.jsonl")
    return [Dimension.from_json(one) for one in lines]


def test_each_call_draws_one_value_of_each_dimension_that_is_for_its_class() -> None:
    dimensions = [
        Dimension("subtopic", ("a1", "a2"), "a"),
        Dimension("subtopic", ("b1", "b2"), "b"),
        Dimension("style", ("dry", "warm")),
    ]
    requests = [WriteRequest("ab"[at % 2], 1) for at in range(400)]
    drawn = with_attributes(requests, dimensions, Random(1))
    assert [one.label for one in drawn] == [one.label for one in requests]
    assert all([name for name, _ in one.attributes] == ["subtopic", "style"] for one in drawn)
    seen = Counter(one.attributes for one in drawn)
    assert all(one.attributes[0][1][0] == one.label for one in drawn)
    assert len(seen) == 8 and min(seen.values()) > 25


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_what_is_drawn_stands_in_the_prompt_and_in_the_lineage(
    pack: str, shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", f"prompts.pack={pack}")
    rows = read_lines(directory.synthetic)
    known = {(one.name, one.label): one.values for one in proposed(directory)}
    calls = {
        event.call: event.messages[-1][1]
        for event in read_events(directory.events)
        if isinstance(event, Called) and event.agent == "writer"
    }
    assert rows
    for row in rows:
        assert [*row["attributes"]] == ["subtopic", "way 1", "way 2", "way 3"]
        for name, value in row["attributes"].items():
            label = row["label"] if name == "subtopic" else None
            assert value in known[name, label]
            assert value in calls[row["calls"][0]]
    assert len({json.dumps(row["attributes"]) for row in rows}) > 1
    drafts = read_lines(directory.path / "rounds/001/drafts.jsonl")
    assert all(draft["attributes"] for draft in drafts)


def test_the_proposal_is_billed_on_its_own_edge_before_round_1(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run")
    assert booked_edges(directory) == {
        ("START", ROLE),
        ("warm_up", "writer"),
        ("trainer", "writer"),
    }
    lines = read_lines(directory.metrics)
    assert 0 < lines[0]["billed_tokens"] < lines[1]["billed_tokens"]


def test_subtopics_that_fit_another_class_are_left_out(shared: Path, tmp_path: Path) -> None:
    whole = proposed(run(shared, tmp_path / "whole"))
    kept = proposed(run(shared, tmp_path / "kept", "rivals.attrprompt.filter=true"))
    assert [one.name for one in whole] == [one.name for one in kept]
    for one, other in zip(whole, kept, strict=True):
        assert set(other.values) <= set(one.values)
        assert one.label is not None or one.values == other.values
        # each value that was left out names the call that said so
        assert len(other.calls) - len(one.calls) == len(one.values) - len(other.values)
    assert sum(len(one.values) for one in kept) < sum(len(one.values) for one in whole)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("which", [1, 2])
def test_a_proposal_that_can_not_be_read_fails_the_run(
    which: int, shared: Path, tmp_path: Path
) -> None:
    """All of them, or some whose repair turns are no better: nothing goes on without."""
    with FakeChat(BRAIN, every(which, FAULTS["prose"], ROLE)) as server:
        if which == 2:  # the second call, and whatever comes after it
            server.plan = lambda one: said("No.") if one.role == ROLE and one.number > 1 else None
        with pytest.raises(RunError, match="without them this would be zerogen"):
            start(settings(shared, server.url, ATTR), tmp_path / "run")
        assert not any(one.role == "writer" for one in server.bill.served)
        audit(tmp_path / "run", server.bill)
    about = RunDir(tmp_path / "run").run()
    assert about["status"] == "failed" and ROLE in about["reason"]
    assert not RunDir(tmp_path / "run").student.exists()


def test_a_budget_of_its_own_that_has_no_call_left_fails_the_run(
    shared: Path, tmp_path: Path
) -> None:
    config = settings(
        shared, "http://127.0.0.1:1", SCRIPTED, ATTR, f"budget.per_agent.{ROLE}.calls=1"
    )
    with pytest.raises(RunError, match=f"budget.per_agent.{ROLE}.calls"):
        start(config, tmp_path / "run")


def test_the_runs_own_budget_ends_it_in_order(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "budget.calls=1")
    assert directory.run()["reason"].startswith("budget.calls")
    assert len(read_lines(directory.metrics)) == 1


def test_a_pack_without_the_template_is_refused(shared: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    (pack / "en").mkdir(parents=True)
    (pack / "pack.yaml").write_text("description: d\nextends: evokd\n", encoding="utf-8")
    (pack / "en" / "guided_writer.j2").write_text(
        "{% call user() %}{{ target }}{% endcall %}", encoding="utf-8"
    )
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, ATTR, f"prompts.pack={pack}")
    with pytest.raises(ConfigError, match=r"guided_writer\.j2.*attributes"):
        check(config)


@pytest.mark.parametrize("more", ["values=1", "dimensions=0", "valuse=3", "similar=0"])
def test_settings_that_can_not_be(more: str, shared: Path) -> None:
    config = settings(shared, "http://127.0.0.1:1", SCRIPTED, f"rivals.attrprompt.{more}")
    with pytest.raises(ConfigError, match=r"rivals\.attrprompt"):
        method_of(config)


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_the_plan_counts_the_proposal(pack: str, shared: Path) -> None:
    remote = f"prompts.pack={pack}"
    config = settings(shared, "http://127.0.0.1:1", ATTR, remote, "rivals.attrprompt.filter=true")
    plan = make_plan(config, load_task(config.task), pack_of(config))
    assert plan.course is not None
    asked = plan.course.by_edge()["START", ROLE]
    assert asked.calls == 1 + 2 + 2 * 10 and asked.tokens > 0
    assert ("START", ROLE) not in {key[:2] for key in plan.later.by_key}


@pytest.mark.usefixtures("quick")
def test_a_resumed_run_pays_no_proposal_twice(shared: Path, tmp_path: Path) -> None:
    with FakeChat(BRAIN, every(1, status(400, "no"), "writer")) as server:
        assert start(settings(shared, server.url, ATTR), tmp_path / "run").status == "failed"
        asked = [one.role for one in server.bill.served].count(ROLE)
        server.plan = lambda _: None
        assert resume(tmp_path / "run").status == "done"
        assert [one.role for one in server.bill.served].count(ROLE) == asked == 3
        audit(tmp_path / "run", server.bill)
    rows = read_lines(RunDir(tmp_path / "run").synthetic)
    assert rows and all(row["attributes"] for row in rows)
