"""Sentence pairs and multiple choice end to end with the scripted teacher, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.config import Config, ConfigError, TaskKind
from evokd.store.event_log import read_events
from evokd.store.events import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.formats import choice, pair
from graph.methods import method_of
from graph.session import check, start
from tests.graph.methods.names import ENCODER_METHODS, refused
from tests.graph.scripted_task import scripted_task
from tests.student.tiny import BAD, FILLER, GOOD, save_base

LABELS = {"entailment": "follows", "neutral": "may or may not be", "contradiction": "can't be"}
KINDS: tuple[TaskKind, ...] = ("pair", "choice")


def rows(kind: str, count: int, offset: int) -> list[dict[str, Any]]:
    """Invented rows; premises repeat, numbers of choices differ."""
    made: list[dict[str, Any]] = []
    for i in range(offset, offset + count):
        words = [FILLER[(i * 5 + j) % len(FILLER)] for j in range(4)]
        if kind == "pair":
            label = list(LABELS)[i % 3]
            premise = f"the {GOOD[i // 6 % 5]} kettle is {BAD[i // 6 % 5]}"
            hypothesis = f"{' '.join(words)} {GOOD[i % 5]} {BAD[i // 5 % 5]} {i}"
            made.append({"premise": premise, "hypothesis": hypothesis, "label": label})
            continue
        choices = [f"{BAD[(i + j) % 5]} {words[j]} {i * 7 + j}" for j in range(3 + i % 2)]
        place = i % 3
        choices[place] = f"{GOOD[i % 5]} {i}"
        lettered = dict(zip("ABCD", choices, strict=False))
        asked = f"which {' '.join(words)} is it in case {i}?"
        made.append({"question": asked, "choices": lettered, "answer": "ABC"[place]})
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    save_base(folder / "student")
    for kind in KINDS:
        for split, part in (("train", rows(kind, 18, 0)), ("test", rows(kind, 9, 18))):
            text = "".join(f"{json.dumps(row)}\n" for row in part)
            (folder / f"{kind}-{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


TASKS: dict[str, dict[str, Any]] = {
    "pair": {"kind": "pair", "labels": LABELS},
    # one choice more than the answers need: no row is D
    "choice": {"kind": "choice", "shots": 1, "choices": 4},
}


def settings(shared: Path, kind: str, *overrides: str) -> Config:
    return scripted_task(shared, TASKS[kind], *overrides, split=f"{kind}-{{}}", rounds=1)


def run(shared: Path, out: Path, kind: str, *overrides: str) -> RunDir:
    config = settings(shared, kind, *overrides)
    assert start(config, out).status == "done"
    return RunDir.open(out)


def check_rows(kind: str, found: list[dict[str, Any]]) -> None:
    assert found
    for row in found:
        if kind == "pair":
            assert all(pair.split(row["text"])) and row["text"].count("\n") == 1
            assert row["label"] in LABELS
        else:
            question, choices = choice.split(row["text"])
            assert question and 2 <= len(choices) <= 4
            assert row["label"] in choice.LETTERS[: len(choices)]
            assert choice.join(question, choices) == row["text"]


ALLOWED = [
    (kind, method) for kind in KINDS for method in ENCODER_METHODS if method not in refused(kind)
]


@pytest.mark.parametrize(("kind", "method"), ALLOWED)
def test_every_method_that_is_allowed_runs(
    kind: str, method: str, shared: Path, tmp_path: Path
) -> None:
    more = ["student.update=retrain"] if method == "llm2llm" else []
    directory = run(shared, tmp_path / "run", kind, f"method={method}", *more)
    last = read_lines(directory.metrics)[-1]
    assert {"macro_f1", "accuracy"} <= set(last["test"])
    assert (directory.student / "model.safetensors").is_file()
    if method not in ("no_aug", "full_shot", "llm2llm"):
        check_rows(kind, read_lines(directory.synthetic))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("language", "method"), [("en", "evokd"), ("fr", "evokd"), ("zh", "evokd"), ("en", "zerogen")]
)
def test_the_small_pack_asks_for_lines(
    kind: str, language: str, method: str, shared: Path, tmp_path: Path
) -> None:
    extra = ["prompts.pack=small", f"prompts.language={language}", f"method={method}"]
    directory = run(shared, tmp_path / "run", kind, *extra)
    check_rows(kind, read_lines(directory.synthetic))


@pytest.mark.parametrize("kind", KINDS)
def test_a_writer_may_label_its_own_items(kind: str, shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", kind, "loop.switches.separate_labels=false")
    found = read_lines(directory.synthetic)
    check_rows(kind, found)
    for row in found:
        assert row["intended_label"] == row["label"] or kind == "pair"
        if kind == "choice":  # the scripted writer marks the right one
            right = choice.split(row["text"])[1][choice.LETTERS.index(row["intended_label"])]
            assert right.endswith("indeed")


def asked(directory: RunDir, agent: str) -> list[str]:
    return [
        event.messages[-1][1]
        for event in read_events(directory.events)
        if isinstance(event, Called) and event.agent == agent
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_labelers_never_see_what_the_writer_aimed_at(
    kind: str, shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", kind)
    drafts = read_lines(directory.path / "rounds/001/drafts.jsonl")
    assert drafts and all(row["intended_label"] is None for row in drafts)
    said = "do not say which" if kind == "choice" else "do not name the class"
    assert all(said in text for text in asked(directory, "hard_generator"))
    for text in asked(directory, "labeler"):
        assert "intended" not in text and "proposed" not in text


def test_prompts_show_an_answer_with_its_text(shared: Path, tmp_path: Path) -> None:
    directory = run(shared, tmp_path / "run", "choice")
    (analysis,) = asked(directory, "analyst")
    assert "(right: A (" in analysis
    assert all("(proposed: " in text and "indeed)" in text for text in asked(directory, "critic"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["auggpt", "eda"])
def test_only_hypotheses_and_questions_are_said_in_other_words(
    kind: str, method: str, shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", kind, f"method={method}")
    train = rows(kind, 18, 0)
    for row in read_lines(directory.synthetic):
        seed = train[int(row["parents"][0].removeprefix("train-"))]
        if kind == "pair":
            assert pair.split(row["text"])[0] == seed["premise"]
            assert row["label"] == seed["label"]
        else:
            assert choice.split(row["text"])[1] == tuple(seed["choices"].values())
            assert row["label"] == seed["answer"]
    if method == "auggpt" and kind == "choice":
        for text in asked(directory, "paraphraser"):
            assert not any(word in text for row in train for word in row["choices"].values())


def test_a_zerogen_item_is_right_at_the_letter_that_was_ordered(
    shared: Path, tmp_path: Path
) -> None:
    directory = run(shared, tmp_path / "run", "choice", "method=zerogen")
    found = read_lines(directory.synthetic)
    assert len({row["label"] for row in found}) > 1
    for row in found:
        place = choice.LETTERS.index(row["label"])
        assert choice.split(row["text"])[1][place].endswith("indeed")


def test_items_with_equal_choices_are_turned_down(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = {"question": "which is it?", "choices": ["the lamp indeed", "a lid", "A  lid.", "so"]}
    monkeypatch.setattr("evokd.teacher.scripted.invent_item", lambda *_: item)
    directory = run(shared, tmp_path / "run", "choice")
    reasons = {row["reason"] for row in read_lines(directory.path / "rounds/001/rejected.jsonl")}
    assert reasons == {"two of the choices are equal"}
    assert read_lines(directory.synthetic) == []


def test_a_repeated_premise_is_no_duplicate_but_a_repeated_pair_is(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    premise = " ".join(f"it is said that lamp {n} works very well" for n in range(12))
    made = iter(f"the {noun} is {label}" for noun in ("lid", "cat", "lid") for label in LABELS)

    def invent(*_: object) -> dict[str, str]:
        return {"premise": premise, "hypothesis": next(made, "the lid is entailment")}

    monkeypatch.setattr("evokd.teacher.scripted.invent_pair", invent)
    directory = run(shared, tmp_path / "run", "pair", "loop.switches.critic=false")
    kept = {pair.split(row["text"])[1] for row in read_lines(directory.synthetic)}
    reasons = [row["reason"] for row in read_lines(directory.path / "rounds/001/rejected.jsonl")]
    assert len(kept) >= 3
    assert set(reasons) <= {"duplicate", "near-duplicate"} and "duplicate" in reasons


@pytest.mark.parametrize(("kind", "method"), [(kind, m) for kind in KINDS for m in refused(kind)])
def test_what_makes_no_sense_is_refused_before_anything_is_spent(
    kind: str, method: str, shared: Path
) -> None:
    with pytest.raises(ConfigError, match=f"method: {method} .*task.kind {kind}"):
        check(settings(shared, kind, f"method={method}"))


def test_the_saved_student_answers_pairs_and_items(shared: Path, tmp_path: Path) -> None:
    from student.encoder.encoder import Encoder

    for kind, text in (("pair", "the lid\nis great"), ("choice", "which?\nA. great\nB. awful")):
        directory = run(shared, tmp_path / kind, kind, "method=no_aug")
        student = Encoder.load(directory.student, directory.config().student)
        (verdict,) = student.predict([text])
        assert verdict.label in (LABELS if kind == "pair" else ("A", "B"))


@pytest.mark.parametrize("kind", KINDS)
def test_measures_of_representation(
    kind: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question with choices is read once a choice: it has no one embedding."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = read_lines(run(shared, tmp_path / "run", kind, "loop.representation=true").metrics)
    found = [line["representation"] for line in lines]
    if kind == "choice":
        assert found == [None] * len(lines)
        (told,) = method_of(settings(shared, kind, "loop.representation=true")).remarks()
        assert told.startswith("loop.representation: rows of task.kind choice have no one")
    else:
        assert found[-1]["vendi"] > 1 and found[-1]["real"]["rows"] > 0
