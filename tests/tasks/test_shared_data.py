"""All classification sets of ../shared/data through the examples' configs, against its README."""

import re
from collections import Counter
from pathlib import Path

import pytest

from evokd.config import ConfigError, load_config
from evokd.tasks.task import draw_shots, load_task
from evokd.tasks.text import normalise

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared" / "data"

# classes, train rows, test rows, rarest class in train
SETS = {
    "uci_amazon": (2, 581, 400, 290),
    "imdb": (2, 600, 400, 299),
    "ag_news": (4, 1_200, 800, 289),
    "inshorts": (7, 1_400, 800, 40),
    "toutiao": (14, 1_400, 800, 27),
    "cail2019_sent": (3, 1_000, 600, 221),
    "amazon_vader": (2, 1_000, 600, 396),
    "banking77": (77, 770, 616, 10),
    "financial_phrasebank": (3, 1_000, 600, 125),
    "trec6": (6, 1_000, 500, 16),
}


def _skip_without(name: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"skipped: ../shared/data/{name} not found")


@pytest.mark.parametrize("name", SETS)
def test_set(name: str) -> None:
    _skip_without(name)
    config = load_config(REPOSITORY / "examples" / f"{name}.yaml")
    task = load_task(config.task)
    classes, train, test, rarest = SETS[name]
    assert (len(task.labels), len(task.train), len(task.test)) == (classes, train, test)
    counts = Counter(row.label for row in task.train)
    assert set(counts) == set(task.labels)
    assert min(counts.values()) == rarest
    assert all(task.descriptions.values())
    test_texts = {normalise(row.text) for row in task.test}
    nested: set[str] = set()
    for k in (1, 3, 5):
        drawn = draw_shots(task, k, seed=1)
        assert Counter(row.label for row in drawn) == dict.fromkeys(task.labels, k)
        assert not {normalise(row.text) for row in drawn} & test_texts
        assert nested < {row.id for row in drawn}
        nested = {row.id for row in drawn}
    with pytest.raises(ConfigError, match=f"expected at least {rarest + 1}"):
        draw_shots(task, rarest + 1, seed=1)


def test_the_readme_says_the_same() -> None:
    if not (SHARED / "README.md").is_file():
        pytest.skip("skipped: ../shared/data/README.md not found")
    found = {}
    for line in (SHARED / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 5 and cells[1] in SETS:
            classes = int(re.match(r"\d+", cells[4])[0])  # type: ignore[index]
            train, _, test = (part.strip() for part in cells[5].split("/"))
            found[cells[1]] = (classes, int(train), int(test))
    assert found == {name: numbers[:3] for name, numbers in SETS.items()}
