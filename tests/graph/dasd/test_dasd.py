"""Reasoning distillation end to end: a scripted teacher, a tiny random Llama, seconds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import graph.dasd.nodes.evaluator as evaluating
from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.config import Config, ConfigError, parse_config
from evokd.config.roles import ROLES
from evokd.store.event_log import read_events
from evokd.store.events import Called, Judged, Warned
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.report.dasd_figures import draw_run
from evokd.teacher.scripted import ScriptedTeacher
from graph.core.wiring import drawn_edges, givers
from graph.draw import compiled, mermaid
from graph.session import check, resume, start
from prompts.pack import Pack
from tests.graph.reasoning import lay_out, settings
from tests.graph.test_loop import booked_edges
from tests.student.tiny_causal import save_causal

ARMS = ["base", "stage1", "stage2", "answer_only", "stage2_random"]
SNAPSHOTS = Path(__file__).parents[1] / "snapshots"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("reasoning"))


@pytest.fixture(scope="module")
def whole(room: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """The run that nothing happened to."""
    return run(room, tmp_path_factory.mktemp("whole") / "run")


def run(room: Path, out: Path, *overrides: str, kind: str = "letters") -> RunDir:
    assert start(settings(room, *overrides, kind=kind), out).status == "done"
    return RunDir.open(out)


def results(directory: RunDir) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory.path / "dasd.json").read_text("utf-8"))
    return found


def called(directory: RunDir) -> list[Called]:
    return [event for event in read_events(directory.events) if isinstance(event, Called)]


def round_file(directory: RunDir, number: int, name: str) -> list[dict[str, Any]]:
    return read_lines(directory.path / "rounds" / f"{number:03d}" / name)


def test_a_run_leaves_a_line_a_stage_and_every_student(whole: RunDir) -> None:
    lines = read_lines(whole.metrics)
    assert [(line["round"], line["arm"]) for line in lines] == [
        (0, "base"),
        (1, "stage1"),
        (2, "stage2"),
    ]
    assert [line["billed_tokens"] for line in lines] == sorted({x["billed_tokens"] for x in lines})
    assert all(set(line["test"]) == {"accuracy", "macro_f1"} for line in lines)
    assert list(results(whole)["arms"]) == ARMS
    assert (whole.student / "model.safetensors").is_file()
    assert "The answer is" in (whole.student / "README.md").read_text("utf-8")


def test_calls_are_booked_on_edges_of_the_drawn_graph(whole: RunDir) -> None:
    booked = booked_edges(whole)
    assert booked == {("START", "teacher_reasoner"), ("trainer", "teacher_reasoner")}
    known = givers(drawn_edges(compiled(whole.config())))
    assert all(source in known[target] for source, target in booked)


def test_every_response_is_accepted_or_rejected_with_a_reason(whole: RunDir) -> None:
    for number in (1, 2):
        drafts = {row["id"] for row in round_file(whole, number, "drafts.jsonl")}
        accepted = [row["row"] for row in round_file(whole, number, "accepted.jsonl")]
        rejected = [row["row"] for row in round_file(whole, number, "rejected.jsonl")]
        assert len(drafts) == 12
        assert drafts == {*accepted, *rejected}
        assert len(accepted) + len(rejected) == len(drafts)
        assert all(row["reason"] for row in round_file(whole, number, "rejected.jsonl"))
    told = [event for event in read_events(whole.events) if isinstance(event, Judged)]
    assert {event.by for event in told} == {"quality_filter", "selector"}


def test_what_is_learnt_is_right_and_scored(whole: RunDir) -> None:
    rows = read_lines(whole.synthetic)
    assert rows
    assert all(row["label"] == row["intended_label"] for row in rows)
    scores = round_file(whole, 1, "scores.jsonl")
    chosen = [line["score"] for line in scores if line["chosen"]]
    others = [line["score"] for line in scores if not line["chosen"]]
    assert chosen and others and min(chosen) >= max(others)
    assert all(line["sentences"] >= 2 and not line["refused"] for line in scores)


def test_the_controls_have_as_many_rows(whole: RunDir) -> None:
    arms = results(whole)["arms"]
    rows = {name: arm["lesson"]["rows"] for name, arm in arms.items() if arm["lesson"]}
    assert rows["stage2_random"] == rows["stage2"]
    assert rows["answer_only"] == min(8, rows["stage1"] + rows["stage2"])
    assert arms["stage2_random"]["lesson"]["adapters"] == "stage1"
    assert arms["answer_only"]["lesson"]["adapters"] is None


def test_a_control_may_have_as_many_tokens(room: Path, tmp_path: Path) -> None:
    directory = run(room, tmp_path / "run", "dasd.evaluation.arms=[stage2_random, stage2_tokens]")
    arms = results(directory)["arms"]
    assert list(arms) == ["base", "stage1", "stage2", "stage2_random", "stage2_tokens"]
    chosen, found = (arms[name]["lesson"] for name in ("stage2", "stage2_tokens"))
    assert found["adapters"] == "stage1" and found["by"] == "chance" and found["rows"]
    longest = max(len(row["text"]) for row in read_lines(directory.synthetic))
    assert abs(found["target_tokens"] - chosen["target_tokens"]) <= longest


def test_the_student_never_sees_the_worked_examples(whole: RunDir) -> None:
    wording = ReasoningPrompts(Pack.load("small", "en", "reasoning"), "letter", 2)
    question = "Which?\nA. one\nB. two"
    assert len(wording.to_teacher(question).messages) == 5
    (message,) = wording.to_student(question)
    assert message == wording.to_teacher(question).messages[-1]
    assert {len(event.messages) for event in called(whole)} == {5}
    bare = ReasoningPrompts(wording.pack, "letter", 0)
    assert bare.to_teacher(question).messages == bare.to_student(question)


def test_no_test_question_is_ever_asked_of_the_teacher(room: Path, whole: RunDir) -> None:
    tests = [row["question"] for row in read_lines(room / "letters-test.jsonl")]
    asked = [text for event in called(whole) for _, text in event.messages]
    assert asked and not any(question in text for question in tests for text in asked)


def test_stages_differ_in_questions_and_temperature(whole: RunDir) -> None:
    one, two = (
        {row["question"] for row in round_file(whole, number, "drafts.jsonl")} for number in (1, 2)
    )
    assert len(one) == len(two) == 4 and not one & two
    strata = [{r["stratum"] for r in round_file(whole, n, "drafts.jsonl")} for n in (1, 2)]
    assert strata == [{"T=0.3"}, {"T=0.9"}]


def test_figures_and_answers_side_by_side(whole: RunDir) -> None:
    names = {path.name for path in draw_run(whole.path)}
    assert names == {f"{a}.{b}" for a in ("information", "accuracy") for b in ("png", "svg")}
    shown = read_lines(whole.path / "side_by_side.jsonl")
    assert len(shown) == 4
    assert all(set(row["answers"]) == set(ARMS) for row in shown)


def test_the_same_seed_gives_the_same_students(room: Path, whole: RunDir, tmp_path: Path) -> None:
    again = run(room, tmp_path / "run")
    for arm in ARMS:
        name = f"arms/{arm}.jsonl"
        assert read_lines(again.path / name) == read_lines(whole.path / name)


def test_numbers_are_another_config_and_nothing_else(room: Path, tmp_path: Path) -> None:
    directory = run(room, tmp_path / "run", kind="sums")
    rows = read_lines(directory.synthetic)
    assert rows and all(row["label"] == row["intended_label"] for row in rows)
    assert rows[0]["label"].isdigit()
    line = read_lines(directory.metrics)[-1]
    assert line["class_f1"] == {} and line["test"]["macro_f1"] == line["test"]["accuracy"]
    assert results(directory)["arms"]["base"]["likeliest_right"] is None


def test_more_controls_and_the_mixed_policy(room: Path, tmp_path: Path) -> None:
    directory = run(
        room,
        tmp_path / "run",
        "dasd.mixed={questions: 3, which: all, epochs: 1}",
        "dasd.evaluation.arms=[random, high_only]",
    )
    assert ("student_writer", "finisher") in booked_edges(directory)
    assert [line["arm"] for line in read_lines(directory.metrics)][-1] == "mixed"
    arms = results(directory)["arms"]
    assert list(arms) == ["base", "stage1", "stage2", "mixed", "random", "high_only"]
    rows = {name: arm["lesson"]["rows"] for name, arm in arms.items() if arm["lesson"]}
    assert rows["random"] == rows["stage2"] == rows["high_only"]
    assert (arms["random"]["lesson"]["adapters"], arms["mixed"]["lesson"]["adapters"]) == (
        "random_stage1",
        "stage2",
    )
    finished = round_file(directory, 3, "drafts.jsonl")
    assert len(finished) == 3
    assert all("began it" in row["unscorable"] for row in finished)


def test_cot_decoding_branches_at_the_first_token(room: Path, tmp_path: Path) -> None:
    directory = run(room, tmp_path / "run", "dasd.cot_decoding={k: 3}")
    slots = [event.slot.rpartition("-")[2] for event in called(directory)]
    assert {slot: slots.count(slot) for slot in slots} == {"first": 8, "p0": 8, "p1": 8, "p2": 8}
    drafts = round_file(directory, 1, "drafts.jsonl")
    assert len(drafts) == 4 and {row["stratum"] for row in drafts} == {"CoT-decoding"}
    assert not any(row["unscorable"] for row in drafts)  # the branching token is among the tokens
    begun = [e.messages[-1] for e in called(directory) if e.slot.endswith("p1")]
    assert {role for role, _ in begun} == {"assistant"}


def test_paths_are_sampled_where_a_server_cannot_go_on(room: Path, tmp_path: Path) -> None:
    directory = run(room, tmp_path / "run", "dasd.cot_decoding={k: 3, continuation: samples}")
    assert {e.slot.rpartition("-")[2] for e in called(directory)} == {"p0", "p1", "p2"}
    said = [e.text for e in read_events(directory.events) if isinstance(e, Warned)]
    assert sum("paths are samples" in text for text in said) == 2  # once a stage


@pytest.mark.parametrize("order", ["random", "rsr", "student_nll", "longest"])
def test_student_only_selectors_ask_for_no_log_probabilities(
    order: str, room: Path, tmp_path: Path
) -> None:
    directory = run(room, tmp_path / "run", f"dasd.selection.order={order}", "dasd.stage2=null")
    drafts = round_file(directory, 1, "drafts.jsonl")
    assert all("no log-probabilities" in row["unscorable"] for row in drafts)
    assert len(round_file(directory, 1, "accepted.jsonl")) > 0
    assert list(results(directory)["arms"]) == ["base", "stage1", "answer_only"]


def test_a_selection_that_keeps_nothing_is_told_and_ends_no_run(room: Path, tmp_path: Path) -> None:
    strict = "dasd.selection={by: thresholds, confidence: 1.0, divergence: 0.9, share: 1.0}"
    directory = run(room, tmp_path / "run", strict)
    said = [e.text for e in read_events(directory.events) if isinstance(e, Warned)]
    assert any("nothing was selected" in text for text in said)
    found = results(directory)
    assert found["stages"]["stage1"]["selection"]["reason"]
    assert found["arms"]["stage2"]["lesson"]["rows"] == 0
    same = [read_lines(directory.path / f"arms/{arm}.jsonl") for arm in ("base", "stage2")]
    assert same[0] == same[1]


def test_a_budget_that_is_reached_teaches_what_there_is(room: Path, tmp_path: Path) -> None:
    config = settings(room, "budget.calls=9")
    outcome = start(config, tmp_path / "run")
    assert outcome.status == "done" and "budget.calls" in outcome.reason
    directory = RunDir.open(tmp_path / "run")
    assert len(called(directory)) == 9
    assert list(results(directory)["arms"]) == ["base", "stage1", "answer_only"]


def test_a_stage_may_go_on_from_the_adapters_of_an_earlier_run(
    room: Path, whole: RunDir, tmp_path: Path
) -> None:
    adapter = whole.student_states / "stage1"
    directory = run(room, tmp_path / "run", f"dasd.adapter={adapter}")
    assert booked_edges(directory) == {("START", "teacher_reasoner")}
    assert {event.round for event in called(directory)} == {2}
    arms = results(directory)["arms"]
    assert list(arms) == ARMS and arms["stage1"]["lesson"] is None
    mine, theirs = (read_lines(d.path / "arms/stage1.jsonl") for d in (directory, whole))
    assert mine == theirs


def test_adapters_of_another_base_are_refused_before_anything_is_spent(
    room: Path, whole: RunDir, tmp_path: Path
) -> None:
    save_causal(room / "other", seed=5, max_position_embeddings=1024)
    adapter = whole.student_states / "stage1"
    config = settings(room, "student.model=other", f"dasd.adapter={adapter}")
    with pytest.raises(ConfigError, match="adapters of another base model"):
        start(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_student_without_a_chat_template_is_refused_before_anything_is_spent(
    room: Path, tmp_path: Path
) -> None:
    folder = save_causal(tmp_path / "bare", max_position_embeddings=1024)
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        file = folder / name
        if name.endswith("jinja"):
            file.unlink(missing_ok=True)
        else:
            raw = json.loads(file.read_text("utf-8"))
            raw.pop("chat_template", None)
            file.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ConfigError, match="has no chat template"):
        start(settings(room, f"student.model={folder}"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_killed_amid_evaluation_it_asks_and_teaches_nothing_again(
    room: Path, whole: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine, done = evaluating._examine, list[str]()

    async def dying(arm: str, *rest: Any) -> None:
        if arm == "answer_only" and not done:
            done.append(arm)
            raise RuntimeError("the light went out")
        await examine(arm, *rest)

    monkeypatch.setattr(evaluating, "_examine", dying)
    with pytest.raises(RuntimeError, match="light"):
        start(settings(room), tmp_path / "run")
    assert resume(tmp_path / "run").status == "done"
    same_as(RunDir.open(tmp_path / "run"), whole)


def test_killed_amid_the_teacher_s_answers_it_pays_for_none_again(
    room: Path, whole: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, count = ScriptedTeacher.send, [0]

    async def dying(self: ScriptedTeacher, request: Any, seed: int, metadata: Any) -> Any:
        count[0] += 1
        if count[0] == 17:
            raise RuntimeError("the light went out")
        return await send(self, request, seed, metadata)

    monkeypatch.setattr(ScriptedTeacher, "send", dying)
    with pytest.raises(RuntimeError, match="light"):
        start(settings(room), tmp_path / "run")
    assert resume(tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    assert sum(event.status == "ok" for event in called(directory)) == 24
    same_as(directory, whole)


def same_as(directory: RunDir, whole: RunDir) -> None:
    """A resumed run ends with the students of the run that nothing happened to."""
    for arm in ARMS:
        name = f"arms/{arm}.jsonl"
        assert read_lines(directory.path / name) == read_lines(whole.path / name)
    ids = [[row["row"] for row in read_lines(d.synthetic)] for d in (directory, whole)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["teachers={default: {model: x, base_url: 'http://127.0.0.1:1/v1'}}"], "logprobs: true"),
        (
            ["teachers={default: {model: x, base_url: 'http://127.0.0.1:1/v1'}}"],
            "dasd.selection.order: rsr",
        ),
        (
            [
                "teachers={default: {model: x, base_url: 'http://127.0.0.1:1/v1'}}",
                "dasd.selection.order=rsr",
                "dasd.cot_decoding={}",
            ],
            "dasd.cot_decoding",
        ),
        (["teachers={default: {scripted: true, temperature: 0.5}}"], "dasd.stage1.temperature"),
        (["student.model=embedded:minilm"], "is an encoder"),
        (["dasd.stage1.questions=9"], "13 training questions are asked for, 12 are there"),
        (["dasd.teacher_examples=9"], "dasd.teacher_examples"),
        (["prompts.language=fr"], "teacher_reasoner.j2"),
        (["student.steps=3"], "student.steps"),
        (["dasd.selection={by: thresholds, order: rsr}"], "by: rank"),
        (["dasd.stage2=null", "dasd.mixed={}"], "dasd.mixed"),
        (["task.data.answer=question"], "letter of the row's choices"),
    ],
)
def test_what_can_not_work_is_refused_before_anything_is_spent(
    overrides: list[str], said: str, room: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        check(settings(room, *overrides))
    assert said in str(refused.value)


def test_a_server_without_log_probabilities_serves_student_only_selectors(room: Path) -> None:
    server = "teachers={default: {model: x, base_url: 'http://127.0.0.1:1/v1'}}"
    check(settings(room, server, "dasd.selection.order=rsr"))


def drawn(**dasd: Any) -> Config:
    return parse_config({"method": "dasd", "task": {"kind": "reasoning", "data": {}}, "dasd": dasd})


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("dasd", drawn()),
        ("dasd_mixed", drawn(mixed={})),
        ("dasd_one_stage", drawn(stage2=None)),
    ],
)
def test_the_drawing_is_the_one_we_know(name: str, config: Config) -> None:
    file = SNAPSHOTS / f"{name}.mmd"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(mermaid(config), encoding="utf-8")
    assert mermaid(config) == file.read_text(encoding="utf-8")


def test_spenders_are_woken_by_sends_alone() -> None:
    """They have several givers, and a Send says which of them it was."""
    graph = compiled(drawn(mixed={}))
    plain = {(edge.source, edge.target) for edge in graph.get_graph().edges if not edge.conditional}
    assert not {target for _, target in plain} & set(ROLES)
