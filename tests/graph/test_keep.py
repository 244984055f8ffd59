"""`loop.keep`: rows of low score cost their tokens, and are neither trained on nor remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets.load import load_dataset

from evokd.cli.chain import show_chain
from evokd.cli.export import export
from evokd.config import Config, ConfigError, parse_config
from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Kept, Retested
from evokd.store.run_dir import RunDir, read_lines
from graph.core.student_store import StudentStore
from graph.draw import mermaid, text
from graph.methods import method_of
from graph.session import start
from student.encoder.training_plan import TrainingPlan
from student.results import FitReport
from tests.graph.scripted_task import scripted_task
from tests.graph.test_wirings import config as wired

TASK = {"kind": "classification", "labels": {"negative": "unhappy", "positive": "happy"}}


def run_of(shared: Path, *overrides: str) -> Config:
    return scripted_task(shared, TASK, *overrides)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[int, TrainingPlan]:
    found: dict[int, TrainingPlan] = {}
    train = StudentStore.train

    async def noted(self: StudentStore, plan: TrainingPlan, number: int) -> FitReport:
        found[number] = plan
        return await train(self, plan, number)

    monkeypatch.setattr(StudentStore, "train", noted)
    return found


def taught(plan: TrainingPlan) -> set[str]:
    return {row.id for phase in plan.phases for row in phase.rows}


@pytest.mark.parametrize("method", ["evokd", "zerogen"])
def test_half_of_the_rows_stay(
    method: str, shared: Path, tmp_path: Path, plans: dict[int, TrainingPlan]
) -> None:
    run = tmp_path / "run"
    settings = run_of(
        shared, f"method={method}", "loop.keep={policy: uniform, share: 0.5}",
        "student.update=retrain",
    )  # fmt: skip
    assert start(settings, run).status == "done"
    rows = read_lines(run / "synthetic.jsonl")
    lines = read_lines(run / "metrics.jsonl")
    for number in (1, 2):
        own = [row for row in rows if row["round"] == number]
        kept = [row for row in own if row["kept"]]
        assert lines[number]["accepted"] == len(own) > 1
        assert lines[number]["kept"] == len(kept) == max(1, round(len(own) / 2))
        least = min(row["score"] for row in kept)
        assert all(row["score"] < least for row in own if not row["kept"])
        accepted = read_lines(run / "rounds" / f"00{number}" / "accepted.jsonl")
        assert [row["row"] for row in own] == [row["draft"]["row"] for row in accepted]
    assert "kept" not in lines[0]
    gone = {row["row"] for row in rows if not row["kept"]}
    assert not gone & taught(plans[2])
    assert {row["row"] for row in rows} - gone <= taught(plans[2])


def test_tokens_are_those_of_a_run_that_keeps_all(shared: Path, tmp_path: Path) -> None:
    """With nothing handed back the writers can't tell the difference."""
    spent = []
    for name, keep in (("all", "null"), ("half", "{policy: uniform, share: 0.5}")):
        settings = run_of(shared, "method=zerogen", f"loop.keep={keep}")
        assert start(settings, tmp_path / name).status == "done"
        lines = read_lines(tmp_path / name / "metrics.jsonl")
        spent.append([(line["billed_tokens"], line["accepted"]) for line in lines])
    assert spent[0] == spent[1]


def test_rows_that_went_are_not_reviewed(
    shared: Path, tmp_path: Path, plans: dict[int, TrainingPlan]
) -> None:
    run = tmp_path / "run"
    settings = run_of(
        shared, "loop.keep={policy: balanced, per_class: 1}", "loop.rounds=3",
        "loop.review={rows: 100}",
    )  # fmt: skip
    assert start(settings, run).status == "done"
    rows = read_lines(run / "synthetic.jsonl")
    for number in (1, 2, 3):
        kept = [row["label"] for row in rows if row["kept"] and row["round"] == number]
        assert len(kept) == len({*kept}) > 0
    staying = {row["row"] for row in rows if row["kept"]}
    synthetic = {name for name in taught(plans[3]) if name.startswith("r0")}
    assert synthetic == staying


def show_chain_of(run: Path, row: str) -> None:
    with Lineage(RunDir.open(run)) as lineage:
        back, forward = lineage.back(row), lineage.forward(row)
        assert back is not None and forward is not None
        show_chain(lineage, back, forward, ["macro_f1"])


