"""What is said of a role that got nothing, and the key of the config that helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evokd.ledger.call import CallEnd, CallStart, Status, Usage
from evokd.ledger.edge import Edge
from evokd.ledger.ledger import Ledger
from evokd.runs.remedies import remedy
from evokd.runs.run import Run
from evokd.runs.silence import read_silence, silent_roles
from evokd.store.sqlite import connect_read_only

OWN: dict[str, Any] = {"teachers": {"default": [{}], "labeler": [{}]}}
NONE: dict[str, Any] = {"teachers": {"default": [{}]}}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("HTTP 400: 'response_format.type' must be 'json_schema' or 'text'", "structured"),
        ("HTTP 400: Unsupported parameter: 'seed'", "omit: [seed]"),
        ("HTTP 400: `top_p` can't be set with this model", "omit: [top_p]"),
        ("HTTP 400: Unsupported value: 'temperature' does not support 0.7", "temperature"),
        ("HTTP 400: Unsupported parameter: 'max_tokens', use 'max_completion_tokens'", "limit_f"),
        ("HTTP 400: Unsupported parameter: 'max_tokens'", "token_limit_field"),
        ("HTTP 422: extra fields not permitted: max_completion_tokens", "token_limit_field"),
        ("HTTP 400: This model's maximum context length is 2048 tokens", "max_tokens"),
        ("HTTP 413: no", "max_tokens"),
        ("HTTP 400: logprobs are not supported", "prompts.pack"),
        ("HTTP 400: System role not supported", "system: user"),
        ("HTTP 400: unknown model gpt-6", "teachers.labeler.model"),
        ("HTTP 400: no", "see `teachers.labeler`"),
    ],
)
def test_the_servers_words_lead_to_a_key(words: str, expected: str) -> None:
    assert expected in remedy("labeler", words, OWN)
    assert "teachers.labeler" in remedy("labeler", words, OWN) or "prompts.pack" in expected
    assert "teachers.labeler" not in remedy("labeler", words, NONE)


def made(folder: Path, *rows: tuple[str, int, int, Status, str | None]) -> Run:
    """A run with these attempts: role, round, endpoint, status, what was wrong."""
    with Ledger(folder / "ledger.sqlite") as ledger:
        for number, (role, round_number, voter, status, error) in enumerate(rows):
            start = CallStart(role, f"m{voter}", voter, f"k{number}", 1, "t", "s", "p", 1, 9, None)
            call = ledger.open(Edge("warm_up", role, "run", "task", 1, round_number), start)
            ledger.close(call, start, CallEnd(status, Usage(1, 1), error=error))
    return Run("made", folder, config=NONE)


def test_only_where_nothing_was_usable(tmp_path: Path) -> None:
    run = made(
        tmp_path,
        ("labeler", 1, 0, "error", "HTTP 400: no\nseed"),
        ("labeler", 1, 0, "rejected", "no JSON"),
        ("labeler", 2, 0, "ok", None),
        ("critic", 1, 0, "error", "HTTP 400: no\nseed"),
        ("critic", 1, 0, "error", "HTTP 400: no\nseed"),
        ("critic", 1, 0, "rejected", "no JSON"),
        ("analyst", 1, 0, "cancelled", None),
        ("analyst", 1, 0, "unsent", "nobody there"),
    )
    found = read_silence(run)
    assert list(found) == ["critic", "labeler, rounds"]
    assert found["labeler, rounds"] == (
        "labeler got nothing in round 1: none of its 2 calls could be used (m0): HTTP 400: no seed"
    )
    assert found["critic"] == (
        "critic: none of its 3 calls could be used (m0): HTTP 400: no seed; leave it out:"
        " `teachers.default.omit: [seed]`"
    )
    db = connect_read_only(tmp_path / "ledger.sqlite")
    assert [one.role for one in silent_roles(db, 1)] == ["labeler", "critic"]
    assert silent_roles(db, 2) == []
    db.close()


def test_an_endpoint_beside_one_that_works(tmp_path: Path) -> None:
    broken: list[tuple[str, int, int, Status, str | None]] = [
        ("labeler", 1, 1, "error", "HTTP 400: no")
    ]
    run = made(tmp_path, *broken * 5, ("labeler", 1, 0, "ok", None))
    assert list(read_silence(run).values()) == [
        "labeler, endpoint 2 of `teachers.default`: none of its 5 calls could be used (m1):"
        " HTTP 400: no"
    ]


def test_a_call_answered_from_the_journal_was_usable(tmp_path: Path) -> None:
    run = made(
        tmp_path, ("labeler", 1, 0, "replayed", None), ("labeler", 1, 0, "error", "HTTP 400: no")
    )
    assert read_silence(run) == {}
