from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.ledger.call import Usage
from evokd.teacher.completion import _logprobs
from evokd.teacher.reply import Reply, TokenLogprob

TOKENS = st.builds(
    TokenLogprob,
    st.text(max_size=4),
    st.floats(-20, 0),
    st.lists(st.tuples(st.text(max_size=3), st.floats(-20, 0)), max_size=2).map(tuple),
    st.none() | st.binary(max_size=4).map(tuple),
)


def item(token: str, octets: Any) -> dict[str, Any]:
    return {"token": token, "logprob": -0.5, "top_logprobs": [], "bytes": octets}


@given(st.lists(TOKENS, max_size=4).map(tuple))
def test_the_journal_gives_back_what_it_was_given(tokens: tuple[TokenLogprob, ...]) -> None:
    reply = Reply("text", "stop", Usage(3, 4), tokens)
    assert Reply.from_json(reply.to_json()) == reply


def test_rows_of_older_journals_are_read() -> None:
    old = {"text": "a", "finish_reason": "stop", "usage": None}
    row = json.dumps(old | {"logprobs": [{"token": "a", "logprob": -1.0, "top": [["a", -1.0]]}]})
    assert Reply.from_json(row).logprobs == (TokenLogprob("a", -1.0, (("a", -1.0),)),)


def test_plain_tokens_carry_no_bytes_in_the_journal() -> None:
    reply = Reply("a", "stop", None, (TokenLogprob("a", -1.0, ()),))
    assert "bytes" not in reply.to_json()


@pytest.mark.parametrize(
    ("token", "octets", "kept"),
    [
        (" the", [32, 116, 104, 101], None),
        ("é", [195, 169], None),
        ("\ufffd", [240, 159], (240, 159)),
        ("", [], None),
        ("<|return|>", [], ()),
        ("a", None, None),
    ],
)
def test_bytes_are_kept_where_the_text_does_not_say_them(
    token: str, octets: Any, kept: tuple[int, ...] | None
) -> None:
    (read,) = _logprobs([item(token, octets)])
    assert read.bytes == kept


@pytest.mark.parametrize("octets", [[256], [-1], ["a"], [1.5], [2**70], [None]])
def test_senseless_bytes_make_the_log_probabilities_senseless(octets: Any) -> None:
    assert _logprobs([item("a", octets)]) == ()
