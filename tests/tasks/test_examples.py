"""Every config in examples/ is valid, and the demo's own data are what their README says."""

import re
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from evokd.config import load_config
from evokd.config.task import CAUSAL_KINDS
from evokd.store.run_dir import read_lines
from evokd.tasks.task import draw_shots, load_task
from evokd.tasks.text import NearDuplicates

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
# Studies are grids of runs with a format of their own.
CONFIGS = sorted(p for p in EXAMPLES.glob("*.yaml") if "task:" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    config = load_config(path)
    data = config.task.data
    for file in filter(None, (data.train, data.test)):
        if not Path(file).exists():
            assert "shared/data" in file, f"{file} is no part of the repository"
            pytest.skip(f"skipped: ../shared/data/{Path(file).parent.name} not found")
    task = load_task(config.task)
    drawn = draw_shots(task, config.task.shots, config.seed)
    shots = 0 if config.task.kind in CAUSAL_KINDS else config.task.shots
    without_any = config.task.kind == "multilabel"  # rows that have none of the labels
    assert len(drawn) == shots * (len(task.labels) + without_any)
    assert all(task.descriptions.values())
    assert all("\n" not in line and len(line) < 110 for line in task.descriptions.values())


def test_no_example_is_missed() -> None:
    assert len(CONFIGS) >= 12


def test_the_demo_data_are_as_described() -> None:
    task = load_task(load_config(EXAMPLES / "demo.yaml").task)
    readme = (EXAMPLES / "data" / "reviews" / "README.md").read_text(encoding="utf-8")
    for split, rows in (("train", task.train), ("test", task.test)):
        counts = Counter(row.label for row in rows)
        words = sorted(len(row.text.split()) for row in rows)
        line = re.search(rf"^\| `{split}\.jsonl` \| (.*) \|$", readme, re.MULTILINE)
        assert line is not None
        assert line[1] == (
            f"{counts['negative']} | {counts['positive']} | {len(rows)} | "
            f"{words[0]} to {words[-1]}, median {words[len(words) // 2]}"
        )
        assert counts["negative"] == counts["positive"]


def test_no_two_demo_texts_are_alike() -> None:
    task = load_task(load_config(EXAMPLES / "demo.yaml").task)
    # within a class: praise and complaint mirror one another on purpose
    seen = {label: NearDuplicates(threshold=0.4) for label in task.labels}
    for row in (*task.train, *task.test):
        assert seen[row.label].twin(row.text) is None, row
        seen[row.label].add(row.text)
    assert len({row.text for row in (*task.train, *task.test)}) == len(task.train) + len(task.test)


def test_the_parcels_are_as_described() -> None:
    task = load_task(load_config(EXAMPLES / "parcels.yaml").task)
    readme = (EXAMPLES / "data" / "parcels" / "README.md").read_text(encoding="utf-8")
    assert task.dev is not None
    for split, rows in (("train", task.train), ("dev", task.dev), ("test", task.test)):
        classes = [task.task_format.classes(row.label) for row in rows]
        counts = Counter(name for one in classes for name in one)
        columns = [len(rows), *(counts[name] for name in task.labels), classes.count(())]
        assert f"| `{split}.jsonl` | {' | '.join(map(str, columns))} |" in readme
    texts = [row.text for row in (*task.train, *task.dev, *task.test)]
    assert len(set(texts)) == len(texts)


def test_the_finance_questions_are_as_described() -> None:
    task = load_task(load_config(EXAMPLES / "finance_questions.yaml").task)
    readme = (EXAMPLES / "data" / "finance" / "README.md").read_text(encoding="utf-8")
    longest = []
    for split, name in ((task.train, "train"), (task.test, "test")):
        rows = read_lines(EXAMPLES / "data" / "finance" / f"{name}.jsonl")
        assert [row["answer"] for row in rows] == [row.label for row in split]
        counts = Counter(row["answer"] for row in rows)
        words = [len(row["question"].split()) for row in rows]
        line = [len(rows), *(counts[letter] for letter in "ABCD")]
        said = f"{min(words)} to {max(words)}, median {median(words):g}"
        assert f"| `{name}.jsonl` | {' | '.join(map(str, line))} | {said} |" in readme
        for row in rows:
            assert len(set(row["choices"].values())) == 4
        longest.append(sum(_is_longest(row["choices"], row["answer"]) for row in rows))
    assert f"in {longest[0]} of 28 and {longest[1]} of 56 rows" in " ".join(readme.split())
    questions = [row.text.partition("\n")[0] for row in (*task.train, *task.test)]
    assert len(set(questions)) == len(questions)


def _is_longest(choices: dict[str, str], answer: str) -> bool:
    return all(len(choices[answer]) > len(text) for key, text in choices.items() if key != answer)
