"""Tokens to another method's best score, as a ratio with its interval over seeds.

    python -m benchmarks.tokens_to STUDY [--rival auggpt]

STUDY is a study's folder, or one of docs/results (results.jsonl and curves.csv are read). Every
line that costs tokens is held against each line of the rival.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from evokd.studies.report.comparisons import comparisons, curves_of
from evokd.studies.report.reach import Reach, reach
from evokd.studies.report.results import read_results


def said(found: Reach) -> str:
    """A line of the table."""
    between = "–"
    if found.interval is not None:
        between = f"{found.interval.low:.2f} to {found.interval.high:.2f}".replace("inf", "never")
    at = "never" if found.at is None else f"{found.at:,}"
    ratio = "–" if found.ratio is None else f"{found.ratio:.2f}"
    never = "–" if found.never is None else f"{found.never:.0%}"
    best = f"{found.target:.3f} | {found.theirs_at:,}"
    return f"{found.n} | {best} | {at} | {ratio} | {between} | {never}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--rival", default="auggpt", help="a method")
    given = parser.parse_args()
    study = read_results(given.study)
    for family in comparisons(study):
        curves = curves_of(study, family)
        for rival in (line for line in curves if line.method == given.rival):
            print(f"\n{family.title}: tokens to {rival.name}'s best mean score, on common seeds")
            print("| line | n | best | at | tokens | ratio | 95 % | never |")
            print("|---|---|---|---|---|---|---|---|")
            for line in curves:
                found = None if line == rival else reach(curves[line], curves[rival])
                if found is None or not any(curve.end for curve in curves[line].values()):
                    continue
                print(f"| {line.name} | {said(found)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