def test_lineage_trace_and_export_tell_the_score(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    settings = run_of(shared, "loop.keep={policy: uniform, share: 0.5}")
    assert start(settings, run).status == "done"
    rows = read_lines(run / "synthetic.jsonl")
    events = [e for e in read_events(run / "events.sqlite") if isinstance(e, Kept)]
    assert {(e.row, e.score, e.kept) for e in events} == {
        (row["row"], row["score"], row["kept"]) for row in rows
    }
    gone, stays = (next(row for row in rows if row["kept"] is kept) for kept in (False, True))
    with Lineage(RunDir.open(run)) as lineage:
        out, back = lineage.row(gone["row"]), lineage.row(stays["row"])
    assert out is not None and back is not None
    assert (out.fate, back.fate) == ("not kept", "trained")
    assert out.choice == f"not kept by uniform (score {gone['score']:g})"
    show_chain_of(run, gone["row"])
    chain = capsys.readouterr().out
    assert "not kept by uniform" in chain and "never trained on" in chain
    export(run, "dataset", tmp_path / "data")
    table = load_dataset(str(tmp_path / "data"), split="train")
    assert [*zip(table["row"], table["score"], table["kept"], strict=True)] == [
        (row["row"], row["score"], row["kept"]) for row in rows
    ]
    told = [e for e in read_events(run / "events.sqlite") if isinstance(e, Retested)]
    assert not any(e.trained for e in told if e.row == out.id)


def test_held_back_rows_pass_without_a_score(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings = run_of(
        shared, "loop.keep={policy: uniform, share: 0.3}", "student.calibration=held_back",
        "student.held_back=0.5",
    )  # fmt: skip
    assert start(settings, run).status == "done"
    rows = read_lines(run / "synthetic.jsonl")
    unscored = [row for row in rows if row["score"] is None]
    assert unscored and all(row["kept"] for row in unscored)


def test_a_run_without_it_has_none_of_its_traces(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert start(run_of(shared), run).status == "done"
    assert not any({"score", "kept"} & row.keys() for row in read_lines(run / "synthetic.jsonl"))
    assert not any("kept" in line for line in read_lines(run / "metrics.jsonl"))


def test_the_keeper_is_drawn_only_where_it_works() -> None:
    for method in ("evokd", "zerogen", "sungen", "eda", "pool", "overgenerate"):
        plain = wired({}, method)
        drawn = wired({}, method, keep={"policy": "uniform", "share": 0.5})
        assert "evaluator --> keeper" in mermaid(drawn) and "keeper --> review" in mermaid(drawn)
        assert "keeper" in text(drawn)
        assert "keeper" not in mermaid(plain)


def settings_with(loop: dict[str, Any], **more: Any) -> Config:
    data = {"train": "/nowhere/train.jsonl", "test": "/nowhere/test.jsonl"}
    task: dict[str, Any] = {"data": data, "labels": ["a", "b"]}
    task |= more.pop("task", {})
    if task.get("kind") in ("choice", "reasoning"):
        del task["labels"]
    return parse_config({"task": task, "loop": loop, **more})


def test_one_shot_is_little_gold() -> None:
    keep = {"policy": "knn_shapley", "share": 0.5}
    (said,) = method_of(settings_with({"keep": keep})).remarks()
    assert said.startswith("loop.keep.policy: knn_shapley") and "gold: dev" in said
    shots = settings_with({"keep": keep}, task={"shots": 5})
    assert method_of(shots).remarks() == []
    assert method_of(settings_with({"keep": HALF})).remarks() == []


HALF = {"policy": "uniform", "share": 0.5}


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ({"policy": "uniform"}, "loop.keep: expected `share` or `per_class`"),
        (HALF | {"per_class": 2}, "loop.keep: expected `share` or `per_class`"),
        (HALF | {"share": 0}, "loop.keep.share"),
        (HALF | {"share": 1}, "loop.keep.share"),
        ({"policy": "uniform", "per_class": 0}, "loop.keep.per_class"),
        (HALF | {"gold": "test"}, "loop.keep.gold"),
        ({"share": 0.5}, "loop.keep.policy"),
    ],
)
def test_what_cant_be_is_refused_by_name(keep: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")):
        settings_with({"keep": keep})


@pytest.mark.parametrize(
    ("loop", "more", "said"),
    [
        ({"keep": HALF | {"policy": "unifrom"}}, {}, "loop.keep.policy: expected one of"),
        ({"keep": HALF | {"policy": "unifrom"}}, {}, "did you mean 'uniform'"),
        ({"keep": HALF | {"gold": "dev"}}, {}, "loop.keep.gold: dev needs `task.data.dev`"),
        (
            {"keep": HALF | {"policy": "knn_shapley"}},
            {"task": {"kind": "ner", "labels": ["per", "loc"]}},
            "loop.keep.policy: knn_shapley does not work with task.kind ner",
        ),
        (
            {"review": {"policy": "aum"}},
            {"task": {"labels": ["a", "b", "c"], "introduce": {2: ["c"]}}},
            "loop.review.policy: aum with `task.introduce`",
        ),
        ({"keep": HALF | {"policy": "mir"}}, {}, "loop.keep.policy: mir can't say what to keep"),
        ({"keep": HALF}, {"method": "no_aug"}, "loop.keep: method no_aug has no rounds"),
        (
            {"keep": HALF},
            {"method": "dasd", "task": {"kind": "reasoning"}},
            "loop.keep: method dasd has no rounds",
        ),
        ({"review": {"policy": "newest"}}, {}, "loop.review.policy: expected one of"),
        (
            {"review": {"policy": "balanced"}, "switches": {"review": False}},
            {},
            "loop.review.policy: nothing is reviewed with `loop.switches.review: false`",
        ),
        (
            {"review": {"policy": "balanced"}},
            {"student": {"update": "retrain"}},
            "student learns all of history",
        ),
        (
            {"review": {"policy": "balanced", "sampling": "uniform"}},
            {},
            "loop.review: `sampling: uniform` and `policy: balanced`",
        ),
    ],
)
def test_policies_that_have_no_place_are_refused(
    loop: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        method_of(settings_with(loop, **more))
    assert said in str(caught.value)
