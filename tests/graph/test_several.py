"""Several annotations of a text, end to end: one labeler, one student, scores of each head."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evokd.config import Config
from evokd.store.event_log import read_events
from evokd.store.events import Called, Voted
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.formats.multi import split
from graph.plan import make_plan
from graph.session import check, start
from prompts.pack import Pack
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings
from tests.student.tiny import BAD, FILLER, GOOD

TASK = {
    "kind": "multi",
    "labels": {},
    "domain": "product review",
    "heads": {
        "mood": {"labels": {"bad": "an unhappy buyer", "good": "a happy buyer"}},
        "thing": {"labels": ["lid", "kettle", "lamp"], "column": "about"},
    },
    "data": {"train": "several-train.jsonl", "test": "several-test.jsonl"},
    "shots": 1,
}
HEADS = {"mood": ("bad", "good"), "thing": ("lid", "kettle", "lamp")}


@pytest.fixture(scope="module")
def several(shared: Path) -> Path:
    rows = []
    for i in range(36):
        thing, mood = HEADS["thing"][i % 3], HEADS["mood"][i // 3 % 2]
        sign = (GOOD if mood == "good" else BAD)[i % 5]
        filler = " ".join(FILLER[(i * 5 + j) % 6] for j in range(3 + i % 7))
        rows.append({"text": f"{filler} {sign} {thing}", "mood": mood, "about": thing})
    for name, part in (("train", rows[:18]), ("test", rows[18:])):
        lines = "".join(f"{json.dumps(row)}\n" for row in part)
        (shared / f"several-{name}.jsonl").write_text(lines, encoding="utf-8")
    return shared


def config_of(shared: Path, *overrides: str) -> Config:
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, f"task={json.dumps(TASK)}", *overrides)


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    assert start(config_of(shared, *overrides), out).status == "done"
    return RunDir.open(out)


@pytest.mark.parametrize(("pack", "language"), [("evokd", "en"), ("small", "en"), ("small", "zh")])
def test_one_call_labels_all_heads_and_one_student_learns_them(
    pack: str, language: str, several: Path, tmp_path: Path
) -> None:
    directory = run(several, tmp_path / "run", f"prompts={{pack: {pack}, language: {language}}}")
    events = list(read_events(directory.events))
    votes = [event for event in events if isinstance(event, Voted) and event.label]
    assert votes
    calls = {event.call for event in events if isinstance(event, Called)}
    for vote in votes:
        assert vote.label is not None and vote.call in calls
        assert {head: name in HEADS[head] for head, name in split(vote.label).items()} == {
            "mood": True,
            "thing": True,
        }
    rows = read_lines(directory.synthetic)
    assert rows and all(set(split(row["label"])) == set(HEADS) for row in rows)
    for line in read_lines(directory.metrics):
        test = line["test"]
        assert {"mood.macro_f1", "thing.accuracy", "all_right", "macro_f1", "accuracy"} <= set(test)
        mean = (test["mood.macro_f1"] + test["thing.macro_f1"]) / 2
        assert test["macro_f1"] == pytest.approx(mean)
        classes = {f"{head}: {name}" for head, names in HEADS.items() for name in names}
        assert set(line["class_f1"]) == classes


@pytest.mark.parametrize(
    "method",
    [
        *("no_aug", "full_shot", "zerogen", "auggpt", "static", "llm2llm", "loss_ranked"),
        *("evokd_init", "evokd_shuffled", "evokd_oracle", "overgenerate"),
    ],
)
def test_methods_that_make_sense_run(method: str, several: Path, tmp_path: Path) -> None:
    extra = ["student.update=retrain", "loop.rounds=1", f"method={method}"]
    directory = run(several, tmp_path / "run", *extra)
    for row in read_lines(directory.synthetic) if directory.synthetic.is_file() else []:
        assert set(split(row["label"])) == set(HEADS)


@pytest.mark.parametrize("policy", ["margin", "kmeans_pp"])
@pytest.mark.parametrize(("pack", "shown"), [("evokd", 0), ("small", 2)])
def test_a_pool_is_picked_from_by_the_least_sure_head(
    policy: str,
    pack: str,
    shown: int,
    several: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = "".join(f"{json.dumps({'text': f'number {i} is a lamp'})}\n" for i in range(30))
    (several / "several-pool.jsonl").write_text(lines, encoding="utf-8")
    extra = ["method=pool", "task.data.pool=several-pool.jsonl", f"prompts.pack={pack}"]
    chosen = [f"methods.pool.policy={policy}", f"methods.pool.demonstrations={shown}"]
    directory = run(several, tmp_path / "run", *extra, *chosen)
    for row in read_lines(directory.synthetic):
        assert set(split(row["label"])) == set(HEADS)
    for row in read_lines(directory.path / "rounds/002/picked.jsonl"):
        assert set(split(row["predicted"])) == set(HEADS)
        assert 0 <= row["margin"] < row["probability"] < 1 and len(row["shown"]) == shown


@pytest.mark.parametrize("method", ["sungen", "progen"])
def test_methods_that_need_one_distribution_say_so(method: str, several: Path) -> None:
    from evokd.config import ConfigError

    with pytest.raises(ConfigError, match="several heads"):
        check(config_of(several, f"method={method}"))


def test_without_a_labelers_seat_the_writer_names_all_labels(several: Path, tmp_path: Path) -> None:
    directory = run(several, tmp_path / "run", "loop.switches.separate_labels=false")
    assert read_lines(directory.synthetic)


def test_three_voters_are_counted_head_by_head(several: Path, tmp_path: Path) -> None:
    three = json.dumps([{"scripted": True, "directive": text} for text in ("a", "b", "c")])
    directory = run(several, tmp_path / "run", f"teachers.labeler={three}")
    rows = read_lines(directory.synthetic)
    assert rows
    for row in rows:
        if row["round"] and len(row["votes"]) == 3 and row["label"] is not None:
            for head, name in split(row["label"]).items():
                counts = Counter(split(vote["label"])[head] for vote in row["votes"])
                if len(set(counts.values())) > 1 or len(counts) == 1:
                    assert counts[name] >= 1


@pytest.mark.parametrize(("pack", "calls"), [("evokd", 1 / 8), ("small", 2)])
def test_the_plan_counts_one_call_for_all_heads_or_one_for_each(
    pack: str, calls: float, several: Path
) -> None:
    from evokd.tasks.task import load_task

    config = config_of(several, f"prompts.pack={pack}")
    task = load_task(config.task)
    loaded = Pack.load(pack, "en", "multi")
    plan = make_plan(config, task, loaded, brief=True)
    sums = {agent: sums.calls for (agent, _), sums in plan.later.by_agent().items()}
    loop = config.loop
    texts = loop.calls_per_round * (loop.n_easy + loop.n_hard)
    clean = texts * (1 - loaded.manifest.expected.unclean)
    # of each writer's texts, one at least; of four a share is one or two
    assert sums["labeler"] == pytest.approx(max(2, clean * calls), abs=2)
