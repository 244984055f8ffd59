"""What a run tells of rows and of itself: enough for the lineage, and nothing for the prompts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from evokd.runs.lineage import Lineage
from evokd.store.event_log import read_events
from evokd.store.events import Analysed, Begun, Called, Event, Retested, Scored, Seeded
from evokd.store.run_dir import RunDir, read_lines
from tests.servers.audit import books


def events(run: Path) -> list[Event]:
    return list(read_events(run / "events.sqlite"))


def test_the_first_event_says_which_run_it_is(quiet: Path) -> None:
    first = events(quiet)[0]
    assert isinstance(first, Begun)
    assert (first.run, first.resumed) == (RunDir.open(quiet).run()["id"], False)


def test_the_attempts_in_the_trace_are_those_of_the_ledger(quiet: Path) -> None:
    calls = [event for event in events(quiet) if isinstance(event, Called)]
    billed = books(quiet)["billed"]
    assert len(calls) == billed["calls"]
    assert sum(event.prompt_tokens for event in calls) == billed["prompt_tokens"]
    assert sum(event.completion_tokens for event in calls) == billed["completion_tokens"]
    assert all(event.task for event in calls)


def test_every_row_is_tested_again_after_its_round_and_after_the_next(quiet: Path) -> None:
    seeds = {event.row for event in events(quiet) if isinstance(event, Seeded)}
    assert len(seeds) == 4
    asked: dict[int, Counter[str | None]] = {}
    for event in events(quiet):
        if isinstance(event, Retested):
            asked.setdefault(event.round, Counter())[event.row] += 1
    batches = {
        number: {
            row["row"]
            for row in read_lines(quiet / "rounds" / f"{number:03d}" / "predictions.jsonl")
        }
        for number in (1, 2)
    }
    assert set(asked[0]) == seeds
    assert set(asked[1]) == seeds | batches[1]
    assert set(asked[2]) == batches[1] | batches[2]
    assert all(count == 1 for counts in asked.values() for count in counts.values())


def test_the_trace_holds_what_the_rounds_line_holds(quiet: Path) -> None:
    scored = [event for event in events(quiet) if isinstance(event, Scored)]
    for event, line in zip(scored, read_lines(quiet / "metrics.jsonl"), strict=True):
        for name in ("test", "hard_error", "easy_error", "useful_tokens", "class_f1", "accepted"):
            assert getattr(event, name) == line[name]


def test_every_training_row_leads_to_the_seed_and_every_cited_error_to_its_answers(
    quiet: Path,
) -> None:
    cited = {row for event in events(quiet) if isinstance(event, Analysed) for row in event.cited}
    with Lineage(RunDir.open(quiet)) as lineage:
        for line in read_lines(quiet / "synthetic.jsonl"):
            back = lineage.back(line["row"])
            assert (
                back is not None and back.row.fate == "trained" and back.row.label == line["label"]
            )
            assert {row.kind for row in back.ancestors[-1]} == {"seed"}
            assert {call.call for call in back.exchanges} >= set(line["calls"])
            assert back.row.after
        for row in cited:
            ahead = lineage.forward(row)
            assert ahead is not None and ahead.answers and ahead.row.after
