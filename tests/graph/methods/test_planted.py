"""The positive control: what is kept out, what is said, what is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evokd.config import Config, ConfigError
from evokd.store.event_log import read_events
from evokd.store.events import Called, Seeded
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.sqlite import connect_read_only
from evokd.tasks.task import load_task
from graph.methods import method_of
from graph.methods.planted import Planted, readable
from graph.plan import make_plan
from graph.session import check, start
from prompts.pack import Pack
from student.encoder.encoder import Encoder
from tests.graph.scripted_task import scripted_task
from tests.graph.test_loop import booked_edges
from tests.student.tiny import BAD, FILLER, GOOD, save_base

LABELS = {"negative": "an unhappy buyer", "positive": "a happy buyer"}
TASK = {"kind": "classification", "labels": LABELS, "shots": 2}
FINE = {"positive": ("POS:joy", "POS:calm"), "negative": ("NEG:rage",)}
MARKER = "zzq"
"""In each value of the column, and nowhere else: it must not be seen by a model."""


def lay_out(folder: Path) -> None:
    save_base(folder / "student")
    rows = []
    for i in range(24):
        label = ("positive", "negative")[i % 2]
        word = (GOOD if label == "positive" else BAD)[i % 5]
        filler = " ".join(FILLER[(i * 5 + j) % len(FILLER)] for j in range(3 + i % 4))
        own = FINE[label]
        fine = own[0 if i % 3 else -1]
        rows.append({"text": f"{filler} {word} {i}", "label": label, "fine": f"{fine}_{MARKER}"})
    for split, part in (("train", rows[:14]), ("test", rows[14:])):
        text = "".join(f"{json.dumps(row)}\n" for row in part)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def sliced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sliced")
    lay_out(folder)
    return folder


def config(sliced: Path, *more: str, method: str = "planted") -> Config:
    return scripted_task(sliced, TASK, f"method={method}", *more)


def method(sliced: Path, *more: str, name: str = "planted") -> Planted:
    found = check(config(sliced, *more, method=name))
    assert isinstance(found, Planted)
    return found


JOY, CALM = f"POS:joy_{MARKER}", f"POS:calm_{MARKER}"
WORDS = f"methods.planted.words={{'{JOY}': outright joy, '{CALM}': a calm that lasts}}"


def run(sliced: Path, out: Path, *more: str, name: str = "planted") -> RunDir:
    assert start(config(sliced, WORDS, *more, method=name), out).status == "done"
    return RunDir.open(out)


def test_the_largest_slice_is_kept_out_of_the_seed_shots(sliced: Path) -> None:
    found = method(sliced)
    task = load_task(found.config.task)
    assert (found.planted(task).label, found.planted(task).value) == ("positive", JOY)
    for seed in range(8):
        one = method(sliced, f"seed={seed}")
        shots, slices = one.shots(task), one.slices(task)
        assert sorted(row.label for row in shots) == ["negative"] * 2 + ["positive"] * 2
        assert all(slices[row.id].value != JOY for row in shots)


def test_the_run_starts_without_it_too(sliced: Path, tmp_path: Path) -> None:
    directory = run(sliced, tmp_path / "run", "loop.rounds=1")
    seeds = [event.row for event in read_events(directory.events) if isinstance(event, Seeded)]
    fine = [json.loads(line)["fine"] for line in (sliced / "train.jsonl").read_text().splitlines()]
    assert seeds and all(fine[int(str(row).removeprefix("train-"))] != JOY for row in seeds)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("planted", [], "outright joy"),
        ("planted_other", [], "a calm that lasts"),
        ("planted", ["methods.planted.told=other"], "a calm that lasts"),
        ("planted", [f"methods.planted.told={CALM}"], "a calm that lasts"),
        ("planted", [f"methods.planted.value={CALM}"], "a calm that lasts"),
    ],
)
def test_what_is_told_in_words(sliced: Path, name: str, more: list[str], words: str) -> None:
    found = method(sliced, WORDS, *more, name=name)
    said = found.analysis(load_task(found.config.task))
    assert said == f"It fails on {found.config.task.domain} texts about {words}."


def test_the_control_keeps_the_same_slice_out(sliced: Path) -> None:
    one, other = method(sliced), method(sliced, name="planted_other")
    task = load_task(one.config.task)
    assert one.planted(task) == other.planted(task)
    assert one.shots(task) == other.shots(task)


def test_a_labeler_is_shown_shots_as_if_nothing_were_kept_out(sliced: Path) -> None:
    task, slices_seen = load_task(config(sliced).task), set()
    for seed in range(8):
        one = method(sliced, f"seed={seed}")
        usual = check(config(sliced, f"seed={seed}", method="evokd"))
        assert one.answered(task) == usual.answered(task)
        slices_seen |= {one.slices(task)[row.id].value for row in one.answered(task)}
    assert JOY in slices_seen


def test_a_value_without_words_is_made_readable(sliced: Path) -> None:
    assert readable("NUM:count_of-things") == "NUM count of things"
    found = method(sliced, "methods.planted.sentence='Schwach bei: {words}'")
    assert found.analysis(load_task(found.config.task)) == f"Schwach bei: POS joy {MARKER}"


def test_writers_get_the_words_no_analyst_is_paid_and_the_column_is_shown_to_nobody(
    sliced: Path, tmp_path: Path
) -> None:
    directory = run(sliced, tmp_path / "run")
    booked = booked_edges(directory)
    assert ("plant", "hard_generator") in booked and ("plant", "easy_generator") in booked
    assert not any("analyst" in edge for edge in booked)
    asked = [e for e in read_events(directory.events) if isinstance(e, Called)]
    writers = [e for e in asked if e.agent == "hard_generator"]
    told = [e for e in writers if "outright joy" in e.messages[-1][1]]
    assert told and all(e in told for e in writers if "a positive" in e.messages[-1][1])
    assert not any("outright joy" in text for e in asked if e.agent == "labeler"
                   for _, text in e.messages)  # fmt: skip
    assert not any(MARKER in text for e in asked for _, text in e.messages)
    assert not any(row["parents"] for row in read_lines(directory.synthetic))
    document = json.loads((directory.path / "rounds/001/analysis.json").read_text("utf-8"))
    assert document["call"] is None and "outright joy" in document["text"]


def test_recall_on_the_slice_and_the_rest_of_its_class_after_every_round(
    sliced: Path, tmp_path: Path
) -> None:
    directory = run(sliced, tmp_path / "run")
    lines = read_lines(directory.metrics)
    student = Encoder.load(directory.student, directory.config().student)
    rows = [json.loads(line) for line in (sliced / "test.jsonl").read_text().splitlines()]
    said = [one.label for one in student.predict([row["text"] for row in rows])]
    right = {
        within: [
            predicted == "positive"
            for row, predicted in zip(rows, said, strict=True)
            if row["label"] == "positive" and (row["fine"] == JOY) == within
        ]
        for within in (True, False)
    }
    assert [line["round"] for line in lines] == [0, 1, 2]
    for line in lines:
        assert line["slice"].keys() == lines[0]["slice"].keys()
        assert (line["slice"]["value"], line["slice"]["told"]) == (JOY, JOY)
    last = lines[-1]["slice"]
    assert (last["rows"], last["rest_rows"]) == (len(right[True]), len(right[False]))
    assert last["recall"] == pytest.approx(sum(right[True]) / len(right[True]))
    assert last["rest_recall"] == pytest.approx(sum(right[False]) / len(right[False]))


def test_what_is_measured_stays_out_of_the_state(sliced: Path, tmp_path: Path) -> None:
    directory = run(sliced, tmp_path / "run")
    db = connect_read_only(directory.checkpoints)
    for table in ("checkpoints", "writes"):
        for line in db.execute(f"SELECT * FROM {table}"):
            assert not any(MARKER.encode() in bytes(str(part), "utf-8") for part in line)
    db.close()


def test_other_methods_measure_nothing_of_the_kind(sliced: Path, tmp_path: Path) -> None:
    directory = run(sliced, tmp_path / "run", "loop.rounds=1", name="evokd")
    assert not any("slice" in line for line in read_lines(directory.metrics))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["methods.planted.field=coarse"], r"no column 'coarse' \(methods.planted.field\)"),
        (["methods.planted.value=POS:none"], "methods.planted.value: no slice 'POS:none'"),
        (["methods.planted.told=NEG:rage"], "methods.planted.told: no slice 'NEG:rage'"),
        (["methods.planted.sentence=It fails."], "methods.planted.sentence"),
        (["methods.planted.fields=fine"], "methods.planted.fields: unknown field"),
        (["loop.switches.analysis=false"], "an analysis of its own"),
        (["task.shots=5"], "divides no class"),
    ],
)
def test_what_cannot_be_planted_is_refused(sliced: Path, more: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check(config(sliced, *more))


def test_it_is_for_classes(sliced: Path) -> None:
    entities = scripted_task(sliced, {"kind": "ner", "labels": LABELS}, "method=planted")
    with pytest.raises(ConfigError, match=r"not for task\.kind ner"):
        method_of(entities)


@pytest.mark.parametrize("name", ["planted", "planted_other"])
def test_its_plan_has_no_analyst(sliced: Path, name: str) -> None:
    one = config(sliced, method=name)
    pack = Pack.load(one.prompts.pack, one.prompts.language, one.task.kind)
    course = make_plan(one, load_task(one.task), pack).course
    assert course is not None and course.accepted
    assert ("plant", "hard_generator") in course.by_edge()
    assert "analyst" not in {name for edge in course.by_edge() for name in edge}


def test_trec6_divides_as_the_issue_says() -> None:
    from evokd.config import load_config

    root = Path(__file__).resolve().parents[3]
    if not (root.parent / "shared/data/trec6").is_dir():
        pytest.skip("skipped: ../shared/data/trec6 not found")
    one = load_config(root / "examples/trec6.yaml", ["method=planted", "prompts.pack=evokd"])
    found = check(one)
    assert isinstance(found, Planted)
    task = load_task(one.task)
    assert (found.planted(task).label, found.planted(task).value) == ("human", "HUM:ind")
