"""Lean: what is ordered, who is doubted and asked, what a row says of it, and what it costs."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.records import Marked
from evokd.config import Config, ConfigError, load_config
from evokd.store.event_log import read_events
from evokd.store.events import Called, Doubted
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.grid.identity import pack_sha
from evokd.tasks.task import load_task
from graph.core.orders import order
from graph.draw import mermaid
from graph.methods import method_of
from graph.packs import pack_of
from graph.plan import make_plan
from graph.session import check, resume, start
from prompts.pack import ORDER, Pack
from tests.agents.forms import classes
from tests.graph.test_loop import SCRIPTED, booked_edges
from tests.servers.audit import audit, calls, edges_are_drawn, same_result, sums_agree
from tests.servers.child import Death, run_in_child
from tests.servers.fake_chat import FakeChat
from tests.servers.runs import BRAIN, settings

WRITES = {("warm_up", "writer"), ("trainer", "writer")}
ALL_PARTS = tuple(
    f"methods.lean.{part}" for part in ("short_orders=true", "allocation=weak", "doubt=both")
)
LABELS = ("doubter", "labeler")
CHARACTERS = 480
"""Four a token, of English."""


def config(shared: Path, *more: str, url: str = "http://127.0.0.1:1") -> Config:
    made = ("method=lean", *ALL_PARTS, "student.update=retrain", *more)
    return settings(shared, url, *([] if url != "http://127.0.0.1:1" else [SCRIPTED]), *made)


def run(shared: Path, out: Path, *more: str) -> RunDir:
    assert start(config(shared, *more), out).status == "done"
    return RunDir.open(out)


def doubts(directory: RunDir) -> list[Doubted]:
    return [e for e in read_events(directory.events) if isinstance(e, Doubted)]


def called(directory: RunDir, agent: str) -> dict[str, Called]:
    events = (e for e in read_events(directory.events) if isinstance(e, Called))
    return {str(e.call): e for e in events if e.agent == agent}


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_only_doubted_texts_are_asked_about_and_every_row_says_why(
    pack: str, shared: Path, tmp_path: Path
) -> None:
    more = (f"prompts.pack={pack}", "methods.lean.ask=0.5", "loop.calls_per_round=4")
    directory = run(shared, tmp_path / "run", *more)
    told, labelled = doubts(directory), called(directory, "labeler")
    asked = {e.row for e in told if e.asked}
    assert asked and any(not e.asked for e in told)
    assert all(e.doubted for e in told if e.asked)
    assert max(Counter(e.round for e in told if e.asked).values()) <= 8
    rows = read_lines(directory.synthetic)
    assert rows
    for row in rows:
        doubt = row["doubt"]
        assert doubt["asked"] == (row["row"] in asked)
        assert bool(set(row["calls"]) & labelled.keys()) == doubt["asked"]
        assert len(row["calls"]) == 1 + doubt["asked"]
        assert doubt["asked"] or row["label"] == row["intended_label"]
        assert {vote["voter"] for vote in row["votes"]} == ({-3, -2, 0} if doubt["asked"] else {-2})
        assert sum(row["distribution"].values()) == pytest.approx(1, abs=1e-4)
        assert doubt["near"] and row["row"] not in doubt["near"]
    assert booked_edges(directory) == {*WRITES, LABELS}
    edges_are_drawn(directory.path)
    sums_agree(directory.path)


def test_the_books_agree_with_the_servers_bill(shared: Path, tmp_path: Path, quick: None) -> None:
    with FakeChat(BRAIN) as server:
        made = config(shared, "methods.lean.doubt=all", url=server.url)
        assert start(made, tmp_path / "run").status == "done"
        audit(tmp_path / "run", server.bill)
    assert {call.agent for call in calls(tmp_path / "run")} == {"writer", "labeler"}


@pytest.mark.parametrize(
    ("more", "edges"),
    [
        (("methods.lean.doubt=none",), WRITES),
        (("methods.lean.doubted=drop",), WRITES),
        (("methods.lean.doubt=all",), {*WRITES, LABELS}),
    ],
)
def test_each_part_can_be_left_out(
    more: tuple[str, ...], edges: set[tuple[str, str]], shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", *more)
    assert booked_edges(directory) == edges
    told = doubts(directory)
    assert bool(told) == ("methods.lean.doubt=none" not in more)
    if "methods.lean.doubt=all" in more:
        assert all(e.asked for e in told)
    for e in told:
        assert e.dropped == (e.doubted and "methods.lean.doubted=drop" in more)
    left = {row["row"] for row in read_lines(directory.synthetic)}
    assert not left & {e.row for e in told if e.dropped}


def test_dropped_texts_are_listed_with_the_reason(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "methods.lean.doubted=drop", "loop.calls_per_round=4")
    dropped = {e.row for e in doubts(directory) if e.dropped}
    rejected = {
        row["row"]: row["reason"]
        for number in (1, 2)
        for row in read_lines(directory.path / f"rounds/{number:03d}/rejected.jsonl")
    }
    assert dropped and dropped <= rejected.keys()
    assert all(rejected[row].startswith("doubted: ordered as ") for row in dropped)


def test_a_round_without_doubt_passes_the_labeler_by(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "methods.lean.margin=0.999")
    assert booked_edges(directory) == WRITES
    assert len(read_lines(directory.metrics)) == 3 and read_lines(directory.synthetic)


@pytest.mark.parametrize("death", [Death("writes", 4), Death("checkpoint", 5), Death("scored", 1)])
def test_a_killed_run_comes_to_the_same_end(death: Death, shared: Path, tmp_path: Path) -> None:
    more = ("methods.lean.ask=0.5",)
    quiet = run(shared, tmp_path / "quiet", *more)
    child = run_in_child(config(shared, *more), tmp_path / "run", death)
    child.join(300)
    assert child.exitcode == -signal.SIGKILL
    assert resume(tmp_path / "run").status == "done"
    same_result(tmp_path / "run", quiet.path)
    again = RunDir.open(tmp_path / "run")
    assert {(e.row, e.asked, e.gap) for e in doubts(again)} == {
        (e.row, e.asked, e.gap) for e in doubts(quiet)
    }


def test_calls_that_share_an_order_are_one_request(shared: Path, tmp_path: Path) -> None:
    more = ("loop.n_hard=8", "loop.n_easy=8", "prompts.pack=small", "loop.rounds=1")
    apart = called(run(shared, tmp_path / "apart", *more), "writer")
    directory = run(shared, tmp_path / "run", *more, "loop.completions=4")
    together = called(directory, "writer")
    assert len(apart) == 8 and len(together) == 2
    assert {e.completions for e in together.values()} == {4}
    assert len(read_lines(directory.path / "rounds/001/drafts.jsonl")) == 32


def test_what_was_ordered_stands_in_the_prompt_and_with_the_row(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", "prompts.pack=small", "methods.lean.confusions=1")
    asked = called(directory, "writer")
    styles = Pack.load("small", "en").ordering().manifest.generator.styles  # type: ignore[attr-defined]
    rows = read_lines(directory.synthetic)
    for row in rows:
        (prompt, *_) = [text for role, text in asked[row["calls"][0]].messages if role == "user"]
        assert row["attributes"]["style"] in styles
        assert f"Style: {row['attributes']['style']}." in prompt
        assert f"different {row['intended_label']} product review" in prompt
        other = row["attributes"].get("could be taken for")
        assert ("easy to mistake for" in prompt) == (other is not None)
        assert other != row["intended_label"]
        assert bool(row["parents"]) == (other is not None)
    assert {row["attributes"].get("could be taken for") for row in rows} != {None}


def test_without_short_orders_it_asks_as_zerogen_does(shared: Path, tmp_path: Path) -> None:
    plain = ("methods.lean.short_orders=false", "methods.lean.allocation=even", "loop.rounds=1")
    mine = called(run(shared, tmp_path / "run", *plain, "methods.lean.doubt=none"), "writer")
    made = config(shared, *plain, "method=zerogen")
    assert start(made, tmp_path / "zerogen").status == "done"
    theirs = called(RunDir.open(tmp_path / "zerogen"), "writer")
    assert [e.messages for e in mine.values()] == [e.messages for e in theirs.values()]


def marked(label: str, predicted: str, n: int) -> list[Marked]:
    mark: Any = "right" if label == predicted else "wrong"
    return [Marked(f"{label}{predicted}{at}", "t", label, predicted, 0.1, mark) for at in range(n)]


def test_an_order_names_the_class_that_the_student_confuses() -> None:
    rows = [*marked("a", "b", 2), *marked("b", "a", 1), *marked("c", "c", 3)]
    task_format = classes("a", "b", "c")
    styles, rng = ("dry", "warm"), Random(1)
    always = order("a", rows, task_format, confusions=1.0, styles=styles, rng=rng)
    assert always.mistaken == "b" and always.parents == ("ab0", "ab1", "ba0")
    assert always.style in ("dry", "warm") and always.template == ORDER
    assert order("c", rows, task_format, confusions=1.0, styles=styles, rng=rng).mistaken is None
    never = order("a", rows, task_format, confusions=0.0, styles=styles, rng=rng)
    assert never.mistaken is None and never.parents == ()
    bare = order("a", rows, task_format, styles=(), confusions=0.0, rng=Random(1))
    assert bare.style == "" and bare.template == ORDER and bare.told is None


@pytest.mark.parametrize("name", ["amazon_vader", "inshorts", "banking77"])
@pytest.mark.parametrize("pack", ["small", "evokd"])
def test_an_order_is_short(name: str, pack: str) -> None:
    """Every class of the sets that lean was designed on, in its longest form: under 120 tokens."""
    made = load_config(Path("examples") / f"{name}.yaml")
    known = Pack.load(pack, "en").ordering()
    style = max(known.manifest.generator.styles, key=len)  # type: ignore[attr-defined]
    for label in made.task.labels:
        variables = {
            **{"kind": "classification", "domain": made.task.domain, "language": "English"},
            **{"foreign": False, "directive": None, "n": 8, "turn": 1, "examples": ()},
            **{"target": label, "mistaken": label, "style": style},
            "descriptions": dict.fromkeys(made.task.labels, "") | dict(made.task.labels),
        }
        said = "".join(one.content for one in known.prompt(ORDER, variables).messages)
        assert len(said) < CHARACTERS


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("methods.lean.doubt=neighbour",), r"methods\.lean\.doubt: .*neighbours"),
        (("methods.lean.ask=0",), r"methods\.lean\.ask"),
        (("methods.lean.short_order=true",), r"methods\.lean\.short_order: unknown field"),
        (("prompts.forms={generator: json}",), r"prompts\.forms\.generator: json: short orders"),
        (("methods.lean.doubt=all", "methods.lean.doubted=drop"), r"would drop every text"),
        (("methods.lean.doubt=none", "student.targets=soft"), r"student\.targets: soft"),
        (("methods.lean.doubt=none", "student.weights=confidence"), r"student\.weights"),
    ],
)
def test_what_can_not_be_is_one_message(more: tuple[str, ...], said: str, shared: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        check(config(shared, *more))


def test_a_pack_without_orders_is_refused_unless_none_are_given(
    shared: Path, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    (pack / "en").mkdir(parents=True)
    (pack / "pack.yaml").write_text("description: d\nextends: evokd\norders: null\n", "utf-8")
    with pytest.raises(ConfigError, match=r"has no `orders`.*short_orders"):
        check(config(shared, f"prompts.pack={pack}"))
    check(config(shared, f"prompts.pack={pack}", "methods.lean.short_orders=false"))
    (pack / "pack.yaml").write_text("description: d\nextends: evokd\n", "utf-8")
    order_file = pack / "en" / "order.j2"
    order_file.write_text("{% call user() %}{{ target }}{% endcall %}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"order\.j2.*style"):
        check(config(shared, f"prompts.pack={pack}"))


@pytest.mark.parametrize("kind", ["pair", "choice", "ner", "multi"])
def test_kinds_without_one_class_a_line_are_refused(kind: str) -> None:
    assert kind in method_of(load_config(Path("examples/amazon_lean.yaml"))).refuses


def test_orders_teach_softly_and_weigh(shared: Path, tmp_path: Path) -> None:
    more = ("student.targets=soft", "student.weights=confidence", "loop.rounds=1")
    directory = run(shared, tmp_path / "run", *more)
    rows = read_lines(directory.synthetic)
    weights = json.loads((directory.path / "rounds/001/weights.json").read_text("utf-8"))
    by_row = {row["row"]: row["distribution"][row["label"]] for row in rows}
    surest = max(by_row, key=by_row.__getitem__)
    assert weights.keys() == by_row.keys() and weights[surest] == max(weights.values())


@pytest.mark.parametrize("pack", ["small", "evokd"])
def test_the_plan_has_orders_and_some_labels(pack: str, shared: Path) -> None:
    made = config(shared, f"prompts.pack={pack}", "loop.calls_per_round=4", "loop.rounds=3")
    plan = make_plan(made, load_task(made.task), pack_of(made))
    assert plan.course is not None
    by_edge = plan.course.by_edge()
    size = {"small": 4, "evokd": 8}[pack]
    assert by_edge["trainer", "writer"].calls == 2 * 16 / size
    each = {"small": 1, "evokd": 4}[pack]  # of the pack's eight a call
    assert by_edge[LABELS].calls == 3 * 4 / each
    every = config(shared, f"prompts.pack={pack}", "methods.lean.doubt=all", "loop.rounds=2")
    asked = make_plan(every, load_task(every.task), pack_of(every)).course
    assert asked is not None
    assert asked.by_edge()[LABELS].calls == 2 * 8 / {"small": 1, "evokd": 8}[pack]
    same = make_plan(made, load_task(made.task), Pack.of(made)).course
    assert same is not None and same.by_key == plan.course.by_key


def test_every_switch_changes_the_drawing(shared: Path) -> None:
    switches: list[tuple[str, ...]] = [
        (),
        ("methods.lean.doubt=none",),
        ("methods.lean.doubted=drop",),
        ("methods.lean.allocation=even",),
        ("methods.lean.confusions=0",),
        ("methods.lean.confusions=0", "methods.lean.allocation=even"),
    ]
    drawn = {mermaid(config(shared, *more)) for more in switches}
    assert len(drawn) == len(switches)


def test_orders_play_no_part_in_the_cells_of_others() -> None:
    pack = Pack.load("small", "en")
    roles = ("hard_generator", "labeler", "critic")
    changed = pack.manifest.model_copy(update={"orders": None})
    assert pack_sha(Pack("small/en", changed, pack.templates), roles) == pack_sha(pack, roles)
    mine = (*roles, ORDER)
    assert pack_sha(Pack("small/en", changed, pack.templates), mine) != pack_sha(pack, mine)
