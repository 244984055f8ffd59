"""What is typed: every text has a meaning, and what can't be meant is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.ledger.call import FAILED
from evokd.ledger.listing import Condition
from evokd.runs.search.query import SearchQuery, Term, parse

TYPED = st.text() | st.text('ab *-":“”()^{}+ORANDNEARstatus:agent:round:reply:3', max_size=60)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("cracked Lid", (Term(("cracked",)), Term(("lid",)))),
        ('"on day 77"', (Term(("on", "day", "77")),)),
        ("“on day”", (Term(("on", "day")),)),
        ('"on day', (Term(("on", "day")),)),
        ("-seller", (Term(("seller",), without=True),)),
        ('-"no label"', (Term(("no", "label"), without=True),)),
        ("bottl*", (Term(("bottl",), begins=True),)),
        ("reply:Yes", (Term(("yes",), part="reply"),)),
        ('-prompt:"be brief"', (Term(("be", "brief"), part="prompt", without=True),)),
        ("well-known don't", (Term(("well", "known")), Term(("don", "t")))),
        ("http://x.y", (Term(("http", "x", "y")),)),
        ("label: positive", (Term(("label",)), Term(("positive",)))),
        ("a OR b NOT c", tuple(Term((word,)) for word in ("a", "or", "b", "not", "c"))),
        ("手机", (Term(("手", "机")),)),
        ("lid lid", (Term(("lid",)),)),
    ],
)
def test_terms(typed: str, terms: tuple[Term, ...]) -> None:
    assert parse(typed) == SearchQuery(terms)


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ("agent:labeler", Condition("agent", "has", ("labeler",))),
        ("Agent:labeler", Condition("agent", "has", ("labeler",))),
        ("-from:analyst", Condition("source", "has", ("analyst",), without=True)),
        ('model:"my model"', Condition("model", "has", ("my model",))),
        ("status:failed", Condition("status", "is", FAILED)),
        ("status:OK", Condition("status", "is", ("ok",))),
        ("round:3", Condition("round", "between", (3, 3))),
        ("round:5-3", Condition("round", "between", (3, 5))),
        ("round:3..5", Condition("round", "between", (3, 5))),
        ("call:0a1b", Condition("id", "begins", ("0a1b",))),
    ],
)
def test_fields(typed: str, condition: Condition) -> None:
    assert parse(typed) == SearchQuery(conditions=(condition,))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("status:broken", "status:broken is passed over: expected one of open, ok, rejected"),
        ("round:three", "expected a number or a span of rounds"),
        ("round:٣", "expected a number"),
        ("x*", "x* is looked for as a whole word"),
        ("?!", "no letter and no figure"),
        ('agent:""', "says nothing"),
    ],
)
def test_what_can_not_be_meant_is_said(typed: str, said: str) -> None:
    (remark,) = parse(typed).remarks
    assert said in remark


@given(TYPED)
def test_everything_that_can_be_typed_has_a_meaning(typed: str) -> None:
    found = parse(typed)
    assert found == parse(typed)
    for term in found.terms:
        assert term.words and all(word and not set(word) & set(' "*:()') for word in term.words)
    assert found.terms or found.conditions or found.remarks or not typed.strip()
    assert set(found.wanted) <= set(found.terms)
