"""Sets of labels in replies: what models mean, and what can't be told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.formats import reply_format_of
from agents.formats.multilabel import MultiLabelFormat
from evokd.teacher.faults import Unusable

LABELS = ("late", "refund", "rude")
FORM = MultiLabelFormat(LABELS)


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (["late", "refund"], ["late", "refund"]),
        (["REFUND ", "Late"], ["late", "refund"]),
        (["late", "late"], ["late"]),
        ([], []),
        ("late", ["late"]),
        ("rude, late", ["late", "rude"]),
        ("late + rude", ["late", "rude"]),
        (["late; rude"], ["late", "rude"]),
        ({"late": True, "refund": False, "rude": "yes"}, ["late", "rude"]),
        ({"late": 0, "refund": 1}, ["refund"]),
        ("none", []),
        (["no label"], []),
        ("", []),
    ],
)
def test_what_models_mean(data: Any, meant: list[str]) -> None:
    assert json.loads(FORM.label(data, "any text")) == meant


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (["late", "lost"], "the label 'lost' is none of late, refund, rude"),
        (["late", None], "the label 'None' is none of"),
        ([["late"]], "is none of"),
        ([{"label": "late"}], "is none of"),
        (None, "no list of labels"),
        (True, "no list of labels"),
        (0.5, "no list of labels"),
        ({"late": "perhaps"}, "expected a list of labels, or yes or no for 'late'"),
        ({"labels": ["late"]}, "expected a list of labels, or yes or no"),
        ("late and then some", "is none of"),
        (["none", "late"], "the label 'none' is none of"),
    ],
)
def test_what_can_not_be_told(data: Any, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        FORM.label(data, "any text")


def test_a_label_that_is_called_none_is_one() -> None:
    form = MultiLabelFormat(("none", "some, more"))
    assert form.label("none", "x") == '["none"]'
    assert form.label(["some, more"], "x") == '["some, more"]'


def test_names_that_differ_in_case_can_not_be_told_apart() -> None:
    with pytest.raises(Unusable, match="may be 'US' or 'us'"):
        MultiLabelFormat(("US", "us")).label(["Us"], "x")


def test_writers_are_told_the_sets_that_occur() -> None:
    sets = ['["late","rude"]', "[]", '["late","rude"]', '["refund"]']
    form = reply_format_of("multilabel", LABELS, sets)
    assert form.targets == ("late + rude", "no label", "refund")
    assert [form.intended(one) for one in form.targets] == ['["late","rude"]', "[]", '["refund"]']
    assert form.intended("late") is None and form.intended(None) is None
    assert FORM.targets == LABELS  # where none is known


def test_schemas_are_lists_of_names() -> None:
    assert FORM.label_schema() == {
        "type": "array",
        "items": {"type": "string", "enum": list(LABELS)},
    }
    assert FORM.closed_schema("x")["maxItems"] == 3
