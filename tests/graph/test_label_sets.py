"""Sets of labels, end to end: one labeler, one student that decides on each label, all methods."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.label_sets import decode
from graph.session import check, start
from tests.graph.test_loop import SCRIPTED
from tests.servers.runs import settings
from tests.student.tiny import FILLER

LABELS = ("lid", "kettle", "lamp")
SETS = ((), ("lid",), ("kettle",), ("lamp",), ("lid", "kettle"), ("kettle", "lamp"))
TASK: dict[str, Any] = {
    "kind": "multilabel",
    "labels": {"lid": "the lid", "kettle": "the kettle", "lamp": ""},
    "domain": "complaint",
    "data": {"train": "sets-train.jsonl", "test": "sets-test.jsonl"},
    "shots": 1,
}


@pytest.fixture(scope="module")
def sets(shared: Path) -> Path:
    words = [word for word in FILLER if word not in LABELS]
    for name, count in (("train", 18), ("test", 18), ("dev", 48)):
        lines = ""
        for i in range(count):
            own = SETS[i % len(SETS)]
            filler = " ".join(words[(i * 5 + j + len(name)) % len(words)] for j in range(3 + i % 7))
            lines += json.dumps({"text": f"{filler} {i} {' '.join(own)}", "label": own}) + "\n"
        (shared / f"sets-{name}.jsonl").write_text(lines, encoding="utf-8")
    return shared


def config_of(shared: Path, *overrides: str) -> Config:
    return settings(shared, "http://127.0.0.1:1", SCRIPTED, f"task={json.dumps(TASK)}", *overrides)


def run(shared: Path, out: Path, *overrides: str) -> RunDir:
    assert start(config_of(shared, *overrides), out).status == "done"
    return RunDir.open(out)


@pytest.mark.parametrize(
    ("pack", "language", "calls"), [("evokd", "en", 1), ("small", "en", 3), ("small", "zh", 3)]
)
def test_labelers_name_sets_and_one_student_learns_them(
    pack: str, language: str, calls: int, sets: Path, tmp_path: Path
) -> None:
    directory = run(sets, tmp_path / "run", f"prompts={{pack: {pack}, language: {language}}}")
    rows = read_lines(directory.synthetic)
    assert rows
    for row in rows:
        assert decode(row["label"]) == tuple(name for name in LABELS if name in row["text"])
        assert [1 + len(vote.get("more", ())) for vote in row["votes"]] == [calls]
        assert row["intended_label"] is not None  # a set that a seed shot has
    for line in read_lines(directory.metrics):
        assert set(line["test"]) == {"macro_f1", "micro_f1", "accuracy", "hamming"}
        assert set(line["class_f1"]) == set(LABELS)
        for name, (low, high) in line["intervals"]["test"].items():
            assert low <= line["test"][name] <= high
        assert line["calibration"] is None


@pytest.mark.parametrize(
    "method",
    [
        *("no_aug", "full_shot", "zerogen", "auggpt", "static", "llm2llm", "loss_ranked", "eda"),
        *("evokd_init", "evokd_shuffled", "evokd_oracle", "overgenerate"),
    ],
)
def test_methods_that_make_sense_run(method: str, sets: Path, tmp_path: Path) -> None:
    extra = ["student.update=retrain", "loop.rounds=1", f"method={method}"]
    directory = run(sets, tmp_path / "run", *extra)
    rows = read_lines(directory.synthetic) if directory.synthetic.is_file() else []
    assert rows or method in ("no_aug", "full_shot")
    for row in rows:
        assert {*decode(row["label"])} <= {*LABELS}


@pytest.mark.parametrize(
    "method", ["sungen", "progen", "lean", "attrprompt", "curate_refine", "planted"]
)
def test_methods_that_need_one_class_say_so(method: str, sets: Path) -> None:
    with pytest.raises(ConfigError, match="multilabel"):
        check(config_of(sets, f"method={method}"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("student.noise=confident_learning", "any number of labels"),
        ("student.weights=value", "multilabel"),
        ("student.contrastive=true", "multilabel"),
        ("student.calibration=held_back", "multilabel"),
        ("loop.confidence=true", "multilabel"),
        ("loop.review.policy=aum", "multilabel"),
        ("loop.decoding.labeler=cot_decoding", "multilabel"),
    ],
)
def test_settings_that_need_one_class_say_so(override: str, said: str, sets: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        check(config_of(sets, override))


@pytest.mark.parametrize("policy", ["margin", "kmeans_pp"])
def test_a_pool_is_picked_from_by_the_least_sure_label(
    policy: str, sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = "".join(f"{json.dumps({'text': f'number {i} is a lamp'})}\n" for i in range(30))
    (sets / "sets-pool.jsonl").write_text(lines, encoding="utf-8")
    extra = ["method=pool", "task.data.pool=sets-pool.jsonl", f"methods.pool.policy={policy}"]
    directory = run(sets, tmp_path / "run", *extra)
    assert all(row["label"] == '["lamp"]' for row in read_lines(directory.synthetic))
    picks = read_lines(directory.path / "rounds/002/picked.jsonl")
    for row in picks:
        assert {*decode(row["predicted"])} <= {*LABELS}
        assert 0.5 <= row["probability"] <= 1
        assert row["margin"] == pytest.approx(2 * row["probability"] - 1, abs=1e-5)


def test_thresholds_are_fitted_on_dev_and_kept_with_the_student(sets: Path, tmp_path: Path) -> None:
    from evokd.config import StudentConfig
    from student.encoder.encoder import Encoder

    dev = "task.data.dev=sets-dev.jsonl"
    few = ["loop.rounds=1", "student.warm_up_epochs=8"]
    found = {}
    for name, extra in (("dev", [dev]), ("half", [dev, "student.thresholds=half"]), ("none", [])):
        directory = run(sets, tmp_path / name, *few, *extra)
        found[name] = Encoder.load(directory.path / "student", StudentConfig()).thresholds
        last = read_lines(directory.metrics)[-1]
        assert (last["intervals"]["dev"] is None) == (name == "none")
    assert found["half"] == found["none"] == (0.5, 0.5, 0.5)
    assert found["dev"] is not None and found["dev"] != (0.5, 0.5, 0.5)
    assert all(0.1 <= one <= 0.9 for one in found["dev"])


def test_without_a_labelers_seat_the_writer_names_the_labels(sets: Path, tmp_path: Path) -> None:
    directory = run(sets, tmp_path / "run", "loop.switches.separate_labels=false")
    assert read_lines(directory.synthetic)


def test_three_voters_are_counted_label_by_label(sets: Path, tmp_path: Path) -> None:
    three = json.dumps([{"scripted": True, "directive": text} for text in ("a", "b", "c")])
    soft = "student.targets=soft"
    directory = run(sets, tmp_path / "run", f"teachers.labeler={three}", soft)
    rows = read_lines(directory.synthetic)
    assert rows and all(len(row["votes"]) == 3 for row in rows)
    for row in rows:
        for name in LABELS:
            count = sum(name in decode(vote["label"]) for vote in row["votes"])
            assert (name in decode(row["label"])) == (count >= 2)


def test_what_was_missed_needs_no_analyst_to_be_told(sets: Path, tmp_path: Path) -> None:
    rules = ["loop.feedback.analysis=rules", "loop.rounds=1"]
    directory = run(sets, tmp_path / "run", *rules)
    prompts = [
        one.messages[-1][1]
        for one in read_events(directory.events)
        if isinstance(one, Called) and one.node == "hard_generator"
    ]
    told = ("It misses ", "It says ", "It is least sure of ")
    assert prompts and all(any(one in said for one in told) for said in prompts)
