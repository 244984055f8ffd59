from __future__ import annotations

import json
from pathlib import Path

from evokd.cli.screen import dumps, harmless, shortened
from evokd.store.event_log import EventLog, read_events
from evokd.store.events import Analysed, Called, Drafted, Judged, Retested, Seeded, Voted
from evokd.store.run_dir import read_lines
from tests.cli.conftest import Evokd
from tests.runs.made_run import Maker

HOSTILE = "\x1b[31mred\x1b[0m [bold]x[/bold] \u202eltr\u200f \x9b2J\x1b]0;title\x07 a\rb\x00"


def test_overview(evokd: Evokd, run_dir: Path) -> None:
    out = evokd("trace", run_dir).stdout
    for part in ("round 0", "round 2", "hard_generator", "analysis:", "scores:", "done at"):
        assert part in out


def test_one_round_lists_its_rows(evokd: Evokd, run_dir: Path) -> None:
    out = evokd("trace", run_dir, "--round", 1).stdout
    assert "r001-h001" in out and "r002-h001" not in out
    missing = evokd("trace", run_dir, "--round", 9)
    assert missing.exit_code == 2 and "--round 9" in missing.stderr


def test_agent_shows_prompts_and_replies(evokd: Evokd, run_dir: Path) -> None:
    out = evokd("trace", run_dir, "--agent", "labeler", "--round", 1).stdout
    assert "→ labeler" in out and "prompt" in out and "reply" in out
    assert "round 2" not in out
    assert "makes no calls" in evokd("trace", run_dir, "--agent", "trainer").stdout
    unknown = evokd("trace", run_dir, "--agent", "nobody")
    assert unknown.exit_code == 2 and "analyst" in unknown.stderr


def test_chain_of_a_row(evokd: Evokd, run_dir: Path) -> None:
    row = read_lines(run_dir / "synthetic.jsonl")[-1]
    out = evokd("trace", run_dir, "--row", row["row"]).stdout
    for part in ("answers", "analysis", "prompt", "reply", "vote", "verdict", "student", "fate"):
        assert part in out
    assert f"accepted as {row['label']}, trained on in round 2" in " ".join(out.split())
    assert row["parents"][0] in out
    assert "after training on it in round 2" in " ".join(out.split())
    assert "scores" in out and "tokens" in out
    rejected = read_lines(run_dir / "rounds" / "001" / "rejected.jsonl")
    for line in rejected[:1]:
        assert "fate" in evokd("trace", run_dir, "--row", line["row"]).stdout
    assert evokd("trace", run_dir, "--row", "r999-h001").exit_code == 2


def test_json_is_what_was_written(evokd: Evokd, run_dir: Path) -> None:
    events = json.loads(evokd("trace", run_dir, "--format", "json").stdout)
    written = [e.model_dump(mode="json") for e in read_events(run_dir / "events.sqlite")]
    assert events == written
    nothing = evokd("trace", run_dir, "--round", 9, "--format", "json")
    assert json.loads(nothing.stdout) == []


def test_a_rows_chain_as_json_goes_both_ways(evokd: Evokd, run_dir: Path) -> None:
    row = read_lines(run_dir / "synthetic.jsonl")[-1]
    chain = json.loads(evokd("trace", run_dir, "--row", row["row"], "--format", "json").stdout)
    assert {"drafted", "voted", "called"} <= {event["type"] for event in chain["events"]}
    assert (chain["row"], chain["label"], chain["fate"]) == (row["row"], row["label"], "trained")
    assert [parent["row"] for parent in chain["back"]["ancestors"][0]] == row["parents"]
    assert row["calls"][0] in [call["call"] for call in chain["back"]["calls"]]
    assert chain["back"]["tokens"] > 0 and len(chain["back"]["scores"]) == 2
    assert [verdict["round"] for verdict in chain["after"]] == [2]
    some = ("trace", run_dir, "--row", row["row"], "--agent", "labeler")
    assert {e["node"] for e in json.loads(evokd(*some, "--format", "json").stdout)} == {"labeler"}
    assert "→ labeler" in evokd(*some).stdout
    assert evokd("trace", run_dir, "--row", row["row"], "--round", 1).exit_code == 2


def test_a_student_error_leads_to_what_was_done_about_it(evokd: Evokd, run_dir: Path) -> None:
    first = read_lines(run_dir / "rounds" / "001" / "drafts.jsonl")
    seed = first[0]["parents"][0]
    out = " ".join(evokd("trace", run_dir, "--row", seed).stdout.split())
    for part in ("seed shot", "analysed round 1", "cited", "answered by", "after training on it"):
        assert part in out
    chain = json.loads(evokd("trace", run_dir, "--row", seed, "--format", "json").stdout)
    answers = {row["row"]: row["fate"] for row in chain["forward"]["answers"]}
    assert {row["row"] for row in first} <= set(answers)
    accepted = {row["row"] for row in read_lines(run_dir / "synthetic.jsonl")}
    assert {row for row, fate in answers.items() if fate == "trained"} <= accepted
    assert [verdict["round"] for verdict in chain["after"]] == [0, 1], "before and after round 1"


def test_hostile_text_is_harmless(evokd: Evokd, run_dir: Path) -> None:
    log = EventLog(run_dir / "events.sqlite")
    common = {"round": 1, "node": "hard_generator", "row": "r001-h099", "call": "evil"}
    log.add(Drafted(**common, text=HOSTILE, kind="hard", intended_label=None, parents=[]))
    log.add(Voted(**{**common, "node": "labeler"}, voter=0, label=HOSTILE))
    judged = {**common, "node": "critic"}
    log.add(Judged(**judged, by="critic", action="reject", label=None, reason=HOSTILE))
    log.add(
        Called(
            **{**common, "row": None}, agent="hard_generator", source="analyst", model=HOSTILE,
            slot="s", attempt=1, status="ok", template="t", template_sha="t",
            messages=[("user", HOSTILE)], reply=HOSTILE, error=HOSTILE,
            prompt_tokens=1, completion_tokens=1, seconds=0.1,
        )
    )  # fmt: skip
    log.close()
    for args in (
        ("--row", "r001-h099"),
        ("--round", "1"),
        ("--agent", "hard_generator"),
        (),
        ("--row", "r001-h099", "--format", "json"),
    ):
        result = evokd("trace", run_dir, *args)
        assert result.exit_code == 0, result.output
        assert not set("\x1b\x9b\u202e\u200f\x00\x07\r") & set(result.stdout)
        assert not args or "[bold]x[/bold]" in " ".join(result.stdout.split())


def test_harmless_and_dumps() -> None:
    assert harmless(HOSTILE) == "red [bold]x[/bold] ltr a b"
    assert shortened("a" * 50, 10) == "a" * 9 + "…"
    text = dumps({"a": HOSTILE + "\ud800 é"})
    assert json.loads(text)["a"] == HOSTILE + "\ud800 é"
    assert "é" in text and text.isprintable()


def test_what_was_uncertain_is_no_error(evokd: Evokd, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "one")
    maker.emit(Seeded(row="train-2", text="Fine.", label="positive"), 0, "warm_up")
    for name, label in (("train-1", "negative"), ("train-2", "positive")):
        said = Retested(row=name, label=label, predicted="positive", confidence=0.5, trained=True)
        maker.emit(said, 0, "trainer")
    maker.emit(Analysed(text="x", right=[], wrong=["train-1", "train-2"]), 1, "analyst")
    maker.end()
    for row, word in (("train-1", "an error"), ("train-2", "uncertain")):
        out = evokd("trace", maker.path, "--row", row).stdout
        assert f"round 1 (shown as {word})" in " ".join(out.split())
