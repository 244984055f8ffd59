"""What a written text costs, and how often two begin alike, arm by arm, from a study's runs.

    python -m benchmarks.sameness STUDY

STUDY is a study's folder with its `runs/`. Tokens a text: of the writer's usable calls (a reply of
several lines, `short_orders`, counts as one text). Beginnings:
different first four words of the accepted rows, means over runs. Pairs: shares of the pairs of a
run's rows of one class that begin alike, from one call (`loop.completions`) and from two.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from evokd.store.event_log import read_events
from evokd.store.events.calls import Called
from evokd.store.run_dir import RunDir, read_lines
from evokd.studies.report.comparisons import comparisons
from evokd.studies.report.results import read_results
from evokd.teacher.attempts import SEPARATOR

WORDS = 4


def beginning(text: str) -> tuple[str, ...]:
    """Its first words, in lower case."""
    return tuple(re.findall(r"\w+", text.lower())[:WORDS])


def measured(runs: list[RunDir]) -> str:
    """A line of the table."""
    texts = prompt = completion = 0
    rows: list[int] = []
    beginnings: list[int] = []
    pairs: dict[bool, list[bool]] = defaultdict(list)
    for run in runs:
        for event in read_events(run.events, type="called", node="writer"):
            if isinstance(event, Called) and event.status == "ok" and event.reply is not None:
                texts += len(event.reply.split(SEPARATOR))
                prompt += event.prompt_tokens
                completion += event.completion_tokens
        found = [
            (row["label"], row["calls"][:1], beginning(row["text"]))
            for row in read_lines(run.synthetic)
        ]
        rows.append(len(found))
        beginnings.append(len({first for _, _, first in found}))
        for one, other in combinations(found, 2):
            if one[0] == other[0]:
                pairs[one[1] == other[1]].append(one[2] == other[2])
    shares = (
        f"{sum(alike) / len(alike):.3f}" if (alike := pairs[same]) else "–"
        for same in (True, False)
    )
    numbers = (f"{prompt / texts:.1f}", f"{(prompt + completion) / texts:.1f}")
    means = (f"{sum(values) / len(runs):.0f}" for values in (rows, beginnings))
    return " | ".join((*numbers, *means, *shares))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("study", type=Path)
    given = parser.parse_args()
    print(
        "| set | arm | prompt a text | tokens a text | rows | beginnings | one call | two calls |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for family in comparisons(read_results(given.study)):
        for line in family.lines:
            runs = [RunDir(given.study / cell.run) for cell in family.of(line)]
            wrote = [run for run in runs if run.synthetic.is_file() and run.events.is_file()]
            if any(any(read_events(run.events, type="called", node="writer")) for run in wrote):
                print(f"| {family.task} | {line.name} | {measured(wrote)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
